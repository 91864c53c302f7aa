"""Figures that were said of the debt, against what statistics say, by one rule.

A spoken figure fits a statistic within 10 %. Counted are statistics of the two years before the claim.

supported      it fits the latest statistic of the measure it was said of
partly         it fits an earlier one in the window, or another measure of the country's debt (named)
not supported  statistics of the measure are there, and it fits none of them nor of another
cannot be told no statistic of the measure in the window
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING, NamedTuple

from karvan.core.errors import SourceError
from karvan.core.table import Table
from karvan.macro.debt.files import MEASURES, Claim, DebtFiles

if TYPE_CHECKING:
    from karvan.macro.history import History

FITS = 0.10
WINDOW = timedelta(days=731)
LATE = timedelta(days=31)
FLOWS = ("interest_paid",)


class Figure(NamedTuple):
    """A statistic on a date; low and high differ where it had to be changed into dollars at one rate or another."""

    date: date
    low: float
    high: float
    source: str

    @property
    def middle(self) -> float:
        """Middle of the range."""
        return (self.low + self.high) / 2


class Checked(NamedTuple):
    """One part of a claim with the verdict; amounts in million USD, rates as fractions.

    `ours`, `low`, `high`: latest statistic of the measure, and all of the window. `fits`: measure, date and value of
    every statistic that the figure fits, the nearest of each measure.
    """

    claim: Claim
    verdict: str
    ours: float | None
    on: date | None
    low: float | None
    high: float | None
    fits: tuple[tuple[str, date, float], ...]


def check_claims(files: DebtFiles, history: History) -> tuple[Checked, ...]:
    """Judge every claim of the country's file by the rule above.

    Raises
    ------
    SourceError
        The country has no file of claims.
    """
    if not files.claims:
        raise SourceError(f"{files.country}: no claims; add debt_claims.csv")
    known = figures(files, history)
    return tuple(_check(claim, known) for claim in files.claims)


def claims_table(checked: Sequence[Checked], country: str) -> Table:
    """A row per part: what was said, ours with range, verdict, and what the figure is."""
    rows = []
    for c in checked:
        unit = "%" if c.claim.unit == "fraction" else "bn USD"
        said, ours, low, high = (_shown(v, unit) for v in (c.claim.figure, c.ours, c.low, c.high))
        fits = "; ".join(f"{MEASURES[m]} {_shown(v, unit):g} ({d.year}-{d.month:02d})" for m, d, v in c.fits)
        rows.append((c.claim.said, said, unit, ours, low, high, c.verdict, fits or "nothing found"))
    columns = ("said", "figure", "unit", "ours", "low", "high", "verdict", "what the figure fits")
    return Table(columns, tuple(rows), f"{country}: claims, statistics of the two years before; fits: within 10 %")


def _shown(value: float | None, unit: str) -> float | None:
    return None if value is None else round(value * 100 if unit == "%" else value / 1000, 2)


def _check(claim: Claim, known: Mapping[str, Sequence[Figure]]) -> Checked:
    inside = {m: [f for f in found if claim.date - WINDOW <= f.date <= claim.date + LATE] for m, found in known.items()}
    own = sorted(inside.get(claim.measure, []))
    same_kind = [m for m in inside if (m == "rate_domestic") == (claim.measure == "rate_domestic")]
    same_kind = [m for m in same_kind if (m in FLOWS) == (claim.measure in FLOWS)]
    fits = tuple(hit for m in same_kind for hit in _nearest(claim.figure, m, inside[m]))
    if not own:
        return Checked(claim, "cannot be told", None, None, None, None, fits)
    verdict = "supported" if _fits(claim.figure, own[-1]) else "partly" if fits else "not supported"
    low, high = min(f.low for f in own), max(f.high for f in own)
    return Checked(claim, verdict, own[-1].middle, own[-1].date, low, high, fits)


def _fits(figure: float, known: Figure) -> bool:
    return known.low * (1 - FITS) <= figure <= known.high * (1 + FITS)


def _nearest(figure: float, measure: str, found: Sequence[Figure]) -> list[tuple[str, date, float]]:
    near = sorted((f for f in found if _fits(figure, f)), key=lambda f: abs(f.middle - figure))
    return [(measure, near[0].date, near[0].middle)] if near else []


def figures(files: DebtFiles, history: History) -> dict[str, list[Figure]]:
    """Every statistic in million USD, by measure: stocks in dollars, stocks in local money changed, debt by the ratio.

    A stock in local money is changed at the last and the mean rate of its year, and the last of the year before; a sum
    of a year at its mean rate.
    """
    end, mean = files.series.get("exchange_rate_end", {}), history.series.get("fx", {})
    found: dict[str, list[Figure]] = {}
    for s in files.stocks:
        if s.unit == "million USD":
            found.setdefault(s.measure, []).append(Figure(s.date, s.value, s.value, s.source))
        elif rates := _rates(s.measure in FLOWS, s.date, end, mean):
            at = Figure(s.date, s.value / max(rates), s.value / min(rates), s.source)
            found.setdefault(s.measure, []).append(at)
    for year, ratio in files.series["gross_debt"].items():
        if year in history.series.get("gdp", {}):
            value = ratio * history.series["gdp"][year]
            turned = value * mean[year] / end[year] if year in end and year in mean else value
            at = Figure(date(year, 12, 31), min(value, turned), max(value, turned), files.origins["gross_debt"])
            found.setdefault("public_total", []).append(at)
    for year, rate in (history.series.get("rate_domestic") or files.series.get("rate_effective") or {}).items():
        found.setdefault("rate_domestic", []).append(Figure(date(year, 12, 31), rate, rate, "interest paid over debt"))
    return found


def _rates(flow: bool, on: date, end: Mapping[int, float], mean: Mapping[int, float]) -> list[float]:
    """Prices of a dollar that a sum of that day may be changed at; on 1 January the rate is that of the day before."""
    day = on - timedelta(days=1)
    if flow:
        return [mean[day.year]] if day.year in mean else []
    if (day.month, day.day) == (12, 31):
        return [end[day.year]] if day.year in end else []
    return [table[y] for table, y in ((end, day.year), (mean, day.year), (end, day.year - 1)) if y in table]
