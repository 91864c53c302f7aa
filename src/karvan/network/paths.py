"""The k best routes to a place that differ by their gateways, exact and fast.

Two ways through the same borders, ports and straits are one route: between gateways freight takes the best inland way.
No country is entered twice (Nakhchivan counts by itself), so routes have no loops. A class of routes is a prefix of
gateways with all its continuations; the tree of best routes to the destination bounds each class from below and gives
its best member at once when that enters no country of the prefix; else the class is split (Yen 1971, Lawler 1972, with
the postponed completions of Kurz and Mutzel 2016).
"""

from __future__ import annotations

from bisect import insort
from heapq import heappop, heappush
from itertools import count

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from karvan.core.errors import ConvergenceError
from karvan.network.graph import PORT, Graph

LIMIT = 200_000
PATIENCE = 30
INF = float("inf")
EVEN = 1 + 1e-12
NO_GATE = -1
LEAST = 1e-15  # the sparse solver takes a zero for no arc


class Gateways:
    """One graph prepared for searches: its gateway arcs, and the inland distances between states.

    gates: arcs that are gateways; inland: (state, state) best cost without a gateway, with predecessors; head_bit,
    here, bits: per gateway, the country or sea entered if it is another (and the port), the one behind it, and all.
    """

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        n, sinks = graph.states, graph.head >= graph.states
        self.gates = np.flatnonzero(graph.gateway)
        plain = (graph.gateway == 0) & ~sinks
        self.inland, self.before = dijkstra(
            csr_array((np.maximum(graph.g[plain], LEAST), (graph.tail[plain], graph.head[plain])), shape=(n, n)),
            return_predecessors=True,
        )
        self.arc = {
            (a, b): i
            for i, a, b, p in zip(
                range(plain.size), graph.tail.tolist(), graph.head.tolist(), plain.tolist(), strict=True
            )
            if p
        }
        self.last = np.flatnonzero((graph.gateway == 0) & sinks)
        heads, tails = graph.head[self.gates], graph.tail[self.gates]
        place = np.where(heads >= n, heads - n, 0)
        inside = np.minimum(heads, n - 1)
        token = [
            int(graph.zone[p]) if end else int(graph.token[s])
            for end, p, s in zip((heads >= n).tolist(), place.tolist(), inside.tolist(), strict=True)
        ]
        tail_token = graph.token[tails].tolist()
        self.head_token = np.array(token, dtype=int)
        self.tokens = 1 + int(max(graph.token.max(initial=0), graph.zone.max()))
        self.enters = self.head_token != np.array(tail_token, dtype=int)
        port = [
            1 << self.tokens + int(graph.place[s]) if kind == PORT else 0
            for kind, s in zip(graph.gateway[self.gates].tolist(), inside.tolist(), strict=True)
        ]
        self.here = [1 << a for a in token]
        self.head_bit = [p | (0 if a == b else 1 << a) for p, a, b in zip(port, token, tail_token, strict=True)]
        self.bits = [p | 1 << a | 1 << b for p, a, b in zip(port, token, tail_token, strict=True)]
        self.heads, self.tails = heads, tails
        unlike = graph.states + graph.places + np.arange(self.gates.size)
        self.kind = np.where(graph.gateway[self.gates] == PORT, heads, unlike)
        self.head_list = heads.tolist()
        self.cost = graph.g[self.gates]
        self.starts: dict[int, list[int]] = {}
        for s, p in enumerate(graph.place.tolist()):
            self.starts.setdefault(p, []).append(s)
        self.roots: dict[int, tuple[np.ndarray, np.ndarray]] = {}
        self.back = _Backward(graph)
        self.reached: dict[int, tuple[np.ndarray, np.ndarray]] = {}

    def cost_to_go(self, to: list[int]) -> np.ndarray:
        """(destination, state) additive cost from every state to each place of `to`, inf where there is no way."""
        return self.back.cost_to_go(to)

    def reach(self, key: int, inland: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Gateways that can be reached inland, and the cost to behind each; `key` is the state, or -1 - the origin.

        Of the ways into one port only the best is kept: they are one gateway.
        """
        if key not in self.reached:
            behind = inland[self.tails] + self.cost
            gates = behind.argsort(kind="stable")
            gates = gates[: behind[gates].searchsorted(INF)]
            gates = gates[np.sort(np.unique(self.kind[gates], return_index=True)[1])]
            self.reached[key] = (gates, behind[gates])
        return self.reached[key]

    def root(self, origin: int) -> tuple[np.ndarray, np.ndarray]:
        """(state,) cost from a place, loading included, to every state inland, and the state where it starts."""
        if origin not in self.roots:
            starts = np.array(self.starts.get(origin, []), dtype=int)
            if starts.size == 0:
                self.roots[origin] = (np.full(self.graph.states, INF), np.zeros(self.graph.states, dtype=int))
            else:
                ways = self.graph.start_g[starts][:, None] + self.inland[starts]
                best = ways.argmin(0)
                self.roots[origin] = (ways[best, np.arange(best.size)], starts[best])
        return self.roots[origin]

    def expand(self, origin: int, gates: tuple[int, ...], last: int | None) -> tuple[int, tuple[int, ...]]:
        """Return the starting state and every arc of a route given by its gateways and its last plain arc."""
        graph = self.graph
        ends = [int(self.tails[v]) for v in gates] + ([int(graph.tail[last])] if last is not None else [])
        steps = [int(self.gates[v]) for v in gates] + ([last] if last is not None else [])
        start = int(self.root(origin)[1][ends[0]])
        here, arcs = start, []
        for j, end in enumerate(ends):
            back = []
            while end != here:
                previous = int(self.before[here, end])
                back.append(self.arc[previous, end])
                end = previous
            arcs += back[::-1]
            arcs.append(steps[j])
            here = int(graph.head[steps[j]])
        return start, tuple(arcs)


class _Backward:
    """The arcs of a graph turned round, laid out once for searches from destinations."""

    def __init__(self, graph: Graph) -> None:
        n = graph.states + graph.places
        self.graph, self.shape = graph, (n, n)
        numbered = csr_array((np.arange(1, graph.g.size + 1), (graph.head, graph.tail)), shape=self.shape)
        self.order = numbered.data - 1
        self.indices, self.indptr = numbered.indices, numbered.indptr
        self.g = np.maximum(graph.g, LEAST)

    def cost_to_go(self, to: list[int], closed: np.ndarray | None = None) -> np.ndarray:
        """(destination, state) additive cost from every state to each place of `to`, inf where there is no way.

        closed : (arc,) arcs that may not be used.
        """
        g = self.g if closed is None else np.where(closed, INF, self.g)
        back = csr_array((g[self.order], self.indices, self.indptr), shape=self.shape)
        states = self.graph.states
        return np.atleast_2d(dijkstra(back, indices=[states + p for p in to]))[:, :states]


class Target:
    """What a search needs to know about one destination; rows are made when first asked for."""

    def __init__(self, ways: Gateways, place: int, h: np.ndarray) -> None:
        graph = ways.graph
        self.ways, self.place = ways, place
        sink = graph.states + place
        inside = np.minimum(ways.heads, graph.states - 1)
        to_go = np.where(ways.heads < graph.states, h[inside], np.where(ways.heads == sink, 0.0, INF))
        self.to_go = to_go
        ends = ways.last[graph.head[ways.last] == sink]
        if ends.size:
            straight = ways.inland[:, graph.tail[ends]] + graph.g[ends]
            best = straight.argmin(1)
            self.straight, self.end = straight[np.arange(best.size), best], ends[best]
        else:
            self.straight, self.end = np.full(graph.states, INF), np.zeros(graph.states, dtype=int)
        self.straight_list = self.straight.tolist()
        self.rows: dict[int, list[tuple[float, int, float]]] = {}
        self.next: dict[int, tuple[int, bool]] = {}
        self.arrives = (ways.heads == sink).tolist()
        self.passes = ((ways.heads < graph.states) & (graph.place[inside] == place)).tolist()
        self.bounds: dict[int, np.ndarray] = {}
        self.entries = 1 << int(graph.zone[place]) if any(self.arrives) else 0
        for token in set(graph.token[graph.tail[ends]].tolist()):
            self.entries |= 1 << token

    def bound(self, seen: int, state: int) -> float:
        """Cost to go from a state when what was seen is not entered again: a tighter bound, kept by what was seen."""
        if seen not in self.bounds:
            graph, ways = self.ways.graph, self.ways
            closed = np.zeros(graph.g.size, dtype=bool)
            entered = np.array([seen >> i & 1 for i in range(ways.tokens)], dtype=bool)
            closed[ways.gates] = ways.enters & entered[ways.head_token]
            self.bounds[seen] = ways.back.cost_to_go([self.place], closed)[0]
        return float(self.bounds[seen][state])

    def sorted_row(self, key: int, inland: np.ndarray) -> list[tuple[float, int, float]]:
        """Gateways in reach, nearest first: (cost to the destination through it, gateway, cost to behind it)."""
        gates, behind = self.ways.reach(key, inland)
        low = behind + self.to_go[gates]
        order = low.argsort(kind="stable")
        low = low[order]
        order = order[: low.searchsorted(INF)]
        return list(zip(low.tolist(), gates[order].tolist(), behind[order].tolist(), strict=False))

    def row(self, state: int) -> list[tuple[float, int, float]]:
        """The row of one state."""
        if state not in self.rows:
            self.rows[state] = self.sorted_row(state, self.ways.inland[state])
        return self.rows[state]

    def first(self, state: int) -> int:
        """The gateway that the best way on from a state passes next; NO_GATE where it passes none."""
        gates, behind = self.ways.reach(state, self.ways.inland[state])
        if not gates.size:
            return NO_GATE
        low = behind + self.to_go[gates]
        best = int(low.argmin())
        return NO_GATE if low[best] >= self.straight_list[state] else int(gates[best])

    def ahead(self, gate: int) -> tuple[int, bool]:
        """What the best way on from behind a gateway enters, as bits, and whether that enters anything twice."""
        if gate not in self.next:
            state = int(self.ways.heads[gate])
            then = NO_GATE if self.arrives[gate] else self.first(state)
            if then == NO_GATE:
                self.next[gate] = (0, False)
            else:
                enters, loops = self.ahead(then)
                twice = loops or self.passes[then] or bool(enters & self.ways.bits[then])
                self.next[gate] = (enters | self.ways.head_bit[then], twice)
        return self.next[gate]


class _Known:
    """The k-th best cost of routes known to exist: nothing dearer needs a look."""

    def __init__(self, k: int) -> None:
        self.k = k
        self.costs: list[float] = []
        self.limit = INF

    def add(self, cost: float) -> None:
        if cost < self.limit:
            insort(self.costs, cost)
            if len(self.costs) >= self.k:
                del self.costs[self.k :]
                self.limit = self.costs[-1] * EVEN


def k_best(target: Target, origin: int, k: int) -> list[tuple[float, tuple[int, ...]]]:
    """Return up to k routes from a place, cheapest first, as (additive cost with loading, gateways).

    After a while classes that cannot be completed along the tree get bounds of their own, without what was entered.

    Raises
    ------
    ConvergenceError
        More than 200,000 classes were split: the network is one no freight network looks like.
    """
    if origin == target.place or not target.ways.graph.states:
        return []
    ways = target.ways
    inland, _ = ways.root(origin)
    # (lower bound, tie, completes along the tree, cost so far, what was entered, gateways, arrived)
    heap: list[tuple] = []
    known, ties = _Known(k), count()
    straight = float((inland + target.straight).min())
    root = (0.0, 0, False, 0.0, 1 << int(ways.graph.zone[origin]) | 1 << ways.tokens + origin, (), False)
    _split(target, heap, known, ties, root, target.sorted_row(-1 - origin, inland), straight)
    routes: list[tuple[float, tuple[int, ...]]] = []
    pops = 0
    while heap and len(routes) < k:
        one = heappop(heap)
        low, _, simple, g, seen, gates, arrived = one
        if arrived:
            routes.append((low, gates))
            continue
        pops += 1
        if pops > LIMIT:
            raise ConvergenceError(f"the {k} best routes took more than {LIMIT} steps; ask for fewer")
        state = ways.head_list[gates[-1]]
        if pops > PATIENCE and not simple:
            better = g + target.bound(seen, state)
            if better == INF or better > known.limit:
                continue
            if better > low * EVEN:
                heappush(heap, (better, *one[1:]))
                continue
        _split(target, heap, known, ties, one, target.row(state), target.straight_list[state])
    return routes


def _split(target, heap, known, ties, one, row, straight):  # type: ignore[no-untyped-def]
    """Put into the heap what may follow a prefix: the end of the journey, and each gateway in reach."""
    low0, _, counted, g, seen, gates, _ = one  # the best of a simple class is known; it comes again as one of the parts
    head_bit, here, bits, arrives, after = (
        target.ways.head_bit,
        target.ways.here,
        target.ways.bits,
        target.arrives,
        target.next,
    )
    even, entries, passes = low0 * EVEN, target.entries, target.passes
    if g + straight <= known.limit and straight < INF:
        heappush(heap, (g + straight, next(ties), True, g, seen, gates, True))
        if counted and g + straight <= even:
            counted = False
        else:
            known.add(g + straight)
    for ahead, gate, step in row:
        low = g + ahead
        if low > known.limit:
            break
        if head_bit[gate] & seen or passes[gate]:
            continue  # a country entered twice, or the destination passed without a stop
        now = seen | bits[gate]
        if not (arrives[gate] or entries & (here[gate] | ~now)):
            continue  # the destination can no longer be entered
        enters, loops = after[gate] if gate in after else target.ahead(gate)
        simple = not loops and not enters & now
        if simple and counted and low <= even:
            counted = False
        elif simple:
            known.add(low)
        heappush(heap, (low, next(ties), simple, g + step, now, (*gates, gate), arrives[gate]))


def arcs_of(target: Target, origin: int, gates: tuple[int, ...]) -> tuple[int, tuple[int, ...]]:
    """Return (starting state, every arc) of a route that `k_best` gave by its gateways."""
    ways = target.ways
    if gates and target.arrives[gates[-1]]:
        return ways.expand(origin, gates, None)
    nearest = ways.root(origin)[0] + target.straight
    state = ways.head_list[gates[-1]] if gates else int(nearest.argmin())
    return ways.expand(origin, gates, int(target.end[state]))
