"""What holds for any world and any change, drawn by Hypothesis."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from worlds import random_change, random_world

from karvan import Change, KarvanError, Outcome, World, solve
from karvan.core.scenario import Scenario
from karvan.models.trade.prepare import tables

SEEDS = st.integers(0, 2**31)


@st.composite
def worlds(draw: st.DrawFn, *, balanced: bool = False) -> World:
    return random_world(
        draw(SEEDS),
        draw(st.integers(2, 6)),
        draw(st.integers(1, 4)),
        io=draw(st.booleans()),
        tariffs=not balanced and draw(st.booleans()),
        deficits=0.0 if balanced else draw(st.sampled_from([0.0, 0.1, 0.5])),
        zeros=draw(st.sampled_from([0.0, 0.3])),
        unions=not balanced,
    )


@settings(max_examples=150)
@given(worlds(), SEEDS, st.floats(0.0, 1.0), st.sampled_from(["fixed", "share", "purge"]))
def test_a_shock_is_solved_or_refused_by_name(world: World, seed: int, size: float, kind: str) -> None:
    change = random_change(seed, world, ["tau_new", "d_hat", "A_hat"], size=size)
    try:
        out = solve(world, change, deficits=kind)
    except KarvanError as fault:
        assert len(str(fault)) > 30
        return
    assert out.converged
    assert out.residuals.max() < 1e-10
    assert all(np.isfinite(v).all() for v in out.values.values())
    assert (out.values["welfare_hat"] > 0).all()


@settings(max_examples=100)
@given(worlds(), SEEDS, st.floats(0.05, 1.0), st.sampled_from(["fixed", "purge"]))
def test_closed_borders_are_solved_or_refused_by_name(world: World, seed: int, part: float, kind: str) -> None:
    rng = np.random.default_rng(seed)
    N, J = len(world.countries), len(world.sectors)
    closed = (rng.uniform(size=(N, N, J)) < part) & (world.M > 0) & ~np.eye(N, dtype=bool)[:, :, None]
    try:
        out = solve(world, Change(d_hat=np.where(closed, np.inf, 1.0)), deficits=kind)
    except KarvanError as fault:
        assert len(str(fault)) > 30
        return
    assert not out.values["M_new"][closed].any()
    assert np.isfinite(out.values["welfare_hat"]).all()


@given(worlds(balanced=True), st.floats(1.0, 3.0))
def test_not_everybody_gains_when_costs_rise(world: World, factor: float) -> None:
    """Without tariffs the baseline is efficient: what higher costs allow was possible before, so somebody loses."""
    d_hat = np.where(np.eye(len(world.countries), dtype=bool)[:, :, None], 1.0, factor)
    d_hat = np.broadcast_to(d_hat, world.M.shape)
    out = solve(world, Change(d_hat=d_hat))
    assert out.values["welfare_hat"].min() <= 1 + 1e-9


@given(worlds(balanced=True), st.floats(1.0, 3.0))
def test_a_cost_on_every_delivery_is_lost_productivity(world: World, factor: float) -> None:
    """A cost on every delivery, own ones included, is the same as less productivity of every seller."""
    cost = solve(world, Change(d_hat=np.full(world.M.shape, factor)), tol=1e-12)
    less = solve(world, Change(A_hat=np.full(world.beta.shape, 1 / factor)), tol=1e-12)
    np.testing.assert_allclose(cost.values["welfare_hat"], less.values["welfare_hat"], rtol=1e-9)
    assert (cost.values["welfare_hat"] <= 1 + 1e-9).all()


@given(worlds(), SEEDS)
def test_a_cost_and_a_duty_of_one_size_move_shares_alike(world: World, seed: int) -> None:
    """Only d (1 + tau) counts for who buys where."""
    rng = np.random.default_rng(seed)
    rate = rng.uniform(0, 0.5, world.M.shape) * ~np.eye(len(world.countries), dtype=bool)[:, :, None]
    by_cost = tables(world, Scenario.of(Change(d_hat=(1 + rate))).change(world))
    by_duty = tables(world, Scenario.of(Change(tau_new=(1 + world.tau) * (1 + rate) - 1)).change(world))
    np.testing.assert_allclose(by_cost.A, by_duty.A, rtol=1e-10)


@given(worlds(), SEEDS)
def test_a_saved_world_gives_the_same_results(world: World, seed: int) -> None:
    change = random_change(seed, world)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "w.npz"
        world.save(path)
        again = World.load(path)
        assert again.sha256 == world.sha256
        assert repr(again) == repr(world)
        first, second = solve(world, change), solve(again, change)
        assert all(np.array_equal(first.values[k], second.values[k]) for k in first.values)
        assert first.record == second.record
        first.save(path)
        back = Outcome.load(path)
        assert all(np.array_equal(first.values[k], back.values[k]) for k in first.values)
        assert back.record == first.record
        assert back.converged


@given(worlds(), SEEDS)
def test_labelled_and_plain_changes_are_one(world: World, seed: int) -> None:
    change = random_change(seed, world, ["tau_new", "A_hat"])
    dims = {"tau_new": ("importer", "exporter", "sector"), "A_hat": ("country", "sector")}
    labelled = {
        name: xr.DataArray(value, dims=dims[name], coords={d: list(world.axes[d]) for d in dims[name]})
        for name, value in change.items()
    }
    a, b = solve(world, change), solve(world, Change(**labelled))
    np.testing.assert_array_equal(a.values["welfare_hat"], b.values["welfare_hat"])
