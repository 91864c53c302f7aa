"""Trade and freight that agree: a fixed point, whatever the damping; and what more room is worth."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from freight import crossroads, small_world

import karvan as kv
from karvan.core.errors import ConvergenceError, InfeasibleError
from karvan.core.scenario import Scenario
from karvan.run import freight as run
from karvan.run.freight import has_corridors, solve_with_freight, widen
from karvan.shocks import border_delay, capacity, close_link, corridor, friction
from karvan.shocks.corridor import corridor_shock, freight, freight_change

WORLD = small_world()
SHUT = close_link(link="N-Z")


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[kv.Corridors]:
    """A small network in place of karvan's own, with room on A-M for little more than today's load."""
    free = crossroads(tmp_path)
    load = freight(WORLD, free).year(WORLD.M).mean_load[free.network.links.index("A-M rail")]
    routes = crossroads(tmp_path, {"A-M": 1.05 * load / 1e6})
    monkeypatch.setattr(corridor, "network", lambda: routes)
    monkeypatch.setattr(run, "network", lambda: routes)
    corridor.after_edits.cache_clear()
    yield routes
    corridor.after_edits.cache_clear()


def hat(found: run.Settled) -> np.ndarray:
    return found.outcome.values["welfare_hat"]


def test_it_is_a_fixed_point(small: kv.Corridors) -> None:
    """The costs at the final volumes are the costs that gave these volumes."""
    found = solve_with_freight(WORLD, SHUT, tol=1e-9)
    m = small.network.links.index("A-M rail")
    assert found.after.mean_toll[m] > 0 and found.after.mean_load[m] == pytest.approx(found.capacity[m], rel=1e-7)
    out = found.outcome.values
    old, new = freight(WORLD, small), freight(WORLD, small.close("N-Z"))
    d_hat = freight_change(WORLD, old, found.after.cost).d_hat
    with np.errstate(divide="ignore", invalid="ignore"):
        quantity = np.nan_to_num(out["M_new"] / (WORLD.M * out["c_hat"][None] * d_hat))
    again = freight_change(WORLD, old, new.year(WORLD.M, quantity, found.room).cost).d_hat
    assert again == pytest.approx(d_hat, rel=1e-7)
    plain = kv.solve(WORLD, kv.Change(d_hat=again)).values["welfare_hat"]
    assert hat(found) == pytest.approx(plain, abs=1e-8)


@pytest.mark.parametrize("damping", [0.3, 0.8])
def test_damping_does_not_matter(small: kv.Corridors, monkeypatch: pytest.MonkeyPatch, damping: float) -> None:
    usual = solve_with_freight(WORLD, SHUT, tol=1e-9)
    monkeypatch.setattr(run, "DAMPING", damping)
    other = solve_with_freight(WORLD, SHUT, tol=1e-9, max_rounds=200)
    assert len(other.steps.rows) != len(usual.steps.rows)
    assert hat(other) == pytest.approx(hat(usual), abs=1e-8)
    assert other.after.mean_toll == pytest.approx(usual.after.mean_toll, rel=1e-5, abs=1e-6)


def test_without_full_links_it_is_the_plain_equilibrium(small: kv.Corridors) -> None:
    scenario = Scenario.of(border_delay(link="A-M", hours=30)) | friction(between=["KAZ", "CHN"], ad_valorem=0.05)
    found, plain = solve_with_freight(WORLD, scenario), kv.solve(WORLD, scenario)
    assert not found.after.toll.any() and found.full_links().rows == ()
    assert hat(found) == pytest.approx(plain.values["welfare_hat"], abs=1e-10)
    assert len(found.steps.rows) == 2 and found.steps.rows[0][1] is None


def test_a_capacity_that_binds_raises_the_loss(small: kv.Corridors) -> None:
    wide = Scenario.of(SHUT) | capacity(link="A-M", times=1000)
    tight, loose = solve_with_freight(WORLD, SHUT), solve_with_freight(WORLD, wide)
    assert not loose.after.toll.any() and tight.after.toll.any()
    weights = WORLD.M.sum(axis=(0, 2))
    assert hat(tight) @ weights < hat(loose) @ weights and hat(tight)[0] < hat(loose)[0] < 1
    assert [row["link"] for row in tight.full_links().to_dicts()] == ["A-M rail"]
    assert len(tight.tables()) == 3 and len(loose.tables()) == 2


def test_the_volumes_of_today_overstate_the_toll(small: kv.Corridors) -> None:
    """Dearer freight shrinks trade, so the toll that agrees with the equilibrium is below that of today's volumes."""
    found = solve_with_freight(WORLD, SHUT)
    today = corridor_shock(WORLD, small.close("N-Z"), small).d_hat
    old = freight(WORLD, small)
    agreed = freight_change(WORLD, old, found.after.cost).d_hat
    assert agreed[1, 0, 0] < today[1, 0, 0] and agreed[1, 0, 0] > 1


def test_too_few_rounds_are_told(small: kv.Corridors) -> None:
    with pytest.raises(ConvergenceError, match=r"still differ by .* after 3 rounds; raise max_rounds"):
        solve_with_freight(WORLD, SHUT, max_rounds=3)
    for wrong in ({"max_rounds": 0}, {"tol": 0.0}, {"tol": float("nan")}, {"tol": -1.0}):
        with pytest.raises(ConvergenceError, match="expected at least one round and tol above 0"):
            solve_with_freight(WORLD, SHUT, **wrong)


def test_pairs_without_a_route_are_refused_or_embargoed(small: kv.Corridors) -> None:
    with pytest.raises(InfeasibleError, match=r"left without any route: .*CHN-KAZ"):
        solve_with_freight(WORLD, close_link(link="C"))
    found = solve_with_freight(WORLD, close_link(link="C", embargo=True))
    links = sorted(small.network.find_links("C"))
    assert (found.outcome.values["M_new"][2, 0, :2] == 0).all() and found.after.mean_load[links] == pytest.approx(0)


def test_another_network_before(small: kv.Corridors, tmp_path: Path) -> None:
    other = small.delay("A-M", 40)
    found = solve_with_freight(WORLD, border_delay(link="A-M", hours=-40), before=other)
    assert hat(found)[0] > 1


def test_more_room_is_worth_something_where_a_link_is_full(small: kv.Corridors) -> None:
    (row,) = widen(WORLD, SHUT, "KAZ", 1.1).to_dicts()
    assert row["link"] == "A-M rail" and row["gain of KAZ MUSD at 1.1 x"] > 0 and row["toll USD per unit"] > 0
    assert widen(WORLD, border_delay(link="A-M", hours=30), "KAZ").rows == ()


def test_what_has_corridors() -> None:
    assert has_corridors(SHUT) and has_corridors(Scenario.of(friction(between=["KAZ", "CHN"], ad_valorem=0.1)) | SHUT)
    assert not has_corridors(friction(between=["KAZ", "CHN"], ad_valorem=0.1))
    assert not has_corridors(kv.Change(d_hat=np.ones_like(WORLD.M)))
