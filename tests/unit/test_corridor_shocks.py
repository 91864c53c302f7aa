"""Corridors in scenarios: what d_hat is, how shocks combine, and how files, records and workers carry them."""

from __future__ import annotations

import json
import pickle
from collections.abc import Iterator
from itertools import permutations
from pathlib import Path

import numpy as np
import pytest
from freight import MARKETS, crossroads, economy, small_world

import karvan as kv
from karvan.core.errors import ConflictError, InfeasibleError, KarvanError, LabelError, ScenarioError
from karvan.core.record import describe
from karvan.core.scenario import Scenario
from karvan.run.sweep import KEEP, _plan, one_draw, sweep
from karvan.run.verify import verify
from karvan.shocks import (
    border_delay,
    capacity,
    close_link,
    close_transit,
    corridor,
    fee,
    friction,
    network_year,
    open_link,
)
from karvan.shocks.corridor import corridor_shock

WORLD = small_world()
METALS, TEXTILES = 0, 1
OWN = np.eye(4, dtype=bool)


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[kv.Corridors]:
    """A small network in place of karvan's own."""
    routes = crossroads(tmp_path)
    monkeypatch.setattr(corridor, "network", lambda: routes)
    corridor.after_edits.cache_clear()
    yield routes
    corridor.after_edits.cache_clear()


def d_hat(*shocks: object) -> np.ndarray:
    scenario = Scenario.of(shocks[0])
    for one in shocks[1:]:
        scenario = scenario | one
    found = scenario.change(WORLD)
    assert found.given == ("d_hat",)
    return found.d_hat


def test_the_cost_is_that_of_freight_before_and_after(small: kv.Corridors) -> None:
    """One sector goes by one class: d_hat is (1 + g new) / (1 + g old); another by several, weighted by value."""
    before, after = (r.cost_matrix(["metals", "general", "container"], WORLD.countries).cost
                     for r in (small, small.delay("KAZ-KGZ", 48)))  # fmt: skip
    found = d_hat(border_delay(link="KAZ-KGZ", hours=48))
    one, other = (1 + after[..., 0]) / (1 + before[..., 0]), 1 + 0.7 * after[..., 1] + 0.25 * after[..., 2]
    assert found[~OWN][:, METALS] == pytest.approx(one[~OWN])
    assert found[~OWN][:, TEXTILES] == pytest.approx((other / (1 + 0.7 * before[..., 1] + 0.25 * before[..., 2]))[~OWN])
    assert (found[OWN] == 1).all() and (found[:, :, ~WORLD.goods] == 1).all() and (found >= 1).all()
    assert (found[~OWN][:, METALS] > 1).any()


def test_where_there_is_no_trade_nothing_changes(small: kv.Corridors) -> None:
    assert (d_hat(fee(link="M", usd_teu=500))[:, :, 2] == 1).all() and (WORLD.M[~OWN][:, 2] == 0).all()


def test_the_same_network_changes_nothing(small: kv.Corridors) -> None:
    assert (corridor_shock(WORLD, small, small).d_hat == 1).all()
    for one in (border_delay(link="A-M", hours=0), network_year(year=2026), open_link(link="A-M")):
        with pytest.raises(ScenarioError, match="touches nothing"):
            Scenario.of(one).change(WORLD)


def test_edits_of_a_scenario_act_together_in_any_order(small: kv.Corridors) -> None:
    """Both ways shut at once costs more than the product of each alone; and no order matters."""
    shocks = (close_link(link="M-Z", days=200), close_link(link="N-Z", days=200), border_delay(link="C-A", hours=9))
    found = [d_hat(*order) for order in permutations(shocks)]
    assert all(one == pytest.approx(found[0], rel=1e-12) for one in found)
    apart = d_hat(shocks[0]) * d_hat(shocks[1]) * d_hat(shocks[2])
    assert found[0][1, 0, METALS] > apart[1, 0, METALS] + 1e-3


def test_freight_multiplies_frictions_but_two_frictions_conflict(small: kv.Corridors) -> None:
    tolls, border = fee(link="KAZ-KGZ", usd_teu=300), friction(between=["KAZ", "RUS"], ad_valorem=0.1)
    both = d_hat(border, tolls)
    assert both == pytest.approx(d_hat(tolls) * d_hat(border)) and (d_hat(tolls, border) == both).all()
    assert both[0, 1, METALS] > 1.1
    with pytest.raises(ConflictError, match="friction and friction both set d_hat"):
        (Scenario.of(border) | friction(between=["RUS", "KAZ"], ad_valorem=0.2) | tolls).change(WORLD)


