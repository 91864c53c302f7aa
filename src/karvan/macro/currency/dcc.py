"""Correlation that moves: GARCH(1,1) margins and dynamic conditional correlation (Engle 2002)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from karvan.core.errors import ConvergenceError, SourceError
from karvan.core.table import Table
from karvan.macro.currency.rates import Rates
from karvan.macro.currency.shipped import Period

NEEDED = 250  # observations; below, the margins of a GARCH are not estimated with any use


class Margin(NamedTuple):
    """One GARCH(1,1): h[t] = omega + alpha e[t-1]**2 + beta h[t-1]; e in the unit of the data."""

    omega: float
    alpha: float
    beta: float
    loglik: float


class DccFit(NamedTuple):
    """Q[t] = (1 - a - b) S + a z[t-1] z[t-1]' + b Q[t-1]; R[t] is Q[t] scaled to a unit diagonal."""

    a: float
    b: float
    se: tuple[float, float]  # sandwich of the second step alone: the error of the margins is not in it
    loglik: float  # of the second step, Gaussian: -(log|R| + z' R^-1 z - z' z) / 2 summed
    R: np.ndarray  # (t, k, k)


@dataclass(frozen=True)
class Correlation:
    """The path of the conditional correlation of both currencies, with its parameters."""

    period: Period
    every: str
    dates: np.ndarray
    rho: np.ndarray
    margins: tuple[Margin, Margin]
    fit: DccFit
    constant: float

    def table(self) -> Table:
        """Return mean, smallest and largest correlation by year."""
        years = self.dates.astype("datetime64[Y]")
        rows = []
        for year in np.unique(years):
            r = self.rho[years == year]
            rows.append((int(str(year)), *(round(float(v), 3) for v in (r.mean(), r.min(), r.max())), r.size))
        title = (
            f"conditional correlation, {self.period.name} (a = {self.fit.a:.3f}, b = {self.fit.b:.3f}; "
            f"constant correlation {self.constant:.2f})"
        )
        return Table(("year", "mean", "lowest", "highest", "observations"), tuple(rows), title)


def variances(e: np.ndarray, omega: float, alpha: float, beta: float) -> np.ndarray:
    """(t,) conditional variances of a GARCH(1,1), h[0] the mean square of e; a linear filter, no loop."""
    from scipy.signal import lfilter

    first = float((e**2).mean())
    rest = lfilter([1.0], [1.0, -beta], omega + alpha * e[:-1] ** 2, zi=[beta * first])[0]
    return np.concatenate([[first], rest])


def margin(e: np.ndarray) -> tuple[Margin, np.ndarray]:
    """Fit a GARCH(1,1) to deviations from the mean by Gaussian quasi-likelihood (library `arch`).

    Returns
    -------
    the parameters and (t,) standardised deviations e / sqrt(h)

    Raises
    ------
    SourceError
        Fewer than 250 observations.
    ConvergenceError
        The library did not converge: nothing is returned.
    """
    from arch.univariate import GARCH, ZeroMean

    if e.size < NEEDED:
        raise SourceError(f"GARCH: {e.size} observations, {NEEDED} are needed")
    scale = 1.0 / float(e.std())
    found = ZeroMean(e * scale, volatility=GARCH(1, 0, 1)).fit(disp="off", show_warning=False, backcast=1.0)
    if found.convergence_flag != 0:
        raise ConvergenceError(f"GARCH: the library stopped with flag {found.convergence_flag}; no estimate is given")
    omega, alpha, beta = (float(v) for v in found.params)
    loglik = float(found.loglikelihood) + e.size * np.log(scale)
    h = np.asarray(found.conditional_volatility)
    return Margin(omega / scale**2, alpha, beta, loglik), e * scale / h


def dcc(z: np.ndarray) -> DccFit:
    """Fit dynamic conditional correlations to standardised deviations (t, k), second step of Engle (2002).

    S is the mean of z z' (correlation targeting) and Q[0] = S. The recursion is a linear filter over the k (k + 1) / 2
    products; the likelihood is in closed form for two series and by batched factors for more.

    Raises
    ------
    SourceError
        Fewer than 250 observations, or fewer than two series.
    ConvergenceError
        No maximum was found.
    """
    from scipy.optimize import minimize

    if z.ndim != 2 or z.shape[1] < 2:
        raise SourceError(f"DCC: two series or more are needed, got shape {z.shape}")
    if len(z) < NEEDED:
        raise SourceError(f"DCC: {len(z)} observations, {NEEDED} are needed")
    pairs = _products(z)

    def loss(theta: np.ndarray) -> float:
        return -float(_terms(z, pairs, *_bounded(theta)).sum())

    starts = [(0.02, 0.95), (0.05, 0.85), (0.01, 0.6)]
    found = min(
        (
            minimize(loss, _free(*s), method="Nelder-Mead", options={"xatol": 1e-7, "fatol": 1e-8, "maxiter": 2000})
            for s in starts
        ),
        key=lambda r: float(r.fun),
    )
    if not found.success:
        raise ConvergenceError(f"DCC: no maximum found ({found.message})")
    a, b = _bounded(found.x)
    return DccFit(a, b, _errors(z, pairs, a, b), -float(found.fun), correlations(z, a, b))


