"""Trade elasticities: eight published sets, a middle and a range."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from karvan.data.recipes.eurasia_2021.common import goods, sectors

FLOOR = 1.5
CRUDE = (15.0, 20.0, 30.0)  # nearly homogeneous; at 4 the model invents market power in crude; assumed
SERVICES = (2.5, 4.0, 6.0)  # no set estimates services; assumed


class Thetas(NamedTuple):
    """Most likely value, range, and the published sets; crude oil and services as stated in all of them."""

    mode: np.ndarray
    low: np.ndarray
    high: np.ndarray
    sets: dict[str, np.ndarray]


def build(published: dict[str, np.ndarray]) -> Thetas:
    """Median over the sets; from the second lowest to the second highest of them."""
    table = np.sort(np.maximum(np.array(list(published.values())), FLOOR), axis=0)
    low, mode, high = table[1], np.median(table, axis=0), table[-2]
    for j, sector in enumerate(sectors()):
        fixed = CRUDE if sector == "oil_gas" else None if goods()[j] else SERVICES
        if fixed:
            low[j], mode[j], high[j] = fixed
    sets = {}
    for name, values in sorted(published.items()):
        kept = np.isin(sectors(), ["oil_gas"]) | ~goods()
        sets[name] = np.where(kept, mode, np.maximum(values, FLOOR))
    return Thetas(mode, low, high, sets)
