"""From flows before and after to the changes that are compared; the model's flows and the world's go the same way.

M is (importer, exporter, sector), own sales on the diagonal; leading axes (draws) are allowed in `after`.
"""

from __future__ import annotations

import numpy as np

YARDSTICKS = ("net of supply", "share of imports", "share of spending")


def without_own(M: np.ndarray) -> np.ndarray:
    """Flows with own sales set to zero."""
    own = np.arange(M.shape[-2])
    out = M.copy()
    out[..., own, own, :] = 0.0
    return out


def share(M: np.ndarray) -> np.ndarray:
    """Shares of suppliers in each market: over the exporter axis; zero in an empty market."""
    total = M.sum(axis=-2, keepdims=True)
    return np.asarray(M / np.where(total > 0, total, 1.0))


def supply_growth(before: np.ndarray, after: np.ndarray, outside: np.ndarray) -> np.ndarray:
    """(..., exporter, sector) growth of what a supplier sells abroad to importers outside the union.

    `outside` is (importer,) true for those importers. It stands for everything that happened to the supplier and not to
    the union's tariff: its prices, its exchange rate, its own booms. One where it sold nothing there.
    """
    first = without_own(before)[..., outside, :, :].sum(axis=-3)
    last = without_own(after)[..., outside, :, :].sum(axis=-3)
    return np.where(first > 0, last / np.where(first > 0, first, 1.0), 1.0)


def expected_by_supply(before: np.ndarray, after: np.ndarray, outside: np.ndarray) -> np.ndarray:
    """Import shares if every supplier had grown here as it grew elsewhere (shift-share)."""
    growth = supply_growth(before, after, outside)
    return share(share(without_own(before)) * growth[..., None, :, :])


def change(before: np.ndarray, after: np.ndarray, outside: np.ndarray, yardstick: str) -> np.ndarray:
    """100 x log change of a supplier's share in a market, by one of three yardsticks.

    net of supply      share of imports against the share expected from the supplier's growth in markets outside
    share of imports   share of imports against the share before
    share of spending  share of all purchases, own supplies among them, against the share before
    """
    if yardstick == "share of spending":
        first, last = share(before), share(after)
    else:
        last = share(without_own(after))
        net = yardstick == "net of supply"
        first = expected_by_supply(before, after, outside) if net else share(without_own(before))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(100 * np.log(last / first))
