"""Closings for a part of the year: the closed form, several at once, and bans on transit."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from freight import crossroads
from hypothesis import given
from hypothesis import strategies as st

from karvan.core.errors import LabelError
from karvan.network.closings import YEARLY, Closing, best_of_waiting, over_the_year, spells
from karvan.network.routes import Corridors

CARGO = ["container", "grain"]
WHO = ["KAZ", "RUS", "CHN", "UZB"]
A, M, N = (frozenset([i]) for i in range(3))


@pytest.fixture(scope="module")
def routes(tmp_path_factory: pytest.TempPathFactory) -> Corridors:
    return crossroads(tmp_path_factory.mktemp("network"))


def cost(routes: Corridors) -> np.ndarray:
    return routes.cost_matrix(CARGO, WHO).cost


def of_year(closings: list[Closing], price: dict[frozenset[str], float], rho: float = 0.006) -> float:
    """Mean cost over the year when each set of shut things has its price."""
    year = spells(closings)
    going = [np.array([price[frozenset(one.name for one in spell.shut)]]) for spell in year]
    return float(over_the_year(year, going, np.array([rho]))[0])


@given(st.integers(1, 364), st.floats(0, 1), st.floats(0.0, 1.0), st.floats(0, 0.1))
def test_one_closing_is_the_closed_form(days: int, free: float, more: float, rho: float) -> None:
    found = of_year([Closing("a", A, days)], {frozenset(): free, frozenset("a"): free + more}, rho)
    assert found == pytest.approx(free + days / 365 * (min(free + more, free + rho * days / 2) - free))


def test_nobody_waits_for_the_end_of_a_whole_year() -> None:
    year = [Closing("a", A, YEARLY)]
    assert of_year(year, {frozenset("a"): 0.7}) == 0.7
    assert of_year([Closing("a", A, 364)], {frozenset(): 0.1, frozenset("a"): 5.0}) < 1.2
    (spell,) = spells(year)
    assert np.isinf(best_of_waiting([spell], [np.array([0.7])], np.array([0.006]))[0]).all()


def test_nested_closings_by_hand() -> None:
    """a for 30 and b for 90 days: goods may wait 15 days for b alone, or 75 for both to open, whichever is cheaper."""
    price = {frozenset("ab"): 2.0, frozenset("b"): 0.3, frozenset(): 0.1}
    rho = 0.01
    first = min(2.0, 0.3 + rho * 15, 0.1 + rho * 75)
    second = min(0.3, 0.1 + rho * 30)
    expected = (30 * first + 60 * second + 275 * 0.1) / 365
    for order in permutations([Closing("a", A, 30), Closing("b", M, 90)]):
        assert of_year(list(order), price, rho) == pytest.approx(expected)
    assert [(s.start, s.end, len(s.shut)) for s in spells([Closing("a", A, 30), Closing("b", M, 90)])] == [
        (0, 30, 2), (30, 90, 1), (90, 365, 0)
    ]  # fmt: skip


@given(st.integers(1, 365), st.integers(1, 365))
def test_spells_fill_the_year(one: int, other: int) -> None:
    year = spells([Closing("a", A, one), Closing("b", M, other)])
    assert sum(spell.share for spell in year) == pytest.approx(1)
    held = {name: sum(s.end - s.start for s in year if name in {c.name for c in s.shut}) for name in "ab"}
    assert held == {"a": one, "b": other}


def test_a_closing_on_a_network_is_the_closed_form(routes: Corridors) -> None:
    free, shut = cost(routes), cost(routes.close("A-M"))
    rho = np.array([routes.classes[name].rho for name in CARGO])
    for days in (10, 100, 364):
        expected = free + days / 365 * (np.minimum(shut, free + rho * days / 2) - free)
        assert cost(routes.close("A-M", days=days)) == pytest.approx(expected, abs=1e-12)
    assert (shut > free + 1e-4).any()


@given(st.lists(st.tuples(st.sampled_from(["A-M", "M-Z", "A-N", "C-A"]), st.integers(1, 365)), min_size=1, max_size=3))
def test_closings_never_lower_a_cost_and_their_order_does_not_matter(routes: Corridors, shut: list) -> None:
    free, found = cost(routes), []
    for order in (shut, shut[::-1]):
        closed = routes
        for name, days in order:
            closed = closed.close(name, days=days)
        found.append(cost(closed))
    assert np.array_equal(np.isinf(found[0]), np.isinf(found[1]))
    finite = np.isfinite(found[0])
    assert found[0][finite] == pytest.approx(found[1][finite], abs=1e-12)
    assert (found[0] >= free - 1e-12).all()


@given(st.integers(1, 364))
def test_a_longer_closing_costs_more(routes: Corridors, days: int) -> None:
    longer, shorter = (cost(routes.close("A-M", days=d)) for d in (days + 1, days))
    assert (longer >= shorter - 1e-12).all() and (longer > shorter).any()


def test_a_ban_on_transit_leaves_the_country_its_own_trade(routes: Corridors) -> None:
    free, banned = cost(routes), cost(routes.close_transit("UZB"))
    n = WHO.index("UZB")
    assert (banned[n] == free[n]).all() and (banned[:, n] == free[:, n]).all()
    assert (
        banned[0, 1] == pytest.approx(cost(routes.close("A-N").close("N-Z"))[0, 1]) and banned[0, 1, 0] > free[0, 1, 0]
    )


def test_a_ban_of_one_countrys_goods_leaves_the_others(routes: Corridors) -> None:
    free, of_china = cost(routes), cost(routes.close_transit("KGZ", of="CHN"))
    china = np.zeros((4, 4), dtype=bool)
    china[2] = china[:, 2] = True
    assert (of_china[~china] == free[~china]).all()
    everybody = cost(routes.close_transit("KGZ"))
    assert of_china[china] == pytest.approx(everybody[china]) and (everybody[0, 1] > free[0, 1]).all()
    both = cost(routes.close_transit("KGZ", of=["CHN", "KAZ"], days=50))
    again = cost(routes.close_transit("KGZ", of=("KAZ", "CHN"), days=50))
    assert (both == again).all() and (both[0, 1] > free[0, 1]).all()


def test_a_border_closes_by_the_names_of_its_countries(routes: Corridors) -> None:
    expected = cost(routes.close("A-M"))
    for name in ("KAZ-KGZ", "KGZ-KAZ"):
        assert (cost(routes.close(name)) == expected).all()
    assert (cost(routes.close("KAZ-KGZ").open("KGZ-KAZ")) == cost(routes)).all()


def test_opening_one_link_of_a_closed_place_leaves_the_rest_closed(routes: Corridors) -> None:
    part = routes.close("M", days=60).open("M-Z")
    assert [sorted(one.links) for one in part.closings] == [
        sorted(routes.network.find_links("A-M") | routes.network.find_links("C-M"))
    ]
    assert (cost(part) == cost(routes.close("A-M", days=60).close("C-M", days=60))).all()
    assert cost(part)[2, 1, 0] > cost(routes)[2, 1, 0]
    banned = routes.close_transit("KGZ", days=60)
    assert banned.open("A-M").closings == banned.closings and routes.close("A-M", days=9).open("A-M").closings == ()


@pytest.mark.parametrize("days", [0, -3, 366, float("nan"), float("inf"), True, "30", None])
def test_days_that_are_none_are_refused(routes: Corridors, days: object) -> None:
    for close in (lambda: routes.close("A-M", days=days), lambda: routes.close_transit("KGZ", days=days)):
        with pytest.raises(LabelError, match=f"{days} days; expected 1 to 365"):
            close()


def test_unknown_names_are_told_with_the_nearest(routes: Corridors) -> None:
    for call, text in (
        (lambda: routes.close("A-MM"), "unknown link, place or corridor 'A-MM'. Did you mean 'A-M'"),
        (lambda: routes.close("KAZ-KGX"), "no place of 'KGX' in the network. Did you mean 'KGZ'"),
        (lambda: routes.close("KAZ-KAZ"), "KAZ has no border with itself; name two neighbours"),
        (lambda: routes.close("CHN-RUS"), "no link joins CHN and RUS; name two neighbours"),
        (lambda: routes.close(7), "7 is no name of a link"),
        (lambda: routes.close_transit("KGX"), "no place of 'KGX'. Did you mean 'KGZ'"),
        (lambda: routes.close_transit("KGZ", of="KAX"), "of: no place where 'KAX' trades. Did you mean 'KAZ'"),
    ):
        with pytest.raises(LabelError, match=text):
            call()
