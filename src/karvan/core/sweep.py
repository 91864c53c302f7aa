"""A Sweep: many draws of the uncertain parameters, and the bands they give."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from karvan.core.errors import SymbolError
from karvan.core.labels import suggest
from karvan.core.outcome import Outcome
from karvan.core.symbols import symbol
from karvan.core.table import Table
from karvan.core.world import World

PARTS: Mapping[str, tuple[str, ...]] = {
    "all": ("d_hat", "tau_new", "A_hat", "D_new", "pool_new"),
    "tariffs": ("tau_new", "pool_new"),
    "frictions": ("d_hat",),
}


class Band(NamedTuple):
    """A central value and the range it came with: `mode` is at the most likely parameters, the rest over draws."""

    mode: np.ndarray
    low: np.ndarray
    median: np.ndarray
    high: np.ndarray


@dataclass(frozen=True, eq=False)
class Sweep:
    """Results of every scenario, part and draw.

    `values[name]` has axes (scenario, part, draw, ...dims of the symbol); `modes[scenario, part]` is the Outcome at
    the most likely parameters. The band covers the parameters drawn, not the closure and not the class of model.
    """

    world: World
    scenarios: tuple[str, ...]
    parts: tuple[str, ...]
    draws: int
    seed: int
    values: Mapping[str, np.ndarray] = field(repr=False)
    modes: Mapping[tuple[str, str], Outcome] = field(repr=False)
    drawn: tuple[str, ...] = ()
    record: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def sample(self, name: str, scenario: str, part: str = "all") -> np.ndarray:
        """(draw, ...) values of one symbol in one scenario."""
        if name not in self.values:
            raise SymbolError(f"this sweep did not keep {name!r}.{suggest(name, self.values)}")
        if scenario not in self.scenarios:
            raise SymbolError(f"this sweep has no scenario {scenario!r}.{suggest(scenario, self.scenarios)}")
        if part not in self.parts:
            raise SymbolError(f"this sweep has no part {part!r}.{suggest(part, self.parts)}")
        return self.values[name][self.scenarios.index(scenario), self.parts.index(part)]

    def band(self, name: str, scenario: str, part: str = "all", level: float = 0.9) -> Band:
        """Return mode, median and the central `level` of the draws (0.9: from 5 to 95 %)."""
        sample = self.sample(name, scenario, part)
        tail = 50 * (1 - level)
        low, median, high = np.percentile(sample, [tail, 50, 100 - tail], axis=0)
        return Band(self.modes[scenario, part].values[name], low, median, high)

    def table(self, name: str, scenario: str, part: str = "all") -> Table:
        """Return the band of a per-country symbol, one row per country; ratios as percent change."""
        entry = symbol(name)
        band = self.band(name, scenario, part)
        show = (lambda v: 100 * (v - 1)) if entry.unit == "ratio" else (lambda v: v)
        rows = [
            (country, *(float(show(column[n])) for column in band)) for n, country in enumerate(self.world.countries)
        ]
        unit = "percent change" if entry.unit == "ratio" else entry.unit
        title = f"{scenario}, {part}: {entry.label} [{unit}]; {self.draws} draws, 5 to 95 % of parameters only"
        return Table(("country", "most likely", "low", "median", "high"), tuple(rows), title)
