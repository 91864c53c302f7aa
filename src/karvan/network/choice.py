"""Which of several routes freight takes, and what the choice costs: logit."""

from __future__ import annotations

import numpy as np


def shares(g: np.ndarray, scale: float) -> np.ndarray:
    """Share of each route, exp(-scale g) / sum exp(-scale g) over the last axis; inf costs get none.

    Parameters
    ----------
    g : (..., route) cost as a share of value, inf for no route
    scale : how sharply freight follows cost; the best route takes all as it grows
    """
    least = g.min(-1, keepdims=True)
    with np.errstate(invalid="ignore"):
        odds = np.where(np.isfinite(g), np.exp(-scale * (g - np.where(np.isfinite(least), least, 0.0))), 0.0)
    total = odds.sum(-1, keepdims=True)
    return np.divide(odds, total, out=np.zeros_like(odds), where=total > 0)


def log_sum(g: np.ndarray, scale: float) -> np.ndarray:
    """Cost of a pair with a choice of routes: -ln(sum exp(-scale g)) / scale; inf where there is no route.

    It is at most the cost of the best route, and never falls when a route is taken away.
    """
    if g.shape[-1] == 0:
        return np.full(g.shape[:-1], np.inf)
    least = g.min(-1)
    some = np.isfinite(least)
    base = np.where(some, least, 0.0)
    with np.errstate(over="ignore"):
        odds = np.where(np.isfinite(g), np.exp(-scale * (g - base[..., None])), 0.0).sum(-1)
    return np.where(some, base - np.log(np.where(some, odds, 1.0)) / scale, np.inf)
