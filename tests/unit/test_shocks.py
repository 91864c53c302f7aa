from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from worlds import random_world

from karvan import (
    Bloc,
    Change,
    ConflictError,
    KarvanError,
    LabelError,
    Scenario,
    ScenarioError,
    SymbolError,
    World,
    embargo,
    friction,
    join_bloc,
    leave_bloc,
    set_tariff,
    solve,
)


@pytest.fixture
def world() -> World:
    """Union CU = C00 C01 C02; free trade area FT = C03 C04; sectors s00 s01, s02 not traded, s03 a service."""
    return random_world(11, 7, 4, zeros=0.0)


def new(world: World, shock: Any) -> tuple[np.ndarray, np.ndarray]:
    change = Scenario.of(shock).change(world)
    return (world.tau if change.tau_new is None else change.tau_new), (
        world.pool if change.pool_new is None else change.pool_new
    )


def test_soft_exit_keeps_the_external_tariff_and_pays_mfn_both_ways(world: World) -> None:
    tau, pool = new(world, leave_bloc(country="C01", bloc="CU"))
    mfn = world.schedules["mfn"]
    for other in (0, 2):
        np.testing.assert_array_equal(tau[1, other, :2], mfn[1, :2])
        np.testing.assert_array_equal(tau[other, 1, :2], mfn[other, :2])
    touched = np.zeros(tau.shape, dtype=bool)
    touched[np.ix_([1], [0, 2])] = touched[np.ix_([0, 2], [1])] = True
    np.testing.assert_array_equal(tau[~touched], world.tau[~touched])
    assert not tau[:, :, 3].any()  # no duty on services
    assert pool[0, 1] == 0
    assert pool.sum() == pytest.approx(1)
    assert pool[0, 0] / pool[0, 2] == pytest.approx(world.pool[0, 0] / world.pool[0, 2])


def test_hard_exit_applies_the_bound_rate_as_a_ceiling(world: World) -> None:
    tau, _ = new(world, leave_bloc(country="C01", bloc="CU", own_tariff="wto-bound"))
    ceiling = np.minimum(world.schedules["wto-bound"], world.schedules["mfn"])[1, :2]
    for other in (0, 2, 3, 5):
        np.testing.assert_allclose(tau[1, other, :2], ceiling)
    assert (tau[1, 3, :2] <= world.tau[1, 3, :2]).all()
    assert tau[1, 1].max() == 0


def test_a_free_exit_changes_no_duty_inside_but_the_pool(world: World) -> None:
    tau, pool = new(world, leave_bloc(country="C01", bloc="CU", partners_tariff="free"))
    np.testing.assert_array_equal(tau, world.tau)
    assert pool[0, 1] == 0


def test_retaliation_adds_surcharges_on_top(world: World) -> None:
    tau, _ = new(world, leave_bloc(country="C01", bloc="CU", partners_surcharge=0.1, own_surcharge=0.05))
    mfn = world.schedules["mfn"]
    np.testing.assert_allclose(tau[0, 1, :2], mfn[0, :2] + 0.1)
    np.testing.assert_allclose(tau[1, 0, :2], mfn[1, :2] + 0.05)
    np.testing.assert_array_equal(tau[1, 3], world.tau[1, 3])


