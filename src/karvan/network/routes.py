"""Routes between places: the k best, what they cost by cargo, and what closing or opening a link changes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from numbers import Real
from pathlib import Path
from typing import NamedTuple

import numpy as np

from karvan.core.errors import InfeasibleError, LabelError, first_five
from karvan.core.labels import suggest
from karvan.network.best import Best
from karvan.network.calibrate import Compared, compare
from karvan.network.capacity import Demand, Flow, cheapest_flow
from karvan.network.cargo import Cargo, cargo_classes, generalised_cost, named_cargo
from karvan.network.choice import shares
from karvan.network.closings import YEARLY, Closing, over_the_year, spells
from karvan.network.day import Day
from karvan.network.edits import links_of, with_added, with_capacity
from karvan.network.gateways import Gateways
from karvan.network.graph import FEE_SHARED_BY_T, Graph, build, priced
from karvan.network.network import YEAR, Network
from karvan.network.paths import arcs_of, k_best
from karvan.network.reliability import availability
from karvan.network.through import Totals, best_through, into_countries, passing_links, totals

DEARER = 2.0
SPARE = 3  # some routes pass a port at sea and come back to it by land; they are left out
SCALE = 50.0  # assumed: routes 2 % of the value dearer get a share smaller by e


class RouteFound(NamedTuple):
    """One route: places, links, modes of the links, corridors it is known by, money per unit, days, cost and share."""

    places: tuple[str, ...]
    links: tuple[int, ...]
    modes: tuple[str, ...]
    corridors: tuple[str, ...]
    km: float
    usd: float
    days: float
    sd_days: float
    sd_apart: float
    borders: tuple[str, ...]
    open_share: float
    cost: float
    share: float
    start: int
    arcs: tuple[int, ...]


class CostMatrix(NamedTuple):
    """Freight cost as a share of value: cost[importer, exporter, cargo], inf where there is no route, 0 at home."""

    countries: tuple[str, ...]
    cargo: tuple[str, ...]
    cost: np.ndarray

    def without_route(self) -> tuple[tuple[str, str, str], ...]:
        """(exporter, importer, cargo) of every pair without a route."""
        return tuple(
            (self.countries[i], self.countries[n], self.cargo[c])
            for n, i, c in np.argwhere(np.isinf(self.cost)).tolist()
        )


@dataclass(frozen=True, eq=False, repr=False)
class Corridors:
    """Freight routes on a network; methods return new objects, nothing is changed in place.

    Attributes
    ----------
    network : places, links and rules
    scale : sharpness of the logit choice between routes
    k : how many routes a pair may choose from
    closings : links or transits closed for a part of the year
    """

    network: Network
    scale: float = SCALE
    k: int = 5
    closings: tuple[Closing, ...] = ()

    def __repr__(self) -> str:
        closed = "".join(f", {c.name} closed {c.days} days" for c in self.closings)
        return f"Corridors({self.network!r}, scale {self.scale:g}, k {self.k}{closed})"

    @cached_property
    def classes(self) -> dict[str, Cargo]:
        """The cargo classes by name."""
        return cargo_classes(self.network.tables["cargo"])

    @cached_property
    def _found(self) -> dict[str, Best]:
        return {}

    def found(self, cargo: str) -> Best:
        """The k best routes of one cargo class on the open links, as far as they have been asked for."""
        if cargo not in self._found:
            one = named_cargo(self.classes, cargo)
            like = next((f.ways for name, f in self._found.items() if self.classes[name].modes == one.modes), None)
            if like is None:
                ways = Gateways(build(self.network, one))
            else:
                ways = like.priced(priced(like.graph, self.network, one))
            self._found[cargo] = Best(ways, self.k)
        return self._found[cargo]

    def graph(self, cargo: str) -> Graph:
        """The graph of one cargo class on the open links."""
        return self.found(cargo).ways.graph

    def day(self, shut: Sequence[Closing] = (), full: frozenset[int] = frozenset()) -> Day:
        """A day on which some closings hold, and some links are left out because they are full."""
        return Day(self, tuple(shut), full)

    def close(self, name: str, days: int = YEARLY) -> Corridors:
        """Close a link (`AKT-ALY`), a place's links (`CPC`), a corridor (`kars`) or border (`RUS-KAZ`) for some days.

        Costs become the mean over the year; while it is closed goods take another route or wait, whichever is cheaper.
        With 365 days they cannot wait. `cost_matrix().without_route()` says which pairs have none.
        """
        _days(f"close {name}", days)
        links = links_of(self.network, name)
        if days == YEARLY:
            return replace(self, network=self.network.with_links(closed=links))
        return replace(self, closings=(*self.closings, Closing(name, links, days)))

    def close_transit(self, country: str, days: int = YEARLY, of: str | Sequence[str] | None = None) -> Corridors:
        """Close a country to transit for some days of the year: goods that neither come from there nor go there.

        Parameters
        ----------
        country : ISO3 code of a country of the network
        of : only goods from or to these countries; None for all
        """
        if country not in self.network.countries:
            raise LabelError(f"no place of {country!r}.{suggest(country, sorted(set(self.network.countries)))}")
        _days(f"close transit through {country}", days)
        whose = None if of is None else frozenset([of] if isinstance(of, str) else of)
        for name in whose or ():
            if name not in self.network.market:
                raise LabelError(f"of: no place where {name!r} trades.{suggest(name, self.network.market)}")
        what = f"transit through {country}" + (f" of {', '.join(sorted(whose))}" if whose else "")
        return replace(self, closings=(*self.closings, Closing(what, frozenset(), days, country, whose)))

    def open(self, name: str) -> Corridors:
        """Open links that are planned, blocked, restricted or closed: a link, a place, a corridor or a border.

        What else was closed with them stays closed.
        """
        links = links_of(self.network, name)
        left = (c._replace(links=c.links - links) for c in self.closings)
        kept = tuple(c for c in left if c.links or c.country)
        return replace(self, network=self.network.with_links(opened=links), closings=kept)

    def in_year(self, year: int) -> Corridors:
        """The routes of a year: planned links are open from their year on."""
        return replace(self, network=self.network.in_year(year))

    def delay(self, link: str, hours: float, sd_hours: float = 0.0) -> Corridors:
        """Add hours of waiting, both ways: at a link, a corridor's links, a border (`RUS-KAZ`) or a port (`AKT`)."""
        return self._added(link, hours=hours, sd_hours=sd_hours)

    def charge(self, link: str, usd_teu: float = 0.0, usd_t: float | None = None) -> Corridors:
        """Add a fee to a link or border, both ways; a tonne pays a twentieth of a TEU where nothing else is said."""
        return self._added(link, usd_teu=usd_teu, usd_t=usd_teu / FEE_SHARED_BY_T if usd_t is None else usd_t)

    def with_capacity(self, link: str, amount: float | None = None, unit: str = "", times: float = 1.0) -> Corridors:
        """Give links another capacity a year: an amount with its unit (Mt/y, TEU/y), or so many times today's."""
        return replace(self, network=with_capacity(self.network, link, amount, unit, times))

    def _added(self, link: str, **more: float) -> Corridors:
        return replace(self, network=with_added(self.network, link, more))

    def routes(
        self, origin: str, destination: str, cargo: str = "container", k: int | None = None
    ) -> tuple[RouteFound, ...]:
        """Return the k best routes that differ by their borders, ports or straits, with logit shares.

        Closings for a part of the year do not show here: they are the routes of a day on which all is open.

        Raises
        ------
        InfeasibleError
            There is no route for this cargo.
        """
        a, b = self._ends(origin, destination)
        target = self.found(cargo).target(b)
        wanted = k or self.k
        ways = [arcs_of(target, a, gates) for _, gates in k_best(target, a, wanted + SPARE)]
        found = [way for way in ways if self._no_place_twice(target.ways.graph, way)][:wanted]
        if not found:
            raise InfeasibleError(
                f"no route for {cargo} from {self.network.places[a]} to {self.network.places[b]}: open a link "
                "(`open`), or ask for another cargo"
            )
        return self._described(cargo, found)

    def by_corridor(self, origin: str, destination: str, cargo: str = "container") -> tuple[RouteFound, ...]:
        """Return the best route of every corridor that leads there, cheapest first, each once, with logit shares.

        Left out are routes that cost over twice the best. A corridor made to avoid a country (the Middle Corridor:
        Russia) does so unless the journey starts or ends there.

        Planned corridors show once they are open (`open`, `in_year`).
        """
        a, b = self._ends(origin, destination)
        graph = self.graph(cargo)
        found = {arcs: start for start, arcs in [self._best(cargo, a, b)] if arcs}
        ends = {self.network.countries[a], self.network.countries[b]}
        for row in self.network.tables["corridors"]:
            stages = [passing_links(graph, links) for links in self._stages[row["corridor"]]]
            shut = into_countries(graph, self.network, set(row["avoid"].split()) - ends)
            way = best_through(graph, a, b, stages, shut)
            if way is not None and self._no_place_twice(graph, way):
                found.setdefault(way[1], way[0])
        if not found:
            return self.routes(origin, destination, cargo)
        routes = self._described(cargo, [(start, arcs) for arcs, start in found.items()])
        return tuple(route for route in routes if route.cost <= DEARER * routes[0].cost)

    def cost_matrix(
        self, cargo: str | Sequence[str] | None = None, countries: Sequence[str] | None = None
    ) -> CostMatrix:
        """Return the yearly mean freight cost of every pair as a share of value, by cargo.

        cost = -ln(sum over the k best routes of exp(-scale g)) / scale, with g of `generalised_cost`

        With closings: the mean over the year, in which goods go another way or wait, whichever is cheaper. All closings
        begin on the same day.
        """
        names = tuple(self.classes) if cargo is None else (cargo,) if isinstance(cargo, str) else tuple(cargo)
        chosen, places = self.centres(countries)
        year = spells(self.closings)
        days = [self.day(spell.shut) for spell in year]
        costs = [np.stack([day.costs(name, places) for name in names], axis=-1) for day in days]
        per_day = np.array([named_cargo(self.classes, name).per_day for name in names])
        return CostMatrix(chosen, names, over_the_year(year, costs, per_day))

    def centres(self, countries: Sequence[str] | None = None) -> tuple[tuple[str, ...], list[int]]:
        """Return the countries (all that have a centre of trade) and the places of their centres."""
        market = self.network.market
        own = tuple(row["country"] for row in self.network.tables["economies"])
        chosen = own if countries is None else tuple(countries)
        unknown = [c for c in chosen if c not in market]
        if unknown:
            raise LabelError(f"no place where {first_five(unknown)} trades.{suggest(unknown[0], market)}")
        return chosen, [market[c] for c in chosen]

    def cheapest_flow(self, demands: Iterable[tuple[str, str, str, float]]) -> Flow:
        """Return the cheapest flow of all cargoes within the capacities, with the price of each bottleneck.

        Parameters
        ----------
        demands : (origin, destination, cargo, units a year): TEU for cargoes in boxes, t for the others.
        """
        wanted = [Demand(*self._ends(a, b), cargo, _amount(a, b, amount)) for a, b, cargo, amount in demands]
        graphs = {cargo: self.graph(cargo) for cargo in dict.fromkeys(one.cargo for one in wanted)}
        return cheapest_flow(self.network, graphs, wanted)

    def check(self) -> tuple[Compared, ...]:
        """Put every observation of days and dollars beside the model; those set aside say so."""
        return compare(self.network)

    def _best(self, cargo: str, a: int, b: int) -> tuple[int, tuple[int, ...]]:
        target = self.found(cargo).target(b)
        found = k_best(target, a, 1)
        return arcs_of(target, a, found[0][1]) if found else (0, ())

    def _ends(self, origin: str, destination: str) -> tuple[int, int]:
        a, b = self.network.place(origin), self.network.place(destination)
        if a == b:
            raise LabelError(f"{origin} and {destination} are the same place; name two")
        return a, b

    def _no_place_twice(self, graph: Graph, way: tuple[int, tuple[int, ...]]) -> bool:
        places = _places(self.network, graph, way[1])
        return len(set(places)) == len(places)

    def _described(self, cargo: str, found: Sequence[tuple[int, tuple[int, ...]]]) -> tuple[RouteFound, ...]:
        graph = self.graph(cargo)
        sums = [totals(graph, start, arcs) for start, arcs in found]
        g = np.array([_cost(one, graph.cargo) for one in sums])
        part = shares(g, self.scale)
        routes = [
            self._one(graph, *way, one, float(c), float(s)) for way, one, c, s in zip(found, sums, g, part, strict=True)
        ]
        return tuple(sorted(routes, key=lambda r: r.cost))

    def _one(
        self, graph: Graph, start: int, arcs: tuple[int, ...], sums: Totals, cost: float, share: float
    ) -> RouteFound:
        network = self.network
        links = tuple(int(m) for m in graph.link[list(arcs)])
        places = _places(network, graph, arcs)
        country = dict(zip(network.places, network.countries, strict=True))
        borders = tuple(f"{a}-{b}" for a, b in pairwise(places) if country[a] != country[b])
        known = tuple(name for name, stages in self._stages.items() if all(some & set(links) for some in stages))
        modes = tuple(network.tables["links"][m]["mode"] for m in links)
        return RouteFound(
            places, links, modes, known, float(network.filled.km[list(links)].sum()), sums.usd, sums.days, sums.sd_days,
            sums.sd_apart, borders, availability(network, links), cost, share, start, arcs,
        )  # fmt: skip

    @cached_property
    def _stages(self) -> Mapping[str, tuple[frozenset[int], ...]]:
        return {row["corridor"]: self.network.stages(row["corridor"]) for row in self.network.tables["corridors"]}


