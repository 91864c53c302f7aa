"""The same-step slope of our currency on the neighbour's, window by window."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from karvan.core.errors import SourceError
from karvan.core.table import Table
from karvan.macro.currency.hac import slopes
from karvan.macro.currency.projections import LEVEL, UNITS
from karvan.macro.currency.rates import Rates

WINDOW = {"day": 250, "week": 104, "month": 36}
FULL = 0.8  # share of a window that must be there


@dataclass(frozen=True)
class Rolling:
    """Slope and half width of its 90 % range for the window that ends at each date; NaN where too little is there."""

    every: str
    window: int
    dates: np.ndarray
    slope: np.ndarray
    half: np.ndarray
    held: str

    def table(self) -> Table:
        """Return the last window of each year."""
        years = self.dates.astype("datetime64[Y]")
        rows = []
        for year in np.unique(years):
            there = np.flatnonzero((years == year) & np.isfinite(self.slope))
            if there.size:
                i = there[-1]
                ends = (self.slope[i], self.slope[i] - self.half[i], self.slope[i] + self.half[i])
                rows.append((str(self.dates[i]), *(round(float(v), 3) for v in ends)))
        title = f"slope in the same {self.every}, {self.held}, windows of {self.window} {UNITS[self.every]}, 90 %"
        return Table(("window to", "slope", "low", "high"), tuple(rows), title)


def rolling(rates: Rates, window: int | None = None) -> Rolling:
    """Regress our move on the neighbour's, oil and the dollar index in every window.

    Raises
    ------
    SourceError
        A window too short for the regression, or fewer observations than one window.
    """
    from scipy.stats import t

    size = WINDOW[rates.every] if window is None else window
    moves = rates.moves
    least = 4 * (moves.shape[1] + 1)
    if size < least:
        raise SourceError(f"a window of {size} observations is too short for {moves.shape[1]} coefficients: {least}")
    there = int(np.isfinite(moves).all(axis=1).sum())
    if there < size:
        raise SourceError(f"rolling slope: {there} observations, one window needs {size}; shorten it or bring more")
    n = len(moves)
    slope, half = np.full(n, np.nan), np.full(n, np.nan)
    W = np.hstack([np.ones((n, 1)), moves[:, 2:]])
    good = np.isfinite(moves).all(axis=1)
    counts = np.convolve(good, np.ones(size), "full")[:n]
    for end in np.flatnonzero(counts >= FULL * size):
        at = slice(end + 1 - size, end + 1)
        fit = slopes(moves[at, :1], moves[at, 1], W[at])
        slope[end] = fit.b[0]
        half[end] = t.ppf(0.5 + LEVEL / 2, fit.freedom) * np.sqrt(fit.covariance[0, 0])
    return Rolling(rates.every, size, rates.dates, slope, half, rates.held)
