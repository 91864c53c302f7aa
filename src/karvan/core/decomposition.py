"""A Decomposition: the exact change in real income as a sum of parts, by partner and by sector."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from karvan.core.errors import ScenarioError, SymbolError
from karvan.core.labels import suggest
from karvan.core.outcome import Outcome
from karvan.core.symbols import symbol
from karvan.core.table import Table
from karvan.core.world import World

if TYPE_CHECKING:
    import xarray as xr

PARTS = (
    "part_terms_of_trade",
    "part_volume",
    "part_waste",
    "part_productivity",
    "part_scale",
    "part_pool",
    "part_deficit",
)
CELLS = ("part_export_prices", "part_import_prices", *PARTS[1:])
BY = {"cell": ("partner", "sector"), "partner": ("partner",), "sector": ("sector",), "part": ()}


class Share(NamedTuple):
    """One entry of a ranking: a part, the partner and sector it comes from ("" where it has none), its size."""

    part: str
    partner: str
    sector: str
    value: float  # part of ln W_hat
    money: float  # MUSD


@dataclass(frozen=True, eq=False)
class Decomposition:
    """The exact change in real income of every country, as parts that add up to ln W_hat.

    `found["part_volume"]` is a labelled array (xarray), `found.values["part_volume"]` the plain one; axes are country,
    partner, sector. `part_terms_of_trade` is the sum of `part_export_prices` (what the country sells) and
    `part_import_prices` (what it buys); all parts of `PARTS` together give `real_income_log` within `gap`. The parts
    depend on the path (all costs at once, in even steps of their logs); their sum does not.

    Prices are measured in the world's wage bill, the numeraire.
    """

    outcome: Outcome
    values: Mapping[str, np.ndarray] = field(repr=False)
    nodes: int
    gap: float

    @property
    def world(self) -> World:
        """The baseline the path starts from."""
        return self.outcome.world

    @property
    def axes(self) -> dict[str, tuple[str, ...]]:
        """Labels by full dimension name; a partner is a country."""
        return {**self.world.axes, "partner": self.world.countries}

    def __getitem__(self, name: str) -> xr.DataArray:
        """Return a part with its labels and unit."""
        import xarray as xr

        entry, values = symbol(name), self._plain(name)
        coords = {d: list(self.axes[d]) for d in entry.dims}
        attrs = {"unit": entry.unit, "long_name": entry.label}
        return xr.DataArray(values, dims=entry.dims, coords=coords, name=name, attrs=attrs)

    def money(self, name: str) -> np.ndarray:
        """Return a part in MUSD of base-year income: part x welfare_money / ln W_hat.

        A proportional share of the exact money value, so that the parts add up to `welfare_money`; the factor is the
        country's baseline income where nothing changes.
        """
        values = self._plain(name)
        return values * self._price().reshape(-1, *[1] * (values.ndim - 1))

    def table(self, *, money: bool = False) -> Table:
        """Return one row per country: the parts, their sum, and the exact change, in percent (logs) or MUSD."""
        unit = self._price() if money else np.full(len(self.world.countries), 100.0)
        columns = [_by_country(self.values[name]) * unit for name in PARTS]
        columns += [np.sum(columns, axis=0), self.values["real_income_log"] * unit]
        rows = [(country, *(float(column[n]) for column in columns)) for n, country in enumerate(self.world.countries)]
        head = ("country", *(name.removeprefix("part_") for name in PARTS), "sum", "exact")
        title = f"Exact real income by parts, {'MUSD' if money else 'percent (100 ln W_hat)'}; {self._how()}"
        return Table(head, tuple(rows), title)

    def largest(self, country: str, k: int = 5, *, by: str = "cell") -> tuple[Share, ...]:
        """Return the k largest entries of a country's decomposition by absolute size.

        Parameters
        ----------
        country : whose real income
        k : how many
        by : "cell" (part, partner and sector), "partner", "sector", or "part" (each summed over the rest)
        """
        if by not in BY:
            raise ScenarioError(f"largest: by={by!r}.{suggest(by, BY)}")
        n = self.world.position(country)
        price = float(self._price()[n])
        found: dict[tuple[str, str, str], float] = {}
        for name in CELLS:
            dims = symbol(name).dims[1:]
            for at, value in np.ndenumerate(self.values[name][n]):
                where = {d: self.axes[d][i] for d, i in zip(dims, at, strict=True) if d in BY[by]}
                key = (name.removeprefix("part_"), where.get("partner", ""), where.get("sector", ""))
                found[key] = found.get(key, 0.0) + float(value)
        ranked = sorted(found.items(), key=lambda item: -abs(item[1]))[:k]
        return tuple(Share(*key, value, value * price) for key, value in ranked if value)

    def _plain(self, name: str) -> np.ndarray:
        if name not in self.values:
            raise SymbolError(f"this decomposition has no {name!r}.{suggest(name, self.values)}")
        return self.values[name]

    def _price(self) -> np.ndarray:
        """(n,) MUSD per unit of ln W_hat: I (W_hat - 1) / ln W_hat."""
        log = self.values["real_income_log"]
        still = log == 0
        return self.world.I * np.where(still, 1.0, np.expm1(log) / np.where(still, 1.0, log))

    def _how(self) -> str:
        return (
            f"deficits {self.outcome.deficits}; {self.nodes} nodes, the parts miss the exact change by {self.gap:.1g}"
        )


def _by_country(values: np.ndarray) -> np.ndarray:
    return values.reshape(values.shape[0], -1).sum(axis=1)
