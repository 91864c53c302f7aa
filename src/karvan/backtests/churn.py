"""Ordinary churn: how far shares move in markets that the change did not touch, and what that does to a test.

A test can only find a signal that stands out of what moves anyway. Markets outside the union over the same years give
that movement; laid over the model's own prediction it says what correlation a model that is exactly right would
show, and how wide a band must be that holds nine cells in ten.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from karvan.backtests import changes, engine, measures

NEAREST = 200  # cells of like size from which a cell's churn is drawn
WORLDS = 400


class Churn(NamedTuple):
    """Cells outside the union in order of size: log of trade before, and their change."""

    size: np.ndarray
    change: np.ndarray


class Power(NamedTuple):
    """What churn does to a test."""

    typical: float  # median |change| outside the union, 100 x log
    low: float  # correlation if the model were true: 5 %, median, 95 % of simulated worlds
    median: float
    high: float
    in_band: float  # share of tested cells inside the band of draws plus churn


def outside_union(case: engine.Case, yardstick: str, groups: tuple[str, ...] = ()) -> Churn:
    """Changes in the markets of importers outside the union; `groups` are importers left out (rests of the world)."""
    world, away = case.world, engine.outside(case)
    keep = away & ~np.isin(world.countries, groups)
    cells = keep[:, None, None] & world.goods & (world.M > 0) & (case.floor <= world.M) & (case.after > 0)
    own = np.arange(len(world.countries))
    cells[own, own] = False
    moved = changes.change(world.M, case.after, away, yardstick)[cells]
    size = np.log(world.M[cells])
    order = np.argsort(size, kind="stable")
    known = order[np.isfinite(moved[order])]
    return Churn(size[known], moved[known])


def drawn(churn: Churn, weight: np.ndarray, worlds: int, seed: int) -> np.ndarray:
    """(world, cell) churn for cells with trade `weight`, each from the cells nearest in size."""
    rng = np.random.default_rng(seed)
    count = min(NEAREST, churn.size.size)
    first = np.clip(np.searchsorted(churn.size, np.log(weight)) - count // 2, 0, churn.size.size - count)
    return np.asarray(churn.change[first + rng.integers(0, count, (worlds, weight.size))])


def power(
    case: engine.Case, prediction: engine.Prediction, yardstick: str, groups: tuple[str, ...] = (), seed: int = 0
) -> Power:
    """Simulate worlds in which the model is right and churn is ordinary; measure them as the real one is measured."""
    churn = outside_union(case, yardstick, groups)
    found = engine.cells(case, prediction, yardstick)
    noise = drawn(churn, found.weight, WORLDS, seed)
    at = found.importer, found.exporter, found.sector
    sample = changes.change(case.world.M, prediction.draws, engine.outside(case), yardstick)[:, *at]
    true = sample[np.arange(WORLDS) % sample.shape[0]] + noise
    seen = [measures.correlation(h, found.predicted, found.weight) or 0.0 for h in true]
    low, high = np.percentile(true, engine.BAND, axis=0)
    least, median, most = (float(v) for v in np.percentile(seen, (engine.BAND[0], 50, engine.BAND[1])))
    typical = float(np.median(np.abs(churn.change)))
    return Power(typical, least, median, most, measures.hit_rate(found.happened, low, high))
