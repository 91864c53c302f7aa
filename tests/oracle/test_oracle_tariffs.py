"""Optimal tariffs against formulas, brute force, another optimiser, and symmetry."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import fsolve, minimize
from worlds import random_world

from karvan import Change, World, best_response, nash_tariffs, solve
from karvan.models.trade import optimal
from karvan.models.trade.tariffs import _player


def two(home: float, abroad: float, trade: float, theta: float, tau: float = 0.0) -> World:
    """Two countries, one sector, balanced; the second has a tariff."""
    M = np.array([[[home - trade], [trade]], [[trade], [abroad - trade]]])
    rates = np.array([[[0.0], [0.0]], [[tau], [0.0]]])
    return World.from_arrays(countries=["H", "F"], sectors=["g"], M=M, tau=rates, theta=theta)


def formula(own: float, theta: float, tau: float = 0.0) -> float:
    """Optimal tariff with one sector against a country with own share pi_FF and tariff tau_F, both after the tariff.

    1 / (elasticity of the foreign demand for imports - 1) = (1 - pi_FH tau_F / (1 + tau_F)) / (theta pi_FF); with
    tau_F = 0 it is 1 / (theta pi_FF), Gros (1987, J. Int. Econ. 23).
    """
    return (1 - (1 - own) * tau / (1 + tau)) / (theta * own)


@pytest.mark.parametrize("theta", [1.5, 4.0, 8.0])
@pytest.mark.parametrize("abroad", [50.0, 100.0, 400.0])
@pytest.mark.parametrize("tau", [0.0, 0.3])
def test_large_country(theta: float, abroad: float, tau: float) -> None:
    found = best_response(two(100, abroad, 15, theta, tau), "H", tol=1e-9)
    own = found.outcome.values["pi_new"][1, 1, 0]
    assert found.tau_new[0, 1, 0] == pytest.approx(formula(own, theta, tau), rel=1e-7)


@pytest.mark.parametrize("theta", [2.0, 5.0])
def test_small_country(theta: float) -> None:
    """A country without weight in the world: 1 / theta, whatever it buys."""
    found = best_response(two(1.0, 1e6, 0.3, theta), "H", tol=1e-9)
    assert found.tau_new[0, 1, 0] == pytest.approx(1 / theta, rel=1e-5)


@pytest.mark.parametrize("same", [True, False])
def test_small_country_with_many_sectors_has_one_rate(same: bool) -> None:
    """Prices abroad are given: all goods bear one rate, whatever their own theta; 1 / theta if all are alike."""
    rng = np.random.default_rng(3)
    M = np.zeros((2, 2, 5))
    M[1, 1], M[0, 0] = 1e7 * rng.uniform(1, 2, 5), rng.uniform(1, 5, 5)
    M[0, 1], M[1, 0] = rng.dirichlet(np.ones(5)), rng.dirichlet(np.ones(5))
    theta = np.full(5, 4.0) if same else np.array([2.0, 3.0, 4.0, 6.0, 12.0])
    rates = best_response(
        World.from_arrays(countries=["H", "F"], sectors=list("abcde"), M=M, theta=theta), "H", tol=1e-8
    )
    found = rates.tau_new[0, 1]
    np.testing.assert_allclose(found, 0.25 if same else found[0], rtol=1e-5)
    assert 1 / 12 < found[0] < 1 / 2


def test_no_rate_on_a_fine_grid_is_better() -> None:
    world = two(100, 150, 20, 3.0)
    found = best_response(world, "H")
    grid = np.linspace(0, 1, 401)
    income = []
    for rate in grid:
        tau = world.tau.copy()
        tau[0, 1] = rate
        income.append(solve(world, Change(tau_new=tau)).values["welfare_hat"][0])
    assert found.outcome.values["welfare_hat"][0] >= max(income)
    assert abs(grid[int(np.argmax(income))] - found.tau_new[0, 1, 0]) < 0.0025


@pytest.mark.parametrize("abroad", [100.0, 300.0])
def test_nash_of_two_countries(abroad: float) -> None:
    """Each tariff is the formula at the other's; Johnson (1953): a country that is much larger may win the war."""
    found = nash_tariffs(two(100, abroad, 15, 4.0), ["H", "F"], tol=1e-9)
    pi, tau = found.outcome.values["pi_new"][:, :, 0], found.tau_new[:, :, 0]
    assert tau[0, 1] == pytest.approx(formula(pi[1, 1], 4.0, tau[1, 0]), rel=1e-7)
    assert tau[1, 0] == pytest.approx(formula(pi[0, 0], 4.0, tau[0, 1]), rel=1e-7)
    if abroad == 100:
        assert tau[0, 1] == pytest.approx(tau[1, 0], rel=1e-8)
        assert max(found.gain.values()) < 0
    else:
        assert found.gain["F"] > found.gain["H"]


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("mfn", [False, True])
def test_another_optimiser_finds_nothing_better(seed: int, mfn: bool) -> None:
    """L-BFGS-B with the same gradient, scaled, from another start; input links, zeros, a union and deficits."""
    world = random_world(seed, 5, 3)
    found = best_response(world, "C03", mfn=mfn, tol=1e-8)
    player = _player(world, optimal.Primitives(), "C03", "all", None, mfn)
    game = optimal.Game(world, optimal.Primitives(), "fixed", (player,), 0.0, np.log(11.0))

    def loss(x: np.ndarray) -> tuple[float, np.ndarray]:
        tau = optimal.apply(game, (x,))
        at = optimal._located(game, tau, None)
        return -1e3 * np.log(optimal.objective(player, at)), -1e3 * optimal.condition(player, at, tau)[0]

    start = np.full(player.size, 0.05)
    other = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=[(0, game.high)] * start.size,
                     options={"ftol": 1e-14, "gtol": 1e-9, "maxiter": 500})  # fmt: skip
    mine = optimal.objective(player, optimal._located(game, found.tau_new, None))
    assert np.log(mine) >= -other.fun / 1e3 - 1e-10
    tau = optimal.apply(game, (other.x,))
    np.testing.assert_allclose(found.tau_new, tau, atol=2e-3)


