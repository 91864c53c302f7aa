"""Debt of a country over years: drawn paths and what they say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np

from karvan.core.errors import LabelError, ScenarioError, SourceError
from karvan.core.labels import suggest
from karvan.core.table import Table
from karvan.macro.debt.claims import check_claims, claims_table
from karvan.macro.debt.draw import Start
from karvan.macro.debt.equation import (
    DebtPaths,
    Floats,
    Inputs,
    Residuals,
    Shift,
    carry,
    debt_paths,
    money,
    shifted,
    stabilising_balance,
)
from karvan.macro.debt.history import Adjustment, Observed
from karvan.macro.debt.owes import Owes, who_owes
from karvan.macro.debt.stress import stresses
from karvan.macro.debt.summary import LEVELS, bands, net_position, rising

if TYPE_CHECKING:
    from karvan.macro.debt.files import DebtFiles
    from karvan.macro.fund import Fund
    from karvan.macro.history import History

UNITS = ("% of GDP", "million USD", "bn local", "% of revenue")
COLUMNS = tuple(f"p{round(100 * q)}" for q in LEVELS)
HORIZONS = (1, 3, 5, 10)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Debt:
    """Drawn debt of a country: `paths.debt` and `paths.interest`, (draw, year) shares of GDP, from `start` on.

    `seen` is the observed record with what moved the ratio, `law` how the stock-flow adjustment goes with the balance,
    `inputs` the draws and `shifts` what was put on them: doubt of the means, then what was asked. `method` and `source`
    say how and from what.
    """

    country: str
    currency: str
    years: tuple[int, ...]
    start: Start
    foreign_share: float
    revenue: float | None
    inputs: Inputs
    shifts: tuple[Shift, ...]
    paths: DebtPaths
    seen: Observed
    law: Adjustment | float
    history: History
    files: DebtFiles
    method: str
    source: str

    def __repr__(self) -> str:
        last = np.median(self.paths.debt[:, -1])
        return (
            f"Debt({self.country}, {self.years[0]}-{self.years[-1]}, {self.draws} draws, {last:.1%} of GDP at the end)"
        )

    def __str__(self) -> str:
        return str(self.table())

    @property
    def draws(self) -> int:
        """How many paths."""
        return len(self.paths.debt)

    def values(self, of: str = "debt", unit: str = "% of GDP") -> Floats:
        """Debt or interest, (draw, year); unit: "% of GDP", "million USD", "bn local" or "% of revenue"."""
        if of not in DebtPaths._fields:
            raise LabelError(f"of is {of!r}, not debt or interest.{suggest(of, DebtPaths._fields)}")
        if unit not in UNITS:
            raise LabelError(f"unit is {unit!r}, not one of {', '.join(UNITS)}.{suggest(unit, UNITS)}")
        share = getattr(self.paths, of)
        if unit == "% of GDP":
            return 100 * share
        if unit == "% of revenue":
            if self.revenue is None:
                raise SourceError(f"{self.country}: no revenue in debt.csv; add the series to ask for its share")
            return 100 * share / self.revenue
        gdp, dollar = money(self.inputs, self.draws, len(self.years), self.shifts)
        local = share * gdp * np.reshape(self.start.gdp, (-1, 1))
        return local / (dollar * np.reshape(self.start.dollar, (-1, 1))) if unit == "million USD" else local / 1000

    def bands(self, of: str = "debt", unit: str = "% of GDP") -> Table:
        """Quantiles over draws, 5, 25, 50, 75 and 95 %, a row per year."""
        found = self._bands(of, unit, LEVELS).T
        rows = tuple((y, *(_round(v) for v in row)) for y, row in zip(self.years, found, strict=True))
        shown = unit.replace("local", self.currency)
        return Table(("year", *COLUMNS), rows, f"{self.country}: {of}, {shown}, {self.draws} draws; {self.source}")

    def _bands(self, of: str, unit: str, levels: Sequence[float]) -> Floats:
        """Quantiles (level, year); shares are not copied to be scaled."""
        scale = {"% of GDP": 100.0, "% of revenue": 100 / self.revenue if self.revenue else 0.0}.get(unit)
        if scale is None or of not in DebtPaths._fields or not scale:
            return bands(self.values(of, unit), levels)
        return scale * bands(getattr(self.paths, of), levels)

    def table(self) -> Table:
        """Debt with its band, probability of being above the start, interest in % of GDP and revenue and in USD."""
        debt, up = self._bands("debt", "% of GDP", (0.05, 0.5, 0.95)).T, self.probability()
        due = [self._bands("interest", u, (0.5,))[0] for u in self._units()]
        rows = []
        for t, year in enumerate(self.years):
            interest = (_round(float(v[t])) for v in due)
            rows.append((year, *(_round(v) for v in debt[t]), round(float(up[t]), 2), *interest))
        columns = ("year", "p5", "median", "p95", "above start", *(f"interest, {u}" for u in self._units()))
        begin = f"{100 * float(np.median(self.start.debt)):.1f} % at the end of {self.start.year}"
        title = f"{self.country}: debt, % of GDP, from {begin}; {self.draws} draws; {self.source}"
        return Table(columns, tuple(rows), title)

    def _units(self) -> tuple[str, ...]:
        return tuple(u for u in UNITS if u != "bn local" and (u != "% of revenue" or self.revenue is not None))

    def probability(self) -> Floats:
        """Probability that the ratio is above its start, by year, (year,)."""
        start = np.reshape(np.asarray(self.start.debt), (-1, 1))
        return rising(start if start.size > 1 else float(start[0, 0]), self.paths.debt)

    def rising(self, horizons: Sequence[int] = HORIZONS) -> Table:
        """Probability of a ratio above the start after so many years; horizons past the end are left out."""
        up = self.probability()
        rows = tuple((h, self.years[h - 1], round(float(up[h - 1]), 3)) for h in horizons if 1 <= h <= len(up))
        return Table(("years", "year", "probability"), rows, f"{self.country}: debt above its start")

    def interest(self) -> Table:
        """The bill: median and 5-95 % by year, % of GDP, % of revenue where known, million USD and local money."""
        units = [u for u in UNITS if u != "% of revenue" or self.revenue is not None]
        found = {u: self._bands("interest", u, (0.05, 0.5, 0.95)) for u in units}
        rows = tuple(
            (year, u.replace("local", self.currency), *(_round(float(v)) for v in found[u][:, t]))
            for t, year in enumerate(self.years)
            for u in units
        )
        held = "" if self.revenue is None else f"; revenue held at {self.revenue:.1%} of GDP"
        return Table(("year", "unit", "p5", "median", "p95"), rows, f"{self.country}: interest due{held}")

    def stress(self) -> Table:
        """The stress tests on the same draws: median debt 1, 5 and 10 years on, beside the baseline, % of GDP."""
        at = [h for h in (1, 5, 10) if h <= len(self.years)]
        base = self._medians(None, at)
        rows: list[tuple[Any, ...]] = [("baseline", *base, *(0.0 for _ in at))]
        for s in stresses(self.history, self.files, len(self.years), self.law):
            found = self._medians(s.shift, at)
            more = (round(f - b, 2) for f, b in zip(found, base, strict=True))
            rows.append((s.name, *found, *more))
        when = [str(self.years[h - 1]) for h in at]
        columns = ("stress", *when, *(f"more by {w}" for w in when))
        return Table(columns, tuple(rows), f"{self.country}: median debt under stress, % of GDP; {self.draws} draws")

    def sizes(self) -> Table:
        """What each stress test does, and where its size is from."""
        found = stresses(self.history, self.files, len(self.years), self.law)
        rows = tuple((s.name, s.size, s.source) for s in found)
        return Table(("stress", "size", "size from"), rows, f"{self.country}: sizes of the stress tests")

    def stressed(self, name: str) -> DebtPaths:
        """Debt and interest of every draw under one stress test, (draw, year) shares of GDP."""
        known = {s.name: s for s in stresses(self.history, self.files, len(self.years), self.law)}
        if name not in known:
            raise LabelError(f"no stress test {name!r}; there are {', '.join(known)}.{suggest(name, known)}")
        return self._with(known[name].shift)

    def _with(self, shift: Shift) -> DebtPaths:
        on = (*self.shifts, shift)
        return debt_paths(self.start.debt, self.foreign_share, self.inputs, self.draws, len(self.years), on)

    def _medians(self, shift: Shift | None, at: Sequence[int]) -> list[float]:
        found = self.paths if shift is None else self._with(shift)
        return [round(100 * float(np.median(found.debt[:, h - 1])), 2) for h in at]

    def balance(self, target: float | None = None, years: int | None = None) -> Table:
        """Primary balance, % of GDP a year, that holds the ratio, or brings it to `target` (0.2 is 20 %) after `years`.

        At the means of the drawn inputs: without stock-flow adjustment, as the closed form has it, and with the mean.
        """
        if target is not None and not 0 <= target <= 5:
            raise ScenarioError(f"target is {target!r}; give a share of GDP, as 0.2")
        if years is not None and (isinstance(years, bool) or not 1 <= years <= 100):
            raise ScenarioError(f"years is {years!r}; give a whole number from 1 to 100")
        span = years or len(self.years)
        x = Inputs(*(float(np.mean(np.asarray(v))) for v in self.inputs[:-1]))
        for shift in self.shifts:
            x = shifted(x, Shift(*(float(np.mean(v)) for v in shift)))
        R, d = float(carry(self.foreign_share, x)), float(np.mean(self.start.debt))
        sfa = self._mean_adjustment()
        rows = []
        for name, extra in (("none", 0.0), ("mean of the draws", sfa)):
            found = 100 * float(stabilising_balance(d, R, extra, target, span))
            rows.append((name, round(100 * extra, 2), round(found, 2), round(100 * float(x.primary_balance), 2)))
        goal = "holds it" if target is None else f"brings it to {100 * target:g} % of GDP in {span} years"
        title = (
            f"{self.country}: debt of {100 * d:.1f} % of GDP, R = {R:.4f}; the primary balance that {goal}, % of GDP"
        )
        return Table(("adjustment", "its size", "balance", "mean balance drawn"), tuple(rows), title)

    def _mean_adjustment(self) -> float:
        law = self.inputs.adjustment
        if isinstance(law, Residuals):
            return float(np.mean(law.constant) + np.mean(law.slope) * np.mean(self.inputs.primary_balance))
        return float(np.mean(law))

    def net(self, fund: Floats | Fund) -> Table:
        """Fund less debt on the same draws, million USD: quantiles by year, and the probability of owing more.

        `fund` : (draw, year) million USD or a Fund, drawn from the same paths as the debt.
        """
        value = np.asarray(getattr(fund, "balance", fund), dtype=float)
        years = getattr(fund, "years", self.years)
        if years != self.years:
            raise ScenarioError(f"the fund is of {years[0]}-{years[-1]}, the debt of {self.years[0]}-{self.years[-1]}")
        if value.shape != self.paths.debt.shape:
            raise ScenarioError(
                f"fund has (draws, years) {value.shape} and debt {self.paths.debt.shape}; draw both from the same paths"
            )
        left = net_position(value, self.values("debt", "million USD"))
        found, owing = bands(left, LEVELS).T, np.mean(left < 0, axis=0)
        rows = tuple(
            (y, *(round(float(v)) for v in row), round(float(p), 3))
            for y, row, p in zip(self.years, found, owing, strict=True)
        )
        return Table(("year", *COLUMNS, "below zero"), rows, f"{self.country}: fund less debt, million USD")

    def observed(self) -> Table:
        """What moved the ratio in the observed years; the parts add up to the change."""
        return self.seen.table()

    def owes(self, on: date | str | None = None) -> Owes:
        """Who owes what abroad on a date; None: the last known."""
        return who_owes(self.files, on)

    def claims(self) -> Table:
        """What has been said of the debt, beside statistics, with a verdict by a stated rule."""
        return claims_table(check_claims(self.files, self.history), self.country)


def _round(value: float) -> float:
    """Two decimals below a thousand, none above."""
    return round(float(value), 2) if abs(value) < 1000 else float(round(value))
