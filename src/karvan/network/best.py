"""The k best routes of pairs of places for one cargo, found once; what they cost when links are shut, found again."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

import numpy as np

from karvan.network.cargo import generalised_cost
from karvan.network.choice import log_sum
from karvan.network.gateways import Gateways
from karvan.network.paths import Target, k_best, last_of

Found = list[tuple[float, tuple[int, ...]]]
Pair = tuple[int, int]  # destination, origin


class Best:
    """Routes of one cargo by pair (destination, origin), searched when first asked for.

    Attributes
    ----------
    ways : the graph prepared for searches
    k : routes a pair may choose from
    """

    def __init__(self, ways: Gateways, k: int) -> None:
        self.ways, self.k = ways, k
        self._targets: dict[int, Target] = {}
        self._found: dict[Pair, Found] = {}
        self._links: dict[Pair, int] = {}
        self._costs: dict[tuple[tuple[int, ...], float], np.ndarray] = {}

    def target(self, place: int) -> Target:
        """Return what a search for routes to a place needs."""
        self._prepare([place])
        return self._targets[place]

    def costs(self, places: tuple[int, ...], scale: float) -> np.ndarray:
        """(importer, exporter) log-sum cost; inf where there is no route, 0 at home. Kept: do not change it."""
        if (places, scale) not in self._costs:
            pairs = [(to, origin) for to in places for origin in places]
            cost = log_sum(self.route_costs(pairs), scale).reshape(len(places), len(places))
            self._costs[places, scale] = cost
        return self._costs[places, scale]

    def _prepare(self, places: Iterable[int]) -> None:
        missing = [p for p in dict.fromkeys(places) if p not in self._targets]
        if missing:
            for p, h in zip(missing, self.ways.cost_to_go(missing), strict=True):
                self._targets[p] = Target(self.ways, p, h)

    def _search(self, pairs: Sequence[Pair]) -> list[Found]:
        self._prepare(to for to, _ in pairs)
        missing: dict[int, list[int]] = {}
        for to, origin in pairs:
            if (to, origin) not in self._found:
                missing.setdefault(to, []).append(origin)
        with _uncollected():
            for to, origins in missing.items():
                for origin in origins:
                    self._found[to, origin] = k_best(self._targets[to], origin, self.k)
                self._targets[to].forget()
        return [self._found[pair] for pair in pairs]

    def route_costs(self, pairs: Sequence[Pair]) -> np.ndarray:
        """(pair, route) costs: as searched by, or with the true spoilage where the cargo spoils; 0 at home."""
        cargo = self.ways.graph.cargo
        g = np.full((len(pairs), self.k), np.inf)
        for row, pair, found in zip(g, pairs, self._search(pairs), strict=True):
            if pair[0] == pair[1]:
                row[0] = 0.0
            elif found and cargo.life_days is None:
                row[: len(found)] = [cost for cost, _ in found]
            elif found:
                usd, days, sd = np.array([self._sums(pair, gates)[:3] for _, gates in found]).T
                row[: len(found)] = generalised_cost(usd, days, sd, cargo)
        return g

    def used(self, pair: Pair) -> int:
        """The links of the k best routes, as bits."""
        if pair not in self._links:
            self._links[pair] = 0
            for _, gates in self._search([pair])[0]:
                self._links[pair] |= self._sums(pair, gates)[3]
        return self._links[pair]

    def _sums(self, pair: Pair, gates: tuple[int, ...]) -> tuple[float, float, float, int]:
        to, origin = pair
        return self.ways.sums(origin, gates, last_of(self._targets[to], origin, gates))

    def links(self, pair: Pair) -> list[list[int]]:
        """The links of each of the k best routes."""
        found = [self._sums(pair, gates)[3] for _, gates in self._search([pair])[0]]
        return [_positions(bits) for bits in found]


def _positions(bits: int) -> list[int]:
    """Where the bits are set, lowest first."""
    found = []
    while bits:
        low = bits & -bits
        found.append(low.bit_length() - 1)
        bits ^= low
    return found


@contextmanager
def _uncollected() -> Iterator[None]:
    """No garbage collection: a search makes many small tuples and no cycles among them, and a fifth of its time is lost
    to looking for some."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()
