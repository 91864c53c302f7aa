"""Gravity against statsmodels with a dummy for every effect, and the bias correction against brute force."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from flows import flows

from karvan import gravity
from karvan.estimate.gravity.bias import Panel, correction, laid_out, side, spread

TWO_WAY = "exporter-year importer-year"


def dummies(table: pd.DataFrame, *groups: list[str]) -> np.ndarray:
    """A column for every level but the first of each group but the first."""
    keys = [table[g].astype(str).agg("-".join, axis=1) for g in groups]
    made = [pd.get_dummies(k, drop_first=n > 0).to_numpy(float) for n, k in enumerate(keys)]
    columns = np.hstack(made)
    _, r = np.linalg.qr(columns)
    return columns[:, np.abs(np.diag(r)) > 1e-9]


@pytest.mark.parametrize("effects", [TWO_WAY, TWO_WAY + " pair"])
def test_ppml_is_poisson_with_dummies(effects: str) -> None:
    import statsmodels.api as sm

    table = flows(6, 4, zeros=0.1, noise=0.8, seed=3)
    groups = [["exporter", "year"], ["importer", "year"], *([["exporter", "importer"]] if "pair" in effects else [])]
    on = ["agreement"] if "pair" in effects else ["agreement", "log(distance)"]
    X = np.column_stack([table.agreement, *([np.log(table.distance)] if len(on) == 2 else [])])
    pairs = pd.factorize(table.exporter + table.importer)[0]
    model = sm.GLM(table.trade, np.hstack([X, dummies(table, *groups)]), family=sm.families.Poisson())
    theirs = model.fit(tol=1e-13, cov_type="cluster", cov_kwds={"groups": pairs, "use_correction": False})
    ours = gravity(table, on=on, effects=effects, domestic=True)
    k, G = len(on), len(np.unique(pairs))
    np.testing.assert_allclose(ours.b, theirs.params[:k], atol=1e-6)
    covariance = np.asarray(theirs.cov_params())[:k, :k] * G / (G - 1)
    np.testing.assert_allclose(ours.covariance, covariance, rtol=1e-5, atol=1e-8)
    np.testing.assert_allclose(ours.se, np.sqrt(np.diag(covariance)), atol=1e-6)
    np.testing.assert_allclose(ours.fitted, np.asarray(theirs.fittedvalues)[ours.rows], rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("small_sample", ["clusters", "parameters"])
def test_ols_is_least_squares_with_dummies(small_sample: str) -> None:
    import statsmodels.api as sm

    table = flows(6, 4, seed=4)
    D = dummies(table, ["exporter", "year"], ["importer", "year"])
    X = np.column_stack([table.agreement, np.log(table.distance), D])
    pairs = pd.factorize(table.exporter + table.importer)[0]
    theirs = sm.OLS(np.log(table.trade.to_numpy()), X).fit(
        cov_type="cluster", cov_kwds={"groups": pairs, "use_correction": small_sample == "parameters"}
    )
    ours = gravity(
        table,
        on="agreement log(distance)",
        effects=TWO_WAY,
        domestic=True,
        estimator="ols",
        small_sample=small_sample,
    )
    G = len(np.unique(pairs))
    # Of 24 + 24 effects fixest's count leaves out one, although one a year follows from the others.
    counted, rank = 2 + 24 + 24 - 1, X.shape[1]
    factor = (144 - rank) / (144 - counted) if small_sample == "parameters" else G / (G - 1)
    np.testing.assert_allclose(ours.b, theirs.params[:2], atol=1e-8)
    np.testing.assert_allclose(ours.covariance, np.asarray(theirs.cov_params())[:2, :2] * factor, rtol=1e-6)
    assert ours.fit == pytest.approx(theirs.rsquared, abs=1e-8)


def profile(pi: np.ndarray, y: np.ndarray) -> float:
    """Log-likelihood of one pair's flows over time when its own effect is at its best: multinomial."""
    return float(y @ (pi - np.log(np.exp(pi).sum())))


def derivative(function, at: np.ndarray, h: float = 1e-3) -> np.ndarray:
    """Central differences of a function of a vector, along a new last axis."""
    steps = h * np.eye(at.size)
    return np.stack([(function(at + s) - function(at - s)) / (2 * h) for s in steps], axis=-1)


def test_bias_terms_are_derivatives_of_the_profile_likelihood() -> None:
    """B from the definition: Hessian and third derivatives of every pair by finite differences."""
    rng = np.random.default_rng(0)
    N, T = 4, 3
    pairs = [(i, j) for i in range(N) for j in range(N) if i != j]
    mu = np.exp(rng.normal(size=(len(pairs), T)))
    y = mu * np.exp(rng.normal(0, 0.4, mu.shape))
    y *= (mu.sum(1) / y.sum(1))[:, None]  # the pair's first-order condition
    x = rng.normal(size=mu.shape)
    x -= ((mu * x).sum(1) / mu.sum(1))[:, None]
    exporter = np.array([i for i, _ in pairs])
    total = 0.0
    for n in range(N):
        H, xHS, Gx, SS = (np.zeros((T, T)) for _ in range(4))
        for p in np.flatnonzero(exporter == n):
            pi = np.log(mu[p])

            def hessian(at: np.ndarray, p: int = p) -> np.ndarray:
                return derivative(lambda v: derivative(lambda u: profile(u, y[p]), v), at)

            S = derivative(lambda v, p=p: np.asarray(profile(v, y[p])), pi)
            H -= hessian(pi)
            xHS += np.outer(-hessian(pi) @ x[p], S)
            Gx += derivative(hessian, pi) @ x[p]
            SS += np.outer(S, S)
        P = np.linalg.pinv(H, rcond=1e-4, hermitian=True)
        total += -np.trace(P @ xHS) + np.trace(Gx @ P @ SS @ P) / 2
    panel = Panel(y, mu, x[:, :, None], exporter, np.array([j for _, j in pairs]))
    assert side(panel, exporter)[0] == pytest.approx(total * N / (N - 1), rel=1e-4)


