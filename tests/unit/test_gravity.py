"""Gravity at the edge: faults of the table told at once, leads and lags, what the result prints and exports."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from flows import flows
from typer.testing import CliRunner

import karvan as kv
from karvan import ConvergenceError, LabelError, SourceError, gravity
from karvan.cli import app

TWO_WAY = "exporter-year importer-year"


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return flows(7, 5, seed=1, step=4)


@pytest.fixture(scope="module")
def fit(table: pd.DataFrame) -> kv.GravityFit:
    return gravity(table, on="agreement", domestic=True, source="invented")


def test_any_kind_of_table(table: pd.DataFrame, fit: kv.GravityFit, tmp_path: Path) -> None:
    import pyarrow as pa

    table.to_csv(tmp_path / "flows.csv", index=False)
    table.to_parquet(tmp_path / "flows.parquet")
    for data in (tmp_path / "flows.csv", str(tmp_path / "flows.parquet"), pa.Table.from_pandas(table)):
        found = gravity(data, on="agreement", domestic=True)
        np.testing.assert_allclose(found.b, fit.b, atol=1e-9)


def test_the_table_is_left_as_it_was(table: pd.DataFrame) -> None:
    before = table.copy()
    gravity(table, on="agreement", domestic=True)
    pd.testing.assert_frame_equal(table, before)


def test_other_names_of_columns(table: pd.DataFrame, fit: kv.GravityFit) -> None:
    other = table.rename(columns={"exporter": "o", "importer": "d", "year": "t", "trade": "v", "agreement": "rta (1)"})
    found = gravity(other, "v", on=["rta (1)"], exporter="o", importer="d", year="t", domestic=True)
    assert found["rta (1)"] == pytest.approx(fit["agreement"], abs=1e-12)


def test_every_fault_is_told_at_once(table: pd.DataFrame) -> None:
    bad = pd.concat([table, table.iloc[:2]], ignore_index=True)
    bad.loc[5, "trade"] = -3.0
    bad.loc[9, "agreement"] = np.nan
    with pytest.raises(SourceError) as fault:
        gravity(bad, on="agreement log(distance)", effects=TWO_WAY, years=[2000, 2017])
    text = str(fault.value)
    for words in (
        "2 rows repeat a flow (exporter importer year): C00-C00-2000, C00-C00-2004",
        "37 rows are domestic sales",
        "1 of the years asked for are not in the table: 2017",
        "1 flows are negative: C00-C01-2000",
    ):
        assert words in text, text


@pytest.mark.parametrize(
    ("change", "options", "words"),
    [
        ({}, {"on": "agrement"}, "no column 'agrement'. Did you mean 'agreement'?"),
        ({}, {"on": "agreement", "exporter": "reporter"}, "no column 'reporter'"),
        ({}, {"on": "agreement", "effects": "exporter-yaer"}, "no column 'yaer'. Did you mean 'year'?"),
        ({}, {"on": "agreement", "estimator": "pplm"}, "estimator='pplm'. Did you mean 'ppml'?"),
        ({}, {"on": "agreement", "effects": ""}, "no fixed effects"),
        ({}, {"on": ""}, "no regressors"),
        ({}, {"on": "agreement agreement"}, "on has agreement twice"),
        ({}, {"on": "agreement", "lags": {"agreement": 3}}, "agreement_lag3 needs 4 years that the table lacks: 2001"),
        ({}, {"on": "agreement", "lags": {"agreement": -4}}, "-4 is not a whole number of years above zero"),
        ({}, {"on": "agreement", "lags": 4}, "lags must be {column: years}"),
        ({}, {"on": "agreement", "border_year": True, "domestic": False}, "border-year effects need domestic sales"),
        ({}, {"on": "agreement", "bias_correction": True, "effects": TWO_WAY}, "the bias correction of Weidner and"),
        ({}, {"on": "distance"}, "absorb every regressor: distance"),
        ({}, {"on": "agreement distance"}, "collinear regressors: distance"),
        ({"twin": lambda t: 2 * t.agreement}, {"on": "agreement twin"}, "collinear regressors: twin"),
        ({"trade": 0.0}, {"on": "agreement"}, "all 245 flows are zero"),
        ({"trade": "12,5"}, {"on": "agreement"}, "245 values of trade are not numbers: '12,5'"),
        ({"trade": lambda t: t.trade.where(t.year > 2000)}, {"on": "agreement"}, "49 rows have no value of trade"),
        ({"agreement": lambda t: 1 / t.agreement}, {"on": "agreement"}, "values of agreement are infinite"),
        ({"year": lambda t: t.year + 0.5}, {"on": "agreement"}, "245 rows whose year is not a whole number"),
        (
            {"exporter": lambda t: t.exporter.where(t.exporter != "C01")},
            {"on": "agreement"},
            "35 rows without exporter",
        ),
        ({}, {"on": "log(agreement)"}, "log(agreement): "),
        ({"trade": lambda t: t.trade[:0]}, {"on": "agreement"}, "245 rows have no value of trade"),
        ({}, {"on": "agreement", "cluster": "alone"}, "no column 'alone'"),
    ],
)
def test_faults_say_what_and_where(table: pd.DataFrame, change: dict, options: dict, words: str) -> None:
    with pytest.raises(SourceError) as fault:
        gravity(table.assign(**change), **{"domestic": True, **options})
    assert words in str(fault.value), str(fault.value)


def test_too_few(table: pd.DataFrame) -> None:
    three = flows(3, 2, noise=0.5)
    with pytest.raises(SourceError, match="12 flows for 1 regressors and 18 effects, which fit them exactly"):
        gravity(three.assign(x=three.trade), on="x", domestic=False)
    with pytest.raises(SourceError, match="the table has no rows"):
        gravity(table[:0], on="agreement")
    with pytest.raises(SourceError, match="no flow is left: 245 are alone"):
        gravity(table, on="agreement", effects="exporter-importer-year", domestic=True)


def test_steps_that_run_out(table: pd.DataFrame) -> None:
    with pytest.raises(ConvergenceError, match="did not converge in 2 steps"):
        gravity(table, on="agreement", domestic=True, max_steps=2)


def test_domestic_sales_must_be_said(table: pd.DataFrame) -> None:
    with pytest.raises(SourceError, match="35 rows are domestic sales"):
        gravity(table, on="agreement")
    abroad = table[table.exporter != table.importer]
    without, left = gravity(abroad, on="agreement"), gravity(table, on="agreement", domestic=False)
    assert without["agreement"] == left["agreement"]
    assert left.left_out["domestic sales"] == 35
    with pytest.raises(SourceError, match="no domestic sales"):
        gravity(abroad, on="agreement", domestic=True)


def test_lags_and_leads(table: pd.DataFrame) -> None:
    ordered = table.sort_values(["exporter", "importer", "year"])
    past = ordered.groupby(["exporter", "importer"]).agreement.shift(1)
    by_hand = ordered.assign(before=past).dropna(subset=["before"])
    shifted = gravity(table, on="agreement", lags={"agreement": 4}, domestic=True)
    hand = gravity(by_hand, on="agreement before", domestic=True)
    np.testing.assert_allclose(shifted.b, hand.b, atol=1e-9)
    assert shifted.names == ("agreement", "agreement_lag4")
    assert shifted.left_out["no value of agreement_lag4"] == 49
    held = gravity(table, on="agreement", lags={"agreement": 4}, outside="hold", domestic=True)
    first = ordered.assign(before=past.fillna(ordered.agreement))
    np.testing.assert_allclose(held.b, gravity(first, on="agreement before", domestic=True).b, atol=1e-9)
    ahead = ordered.assign(after=ordered.groupby(["exporter", "importer"]).agreement.shift(-1))
    led = gravity(table, on="agreement", leads={"agreement": (4,)}, domestic=True)
    hand = gravity(ahead.dropna(subset=["after"]), on="agreement after", domestic=True)
    np.testing.assert_allclose(led.b, hand.b, atol=1e-9)


def test_lags_look_beyond_the_years_estimated_on(table: pd.DataFrame) -> None:
    years = [2008, 2012, 2016]
    found = gravity(table, on="agreement", lags={"agreement": 8}, years=years, domestic=True)
    assert set(found.left_out) == {"other years", "separated", "singletons"}
    assert found.observations == 3 * 49


def test_border_years(table: pd.DataFrame) -> None:
    found = gravity(table, on="agreement", border_year=True, domestic=True)
    assert found.names == ("agreement", "border_2000", "border_2004", "border_2008", "border_2012")
    open_ = gravity(table, on="agreement", border_year=True, domestic=True, effects=TWO_WAY)
    assert open_.names[-1] == "border_2016"


def test_a_sector_in_the_effects(table: pd.DataFrame) -> None:
    both = pd.concat([table.assign(sector="food"), flows(7, 5, seed=2, step=4).assign(sector="ores")])
    effects = "exporter-year-sector importer-year-sector pair-sector"
    found = gravity(both, on="agreement", effects=effects, domestic=True)
    assert found.observations == 2 * len(table)
    with pytest.raises(SourceError, match="245 rows repeat a flow"):
        gravity(both, on="agreement", domestic=True)


def test_rows_without_a_value_may_be_left_out(table: pd.DataFrame, fit: kv.GravityFit) -> None:
    more = pd.concat([table, table[table.year == 2000].assign(year=2020, trade=np.nan)])
    found = gravity(more, on="agreement", domestic=True, missing="drop")
    assert found["agreement"] == pytest.approx(fit["agreement"], abs=1e-12)
    assert found.left_out["no value of trade"] == 49


def test_what_the_result_says(fit: kv.GravityFit) -> None:
    text = str(fit.table())
    assert text.startswith("PPML, 245 flows; effects exporter-year importer-year pair; errors clustered by 49 pair")
    row = fit.table().to_dicts()[0]
    assert row["regressor"] == "agreement"
    assert row["trade %"] == pytest.approx(100 * (np.exp(fit["agreement"]) - 1))
    assert row["high 95%"] - row["low 95%"] == pytest.approx(2 * 1.959964 * fit.se_of("agreement"), rel=1e-5)
    params = fit.params()["agreement"]
    assert set(params) == {"mean", "se", "covariance", "source"} and params["source"] == "invented"
    assert params["covariance"]["agreement"] == pytest.approx(params["se"] ** 2)
    assert fit.total("agreement") == (fit["agreement"], fit.se_of("agreement"))
    assert fit.converged and 0.9 < fit.fit < 1
    json.dumps([fit.record, fit.params()])
    with pytest.raises(LabelError, match="Did you mean 'agreement'"):
        fit["agrement"]
    with pytest.raises(AttributeError):
        fit.b = np.zeros(1)  # type: ignore[misc]


def test_a_coefficient_as_a_trade_cost(fit: kv.GravityFit) -> None:
    cost, low, high = fit.cost_change("agreement", theta=5.0)
    assert cost**-5.0 == pytest.approx(np.exp(fit["agreement"]))
    assert low < cost < high < 1


def test_total_of_phased_effects_counts_the_covariance(table: pd.DataFrame) -> None:
    found = gravity(table, on="agreement", lags={"agreement": 4}, domestic=True)
    b, se = found.total("agreement", "agreement_lag4")
    assert b == pytest.approx(found.b.sum())
    assert se == pytest.approx(np.sqrt(found.covariance.sum()))


def test_command(table: pd.DataFrame, fit: kv.GravityFit, tmp_path: Path) -> None:
    path = tmp_path / "flows.csv"
    table.to_csv(path, index=False)
    run = CliRunner().invoke(app, ["gravity", str(path), "--on", "agreement", "--domestic", "keep", "--json"])
    assert run.exit_code == 0, run.output
    told = json.loads(run.stdout)
    assert told["coefficients"][0]["b"] == pytest.approx(fit["agreement"], abs=1e-9)
    assert told["observations"] == 245
    asked = [
        "gravity",
        str(path),
        "--on",
        "agreement",
        "--lag",
        "agreement:4",
        "--years",
        "2008,2012",
        "--domestic",
        "drop",
    ]
    run = CliRunner().invoke(app, asked)
    assert run.exit_code == 0 and "agreement_lag4" in run.stdout, run.output
    run = CliRunner().invoke(app, [*asked, "--lag", "agreement"])
    assert run.exit_code != 0


def test_one_country_written_twice_is_refused(table: pd.DataFrame) -> None:
    name = table["exporter"].iloc[0]
    twice = table.assign(exporter=[n.lower() if k < 5 else n for k, n in enumerate(table["exporter"])])
    with pytest.raises(SourceError, match=f"differ only by case or blanks: .*{name}"):
        gravity(twice, on="agreement", domestic=True)


def test_the_flow_does_not_explain_itself(table: pd.DataFrame) -> None:
    for name in ("trade", "log(trade)"):
        with pytest.raises(SourceError, match="'trade' is the flow; it cannot explain itself"):
            gravity(table, on=name, domestic=True)


def test_a_group_among_countries_is_told(table: pd.DataFrame) -> None:
    name = table["importer"].iloc[0]
    named = table.assign(importer=table["importer"].replace(name, "World"))
    with pytest.warns(kv.KarvanWarning, match="World stand for groups of countries"):
        gravity(named, on="agreement", domestic=True)
