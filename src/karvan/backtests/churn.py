"""Ordinary churn: how far shares move in markets that the change did not touch, and what that does to a test.

A test can only find a signal that stands out of what moves anyway. Importers outside the union over the same years give
that movement. Laid over the model's own prediction, a whole importer for each member, so that what moves together stays
together, it says what correlation a model that is exactly right would show, what one that says nothing would show, and
how wide a band must be that holds nine cells in ten.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from karvan.backtests import changes, engine, measures

NEAREST = 200  # cells of like size that stand in where the importer drawn does not buy from a supplier
WORLDS = 400


class Churn(NamedTuple):
    """What moved outside the union."""

    table: np.ndarray  # (importer outside, exporter, sector) change, NaN where a cell does not count
    size: np.ndarray  # (cell,) log of trade before, in order
    change: np.ndarray  # (cell,) change of the same cells


class Power(NamedTuple):
    """What churn does to a test; correlations are 5 %, median, 95 % of simulated worlds."""

    typical: float  # median |change| outside the union, 100 x log
    true: tuple[float, float, float]  # if the model were exactly right
    nothing: tuple[float, float]  # if the change had no effect at all: 5 %, 95 %
    in_band: float  # share of tested cells inside the band of draws plus churn


def outside_union(case: engine.Case, yardstick: str, groups: tuple[str, ...] = ()) -> Churn:
    """Changes in the markets of importers outside the union; `groups` are importers left out (rests of the world)."""
    world, away = case.world, engine.outside(case)
    keep = away & ~np.isin(world.countries, groups)
    cells = keep[:, None, None] & engine.traded(case)
    moved = changes.change(world.M, case.after, away, yardstick)
    cells &= np.isfinite(moved)
    order = np.argsort(world.M[cells], kind="stable")
    return Churn(np.where(cells, moved, np.nan)[keep], np.log(world.M[cells][order]), moved[cells][order])


def drawn(churn: Churn, found: engine.Cells, worlds: int, seed: int) -> np.ndarray:
    """(world, cell) churn: every member takes that of one importer outside, drawn anew in every world."""
    rng = np.random.default_rng(seed)
    noise = _like_size(churn, found.weight, worlds, rng)
    members = np.unique(found.importer)
    for k in range(worlds):
        chosen = rng.permutation(churn.table.shape[0])[: members.size]
        importer = chosen[np.searchsorted(members, found.importer) % chosen.size]
        value = churn.table[importer, found.exporter, found.sector]
        noise[k] = np.where(np.isnan(value), noise[k], value)
    return noise


def _like_size(churn: Churn, weight: np.ndarray, worlds: int, rng: np.random.Generator) -> np.ndarray:
    """(world, cell) churn of single cells nearest in size."""
    count = min(NEAREST, churn.size.size)
    first = np.clip(np.searchsorted(churn.size, np.log(weight)) - count // 2, 0, churn.size.size - count)
    return np.asarray(churn.change[first + rng.integers(0, count, (worlds, weight.size))])


def shaken(found: engine.Cells, moved: np.ndarray, noise: np.ndarray) -> np.ndarray:
    """(world, cell) changes of import shares when every flow is shaken by the noise as well.

    moved + noise - 100 ln sum_i s_i exp(noise_i / 100), s the shares of a market's suppliers: shares still add up, so
    that the share of a supplier that has most of a market moves little.
    """
    markets = np.unique(engine.market(found), return_inverse=True)[1]
    belongs = (markets[:, None] == np.arange(markets.max() + 1)).astype(float)
    flow = found.weight * np.exp(moved / 100)
    grown = (flow * np.exp(noise / 100)) @ belongs / (flow @ belongs)
    return np.asarray(moved + noise - 100 * np.log(grown)[:, markets])


def power(
    case: engine.Case, prediction: engine.Prediction, yardstick: str, groups: tuple[str, ...] = (), seed: int = 0
) -> Power:
    """Simulate worlds with ordinary churn in which the model is right, and in which the change did nothing.

    For the yardsticks of imports: what own suppliers do outside the union is not comparable.
    """
    churn = outside_union(case, yardstick, groups)
    found = engine.cells(case, prediction, yardstick)
    noise = drawn(churn, found, WORLDS, seed)
    at = found.importer, found.exporter, found.sector
    sample = changes.change(case.world.M, prediction.draws, engine.outside(case), yardstick)[:, *at]
    true = shaken(found, sample[np.arange(WORLDS) % sample.shape[0]], noise)
    nothing = shaken(found, np.zeros_like(noise), noise)
    low, median, high = np.percentile(measures.correlations(true, found.predicted, found.weight), [5, 50, 95])
    least, most = np.percentile(measures.correlations(nothing, found.predicted, found.weight), [5, 95])
    return Power(
        float(np.median(np.abs(churn.change))),
        (float(low), float(median), float(high)),
        (float(least), float(most)),
        measures.hit_rate(found.happened, *np.percentile(true, engine.BAND, axis=0)),
    )
