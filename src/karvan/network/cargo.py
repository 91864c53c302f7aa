"""Cargo classes: what a unit is worth, what a day of waiting costs, how it spoils, and by what it travels."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np

from karvan.core.errors import LabelError
from karvan.core.labels import suggest


class Cargo(NamedTuple):
    """One class of cargo.

    name; unit TEU or t; service (block, express or wagon train; oil); modes; reefer: price over that of a dry box;
    value in USD per unit; rho: cost of a day as a share of value; risk: weight of a day of standard deviation against a
    day; fresh_days before spoiling starts and life_days after it (None: does not spoil); tonnes per unit; source.
    """

    name: str
    unit: str
    service: str
    modes: tuple[str, ...]
    reefer: float
    value: float
    rho: float
    risk: float
    fresh_days: float | None
    life_days: float | None
    tonnes: float
    source: str

    @property
    def per_day(self) -> float:
        """Share of value that a further day costs, spoilage included once it has begun."""
        return self.rho + (1 / self.life_days if self.life_days else 0.0)


def cargo_classes(rows: Iterable[Mapping[str, Any]]) -> dict[str, Cargo]:
    """Read the rows of cargo.csv."""
    found = {}
    for row in rows:
        found[row["cargo"]] = Cargo(
            row["cargo"], row["unit"], row["service"], tuple(row["modes"].split()), row["reefer"], row["value"],
            row["rho"], row["risk"], row["fresh_days"], row["life_days"], row["tonnes_per_unit"], row["source"],
        )  # fmt: skip
    return found


def named_cargo(classes: Mapping[str, Cargo], name: str) -> Cargo:
    """Return a class by its name, or raise with a suggestion."""
    if name not in classes:
        raise LabelError(f"unknown cargo {name!r}.{suggest(name, classes)}")
    return classes[name]


def spoilage(days: np.ndarray, cargo: Cargo) -> np.ndarray:
    """Share of the value lost: 1 - exp(-max(0, days - fresh_days) / life_days); 0 for what does not spoil."""
    if cargo.life_days is None:
        return np.zeros_like(np.asarray(days, dtype=float))
    return 1 - np.exp(-np.maximum(0.0, days - (cargo.fresh_days or 0.0)) / cargo.life_days)


def generalised_cost(usd: np.ndarray, days: np.ndarray, sd_days: np.ndarray, cargo: Cargo) -> np.ndarray:
    """Cost of a route as a share of the value of the goods.

    g = usd / value + rho * days + risk * rho * sd(days) + spoilage(days)

    Parameters
    ----------
    usd : price per unit of the cargo
    days, sd_days : time on the way and its standard deviation, delays taken as coming together (an upper bound)

    Time cost after Hummels and Schaur (2013).
    """
    return usd / cargo.value + cargo.rho * days + cargo.risk * cargo.rho * sd_days + spoilage(days, cargo)
