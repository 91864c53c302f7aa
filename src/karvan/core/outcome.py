"""An Outcome: what a model found, with residuals, steps and the record of how it was made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from karvan.core import archive
from karvan.core.errors import SymbolError
from karvan.core.labels import suggest
from karvan.core.symbols import symbol
from karvan.core.table import Table
from karvan.core.world import World

if TYPE_CHECKING:
    import xarray as xr


class Residuals(dict[str, float]):
    """Largest relative error of each part of the equilibrium, by name."""

    def max(self) -> float:
        """Return the largest of them."""
        return max(self.values())


@dataclass(frozen=True, eq=False)
class Outcome:
    """The solved equilibrium of one world and one change.

    `out["welfare_hat"]` is a labelled array (xarray); `out.values["welfare_hat"]` the plain one. `residuals` are
    relative; `steps` counts sweeps; `converged` is False only when the caller asked to see an unsolved state. `method`
    says how the solver got there: "sweeps", "newton" or "path" (from the baseline, the change growing step by step).
    """

    world: World
    values: Mapping[str, np.ndarray] = field(repr=False)
    residuals: Residuals
    steps: int
    deficits: str
    converged: bool = True
    method: str = "sweeps"
    notes: tuple[str, ...] = ()
    record: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def __getitem__(self, name: str) -> xr.DataArray:
        """Return a result with its labels and unit."""
        import xarray as xr

        entry = symbol(name)
        if name not in self.values:
            raise SymbolError(f"this outcome has no {name!r}.{suggest(name, self.values)}")
        return xr.DataArray(
            self.values[name],
            dims=entry.dims,
            coords={d: list(self.world.axes[d]) for d in entry.dims},
            name=name,
            attrs={"unit": entry.unit, "long_name": entry.label},
        )

    def table(self, name: str) -> Table:
        """Return a result as a table with one row per cell; ratios also as percent change."""
        entry = symbol(name)
        if name not in self.values:
            raise SymbolError(f"this outcome has no {name!r}.{suggest(name, self.values)}")
        values = self.values[name]
        ratio = entry.unit == "ratio"
        rows = []
        for at in np.ndindex(values.shape):
            labels = tuple(self.world.axes[d][i] for d, i in zip(entry.dims, at, strict=True))
            value = float(values[at])
            rows.append((*labels, value, 100 * (value - 1)) if ratio else (*labels, value))
        head = (*entry.dims, name, "percent change") if ratio else (*entry.dims, name)
        state = "" if self.converged else "  [NOT CONVERGED]"
        return Table(head, tuple(rows), title=f"{entry.label} [{entry.unit}]; deficits {self.deficits}{state}")

    def to_xarray(self) -> xr.Dataset:
        """Return all results as one labelled dataset."""
        import xarray as xr

        return xr.Dataset({name: self[name] for name in self.values}, attrs={"deficits": self.deficits})

    def save(self, path: str | Path) -> None:
        """Write results and the world they belong to into one file (.npz); `Outcome.load` reads it back."""
        arrays = {f"out:{k}": v for k, v in self.values.items()}
        arrays |= {f"world:{k}": v for k, v in self.world._arrays().items()}
        meta = {
            "world": self.world._meta(full=True),
            "residuals": dict(self.residuals),
            "steps": self.steps,
            "deficits": self.deficits,
            "converged": self.converged,
            "method": self.method,
            "notes": self.notes,
            "record": dict(self.record),
        }
        archive.write(Path(path), arrays, meta)

    @classmethod
    def load(cls, path: str | Path) -> Outcome:
        """Read what `save` wrote."""
        arrays, meta = archive.read(Path(path))
        world = World._from_saved(_part(arrays, "world:"), meta["world"])
        return cls(
            world=world,
            values=_part(arrays, "out:"),
            residuals=Residuals(meta["residuals"]),
            steps=meta["steps"],
            deficits=meta["deficits"],
            converged=meta["converged"],
            method=meta.get("method", "sweeps"),
            notes=tuple(meta["notes"]),
            record=meta["record"],
        )


def _part(arrays: Mapping[str, np.ndarray], prefix: str) -> dict[str, np.ndarray]:
    return {k.removeprefix(prefix): v for k, v in arrays.items() if k.startswith(prefix)}
