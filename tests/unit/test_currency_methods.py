"""Each method by itself: against statsmodels, closed forms, and simulations with known answers."""

from __future__ import annotations

import numpy as np
import pytest
from rates import linked_rates

from karvan.core.errors import SourceError
from karvan.macro.currency.breaks import CRITICAL, TRIM, score_statistics
from karvan.macro.currency.dcc import correlations, dcc, margin, variances
from karvan.macro.currency.hac import bartlett, basis, cosine, slopes
from karvan.macro.currency.heldout import coverage
from karvan.macro.currency.projections import project, responses_of
from karvan.macro.currency.rates import load
from karvan.macro.currency.rolling import rolling
from karvan.macro.currency.tail import blocks, exceedance, quantile_slope, quantile_slopes, shared


@pytest.fixture(scope="module")
def sample() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(5)
    n = 250
    W = np.column_stack([np.ones(n), rng.standard_normal((n, 3))])
    x = rng.standard_normal(n) + 0.5 * W[:, 1]
    u = np.convolve(rng.standard_normal(n + 4), np.ones(5), "valid") * (1 + 0.5 * np.abs(x))
    return np.column_stack([0.4 * x + u, -0.2 * x + u**2]), x, W


def test_slopes_and_errors_are_those_of_statsmodels(sample: tuple[np.ndarray, ...]) -> None:
    from statsmodels.regression.linear_model import OLS

    Y, x, W = sample
    ours = slopes(Y, x, W, errors="bartlett", lags=6)
    for h in (0, 1):
        theirs = OLS(Y[:, h], np.column_stack([x, W])).fit(
            cov_type="HAC", cov_kwds={"maxlags": 6, "use_correction": True}
        )
        assert ours.b[h] == pytest.approx(theirs.params[0], rel=1e-10)
        assert np.sqrt(ours.covariance[h, h]) == pytest.approx(theirs.bse[0], rel=1e-10)
        white = OLS(Y[:, h], np.column_stack([x, W])).fit(cov_type="HC3").bse[0]
        wider = slopes(Y[:, [h]], x, W)
        assert np.sqrt(wider.covariance[0, 0]) >= white * (1 - 1e-10)


def test_missing_rows_keep_their_distance_in_time(sample: tuple[np.ndarray, ...]) -> None:
    Y, x, W = (v.copy() for v in sample)
    x[100:104] = np.nan
    fit = slopes(Y, x, W, errors="bartlett", lags=0)
    dropped = slopes(np.delete(Y, range(100, 104), 0), np.delete(x, range(100, 104)), np.delete(W, range(100, 104), 0),
                     errors="bartlett", lags=0)  # fmt: skip
    assert fit.b == pytest.approx(dropped.b) and fit.covariance == pytest.approx(dropped.covariance)
    assert np.isnan(fit.residuals[100:104]).all() and fit.used.tolist() == [246, 246]


def test_long_run_variances_of_white_noise_and_of_a_moving_mean() -> None:
    rng = np.random.default_rng(1)
    e = rng.standard_normal((20_000, 1))
    assert bartlett(e, 0)[0, 0] == pytest.approx((e**2).sum())
    moving = e[1:] + e[:-1]  # long-run variance (1 + 1)**2 = 4
    n = len(moving)
    assert bartlett(moving, 100)[0, 0] / n == pytest.approx(4, rel=0.1)
    assert cosine(moving, 200)[0, 0] / n == pytest.approx(4, rel=0.2)
    assert np.linalg.eigvalsh(cosine(rng.standard_normal((100, 8)), 4)).min() > -1e-9


def test_a_basis_stands_collinear_columns() -> None:
    W = np.column_stack([np.ones(50), np.arange(50.0), np.arange(50.0), np.zeros(50)])
    Q = basis(W)
    assert Q.shape[1] == 2 and np.abs(Q.T @ Q - np.eye(2)).max() < 1e-12


def test_responses_end_inside_the_period() -> None:
    inside = np.array([False, True, True, True, False])
    found = responses_of(np.array([0.0, 1.0, 3.0, 6.0, 10.0]), inside, np.array([0, 1]))
    assert found[:, 0] == pytest.approx([np.nan, 1, 2, 3, np.nan], nan_ok=True)
    assert found[:, 1] == pytest.approx([np.nan, 3, 5, np.nan, np.nan], nan_ok=True)


