"""A friction from an estimate: the cost by sector, the draws, break-even, the record, and its tariff equivalent."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from test_estimates import block
from worlds import random_world

import karvan as kv
from karvan import Estimate, Normal, Params, Range, Scenario, ScenarioError, World, friction
from karvan.core import estimates
from karvan.core.border import border
from karvan.run.verify import verify

BETWEEN = ["C01", "C02"]
FILE = """\
schema: 1
name: test
title: A test
why: "What if"
source: "this file"
shocks:
  - friction: {between: [C01, C02], from: made/eaeu, source: "made for the test"}
"""


@pytest.fixture(scope="module")
def world() -> World:
    return random_world(2, 6, 3, zeros=0.0, unions=False)


@pytest.fixture(scope="module")
def uncertain(world: World) -> World:
    law = Range(world.theta, 0.7 * world.theta, 1.3 * world.theta, together=0.5)
    return world.rebuilt(params=Params(theta=law))


@pytest.fixture(autouse=True)
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of estimates of its own in place of what ships: made/eaeu and made/fta, drawn together."""
    folder = tmp_path / "estimates"
    folder.mkdir()
    more = "covariance = {fta = 0.003}\n"
    text = f"{block('eaeu', 0.2, 0.1, more)}\n{block('fta', 0.4, 0.05)}"
    (folder / "made.toml").write_text(text, encoding="utf-8")
    monkeypatch.setattr(estimates, "FOLDER", folder)
    return folder


def scenario(**more: Any) -> Scenario:
    return Scenario.of(friction(between=BETWEEN, from_="made/eaeu", **more))


def read(tmp_path: Path, text: str) -> Scenario:
    path = tmp_path / "s.yaml"
    path.write_text(text, encoding="utf-8")
    return Scenario.read(path)


@pytest.mark.parametrize(("lost", "sign"), [(True, 1), (False, -1)])
def test_the_cost_moves_trade_by_the_estimate_in_every_sector(world: World, lost: bool, sign: int) -> None:
    d_hat = scenario(lost=lost).change(world).d_hat
    assert d_hat is not None
    goods = world.goods
    for n, i in ((1, 2), (2, 1)):
        np.testing.assert_allclose(d_hat[n, i, goods], np.exp(sign * 0.2 / world.theta[goods]), rtol=1e-14)
        np.testing.assert_allclose(d_hat[n, i, goods] ** -world.theta[goods], np.exp(-sign * 0.2), rtol=1e-13)
        assert d_hat[n, i, ~goods] == 1.0
    assert (d_hat != 1).sum() == 2 * goods.sum()


def test_at_given_incomes_trade_of_a_tiny_country_falls_by_the_estimate() -> None:
    """A pair too small to move prices or incomes: its solved trade is exp(-b) of the old, in sectors of any theta."""
    base = random_world(5, 4, 3, zeros=0.0, unions=False, tariffs=False, io=False, deficits=0.0)
    M = base.M.copy()
    M[0, 1], M[1, 0] = 1e-7 * M[0, 1], 1e-7 * M[1, 0]
    axes = {"countries": base.countries, "sectors": base.sectors, "services": base.services}
    tiny = World.from_arrays(**axes, M=M, tau=base.tau, theta=base.theta, dust=0.0)
    out = kv.solve(tiny, friction(between=["C00", "C01"], from_="made/fta"))
    for n, i in ((0, 1), (1, 0)):
        traded = tiny.goods & (M[n, i] > 0)
        assert traded.any()
        np.testing.assert_allclose(out.values["M_new"][n, i, traded] / M[n, i, traded], np.exp(-0.4), rtol=1e-5)
    np.testing.assert_allclose(out.values["M_new"][2, 3], M[2, 3], rtol=1e-5)


