"""Where were the years that came? Debt forecast from what was known at the end of a past year, beside what happened.

Not known at the time and used all the same: revised statistics, and where rate or foreign share begin later than the
origin, the first known ones (for Kazakhstan in 2013 those of 2014).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from karvan.core.errors import LabelError, SourceError
from karvan.core.table import Table
from karvan.macro.debt.draw import doubt, inputs, known_start
from karvan.macro.debt.equation import Floats, debt_paths
from karvan.macro.debt.files import read_debt
from karvan.macro.debt.history import FIT_YEARS, Adjustment, effective_rate, fit_adjustment, nearest, observed
from karvan.macro.debt.summary import LEVELS, bands, coverage

if TYPE_CHECKING:
    from karvan.macro.debt.files import DebtFiles
    from karvan.macro.debt.history import Observed
    from karvan.macro.history import History

WAYS = ("as in the past", "textbook")


class Backtest(NamedTuple):
    """One origin: years after it, what came, and the bands for it, (level, year) shares of GDP, by way.

    Ways: "as in the past", the stock-flow adjustment fitted up to the origin; "textbook", no adjustment.
    """

    country: str
    origin: int
    years: tuple[int, ...]
    debt: Floats
    bands: dict[str, Floats]

    def inside(self, way: str = WAYS[0], low: float = LEVELS[0], high: float = LEVELS[-1]) -> float:
        """Share of the years inside the band between two levels, default 5 and 95 %."""
        band = self.bands[way]
        return coverage(self.debt, band[LEVELS.index(low)], band[LEVELS.index(high)])

    def miss(self, way: str = WAYS[0]) -> float:
        """Mean absolute miss of the median, points of GDP; way "no change" for the debt of the origin's year."""
        return 100 * float(np.mean(np.abs(self.debt - self.bands[way][LEVELS.index(0.5)])))

    def table(self) -> Table:
        """A row per year and way: what came, the band, and whether it was inside."""
        rows = []
        for way, found in self.bands.items():
            for t, year in enumerate(self.years):
                low, high = found[0, t], found[-1, t]
                band = (round(100 * float(v), 1) for v in found[:, t])
                where = "inside" if low <= self.debt[t] <= high else "below" if self.debt[t] < low else "above"
                rows.append((way, year, round(100 * float(self.debt[t]), 1), *band, where))
        columns = ("adjustment", "year", "came", *(f"p{round(100 * q)}" for q in LEVELS), "5-95 %")
        title = f"{self.country}: debt, % of GDP, forecast from the end of {self.origin}"
        return Table(columns, tuple(rows), title)


def backtest_debt(
    country: str = "KAZ",
    origin: int = 2013,
    *,
    years: int = 10,
    draws: int = 10_000,
    seed: int = 0,
    method: str = "covariance",
    data: Path | str | None = None,
) -> Backtest:
    """Forecast the debt from the end of `origin` on series and prices up to then, and compare with the years after.

    Raises
    ------
    SourceError
        Fewer than eight years before the origin.
    LabelError
        No debt known at the origin, or no year after it.
    """
    from karvan.macro.history import read_history

    files, history = read_debt(country, data), read_history(country, data)
    return _from(files, history, observed(history, files), origin, years, draws, seed, method)


def backtest_origins(
    country: str = "KAZ", origins: Sequence[int] | None = None, *, draws: int = 2000, data: Path | str | None = None
) -> Table:
    """Back-tests from every origin with eight years before it: share of the years after inside 5-95 %, and misses.

    The years after different origins are the same years: the rows are not independent.
    """
    from karvan.macro.history import read_history

    files, history = read_debt(country, data), read_history(country, data)
    seen = observed(history, files)
    chosen = seen.years[FIT_YEARS - 1 : -1] if origins is None else origins
    rows = []
    for origin in chosen:
        b = _from(files, history, seen, origin, 10, draws, 0, "covariance")
        still = 100 * float(np.mean(np.abs(b.debt - files.series["gross_debt"][origin])))
        shares = [round(b.inside(way), 2) for way in WAYS]
        rows.append((origin, len(b.years), *shares, *(round(b.miss(way), 1) for way in WAYS), round(still, 1)))
    columns = (
        "origin",
        "years after",
        *(f"inside, {w}" for w in WAYS),
        *(f"miss, {w}" for w in WAYS),
        "miss, no change",
    )
    title = f"{country}: share of years inside 5-95 %, and mean miss of the median, points of GDP"
    return Table(columns, tuple(rows), title)


def _from(
    files: DebtFiles, history: History, seen: Observed, origin: int, years: int, draws: int, seed: int, method: str
) -> Backtest:
    from karvan.macro.paths import macro_paths

    known = files.series["gross_debt"]
    after = tuple(y for y in range(origin + 1, origin + 1 + years) if y in known)
    if origin not in known or not after:
        raise LabelError(
            f"{history.country}: no debt of {origin} and later; debt is known from {min(known)} to {max(known)}"
        )
    past, then = seen.until(origin), _known_at(files, history, origin)
    if len(past.years) < FIT_YEARS:
        raise SourceError(
            f"{history.country}: {len(past.years)} year(s) up to {origin}; a back-test needs {FIT_YEARS}, so "
            f"an origin of {seen.years[0] + FIT_YEARS - 1} at the earliest"
        )
    paths = macro_paths(
        history.country, draws=draws, years=len(after), seed=seed, method=method, data=then, start=origin + 1
    )
    laws: dict[str, Adjustment | float] = {WAYS[0]: fit_adjustment(past), WAYS[1]: 0.0}
    share, found = nearest(files.series["foreign_share"], origin), {}
    for way, law in laws.items():
        x = inputs(paths, then, files, share, law, "last", seed)
        start = known_start(history, files, origin)
        found[way] = bands(debt_paths(start.debt, share, x, draws, len(after), [doubt(then, x, draws, seed)]).debt)
    return Backtest(history.country, origin, after, np.array([known[y] for y in after]), found)


def _known_at(files: DebtFiles, history: History, origin: int) -> History:
    """The history up to the origin; where no rate was known by then, the first known one stands for its year."""
    then, rate = history.until(origin), effective_rate(history, files)
    if "rate_domestic" in then.series or not any(y > origin for y in rate):
        return then
    return then._replace(series={**then.series, "rate_domestic": {origin: nearest(rate, origin)}})
