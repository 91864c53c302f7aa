"""What is exported, by gross value and by the value added in it, before and after the headline scenario."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from karvan.core.sweep import Sweep
from karvan.core.table import Table
from karvan.core.world import World

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
    rows: list[tuple[Any, ...]] = []
    for when, M, pi in (("before", world.M, world.pi), ("after", out.values["M_new"], out.values["pi_new"])):
        sold = M[:, n].copy()
        sold[n] = 0.0
        for to, who in (("members", members), ("others", ~members)):
            gross = sold[who].sum(axis=0) * world.goods
            value_added = value_added_in(world, n, pi[n, n]) * gross
            origin, content = value_added.sum(axis=1), value_added.sum(axis=0)
            rows += [
                (when, to, sector, float(gross[j]), float(origin[j]), float(content[j]))
                for j, sector in enumerate(world.sectors)
            ]
    return Table(COLUMNS, tuple(rows), f"What {case['country']} exports, MUSD")


def value_added_in(world: World, n: int, own: np.ndarray) -> np.ndarray:
    """(k, j) value added earned at home in sector k per dollar of exports of sector j, through the Leontief inverse.

    v = diag(beta) (1 - A)^-1 with A[k, j] = own[k] gamma[k, j]: domestic inputs and the inputs of those.

    Parameters
    ----------
    own : (k,) share of domestic suppliers in what the country buys
    """
    A = own[:, None] * world.gamma[n]
    return world.beta[n][:, None] * np.linalg.inv(np.eye(len(own)) - A)
