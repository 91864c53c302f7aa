"""What a border costs, by hand."""

from __future__ import annotations

import pytest
from freight import crossing, economy, link, network, place

import karvan as kv
from karvan.core.errors import LabelError
from karvan.network.border_cost import border_cost
from karvan.network.graph import FEE_SHARED_BY_T, service_factors
from karvan.network.routes import Corridors, corridors


@pytest.fixture(scope="module")
def routes(tmp_path_factory: pytest.TempPathFactory) -> Corridors:
    """Two crossings of one border by rail (10 and 30 hours), one by road."""
    places = [place("A"), place("B", "KGZ"), place("C", "KGZ"), place("D", "UZB")]
    links = [
        link("A", "B", 100),
        link("A", "C", 100),
        link("A", "B", 100, "road"),
        link("B", "C", 50),
        link("C", "D", 9),
    ]
    crossings = [crossing("A", "B", 10, 50), crossing("A", "C", 30, 150), crossing("A", "B", 8, 40, "road"),
                 crossing("C", "D", 1)]  # fmt: skip
    own = [economy("KAZ", "A"), economy("KGZ", "B")]
    return corridors(network(tmp_path_factory.mktemp("n"), places, links, crossings, economies=own))


def row(routes: Corridors, mode: str, cargo: str, **more: int) -> dict[str, float]:
    rows = border_cost(routes, "KAZ", "KGZ", **{"draws": 5, **more}).to_dicts()
    return next(r for r in rows if (r["mode"], r["cargo"]) == (mode, cargo))


@pytest.mark.parametrize("cargo", ["container", "perishable", "grain", "machinery"])
@pytest.mark.parametrize("mode", ["rail", "road"])
def test_the_closed_form(routes: Corridors, mode: str, cargo: str) -> None:
    one, found = routes.classes[cargo], row(routes, mode, cargo)
    factor = service_factors(routes.network.values, one)["crossing_hours"] if mode == "rail" else 1.0
    scale = routes.network.filled.calibration["crossing_hours"]
    hours, fee = (20 * scale * factor, 100) if mode == "rail" else (8 * scale, 40)
    sd = 5 * scale * factor
    usd = fee if one.unit == "TEU" else fee / FEE_SHARED_BY_T
    parts = {
        "waiting": one.rho * hours / 24, "uncertainty": one.risk * one.rho * sd / 24, "fees": usd / one.value,
        "spoilage": hours / 24 / one.life_days if one.life_days else 0.0,
    }  # fmt: skip
    assert found["hours"] == pytest.approx(hours, abs=0.06)
    for name, expected in parts.items():
        assert found[name] == pytest.approx(100 * expected, abs=6e-4), name
    assert found["total"] == pytest.approx(100 * sum(parts.values()), abs=6e-4)


def test_what_is_added_by_hand_is_in_it(routes: Corridors) -> None:
    before, after = (row(r, "rail", "grain") for r in (routes, routes.charge("KAZ-KGZ", 100, usd_t=2.0)))
    assert after["fees"] - before["fees"] == pytest.approx(100 * 2.0 / routes.classes["grain"].value, abs=2e-3)
    before, after = (row(r, "rail", "container") for r in (routes, routes.delay("KAZ-KGZ", 24)))
    assert after["waiting"] - before["waiting"] == pytest.approx(100 * routes.classes["container"].rho, abs=2e-3)


@pytest.mark.parametrize("draws", [1, 2, 60])
def test_ranges_hold_the_value_and_are_the_same_again(routes: Corridors, draws: int) -> None:
    rows = border_cost(routes, "KAZ", "KGZ", draws=draws).to_dicts()
    for one in rows:
        assert one["low"] <= one["total"] <= one["high"] and one["hours_low"] <= one["hours"] <= one["hours_high"]
        assert one["low"] < one["high"] or draws == 1
    assert rows == border_cost(routes, "KGZ", "KAZ", draws=draws).to_dicts()
    assert draws == 1 or rows != border_cost(routes, "KAZ", "KGZ", draws=draws, seed=1).to_dicts()


def test_closed_crossings_do_not_count(routes: Corridors) -> None:
    factor = routes.network.filled.calibration["crossing_hours"]
    assert row(routes.close("A-C"), "rail", "container")["hours"] == pytest.approx(10 * factor, abs=0.06)
    assert {r["mode"] for r in border_cost(routes.close("A-B road"), "KAZ", "KGZ", draws=1).to_dicts()} == {"rail"}
    with pytest.raises(LabelError, match="no open crossing by land joins KAZ and KGZ"):
        border_cost(routes.close("A"), "KAZ", "KGZ", draws=1)


def test_who_has_no_border_is_told(routes: Corridors) -> None:
    for pair, text in (
        (("KAZ", "UZB"), "no link joins KAZ and UZB; name two neighbours"),
        (("KAZ", "KAZ"), "KAZ has no border with itself"),
        (("KAZ", "KGX"), "no place of 'KGX' in the network. Did you mean 'KGZ'"),
    ):
        with pytest.raises(LabelError, match=text):
            border_cost(routes, *pair)
    with pytest.raises(LabelError, match="draws 0: expected at least 1"):
        border_cost(routes, "KAZ", "KGZ", draws=0)


def test_the_border_with_russia() -> None:
    """The mean crossing costs some per mille of the value, more for what spoils, and never less than nothing."""
    rows = border_cost(kv.corridors(), "KAZ", "RUS", draws=20).to_dicts()
    total = {(r["mode"], r["cargo"]): r["total"] for r in rows}
    assert 0.01 < total["rail", "container"] < 2 and total["rail", "perishable"] > total["rail", "general"]
    assert all(r["low"] >= 0 for r in rows)
