"""Together in the tail: slopes at quantiles, shared worst steps, and correlation beyond thresholds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from karvan.core.table import Table
from karvan.macro.currency.rates import Rates
from karvan.macro.currency.shipped import Period

QUANTILES = (0.05, 0.10, 0.50, 0.90, 0.95)
BEYOND = 10  # observations outside a quantile that a slope there needs
WORST = 0.10  # the worst tenth of the steps
SHARED = 100  # observations of which a tenth is ten
JOINT = 15  # pairs beyond both thresholds that a correlation there needs
EXCEEDS = 0.70  # quantile of the thresholds of the exceedance correlation


@dataclass(frozen=True)
class Tail:
    """One number per measure with its 90 % bootstrap range; None where there are too few observations."""

    period: Period
    every: str
    rows: tuple[tuple[str, float | None, float | None, float | None, float | None, int, str], ...]

    def value(self, measure: str) -> tuple[float, float, float] | None:
        """Return estimate, low and high of a measure, or None."""
        row = next((r for r in self.rows if r[0] == measure), None)
        return None if row is None or row[1] is None else (row[1], row[2], row[3])  # type: ignore[return-value]

    def table(self) -> Table:
        """Return every measure; `beside` is what it would be without any link in the tail (see the column's note)."""
        title = f"{self.period.name}: together in the tail, steps of one {self.every}, 90 % range by block bootstrap"
        return Table(("measure", "value", "low", "high", "beside", "observations", "note"), self.rows, title)


def tail(rates: Rates, period: Period, draws: int | None = None, seed: int = 0) -> Tail:
    """Measure how the two currencies fall together.

    slope at quantile q: of our move given the neighbour's, oil and the dollar (Koenker and Bassett 1978);
    shared worst: of our worst tenth of steps, the share that falls into the neighbour's worst tenth (0.10 if they had
    nothing to do with each other); exceedance: correlation of the steps in which both are beyond their 70 % quantile
    (Longin and Solnik 2001), beside what a normal pair with the same correlation has.
    Ranges: moving blocks of n**(1/3) steps, `draws` times (default 299, with days 99).
    """
    draws = draws or (99 if rates.every == "day" else 299)
    keep = rates.inside(period) & np.isfinite(rates.moves).all(axis=1)
    m = rates.moves[keep]
    n = len(m)
    if n and (m[:, :2].std(axis=0) == 0).any():
        return Tail(period, rates.every, (("any", None, None, None, None, n, "a currency does not move"),))
    picks = blocks(n, draws, np.random.default_rng([seed, 2])) if n else np.zeros((0, 0), dtype=int)
    rows: list[tuple[str, float | None, float | None, float | None, float | None, int, str]] = []
    X = np.column_stack([np.ones(n), m[:, 1:]])
    for q in QUANTILES:
        name, need = f"slope at quantile {q:.2f}", round(BEYOND / min(q, 1 - q))
        if n < max(need, 5 * X.shape[1]):
            rows.append((name, None, None, None, None, n, f"needs {need} observations"))
            continue
        low, high = _range(quantile_slopes(m[:, 0], X, q, picks))
        rows.append((name, round(quantile_slope(m[:, 0], X, q), 3), low, high, None, n, ""))
    for name, pair in (("shared worst tenth", m[:, :2]), ("the same beyond oil and dollar", _beyond(m))):
        if n < SHARED:
            rows.append((name, None, None, None, None, n, f"needs {SHARED} observations"))
            continue
        low, high = _range(np.array([shared(pair[p]) for p in picks]))
        rows.append((name, round(shared(pair), 3), low, high, WORST, n, "beside: no link"))
    rows.append(_exceedance(m[:, :2], picks, seed))
    return Tail(period, rates.every, tuple(rows))


def blocks(n: int, draws: int, rng: np.random.Generator) -> np.ndarray:
    """(draws, n) positions of a moving-block bootstrap with blocks of n**(1/3) (Kunsch 1989)."""
    length = max(1, round(n ** (1 / 3)))
    starts = rng.integers(0, n - length + 1, (draws, -(-n // length)))
    return (starts[:, :, None] + np.arange(length)).reshape(draws, -1)[:, :n]


def shared(pair: np.ndarray) -> float:
    """Return the share of our worst tenth of steps (falls of our currency) that is in the neighbour's worst tenth."""
    k = max(1, round(WORST * len(pair)))
    ours, theirs = (set(np.argsort(pair[:, i], kind="stable")[-k:].tolist()) for i in (0, 1))
    return len(ours & theirs) / k


def quantile_slope(y: np.ndarray, X: np.ndarray, q: float) -> float:
    """Return the slope on the second column of X at a quantile (statsmodels)."""
    import warnings

    from statsmodels.regression.quantile_regression import QuantReg
    from statsmodels.tools.sm_exceptions import IterationLimitWarning

    scale = np.where(X.std(axis=0) > 0, X.std(axis=0), 1.0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", IterationLimitWarning)  # it cycles between two neighbours of the optimum
        found = QuantReg(y / y.std(), X / scale).fit(q=q, max_iter=2000, p_tol=1e-6)
    return float(found.params[1] * y.std() / scale[1])


def quantile_slopes(y: np.ndarray, X: np.ndarray, q: float, picks: np.ndarray, steps: int = 60) -> np.ndarray:
    """(draws,) the same for many resamples at once, by majorisation (Hunter and Lange 2000).

    theta <- (X' A X)^-1 X' (A y + (2q - 1) w),  A = w / (eps + |y - X theta|),  w how often a row is drawn
    """
    n = len(y)
    w = np.array([np.bincount(p, minlength=n) for p in picks], dtype=float)
    scale = np.where(X.std(axis=0) > 0, X.std(axis=0), 1.0)
    Z, v = X / scale, y / y.std()
    products = (Z[:, :, None] * Z[:, None, :]).reshape(n, -1)
    k, eps = Z.shape[1], 1e-4
    A = w.copy()
    theta = np.zeros((len(w), k))
    for _ in range(steps):
        left = (A @ products).reshape(-1, k, k) + 1e-10 * np.eye(k)
        right = (A * v + (2 * q - 1) * w) @ Z
        theta = np.linalg.solve(left, right[:, :, None])[:, :, 0]
        A = w / (eps + np.abs(v - theta @ Z.T))
    return theta[:, 1] * y.std() / scale[1]


def exceedance(pair: np.ndarray) -> tuple[float, int]:
    """Return the correlation of steps in which both are beyond their 70 % quantile, and how many there are."""
    edge = np.quantile(pair, EXCEEDS, axis=0)
    both = pair[(pair > edge).all(axis=1)]
    if len(both) < 3 or (both.std(axis=0) == 0).any():
        return float("nan"), len(both)
    return float(np.corrcoef(both.T)[0, 1]), len(both)


def _exceedance(
    pair: np.ndarray, picks: np.ndarray, seed: int
) -> tuple[str, float | None, float | None, float | None, float | None, int, str]:
    name = "correlation beyond 70 % of both"
    found, n = exceedance(pair) if len(pair) else (float("nan"), 0)
    if n < JOINT or not np.isfinite(found):
        return name, None, None, None, None, n, f"needs {JOINT} steps beyond both thresholds"
    low, high = _range(np.array([exceedance(pair[p])[0] for p in picks]))
    rho = float(np.corrcoef(pair.T)[0, 1])
    g = np.random.default_rng([seed, 3]).standard_normal((200_000, 2))
    normal = exceedance(np.column_stack([g[:, 0], rho * g[:, 0] + np.sqrt(1 - rho**2) * g[:, 1]]))[0]
    return name, round(found, 3), low, high, round(normal, 3), n, "beside: a normal pair"


def _beyond(m: np.ndarray) -> np.ndarray:
    """Return the moves of both currencies less what oil and the dollar explain."""
    W = np.column_stack([np.ones(len(m)), m[:, 2:]])
    return m[:, :2] - W @ np.linalg.lstsq(W, m[:, :2], rcond=None)[0]


def _range(found: np.ndarray) -> tuple[float, float]:
    low, high = np.nanquantile(found, [0.05, 0.95])
    return round(float(low), 3) + 0.0, round(float(high), 3) + 0.0
