"""What the brief tells from evidence: both sides' statistics, re-exports, back-tests, the estimate's specifications."""

import json
import re
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

import karvan as kv
from karvan import cases
from karvan.cases.detail import turning
from karvan.cases.evidence import found_elsewhere
from karvan.core.estimates import Estimate
from karvan.core.table import Table
from karvan.tell import tell
from karvan.tell.charts import dots
from karvan.tell.claims import claims
from karvan.tell.content import Teller, page
from karvan.tell.evidence import know
from karvan.tell.hubs import top_products, verdict_reexports
from karvan.tell.language import Words
from karvan.tell.reexports import reexports
from karvan.tell.reports import compared, shown, verdict_statistics
from karvan.tell.statistics import _flag, statistics
from karvan.tell.tested import outcome
from karvan.tell.why import change

SOFT = "kz-exit-soft"
PARTS = ("statistics", "reexports", "border_evidence", "backtests", "corridors", "money_evidence")


@pytest.fixture(scope="module")
def results():
    return cases.find("kz-eaeu", draws=12, executor="serial")


@pytest.fixture(scope="module")
def found(results):
    return {c.key: c for c in claims(results)}


def told(results, part):
    """The text of one part of the page."""
    return str(part(Teller(results, claims(results), Words("en"))))


def with_table(results, name, rows):
    table = results.tables[name]
    return results._replace(tables={**results.tables, name: Table(table.columns, tuple(rows), table.title)})


def without_evidence(results):
    case = {k: v for k, v in results.case.items() if k not in PARTS}
    tables = {k: v for k, v in results.tables.items() if not k.startswith((*PARTS, "money.")) and k != "specifications"}
    return results._replace(case=case, tables=tables)


def test_claims_on_flows_are_the_shipped_reports(found):
    flows = kv.mirror(year=2021).flows
    row = flows[(flows["exporter"] == "CHN") & (flows["importer"] == "KAZ")].iloc[0]
    key = "reported.2021.imports.CHN"
    assert found[f"{key}.home"].value == row["importer_musd"]
    assert found[f"{key}.other"].value == row["exporter_musd"]
    assert found[f"{key}.gap"].value == pytest.approx(row["exporter_musd"] - row["importer_musd"])
    claim = found[f"{key}.value"]
    assert (claim.value, claim.low, claim.high) == (row["value_musd"], row["lo"], row["hi"])
    assert "Bureau of National Statistics of Kazakhstan" in claim.source


@pytest.mark.parametrize("year", [2021, 2023])
def test_how_much_is_apart_and_flagged_agrees_with_the_tables_of_mirror_statistics(found, year):
    flows = kv.mirror(year=year).flows
    mine = flows[(flows["exporter"] == "KAZ") | (flows["importer"] == "KAZ")]
    sold = mine["exporter"] == "KAZ"
    home = mine["exporter_musd"].where(sold, mine["importer_musd"])
    other = mine["importer_musd"].where(sold, mine["exporter_musd"]).fillna(mine["compiled_musd"])
    both = home.notna() & other.notna() & (np.maximum(home, other) >= 10)
    high, low = np.maximum(home, other)[both], np.minimum(home, other)[both]
    value = (high + low) / 2
    claim = found[f"statistics.apart.{year}"]
    for share, times in ((claim.value, 1.25), (claim.low, 2.0), (claim.high, 1.1)):
        assert share == pytest.approx(100 * value[high > times * low].sum() / value.sum())
    assert found[f"statistics.compared.{year}"].value == both.sum()
    covered = 100 * home[both & sold].sum() / home[sold].sum()
    assert found[f"statistics.covered.exports.{year}"].value == pytest.approx(covered)
    assert found[f"statistics.flagged.{year}"].value == (mine["rules"] != "").sum()
    assert found[f"statistics.flows.{year}"].value == len(mine)


def test_the_largest_gaps_come_first(results):
    for year in (2021, 2023):
        gaps = [abs(r["other"] - r["home"]) for r in compared(results, year)]
        assert gaps == sorted(gaps, reverse=True)
        assert len(shown(results, year)) == results.case["statistics"]["top"]


def flow(year, partner, home, other, flags=""):
    return (
        year,
        partner,
        "imports",
        home,
        other,
        "partner",
        (home * other) ** 0.5,
        home / 2,
        other * 2,
        flags,
        "made up",
    )


