"""Hours, fees, capacities and openings given by hand."""

from __future__ import annotations

from collections.abc import Callable
from itertools import permutations
from pathlib import Path

import numpy as np
import pytest
from freight import crossing, crossroads, economy, link, network, place

import karvan as kv
from karvan.core.errors import LabelError
from karvan.network.capacity import limits
from karvan.network.edits import Edit, edited, links_of
from karvan.network.graph import FEE_SHARED_BY_T, service_factors
from karvan.network.routes import Corridors, corridors

WHO = ["KAZ", "KGZ"]


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Corridors:
    """A (KAZ) to B (KGZ) by one railway, with its border."""
    folder = tmp_path_factory.mktemp("network")
    places = [place("A"), place("B", "KGZ")]
    own = [economy("KAZ", "A"), economy("KGZ", "B")]
    return corridors(network(folder, places, [link("A", "B", 500)], [crossing("A", "B", 20)], economies=own))


@pytest.fixture(scope="module")
def cross(tmp_path_factory: pytest.TempPathFactory) -> Corridors:
    return crossroads(tmp_path_factory.mktemp("network"), {"A-M": 0.5})


def cost(routes: Corridors, cargo: str) -> np.ndarray:
    return routes.cost_matrix(cargo, WHO).cost[:, :, 0]


@pytest.mark.parametrize("cargo", ["container", "general", "grain", "metals"])
def test_an_hour_costs_what_time_costs_both_ways(two: Corridors, cargo: str) -> None:
    one = two.classes[cargo]
    factor = service_factors(two.network.values, one)["crossing_hours"]
    more = cost(two.delay("A-B", 24, 12), cargo) - cost(two, cargo)
    expected = factor * (one.rho + one.risk * one.rho * 12 / 24)
    assert more == pytest.approx(np.array([[0, expected], [expected, 0]]))


@pytest.mark.parametrize("cargo", ["container", "perishable", "grain"])
def test_a_fee_is_a_share_of_the_value_both_ways(two: Corridors, cargo: str) -> None:
    one = two.classes[cargo]
    for call, teu, tonne in (({}, 100, 100 / FEE_SHARED_BY_T), ({"usd_t": 1.5}, 100, 1.5)):
        more = cost(two.charge("A-B", 100, **call), cargo) - cost(two, cargo)
        expected = (teu if one.unit == "TEU" else tonne) / one.value
        assert more == pytest.approx(np.array([[0, expected], [expected, 0]]))


def test_edits_add_up_and_can_be_taken_back(two: Corridors) -> None:
    there = two.delay("A-B", 5).delay("A-B", 7).charge("A-B", 30)
    assert cost(there, "container") == pytest.approx(cost(two.charge("A-B", 30).delay("A-B", 12), "container"))
    assert cost(there.delay("A-B", -12).charge("A-B", -30), "container") == pytest.approx(cost(two, "container"))
    assert two.network.given is None


def test_the_order_of_edits_of_different_kinds_does_not_matter(cross: Corridors) -> None:
    edits = (
        Edit.of("delay", link="KAZ-KGZ", hours=9.0), Edit.of("charge", link="M", usd_teu=40.0),
        Edit.of("close", name="A-N", days=40), Edit.of("with_capacity", link="A-M", times=2.0),
    )  # fmt: skip
    found = [edited(cross, order) for order in permutations(edits)]
    costs = [one.cost_matrix(["container", "grain"]).cost for one in found]
    assert all(c == pytest.approx(costs[0], abs=1e-12) for c in costs)
    assert all((limits(one.network)[0] == limits(found[0].network)[0]).all() for one in found)
    assert (costs[0] > cross.cost_matrix(["container", "grain"]).cost + 1e-4).any()


def test_a_border_is_its_links_in_both_orders(cross: Corridors) -> None:
    expected = cross.network.find_links("A-M")
    assert links_of(cross.network, "KAZ-KGZ") == links_of(cross.network, "KGZ-KAZ") == expected
    one, other = (cross.delay(name, 10).cost_matrix("container").cost for name in ("KAZ-KGZ", "KGZ-KAZ"))
    assert (one == other).all() and (one > cross.cost_matrix("container").cost).any()
    own = kv.corridors()
    ends = {own.network.countries[own.network.where[row[e]]] for m, row in enumerate(own.network.tables["links"])
            if m in links_of(own.network, "RUS-KAZ") for e in ("from", "to")}  # fmt: skip
    assert ends == {"RUS", "KAZ"} and links_of(own.network, "RUS-KAZ") == links_of(own.network, "KAZ-RUS")


