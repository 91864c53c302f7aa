"""Does it hold? Bands fitted to the past against what followed, and the coverage of ranges where the truth is known."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from karvan.core.table import Table
from karvan.macro.currency.hac import slopes
from karvan.macro.currency.projections import LAGS, LEVEL, WINDOWS, design, responses_of
from karvan.macro.currency.rates import MONTHS, Rates
from karvan.macro.currency.shipped import Period

FIRST = 0.6  # part of a period on which is fitted; the rest is tested
REACH = 3  # lags of the neighbour's move in the process that is simulated


@dataclass(frozen=True)
class HeldOut:
    """Share of later windows inside the 90 % band, and the gain of knowing the neighbour's move."""

    rows: tuple[tuple[str, str, int, int, float, float, float], ...]

    def table(self) -> Table:
        """Return one row per fit, test and horizon; `gain` is 1 less the ratio of root mean squares of misses."""
        columns = ("fitted on", "tested on", "months", "windows", "inside %", "mean miss %", "gain %")
        title = (
            "bands for our currency given the neighbour's, oil and the dollar, fitted before: share of what followed "
            "inside (90 would be right); gain over the same without the neighbour"
        )
        return Table(columns, self.rows, title)


def held_out(rates: Rates) -> HeldOut:
    """Fit on the first 60 % of each period and test on the rest; fit on each period and test on the next."""
    main = [p for p in rates.periods if p.kind == "period"]
    pairs = []
    for p in main:
        dates = rates.dates[rates.inside(p)]
        cut = dates[int(FIRST * len(dates))]
        early = Period(f"{p.name}, to {cut}", "part", p.start, str(cut))
        late = Period(f"{p.name}, rest", "part", str(cut + np.timedelta64(1, "D")), p.end)
        pairs.append((early, late))
    pairs += list(pairwise(main))
    rows = []
    for fitted, tested in pairs:
        for months, h in MONTHS[rates.every].items():
            row = _test(rates, fitted, tested, months, h)
            if row is not None:
                rows.append(row)
    return HeldOut(tuple(rows))


def _test(
    rates: Rates, fitted: Period, tested: Period, months: int, h: int
) -> tuple[str, str, int, int, float, float, float] | None:
    sides = []
    for period in (fitted, tested):
        inside = rates.inside(period)
        x, W = design(rates, inside, True, LAGS[rates.every])
        y = responses_of(rates.levels[:, 0], inside, np.array([h]))[:, 0]
        good = np.isfinite(x) & np.isfinite(W).all(axis=1) & np.isfinite(y)
        sides.append((np.column_stack([W, x])[good], y[good]))
    (X, y), (X2, y2) = sides
    need = max(WINDOWS * (h + 1), 3 * X.shape[1])
    still = len(y) < 2 or y.std() == 0 or X[:, -1].std() == 0 or len(y2) < 2 or y2.std() == 0
    if still or len(y) < need or len(y2) < 2 * (h + 1):
        return None
    misses = []
    for k in (X.shape[1], X.shape[1] - 1):
        beta = np.linalg.lstsq(X[:, :k], y, rcond=None)[0]
        misses.append((y - X[:, :k] @ beta, y2 - X2[:, :k] @ beta))
    wide = np.sqrt(len(y) / (len(y) - X.shape[1]))
    low, high = wide * np.quantile(misses[0][0], [0.5 - LEVEL / 2, 0.5 + LEVEL / 2])
    miss = misses[0][1]
    share = float(((miss >= low) & (miss <= high)).mean())
    gain = 1 - float(np.sqrt((miss**2).mean() / (misses[1][1] ** 2).mean()))
    shown = (round(100 * share, 1), round(100 * float(miss.mean()), 1), round(100 * gain, 1))
    return fitted.name, tested.name, months, len(y2), *shown


