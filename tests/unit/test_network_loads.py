"""Trade on links: who takes which route, what waits, what is full, and the tables of volumes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from freight import MARKETS, crossroads, economy, small_world
from hypothesis import given, settings
from hypothesis import strategies as st

import karvan as kv
from karvan.core.errors import LabelError, SourceError
from karvan.network.closings import YEARLY, Closing
from karvan.network.demand import carried
from karvan.network.loads import Freight, Year
from karvan.network.routes import Corridors
from karvan.network.tolls import choose
from karvan.network.volumes import compare_volumes, load_table

WORLD = small_world()


@pytest.fixture(scope="module")
def routes(tmp_path_factory: pytest.TempPathFactory) -> Corridors:
    return crossroads(tmp_path_factory.mktemp("network"))


def freight(routes: Corridors) -> Freight:
    return Freight(routes, WORLD.countries, WORLD.sectors, WORLD.goods)


def tonnes(one: Freight) -> np.ndarray:
    """(importer, exporter) tonnes of all cargoes abroad."""
    found = one.carried.weights(WORLD.M).sum(axis=2)
    np.fill_diagonal(found, 0.0)
    return found


def of_china() -> np.ndarray:
    """The trade of China alone, MUSD."""
    flow = np.zeros_like(WORLD.M)
    flow[2], flow[:, 2] = WORLD.M[2], WORLD.M[:, 2]
    return flow


def room(routes: Corridors, link: str, tonnes_a_year: float) -> np.ndarray:
    found = np.full(len(routes.network.links), np.inf)
    found[routes.network.links.index(link)] = tonnes_a_year
    return found


def test_sectors_become_tonnes_and_boxes_by_the_table(routes: Corridors) -> None:
    one = freight(routes)
    c = one.cargo.index
    metals, textiles = WORLD.sectors.index("metals"), WORLD.sectors.index("textiles")
    assert one.carried.tonnes[metals] == pytest.approx(1e6 / 1800) and one.carried.share[metals, c("metals")] == 1
    assert one.carried.share[textiles].sum() == pytest.approx(0.95)
    assert (one.carried.share[~WORLD.goods] == 0).all() and (one.carried.tonnes[~WORLD.goods] == 0).all()
    flow = np.zeros((4, 4, 4))
    flow[0, 1, textiles] = 60.0
    assert one.carried.weights(flow)[0, 1].sum() == pytest.approx(0.95 * 60 * 1e6 / 6000)
    assert one.carried.values(flow)[0, 1, c("container")] == pytest.approx(0.25 * 60)


def test_a_tonne_takes_boxes_of_a_link_in_boxes(tmp_path: Path) -> None:
    """12 t to the box (rule U3), and the box's own tonnes where the cargo travels in boxes."""
    routes = crossroads(tmp_path, {"A-M": 1.0})
    rows = [dict(row) for row in routes.network.tables["links"]]
    rows[0]["capacity_unit"] = "TEU/y"
    boxes = replace(routes, network=replace(routes.network, tables={**routes.network.tables, "links": rows}))
    by_tonnes, by_boxes = freight(routes).year(WORLD.M), freight(boxes).year(WORLD.M)
    m = routes.network.links.index("A-M rail")
    assert by_tonnes.load[:, 1:] == pytest.approx(by_boxes.load[:, 1:]) and freight(boxes).units[m] == "TEU/y"
    teu = routes.network.values["teu_t"]
    heavy = {name: one.tonnes for name, one in routes.classes.items() if one.unit == "TEU"}
    light, full = min([*heavy.values(), teu]), max([*heavy.values(), teu])
    assert (
        by_tonnes.mean_load[m] / full
        <= by_boxes.mean_load[m] * (1 + 1e-9)
        <= by_tonnes.mean_load[m] / light * (1 + 2e-9)
    )


def without_tolls(one: Freight) -> tuple[np.ndarray, np.ndarray]:
    """Shares of the routes of the one spell, and what each pair leaves behind."""
    (ways,) = one.ways
    choice = one._options(one.ways, np.zeros((4, 4, len(one.cargo)))).choice
    share, _, left = choose(choice, np.zeros(len(one.capacity)), one.corridors.scale, len(ways.pair))
    return share, left


def test_shares_of_a_pair_sum_to_one(routes: Corridors) -> None:
    one = freight(routes)
    share, left = without_tolls(one)
    assert np.bincount(one.ways[0].of, share) + left == pytest.approx(1)
    assert (np.bincount(one.ways[0].of) > 1).any() and (share < 1).any()


