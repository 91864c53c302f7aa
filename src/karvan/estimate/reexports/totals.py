"""Excess of hubs over all listed products, by month, with ranges from the placebo date."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from karvan.estimate.reexports.excess import counterfactual
from karvan.estimate.reexports.panel import Panel
from karvan.estimate.reexports.placebo import placebo_panel


class HubExcess(NamedTuple):
    """Actual and counterfactual by partner and month (p, t); `draws` (s, p) of a factor on the counterfactual."""

    partners: tuple[str, ...]
    months: tuple[str, ...]
    after: int
    actual: np.ndarray
    counterfactual: np.ndarray
    draws: np.ndarray

    @property
    def excess(self) -> np.ndarray:
        """Excess by partner after the treatment (p,)."""
        return (self.actual - self.counterfactual)[:, self.after :].sum(axis=1)

    @property
    def excess_draws(self) -> np.ndarray:
        """Draws of the excess by partner (s, p)."""
        late = slice(self.after, None)
        return self.actual[:, late].sum(axis=1) - self.draws * self.counterfactual[:, late].sum(axis=1)

    def band(self, low: float = 5, high: float = 95) -> tuple[np.ndarray, np.ndarray]:
        """Return the counterfactual's band (p, t) after the treatment."""
        ends = np.percentile(self.draws, [low, high], axis=0)
        late = self.counterfactual[:, self.after :]
        return ends[0][:, None] * late, ends[1][:, None] * late


def by_hub(panel: Panel, draws: int = 2000, seed: int = 0) -> HubExcess:
    """Excess of every partner, with draws of how wrong the counterfactual may be.

    factor[p] = 1 + drift z[p] + sum_k w[k] e[k,p] / sum_k c*[k,p]

    e are the misses of each product at the placebo date, w random signs drawn once per product for all partners (a wild
    bootstrap by product), drift the root mean square over partners of the placebo date's total miss, z normal. So the
    range covers what products do on their own and a drift between listed and other goods as large as the one
    before. A factor below zero is set to zero.
    """
    false = placebo_panel(panel)
    fit = counterfactual(false)
    late = slice(false.after, None)
    miss = (false.listed - fit)[..., late].sum(axis=2)
    base = fit[..., late].sum(axis=(0, 2))
    drift = np.sqrt(np.mean((miss.sum(axis=0) / base) ** 2))
    rng = np.random.default_rng([seed, 2])
    signs = rng.choice([-1.0, 1.0], size=(draws, len(panel.products)))
    factor = 1.0 + drift * rng.standard_normal((draws, len(panel.partners))) + signs @ miss / base
    return HubExcess(
        partners=panel.partners,
        months=panel.months,
        after=panel.after,
        actual=panel.listed.sum(axis=0),
        counterfactual=counterfactual(panel).sum(axis=0),
        draws=np.maximum(factor, 0.0),
    )


def placebo_misses(panel: Panel) -> np.ndarray:
    """Return (p,): actual over counterfactual less one at the placebo date, all listed products."""
    false = placebo_panel(panel)
    late = slice(false.after, None)
    return false.listed[..., late].sum(axis=(0, 2)) / counterfactual(false)[..., late].sum(axis=(0, 2)) - 1.0
