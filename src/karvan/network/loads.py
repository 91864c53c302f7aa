"""A year of freight: trade on the routes it chooses, the loads of the links and what full links add to the cost."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_array, hstack, vstack

from karvan.network.capacity import limits, load_of
from karvan.network.cargo import named_cargo
from karvan.network.closings import over_the_year, spells
from karvan.network.day import Day
from karvan.network.demand import Carried, carried
from karvan.network.routes import Corridors
from karvan.network.tolls import Choice, Tolled, choose, tolled


class Ways(NamedTuple):
    """The routes of one day for every pair and cargo with trade.

    pair: (pair, 3) importer, exporter, cargo; of: (route,) position of its pair; g: (route,); uses: (route, link) how
    often a link is on a route.
    """

    pair: np.ndarray
    of: np.ndarray
    g: np.ndarray
    uses: csr_array


class Year(NamedTuple):
    """What a year of freight costs and carries.

    cost: (importer, exporter, cargo) mean over the year as a share of value, inf without a route. Per spell of the
    year: share of the year, load (spell, link) in t or TEU a year, toll (spell, link) USD per t or TEU, left
    (spell,) value that finds no room, waiting (spell,) value that waits and goes in a later spell, both MUSD a year.
    gap: largest relative miss of a full link.
    """

    cost: np.ndarray
    share: np.ndarray
    load: np.ndarray
    toll: np.ndarray
    left: np.ndarray
    waiting: np.ndarray
    gap: float

    @property
    def mean_load(self) -> np.ndarray:
        """(link,) load over the year, in t or TEU."""
        return np.asarray(self.share @ self.load)

    @property
    def mean_toll(self) -> np.ndarray:
        """(link,) toll over the year, USD per t or TEU: what one more unit of room a year would save."""
        return np.asarray(self.share @ self.toll)


class _Options(NamedTuple):
    """What goods of every spell may do: go by a route of theirs, or wait and go by a route of a later spell.

    choice: pairs of all spells one spell after the other, links likewise; later: (option,) whether it waits.
    """

    choice: Choice
    later: np.ndarray


class Freight:
    """The freight of some countries on a network: prepared once, asked for many volumes of trade.

    Parameters
    ----------
    corridors : the network with its closings
    countries, sectors, goods : axes of the flows, and which sectors are goods
    """

    def __init__(
        self, corridors: Corridors, countries: Sequence[str], sectors: Sequence[str], goods: np.ndarray
    ) -> None:
        self.corridors, self.countries = corridors, tuple(countries)
        self.cargo = tuple(name for name, one in corridors.classes.items() if one.service != "oil")
        self.carried: Carried = carried(corridors.network, sectors, goods, self.cargo)
        _, self.places = corridors.centres(countries)
        self.on = corridors.network.on_network(countries)
        self.spells = spells(corridors.closings)
        self.days = [corridors.day(spell.shut) for spell in self.spells]
        classes = [named_cargo(corridors.classes, name) for name in self.cargo]
        self.per_day = np.array([one.per_day for one in classes])
        self.capacity, self.units = limits(corridors.network)
        self.per_tonne = np.array(
            [[load_of(c, unit or "t/y", corridors.network) / c.tonnes for unit in self.units] for c in classes]
        )
        self._wider: dict[tuple[int, frozenset[int]], Ways] = {}

    @cached_property
    def free(self) -> list[np.ndarray]:
        """Cost of each spell (importer, exporter, cargo) when no link is full; 0 where trade is not on the network."""
        return [self.costs(day) for day in self.days]

    def costs(self, day: Day) -> np.ndarray:
        """(importer, exporter, cargo) cost of a day, 0 where trade is not on the network.

        At least the cost when nothing is shut: what spoils is searched by a linear rate and priced exactly, so a search
        round what is shut can come upon a cheaper route.
        """
        cost = np.stack([day.costs(name, self.places) for name in self.cargo], axis=-1)
        if day.links or day.bans:
            cost = np.maximum(cost, self._open)
        return np.where(self.on[:, :, None], cost, 0.0)

    @cached_property
    def _open(self) -> np.ndarray:
        return np.stack([self.corridors.day().costs(name, self.places) for name in self.cargo], axis=-1)

    @cached_property
    def cost(self) -> np.ndarray:
        """(importer, exporter, cargo) mean cost over the year when no link is full."""
        return over_the_year(self.spells, self.free, self.per_day)

    @cached_property
    def ways(self) -> list[Ways]:
        """The routes of every spell."""
        everything = np.repeat(self.on[:, :, None], len(self.cargo), axis=2)
        return [find_ways(day, self.cargo, self.places, everything) for day in self.days]

    def room(self, today: Year) -> np.ndarray:
        """(link,) capacities a year that bind, inf where none is known or the trade of today takes more in the model.

        The trade of today does pass: a published capacity below its load in the model says that the model sends too
        much that way, and nothing on how much room is left. A capacity given by hand stands.
        """
        given = ~np.isnan(self.corridors.network.added.capacity)
        filled = today.mean_load > self.capacity
        return np.where(filled & ~given, np.inf, self.capacity)

    def year(
        self,
        flows: np.ndarray,
        quantity: np.ndarray | None = None,
        room: np.ndarray | None = None,
        near: Year | None = None,
    ) -> Year:
        """Put trade on the routes of all spells of the year at once: goods that wait take room in a later one.

        cost = sum over spells of share_s min(free_s, wait_s) + what the tolls add to the log-sum of the options

        Parameters
        ----------
        flows : (importer, exporter, sector) baseline trade at customs values, MUSD
        quantity : (importer, exporter, sector) volume after over before; None for the baseline
        room : (link,) capacities a year; None for no limits
        near : the year of like volumes, whose tolls are a good start
        """
        room = np.full(self.capacity.size, np.inf) if room is None else room
        real = flows if quantity is None else flows * quantity
        value, tonnes = self.carried.values(real), self.carried.weights(real)
        heavy = np.divide(tonnes, value, out=np.zeros_like(value), where=value > 0)
        share = np.array([spell.share for spell in self.spells])
        at = tuple(self.ways[-1].pair.T)
        demand = np.outer(share, value[at]).ravel()
        start = None if near is None else near.toll.ravel()
        found, options = self._tolled(demand, heavy, np.outer(share, room).ravel(), start)
        toll, scale, shape = found.toll.reshape(share.size, -1), self.corridors.scale, (share.size, -1)
        cost = self.cost.copy()
        if toll.any():
            free = choose(options.choice, np.zeros_like(found.toll), scale, demand.size)[1]
            cost[at] += share @ (found.cost - free).reshape(shape)
        waits = np.where(options.later, found.share * demand[options.choice.pair], 0.0)
        waiting = np.bincount(options.choice.pair, waits, demand.size).reshape(shape).sum(axis=1) / share
        left = (found.left * demand).reshape(shape).sum(axis=1) / share
        return Year(cost, share, found.load.reshape(shape) / share[:, None], toll, left, waiting, found.gap)

    def _tolled(
        self, demand: np.ndarray, heavy: np.ndarray, room: np.ndarray, start: np.ndarray | None
    ) -> tuple[Tolled, _Options]:
        """Tolls and loads of all spells. Where links are full, pairs that use them may also take ways without them.

        Whatever the start, links count as full in the same order: which routes there are does not depend on it.
        """
        full = [frozenset[int]()] * len(self.spells)
        while True:
            options = self._options([self._ways_round(s, some) for s, some in enumerate(full)], heavy)
            found = tolled(options.choice, demand, room, self.corridors.scale, start)
            now = [frozenset(np.flatnonzero(t).tolist()) for t in found.toll.reshape(len(full), -1)]
            if all(more <= some for more, some in zip(now, full, strict=True)):
                return found, options
            full = [more | some for more, some in zip(now, full, strict=True)]

    def _options(self, ways: list[Ways], heavy: np.ndarray) -> _Options:
        """Each spell's own routes, and for pairs that are touched those of later spells with the wait for them."""
        pairs, links = len(ways[-1].pair), len(self.capacity)
        position = {tuple(p): k for k, p in enumerate(ways[-1].pair.tolist())}
        where = [np.array([position[tuple(p)] for p in one.pair.tolist()], dtype=int) for one in ways]
        unit = [heavy[tuple(w.pair[w.of].T)][:, None] * self.per_tonne[w.pair[w.of, 2]] for w in ways]
        takes = [csr_array(w.uses.multiply(u)) for w, u in zip(ways, unit, strict=True)]
        pair, g, rows, later = [], [], [], []
        for s, spell in enumerate(self.spells):
            touched = (self.free[s] > self.free[-1] + 1e-12)[tuple(ways[-1].pair.T)]
            for t in range(s, len(ways)):
                of = where[t][ways[t].of]
                some = np.flatnonzero(touched[of]) if t > s else np.arange(of.size)
                wait = spell.wait_until(self.spells[t]) if t > s else 0.0
                pair.append(s * pairs + of[some])
                g.append(ways[t].g[some] + wait * self.per_day[ways[t].pair[ways[t].of[some], 2]])
                blank = [csr_array((some.size, links))] * len(ways)
                rows.append(hstack([*blank[:t], takes[t][some], *blank[t + 1 :]]))
                later.append(np.full(some.size, t > s))
        choice = Choice(np.concatenate(pair), np.concatenate(g), csr_array(vstack(rows)))
        return _Options(choice, np.concatenate(later))

    def _ways_round(self, s: int, full: frozenset[int]) -> Ways:
        """The routes of a spell, with those round its full links for the pairs that use them."""
        if not full:
            return self.ways[s]
        if (s, full) not in self._wider:
            ways = self.ways[s]
            using = np.zeros(len(ways.pair), dtype=bool)
            using[ways.of[ways.uses[:, sorted(full)].sum(axis=1) > 0]] = True
            some = np.zeros((len(self.places), len(self.places), len(self.cargo)), dtype=bool)
            some[tuple(ways.pair[using].T)] = True
            round_them = self.corridors.day(self.spells[s].shut, full)
            self._wider[s, full] = _joined(ways, find_ways(round_them, self.cargo, self.places, some))
        return self._wider[s, full]


