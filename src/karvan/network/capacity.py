"""Freight on a network with capacities: the cheapest flow of all cargoes together, and the price of each bottleneck."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import dijkstra

from karvan.core.errors import ConvergenceError
from karvan.core.table import Table
from karvan.network.cargo import Cargo
from karvan.network.graph import Graph
from karvan.network.network import Network

UNSERVED = 3.0  # times the value of the goods: what leaving a unit behind costs, so that it is the last resort
ROUNDS = 100
LEAST = 1e-15
TOLERANCE = 1e-7


class Demand(NamedTuple):
    """Units of one cargo a year (TEU or t) between two places."""

    origin: int
    destination: int
    cargo: str
    amount: float


class Flow(NamedTuple):
    """The cheapest flow within the capacities.

    links: names; load: (link,) in the unit of the capacity; capacity: (link,), inf where none is known; price: (link,)
    USD a year saved by one more unit of capacity; used: per demand, tuples (amount, arcs); unserved: (demand,) units
    left behind; usd: total generalised cost in USD a year; rounds of column generation.
    """

    links: tuple[str, ...]
    load: np.ndarray
    capacity: np.ndarray
    units: tuple[str, ...]
    price: np.ndarray
    used: tuple[tuple[tuple[float, tuple[int, ...]], ...], ...]
    unserved: np.ndarray
    usd: float
    rounds: int

    def bottlenecks(self) -> Table:
        """Full links, dearest first: what one more unit a year would save."""
        full = [i for i in np.argsort(-self.price) if self.price[i] > 1e-6]
        rows = tuple(
            (self.links[i], round(float(self.load[i])), self.units[i], round(float(self.price[i]), 2)) for i in full
        )
        return Table(("link", "load", "unit", "USD per unit"), rows, "Bottlenecks: value of one more unit a year")


def limits(network: Network) -> tuple[np.ndarray, tuple[str, ...]]:
    """(link,) capacity a year in t or TEU, inf where none is known, and the unit; trains by rule U2."""
    rows = network.tables["links"]
    cap, units = np.full(len(rows), np.inf), []
    for m, row in enumerate(rows):
        unit = row["capacity_unit"]
        factor = {"Mt/y": 1e6, "TEU/y": 1.0, "trains/y": network.values["train_teu"]}.get(unit, 1.0)
        units.append("t/y" if unit == "Mt/y" else "TEU/y" if unit else "")
        if row["capacity"] is not None:
            cap[m] = row["capacity"] * factor
    given = network.added.capacity
    return np.where(np.isnan(given), cap, given), tuple(units)


def load_of(cargo: Cargo, unit: str, network: Network) -> float:
    """What one unit of a cargo takes of a capacity: its tonnes, or its boxes by rule U3."""
    if unit == "t/y":
        return cargo.tonnes
    return 1.0 if cargo.unit == "TEU" else cargo.tonnes / network.values["teu_t"]


def cheapest_flow(
    network: Network, graphs: Mapping[str, Graph], demands: Sequence[Demand], *, capacity: np.ndarray | None = None
) -> Flow:
    """Solve the minimum-cost multi-commodity flow by column generation; both ways of a link share its capacity.

    min sum_r c_r x_r + sum_d C_d u_d,  sum_{r of d} x_r + u_d = demand_d,  sum_r load_rl x_r <= capacity_l

    c_r is the generalised cost of a route in USD per unit (spoilage at its linear rate), C_d three times the value.
    Routes are added while one is cheaper than its demand's price at the current bottleneck prices, so the optimum is
    exact.

    Parameters
    ----------
    graphs : one graph per cargo class, of this network
    capacity : (link,) instead of the network's own

    Raises
    ------
    ConvergenceError
        The programme was not solved, or routes were still being added after 100 rounds.
    """
    own, units = limits(network)
    cap = own if capacity is None else capacity
    tight = np.flatnonzero(np.isfinite(cap))
    row_of = {int(m): r for r, m in enumerate(tight)}
    loads = {c: np.array([load_of(graphs[c].cargo, units[m], network) for m in tight]) for c in graphs}
    columns: list[tuple[int, tuple[int, ...], float]] = []
    seen: set[tuple[int, tuple[int, ...]]] = set()
    x = np.array([one.amount for one in demands])
    price = np.zeros(len(tight))
    worth = np.array([UNSERVED * graphs[one.cargo].cargo.value for one in demands])
    for done in range(1, ROUNDS + 1):
        fresh = _priced(graphs, demands, loads, row_of, price, worth)
        fresh = [c for c in fresh if (c[0], c[1]) not in seen]
        if not fresh:
            return _result(network, graphs, demands, cap, units, tight, price, columns, x, done)
        seen |= {(d, arcs) for d, arcs, _ in fresh}
        columns += fresh
        x, price, worth = _master(graphs, demands, columns, loads, row_of, cap[tight])
    raise ConvergenceError(f"the cheapest flow still found better routes after {ROUNDS} rounds")


def _master(graphs, demands, columns, loads, row_of, cap):  # type: ignore[no-untyped-def]
    """Solve the programme over the routes at hand; return flows, bottleneck prices and prices of the demands."""
    n, d = len(columns), len(demands)
    unit = np.array([max(one.amount, 1.0) for one in demands])  # variables are shares of a demand: well scaled
    cost = [c[2] * unit[c[0]] for c in columns]
    cost += [UNSERVED * graphs[one.cargo].cargo.value * u for one, u in zip(demands, unit, strict=True)]
    eq = coo_array((np.ones(n + d), ([*(c[0] for c in columns), *range(d)], range(n + d))), shape=(d, n + d))
    cells = [
        (row_of[m], j, loads[demands[c[0]].cargo][row_of[m]] * unit[c[0]])
        for j, c in enumerate(columns)
        for m in graphs[demands[c[0]].cargo].link[list(c[1])].tolist()
        if m in row_of
    ]
    size = np.maximum(cap, 1.0)
    r, j, v = (np.array(part) for part in zip(*cells, strict=True)) if cells else (np.zeros(0, int),) * 3
    ub = coo_array((v / size[r], (r, j)), shape=(len(cap), n + d))
    top = max(cost) if cost else 1.0
    solved = linprog(
        np.array(cost) / top, A_ub=ub.tocsr(), b_ub=cap / size, A_eq=eq.tocsr(),
        b_eq=np.array([one.amount for one in demands]) / unit, method="highs",
    )  # fmt: skip
    if solved.status != 0:
        raise ConvergenceError(f"the cheapest flow was not found: {solved.message}")
    x = np.append(solved.x[:n] * unit[[c[0] for c in columns]], solved.x[n:] * unit)
    return x, -solved.ineqlin.marginals * top / size, solved.eqlin.marginals * top / unit


def _priced(graphs, demands, loads, row_of, price, worth):  # type: ignore[no-untyped-def]
    """Best route of every demand at the current prices, where it is cheaper than the demand's price."""
    groups: dict[str, dict[int, list[int]]] = {}
    for i, one in enumerate(demands):
        groups.setdefault(one.cargo, {}).setdefault(one.destination, []).append(i)
    found = []
    for cargo, ends in groups.items():
        graph = graphs[cargo]
        rows = np.array([row_of.get(m, -1) for m in graph.link.tolist()])
        toll = np.where(rows >= 0, (loads[cargo] * price)[rows], 0.0) if len(price) else np.zeros(rows.size)
        usd = graph.g * graph.cargo.value
        loading = graph.start_g * graph.cargo.value
        n = graph.states + graph.places
        back = csr_array((np.maximum(usd + toll, LEAST), (graph.head, graph.tail)), shape=(n, n))
        h, after = dijkstra(back, indices=[graph.states + to for to in ends], return_predecessors=True)
        arc = {(a, b): k for k, (a, b) in enumerate(zip(graph.tail.tolist(), graph.head.tolist(), strict=True))}
        starts = {p: np.flatnonzero(graph.place == p) for p in {one.origin for one in demands}}
        for row, then, members in zip(h, after, ends.values(), strict=True):
            for i in members:
                some = starts[demands[i].origin]
                total = loading[some] + row[some]
                if some.size == 0 or not np.isfinite(total.min()) or total.min() >= worth[i] * (1 - TOLERANCE):
                    continue
                here = int(some[total.argmin()])
                real, arcs = float(loading[here]), []
                while here < graph.states:
                    arcs.append(arc[here, int(then[here])])
                    real += float(usd[arcs[-1]])
                    here = int(then[here])
                found.append((i, tuple(arcs), real))
    return found


def _result(network, graphs, demands, cap, units, tight, price, columns, x, rounds):  # type: ignore[no-untyped-def]
    n = len(network.links)
    load, used = np.zeros(n), [[] for _ in demands]  # type: ignore[var-annotated]
    for (i, arcs, _), amount in zip(columns, x, strict=False):
        if amount <= 1e-9 * max(demands[i].amount, 1.0):
            continue
        used[i].append((float(amount), arcs))
        graph = graphs[demands[i].cargo]
        for m in graph.link[list(arcs)].tolist():
            load[m] += amount * load_of(graph.cargo, units[m] or "t/y", network)
    full = np.zeros(n)
    full[tight] = price
    left = np.asarray(x)[len(columns) :]
    value = [graphs[one.cargo].cargo.value for one in demands]
    usd = sum(c[2] * a for c, a in zip(columns, x, strict=False)) + float(UNSERVED * np.dot(value, left))
    names = tuple(u or "t/y" for u in units)
    return Flow(network.links, load, cap, names, full, tuple(tuple(u) for u in used), left, float(usd), rounds)
