"""Cases handled by name before solving: cut-off countries, lost suppliers, parts of a world, absent sectors."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from worlds import random_change, random_world

from karvan import Change, InfeasibleError, World, embargo, leave_bloc, solve


def cut(country: str) -> Any:
    return embargo(between=[country, "all"], sectors="all")


@pytest.fixture
def world() -> World:
    return random_world(3, 6, 4, zeros=0.0, deficits=0.2)


def test_a_deficit_without_trade_is_refused_with_the_remedy(world: World) -> None:
    with pytest.raises(InfeasibleError, match=r"C04 .*has a deficit of .* no trade can carry; use deficits='purge'"):
        solve(world, cut("C04"))
    with pytest.raises(InfeasibleError, match=r"falls into 2 parts, one of them C04; use deficits='purge'"):
        solve(world, cut("C04"), deficits="share")


def test_a_country_cut_off_lives_in_autarky_and_the_others_go_on(world: World) -> None:
    out = solve(world, cut("C04"), deficits="purge", tol=1e-12)
    v = out.values
    assert all(np.isfinite(x).all() for x in v.values())
    assert 0.3 < v["welfare_hat"][4] < 1
    assert v["w_hat"][4] == pytest.approx(1.0, abs=1e-12)  # its own numeraire
    rest = [0, 1, 2, 3, 5]
    assert (v["w_hat"] * out.world.V)[rest].sum() == pytest.approx(out.world.V[rest].sum(), rel=1e-12)
    assert not v["M_new"][4, rest].any()
    assert not v["M_new"][rest, 4].any()
    np.testing.assert_allclose(v["Y_new"][4], v["M_new"][4, 4])


def test_the_others_fare_as_if_the_country_had_never_been(world: World) -> None:
    """The rest of the world after the cut, solved again as a world of its own, stands still."""
    out = solve(world, cut("C04"), deficits="purge", tol=1e-12)
    rest = [0, 1, 2, 3, 5]
    alone = World.from_arrays(
        countries=[world.countries[n] for n in rest],
        sectors=world.sectors,
        M=out.values["M_new"][np.ix_(rest, rest)],
        tau=world.tau[np.ix_(rest, rest)],
        gamma=world.gamma[rest],
        theta=world.theta,
        blocs=[world.blocs["CU"]],
    )
    np.testing.assert_allclose(alone.D / alone.I, 0, atol=1e-10)
    np.testing.assert_allclose(alone.alpha, world.alpha[rest], atol=1e-9)


def test_given_deficits_let_a_country_be_cut_off(world: World) -> None:
    D = np.array(world.D)
    D[4], D[5] = 0.0, D[5] + D[4]
    out = solve(world, cut("C04") | Change(D_new=D))
    np.testing.assert_allclose(out.values["deficit_new"], D, atol=1e-9)


def test_a_balanced_country_needs_no_remedy() -> None:
    """Rounding in a deficit of zero is not a deficit."""
    world = random_world(3, 6, 4, deficits=0.0, unions=False, zeros=0.0)
    for country in world.countries:
        assert solve(world, cut(country)).converged


def test_a_pool_cannot_pay_a_member_who_is_cut_off(world: World) -> None:
    with pytest.raises(InfeasibleError, match=r"cuts the members of CU apart \(C00, C01, C02\).*add leave_bloc"):
        solve(world, cut("C01"), deficits="purge")
    exit_ = leave_bloc(country="C01", bloc="CU")
    out = solve(world, cut("C01") | exit_, deficits="purge")
    assert out.values["net_pool_new"][1] == 0
    assert out.values["net_pool_new"].sum() == pytest.approx(0, abs=1e-9)


def test_a_market_without_supplier_is_named() -> None:
    world = random_world(3, 5, 4, zeros=0.3)
    assert world.Y[4, 0] == 0
    with pytest.raises(InfeasibleError, match=r"1 market\(s\) are left without any supplier: \(C04, s00\)"):
        solve(world, embargo(between=["C04", "all"]), deficits="purge")


def two_continents() -> World:
    left, right = random_world(1, 3, 2, unions=False), random_world(2, 4, 2, unions=False)
    M = np.zeros((7, 7, 2))
    tau = np.zeros((7, 7, 2))
    M[:3, :3], M[3:, 3:] = left.M, right.M
    tau[:3, :3], tau[3:, 3:] = left.tau, right.tau
    return World.from_arrays(
        countries=[f"L{i}" for i in range(3)] + [f"R{i}" for i in range(4)],
        sectors=["a", "b"],
        M=M,
        tau=tau,
        gamma=np.concatenate([left.gamma, right.gamma]),
        theta=left.theta,
    )


def test_two_continents_are_solved_apart_and_do_not_disturb_each_other() -> None:
    world = two_continents()
    change = random_change(5, world, ["tau_new", "d_hat"])
    tau, d_hat = np.array(change.tau_new), np.array(change.d_hat)
    both = solve(world, change, tol=1e-12)
    tau[:3], d_hat[:3] = world.tau[:3], 1.0
    right = solve(world, Change(tau_new=tau, d_hat=d_hat), tol=1e-12)
    np.testing.assert_allclose(right.values["welfare_hat"][:3], 1.0, atol=1e-10)
    np.testing.assert_allclose(both.values["welfare_hat"][3:], right.values["welfare_hat"][3:], rtol=1e-10)
    for part in (slice(0, 3), slice(3, 7)):
        assert (both.values["w_hat"] * world.V)[part].sum() == pytest.approx(world.V[part].sum(), rel=1e-12)


def test_a_split_of_the_world_needs_balance_in_each_part(world: World) -> None:
    apart = embargo(between=[["C00", "C01", "C02"], ["C03", "C04", "C05"]], sectors="all")
    with pytest.raises(InfeasibleError, match="cut off from the rest"):
        solve(world, apart)
    out = solve(world, apart, deficits="purge", tol=1e-12)
    assert not out.values["M_new"][:3, 3:].any()
    assert np.isfinite(out.values["welfare_hat"]).all()
    D = world.D - np.repeat([world.D[:3].sum() / 3, world.D[3:].sum() / 3], 3)
    np.testing.assert_allclose(solve(world, apart | Change(D_new=D)).values["deficit_new"], D, atol=1e-9)


def test_who_can_buy_but_not_sell_is_named() -> None:
    world = random_world(3, 5, 3, zeros=0.0, deficits=0.0, unions=False)
    d_hat = np.ones_like(world.M)
    d_hat[[0, 1, 3, 4], 2] = np.inf
    with pytest.raises(InfeasibleError, match=r"^C02 can buy from the rest but not sell"):
        solve(world, Change(d_hat=d_hat))
    paid = Change(D_new=np.where(np.arange(5) == 2, 20.0, -5.0))
    out = solve(world, Change(d_hat=d_hat) | paid)
    assert out.values["M_new"][2].sum() - out.values["M_new"][2, 2].sum() == pytest.approx(20.0)
    d_hat = np.ones_like(world.M)
    d_hat[2, [0, 1, 3, 4]] = np.inf
    with pytest.raises(InfeasibleError, match=r"^C02 can buy"):
        solve(world, Change(d_hat=d_hat))


def test_two_who_together_can_only_buy_are_named() -> None:
    world = random_world(3, 5, 3, zeros=0.0, deficits=0.0, unions=False)
    d_hat = np.ones_like(world.M)
    d_hat[np.ix_([0, 1, 2], [3, 4])] = np.inf
    with pytest.raises(InfeasibleError, match=r"^C03, C04 can buy from the rest but not sell"):
        solve(world, Change(d_hat=d_hat))


def test_an_absent_sector_stays_absent() -> None:
    world = random_world(4, 6, 4, zeros=0.3)
    assert world.X[1, 1] == 0
    assert not world.pi[1, :, 1].any()
    out = solve(world, random_change(4, world))
    assert out.values["X_new"][1, 1] == 0
    assert not out.values["M_new"][1, :, 1].any()
    assert all(np.isfinite(x).all() for x in out.values.values())
    assert solve(world, random_change(4, world), deficits="purge").converged


def test_what_is_not_traded_stays_at_home() -> None:
    world = random_world(4, 6, 4, zeros=0.0)
    out = solve(world, random_change(4, world))
    np.testing.assert_allclose(out.values["pi_new"][:, :, 2], np.eye(6), rtol=0, atol=1e-15)


def buyers_lost() -> World:
    """A makes parts for B alone, from raw goods that it imports from C and uses for nothing else."""
    M = np.zeros((3, 3, 3))
    M[:, :, 0] = [[50, 10, 10], [20, 60, 10], [10, 10, 50]]
    M[1, 0, 1], M[1, 1, 1], M[2, 2, 1] = 10, 5, 5
    M[0, 2, 2], M[1, 1, 2], M[2, 2, 2] = 5, 5, 5
    gamma = np.zeros((3, 3, 3))
    gamma[0, 2, 1] = 0.5
    return World.from_arrays(countries=["A", "B", "C"], sectors=["g", "part", "raw"], M=M, gamma=gamma, theta=5.0)


def test_a_producer_whose_only_buyers_are_embargoed_stops() -> None:
    world = buyers_lost()
    assert world.alpha[0, 2] == pytest.approx(0, abs=1e-15)
    out = solve(world, embargo(between=["A", "B"], sectors="part"))
    assert out.values["Y_new"][0, 1] == 0
    assert out.values["X_new"][0, 2] == 0
    assert out.values["M_new"][0, 2, 2] == 0
    assert all(np.isfinite(x).all() for x in out.values.values())


def test_a_market_that_nobody_wants_any_more_needs_no_supplier() -> None:
    world = buyers_lost()
    both = embargo(between=["A", "B"], sectors="part") | embargo(between=["A", "C"], sectors="raw")
    out = solve(world, both)
    assert all(np.isfinite(x).all() for x in out.values.values())
    assert out.values["X_new"][0, 2] == 0


def test_a_sector_that_feeds_only_itself_dies_with_its_export() -> None:
    """A circle of inputs without a final buyer is no demand."""
    M = np.zeros((2, 2, 2))
    M[:, :, 0] = [[60, 10], [20, 60]]
    M[1, 0, 1], M[0, 0, 1], M[1, 1, 1] = 10, 10, 10
    gamma = np.zeros((2, 2, 2))
    gamma[0, 1, 1] = 0.5  # 20 made, 10 of it used by itself, 10 exported
    world = World.from_arrays(countries=["A", "B"], sectors=["g", "loop"], M=M, gamma=gamma, theta=5.0)
    assert world.alpha[0, 1] == pytest.approx(0, abs=1e-15)
    out = solve(world, embargo(between=["A", "B"], sectors="loop"), deficits="purge")
    assert out.values["Y_new"][0, 1] == 0
    assert all(np.isfinite(x).all() for x in out.values.values())


def test_a_sector_without_value_added() -> None:
    M = np.array([[[50.0, 20.0], [10.0, 5.0]], [[10.0, 5.0], [50.0, 20.0]]])
    gamma = np.zeros((2, 2, 2))
    gamma[:, 0, 1] = 1.0  # repackaging
    world = World.from_arrays(countries=["A", "B"], sectors=["g", "pack"], M=M, gamma=gamma, theta=5.0)
    out = solve(world, Change(A_hat=np.array([[1.1, 1.0], [1.0, 1.0]])), tol=1e-12)
    np.testing.assert_allclose(out.values["c_hat"][:, 1], out.values["P_hat"][:, 0], rtol=1e-10)


def test_an_embargo_is_the_limit_of_a_high_cost() -> None:
    world = random_world(5, 5, 3, zeros=0.0, unions=False)
    between = (np.arange(5)[:, None] < 1) ^ (np.arange(5)[None, :] < 1)
    partly = np.where(between & ((np.arange(5) != 4)[:, None] & (np.arange(5) != 4)[None, :]), 1.0, 0.0)[:, :, None]
    high = solve(world, Change(d_hat=np.where(partly > 0, 1e4, 1.0) * np.ones(3)), tol=1e-12)
    closed = solve(world, Change(d_hat=np.where(partly > 0, np.inf, 1.0) * np.ones(3)), tol=1e-12)
    np.testing.assert_allclose(high.values["welfare_hat"], closed.values["welfare_hat"], rtol=1e-6)


def test_a_state_far_from_a_solution_can_be_looked_at(world: World) -> None:
    """Wages that overflow end in numbers that are no numbers, without a warning from NumPy."""
    D = np.where(np.arange(6) == 0, -5 * world.V[0], world.V[0])
    out = solve(world, Change(D_new=D), allow_unconverged=True, max_steps=40)
    assert not out.converged
    assert "NOT CONVERGED" in str(out.table("real_wage_hat"))


def test_an_unsolved_state_can_be_looked_at(world: World) -> None:
    out = solve(world, random_change(1, world, size=1.0), max_steps=1, allow_unconverged=True)
    assert not out.converged
    assert out.steps == 1
    assert out.residuals.max() > 1e-3


def test_a_pool_can_be_given_up(world: World) -> None:
    out = solve(world, Change(pool_new=np.zeros_like(world.pool)))
    assert not out.values["net_pool_new"].any()
    np.testing.assert_allclose(out.values["R_new"], out.values["duties_new"])