def test_every_route_is_a_way_from_one_end_to_the_other(routes: Corridors) -> None:
    """Flows conserve at every place: a route's links meet in pairs but at its two ends."""
    one, rows = freight(routes), routes.network.tables["links"]
    (ways,) = one.ways
    for r, of in enumerate(ways.of.tolist()):
        met: dict[str, int] = {}
        for m in ways.uses[[r]].indices.tolist():
            for end in ("from", "to"):
                met[rows[m][end]] = met.get(rows[m][end], 0) + 1
        ends = {dict(MARKETS)[WORLD.countries[k]] for k in ways.pair[of][:2]}
        assert {name for name, count in met.items() if count % 2} == ends


@pytest.mark.parametrize("pair", [(0, 1), (1, 0), (2, 3), (3, 1)])
def test_every_tonne_of_a_pair_leaves_and_arrives(routes: Corridors, pair: tuple[int, int]) -> None:
    one, flow = freight(routes), np.zeros_like(WORLD.M)
    flow[pair] = WORLD.M[pair]
    load, total = one.year(flow).mean_load, one.carried.weights(flow).sum()
    for k in pair:
        links = sorted(routes.network.find_links(dict(MARKETS)[WORLD.countries[k]]))
        assert load[links].sum() == pytest.approx(total, rel=1e-9)


def test_all_trade_of_a_country_passes_the_links_of_its_place(routes: Corridors) -> None:
    """Z has no through traffic that is cheap: its two links carry at least what Russia buys and sells."""
    one = freight(routes)
    load, t = one.year(WORLD.M).mean_load, tonnes(one)
    own = t[1].sum() + t[:, 1].sum()
    at_z = sum(load[m] for m in routes.network.find_links("Z"))
    through = at_z - own
    assert through >= -1e-6 * own and through / 2 <= t.sum() - own
    used = one.ways[0]
    value = one.carried.weights(WORLD.M)[tuple(used.pair.T)]
    share, _ = without_tolls(one)
    assert load == pytest.approx(used.uses.T @ (share * value[used.of]))


def test_goods_that_wait_load_the_days_that_follow(routes: Corridors) -> None:
    """All of China's links shut for 60 days: what cannot go then goes later, so that a year carries as much as ever."""
    free, shut = freight(routes), freight(routes.close("C", days=60))
    before, after = free.year(of_china()), shut.year(of_china())
    links = sorted(routes.network.find_links("C"))
    assert after.load[0, links] == pytest.approx(0) and after.waiting[0] > 0 and after.waiting[1] == 0
    assert after.mean_load == pytest.approx(before.mean_load, rel=1e-9)
    assert after.load[1, links] == pytest.approx(before.load[0, links] * 365 / 305)


def test_nested_closings_lose_no_goods(routes: Corridors) -> None:
    shut = freight(routes.close("C-A", days=20).close("C", days=50))
    before, after = freight(routes).year(of_china()), shut.year(of_china())
    links = sorted(routes.network.find_links("C"))
    assert [len(spell.shut) for spell in shut.spells] == [2, 1, 0] and (after.waiting[:2] > 0).all()
    assert after.mean_load[links].sum() == pytest.approx(before.mean_load[links].sum(), rel=1e-9)


def test_goods_that_waited_fill_a_link_that_would_have_room(routes: Corridors) -> None:
    """Room for 1.1 times the usual load: after 60 days of waiting 365/305 of it comes, and a toll is due."""
    m = routes.network.links.index("C-A rail")
    usual = freight(routes).year(WORLD.M).mean_load[m]
    tight = room(routes, "C-A rail", 1.1 * usual)
    assert freight(routes).year(WORLD.M, room=tight).mean_toll[m] == 0
    after = freight(routes.close("C", days=60)).year(WORLD.M, room=tight)
    assert after.toll[0, m] == 0 and after.toll[1, m] > 0 and after.load[1, m] == pytest.approx(1.1 * usual)


def year_with_room(routes: Corridors, part: float, near: Year | None = None) -> Year:
    one = freight(routes)
    m = routes.network.links.index("A-M rail")
    return one.year(WORLD.M, room=room(routes, "A-M rail", part * one.year(WORLD.M).mean_load[m]), near=near)


def test_a_full_link_charges_and_others_carry_the_rest(routes: Corridors) -> None:
    m, free, full = routes.network.links.index("A-M rail"), freight(routes).year(WORLD.M), year_with_room(routes, 0.5)
    assert full.load[0, m] == pytest.approx(0.5 * free.load[0, m]) and full.gap < 1e-8
    assert np.flatnonzero(full.mean_toll).tolist() == [m] and full.left.sum() == pytest.approx(0, abs=1e-9)
    assert (full.cost >= free.cost - 1e-12).all() and (full.cost > free.cost + 1e-6).any()
    assert (full.cost[1, 0] > free.cost[1, 0] + 1e-4).any()


