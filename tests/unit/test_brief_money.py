"""What the brief tells of the oil fund, the debt and the neighbour's currency, from stored results."""

import json
import re
import subprocess
import sys
from types import SimpleNamespace
from unittest.mock import patch

import pytest

import karvan as kv
from karvan import cases
from karvan.cases.evidence import found_elsewhere
from karvan.cases.money import inputs, make
from karvan.core.case import CaseResults
from karvan.core.table import Table
from karvan.data import evidence
from karvan.tell import tell
from karvan.tell.blocks import Teller
from karvan.tell.currency import currency
from karvan.tell.debt import debt
from karvan.tell.fund import fund
from karvan.tell.language import THIN, Words, catalogue
from karvan.tell.money import (
    money,
    verdict_currency,
    verdict_debt,
    verdict_external,
    verdict_fund,
    verdict_oil,
)

NAME = "money-kaz"
LANGUAGES = ("en", "ru", "kk", "az", "hy")
PARTS = (fund, debt, currency)
ASKED = ("fund", "oil", "debt", "external", "currency")
QUANTILES = {"5", "10", "50", "90", "95"}  # numbers of rules and bands, that no data change


@pytest.fixture(scope="module")
def results():
    """The stored results of the case alone: nothing of these parts needs the trade model to run."""
    case = cases.read("kz-eaeu")
    empty = Table((), (), "")
    return CaseResults(case, None, (), SimpleNamespace(scenarios=()), {}, found_elsewhere(case), empty, {})


@pytest.fixture(scope="module")
def found(results):
    return {c.key: c for c in money(results)}


@pytest.fixture(scope="module")
def stored():
    return evidence.read(NAME)


class Tongue:
    """The language of a reader, for parts that have a catalogue of their own."""

    def __init__(self, language):
        self.language = language

    def country(self, code):
        return code


def told(results, part, language="en"):
    """The text of one part of the page, without its drawings and commands."""
    with patch("karvan.tell.charts.both", lambda draw, title: ""):
        section = part(Teller(results, money(results), Tongue(language)))
    shown = [section["heading"]]
    for block in section["blocks"]:
        if block["kind"] != "code":
            shown += [str(v) for k, v in block.items() if k not in ("svg", "kind", "numeric", "words", "fold")]
    return "\n".join(shown)


def with_table(results, name, rows):
    table = results.tables[f"money.{name}"]
    changed = Table(table.columns, tuple(tuple(r.values()) if isinstance(r, dict) else r for r in rows), table.title)
    return results._replace(tables={**results.tables, f"money.{name}": changed})


def rows_of(results, name):
    return results.tables[f"money.{name}"].to_dicts()


def without_money(results):
    case = {k: v for k, v in results.case.items() if k != "money_evidence"}
    return results._replace(case=case, tables={k: v for k, v in results.tables.items() if not k.startswith("money.")})


def test_stored_results_were_made_from_the_data_that_ship(stored):
    assert stored.record["inputs"] == inputs("KAZ")
    assert stored.record["options"]["draws"] >= 5000


def test_the_debt_made_anew_with_few_draws_has_the_same_records_and_nearly_the_same_bands(stored, tmp_path):
    anew = make(tmp_path, parts=["debt"], draws=400)
    for name in ("debt_past", "debt_paid", "debt_claims", "debt_fits", "debt_owes", "debt_sizes", "debt_share"):
        assert anew.table(name).rows == stored.table(name).rows, name
    few, many = (t.table("debt_fan").to_dicts()[-1]["p50"] for t in (anew, stored))
    assert few == pytest.approx(many, abs=3)


def test_the_fund_of_the_stored_results_is_that_of_the_library(stored):
    one = kv.fund(draws=5000)
    last = {r["year"]: r for r in stored.table("fund_fan").to_dicts() if r["process"] == "bootstrap"}
    shown = one.table().to_dicts()[19]
    assert shown["year"] == 2045 and last[2045]["p50"] == shown["p50"]
    chance = next(r for r in stored.table("fund_chances").to_dicts() if r["process"] == "bootstrap")
    assert chance["empty_claim"] == round(one.probability_empty(2031), 4)
    assert chance["empty_20y"] == round(one.probability_empty(2045), 4)
    assert stored.table("oil").rows == kv.oil_horizon().table().rows


def test_the_steps_of_the_claim_follow_their_own_arithmetic(stored):
    facts = {r["name"]: r["value"] for r in stored.table("fund_facts").to_dicts()}
    steps = {r["step"]: r["years"] for r in stored.table("fund_steps").to_dicts()}
    balance = stored.table("fund_past").rows[-1][1]
    assert steps["gross"] == pytest.approx(balance / facts["withdrawals"], abs=0.01)
    assert steps["net"] == pytest.approx(balance / (facts["withdrawals"] - facts["inflow"]), abs=0.02)
    assert steps["gross"] < steps["gross_return"] < steps["net"] < steps["net_return"]
    assert steps["held_low"] < steps["held_high"] < steps["held_today"]


def test_verdicts_of_the_shipped_case(results):
    judged = [f(results) for f in (verdict_fund, verdict_oil, verdict_debt, verdict_external, verdict_currency)]
    assert judged == ["not", "not", "partly", "supported", "partly"]


