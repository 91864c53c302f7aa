"""Tariffs set directly."""

from __future__ import annotations

from typing import Any

import numpy as np

from karvan.core.change import Change
from karvan.core.errors import ScenarioError
from karvan.core.scenario import shock
from karvan.core.world import World
from karvan.shocks import groups


@shock
def set_tariff(
    world: World,
    *,
    importer: Any,
    exporter: Any,
    rate: Any,
    sectors: Any = "goods",
    plus: float = 0.0,
    keep_free: bool = False,
) -> Change:
    """Set the tariff of importers on exporters.

    Parameters
    ----------
    importer, exporter : a country code, a bloc, "all", or a list of these
    rate : a fraction (0.05 = 5 %), "free", "current", or a schedule of the world such as "mfn" or "wto-bound"
    sectors : "goods" (default), "all", a sector or a list
    plus : added to the rate, as a fraction
    keep_free : leave cells that are free of duty today as they are
    """
    plus = groups.number(plus, "plus")
    rows = groups.countries(world, importer)
    chosen = groups.cells(rows, groups.countries(world, exporter), groups.sectors(world, sectors))
    if not chosen.any():
        raise ScenarioError(f"set_tariff: no trade between importer {importer!r} and exporter {exporter!r} is meant")
    if rate == "current":
        new = world.tau + plus
    elif isinstance(rate, str):
        new = np.broadcast_to((groups.rates(world, rate, rows) + plus)[:, None, :], world.tau.shape)
    else:
        new = np.full(world.tau.shape, groups.number(rate, "rate") + plus)
    if keep_free:
        chosen = chosen & (world.tau > 0)
    return Change(tau_new=np.ma.array(new, mask=~chosen))