def _joined(one: Ways, other: Ways) -> Ways:
    """Add the routes of the same pairs in `other` that are not there yet, routes of a pair together."""
    position = {tuple(p): k for k, p in enumerate(one.pair.tolist())}
    of = np.array([position[tuple(p)] for p in other.pair.tolist()], dtype=int)[other.of]
    known = set(zip(one.of.tolist(), _links(one), strict=True))
    new = [r for r, key in enumerate(zip(of.tolist(), _links(other), strict=True)) if key not in known]
    of = np.concatenate([one.of, of[new]])
    order = np.argsort(of, kind="stable")
    uses = csr_array(vstack([one.uses, other.uses[new]]))[order]
    return Ways(one.pair, of[order], np.concatenate([one.g, other.g[new]])[order], uses)


def _links(ways: Ways) -> list[tuple[int, ...]]:
    """The links of each route."""
    uses = ways.uses
    return [tuple(sorted(uses.indices[a:b].tolist())) for a, b in pairwise(uses.indptr.tolist())]


def find_ways(day: Day, cargo: Sequence[str], places: Sequence[int], wanted: np.ndarray) -> Ways:
    """Gather the k best routes of the wanted pairs (importer, exporter, cargo) with the links they use."""
    pair: list[tuple[int, ...]] = []
    g: list[float] = []
    of, row, link = [], [], []
    for n, i, c in np.argwhere(wanted).tolist():
        if places[n] == places[i]:
            continue
        both = (places[n], places[i])
        best = day.best(cargo[c], both)
        used = best.links(both)
        for cost, links in zip(best.route_costs([both])[0].tolist(), used, strict=False):
            row += [len(g)] * len(links)
            link += links
            of.append(len(pair))
            g.append(cost)
        if used:
            pair.append((n, i, c))
    uses = csr_array((np.ones(len(row)), (row, link)), shape=(len(g), len(day.network.links)))
    return Ways(np.array(pair, dtype=int).reshape(-1, 3), np.array(of, dtype=int), np.array(g), uses)
