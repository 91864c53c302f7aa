from __future__ import annotations

import numpy as np
import pytest
from worlds import random_world

from karvan import (
    Bloc,
    Change,
    ConflictError,
    KarvanWarning,
    ScenarioError,
    SymbolError,
    World,
    friction,
    join_bloc,
    set_tariff,
    solve,
)
from karvan.core.change import effect
from karvan.core.scenario import Scenario


@pytest.fixture
def world() -> World:
    return random_world(7, 5, 3, zeros=0.0)


def test_raw_arrays_equal_to_the_baseline_change_nothing(world: World) -> None:
    same = Change(tau_new=world.tau, D_new=world.D, pool_new=world.pool, d_hat=np.ones_like(world.M))
    assert effect(world, same) == {}
    assert Scenario.of(same).change(world).given == ()
    assert Change().items() == []


def test_masked_cells_are_left_as_they_are(world: World) -> None:
    mask = np.ones(world.tau.shape, dtype=bool)
    mask[0, 1, 0] = False
    found = Scenario.of(Change(tau_new=np.ma.array(np.full(world.tau.shape, 0.4), mask=mask))).change(world)
    expected = world.tau.copy()
    expected[0, 1, 0] = 0.4
    assert found.tau_new is not None
    np.testing.assert_array_equal(found.tau_new, expected)
    assert found.given == ("tau_new",)


def test_a_masked_nan_is_no_fault(world: World) -> None:
    values = np.full(world.tau.shape, np.nan)
    values[0, 1, 0] = 0.4
    effect(world, Change(tau_new=np.ma.masked_invalid(values)))
    with pytest.raises(SymbolError, match=r"tau_new: \d+ value\(s\) are NaN or infinite.*masked array"):
        effect(world, Change(tau_new=values))


def test_labelled_changes(world: World) -> None:
    tau = world["tau"].copy()
    tau.loc[{"importer": "C00", "exporter": "C03", "sector": "s00"}] = 0.4
    values, touched = effect(world, Change(tau_new=tau))["tau_new"]
    assert touched.sum() == 1
    assert values[0, 3, 0] == 0.4


def test_two_that_set_the_same_cell_conflict(world: World) -> None:
    one = set_tariff(importer="C00", exporter="C03", rate=0.4, sectors="s00")
    two = set_tariff(importer="C00", exporter="all", rate=0.45, sectors="s00")
    with pytest.raises(
        ConflictError, match=r"set_tariff and set_tariff both set tau_new .* in 1 cell\(s\): \(C00, C03, s00\)"
    ):
        (one | two).change(world)
    same = set_tariff(importer="C00", exporter="C03", rate=0.4, sectors="s00")
    assert (one | same).change(world).given == ("tau_new",)
    elsewhere = set_tariff(importer="C01", exporter="C03", rate=0.45, sectors="s00")
    merged = (one | elsewhere).change(world).tau_new
    assert merged is not None
    assert (merged[0, 3, 0], merged[1, 3, 0]) == (0.4, 0.45)


def test_two_ratios_on_one_cell_conflict_even_when_equal(world: World) -> None:
    one = friction(between=["C00", "C03"], ad_valorem=0.05)
    with pytest.raises(ConflictError, match="both set d_hat"):
        (one | one).change(world)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"d_hat": 0.0}, "ratios must be above 0"),
        ({"tau_new": -1.0}, "-100 % or less"),
        ({"tau_new": np.inf}, "NaN or infinite"),
        ({"A_hat": np.inf}, "NaN or infinite"),
    ],
)
def test_values_out_of_range(world: World, given: dict[str, float], message: str) -> None:
    shapes = {"d_hat": world.M.shape, "tau_new": world.M.shape, "A_hat": world.beta.shape}
    with pytest.raises(SymbolError, match=message):
        effect(world, Change(**{name: np.full(shapes[name], value) for name, value in given.items()}))


def test_deficits_must_sum_to_zero_and_pools_to_one(world: World) -> None:
    with pytest.raises(SymbolError, match="deficits of the world sum to"):
        effect(world, Change(D_new=np.ones(5) * world.I))
    with pytest.raises(SymbolError, match="sum to 1"):
        effect(world, Change(pool_new=world.pool * 0.5))
    assert effect(world, Change(pool_new=world.pool * 0.0))


def test_nobody_joins_a_second_pool() -> None:
    world = random_world(3, 6, 2)
    second = Bloc("P2", ("C04", "C05"), shares={"C04": 0.5, "C05": 0.5}, common_tariff="mfn")
    world = world.rebuilt(blocs=[*world.blocs.values(), second])
    with pytest.raises(SymbolError, match="in two unions that pool duties: C04"):
        solve(world, join_bloc(country="C04", bloc="CU", pool_share=0.1, external=0.05))


def test_rounding_in_deficits_is_spread(world: World) -> None:
    rounded = np.round(world.D, 3)
    out = solve(world, Change(D_new=rounded))
    assert abs(out.values["deficit_new"].sum()) < 1e-12 * world.I.sum()
    np.testing.assert_allclose(out.values["deficit_new"], rounded, atol=0.01)


def test_names(world: World) -> None:
    with pytest.raises(SymbolError, match=r"a Change has no 'dhat'\. Did you mean 'd_hat'"):
        Change(dhat=1.0)
    with pytest.raises(SymbolError, match="It is derived, not changed"):
        Change(pi_new=1.0)


def test_a_change_where_there_is_no_trade_warns() -> None:
    world = random_world(3, 4, 3)
    d_hat = np.ones_like(world.M)
    d_hat[0, 1, 1] = 1.5  # a sector that is not traded
    with pytest.warns(KarvanWarning, match=r"touches 1 cell\(s\) and none of them has trade, at \(C00, C01, s01\)"):
        Scenario.of(Change(d_hat=d_hat)).change(world)


def test_huge_tariff_warns(world: World) -> None:
    with pytest.warns(KarvanWarning, match="tariffs are fractions"):
        effect(world, Change(tau_new=np.full(world.tau.shape, 25.0)))


def test_what_cannot_be_composed(world: World) -> None:
    with pytest.raises(ScenarioError, match="expected a Scenario, a shock or a Change, got int"):
        Change() | 3
    with pytest.raises(ScenarioError, match=r"unknown closure 'fixd'\. Did you mean 'fixed'"):
        solve(world, deficits="fixd")
    with pytest.raises(ScenarioError, match="max_steps 0"):
        solve(world, max_steps=0)
    with pytest.raises(ScenarioError, match="no input shares"):
        solve(world.without_inputs(), io=True)


def test_without_input_links(world: World) -> None:
    shock = set_tariff(importer="C00", exporter="C03", rate=0.4)
    out = solve(world, shock, io=False)
    again = solve(world.without_inputs(), shock)
    np.testing.assert_array_equal(out.values["welfare_hat"], again.values["welfare_hat"])


def test_the_record_tells_masks_apart(world: World) -> None:
    tau, mask = np.full(world.tau.shape, 0.4), np.ones(world.tau.shape, dtype=bool)
    shas = set()
    for exporter in (3, 4):
        hidden = mask.copy()
        hidden[0, exporter, 0] = False
        shas.add(solve(world, Change(tau_new=np.ma.array(tau, mask=hidden))).record["scenario"]["sha256"])
    assert len(shas) == 2