@pytest.mark.parametrize("seed", range(3))
def test_the_slope_is_the_derivative(seed: int) -> None:
    """Of a union with a pool, in common rates, against differences of exact solves."""
    world = random_world(seed, 5, 3)
    player = _player(world, optimal.Primitives(), "CU", None, None, False)
    game = optimal.Game(world, optimal.Primitives(), "fixed", (player,), 0.0, np.log(11.0))
    x = np.random.default_rng(seed).uniform(0.05, 0.3, player.size)
    at = optimal._located(game, optimal.apply(game, (x,)), None)
    slope = optimal.condition(player, at, optimal.apply(game, (x,)))[0]
    for k in range(player.size):
        ends = []
        for h in (-1e-4, 1e-4):
            moved = optimal.apply(game, (x + h * (np.arange(player.size) == k),))
            ends.append(np.log(optimal.objective(player, optimal._located(game, moved, None))))
        assert slope[k] == pytest.approx((ends[1] - ends[0]) / 2e-4, rel=1e-5, abs=1e-9)


@pytest.mark.parametrize("rate", [0.1, 0.5])
def test_lerner_symmetry(rate: float) -> None:
    """A tariff on all imports is a tax on all exports; the taxed world is solved apart, from its own equations."""
    world = random_world(2, 4, 3, io=False, tariffs=False, unions=False, deficits=0.0, zeros=0.0)
    tau = world.tau.copy()
    tau[0, 1:] = rate
    found = solve(world, Change(tau_new=tau), tol=1e-12).values["welfare_hat"]
    np.testing.assert_allclose(found, _export_tax(world, 0, rate), rtol=1e-9)


def _export_tax(world: World, n: int, rate: float) -> np.ndarray:
    N = len(world.countries)
    cost = np.ones((N, N, 1))  # (importer, exporter)
    cost[np.arange(N) != n, n] = 1 + rate

    def state(w: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        A = world.pi * (w[None, :, None] * cost) ** -world.theta
        P = A.sum(axis=1) ** (-1 / world.theta)
        pi = A / A.sum(axis=1, keepdims=True)
        revenue = np.zeros((N, N))  # income of n per unit of income of the buyer
        revenue[n] = (pi[:, n] * world.alpha * (1 - 1 / cost[:, n])).sum(axis=1)
        I = np.linalg.solve(np.eye(N) - revenue, w * world.V)
        sales = np.einsum("nij,nj,n->i", pi / cost, world.alpha, I)
        return sales / (w * world.V) - 1, I / world.I / np.prod(P**world.alpha, axis=1)

    def gaps(z: np.ndarray) -> np.ndarray:
        return state(np.exp(np.append(0.0, z)))[0][1:]

    z = fsolve(gaps, np.zeros(N - 1), xtol=1e-14)
    return state(np.exp(np.append(0.0, z)))[1]
