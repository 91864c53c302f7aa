"""Measures of a back-test on numbers whose answer is known."""

from __future__ import annotations

import numpy as np
import pytest

from karvan.backtests import changes, measures

EVEN = np.ones(4)
UP = np.array([1.0, 2.0, 3.0, 4.0])


def test_weighted_correlation_is_that_of_repeated_observations() -> None:
    h, p = np.array([1.0, 4.0, 2.0, 8.0]), np.array([0.0, 3.0, 5.0, 6.0])
    weight = np.array([3, 1, 2, 4])
    repeated = np.corrcoef(np.repeat(h, weight), np.repeat(p, weight))[0, 1]
    found = measures.correlation(h, p, weight.astype(float))
    assert found == pytest.approx(repeated, abs=1e-14)


@pytest.mark.parametrize(("h", "expected"), [(UP, 1.0), (-2 * UP + 7, -1.0), (np.array([1.0, -1.0, -1.0, 1.0]), 0.0)])
def test_correlation_of_lines_and_of_a_cup(h: np.ndarray, expected: float) -> None:
    assert measures.correlation(h, UP, EVEN) == pytest.approx(expected, abs=1e-14)


def test_what_does_not_vary_has_no_correlation_and_no_line() -> None:
    assert measures.correlation(UP, EVEN, EVEN) is None
    assert measures.regression(UP, EVEN, EVEN) is None
    assert measures.chance(UP, EVEN, EVEN, np.zeros(4)) is None


def test_regression_finds_the_line_and_agrees_with_polyfit() -> None:
    found = measures.regression(3 + 0.5 * UP, UP, np.array([1.0, 9.0, 2.0, 5.0]))
    assert found == pytest.approx((3.0, 0.5))
    rng = np.random.default_rng(0)
    h, p, w = rng.normal(size=30), rng.normal(size=30), rng.uniform(0.1, 5, 30)
    slope, intercept = np.polyfit(p, h, 1, w=np.sqrt(w))
    assert measures.regression(h, p, w) == pytest.approx((intercept, slope))


def test_variance_share() -> None:
    assert measures.variance_share(UP + 5, UP, EVEN) == pytest.approx(1.0)
    assert measures.variance_share(UP, np.zeros(4), EVEN) == pytest.approx(0.0)
    assert measures.variance_share(np.zeros(4), UP, EVEN) == pytest.approx(0.5)


def test_skill_is_one_when_right_zero_for_nothing_and_below_for_the_wrong_sign() -> None:
    assert measures.skill(UP, UP, EVEN) == 1.0
    assert measures.skill(UP, np.zeros(4), EVEN) == 0.0
    assert measures.skill(UP, -UP, EVEN) == pytest.approx(-3.0)


def test_direction_leaves_out_cells_that_were_not_to_move() -> None:
    happened, predicted = np.array([1.0, -1.0, 5.0, 2.0]), np.array([2.0, 1.0, 0.0, 3.0])
    assert measures.direction(happened, predicted, EVEN) == pytest.approx(2 / 3)
    assert measures.direction(happened, predicted, np.array([1.0, 2.0, 50.0, 1.0])) == pytest.approx(0.5)
    assert measures.direction(happened, np.zeros(4), EVEN) is None


def test_hit_rate_counts_the_edges_as_inside() -> None:
    low, high = UP - 1, UP + 1
    happened = np.array([0.0, 3.0, 4.01, 0.0])
    assert measures.hit_rate(happened, low, high) == 0.5
    assert measures.hit_rate(happened, low, high, np.array([3.0, 3.0, 1.0, 1.0])) == 0.75


def test_chance_is_small_for_a_perfect_model_and_large_for_the_wrong_sign() -> None:
    predicted = np.random.default_rng(1).normal(size=40)
    groups, weight = np.repeat([0, 1], 20), np.ones(40)
    assert measures.chance(predicted, predicted, weight, groups) == pytest.approx(0.001)
    assert measures.chance(-predicted, predicted, weight, groups) == pytest.approx(1.0)


def test_chance_shuffles_inside_groups_alone() -> None:
    """A prediction that differs between markets and not inside them cannot be told from its shuffles."""
    groups = np.repeat([0, 1], 10)
    happened = groups + np.linspace(0, 0.1, 20)
    assert measures.chance(happened, groups.astype(float), np.ones(20), groups) == pytest.approx(1.0)


def flows() -> np.ndarray:
    return np.random.default_rng(2).uniform(1, 9, (4, 4, 2))


OUTSIDE = np.array([False, False, True, True])


def test_growth_of_everything_changes_no_share() -> None:
    M = flows()
    for yardstick in changes.YARDSTICKS:
        assert np.abs(np.nan_to_num(changes.change(M, 3 * M, OUTSIDE, yardstick))).max() < 1e-11


def test_a_suppliers_boom_everywhere_is_taken_out() -> None:
    M, after = flows(), flows()
    after[:, 2] *= 1.8
    net = changes.change(M, after, OUTSIDE, "net of supply")[0, [1, 2, 3]]
    gross = changes.change(M, after, OUTSIDE, "share of imports")[0, [1, 2, 3]]
    assert np.abs(net).max() < 1e-11
    assert (gross[1] > 10).all()
    assert (gross[[0, 2]] < 0).all()


def test_a_gain_in_one_market_alone_stays() -> None:
    M, after = flows(), flows()
    after[0, 2] *= 1.5
    net = changes.change(M, after, OUTSIDE, "net of supply")[0]
    assert (net[2] > 0).all()
    assert (net[[1, 3]] < 0).all()
    assert net[2] - net[1] == pytest.approx(100 * np.log([1.5, 1.5]))


def test_own_sales_count_in_spending_alone() -> None:
    M, after = flows(), flows()
    after[0, 0] *= 2
    assert np.abs(changes.change(M, after, OUTSIDE, "share of imports")[0, 1:]).max() < 1e-11
    assert (changes.change(M, after, OUTSIDE, "share of spending")[0, 1:] < 0).all()


def test_many_correlations_at_once_are_those_one_by_one() -> None:
    rng = np.random.default_rng(3)
    rows, p, w = rng.normal(size=(5, 20)), rng.normal(size=20), rng.uniform(0.1, 3, 20)
    assert measures.correlations(rows, p, w) == pytest.approx([measures.correlation(h, p, w) for h in rows])
    assert measures.correlations(np.ones((1, 20)), p, w) == pytest.approx([0.0], abs=1e-12)