def test_own_tariff_as_a_rate_leaves_free_partners_free(world: World) -> None:
    free = world.tau.copy()
    free[1, 5] = 0.0
    tau, _ = new(world.rebuilt(tau=free), leave_bloc(country="C01", bloc="CU", own_tariff=0.02))
    np.testing.assert_allclose(tau[1, 3, :2], 0.02)
    np.testing.assert_allclose(tau[1, 0, :2], 0.02)
    assert not tau[1, 5].any()


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ({"country": "C05", "bloc": "CU"}, LabelError, "C05 is not a member of CU; members: C00, C01, C02"),
        ({"country": "C01", "bloc": "CV"}, LabelError, r"leave_bloc: unknown bloc 'CV'\. Known: CU, FT"),
        ({"country": "C1", "bloc": "CU"}, LabelError, "unknown country or bloc 'C1'"),
        (
            {"country": "C01", "bloc": "CU", "own_tariff": "mfm"},
            SymbolError,
            r"no tariff schedule 'mfm'\. Did you mean 'mfn'",
        ),
        ({"country": "C01", "bloc": "CU", "partners_tariff": None}, ScenarioError, "tariff None"),
        ({"country": "C01", "bloc": "CU", "partners_tariff": True}, ScenarioError, "tariff True"),
    ],
)
def test_exits_that_cannot_be(world: World, given: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        new(world, leave_bloc(**given))


def test_an_unknown_rate_in_a_schedule_is_refused(world: World) -> None:
    table = np.array(world.schedules["mfn"])
    table[2, 0] = np.nan
    gap = world.rebuilt(schedules={"mfn": table})
    with pytest.raises(SymbolError, match="schedule 'mfn' is not known for C02"):
        new(gap, leave_bloc(country="C01", bloc="CU"))
    new(gap, leave_bloc(country="C01", bloc="CU", partners_tariff=0.1))


def test_the_only_holder_of_shares_cannot_leave() -> None:
    world = random_world(3, 3, 2, unions=False).rebuilt(
        blocs=[Bloc("B", ("C00", "C01"), shares={"C00": 1.0, "C01": 0.0})]
    )
    with pytest.raises(ScenarioError, match="no other member has a share"):
        new(world, leave_bloc(country="C00", bloc="B", partners_tariff=0.1))


def test_joining_takes_the_common_tariff_and_a_share(world: World) -> None:
    tau, pool = new(world, join_bloc(country="C05", bloc="CU", pool_share=0.2))
    assert not tau[5, :3].any()
    assert not tau[:3, 5].any()
    np.testing.assert_allclose(tau[5, 3, :2], world.schedules["mfn"][0, :2])
    assert pool[0, 5] == 0.2
    np.testing.assert_allclose(pool[0, :3], 0.8 * world.pool[0, :3])
    left = new(world, leave_bloc(country="C01", bloc="CU", partners_tariff="free"))[1]
    back = new(
        world.rebuilt(blocs=[_without(world)]), join_bloc(country="C01", bloc="CU", pool_share=world.pool[0, 1])
    )[1]
    np.testing.assert_allclose(back, world.pool)
    assert left[0, 1] == 0


def _without(world: World) -> Any:
    bloc = world.blocs["CU"]
    rest = {c: s for c, s in bloc.shares.items() if c != "C01"}
    return replace(bloc, members=("C00", "C02"), shares={c: s / sum(rest.values()) for c, s in rest.items()})


def test_joining_a_free_trade_area_leaves_other_tariffs(world: World) -> None:
    tau, pool = new(world, join_bloc(country="C05", bloc="FT"))
    assert not tau[5, 3:5].any()
    assert not tau[3:5, 5].any()
    np.testing.assert_array_equal(tau[5, :3], world.tau[5, :3])
    np.testing.assert_array_equal(pool, world.pool)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"country": "C05", "bloc": "CU"}, "pools its import duties; say the newcomer's pool_share"),
        ({"country": "C05", "bloc": "CU", "pool_share": 1.5}, "must lie between 0 and 1"),
        ({"country": "C05", "bloc": "FT", "pool_share": 0.5}, "in a bloc that pools duties"),
        ({"country": "C00", "bloc": "CU", "pool_share": 0.1}, "C00 is a member of CU already"),
    ],
)
def test_entries_that_cannot_be(world: World, given: dict[str, Any], message: str) -> None:
    with pytest.raises(KarvanError, match=message):
        new(world, join_bloc(**given))


def test_join_with_a_table_of_tariffs_is_recorded(world: World) -> None:
    table = np.full((7, 4), 0.05)
    out = solve(world, join_bloc(country="C05", bloc="CU", pool_share=0.1, external=table))
    assert len(out.record["scenario"]["sha256"]) == 64


def test_set_tariff(world: World) -> None:
    tau, _ = new(world, set_tariff(importer="C05", exporter="CU", rate=0.4))
    np.testing.assert_array_equal(tau[5, :3, :3], 0.4)
    assert not tau[5, :, 3].any()
    tau, _ = new(world, set_tariff(importer=["C05", "C06"], exporter="C00", rate="current", plus=0.1, sectors="s01"))
    np.testing.assert_allclose(tau[5:, 0, 1], world.tau[5:, 0, 1] + 0.1)
    np.testing.assert_array_equal(tau[5:, 0, 0], world.tau[5:, 0, 0])
    tau, _ = new(world, set_tariff(importer="all", exporter="all", rate="mfn", plus=0.1, keep_free=True))
    assert not tau[0, 1].any()
    np.testing.assert_allclose(tau[5, 1, :2], world.schedules["mfn"][5, :2] + 0.1)
    tau, _ = new(world, set_tariff(importer="all", exporter="all", rate="free"))
    assert not tau[~np.eye(7, dtype=bool)].any()
    assert tau[6, 6, 0] == world.tau[6, 6, 0]