@pytest.mark.parametrize(
    ("shares", "expected"),
    [
        ((0.0, 0.0, 0.04, 0.0), "not"),
        ((0.5, 0.6, 0.9, 1.0), "supported"),
        ((0.05, 0.2, 0.3, 0.4), "partly"),
        ((0.0, 0.2, 0.0, 0.0), "cannot"),
        ((0.4, 0.6, 0.4, 0.4), "cannot"),
    ],
)
def test_the_verdict_on_the_fund_follows_its_rule(results, shares, expected):
    rows = [{**r, "empty_claim": s} for r, s in zip(rows_of(results, "fund_chances"), shares, strict=True)]
    assert verdict_fund(with_table(results, "fund_chances", rows)) == expected


@pytest.mark.parametrize(
    ("years", "expected"),
    [((32, 45, 49), "not"), ((15, 45, 49), "partly"), ((15, 18, 20), "supported"), ((20.1, 20.1, 20.1), "not")],
)
def test_the_verdict_on_the_oil_follows_its_rule(results, years, expected):
    rows = [{**r, "years_left": y} for r, y in zip(rows_of(results, "oil"), years, strict=True)]
    assert verdict_oil(with_table(results, "oil", rows)) == expected


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        (("supported",) * 3, "supported"),
        (("not supported",) * 3, "not"),
        (("cannot be told",) * 3, "cannot"),
        (("partly", "not supported", "not supported"), "partly"),
        (("supported", "not supported", "cannot be told"), "partly"),
        (("not supported", "not supported", "cannot be told"), "cannot"),
    ],
)
def test_the_verdict_on_the_debt_follows_its_rule(results, parts, expected):
    old = rows_of(results, "debt_claims")
    rows = [{**r, "verdict": v} for r, v in zip(old, (*parts, "supported"), strict=True)]
    assert verdict_debt(with_table(results, "debt_claims", rows)) == expected


def test_the_page_says_why_the_claim_comes_about_and_that_the_forecast_failed(results):
    text = told(results, fund)
    assert "63.9 / 11.0 = 5.8 years" in text and "nothing flows in" in text
    assert "put the fund too high in 10 of 10 years" in text
    assert "from the end of 2013, 0 of 10 years lie in the" in text
    assert "from the end of 2018, 5 of 5 years lie in the" in text


def test_a_fund_that_never_was_too_high_gets_no_doubt(results):
    rows = [{**r, "observed": r["p50"]} for r in rows_of(results, "fund_backtest")]
    text = told(with_table(results, "fund_backtest", rows), fund)
    assert "too high" not in text and "missed" not in text


def test_the_numbers_told_are_those_of_the_tables(results):
    halved = [{**r, "empty_20y": 0.123} for r in rows_of(results, "fund_chances")]
    assert f"by 2045 in 12{THIN}%" in told(with_table(results, "fund_chances", halved), fund)
    fan = rows_of(results, "debt_fan")
    other = with_table(results, "debt_fan", [*fan[:-1], {**fan[-1], "p50": 77.7}])
    assert f"it owes 78{THIN}%" in told(other, debt)
    judged = [{**r, "month": 0.91 if r["month"] else None} for r in rows_of(results, "currency_judged")]
    assert f"91{THIN}% (" in told(with_table(results, "currency_judged", judged), currency)
    stress = [{**r, "effect": 44.0 if r["effect"] else None} for r in rows_of(results, "currency_stress")]
    assert "+44" in told(with_table(results, "currency_stress", stress), currency)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_number_stands_in_a_message(language):
    for key, text in catalogue(language, "money")["text"].items():
        numbers = set(re.findall(r"\d+", re.sub(r"\{[^}]*\}", "", text)))
        assert numbers <= QUANTILES, key


def test_claims_on_money_are_the_values_of_the_tables(results, found):
    net = rows_of(results, "debt_net")[-1]
    claim = found[f"net.{net['year']}"]
    assert (claim.value, claim.low, claim.high) == (net["p50"], net["p5"], net["p95"])
    stress = next(r for r in rows_of(results, "currency_stress") if (r["period"], r["months"]) == ("float to 2022", 1))
    claim = found["currency.stress.float to 2022.1"]
    assert (claim.value, claim.low, claim.high) == (stress["effect"], stress["low"], stress["high"])
    assert found["owes.2026-01-01.total"].value == pytest.approx(
        sum(c.value for k, c in found.items() if re.fullmatch(r"owes.2026-01-01.external_\w+", k)), rel=1e-3
    )
    assert found["fund.empty.fx.20"].low <= found["fund.empty.fx.20"].value <= found["fund.empty.fx.20"].high


def placeholders(text):
    return set(re.findall(r"\{(\w+)\}", text))


@pytest.mark.parametrize("language", LANGUAGES[1:])
def test_every_language_has_every_message_and_no_placeholder_of_its_own(language):
    english, other = (catalogue(x, "money") for x in ("en", language))
    assert set(other["text"]) == set(english["text"])
    forms = {f"{who}{end}" for who in ("own", "neighbour") for end in ("", "_the", "_of", "_to", "_from")}
    for key, text in english["text"].items():
        names = placeholders(text) - forms
        assert placeholders(other["text"][key]) - forms == names, key
    for table in set(english) - {"text"}:
        assert set(other[table]) == set(english[table]), table


