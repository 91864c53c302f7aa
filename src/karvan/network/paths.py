"""The k best routes to a place that differ by their gateways, exact and fast.

Two ways through the same borders, ports and straits are one route: between gateways freight takes the best inland way.
No country is entered twice (Nakhchivan counts by itself), so routes have no loops. A class of routes is a prefix of
gateways with all its continuations; the tree of best routes to the destination bounds each class from below and gives
its best member at once when that enters no country of the prefix; else the class is bounded by a tree that keeps out of
the countries in question, and where this does not help it is split (Yen 1971, Lawler 1972, with the postponed
completions of Kurz and Mutzel 2016).
"""

from __future__ import annotations

from bisect import insort
from heapq import heappop, heappush
from itertools import count

import numpy as np

from karvan.core.errors import ConvergenceError
from karvan.network.gateways import INF, Gateways

LIMIT = 200_000
EVEN = 1 + 1e-12
NO_GATE = -1
ANY_COST = 1e300  # below infinity, so that what cannot be reached is left out
Row = tuple[list[float], list[int], list[int], list[float]]  # costs in order, positions of these, gateways, cost so far
PATIENCE = 10


class Target:
    """What a search needs to know about one destination.

    straight, end: (state,) cost of ending there without another gateway, and the last arc; tree: best routes to it.
    """

    def __init__(self, ways: Gateways, place: int, h: np.ndarray) -> None:
        self.ways, self.place = ways, place
        self.arrives, self.passes, self.passing, self.entries = ways.end(place)
        self.straight, self.end = ways.straight(place)
        self.straight_list = self.straight.tolist()
        self.tree = Tree(self.ways, place, h, self.straight_list, [])
        self.trees: dict[int, Tree] = {0: self.tree}

    def keeping_out(self, of: int) -> Tree:
        """The tree of best routes that enter none of these countries, seas and ports; bits."""
        if of not in self.trees:
            closed = self.ways.entering(of) + (self.passing if of & self.ways.pass_bit else [])
            h = self.ways.cost_to_go([self.place], self.ways.gates[closed])[0]
            self.trees[of] = Tree(self.ways, self.place, h, self.straight_list, closed, of)
        return self.trees[of]

    def forget(self) -> None:
        """Keep the tree of all routes alone: searches from many places need much memory."""
        self.tree.forget()
        self.trees = {0: self.tree}


class Tree:
    """Best routes to a destination, of all or of those that keep out of something; rows are made when asked for.

    without: what is kept out of, as bits; to_go: (gateway,) cost from behind it.
    """

    def __init__(
        self, ways: Gateways, place: int, h: np.ndarray, straight: list[float], closed: list[int], without: int = 0
    ) -> None:
        self.ways, self.end, self.straight, self.without = ways, ways.end(place), straight, without
        self.to_go = ways.to_go(place, h)
        on = self.to_go
        if closed:
            on = on.copy()
            on[closed] = INF
        self.on = on
        self.low = ways.table.behind + on[ways.table.gates]
        self.forget()

    def forget(self) -> None:
        """Make rows anew when they are asked for."""
        self.firsts: dict[int, int] = {}
        self.rows: dict[int, Row] = {}
        self.next: dict[int, tuple[int, bool]] = {}

    def row(self, state: int) -> Row:
        """Gateways in reach of a state, nearest first."""
        if state not in self.rows:
            ways = self.ways
            a, b = ways.table.span[state]
            if state not in ways.in_reach:
                ways.in_reach[state] = (ways.table.gates[a:b].tolist(), ways.table.behind[a:b].tolist())
            self.rows[state] = nearest_first(self.low[a:b], *ways.in_reach[state])
        return self.rows[state]

    def first(self, state: int) -> int:
        """The gateway that the best way on from a state passes next; NO_GATE where it passes none."""
        if state not in self.firsts:
            table, then = self.ways.table, NO_GATE
            a, b = table.span[state]
            if b > a:
                best = a + int(self.low[a:b].argmin())
                then = int(table.gates[best]) if self.low[best] < self.straight[state] else NO_GATE
            self.firsts[state] = then
        return self.firsts[state]

    def ahead(self, gate: int) -> tuple[int, bool]:
        """What the best way on from behind a gateway enters, as bits, and whether that enters anything twice."""
        if gate not in self.next:
            ways = self.ways
            then = NO_GATE if self.end.arrives[gate] else self.first(ways.head_list[gate])
            if then == NO_GATE:
                self.next[gate] = (0, False)
            else:
                enters, loops = self.ahead(then)
                more = ways.head_bit[then] | (ways.pass_bit if self.end.passes[then] else 0)
                self.next[gate] = (enters | more, loops or bool(enters & ways.bits[then]))
        return self.next[gate]


def nearest_first(low: np.ndarray, gates: list[int], behind: list[float]) -> Row:
    """Gateways in reach by cost to the destination through them, `low`."""
    order = low.argsort(kind="stable")
    return low[order].tolist(), order.tolist(), gates, behind


class _Known:
    """The k-th best cost of routes known to exist: nothing dearer needs a look."""

    def __init__(self, k: int) -> None:
        self.k = k
        self.costs: list[float] = []
        self.limit = ANY_COST

    def add(self, cost: float) -> None:
        if cost < self.limit:
            insort(self.costs, cost)
            if len(self.costs) >= self.k:
                del self.costs[self.k :]
                self.limit = self.costs[-1] * EVEN


