"""A Change: what is done to the primitives. Changes compose; two that set the same thing conflict."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from karvan.core.errors import ConflictError, KarvanWarning, SymbolError, first_five
from karvan.core.inputs import axes_of, warn_huge_tariff
from karvan.core.labels import cells, suggest, to_array
from karvan.core.symbols import symbol, symbols
from karvan.core.world import World

if TYPE_CHECKING:
    from karvan.core.scenario import Scenario

NEUTRAL = {"d_hat": 1.0, "A_hat": 1.0}
BASELINE = {"tau_new": "tau", "D_new": "D", "pool_new": "pool"}


@dataclass(frozen=True, eq=False)
class Change:
    """New levels or ratios of primitives, each over the full axes of its symbol.

    Parameters
    ----------
    d_hat : (importer, exporter, sector) iceberg cost, new over old; `numpy.inf` is an embargo
    tau_new : (importer, exporter, sector) tariff after the change, fraction
    A_hat : (country, sector) productivity, new over old
    D_new : (country,) deficit after the change, MUSD
    pool_new : (union, country) treaty shares after the change

    Plain arrays, labelled arrays (xarray, exact labels) or masked arrays (masked cells are left as they are). A cell
    equal to the baseline is no change, so `Change(tau_new=world.tau)` changes nothing.
    """

    d_hat: Any = None
    tau_new: Any = None
    A_hat: Any = None
    D_new: Any = None
    pool_new: Any = None

    def __init__(self, **given: Any) -> None:
        names = [f.name for f in fields(Change)]
        for name in given:
            if name not in names:
                close = f" Did you mean {name}_new?" if f"{name}_new" in names else suggest(name, names)
                derived = name in symbols() and f"{name}_new" not in names
                hint = " It is derived, not changed." if derived else close
                raise SymbolError(f"a Change has no {name!r}.{hint}")
        for name in names:
            object.__setattr__(self, name, given.get(name))

    def __or__(self, other: Any) -> Scenario:
        """Compose with another change, shock or scenario."""
        from karvan.core.scenario import Scenario

        return Scenario.of(self) | other

    def items(self) -> Iterable[tuple[str, Any]]:
        """Return the symbols that are given, with their values."""
        return [(f.name, getattr(self, f.name)) for f in fields(self) if getattr(self, f.name) is not None]


class Primitives(NamedTuple):
    """The merged change in full arrays; None where nothing changes. Models read this."""

    d_hat: np.ndarray | None = None
    tau_new: np.ndarray | None = None
    A_hat: np.ndarray | None = None
    D_new: np.ndarray | None = None
    pool_new: np.ndarray | None = None

    def only(self, *names: str) -> Primitives:
        """Keep some symbols and leave the others at the baseline."""
        return Primitives(**{n: getattr(self, n) for n in names})

    @property
    def given(self) -> tuple[str, ...]:
        """The symbols that change."""
        return tuple(n for n in self._fields if getattr(self, n) is not None)


Effect = dict[str, tuple[np.ndarray, np.ndarray]]
"""For each symbol that really changes: its full values and the mask of changed cells."""


def effect(world: World, change: Change) -> Effect:
    """Return, for each symbol that really changes, its full values and the mask of changed cells."""
    found = {}
    for name, given in change.items():
        values = _values(world, name, given)
        base = _baseline(world, name)
        touched = values != base
        if touched.any():
            found[name] = (values, touched)
    return found


def merge(world: World, effects: Sequence[tuple[str, Effect]], layers: Sequence[Effect] = ()) -> Primitives:
    """Merge labelled effects into one; layers then multiply: only costs d_hat may be in them.

    Raises
    ------
    ConflictError
        Two changes set the same cell: to different levels, or both a ratio.
    """
    merged: dict[str, np.ndarray] = {}
    owner: dict[str, list[tuple[str, np.ndarray]]] = {}
    for label, found in effects:
        for name, (values, touched) in found.items():
            if name not in merged:
                merged[name] = _baseline(world, name).copy(order="K")
            for other, mask in owner.get(name, []):
                _refuse_overlap(world, name, (label, values, touched), (other, mask), merged[name])
            np.copyto(merged[name], values, where=touched)
            owner.setdefault(name, []).append((label, touched))
    for found in layers:
        for name, (values, _) in found.items():
            merged[name] = merged.get(name, _baseline(world, name)) * values
    for name, values in merged.items():
        _check_sums(world, name, values)
    _warn_zero_cells(world, merged)
    return Primitives(**merged)


def _refuse_overlap(
    world: World, name: str, new: tuple[str, np.ndarray, np.ndarray], old: tuple[str, np.ndarray], current: np.ndarray
) -> None:
    both = new[2] & old[1]
    if name not in NEUTRAL:
        both &= new[1] != current
    if both.any():
        raise ConflictError(
            f"{old[0]} and {new[0]} both set {name} ({symbol(name).label}) in {int(both.sum())} cell(s): "
            f"{cells(both, axes_of(name, world.axes))}; say it in one of them"
        )


def _values(world: World, name: str, given: Any) -> np.ndarray:
    base = _baseline(world, name)
    masked = np.ma.getmaskarray(given) if np.ma.isMaskedArray(given) else None
    values = to_array(np.ma.getdata(given) if masked is not None else given, name, symbol(name).dims, world.axes)
    if masked is not None:
        values = np.where(masked, base, values)
    labels = axes_of(name, world.axes)
    bad = np.isnan(values) | (np.isinf(values) if name != "d_hat" else np.zeros(values.shape, bool))
    if bad.any():
        raise SymbolError(
            f"{name}: {int(bad.sum())} value(s) are NaN or infinite, at {cells(bad, labels)}; use a masked array"
        )
    if symbol(name).sign == "> 0" and (values <= 0).any():
        raise SymbolError(f"{name}: ratios must be above 0, at {cells(values <= 0, labels)}; 1.05 means 5 % more")
    if name == "tau_new":
        if (values <= -1).any():
            raise SymbolError(f"tau_new: a tariff of -100 % or less makes goods free, at {cells(values <= -1, labels)}")
        warn_huge_tariff(values, labels)
    _check_sums(world, name, values)
    return values


def _check_sums(world: World, name: str, values: np.ndarray) -> None:
    """Refuse deficits that do not sum to zero and pool shares that do not sum to one."""
    if name == "D_new" and abs(values.sum()) > 1e-6 * world.I.sum():
        order = np.argsort(-np.abs(values))[:5]
        largest = ", ".join(f"{world.countries[n]} {values[n]:.6g}" for n in order)
        raise SymbolError(
            f"D_new: deficits of the world sum to {values.sum():.6g} MUSD; they must sum to zero (largest: {largest})"
        )
    if name == "pool_new":
        total = values.sum(axis=1)
        wrong = (np.abs(total - 1) > 1e-6) & (total != 0)
        if (values < 0).any() or wrong.any():
            raise SymbolError(f"pool_new: {_wrong_pool(world, values, total, wrong)}")
        twice = (values > 0).sum(axis=0) > 1
        if twice.any():
            names = first_five(np.array(world.countries)[twice])
            raise SymbolError(f"pool_new: in two unions that pool duties: {names}; leave one before joining the other")


def _wrong_pool(world: World, values: np.ndarray, total: np.ndarray, wrong: np.ndarray) -> str:
    rule = "the shares of each union must be >= 0 and sum to 1 (or all be 0: no pool)"
    if (values < 0).any():
        return f"{rule}; negative at {cells(values < 0, axes_of('pool_new', world.axes))}"
    sums = first_five(f"{world.unions[u]} {total[u]:.6g}" for u in np.flatnonzero(wrong).tolist())
    return f"{rule}; they sum to {sums}"


def _baseline(world: World, name: str) -> np.ndarray:
    if name == "d_hat":
        return np.ones_like(world.M)
    if name == "A_hat":
        return np.ones_like(world.beta)
    return np.asarray(getattr(world, BASELINE[name]))


def _warn_zero_cells(world: World, merged: dict[str, np.ndarray]) -> None:
    touched = np.zeros(world.M.shape, dtype=bool)
    for name in ("d_hat", "tau_new"):
        if name in merged:
            touched |= merged[name] != _baseline(world, name)
    if touched.any() and not (world.M[touched] > 0).any():
        warnings.warn(
            f"the change touches {int(touched.sum())} cell(s) and none of them has trade, at "
            f"{cells(touched, axes_of('M', world.axes))}; a model in changes cannot create trade where there is none",
            KarvanWarning,
            stacklevel=3,
        )