@pytest.mark.parametrize(
    ("apart", "count", "expected"),
    [(1.0, 12, "supported"), (0.0, 12, "not"), (0.3, 12, "partly"), (1.0, 9, "cannot")],
)
def test_the_verdict_on_statistics_follows_its_rule(results, apart, count, expected):
    rows = [flow(2021, f"P{k}", 100.0, 140.0 if k < apart * count else 110.0) for k in range(count)]
    assert verdict_statistics(with_table(results, "statistics.flows", rows)) == expected


def test_a_year_in_which_nothing_is_apart_does_not_make_the_claim_supported(results):
    rows = [flow(year, f"P{k}", 100.0, 200.0 if year == 2021 else 101.0) for year in (2021, 2023) for k in range(12)]
    assert verdict_statistics(with_table(results, "statistics.flows", rows)) == "partly"


def test_the_page_tells_the_figure_that_the_pool_hangs_on(results, found):
    text = told(results, statistics)
    assert "in 2021 China reports 14.0 thousand million USD, Kazakhstan 8.2" in text
    assert f"{found['pool.net.mirror'].value:.0f}".replace("-", "\u2212") in text
    plain = {k: v for k, v in results.case.items() if k != "pool_mirror"}
    assert "question of leaving" not in told(results._replace(case=plain), statistics)


@pytest.mark.parametrize(
    ("rule", "factor", "text"),
    [
        ("compiled", 20.459, "20 times what customs have"),
        ("compiled", 0.25, "customs have 4.0 times as much"),
        ("jump", 0.1467, "an earlier year's share was 6.8 times as large"),
        ("gravity", 4e7, "over 1\u202f000 times what size and distance lead one to expect"),
        ("gap", 3.0, "3.0 times apart, more than such reporters usually are"),
        ("zero", 0.0, "nothing is reported where there was much before"),
    ],
)
def test_flags_are_told_in_words(results, rule, factor, text):
    assert _flag(Teller(results, claims(results), Words("en")), rule, factor) == text


def test_every_rule_of_the_flags_has_its_words():
    rules = set(kv.mirror().flags["rule"]) | {"gdp", "total", "zero", "one-sided", "gap", "compiled", "jump", "gravity"}
    assert {f"flag_{rule}" for rule in rules} <= set(Words("en").table["text"])


def test_claims_on_hubs_are_those_of_the_stored_estimate(found):
    rows = {r["hub"]: r for r in kv.reexports().table("hubs").to_dicts()}
    for hub in ("KAZ", "KGZ", "all hubs"):
        claim = found[f"reexports.excess.{hub}"]
        assert [claim.value, claim.low, claim.high] == [rows[hub][f"{k} MEUR"] for k in ("excess", "low", "high")]
        assert found[f"reexports.excess_upper.{hub}"].value == rows[hub]["above a year before MEUR"]
    assert found["reexports.offset.ARM+KAZ+KGZ"].value == found["reexports.ours_beside.1"].value == 3.9
    assert found["reexports.fall"].value == pytest.approx(
        100 * found["reexports.excess.all hubs"].value / found["reexports.offset.all hubs"].value, rel=0.02
    )


def test_products_shown_are_the_largest_that_could_be_tested(results, found):
    products = top_products(results)
    assert len(products) == results.case["reexports"]["top"]
    least = min(r["excess MEUR"] for r in products)
    others = [r for r in results.tables["reexports.products"].to_dicts() if r not in products and r["q"] is not None]
    assert max(r["excess MEUR"] for r in others) <= least
    assert found["reexports.product_q.8703"].value == pytest.approx(5.27)


def with_hubs(results, **ranges):
    rows = [
        (*row[:4], *ranges.get(row[0].replace(" ", "_"), (row[4], row[5])), *row[6:])
        for row in results.tables["reexports.hubs"].rows
    ]
    return with_table(results, "reexports.hubs", rows)


