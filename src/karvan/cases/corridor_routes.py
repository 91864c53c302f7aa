"""The recipe of what a case tells of routes: loads before and after a closing, cards, and what new routes save."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from karvan._version import __version__
from karvan.cases.case import read
from karvan.cases.corridors import CASE, tables_hash
from karvan.core.scenario import Scenario
from karvan.core.table import Table
from karvan.core.world import World
from karvan.data.evidence import Evidence, digest
from karvan.data.worlds import load
from karvan.network.border_cost import border_cost
from karvan.network.card import Card, card
from karvan.network.oil.routes import oil_routes
from karvan.network.routes import Corridors, RouteFound
from karvan.run.freight import network_after, solve_with_freight
from karvan.run.leverage import rerouted
from karvan.shocks.corridor import network

NAME = "corridor-routes-kaz"
SAVES = (
    "scenario", "from", "to", "cargo", "unit", "best_days", "best_usd", "best_by", "before_days", "before_usd",
    "after_days", "after_usd", "share_before", "share_after",
)  # fmt: skip
INSURES = ("scenario", "open_musd", "closed_without_musd", "closed_with_musd")


def make(folder: Path) -> Evidence:
    """Compute everything anew; nothing is read from `folder`, the network and the world come with karvan."""
    case = read(CASE)
    given, country = case["corridors"], case["country"]
    world, routes = load(case["world"]), network()
    cards = [(start, end, card(routes, start, end, given["card_cargo"])) for start, end in given["cards"]]
    tables = {
        "loads": rerouted(world, country, given["closer"]),
        "card_routes": _together(cards, "routes"),
        "card_cargoes": _together(cards, "cargoes"),
        "saves": _saves(world, routes, given),
        "insures": _insures(world, country, given),
        "stops": _stops(),
        "crossing_after": border_cost(
            network_after(world, Scenario.read(given["border_back"])), country, given["border_back_with"]
        ),
    }
    inputs = {"world": world.sha256, "network": tables_hash(routes.network.tables)}
    record = {"karvan": __version__, "inputs": inputs, "options": {"case": CASE}, "results_sha256": digest(tables)}
    return Evidence(NAME, tables, record)


def _together(cards: list[tuple[str, str, Card]], name: str) -> Table:
    """One table of a card for all pairs, with the codes of the two places first."""
    rows: list[tuple[Any, ...]] = []
    columns: tuple[str, ...] = ()
    for start, end, one in cards:
        table: Table = getattr(one, name)
        columns = ("from", "to", *table.columns)
        rows += [(start, end, *row) for row in table.rows]
    return Table(columns, tuple(rows), f"Route cards: {name}")


def _saves(world: World, routes: Corridors, given: Mapping[str, Any]) -> Table:
    """What a new route does to days and money: the best route today, and the best by the new one before and after.

    An empty cell: no such route. Shares are those of all routes of the new corridor, percent of the pair's goods.
    """
    rows = []
    for name, corridor in given["new"].items():
        after = network_after(world, Scenario.read(name))
        for one, other in given["pairs"]:
            for cargo in given["cargoes"]:
                now, then = (r.by_corridor(one, other, cargo) for r in (routes, after))
                best = now[0]
                ends = [_by(found, corridor) for found in (now, then)]
                rows.append(
                    (
                        name, one, other, cargo, routes.classes[cargo].unit, round(best.days, 1), round(best.usd, 1),
                        " + ".join(best.corridors) or "direct", *ends[0][:2], *ends[1][:2], ends[0][2], ends[1][2],
                    )
                )  # fmt: skip
    return Table(SAVES, tuple(rows), "New routes beside today's best one, at the most likely rules")


def _by(found: Sequence[RouteFound], corridor: str) -> tuple[float | None, float | None, float]:
    """Days, money and share of the routes by a corridor, the cheapest of them."""
    some = [r for r in found if any(c == corridor or c.startswith(f"{corridor}-") for c in r.corridors)]
    if not some:
        return None, None, 0.0
    return round(some[0].days, 1), round(some[0].usd, 1), round(100 * sum(r.share for r in some), 1)


def _insures(world: World, country: str, given: Mapping[str, Any]) -> Table:
    """What a new route is worth a year to the country, with its neighbour open and closed to transit for a year."""
    n = world.position(country)

    def dollars(scenario: Scenario) -> float:
        return round(float(solve_with_freight(world, scenario).outcome.values["welfare_money"][n]), 2)

    closing = Scenario.read(given["widen"])
    closed = dollars(closing)
    rows = []
    for name in given["new"]:
        new = Scenario.read(name)
        both = closing
        for item in new.shocks:
            both = both | item
        rows.append((name, dollars(new), closed, dollars(both)))
    return Table(INSURES, tuple(rows), f"Real income of {country}, MUSD a year: new routes, in open and closed years")


def _stops() -> Table:
    """Past stops of oil routes, modelled and reported, that were not used to fit the ramp."""
    found = oil_routes().episodes()
    keep = ("episode", "measure", "unit", "modelled", "low", "high", "reported", "rep_low", "rep_high")
    rows = tuple(tuple(row[k] for k in keep) for row in found.to_dicts() if row["use"] == "check")
    return Table(keep, rows, found.title)
