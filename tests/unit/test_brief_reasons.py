"""Why, and what would change it: the numbers follow from the results, and others' numbers from their own words."""

from dataclasses import replace

import numpy as np
import pytest

from karvan import Range, SourceError, cases, friction, solve
from karvan.cases.beside import borders
from karvan.core.border import border
from karvan.core.symbols import symbols
from karvan.tell import tell
from karvan.tell.claims import claims, verdict
from karvan.tell.content import Teller, page
from karvan.tell.language import Words
from karvan.tell.published import alone, estimates

SOFT = "kz-exit-soft"


def elasticities(results):
    return results.world.params.entries["theta"]


@pytest.fixture(scope="module")
def results():
    return cases.find("kz-eaeu", draws=12, executor="serial")


@pytest.fixture(scope="module")
def found(results):
    return {c.key: c for c in claims(results)}


def test_keys_are_used_once(results):
    keys = [c.key for c in claims(results)]
    assert len(keys) == len(set(keys))


def test_channels_are_their_percentages_of_income(results, found):
    income = float(results.world.I[results.world.position("KAZ")])
    for part in ("tariffs", "frictions"):
        expected = found[f"income.{SOFT}.{part}.KAZ"].value / 100 * income
        assert found[f"dollars.{SOFT}.{part}"].value == pytest.approx(expected)


def with_pool(results, *rows):
    table = results.tables["pool"]
    return results._replace(tables={**results.tables, "pool": table._replace(rows=rows)})


def test_futures_are_counted_beside_staying_at_another_net(results):
    other = with_pool(results, ("earlier.1", 0.0, 1.0), ("earlier.2", 0.0, 0.5), ("full", 0.0, 1.5))
    again = {c.key: c.value for c in claims(other)}
    assert again["losing.with_pool.earlier.1"] == again[f"losing.{SOFT}"]
    assert again["losing.with_pool.earlier.2"] == 0
    assert again["losing.with_pool.full"] == 50


def test_doubt_about_the_verdict_appears_when_the_pool_could_turn_it(results):
    doubtful = with_pool(results, ("earlier.1", -1e6, 0.5))
    told = page(Teller(doubtful, claims(doubtful), Words("en")))
    assert "50 of 50" in told["claim"]["but"]
    calm = with_pool(results, ("full", 1e6, 1.5))
    assert page(Teller(calm, claims(calm), Words("en")))["claim"]["but"] == ""


def test_the_border_cost_explains_its_part_of_the_spread(results, found):
    scenario = next(s for s in results.scenarios if s.name == SOFT)
    cost, trade = border(scenario), border(scenario).trade(results.world)
    drawn = []
    for k in range(results.sweep.draws):
        b, theta = (p.draw(n, results.sweep.seed, k) for p, n in ((cost.given, ""), (elasticities(results), "theta")))
        drawn.append(float((np.exp(b / theta) - 1) @ trade))
    income = results.sweep.sample("welfare_hat", SOFT)[:, results.world.position("KAZ")]
    assert found[f"explained.{SOFT}"].value == pytest.approx(100 * np.corrcoef(drawn, income)[0, 1] ** 2)


def test_trade_with_members_and_others_is_all_trade(results, found):
    for flow in ("imports", "exports"):
        total = sum(found[f"{flow}.{SOFT}.{c}"].value for c in results.world.countries if c != "KAZ")
        parts = found[f"trade.{flow}.members.{SOFT}"].value + found[f"trade.{flow}.others.{SOFT}"].value
        assert parts == pytest.approx(total)


def test_a_case_without_earlier_figures_for_the_pool_is_told(results):
    rows = [row for row in results.tables["pool"].rows if not row[0].startswith("earlier.")]
    plain = {k: v for k, v in results.case.items() if k != "pool_earlier"}
    assert "Earlier builds of this world" not in tell(with_pool(results, *rows)._replace(case=plain)).html()


def test_a_country_that_gains_is_told_as_gaining(results):
    """A made-up reversal: every sentence that depends on a sign takes its other form."""
    values = {k: v.copy() for k, v in results.sweep.values.items()}
    values["welfare_hat"] = 2 - values["welfare_hat"]
    modes = {
        k: replace(o, values={**o.values, "welfare_hat": 2 - o.values["welfare_hat"]})
        for k, o in results.sweep.modes.items()
    }
    turning = results.tables["turning"]._replace(rows=((SOFT, "no_gain", 0.04, None, None, ""),))
    other = results._replace(sweep=replace(results.sweep, values=values, modes=modes))
    other = other._replace(tables={**results.tables, "turning": turning})
    words = Words("en")
    told = page(Teller(other, claims(other), words))
    assert "would gain" in told["lead"]
    assert {"headline_gain", "change_crosses", "change_always", "sure_sign_turns", "not_found"} <= words.used
    assert verdict(other) == "cannot"


