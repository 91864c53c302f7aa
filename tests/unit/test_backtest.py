"""The back-test tests itself: worlds in which the model is true must be recognised; stored results are whole."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

import karvan as kv
from karvan.backtests import TESTS, changes, churn, engine, tables
from karvan.backtests.result import Backtest
from karvan.cli import app
from tests.worlds import random_world

DRAWS = 200
TRUTHS = 60
NOISE = 0.12


@cache
def case() -> engine.Case:
    """Three members cut their tariffs on outsiders, each sector by another amount; `after` is yet to happen."""
    world = random_world(3, 12, 6, deficits=0.0, zeros=0.05)
    theta = world.theta
    world = world.rebuilt(params=kv.Params(theta=kv.Range(theta, theta * 0.6, theta * 1.7, together=0.5)))
    members = next(b for b in world.blocs.values() if b.shares).members
    inside = np.isin(world.countries, members)
    tau = world.tau.copy()
    cut = np.linspace(0.1, 0.9, 6)
    tau[np.ix_(inside, ~inside)] *= 1 - cut
    return engine.Case(world, kv.Scenario.of(kv.Change(tau_new=tau)), world.M, members, members, 0.0)


@cache
def prediction() -> engine.Prediction:
    return engine.predict(case(), DRAWS, 0)


@cache
def truths() -> np.ndarray:
    """Outcomes of the model at elasticities drawn from the same range, by draws that the prediction did not see."""
    return engine.predict(case(), TRUTHS, 1).draws


def mirrored(after: np.ndarray) -> np.ndarray:
    """Every flow changed by the inverse ratio."""
    M = case().world.M
    return np.divide(M**2, after, out=np.zeros_like(M), where=after > 0)


@pytest.mark.parametrize("yardstick", changes.YARDSTICKS)
def test_a_true_model_is_recognised(yardstick: str) -> None:
    fits = [engine.fit(engine.cells(case()._replace(after=M), prediction(), yardstick)) for M in truths()]
    assert 0.84 < np.mean([f.hit_rate for f in fits]) < 0.96
    assert np.median([f.correlation for f in fits]) > 0.95
    assert np.median([f.slope for f in fits]) == pytest.approx(1, abs=0.15)
    assert np.median([f.skill for f in fits]) > 0.8
    assert max(f.chance for f in fits) <= 0.01


def test_noise_lowers_the_correlation_by_the_known_factor() -> None:
    """corr(p + e, p) = sd(p) / sqrt(var(p) + var(e))."""
    found = engine.cells(case(), prediction())
    noise = np.random.default_rng(0).normal(0, 2 * found.predicted.std(), (400, found.predicted.size))
    even = np.ones_like(found.weight)
    seen = [engine.fit(found._replace(happened=found.predicted + e, weight=even)).correlation for e in noise[:60]]
    assert np.mean(seen) == pytest.approx(1 / np.sqrt(5), abs=0.03)


def test_churn_everywhere_is_told_from_a_wrong_model() -> None:
    """Noise of one kind in all markets: the parameters' band misses, the band with churn holds, power says why."""
    rng = np.random.default_rng(5)
    after = truths()[7] * np.exp(rng.normal(0, NOISE, truths()[7].shape))
    noisy = case()._replace(after=after)
    fit = engine.fit(engine.cells(noisy, prediction(), "share of imports"))
    power = churn.power(noisy, prediction(), "share of imports")
    assert fit.hit_rate < 0.4
    assert 0.75 < power.in_band < 0.98  # nine importers outside: 5 to 95 % of nine values hold about 0.8
    assert power.true[0] - 0.1 < fit.correlation < power.true[2] + 0.1
    assert power.nothing[0] < 0 < power.nothing[1] < power.true[1] < power.true[2]
    assert power.typical == pytest.approx(100 * NOISE * 0.6745, rel=0.2)
    wrong = noisy._replace(after=mirrored(truths()[7]) * np.exp(rng.normal(0, NOISE, after.shape)))
    assert engine.fit(engine.cells(wrong, prediction(), "share of imports")).correlation < power.nothing[0]


