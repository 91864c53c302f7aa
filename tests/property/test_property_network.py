"""Laws of routing and capacity on random networks."""

from __future__ import annotations

import tempfile
from itertools import pairwise, permutations
from pathlib import Path

import numpy as np
import pytest
from freight import crossing, economy, link, network, place
from hypothesis import given, settings
from hypothesis import strategies as st

from karvan.network.capacity import Demand, cheapest_flow, limits
from karvan.network.choice import shares
from karvan.network.routes import Corridors, corridors

ZONES = ("KAZ", "RUS", "UZB", "KGZ", "TKM", "CHN")
NAMES = "ABCDEF"
PAIRS = [(a, b) for i, a in enumerate(NAMES) for b in NAMES[i + 1 :]]


SEEDS = st.integers(0, 10**6)


def random_network(seed: int) -> Corridors:
    """Six places in six countries: a ring, and some chords, with capacities on some links."""
    rng = np.random.default_rng(seed)
    kept = [p for p in PAIRS if abs(NAMES.index(p[0]) - NAMES.index(p[1])) in (1, 5) or rng.random() < 0.5]
    places = [place(n, z) for n, z in zip(NAMES, ZONES, strict=True)]
    links = []
    for pair in kept:
        cap = rng.choice([0.0, 0.02, 0.05])
        more = {"capacity": cap, "capacity_unit": "Mt/y"} if cap else {}
        links.append(link(*pair, int(rng.integers(50, 3000)), **more))
    economies = [economy(z, n) for n, z in zip(NAMES, ZONES, strict=True)]
    crossings = [crossing(*pair, hours=int(rng.integers(0, 90))) for pair in kept]
    with tempfile.TemporaryDirectory() as folder:
        return corridors(network(Path(folder), places, links, crossings, economies=economies))


def every_route(routes: Corridors, a: str, b: str) -> list[float]:
    """Costs of all loopless routes by brute force over orders of places."""
    graph = routes.graph("container")
    arc = {}
    where = routes.network.where
    for i in range(graph.g.size):
        head = int(graph.head[i])
        to = head - graph.states if head >= graph.states else int(graph.place[head])
        arc[int(graph.place[graph.tail[i]]), to, head >= graph.states] = float(graph.g[i])
    start = {int(p): float(g) for p, g in zip(graph.place, graph.start_g, strict=True)}
    found = []
    others = [n for n in NAMES if n not in (a, b)]
    for size in range(len(others) + 1):
        for middle in permutations(others, size):
            way = [where[n] for n in (a, *middle, b)]
            steps = [(x, y, j == len(way) - 2) for j, (x, y) in enumerate(pairwise(way))]
            if all(step in arc for step in steps):
                found.append(start[way[0]] + sum(arc[step] for step in steps))
    return sorted(found)


@settings(max_examples=25, deadline=None)
@given(SEEDS, st.sampled_from(PAIRS), st.integers(1, 9))
def test_the_k_best_are_those_of_brute_force(seed: int, pair: tuple[str, str], k: int) -> None:
    routes = random_network(seed)
    best = [route.cost for route in routes.routes(*pair, k=k)]
    assert best == pytest.approx(every_route(routes, *pair)[:k])


@settings(max_examples=15, deadline=None)
@given(SEEDS, st.integers(0, 14))
def test_removing_a_link_never_lowers_a_cost(seed: int, which: int) -> None:
    routes = random_network(seed)
    m = which % len(routes.network.links)
    before = routes.cost_matrix(["container", "grain"]).cost
    after = routes.close(routes.network.links[m]).cost_matrix(["container", "grain"]).cost
    assert (after >= before - 1e-12).all()


@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(0, 2), min_size=2, max_size=6, unique=True))
def test_shares_go_to_the_best_route_as_the_scale_grows(g: list[float]) -> None:
    cost = np.array(g)
    best = int(cost.argmin())
    part = [shares(cost, scale)[best] for scale in (1, 10, 100, 1e6)]
    assert all(b >= a - 1e-12 for a, b in pairwise(part))
    gap = np.sort(cost)[1] - cost[best]
    assert part[-1] > 1 - len(g) * np.exp(-1e6 * gap) - 1e-9


@settings(max_examples=15, deadline=None)
@given(SEEDS)
def test_flows_conserve_keep_capacities_and_price_them(seed: int) -> None:
    routes = random_network(seed)
    rng = np.random.default_rng(seed)
    pairs = [PAIRS[i] for i in rng.permutation(15)[:4]]
    demands = [(*pair, c, float(rng.integers(1000, 30000))) for pair in pairs for c in ("grain", "metals")]
    flow = routes.cheapest_flow(demands)
    cap, _ = limits(routes.network)
    assert (flow.load <= cap * (1 + 1e-9) + 1e-6).all()
    for i, (a, b, cargo, amount) in enumerate(demands):
        graph = routes.graph(cargo)
        net = np.zeros(len(routes.network.places))
        for x, arcs in flow.used[i]:
            for k in arcs:
                row = routes.network.tables["links"][graph.link[k]]
                tail, head = (row["from"], row["to"]) if graph.side[k] == 0 else (row["to"], row["from"])
                net[routes.network.where[tail]] -= x
                net[routes.network.where[head]] += x
        expected = np.zeros_like(net)
        expected[routes.network.where[a]], expected[routes.network.where[b]] = -1, 1
        assert net == pytest.approx(expected * (amount - flow.unserved[i]), abs=1e-6 * amount)
    assert (flow.price[~np.isfinite(cap)] == 0).all()
    known = np.isfinite(cap)
    slack = flow.price[known] * (cap - flow.load)[known]
    assert slack == pytest.approx(0, abs=1e-6 * max(flow.usd, 1))


@settings(max_examples=10, deadline=None)
@given(SEEDS)
def test_prices_of_bottlenecks_are_finite_differences(seed: int) -> None:
    """The price lies between the savings per unit of a little more and a little less capacity."""
    routes = random_network(seed)
    rng = np.random.default_rng(seed)
    where = routes.network.where
    demands = [Demand(where[a], where[b], "grain", float(rng.integers(20000, 60000))) for a, b in PAIRS[::3]]
    graphs = {"grain": routes.graph("grain")}
    cap, _ = limits(routes.network)
    base = cheapest_flow(routes.network, graphs, demands, capacity=cap)
    for m in np.flatnonzero(np.isfinite(cap))[:3]:
        usd = []
        for step in (-1.0, 1.0):
            moved = cap.copy()
            moved[m] += step
            usd.append(cheapest_flow(routes.network, graphs, demands, capacity=moved).usd)
        less, more = usd[0] - base.usd, base.usd - usd[1]
        tolerance = 1e-6 * abs(base.usd) ** 0.5 + 1e-2
        assert more - tolerance <= base.price[m] <= less + tolerance
