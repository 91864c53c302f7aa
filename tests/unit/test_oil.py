"""Oil routes of Kazakhstan: the fit and its misses, contracts and capacities, the stops of 2022 and 2025."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from paths import shared
from typer.testing import CliRunner

import karvan as kv
from karvan.cli import app
from karvan.network.oil.episodes import fit_ramp
from karvan.network.oil.files import SHIPPED
from karvan.network.oil.fit import fit
from karvan.network.oil.logit import capped_logit
from karvan.network.oil.widen import programme


@pytest.fixture(scope="module")
def system() -> kv.OilRoutes:
    return kv.oil_routes()


def test_stored_fit_is_what_the_data_give(system: kv.OilRoutes) -> None:
    again = fit(system.tables)
    np.testing.assert_allclose(again.beta.mode, system.fitted.beta.mode, rtol=1e-3)
    inside = system.tables.access
    np.testing.assert_allclose(again.pull[inside], system.fitted.pull[inside], atol=2e-3)
    assert again.years == (2021, 2022, 2023)
    assert set(again.years) == {y for y, use in system.tables.split.items() if use == "fit"}


def test_stored_ramp_is_what_the_stops_give(system: kv.OilRoutes) -> None:
    again = fit_ramp(system.tables, system.fitted)
    assert again.mode == pytest.approx(system.ramp.mode, rel=1e-3)
    assert again.low == pytest.approx(system.ramp.low, rel=1e-3)


def test_oil_in_the_wrong_pipe(system: kv.OilRoutes) -> None:
    found = {row["year"]: row for row in system.misplaced().to_dicts()}
    assert all(found[y]["misplaced_pct"] < 3 for y in (2009, 2021, 2022, 2023, 2024, 2025))
    assert 10 < found[2013]["misplaced_pct"] < 10.5, "the miss of 2013 is told in the docs"
    assert all(abs(row["cpc_miss_pct"]) < 3.5 for row in found.values())


def test_free_shares_without_limits_are_the_logit() -> None:
    supply, weights = np.array([3.0, 1.0]), np.array([[1.0, 2.0], [1.0, 0.0]])
    q, log_m = capped_logit(supply, weights, np.zeros(2), np.full(2, 10.0))
    np.testing.assert_allclose(q, [[1.0, 2.0], [1.0, 0.0]])
    np.testing.assert_array_equal(log_m, 0)


def test_a_full_route_is_left_at_its_capacity_and_room_has_a_value(system: kv.OilRoutes) -> None:
    full = system.flows(2013)
    assert full.total()[0] == pytest.approx(full.cap[0])
    assert full.room_value[0] > 0
    loose = system.flows(2025)
    assert loose.room_value[0] == 0


def test_a_contract_holds_when_price_would_empty_the_route(system: kv.OilRoutes) -> None:
    found = system.flows(2025)
    assert (found.total() >= found.floor - 1e-6).all()
    assert (found.total() <= found.cap + 1e-6).all()
    np.testing.assert_allclose(found.q.sum(axis=1), found.supply)


def test_least_cost_flips_and_its_duals_are_differences(system: kv.OilRoutes) -> None:
    table = {row["route"]: row for row in system.least_cost(2025).to_dicts()}
    assert table["Aktau-Makhachkala"]["least_cost_mt"] < 0.1 < table["Aktau-Makhachkala"]["observed_mt"]
    assert abs(table["CPC"]["logit_mt"] - 63.8) < abs(table["CPC"]["least_cost_mt"] - 63.8)
    for row in system.widen(2025, days=30).to_dicts():
        assert row["dual_usd_t"] == pytest.approx(row["difference_usd_t"], abs=0.1)


def test_room_elsewhere_is_worth_something_only_when_it_is_needed(system: kv.OilRoutes) -> None:
    rows = {row["route"]: row for row in system.widen(2025, price=70).to_dicts()}
    assert all(row["normal_musd"] == 0 for row in rows.values()), "no route was full in 2025"
    assert all(rows[r]["stop_musd"] > 20 for r in rows if r != "CPC")
    before = {row["route"]: row for row in system.widen(2013, days=30).to_dicts()}
    assert before["CPC"]["normal_musd"] > 10


def test_stops_of_2022_and_2025_are_of_the_reported_order(system: kv.OilRoutes) -> None:
    for row in system.episodes(draws=40).to_dicts():
        assert 1 / 3 < row["ratio"] < 3, row
    rerouted = [r for r in system.episodes(draws=2).to_dicts() if r["measure"] == "rerouted"]
    assert all(abs(np.log(r["ratio"])) < np.log(1.3) for r in rerouted)


def test_price_range_moves_the_loss(system: kv.OilRoutes) -> None:
    low, high = (system.close("CPC", price=p, draws=2).sums(30)["loss"][0] for p in (40, 100))
    assert 2 < high / low < 3.5
    drawn = system.close("CPC", price=kv.Range(70, 50, 90), draws=30)
    assert 50 <= drawn.drawn.price.min() < drawn.drawn.price.max() <= 90


def test_every_figure_has_a_source_and_a_quality(system: kv.OilRoutes) -> None:
    rows = system.sources().to_dicts()
    assert len(rows) > 150
    assert all(r["source"] for r in rows if r["file"] not in ("split.csv",))
    assumed = system.sources("assumed").to_dicts()
    assert 0 < len(assumed) < len(rows) / 2
    assert {r["route"] for r in system.disruptions().to_dicts()} <= set(system.routes)


def test_same_seed_same_draws(system: kv.OilRoutes) -> None:
    one, two, other = (system.close("CPC", draws=5, seed=s) for s in (1, 1, 2))
    assert one.table() == two.table()
    assert one.table() != other.table()


def test_tables_of_a_stop_fit_together(system: kv.OilRoutes) -> None:
    found = system.close("cpc", days=30, price=80, draws=3)
    total = {(r["by_day"], r["item"]): r["value"] for r in found.table().to_dicts()}
    assert sum(r["rerouted_mt"] for r in found.routes().to_dicts()) == pytest.approx(total[30, "rerouted"], abs=1e-3)
    assert sum(r["stranded_mt"] for r in found.by_field().to_dicts()) == pytest.approx(total[30, "stranded"], abs=1e-3)
    assert total[365, "stored"] == 0
    assert found.tank_days() == 4
    effect = found.effect(365)
    assert effect["volume_hat"] == pytest.approx(1 - total[365, "stranded"] / found.flows.total().sum(), rel=1e-4)
    assert effect["loss_musd"] == pytest.approx(total[365, "loss"], abs=0.1)


def test_russia_closes_what_crosses_it(system: kv.OilRoutes) -> None:
    whole, pipe = (system.close(name, price=70, draws=2) for name in ("russia", "CPC"))
    assert whole.route == "Russia"
    assert whole.sums(30)["blocked"][0] > pipe.sums(30)["blocked"][0]
    assert whole.sums(30)["rerouted"][0] < pipe.sums(30)["rerouted"][0], "Samara and Makhachkala take nothing then"
    assert {r["route"] for r in whole.routes().to_dicts()} == {"China", "Aktau-Baku", "rail"}
    worst = system.leverage((30,), price=70, draws=2).to_dicts()
    assert [r["closed"] for r in worst[:2]] == ["Russia", "CPC"]


def test_programme_beats_every_other_flow(system: kv.OilRoutes) -> None:
    flows = system.flows(2025)
    best, _, _ = programme(flows, system.tables.access)
    assert best.sum(axis=0) @ flows.netback >= flows.total() @ flows.netback
    np.testing.assert_allclose(best.sum(axis=1), flows.supply)


def test_own_folder_without_a_fit_is_fitted(tmp_path: Path, system: kv.OilRoutes) -> None:
    folder = tmp_path / "oil"
    shutil.copytree(SHIPPED, folder)
    (folder / "fit.toml").unlink()
    own = kv.oil_routes(folder)
    assert own.fitted.beta.mode == pytest.approx(system.fitted.beta.mode, rel=1e-3)
    assert own.ramp.mode == pytest.approx(system.ramp.mode, rel=1e-2)


def test_command_tables_and_json() -> None:
    run = CliRunner().invoke(app, ["oil", "close", "CPC", "--days", "30", "--price", "80", "--draws", "3", "--json"])
    assert run.exit_code == 0, run.output
    found = json.loads(run.stdout)
    assert {"totals", "routes", "fields", "effect"} <= set(found)
    for action in ("flows", "fit", "leverage", "widen", "least-cost", "episodes", "sources"):
        extra = ["--draws", "2"] if action in ("leverage", "episodes") else []
        shown = CliRunner().invoke(app, ["oil", action, *extra])
        assert shown.exit_code == 0, shown.output


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["clos", "CPC"], "Did you mean 'close'"),
        (["close"], "name a route with close"),
        (["flows", "CPC"], "name a route with close"),
        (["flows", "--days", "3"], "does not use --days"),
    ],
)
def test_command_refuses_what_it_would_ignore(arguments: list[str], says: str) -> None:
    run = CliRunner().invoke(app, ["oil", *arguments])
    assert isinstance(run.exception, kv.KarvanError)
    assert says in str(run.exception)


def test_shipped_prices_are_the_yearly_means() -> None:
    path = shared("oil") / "oil" / "brent-year.csv"
    with path.open(encoding="utf-8") as file:
        means = {int(r["Date"][:4]): float(r["Price"]) for r in csv.DictReader(file)}
    tables = kv.oil_routes().tables
    assert tables.brent == {y: means[y] for y in tables.brent}