def test_a_truth_of_the_opposite_sign_is_seen() -> None:
    opposite = mirrored(prediction().mode)
    fit = engine.fit(engine.cells(case()._replace(after=opposite), prediction()))
    assert fit.correlation < -0.95
    assert fit.direction < 0.05
    assert fit.skill < -2
    assert fit.chance > 0.99


def test_partial_equilibrium_is_the_models_own_first_step() -> None:
    """With costs and spending held it agrees with the shares by hand, and no change means no change."""
    world = case().world
    M = engine.partial_equilibrium(case())
    tau = case().change.change(world).tau_new
    assert (M * (1 + tau)).sum(axis=1) == pytest.approx(world.X)
    n, i, k, j = 0, 5, 6, 2
    ratio = (M[n, i, j] / M[n, k, j]) / (world.M[n, i, j] / world.M[n, k, j])
    kappa = ((1 + tau) / (1 + world.tau))[n, [i, k], j]
    wedge = (1 + world.tau[n, [i, k], j]) / (1 + tau[n, [i, k], j])
    assert ratio == pytest.approx((kappa[0] / kappa[1]) ** -world.theta[j] * wedge[0] / wedge[1])
    still = case()._replace(change=kv.Scenario.of(kv.Change(tau_new=world.tau)))
    assert engine.partial_equilibrium(still) == pytest.approx(world.M)


def test_tables_agree_with_the_flows() -> None:
    world, after = case().world, truths()[0]
    done = case()._replace(after=after)
    row = tables.by_partner(done, prediction()).to_dicts()[0]
    n, i = world.position(row["importer"]), world.position(row["supplier"])

    def share(M: np.ndarray) -> float:
        bought = M[n][:, world.goods].sum(axis=1)
        return float(100 * bought[i] / (bought.sum() - bought[n]))

    assert row["before"] == pytest.approx(share(world.M), abs=1e-3)
    assert row["happened"] == pytest.approx(share(after) - share(world.M), abs=2e-3)
    assert row["predicted"] == pytest.approx(share(prediction().mode) - share(world.M), abs=2e-3)
    sector = tables.by_sector(done, prediction()).to_dicts()[0]
    assert sector["sector"] == "all goods"
    inside = [world.position(c) for c in done.union if c != sector["importer"]]
    n = world.position(sector["importer"])
    union = sum(
        tables._partner_share(after, world.goods)[n, k] - tables._partner_share(world.M, world.goods)[n, k]
        for k in inside
    )
    assert sector["happened"] == pytest.approx(-union, abs=2e-3)


@pytest.mark.parametrize("name", TESTS)
def test_the_stored_result_is_whole(name: str) -> None:
    found = kv.backtest(name)
    assert isinstance(found, kv.Backtest)
    again = Backtest.from_dict(json.loads(json.dumps(found.to_dict())))
    assert again.to_dict() == found.to_dict()
    first = found.fit.to_dicts()[0]
    assert first["variant"] == "main"
    assert first["correlation"] == pytest.approx(found.headline["correlation"], abs=6e-4)
    assert first["in band"] == pytest.approx(found.headline["in_band"], abs=6e-4)
    assert set(found.record["files"]) == {file.split("/")[-1] for file in TESTS[name].files.split(", ")}
    for table in (found.partners, found.sectors):
        for row in table.to_dicts():
            assert row["low"] <= row["predicted"] <= row["high"] or row["in band"] == "no"
            assert (row["in band"] == "yes") == (row["low"] <= row["happened"] <= row["high"])