@pytest.mark.parametrize("language", LANGUAGES[1:])
def test_every_language_has_what_the_case_and_its_tables_say(results, language):
    case, said = results.case, catalogue(language, "money")["said"]
    texts = {case[f"claim_{n}"][k] for n in ASKED for k in ("text", "source")}
    texts |= set(case["money_evidence"]["why"].values()) | {r["text"] for r in rows_of(results, "currency_limits")}
    assert texts == set(said)
    table = catalogue(language, "money")
    assert set(case["money_evidence"]["rules"]) <= set(table["rule"])
    assert {r["period"] for r in rows_of(results, "currency_judged") if r["period"]} <= set(table["period"])
    assert {r["assumption"] for r in rows_of(results, "fund_worth")} <= set(table["assumption"])


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_part_is_whole_in_every_language(results, language):
    text = "\n".join(told(results, part, language) for part in PARTS)
    assert not re.search(r"\{[a-z_0-9]+\}|\bnan\b|\bNone\b|\binf\b", text)
    if language in ("ru", "kk", "hy"):  # another script: what is left in Latin letters was not translated
        assert not re.search(r"[A-Za-z]{2,}", text.replace("USD", ""))


def test_every_message_is_used_and_none_is_missing(results):
    teller = Teller(results, money(results), Words("en"))
    with patch("karvan.tell.charts.both", lambda draw, title: ""):
        for part in PARTS:
            part(teller)
    either = {f"verdict_{v}" for v in ("supported", "not", "partly", "cannot")} | {"currency_held_better"}
    words = teller.part("money")
    assert set(words.table["text"]) - words.used <= either


def test_years_carry_the_ending_of_their_number(results):
    text = told(results, fund, "az")
    assert "2013-c\u00fc ilin sonundan" in text and "2025-ci il \u00fc\u00e7\u00fcn" in text
    assert "2025 il" not in text


def test_a_case_without_these_results_has_no_such_parts():
    whole = cases.find("kz-eaeu", draws=12, executor="serial")
    other = without_money(whole)
    assert not any(k.startswith("money.") for k in found_elsewhere(other.case))
    keys = {c.key for c in tell(whole).claims}
    gone = {k for k in keys if k.startswith(("fund.", "oil.", "debt.", "net.", "owes.", "said.", "currency."))}
    assert gone and {c.key for c in tell(other).claims} == keys - gone
    with patch("karvan.tell.charts.both", lambda draw, title: ""):
        assert tell(other).html().count("<h2>") == tell(whole).html().count("<h2>") - len(PARTS)
    judged, data = (json.loads(tell(one).json()) for one in (whole, other))
    assert [judged[f"verdict_{n}"] for n in ASKED] == ["not", "not", "partly", "supported", "partly"]
    assert not any(f"verdict_{n}" in data for n in ASKED)


@pytest.mark.parametrize("language", ["en", "hy"])
def test_charts_are_drawn_with_names_and_without_fixed_colours(results, language):
    for part in PARTS:
        blocks = part(Teller(results, money(results), Tongue(language)))["blocks"]
        drawn = [b["svg"] for b in blocks if b["kind"] == "chart"]
        assert len(drawn) == 2
        for svg in drawn:
            assert svg.count("<svg") == 2 and 'class="narrow"' in svg
            assert not re.search(r'"#0[1-6]0[1-6]0[1-6]"|NaN|undefined', svg)
            texts = re.findall(r"<text[^>]*>([^<]+)</text>", svg)
            assert texts and (language == "en" or not any(re.search("[A-Za-z]{2}", x) for x in texts))


def test_without_the_claims_the_questions_are_still_answered(results):
    plain = results._replace(case={k: v for k, v in results.case.items() if k not in {f"claim_{n}" for n in ASKED}})
    for part, text in ((fund, "by 2045 in"), (debt, "the state owed"), (currency, "has reached the tenge")):
        shown = told(plain, part)
        assert text in shown and "Claim under test" not in shown


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"evidence": "money-kas"}, "Did you mean 'money-kaz'"),
        ({"draws": 4000}, "was made with another draws"),
        ({"neighbour": "CNY"}, "was made with another neighbour"),
        ({"rulez": []}, "unknown key 'rulez'. Did you mean 'rules'"),
    ],
)
def test_a_case_that_asks_for_other_results_is_refused(results, wrong, message):
    given = {**results.case["money_evidence"], **wrong}
    with pytest.raises(kv.SourceError, match=re.escape(message)):
        found_elsewhere({**results.case, "money_evidence": given})


def test_telling_needs_no_model_of_money():
    code = (
        "import sys; from karvan.cases import read; from karvan.cases.evidence import found_elsewhere; "
        "import karvan.tell.content; found_elsewhere(read('kz-eaeu')); "
        "print([m for m in sys.modules if m.startswith(('karvan.macro', 'statsmodels', 'arch', 'pandas'))])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
