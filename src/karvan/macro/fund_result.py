"""What a fund's paths say: the fan of the balance, when it is empty, what can be taken for how long."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from karvan.core.table import Table
from karvan.macro.paths import Paths
from karvan.macro.receipts import Law

LEVELS = (5, 25, 50, 75, 95)


class Fund(NamedTuple):
    """Paths of one fund under one rule.

    `balance`, `receipts`, `withdrawals` are (draw, year) in MUSD, at the end of and during each year; under the rule
    "observed" `receipts` is the net flow. `past` are the known balances up to the start. `empty` (draw,) is the first
    year that ends with nothing, 0 if none does; `lasting` (draw,) the largest constant withdrawal that would not have
    emptied the fund within the horizon. `law` is the fit of the inflow; `forever` the constant withdrawal that lasts
    for ever (at a low, middle and high real return), MUSD.
    """

    country: str
    definition: str
    rule: str
    title: str
    years: tuple[int, ...]
    start: float
    past: Mapping[int, float]
    balance: np.ndarray
    receipts: np.ndarray
    withdrawals: np.ndarray
    empty: np.ndarray
    lasting: np.ndarray
    forever: tuple[float, float, float] | None
    law: Law
    paths: Paths
    method: str
    source: str

    def table(self) -> Table:
        """Balance by year: quantiles in MUSD, and the probability that the fund has been empty by then."""
        bands = np.percentile(self.balance, LEVELS, axis=0).T.tolist()
        rows = tuple(
            (y, *map(round, band), self.probability_empty(y)) for y, band in zip(self.years, bands, strict=True)
        )
        columns = ("year", *(f"p{q}" for q in LEVELS), "prob_empty")
        return Table(columns, rows, f"{self._head()}: balance at the end of the year, MUSD; {self.method}")

    def flows(self) -> Table:
        """Receipts and withdrawals by year: 5, 50 and 95 % in MUSD."""
        parts = [np.percentile(x, (5, 50, 95), axis=0).T.tolist() for x in (self.receipts, self.withdrawals)]
        rows = tuple((y, *map(round, a), *map(round, b)) for y, a, b in zip(self.years, *parts, strict=True))
        columns = ("year", *(f"{x}_p{q}" for x in ("receipts", "withdrawals") for q in (5, 50, 95)))
        return Table(columns, rows, f"{self._head()}: flows, MUSD; {self.law.kind} by the fit")

    def probability_empty(self, year: int) -> float:
        """Share of draws in which the fund has been empty at the end of some year up to this one."""
        return float(((self.empty > 0) & (self.empty <= year)).mean())

    def emptiness(self) -> Table:
        """Quantiles of the year in which the fund is first empty; None where that is beyond the horizon."""
        when = np.sort(np.where(self.empty > 0, self.empty, np.inf))
        rows = []
        for q in (5, 10, 25, 50, 75, 90, 95):
            at = float(when[min(int(np.ceil(q / 100 * len(when))) - 1, len(when) - 1)])
            rows.append((q, int(at) if np.isfinite(at) else None))
        title = f"{self._head()}: year of emptiness, blank: after {self.years[-1]} or never"
        return Table(("percent_of_draws", "empty_by"), tuple(rows), title)

    def sustainable(self) -> Table:
        """Constant withdrawals in MUSD a year: for ever, and for the horizon with 50, 90 and 95 % probability."""
        last = self.years[-1]
        rows: list[tuple[str, int, int | None, int | None]] = []
        if self.forever is not None:
            low, mode, high = self.forever
            rows.append(("for ever, at the long-run price", round(mode), round(low), round(high)))
        for q in (50, 90, 95):
            amount = round(float(np.percentile(self.lasting, 100 - q)))
            rows.append((f"to {last} with {q} % probability", amount, None, None))
        columns = ("withdrawal", "musd_a_year", "low", "high")
        return Table(columns, tuple(rows), f"{self._head()}: what can be taken; range by the real return")

    def summary(self) -> Table:
        """The answer in a few rows."""
        rows: list[tuple[str, float, str]] = [
            ("balance at the start", round(self.start), "MUSD"),
            (f"{self.law.kind.replace('_', ' ')} of the first year, median", _middle(self.receipts[:, 0]), "MUSD"),
        ]
        if self.law.kind == "receipts":
            rows.append(("withdrawal of the first year, median", _middle(self.withdrawals[:, 0]), "MUSD"))
        for k in dict.fromkeys((5, 10, 20, len(self.years))):
            if k <= len(self.years):
                year = self.years[k - 1]
                rows.append((f"empty by {year}", self.probability_empty(year), "probability"))
        rows.append(("balance at the end, median", _middle(self.balance[:, -1]), "MUSD"))
        return Table(("what", "value", "unit"), tuple(rows), f"{self._head()}; {len(self.empty)} draws")

    def _head(self) -> str:
        return f"{self.country} fund ({self.definition}), {self.rule}: {self.title}"


def _middle(values: np.ndarray) -> int:
    return round(float(np.median(values)))
