"""How often links were closed, from dated events, and what that makes of a route."""

from __future__ import annotations

from collections.abc import Iterable

from karvan.core.errors import LabelError
from karvan.core.table import Table
from karvan.network.network import Network

SINCE, UNTIL = 2020, 2026  # the years that the list of events covers


def closed_days(network: Network) -> dict[int, float]:
    """Days a year that each link was closed between 2020 and 2025, by its dated events of known length.

    Links that no event names are not in the result: nothing is known of them, which is not the same as never closed.
    """
    years = UNTIL - SINCE
    found: dict[int, float] = {}
    for row in network.tables["closures"]:
        links = _links(network, row["link"])
        if row["days"] is None or not SINCE <= int(row["start"][:4]) < UNTIL:
            continue
        for m in links:
            found[m] = found.get(m, 0.0) + row["days"] / years
    return found


def availability(network: Network, links: Iterable[int]) -> float:
    """Share of the year in which a route is open, its links closing independently: prod(1 - closed days / 365)."""
    closed, share = closed_days(network), 1.0
    for m in set(links):
        share *= 1 - min(closed.get(m, 0.0), 365.0) / 365
    return share


def closure_table(network: Network) -> Table:
    """Closures by link: events a year, their mean length, days closed a year; events of unknown length beside them."""
    seen: dict[str, list[float | None]] = {}
    for row in network.tables["closures"]:
        if SINCE <= int(row["start"][:4]) < UNTIL:
            seen.setdefault(row["link"], []).append(row["days"])
    rows = []
    for link, days in seen.items():
        known = [d for d in days if d is not None]
        mean = round(sum(known) / len(known), 1) if known else None
        each_year = round(sum(known) / (UNTIL - SINCE), 2)
        rows.append((link, len(days), round(len(days) / (UNTIL - SINCE), 2), mean, each_year, len(days) - len(known)))
    columns = ("link", "events", "events a year", "mean days", "days closed a year", "of unknown length")
    return Table(columns, tuple(rows), f"Closures {SINCE}-{UNTIL - 1}, as far as public texts name them")


def _links(network: Network, name: str) -> frozenset[int]:
    try:
        return network.find_links(name)
    except LabelError:
        return frozenset()  # an event of a border as a whole, or of oil outside the network
