"""The network as one cargo sees it: states (place, mode of departure), arcs with money, days and their spread.

An arc is a link and what follows it at its head: going on by the same mode, a change of mode through a terminal, or the
end of the journey. So at most one terminal is passed at a place.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from karvan.network.cargo import Cargo
from karvan.network.network import Network

BORDER, PORT = 1, 2
WATER = ("sea", "feeder", "ferry")
OIL = ("pipeline", "tanker", "tankcar")
BY_WATER = ("sea", "feeder", "ferry", "tanker")
NO_TERMINAL = ("rail", "chokepoint")
Stop = tuple[int, str, str]
GO_ON: Stop = (-1, "", "")
FEE_SHARED_BY_T = 20.0  # fees are per TEU; a tonne pays a twentieth, the load of a truck


class Graph(NamedTuple):
    """Arcs of one cargo class. States 0..S-1, then one sink per place: S + place.

    tail, head, link, side: (arc,); side 0 follows the link as written, 1 goes back. stop: (arc,) what follows it, of
    stops: place, mode and next mode of a change; place -1 for the end; no modes for going on. usd per unit, days,
    sd_days: (arc,). start_usd, start_days, start_sd: (state,) what loading there costs. g, start_g: the additive
    cost searched by. place, mode: (state,). gateway: (arc,) BORDER where it passes a border or strait, PORT where it
    changes to or from the water, else 0. zone: (place,) the country as a number; token: (state,) what a route may
    enter once: the country, or the sea.
    """

    tail: np.ndarray
    head: np.ndarray
    link: np.ndarray
    side: np.ndarray
    stop: np.ndarray
    stops: tuple[Stop, ...]
    usd: np.ndarray
    days: np.ndarray
    sd_days: np.ndarray
    g: np.ndarray
    start_usd: np.ndarray
    start_days: np.ndarray
    start_sd: np.ndarray
    start_g: np.ndarray
    place: np.ndarray
    mode: tuple[str, ...]
    gateway: np.ndarray
    token: np.ndarray
    zone: np.ndarray
    places: int
    cargo: Cargo

    @property
    def states(self) -> int:
        """How many states there are, sinks not counted."""
        return len(self.mode)


def build(network: Network, cargo: Cargo, *, ends: bool = True, fixed: tuple[str, ...] | None = None) -> Graph:
    """Return the graph of one cargo class on the usable links.

    A sea is what the links over water join, also those closed by hand: closing one does not make two seas of it.

    Parameters
    ----------
    ends : whether loading and unloading count (they do, but for observations of a leg alone).
    fixed : modes instead of the cargo's own.
    """
    graph = without(_laid_out(network, fixed or cargo.modes, cargo), ~network.usable)
    return priced(graph, network, cargo, ends=ends)


def priced(graph: Graph, network: Network, cargo: Cargo, *, ends: bool = True) -> Graph:
    """Return the same arcs with the money and days of another cargo that goes by the same modes."""
    terminals = Terminals(network, cargo, ends)
    stops = np.array([terminals.stop(*stop) for stop in graph.stops]).T
    usd, days, sd = leg_costs(network, cargo)[:, graph.side, graph.link] + stops[:, graph.stop]
    start = np.array([terminals.end(mode) for mode in graph.mode]).reshape(-1, 3).T
    return graph._replace(
        usd=usd, days=days, sd_days=sd, g=additive(usd, days, sd, cargo), start_usd=start[0], start_days=start[1],
        start_sd=start[2], start_g=additive(start[0], start[1], start[2], cargo), cargo=cargo,
    )  # fmt: skip


def without(graph: Graph, closed: np.ndarray) -> Graph:
    """Return the graph without the arcs of some links; closed: (link,)."""
    kept = ~closed[graph.link]
    arcs = ("tail", "head", "link", "side", "stop", "usd", "days", "sd_days", "g", "gateway")
    return graph._replace(**{name: getattr(graph, name)[kept] for name in arcs})


def leg_costs(network: Network, cargo: Cargo) -> np.ndarray:
    """(3, 2, link) USD per unit, days and standard deviation in days of every link there and back, borders included."""
    f, service = network.filled, _service(network.values, cargo)
    rail = np.array([row["mode"] == "rail" for row in network.tables["links"]])
    price = (f.usd_teu if cargo.unit == "TEU" else f.usd_t) * cargo.reefer
    usd = price * np.where(rail, service["rail_price"], 1.0) + f.crossing_usd * _fee_share(cargo)
    border = np.where(rail, service["crossing_hours"], 1.0)
    days = (f.hours * np.where(rail, service["rail_hours"], 1.0) + f.crossing * border) / 24
    return np.stack([usd, days, f.crossing_sd * border / 24])


def along(network: Network, cargo: Cargo, places: Sequence[str], links: Sequence[int]) -> np.ndarray:
    """(3,) USD per unit, days and standard deviation in days of a given route, from loading to unloading.

    The sum that the graph makes arc by arc, without the graph: for many draws of one route.
    """
    rows = network.tables["links"]
    legs, terminals = leg_costs(network, cargo), Terminals(network, cargo, True)
    modes = [rows[m]["mode"] for m in links]
    total = np.array(terminals.end(modes[0])) + terminals.end(modes[-1])
    for j, m in enumerate(links):
        total = total + legs[:, 0 if rows[m]["from"] == places[j] else 1, m]
    for place, mode, then in zip(places[1:-1], modes[:-1], modes[1:], strict=True):
        total = total + (terminals.change(network.where[place], mode, then) or 0.0)
    return total


def _fee_share(cargo: Cargo) -> float:
    return 1.0 if cargo.unit == "TEU" else 1 / FEE_SHARED_BY_T


def _zones(network: Network) -> np.ndarray:
    names = [row["zone"] for row in network.tables["places"]]
    return np.unique(names, return_inverse=True)[1]


def _is_gateway(network: Network, zone: np.ndarray) -> np.ndarray:
    """(link,) whether a link crosses a border, or is a deep-sea strait that a corridor is named for."""
    named = {pair for row in network.tables["corridors"] for pair in row["links"].replace(">", " ").split()}
    found = []
    for row in network.tables["links"]:
        a, b = row["from"], row["to"]
        border = zone[network.where[a]] != zone[network.where[b]]
        strait = bool({f"{a}-{b}", f"{b}-{a}"} & named)
        found.append(row["mode"] == "sea" and strait if row["mode"] in BY_WATER else border)
    return np.array(found)


def _laid_out(network: Network, modes: tuple[str, ...], cargo: Cargo) -> Graph:
    """The arcs of the links that stand, of some modes, without figures."""
    rows, where = network.tables["links"], network.where
    standing = [m for m in np.flatnonzero(network.standing).tolist() if rows[m]["mode"] in modes]
    states: dict[tuple[int, str], int] = {}
    for m in standing:
        for end in ("from", "to"):
            states.setdefault((where[rows[m][end]], rows[m]["mode"]), len(states))
    at: dict[int, list[str]] = {}
    for p, mode in states:
        at.setdefault(p, []).append(mode)
    terminals, stops = Terminals(network, cargo, True), {GO_ON: 0}
    arcs: list[tuple[int, ...]] = []
    for m in standing:
        mode = rows[m]["mode"]
        a, b = where[rows[m]["from"]], where[rows[m]["to"]]
        for side, (tail, head) in enumerate(((a, b), (b, a))):
            for then in at[head]:
                if terminals.joins(head, mode, then):
                    stop = GO_ON if mode == then else (head, mode, then)
                    arcs.append((states[tail, mode], states[head, then], m, side, stops.setdefault(stop, len(stops))))
            stop = (-1, mode, "")
            arcs.append((states[tail, mode], len(states) + head, m, side, stops.setdefault(stop, len(stops))))
    return _packed(network, np.array(sorted(arcs, key=lambda arc: arc[:2])), list(states), tuple(stops), cargo)


def _packed(
    network: Network, arcs: np.ndarray, states: list[tuple[int, str]], stops: tuple[Stop, ...], cargo: Cargo
) -> Graph:
    tail, head, link, side, stop = arcs.reshape(-1, 5).astype(np.int64).T.copy()
    place, mode = np.array([p for p, _ in states], dtype=np.int64), tuple(m for _, m in states)
    zone, n = _zones(network), len(states)
    wet = np.array([m in BY_WATER for m in mode], dtype=bool)
    code = np.unique(mode, return_inverse=True)[1] if n else np.zeros(0, dtype=int)
    inside = np.minimum(head, n - 1)
    change = (head < n) & (code[tail] != code[inside])
    border = _is_gateway(network, zone)[link]
    gateway = np.where(border, BORDER, np.where(change & (wet[tail] | wet[inside]), PORT, 0))
    plain = (gateway == 0) & (head < n)
    seas = connected_components(coo_array((np.ones(plain.sum()), (tail[plain], head[plain])), shape=(n, n)))[1]
    token = np.where(wet, zone.max() + 1 + seas, zone[place]) if n else zone[place]
    arc, state = np.zeros(tail.size), np.zeros(n)
    return Graph(
        tail, head, link, side, stop, stops, arc, arc, arc, arc, state, state, state, state,
        place, mode, gateway, token, zone, len(network.places), cargo,
    )  # fmt: skip


def additive(usd: np.ndarray, days: np.ndarray, sd_days: np.ndarray, cargo: Cargo) -> np.ndarray:
    """The cost searched by: usd / value + (rho + 1 / life) days + risk rho sd; exact where nothing spoils."""
    return usd / cargo.value + cargo.per_day * days + cargo.risk * cargo.rho * sd_days


class Terminals:
    """Hours, spread and fee of changing from one mode to another at a place, or of loading and unloading."""

    def __init__(self, network: Network, cargo: Cargo, ends: bool) -> None:
        self.rows: dict[str, Mapping[str, Any]] = {row["terminal"]: row for row in network.tables["terminals"]}
        self.ids = network.places
        self.kind = [row["kind"] for row in network.tables["places"]]
        factor = network.values["terminal_hours"] * network.filled.calibration["terminal_hours"]
        self.factor, self.share, self.ends = factor, _fee_share(cargo), ends
        self.service = _service(network.values, cargo)

    def joins(self, place: int, mode: str, then: str) -> bool:
        """Whether freight can go on from one mode by another at a place."""
        return mode == then or self.kind[place] not in NO_TERMINAL

    def stop(self, place: int, mode: str, then: str) -> tuple[float, float, float]:
        """(USD, days, days) of what follows an arc: going on, a change or the end."""
        if place < 0:
            return self.end(mode) if mode else (0.0, 0.0, 0.0)
        return self.change(place, mode, then) or (0.0, 0.0, 0.0)

    def change(self, place: int, mode: str, then: str) -> tuple[float, float, float] | None:
        """(USD, days, days) of a change, zero for going on; None where there is no terminal for it.

        Loose wagons wait to be gathered or shared out wherever they join or leave a train, but on a rail ferry.
        """
        if mode == then:
            return (0.0, 0.0, 0.0)
        if not self.joins(place, mode, then):
            return None
        usd, days, sd = self._cost(self._which(self.ids[place], mode, then), self.service["terminal_hours"])
        collected = "rail" in (mode, then) and "ferry" not in (mode, then)
        return usd, days + (self.service["end_hours"] / 24 if collected else 0.0), sd

    def end(self, mode: str) -> tuple[float, float, float]:
        """(USD, days, days) of loading or unloading."""
        if not self.ends:
            return (0.0, 0.0, 0.0)
        usd, days, sd = self._cost("end:oil" if mode in OIL else f"end:{mode}", 1.0)
        return usd, days + (self.service["end_hours"] / 24 if mode == "rail" else 0.0), sd

    def _which(self, place: str, mode: str, then: str) -> str:
        if mode in OIL or then in OIL:
            return "oil"
        if {mode, then} == {"sea", "feeder"}:
            return "deep-feeder"
        if mode in WATER or then in WATER:
            return place if place in self.rows else "*"
        return "railroad"

    def _cost(self, name: str, scale: float) -> tuple[float, float, float]:
        row = self.rows[name]
        hours = self.factor * scale / 24
        return row["fee_usd"] * self.share, row["hours"] * hours, row["sd_hours"] * hours


def _service(values: Mapping[str, float], cargo: Cargo) -> dict[str, float]:
    """Factors of a service class against the block train; 1 (or no further hours) where none is given."""
    usual = {"rail_hours": 1.0, "crossing_hours": 1.0, "terminal_hours": 1.0, "rail_price": 1.0, "end_hours": 0.0}
    return {what: values.get(f"{cargo.service}:{what}", one) for what, one in usual.items()}
