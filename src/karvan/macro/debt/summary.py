"""What a sheaf of debt paths says: bands, probability of rising, sums; arrays in, arrays out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from karvan.macro.debt.equation import Floats, Number

LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)
DRAWS_FOR_BANDS = 100  # below, the 5 % end is the mean of a handful of draws


def bands(values: Floats, levels: Sequence[float] = LEVELS) -> Floats:
    """Quantiles over draws: (draw, year) -> (level, year), linear between draws; a year at a time, to copy no more."""
    return np.stack([np.quantile(year, levels) for year in values.T], axis=1)


def rising(start: Number, debt: Floats) -> Floats:
    """Probability that the ratio is above its start, a number or (draw, 1), by year: share of draws, (year,)."""
    return np.mean(debt > start, axis=0)


def above(level: float, debt: Floats) -> Floats:
    """Probability that the ratio is above a level, by year, and in any year so far: (2, year)."""
    over = debt > level
    return np.stack([over.mean(axis=0), np.logical_or.accumulate(over, axis=1).mean(axis=0)])


def coverage(observed: Floats, low: Floats, high: Floats) -> float:
    """Share of observed values inside their band, ends included."""
    return float(np.mean((observed >= low) & (observed <= high)))


def net_position(fund: Floats, debt: Floats) -> Floats:
    """Fund less debt on the same draws, (draw, year); both in million USD, or both as shares of GDP.

    Raises
    ------
    ValueError
        Other draws or years: the two are not of the same future, and no mean repairs that.
    """
    if fund.shape != debt.shape:
        raise ValueError(f"fund has (draws, years) {fund.shape} and debt {debt.shape}; draw both from the same paths")
    return fund - debt