def test_pairs_left_without_a_route_are_named_or_embargoed(small: kv.Corridors) -> None:
    with pytest.raises(InfeasibleError, match=r"close_link: 6 pair\(s\) with trade are left without .*CHN-KAZ"):
        Scenario.of(close_link(link="C")).change(WORLD)
    found = d_hat(close_link(link="C", embargo=True))
    china = np.zeros((4, 4), dtype=bool)
    china[2] = china[:, 2] = True
    goods = np.array([True, True, False, False])
    assert np.isinf(found[china & ~OWN][:, goods]).all() and np.isfinite(found[~china]).all()
    assert (found[:, :, 3] == 1).all()
    out = kv.solve(WORLD, close_link(link="C", embargo=True))
    assert (out.values["M_new"][2, [0, 1, 3]][:, :2] == 0).all() and out.values["welfare_hat"][2] < 1
    assert np.isfinite(d_hat(close_link(link="C", days=364))).all()


def test_a_ban_on_transit_in_a_scenario(small: kv.Corridors) -> None:
    found = d_hat(close_transit(country="UZB", of="KAZ", days=100))
    assert (found[3] == 1).all() and (found[:, 3] == 1).all() and (found[2, 1] == 1).all()
    assert found[0, 1, METALS] > 1


WRONG = {
    "days as text": (lambda: close_link(link="A-M", days="30"), "days: expected a number such as 30, got '30'"),
    "366 days": (lambda: close_link(link="A-M", days=366), "366 days; expected 1 to 365"),
    "no days": (lambda: close_transit(country="KGZ", days=0), "0 days; expected 1 to 365"),
    "embargo as text": (lambda: close_link(link="A-M", embargo="no"), "embargo: expected true or false, got 'no'"),
    "embargo of transit": (lambda: close_transit(country="KGZ", embargo=1), "embargo: expected true or false, got 1"),
    "link": (lambda: close_link(link="A-MM"), "unknown link, place or corridor 'A-MM'. Did you mean 'A-M'"),
    "border": (lambda: border_delay(link="KAZ-KGX", hours=5), "no place of 'KGX' in the network. Did you mean 'KGZ'"),
    "country": (lambda: close_transit(country="KGX"), "no place of 'KGX'. Did you mean 'KGZ'"),
    "of": (lambda: close_transit(country="KGZ", of=["KAX"]), "of: no place where 'KAX' trades. Did you mean 'KAZ'"),
    "of a number": (lambda: close_transit(country="KGZ", of=5), "the arguments cannot be read"),
    "hours": (lambda: border_delay(link="A-M", hours=float("nan")), "hours: expected a number such as 12, got nan"),
    "hours below zero": (lambda: border_delay(link="A-M", hours=-99), "would make that of A-M rail negative"),
    "fee": (lambda: fee(link="A-M", usd_teu=True), "usd_teu: expected a number such as 100, got True"),
    "fee a tonne": (lambda: fee(link="A-M", usd_teu=5, usd_t=-1e5), "would make that of A-M rail negative"),
    "units": (lambda: capacity(link="A-M", amount=5, unit="TEU/y"), "A-M rail is measured in t/y, not TEU/y"),
    "capacity": (lambda: capacity(link="A-M", amount="5", unit="Mt/y"), "amount '5'; expected a number"),
    "year": (lambda: network_year(year="2030"), "year: expected a number such as 2030, got '2030'"),
}  # fmt: skip


@pytest.mark.parametrize("what", WRONG)
def test_wrong_arguments_are_refused_by_the_shock(small: kv.Corridors, what: str) -> None:
    make, text = WRONG[what]
    with pytest.raises(KarvanError, match=text) as told:
        Scenario.of(make()).change(WORLD)
    assert str(told.value).startswith(make().kind)


def test_a_country_without_a_market_is_named(tmp_path: Path) -> None:
    routes = crossroads(tmp_path, economies=[economy(*one) for one in MARKETS if one[0] != "UZB"])
    with pytest.raises(LabelError, match="no place where UZB trades"):
        corridor_shock(WORLD, routes, routes)


