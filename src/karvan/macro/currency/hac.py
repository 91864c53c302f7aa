"""Least squares for many horizons at once, with errors that allow for heteroskedasticity and autocorrelation."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Fit(NamedTuple):
    """One slope per horizon, their joint covariance, degrees of freedom of the errors, rows used, residuals."""

    b: np.ndarray  # (h,)
    covariance: np.ndarray  # (h, h)
    freedom: float
    used: np.ndarray  # (h,)
    residuals: np.ndarray  # (t, h), NaN where a row is not used


def slopes(Y: np.ndarray, x: np.ndarray, W: np.ndarray, *, errors: str = "wider", lags: int = 0) -> Fit:
    """Regress every column of Y on x and the controls W; return the slopes on x.

    Y_h[t] = b_h x[t] + g_h' W[t] + u_h[t];  score s_h[t] = x~_h[t] u_h[t], x~ = x less its fit on W (Frisch-Waugh);
    cov(b)[h, g] = Omega[h, g] / (D_h D_g),  D_h = sum x~_h**2.

    Omega by `errors`, times n / (n - k): "cosine", the mean outer product of nu = 0.4 T**(2/3) cosine transforms of the
    scores, t distribution with nu degrees (Lazarus, Lewis, Stock and Watson 2018, J. Bus. Econ. Stat. 36); "bartlett",
    weights up to `lags` (Newey and West 1987), normal distribution; "wider", the cosine one, scaled up where White's
    error of the same slope with leverage (HC3) is larger, which with lags among the controls is the right one for local
    projections (Montiel Olea and Plagborg-Moller 2021, Econometrica 89). A row that is missing has score zero, so that
    the others keep their distances in time.

    Parameters
    ----------
    Y : (t, h) responses, NaN where missing
    x : (t,) the impulse
    W : (t, k) controls with the constant
    lags : of "bartlett"
    """
    T, H = Y.shape
    b, used, D = np.full(H, np.nan), np.zeros(H, dtype=int), np.ones(H)
    white = np.zeros(H)
    scores, residuals = np.zeros((T, H)), np.full((T, H), np.nan)
    known = np.isfinite(x) & np.isfinite(W).all(axis=1)
    masks = known[:, None] & np.isfinite(Y)
    for h, same in _alike(masks):
        rows = np.flatnonzero(masks[:, h])
        used[same] = rows.size
        if rows.size <= W.shape[1] + 1:
            continue
        Q = basis(W[rows])
        xt = x[rows] - Q @ (Q.T @ x[rows])
        if xt @ xt <= 1e-12 * max(float(x[rows] @ x[rows]), 1e-300):
            continue
        y = Y[np.ix_(rows, same)]
        D[same] = xt @ xt
        b[same] = xt @ y / (xt @ xt)
        u = y - Q @ (Q.T @ y) - np.outer(xt, b[same])
        leverage = (Q**2).sum(axis=1) + xt**2 / (xt @ xt)
        score = xt[:, None] * u
        white[same] = ((score / np.maximum(1 - leverage, 1e-3)[:, None]) ** 2).sum(axis=0)
        residuals[np.ix_(rows, same)] = u
        scores[np.ix_(rows, same)] = score * np.sqrt(rows.size / (rows.size - W.shape[1] - 1))
    live = np.flatnonzero((scores != 0).any(axis=1))
    if not live.size:
        return Fit(b, np.full((H, H), np.nan), np.inf, used, residuals)
    scores = scores[live[0] : live[-1] + 1]
    if errors == "bartlett":
        return Fit(b, bartlett(scores, lags) / np.outer(D, D), np.inf, used, residuals)
    nu = max(4, int(0.4 * len(scores) ** (2 / 3)))
    omega = cosine(scores, nu)
    if errors == "wider":
        up = np.sqrt(np.maximum(1.0, white / np.maximum(np.diag(omega), 1e-300)))
        omega = omega * np.outer(up, up)
    return Fit(b, omega / np.outer(D, D), float(nu), used, residuals)


def bartlett(scores: np.ndarray, lags: int) -> np.ndarray:
    """(h, h) long-run covariance of scores (t, h), times t, with Bartlett weights (Newey and West 1987)."""
    total = scores.T @ scores
    for j in range(1, min(lags, len(scores) - 1) + 1):
        part = scores[j:].T @ scores[:-j]
        total = total + (1 - j / (lags + 1)) * (part + part.T)
    return total


def cosine(scores: np.ndarray, nu: int) -> np.ndarray:
    """(h, h) the same by the mean of nu cosine transforms: always positive semidefinite."""
    T = len(scores)
    waves = np.sqrt(2.0) * np.cos(np.pi * np.outer(np.arange(1, nu + 1), np.arange(T) + 0.5) / T)
    turned = waves @ scores
    return turned.T @ turned / nu


def basis(W: np.ndarray) -> np.ndarray:
    """(t, k) orthonormal columns that span those of W; by Cholesky where W has full rank, which is fast."""
    from scipy.linalg import solve_triangular

    scaled = W / np.maximum(np.sqrt((W**2).sum(axis=0)), 1e-300)
    try:
        L = np.linalg.cholesky(scaled.T @ scaled)
        if np.diag(L).min() > 1e-5:
            return solve_triangular(L, scaled.T, lower=True).T
    except np.linalg.LinAlgError:
        pass
    U, size, _ = np.linalg.svd(scaled, full_matrices=False)
    return U[:, size > 1e-10 * size[0]]


def _alike(masks: np.ndarray) -> list[tuple[int, np.ndarray]]:
    """Return the columns grouped by equal rows: (first of the group, all of it)."""
    groups: dict[bytes, list[int]] = {}
    for h in range(masks.shape[1]):
        groups.setdefault(masks[:, h].tobytes(), []).append(h)
    return [(same[0], np.array(same)) for same in groups.values()]
