"""A graph prepared for searches by gateways: what lies between two gateways is one inland way, the best."""

from __future__ import annotations

from copy import copy
from typing import NamedTuple

import numpy as np
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components, dijkstra

from karvan.network.graph import PORT, Graph

INF = float("inf")
LEAST = 1e-15  # the sparse solver takes a zero for no arc
AT_ONCE = 512


class Region(NamedTuple):
    """States joined without a gateway, and the best ways between them.

    states; heads: those behind a gateway; exits: gateways that leave; cells: where the table has heads x exits;
    cost, before: (state, state) best cost and predecessor.
    """

    states: np.ndarray
    heads: np.ndarray
    exits: np.ndarray
    cells: slice
    cost: np.ndarray
    before: np.ndarray


class Table(NamedTuple):
    """Gateways in reach of the states behind a gateway, one state after the other.

    span: first and last + 1 cell of a state; gates, behind: (cell,) gateway and cost to behind it.
    """

    span: dict[int, tuple[int, int]]
    gates: np.ndarray
    behind: np.ndarray


class End(NamedTuple):
    """Per gateway whether it ends at a place, or passes it; those that do; bits one of which must be entered."""

    arrives: list[bool]
    passes: list[bool]
    passing: list[int]
    entries: int


class Gateways:
    """One graph prepared for searches: its gateway arcs, and the inland ways between states.

    gates: arcs that are gateways; head_bit, here, bits: per gateway, the country or sea entered if it is another (and
    the port), the one behind it, and all; closed: (arc,) arcs that may not be used.
    """

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        n, sinks = graph.states, graph.head >= graph.states
        self.closed = np.zeros(graph.g.size, dtype=bool)
        self.gates = np.flatnonzero(graph.gateway)
        self.plain = np.flatnonzero((graph.gateway == 0) & ~sinks)
        self.last = np.flatnonzero((graph.gateway == 0) & sinks)
        self.heads, self.tails = graph.head[self.gates], graph.tail[self.gates]
        self.head_list, self.tail_list, self.gate_list = self.heads.tolist(), self.tails.tolist(), self.gates.tolist()
        self.arc_head = graph.head.tolist()
        self.cost = graph.g[self.gates]
        self.starts: dict[int, list[int]] = {}
        for s, p in enumerate(graph.place.tolist()):
            self.starts.setdefault(p, []).append(s)
        self.ends: dict[int, End] = {}
        self._bits()
        joined = coo_array((np.ones(self.plain.size), (graph.tail[self.plain], graph.head[self.plain])), shape=(n, n))
        self.region: np.ndarray = np.zeros(n, dtype=int)
        parts = 0
        if n:
            parts, self.region = connected_components(joined, directed=False)
        self.local = np.zeros(n, dtype=int)
        self._ports()
        self.back = _Backward(graph)
        self.regions = self._regions(parts)
        self._measure(range(parts))
        self._forget()

    def without(self, closed: np.ndarray) -> Gateways:
        """Return the same graph with some more arcs closed, (arc,); what they do not touch is shared."""
        new = copy(self)
        graph = self.graph
        new.closed = self.closed | closed
        new.cost = np.where(new.closed[self.gates], INF, self.cost)
        new.table = self.table._replace(behind=self.table.behind.copy())
        new.regions = list(self.regions)
        plain = self.plain[closed[self.plain]]
        gates = self.gates[closed[self.gates]]
        inland = np.unique(self.region[graph.tail[plain]])
        touched = np.unique(self.region[graph.tail[gates]])
        new._measure(inland.tolist())
        new._fill(np.setdiff1d(touched, inland).tolist())
        new._forget()
        return new

    def priced(self, graph: Graph) -> Gateways:
        """Return the same gateways for a graph with the same arcs at other costs (`karvan.network.graph.priced`)."""
        new = copy(self)
        new.graph = graph
        new.cost = np.where(self.closed[self.gates], INF, graph.g[self.gates])
        new.table = self.table._replace(behind=np.full(self.table.behind.shape, INF))
        new.regions = list(self.regions)
        new.back = self.back.priced(graph)
        new._measure(range(len(self.regions)))
        new._forget()
        return new

    def _forget(self) -> None:
        graph = self.graph
        self.loading = np.stack([graph.start_usd, graph.start_days, graph.start_sd], axis=1).tolist()
        self.roots: dict[int, tuple[np.ndarray, np.ndarray]] = {}
        self.reached: dict[int, tuple[np.ndarray, np.ndarray]] = {}
        self.in_reach: dict[int, tuple[list[int], list[float]]] = {}
        self.legs: dict[tuple[int, int, int], tuple[float, float, float, int]] = {}

    def _bits(self) -> None:
        graph = self.graph
        n = graph.states
        place = np.where(self.heads >= n, self.heads - n, 0)
        inside = np.minimum(self.heads, n - 1)
        token = np.where(self.heads >= n, graph.zone[place], graph.token[inside]).tolist() if self.gates.size else []
        tail_token = graph.token[self.tails].tolist()
        self.tokens = 1 + int(max(graph.token.max(initial=0), graph.zone.max()))
        self.pass_bit = 1 << self.tokens + graph.places
        port = [
            1 << self.tokens + int(graph.place[s]) if kind == PORT else 0
            for kind, s in zip(graph.gateway[self.gates].tolist(), inside.tolist(), strict=True)
        ]
        self.here = [1 << a for a in token]
        self.head_bit = [p | (0 if a == b else 1 << a) for p, a, b in zip(port, token, tail_token, strict=True)]
        self.bits = [p | 1 << a | 1 << b for p, a, b in zip(port, token, tail_token, strict=True)]
        self.by_bit: dict[int, list[int]] = {}
        for v, bits in enumerate(self.head_bit):
            for bit in _single(bits):
                self.by_bit.setdefault(bit, []).append(v)

    def _ports(self) -> None:
        """Of the ways into one port only the best is taken: they are one gateway."""
        graph = self.graph
        groups: dict[tuple[int, int], list[int]] = {}
        for v in np.flatnonzero(graph.gateway[self.gates] == PORT).tolist():
            groups.setdefault((int(self.region[self.tails[v]]), self.head_list[v]), []).append(v)
        self.kind = np.where(graph.gateway[self.gates] == PORT, self.heads, graph.states + np.arange(self.gates.size))
        self.ports: dict[int, list[list[int]]] = {}
        for (part, _), members in groups.items():
            if len(members) > 1:
                self.ports.setdefault(part, []).append(members)

    def _regions(self, parts: int) -> list[Region]:
        heads = np.unique(self.heads[self.heads < self.graph.states])
        nothing = np.zeros((0, 0))
        regions, gates, span, at = [], [nothing.astype(int).ravel()], {}, 0
        for part in range(parts):
            states, inside = np.flatnonzero(self.region == part), heads[self.region[heads] == part]
            self.local[states] = np.arange(states.size)
            exits = np.flatnonzero(self.region[self.tails] == part)
            cells = slice(at, at + inside.size * exits.size)
            for s in inside.tolist():
                span[s] = (at, at + exits.size)
                at += exits.size
            gates.append(np.tile(exits, inside.size))
            regions.append(Region(states, inside, exits, cells, nothing, nothing))
        self.table = Table(span, np.concatenate(gates), np.full(at, INF))
        return regions

    def _measure(self, parts: range | list[int]) -> None:
        """Best inland ways within some regions, some hundred states at a time, and what they change."""
        batch: list[int] = []
        size = 0
        for part in parts:
            more = self.regions[part].states.size
            if batch and size + more > AT_ONCE:
                self._solve(batch)
                batch, size = [], 0
            batch.append(part)
            size += more
        if batch:
            self._solve(batch)
        self._fill(list(parts))

    def _solve(self, parts: list[int]) -> None:
        graph = self.graph
        states = np.concatenate([self.regions[part].states for part in parts])
        new = np.full(graph.states, -1)
        new[states] = np.arange(states.size)
        arcs = self.plain[(new[graph.tail[self.plain]] >= 0) & ~self.closed[self.plain]]
        g, ends = np.maximum(graph.g[arcs], LEAST), (new[graph.tail[arcs]], new[graph.head[arcs]])
        cost, before = dijkstra(csr_array((g, ends), shape=(states.size,) * 2), return_predecessors=True)
        at = 0
        for part in parts:
            region = self.regions[part]
            block = slice(at, at + region.states.size)
            at = block.stop
            self.regions[part] = region._replace(
                cost=cost[block, block].copy(), before=before[block, block] - block.start
            )

    def _fill(self, parts: list[int]) -> None:
        for part in parts:
            region = self.regions[part]
            if not region.heads.size or not region.exits.size:
                continue
            rows, columns = self.local[region.heads], self.local[self.tails[region.exits]]
            behind = region.cost[rows[:, None], columns] + self.cost[region.exits]
            self._one_way_in(part, behind)
            self.table.behind[region.cells] = behind.ravel()

    def _one_way_in(self, part: int, behind: np.ndarray) -> None:
        """Keep the best way into each port, in place: behind[..., exit of the region]."""
        exits = self.regions[part].exits
        for members in self.ports.get(part, ()):
            columns = exits.searchsorted(members)
            among = behind[..., columns]
            lost = np.arange(len(members)) != among.argmin(-1)[..., None]
            behind[..., columns] = np.where(lost, INF, among)

    def cost_to_go(self, to: list[int], closed: np.ndarray | None = None) -> np.ndarray:
        """(destination, state) additive cost from every state to each place of `to`, inf where there is no way.

        closed : positions of arcs that may not be used either.
        """
        shut = self.closed
        if closed is not None:
            shut = shut.copy()
            shut[closed] = True
        return self.back.cost_to_go(to, shut)

    def to_go(self, place: int, h: np.ndarray) -> np.ndarray:
        """(gateway,) cost to a place from behind each gateway, given that from each state."""
        states = self.graph.states
        if not self.gates.size:
            return np.zeros(0)
        inside = h[np.minimum(self.heads, states - 1)]
        return np.where(self.heads < states, inside, np.where(self.heads == states + place, 0.0, INF))

    def entering(self, bits: int) -> list[int]:
        """Gateways that enter one of these countries, seas or ports."""
        return [v for bit in _single(bits) for v in self.by_bit.get(bit, ())]

    def end(self, place: int) -> End:
        """Return which gateways end at a place or pass it, and what must be entered to end there."""
        if place not in self.ends:
            graph = self.graph
            sink = graph.states + place
            inside = np.minimum(self.heads, graph.states - 1)
            arrives = self.heads == sink
            passes = (self.heads < graph.states) & (graph.place[inside] == place)
            entries = 1 << int(graph.zone[place]) if arrives.any() else 0
            for token in set(graph.token[graph.tail[self.last[graph.head[self.last] == sink]]].tolist()):
                entries |= 1 << token
            self.ends[place] = End(arrives.tolist(), passes.tolist(), np.flatnonzero(passes).tolist(), entries)
        return self.ends[place]

    def straight(self, place: int) -> tuple[np.ndarray, np.ndarray]:
        """(state,) cost of ending at a place without another gateway, and the last arc of that way."""
        graph = self.graph
        cost, end = np.full(graph.states, INF), np.zeros(graph.states, dtype=int)
        ends = self.last[(graph.head[self.last] == graph.states + place) & ~self.closed[self.last]]
        for part in np.unique(self.region[graph.tail[ends]]).tolist():
            region, some = self.regions[part], ends[self.region[graph.tail[ends]] == part]
            ways = region.cost[:, self.local[graph.tail[some]]] + graph.g[some]
            best = ways.argmin(1)
            cost[region.states], end[region.states] = ways[np.arange(best.size), best], some[best]
        return cost, end

    def root(self, origin: int) -> tuple[np.ndarray, np.ndarray]:
        """(state,) cost from a place, loading included, to every state inland, and the state where it starts."""
        if origin not in self.roots:
            cost, start = np.full(self.graph.states, INF), np.zeros(self.graph.states, dtype=int)
            for s in self.starts.get(origin, []):
                region = self.regions[self.region[s]]
                ways = self.graph.start_g[s] + region.cost[self.local[s]]
                nearer = ways < cost[region.states]
                cost[region.states[nearer]], start[region.states[nearer]] = ways[nearer], s
            self.roots[origin] = (cost, start)
        return self.roots[origin]

    def reach(self, origin: int) -> tuple[np.ndarray, np.ndarray]:
        """Gateways that can be reached inland from a place, and the cost to behind each."""
        if origin not in self.reached:
            cost = self.root(origin)[0]
            behind = cost[self.tails] + self.cost
            gates = behind.argsort(kind="stable")
            gates = gates[: behind[gates].searchsorted(INF)]
            gates = gates[np.sort(np.unique(self.kind[gates], return_index=True)[1])]
            self.reached[origin] = (gates, behind[gates])
        return self.reached[origin]

    def expand(self, origin: int, gates: tuple[int, ...], last: int | None) -> tuple[int, tuple[int, ...]]:
        """Return the starting state and every arc of a route given by its gateways and its last plain arc."""
        start, ends, steps = self._steps(origin, gates, last)
        here, arcs = start, []
        for end, step in zip(ends, steps, strict=True):
            arcs += [*self._between(here, end), step]
            here = int(self.graph.head[step])
        return start, tuple(arcs)

    def sums(self, origin: int, gates: tuple[int, ...], last: int | None) -> tuple[float, float, float, int]:
        """Return USD, days, their standard deviation and the links (as bits) of a route given as for `expand`."""
        start, ends, steps = self._steps(origin, gates, last)
        usd, days, sd = self.loading[start]
        here, links = start, 0
        for end, step in zip(ends, steps, strict=True):
            if (here, end, step) not in self.legs:
                self.legs[here, end, step] = self._leg([*self._between(here, end), step])
            a, b, c, bits = self.legs[here, end, step]
            usd, days, sd, links = usd + a, days + b, sd + c, links | bits
            here = self.arc_head[step]
        return usd, days, sd, links

    def _steps(self, origin: int, gates: tuple[int, ...], last: int | None) -> tuple[int, list[int], list[int]]:
        ends, steps = [self.tail_list[v] for v in gates], [self.gate_list[v] for v in gates]
        if last is not None:
            ends.append(int(self.graph.tail[last]))
            steps.append(last)
        return int(self.root(origin)[1][ends[0]]), ends, steps

    def _leg(self, arcs: list[int]) -> tuple[float, float, float, int]:
        graph, links = self.graph, 0
        for m in graph.link[arcs].tolist():
            links |= 1 << m
        return float(graph.usd[arcs].sum()), float(graph.days[arcs].sum()), float(graph.sd_days[arcs].sum()), links

    def _between(self, here: int, end: int) -> list[int]:
        region = self.regions[self.region[here]]
        before = region.before[self.local[here]]
        at, back = int(self.local[end]), []
        while region.states[at] != here:
            previous = int(before[at])
            back.append(self.back.arc[int(region.states[previous]), int(region.states[at])])
            at = previous
        return back[::-1]