FILE = """schema: 1
name: shut
title: A link is shut
why: To see.
source: Made up.
world: eurasia-2021
shocks:
  - close_link: {link: A-M, days: {mode: 60, low: 30, high: 90}}
  - border_delay: {link: KAZ-KGZ, hours: 12}
deficits: fixed
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "shut.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_scenario_file_is_read_and_its_ranges_are_drawn(small: kv.Corridors, tmp_path: Path) -> None:
    read = Scenario.read(write(tmp_path, FILE))
    assert set(read.ranges()) == {"close_link1.days"}
    made = Scenario.of(close_link(link="A-M", days=60)) | border_delay(link="KAZ-KGZ", hours=12)
    assert (read.change(WORLD).d_hat == made.change(WORLD).d_hat).all()
    found = sweep(WORLD, read, draws=4, seed=1)
    hats = found.values["welfare_hat"][0, 0]
    assert len(np.unique(hats[:, 0])) == 4
    days = read.ranges()["close_link1.days"]
    for k in (0, 3):
        drawn = read.at({"close_link1.days": days.draw("close_link1.days", 1, k)})
        assert hats[k] == pytest.approx(kv.solve(WORLD, drawn).values["welfare_hat"], rel=1e-7)


@pytest.mark.parametrize(
    ("old", "new", "line", "text"),
    [
        ("close_link: {link: A-M", "close_lnk: {link: A-M", 8, "close_lnk"),
        ("{link: KAZ-KGZ, hours: 12}", "{link: KAZ-KGZ, hour: 12}", 9, "unknown argument 'hour'. Did you mean 'hours'"),
        ("{link: KAZ-KGZ, hours: 12}", "{hours: 12}", 9, "missing link"),
        ("low: 30", "lo: 30", 8, "a range needs mode, low and high"),
        ("low: 30", "low: 300", 8, "close_link.days"),
    ],
)
def test_faults_of_files_have_line_and_column(tmp_path: Path, old: str, new: str, line: int, text: str) -> None:
    path = write(tmp_path, FILE.replace(old, new))
    with pytest.raises(ScenarioError, match=rf"shut.yaml:{line}:\d+: .*") as told:
        Scenario.read(path)
    assert text in str(told.value)


def test_faults_on_the_network_say_where_in_the_file(small: kv.Corridors, tmp_path: Path) -> None:
    wrong = Scenario.read(write(tmp_path, FILE.replace("KAZ-KGZ", "KAZ-KGX")))
    with pytest.raises(LabelError, match=r"shut.yaml:8:\d+: close_link: no place of 'KGX' in the network"):
        wrong.change(WORLD)


def test_workers_get_the_same_scenario(small: kv.Corridors) -> None:
    """What travels to a worker process and back solves to the same numbers."""
    one = Scenario.of(close_link(link="A-M", days={"mode": 60, "low": 30, "high": 90}))
    again = pickle.loads(pickle.dumps(one))
    assert again.shocks[0].join is one.shocks[0].join and describe(again) == describe(one)
    assert (again.change(WORLD).d_hat == one.change(WORLD).d_hat).all()
    plan = _plan(WORLD, one, None, 3, None, ("all",), KEEP)
    sent = pickle.loads(pickle.dumps(plan))
    for draw in (0, 7):
        here, there = one_draw(plan, draw), one_draw(sent, draw)
        assert all((here[name] == there[name]).all() for name in KEEP)


def test_records_of_freight_are_repeated(karvan, tmp_path: Path) -> None:
    code, _, err = karvan("run", "kz-border-russia", "--out", str(tmp_path))
    assert code == 0, err
    path = tmp_path / "kz-border-russia.record.json"
    assert {row["verdict"] for row in verify(path).to_dicts()} == {"same"}
    record = json.loads(path.read_text(encoding="utf-8"))
    record["scenario"]["shocks"][0]["border_delay"]["hours"]["mode"] = 11
    path.write_text(json.dumps(record), encoding="utf-8")
    verdicts = {row["what"]: row["verdict"] for row in verify(path).to_dicts()}
    assert verdicts["scenario"] == "DIFFERENT" and verdicts["welfare_hat"].startswith("DIFFERENT by")
