"""Matched excess: a product that came in beyond the usual and went out beyond the usual."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from karvan.core.errors import InfeasibleError, LabelError
from karvan.estimate.reexports.placebo import benjamini_hochberg


class Jump(NamedTuple):
    """Excess of each series over its own level before, with a range and a p-value of the jump."""

    actual: np.ndarray
    counterfactual: np.ndarray
    excess: np.ndarray
    low: np.ndarray
    high: np.ndarray
    p: np.ndarray


class Matched(NamedTuple):
    """By product: the smaller of excess in and excess out, its range, and p- and q-values."""

    excess: np.ndarray
    low: np.ndarray
    high: np.ndarray
    p: np.ndarray
    q: np.ndarray


def jump(series: np.ndarray, after: int, draws: int = 2000, block: int = 3, seed: int = 0) -> Jump:
    """Excess over the mean month before, for monthly series (k, t).

    counterfactual = n_after mean_before y

    Range: 5-95 % of a moving-block bootstrap of the months before (blocks of `block` months, seeded). p-value: the
    share of circular shifts of the months under which the last n_after months exceed the rest by as much (the true
    dating counts as one), so it cannot be below 1/t.
    The counterfactual has no growth: use it where trade was small before and nothing comparable is free of re-exports.

    Raises
    ------
    InfeasibleError
        Fewer than six months before or none after.
    """
    y = np.atleast_2d(np.asarray(series, float))
    months = y.shape[1]
    n = months - after
    if after < 6 or n < 1:
        raise InfeasibleError(f"{after} months before and {n} after; at least 6 before and 1 after are needed")
    mean = y[:, :after].mean(axis=1)
    rng = np.random.default_rng([seed, 3])
    starts = rng.integers(0, after - block + 1, size=(draws, -(-after // block)))
    at = (starts[..., None] + np.arange(block)).reshape(draws, -1)[:, :after]
    means = y[:, at].mean(axis=2)
    low, high = np.percentile(means, [5, 95], axis=1)
    actual = y[:, after:].sum(axis=1)
    return Jump(actual, n * mean, actual - n * mean, actual - n * high, actual - n * low, _shift_p(y, after))


def _shift_p(y: np.ndarray, after: int) -> np.ndarray:
    months = y.shape[1]
    shifted = np.stack([np.roll(y, s, axis=1)[:, after:].sum(axis=1) for s in range(months)])
    return (shifted >= shifted[0] * (1 - 1e-12)).mean(axis=0)


def matched(inward: Jump, outward: Jump) -> Matched:
    """The smaller of excess in and excess out, by product, never below zero.

    m[k] = max(0, min(in[k], out[k]))

    Both must have jumped: p is the larger of the two (intersection-union test, Berger 1982), q by Benjamini and
    Hochberg (1995). Ranges are the smaller of the lows and the smaller of the highs.

    Raises
    ------
    LabelError
        The two have different numbers of products.
    """
    if inward.excess.shape != outward.excess.shape:
        raise LabelError(f"{inward.excess.size} products in, {outward.excess.size} out; give the same, in one order")
    p = np.maximum(inward.p, outward.p)
    least = [np.maximum(np.minimum(i, o), 0.0) for i, o in zip(inward[2:5], outward[2:5], strict=True)]
    return Matched(least[0], least[1], least[2], p, benjamini_hochberg(p))
