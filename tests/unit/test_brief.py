"""The brief: from results to a page in which nothing is missing, invented or fetched."""

import json
import re
from dataclasses import replace

import numpy as np
import pytest

import karvan as kv
from karvan import cases
from karvan.core.case import BESIDE
from karvan.tell import tell
from karvan.tell.charts import svg
from karvan.tell.claims import claims, verdict
from karvan.tell.content import Teller, page
from karvan.tell.language import MINUS, THIN, Words, number, percent


@pytest.fixture(scope="module")
def results():
    return cases.find("kz-eaeu", draws=12, executor="serial")


@pytest.fixture(scope="module")
def html(results):
    return tell(results).html()


def keys(results):
    return [c.key for c in claims(results)]


def test_page_is_whole_and_needs_nothing_from_outside(html):
    assert html.count("<h2>") == 23
    assert not re.search(
        r"\bnan\b|\binf\b|undefined|\{\{|\{[a-z_]+\}",
        re.sub(r"<style>.*?</style>|<svg.*?</svg>", "", html, flags=re.S),
        re.I,
    )
    assert "<script" not in html and "<link" not in html and "@import" not in html
    assert not re.search(r'(src|xlink:href)="https?:', html)
    assert html.count("<svg") == 2 * 26


def test_every_message_is_used_and_none_is_missing(results):
    words = Words("en")
    page(Teller(results, claims(results), words))
    either = {"headline_loss", "headline_gain", "others_inside", "others_outside"}
    either |= {"sure_inside", "sure_outside", "sure_sign_same", "sure_sign_turns", "verdict_but", "why_rest"}
    either |= {"change_never", "change_crosses", "change_always", "not_found", "not_varied", "not_available"}
    either |= {"goods_where_processed", "goods_where_raw", "partners_over", "partners_over_none"}
    either |= {"partners_harm", "partners_unclear", "sure_title_border", "parameters_only", "parameters_estimated"}
    either |= {"weak_frictions", "frictions_estimated", "frictions_papers", "frictions_provisional", "col_border_cost"}
    either |= {"headline_loss_unsure", "headline_gain_unsure", "border_unsure", "change_cheaper", "sure_band_turns"}
    either |= {"statistics_least", "period", "reexports_own", "reexports_levels", "none_lost", "value_of"}
    either |= {"reexports_own_zero", "estimate_zero", "estimate_zero_all", "estimate_leads"}
    either |= {k for k in words.table["text"] if k.startswith(("flag_", "backtest_failed", "backtest_cannot"))}
    either |= {"backtest_passed", "backtest_as_none", "backtest_as_other"}
    either |= {f"verdict_{v}" for v in ("supported", "not", "partly", "cannot")}
    assert set(words.table["text"]) - words.used <= either


def test_names_of_the_world_are_in_the_catalogue(results):
    words = Words("en")
    assert set(results.world.countries) <= set(words.table["country"])
    assert set(results.world.sectors) <= set(words.table["sector"])
    for table in ("scenario", "scenario_in_text", "scenario_means"):
        assert set(results.case["scenarios"]) <= set(words.table[table])
    for kind in BESIDE:
        assert {name for k, name, _ in results.beside if k == kind} <= set(words.table[kind])
    assert set(results.case["groups"]) <= set(words.table["group"])
    assert {k.removeprefix("part.") for k in keys(results) if k.startswith("part.")} <= set(words.table["part"])


def test_every_claim_has_unit_source_and_a_range_or_a_reason(results):
    for claim in claims(results):
        assert claim.unit and claim.source
        assert np.isfinite(claim.value)
        if claim.low is None:
            assert claim.high is None and claim.no_range
        else:
            assert claim.low <= claim.high


def test_headline_is_the_exact_change_of_the_solved_scenario(results):
    out = kv.solve(results.world, kv.Scenario.read("kz-exit-soft"))
    expected = 100 * (float(out["welfare_hat"].sel(country="KAZ")) - 1)
    found = {c.key: c for c in claims(results)}["income.kz-exit-soft.all.KAZ"]
    assert found.value == pytest.approx(expected, abs=1e-9)
    assert percent(found.value).replace(MINUS, "") in tell(results).html().replace(MINUS, "")