def test_leverage_is_the_projection_on_all_effects() -> None:
    """With every effect and regressor as a column, scores are scaled by a weighted regression's hat matrix."""
    table = flows(5, 3, seed=2)
    table = table[table.exporter != table.importer].reset_index(drop=True)
    found = gravity(table, on="agreement", effects=TWO_WAY + " pair", domestic=False, tol=1e-13)
    mu, y = found.fitted, table.trade.to_numpy()
    D = np.hstack([table[["agreement"]].to_numpy(), dummies(table, ["exporter", "year"], ["importer", "year"])])
    E = dummies(table, ["exporter", "importer"])
    root = np.sqrt(mu)[:, None]
    within = D - E @ np.linalg.lstsq(root * E, root * D, rcond=None)[0]  # pair effects out: H = within' mu within
    hat = within @ np.linalg.pinv((within * mu[:, None]).T @ within) @ within.T
    effects_only = within[:, 1:]
    x = within[:, 0] - effects_only @ np.linalg.lstsq(root * effects_only, root[:, 0] * within[:, 0], rcond=None)[0]
    pair, Omega = (table.exporter + table.importer).to_numpy(), 0.0
    for p in np.unique(pair):
        of = np.flatnonzero(pair == p)
        theta, total = mu[of] / mu[of].sum(), mu[of].sum()
        H = total * (np.diag(theta) - np.outer(theta, theta))
        S = y[of] - mu[of]
        Omega += x[of] @ np.linalg.solve(np.eye(of.size) - H @ hat[np.ix_(of, of)], S) * (S @ x[of])
    W, G = (mu * x * x).sum(), len(np.unique(pair))
    corrected = gravity(table, on="agreement", domestic=False, bias_correction=True, tol=1e-13)
    assert corrected.covariance[0, 0] == pytest.approx(G / (G - 1) * Omega / W**2, rel=1e-5)
    assert corrected.se[0] > corrected.se_uncorrected[0]


def test_leverage_by_own_blocks_is_close() -> None:
    """Where the effects are too many to invert together, their own blocks stand in; here 12 countries, 3 years."""
    table = flows(12, 3, seed=5)
    table = table[table.exporter != table.importer].reset_index(drop=True)
    found = gravity(table, on="agreement", domestic=False)
    codes = {c: pd.factorize(table[c], sort=True)[0] for c in ("exporter", "importer", "year")}
    x = table.agreement - np.average(table.agreement, weights=found.fitted)
    panel = laid_out(table.trade.to_numpy(), found.fitted, x.to_numpy()[:, None], *codes.values())
    W = np.linalg.inv(np.einsum("ptk,pt,ptl->kl", panel.X, panel.mu, panel.X))
    (joint, exact), (own, near) = (spread(panel, W, limit) for limit in (10**6, 0))
    assert exact and not near
    assert np.sqrt(own[0, 0]) == pytest.approx(np.sqrt(joint[0, 0]), rel=0.03)
    assert correction(panel).exact


def test_the_bias_is_found_and_reduced() -> None:
    """Antithetic noise cancels in b to first order, so that the mean of the two is the bias and little else.

    14 countries, 2 years, errors larger where x is; the formula is of first order in 1/14.
    """
    rng = np.random.default_rng(1)
    N, T, truth = 14, 2, 0.5
    i, j, t = (v.ravel() for v in np.meshgrid(np.arange(N), np.arange(N), np.arange(T), indexing="ij"))
    i, j, t = (v[i != j] for v in (i, j, t))
    x = rng.uniform(-1, 1, i.size)
    effects = rng.normal(0, 0.3, (3, N, N))
    mean = np.exp(truth * x + effects[0][i, t] + effects[1][j, t] + effects[2][i, j])
    before, after = [], []
    for _ in range(12):
        noise = 0.25 * np.exp(x) * rng.choice([-1.0, 1.0], i.size)
        for sign in (1, -1):
            table = {"exporter": i, "importer": j, "year": t, "trade": mean * (1 + sign * noise), "x": x}
            found = gravity(pd.DataFrame(table), on="x", bias_correction=True)
            before.append(found.b[0] + found.bias[0] - truth)
            after.append(found.b[0] - truth)
    spread_of_mean = np.std(np.reshape(before, (-1, 2)).mean(axis=1)) / np.sqrt(12)
    assert np.mean(before) < -4 * spread_of_mean
    assert abs(np.mean(after)) < 0.6 * abs(np.mean(before))
