"""What a case finds beyond its scenarios: each number agrees with an independent solve, and the page tells it."""

import numpy as np
import pytest

import karvan as kv
from karvan import cases
from karvan.cases.beside import by_sector, classes
from karvan.core.border import border
from karvan.core.scenario import Scenario
from karvan.tell import charts
from karvan.tell.claims import claims
from karvan.tell.content import Teller, page
from karvan.tell.findings import verdict_exports
from karvan.tell.language import Words

SOFT, HARD = "kz-exit-soft", "kz-exit-hard"
SURE = "supported"


@pytest.fixture(scope="module")
def results():
    return cases.find("kz-eaeu", draws=12, executor="serial")


@pytest.fixture(scope="module")
def found(results):
    return {c.key: c for c in claims(results)}


@pytest.fixture(scope="module")
def told(results):
    return page(Teller(results, claims(results), Words("en")))


def income(world, change, **options):
    out = kv.solve(world, change, **options)
    return float(out["welfare_hat"].sel(country="KAZ"))


def test_a_class_of_model_is_the_world_with_that_number(results, found):
    psi = np.where(results.world.goods, 0.13, 0.0)
    psi[[results.world.sectors.index(s) for s in results.case["groups"]["raw"]]] = 0.0
    expected = income(results.world.with_factors(psi=psi), Scenario.read(HARD))
    assert found[f"class.scale.{HARD}"].value == pytest.approx(100 * (expected - 1), abs=1e-8)


def test_the_spread_holds_every_class_and_the_default(results, found):
    spread = found[f"spread.class.{SOFT}"]
    values = [c.value for k, c in found.items() if k.startswith("class.") and k.endswith(SOFT)]
    assert len(values) == len(results.case["classes"])
    values.append(found[f"income.{SOFT}.all.KAZ"].value)
    assert (spread.low, spread.high) == (min(values), max(values))


def test_the_narrower_name_wins(results):
    values = by_sector(results.world, results.case, {"mining": 0.7, "every": 0.1, "raw": 0.4})
    named = dict(zip(results.world.sectors, values, strict=True))
    assert (named["mining"], named["oil_gas"], named["food"]) == (0.7, 0.4, 0.1)


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({"name": "a", "source": "b", "specifc": {}}, "Did you mean 'specific'"),
        ({"name": "a", "specific": {"every": 0.1}}, "name and source needed"),
        ({"name": "a", "source": "b", "psi": {"minig": 0.1}}, "Did you mean 'mining'"),
    ],
)
def test_a_wrong_class_is_refused(results, entry, message):
    with pytest.raises(kv.SourceError, match=message):
        classes(results.world, {**results.case, "classes": [entry]})


def test_parts_add_up_to_the_exact_change(found):
    parts = [c.value for k, c in found.items() if k.startswith("part.")]
    assert sum(parts) == pytest.approx(found[f"dollars.{SOFT}"].value, abs=0.01)
    by_partner = [c.value for k, c in found.items() if k.startswith("of.waste.partner.")]
    assert sum(by_partner) == pytest.approx(found["part.waste"].value)


def test_the_sentence_why_names_the_largest_part_first(found, told):
    sentence = next(s for s in told["sections"] if s["heading"] == "Why")["blocks"][0]["text"]
    assert abs(found["part.waste"].value) > abs(found["part.pool"].value)
    assert sentence.index("the border's cost") < sentence.index("the duty pool")
    assert "Russia" in sentence


def test_at_the_break_even_border_cost_the_loss_is_as_large_as_asked(results, found):
    claim = found[f"turn.loss.{SOFT}"]
    soft = Scenario.read(SOFT)
    at = border(soft).at(results.world, soft, claim.value / 100)
    assert income(results.world, at) == pytest.approx(1 - results.case["loss"], abs=1e-5)
    assert claim.low < claim.value < claim.high


def test_no_border_cost_makes_an_exit_pay_and_the_page_says_so(results, found, told):
    assert not [k for k in found if k.startswith("turn.no_gain.")]
    for name in (SOFT, HARD):
        exit_ = Scenario.read(name)
        assert income(results.world, border(exit_).at(results.world, exit_, 1e-9)) < 1
    section = next(s for s in told["sections"] if s["heading"] == "What would change it")
    assert "No border cost is small enough" in section["blocks"][0]["text"]


