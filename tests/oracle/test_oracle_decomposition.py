"""The parts of the exact change in real income: they add up, agree with closed forms, and do not depend on the grid."""

from __future__ import annotations

import numpy as np
import pytest
from paths import shared
from worlds import case, permuted, random_change, random_world

from karvan import (
    Bloc,
    Change,
    ConvergenceError,
    Decomposition,
    InfeasibleError,
    World,
    decompose,
    embargo,
    leave_bloc,
    solve,
)
from karvan.core.decomposition import CELLS, PARTS
from karvan.core.scenario import Scenario
from karvan.models.trade import decomposition, prepare
from karvan.models.trade.face import equilibrium
from karvan.replication import cp2015


def summed(found: Decomposition, names: tuple[str, ...] = PARTS) -> np.ndarray:
    return np.array([found.values[name].reshape(len(found.world.countries), -1).sum(axis=1) for name in names])


def with_factors(seed: int, world: World) -> World:
    """The same flows with immobile factors and scale economies in some sectors."""
    rng = np.random.default_rng(seed)
    return world.rebuilt(
        specific=rng.uniform(0, 0.7, world.beta.shape), psi=rng.uniform(0, 0.6, len(world.theta)) / world.theta
    )


@pytest.mark.parametrize("seed", range(0, 200, 5))
def test_parts_add_up_after_a_change_of_everything(seed: int) -> None:
    world = case(seed)
    change = random_change(seed, world)
    found = decompose(world, change)
    exact = np.log(solve(world, change, tol=1e-12).values["welfare_hat"])
    np.testing.assert_allclose(summed(found).sum(axis=0), exact, atol=1e-8)
    np.testing.assert_allclose(summed(found, CELLS).sum(axis=0), exact, atol=1e-8)
    assert found.gap < 1e-8


@pytest.mark.parametrize("closure", ["share", "purge"])
@pytest.mark.parametrize("seed", range(20, 50, 3))
def test_parts_add_up_under_the_other_closures(seed: int, closure: str) -> None:
    world = case(seed)
    found = decompose(world, random_change(seed, world, ["d_hat", "tau_new", "A_hat", "pool_new"]), deficits=closure)
    np.testing.assert_allclose(summed(found).sum(axis=0), found.values["real_income_log"], atol=1e-8)
    moved = np.abs(found.values["part_deficit"]).max()
    assert moved < 1e-9 if closure == "purge" else moved > 1e-9 or not np.abs(world.D / world.I).max() > 1e-9


@pytest.mark.parametrize("seed", range(12))
def test_parts_add_up_with_immobile_factors_and_scale(seed: int) -> None:
    world = with_factors(seed, case(seed + 30))
    found = decompose(world, random_change(seed, world))
    np.testing.assert_allclose(summed(found).sum(axis=0), found.values["real_income_log"], atol=1e-8)
    scale = np.abs(found.values["part_scale"]).max()
    assert scale > 1e-6 if len(world.sectors) > 1 else scale < 1e-10  # one sector: its labour is all there is


@pytest.mark.parametrize("seed", range(8))
def test_parts_add_up_when_a_member_leaves_the_pool(seed: int) -> None:
    world = random_world(seed, 6, 4)
    found = decompose(world, leave_bloc(country="C01", bloc="CU", own_tariff="mfn", partners_tariff="mfn"))
    np.testing.assert_allclose(summed(found).sum(axis=0), found.values["real_income_log"], atol=1e-8)
    assert np.abs(found.values["part_pool"][:3]).min() > 0
    np.testing.assert_array_equal(found.values["part_pool"][3:], 0.0)


def test_parts_add_up_when_the_pool_dissolves() -> None:
    world = random_world(3, 6, 4)
    found = decompose(world, Change(pool_new=np.zeros_like(world.pool)))
    np.testing.assert_allclose(summed(found).sum(axis=0), found.values["real_income_log"], atol=1e-8)


def test_parts_add_up_when_a_country_moves_between_two_pools() -> None:
    world = random_world(5, 6, 4)
    second = Bloc("CU2", ("C03", "C04"), shares={"C03": 0.3, "C04": 0.7}, collection=0.5)
    world = world.rebuilt(blocs=(world.blocs["CU"], second))
    pool = np.array([[0.6, 0.4, 0, 0, 0, 0], [0, 0, 0.2, 0.3, 0.5, 0]])
    found = decompose(world, Change(pool_new=pool))
    np.testing.assert_allclose(summed(found).sum(axis=0), found.values["real_income_log"], atol=1e-8)
    primitives = Scenario.of(Change(pool_new=pool)).change(world)
    for t in (0.0, 0.3, 1.0):
        at = decomposition._on_path(world, primitives, t)
        solved, _ = equilibrium(world, at, "fixed", pools=decomposition._pools(world, primitives, t))
        assert abs(solved.sweep.NP.sum()) < 1e-10 * world.I.sum()
        assert solved.sweep.pooled[2] > 0


