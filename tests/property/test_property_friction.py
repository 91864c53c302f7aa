"""A friction from an estimate, for any coefficient and any world."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from worlds import random_world

from karvan import Scenario, friction
from karvan.core.border import border

COEFFICIENT = st.floats(-1.5, 1.5).filter(lambda b: abs(b) > 1e-6)
BETWEEN = ["C01", "C02"]


@given(seed=st.integers(0, 50), b=COEFFICIENT)
@settings(max_examples=40, deadline=None)
def test_trade_at_given_incomes_moves_by_the_coefficient_and_gaining_undoes_losing(seed: int, b: float) -> None:
    world = random_world(seed, 4, 3, unions=False)
    lost, gained = (
        Scenario.of(friction(between=BETWEEN, from_=b, lost=way, sectors="all")).change(world).d_hat
        for way in (True, False)
    )
    assert lost is not None and gained is not None
    np.testing.assert_allclose(np.log(lost[1, 2] ** -world.theta), -b, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(lost * gained, 1.0, rtol=1e-12)


@given(seed=st.integers(0, 50), b=COEFFICIENT, lost=st.booleans())
@settings(max_examples=40, deadline=None)
def test_the_average_cost_lies_between_the_sectors_and_leads_back(seed: int, b: float, lost: bool) -> None:
    world = random_world(seed, 4, 3, unions=False, zeros=0.0)
    own = {"name": "mine", "b": b, "se": 0.1, "source": "made for the test"}
    found = border(Scenario.of(friction(between=BETWEEN, from_=own, lost=lost, sectors="all")))
    assert found is not None
    cost = float(found.mean(world, b))
    by_sector = found.by_sector(b, world.theta)
    assert by_sector.min() - 1e-12 <= cost <= by_sector.max() + 1e-12
    assert np.sign(cost) == (1 if lost else -1) * np.sign(b)
    assert found.value_at(world, cost) == pytest.approx(b, rel=1e-8, abs=1e-10)


@given(seed=st.integers(0, 10**6), draw=st.integers(0, 10**4))
@settings(max_examples=40, deadline=None)
def test_a_draw_is_the_same_in_every_scenario(seed: int, draw: int) -> None:
    own = {"name": "mine", "b": 0.2, "se": 0.1, "source": "made for the test"}
    one = Scenario.of(friction(between=BETWEEN, from_=own)).ranges()
    more = friction(between=["C00", "C03"], ad_valorem={"mean": 0.1, "se": 0.1}) | friction(between=BETWEEN, from_=own)
    assert one["mine"].draw("mine", seed, draw) == more.ranges()["mine"].draw("x", seed, draw)
