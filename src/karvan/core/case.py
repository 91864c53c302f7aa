"""A case: which scenarios answer a question, and everything found about them, ready to be told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from karvan.core.outcome import Outcome
from karvan.core.scenario import Scenario
from karvan.core.sweep import Sweep
from karvan.core.table import Table
from karvan.core.world import World


class CaseResults(NamedTuple):
    """What the brief tells; no model is needed to read it.

    `case` is the case file as plain data. `closures[scenario, closure]` and `alternatives[name, scenario]` are
    Outcomes at the most likely parameters: other deficit closures, no input links, the full common tariff as the
    baseline, each published set of elasticities.
    """

    case: Mapping[str, Any]
    world: World
    scenarios: tuple[Scenario, ...]
    sweep: Sweep
    closures: Mapping[tuple[str, str], Outcome]
    alternatives: Mapping[tuple[str, str], Outcome]
    comparison: Table
    record: Mapping[str, Any]
