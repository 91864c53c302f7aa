"""How much of the fall of direct exports to the destination the excess of the hubs makes up."""

from __future__ import annotations

import numpy as np

from karvan.estimate.reexports.excess import last_year
from karvan.estimate.reexports.panel import Panel


def fall(panel: Panel, destination: str) -> np.ndarray:
    """Fall of exports to the destination by product (k,): the same months of the year before, less actual.

    Last year's value and not the growth of other goods is the yardstick here, because the other goods fell too.
    """
    direct = panel.of(destination)
    return (last_year(direct) - direct.listed[..., direct.after :]).sum(axis=(1, 2))


def offset(excess: np.ndarray, lost: np.ndarray, smallest: float = 1.0) -> np.ndarray:
    """Share of the fall made up, by product; NaN where the fall is below `smallest` (unit of the panel).

    offset = excess / fall; above 1 hubs bought more than the destination lost
    """
    return np.where(lost >= smallest, excess / np.where(lost >= smallest, lost, 1.0), np.nan)


def bite(panel: Panel, destination: str, smallest: float = 0.1) -> np.ndarray:
    """Share of last year's direct exports that was lost, 0 to 1, by product; NaN below `smallest` last year."""
    before = last_year(panel.of(destination)).sum(axis=(1, 2))
    share = fall(panel, destination) / np.where(before >= smallest, before, 1.0)
    return np.where(before >= smallest, np.clip(share, 0.0, 1.0), np.nan)
