"""Oil routes: laws that hold for any supply, any room and any stop."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import karvan as kv
from karvan.network.oil.logit import capped_logit
from karvan.network.oil.outage_path import outage_path

SYSTEM = kv.oil_routes()
STOPS = [(30, 1.0), (90, 0.4), (5, 0.1), (0, 1.0), (200, 1.0)]


@st.composite
def shipping(draw: st.DrawFn) -> tuple[np.ndarray, ...]:
    """A feasible problem: limits are put around some flow that exists."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    f, r = draw(st.integers(1, 4)), draw(st.integers(2, 5))
    weights = np.exp(3 * rng.standard_normal((f, r))) * (rng.random((f, r)) < 0.7)
    weights[:, 0] = np.exp(rng.standard_normal(f))
    supply = rng.uniform(0, 40, f)
    some = rng.random((f, r)) * (weights > 0)
    total = (supply[:, None] * some / some.sum(axis=1, keepdims=True)).sum(axis=0)
    return supply, weights, total * rng.uniform(0, 0.9, r), total * rng.uniform(1.1, 3, r)


@given(shipping())
@settings(max_examples=60, deadline=None)
def test_supply_is_shipped_within_limits(problem: tuple[np.ndarray, ...]) -> None:
    supply, weights, floor, cap = problem
    q, log_m = capped_logit(*problem)
    np.testing.assert_allclose(q.sum(axis=1), supply, rtol=1e-9, atol=1e-9)
    slack = 1e-8 * supply.sum() + 1e-12
    assert (q.sum(axis=0) <= cap + slack).all()
    assert (q.sum(axis=0) >= floor - slack).all()
    assert ((q > 0) <= (weights > 0)).all()
    inside = (q.sum(axis=0) > floor + 1e-6) & (q.sum(axis=0) < cap - 1e-6)
    assert (log_m[inside] == 0).all(), "where no limit binds the free shares stay"


@given(shipping(), st.floats(1e-3, 1e3))
@settings(max_examples=30, deadline=None)
def test_units_do_not_matter(problem: tuple[np.ndarray, ...], unit: float) -> None:
    supply, weights, floor, cap = problem
    one = capped_logit(supply, weights, floor, cap)[0]
    other = capped_logit(unit * supply, 7 * weights, unit * floor, unit * cap)[0]
    np.testing.assert_allclose(other, unit * one, rtol=1e-5, atol=1e-7 * unit * max(supply.sum(), 1))


@given(shipping())
@settings(max_examples=30, deadline=None)
def test_flows_are_nearest_to_the_free_shares(problem: tuple[np.ndarray, ...]) -> None:
    """Ratios of two fields on two routes both reach are those of the weights: limits change no taste."""
    supply, weights, *_ = problem
    q = capped_logit(*problem)[0]
    for f in range(1, len(supply)):
        both = (weights[0] > 0) & (weights[f] > 0) & (q[0] > 1e-9) & (q[f] > 1e-9)
        if both.sum() > 1:
            odds = np.log(q[0, both] / q[f, both]) - np.log(weights[0, both] / weights[f, both])
            np.testing.assert_allclose(odds, odds[0], atol=1e-6)


@given(st.integers(0, 2**32 - 1), st.integers(1, 80))
@settings(max_examples=40, deadline=None)
def test_every_blocked_tonne_is_somewhere(seed: int, days: int) -> None:
    rng = np.random.default_rng(seed)
    flow, room = rng.uniform(0, 1, 3), rng.uniform(0, 0.5, (3, 4))
    closed = rng.random((3, days)) * (rng.random((3, days)) < 0.6)
    tau, tank, spare = rng.uniform(1, 100, 3), rng.uniform(0, 4, 3), rng.uniform(0, 0.3, 3)
    p = outage_path(flow, room, closed, tau, tank, spare)
    kept = p.stored[:, -1] + p.released.sum(axis=1)
    gone = p.rerouted.sum(axis=(1, 2)) + p.stranded.sum(axis=1) + kept
    np.testing.assert_allclose(p.blocked.sum(axis=1), gone, atol=1e-9)
    assert all((part >= -1e-12).all() for part in p)
    assert (p.stored <= tank[:, None] + 1e-12).all()
    assert (p.rerouted <= room[:, None, :] + 1e-12).all()


@pytest.mark.parametrize("route", [*SYSTEM.routes, "Russia"])
@pytest.mark.parametrize(("days", "share"), STOPS)
def test_produced_is_exported_refined_stored_and_stranded(route: str, days: int, share: float) -> None:
    found = SYSTEM.close(route, days, share, price=70, draws=1)
    for day in (1, 30, 90, 365):
        b = found.balance(day)
        assert b["produced"] == pytest.approx(b["exported"] + b["refined"] + b["stored"] + b["stranded"])
        assert all(v >= 0 for v in b.values())


@pytest.mark.parametrize("route", [*SYSTEM.routes, "Russia"])
@pytest.mark.parametrize("price", [5.0, 40.0, 120.0])
def test_closing_never_raises_revenue(route: str, price: float) -> None:
    for days, share in STOPS:
        found = SYSTEM.close(route, days, share, price=price, draws=20)
        for drawn in (False, True):
            for day in (30, 90, 365):
                assert (found.sums(day, drawn)["loss"] >= 0).all()


@pytest.mark.parametrize("route", ["CPC", "Atyrau-Samara", "Aktau-Baku", "Russia"])
def test_more_days_and_a_greater_share_never_lose_less(route: str) -> None:
    def sums(days: int, share: float) -> dict[str, float]:
        found = SYSTEM.close(route, days, share, price=70, draws=1)
        return {k: float(v[0]) for k, v in found.sums(365).items() if k != "loss_a_day_closed"}

    by_days = [sums(d, 1.0) for d in (0, 1, 3, 10, 40, 100, 365)]
    by_share = [sums(40, s) for s in (0.0, 0.05, 0.2, 0.5, 0.9, 1.0)]
    for found in (by_days, by_share):
        for less, more in pairwise(found):
            assert all(more[k] >= less[k] - 1e-9 for k in ("blocked", "stranded", "loss", "exports_lost"))
    assert by_days[0]["loss"] == by_share[0]["loss"] == 0


def test_more_room_elsewhere_never_costs() -> None:
    base = SYSTEM.close("CPC", 60, price=70, draws=1).sums(60)["loss"][0]
    for route in SYSTEM.routes[1:]:
        cap = SYSTEM.flows(2025).cap[SYSTEM.routes.index(route)]
        wide = SYSTEM.close("CPC", 60, price=70, draws=1, capacity={route: cap + 2}).sums(60)["loss"][0]
        assert wide <= base + 1e-6
