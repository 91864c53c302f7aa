"""Questions without an answer: deficits that eat an income, one-way trade; and answers found only step by step."""

from __future__ import annotations

import numpy as np
import pytest
from cases import pair
from worlds import random_change, random_world

from karvan import Change, InfeasibleError, World, embargo, solve
from karvan.core.scenario import Scenario
from karvan.models.trade import path


def two(D: float = 0.0, tau: float = 0.0) -> World:
    """A and B sell 80 to themselves and 20 to each other; A buys D more."""
    M = np.array([[[80.0], [20.0 + D]], [[20.0], [80.0]]])
    return World.from_arrays(countries=["A", "B"], sectors=["g"], M=M, tau=tau * (1 - np.eye(2))[:, :, None], theta=4.0)


def excess(world: World, D: np.ndarray, w: np.ndarray, d_hat: float, tau: float) -> tuple[np.ndarray, np.ndarray]:
    """Labour demand over wages in A and incomes, for wages of A and B in closed form (one sector, no inputs)."""
    L, theta = world.Y.sum(axis=1), world.theta[0]
    kappa = d_hat * (1 + tau) / (1 + world.tau[0, 1, 0])
    cost = np.stack([[w[0], w[1] * kappa], [w[0] * kappa, w[1]]]) ** -theta  # (n, i, wages)
    pi = world.pi[:, :, 0, None] * cost
    pi /= pi.sum(axis=1, keepdims=True)
    foreign = np.stack([pi[0, 1], pi[1, 0]])
    X = (w * L[:, None] + D[:, None]) / (1 - foreign * tau / (1 + tau))
    sold = pi[0, 0] * X[0] + pi[1, 0] * X[1] / (1 + tau)
    return sold / (w[0] * L[0]) - 1, X


def has_equilibrium(world: World, D: np.ndarray, d_hat: float, tau: float) -> bool:
    """Look for a root with positive incomes on a fine grid of A's wage; the numeraire gives B's."""
    L = world.Y.sum(axis=1)
    share = 1 / (1 + np.exp(-np.linspace(-25, 25, 200_001)))  # of the world's wages
    w = np.stack([share, 1 - share]) * L.sum() / L[:, None]
    gap, X = excess(world, D, w, d_hat, tau)
    root = (gap[1:] * gap[:-1] <= 0) & (X[:, 1:] > 0).all(axis=0) & (X[:, :-1] > 0).all(axis=0)
    return bool(root.any())


@pytest.mark.parametrize("seed", range(60))
def test_refused_and_solved_agree_with_a_search_of_all_wages(seed: int) -> None:
    """Two countries, one sector: every wage is tried, and payments are refused exactly where no wage balances them."""
    rng = np.random.default_rng(seed)
    D = rng.uniform(-1.2, 1.2) * 100 * np.array([1.0, -1.0])
    world = two(tau=rng.choice([0.0, 0.2]))
    d_hat, tau = float(np.exp(rng.uniform(0, 3))), float(rng.choice([0.0, 0.5, -0.3]))
    abroad = (1 - np.eye(2))[:, :, None]
    change = Change(D_new=D, d_hat=1 + (d_hat - 1) * abroad, tau_new=tau * abroad)
    try:
        solve(world, change)
        solved = True
    except InfeasibleError as fault:
        assert "runs out of income" in str(fault)
        solved = False
    assert solved == has_equilibrium(world, D, d_hat, tau)


def test_both_answers_occur_in_the_search() -> None:
    assert has_equilibrium(two(), np.array([30.0, -30.0]), 1.0, 0.0)
    assert not has_equilibrium(two(), np.array([99.0, -99.0]), 1.0, 0.0)


def test_a_surplus_that_eats_the_income_is_named() -> None:
    with pytest.raises(InfeasibleError, match=r"^B runs out of income: with \d+\.\d% of the change it keeps .* of its"):
        solve(two(), Change(D_new=np.array([99.0, -99.0])))
    out = solve(two(), Change(D_new=np.array([99.0, -99.0])), allow_unconverged=True)
    assert not out.converged
    assert "NOT CONVERGED" in str(out.table("welfare_hat"))


