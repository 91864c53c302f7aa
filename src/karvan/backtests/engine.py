"""One back-test: predict from data before, lay beside what happened, measure."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from karvan.backtests import changes, measures
from karvan.core.scenario import Scenario
from karvan.core.world import World
from karvan.run.sweep import sweep

BAND = (5.0, 95.0)  # percentiles of the draws


class Case(NamedTuple):
    """A world before, what changed, and the flows after (importer, exporter, sector)."""

    world: World
    change: Scenario
    after: np.ndarray
    union: tuple[str, ...]  # its members; what suppliers do elsewhere is measured outside it
    importers: tuple[str, ...]  # members whose imports are tested
    floor: float  # MUSD: least trade before of a cell that is tested


class Prediction(NamedTuple):
    """Flows after by the model: at the most likely elasticities, and of every draw."""

    mode: np.ndarray  # (n, i, j)
    draws: np.ndarray  # (draw, n, i, j)


class Cells(NamedTuple):
    """One entry per importer, exporter and sector that is tested; changes in 100 x log of a share."""

    importer: np.ndarray
    exporter: np.ndarray
    sector: np.ndarray
    weight: np.ndarray  # imports before, MUSD
    happened: np.ndarray
    predicted: np.ndarray
    low: np.ndarray
    high: np.ndarray

    def only(self, keep: np.ndarray) -> Cells:
        """Return some of the cells."""
        return Cells(*(column[keep] for column in self))


def predict(case: Case, draws: int, seed: int, deficits: str = "fixed") -> Prediction:
    """Solve the change at the most likely elasticities and for every draw of them."""
    found = sweep(case.world, case.change, draws=draws, seed=seed, deficits=deficits, keep=("M_new",))
    name = found.scenarios[0]
    return Prediction(found.modes[name, "all"].values["M_new"], found.sample("M_new", name))


def partial_equilibrium(case: Case) -> np.ndarray:
    """Flows after if costs and spending stayed: M' = X pi kappa^-theta / sum / (1 + tau'), kappa = d (1+tau')/(1+tau).

    The rival that needs no equilibrium: the tariff change times the elasticity, supplier by supplier.
    """
    world, given = case.world, case.change.change(case.world)
    tau = world.tau if given.tau_new is None else given.tau_new
    kappa = (1 + tau) / (1 + world.tau) * (1.0 if given.d_hat is None else given.d_hat)
    A = world.pi * kappa**-world.theta
    total = A.sum(axis=1, keepdims=True)
    return np.asarray(world.X[:, None, :] * A / np.where(total > 0, total, 1.0) / (1 + tau))


def outside(case: Case) -> np.ndarray:
    """(importer,) true outside the union."""
    return ~np.isin(case.world.countries, case.union)


def traded(case: Case) -> np.ndarray:
    """(n, i, j) true for goods bought abroad: trade before at the floor or above, and some after."""
    world = case.world
    keep = world.goods & (world.M > 0) & (case.floor <= world.M) & (case.after > 0)
    own = np.arange(len(world.countries))
    keep[own, own] = False
    return np.asarray(keep)


def tested(case: Case) -> np.ndarray:
    """(n, i, j) true for cells of the members whose imports are tested."""
    return traded(case) & np.isin(case.world.countries, case.importers)[:, None, None]


def cells(case: Case, prediction: Prediction, yardstick: str = changes.YARDSTICKS[0]) -> Cells:
    """Lay prediction and outcome beside each other, cell by cell."""
    return _laid(case.world.M, case.after, prediction, tested(case), outside(case), yardstick)


def all_goods(case: Case, prediction: Prediction, yardstick: str = changes.YARDSTICKS[0]) -> Cells:
    """Do the same with goods added up: one cell per importer and supplier, in which sectors' accidents cancel."""
    goods = case.world.goods
    before, after, mode, draws = (
        M[..., goods].sum(axis=-1, keepdims=True) for M in (case.world.M, case.after, prediction.mode, prediction.draws)
    )
    keep = tested(case).any(axis=2, keepdims=True)
    return _laid(before, after, Prediction(mode, draws), keep, outside(case), yardstick)


def _laid(
    before: np.ndarray, after: np.ndarray, said: Prediction, keep: np.ndarray, away: np.ndarray, yardstick: str
) -> Cells:
    n, i, j = np.nonzero(keep)
    sample = changes.change(before, said.draws, away, yardstick)[:, keep]
    low, high = np.percentile(sample, BAND, axis=0)
    happened, predicted = (changes.change(before, M, away, yardstick)[keep] for M in (after, said.mode))
    return Cells(n, i, j, before[keep], happened, predicted, low, high)


def fit(found: Cells) -> measures.Fit:
    """Measure a set of cells."""
    return measures.fit(found.happened, found.predicted, found.low, found.high, found.weight, market(found))


def market(found: Cells) -> np.ndarray:
    """(cell,) number of the market a cell belongs to: an importer's sector."""
    return np.asarray(found.importer * (found.sector.max() + 1) + found.sector)


def rivals(case: Case, found: Cells, yardstick: str) -> dict[str, np.ndarray]:
    """What says the same without the model: predictions of the same cells in the same unit.

    `supplier trend` uses what happened elsewhere, so it is a yardstick and no forecast; net of supply it is zero.
    """
    before, away = case.world.M, outside(case)
    at = found.importer, found.exporter, found.sector
    partial = changes.change(before, partial_equilibrium(case), away, yardstick)[at]
    said = {"no change": np.zeros_like(found.happened), "partial equilibrium": partial}
    if yardstick == "share of imports":
        expected = changes.expected_by_supply(before, case.after, away)
        with np.errstate(divide="ignore", invalid="ignore"):
            said["supplier trend"] = 100 * np.log(expected / changes.share(changes.without_own(before)))[at]
    return said
