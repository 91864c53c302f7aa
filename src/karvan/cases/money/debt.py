"""Tables on the debt: fan, interest, stress tests, who owes what, claims with verdicts, net of the fund, back-tests."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import numpy as np

from karvan.core.table import Table
from karvan.macro.debt.backtest import backtest_origins
from karvan.macro.debt.claims import Checked, check_claims, figures
from karvan.macro.debt.equation import Shift
from karvan.macro.debt.face import debt
from karvan.macro.debt.files import DebtFiles
from karvan.macro.debt.owes import who_owes
from karvan.macro.debt.result import Debt
from karvan.macro.debt.stress import stresses
from karvan.macro.fund import fund
from karvan.macro.history import History

YEARS = 10
CLAIM = (
    "claim", "part", "measure", "said", "unit", "ours", "on", "low", "high", "verdict", "source",
)  # fmt: skip
DEBT_CUTS = (2013, 2018)


def debt_tables(country: str, given: Mapping[str, Any]) -> dict[str, Table]:
    """Compute the tables on the debt of a country."""
    draws, seed = given["draws"], given["seed"]
    found = debt(country, years=YEARS, draws=draws, seed=seed)
    checked = check_claims(found.files, found.history)
    past = tuple((y, round(100 * v, 2)) for y, v in sorted(found.files.series["gross_debt"].items()))
    chance = tuple((y, round(float(p), 3)) for y, p in zip(found.years, found.probability(), strict=True))
    return {
        "debt_past": Table(("year", "debt"), past, f"Debt of the state, % of GDP; {found.source}"),
        "debt_fan": found.bands(),
        "debt_above": Table(("year", "above"), chance, "Probability that the ratio is above the last known one"),
        "debt_interest": found.interest(),
        "debt_paid": _paid(found.files, found.history),
        "debt_stress": found.stress(),
        "debt_sizes": _sizes(found),
        "debt_claims": _claims(checked),
        "debt_fits": _fits(checked),
        "debt_owes": _owes(found.files, [c.claim.date for c in checked]),
        "debt_net": _net(country, draws, seed),
        "debt_backtest": backtest_origins(country, DEBT_CUTS, draws=draws),
        "debt_share": _share(found),
    }


def _paid(files: DebtFiles, history: History) -> Table:
    """Interest of the budget by year: local money, MUSD at the mean rate of the year, and % of the debt of before."""
    known = figures(files, history)
    rates = {f.date.year: f.middle for f in known.get("rate_domestic", [])}
    dollars: dict[int, float] = {}
    for one in known.get("interest_paid", []):
        dollars.setdefault(one.date.year, one.middle)
    local: dict[int, float] = {}
    for s in files.stocks:
        if s.measure == "interest_paid" and s.unit != "million USD":
            local.setdefault(s.date.year, s.value)
    years = sorted(set(dollars) & set(local) & set(rates))
    rows = tuple((y, round(local[y] / 1000, 1), round(dollars[y]), round(100 * rates[y], 2)) for y in years)
    title = "Interest paid by the budget, bn of local money and MUSD, and its effective rate, %"
    return Table(("year", "local", "interest", "rate"), rows, title)


def _sizes(found: Debt) -> Table:
    """What each stress test shifts, in points or percent; the largest of all years."""
    rows = []
    for s in stresses(found.history, found.files, len(found.years), found.law):
        moved = (np.atleast_1d(np.asarray(v, dtype=float)) for v in s.shift)
        rows.append((s.name, *(round(100 * float(v[np.abs(v).argmax()]), 2) for v in moved), s.source))
    return Table(("stress", *Shift._fields, "source"), tuple(rows), "Sizes of the stress tests, percent or points")


def _claims(checked: tuple[Checked, ...]) -> Table:
    rows = []
    for c in checked:
        on = None if c.on is None else str(c.on)
        numbers = (_number(v) for v in (c.ours, c.low, c.high))
        ours, low, high = numbers
        one = c.claim
        rows.append(
            (one.claim, one.part, one.measure, one.figure, one.unit, ours, on, low, high, c.verdict, one.source)
        )
    return Table(CLAIM, tuple(rows), "What was said of the debt, beside statistics of the two years before")


def _number(value: float | None) -> float | None:
    """Whole MUSD, or a fraction to four digits."""
    return None if value is None else round(value, 4) if abs(value) < 1 else float(round(value))


def _fits(checked: tuple[Checked, ...]) -> Table:
    rows = tuple(
        (c.claim.claim, c.claim.part, measure, str(day), _number(value))
        for c in checked
        for measure, day, value in c.fits
    )
    return Table(("claim", "part", "measure", "on", "value"), rows, "Statistics that a spoken figure fits within 10 %")


def _owes(files: DebtFiles, said: list[date]) -> Table:
    """External debt by debtor at the last date before the first claim and at the last known one, MUSD."""
    last = who_owes(files)
    days = sorted({s.date for s in files.stocks if s.measure == "external_intercompany" and s.date <= min(said)})
    rows: list[tuple[Any, ...]] = []
    for one in (*(who_owes(files, day) for day in days[-1:]), last):
        low, high = one.quasi_state or (None, None)
        rows += [(str(one.date), s, round(v), round(one.share(s), 4)) for s, v in one.sectors.items()]
        rows.append((str(one.date), "total", round(one.total), 1.0))
        if low is not None and high is not None:
            rows += [(str(one.date), f"quasi_{end}", round(v), round(v / one.total, 4))
                     for end, v in (("low", low), ("high", high))]  # fmt: skip
    return Table(("date", "who", "musd", "share"), tuple(rows), f"External debt, MUSD; {'; '.join(last.sources)}")


def _net(country: str, draws: int, seed: int) -> Table:
    """Fund less debt on the same draws, MUSD."""
    one = fund(country, draws=draws, years=YEARS, seed=seed)
    return debt(country, paths=one.paths, seed=seed).net(one)


def _share(found: Debt) -> Table:
    """What the debt is made of: the foreign part, and the two sides' rates."""
    share = found.files.series["foreign_share"]
    rows = tuple((y, round(100 * v, 1)) for y, v in sorted(share.items()))
    return Table(("year", "foreign"), rows, "Part of the debt of the state held abroad, %")
