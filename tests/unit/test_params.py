from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from worlds import random_world

from karvan import Normal, Params, Range, SymbolError, World, set_tariff, sweep
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


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ((0.2, -0.1), "a standard error is not negative"),
        ((np.nan, 0.1), "must be finite"),
        ((0.2, np.inf), "must be finite"),
        (([0.2, 0.3], 0.1), r"shapes \(2,\) and \(\)"),
        (([0.2, 0.3], np.eye(3)), r"shapes \(2,\) and \(3, 3\)"),
        ((np.eye(2), np.eye(2)), r"shapes \(2, 2\)"),
        (([0.2, 0.3], [[1.0, 0.5], [0.4, 1.0]]), "not symmetric"),
        (([0.2, 0.3], [[1.0, 2.0], [2.0, 1.0]]), "not positive definite"),
    ],
)
def test_bad_normals(given: tuple[object, ...], message: str) -> None:
    with pytest.raises(SymbolError, match=message):
        Normal(*given)


def test_a_normal_has_its_ends_and_moments() -> None:
    entry = Normal(0.2, 0.1, "a paper")
    assert (entry.mode, entry.se) == (0.2, pytest.approx(0.1))
    assert (entry.low, entry.high) == (pytest.approx(0.03551464), pytest.approx(0.36448536))
    drawn = np.array([entry.draw("x", 1, k) for k in range(4000)])
    assert drawn.mean() == pytest.approx(0.2, abs=0.006)
    assert drawn.std() == pytest.approx(0.1, rel=0.05)
    assert (drawn < entry.low).mean() == pytest.approx(0.05, abs=0.012)
    assert entry.draw("x", 1, 1) == Params(y=Range(1, 0, 2), x=entry).draw(1, 1)["x"]
    assert entry.draw("x", 1, 1) != entry.draw("x", 1, 2) != entry.draw("x", 2, 2)


def test_a_joint_normal_has_its_covariance() -> None:
    spread = np.array([[0.04, 0.03, 0.0], [0.03, 0.09, 0.01], [0.0, 0.01, 0.01]])
    entry = Normal([1.0, 2.0, 3.0], spread)
    np.testing.assert_allclose(entry.se, [0.2, 0.3, 0.1])
    drawn = np.array([entry.draw("x", 1, k) for k in range(4000)])
    np.testing.assert_allclose(drawn.mean(axis=0), [1.0, 2.0, 3.0], atol=0.02)
    np.testing.assert_allclose(np.cov(drawn.T), spread, atol=0.005)
    np.testing.assert_array_equal(Normal([1.0, 2.0], spread[:2, :2]).draw("x", 5, 3), entry.draw("x", 5, 3)[:2])
    apart = Normal([1.0, 2.0], [0.2, 0.3])
    np.testing.assert_array_equal(apart.draw("x", 5, 3), Normal([1.0, 2.0], np.diag([0.04, 0.09])).draw("x", 5, 3))


def test_elasticities_may_be_normal_and_are_saved_so(tmp_path: Path) -> None:
    world = random_world(3, 4, 3)
    spread = 0.04 * np.eye(3) + 0.01
    world = world.rebuilt(params=Params(theta=Normal(world.theta, spread, "a paper")))
    world.save(tmp_path / "w.npz")
    again = World.load(tmp_path / "w.npz")
    assert again.sha256 == world.sha256
    law = again.params.entries["theta"]
    assert isinstance(law, Normal)
    assert law.source == "a paper"
    np.testing.assert_array_equal(law.draw("theta", 1, 2), world.params.entries["theta"].draw("theta", 1, 2))
    change = set_tariff(importer="C00", exporter="C01", rate=0.4)
    assert sweep(again, change, draws=2).sample("welfare_hat", "set_tariff").shape == (2, 4)
