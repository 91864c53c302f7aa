"""Derivatives against finite differences, against each other and against a published closed form."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from worlds import random_change, random_world

from karvan import (
    Change,
    ScenarioError,
    SymbolError,
    World,
    embargo,
    forecast,
    friends,
    gradient,
    holdup,
    solve,
)
from karvan.core.scenario import Scenario
from karvan.models.trade import fixed_point, kernel, linear, newton, prepare
from karvan.replication.klr import closed_form

CLOSURES = ("fixed", "share", "purge")
READ = {"welfare": "welfare_hat", "income": "I_hat", "real_wage": "real_wage_hat"}


def world_of(seed: int, N: int = 6, J: int = 4) -> World:
    """Odd seeds have immobile factors and scale economies."""
    world, rng = random_world(seed, N, J), np.random.default_rng(seed)
    if seed % 2 == 0:
        return world
    return world.with_factors(specific=rng.uniform(0, 0.8, (N, J)), psi=rng.uniform(0, 0.5, J) / world.theta)


def located(seed: int) -> tuple[kernel.Tables, kernel.Closure, fixed_point.Solved]:
    world = world_of(seed)
    change = Scenario.of(random_change(seed, world)).change(world)
    kind = "share" if seed > 2 and change.D_new is None else "fixed"
    tables = prepare.tables(world, change)
    closure = prepare.closure(world, change, kind, tables)
    return tables, closure, fixed_point.fixed_point(tables, closure, tol=1e-12, max_steps=20)


@pytest.mark.parametrize("seed", range(6))
def test_products_of_the_jacobian(seed: int) -> None:
    """Against differences of the update itself, away from the solution; the transpose against the product."""
    tables, closure, solved = located(seed)
    at, N = linear.point(solved, tables, closure), tables.L.size
    z, rng = fixed_point.pack(solved.state), np.random.default_rng(seed)
    v, b = rng.normal(size=z.size), rng.normal(size=z.size)

    def f(vector: np.ndarray) -> np.ndarray:
        state = fixed_point.split(vector, tables)
        s = kernel.sweep(state, tables, closure)
        return fixed_point.pack(kernel.gaps(state, s, tables)) * fixed_point.gains(tables)

    h = 1e-6
    by_difference = (f(z + h * v) - f(z - h * v)) / (2 * h)
    forward, backward = newton.product(tables, at), newton.product(tables, at, True)
    held = np.zeros_like(z)
    held[:N] = tables.groups.T @ ((tables.groups * solved.sweep.wL) @ v[:N] / (tables.groups @ solved.sweep.wL))
    there = fixed_point.pack(kernel.State(np.ones(N), np.ones_like(tables.live), tables.live, tables.made)) > 0
    np.testing.assert_allclose((forward(v) + held)[there], by_difference[there], atol=1e-8)
    assert forward(v) @ b == pytest.approx(v @ backward(b), rel=1e-12)


@pytest.mark.parametrize("of", READ)
@pytest.mark.parametrize("seed", range(9))
def test_gradient_is_the_finite_difference(seed: int, of: str) -> None:
    world, rng = world_of(seed), np.random.default_rng(100 + seed)
    n, kind = seed % 6, CLOSURES[seed % 3]
    steps = {
        "tau": rng.normal(size=world.tau.shape),
        "d": rng.normal(size=world.tau.shape),
        "A": rng.normal(size=world.beta.shape),
    }

    def change(to: str, e: float) -> Change:
        values = {"tau": ("tau_new", world.tau + e * steps["tau"]), "d": ("d_hat", np.exp(e * steps["d"]))}
        values["A"] = ("A_hat", np.exp(e * steps["A"]))
        return Change(**dict([values[to]]))

    def level(to: str, e: float) -> float:
        return float(np.log(solve(world, change(to, e), deficits=kind, tol=1e-13).values[READ[of]][n]))

    h = 1e-5
    for to, step in steps.items():
        near, far = level(to, h) - level(to, -h), level(to, 2 * h) - level(to, -2 * h)
        expected = (8 * near - far) / (12 * h)
        found = gradient(world, world.countries[n], of, to, deficits=kind)
        assert float((found.values * step).sum()) == pytest.approx(expected, rel=1e-6, abs=2e-9), to


def test_gradient_to_deficits_and_at_a_changed_world() -> None:
    world = world_of(3)
    shift = np.array([1.0, -1.0, 0, 0, 0, 0]) * 1e-4 * world.I[0]
    change = random_change(3, world, {"tau_new", "d_hat"})

    def level(e: float) -> float:
        return float(
            np.log(solve(world, change | Change(D_new=world.D + e * shift), tol=1e-13).values["welfare_hat"][0])
        )

    found = gradient(world, "C00", to="D", change=change)
    assert float((found.values * shift).sum()) == pytest.approx((level(0.1) - level(-0.1)) / 0.2, rel=1e-6)


def test_duties_that_are_pooled_count_in_the_gradient() -> None:
    """A member's tariff pays the others of its union, so that they gain by it directly."""
    world = random_world(0, 6, 2)
    pooled, kept = gradient(world, "C01"), gradient(world.rebuilt(blocs=()), "C01")
    assert np.abs(pooled.sel(importer="C00").values - kept.sel(importer="C00").values).max() > 1e-6