@pytest.mark.parametrize(
    ("ranges", "expected"),
    [
        ({}, "partly"),
        ({"KAZ": (1.0, 9.0)}, "supported"),
        ({"KAZ": (1.0, 9.0), "all_hubs": (-1.0, 9.0)}, "partly"),
        (dict.fromkeys(("KAZ", "KGZ", "GEO", "ARM", "UZB", "all_hubs"), (-9.0, 9.0)), "cannot"),
        (dict.fromkeys(("KAZ", "KGZ", "GEO", "ARM", "UZB", "all_hubs"), (-9.0, -1.0)), "not"),
    ],
)
def test_the_verdict_on_reexports_follows_its_rule(results, ranges, expected):
    assert verdict_reexports(with_hubs(results, **ranges)) == expected


def test_a_country_that_is_no_hub_is_judged_by_the_hubs_together(results):
    given = {**results.case["reexports"], "hubs": ["KGZ", "GEO"]}
    other = results._replace(case={**results.case, "reexports": given})
    assert verdict_reexports(other) == "supported"
    text = told(other, reexports)
    assert "cannot be told from zero" not in text and "karvan reexports KGZ" in text


def test_the_page_says_that_the_own_excess_cannot_be_told_from_zero(results):
    assert "cannot be told from zero" in told(results, reexports)
    assert "cannot be told from zero" not in told(with_hubs(results, KAZ=(100.0, 400.0)), reexports)


@pytest.mark.parametrize(
    ("correlation", "expected"),
    [(-0.2, "failed"), (-0.05, "cannot"), (0.05, "cannot"), (0.15, "passed"), (0.5, "passed")],
)
def test_a_backtest_is_judged_by_its_rule(correlation, expected):
    row = {"correlation": correlation, "true_low": -0.1, "true_high": 0.2, "none_low": -0.2, "none_high": 0.1}
    assert outcome(row) == expected


def test_past_misses_are_told_with_their_numbers(results, found):
    for name in ("tariff-2012", "union-2010"):
        headline = kv.backtest(name).headline
        assert found[f"backtest.{name}.correlation"].value == headline["correlation"]
        assert found[f"backtest.{name}.in_band"].value == pytest.approx(100 * headline["in_band"])
        assert found[f"backtest.{name}.if_right"].low == headline["correlation_if_true"][0]
    text = told(results, know)
    assert "On the common tariff after 2012 it failed" in text
    assert "On the customs union of 2010 the test cannot tell" in text


def test_the_estimate_is_the_mean_of_the_samples_told(results, found):
    samples = [c.value for k, c in found.items() if k.startswith("specification.own years for former Soviet pairs.")]
    assert len(samples) == 4
    assert np.mean(samples) == pytest.approx(Estimate.named("gravity/eaeu").b, abs=1e-4)
    assert "In all 4 samples" in told(results, know)


def test_a_case_without_evidence_has_none_of_it_on_the_page(results):
    other = without_evidence(results)
    assert found_elsewhere(other.case) == {}
    brief = tell(other)
    assert not [
        c.key
        for c in brief.claims
        if c.key.startswith(("statistics.", "reexports.excess.", "backtest.", "specification."))
    ]
    html = brief.html()
    assert html.count("<h2>") == tell(results).html().count("<h2>") - 7
    assert "Our own past misses" not in html and "Re-exports" not in html
    data = json.loads(brief.json())
    assert "verdict_statistics" not in data and "verdict_reexports" not in data


def test_json_has_the_claims_and_the_verdicts(results, found):
    data = json.loads(tell(results).json())
    assert (data["verdict_statistics"], data["verdict_reexports"]) == ("partly", "partly")
    keys = {c["key"] for c in data["claims"]}
    assert {
        "reported.2023.imports.GMB.gap",
        "reexports.excess.KAZ",
        "backtest.tariff-2012.in_band",
        "planted.one",
    } <= keys


def test_a_case_without_these_claims_still_answers_the_questions(results):
    plain = {k: v for k, v in results.case.items() if k not in ("claim_statistics", "claim_reexports")}
    text = told(results._replace(case=plain), statistics) + told(results._replace(case=plain), reexports)
    assert "do both sides report the same?" in text and "The official figures do not match" not in text


def test_new_parts_have_no_code_of_a_country_and_no_placeholder(results):
    for part in (statistics, reexports, know):
        text = re.sub(r"<svg.*?</svg>", "", told(results, part))
        text = re.sub(r"'karvan [^']*'|'text': '[^']*karvan [^']*'", "", text)
        assert not re.search(r"\{[a-z_]+\}|\bnan\b|\bNone\b", text)
        if part is statistics:
            assert not re.search(r"\b[A-Z]{3}\b", text.replace("USD", "").replace("GDP", ""))


