"""What each assumption on the fund is worth: first-order and total Sobol indices of the balance ahead.

The outcome is the balance after some years if it could fall below zero, which is continuous; a share of its variance is
laid to each assumption alone (first order) and with what it does together with others (total).
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np

from karvan.core.errors import ScenarioError, SourceError
from karvan.core.table import Table
from karvan.macro.fund import fund, has_gross
from karvan.macro.fund_result import Fund
from karvan.macro.history import History, read_history
from karvan.macro.horizon import Field, field_at
from karvan.macro.receipts import Law

INPUTS = ("oil price", "receipts at a usual price", "receipts per dollar of price", "return", "withdrawals", "reserves",
          "decline")  # fmt: skip


class Ranges(NamedTuple):
    """Quantile functions of the inputs and what is held."""

    prices: np.ndarray
    usual: float
    level: tuple[float, float]
    slope: tuple[float, float]
    rate: tuple[float, float]
    taken: tuple[float, float]
    reserves: tuple[float, float, float]
    decline: tuple[float, float, float]
    base: Fund
    field: Field
    years: int


def fund_sensitivity(
    country: str = "KAZ",
    *,
    years: int = 10,
    size: int = 2048,
    seed: int = 0,
    definition: str | None = None,
    oil: str = "bootstrap",
    data: Path | str | History | None = None,
) -> Table:
    """Return the Sobol indices of the balance after `years`, with 90 % ranges by resampling.

    Inputs: the mean oil price over the years (as the process draws it), two uncorrelated errors of the fit of receipts,
    the mean return (its standard error and the chance of the years), withdrawals (uniform over the stated range),
    reserves and decline (triangles). Each is constant over the years within a draw.
    """
    if size < 2 or size & (size - 1):
        raise ScenarioError(f"size is {size}; Sobol points come in powers of two, as 1024 or 2048")
    history = data if isinstance(data, History) else read_history(country, data)
    if not has_gross(history):
        raise SourceError(f"{history.folder}: the sensitivity needs receipts, production, guaranteed and targeted")
    ranges = _ranges(history, years, seed, definition, oil)
    from scipy.stats import qmc, sobol_indices

    points = qmc.Sobol(2 * len(INPUTS), seed=seed).random(size).clip(1e-9, 1 - 1e-9)
    a, b = points[:, : len(INPUTS)], points[:, len(INPUTS) :]
    mixed = np.stack([np.where(np.arange(len(INPUTS)) == k, b, a) for k in range(len(INPUTS))])
    values = {
        "f_A": _balance(ranges, a)[None],
        "f_B": _balance(ranges, b)[None],
        "f_AB": np.stack([_balance(ranges, m)[None] for m in mixed]),
    }
    found = sobol_indices(func=values, n=size)
    return _table(ranges, values, found, seed)


def _table(ranges: Ranges, values: dict[str, np.ndarray], found: object, seed: int) -> Table:
    lows, highs = _ranges_of_indices(values, seed)
    first = np.ravel(found.first_order)  # type: ignore[attr-defined]
    total = np.ravel(found.total_order)  # type: ignore[attr-defined]
    rows = [(name, float(first[k]), float(total[k]), float(lows[k]), float(highs[k])) for k, name in enumerate(INPUTS)]
    rows.sort(key=lambda row: -row[2])
    spread = np.percentile(np.concatenate([values["f_A"][0], values["f_B"][0]]), (5, 50, 95)) / 1e3
    title = (
        f"{ranges.base.country} fund ({ranges.base.definition}) at the end of {ranges.base.years[ranges.years - 1]}, "
        f"if it could fall below zero: {spread[1]:.0f} bn USD, "
        f"5-95 %: {spread[0]:.0f} to {spread[2]:.0f}; share of variance"
    )
    return Table(("assumption", "first_order", "total", "total_low", "total_high"), tuple(rows), title)


def _ranges_of_indices(values: dict[str, np.ndarray], seed: int, times: int = 200) -> tuple[np.ndarray, np.ndarray]:
    """5 and 95 % of the total indices over resampled points (Jansen's estimator)."""
    rng = np.random.default_rng(seed)
    f_a, f_ab = values["f_A"][0], values["f_AB"][:, 0]
    n = len(f_a)
    half = (f_a - f_ab) ** 2 / 2
    both = np.concatenate([f_a, values["f_B"][0]]).reshape(2, n)
    picks = rng.integers(0, n, (times, n))
    totals = np.array([half[:, at].mean(1) / both[:, at].var() for at in picks])
    low, high = np.percentile(totals, (5, 95), axis=0)
    return low, high


def _ranges(history: History, years: int, seed: int, definition: str | None, oil: str) -> Ranges:
    base = fund(history.country, rule="none", definition=definition, draws=4000, years=years, seed=seed, oil=oil,
                data=history)  # fmt: skip
    law, facts = base.law, history.facts
    usual = -_covariance(law)[0, 1] / _covariance(law)[1, 1]
    level = float(law.coef[0] + law.coef[1] * usual)
    level_se = float(np.sqrt(np.array([1, usual]) @ _covariance(law) @ np.array([1, usual])))
    returns = np.array(list(history.get("fund_return", "the sensitivity").values()))
    rate_sd = float(returns.std(ddof=1) * np.sqrt(1 / len(returns) + 1 / years))
    reserves, decline = history.fact("reserves", "the sensitivity"), history.fact("decline", "the sensitivity")
    taken = (facts["guaranteed"].low + facts["targeted"].low, facts["guaranteed"].high + facts["targeted"].high)
    field = field_at(history, base.years[0], "mode")
    gone = reserves.mode - float(field.reserves)
    return Ranges(
        np.sort(base.paths.values["oil_price"].mean(1)), float(usual), (level, level_se),
        (float(law.coef[1]), float(law.se[1])), (float(returns.mean()), rate_sd),
        taken, (reserves.low - gone, reserves.mode - gone, reserves.high - gone),
        (decline.low, decline.mode, decline.high), base, field, years,
    )  # fmt: skip


def _covariance(law: Law) -> np.ndarray:
    return np.asarray(law.root @ law.root.T * law.sd**2)


def _balance(ranges: Ranges, u: np.ndarray) -> np.ndarray:
    """(point,) balance in MUSD after the years, not kept above zero."""
    from scipy.special import ndtri

    price = np.quantile(ranges.prices, u[:, 0])
    level = ranges.level[0] + ranges.level[1] * ndtri(u[:, 1])
    slope = ranges.slope[0] + ranges.slope[1] * ndtri(u[:, 2])
    rate = ranges.rate[0] + ranges.rate[1] * ndtri(u[:, 3])
    taken = ranges.taken[0] + u[:, 4] * (ranges.taken[1] - ranges.taken[0])
    reserves, decline = _triangle(u[:, 5], *ranges.reserves), _triangle(u[:, 6], *ranges.decline)
    field = Field(ranges.field.q, np.maximum(reserves, ranges.field.q), decline)
    balance = np.full(len(u), ranges.base.start)
    for t in range(ranges.years):
        inflow = np.maximum(level + slope * (price - ranges.usual), 0.0) * field.production(t)
        balance = balance * (1 + rate) + inflow - taken
    return balance


def _triangle(u: np.ndarray, low: float, mode: float, high: float) -> np.ndarray:
    """Quantiles of a triangular distribution."""
    below, above = mode - low, high - mode
    rising = u * (below + above) < below
    up = low + np.sqrt(u * (below + above) * below)
    down = high - np.sqrt((1 - u) * (below + above) * above)
    return np.where(rising, up, down)
