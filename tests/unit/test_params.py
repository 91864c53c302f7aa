from __future__ import annotations

import numpy as np
import pytest

from karvan import Params, Range, SymbolError
from karvan.core.params import triangular


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ((5.0, 6.0, 8.0), "low <= mode <= high is broken"),
        ((5.0, 2.0, 4.0), "low <= mode <= high is broken"),
        ((np.nan, 2.0, 4.0), "must be finite"),
        ((np.ones(2), 1.0, 1.0), "have shapes"),
        ((3.0, 2.0, 4.0, "", 1.5), "together is 1.5"),
    ],
)
def test_bad_ranges(given: tuple[object, ...], message: str) -> None:
    with pytest.raises(SymbolError, match=message):
        Range(*given)


def test_triangular_by_hand() -> None:
    """Between 0 and 10 with its peak at 2, one fifth lies below the peak, and half below 10 - sqrt(40)."""
    low, mode, high = np.array(0.0), np.array(2.0), np.array(10.0)
    assert triangular(np.array(0.2), low, mode, high) == pytest.approx(2.0)
    assert triangular(np.array(0.5), low, mode, high) == pytest.approx(10 - np.sqrt(40))
    assert triangular(np.array(0.05), low, mode, high) == pytest.approx(1.0)
    assert triangular(np.array(0.3), mode, mode, mode) == pytest.approx(2.0)


def test_draws_have_the_moments_of_a_triangle() -> None:
    entry = Range(4.0, 2.0, 9.0)
    drawn = np.array([entry.draw("theta", 1, k) for k in range(4000)])
    assert 2 < drawn.min() < drawn.max() < 9
    assert drawn.mean() == pytest.approx(5.0, abs=0.1)
    assert drawn.var() == pytest.approx((4 + 16 + 81 - 8 - 18 - 36) / 18, rel=0.1)


def test_a_draw_is_the_same_whatever_else_is_drawn() -> None:
    a, b = Range(4.0, 2.0, 9.0), Range(np.full(3, 4.0), np.full(3, 2.0), np.full(3, 9.0))
    both, other = Params(x=a, theta=b), Params(theta=b, x=a)
    for draw in (0, 5, 3):
        assert both.draw(7, draw)["x"] == other.draw(7, draw)["x"] == a.draw("x", 7, draw)
        np.testing.assert_array_equal(both.draw(7, draw)["theta"], Params(theta=b).draw(7, draw)["theta"])
    assert a.draw("x", 7, 1) != a.draw("x", 7, 2) != a.draw("x", 8, 2)
    assert a.draw("x", 7, 1) != a.draw("y", 7, 1)


def test_together_moves_all_cells_as_one() -> None:
    shape = (np.full(5, 4.0), np.full(5, 2.0), np.full(5, 9.0))
    one = Range(*shape, together=1.0).draw("theta", 1, 1)
    assert np.ptp(one) < 1e-12
    assert np.ptp(Range(*shape).draw("theta", 1, 1)) > 0.1
    pairs = np.array([Range(*shape, together=0.6).draw("theta", 1, k)[:2] for k in range(2000)])
    assert np.corrcoef(pairs.T)[0, 1] == pytest.approx(0.6, abs=0.06)


def test_params_hold_ranges_only() -> None:
    with pytest.raises(SymbolError, match="parameter 'theta': expected a Range"):
        Params(theta=4.0)
    assert repr(Params()) == "Params(nothing uncertain)"
    assert repr(Params(theta=Range(4.0, 2.0, 9.0))) == "Params(theta)"
