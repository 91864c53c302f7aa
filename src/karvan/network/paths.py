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
PATIENCE = 30


class Target:
    """What a search needs to know about one destination.

    straight, end: (state,) cost of ending there without another gateway, and the last arc; tree: best routes to it.
    """

    def __init__(self, ways: Gateways, place: int, h: np.ndarray) -> None:
        self.ways, self.place = ways, place
        self.arrives, self.passes, self.passing, self.entries = ways.end(place)
        self.straight, self.end = ways.straight(place)
        self.straight_list = self.straight.tolist()
        self.tree = Tree(self, h, [])
        self.trees: dict[int, Tree] = {0: self.tree}

    def keeping_out(self, of: int) -> Tree:
        """The tree of best routes that enter none of these countries, seas and ports; bits."""
        if of not in self.trees:
            closed = self.ways.entering(of) + (self.passing if of & self.ways.pass_bit else [])
            h = self.ways.cost_to_go([self.place], self.ways.gates[closed])[0]
            self.trees[of] = Tree(self, h, closed, of)
        return self.trees[of]


class Tree:
    """Best routes to a destination, of all or of those that keep out of something; rows are made when asked for.

    without: what is kept out of, as bits; to_go: (gateway,) cost from behind it.
    """

    def __init__(self, target: Target, h: np.ndarray, closed: list[int], without: int = 0) -> None:
        self.target, self.without = target, without
        ways = target.ways
        self.to_go = ways.to_go(target.place, h)
        on = self.to_go
        if closed:
            on = on.copy()
            on[closed] = INF
        self.on = on
        self.low = ways.table.behind + on[ways.table.gates]
        best = self.low.argmin(1)
        rows = np.arange(best.size)
        none = self.low[rows, best] >= target.straight[ways.table.states]
        self.first = np.where(none, NO_GATE, ways.table.gates[rows, best]).tolist()
        self.rows: dict[int, list[tuple[float, int, float]]] = {}
        self.next: dict[int, tuple[int, bool]] = {}

    def row(self, state: int) -> list[tuple[float, int, float]]:
        """Gateways in reach of a state, nearest first."""
        if state not in self.rows:
            table = self.target.ways.table
            i = table.row[state]
            self.rows[state] = nearest_first(self.low[i], table.gates[i], table.behind[i])
        return self.rows[state]

    def ahead(self, gate: int) -> tuple[int, bool]:
        """What the best way on from behind a gateway enters, as bits, and whether that enters anything twice."""
        if gate not in self.next:
            target, ways = self.target, self.target.ways
            then = NO_GATE if target.arrives[gate] else self.first[ways.table.row[ways.head_list[gate]]]
            if then == NO_GATE:
                self.next[gate] = (0, False)
            else:
                enters, loops = self.ahead(then)
                more = ways.head_bit[then] | (ways.pass_bit if target.passes[then] else 0)
                self.next[gate] = (enters | more, loops or bool(enters & ways.bits[then]))
        return self.next[gate]


def nearest_first(low: np.ndarray, gates: np.ndarray, behind: np.ndarray) -> list[tuple[float, int, float]]:
    """Gateways in reach as (cost to the destination through it, gateway, cost to behind it), cheapest first."""
    order = low.argsort(kind="stable")
    order = order[: low[order].searchsorted(INF)]
    return list(zip(low[order].tolist(), gates[order].tolist(), behind[order].tolist(), strict=True))


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

    Raises
    ------
    ConvergenceError
        More than 200,000 classes were split: the network is one no freight network looks like.
    """
    if origin == target.place or not target.ways.graph.states:
        return []
    ways = target.ways
    gates, behind = ways.reach(origin)
    # (lower bound, tie, completes along the tree, cost so far, what was entered, gateways, arrived, tree)
    heap: list[tuple] = []
    known, ties = _Known(k), count()
    seen = 1 << int(ways.graph.zone[origin]) | 1 << ways.tokens + origin | ways.pass_bit
    tree = target.tree
    root = (0.0, 0, False, 0.0, seen, (), False, tree)
    straight = float((ways.root(origin)[0] + target.straight).min())
    _split(heap, known, ties, root, nearest_first(behind + tree.on[gates], gates, behind), straight)
    routes: list[tuple[float, tuple[int, ...]]] = []
    pops = 0
    while heap and len(routes) < k:
        one = heappop(heap)
        low, _, simple, _, seen, path, arrived, tree = one
        if arrived:
            routes.append((low, path))
            continue
        pops += 1
        if pops > LIMIT:
            raise ConvergenceError(f"the {k} best routes took more than {LIMIT} steps; ask for fewer")
        if not simple and pops > PATIENCE:
            again = tree.ahead(path[-1])[0] & seen
            if again:
                _bound(heap, known, ties, one, target.keeping_out(tree.without | again))
                continue
        state = ways.head_list[path[-1]]
        _split(heap, known, ties, one, tree.row(state), target.straight_list[state])
    return routes


def _bound(heap, known, ties, one, tree):  # type: ignore[no-untyped-def]
    """Put a class back with the bound of a tree that keeps out of more."""
    _, _, _, g, seen, gates, _, _ = one
    low = g + float(tree.to_go[gates[-1]])
    if low == INF or low > known.limit:
        return
    enters, loops = tree.ahead(gates[-1])
    simple = not loops and not enters & seen
    if simple:
        known.add(low)
    heappush(heap, (low, next(ties), simple, g, seen, gates, False, tree))


def _split(heap, known, ties, one, row, straight):  # type: ignore[no-untyped-def]
    """Put into the heap what may follow a prefix: the end of the journey, and each gateway in reach."""
    # the best of a simple class is known; it comes again as one of the parts
    low0, _, counted, g, seen, gates, _, tree = one
    target, ways = tree.target, tree.target.ways
    head_bit, here, bits, arrives, after = ways.head_bit, ways.here, ways.bits, target.arrives, tree.next
    even, entries, passes = low0 * EVEN, target.entries, target.passes
    if g + straight <= known.limit and straight < INF:
        heappush(heap, (g + straight, next(ties), True, g, seen, gates, True, tree))
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
        enters, loops = after[gate] if gate in after else tree.ahead(gate)
        simple = not loops and not enters & now
        if simple and counted and low <= even:
            counted = False
        elif simple:
            known.add(low)
        heappush(heap, (low, next(ties), simple, g + step, now, (*gates, gate), arrives[gate], tree))


def last_of(target: Target, origin: int, gates: tuple[int, ...]) -> int | None:
    """Return the last plain arc of a route that `k_best` gave by its gateways; None where it ends with a gateway."""
    if gates and target.arrives[gates[-1]]:
        return None
    state = target.ways.head_list[gates[-1]] if gates else int((target.ways.root(origin)[0] + target.straight).argmin())
    return int(target.end[state])


def arcs_of(target: Target, origin: int, gates: tuple[int, ...]) -> tuple[int, tuple[int, ...]]:
    """Return (starting state, every arc) of a route that `k_best` gave by its gateways."""
    return target.ways.expand(origin, gates, last_of(target, origin, gates))
