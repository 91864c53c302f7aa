"""Why a country's result is what it is: every table of one solved change that concerns the country."""

from __future__ import annotations

from typing import Any

from karvan.core.border import border, tariff_equivalent
from karvan.core.decomposition import Decomposition
from karvan.core.errors import InfeasibleError
from karvan.core.scenario import Scenario
from karvan.core.table import Table
from karvan.core.world import World
from karvan.models.trade.decomposition import decompose
from karvan.models.trade.face import solve
from karvan.models.trade.sectors import partner_results, sector_results
from karvan.models.trade.value_added import value_added_exports

LARGEST = 10


def explain(world: World, change: Any, country: str, deficits: str | None = None) -> dict[str, Table]:
    """Return tables by name: parts, largest, sectors, partners, value_added, and border where its cost is estimated.

    The first two split the exact change in real income. Where a cost becomes infinite they are one table that says why
    there are none: no path of logarithms leads to an embargo.
    """
    world.position(country)
    try:
        split = decompose(world, change, deficits=deficits)
        outcome = split.outcome
        found = {"parts": _parts(split, country), "largest": _largest(split, country)}
    except InfeasibleError as fault:
        outcome = solve(world, Scenario.of(change), deficits=deficits)
        found = {"parts": Table(("no parts",), ((str(fault),),), f"Exact parts of the change in {country}")}
    cost = border(Scenario.of(change))
    estimated = cost is not None and cost.from_trade
    return {
        **found,
        "sectors": sector_results(outcome, country),
        "partners": partner_results(outcome, country),
        "value_added": value_added_exports(outcome).table(country),
        **({"border": tariff_equivalent(world, change)} if estimated else {}),
    }


def _parts(split: Decomposition, country: str) -> Table:
    """The parts of one country in percent and MUSD."""
    rows = [
        (s.part.replace("_", " "), 100 * s.value, s.money) for s in split.largest(country, k=100, by="part") if s.money
    ]
    rows.append(("sum", sum(r[1] for r in rows), sum(r[2] for r in rows)))
    title = f"Exact parts of the change in real income of {country}: log points x 100, and MUSD"
    return Table(("part", "log points x 100", "MUSD"), tuple(rows), title)


def _largest(split: Decomposition, country: str) -> Table:
    """The single cells that matter most."""
    rows = tuple((s.part.replace("_", " "), s.partner, s.sector, s.money) for s in split.largest(country, k=LARGEST))
    return Table(("part", "partner", "sector", "MUSD"), rows, f"The {LARGEST} largest causes for {country}")