class _Backward:
    """The arcs of a graph turned round, laid out once for searches from destinations."""

    def __init__(self, graph: Graph) -> None:
        n = graph.states + graph.places
        self.states, self.shape = graph.states, (n, n)
        numbered = csr_array((np.arange(1, graph.g.size + 1), (graph.head, graph.tail)), shape=self.shape)
        self.order = numbered.data - 1
        self.back = csr_array(
            (numbered.data.astype(float), numbered.indices.astype(np.int32), numbered.indptr.astype(np.int32)),
            shape=self.shape,
        )
        self.g = np.maximum(graph.g, LEAST)
        self.arc = {ends: i for i, ends in enumerate(zip(graph.tail.tolist(), graph.head.tolist(), strict=True))}

    def priced(self, graph: Graph) -> _Backward:
        """The same arcs at other costs."""
        new = copy(self)
        new.g = np.maximum(graph.g, LEAST)
        return new

    def cost_to_go(self, to: list[int], closed: np.ndarray) -> np.ndarray:
        """(destination, state) additive cost from every state to each place of `to`; closed : (arc,)."""
        g = np.where(closed, INF, self.g)
        back = copy(self.back)
        back.data = g[self.order]
        return np.atleast_2d(dijkstra(back, indices=[self.states + p for p in to]))[:, : self.states]


def _single(bits: int) -> list[int]:
    """The bits of a number one by one."""
    found = []
    while bits:
        found.append(bits & -bits)
        bits &= bits - 1
    return found