def correlations(z: np.ndarray, a: float, b: float) -> np.ndarray:
    """(t, k, k) conditional correlations for given parameters."""
    k = z.shape[1]
    Q = _paths(_products(z), a, b)
    full = np.empty((len(z), k, k))
    i, j = np.tril_indices(k)
    full[:, i, j] = full[:, j, i] = Q
    d = np.sqrt(np.einsum("tii->ti", full))
    return full / (d[:, :, None] * d[:, None, :])


def _products(z: np.ndarray) -> np.ndarray:
    i, j = np.tril_indices(z.shape[1])
    return z[:, i] * z[:, j]


def _paths(pairs: np.ndarray, a: float, b: float) -> np.ndarray:
    """(t, p) elements of Q."""
    from scipy.signal import lfilter

    S = pairs.mean(axis=0)
    rest = lfilter([1.0], [1.0, -b], (1 - a - b) * S + a * pairs[:-1], axis=0, zi=(b * S)[None])[0]
    return np.vstack([S, rest])


def _terms(z: np.ndarray, pairs: np.ndarray, a: float, b: float) -> np.ndarray:
    """(t,) contributions to the likelihood of the second step."""
    if z.shape[1] == 2:
        Q = _paths(pairs, a, b)
        r = Q[:, 1] / np.sqrt(Q[:, 0] * Q[:, 2])
        one = np.maximum(1 - r**2, 1e-12)
        square = pairs[:, 0] + pairs[:, 2]
        return -0.5 * (np.log(one) + (square - 2 * r * pairs[:, 1]) / one - square)
    R = correlations(z, a, b)
    L = np.linalg.cholesky(R)
    w = np.linalg.solve(L, z[:, :, None])[:, :, 0]
    logs = 2 * np.log(np.einsum("tii->ti", L)).sum(axis=1)
    return -0.5 * (logs + (w**2).sum(axis=1) - (z**2).sum(axis=1))


def _bounded(theta: np.ndarray) -> tuple[float, float]:
    """a, b > 0 with a + b < 1."""
    total = 1 / (1 + np.exp(-theta[0]))
    share = 1 / (1 + np.exp(-theta[1]))
    return float(total * share), float(total * (1 - share))


def _free(a: float, b: float) -> np.ndarray:
    return np.array([np.log((a + b) / (1 - a - b)), np.log(a / b)])


def _errors(z: np.ndarray, pairs: np.ndarray, a: float, b: float) -> tuple[float, float]:
    """Sandwich errors by central differences of the contributions."""
    at, step = np.array([a, b]), np.array([1e-4, 1e-4]) * max(min(a, b, 1 - a - b), 1e-4)

    def terms(x: np.ndarray) -> np.ndarray:
        return _terms(z, pairs, float(x[0]), float(x[1]))

    E: np.ndarray = np.diag(step)
    score = np.column_stack([(terms(at + E[i]) - terms(at - E[i])) / (2 * step[i]) for i in (0, 1)])
    H: np.ndarray = np.empty((2, 2))
    for i in (0, 1):
        for j in (0, 1):
            four = [terms(at + s * E[i] + u * E[j]).sum() * s * u for s in (1, -1) for u in (1, -1)]
            H[i, j] = sum(four) / (4 * step[i] * step[j])
    try:
        inverse = np.linalg.inv(H)
    except np.linalg.LinAlgError:
        return float("nan"), float("nan")
    V = inverse @ (score.T @ score) @ inverse
    return float(np.sqrt(V[0, 0])), float(np.sqrt(V[1, 1]))


def correlation(rates: Rates, period: Period) -> Correlation:
    """Fit margins and dynamic correlation to the moves of both currencies in a period.

    Raises
    ------
    SourceError
        Fewer than 250 observations: says how many there are.
    ConvergenceError
        A step did not converge.
    """
    keep = rates.inside(period) & np.isfinite(rates.moves[:, :2]).all(axis=1)
    if keep.sum() < NEEDED:
        raise SourceError(
            f"moving correlation, {period.name}: {int(keep.sum())} observations, {NEEDED} are needed; "
            "take a longer period, or days in place of weeks"
        )
    if (rates.moves[keep, :2].std(axis=0) == 0).any():
        raise SourceError(f"moving correlation, {period.name}: a currency does not move")
    e = rates.moves[keep, :2] - rates.moves[keep, :2].mean(axis=0)
    fitted: list[Any] = [margin(e[:, i]) for i in (0, 1)]
    z = np.column_stack([f[1] for f in fitted])
    found = dcc(z)
    constant = float(np.asarray(np.corrcoef(e.T))[0, 1])
    return Correlation(
        period, rates.every, rates.dates[keep], found.R[:, 1, 0], (fitted[0][0], fitted[1][0]), found, constant
    )