def test_staying_and_paying_costs_as_much_as_leaving(results, found):
    world, fee = results.world, found[f"turn.fee.{SOFT}"]
    n = world.position("KAZ")
    D_new = world.D.copy()
    others = [world.position(c) for c in world.blocs["EAEU"].members if c != "KAZ"]
    D_new[n] -= fee.value
    D_new[others] += fee.value * world.I[others] / world.I[others].sum()
    paid = 100 * (income(world, kv.Change(D_new=D_new)) - 1)
    assert paid == pytest.approx(found[f"income.{SOFT}.all.KAZ"].value, abs=1e-4)
    assert fee.low < fee.value < fee.high
    even = found[f"pool.break_even.{SOFT}"]
    assert (even.value, even.low, even.high) == tuple(
        pytest.approx(found["pool.net"].value - v) for v in (fee.value, fee.high, fee.low)
    )


def test_value_added_is_the_same_by_origin_and_by_content(results):
    for when in ("before", "after"):
        rows = [r for r in results.tables["exported"].to_dicts() if r["when"] == when]
        origin, content, gross = (sum(r[k] for r in rows) for k in ("origin", "content", "gross"))
        assert origin == pytest.approx(content, rel=1e-9)
        assert content < gross


def test_exports_before_are_those_of_the_world(results, found):
    world, n = results.world, results.world.position("KAZ")
    sold = np.delete(world.M[:, n], n, axis=0).sum(axis=0)
    raw = [world.sectors.index(s) for s in results.case["groups"]["raw"]]
    assert found["raw.gross.before"].value == pytest.approx(100 * sold[raw].sum() / sold[world.goods].sum())
    assert found["raw.gross.before"].high == pytest.approx(
        found["raw.gross.before"].value + found["exported.gross.first_processing.before"].value
    )


@pytest.mark.parametrize(
    ("raw", "first", "expected"),
    [
        (("agriculture", "oil_gas", "mining"), ("metals",), "partly"),
        (
            ("agriculture", "oil_gas", "mining", "metals", "chemicals", "trade_transport", "other_services"),
            (),
            "supported",
        ),
        (("agriculture",), ("food",), "not"),
        (("agriculture",), ("oil_gas", "mining"), "cannot"),
    ],
)
def test_the_verdict_on_exports_follows_its_rule(results, raw, first, expected):
    groups = {"raw": raw, "first_processing": first}
    assert verdict_exports(results._replace(case={**results.case, "groups": groups})) == expected


def test_a_case_without_groups_has_no_section_on_exports(results):
    plain = {k: v for k, v in results.case.items() if k not in ("groups", "claim_exports")}
    other = results._replace(case=plain)
    headings = [s["heading"] for s in page(Teller(other, claims(other), Words("en")))["sections"]]
    assert not [h for h in headings if "raw or processed" in h]


def test_growth_and_closing_agree_with_the_public_functions(results, found):
    friends = kv.friends(results.world, deficits="share")["welfare"].sel(country="KAZ")
    closing = {row[0]: row[3] for row in kv.holdup(results.world, "KAZ").rows}
    for partner in ("RUS", "CHN", "USA"):
        assert found[f"growth.{partner}"].value == pytest.approx(float(friends.sel(partner=partner)))
        assert found[f"closing.{partner}"].value == pytest.approx(closing[partner], rel=1e-6)
        assert found[f"closing.{partner}"].low < found[f"closing.{partner}"].value < found[f"closing.{partner}"].high


def test_employment_of_all_sectors_adds_up(results, found):
    world, n = results.world, results.world.position("KAZ")
    labour = (world.beta * world.Y)[n]
    moved = [found[f"employment.{SOFT}.{s}"].value for s in world.sectors]
    assert labour @ np.array(moved) / labour.sum() == pytest.approx(0, abs=1e-6)
    assert max(moved) > 0


def test_a_waterfall_ends_at_its_sum():
    rows = [{"label": "a", "value": 2.0}, {"label": "b", "value": -5.0}]
    drawn = charts.waterfall(rows, "", "all")(600).to_dict()
    bars = drawn["layer"][0]["data"]["values"]
    assert [(b["from"], b["to"]) for b in bars] == [(0.0, 2.0), (2.0, -3.0), (0.0, -3.0)]


def test_names_in_a_scatter_never_cover_each_other():
    crowd = [{"x": 0.1 * k, "y": 0.001 * k, "label": f"a long name {k}"} for k in range(12)]
    drawn = charts.scatter(crowd, "x", "y", line=0.5)(320).to_dict()
    rows = drawn["layer"][2]["data"]["values"]
    assert 0 < sum(r["side"] != "" for r in rows) < len(rows)
    alone = charts.scatter([{"x": 1.0, "y": 1.0, "label": "one"}], "x", "y", line=0.1)(600).to_dict()
    assert alone["layer"][2]["data"]["values"][0]["side"]
