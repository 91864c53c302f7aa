"""Closed forms from the literature that the solver must meet."""

from __future__ import annotations

import numpy as np
import pytest
from worlds import random_change, random_world

from karvan import Change, World, embargo, set_tariff, solve


def balanced(seed: int, N: int, J: int, io: bool) -> World:
    return random_world(seed, N, J, io=io, tariffs=False, deficits=0.0, unions=False, zeros=0.0)


def own_share(world: World, pi_new: np.ndarray) -> np.ndarray:
    n = np.arange(len(world.countries))
    return pi_new[n, n] / world.pi[n, n]


@pytest.mark.parametrize("seed", range(25))
@pytest.mark.parametrize("N", [2, 5, 12])
def test_acr_one_sector(seed: int, N: int) -> None:
    """Arkolakis, Costinot and Rodriguez-Clare (2012): W_hat = pi_nn_hat ** (-1 / theta)."""
    world = balanced(seed, N, 1, io=False)
    change = random_change(seed, world, ["d_hat"], size=0.5)
    out = solve(world, change, tol=1e-13)
    expected = own_share(world, out.values["pi_new"])[:, 0] ** (-1 / world.theta[0])
    np.testing.assert_allclose(out.values["welfare_hat"], expected, rtol=1e-12)


@pytest.mark.parametrize("seed", range(5))
def test_acr_after_purging_deficits(seed: int) -> None:
    world = random_world(seed, 6, 1, io=False, tariffs=False, unions=False, deficits=0.3)
    out = solve(world, random_change(seed, world, ["d_hat"]), deficits="purge", tol=1e-13)
    expected = own_share(out.world, out.values["pi_new"])[:, 0] ** (-1 / world.theta[0])
    np.testing.assert_allclose(out.values["welfare_hat"], expected, rtol=1e-11)


@pytest.mark.parametrize("seed", range(5))
def test_acr_one_sector_that_buys_from_itself(seed: int) -> None:
    """With inputs, one sector: W_hat = pi_nn_hat ** (-1 / (theta beta))."""
    world = balanced(seed, 6, 1, io=True)
    out = solve(world, random_change(seed, world, ["d_hat"]), tol=1e-13)
    expected = own_share(world, out.values["pi_new"])[:, 0] ** (-1 / (world.theta[0] * world.beta[:, 0]))
    np.testing.assert_allclose(out.values["welfare_hat"], expected, rtol=1e-11)


@pytest.mark.parametrize("io", [False, True])
@pytest.mark.parametrize("seed", range(10))
def test_product_formula_of_many_sectors(seed: int, io: bool) -> None:
    """Costinot and Rodriguez-Clare (2014, eq. 28): W_hat = prod_js pi_nn,s_hat ** (-alpha_j a_js / theta_s).

    a is the Leontief inverse of the country's input coefficients; perfect competition, no tariffs, balanced trade.
    """
    world = balanced(seed, 7, 5, io=io)
    out = solve(world, random_change(seed, world, ["d_hat"], size=0.3), tol=1e-13)
    own = own_share(world, out.values["pi_new"])
    expected = np.empty(len(world.countries))
    for n in range(len(world.countries)):
        leontief = np.linalg.inv(
            np.eye(len(world.sectors)) - world.gamma[n].T
        )  # ln P = leontief (beta ln w + ln pi / theta)
        expected[n] = np.exp(-world.alpha[n] @ leontief @ (np.log(own[n]) / world.theta))
    np.testing.assert_allclose(out.values["welfare_hat"], expected, rtol=1e-11)
    np.testing.assert_allclose(out.values["real_wage_hat"], expected, rtol=1e-11)


@pytest.mark.parametrize("io", [False, True])
@pytest.mark.parametrize("seed", range(5))
def test_autarky(seed: int, io: bool) -> None:
    """One country closes: its own share goes to one, so that its loss is known before solving."""
    world = balanced(seed, 5, 3, io=io)
    out = solve(world, embargo(between=["C02", "all"], sectors="all"), tol=1e-13)
    leontief = np.linalg.inv(np.eye(3) - world.gamma[2].T)
    expected = np.exp(world.alpha[2] @ leontief @ (np.log(world.pi[2, 2]) / world.theta))
    assert out.values["welfare_hat"][2] == pytest.approx(expected, rel=1e-10)
    assert out.values["welfare_hat"][2] < 1
    assert not out.values["M_new"][2, [0, 1, 3, 4]].any()


