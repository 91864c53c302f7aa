"""The tables that a back-test prints: fit, rivals, by partner, by sector."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from karvan.backtests import changes, churn, engine, measures
from karvan.core.table import Table

FIT_COLUMNS = (
    *("variant", "yardstick", "cells", "correlation", "slope", "intercept", "variance share", "skill", "direction"),
    *("in band", "in band by trade", "band +-", "miss", "by chance"),
)
PARTNERS_SHOWN = 12


def fit_row(variant: str, yardstick: str, f: measures.Fit) -> tuple[Any, ...]:
    """One row of the table of fit."""
    return (
        *(variant, yardstick, f.cells, _r(f.correlation), _r(f.slope), _r(f.intercept, 2), _r(f.variance_share)),
        *(_r(f.skill), _r(f.direction), _r(f.hit_rate), _r(f.hit_rate_weighted)),
        *(_r(f.half_width, 2), _r(f.error, 2), _r(f.chance)),
    )


def fits(rows: Iterable[tuple[Any, ...]], title: str) -> Table:
    """The table of fit; units stand in its title."""
    return Table(FIT_COLUMNS, tuple(rows), title)


def rival_rows(case: engine.Case, found: engine.Cells, yardstick: str) -> list[tuple[Any, ...]]:
    """The model and its rivals on the same cells: correlation, slope, skill, direction, median miss."""
    said = {"model": found.predicted, **engine.rivals(case, found, yardstick)}
    return [(name, yardstick, *_rival(found, values)) for name, values in said.items()]


def _rival(found: engine.Cells, values: np.ndarray) -> tuple[Any, ...]:
    h, w = found.happened, found.weight
    line = measures.regression(h, values, w)
    return (
        _r(measures.correlation(h, values, w)),
        _r(line[1] if line else None),
        _r(measures.skill(h, values, w)),
        _r(measures.direction(h, values, w)),
        _r(float(np.median(np.abs(h - values))), 2),
    )


POWER_COLUMNS = (
    *("yardstick", "ordinary churn", "if right: low", "if right: median", "if right: high"),
    *("if no effect: low", "if no effect: high", "found"),
    "in band with churn",
)


def power_row(yardstick: str, p: churn.Power, f: measures.Fit) -> tuple[Any, ...]:
    """What churn outside the union does to the test, beside what was found."""
    expected = [_r(v) for v in (*p.true, *p.nothing, f.correlation)]
    return yardstick, _r(p.typical, 2), *expected, _r(p.in_band)


RIVAL_COLUMNS = ("prediction", "yardstick", "correlation", "slope", "skill", "direction", "miss")
PLACE_COLUMNS = ("before", "predicted", "low", "high", "happened", "net of supply", "in band")


def by_partner(case: engine.Case, prediction: engine.Prediction) -> Table:
    """Share of each supplier in a member's goods imports: percent before, changes in percentage points."""
    world = case.world
    goods = world.goods
    before = _partner_share(world.M, goods)
    trend = 100 * (
        changes.expected_by_supply(world.M, case.after, engine.outside(case))[..., goods]
        * changes.without_own(case.after)[..., goods].sum(axis=1, keepdims=True)
    ).sum(axis=-1)
    trend = 100 * trend / trend.sum(axis=1, keepdims=True)
    after, mode, draws = (_partner_share(M, goods) for M in (case.after, prediction.mode, prediction.draws))
    low, high = np.percentile(draws - before, engine.BAND, axis=0)
    rows = []
    for member in case.importers:
        n = world.position(member)
        for i in np.argsort(-before[n])[:PARTNERS_SHOWN]:
            values = (before[n, i], mode[n, i] - before[n, i], low[n, i], high[n, i], after[n, i] - before[n, i])
            rows.append((member, world.countries[i], *_placed(values, after[n, i] - trend[n, i])))
    title = "Share of goods imports by supplier [% before; changes in percentage points]"
    return Table(("importer", "supplier", *PLACE_COLUMNS), tuple(rows), title)


def by_sector(case: engine.Case, prediction: engine.Prediction) -> Table:
    """Share of suppliers outside the union in a member's goods imports, by sector: percent, percentage points."""
    world, away = case.world, engine.outside(case)
    goods = world.goods
    before, after, mode, draws = (
        _outside_share(M, away, goods) for M in (world.M, case.after, prediction.mode, prediction.draws)
    )
    expected = changes.expected_by_supply(world.M, case.after, away)
    trend = _outside_share(expected * changes.without_own(case.after).sum(axis=1, keepdims=True), away, goods)
    low, high = np.percentile(draws - before, engine.BAND, axis=0)
    names = ["all goods", *(np.array(world.sectors)[goods].tolist() if goods.sum() > 1 else [])]
    rows = []
    for member in case.importers:
        n = world.position(member)
        for j, sector in enumerate(names):
            values = (before[n, j], mode[n, j] - before[n, j], low[n, j], high[n, j], after[n, j] - before[n, j])
            rows.append((member, sector, *_placed(values, after[n, j] - trend[n, j])))
    title = "Share of outside suppliers in goods imports by sector [% before; changes in percentage points]"
    return Table(("importer", "sector", *PLACE_COLUMNS), tuple(rows), title)


def _partner_share(M: np.ndarray, goods: np.ndarray) -> np.ndarray:
    """(..., n, i) percent of goods imports."""
    bought = changes.without_own(M)[..., goods].sum(axis=-1)
    return np.asarray(100 * bought / bought.sum(axis=-1, keepdims=True))


def _outside_share(M: np.ndarray, away: np.ndarray, goods: np.ndarray) -> np.ndarray:
    """(..., n, 1 + j) percent of imports from outside the union: all goods, then by sector."""
    bought = changes.without_own(M)[..., goods]
    bought = np.concatenate([bought.sum(axis=-1, keepdims=True), bought], axis=-1)
    return np.asarray(100 * changes.share(bought)[..., away, :].sum(axis=-2))


def _placed(values: tuple[float, ...], net: float) -> tuple[Any, ...]:
    base, mode, low, high, happened = (round(float(v), 3) for v in values)
    return base, mode, low, high, happened, round(float(net), 3), "yes" if low <= happened <= high else "no"


def _r(value: float | None, digits: int = 3) -> float | None:
    return None if value is None else round(float(value), digits)
