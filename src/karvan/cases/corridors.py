"""The recipe of a case's stored results on corridors: scenarios with draws, leverage, borders, routes, oil."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from karvan._version import __version__
from karvan.cases.case import read
from karvan.core.scenario import Scenario
from karvan.core.table import Table
from karvan.core.world import World
from karvan.data.evidence import Evidence, digest
from karvan.data.worlds import load
from karvan.network.border_cost import border_cost
from karvan.network.card import drawn, spread
from karvan.network.oil.routes import oil_routes
from karvan.network.routes import Corridors
from karvan.run.freight import ranged, widen
from karvan.run.leverage import leverage
from karvan.shocks.corridor import network

CASE = "kz-eaeu"
QUANTILES = (0.05, 0.95)
ROUTE_DRAWS = 60
SCENARIO = (
    "scenario", "title", "percent", "low", "high", "dollars", "dollars_low", "dollars_high", "losing", "draws",
    "rounds", "full",
)  # fmt: skip


def make(folder: Path, progress: Callable[[str], None] = lambda text: None) -> Evidence:
    """Compute everything anew; nothing is read from `folder`, the network and the world come with karvan."""
    case = read(CASE)
    given, country = case["corridors"], case["country"]
    world, routes = load(case["world"]), network()
    rows = []
    for name in given["scenarios"]:
        progress(name)
        rows.append(_scenario(world, Scenario.read(name), country, given["draws"], case["seed"]))
    progress("leverage")
    stops = leverage(world, country)
    tables = {
        "scenarios": Table(SCENARIO, tuple(rows), f"Scenarios of corridors: real income of {country}"),
        "transit": _top(stops.table("transit"), given["top"]),
        "links": _top(stops.table("link"), given["top"]),
        "widen": widen(world, Scenario.read(given["widen"]), country),
        "borders": _borders(routes, given["borders"]),
        "routes": _routes(routes, given, case["seed"]),
        "oil": oil_routes().leverage(),
    }
    return Evidence("corridors-kaz", tables, _record(world, tables, given["draws"], case["seed"]))


def tables_hash(tables: Mapping[str, Any]) -> str:
    """SHA-256 of the rows of a network, so that a result made of other rows is known as old."""
    plain = {name: [{k: v for k, v in row.items() if k != "line"} for row in rows] for name, rows in tables.items()}
    return hashlib.sha256(json.dumps(plain, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def _record(world: World, tables: Mapping[str, Table], draws: int, seed: int) -> dict[str, Any]:
    inputs = {"world": world.sha256, "network": tables_hash(network().network.tables)}
    return {
        "karvan": __version__,
        "inputs": inputs,
        "options": {"case": CASE, "draws": draws, "seed": seed},
        "results_sha256": digest(tables),
    }


def _scenario(world: World, scenario: Scenario, country: str, draws: int, seed: int) -> tuple[Any, ...]:
    n = world.position(country)
    found = ranged(world, scenario, draws=draws, seed=seed)
    percent, dollars = 100 * (found.welfare_hat[:, n] - 1), found.dollars[:, n]
    settled, values = found.freight, found.outcome.values
    rounds = len(settled.steps.rows) if settled else 1
    full = ", ".join(row[0] for row in settled.full_links().rows) if settled else ""
    return (
        scenario.name, scenario.title,
        *_rounded(100 * (float(values["welfare_hat"][n]) - 1), *np.quantile(percent, QUANTILES), digits=4),
        *_rounded(float(values["welfare_money"][n]), *np.quantile(dollars, QUANTILES), digits=1),
        int((percent < 0).sum()), draws, rounds, full,
    )  # fmt: skip


def _top(table: Table, count: int) -> Table:
    """The closings that cost most in a year, with their shorter ones."""
    chosen: list[str] = []
    for row in table.rows:
        if row[0] not in chosen and len(chosen) < count:
            chosen.append(row[0])
    return Table(table.columns, tuple(row for row in table.rows if row[0] in chosen), table.title)


def _borders(routes: Corridors, borders: list[list[str]]) -> Table:
    rows: list[tuple[Any, ...]] = []
    columns: tuple[str, ...] = ()
    for one, other in borders:
        found = border_cost(routes, one, other)
        columns = ("border", *found.columns)
        rows += [(f"{one}-{other}", *row) for row in found.rows]
    return Table(columns, tuple(rows), "What crossing a border costs, percent of the value of the goods")


def _routes(routes: Corridors, given: Mapping[str, Any], seed: int) -> Table:
    """The best route of every corridor between pairs, with days and money and their ranges."""
    rows = []
    drawings = [drawn(routes.network, seed, k) for k in range(ROUTE_DRAWS)]
    for one, other in given["pairs"]:
        for cargo in given["cargoes"]:
            found = routes.by_corridor(one, other, cargo)
            for route, (days, usd) in zip(found, spread(routes, cargo, found, drawings), strict=True):
                rows.append(
                    (
                        one,
                        other,
                        cargo,
                        " ".join(route.corridors),
                        *_rounded(route.days, *days, digits=1),
                        *_rounded(route.usd, *usd, digits=1),
                        routes.classes[cargo].unit,
                        " ".join(route.borders),
                        round(100 * route.cost, 2),
                        round(100 * route.share, 1),
                    )
                )
    columns = (
        "from", "to", "cargo", "corridors", "days", "days_low", "days_high", "usd", "usd_low", "usd_high", "unit",
        "borders", "cost", "share",
    )  # fmt: skip
    return Table(columns, tuple(rows), "Routes by corridor; cost in percent of the value of the goods")


def _rounded(*values: float, digits: int) -> tuple[float, ...]:
    return tuple(round(float(v), digits) for v in values)