def test_hours_at_a_port_wait_at_its_terminal() -> None:
    own = kv.corridors().close("KUR").close("RUS-KAZ")
    before, after = (r.routes("ALM", "ALY", "container") for r in (own, own.delay("AKT", 48)))
    by_aktau = next(r for r in before if "AKT" in r.places[1:-1] and len(set(r.modes[-2:])) == 2)
    assert by_aktau.places[-2] == "AKT"
    slower = next(r for r in after if (r.places, r.modes) == (by_aktau.places, by_aktau.modes))
    assert slower.days - by_aktau.days == pytest.approx(2)
    elsewhere = own.delay("TKB", 48).routes("ALM", "ALY", "container")
    assert next(r for r in elsewhere if (r.places, r.modes) == (by_aktau.places, by_aktau.modes)).days == by_aktau.days


def test_capacities_by_amount_and_by_times(cross: Corridors) -> None:
    m = cross.network.links.index("A-M rail")
    for routes, expected in (
        (cross, 5e5),
        (cross.with_capacity("A-M", times=3), 1.5e6),
        (cross.with_capacity("A-M", times=2).with_capacity("A-M", times=2), 2e6),
        (cross.with_capacity("A-M", 2, "Mt/y"), 2e6),
        (cross.with_capacity("A-M", times=3).with_capacity("A-M", 2, "Mt/y"), 2e6),
        (cross.with_capacity("M", times=2), 1e6),
    ):
        assert limits(routes.network)[0][m] == pytest.approx(expected)
        assert np.isinf(np.delete(limits(routes.network)[0], m)).all()
    assert limits(cross.with_capacity("A-N", 1, "Mt/y").network)[0][cross.network.links.index("A-N rail")] == 1e6


def test_trains_are_boxes(tmp_path: Path) -> None:
    places, own = [place("A"), place("B", "KGZ")], [economy("KAZ", "A"), economy("KGZ", "B")]
    links = [link("A", "B", 500, capacity=1000, capacity_unit="TEU/y")]
    routes = corridors(network(tmp_path, places, links, [crossing("A", "B")], economies=own))
    more = routes.with_capacity("A-B", 10, "trains/y")
    assert limits(more.network)[0][0] == pytest.approx(10 * routes.network.values["train_teu"])
    with pytest.raises(LabelError, match=r"A-B rail is measured in TEU/y, not Mt/y; give it in the same unit"):
        routes.with_capacity("A-B", 1, "Mt/y")


def test_planned_links_open_by_hand_or_in_their_year(tmp_path: Path) -> None:
    places, own = [place("A"), place("B", "KGZ")], [economy("KAZ", "A"), economy("KGZ", "B")]
    links = [link("A", "B", 500), link("A", "B", 100, "road", status="planned", from_year=2030)]
    crossings = [crossing("A", "B"), crossing("A", "B", mode="road")]
    routes = corridors(network(tmp_path, places, links, crossings, economies=own))
    usable = [r.network.usable.tolist() for r in (
        routes, routes.in_year(2029), routes.in_year(2030), routes.open("A-B road"),
        routes.open("A-B road").in_year(2026), routes.in_year(2026).open("A-B road"),
    )]  # fmt: skip
    assert usable == [[True, False], [True, False], [True, True], [True, True], [True, True], [True, True]]
    assert len(routes.routes("A", "B")) < len(routes.open("A-B road").routes("A", "B", k=3))


