"""The hot loop runs unchanged on another library that follows the array API standard."""

from __future__ import annotations

from typing import Any

import array_api_strict
import numpy as np
import pytest
from worlds import random_change, random_world

from karvan.core.arrays import namespace, transfer
from karvan.core.scenario import Scenario
from karvan.models.trade import fixed_point, prepare


@pytest.mark.parametrize("seed", range(8))
def test_the_hot_loop_on_strict_arrays(seed: int) -> None:
    """Sweep for sweep the same numbers; strict arrays refuse everything that the standard does not promise."""
    world, rng = random_world(seed, 6, 4), np.random.default_rng(seed)
    if seed % 2:
        world = world.with_factors(specific=rng.uniform(0, 0.8, (6, 4)), psi=rng.uniform(0, 0.5, 4) / world.theta)
    change = Scenario.of(random_change(seed, world)).change(world)
    tables = prepare.tables(world, change)
    closure = prepare.closure(world, change, "share" if seed > 3 and change.D_new is None else "fixed", tables)
    options: dict[str, Any] = {"tol": 1e-11, "max_steps": 300}
    expected = fixed_point.fixed_point(tables, closure, **options)
    elsewhere = [transfer(record, array_api_strict.asarray) for record in (tables, closure)]
    found = fixed_point.fixed_point(*elsewhere, **options)
    assert namespace(found.state.w) is array_api_strict
    assert found.converged
    assert found.steps == expected.steps
    np.testing.assert_allclose(np.asarray(found.state.w), expected.state.w, atol=1e-13)
    np.testing.assert_allclose(np.asarray(found.sweep.I), expected.sweep.I, rtol=1e-12)
    in_pieces = [transfer(record, array_api_strict.asarray) for record in (tables._replace(piece=3), closure)]
    cut = fixed_point.fixed_point(*in_pieces, **options)
    assert cut.steps == expected.steps
    np.testing.assert_allclose(np.asarray(cut.state.w), expected.state.w, atol=1e-13)
