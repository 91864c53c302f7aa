"""Oil that cannot leave the country: pipelines and ports that stop."""

from __future__ import annotations

from functools import cache, lru_cache
from typing import Any

import numpy as np

from karvan.core.change import Change
from karvan.core.errors import LabelError, ScenarioError
from karvan.core.scenario import shock
from karvan.core.world import World
from karvan.network.oil.routes import OilRoutes, oil_routes
from karvan.shocks import groups

WHOSE = "KAZ"  # of the oil routes that come with karvan
CRUDE = ("oil_gas", "B06", "B05_06")
YEAR = 365


@shock
def stop_oil(
    world: World, *, country: str, route: str, days: Any = 30, share: Any = 1.0, price: Any = None, sector: str = ""
) -> Change:
    """Stop a way out for a country's oil: what is stranded is not produced, what moves earns less.

    A_hat = 1 - (1 - volume_hat) exports / output,   d_hat = 1 + cost / (value of a tonne)  on its exports

    volume_hat is the year's exports after over before, cost what the oil that found another way earns less, spread over
    all exports, both by `oil_routes().close(...).effect(365)`. A loss of productivity is how a model in ratios says
    that the same wells and people deliver less: to first order income falls by the value of the stranded oil. Say
    `specific: {oil_gas: 0.9}` in the scenario, for wells do not move within a year; without it people leave the oil
    fields for other work and output falls by several times the stop.

    Parameters
    ----------
    country : whose oil it is: KAZ, since the oil routes that come with karvan are Kazakhstan's
    route : "CPC", ... or a transit country, "Russia"; `karvan oil leverage` lists them
    days, share : how long, and which part of the flow
    price : USD/bbl of Brent; default the mean of the last ten years
    sector : the sector of crude oil; default the world's own
    """
    n = world.position(country)
    if country != WHOSE:
        raise LabelError(f"no oil routes of {country}; those that come with karvan are of {WHOSE}")
    names = [sector] if sector else [name for name in CRUDE if name in world.sectors]
    if len(names) != 1:
        raise LabelError(
            f"which sector is crude oil? This world has {', '.join(names) or 'none known'}; say sector: ..."
        )
    chosen = groups.sectors(world, names)
    j = int(chosen.argmax())
    outage = _asked(route, days, share, price)
    made = world.M[:, n, j].sum()
    sold = made - world.M[n, n, j]
    if not sold > 0:
        raise LabelError(f"{country} sells no {names[0]} abroad in {world.name or 'this world'}")
    part = float(sold / made)
    productivity = np.ones_like(world.beta)
    productivity[n, j] = 1 - (1 - outage["volume_hat"]) * part
    cost = np.ones_like(world.M)
    cost[:, n, j] = 1 + outage["cost_usd_t"] / outage["usd_t"]
    cost[n, n, j] = 1.0
    return Change(A_hat=productivity, d_hat=cost)


def outage_of(route: str, days: Any = 30, share: Any = 1.0, price: Any = None) -> float:
    """Return the part of a year's oil exports that a stop takes away, as `stop_oil` counts it."""
    return 1 - _asked(route, days, share, price)["volume_hat"]


def _asked(route: str, days: Any, share: Any, price: Any) -> dict[str, float]:
    at = None if price is None else groups.number(price, "price", "80 (USD/bbl)")
    length = round(groups.number(days, "days", "30"))
    if not 0 < length <= YEAR:
        raise ScenarioError(f"{length} days; expected 1 to {YEAR}")
    return _effect(route, length, groups.number(share, "share", "0.33"), at)


@cache
def _routes() -> OilRoutes:
    return oil_routes()


@lru_cache(maxsize=64)
def _effect(route: str, days: int, share: float, price: float | None) -> dict[str, float]:
    found = _routes().close(route, days, share, price=price, draws=1)
    usd_t = float(found.central.sale[0])
    return {**found.effect(YEAR), "usd_t": usd_t}
