"""Stress tests: what shifts, by how much and why so much. One depreciation, one recession, ... on the same draws.

Sizes follow IMF (2013), Staff Guidance Note for Public Debt Sustainability Analysis in Market-Access Countries (growth
one standard deviation lower for two years with inflation 0.25 lower for each point; rates 200 basis points; the largest
move of the exchange rate in ten years with a pass-through of 0.25 to prices; the balance half a standard deviation),
and for the least depreciation the 30 % of the IMF and World Bank framework for low-income countries (2018). Ours: the
rate applies to all debt at once, which bounds it from above, and the shocks begin in the first year.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from karvan.core.errors import SourceError
from karvan.macro.debt.equation import Shift
from karvan.macro.debt.history import Adjustment, depreciation, domestic_rate, effective_rate, foreign_rate

if TYPE_CHECKING:
    from karvan.macro.debt.files import DebtFiles
    from karvan.macro.history import History

LAST = 10
LEAST = 5
PASS_THROUGH = 0.25
RATES = 0.02
LEAST_DEPRECIATION = 0.30
OIL = 0.5
MATURITY = 7
MAC = "IMF (2013)"


class Stress(NamedTuple):
    """A stress test: its name, the size in words, where the size is from, and the shift of the inputs."""

    name: str
    size: str
    source: str
    shift: Shift


def stresses(history: History, files: DebtFiles, years: int, law: Adjustment | float) -> tuple[Stress, ...]:
    """The tests growth, rates, depreciation (twice), balance, repricing (where a yield is known), oil price, combined.

    Parameters
    ----------
    law : how the stock-flow adjustment goes with the balance; of a fall of the balance with the oil price only what the
        fund does not absorb (1 - slope) reaches the debt.
    """
    g, dollar, pb = _last(history, "growth"), depreciation(history, files), _last(history, "primary_balance")
    worst = max([dollar[y] for y in sorted(dollar)[-LAST:]] + [LEAST_DEPRECIATION])
    sd_g, sd_pb = float(np.std(g, ddof=1)), float(np.std(pb, ddof=1))
    single = [
        Stress(
            "growth",
            f"growth {100 * sd_g:.1f} points lower for two years, inflation {25 * sd_g:.1f}",
            f"{MAC}: one standard deviation of the last {LAST} years",
            Shift(growth=_first(-sd_g, 2, years), inflation=_first(-0.25 * sd_g, 2, years)),
        ),
        Stress(
            "rates", "2 points more on all debt from the first year", f"{MAC}: 200 basis points", Shift(rates=RATES)
        ),
        Stress(
            "depreciation",
            f"the dollar {100 * worst:.0f} % dearer in the first year, prices {100 * PASS_THROUGH * worst:.0f} %",
            f"{MAC}: largest yearly move of the last {LAST} years, at least 30 %; a quarter passes to prices",
            Shift(depreciation=_first(worst, 1, years), inflation=_first(PASS_THROUGH * worst, 1, years)),
        ),
        Stress(
            "depreciation, prices still",
            f"the dollar {100 * worst:.0f} % dearer in the first year, prices as they were",
            f"{MAC}, without the pass-through",
            Shift(depreciation=_first(worst, 1, years)),
        ),
        Stress(
            "balance",
            f"primary balance {50 * sd_pb:.1f} points lower for two years",
            f"{MAC}: half a standard deviation of the last {LAST} years",
            Shift(primary_balance=_first(-sd_pb / 2, 2, years)),
        ),
    ]
    at_once = [s for s in single if s.name != "depreciation"]
    combined = Stress("combined", "growth, rates, depreciation with prices still, balance", MAC, _sum(at_once, years))
    more = [s for s in (_repricing(history, files, years), _oil(history, years, law)) if s is not None]
    return (*single, *more, combined)


def _repricing(history: History, files: DebtFiles, years: int) -> Stress | None:
    """Domestic debt is renewed at the market's yield, a seventh of it a year; None where no yield is known."""
    yields, share = files.series.get("market_yield"), files.series["foreign_share"]
    if not yields:
        return None
    known, foreign = effective_rate(history, files), foreign_rate(history)
    i, a = known[max(known)], share[max(share)]
    home = float(domestic_rate(i, i if foreign is None else foreign, a))
    gap = (1 - a) * (yields[max(yields)] - home)
    renewed = 1 - (1 - 1 / MATURITY) ** np.arange(1, years + 1)
    return Stress(
        "repricing",
        f"domestic debt renewed at {100 * yields[max(yields)]:.1f} %, a seventh a year, from {100 * home:.1f}",
        f"ten-year yield of {max(yields)}, one day; a maturity of seven years is assumed",
        Shift(rates=np.asarray(gap * renewed, dtype=float)),
    )


def _oil(history: History, years: int, law: Adjustment | float) -> Stress:
    """Price halved in the first year and low for two, as from 2014 to 2016 (99 to 44 USD/bbl)."""
    from karvan.macro.joint import joint

    found = joint(history)
    z = math.log(OIL)
    move = {n: float(found.slope[found.names.index(n)]) * z if n in found.names else 0.0 for n in found.names}
    reaches = max(1 - law.slope, 0.0) if isinstance(law, Adjustment) else 1.0
    shift = Shift(
        growth=_first(move.get("growth", 0.0), 1, years),
        inflation=_first(move.get("inflation", 0.0), 1, years),
        depreciation=_first(move.get("depreciation", 0.0), 1, years),
        primary_balance=_first(reaches * move.get("primary_balance", 0.0), 2, years),
    )
    size = (
        f"price halved for two years: growth {100 * move.get('growth', 0.0):+.1f} points, inflation "
        f"{100 * move.get('inflation', 0.0):+.1f}, dollar {100 * move.get('depreciation', 0.0):+.0f} % in the first, "
        f"balance {100 * move.get('primary_balance', 0.0):+.1f}, of which {reaches:.2f} reaches the debt"
    )
    return Stress("oil price", size, "fall of Brent from 2014 to 2016 (56 %); slopes on yearly history", shift)


def _last(history: History, name: str) -> list[float]:
    series = history.get(name, "a stress test")
    if len(series) < LEAST:
        raise SourceError(
            f"{history.country}: {name} has {len(series)} year(s); a stress test needs {LEAST} for its size"
        )
    return [series[y] for y in sorted(series)[-LAST:]]


def _first(value: float, count: int, years: int) -> np.ndarray:
    return np.where(np.arange(years) < count, value, 0.0)


def _sum(parts: list[Stress], years: int) -> Shift:
    """All shifts at once; the inflation of a recession and of a depreciation add up."""
    one = [Shift(*(np.broadcast_to(np.asarray(v, float), (years,)) for v in s.shift)) for s in parts]
    return Shift(*(np.sum(columns, axis=0) for columns in zip(*one, strict=True)))
