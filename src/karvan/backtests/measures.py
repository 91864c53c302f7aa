"""How well predicted changes fit the changes that happened: the measures of Kehoe (2005), and those of a band.

Every function takes plain arrays of one shape: `happened`, `predicted` (and `low`, `high`) are changes in one unit,
`weight` is >= 0 with a positive sum. Sources: Kehoe (2005), "An evaluation of the performance of applied general
equilibrium models of the impact of NAFTA", in Frontiers in Applied General Equilibrium Modeling; Kehoe, Pujolas and
Rossbach (2017), Annual Review of Economics 9.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

SHUFFLES = 999


class Fit(NamedTuple):
    """The measures of one set of cells; see the functions of this module for each."""

    cells: int
    correlation: float | None
    intercept: float | None
    slope: float | None
    variance_share: float | None
    skill: float
    direction: float | None
    hit_rate: float
    hit_rate_weighted: float
    predicted_size: float
    happened_size: float
    half_width: float
    error: float
    chance: float | None


def mean(values: np.ndarray, weight: np.ndarray) -> float:
    """Weighted mean."""
    return float((weight * values).sum() / weight.sum())


def variance(values: np.ndarray, weight: np.ndarray) -> float:
    """Weighted variance about the weighted mean."""
    return mean((values - mean(values, weight)) ** 2, weight)


def correlation(happened: np.ndarray, predicted: np.ndarray, weight: np.ndarray) -> float | None:
    """Weighted correlation, Kehoe (2005); None where one side does not vary."""
    spread = variance(happened, weight) * variance(predicted, weight)
    if not spread > 1e-24:
        return None
    gap = (happened - mean(happened, weight)) * (predicted - mean(predicted, weight))
    return mean(gap, weight) / float(np.sqrt(spread))


def regression(happened: np.ndarray, predicted: np.ndarray, weight: np.ndarray) -> tuple[float, float] | None:
    """Intercept a and slope b of happened = a + b predicted by weighted least squares; (0, 1) is a perfect model."""
    spread = variance(predicted, weight)
    if not spread > 1e-24:
        return None
    covariance = mean((happened - mean(happened, weight)) * (predicted - mean(predicted, weight)), weight)
    b = covariance / spread
    return mean(happened, weight) - b * mean(predicted, weight), b


def variance_share(happened: np.ndarray, predicted: np.ndarray, weight: np.ndarray) -> float | None:
    """Kehoe's decomposition: var(predicted) / (var(predicted) + var(happened - predicted)); 1 is a perfect model."""
    explained, rest = variance(predicted, weight), variance(happened - predicted, weight)
    return explained / (explained + rest) if explained + rest > 0 else None


def skill(happened: np.ndarray, predicted: np.ndarray, weight: np.ndarray) -> float:
    """1 - sum of squared errors over that of "nothing changes"; below 0 it is worse than saying nothing."""
    return 1 - mean((happened - predicted) ** 2, weight) / mean(happened**2, weight)


def direction(happened: np.ndarray, predicted: np.ndarray, weight: np.ndarray) -> float | None:
    """Weighted share of cells that moved to the predicted side; cells predicted not to move do not count."""
    moved = np.abs(predicted) > 1e-9
    if not (weight * moved).sum() > 0:
        return None
    return mean((np.sign(happened) == np.sign(predicted))[moved].astype(float), weight[moved])


def hit_rate(happened: np.ndarray, low: np.ndarray, high: np.ndarray, weight: np.ndarray | None = None) -> float:
    """Share of cells that ended inside their band; weighted when weights are given."""
    inside = ((happened >= low) & (happened <= high)).astype(float)
    return float(inside.mean()) if weight is None else mean(inside, weight)


def chance(
    happened: np.ndarray, predicted: np.ndarray, weight: np.ndarray, groups: np.ndarray, seed: int = 0
) -> float | None:
    """Share of shuffles of the outcome inside each group whose correlation is at least the one found.

    A group is a market (importer and sector): the shuffle keeps what each market did and loses who gained in it.
    """
    found = correlation(happened, predicted, weight)
    if found is None:
        return None
    place = np.unique(groups, return_inverse=True)[1]
    order = np.argsort(place, kind="stable")
    keys = place + np.random.default_rng(seed).random((SHUFFLES, place.size))
    shuffled = np.empty_like(keys)
    shuffled[:, order] = happened[np.argsort(keys, axis=1)]
    at_least = int((correlations(shuffled, predicted, weight) >= found - 1e-12).sum())
    return (1 + at_least) / (1 + SHUFFLES)


def correlations(rows: np.ndarray, predicted: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """(row,) weighted correlation of every row with the prediction; 0 for a row that does not vary."""
    part = weight / weight.sum()
    gap = predicted - part @ predicted
    off = rows - (rows @ part)[:, None]
    spread = (off**2 @ part) * float(part @ gap**2)
    return np.asarray((off @ (part * gap)) / np.sqrt(np.where(spread > 0, spread, np.inf)))


def fit(
    happened: np.ndarray,
    predicted: np.ndarray,
    low: np.ndarray,
    high: np.ndarray,
    weight: np.ndarray,
    groups: np.ndarray,
) -> Fit:
    """All measures of one set of cells."""
    line = regression(happened, predicted, weight)
    return Fit(
        cells=int(happened.size),
        correlation=correlation(happened, predicted, weight),
        intercept=line[0] if line else None,
        slope=line[1] if line else None,
        variance_share=variance_share(happened, predicted, weight),
        skill=skill(happened, predicted, weight),
        direction=direction(happened, predicted, weight),
        hit_rate=hit_rate(happened, low, high),
        hit_rate_weighted=hit_rate(happened, low, high, weight),
        predicted_size=float(np.median(np.abs(predicted))),
        happened_size=float(np.median(np.abs(happened))),
        half_width=float(np.median((high - low) / 2)),
        error=float(np.median(np.abs(happened - predicted))),
        chance=chance(happened, predicted, weight, groups),
    )
