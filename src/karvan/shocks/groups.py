"""Who and what a shock means: countries, blocs and sectors by name, as masks over a world's axes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from karvan.core.errors import LabelError, ScenarioError, SymbolError
from karvan.core.labels import positions, suggest
from karvan.core.world import World


def countries(world: World, named: Any) -> np.ndarray:
    """(n,) mask of a country code, a bloc, "all", or a list of these."""
    mask = np.zeros(len(world.countries), dtype=bool)
    for name in [named] if isinstance(named, str) or not isinstance(named, Iterable) else list(named):
        if name == "all":
            mask[:] = True
        elif name in world.blocs:
            mask |= np.isin(world.countries, world.blocs[name].members)
        elif name in world.countries:
            mask[world.countries.index(name)] = True
        else:
            choices = [*world.countries, *world.blocs, "all"]
            raise LabelError(f"unknown country or bloc {name!r}.{suggest(name, choices)}")
    return mask


def sectors(world: World, named: Any) -> np.ndarray:
    """(j,) mask of "goods", "services", "all", a sector, or a list of sectors."""
    words = {"goods": world.goods, "services": ~world.goods, "all": np.ones(len(world.sectors), dtype=bool)}
    if isinstance(named, str) and named in words:
        return words[named]
    mask = np.zeros(len(world.sectors), dtype=bool)
    mask[positions([named] if isinstance(named, str) else list(named), world.sectors, "sector")] = True
    return mask


def cells(importers: np.ndarray, exporters: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """(n, i, j) mask of importers x exporters x sectors, without own sales."""
    mask = importers[:, None, None] & exporters[None, :, None] & chosen[None, None, :]
    own = np.arange(mask.shape[0])
    mask[own, own, :] = False
    return mask


def number(value: Any, what: str, like: str = "0.05 (5 %)") -> float:
    """Return a finite number, or raise and say what it should be; true and false are no numbers."""
    try:
        read = float("nan") if isinstance(value, bool | str) else float(value)
    except (TypeError, ValueError):
        read = float("nan")
    if not np.isfinite(read):
        raise ScenarioError(f"{what}: expected a number such as {like}, got {value!r}")
    return read


def both_ways(world: World, between: Any, chosen: np.ndarray) -> np.ndarray:
    """(n, i, j) mask of trade between two groups in both directions; a country in both groups counts in the first."""
    if not isinstance(between, list | tuple) or len(between) != 2:
        raise ScenarioError(f"between: expected two groups such as [KAZ, EAEU], got {between!r}")
    first, second = countries(world, between[0]), countries(world, between[1])
    second = second & ~first
    if not second.any():
        raise ScenarioError(f"between: {between[1]!r} has nobody who is not already in {between[0]!r}")
    return cells(first, second, chosen) | cells(second, first, chosen)


def schedule(world: World, name: str) -> np.ndarray:
    """(n, j) tariff schedule of a world by name."""
    if name not in world.schedules:
        have = (
            f"{suggest(name, world.schedules)}" if world.schedules else " It has none; pass schedules={...} or a rate."
        )
        raise SymbolError(f"the world has no tariff schedule {name!r}.{have}")
    return world.schedules[name]


def rates(world: World, named: Any, rows: np.ndarray) -> np.ndarray:
    """(n, j) tariff: a number for all goods, "free", or a schedule; every named row must be known for goods.

    "wto-bound" is a ceiling: the applied rate ("mfn") where it is lower, since a commitment binds from above.
    """
    shape = (len(world.countries), len(world.sectors))
    if isinstance(named, bool) or not isinstance(named, int | float | str):
        raise ScenarioError(f"tariff {named!r}: write a rate such as 0.05, 'free', or the name of a schedule")
    if not isinstance(named, str):
        table = np.full(shape, float(named))
    elif named == "free":
        table = np.zeros(shape)
    elif named == "wto-bound":
        table = np.minimum(schedule(world, "wto-bound"), schedule(world, "mfn"))
    else:
        table = schedule(world, named)
    unknown = np.isnan(table[rows][:, world.goods]).any(axis=1)
    if unknown.any():
        names = ", ".join(np.array(world.countries)[rows][unknown])
        raise SymbolError(f"schedule {named!r} is not known for {names}; give a rate instead")
    return np.where(world.goods[None, :], np.nan_to_num(table), 0.0)
