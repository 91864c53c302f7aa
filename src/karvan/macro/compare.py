"""Rules of withdrawal and definitions of the fund beside each other, on the same draws."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from karvan.core.errors import ScenarioError, SourceError
from karvan.core.table import Table
from karvan.macro.fund import fund
from karvan.macro.fund_result import Fund
from karvan.macro.history import History, read_history
from karvan.macro.rules import NEEDS, RULES

AFTER = (10, 20, 40)


def fund_rules(
    country: str = "KAZ",
    rules: Sequence[str] | None = None,
    *,
    definition: str | None = None,
    draws: int = 5000,
    seed: int = 0,
    start: int | None = None,
    price: float | Sequence[float] | None = None,
    outage: float | Sequence[float] | Mapping[int, float] | None = None,
    figures: Mapping[str, float] | None = None,
    method: str = "covariance",
    oil: str = "bootstrap",
    data: Path | str | History | None = None,
) -> Table:
    """Compare rules on the same draws over forty years; default every rule whose figures are known.

    Columns: withdrawal of the first year (median) and mean of the first ten, MUSD; probability of having been empty
    after 10, 20 and 40 years; median balance at the end in bn USD. Arguments as in `fund`.
    """
    history = data if isinstance(data, History) else read_history(country, data)
    found: list[Fund] = []
    paths = None
    why: Exception = SourceError("no rule given")
    for rule in rules or tuple(RULES):
        try:
            one = fund(
                history.country, rule=rule, definition=definition, draws=draws, years=max(AFTER), seed=seed,
                start=start, price=price if paths is None else None, outage=outage,
                figures={k: v for k, v in (figures or {}).items() if k in NEEDS.get(rule, ())},
                method=method, oil=oil, data=history, paths=paths,
            )  # fmt: skip
        except (ScenarioError, SourceError) as refused:
            if rules is not None:
                raise
            why = refused
            continue
        found.append(one)
        paths = one.paths
    if not found:
        raise why
    columns = ("rule", "first_year_musd", "ten_years_musd", *(f"empty_{k}y" for k in AFTER), "median_end_bn")
    rows = tuple((f.rule, *_paid(f), *_chances(f), float(np.median(f.balance[:, -1])) / 1e3) for f in found)
    head = found[0]
    title = (
        f"{head.country} fund ({head.definition}) from {head.years[0]}, {len(head.empty)} draws; {head.paths.method}"
    )
    return Table(columns, rows, title)


def fund_definitions(
    country: str = "KAZ", *, draws: int = 5000, seed: int = 0, rule: str | None = None, oil: str = "bootstrap",
    method: str = "covariance", data: Path | str | History | None = None,
) -> Table:  # fmt: skip
    """The same question for every definition of the fund; each starts after its own last balance."""
    history = data if isinstance(data, History) else read_history(country, data)
    rows = []
    for name in history.definitions:
        one = fund(history.country, rule=rule, definition=name, draws=draws, seed=seed, oil=oil, method=method,
                   data=history)  # fmt: skip
        rows.append((name, one.years[0], one.start / 1e3, *_chances(one), float(np.median(one.balance[:, -1])) / 1e3))
    columns = ("definition", "start", "balance_bn", *(f"empty_{k}y" for k in AFTER), "median_end_bn")
    title = f"{history.country}: definitions of the fund; probability of having been empty after so many years"
    return Table(columns, tuple(rows), title)


def _paid(found: Fund) -> tuple[float | None, float | None]:
    if found.law.kind != "receipts":
        return None, None
    return float(np.median(found.withdrawals[:, 0])), float(found.withdrawals[:, :10].mean())


def _chances(found: Fund) -> list[float]:
    return [found.probability_empty(found.years[0] + k - 1) for k in AFTER]