@pytest.mark.parametrize("seed", range(6))
def test_friends_are_the_rows_of_the_gradient(seed: int) -> None:
    world, kind = world_of(seed), CLOSURES[seed % 3]
    found = friends(world, deficits=kind)
    for n, country in enumerate(world.countries):
        for of, rows in (("welfare", found.welfare), ("income", found.income)):
            by_adjoint = gradient(world, country, of, "A", deficits=kind).values.sum(axis=1)
            np.testing.assert_allclose(rows[n], by_adjoint, atol=1e-10)


@pytest.mark.parametrize("seed", range(5))
def test_friends_are_the_closed_form_of_kleinman_liu_and_redding(seed: int) -> None:
    """NBER working paper 27587 (2020): one sector, no tariffs, balanced trade."""
    theta = [2.5, 4.0, 5.0, 8.0, 12.0][seed]
    world = random_world(seed, 7, 1, tariffs=False, deficits=0.0, unions=False, io=False, theta=theta)
    W, U = closed_form(world)
    found = friends(world)
    np.testing.assert_allclose(found.income, W, atol=1e-10)
    np.testing.assert_allclose(found.welfare, U, atol=1e-10)


def test_the_error_of_first_order_falls_with_the_shock() -> None:
    world = world_of(4)
    found, errors = friends(world).welfare[:, 2], []
    for size in (0.5, 0.01, 0.0001):
        A_hat = np.ones_like(world.beta)
        A_hat[2] = np.exp(size)
        exact = np.log(solve(world, Change(A_hat=A_hat), tol=1e-13).values["welfare_hat"])
        errors.append(np.abs(exact / size - found).max())
    assert errors[1] < 0.05 * errors[0]
    assert errors[2] < 0.05 * errors[1]


@pytest.mark.parametrize("seed", range(6))
def test_forecast_is_right_to_first_order(seed: int) -> None:
    world = world_of(seed)
    full = dict(random_change(seed, world, {"tau_new", "d_hat", "A_hat"}).items())

    def part(e: float) -> Change:
        tau = np.expm1(np.log1p(world.tau) + e * (np.log1p(full["tau_new"]) - np.log1p(world.tau)))
        return Change(tau_new=tau, d_hat=full["d_hat"] ** e, A_hat=full["A_hat"] ** e)

    errors = [
        max(abs(row[3]) for row in forecast(world, part(e), deficits=CLOSURES[seed % 3]).rows) for e in (1e-2, 1e-3)
    ]
    assert errors[1] < 0.02 * errors[0]