def test_file_python_and_own_numbers_say_the_same(tmp_path: Path, world: World) -> None:
    written = read(tmp_path, FILE)
    assert list(written.ranges()) == ["made/eaeu"]
    expected = scenario().change(world).d_hat
    own = {"name": "mine", "b": 0.2, "se": 0.1, "source": "me"}
    for other in (
        written,
        Scenario.of(friction(between=BETWEEN, **{"from": "made/eaeu"})),
        Scenario.of(friction(between=BETWEEN, from_=own)),
        Scenario.of(friction(between=BETWEEN, from_=Estimate.of(own))),
        Scenario.of(friction(between=BETWEEN, from_=0.2)),
        Scenario.of(friction(between=BETWEEN, from_={"mode": 0.2, "low": 0.0, "high": 0.3})),
        Scenario.of(friction(between=BETWEEN, from_={"mean": 0.2, "se": 0.1})),
        scenario().at({"made/eaeu": 0.2}),
        Scenario.of(pickle.loads(pickle.dumps(friction(between=BETWEEN, from_="made/eaeu")))),
    ):
        np.testing.assert_array_equal(other.change(world).d_hat, expected)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("from: made/eaeu", "from: made/eaeu, ad_valorem: 0.1", r"s.yaml:7:5: friction: give ad_valorem .* not both"),
        ("from: made/eaeu, ", "", r"s.yaml:7:5: friction: give ad_valorem .* one of them"),
        ("made/eaeu", "made/eaue", r"friction: unknown estimate 'made/eaue'\. Did you mean 'made/eaeu'"),
        ("made/eaeu", "{name: a, b: 0.1, se: -1, source: x}", r"se is -1; a standard error is above 0"),
        ("made/eaeu", "{name: a, b: .nan, se: 1, source: x}", r"b is nan, not a number"),
        ("made/eaeu", "{name: made/eaeu, b: 0.5, se: 1, source: x}", r"'made/eaeu' comes with karvan"),
        ("made/eaeu", "{mean: 0.1, se: -1}", r"a standard error is not negative"),
        ("made/eaeu", "{mean: 0.1}", r"a normal law needs mean and se"),
        ("from: made/eaeu", "from: made/eaeu, lost: 1", r"lost is true .* or false"),
        ("from: made/eaeu", "ad_valorem: 0.1, lost: true", r"lost goes with from"),
        ("from: made/eaeu", "from: made/eaeu, from_: 0.1", r"friction: from is given twice"),
        ("from: made/eaeu", "form: made/eaeu", r"unknown argument 'form'\. Did you mean 'from'\?"),
    ],
)
def test_faults_of_a_file_name_the_line(tmp_path: Path, old: str, new: str, message: str) -> None:
    with pytest.raises(ScenarioError, match=message):
        read(tmp_path, FILE.replace(old, new))


@pytest.mark.parametrize("value", ["x", None, [0.1], True, np.nan, np.inf])
def test_a_coefficient_is_a_number_or_an_estimate(world: World, value: Any) -> None:
    with pytest.raises(ScenarioError, match=r"unknown estimate|give ad_valorem|from: expected a number"):
        Scenario.of(friction(between=BETWEEN, from_=value)).change(world)


def test_a_tiny_elasticity_is_refused_where_it_matters(world: World) -> None:
    theta = world.theta.copy()
    theta[1] = 0.01
    with pytest.raises(
        ScenarioError, match=r"theta = 0\.01 of s01 changes the cost of the border by a factor of e\^20"
    ):
        scenario().change(world.with_theta(theta))
    theta[1] = 1e-4
    elsewhere = scenario(sectors=["s00"])
    assert elsewhere.change(world.with_theta(theta)).d_hat is not None
    table = kv.tariff_equivalent(world.with_theta(theta), elsewhere, draws=5)
    assert table.rows[-1][2] == pytest.approx(100 * (np.exp(0.2 / theta[0]) - 1))


def test_a_value_for_nothing_is_refused() -> None:
    with pytest.raises(ScenarioError, match=r"no uncertain argument 'friction1.ad_valorem'\. Known: made/eaeu"):
        scenario().at({"friction1.ad_valorem": 0.1})


def test_a_negative_draw_makes_leaving_cheaper(world: World) -> None:
    d_hat = scenario().at({"made/eaeu": -0.1}).change(world).d_hat
    assert d_hat is not None
    assert (d_hat[1, 2, world.goods] < 1).all()