def test_horizons_that_the_data_do_not_carry_say_what_they_need() -> None:
    rates = load("OWN", "NEI", linked_rates(120), "week", True, "refuse", None)
    response = project(rates, rates.periods[0])
    assert np.isfinite(response.own[13]) and np.isnan(response.own[52])
    note = response.table(whole=True).rows[52][-1]
    assert note == f"needs {5 * 53}"
    assert np.isfinite(response.draws(50, 0)[:, :, :14]).all()


def test_draws_have_the_moments_of_the_estimate() -> None:
    rates = load("OWN", "NEI", linked_rates(400), "week", True, "refuse", None)
    response = project(rates, rates.periods[0], longest=4)
    drawn = response.draws(40_000, 0)[:, 0]
    assert drawn.mean(axis=0) == pytest.approx(response.own, abs=0.01)
    inside = np.abs(drawn - response.own) <= response.half
    assert inside.mean(axis=0) == pytest.approx(0.90, abs=0.01)


def test_ranges_cover_the_truth_on_simulated_data() -> None:
    rates = load("OWN", "NEI", linked_rates(300), "week", True, "refuse", None)
    found = coverage(rates, repeats=120)
    assert [row[1] for row in found.rows] == [0, 1, 4, 13]
    assert all(84 <= row[4] <= 100 for row in found.rows), found.table()


def test_the_rolling_slope_follows_a_change() -> None:
    rates = load("OWN", "NEI", linked_rates(400, (0.5,), noise=1e-5), "week", True, "refuse", None)
    found = rolling(rates, 60)
    there = np.isfinite(found.slope)
    assert found.slope[there] == pytest.approx(0.5, abs=1e-3) and there.sum() > 300
    with pytest.raises(SourceError, match="too short for 4 coefficients: 20"):
        rolling(rates, 10)
    with pytest.raises(SourceError, match="one window needs 1000"):
        rolling(rates, 1000)


def test_variances_are_the_recursion() -> None:
    e = np.random.default_rng(2).standard_normal(300)
    h = variances(e, 0.1, 0.08, 0.9)
    loop = [np.mean(e**2)]
    for t in range(1, 300):
        loop.append(0.1 + 0.08 * e[t - 1] ** 2 + 0.9 * loop[-1])
    assert h == pytest.approx(loop, rel=1e-12)


