"""The door to the debt of a country: labels and files in, drawn paths out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from karvan.core.errors import ScenarioError
from karvan.macro.debt.draw import doubt, inputs, known_start, rolled, share_of, shift_of
from karvan.macro.debt.equation import debt_paths
from karvan.macro.debt.files import read_debt
from karvan.macro.debt.history import Adjustment, fit_adjustment, observed
from karvan.macro.debt.result import Debt
from karvan.macro.debt.summary import DRAWS_FOR_BANDS

if TYPE_CHECKING:
    from karvan.macro.paths import Paths


def debt(
    country: str = "KAZ",
    *,
    years: int = 10,
    draws: int = 10_000,
    seed: int = 0,
    method: str = "covariance",
    oil: str = "bootstrap",
    start: int | None = None,
    paths: Paths | None = None,
    growth: object = 0.0,
    inflation: object = 0.0,
    depreciation: object = 0.0,
    rates: object = 0.0,
    primary_balance: object = 0.0,
    foreign_share: float | None = None,
    adjustment: float | None = None,
    rate: str = "last",
    data: Path | str | None = None,
) -> Debt:
    """Draw the public debt of a country over years.

    d[t] = ((1-a)(1+i_d) + a (1+i_f)(1+e)) / ((1+g)(1+p)) d[t-1] - pb[t] + sfa[t], shares of GDP (IMF 2013)

    Parameters
    ----------
    country : ISO3 code of a country with debt.csv in karvan, or a name for the folder `data`.
    years, draws, seed, method, oil : of the joint draws, see `karvan.macro.paths.macro_paths`.
    start : first year; default the year after the last known debt. Years between the two are drawn too.
    paths : joint draws to use instead, so that the fund and the debt meet the same futures; its years and draws count.
    growth, inflation, depreciation, rates, primary_balance : what if; shifts in fractions (0.01 is a point) on every
        draw: a number for every year, a value a year, or {year: value}. A single `depreciation` is a dollar that much
        dearer from the first year on; `rates` moves all interest at once.
    foreign_share : part of the debt in foreign currency; default the last known.
    adjustment : stock-flow adjustment, share of GDP a year; default as in the past: fitted on the primary balance, with
        residuals drawn again. 0 is the textbook identity.
    rate : "last" keeps the mean of the drawn effective rate at the last known one, "drawn" leaves it.
    data : folder with debt.csv and history.csv, default karvan's.

    Raises
    ------
    SourceError
        Faults of the files, or too few years for a fit.
    LabelError, ScenarioError
        No data for the country, an unknown word, or a number that is none.
    """
    from karvan.macro.history import read_history
    from karvan.macro.paths import macro_paths

    files, history = read_debt(country, data), read_history(country, data)
    seen, a = observed(history, files), share_of(files, foreign_share)
    law: Adjustment | float = fit_adjustment(seen) if adjustment is None else _number(adjustment)
    known = known_start(history, files)
    if paths is None:
        first = known.year + 1 if start is None else start
        drawn = {"draws": draws, "years": years, "seed": seed, "method": method, "oil": oil}
        paths = macro_paths(country, data=history, start=first, **drawn)  # type: ignore[arg-type]
    n = len(paths.values["growth"]) if "growth" in paths.values else draws
    if n < DRAWS_FOR_BANDS:
        raise ScenarioError(f"draws is {n}; bands of 5 and 95 % need {DRAWS_FOR_BANDS}")
    gap = paths.years[0] - known.year - 1
    if gap < 0:
        raise ScenarioError(
            f"{history.country}: the first year is {paths.years[0]}, but debt is known up to {known.year}; start in "
            f"{known.year + 1} or later, or ask for a back-test (backtest_debt)"
        )
    if gap:
        between = macro_paths(
            country, draws=n, years=gap, seed=seed, method=method, oil=oil, data=history, start=known.year + 1
        )
        before = inputs(between, history, files, a, law, rate, seed)
        known = rolled(known, before, a, n, gap, [doubt(history, before, n, seed)])
    x = inputs(paths, history, files, a, law, rate, seed)
    asked = shift_of(paths.years, growth, inflation, depreciation, rates, primary_balance)
    shifts = (doubt(history, x, n, seed), *([asked] if asked else []))
    revenue = files.series.get("revenue", {})
    return Debt(
        country=history.country,
        currency=files.currency,
        years=paths.years,
        start=known,
        foreign_share=a,
        revenue=revenue[max(revenue)] if revenue else None,
        inputs=x,
        shifts=shifts,
        paths=debt_paths(known.debt, a, x, n, len(paths.years), shifts),
        seen=seen,
        law=law,
        history=history,
        files=files,
        method=paths.method,
        source=f"debt: {files.origins['gross_debt']}",
    )


def _number(value: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 1:
        raise ScenarioError(f"adjustment is {value!r}; give a share of GDP a year, as 0.01, or None for as in the past")
    return float(value)
