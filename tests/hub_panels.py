"""Simulated trade through hubs with a known excess; every number in it is invented."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from karvan.estimate.reexports.panel import Panel

MONTHS = tuple(f"{y}-{m:02d}" for y in (2020, 2021, 2022) for m in range(1, 13))[:35]
AFTER = 26


class Simulated(NamedTuple):
    """A panel, the true excess (k, p) and which products were re-exported."""

    panel: Panel
    excess: np.ndarray
    planted: np.ndarray


def simulate(seed: int, products: int = 80, hubs: int = 3, share: float = 0.0, size: float = 1.0) -> Simulated:
    """Listed products and others share a hub's demand; a share of the products is sent `size` times more after.

    Products have their own slow shocks (an autoregression of 0.6) and noise; levels are lognormal.
    """
    rng = np.random.default_rng([seed, 77])
    demand = np.exp(np.cumsum(rng.normal(0.01, 0.08, (hubs, len(MONTHS))), axis=1))
    slow = rng.normal(0, 0.15, (products, hubs, len(MONTHS)))
    for t in range(1, len(MONTHS)):
        slow[..., t] += 0.6 * slow[..., t - 1]
    level = np.exp(rng.normal(0, 1.0, (products, hubs, 1)))
    without = level * demand * np.exp(slow + rng.normal(0, 0.2, slow.shape))
    other = 3 * products * demand * np.exp(rng.normal(0, 0.03, demand.shape))
    planted = np.zeros(products, bool)
    planted[: round(share * products)] = True
    added = np.zeros_like(without)
    added[planted, :, AFTER:] = size * without[planted, :, AFTER:]
    names = tuple(f"{8400 + k}" for k in range(products))
    partners = tuple(f"H{p}" for p in range(hubs))
    return Simulated(Panel(names, partners, MONTHS, without + added, other, AFTER), added.sum(axis=2), planted)
