"""What is exported, by gross value and by the value added in it, before and after the headline scenario."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from karvan.core.sweep import Sweep
from karvan.core.table import Table
from karvan.core.world import World
from karvan.models.trade.value_added import rounds, sourcing, suppliers, value_added_exports

COLUMNS = ("when", "to", "sector", "gross", "origin", "content")


def exported(case: Mapping[str, Any], found: Sweep) -> Table:
    """Goods exports of the case's country before and after its headline scenario, by sector and destination, MUSD.

    `gross`: exports of the sector; `origin`: value added earned in that sector through goods exports of any sector,
    services included; `content`: domestic value added from any sector in the exports of that sector. `origin` and
    `content` have the same total.
    """
    out = found.modes[case["headline"], "all"]
    world, n = out.world, out.world.position(case["country"])
    members = np.isin(world.countries, world.blocs[case["bloc"]].members)
    made = value_added_exports(out)
    new = out.values
    rows: list[tuple[Any, ...]] = []
    for when, M, X, side in (
        ("before", world.M, world.X, made.before),
        ("after", new["M_new"], new["X_new"], made.after),
    ):
        share = np.divide(side.domestic[n], side.exports[n], out=np.zeros_like(world.theta), where=side.exports[n] > 0)
        for to, who in (("members", members), ("others", ~members)):
            gross = M[who & (np.arange(len(M)) != n), n].sum(axis=0) * world.goods
            origin = _origin(world, n, M, X, gross)
            rows += [
                (when, to, sector, float(gross[j]), float(origin[j]), float(share[j] * gross[j]))
                for j, sector in enumerate(world.sectors)
            ]
    return Table(COLUMNS, tuple(rows), f"What {case['country']} exports, MUSD")


def _origin(world: World, n: int, M: np.ndarray, X: np.ndarray, gross: np.ndarray) -> np.ndarray:
    """(j,) value added earned at home in each sector through exports of `gross`, through all rounds of suppliers."""
    bought = sourcing(M, X)
    need = np.zeros((len(M), 1, len(gross)))
    need[n, 0] = gross
    total = max(float(gross.sum()), 1e-300)
    output = rounds(need, lambda x: suppliers(x, bought, world.gamma), lambda _, x: float(x.sum()) / total)
    return np.asarray(output[n, 0] * world.beta[n])
