"""Who sets which tariffs, what a union shares, what is refused."""

from __future__ import annotations

import numpy as np
import pytest
from worlds import random_world

from karvan import (
    ConvergenceError,
    LabelError,
    ScenarioError,
    World,
    best_response,
    embargo,
    leave_bloc,
    nash_tariffs,
    set_tariff,
    solve,
)
from karvan.models.trade import optimal


@pytest.fixture(scope="module")
def world() -> World:
    return random_world(1, 7, 3)


def test_a_country_keeps_its_treaties_and_services_are_free(world: World) -> None:
    found = best_response(world, "C00")
    touched = [world.countries[i] for i in np.flatnonzero(found.chosen[0].any(axis=1))]
    assert set(touched) <= {"C03", "C04", "C05", "C06"}
    assert not found.chosen[1:].any()
    assert not found.chosen[:, :, ~world.goods].any()
    same = ~found.chosen
    np.testing.assert_array_equal(found.tau_new[same], world.tau[same])


def test_all_partners_and_named_sectors(world: World) -> None:
    found = best_response(world, "C00", partners="all", sectors=["s00"])
    assert found.chosen[0, 1, 0] == (world.M[0, 1, 0] > 0)
    assert not found.chosen[:, :, 1:].any()
    bloc = best_response(world, "C06", partners=["CU", "C03"])
    assert set(np.flatnonzero(bloc.chosen[6].any(axis=1))) <= {0, 1, 2, 3}


def test_a_union_has_one_tariff_and_weighs_its_members_by_income(world: World) -> None:
    found = best_response(world, "CU")
    members = slice(0, 3)
    for i, j in np.argwhere(found.chosen[members].any(axis=0)):
        assert np.ptp(found.tau_new[members, i, j][found.chosen[members, i, j]]) < 1e-12
    income = world.I[members]
    hats = found.outcome.values["welfare_hat"][members]
    assert found.gain["CU"] == pytest.approx(income @ hats / income.sum() - 1, abs=1e-9)
    assert found.gain["CU"] > 0
    assert not found.chosen[members, members].any()


def test_mfn_is_one_rate_and_gains_no_more(world: World) -> None:
    free, mfn = best_response(world, "C06"), best_response(world, "C06", mfn=True)
    for j in np.flatnonzero(world.goods):
        rates = mfn.tau_new[6, mfn.chosen[6, :, j], j]
        assert np.ptp(rates) < 1e-12 if rates.size else True
    assert 0 < mfn.gain["C06"] <= free.gain["C06"] + 1e-12


def test_who_left_is_no_member(world: World) -> None:
    left = leave_bloc(country="C00", bloc="CU")
    found = best_response(world, "CU", change=left)
    assert not found.chosen[0].any()
    both = nash_tariffs(world, ["CU", "C00"], change=left)
    assert both.chosen[0, 1].any()
    before = solve(world, left).values["welfare_hat"][0]
    assert both.gain["C00"] == pytest.approx(both.outcome.values["welfare_hat"][0] / before - 1, abs=1e-9)


def test_an_embargo_leaves_nothing_to_tax(world: World) -> None:
    found = best_response(world, "C06", change=embargo(between=["C06", "C03"], sectors="all"))
    assert not found.chosen[6, 3].any()
    assert found.chosen[6].any()
    assert found.gain["C06"] > 0


def test_bounds_hold_and_are_counted(world: World) -> None:
    found = best_response(world, "C06", bounds=(0.0, 0.05))
    assert found.tau_new[found.chosen].max() <= 0.05 + 1e-12
    assert found.at_bound > 0


def test_a_rate_that_ends_trade() -> None:
    """Strong scale economies at home: the first country's best rate is the cap, which extrapolation alone misses."""
    rng = np.random.default_rng(11)
    assert (int(rng.integers(2, 9)), int(rng.integers(1, 6))) == (2, 1)
    plain = random_world(11, 2, 1, theta=rng.uniform(0.8, 12, 1))
    world = plain.rebuilt(psi=rng.uniform(0, 0.8, 1) / plain.theta)
    found = nash_tariffs(world, world.countries, partners="all")
    assert found.at_bound == 1
    assert found.tau_new[0, 1, 0] == pytest.approx(10.0)


@pytest.mark.parametrize("deficits", ["fixed", "share", "purge"])
def test_every_closure(world: World, deficits: str) -> None:
    found = best_response(world, "C06", deficits=deficits)
    assert found.outcome.deficits == deficits
    assert found.gain["C06"] > 0


def test_labels_and_table(world: World) -> None:
    found = best_response(world, "C06")
    assert found.tariffs.dims == ("importer", "exporter", "sector")
    assert float(found.tariffs.sel(importer="C06").max()) == found.tau_new[found.chosen].max()
    (row,) = found.table().to_dicts()
    assert row["importer"] == "C06"
    assert row["lowest %"] <= row["median %"] <= row["highest %"]


def test_what_is_not_found_is_refused(world: World) -> None:
    with pytest.raises(ConvergenceError, match=r"after 1 rounds.*raise max_rounds"):
        best_response(world, "C06", max_rounds=1)


def test_a_better_deviation_is_refused(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(optimal, "deviations", lambda *_, **__: 1e-3)
    with pytest.raises(ConvergenceError, match=r"gains a player 0\.1 % more"):
        best_response(world, "C06")


@pytest.mark.parametrize(
    ("arguments", "error", "says"),
    [
        ({"country": "C6"}, LabelError, "C6"),
        ({"country": "FT"}, ScenarioError, "no customs union"),
        ({"country": "C06", "bounds": (0.5, 0.1)}, ScenarioError, "bounds"),
        ({"country": "C06", "partners": ["C9"]}, LabelError, "partner"),
        ({"country": "C06", "sectors": ["food"]}, LabelError, "sector"),
        ({"country": "C06", "partners": ["C06"]}, ScenarioError, "imports nothing"),
    ],
)
def test_wrong_words(world: World, arguments: dict[str, object], error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        best_response(world, **arguments)  # type: ignore[arg-type]


def test_nobody_sets_a_tariff_twice(world: World) -> None:
    with pytest.raises(ScenarioError, match=r"C00.*twice"):
        nash_tariffs(world, ["CU", "C00"])
    with pytest.raises(ScenarioError, match="no player"):
        nash_tariffs(world, [])


def test_the_policy_of_others_counts(world: World) -> None:
    """Own cells in the change are overruled, other cells are kept."""
    both = set_tariff(importer=["C05", "C06"], exporter="all", rate=0.4)
    found = best_response(world, "C06", change=both)
    assert found.tau_new[5, 0, 0] == 0.4
    assert found.tau_new[6][found.chosen[6]].max() != 0.4
