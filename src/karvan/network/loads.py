"""A year of freight: trade on the routes it chooses, the loads of the links and what full links add to the cost."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_array, vstack

from karvan.core.errors import ConvergenceError
from karvan.network.capacity import limits, load_of
from karvan.network.cargo import named_cargo
from karvan.network.choice import log_sum
from karvan.network.closings import best_of_waiting, over_the_year, spells, waits
from karvan.network.day import Day
from karvan.network.demand import Carried, carried
from karvan.network.routes import Corridors
from karvan.network.tolls import Choice, Tolled, tolled

PASSES = 60  # of a year whose goods wait: those that wait load later days, which changes what waiting costs
SETTLED = 1e-10


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


class _Spelt(NamedTuple):
    """One spell: cost (importer, exporter, cargo), tolls and loads, value that waits (importer, exporter, cargo)."""

    cost: np.ndarray
    tolls: Tolled
    waiting: np.ndarray


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

    def room(self, before: Freight, flows: np.ndarray) -> np.ndarray:
        """(link,) capacities a year that bind, inf where none is known or the trade of today takes more in the model.

        The trade of today does pass: a published capacity below its load in the model says that the model sends too
        much that way, and nothing on how much room is left. A capacity given by hand stands.
        """
        given = ~np.isnan(self.corridors.network.added.capacity)
        filled = before.year(flows).mean_load > self.capacity
        return np.where(filled & ~given, np.inf, self.capacity)

    def year(
        self,
        flows: np.ndarray,
        quantity: np.ndarray | None = None,
        room: np.ndarray | None = None,
        near: Year | None = None,
    ) -> Year:
        """Put trade on the routes.

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
        start = np.zeros((len(self.spells), room.size)) if near is None else near.toll
        due = np.zeros((len(self.spells), *value.shape))
        for done in range(PASSES):
            found = self._pass(value + due, heavy, room, start)
            new = self._due(found)
            if np.abs(new - due).max() <= SETTLED * max(float(value.max()), 1e-300):
                return self._year(found)
            due = new if done < 3 else (due + new) / 2
            start = np.stack([one.tolls.toll for one in found])
        raise ConvergenceError(f"goods that wait and the days they wait for still differ after {PASSES} passes")

    def _pass(self, value: np.ndarray, heavy: np.ndarray, room: np.ndarray, start: np.ndarray) -> list[_Spelt]:
        """Every spell at values (spell, importer, exporter, cargo); the last first, since others wait for it."""
        costs: list[np.ndarray] = [self.free[-1]] * len(self.spells)
        found: list[_Spelt] = []
        for s in reversed(range(len(self.spells))):
            wait = best_of_waiting(self.spells, costs, self.per_day)[s]
            wait = np.where(self.free[s] > self.free[-1] + 1e-12, wait, np.inf)
            found.insert(0, self._spell(s, value[s], heavy, wait, room, start[s]))
            costs[s] = found[0].cost
        return found

    def _due(self, found: list[_Spelt]) -> np.ndarray:
        """(spell, importer, exporter, cargo) value a year that has waited for a spell, by the spells before it."""
        due = np.zeros((len(found), *found[0].waiting.shape))
        costs = [one.cost for one in found]
        for s, one in enumerate(found[:-1]):
            if not one.waiting.any():
                continue
            until = s + 1 + waits(self.spells, costs, self.per_day, s).argmin(axis=0)
            for t in range(s + 1, len(found)):
                due[t] += np.where(until == t, one.waiting, 0.0) * self.spells[s].share / self.spells[t].share
        return due

    def _year(self, found: list[_Spelt]) -> Year:
        tolls = [one.tolls for one in found]
        return Year(
            over_the_year(self.spells, [one.cost for one in found], self.per_day),
            np.array([spell.share for spell in self.spells]), np.stack([one.load for one in tolls]),
            np.stack([one.toll for one in tolls]), np.array([one.left.sum() for one in tolls]),
            np.array([one.waiting.sum() for one in found]), max(one.gap for one in tolls),
        )  # fmt: skip

    def _spell(
        self, s: int, value: np.ndarray, heavy: np.ndarray, wait: np.ndarray, room: np.ndarray, start: np.ndarray
    ) -> _Spelt:
        """Cost and loads of one spell. Where links are full, pairs that use them may also take ways without them.

        Whatever the start, links count as full in the same order: which routes there are does not depend on it.
        """
        full: frozenset[int] = frozenset()
        while True:
            ways = self._ways_round(s, full)
            at = tuple(ways.pair.T)
            demand = value[at]
            choice = self._choice(ways, heavy[at], wait[at])
            found = tolled(choice, demand, room, self.corridors.scale, start)
            more = frozenset(np.flatnonzero(found.toll).tolist()) - full
            if not more:
                break
            full |= more
        cost = self.free[s].copy()
        if found.toll.any():
            own = choice.takes[: ways.g.size] @ found.toll / 1e6
            cost[at] += self._log_sum(ways, ways.g + own) - self._log_sum(ways, ways.g)
        waiting = np.where(np.isinf(cost) & np.isfinite(wait), value, 0.0)
        waiting[at] = np.bincount(
            choice.pair[ways.g.size :], found.share[ways.g.size :] * demand[choice.pair[ways.g.size :]], demand.size
        )
        return _Spelt(cost, found._replace(left=found.left * demand), waiting)

    def _log_sum(self, ways: Ways, g: np.ndarray) -> np.ndarray:
        place = np.arange(ways.of.size) - np.searchsorted(ways.of, ways.of)
        table = np.full((len(ways.pair), int(place.max(initial=0)) + 1), np.inf)
        table[ways.of, place] = g
        return log_sum(table, self.corridors.scale)

    def _choice(self, ways: Ways, heavy: np.ndarray, wait: np.ndarray) -> Choice:
        unit = heavy[ways.of][:, None] * self.per_tonne[ways.pair[ways.of, 2]]
        takes = csr_array(ways.uses.multiply(unit))
        patient = np.flatnonzero(np.isfinite(wait))
        return Choice(
            np.concatenate([ways.of, patient]), np.concatenate([ways.g, wait[patient]]),
            csr_array(vstack([takes, csr_array((patient.size, takes.shape[1]))])),
        )  # fmt: skip

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
