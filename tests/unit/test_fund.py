"""The fund of a country: rules, scenarios, definitions, what is refused; another country through the same code."""

from __future__ import annotations

import numpy as np
import pytest

import karvan as kv
from karvan.macro.history import Brent, read_history
from karvan.macro.receipts import draw_law, fit, fit_receipts, flow
from karvan.macro.rules import NEEDS, RULES, State

DRAWS = 500


@pytest.fixture(scope="module")
def base() -> kv.Fund:
    return kv.fund(draws=DRAWS)


def test_the_fit_of_receipts_has_errors_and_forecasts_years_it_did_not_see() -> None:
    law = fit_receipts(read_history())
    assert law.years == (2005, *range(2018, 2025))
    assert law.r2 > 0.85 and law.coef[1] == pytest.approx(2.03, abs=0.02)
    assert 20 < law.p0 < 33 and 4 < law.p0_se < 10
    assert law.misses().title.endswith("8 of 8")
    assert law.se[1] == pytest.approx(0.2986, abs=1e-3)


def test_the_fan_is_ordered_and_emptiness_only_grows(base: kv.Fund) -> None:
    rows = base.table().rows
    assert [row[0] for row in rows] == list(range(2026, 2066))
    assert base.past[2025] == base.start and 2026 not in base.past
    for row in rows:
        assert list(row[1:6]) == sorted(row[1:6])
    chances = [row[6] for row in rows]
    assert chances == sorted(chances) and chances[5] == 0 and 0.2 < chances[-1] < 0.7
    assert (base.balance >= 0).all()
    assert np.array_equal(base.empty > 0, (base.balance <= 1e-9 * base.start).any(1))
    known = base.emptiness().to_dicts()
    assert known[0]["empty_by"] <= known[1]["empty_by"] and known[-1]["empty_by"] is None


def test_the_identity_holds_year_by_year(base: kv.Fund) -> None:
    """F' - F (1 + r) = T - W for one and the same r tilt per draw, wherever the fund is not empty."""
    before = np.concatenate([np.full((DRAWS, 1), base.start), base.balance[:, :-1]], 1)
    net = base.receipts.astype(float) - base.withdrawals
    alive = (base.balance > 1.0) & (before > 1.0)
    earned = (base.balance - net - before)[alive] / before[alive]
    tilt = earned - base.paths.values["fund_return"][alive]
    draw = np.nonzero(alive)[0]
    for i in range(0, DRAWS, 50):
        mine = (draw == i) & (before[alive] > 2_000)
        assert np.ptp(tilt[mine]) < 1e-4


def test_lasting_withdrawals_are_the_edge_of_emptiness(base: kv.Fund) -> None:
    at = float(np.percentile(base.lasting, 10))
    safe = kv.fund(draws=DRAWS, withdrawals=at * 0.999)
    assert safe.probability_empty(2065) == pytest.approx(0.1, abs=0.005)
    low, mode, high = base.forever or (0, 0, 0)
    assert low <= mode <= high
    table = base.sustainable().to_dicts()
    assert table[1]["musd_a_year"] > table[2]["musd_a_year"] > table[3]["musd_a_year"]


@pytest.mark.parametrize("rule", [*RULES, "fixed:9000", "share:fund:0.04", "share:gdp:0.03"])
def test_every_rule_runs_and_pays_no_more_than_there_is(rule: str, base: kv.Fund) -> None:
    found = kv.fund(rule=rule, paths=base.paths)
    assert found.rule == rule and found.balance.shape == base.balance.shape
    assert (found.withdrawals >= 0).all() and np.isfinite(found.balance).all()


def test_a_careful_rule_leaves_more_than_a_careless_one(base: kv.Fund) -> None:
    capped = kv.fund(rule="capped", paths=base.paths)
    assert (capped.balance >= base.balance - 1e-6).all()
    assert capped.withdrawals[:, 0] == pytest.approx(3_900 * 1.3)
    cut = kv.fund(rule="cut-off", paths=base.paths, figures={"cutoff_price": 60.0})
    less = kv.fund(rule="cut-off", paths=base.paths)
    assert cut.withdrawals[:, 0].mean() > 2 * less.withdrawals[:, 0].mean()


def test_the_floor_keeps_the_balance_above_its_share_of_gdp(base: kv.Fund) -> None:
    found = kv.fund(rule="floor", paths=base.paths, figures={"floor": 0.1})
    values, gdp = base.paths.values, []
    level = kv.fund(rule="share:gdp:0.01", withdrawals=None, paths=base.paths).withdrawals[:, 0] * 100.0
    g, p, e = (values[n] for n in ("growth", "inflation", "depreciation"))
    for t in range(3):
        if t:
            level = level * (1 + g[:, t]) * (1 + p[:, t]) / (1 + e[:, t])
        gdp.append(level)
    for t in range(3):
        paying = found.withdrawals[:, t] > 0
        assert paying.any() and (found.balance[paying, t] >= 0.1 * gdp[t][paying] * (1 - 1e-5)).all()