def test_one_coefficient_is_drawn_once(world: World) -> None:
    pair = friction(between=BETWEEN, from_="made/eaeu") | friction(between=["C03", "C04"], from_="made/eaeu")
    assert list(pair.ranges()) == ["made/eaeu"]
    d_hat = pair.at({"made/eaeu": 0.31}).change(world).d_hat
    assert d_hat is not None
    np.testing.assert_array_equal(d_hat[1, 2], d_hat[3, 4])
    other = {"name": "made", "b": 0.1, "se": 0.1, "source": "x"}
    clash = friction(between=BETWEEN, from_=other) | friction(between=["C03", "C04"], from_={**other, "b": 0.2})
    with pytest.raises(ScenarioError, match="two different estimates are called 'made'"):
        clash.ranges()


def test_a_sweep_uses_the_drawn_elasticity_and_coefficient(uncertain: World) -> None:
    found = kv.sweep(uncertain, scenario(), draws=3, seed=4)
    assert found.drawn == ("theta", "made/eaeu")
    for k in range(3):
        theta = uncertain.params.draw(4, k)["theta"]
        b = Estimate.named("made/eaeu").draw("", 4, k)
        d_hat = np.ones_like(uncertain.M)
        for n, i in ((1, 2), (2, 1)):
            d_hat[n, i, uncertain.goods] = np.exp(b / theta[uncertain.goods])
        out = kv.solve(uncertain.with_theta(theta), kv.Change(d_hat=d_hat))
        np.testing.assert_allclose(found.sample("welfare_hat", "friction")[k], out.values["welfare_hat"], atol=1e-8)
    assert found.record == kv.sweep(uncertain, scenario(), draws=3, seed=4).record


def test_the_tariff_equivalent_by_sector_and_on_average(uncertain: World) -> None:
    table = kv.tariff_equivalent(uncertain, scenario(), draws=200, seed=1)
    rows = {r["sector"]: r for r in table.to_dicts()}
    trade = uncertain.M[1, 2] + uncertain.M[2, 1]
    cost = 100 * (np.exp(0.2 / uncertain.theta) - 1)
    for j in np.flatnonzero(uncertain.goods & (trade > 0)):
        row = rows[uncertain.sectors[j]]
        assert row["trade MUSD"] == pytest.approx(trade[j])
        assert row["cost %"] == pytest.approx(cost[j])
        assert row["low"] < row["cost %"] < row["high"]
    average = rows["average by trade"]
    weight = np.where(uncertain.goods, trade, 0.0)
    assert average["cost %"] == pytest.approx((cost * weight).sum() / weight.sum())
    assert average["low"] < average["cost %"] < average["high"]
    assert "made/eaeu" in table.title and "0.1" in table.title
    cheaper = kv.tariff_equivalent(uncertain, scenario(lost=False), draws=20).to_dicts()
    assert all(r["cost %"] < 0 for r in cheaper)


def test_the_tariff_equivalent_of_an_assumed_share_is_the_share(world: World) -> None:
    assumed = friction(between=BETWEEN, ad_valorem=Range(0.05, 0.02, 0.1), source="a guess")
    table = kv.tariff_equivalent(world, assumed)
    assert all(row[2:] == pytest.approx((5.0, 2.0, 10.0)) for row in table.rows)
    assert "a guess" in table.title
    with pytest.raises(ScenarioError, match="no uncertain border cost"):
        kv.tariff_equivalent(world, friction(between=BETWEEN, ad_valorem=0.05))


@pytest.mark.parametrize("cost", [-0.2, 0.0, 0.03, 0.4])
@pytest.mark.parametrize("lost", [True, False])
def test_value_at_is_the_inverse_of_the_mean(world: World, cost: float, lost: bool) -> None:
    found = border(scenario(lost=lost))
    assert found is not None
    assert found.mean(world, found.value_at(world, cost)) == pytest.approx(cost, abs=1e-12)
    one = world.with_theta(np.full(3, 4.0))
    assert found.mean(one, found.value_at(one, cost)) == pytest.approx(cost, abs=1e-12)