def test_parts_add_up_when_little_can_move() -> None:
    world = random_world(4, 5, 4)
    world = world.rebuilt(specific=np.full(world.beta.shape, 0.97))
    found = decompose(world, random_change(4, world))
    np.testing.assert_allclose(summed(found).sum(axis=0), found.values["real_income_log"], atol=1e-8)


def test_a_large_war_needs_more_nodes_and_gets_them() -> None:
    world = random_world(2, 6, 4, zeros=0.0)
    tau = world.tau.copy()
    tau[0, 1:], tau[1:, 0] = 1.45, 1.45
    found = decompose(world, Change(tau_new=tau, d_hat=np.where(tau > 1, 3.0, 1.0)))
    assert found.nodes > 9
    np.testing.assert_allclose(summed(found).sum(axis=0), found.values["real_income_log"], atol=1e-8)


def test_the_path_starts_at_the_baseline_and_ends_at_the_change() -> None:
    """Half way, the pool pays out what it takes in; at the ends it is the pool before and after."""
    world = random_world(3, 6, 4)
    leaving = leave_bloc(country="C01", bloc="CU", own_tariff="mfn", partners_tariff="mfn")
    primitives = Scenario.of(leaving).change(world)
    for t, at in ((0.0, decomposition.NOTHING), (1.0, primitives)):
        for got, expected in zip(decomposition._pools(world, primitives, t), prepare.pool(world, at), strict=True):
            np.testing.assert_allclose(got, expected, atol=1e-15)
        now = decomposition._on_path(world, primitives, t)
        np.testing.assert_allclose(now.tau_new, world.tau if t == 0 else primitives.tau_new, atol=1e-15)
    half = decomposition._pools(world, primitives, 0.5)
    np.testing.assert_allclose(half.share.sum(axis=1), 1.0)
    np.testing.assert_allclose(half.inside.sum(axis=0)[:3], 1.0)


@pytest.mark.parametrize("seed", range(10))
def test_small_changes_give_the_first_order_terms(seed: int) -> None:
    """The gap to `terms_of_trade` and `volume_of_trade` (one step at initial tariffs) shrinks with the square."""
    world = random_world(seed, 5, 3, unions=False)
    gap = []
    for step in (1e-3, 1e-4):
        tau = world.tau.copy()
        tau[0, 1:, 0] += step * (world.M[0, 1:, 0] > 0)
        found = decompose(world, Change(tau_new=tau))
        terms, volume = summed(found, ("part_terms_of_trade", "part_volume"))
        first = found.outcome.values
        gap.append(max(np.abs(terms - first["terms_of_trade"]).max(), np.abs(volume - first["volume_of_trade"]).max()))
        assert gap[-1] < 0.05 * np.abs(first["terms_of_trade"]).max()
    assert gap[1] < gap[0] / 50


@pytest.mark.parametrize("seed", range(10))
def test_one_sector_without_tariffs(seed: int) -> None:
    """Arkolakis, Costinot and Rodriguez-Clare (2012): terms of trade and waste share out -ln(pi_nn_hat) / theta."""
    world = random_world(seed, 5, 1, io=False, tariffs=False, deficits=0.0, unions=False, zeros=0.0)
    found = decompose(world, random_change(seed, world, ["d_hat"], size=0.5))
    own = np.einsum("nnj->nj", found.outcome.values["pi_new"] / world.pi)[:, 0]
    terms, waste = summed(found, ("part_terms_of_trade", "part_waste"))
    np.testing.assert_allclose(terms + waste, -np.log(own) / world.theta[0], atol=1e-8)
    assert not summed(found, ("part_volume", "part_pool", "part_deficit", "part_productivity", "part_scale")).any()


def test_two_symmetric_countries_by_hand() -> None:
    """Wages stay at one, so that nothing but waste counts: ln W = ln(0.8 + 0.2 * 1.1 ** -theta) / theta."""
    M = np.array([[[80.0], [20.0]], [[20.0], [80.0]]])
    world = World.from_arrays(countries=["A", "B"], sectors=["g"], M=M, theta=4.0)
    found = decompose(world, Change(d_hat=np.array([[[1.0], [1.1]], [[1.1], [1.0]]])))
    np.testing.assert_allclose(summed(found, ("part_terms_of_trade",)), 0.0, atol=1e-12)
    np.testing.assert_allclose(summed(found, ("part_waste",)), np.log(0.8 + 0.2 * 1.1**-4) / 4, atol=1e-9)
    assert found.values["part_waste"][0, 1, 0] == pytest.approx(found.values["part_waste"].sum() / 2)