def test_a_solution_with_a_negative_income_is_none() -> None:
    """B's sector buys inputs from itself, so that spending stays positive and every equation holds."""
    world = random_world(3, 2, 1, unions=False, tariffs=False, deficits=0.0, zeros=0.0)
    D = 1.05 * world.V.min() * np.array([1.0, -1.0]) * (1 if world.V[1] < world.V[0] else -1)
    with pytest.raises(InfeasibleError, match=r"C0\d.*(runs out of income|less than nothing).*deficits='purge'"):
        solve(world, Change(D_new=D))


def test_share_of_value_added_does_not_pay_for_one_way_trade() -> None:
    """C02 may only buy, and its share is the lowest: whatever happens to wages, it has no deficit to pay with."""
    world = random_world(3, 5, 3, zeros=0.0, deficits=0.3, unions=False)
    for lowest in (True, False):
        n = int(np.argmin(world.D / world.V) if lowest else np.argmax(world.D / world.V))
        d_hat = np.ones_like(world.M)
        others = [m for m in range(5) if m != n]
        if lowest:
            d_hat[others, n] = np.inf
        else:
            d_hat[n, others] = np.inf
        with pytest.raises(InfeasibleError, match=rf"^C0{n} can buy from the rest but not sell, or sell but not buy"):
            solve(world, Change(d_hat=d_hat), deficits="share")


def test_a_pool_into_which_nobody_else_pays_is_no_finance() -> None:
    world = random_world(3, 5, 2, zeros=0.0, deficits=0.0)
    d_hat, tau = np.ones_like(world.M), np.array(world.tau)
    d_hat[[0, 2, 3, 4], 1] = np.inf  # nobody buys from C01
    tau[[0, 2]] = 0.0  # and its partners in the pool collect nothing
    with pytest.raises(InfeasibleError, match=r"^C01 can buy from the rest but not sell"):
        solve(world, Change(d_hat=d_hat, tau_new=tau, D_new=np.zeros(5)))


@pytest.mark.parametrize("number", [19, 1063])
def test_what_is_found_only_from_the_baseline(number: int) -> None:
    given = pair(number)
    out = solve(given.world, given.change, deficits=given.deficits, io=given.io)
    assert out.converged
    assert out.residuals.max() < 1e-10


def test_parts_of_a_change() -> None:
    world = random_world(3, 5, 3, zeros=0.0)
    whole = Scenario.of(random_change(3, world)).change(world)
    start, nearly = path.part_of(world, whole, 0.0), path.part_of(world, whole, 1 - 1e-12)
    assert start.d_hat is not None and start.tau_new is not None and start.A_hat is not None
    assert (start.d_hat == 1).all() and (start.A_hat == 1).all()
    np.testing.assert_array_equal(start.tau_new, world.tau)
    for name in whole.given:
        np.testing.assert_allclose(getattr(nearly, name), getattr(whole, name), rtol=1e-9, atol=1e-9)
    closed = Scenario.of(embargo(between=["C00", "C01"])).change(world)
    ratio = [path.part_of(world, closed, t).d_hat for t in (0.0, 0.5, 0.9)]
    assert [float(d[0, 1, 0] ** -world.theta[0]) for d in ratio if d is not None] == pytest.approx(
        [1, np.exp(-2), np.exp(-18)]
    )


def test_the_path_reaches_what_the_solver_finds_at_once() -> None:
    world = random_world(4, 6, 4)
    change = random_change(4, world)
    reached = path.follow(world, Scenario.of(change).change(world), "fixed", tol=1e-12)
    assert reached is not None and reached.strength == 1
    out = solve(world, change, tol=1e-12)
    np.testing.assert_allclose(np.exp(reached.solved.state.w), out.values["w_hat"], rtol=1e-9)
    assert out.method == "sweeps"
