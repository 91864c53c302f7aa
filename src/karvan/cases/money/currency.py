"""Tables on the neighbour's currency: responses, rolling slope, breaks, tail, stress, episodes and the verdict."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from karvan.core.table import Table
from karvan.macro.currency import Currency, CurrencyStress, currency

WEEKS = 14  # steps of the responses that are kept
EVERY = 4  # of the rolling slope, one window in so many is kept


def currency_tables(country: str, given: Mapping[str, Any]) -> dict[str, Table]:
    """Compute the tables on the pair of currencies; `country` is that of the pair's own files."""
    found = currency(given["own"], given["neighbour"], stress=given["stress"], seed=given["seed"])
    tables = {
        "currency_judged": _judged(found),
        "currency_response": _responses(found),
        "currency_rolling": _rolling(found),
        "currency_limits": Table(("text",), tuple((text,) for text in found.verdict.limits), "What cannot be told"),
    }
    if found.breaks is not None:
        tables["currency_breaks"] = found.breaks.search_table()
    if found.stress is not None:
        tables["currency_stress"] = _stress(found.stress)
    if found.episodes is not None:
        tables["currency_episodes"] = found.episodes.table()
    if found.correlation is not None:
        tables["currency_correlation"] = found.correlation.table()
    if found.held_out is not None:
        tables["currency_held_out"] = found.held_out.table()
    return tables


def _judged(found: Currency) -> Table:
    """Each period with its dates, responses, shared worst tenth and verdict; the whole is the last row."""
    rows: list[tuple[Any, ...]] = []
    periods = {r.period.name: r.period for r in found.responses}
    tails = {t.period.name: t.value("shared worst tenth") for t in found.tails}
    last = str(found.rates.dates[-1])
    for one in found.verdict.periods:
        period = periods[one.period]
        ends = (*(one.step or (None,) * 3), *(one.month or (None,) * 3), *(tails.get(one.period) or (None,) * 3))
        until = min(period.end, last)
        rows.append((one.period, one.kind, period.start, until, *map(_short, ends), one.verdict))
    rows.append(("", "whole", str(found.rates.dates[0]), last, *(None,) * 9, found.verdict.whole))
    ranges = (f"{what}{end}" for what in ("step", "month", "tail") for end in ("", "_low", "_high"))
    columns = ("period", "kind", "start", "end", *ranges, "verdict")
    title = f"Share of a move of {found.rates.neighbour} that reaches {found.rates.own}; {found.rates.held}"
    return Table(columns, tuple(rows), title)


def _responses(found: Currency) -> Table:
    rows = []
    for r in found.responses:
        half = r.half
        for h in range(min(WEEKS, len(r.horizons))):
            if np.isfinite(r.own[h]):
                ends = (r.own[h], r.own[h] - half[h], r.own[h] + half[h])
                rows.append((r.period.name, r.period.kind, int(r.horizons[h]), *map(_short, ends)))
    return Table(("period", "kind", "week", "response", "low", "high"), tuple(rows), "Response by week, 90 % ranges")


def _rolling(found: Currency) -> Table:
    if found.rolling is None:
        return Table(("to", "slope", "low", "high"), (), "Slope in windows")
    r = found.rolling
    known = np.flatnonzero(np.isfinite(r.slope))[::-1][::EVERY][::-1]
    rows = tuple(
        (str(r.dates[i]), *map(_short, (r.slope[i], r.slope[i] - r.half[i], r.slope[i] + r.half[i]))) for i in known
    )
    title = f"Slope in the same {r.every}, windows of {r.window} steps that end at the date, 90 % ranges; {r.held}"
    return Table(("to", "slope", "low", "high"), rows, title)


def _stress(found: CurrencyStress) -> Table:
    """What the fall adds to our currency per dollar, percent, by period and months; blank where not estimated."""
    rows: list[tuple[Any, ...]] = []
    for p in found.points:
        low, mid, high = (round(100 * float(v), 1) for v in np.quantile(p.effect, (0.05, 0.5, 0.95)))
        prices = (None, None) if p.prices is None else np.quantile(p.prices, (0.05, 0.95))
        ends = (None if v is None else round(100 * float(v), 1) for v in prices)
        goods, without = (round(100 * float(v), 1) for v in (np.median(p.goods), p.without_largest))
        rows.append((p.period, p.months, p.every, mid, low, high, *ends, goods, without, p.seen,
                     round(100 * p.largest, 1)))  # fmt: skip
    rows += [(name, months, "", *(None,) * 9) for name, months, _ in found.missing]
    columns = ("period", "months", "every", "effect", "low", "high", "prices_low", "prices_high", "goods",
               "without_largest", "seen", "largest")  # fmt: skip
    return Table(columns, tuple(rows), f"The neighbour's currency loses {100 * found.size:.0f} % of its value: ours, %")


def _short(value: Any) -> float | None:
    return None if value is None else round(float(value), 3)