WRONG: dict[str, tuple[Callable[[Corridors], object], str]] = {
    "NaN hours": (lambda r: r.delay("A-M", float("nan")), "A-M: hours nan; expected a number"),
    "infinite hours": (lambda r: r.delay("A-M", float("inf")), "A-M: hours inf; expected a number"),
    "yes hours": (lambda r: r.delay("A-M", True), "A-M: hours True; expected a number"),
    "text hours": (lambda r: r.delay("A-M", "5"), "A-M: hours '5'; expected a number"),
    "no hours": (lambda r: r.delay("A-M", None), "A-M: hours None; expected a number"),
    "text spread": (lambda r: r.delay("A-M", 5, "x"), "A-M: sd_hours 'x'; expected a number"),
    "hours below zero": (lambda r: r.delay("A-M", -11), "hours -11 would make that of A-M rail negative"),
    "spread below zero": (lambda r: r.delay("A-M", 0, -6), "sd_hours -6 would make that of A-M rail negative"),
    "fee below zero": (lambda r: r.charge("A-M", -1e6), "usd_teu -1e.06 would make that of A-M rail negative"),
    "fee a tonne below zero": (lambda r: r.charge("A-M", 0, -1e4), "usd_t -10000 would make that of A-M rail negative"),
    "text fee": (lambda r: r.charge("A-M", 0, "x"), "A-M: usd_t 'x'; expected a number"),
    "text capacity": (lambda r: r.with_capacity("A-M", "5", "Mt/y"), "A-M: amount '5'; expected a number"),
    "yes capacity": (lambda r: r.with_capacity("A-M", True, "Mt/y"), "A-M: amount True; expected a number"),
    "NaN capacity": (lambda r: r.with_capacity("A-M", float("nan"), "Mt/y"), "A-M: amount nan; expected a number"),
    "no capacity": (
        lambda r: r.with_capacity("A-M", 0, "Mt/y"),
        "capacity must be above 0; to stop a link",
    ),
    "negative capacity": (lambda r: r.with_capacity("A-M", -1, "Mt/y"), "a capacity must be above 0"),
    "negative times": (lambda r: r.with_capacity("A-M", times=-1), "a capacity must be above 0"),
    "text times": (lambda r: r.with_capacity("A-M", times="2"), "A-M: times '2'; expected a number"),
    "both": (lambda r: r.with_capacity("A-M", 1, "Mt/y", times=2), "A-M: an amount and times 2; give one of them"),
    "unit alone": (lambda r: r.with_capacity("A-M", unit="Mt/y"), "A-M: unit 'Mt/y' without an amount; give both"),
    "TEU on tonnes": (lambda r: r.with_capacity("A-M", 9, "TEU/y"), "A-M rail is measured in t/y, not TEU/y"),
    "unknown unit": (
        lambda r: r.with_capacity("A-M", 9, "boxes"),
        "A-M rail: unit 'boxes'; expected one of Mt/y",
    ),
    "no unit": (lambda r: r.with_capacity("A-M", 9), "A-M rail: unit ''; expected one of Mt/y"),
    "none known": (
        lambda r: r.with_capacity("A-N", times=2),
        "A-N: no capacity is known of it; give an amount",
    ),
    "unknown link": (lambda r: r.delay("A-MM", 5), "unknown link, place or corridor 'A-MM'. Did you mean 'A-M'"),
    "unknown border": (lambda r: r.charge("KAZ-KGX", 5), "no place of 'KGX' in the network. Did you mean 'KGZ'"),
    "unknown to open": (lambda r: r.open("Q-Z"), "unknown link, place or corridor 'Q-Z'"),
    "no terminal": (lambda r: r.delay("A", 5), "A: no hours of its terminal are known; ports with hours"),
    "no text": (lambda r: r.delay(5, 5), "5 is no name of a link"),
}


@pytest.mark.parametrize("what", WRONG)
def test_wrong_edits_are_refused(cross: Corridors, what: str) -> None:
    call, text = WRONG[what]
    with pytest.raises(LabelError, match=text):
        call(cross)


def test_wrong_hours_at_a_port_are_refused() -> None:
    own = kv.corridors()
    with pytest.raises(LabelError, match=r"AKT: -1000 hours would make the .* hours at its terminal negative"):
        own.delay("AKT", -1000)
    with pytest.raises(LabelError, match="AKT: sd_hours is of a link or border"):
        own.delay("AKT", 5, 3)


def test_a_fee_may_take_all_that_is_charged_and_no_more(cross: Corridors) -> None:
    m, f = cross.network.links.index("A-M rail"), cross.network.filled
    charged = float((f.usd_t + f.crossing_usd / FEE_SHARED_BY_T)[:, m].min())
    assert cross.charge("A-M", 0, 0.01 - charged).network.added.usd_t[m] < 0
    with pytest.raises(LabelError, match="would make that of A-M rail negative"):
        cross.charge("A-M", 0, -charged - 0.01)