def test_dollars_and_household_money_follow_from_the_percent(results):
    found = {c.key: c.value for c in claims(results)}
    money = results.case["money"]
    income = float(results.world.I[results.world.position("KAZ")])
    assert found["dollars.kz-exit-hard"] == pytest.approx(found["income.kz-exit-hard.all.KAZ"] / 100 * income)
    households = money["population_million"] / money["household_size"]
    assert found["household.kz-exit-hard"] == pytest.approx(
        found["dollars.kz-exit-hard"] / households * money["per_usd"]
    )


def test_partner_claims_add_up_to_the_change_in_trade(results):
    out = results.sweep.modes["kz-exit-soft", "all"]
    n, goods = results.world.position("KAZ"), results.world.goods
    change = (out.values["M_new"] - out.world.M)[:, n][:, goods]
    total = np.delete(change, n, axis=0).sum()
    parts = [c.value for c in claims(results) if c.key.startswith("exports.kz-exit-soft.")]
    assert sum(parts) == pytest.approx(total)


def test_verdict_follows_its_rule(results):
    assert verdict(results) == "not"
    n = results.world.position("KAZ")
    flipped = dict(results.sweep.values)
    flipped["welfare_hat"] = flipped["welfare_hat"].copy()
    flipped["welfare_hat"][:, :, :, n] = 1.01
    assert verdict(results._replace(sweep=replace(results.sweep, values=flipped))) == "cannot"


def test_json_has_the_same_claims(results, tmp_path):
    brief = tell(results)
    brief.save(tmp_path / "brief.json")
    data = json.loads((tmp_path / "brief.json").read_text(encoding="utf-8"))
    assert [c["key"] for c in data["claims"]] == [c.key for c in brief.claims]
    assert data["record"]["world"] == "eurasia-2021"
    assert (data["verdict"], data["verdict_exports"]) == ("not", "partly")


def test_bad_targets_are_refused_and_leave_nothing(results, tmp_path):
    brief = tell(results)
    with pytest.raises(kv.SourceError, match="no brief in language 'kk' yet; available: en"):
        brief.save(tmp_path / "a.html", language="kk")
    with pytest.raises(kv.SourceError, match=r"\.html or \.json"):
        brief.save(tmp_path / "a.docx")
    with pytest.raises(kv.SourceError, match="does not exist"):
        brief.save(tmp_path / "nowhere" / "a.html")
    with pytest.raises(kv.SourceError, match="no brief in language"):
        brief.save(tmp_path / "a.html", language="../en")
    assert list(tmp_path.iterdir()) == []


def test_unconverged_results_are_not_told(results):
    bad = {key: replace(out, converged=key[0] != "class") for key, out in results.beside.items()}
    with pytest.raises(kv.ConvergenceError, match=r"24 result.* not converged .*class / resources / kz-exit-soft"):
        tell(results._replace(beside=bad))


def test_markup_in_a_scenario_is_shown_not_run(results):
    wicked = replace(results.scenarios[0], title="<script>alert(1)</script>")
    html = tell(results._replace(scenarios=(wicked, *results.scenarios[1:]))).html()
    assert "<script>" not in html and "&lt;script&gt;" in html


def test_unknown_case_is_named():
    with pytest.raises(kv.SourceError, match="Did you mean 'kz-eaeu'"):
        cases.read("kz-eeau")


def test_numbers_read_as_people_write_them():
    assert number(-1234.5) == f"{MINUS}1{THIN}234"
    assert number(0.004, 2, sign=True) == "0.00"
    assert number(-0.004, 2) == "0.00"
    assert percent(0.5) == f"+0.50{THIN}%"


def test_charts_carry_no_fixed_colour():
    import altair as alt

    drawn = svg(alt.Chart(alt.Data(values=[{"x": 1}])).mark_bar(color="#010101").encode(x="x:Q"), 'a "title" & more')
    assert "var(--ink)" in drawn and "#010101" not in drawn
    assert 'aria-label="a &quot;title&quot; &amp; more"' in drawn
