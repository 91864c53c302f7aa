"""Costs of crossing a border, and closing it."""

from __future__ import annotations

from typing import Any

import numpy as np

from karvan.core.change import Change
from karvan.core.errors import ScenarioError
from karvan.core.scenario import shock
from karvan.core.world import World
from karvan.shocks import groups


@shock
def friction(world: World, *, between: Any, ad_valorem: float, sectors: Any = "goods") -> Change:
    """Make trade between two groups dearer (or cheaper, if negative) in both directions; the cost is real, not revenue.

    d_hat = 1 + ad_valorem on every cell between the groups.

    Parameters
    ----------
    between : two groups, each a country code, a bloc, "all", or a list; a country in both counts in the first
    ad_valorem : cost as a share of the value of the goods, 0.05 = 5 %; above -1
    sectors : "goods" (default), "services", "all", a sector or a list
    """
    if ad_valorem == np.inf or groups.number(ad_valorem, "ad_valorem") <= -1:
        raise ScenarioError(f"ad_valorem {ad_valorem} must be a number above -1; for a closed border use embargo")
    chosen = groups.both_ways(world, between, groups.sectors(world, sectors))
    return Change(d_hat=np.where(chosen, 1 + float(ad_valorem), 1.0))


@shock
def embargo(world: World, *, between: Any, sectors: Any = "goods") -> Change:
    """Stop trade between two groups in both directions (infinite cost)."""
    chosen = groups.both_ways(world, between, groups.sectors(world, sectors))
    return Change(d_hat=np.where(chosen & (world.M > 0), np.inf, 1.0))