def corridors(folder: Path | str | None = None, *, year: int = YEAR, scale: float = SCALE, k: int = 5) -> Corridors:
    """Return the freight routes of karvan's network, or of the CSV files in a folder.

    Parameters
    ----------
    folder : files in the layout of karvan's own; those that are absent there are karvan's
    year : planned links are open from their year on
    scale : sharpness of the choice between routes, per unit of cost as a share of value
    k : routes a pair may choose from

    Raises
    ------
    SourceError
        Every fault of the files at once.
    """
    if scale <= 0 or k < 1:
        raise LabelError(f"scale {scale} and k {k}: expected a positive scale and at least one route")
    return Corridors(Network.read(folder, year=year), scale, k)


def _days(what: str, days: int) -> None:
    if isinstance(days, bool) or not isinstance(days, Real) or not 0 < days <= YEARLY:
        raise LabelError(f"{what}: {days} days; expected 1 to {YEARLY}")


def _amount(origin: str, destination: str, amount: float) -> float:
    if not (np.isfinite(amount) and amount >= 0):
        raise LabelError(f"{origin}-{destination}: {amount} units a year; expected a number of 0 or more")
    return float(amount)


def _cost(sums: Totals, cargo: Cargo) -> float:
    return float(generalised_cost(np.array(sums.usd), np.array(sums.days), np.array(sums.sd_days), cargo))


def _places(network: Network, graph: Graph, arcs: Sequence[int]) -> tuple[str, ...]:
    found: list[str] = []
    for i in arcs:
        row = network.tables["links"][int(graph.link[i])]
        ends = (row["from"], row["to"])
        if not found:
            found.append(ends[int(graph.side[i])])
        found.append(ends[1 - int(graph.side[i])])
    return tuple(found)