def k_best(target: Target, origin: int, k: int) -> list[tuple[float, tuple[int, ...]]]:
    """Return up to k routes from a place, cheapest first, as (additive cost with loading, gateways).

    Raises
    ------
    ConvergenceError
        More than 200,000 classes were split: the network is one no freight network looks like.
    """
    if origin == target.place or not target.ways.graph.states:
        return []
    ways, tree = target.ways, target.tree
    # (lower bound, tie, completes along the tree, cost so far, what was entered, gateways, arrived, tree)
    heap: list[tuple] = []
    known, ties = _Known(k), count()
    seen = 1 << int(ways.graph.zone[origin]) | 1 << ways.tokens + origin | ways.pass_bit
    straight = float((ways.root(origin)[0] + target.straight).min())
    gates, behind = ways.reach(origin)
    row = nearest_first(behind + tree.on[gates], gates.tolist(), behind.tolist())
    _end(heap, known, ties, straight, ())
    _split(heap, known, ties, (0.0, seen, (), tree), row, NO_GATE)
    routes: list[tuple[float, tuple[int, ...]]] = []
    pops = 0
    while heap and len(routes) < k:
        low, _, simple, g, seen, path, arrived, tree = heappop(heap)
        if arrived:
            routes.append((low, path))
            continue
        pops += 1
        if pops > LIMIT:
            raise ConvergenceError(f"the {k} best routes took more than {LIMIT} steps; ask for fewer")
        if simple:
            routes.append(_follow(heap, known, ties, g, seen, path, tree))
            continue
        again = tree.ahead(path[-1])[0] & seen if pops > PATIENCE else 0
        if again:
            _bound(heap, known, ties, g, seen, path, target.keeping_out(tree.without | again))
            continue
        state = ways.head_list[path[-1]]
        _end(heap, known, ties, g + target.straight_list[state], path)
        _split(heap, known, ties, (g, seen, path, tree), tree.row(state), NO_GATE)
    return routes


def _follow(heap, known, ties, g, seen, gates, tree):  # type: ignore[no-untyped-def]
    """Return the best route of a class that completes along its tree; put into the heap what leaves it on the way."""
    ways, arrives = tree.ways, tree.end.arrives
    while not arrives[gates[-1]]:
        state = ways.head_list[gates[-1]]
        then, row, end = tree.first(state), tree.row(state), g + tree.straight[state]
        _split(heap, known, ties, (g, seen, gates, tree), row, then)
        if then == NO_GATE:
            return end, gates
        _end(heap, known, ties, end, gates)
        seen |= ways.bits[then]
        g += row[3][row[2].index(then)]
        gates = (*gates, then)
    return g, gates


def _bound(heap, known, ties, g, seen, gates, tree):  # type: ignore[no-untyped-def]
    """Put a class back with the bound of a tree that keeps out of more."""
    low = g + float(tree.to_go[gates[-1]])
    if low > known.limit:
        return
    enters, loops = tree.ahead(gates[-1])
    simple = not loops and not enters & seen
    if simple:
        known.add(low)
    heappush(heap, (low, next(ties), simple, g, seen, gates, False, tree))


def _end(heap, known, ties, cost, gates):  # type: ignore[no-untyped-def]
    """Put the route that ends without another gateway into the heap."""
    if cost <= known.limit:
        known.add(cost)
        heappush(heap, (cost, next(ties), True, cost, 0, gates, True, None))


def _split(heap, known, ties, one, row, but):  # type: ignore[no-untyped-def]
    """Put into the heap what may follow a prefix: each gateway in reach, but one that is followed already."""
    g, seen, path, tree = one
    ways, after = tree.ways, tree.next
    head_bit, here, bits = ways.head_bit, ways.here, ways.bits
    arrives, passes, _, entries = tree.end
    lows, order, gates, behind = row
    limit = known.limit
    for ahead, j in zip(lows, order, strict=True):
        low = g + ahead
        if low > limit:
            break
        gate = gates[j]
        if head_bit[gate] & seen or passes[gate] or gate == but:
            continue  # a country entered twice, or the destination passed without a stop
        now = seen | bits[gate]
        if not (arrives[gate] or entries & (here[gate] | ~now)):
            continue  # the destination can no longer be entered
        enters, loops = after[gate] if gate in after else tree.ahead(gate)
        simple = not (loops or enters & now)
        if simple:
            known.add(low)
            limit = known.limit
        heappush(heap, (low, next(ties), simple, g + behind[j], now, (*path, gate), arrives[gate], tree))


def last_of(target: Target, origin: int, gates: tuple[int, ...]) -> int | None:
    """Return the last plain arc of a route that `k_best` gave by its gateways; None where it ends with a gateway."""
    if gates and target.arrives[gates[-1]]:
        return None
    state = target.ways.head_list[gates[-1]] if gates else int((target.ways.root(origin)[0] + target.straight).argmin())
    return int(target.end[state])


def arcs_of(target: Target, origin: int, gates: tuple[int, ...]) -> tuple[int, tuple[int, ...]]:
    """Return (starting state, every arc) of a route that `k_best` gave by its gateways."""
    return target.ways.expand(origin, gates, last_of(target, origin, gates))
