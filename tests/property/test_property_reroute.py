"""Shut links and banned transit: the costs are those of a network built anew, and never lower."""

from __future__ import annotations

import tempfile
from collections.abc import Collection, Sequence
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from freight import crossing, economy, link, network, place
from hypothesis import given, settings
from hypothesis import strategies as st

import karvan as kv
from karvan.core.errors import LabelError
from karvan.network.closings import YEARLY, Closing
from karvan.network.routes import Corridors, corridors

COUNTRIES = ("KAZ", "RUS", "UZB", "KGZ", "TKM", "CHN")
SOME = ("KAZ", "CHN", "DEU", "MNG", "TUR", "IND")
CARGO = ("container", "grain", "crude")
SPOILS = ("perishable",)
SEEDS = st.integers(0, 10**6)


@cache
def own() -> Corridors:
    return kv.corridors()


def on_day(routes: Corridors, shut: Closing, cargo: Sequence[str], countries: Sequence[str] | None) -> np.ndarray:
    _, places = routes.centres(countries)
    day = routes.day([shut])
    return np.stack([day.costs(name, places) for name in cargo], axis=-1)


def costs_without(
    routes: Corridors, shut: Collection[int], cargo: Sequence[str], countries: Sequence[str] | None = None
) -> np.ndarray:
    return on_day(routes, Closing("", frozenset(shut), YEARLY), cargo, countries)


def costs_without_transit(
    routes: Corridors,
    country: str,
    of: Sequence[str] | None = None,
    cargo: Sequence[str] = CARGO,
    countries: Sequence[str] | None = None,
) -> np.ndarray:
    whose = None if of is None else frozenset(of)
    return on_day(routes, Closing("", frozenset(), YEARLY, country, whose), cargo, countries)


def waters(seed: int) -> Corridors:
    """Two places in each of six countries, three of them ports, on a sea of four legs; land links by chance."""
    rng = np.random.default_rng(seed)
    names = [f"{c[0]}{c[1]}{n}" for c in COUNTRIES for n in (1, 2)]
    country = dict(zip(names, np.repeat(COUNTRIES, 2).tolist(), strict=True))
    links = [link(a, b, int(rng.integers(100, 900))) for a, b in zip(names[::2], names[1::2], strict=True)]
    land = [(a, b) for i, a in enumerate(names) for b in names[i + 1 :] if country[a] != country[b]]
    chosen = [pair for j, pair in enumerate(land) if rng.random() < 0.12 or j % 13 == 0]
    links += [link(*pair, int(rng.integers(100, 3000)), rng.choice(["rail", "road"])) for pair in chosen]
    ports = names[1::2]
    sea = [(ports[0], ports[1]), (ports[1], ports[2]), (ports[2], ports[3]), (ports[0], ports[3])]
    links += [link(*pair, int(rng.integers(100, 2000)), "feeder", water="caspian") for pair in sea]
    places = [place(n, country[n], "port" if n in ports[:4] else "city") for n in names]
    crossings = [crossing(m["from"], m["to"], int(rng.integers(1, 90)), mode=m["mode"]) for m in links[6 : -len(sea)]]
    economies = [economy(c, n) for c, n in zip(COUNTRIES, names[::2], strict=True)]
    with tempfile.TemporaryDirectory() as folder:
        return corridors(network(Path(folder), places, links, crossings, economies=economies))


def without_country(routes: Corridors, country: str) -> Corridors:
    """The network without any link of a country."""
    rows, where = routes.network.tables["links"], routes.network.countries
    at = routes.network.where
    links = [m for m, row in enumerate(rows) if country in (where[at[row["from"]]], where[at[row["to"]]])]
    return close(routes, links)


def close(routes: Corridors, links: list[int]) -> Corridors:
    return Corridors(routes.network.with_links(closed=frozenset(links)), routes.scale, routes.k)


def assert_same(a: np.ndarray, b: np.ndarray) -> None:
    assert (np.isinf(a) == np.isinf(b)).all()
    assert a[np.isfinite(a)] == pytest.approx(b[np.isfinite(b)], abs=1e-12, rel=0)


@settings(max_examples=15, deadline=None)
@given(st.sets(st.integers(0, 412), min_size=1, max_size=8))
def test_shut_links_cost_what_a_network_without_them_costs(shut: set[int]) -> None:
    new = close(own(), list(shut)).cost_matrix([*CARGO, *SPOILS], SOME).cost
    assert_same(costs_without(own(), shut, [*CARGO, *SPOILS], SOME), new)


@settings(max_examples=40, deadline=None)
@given(SEEDS, st.data())
def test_shut_links_of_a_small_network_by_sea_and_land(seed: int, data: st.DataObject) -> None:
    routes = waters(seed)
    shut = data.draw(st.sets(st.integers(0, len(routes.network.links) - 1), min_size=1, max_size=4))
    cargo = ["container", "perishable"]
    found = costs_without(routes, shut, cargo)
    assert_same(found, close(routes, list(shut)).cost_matrix(cargo).cost)
    assert (found[..., 0] >= routes.cost_matrix("container").cost[..., 0] - 1e-12).all()


@settings(max_examples=30, deadline=None)
@given(SEEDS, st.sampled_from(COUNTRIES))
def test_a_ban_on_transit_is_a_network_without_the_country(seed: int, country: str) -> None:
    """For pairs with neither end there; the others keep their costs."""
    routes = waters(seed)
    n = COUNTRIES.index(country)
    base, found = routes.cost_matrix("container").cost, costs_without_transit(routes, country, cargo=["container"])
    others = [i for i in range(len(COUNTRIES)) if i != n]
    gone = without_country(routes, country).cost_matrix("container").cost
    assert_same(found[np.ix_(others, others)], gone[np.ix_(others, others)])
    assert (found[n] == base[n]).all() and (found[:, n] == base[:, n]).all()
    assert (found >= base - 1e-12).all()
    of = COUNTRIES[n - 1]
    some = costs_without_transit(routes, country, [of], ["container"])
    met = np.array([c == of for c in COUNTRIES])
    met = met[:, None] | met
    assert_same(some[met], found[met])
    assert_same(some[~met], base[~met])


@pytest.mark.parametrize("country", ["RUS", "TKM", "GEO"])
def test_a_ban_on_transit_of_the_shipped_network(country: str) -> None:
    base = own().cost_matrix(CARGO, SOME).cost
    found = costs_without_transit(own(), country, cargo=CARGO, countries=SOME)
    assert (found >= base - 1e-12).all() and (found > base + 1e-6).any()


def test_closing_one_link_over_water_does_not_make_two_seas() -> None:
    """Nothing gets cheaper, and what is closed in two ways costs the same."""
    m = own().network.links.index("LYG-SHA sea")
    base = own().cost_matrix(CARGO).cost
    closed = own().close("LYG-SHA sea").cost_matrix(CARGO).cost
    assert (closed >= base - 1e-12).all()
    assert_same(costs_without(own(), [m], CARGO), closed)
    assert_same(own().close("LYG-SHA sea").open("LYG-SHA sea").cost_matrix(CARGO).cost, base)


def test_what_is_unknown_is_told() -> None:
    with pytest.raises(LabelError, match=r"no place of 'KAX'.*KAZ"):
        own().close_transit("KAX")
    with pytest.raises(LabelError, match="of: no place where 'KAX' trades"):
        own().close_transit("RUS", of="KAX")
    with pytest.raises(LabelError, match="no place where KAX trades"):
        costs_without(own(), [0], CARGO, countries=["KAX"])