@pytest.mark.parametrize("rate", [None, True, [0.1], float("nan"), {"mod": 1}])
def test_a_rate_must_be_a_number_or_a_known_word(world: World, rate: Any) -> None:
    with pytest.raises(ScenarioError, match=r"rate: expected a number such as 0\.05"):
        new(world, set_tariff(importer="C05", exporter="CU", rate=rate))
    with pytest.raises(SymbolError, match="no tariff schedule '5%'"):
        new(world, set_tariff(importer="C05", exporter="CU", rate="5%"))


def test_friction(world: World) -> None:
    d_hat = Scenario.of(friction(between=["C00", ["C00", "FT"]], ad_valorem=0.05)).change(world).d_hat
    assert d_hat is not None
    assert d_hat[0, 3, 0] == d_hat[4, 0, 1] == 1.05
    assert d_hat[0, 0, 0] == d_hat[3, 4, 0] == d_hat[0, 3, 3] == 1.0
    everything = (
        Scenario.of(friction(between=["C00", "C03"], ad_valorem=-0.05, sectors=["s00", "s03"])).change(world).d_hat
    )
    assert everything is not None
    np.testing.assert_array_equal(everything[0, 3], [0.95, 1, 1, 0.95])


@pytest.mark.parametrize("cost", ["5%", None, -1.0, np.inf, np.nan, {"mod": 0.1}, True])
def test_a_friction_must_be_a_number(world: World, cost: Any) -> None:
    with pytest.raises(ScenarioError, match="number"):
        new(world, friction(between=["C00", "C03"], ad_valorem=cost))


@pytest.mark.parametrize("between", ["C00", ["C00"], ["C00", "C00"], ["C00", "C01", "C02"], 5])
def test_between_needs_two_groups(world: World, between: Any) -> None:
    with pytest.raises(ScenarioError, match="between"):
        new(world, friction(between=between, ad_valorem=0.1))


def test_embargo_is_infinite_where_there_is_trade(world: World) -> None:
    d_hat = Scenario.of(embargo(between=["C00", "C03"])).change(world).d_hat
    assert d_hat is not None
    assert np.isinf(d_hat[0, 3, :2]).all()
    assert np.isinf(d_hat[3, 0, :2]).all()
    assert np.isfinite(d_hat[:, :, 2:]).all()
    out = solve(world, embargo(between=["C00", "C03"]))
    assert not out.values["M_new"][0, 3, :2].any()
    assert out.values["M_new"][0, 3, 3] > 0


@pytest.mark.parametrize(
    "shock",
    [
        set_tariff(importer="C05", exporter="C06", rate="current"),
        set_tariff(importer="C00", exporter="C01", rate="free"),
        friction(between=["C00", "C03"], ad_valorem=0.0),
        embargo(between=["C00", "C03"], sectors="s02"),
    ],
)
def test_a_shock_that_touches_nothing_is_refused(world: World, shock: Any) -> None:
    with pytest.raises(ScenarioError, match="touches nothing"):
        solve(world, shock)


def test_an_exit_and_a_tariff_on_the_same_cell_conflict(world: World) -> None:
    both = leave_bloc(country="C01", bloc="CU") | set_tariff(importer="C01", exporter="C00", rate=0.5, sectors="s00")
    with pytest.raises(ConflictError, match=r"leave_bloc and set_tariff both set tau_new .*\(C01, C00, s00\)"):
        solve(world, both)
    apart = leave_bloc(country="C01", bloc="CU") | set_tariff(importer="C05", exporter="C00", rate=0.5, sectors="s00")
    assert solve(world, apart).converged


def test_words_for_countries_and_sectors(world: World) -> None:
    with pytest.raises(LabelError, match=r"unknown country or bloc 'C07'. Did you mean"):
        new(world, friction(between=["C00", "C07"], ad_valorem=0.1))
    with pytest.raises(LabelError, match="unknown country or bloc 5"):
        new(world, set_tariff(importer=5, exporter="C00", rate=0.1))
    with pytest.raises(LabelError, match=r"unknown sector: food"):
        new(world, friction(between=["C00", "C03"], ad_valorem=0.1, sectors="food"))
    with pytest.raises(ScenarioError, match="no trade between"):
        new(world, set_tariff(importer="C00", exporter="C00", rate=0.1))
    with pytest.raises(SymbolError, match=r"a Change has no"):
        friction(between=["C00", "C03"], ad_valorem=0.1) | Change(nothing=1)
