"""Rules that fill what no source gives: one number per rule and country, with its range, shared by all their links."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np

from karvan.core.errors import SourceError
from karvan.core.labels import suggest
from karvan.core.params import Params, Range


class Rules(NamedTuple):
    """What the rules are: a range per name (`rail_kmh_KAZ`), the rule's letter (`R2`) and the source of each."""

    ranges: Mapping[str, Range]
    letters: Mapping[str, str]
    units: Mapping[str, str]

    @classmethod
    def of(cls, rows: Iterable[Mapping[str, Any]], services: Iterable[Mapping[str, Any]]) -> Rules:
        """Gather the rows of rules.csv and services.csv."""
        ranges, letters, units = {}, {}, {}
        for row in rows:
            name = f"{row['what']}_{row['where']}" if row["where"] != "*" else row["what"]
            ranges[name], letters[name], units[name] = _range(row), row["rule"], row["unit"]
        for row in services:
            name = f"{row['service']}:{row['what']}"
            ranges[name], letters[name], units[name] = _range(row), "service", row["unit"]
        return cls(ranges, letters, units)

    def modes(self) -> dict[str, float]:
        """The most likely value of every rule."""
        return {name: float(one.mode) for name, one in self.ranges.items()}

    def draw(self, seed: int, draw: int) -> dict[str, float]:
        """Draw number `draw`: one value per rule and country, shared by the links under it."""
        return self.params().draw(seed, draw)

    def params(self) -> Params:
        """The rules as uncertain parameters."""
        return Params(**self.ranges)

    def find(self, what: str, where: str) -> str:
        """Return the name of the rule for a country or water: its own, or the one for all."""
        for name in (f"{what}_{where}", what):
            if name in self.ranges:
                return name
        raise SourceError(f"rules.csv: no rule {what!r} for {where!r};{suggest(f'{what}_{where}', self.ranges)}")


def _range(row: Mapping[str, Any]) -> Range:
    return Range(row["mode"], row["low"], row["high"], source=f"{row['source']} ({row['quality']})")


def great_circle(lat: np.ndarray, lon: np.ndarray, lat2: np.ndarray, lon2: np.ndarray) -> np.ndarray:
    """Kilometres on a sphere of 6,371 km (haversine)."""
    a, b, c, d = (np.radians(v) for v in (lat, lon, lat2, lon2))
    h = np.sin((c - a) / 2) ** 2 + np.cos(a) * np.cos(c) * np.sin((d - b) / 2) ** 2
    return 2 * 6371.0 * np.arcsin(np.sqrt(h))
