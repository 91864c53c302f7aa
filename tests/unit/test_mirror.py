"""Reconciliation: what is known of simulated data comes back, order and unit do not matter, faults are refused."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest

import karvan as kv
from karvan.estimate.mirror import Thresholds
from karvan.estimate.mirror.margin import fit_margin
from karvan.estimate.mirror.reports import checked
from karvan.estimate.mirror.robust import bisquare, standard_errors
from karvan.estimate.mirror.simulate import Simulated, plant, score, simulate
from karvan.estimate.mirror.spread import decompose


@cache
def world() -> Simulated:
    return simulate(40, seed=1)


@cache
def found() -> kv.Reconciliation:
    s = world()
    return kv.reconcile(s.reports, gravity=s.gravity, gdp=s.gdp)


def report(reporter: str, partner: str, flow: str, value: float, **other: Any) -> dict[str, Any]:
    valuation = "fob" if flow == "exports" else "cif"
    row = {"reporter": reporter, "partner": partner, "flow": flow, "year": 2020, "value_musd": value}
    return {**row, "valuation": valuation, "source": "test", **other}


def test_margin_comes_back() -> None:
    terms = found().margin.set_index("term")
    for term, true in zip(("constant", "log_distance"), world().margin, strict=True):
        assert terms.loc[term, "lo"] < true < terms.loc[term, "hi"]
        assert terms.loc[term, "hi"] - terms.loc[term, "lo"] < 0.5


def test_quality_comes_back() -> None:
    quality = found().quality.set_index("reporter")
    true = 100 * np.expm1(world().sd)[quality.index]
    inside = (quality["error_percent_lo"] <= true) & (true <= quality["error_percent_hi"])
    assert inside.mean() > 0.75
    assert np.corrcoef(np.log(quality["error_percent"]), np.log(true))[0, 1] > 0.9
    assert abs(np.log(quality["error_percent"] / true).mean()) < 0.1


def test_reconciled_flows_are_nearer_the_truth_and_ranges_hold() -> None:
    both = found().flows.merge(world().flows, on=["exporter", "importer"], suffixes=("", "_true"))
    error = np.log(both["value_musd"] / both["value_musd_true"])
    alone = np.log(both["exporter_musd"] / both["value_musd_true"])
    assert error.std() < 0.7 * alone.std()
    held = both["value_musd_true"].between(both["lo"], both["hi"]).mean()
    assert 0.87 < held < 0.97


def test_weights_and_values_stay_between_the_reports() -> None:
    flows = found().flows
    both = flows[flows["basis"] == "both reports"]
    assert both["weight_exporter"].between(0, 1).all()
    fob = both["importer_musd"] / both["cif_factor"]
    low, high = np.minimum(both["exporter_musd"], fob), np.maximum(both["exporter_musd"], fob)
    assert (both["value_musd"] >= low * (1 - 1e-12)).all()
    assert (both["value_musd"] <= high * (1 + 1e-12)).all()
    assert (flows["lo"] <= flows["value_musd"]).all()
    assert (flows["value_musd"] <= flows["hi"]).all()


def test_two_reports_of_unknown_quality_give_their_geometric_mean() -> None:
    rows = [report("KAZ", "RUS", "exports", 100.0), report("RUS", "KAZ", "imports", 400 * 1.06)]
    made = kv.reconcile(pd.DataFrame(rows))
    flow = made.flows.iloc[0]
    assert flow["value_musd"] == pytest.approx(200.0)
    assert flow["weight_exporter"] == pytest.approx(0.5)
    assert flow["cif_factor"] == 1.06
    assert "assumed" in made.margin["note"].iloc[0]


def test_better_reporter_weighs_more() -> None:
    flows = found().flows.set_index(["exporter", "importer"])
    best, worst = world().sd.idxmin(), world().sd.idxmax()
    assert flows.loc[(best, worst), "weight_exporter"] > 0.8
    assert flows.loc[(worst, best), "weight_exporter"] < 0.2


def test_order_of_rows_and_names_does_not_matter() -> None:
    s = world()
    shuffled = kv.reconcile(s.reports.sample(frac=1, random_state=3), gravity=s.gravity, gdp=s.gdp)
    names = dict(zip(s.sd.index, s.sd.index[::-1], strict=True))
    swap = {c: lambda t, c=c: t[c].map(names) for c in ("reporter", "partner")}
    ends = {c: lambda t, c=c: t[c].map(names) for c in ("exporter", "importer")}
    renamed = kv.reconcile(
        s.reports.assign(**swap),
        gravity=s.gravity.assign(**ends),
        gdp=s.gdp.assign(country=s.gdp["country"].map(names)),
    )
    back = renamed.flows.assign(**ends).sort_values(["exporter", "importer"])
    for other in (shuffled.flows, back):
        np.testing.assert_allclose(other["value_musd"], found().flows["value_musd"], rtol=1e-4)


def test_unit_of_money_does_not_matter() -> None:
    s = world()
    scaled = kv.reconcile(
        s.reports.assign(value_musd=s.reports["value_musd"] * 10),
        gravity=s.gravity,
        thresholds=Thresholds(floor_musd=10.0, margin_floor_musd=100.0, quoted_musd=1000.0),
    )
    np.testing.assert_allclose(scaled.flows["value_musd"], 10 * found().flows["value_musd"], rtol=1e-4)


def test_one_report_stands_alone_with_its_reporters_error() -> None:
    s = world()
    gone = s.reports["reporter"].eq("ALB") & s.reports["flow"].eq("imports")
    made = kv.reconcile(s.reports[~gone], gravity=s.gravity)
    alone = made.flows[(made.flows["importer"] == "ALB")]
    assert set(alone["basis"]) == {"exporter"}
    np.testing.assert_allclose(alone["value_musd"], alone["exporter_musd"], rtol=1e-12)
    assert (alone["lo"] < alone["value_musd"]).all()


def test_separate_roles_are_told_apart() -> None:
    rng = np.random.default_rng(2)
    n = 30
    i, j = np.nonzero(~np.eye(n, dtype=bool))
    a, b = rng.uniform(0.1, 0.3, n), rng.uniform(0.1, 0.3, n)
    a, b = a * np.exp(np.log(b).mean() - np.log(a).mean()), b
    gap = rng.normal(0, np.sqrt(a[i] ** 2 + b[j] ** 2))
    spread = decompose(gap, i, j, (n, n), shared=False, prior=4.0)
    assert np.corrcoef(np.sqrt(spread.a), a)[0, 1] > 0.6
    assert np.corrcoef(np.sqrt(spread.b), b)[0, 1] > 0.6
    assert spread.size == 0.0


def test_smaller_flows_are_noisier() -> None:
    rng = np.random.default_rng(3)
    i, j = np.nonzero(~np.eye(40, dtype=bool))
    size = rng.normal(0, 2, i.size)
    gap = rng.normal(0, 0.3 * np.exp(-0.15 * size))
    found = decompose(gap, i, j, (40, 40), shared=True, prior=4.0, log_size=size)
    assert found.size == pytest.approx(0.15, abs=0.02)
    assert np.sqrt(found.a.mean() * 2) == pytest.approx(0.3, abs=0.02)


def test_regression_agrees_with_statsmodels() -> None:
    import statsmodels.api as sm

    rng = np.random.default_rng(4)
    X = np.column_stack([np.ones(300), rng.normal(size=(300, 2))])
    y = X @ [1.0, 2.0, -1.0] + rng.normal(0, 0.3, 300)
    y[:20] += 30
    beta, residual, scale = bisquare(X, y)
    known = sm.RLM(y, X, M=sm.robust.norms.TukeyBiweight()).fit(scale_est=sm.robust.scale.HuberScale(), maxiter=500)
    np.testing.assert_allclose(beta, known.params, atol=0.01)
    np.testing.assert_allclose(standard_errors(X, residual, scale), known.bse, rtol=0.2)


def test_margin_is_assumed_from_few_pairs() -> None:
    few = fit_margin(np.ones(5) * 20, np.ones(5) * 30, np.zeros((5, 1)), ("log_distance",), Thresholds())
    assert few.assumed
    assert (few.factor == Thresholds().assumed_margin).all()


def test_planted_errors_are_found() -> None:
    s = world()
    wrong, errors = plant(s.reports, seed=5, each=10)
    after = kv.reconcile(wrong, gravity=s.gravity, gdp=s.gdp)
    told = score(errors, found().flags, after.flags)
    assert told.table["planted"].tolist() == [10] * 8
    assert told.before <= 3
    assert told.table["found"].sum() >= 74
    assert told.precision > 0.9


def test_rules_say_why() -> None:
    rows = [
        report("KAZ", "RUS", "exports", 500.0, complete=True), report("RUS", "CHN", "imports", 10.0, complete=True),
        report("CHN", "KGZ", "exports", 900.0), report("KAZ", "KGZ", "exports", 30.0, complete=True),
        report("KGZ", "KAZ", "imports", 31.0), report("KAZ", "CHN", "exports", 100.0, complete=True),
        report("KAZ", "CHN", "imports", 5.0, complete=True),
        report("KAZ", "CHN", "exports", 2000.0, valuation="reconciled", source="a compiler", complete=True),
    ]  # fmt: skip
    gdp = pd.DataFrame({"country": ["KGZ"], "year": [2019], "gdp_musd": [800.0]})
    history = pd.DataFrame(
        {"exporter": ["RUS"], "importer": ["KAZ"], "year": [2018], "value_musd": [700.0], "source": ["old"]}
    )
    flags = kv.reconcile(pd.DataFrame(rows).fillna({"complete": False}), gdp=gdp, history=history).flags
    why = {(r.exporter, r.importer, r.rule): r.reason for r in flags.itertuples()}
    assert why["KAZ", "RUS", "one-sided"] == "KAZ reports 500 m USD, RUS nothing"
    assert why["CHN", "KGZ", "gdp"] == "900 m USD is 112 % of KGZ's GDP (800 m USD)"
    assert why["KAZ", "CHN", "compiled"] == "a compiler has 2.0 bn USD, KAZ's own customs 100 m USD"
    assert why["RUS", "KAZ", "zero"] == "nothing is reported on either side; 700 m USD in 2018"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"partner": "WLD"}, "'WLD' is a group of countries"),
        ({"partner": "XYQ"}, "unknown country 'XYQ'"),
        ({"partner": "KAZ"}, "KAZ trades with itself"),
        ({"value_musd": -1.0}, "value_musd is -1.0"),
        ({"value_musd": np.nan}, "value_musd is nan"),
        ({"flow": "export"}, "flow is 'export'; write one of exports, imports"),
        ({"valuation": "exw"}, "valuation is 'exw'"),
    ],
)
def test_faulty_reports_are_refused(change: dict[str, Any], message: str) -> None:
    rows = [report("KAZ", "RUS", "exports", 1.0), {**report("KAZ", "CHN", "exports", 1.0), **change}]
    with pytest.raises(kv.SourceError, match=rf"reports:3: .*{message}"):
        kv.reconcile(pd.DataFrame(rows))


def test_all_faults_come_at_once() -> None:
    rows = [
        report("KAZ", "RUS", "exports", 1.0),
        report("KAZ", "RUS", "exports", 2.0),
        report("EU", "KAZ", "sold", -1.0),
    ]
    with pytest.raises(kv.SourceError) as refused:
        kv.reconcile(pd.DataFrame(rows))
    for part in ("occurs twice", "group of countries", "flow is 'sold'", "value_musd is -1.0"):
        assert part in str(refused.value)
    with pytest.raises(kv.SourceError, match="columns missing: valuation"):
        kv.reconcile(pd.DataFrame(rows).drop(columns="valuation"))


@pytest.mark.parametrize("mark", ["False", "no", "True", 2, 0.5])
def test_complete_is_true_or_false_and_no_word(mark: Any) -> None:
    rows = [report("KAZ", "RUS", "exports", 1.0, complete=mark), report("RUS", "KAZ", "imports", 1.0, complete=True)]
    with pytest.raises(kv.SourceError, match="complete is"):
        kv.reconcile(pd.DataFrame(rows))


def test_complete_may_be_numbers_and_empty_is_false() -> None:
    rows = [report("KAZ", p, "exports", 1.0) for p in ("RUS", "CHN", "UZB")]
    table = checked(pd.DataFrame(rows).assign(complete=[1.0, 0.0, np.nan]))
    assert table["complete"].tolist() == [True, False, False]


def test_codes_in_small_letters_are_the_same_country() -> None:
    rows = [report("kaz", " rus", "exports", 100.0), report("RUS", "KAZ", "imports", 106.0)]
    flows = kv.reconcile(pd.DataFrame(rows)).flows
    assert flows[["exporter", "importer", "basis"]].to_numpy().tolist() == [["KAZ", "RUS", "both reports"]]
    for wrong in ([*rows, report("KAZ", "RUS", "exports", 1.0)], [report("kaz", "KAZ", "exports", 1.0)]):
        with pytest.raises(kv.SourceError, match=r"occurs twice|trades with itself"):
            kv.reconcile(pd.DataFrame(wrong))


@pytest.mark.parametrize("year", ["abc", float("nan"), 2021.5, None])
def test_a_year_is_a_whole_number(year: Any) -> None:
    with pytest.raises(kv.SourceError, match=r"reports:2: year is"):
        kv.reconcile(pd.DataFrame([report("KAZ", "RUS", "exports", 1.0, year=year)]))


def test_exports_with_freight_are_refused() -> None:
    with pytest.raises(kv.SourceError, match=r"reports:2: exports are given cif"):
        kv.reconcile(pd.DataFrame([report("KAZ", "RUS", "exports", 1.0, valuation="cif")]))


def test_a_year_without_reports_is_refused() -> None:
    with pytest.raises(kv.SourceError, match="no report of 1990; there are 2020"):
        kv.reconcile(pd.DataFrame([report("KAZ", "RUS", "exports", 1.0)]), year=1990)


def test_no_column_hides_behind_an_attribute_of_a_frame() -> None:
    flows = kv.mirror(year=2023).flows
    assert (flows.rules == flows["rules"]).all()
    assert "flags" not in flows
    assert list(flows.columns) == list(found().flows.columns)
