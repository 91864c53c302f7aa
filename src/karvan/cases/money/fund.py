"""Tables on the oil fund and the oil: fans, chances, the claim taken apart, rules, back-tests; amounts in MUSD."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from karvan.core.table import Table
from karvan.macro.claim import fund_claim, years_on_path
from karvan.macro.compare import fund_rules
from karvan.macro.fund import ahead, fund
from karvan.macro.fund_backtest import fund_backtest
from karvan.macro.fund_result import LEVELS, Fund
from karvan.macro.history import History, read_history
from karvan.macro.horizon import oil_horizon
from karvan.macro.sensitivity import fund_sensitivity

AFTER = (10, 20, 40)
SHOWN = 20  # years of the fan
FAR = 200
CUTS = (2013, 2018)
EMPTIES = (10, 20)
# Rows of `fund_claim`, in its order.
STEPS = (
    "gross", "gross_return", "gross_lately", "net", "net_return", "net_seen", "held_today", "held_least", "held_low",
    "held_high", "price_10", "price_20", "drawn", "drawn_fast",
)  # fmt: skip


def fund_tables(country: str, given: Mapping[str, Any]) -> dict[str, Table]:
    """Compute the tables on the fund and the oil of a country."""
    history = read_history(country)
    draws, seed, main = given["draws"], given["seed"], given["definitions"][0]
    runs = {
        (oil, name): fund(country, definition=name, draws=draws, seed=seed, oil=oil, data=history)
        for oil in given["processes"]
        for name in given["definitions"]
    }
    drawn = {oil: runs[oil, main] for oil in given["processes"]}
    first = drawn[given["processes"][0]]
    return {
        "fund_past": Table(("year", "balance"), tuple(first.past.items()), f"Balance, MUSD; {first.source}"),
        "fund_fan": _fan(drawn),
        "fund_chances": _chances(history, runs),
        "fund_steps": _steps(history, first, draws, seed),
        "fund_rules": _rules(country, history, given),
        "fund_lasting": _lasting(drawn),
        "fund_worth": _worth(country, history, given),
        "fund_backtest": _backtests(country, history, draws, seed),
        "fund_facts": _facts(history, first),
        "oil": oil_horizon(country, data=history).table(),
    }


def _fan(drawn: Mapping[str, Fund]) -> Table:
    rows = []
    for oil, one in drawn.items():
        bands = np.percentile(one.balance[:, :SHOWN], LEVELS, axis=0).T
        rows += [(oil, year, *_whole(band)) for year, band in zip(one.years, bands, strict=False)]
    columns = ("process", "year", *(f"p{q}" for q in LEVELS))
    return Table(columns, tuple(rows), "Balance at the end of the year by draws, MUSD")


def _chances(history: History, runs: Mapping[tuple[str, str], Fund]) -> Table:
    """Chances of being empty within the years of the claim, and after ten, twenty and forty."""
    within, rows = int(history.fact("claim_high", "the claim").mode), []
    for (oil, name), one in runs.items():
        empty = (round(one.probability_empty(one.years[0] + k - 1), 4) for k in (within, *AFTER))
        rows.append((oil, name, one.years[0], round(one.start), *empty))
    columns = ("process", "definition", "first", "balance", "empty_claim", *(f"empty_{k}y" for k in AFTER))
    return Table(columns, tuple(rows), "Share of draws in which the fund has been empty after so many years")


def _steps(history: History, drawn: Fund, draws: int, seed: int) -> Table:
    """The claim under one assumption after the other: years until empty, and the price in USD/bbl where one is held."""
    found = fund_claim(history.country, definition=drawn.definition, draws=draws, seed=seed, data=history)
    taken, rate, today = _taken(history), _rate(history), _today(history)

    def lasts(price: float) -> float:
        return years_on_path(drawn.start, ahead(history, drawn.law, drawn.years[0], price, FAR), taken, rate)

    prices = {"held_today": today, "held_least": drawn.law.p0, "held_low": 40.0, "held_high": 60.0}
    prices |= {f"price_{k}": _empties(lasts, k) for k in EMPTIES}
    rows = [
        (key, None if years is None else round(years, 2), _price(prices.get(key)))
        for key, (_, years, _) in zip(STEPS, found.rows, strict=True)
    ]
    return Table(("step", "years", "price"), tuple(rows), found.title)


def _price(value: float | None) -> float | None:
    return None if value is None else round(value, 1)


def _empties(lasts: Any, years: float) -> float:
    """Highest price at which the fund does not outlast the years, by halving between 0 and 500 USD/bbl."""
    low, high = 0.0, 500.0
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if lasts(middle) <= years else (low, middle)
    return low


def _rules(country: str, history: History, given: Mapping[str, Any]) -> Table:
    rows: list[tuple[Any, ...]] = []
    columns: tuple[str, ...] = ()
    for oil in given["processes"]:
        found = fund_rules(
            country, given["rules"], definition=given["definitions"][0], draws=given["draws"], seed=given["seed"],
            oil=oil, data=history,
        )  # fmt: skip
        columns = ("process", *found.columns)
        rows += [(oil, *(round(v, 4) if isinstance(v, float) else v for v in row)) for row in found.rows]
    return Table(columns, tuple(rows), "Rules of withdrawal on the same draws; first year and ten years in MUSD a year")


def _lasting(drawn: Mapping[str, Fund]) -> Table:
    rows = []
    for oil, one in drawn.items():
        rows.append((oil, one.years[-1], *_whole(np.percentile(one.lasting, (10, 50)))))
    columns = ("process", "until", "sure_90", "sure_50")
    return Table(columns, tuple(rows), "Constant withdrawal that lasts so long with 90 and 50 % probability, MUSD")


def _worth(country: str, history: History, given: Mapping[str, Any]) -> Table:
    rows = []
    for oil in given["processes"]:
        found = fund_sensitivity(country, seed=given["seed"], definition=given["definitions"][0], oil=oil, data=history)
        rows += [(oil, row[0], *(round(v, 4) for v in row[1:])) for row in found.rows]
    columns = ("process", "assumption", "first_order", "total", "low", "high")
    return Table(columns, tuple(rows), "Sobol indices of the balance after ten years, 5 to 95 % by resampling")


def _backtests(country: str, history: History, draws: int, seed: int) -> Table:
    rows = []
    for cut in CUTS:
        found = fund_backtest(country, fitted_to=cut, draws=draws, seed=seed, data=history)
        for row in found.table().to_dicts():
            names = ("observed", "p5", "p50", "p95", "p5_prices_known", "p50_prices_known", "p95_prices_known")
            rows.append((cut, row["year"], *(row[n] for n in names)))
    columns = ("cut", "year", "observed", "p5", "p50", "p95", "known_p5", "known_p50", "known_p95")
    return Table(columns, tuple(rows), "Balance forecast from what was known at the cut, MUSD")


def _facts(history: History, drawn: Fund) -> Table:
    """Figures that the steps are made of: name, value, low, high, unit, source."""
    receipts = [y for y in history.series["receipts"] if y < drawn.years[0]][-5:]
    inflow = float(np.mean([history.series["receipts"][y] for y in receipts]))
    rows: list[tuple[Any, ...]] = [
        ("withdrawals", _taken(history), None, None, "MUSD", history.facts["claim_withdrawals"].source),
        ("inflow", round(inflow), None, None, "MUSD", f"receipts, mean of {receipts[0]} to {receipts[-1]}"),
        ("rate", round(_rate(history), 4), None, None, "fraction", "; ".join(history.sources["fund_return"])),
        ("price", round(_today(history), 1), None, None, "USD/bbl", f"{history.brent.source}, last twelve months"),
    ]
    if drawn.forever is not None:
        low, mode, high = _whole(drawn.forever)
        rows.append(("forever", mode, low, high, "MUSD", history.facts["real_return"].source))
    for name in ("claim_low", "claim_high", "claim_oil"):
        rows.append((name, history.facts[name].mode, None, None, "years", history.facts[name].source))
    for name, series, unit in (("output", "production", "Mt"), ("fx", "fx", "LCU/USD")):
        known = history.series[series]
        year = max(known)
        source = f"{year}; {'; '.join(history.sources[series])}"
        rows.append((name, round(known[year], 2), None, None, unit, source))
    for name, count in (("receipt_years", len(drawn.law.years)), ("return_years", len(history.series["fund_return"]))):
        rows.append((name, count, None, None, "years", "years of the fit"))
    planned = history.facts["claim_withdrawals"]
    rows.append(("withdrawals_year", planned.year, None, None, "year", planned.source))
    return Table(("name", "value", "low", "high", "unit", "source"), tuple(rows), "Figures behind the answers")


def _taken(history: History) -> float:
    return float(history.fact("claim_withdrawals", "the claim").mode)


def _rate(history: History) -> float:
    return float(np.mean(list(history.series["fund_return"].values())))


def _today(history: History) -> float:
    return float(history.brent.price[-12:].mean())


def _whole(values: Any) -> tuple[int, ...]:
    return tuple(round(float(v)) for v in values)
