"""The debt identity on what was observed: what moved the ratio, and what no flow explains."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from karvan.core.errors import SourceError
from karvan.core.table import Table
from karvan.macro.debt.equation import Floats, Inputs, Number, Parts, carry, next_debt, parts

if TYPE_CHECKING:
    from karvan.macro.debt.files import DebtFiles
    from karvan.macro.history import History

FIT_YEARS = 8  # fewest years to fit how the stock-flow adjustment goes with the primary balance
PERCENT = 100.0


class Observed(NamedTuple):
    """The observed years: debt at their start and end, foreign share at their start, inputs and parts of the change.

    Arrays are (year,), shares of GDP and fractions. `assumed[t]`: interest rate or foreign share of the year was not
    known and the nearest known one stands for it.
    """

    country: str
    years: tuple[int, ...]
    before: Floats
    debt: Floats
    foreign_share: Floats
    inputs: Inputs
    parts: Parts
    assumed: tuple[bool, ...]

    def until(self, year: int) -> Observed:
        """The same up to a year; rates and shares that stand for unknown ones are those of the whole record."""
        keep = np.array(self.years) <= year
        years = tuple(y for y in self.years if y <= year)
        x, moved = Inputs(*(_cut(v, keep) for v in self.inputs)), Parts(*(_cut(v, keep) for v in self.parts))
        before, debt, share = self.before[keep], self.debt[keep], self.foreign_share[keep]
        return Observed(self.country, years, before, debt, share, x, moved, self.assumed[: len(years)])

    def gaps(self) -> Floats:
        """The identity with its residual, less the observed ratio: rounding errors only, (year,)."""
        R = carry(self.foreign_share, self.inputs)
        again = next_debt(self.before, R, self.inputs.primary_balance, self.parts.adjustment)
        return np.asarray(again - self.debt)

    def table(self) -> Table:
        """What moved the ratio, year by year, in points of GDP; `adjustment` is what the flows leave unexplained."""
        rows = []
        for t, year in enumerate(self.years):
            moved = [round(float(np.asarray(v)[t]) * PERCENT, 2) for v in self.parts]
            basis = "assumed" if self.assumed[t] else "observed"
            rows.append((year, round(float(self.debt[t]) * PERCENT, 2), *moved, basis))
        names = ("year", "debt", *Parts._fields, "rate and share")
        return Table(names, tuple(rows), f"{self.country}: debt, % of GDP, and what moved it, points of GDP")


def _cut(values: object, keep: np.ndarray) -> Any:
    return values[keep] if isinstance(values, np.ndarray) else values


class Adjustment(NamedTuple):
    """How the stock-flow adjustment goes with the primary balance: sfa = constant + slope pb + residual.

    A slope near 1 means that a surplus does not repay debt (it goes to the fund), and a deficit is not borrowed for.
    """

    constant: float
    slope: float
    covariance: Floats
    residuals: Floats
    years: tuple[int, ...]

    @property
    def slope_se(self) -> float:
        """Standard error of the slope."""
        return float(np.sqrt(self.covariance[1, 1]))


def observed(history: History, files: DebtFiles) -> Observed:
    """Split the change of the ratio in every year with debt at both ends, growth, inflation, a dollar and a balance.

    The rate on domestic debt is what is left of the effective rate: i_d = (i - a i_f (1+e)) / (1 - a). The dollar is
    that of the last day of the year where known (a stock is valued then), else the mean of the year.
    """
    debt, macro = files.series["gross_debt"], history.series
    dollar = depreciation(history, files)
    flows = [macro.get(n, {}) for n in ("growth", "inflation", "primary_balance")]
    years = tuple(y for y in sorted(debt) if y - 1 in debt and y in dollar and all(y in f for f in flows))
    if not years:
        raise SourceError(
            f"{history.country}: no year has debt at both ends, growth, inflation, a dollar and a balance"
        )
    rate, foreign, share = effective_rate(history, files), foreign_rate(history), files.series["foreign_share"]
    a = np.array([nearest(share, y - 1) for y in years])
    i = np.array([nearest(rate, y) for y in years])
    e = np.array([dollar[y] for y in years])
    i_f = np.full(len(years), foreign) if foreign is not None else i
    g, p, pb = (np.array([f[y] for y in years]) for f in flows)
    x = Inputs(g, p, e, domestic_rate(i, i_f, a, e), i_f, pb)
    before, after = np.array([debt[y - 1] for y in years]), np.array([debt[y] for y in years])
    assumed = tuple(y not in rate or y - 1 not in share for y in years)
    return Observed(history.country, years, before, after, a, x, parts(before, after, a, x), assumed)


def fit_adjustment(seen: Observed) -> Adjustment:
    """Least squares of the adjustment on the primary balance.

    Raises
    ------
    SourceError
        Fewer than eight years.
    """
    y, x = np.asarray(seen.parts.adjustment), np.asarray(seen.inputs.primary_balance)
    if len(y) < FIT_YEARS:
        raise SourceError(
            f"{seen.country}: {len(y)} year(s) with the debt identity; {FIT_YEARS} are needed to fit the stock-flow "
            "adjustment. Give longer series, or adjustment=0"
        )
    X = np.column_stack([np.ones(len(x)), x])
    b = np.linalg.lstsq(X, y, rcond=None)[0]
    left = y - X @ b
    spread = float(left @ left) / (len(y) - 2)
    covariance = spread * np.linalg.inv(X.T @ X)
    return Adjustment(float(b[0]), float(b[1]), covariance, left * np.sqrt(len(y) / (len(y) - 2)), seen.years)


def effective_rate(history: History, files: DebtFiles) -> Mapping[int, float]:
    """Interest paid over the debt of the year before, by year: the history's, else that of the debt file."""
    rate = history.series.get("rate_domestic") or files.series.get("rate_effective")
    if not rate:
        raise SourceError(
            f"{history.country}: no interest rate; add rate_domestic to history.csv or rate_effective to debt.csv"
        )
    return rate


def foreign_rate(history: History) -> float | None:
    """Mean known rate on foreign debt; None where none is known."""
    known = history.series.get("rate_foreign")
    return float(np.mean(list(known.values()))) if known else None


def domestic_rate(i: Number, i_f: Number, a: Number, e: Number = 0.0) -> Floats:
    """Rate on domestic debt left by the effective one: i_d = (i - a i_f (1+e)) / (1 - a); i_f where all is foreign."""
    a = np.asarray(a, dtype=float)
    home = np.where(a < 1, 1 - a, 1.0)
    return np.where(a < 1, (i - a * i_f * (1 + e)) / home, i_f)


def depreciation(history: History, files: DebtFiles) -> dict[int, float]:
    """Rise of the price of a dollar by year: from last day to last day where known, else from mean to mean."""
    end = files.series.get("exchange_rate_end", {})
    return dict(history.series.get("depreciation", {})) | {y: end[y] / end[y - 1] - 1 for y in end if y - 1 in end}


def nearest(series: Mapping[int, float], year: int) -> float:
    """The value of a year, or of the nearest known one."""
    return series[min(series, key=lambda y: (abs(y - year), y))]