def simulated_dcc(T: int, a: float, b: float, rho: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Standardised deviations of two series whose correlation moves by known a and b."""
    rng = np.random.default_rng(seed)
    S = np.array([[1.0, rho], [rho, 1.0]])
    Q, z, path = S.copy(), np.empty((T, 2)), np.empty(T)
    for t in range(T):
        path[t] = Q[0, 1] / np.sqrt(Q[0, 0] * Q[1, 1])
        R = np.array([[1.0, path[t]], [path[t], 1.0]])
        z[t] = np.linalg.cholesky(R) @ rng.standard_normal(2)
        Q = (1 - a - b) * S + a * np.outer(z[t], z[t]) + b * Q
    return z, path


def test_dcc_finds_known_parameters_and_the_path() -> None:
    z, path = simulated_dcc(4000, 0.06, 0.90, 0.4, 11)
    found = dcc(z)
    assert abs(found.a - 0.06) < 3 * found.se[0] < 0.06
    assert abs(found.b - 0.90) < 3 * found.se[1] < 0.15
    assert np.corrcoef(found.R[:, 1, 0], path)[0, 1] > 0.97


def test_dcc_of_two_is_that_of_many() -> None:
    z = simulated_dcc(400, 0.05, 0.9, 0.5, 3)[0]
    R = correlations(z, 0.05, 0.9)
    assert np.linalg.eigvalsh(R).min() > 0
    assert np.einsum("tii->ti", R) == pytest.approx(1)
    gauss = [-0.5 * (np.linalg.slogdet(r)[1] + v @ np.linalg.solve(r, v) - v @ v) for r, v in zip(R, z, strict=True)]
    from karvan.macro.currency.dcc import _products, _terms

    assert _terms(z, _products(z), 0.05, 0.9) == pytest.approx(gauss, abs=1e-10)


def test_a_margin_recovers_its_parameters() -> None:
    rng = np.random.default_rng(8)
    e, h = np.empty(6000), 1.0
    for t in range(6000):
        e[t] = np.sqrt(h) * rng.standard_normal()
        h = 0.05 + 0.10 * e[t] ** 2 + 0.85 * h
    found, z = margin(0.01 * e)
    assert (found.alpha, found.beta) == pytest.approx((0.10, 0.85), abs=0.03)
    assert found.omega == pytest.approx(0.05e-4, rel=0.5) and z.std() == pytest.approx(1, abs=0.02)


@pytest.mark.parametrize("n", [10, 249])
def test_too_few_for_garch(n: int) -> None:
    z = np.random.default_rng(0).standard_normal((n, 2))
    with pytest.raises(SourceError, match=f"{n} observations, 250 are needed"):
        margin(z[:, 0])
    with pytest.raises(SourceError, match=f"{n} observations, 250 are needed"):
        dcc(z)


@pytest.mark.parametrize("q", [0.1, 0.5, 0.9])
def test_quantile_slopes_are_those_of_statsmodels(q: float) -> None:
    rng = np.random.default_rng(4)
    x = rng.standard_normal(300)
    X = np.column_stack([np.ones(300), x, rng.standard_normal(300)])
    y = 0.5 * x + (1 + 0.4 * x) * rng.standard_normal(300)
    picks = np.vstack([np.arange(300), blocks(300, 1, rng)[0]])
    ours = quantile_slopes(y, X, q, picks, steps=400)
    assert ours[0] == pytest.approx(quantile_slope(y, X, q), abs=0.01)
    assert ours[1] == pytest.approx(quantile_slope(y[picks[1]], X[picks[1]], q), abs=0.02)


def test_shared_worst_steps() -> None:
    same = np.random.default_rng(6).standard_normal((5000, 2))
    assert shared(np.column_stack([same[:, 0], same[:, 0]])) == 1.0
    assert shared(same) == pytest.approx(0.1, abs=0.04)
    assert shared(np.column_stack([same[:, 0], -same[:, 0]])) == 0.0


def test_correlation_beyond_thresholds_of_a_normal_pair_falls() -> None:
    g = np.random.default_rng(7).standard_normal((400_000, 2))
    pair = np.column_stack([g[:, 0], 0.5 * g[:, 0] + np.sqrt(0.75) * g[:, 1]])
    assert (
        0.15 < exceedance(pair)[0] < 0.30
    )  # Longin and Solnik (2001): a normal pair loses its correlation in the tail


def test_blocks_stay_inside_and_keep_neighbours() -> None:
    picks = blocks(100, 50, np.random.default_rng(0))
    assert picks.shape == (50, 100) and picks.min() >= 0 and picks.max() < 100
    assert (np.diff(picks, axis=1) == 1).mean() > 0.7


def test_critical_values_of_the_search_are_those_of_a_brownian_bridge() -> None:
    rng = np.random.default_rng(9)
    n, repeats = 800, 6000
    walk = np.cumsum(rng.standard_normal((repeats, n)), axis=1) / np.sqrt(n)
    share = np.arange(1, n + 1) / n
    inner = (share >= TRIM) & (share <= 1 - TRIM)
    bridge = (walk - walk[:, -1:] * share)[:, inner] ** 2 / (share * (1 - share))[inner]
    largest = bridge.max(axis=1)
    for level, value in CRITICAL.items():
        assert np.quantile(largest, 1 - level) == pytest.approx(
            value, abs=0.25 + 6 * np.sqrt(level * (1 - level) / repeats) / level
        )


def test_score_statistics_are_the_robust_ones() -> None:
    rng = np.random.default_rng(10)
    D, e = rng.standard_normal((60, 3)), rng.standard_normal((60, 2))
    by_hand = [[(D[:, k] @ e[:, b]) ** 2 / (D[:, k] ** 2 @ e[:, b] ** 2) for b in (0, 1)] for k in range(3)]
    assert score_statistics(D, e) == pytest.approx(np.array(by_hand))