def test_productivity_of_everybody_by_hand() -> None:
    """Without inputs, output falls to final use: k times as productive is ln k, all of it productivity."""
    world = random_world(1, 5, 3, io=False, deficits=0.0, tariffs=False)
    found = decompose(world, Change(A_hat=np.full((5, 3), 1.1)))
    np.testing.assert_allclose(summed(found, ("part_productivity",))[0], np.log(1.1), atol=1e-9)
    np.testing.assert_allclose(summed(found, ("part_terms_of_trade",)), 0.0, atol=1e-9)


@pytest.mark.parametrize("seed", range(5))
def test_the_way_back_undoes_every_part(seed: int) -> None:
    world = random_world(seed, 5, 3, unions=False)
    change = random_change(seed, world, ["tau_new", "d_hat", "A_hat", "D_new"])
    there = decompose(world, change)
    solved = world.rebuilt(M=there.outcome.values["M_new"], tau=change.tau_new)
    back = Change(tau_new=world.tau, d_hat=1 / change.d_hat, A_hat=1 / change.A_hat, D_new=world.D)
    again = decompose(solved, back)
    for name in CELLS:
        np.testing.assert_allclose(again.values[name], -there.values[name], atol=2e-8, err_msg=name)


@pytest.mark.parametrize("seed", range(4))
def test_parts_do_not_depend_on_the_grid(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    world = random_world(seed, 6, 3)
    change = random_change(seed, world)
    coarse = decompose(world, change)
    monkeypatch.setattr(decomposition, "FIRST", 32)
    fine = decompose(world, change)
    assert fine.nodes == 33
    for name in CELLS:
        np.testing.assert_allclose(coarse.values[name], fine.values[name], atol=1e-8, err_msg=name)


@pytest.mark.parametrize("seed", range(4))
def test_unit_of_money_and_order_of_countries_do_not_matter(seed: int) -> None:
    world = random_world(seed, 6, 3)
    change = random_change(seed, world)
    order = np.random.default_rng(seed).permutation(6)
    moved = decompose(world.permuted([world.countries[n] for n in order]), permuted(change, world, order))
    given = {name: value * 1000 if name == "D_new" else value for name, value in change.items()}
    richer = decompose(world.rebuilt(M=1000 * world.M), Change(**given))
    for name, values in decompose(world, change).values.items():
        np.testing.assert_allclose(richer.values[name], values, atol=1e-9, err_msg=name)
        shuffled = values[np.ix_(order, order)] if values.ndim == 3 else values[order]
        np.testing.assert_allclose(moved.values[name], shuffled, atol=1e-9, err_msg=name)


def test_nafta() -> None:
    """Caliendo and Parro (2015), purge: Mexico's exact 0.0073 % is -0.678 terms of trade and 0.685 volume."""
    files = cp2015.read(shared("cp2015_nafta") / "cp2015_nafta")
    world = cp2015.world(files)
    found = decompose(world, Change(tau_new=cp2015.nafta(files, world)), deficits="purge")
    mexico = cp2015.COUNTRIES.index("MEX")
    terms, volume = 100 * summed(found, ("part_terms_of_trade", "part_volume"))[:, mexico]
    assert terms == pytest.approx(-0.678, abs=5e-4)
    assert volume == pytest.approx(0.685, abs=5e-4)
    assert 100 * found.values["real_income_log"][mexico] == pytest.approx(0.0073, abs=5e-5)
    assert 100 * summed(found).sum(axis=0)[mexico] == pytest.approx(0.0073, abs=5e-5)


def test_an_embargo_has_no_parts() -> None:
    world = random_world(1, 4, 3, zeros=0.0)
    with pytest.raises(InfeasibleError, match=r"not defined for an embargo.*cell.*\(C00, C01, s00\).*karvan.solve"):
        decompose(world, embargo(between=["C00", "C01"], sectors="all"))


def test_an_embargo_on_empty_cells_changes_nothing() -> None:
    world = random_world(1, 4, 3)
    d_hat = np.where(world.M > 0, 1.01, np.inf)
    assert decompose(world, Change(d_hat=d_hat)).gap < 1e-8


def test_parts_that_do_not_add_up_raise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decomposition, "LAST", 8)
    world = random_world(1, 4, 3)
    with pytest.raises(ConvergenceError, match=r"parts of C0\d miss .* finest grid, 9 nodes"):
        decompose(world, random_change(1, world, size=0.3), tol=1e-17)
