"""The published solution solves the equations, checked by an independent program with plain loops."""

from __future__ import annotations

import numpy as np
import pytest
from checker import residuals
from worlds import case, random_change, random_world

from karvan import Change, embargo, solve


@pytest.mark.parametrize("seed", range(0, 200, 5))
def test_every_equation_holds_after_a_change_of_everything(seed: int) -> None:
    world = case(seed)
    change = random_change(seed, world, size=0.25)
    gaps = residuals(world, solve(world, change, tol=1e-12), dict(change.items()))
    assert max(gaps.values()) < 1e-9, gaps


@pytest.mark.parametrize("seed", range(20))
def test_every_equation_holds_under_an_embargo_with_pool_and_tariffs(seed: int) -> None:
    world = random_world(seed, 6, 4, zeros=0.0)
    closed = embargo(between=["C04", ["C00", "C05"]], sectors="all")(world)
    given = dict(random_change(seed, world, ["tau_new", "A_hat", "pool_new"]).items()) | dict(closed.items())
    out = solve(world, Change(**given), tol=1e-12)
    gaps = residuals(world, out, given)
    assert max(gaps.values()) < 1e-9, gaps
    for a, b in ((4, 0), (0, 4), (4, 5), (5, 4)):
        assert not out.values["M_new"][a, b].any()


@pytest.mark.parametrize("kind", ["share", "purge"])
@pytest.mark.parametrize("seed", range(8))
def test_every_equation_holds_under_the_other_closures(seed: int, kind: str) -> None:
    world = random_world(seed, 5, 3)
    change = random_change(seed, world, ["tau_new", "d_hat"])
    out = solve(world, change, deficits=kind, tol=1e-12)
    gaps = residuals(out.world, out, dict(change.items()))
    assert max(gaps.values()) < 1e-9, gaps


def test_the_checker_sees_a_wrong_solution() -> None:
    world = random_world(1, 4, 3)
    change = random_change(1, world, ["tau_new"])
    out = solve(world, change)
    out.values["w_hat"][0] *= 1 + 1e-6
    assert max(residuals(world, out, dict(change.items())).values()) > 1e-8


def test_the_solution_does_not_depend_on_the_path() -> None:
    """There and back again: the reverse change on the solved world restores the baseline."""
    world = random_world(4, 6, 3, unions=False)
    change = random_change(4, world, ["tau_new", "d_hat"])
    there = solve(world, change, tol=1e-12)
    other = world.rebuilt(M=there.values["M_new"], tau=change.tau_new, negative_demand="clip")
    back = solve(other, Change(tau_new=world.tau, d_hat=1 / change.d_hat), tol=1e-12)
    np.testing.assert_allclose(back.values["M_new"], world.M, rtol=1e-8, atol=1e-8)
    np.testing.assert_allclose(back.values["welfare_hat"] * there.values["welfare_hat"], 1.0, atol=1e-9)
