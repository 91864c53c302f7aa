"""Routes, closings, choice, cards and commands."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from freight import crossing, diamond, link, network, place

import karvan as kv
from karvan.core.errors import InfeasibleError, LabelError
from karvan.network.cargo import cargo_classes, generalised_cost, spoilage
from karvan.network.choice import log_sum, shares
from karvan.network.graph import along, build
from karvan.network.reliability import availability, closed_days
from karvan.network.through import totals


@pytest.fixture(scope="module")
def own() -> kv.Corridors:
    return kv.corridors()


def test_routes_come_cheapest_first_and_differ_by_country(tmp_path: Path) -> None:
    found = diamond(tmp_path).routes("A", "Z")
    assert [route.places for route in found] == [("A", m, "Z") for m in "MNO"]
    assert sum(route.share for route in found) == pytest.approx(1)
    assert found[0].share > found[1].share > found[2].share
    assert found[0].borders == ("A-M", "M-Z")


def test_figures_of_a_route_add_up(own: kv.Corridors) -> None:
    route = own.routes("KHO", "ZHT")[0]
    m = own.network.links.index("KHO-ZHT rail")
    ends = next(row for row in own.network.tables["terminals"] if row["terminal"] == "end:rail")
    factor = own.network.filled.calibration["terminal_hours"]
    assert route.days == pytest.approx((own.network.filled.hours[0, m] + 2 * factor * ends["hours"]) / 24)
    assert route.usd == pytest.approx(own.network.filled.usd_teu[0, m] + 2 * ends["fee_usd"])
    assert route.cost == pytest.approx(route.usd / 40000 + 0.006 * route.days + 0.003 * route.sd_days)


def test_a_route_costs_the_same_with_and_without_the_graph(own: kv.Corridors) -> None:
    for cargo in ("container", "perishable", "grain"):
        for route in own.routes("XIAN", "IST", cargo, k=3):
            found = along(own.network, own.classes[cargo], route.places, route.links)
            assert found == pytest.approx([route.usd, route.days, route.sd_days])


def test_services_differ(own: kv.Corridors) -> None:
    """An express train is faster and dearer than a block train; loose wagons wait at both ends."""
    base = own.classes["container"]
    found = {}
    for service in ("block", "express", "wagon"):
        graph = build(own.network, base._replace(service=service))
        route = own.routes("XIAN", "TAS", k=1)[0]
        found[service] = totals(graph, route.start, route.arcs)
    assert found["express"].days < found["block"].days < found["wagon"].days - 2 * 3
    assert found["express"].usd > found["block"].usd == found["wagon"].usd


def test_a_forwarder_knows_the_routes(own: kv.Corridors) -> None:
    europe = {c for r in own.by_corridor("XIAN", "DUI") for c in r.corridors}
    assert {"northern", "transsib", "mongolia", "suez", "vladivostok"} <= europe
    turkey = {c: r for r in own.by_corridor("XIAN", "IST") for c in r.corridors}
    assert {"middle-kars", "middle-poti", "turkmenistan-iran", "suez", "cape"} <= set(turkey)
    middle = turkey["middle-kars"].places
    assert [p for p in middle if p in ("KHO", "ALY", "TBS", "KRS", "IST")] == ["KHO", "ALY", "TBS", "KRS", "IST"]
    assert not {"RUS"} & {own.network.countries[own.network.where[p]] for p in middle}
    india = {c for r in own.by_corridor("MOW", "BOM") for c in r.corridors}
    assert {"instc-west", "instc-caspian", "suez"} <= india
    later = {c for r in own.in_year(2030).by_corridor("XIAN", "KRS") for c in r.corridors}
    now = {c for r in own.by_corridor("XIAN", "KRS") for c in r.corridors}
    assert "zangezur" in later and "zangezur" not in now
    opened = own.open("zangezur").open("HOR-AGB").open("DLC-KRS").by_corridor("XIAN", "KRS")
    assert "zangezur" in {c for r in opened for c in r.corridors}


def test_no_route_enters_a_country_twice(own: kv.Corridors) -> None:
    zone = {row["id"]: row["zone"] for row in own.network.tables["places"]}
    for pair in (("ALM", "MOW"), ("ULN", "DUI"), ("TBS", "EVN"), ("TAS", "DYU")):
        for route in own.routes(*pair, k=8):
            land = [zone[p] for p in route.places]
            runs = [a for a, b in pairwise([*land, ""]) if a != b]
            assert len(runs) == len(set(runs)), route.places


def test_no_route_passes_a_place_twice(own: kv.Corridors) -> None:
    for pair in (("ALM", "IST"), ("XIAN", "IST"), ("SHA", "RTM"), ("KAZ", "IND")):
        for route in own.routes(*pair, "metals", k=6):
            assert len(route.places) == len(set(route.places)), route.places


def test_closing_for_part_of_the_year_is_a_mean_with_waiting(own: kv.Corridors) -> None:
    countries = ["KAZ", "CHN"]
    rho = own.classes["container"].rho
    open_, shut = (r.cost_matrix("container", countries).cost[0, 1, 0] for r in (own, own.close("KHG-KHO")))
    month = own.close("KHG-KHO", days=30).cost_matrix("container", countries).cost[0, 1, 0]
    assert shut > open_
    assert month == pytest.approx(open_ + 30 / 365 * (min(shut, open_ + rho * 15) - open_))


def test_a_pair_without_route_costs_infinity_and_is_named(tmp_path: Path) -> None:
    economies = [
        {"country": c, "place": p, "reach": "coast", "source": "test"} for c, p in (("KAZ", "A"), ("RUS", "Z"))
    ]
    places = [place("A"), place("Z", "RUS")]
    routes = kv.corridors(network(tmp_path, places, [link("A", "Z", 100)], [crossing("A", "Z")], economies=economies))
    assert np.isfinite(routes.cost_matrix("container").cost).all()
    shut = routes.close("A-Z").cost_matrix("container")
    assert np.isinf(shut.cost[0, 1, 0]) and shut.cost[0, 0, 0] == 0
    assert shut.without_route() == (("RUS", "KAZ", "container"), ("KAZ", "RUS", "container"))
    waits = routes.close("A-Z", days=30).cost_matrix("container").cost[0, 1, 0]
    open_ = routes.cost_matrix("container").cost[0, 1, 0]
    assert waits == pytest.approx(open_ + 30 / 365 * 0.006 * 15)
    with pytest.raises(InfeasibleError, match="no route for container from A to Z"):
        routes.close("A-Z").routes("A", "Z")


def test_wrong_input_is_told(own: kv.Corridors) -> None:
    with pytest.raises(LabelError, match=r"unknown cargo 'containers'. Did you mean 'container'"):
        own.routes("XIAN", "DUI", "containers")
    with pytest.raises(LabelError, match="400 days; expected 1 to 365"):
        own.close("CPC", days=400)
    with pytest.raises(LabelError, match="are the same place"):
        own.routes("ALM", "KAZ")
    with pytest.raises(LabelError, match=r"no place where KAX trades.*KAZ"):
        own.cost_matrix("container", ["KAX"])
    with pytest.raises(LabelError, match="expected a positive scale"):
        kv.corridors(scale=0)


def test_crude_goes_by_pipe_and_closing_cpc_moves_it(own: kv.Corridors) -> None:
    before = own.routes("TEN", "AUG", "crude")
    assert any("CPC" in route.places for route in before)
    after = own.close("CPC").routes("TEN", "AUG", "crude")
    assert not any("CPC" in route.places for route in after)


def test_choice_by_hand() -> None:
    g = np.array([0.10, 0.12, np.inf])
    odds = np.exp(-50 * np.array([0.10, 0.12]))
    assert shares(g, 50) == pytest.approx([*(odds / odds.sum()), 0])
    assert log_sum(g, 50) == pytest.approx(-np.log(odds.sum()) / 50)
    assert np.isinf(log_sum(np.array([np.inf, np.inf]), 50))
    assert shares(np.array([np.inf]), 5) == pytest.approx([0])


def test_perishables_spoil(own: kv.Corridors) -> None:
    fresh = cargo_classes(own.network.tables["cargo"])["perishable"]
    days = np.array([5.0, 10.0, 70.0])
    assert spoilage(days, fresh) == pytest.approx([0, 0, 1 - np.exp(-1)])
    assert generalised_cost(np.array(3000.0), np.array(5.0), np.array(0.0), fresh) == pytest.approx(0.1 + 5 * fresh.rho)


def test_closures_make_routes_unreliable(own: kv.Corridors) -> None:
    found = closed_days(own.network)
    brest = next(iter(own.network.find_links("BRE-TER rail")))
    assert found[brest] == pytest.approx(13 / 6)
    assert availability(own.network, [brest, brest]) == pytest.approx(1 - 13 / 6 / 365)


def test_the_card_is_printed_with_ranges_and_sources(karvan) -> None:
    code, out, _ = karvan("corridors", "routes", "XIAN", "Duisburg", "--draws", "3", "--json")
    card = json.loads(out)
    assert code == 0 and set(card) == {"routes", "cargoes", "sources"}
    best = card["routes"][0]
    assert best["low"] <= best["days"] <= best["high"] and "northern" in best["route"]
    assert {row["cargo"] for row in card["cargoes"]} >= {"container", "grain", "machinery"}
    assert all(row["source"] for row in card["sources"])


def test_closing_on_the_command_line(karvan) -> None:
    code, out, _ = karvan("corridors", "routes", "XIAN", "DUI", "--draws", "1", "--close", "northern")
    assert code == 0 and "BRE-TER" not in out and "suez" in out
    code, _, err = karvan("corridors", "routes", "XIAN", "Duisberg")
    assert code == 1 and "Did you mean 'Duisburg'" in err


@pytest.mark.parametrize("what", ["links", "places"])
def test_lists_are_printed(karvan, what: str) -> None:
    code, out, _ = karvan("corridors", what, "--json")
    assert code == 0 and len(json.loads(out)[what]) > 150
    assert karvan("corridors", what)[0] == 0
