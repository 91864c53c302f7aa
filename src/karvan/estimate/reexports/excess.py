"""Excess: what was sent beyond the counterfactual, by product, hub and month."""

from __future__ import annotations

import numpy as np

from karvan.core.errors import InfeasibleError
from karvan.estimate.reexports.panel import Panel


def counterfactual(panel: Panel) -> np.ndarray:
    """Exports had listed products moved with all others to the same hub.

    The counterfactual of the Poisson regression with product-partner and partner-month effects and one effect of
    treatment per listed product, partner and month. Its first-order conditions have a closed form, because before the
    treatment the fit has row and column totals of the data, and after it only `other` dates the partner's growth:

        before: c[k,p,t] = m[k,p] g[p,t],  g[p,t] = L[p,t] + U[p,t]
        after:  c[k,p,t] = m[k,p] g[p,t],  g[p,t] = U[p,t] / m[other,p]
        m[k,p] = sum_before y[k,p,t] / sum_before g[p,t]

    with L the sum of listed products and U the others.

    Returns
    -------
    (k, p, t) in the unit of the panel

    Raises
    ------
    InfeasibleError
        A partner got nothing before the treatment, so that there is no level to compare with.
    """
    before = slice(0, panel.after)
    growth = panel.listed.sum(axis=0) + panel.other
    base = growth[:, before].sum(axis=1)
    if (base <= 0).any():
        empty = [p for p, b in zip(panel.partners, base, strict=True) if b <= 0]
        raise InfeasibleError(f"no exports to {', '.join(empty)} before {panel.months[panel.after]}: no counterfactual")
    share_other = panel.other[:, before].sum(axis=1) / base
    growth = growth.copy()
    growth[:, panel.after :] = panel.other[:, panel.after :] / share_other[:, None]
    level = panel.listed[..., before].sum(axis=2) / base
    return level[..., None] * growth


def last_year(panel: Panel, lag: int = 12) -> np.ndarray:
    """Exports had every product stayed at its value twelve months before: (k, p, months after the treatment).

    An upper end of the excess: all growth counts, also that of demand in the hub and of prices.
    """
    if panel.after < lag or len(panel.months) - panel.after > lag:
        raise InfeasibleError(
            f"{len(panel.months) - panel.after} months from {panel.months[panel.after]} and {panel.after} before: "
            f"last year's value needs at most {lag} after and at least {lag} before"
        )
    at = np.arange(panel.after, len(panel.months)) - lag
    return panel.listed[..., at]


def long_run_variance(x: np.ndarray, lags: int = 3) -> np.ndarray:
    """Newey-West long-run variance along the last axis with Bartlett weights; at least the plain variance over 10."""
    x = x - x.mean(axis=-1, keepdims=True)
    n = x.shape[-1]
    plain = (x * x).sum(axis=-1) / (n - 1)
    total = plain.copy()
    for lag in range(1, lags + 1):
        total = total + 2 * (1 - lag / (lags + 1)) * (x[..., lag:] * x[..., :-lag]).sum(axis=-1) / (n - 1)
    return np.maximum(total, plain / 10)