def test_forecast_takes_an_embargo_and_can_leave_the_exact_solve_out() -> None:
    world = random_world(2, 6, 3, zeros=0.0, unions=False)
    shock = embargo(between=["C00", "C01"], sectors="all")
    table = forecast(world, shock)
    assert table.rows[0][1] < 0
    assert abs(table.rows[0][3]) < abs(table.rows[0][2])
    assert forecast(world, shock, exact=False).columns == ("country", "forecast %")


def test_holdup_is_the_exact_embargo() -> None:
    world = random_world(2, 6, 3, zeros=0.0, unions=False)
    rows: dict[str, Any] = {row[0]: row for row in holdup(world, "C01").rows}
    out = solve(world, embargo(between=["C01", "C04"], sectors="all")).values["welfare_hat"]
    assert rows["C04"][3] == pytest.approx(100 * (out[1] - 1), abs=1e-7)
    assert rows["C04"][5] == pytest.approx(100 * (out[4] - 1), abs=1e-7)
    assert sum(row[1] for row in rows.values()) == pytest.approx(100)
    losses = [row[3] for row in holdup(world, "C01").rows]
    assert losses == sorted(losses)


def test_holdup_says_where_no_equilibrium_exists() -> None:
    """C00 buys the first sector from C01 alone: without it the market has no supplier."""
    M = np.zeros((3, 3, 2))
    M[:, :, 1] = [[90, 10, 10], [20, 80, 10], [10, 10, 90]]
    M[0, 1, 0], M[1, 1, 0], M[2, 2, 0] = 10, 20, 10
    world = World.from_arrays(countries=["C00", "C01", "C02"], sectors=["a", "b"], M=M, theta=4.0)
    rows = {row[0]: row for row in holdup(world, "C00").rows}
    assert rows["C01"][3] is None
    assert "without any supplier" in rows["C01"][6]
    assert rows["C02"][3] < 0


def test_unknown_words_are_refused() -> None:
    world = world_of(0)
    with pytest.raises(ScenarioError, match=r"unknown 'wellfare'.*Did you mean 'welfare'"):
        gradient(world, "C00", of="wellfare")
    with pytest.raises(ScenarioError, match="unknown 'tariff'"):
        gradient(world, "C00", to="tariff")
    with pytest.raises(ScenarioError, match="deficits that are given"):
        gradient(world, "C00", to="D", deficits="share")
    with pytest.raises(SymbolError, match="no 'wages'"):
        friends(world)["wages"]
    with pytest.raises(ScenarioError, match="unknown closure 'keep'"):
        friends(world, deficits="keep")


def test_friends_have_labels_and_a_table() -> None:
    found = friends(world_of(0))
    assert found["welfare"].sel(country="C01", partner="C02").item() == found.welfare[1, 2]
    values = [row[1] for row in found.table("C01").rows]
    assert values == sorted(values, reverse=True)
    assert len(values) == 5


def test_columns_one_by_one_when_the_update_does_not_contract(monkeypatch: pytest.MonkeyPatch) -> None:
    from karvan.models.trade import derivatives

    world = world_of(5)
    expected = friends(world).welfare
    monkeypatch.setattr(derivatives, "SWEEPS", 2)
    np.testing.assert_allclose(friends(world).welfare, expected, atol=1e-9)


def test_the_fallback_finds_the_same_equilibrium() -> None:
    for seed in range(6):
        tables, closure, _ = located(seed)
        early = fixed_point.fixed_point(tables, closure, tol=1e-12, max_steps=3)
        found = newton.newton(early, tables, closure, tol=1e-12, max_steps=3000)
        expected = fixed_point.fixed_point(tables, closure, tol=1e-12, max_steps=300)
        assert found.converged
        assert found.newton >= 2
        np.testing.assert_allclose(found.state.w, expected.state.w, atol=1e-11)
