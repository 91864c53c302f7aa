"""Routes between places: the k best, what they cost by cargo, and what closing or opening a link changes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np

from karvan.core.errors import InfeasibleError, LabelError, first_five
from karvan.core.labels import suggest
from karvan.network.calibrate import Compared, compare
from karvan.network.capacity import Demand, Flow, cheapest_flow
from karvan.network.cargo import Cargo, cargo_classes, generalised_cost, named_cargo
from karvan.network.choice import log_sum, shares
from karvan.network.closings import YEARLY, Closing, over_the_year, spells
from karvan.network.edits import with_added, with_capacity
from karvan.network.graph import FEE_SHARED_BY_T, Graph, build
from karvan.network.network import YEAR, Network
from karvan.network.paths import Gateways, Target, arcs_of, k_best
from karvan.network.reliability import availability
from karvan.network.through import Totals, best_through, into_countries, outside, passing_links, totals

ANYWHERE: frozenset[str] = frozenset()
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
    bans : transits that are closed on the day in question (`during`)
    """

    network: Network
    scale: float = SCALE
    k: int = 5
    closings: tuple[Closing, ...] = ()
    bans: tuple[Closing, ...] = ()

    def __repr__(self) -> str:
        closed = "".join(f", {c.name} closed {c.days} days" for c in self.closings)
        return f"Corridors({self.network!r}, scale {self.scale:g}, k {self.k}{closed})"

    @cached_property
    def classes(self) -> dict[str, Cargo]:
        """The cargo classes by name."""
        return cargo_classes(self.network.tables["cargo"])

    @cached_property
    def _ways(self) -> dict[tuple[str, frozenset[str]], Gateways]:
        return {}

    @cached_property
    def _targets(self) -> dict[tuple[str, int, frozenset[str]], Target]:
        return {}

    def graph(self, cargo: str, avoid: frozenset[str] = ANYWHERE) -> Graph:
        """The graph of one cargo class on the open links, without ways into some countries."""
        return self._gateways(cargo, avoid).graph

    def _gateways(self, cargo: str, avoid: frozenset[str] = ANYWHERE) -> Gateways:
        if (cargo, avoid) not in self._ways:
            graph = build(self.network, named_cargo(self.classes, cargo))
            self._ways[cargo, avoid] = Gateways(outside(graph, self.network, avoid) if avoid else graph)
        return self._ways[cargo, avoid]

    def targets(self, cargo: str, places: Sequence[int], avoid: frozenset[str] = ANYWHERE) -> list[Target]:
        """What a search of one cargo knows about each destination, made once."""
        ways = self._gateways(cargo, avoid)
        missing = [p for p in dict.fromkeys(places) if (cargo, p, avoid) not in self._targets]
        if missing:
            for p, one in zip(missing, ways.cost_to_go(missing), strict=True):
                self._targets[cargo, p, avoid] = Target(ways, p, one)
        return [self._targets[cargo, p, avoid] for p in places]

    def avoided(self, a: int, b: int) -> frozenset[str]:
        """The countries that goods between two places may not pass through, by the transits that are closed."""
        home = {self.network.countries[a], self.network.countries[b]}
        found = set()
        for ban in self.bans:
            own = ban.of is None or {a, b} & {self.network.market[c] for c in ban.of}
            if own and ban.country not in home:
                found.add(ban.country)
        return frozenset(found)

    def close(self, name: str, days: int = YEARLY) -> Corridors:
        """Close a link (`AKT-ALY`), all links of a place (`CPC`) or a corridor (`kars`) for some days of the year.

        Costs become the mean over the year; while it is closed goods take another route or wait, whichever is cheaper.
        With 365 days they cannot wait. `cost_matrix().without_route()` says which pairs have none.
        """
        _days(f"close {name}", days)
        links = self.network.find_links(name)
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
        """Open links that are planned, blocked, restricted or closed: a link, a place or a corridor."""
        links = self.network.find_links(name)
        kept = tuple(c for c in self.closings if not c.links & links)
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
        target = self.targets(cargo, [b], self.avoided(a, b))[0]
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
        rows = {row["country"]: self.network.where[row["place"]] for row in self.network.tables["economies"]}
        chosen = tuple(rows) if countries is None else tuple(countries)
        unknown = [c for c in chosen if c not in self.network.market]
        if unknown:
            raise LabelError(f"no centre of trade for {first_five(unknown)}.{suggest(unknown[0], self.network.market)}")
        places = [self.network.market[c] for c in chosen]
        year = spells(self.closings)
        costs = [np.stack([self.during(spell.shut).costs(name, places) for name in names], axis=-1) for spell in year]
        day = np.array([named_cargo(self.classes, name).per_day for name in names])
        return CostMatrix(chosen, names, over_the_year(year, costs, day))

    def during(self, shut: Sequence[Closing]) -> Corridors:
        """The routes of a day on which some closings hold."""
        if not shut and not self.closings:
            return self
        links = frozenset().union(*(one.links for one in shut))
        bans = tuple(one for one in shut if one.country)
        return replace(self, network=self.network.with_links(closed=links), closings=(), bans=bans)

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

    def costs(self, cargo: str, places: Sequence[int]) -> np.ndarray:
        """(importer, exporter) log-sum cost of one cargo on the open links."""
        g = np.full((len(places), len(places), self.k), np.inf)
        self.targets(cargo, places)
        for n, to in enumerate(places):
            for i, origin in enumerate(places):
                found = self.best(cargo, origin, to)[1]
                g[n, i, : len(found)] = [cost for cost, _ in found]
        cost = log_sum(g, self.scale)
        np.fill_diagonal(cost, 0.0)
        return cost

    def best(self, cargo: str, origin: int, to: int) -> tuple[Target, list[tuple[float, tuple[int, ...]]]]:
        """The k best routes between two places, as (cost as a share of value, gateways), and what was searched."""
        target = self.targets(cargo, [to], self.avoided(origin, to))[0]
        found = k_best(target, origin, self.k)
        return target, list(zip(self._exact(target, origin, found), [gates for _, gates in found], strict=True))

    def _exact(self, target: Target, origin: int, found: list[tuple[float, tuple[int, ...]]]) -> list[float]:
        """Costs of routes: as searched by, or with the true spoilage where the cargo spoils."""
        graph = target.ways.graph
        if graph.cargo.life_days is None:
            return [cost for cost, _ in found]
        return [_cost(totals(graph, *arcs_of(target, origin, gates)), graph.cargo) for _, gates in found]

    def _best(self, cargo: str, a: int, b: int) -> tuple[int, tuple[int, ...]]:
        target = self.targets(cargo, [b])[0]
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
    if not 0 < days <= YEARLY:
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
