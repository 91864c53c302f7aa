"""Tonnes and boxes that trade puts on links, beside what was observed there."""

from __future__ import annotations

import numpy as np

from karvan.core.table import Table
from karvan.network.checks import named_links
from karvan.network.loads import Freight, Year
from karvan.network.network import Network

COLUMNS = ("where", "links", "model", "observed_low", "observed_high", "unit", "year", "ratio", "source")


def compare_volumes(freight: Freight, year: Year) -> Table:
    """Put the modelled load of every link of volumes.csv beside what was observed.

    No figure of volumes.csv is used anywhere else: all are tests. `ratio` is the model over the middle of what was
    observed. The model's year is that of the trade given to it.
    """
    network = freight.corridors.network
    rows = []
    for row in network.tables["volumes"]:
        links = frozenset().union(*(network.find_links(name) for name in named_links(row["links"])))
        model = _load(network, freight, year.mean_load, links, row["unit"])
        middle = (row["low"] + row["high"]) / 2
        rows.append(
            (
                row["name"], row["links"], model, row["low"], row["high"], row["unit"], int(row["year"]),
                round(model / middle, 2), row["source"],
            )
        )  # fmt: skip
    return Table(COLUMNS, tuple(rows), "Loads of links: model beside observed")


def load_table(freight: Freight, year: Year, count: int = 40) -> Table:
    """The busiest links with their load, and their capacity where one is published."""
    network, load = freight.corridors.network, year.mean_load
    tonnes = np.array([_load(network, freight, load, frozenset([m]), "Mt/y") for m in range(load.size)])
    rows = []
    for m in np.argsort(-tonnes, kind="stable")[:count]:
        known = np.isfinite(freight.capacity[m])
        full = round(float(load[m] / freight.capacity[m]), 2) if known else None
        capacity = round(float(freight.capacity[m])) if known else None
        rows.append((network.links[m], tonnes[m], round(float(load[m])), freight.units[m] or "t/y", capacity, full))
    columns = ("link", "Mt", "load", "unit", "capacity", "load / capacity")
    return Table(columns, tuple(rows), "The busiest links, a year")


def _load(network: Network, freight: Freight, load: np.ndarray, links: frozenset[int], unit: str) -> float:
    """Sum of the loads of some links in Mt or TEU a year; 12 t to the box (rule U3) where a link counts the other."""
    total = 0.0
    for m in links:
        boxes = freight.units[m] == "TEU/y"
        tonnes = load[m] * (network.values["teu_t"] if boxes else 1.0)
        total += tonnes / 1e6 if unit == "Mt/y" else tonnes / network.values["teu_t"]
    return round(float(total), 3 if unit == "Mt/y" else 0)
