"""What trade asks of the network: values of goods as cargo, and cargo as tonnes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from karvan.core.errors import LabelError, first_five
from karvan.core.labels import suggest
from karvan.network.network import Network


class Carried(NamedTuple):
    """How the goods of each sector travel.

    share: (sector, cargo) part of the value that goes by each class on this network; what is left (crude in pipes,
    goods by air) does not. tonnes: (sector,) t per million USD.
    """

    share: np.ndarray
    tonnes: np.ndarray

    def values(self, flows: np.ndarray) -> np.ndarray:
        """(importer, exporter, cargo) value on the network of flows (importer, exporter, sector), MUSD."""
        return flows @ self.share

    def weights(self, flows: np.ndarray) -> np.ndarray:
        """(importer, exporter, cargo) tonnes a year of flows (importer, exporter, sector) in MUSD."""
        return flows @ (self.share * self.tonnes[:, None])

    def by_sector(self, cost: np.ndarray) -> np.ndarray:
        """(importer, exporter, sector) landed cost over factory price of costs (importer, exporter, cargo) of freight.

        1 + sum_c share_jc g_nic; inf where a class that the sector uses has no route.
        """
        with np.errstate(invalid="ignore"):
            parts = np.where(self.share.T > 0, cost[..., :, None] * self.share.T, 0.0)
        return 1 + parts.sum(axis=-2)


def carried(network: Network, sectors: Sequence[str], goods: np.ndarray, cargo: Sequence[str]) -> Carried:
    """Return how the sectors of a world travel, by sectors.csv; services do not.

    Raises
    ------
    LabelError
        A sector of goods is not in the table.
    """
    rows = network.tables["sectors"]
    known = {row["sector"] for row in rows}
    unknown = [name for name, good in zip(sectors, goods, strict=True) if good and name not in known]
    if unknown:
        raise LabelError(
            f"how do the goods of {first_five(unknown)} travel? sectors.csv has no such sector."
            f"{suggest(unknown[0], known)} Give a folder with a sectors.csv that has them."
        )
    at, column = {name: j for j, name in enumerate(sectors)}, {name: c for c, name in enumerate(cargo)}
    share, tonnes = np.zeros((len(sectors), len(cargo))), np.zeros(len(sectors))
    for row in rows:
        if row["sector"] not in at or not goods[at[row["sector"]]]:
            continue
        tonnes[at[row["sector"]]] = 1e6 / row["usd_t"]
        if row["cargo"] in column:
            share[at[row["sector"]], column[row["cargo"]]] = row["share"]
    return Carried(share, tonnes)
