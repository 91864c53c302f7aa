"""Laws of tolls on random choices of routes, and what they go to as choice gets sharp."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from freight import crossing, link, network, place
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog
from scipy.sparse import csr_array

from karvan.network.capacity import limits
from karvan.network.routes import corridors
from karvan.network.tolls import LEFT_BEHIND, Choice, choose, tolled

SEEDS = st.integers(0, 10**6)
SCALE = 50.0


class Case(NamedTuple):
    """Routes that compete, demands in MUSD, and room below what would come to it on most links."""

    choice: Choice
    demand: np.ndarray
    room: np.ndarray


def case(seed: int, pairs: int = 5, links: int = 4) -> Case:
    rng = np.random.default_rng(seed)
    count = rng.integers(1, 5, pairs)
    pair = np.repeat(np.arange(pairs), count)
    takes = (rng.random((pair.size, links)) < 0.5) * rng.uniform(100, 3000, (pair.size, links))
    choice = Choice(pair, rng.uniform(0.02, 0.4, pair.size), csr_array(takes))
    demand = rng.uniform(0, 100, pairs)
    load = takes.T @ (choose(choice, np.zeros(links), SCALE, pairs)[0] * demand[pair])
    room = np.where(rng.random(links) < 0.3, np.inf, load * rng.uniform(0.3, 1.5, links) + 10)
    return Case(choice, demand, room)


def value(one: Case, toll: np.ndarray, scale: float) -> float:
    """The dual: total cost less what the tolls are worth, MUSD."""
    cost = choose(one.choice, toll, scale, one.demand.size)[1]
    return float(one.demand @ cost - np.where(toll > 0, toll, 0) @ np.where(np.isinf(one.room), 0, one.room) / 1e6)


@settings(max_examples=40)
@given(SEEDS)
def test_loads_keep_within_room_and_only_full_links_charge(seed: int) -> None:
    one = case(seed)
    found = tolled(one.choice, one.demand, one.room, SCALE)
    assert (found.load <= one.room * (1 + 1e-8)).all() and (found.toll >= 0).all()
    charged = found.toll > 0
    assert found.load[charged] == pytest.approx(one.room[charged], rel=1e-7)
    total = np.bincount(one.choice.pair, found.share, one.demand.size) + found.left
    assert total == pytest.approx(1) and (found.share >= 0).all()
    assert found.load == pytest.approx(one.choice.takes.T @ (found.share * one.demand[one.choice.pair]))


@settings(max_examples=25)
@given(SEEDS)
def test_tolls_are_the_best_of_the_dual_whatever_the_start(seed: int) -> None:
    one = case(seed)
    rng = np.random.default_rng(seed)
    found = tolled(one.choice, one.demand, one.room, SCALE)
    best = value(one, found.toll, SCALE)
    for start in (rng.uniform(0, 300, one.room.size), np.full(one.room.size, 5000.0)):
        other = tolled(one.choice, one.demand, one.room, SCALE, start)
        assert value(one, other.toll, SCALE) == pytest.approx(best, rel=1e-9)
        assert other.load == pytest.approx(found.load, rel=1e-6, abs=1e-6)
        assert other.cost == pytest.approx(found.cost, abs=1e-6)
    for _ in range(10):
        near = np.maximum(found.toll + rng.normal(0, 20, one.room.size), 0) * np.isfinite(one.room)
        assert value(one, near, SCALE) <= best + 1e-9 * abs(best)


@settings(max_examples=25)
@given(SEEDS)
def test_a_toll_is_what_one_more_unit_of_room_saves(seed: int) -> None:
    one = case(seed)
    found = tolled(one.choice, one.demand, one.room, SCALE)
    for m in np.flatnonzero(found.toll > 1e-3):
        step, worth = 1e-4 * one.room[m], []
        for sign in (-1, 1):
            room = one.room.copy()
            room[m] += sign * step
            moved = one._replace(room=room)
            worth.append(value(moved, tolled(one.choice, one.demand, room, SCALE).toll, SCALE))
        assert (worth[0] - worth[1]) * 1e6 / (2 * step) == pytest.approx(found.toll[m], rel=2e-2, abs=1e-2)


@settings(max_examples=25)
@given(SEEDS, st.floats(1.01, 3.0))
def test_more_room_never_costs_more(seed: int, more: float) -> None:
    one = case(seed)
    wide = one._replace(room=one.room * more)
    costs = [value(c, tolled(c.choice, c.demand, c.room, SCALE).toll, SCALE) for c in (one, wide)]
    assert costs[1] <= costs[0] + 1e-9 * abs(costs[0])


def programme(one: Case) -> tuple[float, np.ndarray]:
    """Cost of the cheapest flow by a linear programme, MUSD, and the price of each link, USD per unit."""
    routes, pairs = one.choice.pair.size, one.demand.size
    cost = np.append(one.choice.g, np.full(pairs, LEFT_BEHIND))
    serve = np.hstack([(one.choice.pair == np.arange(pairs)[:, None]).astype(float), np.eye(pairs)])
    tight = np.isfinite(one.room)
    takes = np.hstack([one.choice.takes.toarray().T[tight], np.zeros((tight.sum(), pairs))])
    found = linprog(cost, A_ub=takes / 1e3, b_ub=one.room[tight] / 1e3, A_eq=serve, b_eq=one.demand)
    assert found.success and routes
    price = np.zeros(tight.size)
    price[tight] = -found.ineqlin.marginals * 1e3
    return float(found.fun), price


@settings(max_examples=20)
@given(SEEDS)
def test_sharp_choice_is_the_cheapest_flow(seed: int) -> None:
    """The entropy is worth at most ln(routes + 1) / scale a pair: the dual goes to the optimum of the programme."""
    one = case(seed)
    best, price = programme(one)
    for scale in (200.0, 2000.0):
        found = tolled(one.choice, one.demand, one.room, scale)
        bound = one.demand.sum() * np.log(6) / scale
        assert best - bound - 1e-9 <= value(one, found.toll, scale) <= best + 1e-9 * best
    assert value(one, price, 1e6) == pytest.approx(best, rel=1e-4)


def test_tolls_and_flows_go_to_those_of_the_cheapest_flow_on_a_network(tmp_path: Path) -> None:
    """Two ways from A to Z, the short one with room for a third: its toll goes to the dual price of `cheapest_flow`."""
    with tempfile.TemporaryDirectory() as folder:
        km = {"M": 400, "N": 500}
        links = [link(m, "Z", d) for m, d in km.items()] + [link("A", "N", km["N"])]
        links += [link("A", "M", km["M"], capacity=0.03, capacity_unit="Mt/y")]
        crossings = [crossing(*pair) for m in km for pair in (("A", m), (m, "Z"))]
        places = [place("A"), place("M", "KGZ"), place("N", "UZB"), place("Z", "RUS")]
        routes = corridors(network(Path(folder), places, links, crossings))
    tonnes = 100_000.0
    flow = routes.cheapest_flow([("A", "Z", "grain", tonnes)])
    found = routes.routes("A", "Z", "grain")
    cargo, cap = routes.classes["grain"], limits(routes.network)[0]
    takes = np.zeros((len(found), cap.size))
    for r, route in enumerate(found):
        takes[r, list(route.links)] = 1e6 / cargo.value
    choice = Choice(np.zeros(len(found), dtype=int), np.array([r.cost for r in found]), csr_array(takes))
    misses = []
    for scale in (500.0, 5000.0, 50_000.0):
        end = tolled(choice, np.array([tonnes * cargo.value / 1e6]), cap, scale)
        misses.append(np.abs(end.toll - flow.price).max())
        assert end.load == pytest.approx(flow.load, abs=1e-3 * tonnes)
    assert flow.price.max() > 0.5 and misses[0] >= misses[1] >= misses[2] and misses[2] < 3e-3 * flow.price.max()


def test_every_set_of_full_links_is_met() -> None:
    """The random cases do have free, partly full and wholly full networks, and goods left behind."""
    full = {tuple(np.flatnonzero(tolled(*case(seed), SCALE).toll).tolist()) for seed in range(40)}
    left = max(float(tolled(*case(seed), SCALE).left.max()) for seed in range(40))
    assert len(full) > 5 and left > 0.1
    assert {len(some) for some in full} >= {0, 1, 2}