@pytest.mark.parametrize(
    ("part", "wrong", "message"),
    [
        ("statistics", {"yeers": [2021]}, "unknown key 'yeers'. Did you mean 'years'"),
        ("statistics", {"years": [1999]}, "has no flow of 1999"),
        ("statistics", {"evidence": "mirror-2024"}, "no stored result 'mirror-2024'. Did you mean 'mirror-2023'"),
        ("reexports", {"evidence": "reexports-2021"}, "Did you mean 'reexports-2022'"),
        ("reexports", {"hubs": ["KAX"]}, "no hub 'KAX'. Did you mean 'KAZ'"),
        ("border_evidence", {"coefficient": "nafta"}, "no specification has 'nafta'"),
        ("backtests", {"names": ["tariff-2013"]}, "Did you mean 'tariff-2012'"),
    ],
)
def test_a_wrong_name_in_a_case_is_refused(results, part, wrong, message):
    with pytest.raises(kv.SourceError, match=re.escape(message)):
        found_elsewhere({**results.case, part: {**results.case[part], **wrong}})


def test_a_missing_key_in_a_case_is_named(results):
    given = {k: v for k, v in results.case["reexports"].items() if k != "union"}
    with pytest.raises(kv.SourceError, match="case kz-eaeu, reexports: missing: union"):
        found_elsewhere({**results.case, "reexports": given})


def test_another_country_is_another_case_file():
    given = {"evidence": "mirror-2023", "years": [2022], "top": 3, "planted": []}
    tables = found_elsewhere({"name": "other", "country": "UZB", "statistics": given})
    rows = tables["statistics.flows"].to_dicts()
    sold = [r for r in rows if (r["partner"], r["flow"]) == ("KAZ", "exports")]
    assert len(sold) == 1 and sold[0]["home"] == 1407.5 and sold[0]["other"] == 1286.1


def test_evidence_is_read_without_a_data_frame():
    code = (
        "import sys; from karvan.cases import read; from karvan.cases.evidence import found_elsewhere; "
        "found_elsewhere(read('kz-eaeu')); print('pandas' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"


def test_the_headline_says_when_its_sign_is_not_certain(results):
    def lead(low, high):
        flipped = {k: v.copy() for k, v in results.sweep.values.items()}
        n = results.world.position("KAZ")
        flipped["welfare_hat"][..., n] = np.linspace(low, high, results.sweep.draws)
        other = results._replace(sweep=replace(results.sweep, values=flipped))
        return page(Teller(other, claims(other), Words("en")))["lead"]

    assert "a gain is less likely but not ruled out" in lead(0.99, 1.01)
    assert "not ruled out" not in lead(0.98, 0.99)


def test_leaving_that_pays_only_below_zero_cost_is_told_so(results):
    rows = [r for r in results.tables["turning"].rows if r[1] != "no_gain"]
    other = with_table(results, "turning", [*rows, (SOFT, "no_gain", -0.012, -0.02, -0.01, "")])
    text = told(other, change)
    assert (
        "No border cost is small enough" in text
        and "by at least this part of the value of goods: a soft exit 1.2" in text
    )
    assert "Leaving pays only while" not in text


def test_the_cost_at_which_leaving_pays_is_looked_for_below_zero_too(results):
    wide = replace(results.sweep, draws=300)
    table = turning(results.case, results.world, results.scenarios[:1], wide, ())
    value = next(r["value"] for r in table.to_dicts() if r["what"] == "no_gain")
    assert -0.03 < value < 0
    at = kv.break_even(results.world, results.scenarios[0], "KAZ", "friction1.ad_valorem", low=-0.03, high=0.0)
    assert value == pytest.approx(at.value, abs=1e-4)


def test_no_column_of_the_futures_holds_losses_and_gains():
    drawn = dots(np.linspace(-0.83, 0.26, 500).tolist(), "")(600).to_dict(validate=False)
    rows = next(layer["data"]["values"] for layer in drawn["layer"] if "loss" in layer["data"]["values"][0])
    assert len(rows) == 50
    assert all(row["loss"] == (row["x"] < 0) for row in rows)
