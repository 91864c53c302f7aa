"""A route card: days, dollars and borders of every way between two places, with ranges, and where they come from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from karvan.core.errors import InfeasibleError
from karvan.core.params import Range
from karvan.core.table import Table
from karvan.network.cargo import named_cargo
from karvan.network.graph import along
from karvan.network.network import Network
from karvan.network.routes import Corridors, RouteFound

DRAWS = 60
LOW, HIGH = 5, 95


class Card(NamedTuple):
    """Routes by corridor; the cheapest route of every cargo class; the rules behind the figures."""

    routes: Table
    cargoes: Table
    sources: Table

    def __str__(self) -> str:
        return f"{self.routes}\n\n{self.cargoes}\n\n{self.sources}"


def card(
    corridors: Corridors, origin: str, destination: str, cargo: str = "container", *, draws: int = DRAWS, seed: int = 1
) -> Card:
    """Return the route card of a pair.

    The value is at the most likely rules; ranges are the 5 to 95 % points over draws of the rules and of the
    calibration: one error per rule and country, shared by all its links, so that a slow Kazakhstan is slow on every
    Kazakh line of a route. Errors lean to the slow and the dear, so that the value lies near the lower end; a range
    always holds it.
    """
    found = corridors.by_corridor(origin, destination, cargo)
    drawings = [drawn(corridors.network, seed, s) for s in range(draws)]
    spans = spread(corridors, cargo, found, drawings)
    unit = named_cargo(corridors.classes, cargo).unit
    rows = [_row(route, days, usd, unit) for route, (days, usd) in zip(found, spans, strict=True)]
    columns = (
        "route", "share %", "days", "low", "high", "sd", f"USD/{unit}", "low ", "high ", "borders", "closed days/y",
        "cost %", "by",
    )  # fmt: skip
    network = corridors.network
    a, b = (network.tables["places"][network.place(p)]["name"] for p in (origin, destination))
    routes = Table(columns, tuple(rows), f"{a} to {b}, {cargo}, {network.year}: routes by corridor (ranges 5-95 %)")
    return Card(routes, _cargoes(corridors, origin, destination, drawings), _sources(network, found))


def spread(
    corridors: Corridors, cargo: str, found: Sequence[RouteFound], drawings: Sequence[Network]
) -> list[tuple[np.ndarray, np.ndarray]]:
    """(5 %, 95 %) of days and of money of each route over networks drawn by their rules and calibration."""
    kind = named_cargo(corridors.classes, cargo)
    days, usd = np.empty((len(drawings), len(found))), np.empty((len(drawings), len(found)))
    for s, network in enumerate(drawings):
        for j, route in enumerate(found):
            usd[s, j], days[s, j], _ = along(network, kind, route.places, route.links)
    return [(_span(days[:, j], route.days), _span(usd[:, j], route.usd)) for j, route in enumerate(found)]


def _span(draws: np.ndarray, value: float) -> np.ndarray:
    low, high = np.percentile(draws, (LOW, HIGH))
    return np.array([min(low, value), max(high, value)])


def drawn(network: Network, seed: int, draw: int) -> Network:
    """The network under one draw of its rules and of its calibration multipliers."""
    rows = network.tables["calibration"]
    multipliers = {
        row["parameter"]: Range(row["value"], row["low"], row["high"]).draw(
            f"calibration:{row['parameter']}", seed, draw
        )
        for row in rows
    }
    return network.with_values(network.rules.draw(seed, draw), multipliers)


def path(route: RouteFound) -> str:
    """The places of a route with - for rail, = for road, ~ for water and > for oil between them."""
    signs = {"rail": "-", "road": "=", "sea": "~", "feeder": "~", "ferry": "~"}
    text = route.places[0]
    for mode, place in zip(route.modes, route.places[1:], strict=True):
        text += signs.get(mode, ">") + place
    return text


def _row(route: RouteFound, days: np.ndarray, usd: np.ndarray, unit: str) -> tuple:
    digits = 0 if unit == "TEU" else 1
    return (
        " + ".join(route.corridors) or "direct", round(100 * route.share, 1), round(route.days, 1),
        round(float(days[0]), 1), round(float(days[1]), 1), round(route.sd_days, 1),
        round(route.usd, digits), round(float(usd[0]), digits),
        round(float(usd[1]), digits), len(route.borders), round(365 * (1 - route.open_share), 1),
        round(100 * route.cost, 1), path(route),
    )  # fmt: skip


def _cargoes(corridors: Corridors, origin: str, destination: str, drawings: Sequence[Network]) -> Table:
    rows = []
    for name, kind in corridors.classes.items():
        try:
            best = corridors.routes(origin, destination, name, k=1)[0]
        except InfeasibleError:
            continue
        days, usd = spread(corridors, name, [best], drawings)[0]
        row = _row(best, days, usd, kind.unit)
        rows.append((name, kind.service, *row[2:5], kind.unit, *row[6:10], row[11], row[0]))
    columns = ("cargo", "service", "days", "low", "high", "unit", "USD", "low ", "high ", "borders", "cost %", "route")
    return Table(
        columns, tuple(rows), "Cheapest route of every cargo (USD per unit; cost in % of the value of the goods)"
    )


def _sources(network: Network, found: Sequence[RouteFound]) -> Table:
    names: dict[str, str] = {}
    for route in found:
        for m in route.links:
            for text in (network.filled.rule_km[m], network.filled.rule_hours[m], network.filled.rule_price[m]):
                for part in text.split(" + "):
                    letter, _, name = part.partition(" ")
                    if name in network.rules.ranges:
                        names.setdefault(name, letter)
    rows = []
    for name, letter in names.items():
        one = network.rules.ranges[name]
        rows.append((letter, name, one.low, one.mode, one.high, network.rules.units[name], one.source))
    rows += [
        ("fitted", row["parameter"], row["low"], row["value"], row["high"], "ratio", row["what"])
        for row in network.tables["calibration"]
    ]
    return Table(("rule", "what", "low", "mode", "high", "unit", "source"), tuple(rows), "Where the figures come from")
