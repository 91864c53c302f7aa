"""Vanished and matched flows, and the share of a fall made up: sums by hand."""

import numpy as np
import pytest
from hub_panels import AFTER, MONTHS, simulate

from karvan.core.errors import InfeasibleError, LabelError
from karvan.estimate.reexports.matched import jump, matched
from karvan.estimate.reexports.offset import bite, fall, offset
from karvan.estimate.reexports.vanished import vanished


def test_vanished_by_hand():
    found = vanished(np.array([100.0, 200, 400]), np.array([90.0, 200, 200]), np.array([True, True, False]))
    assert found.usual == pytest.approx(290 / 300)
    assert found.missing[2] == pytest.approx(400 * 290 / 300 - 200)
    assert (found.low[2], found.high[2]) == pytest.approx((160, 200))


def test_vanished_refuses_what_has_no_usual_ratio():
    with pytest.raises(InfeasibleError, match="1 period"):
        vanished(np.ones(3), np.ones(3), np.array([True, False, False]))
    with pytest.raises(LabelError, match="the same periods"):
        vanished(np.ones(3), np.ones(2), np.ones(3))


def test_jump_by_hand_and_its_p_value():
    series = np.array([[1.0] * 12 + [5.0] * 3, [1.0, 2.0, 3.0] * 5])
    found = jump(series, 12)
    assert found.counterfactual == pytest.approx([3, 6])
    assert found.excess == pytest.approx([12, 0])
    assert (found.low[0], found.high[0]) == pytest.approx((12, 12))
    assert found.low[1] <= 0 <= found.high[1]
    assert found.p == pytest.approx([1 / 15, 1.0])
    with pytest.raises(InfeasibleError, match="at least 6 before"):
        jump(series, 3)


def test_jump_is_seldom_found_in_noise():
    rng = np.random.default_rng(4)
    p = jump(rng.gamma(4.0, 1.0, (2000, 40)), 30, draws=20).p
    assert (p <= 0.05).mean() == pytest.approx(0.05, abs=0.015)


def test_matched_is_the_smaller_and_both_must_jump():
    quiet = np.tile([1.0, 2.0, 3.0], 10)
    loud = quiet + np.r_[np.zeros(24), np.full(6, 10.0)]
    into, out = jump(np.stack([loud, loud, quiet]), 24), jump(np.stack([loud * 2, quiet, loud]), 24)
    found = matched(into, out)
    assert found.excess == pytest.approx([60, 0, 0])
    assert found.p[0] == pytest.approx(1 / 30)
    assert (found.p[1:] > 0.2).all() and (found.q >= found.p).all()
    with pytest.raises(LabelError, match="3 products in, 1 out"):
        matched(into, jump(quiet, 24))


def test_fall_bite_and_offset():
    world = simulate(0, products=3, hubs=1).panel
    listed = np.ones((3, 1, len(MONTHS)))
    listed[0, 0, AFTER:] = 0.25
    listed[1, 0, AFTER:] = 2.0
    listed[2] = 0.001
    one = world._replace(listed=listed)
    assert fall(one, "H0") == pytest.approx([9 * 0.75, -9, 0])
    assert bite(one, "H0") == pytest.approx([0.75, 0, np.nan], nan_ok=True)
    assert offset(np.array([3.0, 1, 1]), fall(one, "H0")) == pytest.approx([3 / 6.75, np.nan, np.nan], nan_ok=True)
