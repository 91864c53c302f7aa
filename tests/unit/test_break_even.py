from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from worlds import random_world

import karvan as kv
from karvan import LabelError, Range, ScenarioError, SymbolError, World, break_even, friction, set_tariff, solve
from karvan.core.scenario import Scenario


@pytest.fixture(scope="module")
def world() -> World:
    return random_world(2, 6, 3, zeros=0.0, unions=False)


def dearer() -> Scenario:
    return Scenario.of(friction(between=["C01", "C02"], ad_valorem=Range(0.05, 0.01, 0.4)))


def test_the_value_found_gives_the_target(world: World) -> None:
    found = break_even(world, dearer(), "C01", "friction1.ad_valorem", target=0.999)
    assert found
    assert found.value is not None
    out = solve(world, friction(between=["C01", "C02"], ad_valorem=found.value))
    assert out.values["welfare_hat"][1] == pytest.approx(0.999, abs=1e-8)
    assert found.low == 0.0
    assert found.at_low == pytest.approx(1.0, abs=1e-12)
    assert found.at_high < 0.999


def test_no_crossing_is_said(world: World) -> None:
    found = break_even(world, dearer(), "C01", "friction1.ad_valorem", target=0.1)
    assert not found
    assert found.value is None
    assert found.reason == "welfare_hat of C01 stays above 0.1 from 0 to 0.4"


def test_any_input_can_vary_and_a_result_that_turns_is_seen(world: World) -> None:
    """Duties rise and fall again with the tariff: the first of two crossings is found."""

    def tariff(rate: float) -> tuple[World, Any]:
        return world, set_tariff(importer="C01", exporter="C02", rate=rate)

    target = float(world.duties[1])
    found = break_even(world, None, "C01", tariff, low=0.01, high=1.5, of="duties_new", target=target)
    assert found.value is not None
    out = solve(world, tariff(found.value)[1])
    assert out.values["duties_new"][1] == pytest.approx(target, rel=1e-7)
    assert found.vary == "tariff"
    assert max(found.at_low, found.at_high) < target
    assert found.value < 0.5


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        (
            {"vary": "friction1.advalorem"},
            ScenarioError,
            r"no uncertain argument .*Did you mean 'friction1.ad_valorem'",
        ),
        ({"country": "C99"}, LabelError, "unknown country"),
        ({"of": "P_hat"}, SymbolError, "not a result by country"),
        ({"of": "D"}, SymbolError, "not a result by country"),
        ({"low": 0.4, "high": 0.1}, ScenarioError, "low < high"),
        ({"vary": lambda x: (None, None)}, ScenarioError, "give low and high"),
    ],
)
def test_bad_input(world: World, given: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        break_even(world, dearer(), **{"country": "C01", "vary": "friction1.ad_valorem", **given})


def test_a_failing_solve_names_the_value(world: World) -> None:
    def nobody(x: float) -> tuple[World, Any]:
        return world, friction(between=["C01", "C02"], ad_valorem=-1 - x)

    with pytest.raises(ScenarioError, match="break_even at nobody = 1"):
        break_even(world, None, "C01", nobody, low=1.0, high=2.0)


def test_without_a_range_there_is_nothing_to_vary(world: World) -> None:
    with pytest.raises(ScenarioError, match="no uncertain argument; give one a range"):
        break_even(world, friction(between=["C01", "C02"], ad_valorem=0.1), "C01", "friction1.ad_valorem")


@pytest.mark.parametrize(
    "call",
    [
        lambda w: solve(w),
        lambda w: kv.friends(w),
        lambda w: kv.gradient(w, "C01"),
        lambda w: kv.holdup(w, "C01"),
        lambda w: kv.forecast(w, dearer()),
        lambda w: kv.decompose(w, dearer()),
        lambda w: kv.best_response(w, "C01"),
        lambda w: kv.aggregate(w),
        lambda w: break_even(w, dearer(), "C01", "friction1.ad_valorem"),
    ],
)
def test_the_name_of_a_world_is_no_world(call: Any) -> None:
    with pytest.raises(SymbolError, match="expected a World, got str"):
        call("eurasia-2021")


def test_a_friction_of_zero_is_no_fault(world: World) -> None:
    with_tariff = dearer() | set_tariff(importer="C01", exporter="C03", rate=0.4)
    found = break_even(world, with_tariff, "C01", "friction1.ad_valorem", target=0.5)
    assert found.at_low == pytest.approx(
        float(solve(world, set_tariff(importer="C01", exporter="C03", rate=0.4)).values["welfare_hat"][1]), abs=1e-10
    )
    assert np.isfinite(found.at_high)