def test_a_rule_can_be_a_function_of_the_state(base: kv.Fund) -> None:
    seen: list[State] = []

    def half_of_receipts(state: State) -> np.ndarray:
        seen.append(state)
        return state.receipts / 2

    found = kv.fund(rule=half_of_receipts, paths=base.paths)
    assert found.rule == "half_of_receipts"
    assert found.withdrawals == pytest.approx(found.receipts / 2, rel=1e-6)
    assert seen[0].gdp is not None and seen[0].gdp.shape == (DRAWS,)


def test_a_draw_does_not_depend_on_how_many_there_are(base: kv.Fund) -> None:
    few = kv.fund(draws=20)
    assert np.array_equal(few.balance, base.balance[:20])
    assert np.array_equal(few.empty, base.empty[:20])


def test_scenarios_move_the_fund_the_right_way(base: kv.Fund) -> None:
    low, high = (kv.fund(draws=DRAWS, price=p, years=15) for p in (40.0, 90.0))
    assert low.probability_empty(2040) > 0.9 and high.probability_empty(2040) < 0.05
    out = kv.fund(outage=0.4, paths=base.paths)
    assert np.median(out.receipts[:, 0] / base.receipts[:, 0]) == pytest.approx(0.6, abs=0.01)
    assert out.receipts[:, 1:] == pytest.approx(base.receipts[:, 1:], rel=1e-6)
    later = kv.fund(outage={2027: 1.0}, paths=base.paths)
    assert (later.receipts[:, 1] == 0).all() and np.array_equal(later.receipts[:, 0], base.receipts[:, 0])
    path = kv.fund(draws=20, years=3, withdrawals=[1_000, 2_000, 3_000])
    assert path.withdrawals[0] == pytest.approx([1_000, 2_000, 3_000])
    more = kv.fund(draws=20, years=3, rule="fixed:1000", indexation=0.1)
    assert more.withdrawals[0] == pytest.approx([1_000, 1_100, 1_210])


def test_an_outage_of_the_oil_routes_can_be_handed_over() -> None:
    stop = kv.oil_routes().close("CPC", days=90, draws=20)
    lost = 1 - stop.effect(365)["volume_hat"]
    hit, calm = (kv.fund(draws=50, years=2, outage=share) for share in (lost, None))
    assert 0 < lost < 1
    assert (hit.receipts[:, 0] < calm.receipts[:, 0]).all()


def test_both_definitions_are_shown() -> None:
    table = kv.fund_definitions(draws=100).to_dicts()
    assert [row["definition"] for row in table] == ["fx", "total"]
    assert [row["start"] for row in table] == [2026, 2025]
    assert kv.fund(draws=20, definition="total").start == pytest.approx(64_203)


def test_rules_are_compared_on_the_same_draws() -> None:
    table = kv.fund_rules(draws=200).to_dicts()
    assert [row["rule"] for row in table] == list(RULES)
    by = {row["rule"]: row for row in table}
    assert by["none"]["empty_40y"] == 0 and by["capped"]["empty_40y"] < by["guaranteed+targeted"]["empty_40y"]
    only = kv.fund_rules("RUS", draws=50).to_dicts()
    assert [row["rule"] for row in only] == ["observed"]


@pytest.mark.parametrize("country", ["NOR", "RUS"])
def test_another_country_runs_through_the_same_code(country: str) -> None:
    found = kv.fund(country, draws=300)
    assert found.country == country and found.rule == "observed"
    assert found.law.kind == {"NOR": "net_flow", "RUS": "change"}[country]
    assert found.years[0] == {"NOR": 2024, "RUS": 2026}[country]
    assert np.isfinite(found.balance).all()
    assert "net flow" in found.summary().rows[1][0] or "change" in found.summary().rows[1][0]


def test_norway_was_in_the_band_after_2018() -> None:
    found = kv.fund_backtest("NOR", fitted_to=2018, draws=1_000)
    assert list(found.observed) == [2019, 2020, 2021, 2022, 2023]
    assert found.inside(found.drawn) == 5


def test_the_back_test_from_2013_misses_and_says_so() -> None:
    found = kv.fund_backtest(draws=1_000)
    assert found.drawn.law.years == tuple(range(2006, 2014)), "nothing after the cut is known to the fit"
    assert len(found.drawn.paths.values["oil_price"]) == 1_000
    assert found.inside(found.drawn) == 0 and found.inside(found.known) == 0
    rows = found.table().to_dicts()
    assert "0 of 10" in found.table().title
    assert all(row["below"] < 0.05 for row in rows), "the truth was worse than nearly every draw"


def test_a_band_from_few_years_covers_what_it_says() -> None:
    """Eight years from a known law, the next ones forecast: 90 % of truths lie in the 5-95 % band."""
    rng, inside, count = np.random.default_rng(11), 0, 1_500
    for _ in range(count):
        p, q = rng.uniform(30, 110, 9), rng.uniform(60, 95, 9)
        x = np.stack([q, p * q], 1)
        truth = x @ np.array([-50.0, 2.0]) + 1_200 * rng.standard_normal(9)
        law = fit("receipts", list(range(8)), truth[:8], x[:8], q[:8])
        coef, sd = draw_law(law, rng, 400)
        drawn = flow(law, coef, p[8], q[8]) + sd * rng.standard_normal(400)
        low, high = np.percentile(drawn, (5, 95))
        inside += bool(low <= truth[8] <= high)
    assert inside / count == pytest.approx(0.90, abs=0.025)


