"""A case: which scenarios answer a question, and everything found about them, ready to be told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from karvan.core.outcome import Outcome
from karvan.core.scenario import Scenario
from karvan.core.sweep import Sweep
from karvan.core.table import Table
from karvan.core.world import World

BESIDE = ("closure", "class", "border", "baseline", "elasticities")


class CaseResults(NamedTuple):
    """What the brief tells; no model is needed to read it.

    `case` is the case file as plain data. `beside[kind, name, scenario]` are Outcomes at the most likely parameters in
    which something that is not drawn is changed: another closure of deficits, class of model, border cost, baseline or
    published set of elasticities (`BESIDE`), or another variant of the scenario ("variant"). `tables` holds what was
    found on the engine beyond the scenarios, by name; see `cases.detail`.
    """

    case: Mapping[str, Any]
    world: World
    scenarios: tuple[Scenario, ...]
    sweep: Sweep
    beside: Mapping[tuple[str, str, str], Outcome]
    tables: Mapping[str, Table]
    comparison: Table
    record: Mapping[str, Any]


def leaving(scenarios: tuple[Scenario, ...]) -> list[Scenario]:
    """Return the scenarios that leave a bloc."""
    return [s for s in scenarios if any(getattr(x, "kind", "") == "leave_bloc" for x in s.shocks)]
