"""Would the model have told the truth? Fitted to what was known at a year, it forecasts the years after it.

The net flow into the fund (withdrawals of the past are in it) is fitted to the years up to the cut, prices are drawn by
a process fitted to prices up to the cut; beside it the same with the prices that came, which shows what was due to
prices and what to withdrawals and returns.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np

from karvan.core.errors import SourceError
from karvan.core.table import Table
from karvan.macro.fund import fund
from karvan.macro.fund_result import Fund
from karvan.macro.history import BALANCE, History, read_history
from karvan.macro.oil_price import PROCESSES, Drawer, fit_price

HORIZONS = (1, 2, 3, 5, 10)


class FundBacktest(NamedTuple):
    """Forecast from `fitted_to`, `observed` by year in MUSD; `known` is the forecast given the prices that came."""

    fitted_to: int
    observed: dict[int, float]
    drawn: Fund
    known: Fund

    def table(self) -> Table:
        """Observed balance by year beside the bands, MUSD; `below` is the share of draws below the truth."""
        rows = []
        for year, truth in self.observed.items():
            t = self.drawn.years.index(year)
            row: list[object] = [year, round(truth)]
            for part in (self.drawn, self.known):
                low, middle, high = (round(float(v)) for v in np.percentile(part.balance[:, t], (5, 50, 95)))
                row += [low, middle, high, "yes" if low <= truth <= high else "no"]
            rows.append((*row, float((self.drawn.balance[:, t] < truth).mean())))
        bands = [f"{name}{x}" for x in ("", "_prices_known") for name in ("p5", "p50", "p95", "inside")]
        fund_name = f"{self.drawn.country} fund ({self.drawn.definition})"
        title = (
            f"{fund_name} fitted to {self.drawn.law.years[0]}-{self.fitted_to}, "
            f"MUSD; inside 5-95 %: {self.inside(self.drawn)} of {len(rows)}, with prices known "
            f"{self.inside(self.known)}"
        )
        return Table(("year", "observed", *bands, "below"), tuple(rows), title)

    def inside(self, part: Fund) -> int:
        """Number of years in which the truth lies in the 5-95 % band."""
        count = 0
        for year, truth in self.observed.items():
            low, high = np.percentile(part.balance[:, part.years.index(year)], (5, 95))
            count += bool(low <= truth <= high)
        return count


def fund_backtest(
    country: str = "KAZ",
    *,
    fitted_to: int = 2013,
    until: int = 2023,
    definition: str | None = None,
    draws: int = 4000,
    seed: int = 0,
    method: str = "covariance",
    oil: str = "bootstrap",
    data: Path | str | History | None = None,
) -> FundBacktest:
    """Forecast the balance after `fitted_to` from what was known then, and compare it with what came.

    Raises
    ------
    SourceError
        No balance at the cut or after it, or too few years before it.
    """
    history = data if isinstance(data, History) else read_history(country, data)
    if not history.definitions:
        raise SourceError(f"{history.folder}: a back-test needs a series balance_NAME; add its rows to history.csv")
    name = definition or history.definitions[0]
    balance = history.get(BALANCE + name, "the back-test")
    truth = {y: balance[y] for y in range(fitted_to + 1, until + 1) if y in balance}
    if fitted_to not in balance or not truth:
        raise SourceError(
            f"balance_{name} of {history.country} is known {min(balance)}-{max(balance)}; "
            f"a back-test from {fitted_to} to {until} needs the year of the cut and years after it"
        )
    short = [y for y in truth if len(history.brent.months_of(y)) < 12]
    if short:
        raise SourceError(f"brent.csv has not all months of {short[:5]}; end the back-test earlier by until=")
    then = history.until(fitted_to)
    years = max(truth) - fitted_to
    came = [history.brent.year_mean(fitted_to + 1 + t) for t in range(years)]
    drawn, known = (
        fund(history.country, rule="observed", definition=name, draws=draws, years=years, seed=seed, method=method,
             oil=oil, data=then, price=price)
        for price in (None, came)
    )  # fmt: skip
    return FundBacktest(fitted_to, truth, drawn, known)


def price_scores(
    country: str = "KAZ",
    *,
    first: int = 2002,
    horizons: tuple[int, ...] = HORIZONS,
    draws: int = 2000,
    seed: int = 0,
    data: Path | str | History | None = None,
) -> Table:
    """Compare the two processes of the oil price on years that they had not seen.

    Every year from `first` on is a cut: both are fitted to prices before it and forecast the yearly means after it.
    CRPS (mean absolute miss of a forecast with bands; lower is better) in USD/bbl and in logs, and the share of truths
    in the 5-95 % band, which should be 90 %. Cuts overlap, so the shares are less certain than their number suggests.
    """
    history = data if isinstance(data, History) else read_history(country, data)
    last = history.brent.last_year
    if first >= last:
        raise SourceError(f"first is {first}; the last full year of prices is {last}, a cut must lie before it")
    scores: dict[tuple[str, int], list[tuple[float, float, bool]]] = {}
    for oil in PROCESSES:
        for cut in range(first, last):
            price = history.until(cut).brent.price
            years = min(max(horizons), last - cut)
            drawer = Drawer(fit_price(price, oil), float(np.log(price[-1])), (12,) * years)
            drawn = drawer.draw(np.random.default_rng([seed, cut]), draws)
            for k in horizons:
                if k <= years:
                    truth = history.brent.year_mean(cut + k)
                    scores.setdefault((oil, k), []).append(_score(drawn[k - 1], truth))
    rows = []
    for (oil, k), found in sorted(scores.items(), key=lambda item: (item[0][1], item[0][0])):
        usd, log, inside = (float(v) for v in np.mean(np.array(found, float), axis=0))
        rows.append((k, oil, len(found), usd, log, inside))
    title = f"oil price {first + 1}-{last} by processes fitted to earlier months"
    return Table(("years_ahead", "process", "forecasts", "crps_usd_bbl", "crps_log", "inside_90"), tuple(rows), title)


def _score(drawn: np.ndarray, truth: float) -> tuple[float, float, bool]:
    low, high = np.percentile(drawn, (5, 95))
    return crps(np.exp(drawn), truth), crps(drawn, float(np.log(truth))), bool(low <= np.log(truth) <= high)


def crps(drawn: np.ndarray, truth: float) -> float:
    """Continuous ranked probability score of a sample: `E|X - x| - E|X - X'| / 2`."""
    x = np.sort(drawn)
    n = len(x)
    return float(np.abs(x - truth).mean() - ((2 * np.arange(1, n + 1) - n - 1) @ x) / n**2)