@pytest.mark.parametrize("seed", range(5))
def test_productivity_of_everybody(seed: int) -> None:
    """Everybody k times as productive without inputs: real income k times, trade shares as they were."""
    world = random_world(seed, 5, 3, io=False, deficits=0.0)
    out = solve(world, Change(A_hat=np.full((5, 3), 1.1)), tol=1e-12)
    np.testing.assert_allclose(out.values["welfare_hat"], 1.1, rtol=1e-10)
    np.testing.assert_allclose(out.values["pi_new"], world.pi, atol=1e-10)


@pytest.mark.parametrize("seed", range(10))
def test_first_order_meets_the_exact_change_for_tiny_tariffs(seed: int) -> None:
    """The gap between `first_order` and the exact change shrinks with the square of the tariff."""
    world = random_world(seed, 5, 3, unions=False, deficits=0.0)
    gap = []
    for step in (1e-3, 1e-4):
        tau = world.tau.copy()
        tau[0, 1:, 0] += step * (world.M[0, 1:, 0] > 0)
        out = solve(world, Change(tau_new=tau), tol=1e-13)
        gap.append(np.abs(out.values["welfare_hat"] - 1 - out.values["first_order"]).max())
        assert gap[-1] < 0.05 * np.abs(out.values["welfare_hat"] - 1).max()
    assert gap[1] < gap[0] / 50


@pytest.mark.parametrize("seed", range(5))
def test_derivative_does_not_depend_on_the_step(seed: int) -> None:
    world = random_world(seed, 6, 3)
    slopes = []
    for step in (2e-4, -2e-4, 1e-4):
        d_hat = np.ones_like(world.M)
        d_hat[0, 1] = 1 + step
        slopes.append((solve(world, Change(d_hat=d_hat), tol=1e-13).values["welfare_hat"] - 1) / step)
    np.testing.assert_allclose(slopes[0], slopes[1], atol=2e-3 * np.abs(slopes[0]).max() + 1e-6)
    np.testing.assert_allclose(slopes[0], slopes[2], atol=2e-3 * np.abs(slopes[0]).max() + 1e-6)


def test_a_small_tariff_helps_a_country_with_market_power() -> None:
    """Two symmetric countries, free trade: a small tariff gains for the one who sets it and costs the other."""
    M = np.array([[[80.0], [20.0]], [[20.0], [80.0]]])
    world = World.from_arrays(countries=["A", "B"], sectors=["g"], M=M, theta=4.0)
    out = solve(world, set_tariff(importer="A", exporter="B", rate=0.05))
    assert out.values["welfare_hat"][0] > 1 > out.values["welfare_hat"][1]
    everyone = solve(world, set_tariff(importer="all", exporter="all", rate=0.05))
    assert (everyone.values["welfare_hat"] < 1).all()


def test_two_symmetric_countries_by_hand() -> None:
    """Symmetry keeps wages at one: P ** -theta = 0.8 + 0.2 * 1.1 ** -theta."""
    M = np.array([[[80.0], [20.0]], [[20.0], [80.0]]])
    world = World.from_arrays(countries=["A", "B"], sectors=["g"], M=M, theta=4.0)
    d_hat = np.array([[[1.0], [1.1]], [[1.1], [1.0]]])
    out = solve(world, Change(d_hat=d_hat), tol=1e-14)
    P = (0.8 + 0.2 * 1.1**-4) ** (-1 / 4)
    np.testing.assert_allclose(out.values["P_hat"][:, 0], P, rtol=1e-13)
    np.testing.assert_allclose(out.values["w_hat"], 1.0, rtol=1e-13)
    np.testing.assert_allclose(out.values["welfare_hat"], 1 / P, rtol=1e-13)
