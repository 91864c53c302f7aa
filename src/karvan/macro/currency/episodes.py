"""The largest falls of the neighbour's currency in the data, and what ours did: no model, to lay beside the stress."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from karvan.core.table import Table
from karvan.macro.currency.rates import MONTHS, Rates

SHOWN = 6
Row = tuple[str, str, str, float, float | None, float | None, float | None, float | None]


@dataclass(frozen=True)
class Episodes:
    """Falls within a month that do not overlap, the largest first; changes in percent, None where not quoted.

    Each row: first and last date of the month, period, loss of value of the neighbour's currency, change of ours per
    dollar in the same month, three months and twelve months after the first date, and the neighbour's loss then.
    """

    rows: tuple[Row, ...]

    def table(self) -> Table:
        """Return one row per fall."""
        columns = ("from", "to", "period", "neighbour lost", "ours, month", "ours, 3 months", "ours, 12 months")
        title = "largest falls of the neighbour's currency within a month, and the change of ours per dollar since, %"
        return Table((*columns, "neighbour lost, 12 months"), self.rows, title)


def episodes(rates: Rates, shown: int = SHOWN) -> Episodes:
    """Pick the largest falls over one month whose first dates are at least three months apart."""
    own, neighbour = rates.levels[:, 0], rates.levels[:, 1]
    month, quarter, year = (_steps(rates, m) for m in (1, 3, 12))
    falls = np.full(len(own), -np.inf)
    change = neighbour[month:] - neighbour[:-month]
    whole = np.isfinite(change) & np.isfinite(own[month:] - own[:-month])
    falls[: len(change)] = np.where(whole, change, -np.inf)
    picked: list[int] = []
    while len(picked) < shown and falls.max() > 0:
        t = int(falls.argmax())
        picked.append(t)
        falls[max(0, t - quarter) : t + quarter + 1] = -np.inf
    return Episodes(tuple(_row(rates, t, month, quarter, year) for t in picked))


def _row(rates: Rates, t: int, month: int, quarter: int, year: int) -> Row:
    own, neighbour = rates.levels[:, 0], rates.levels[:, 1]
    lost = [_percent(-neighbour, t, h) for h in (month, year)]
    return (
        str(rates.dates[t]),
        str(rates.dates[t + month]),
        _period(rates, t + month),
        -(lost[0] or 0.0),
        _percent(own, t, month),
        _percent(own, t, quarter),
        _percent(own, t, year),
        None if lost[1] is None else -lost[1],
    )


def _steps(rates: Rates, months: int) -> int:
    """Return the steps of a number of months; a year of days too."""
    return MONTHS[rates.every].get(months) or months * MONTHS[rates.every][1]


def _percent(levels: np.ndarray, t: int, h: int) -> float | None:
    if t + h >= len(levels) or not np.isfinite(levels[t + h] - levels[t]):
        return None
    return round(100 * float(np.expm1(levels[t + h] - levels[t])), 1)


def _period(rates: Rates, t: int) -> str:
    named = [p.name for p in rates.periods if p.kind == "period" and rates.inside(p)[t]]
    return named[0] if named else "between periods"