def test_the_largest_gaps_are_shown_first(results):
    rows = page(Teller(results, claims(results), Words("en")))["sections"][-3]["blocks"][-1]["rows"]
    worst = max(abs(r["gap_percent"]) for r in results.comparison.to_dicts() if r["gap_percent"] is not None)
    assert f"{worst:.1f}" in rows[0][3]


def test_numbers_of_others_are_read_from_their_words():
    entry = {"who": "A", "year": 2020, "found": "union \u22120.1 to \u22120.3 %; market +2 %; nothing; 5 % unsigned"}
    first, second = estimates([entry])
    assert (first.who, first.about, first.low, first.high) == ("A (2020)", "union", -0.3, -0.1)
    assert alone(first) is None
    assert (second.about, alone(second)) == ("market", 2.0)


def test_every_case_with_published_estimates_shows_them(results):
    shown = {e.who for e in estimates(results.case["others"])}
    assert shown == {f"{o['who']} ({o['year']})" for o in results.case["others"]}


def test_sources_are_named_in_words(results):
    told = tell(results).html()
    assert symbols()["tau"].label.split(",")[0] in told


def test_an_estimated_border_cost_is_told_with_its_papers(results, found):
    estimate = border(next(s for s in results.scenarios if s.name == SOFT)).estimate
    assert found[f"border_log.{SOFT}"].value == estimate.b
    assert found[f"border_trade.{SOFT}"].value == pytest.approx(100 * (np.exp(-estimate.b) - 1))
    assert found["border_trade.kz-stay-deepen"].value == pytest.approx(100 * (np.exp(estimate.b) - 1))
    for j in np.flatnonzero(results.world.goods):
        claim = found[f"border_sector.{SOFT}.{results.world.sectors[j]}"]
        assert claim.value == pytest.approx(100 * (np.exp(estimate.b / results.world.theta[j]) - 1))
        assert claim.low < claim.value < claim.high
    cost = found[f"border.{SOFT}"]
    assert cost.low < cost.value < cost.high and estimate.name in cost.source
    words = Words("en")
    told = str(page(Teller(results, claims(results), words)))
    assert estimate.measures in told and estimate.command in told
    assert {"frictions_estimated", "parameters_estimated", "sure_title_border"} <= words.used
    assert ("frictions_provisional" in words.used) == estimate.provisional


def test_assumed_border_costs_stand_beside_the_estimated_one(results, found):
    for entry in results.case["borders"]:
        out = solve(results.world, border(results.scenarios[0]).assumed(results.scenarios[0], entry["ad_valorem"]))
        n = results.world.position("KAZ")
        expected = 100 * (float(out.values["welfare_hat"][n]) - 1)
        assert found[f"border.{entry['name']}.{results.scenarios[0].name}"].value == pytest.approx(expected)
        assert found[f"border.{entry['name']}.kz-stay-deepen"].value > 0
        assert entry["source"] in str(page(Teller(results, claims(results), Words("en"))))


def test_an_assumed_border_cost_is_told_as_one(results):
    given = Range(0.05, 0.02, 0.1)
    assumed = tuple(
        replace(
            s,
            shocks=tuple(
                friction(between=["KAZ", "EAEU"], ad_valorem=given) if x.kind == "friction" else x for x in s.shocks
            ),
        )
        for s in results.scenarios
    )
    other = results._replace(scenarios=assumed)
    words = Words("en")
    page(Teller(other, claims(other), words))
    assert {"weak_frictions", "parameters_only"} <= words.used
    assert "frictions_estimated" not in words.used
    again = {c.key: c for c in claims(other)}
    assert (again[f"border.{SOFT}"].value, again[f"border.{SOFT}"].low) == (pytest.approx(5), pytest.approx(2))


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({"name": "a", "ad_valorm": 0.1, "source": "x"}, "unknown key 'ad_valorm'. Did you mean 'ad_valorem'"),
        ({"name": "a", "ad_valorem": 0.1}, "border a: a key is missing"),
    ],
)
def test_bad_border_of_a_case(results, entry, message):
    with pytest.raises(SourceError, match=message):
        borders({**results.case, "borders": [entry]}, results.scenarios)
