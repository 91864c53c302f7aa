"""The routes of a day on which some links or transits are closed: only the pairs they touch are searched again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from karvan.network.best import Best, Pair
from karvan.network.choice import log_sum
from karvan.network.closings import Closing
from karvan.network.through import into_countries, passing_links

if TYPE_CHECKING:
    from karvan.network.routes import Corridors


class Day:
    """A network with something shut. The k best routes of a pair that use nothing of it stay its k best.

    Parameters
    ----------
    corridors : the network on which all is open; its routes are found once for all days
    shut : the closings that hold
    full : positions of links left out because they are full
    """

    def __init__(self, corridors: Corridors, shut: Sequence[Closing] = (), full: frozenset[int] = frozenset()) -> None:
        self.corridors, self.network = corridors, corridors.network
        self.links = full.union(*(one.links for one in shut))
        self.bans = tuple(one for one in shut if one.country)
        self._bits: dict[frozenset[str], int] = {}
        self._others: dict[tuple[str, frozenset[str]], Best] = {}

    def avoided(self, to: int, origin: int) -> frozenset[str]:
        """The countries that goods between two places may not pass through, by the transits that are closed."""
        home = {self.network.countries[to], self.network.countries[origin]}
        found = set()
        for ban in self.bans:
            meant = ban.of is None or {to, origin} & {self.network.market[c] for c in ban.of}
            if meant and ban.country not in home:
                found.add(ban.country)
        return frozenset(found)

    def best(self, cargo: str, pair: Pair) -> Best:
        """Return where a pair (destination, origin) finds its routes: among all, or among those round what is shut."""
        base = self.corridors.found(cargo)
        avoid = self.avoided(*pair)
        if not (self._touched(avoid) and base.used(pair) & self._touched(avoid)):
            return base
        if (cargo, avoid) not in self._others:
            graph = base.ways.graph
            closed = passing_links(graph, self.links) | into_countries(graph, self.network, set(avoid))
            self._others[cargo, avoid] = Best(base.ways.without(closed), self.corridors.k)
        return self._others[cargo, avoid]

    def costs(self, cargo: str, places: Sequence[int]) -> np.ndarray:
        """(importer, exporter) log-sum cost of one cargo; inf where there is no route, 0 at home."""
        base = self.corridors.found(cargo)
        cost = base.costs(tuple(places), self.corridors.scale).copy()
        if not self.links and not self.bans:
            return cost
        again: dict[Best, list[tuple[int, int]]] = {}
        for n, to in enumerate(places):
            for i, origin in enumerate(places):
                best = self.best(cargo, (to, origin))
                if best is not base:
                    again.setdefault(best, []).append((n, i))
        for best, cells in again.items():
            g = best.route_costs([(places[n], places[i]) for n, i in cells])
            cost[tuple(np.array(cells).T)] = log_sum(g, self.corridors.scale)
        return cost

    def _touched(self, avoid: frozenset[str]) -> int:
        """What is shut, as bits of links: those closed, and those with an end in a country that is avoided."""
        if avoid not in self._bits:
            rows, country = self.network.tables["links"], self.network.countries
            where = self.network.where
            inside = {m for m, row in enumerate(rows) if {country[where[row[end]]] for end in ("from", "to")} & avoid}
            self._bits[avoid] = sum(1 << m for m in self.links | inside)
        return self._bits[avoid]