def test_break_even_over_the_coefficient_and_over_the_cost(world: World) -> None:
    over_b = kv.break_even(world, scenario(), "C01", "made/eaeu", target=0.9995, high=2.0)
    over_cost = kv.break_even(world, scenario(), "C01", "friction1.ad_valorem", target=0.9995, high=0.5)
    assert over_b.value is not None and over_cost.value is not None
    found = border(scenario())
    assert found is not None
    assert found.mean(world, over_b.value) == pytest.approx(over_cost.value, abs=1e-8)
    assert over_cost.low == 0.0
    out = kv.solve(world, scenario().at({"made/eaeu": over_b.value}))
    assert out.values["welfare_hat"][1] == pytest.approx(0.9995, abs=1e-8)
    usual = kv.break_even(world, scenario(), "C01", "friction1.ad_valorem", target=0.1)
    assert usual.high == pytest.approx(found.mean(world, found.given.high))
    with pytest.raises(ScenarioError, match="Did you mean 'made/eaeu'"):
        kv.break_even(world, scenario(), "C01", "made/eaue")


def test_an_assumed_cost_takes_the_place_of_the_estimate(world: World) -> None:
    for lost, expected in ((True, 1.05), (False, 0.95)):
        found = border(scenario(lost=lost))
        assert found is not None
        d_hat = found.assumed(scenario(lost=lost) | kv.Change(), 0.05).shocks
        other = found.assumed(Scenario.of(found.shock), 0.05).change(world).d_hat
        assert other is not None and len(d_hat) == 2
        np.testing.assert_allclose(other[1, 2, world.goods], expected)


def test_explain_shows_the_border(world: World) -> None:
    from karvan.run.explain import explain

    assert "border" in explain(world, scenario(), "C01")
    assert "border" not in explain(world, friction(between=BETWEEN, ad_valorem=0.05), "C01")


def write_record(tmp_path: Path, world: World, given: Any) -> Path:
    path = tmp_path / "run.record.json"
    path.write_text(json.dumps(kv.solve(world, given).record), encoding="utf-8")
    return path


def test_a_record_repeats_and_tells_when_the_estimate_has_changed(
    tmp_path: Path, world: World, made: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_record(tmp_path, world, scenario())
    kept = json.loads(path.read_text())["scenario"]["shocks"][0]["friction"]["from"]
    assert (kept["b"], kept["se"], kept["sha256"]) == (0.2, 0.1, Estimate.named("made/eaeu").sha256)
    table = verify(path, world)
    assert {row[3] for row in table.rows} == {"same"}
    assert "estimate made/eaeu" in {row[0] for row in table.rows}

    changed = made.parent / "changed"
    changed.mkdir()
    (changed / "made.toml").write_text(block("eaeu", 0.25, 0.08), encoding="utf-8")
    monkeypatch.setattr(estimates, "FOLDER", changed)
    verdicts = {row[0]: row[3] for row in verify(path, world).rows}
    assert verdicts.pop("estimate made/eaeu") == "DIFFERENT: b 0.2 (se 0.1) is now 0.25 (0.08)"
    assert set(verdicts.values()) == {"same"}

    monkeypatch.setattr(estimates, "FOLDER", made.parent)
    assert {row[0]: row[3] for row in verify(path, world).rows}["estimate made/eaeu"] == "DIFFERENT"


@pytest.mark.parametrize(
    "given",
    [
        {"from_": {"name": "mine", "b": 0.2, "se": 0.1, "source": "me"}},
        {"from_": 0.2},
        {"from_": {"mean": 0.2, "se": 0.1}},
        {"ad_valorem": Normal(0.05, 0.01)},
        {"ad_valorem": Range(0.05, 0.02, 0.1)},
    ],
)
def test_records_of_other_costs_repeat(tmp_path: Path, world: World, given: Any) -> None:
    path = write_record(tmp_path, world, friction(between=BETWEEN, **given))
    rows = verify(path, world).rows
    assert {row[3] for row in rows} == {"same"}
    assert not [row for row in rows if row[0].startswith("estimate")]


def test_a_broken_estimate_in_a_record_is_named(tmp_path: Path, world: World) -> None:
    path = write_record(tmp_path, world, scenario())
    path.write_text(path.read_text().replace('"se": 0.1', '"se": -0.1'), encoding="utf-8")
    with pytest.raises(kv.SourceError, match=r"the record's estimate 'made/eaeu' cannot be read: .* se is -0.1"):
        verify(path, world)


def test_an_estimate_on_goods_is_not_applied_to_services_in_silence():
    with pytest.warns(kv.KarvanWarning, match="made/eaeu was estimated on goods"):
        kv.friction(between=["KAZ", "EAEU"], from_="made/eaeu", sectors="services")