def test_no_limits_and_limits_that_do_not_bind_cost_the_same(routes: Corridors) -> None:
    free, wide = freight(routes).year(WORLD.M), year_with_room(routes, 1.01)
    assert (free.cost == wide.cost).all() and (free.load == wide.load).all() and not wide.toll.any()
    assert freight(routes).cost == pytest.approx(free.cost)


def test_the_start_does_not_matter(routes: Corridors) -> None:
    plain = year_with_room(routes, 0.5)
    other = freight(routes)
    everywhere = plain._replace(toll=np.full_like(plain.toll, 5.0))
    for near in (plain, everywhere, other.year(WORLD.M)):
        again = year_with_room(routes, 0.5, near)
        assert again.cost == pytest.approx(plain.cost, abs=1e-9) and again.toll == pytest.approx(plain.toll, rel=1e-6)


def test_routes_round_a_full_link_count_once(routes: Corridors) -> None:
    one = freight(routes)
    wide = one._ways_round(0, frozenset(routes.network.find_links("A-M")))
    keys = [(of, tuple(sorted(wide.uses[[r]].indices.tolist()))) for r, of in enumerate(wide.of.tolist())]
    assert len(set(keys)) == len(keys) >= one.ways[0].g.size and (np.diff(wide.of) >= 0).all()


def test_what_fits_nowhere_is_counted(routes: Corridors) -> None:
    one = freight(routes)
    tight = np.full(len(routes.network.links), np.inf)
    links = sorted(routes.network.find_links("Z"))
    tight[links] = 0.3 * one.year(WORLD.M).mean_load[links]
    found = one.year(WORLD.M, room=tight)
    assert found.load[0, links] == pytest.approx(tight[links]) and found.left[0] > 0
    assert (found.cost[1, 0] > 1).any()


def test_room_of_today_is_what_the_model_does_not_exceed(tmp_path: Path) -> None:
    small, wide = (crossroads(tmp_path, {"A-M": cap}) for cap in (1e-4, 1e4))
    m = small.network.links.index("A-M rail")
    for routes, expected in ((small, np.inf), (wide, 1e10), (small.with_capacity("A-M", 2e-4, "Mt/y"), 200.0)):
        one = freight(routes)
        assert one.room(one.year(WORLD.M))[m] == expected


def test_a_sector_without_cargo_is_named(routes: Corridors) -> None:
    goods = np.array([True, True])
    with pytest.raises(LabelError, match=r"how do the goods of metal travel\? .* Did you mean 'metals'"):
        carried(routes.network, ["metal", "textiles"], goods, ["container"])
    found = carried(routes.network, ["metal", "textiles"], np.array([False, True]), ["container"])
    assert (found.share[0] == 0).all() and found.share[1, 0] == 0.25


def test_a_country_without_a_market_is_named(tmp_path: Path) -> None:
    routes = crossroads(tmp_path, economies=[economy(*one) for one in MARKETS if one[0] != "UZB"])
    with pytest.raises(LabelError, match="no place where UZB trades"):
        freight(routes)
    with pytest.raises(LabelError, match=r"no place where KAX trades. Did you mean 'KAZ'"):
        Freight(routes, ["KAX"], WORLD.sectors, WORLD.goods)


def volume(name: str, links: str, low: float, high: float, unit: str) -> dict[str, object]:
    return {"name": name, "links": links, "low": low, "high": high, "unit": unit, "year": 2024, "source": "made up",
            "quality": "made up"}  # fmt: skip


def test_volumes_beside_the_model(tmp_path: Path) -> None:
    rows = [volume("one", "A-M", 1, 3, "Mt/y"), volume("two", "A-M rail A-N", 10, 10, "TEU/y")]
    routes = crossroads(tmp_path, {"A-M": 1e6}, volumes=rows)
    one = freight(routes)
    year = one.year(WORLD.M)
    m, n = (routes.network.links.index(name) for name in ("A-M rail", "A-N rail"))
    found = compare_volumes(one, year).to_dicts()
    assert found[0]["model"] == pytest.approx(year.mean_load[m] / 1e6, abs=6e-4)
    assert found[0]["ratio"] == pytest.approx(found[0]["model"] / 2, abs=0.006)
    boxes = (year.mean_load[m] + year.mean_load[n]) / routes.network.values["teu_t"]
    assert found[1]["model"] == pytest.approx(boxes, abs=0.6) and found[1]["unit"] == "TEU/y"
    busiest = load_table(one, year, 3).to_dicts()
    assert len(busiest) == 3 and busiest[0]["load"] == round(year.mean_load.max())
    full = {row["link"]: row for row in load_table(one, year).to_dicts()}
    assert full["A-M rail"]["load / capacity"] == round(year.mean_load[m] / 1e12, 2)
    assert full["A-N rail"]["capacity"] is None