def test_the_fan_covers_what_came_in_worlds_with_a_known_law() -> None:
    """Prices walk at random, the balance changes by a + k p + e: fitted to 15 years, the next five lie in the band."""
    real, rng, inside, worlds = read_history(), np.random.default_rng(4), np.zeros(5), 250
    for world in range(worlds):
        price = 60 * np.exp(np.cumsum(0.08 * rng.standard_normal(12 * 36)))
        yearly = price.reshape(-1, 12).mean(1)[-20:]
        change = -2_000 + 60 * yearly + 1_500 * rng.standard_normal(20)
        balance = 90_000 + np.cumsum(change)
        known = {2000 + t: float(balance[t]) for t in range(15)}
        history = real._replace(
            series={"balance_x": {1999: 90_000.0, **known}}, facts={},
            brent=Brent(12 * 1984, price[:-60], "simulated"),
        )  # fmt: skip
        found = kv.fund(data=history, draws=200, years=5, seed=world)
        assert found.years[0] == 2015 and found.rule == "observed"
        low, high = np.percentile(found.balance, (5, 95), axis=0)
        inside += (low <= balance[15:]) & (balance[15:] <= high)
    assert np.abs(inside / worlds - 0.9).max() < 0.06


def test_the_processes_of_the_price_are_scored_on_years_they_had_not_seen() -> None:
    table = kv.price_scores(draws=300, first=2012, horizons=(1, 3)).to_dicts()
    assert [(row["years_ahead"], row["process"]) for row in table] == [
        (1, "bootstrap"), (1, "ou"), (3, "bootstrap"), (3, "ou"),
    ]  # fmt: skip
    assert all(0 < row["crps_usd_bbl"] < 60 and 0 <= row["inside_90"] <= 1 for row in table)


def test_a_sharp_and_right_forecast_scores_best() -> None:
    from karvan.macro.fund_backtest import crps

    rng = np.random.default_rng(0)
    sample = rng.standard_normal(20_000)
    assert crps(sample, 0.0) == pytest.approx((np.sqrt(2) - 1) / np.sqrt(np.pi), abs=0.01), (
        "known for a normal at its mean"
    )
    assert crps(sample, 0.0) < crps(sample, 1.0) < crps(sample, 2.0)
    assert crps(0.1 * sample, 0.0) < crps(sample, 0.0)


def _one_argument(state: State) -> float:
    return float("nan")


@pytest.mark.parametrize(
    ("options", "error", "says"),
    [
        ({"rule": "capt"}, kv.ScenarioError, "Did you mean 'capped'"),
        ({"rule": "fixed:much"}, kv.ScenarioError, "needs a number"),
        ({"rule": "share:gdp:3"}, kv.ScenarioError, "with a fraction below 1"),
        ({"rule": "share:oil:0.1"}, kv.ScenarioError, "share:fund"),
        ({"rule": lambda: 1.0}, kv.ScenarioError, "one argument"),
        ({"rule": _one_argument}, kv.ScenarioError, "one finite number"),
        ({"rule": "none", "withdrawals": 3.0}, kv.ScenarioError, "not both"),
        ({"withdrawals": -1.0}, kv.ScenarioError, "negative"),
        ({"withdrawals": [1.0, 2.0]}, kv.ScenarioError, "one per year"),
        ({"outage": 1.2}, kv.ScenarioError, "no share"),
        ({"outage": {1999: 0.1}}, kv.ScenarioError, "not among the years"),
        ({"figures": {"cutof_price": 3.0}}, kv.ScenarioError, "Did you mean 'cutoff_price'"),
        ({"figures": {"floor": 0.2}, "rule": "cut-off"}, kv.ScenarioError, "does not use"),
        ({"rule": "bird-in-hand", "indexation": 0.02}, kv.ScenarioError, "would do nothing"),
        ({"definition": "totl"}, kv.LabelError, "Did you mean 'total'"),
        ({"start": 2031}, kv.SourceError, "no balance_fx of KAZ at the end of 2030"),
        ({"country": "NOR", "rule": "capped"}, kv.SourceError, "needs the series receipts"),
    ],
)
def test_bad_input_is_refused_in_words(options: dict, error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        kv.fund(draws=10, years=5, **options)


@pytest.mark.parametrize(("rule", "figure"), [(rule, name) for rule, names in NEEDS.items() for name in names])
def test_a_rule_names_the_figure_that_it_lacks(rule: str, figure: str) -> None:
    history = read_history()
    poorer = history._replace(facts={k: v for k, v in history.facts.items() if k != figure})
    with pytest.raises(kv.ScenarioError, match=rf"the rule '{rule.replace('+', '.')}' needs the figure {figure}"):
        kv.fund(rule=rule, data=poorer, draws=10, years=2)
    kv.fund(rule=rule, data=poorer, draws=10, years=2, figures={figure: history.facts[figure].mode})