def test_wrong_input_is_told(tmp_path: object) -> None:
    with pytest.raises(kv.SourceError, match=r"name a back-test: tariff-2012, union-2010"):
        kv.backtest()
    with pytest.raises(kv.SourceError, match=r"no back-test 'tariff-2013'.*tariff-2012"):
        kv.backtest("tariff-2013")
    with pytest.raises(kv.SourceError, match=r"no such folder; it must hold gravity/trade_1964_2016\.parquet"):
        kv.backtest("union-2010", data="nowhere")
    with pytest.raises(kv.SourceError, match="2 of 2 files are not there: gravity"):
        kv.backtest("union-2010", data=str(tmp_path))
    with pytest.raises(kv.SourceError, match="3 of 3 files are not there: icio"):
        kv.backtest("tariff-2012", data=str(tmp_path))
    with pytest.raises(kv.ScenarioError, match="at least 20"):
        kv.backtest("union-2010", data=str(tmp_path), draws=3)
    with pytest.raises(kv.ScenarioError, match="stored result has 200 draws"):
        kv.backtest("union-2010", draws=500)
    with pytest.raises(kv.SourceError, match=r"not a stored back-test.*run it again"):
        Backtest.from_dict({"name": "x"})


def test_the_command_prints_the_list_a_result_and_json() -> None:
    runner = CliRunner()
    assert "union-2010" in runner.invoke(app, ["backtest"]).stdout
    told = runner.invoke(app, ["backtest", "union-2010"]).stdout
    assert "predicted from 2008, happened by 2012" in told
    assert "partial equilibrium" in told
    data = json.loads(runner.invoke(app, ["backtest", "tariff-2012", "--json"]).stdout)
    assert data == kv.backtest("tariff-2012").to_dict()


@pytest.mark.parametrize("name", TESTS)
def test_the_chart_shows_every_supplier_of_the_table(name: str) -> None:
    from karvan.backtests.chart import scatter

    found = kv.backtest(name)
    drawing = scatter(found).to_dict()
    points = next(layer["data"]["values"] for layer in drawing["layer"] if len(layer["data"]["values"]) > 2)
    assert len(points) == len(found.partners.rows)
    assert any(p["label"] == "RUS to KAZ" for p in points)
    axes = drawing["layer"][2]["encoding"]
    assert axes["x"]["scale"]["domain"] == axes["y"]["scale"]["domain"]


def test_the_range_of_a_right_model_is_calibrated() -> None:
    """The correlation found lies in the 5 to 95 % range in about nine of ten worlds that were made by the model."""
    inside = []
    for world in range(20):
        noise = np.random.default_rng(world).normal(0, NOISE, case().after.shape)
        made = case()._replace(after=truths()[world] * np.exp(noise))
        fit = engine.fit(engine.cells(made, prediction(), "share of imports"))
        power = churn.power(made, prediction(), "share of imports")
        inside.append(power.true[0] <= fit.correlation <= power.true[2])
    assert np.mean(inside) >= 0.7


def test_shares_of_a_market_add_up_after_churn() -> None:
    found = engine.cells(case(), prediction(), "share of imports")
    noise = np.random.default_rng(0).normal(0, 50, (3, found.weight.size))
    moved = churn.shaken(found, np.zeros_like(noise), noise)
    for market in np.unique(engine.market(found)):
        at = engine.market(found) == market
        assert (np.exp(moved[:, at] / 100) @ found.weight[at]) / found.weight[at].sum() == pytest.approx(np.ones(3))


@pytest.mark.parametrize("name", TESTS)
def test_the_page_tells_the_stored_numbers(name: str) -> None:
    page = (Path(__file__).parents[2] / "docs" / "explanation" / "back-test.md").read_text(encoding="utf-8")
    h = kv.backtest(name).headline
    low, median, high = h["correlation_if_true"]
    assert (
        f"| net of supply | {h['cells']} | **{h['correlation']:.2f}** | {median:.2f} ({low:.2f} to {high:.2f})" in page
    )
    assert f"**{100 * h['in_band']:.1f} %** | {h['half_width']:.1f} | {h['miss']:.0f} |" in page
