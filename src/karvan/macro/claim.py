"""The claim that the fund is soon empty, taken apart: what has to be left out for it to be right.

Years to empty at a constant drain D and return r: `n = F / D` without return, else `-ln(1 - r F / D) / ln(1 + r)`, and
never where `r F >= D`. With inflow that changes over time the recursion of the fund is followed year by year.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from karvan.core.errors import ScenarioError
from karvan.core.table import Table
from karvan.macro.fund import ahead, fund, has_gross
from karvan.macro.fund_result import Fund
from karvan.macro.history import BALANCE, History, read_history

RECENT = 5
LATELY = 3
CEILING = 200
HELD = (40.0, 60.0)
WITHIN = (10, 20)
Row = tuple[str, float | None, str]


def years_to_empty(balance: float, drain: float, rate: float = 0.0) -> float:
    """Years until a constant net drain empties a balance that earns `rate`; infinite where it never does."""
    if drain <= 0 or rate * balance >= drain:
        return math.inf
    return balance / drain if rate == 0 else -math.log(1 - rate * balance / drain) / math.log(1 + rate)


def years_on_path(balance: float, inflow: Sequence[float] | np.ndarray, withdrawal: float, rate: float) -> float:
    """Years until a balance is empty when inflow changes by year; the last year counts by the part that is covered."""
    for t, received in enumerate(inflow):
        after = balance * (1 + rate) + received - withdrawal
        if after <= 0:
            return t + balance / (balance - after)
        balance = after
    return math.inf


def fund_claim(
    country: str = "KAZ",
    *,
    definition: str | None = None,
    withdrawals: float | None = None,
    price: float | None = None,
    draws: int = 5000,
    seed: int = 0,
    oil: str = "bootstrap",
    data: Path | str | History | None = None,
) -> Table:
    """Take the claim apart: years to empty under one assumption after the other, each with its arithmetic.

    Parameters
    ----------
    withdrawals : MUSD a year; default the fact `claim_withdrawals`.
    price : "today's" price in USD/bbl; default the mean of the last twelve months.

    Returns
    -------
    Table of case, years (blank where never within 200 years), arithmetic.
    """
    history = data if isinstance(data, History) else read_history(country, data)
    if not has_gross(history):
        raise ScenarioError(
            f"{history.folder}: taking the claim apart needs receipts, production, guaranteed and targeted"
        )
    taken = history.fact("claim_withdrawals", "the claim").mode if withdrawals is None else float(withdrawals)
    drawn = fund(
        history.country, definition=definition, withdrawals=taken, draws=draws, seed=seed, oil=oil, data=history
    )
    today = float(history.brent.price[-12:].mean()) if price is None else float(price)
    rate = float(np.mean(list(history.series["fund_return"].values())))
    held = _held(history, drawn, taken, today, rate)
    rows = [*_gross(history, drawn, taken, rate), *_net(history, drawn, taken, rate), *held, *_drawn(history, drawn)]
    shown = tuple((case, None if years is None or math.isinf(years) else years, how) for case, years, how in rows)
    return Table(("case", "years", "arithmetic"), shown, _title(history, drawn, rows))


def _title(history: History, drawn: Fund, rows: Sequence[Row]) -> str:
    """The claim, and under which of the assumptions it holds (to within half a year)."""
    head = f"{history.country} fund ({drawn.definition}), years from the start of {drawn.years[0]}, blank: not emptied"
    low, high = history.facts.get("claim_low"), history.facts.get("claim_high")
    if low is None or high is None:
        return head
    cases = [row for row in rows if "price that empties" not in row[0]]
    middle = (low.mode + high.mode) / 2
    true = [case.strip() for case, years, _ in cases if years is not None and abs(years - middle) <= 1]
    said = f"'empty in {low.mode:.0f} to {high.mode:.0f} years'"
    return f"{head}; {said} holds under {len(true)} of {len(cases)}: {', '.join(true) or 'none'}"


def _gross(history: History, drawn: Fund, taken: float, rate: float) -> list[Row]:
    start = drawn.start
    f, w = f"{start / 1e3:.1f}", f"{taken / 1e3:.1f}"
    earned = years_to_empty(start, taken, rate)
    rows: list[Row] = [
        ("a. gross withdrawals, no inflow, no return", years_to_empty(start, taken), f"{f} / {w} bn USD"),
        ("   the same with a return", earned, f"-ln(1 - {rate:.3f} x {f} / {w}) / ln(1 + {rate:.3f})"),
    ]
    paid = [history.series.get(n, {}) for n in ("guaranteed", "targeted")]
    years = [y for y in paid[0] if y in paid[1] and y < drawn.years[0]][-LATELY:]
    if years:
        mean = float(np.mean([paid[0][y] + paid[1][y] for y in years]))
        case = f"   at the withdrawals of {years[0]}-{years[-1]}"
        rows.append((case, years_to_empty(start, mean), f"{f} / {mean / 1e3:.1f} bn USD"))
    return rows


def _net(history: History, drawn: Fund, taken: float, rate: float) -> list[Row]:
    receipts = history.series["receipts"]
    years = [y for y in receipts if y < drawn.years[0]][-RECENT:]
    inflow = float(np.mean([receipts[y] for y in years]))
    drain = taken - inflow
    balances = {y: v for y, v in history.series[BALANCE + drawn.definition].items() if y < drawn.years[0]}
    peak, last = max(balances, key=lambda y: balances[y]), max(balances)
    fell = (balances[peak] - balances[last]) / max(last - peak, 1)
    f, how = f"{drawn.start / 1e3:.1f}", f"({taken / 1e3:.1f} - {inflow / 1e3:.1f})"
    span = f"receipts {inflow / 1e3:.1f} bn, mean of {years[0]}-{years[-1]}"
    earned = f"-ln(1 - {rate:.3f} x {f} / {how}) / ln(1 + {rate:.3f})"
    if drain <= rate * drawn.start:
        earned = f"return {rate * drawn.start / 1e3:.1f} bn covers the drain of {drain / 1e3:.1f} bn"
    seen = f"{f} / (({balances[peak] / 1e3:.1f} - {balances[last] / 1e3:.1f}) / {last - peak}) bn, {peak}-{last}"
    if fell <= 0:
        seen = f"the balance is at its highest in {last}"
    return [
        (
            "b. withdrawals less receipts, no return",
            years_to_empty(drawn.start, drain),
            f"{f} / {how}; {span}",
        ),
        ("   the same with a return", years_to_empty(drawn.start, drain, rate), earned),
        ("   at the fall since the highest balance", years_to_empty(drawn.start, fell), seen),
    ]


def _held(history: History, drawn: Fund, taken: float, today: float, rate: float) -> list[Row]:
    def lasts(price: float) -> float:
        inflow = ahead(history, drawn.law, drawn.years[0], price, CEILING)
        return years_on_path(drawn.start, inflow, taken, rate)

    def row(case: str, price: float) -> Row:
        first = float(ahead(history, drawn.law, drawn.years[0], price, 1)[0])
        return (
            case,
            lasts(price),
            f"inflow {first / 1e3:.1f} bn at {price:.0f} USD/bbl, return {rate:.1%}, output falls late",
        )

    rows = [row("c. price held at today's, with inflow and return", today)]
    rows += [row(f"   price held at {price:.0f} USD/bbl", price) for price in (drawn.law.p0, *HELD)]
    for years in WITHIN:
        even = _break_even(lasts, years)
        how = f"price below which it is empty within {years} years: {even:.0f} USD/bbl" if even else "at no price"
        rows.append((f"   price that empties it in {years} years", years, how))
    return rows


def _break_even(lasts: Callable[[float], float], years: float) -> float:
    """Highest price at which the fund does not outlast `years`, by halving between 0 and 500 USD/bbl."""
    low, high = 0.0, 500.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if lasts(middle) <= years else (low, middle)
    return low if low > 1e-6 else 0.0


def _drawn(history: History, drawn: Fund) -> list[Row]:
    first, n = drawn.years[0], len(drawn.empty)
    fact = history.facts.get("claim_high")
    within = int(fact.mode) if fact is not None else 6
    share = drawn.probability_empty(first + within - 1)
    far = drawn.probability_empty(drawn.years[-1])
    when = np.sort(np.where(drawn.empty > 0, drawn.empty - first + 1.0, math.inf))
    middle = float(when[(n - 1) // 2])
    how = f"median of {n} draws; empty within {within} years: {share:.1%}, by {drawn.years[-1]}: {far:.0%}"
    fast = float(when[int(0.05 * n)])
    return [
        ("d. prices, returns and receipts drawn", middle, how),
        ("   the fastest 5 % of draws", fast, "5 % of draws are empty by then"),
    ]
