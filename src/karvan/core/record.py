"""The record of a run: hashes of what went in, what came out, and which code did it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from karvan._version import __version__
from karvan.core import archive
from karvan.core.archive import text_hash
from karvan.core.change import Change
from karvan.core.estimates import Estimate
from karvan.core.params import Normal, Range
from karvan.core.scenario import Layer, Scenario, key_of
from karvan.core.world import World

HEADLINE = ("welfare_hat", "real_wage_hat", "net_pool_new")


def record(world: World, scenario: Scenario, values: Mapping[str, np.ndarray], **options: Any) -> dict[str, Any]:
    """Return the record of one run as plain data (JSON).

    It holds the scenario itself, so that a run can be repeated and compared without its files.
    """
    described = describe(scenario)
    headline = {name: dict(zip(world.countries, values[name].tolist(), strict=True)) for name in HEADLINE}
    return {
        "karvan": __version__,
        "world": {"name": world.name, "year": world.year, "sha256": world.sha256},
        "scenario": {**described, "sha256": text_hash(described)},
        "options": options,
        "results": headline,
        "results_sha256": archive.digest({n: np.round(values[n], 9) for n in HEADLINE}, world.countries),
    }


def describe(scenario: Scenario) -> dict[str, Any]:
    """Return a scenario as plain data; raw arrays are replaced by their hash."""
    return {
        "name": scenario.name,
        "title": scenario.title,
        "why": scenario.why,
        "source": scenario.source,
        "deficits": scenario.deficits,
        "shocks": [_shock(item) for item in scenario.shocks],
        **{name: dict(given) for name, given in (("specific", scenario.specific), ("money", scenario.money)) if given},
    }


def _shock(item: Any) -> dict[str, Any]:
    if isinstance(item, Layer):
        return {"change": {f"{name} (multiplied)": _array_hash(v) for name, v in item.change.items()}}
    if isinstance(item, Change):
        return {"change": {name: _array_hash(v) for name, v in item.items()}}
    return {item.kind: {key_of(name): _value(v) for name, v in item.arguments.items()}}


def _array_hash(value: Any) -> str:
    masked = np.ma.isMaskedArray(value)
    arrays = (
        {"mask": np.ma.getmaskarray(value), "value": np.ma.filled(value, 0.0)}
        if masked
        else {"value": np.asarray(value)}
    )
    return archive.digest(arrays, None)


def _value(value: Any) -> Any:
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    if isinstance(value, Range):
        return {"mode": value.mode, "low": value.low, "high": value.high}
    if isinstance(value, Normal):
        return {"mean": value.mean, "se": value.spread}
    if isinstance(value, Estimate):
        return value.to_dict()
    if isinstance(value, tuple):
        return list(value)
    return value