def test_wrong_volumes_are_told_at_once(tmp_path: Path) -> None:
    rows = [
        volume("a", "A-Q", 1, 2, "Mt/y"), volume("b", "rail", 1, 2, "Mt/y"), volume("c", "A-M", 3, 2, "Mt/y"),
        volume("d", "A-M", 0, 0, "Mt/y"), volume("e", "A-M", 1, 2, "Mt"), volume("f", "", 1, 2, "TEU/y"),
    ]  # fmt: skip
    with pytest.raises(SourceError) as told:
        crossroads(tmp_path, volumes=rows)
    for text in (
        "volumes.csv:2: a: no link 'A-Q'. Did you mean", "volumes.csv:3: b: no link 'rail'", "c: observed from 3 to 2",
        "d: observed from 0 to 0", "e: unknown unit 'Mt'. Did you mean 'Mt/y'", "f: no link ''",
    ):  # fmt: skip
        assert text in str(told.value), text


@settings(max_examples=12)
@given(st.integers(0, 10**6))
def test_years_with_closings_and_full_links_settle_and_lose_no_goods(routes: Corridors, seed: int) -> None:
    """Up to three closings and room below the load on half of the links: within room, and nothing is lost."""
    rng, world, shut = np.random.default_rng(seed), small_world(seed), routes
    for _ in range(rng.integers(1, 4)):
        days = int(rng.integers(5, 340))
        name = str(rng.choice(["A-M", "M-Z", "C", "Z", "A", "KGZ", "UZB"]))
        shut = (
            shut.close_transit(name, days=days) if len(name) == 3 and "-" not in name else shut.close(name, days=days)
        )
    before, after = (Freight(r, world.countries, world.sectors, world.goods) for r in (routes, shut))
    load = before.year(world.M).mean_load
    room = np.where(rng.random(load.size) < 0.5, np.inf, load * rng.uniform(0.5, 1.6, load.size) + 1)
    found = after.year(world.M, room=room)
    assert (found.load <= room * (1 + 1e-7)).all() and (found.cost >= before.cost - 1e-9).all()
    charged = found.toll > 0
    assert found.load[charged] == pytest.approx(np.broadcast_to(room, charged.shape)[charged], rel=1e-6)
    if found.left.sum() > 1e-9:
        return
    weight = after.carried.weights(world.M).sum(axis=2)
    for country, place in ((0, "A"), (1, "Z"), (2, "C")):
        own = weight[country].sum() + weight[:, country].sum() - 2 * weight[country, country]
        assert found.mean_load[sorted(routes.network.find_links(place))].sum() >= own * (1 - 1e-9)


def test_nothing_gets_cheaper_when_something_is_shut_not_even_what_spoils() -> None:
    """On karvan's own network a search round a link finds cheaper ways for perishables; the year leaves them out."""
    own = kv.corridors()
    world = kv.load("eurasia-2021")
    one = Freight(own, world.countries, world.sectors, world.goods)
    day = own.day([Closing("", own.network.find_links("ALA_CN-DOS"), YEARLY)])
    raw = day.costs("perishable", one.places)
    p = one.cargo.index("perishable")
    assert (raw < one.free[0][:, :, p] - 1e-6).any()
    assert (one.costs(day) >= one.free[0]).all() and (one.costs(day) > one.free[0] + 1e-6).any()


def test_who_waits_is_a_choice_by_cost(routes: Corridors) -> None:
    """KAZ to RUS with A-M shut for 20 days: each option by its cost, waiting ones with the days until it opens."""
    flow = np.zeros_like(WORLD.M)
    flow[1, 0, 0] = 100.0
    shut = freight(routes.close("A-M", days=20))
    metals = shut.cargo.index("metals")
    going, later = (
        w.g[w.of == next(k for k, p in enumerate(w.pair.tolist()) if p == [1, 0, metals])] for w in shut.ways
    )
    go, wait = (np.exp(-routes.scale * g).sum() for g in (going, later + 10 * routes.classes["metals"].per_day))
    assert shut.year(flow).waiting[0] == pytest.approx(100 * wait / (go + wait))
