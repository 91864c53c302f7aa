"""Put a result together, and read the ones that come with karvan."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np

from karvan._version import __version__
from karvan.backtests import changes, churn, engine, tables
from karvan.backtests.result import Backtest
from karvan.core.archive import digest
from karvan.core.record import describe, text_hash
from karvan.core.table import Table

FIT_TITLE = (
    "Fit: changes are 100 x log of a share, weights are imports before. A perfect model has correlation 1, slope 1, "
    "intercept 0, variance share 1, skill 1, direction 1, in band 0.9"
)
POWER_TITLE = (
    "What the test can show: how far shares move outside the union (median, 100 x log); correlations under such churn "
    "if the model were exactly right, and if the change had no effect (5 %, median, 95 %)"
)
RIVAL_TITLE = "The model and its rivals on the same cells"


def assembled(
    name: str,
    title: str,
    case: engine.Case,
    prediction: engine.Prediction,
    found: Mapping[str, engine.Cells],
    rows: Sequence[tuple[Any, ...]],
    notes: Sequence[str],
    paths: Sequence[Path],
    options: Mapping[str, Any],
    groups: tuple[str, ...],
) -> Backtest:
    """Return the result of a case with its tables, headline and record; `groups` are no countries but rests."""
    fits = {y: engine.fit(cells) for y, cells in found.items()}
    power = {y: churn.power(case, prediction, y, groups, options["seed"]) for y in changes.YARDSTICKS[:2]}
    main = fits[changes.YARDSTICKS[0]]
    headline = {
        "yardstick": changes.YARDSTICKS[0],
        "cells": main.cells,
        "correlation": _rounded(main.correlation),
        "in_band": _rounded(main.hit_rate),
        "in_band_with_churn": _rounded(power[changes.YARDSTICKS[0]].in_band),
        "correlation_if_true": [_rounded(v) for v in power[changes.YARDSTICKS[0]].true],
        "correlation_if_no_effect": [_rounded(v) for v in power[changes.YARDSTICKS[0]].nothing],
        "predicted_size": _rounded(main.predicted_size),
        "happened_size": _rounded(main.happened_size),
        "half_width": _rounded(main.half_width),
        "miss": _rounded(main.error),
        "slope": _rounded(main.slope),
        "skill": _rounded(main.skill),
        "direction": _rounded(main.direction),
        "by_chance": _rounded(main.chance),
    }
    rivals = [row for y in found for row in tables.rival_rows(case, found[y], y)]
    return Backtest(
        name=name,
        title=title,
        fit=tables.fits(rows, FIT_TITLE),
        power=Table(tables.POWER_COLUMNS, tuple(tables.power_row(y, power[y], fits[y]) for y in power), POWER_TITLE),
        rivals=Table(tables.RIVAL_COLUMNS, tuple(rivals), RIVAL_TITLE),
        partners=tables.by_partner(case, prediction),
        sectors=tables.by_sector(case, prediction),
        headline=headline,
        notes=tuple(notes),
        record=_record(case, prediction, paths, options),
    )


def stored(name: str) -> Backtest:
    """Return the result that comes with karvan."""
    text = files("karvan.data").joinpath("evidence", f"backtest-{name}.json").read_text(encoding="utf-8")
    return Backtest.from_dict(json.loads(text))


def _record(
    case: engine.Case, prediction: engine.Prediction, paths: Sequence[Path], options: Mapping[str, Any]
) -> dict[str, Any]:
    described = describe(case.change)
    return {
        "karvan": __version__,
        "world": {"name": case.world.name, "year": case.world.year, "sha256": case.world.sha256},
        "change_sha256": text_hash(described),
        "outcome_sha256": digest({"M": np.round(case.after, 3)}, case.world.countries),
        "prediction_sha256": digest({"M": np.round(prediction.mode, 3)}, case.world.countries),
        "files": {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in paths if p.is_file()},
        **options,
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(float(value), 4)