@dataclass(frozen=True)
class Coverage:
    """How often the 90 % range of a response holds the truth, on simulated data of the same size and unrest."""

    rows: tuple[tuple[str, int, float, float, float, int], ...]
    repeats: int

    def table(self) -> Table:
        """Return one row per period and horizon."""
        title = (
            f"coverage of the 90 % ranges in {self.repeats} simulated samples (moves of the period in random order, "
            "residuals in blocks, response known)"
        )
        return Table(("period", "horizon", "truth", "mean estimate", "covered %", "observations"), self.rows, title)


def coverage(rates: Rates, repeats: int = 200, seed: int = 0) -> Coverage:
    """Simulate our currency with a known response to the neighbour's, and count how often the range holds it.

    dy[t] = sum_j beta_j dx[t - j] + c' dw[t] + e[t], beta, c and e fitted to the period; rows (dx, dw) in random order,
    e in moving blocks with random signs, so that calm and stormy times stay. The true cumulative response is then the
    sum of beta_j to the horizon.
    """
    from scipy.stats import t

    horizons = [0, 1, *MONTHS[rates.every].values()]
    rows = []
    for period in rates.periods:
        moves = rates.moves[rates.inside(period) & np.isfinite(rates.moves).all(axis=1)]
        n, k = len(moves), moves.shape[1]
        hs = np.array([h for h in dict.fromkeys(horizons) if WINDOWS * (h + 1) <= n - h - LAGS[rates.every] - 1])
        if n < 60 or not hs.size:
            continue
        beta, other, e = _process(moves)
        truth = np.cumsum(beta)[np.minimum(hs, REACH)]
        found, hits = np.zeros(hs.size), np.zeros(hs.size)
        for r in range(repeats):
            rng = np.random.default_rng([seed, 6, r])
            levels = _simulated(moves, beta, other, e, rng)
            fake = Rates("a", "b", rates.every, np.arange(n + 1).astype("datetime64[D]"), levels, rates.controls, ())
            inside = np.ones(n + 1, dtype=bool)
            x, W = design(fake, inside, k > 2, LAGS[rates.every])
            fit = slopes(responses_of(levels[:, 0], inside, hs), x, W)
            half = t.ppf(0.5 + LEVEL / 2, fit.freedom) * np.sqrt(np.diag(fit.covariance))
            hits += np.abs(fit.b - truth) <= half
            found += fit.b
        for i, h in enumerate(hs):
            share = round(100 * float(hits[i]) / repeats, 1)
            rows.append((period.name, int(h), round(float(truth[i]), 3), round(float(found[i]) / repeats, 3), share, n))
    return Coverage(tuple(rows), repeats)


def _process(moves: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Fit beta (4,), the coefficients of oil and dollar, and residuals."""
    n = len(moves)
    lagged = [np.r_[np.zeros(j), moves[: n - j, 1]] for j in range(REACH + 1)]
    X = np.column_stack([np.ones(n), *lagged, moves[:, 2:]])
    theta = np.linalg.lstsq(X, moves[:, 0], rcond=None)[0]
    return theta[1 : REACH + 2], theta[REACH + 2 :], moves[:, 0] - X @ theta


def _simulated(
    moves: np.ndarray, beta: np.ndarray, other: np.ndarray, e: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    n = len(moves)
    rows = moves[rng.integers(0, n, n + REACH)]
    dx = rows[:, 1] - moves[:, 1].mean()
    length = max(1, round(n ** (1 / 3)))
    starts = rng.integers(0, n - length + 1, -(-n // length))
    noise = e[(starts[:, None] + np.arange(length)).ravel()[:n]]
    noise = noise * rng.choice([-1.0, 1.0], -(-n // length)).repeat(length)[:n]
    dy = noise + rows[REACH:, 2:] @ other
    for j, b in enumerate(beta):
        dy = dy + b * dx[REACH - j : REACH - j + n]
    steps = np.column_stack([dy, dx[REACH:], rows[REACH:, 2:]])
    return np.vstack([np.zeros(moves.shape[1]), np.cumsum(steps, axis=0)])
