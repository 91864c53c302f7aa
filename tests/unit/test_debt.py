"""Debt of a country: identity, draws, what-if, stress, who owes what, claims, back-test."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

import karvan as kv
from karvan.macro.debt import (
    Inputs,
    backtest_debt,
    backtest_origins,
    check_claims,
    debt_paths,
    net_position,
    owes_over_time,
    read_debt,
    who_owes,
)
from karvan.macro.debt.backtest import _known_at
from karvan.macro.debt.claims import Figure, _check
from karvan.macro.debt.equation import BLOCK, Residuals, Shift, interest_due, money, nominal_growth
from karvan.macro.debt.files import Claim
from karvan.macro.debt.history import Adjustment, fit_adjustment, observed
from karvan.macro.debt.stress import stresses
from karvan.macro.debt.summary import above, bands, coverage, rising
from karvan.macro.fund import fund
from karvan.macro.history import read_history
from karvan.macro.joint import joint
from karvan.macro.paths import macro_paths

DRAWS = 400


@pytest.fixture(scope="module")
def kaz() -> kv.Debt:
    return kv.debt(draws=DRAWS)


@pytest.mark.parametrize("country", ["KAZ", "NOR"])
def test_the_identity_holds_in_every_observed_year(country: str) -> None:
    seen = observed(read_history(country), read_debt(country))
    assert len(seen.years) == 21
    assert np.abs(seen.gaps()).max() < 1e-12
    total = sum(np.asarray(part) for part in seen.parts[:-1])
    np.testing.assert_allclose(total, seen.parts.change, rtol=0, atol=1e-15)
    np.testing.assert_allclose(seen.before + seen.parts.change, seen.debt, rtol=0, atol=1e-15)


def test_the_year_of_the_float_is_the_dollar_and_a_deficit() -> None:
    seen = observed(read_history("KAZ"), read_debt("KAZ"))
    t = seen.years.index(2015)
    assert 100 * np.asarray(seen.parts.exchange_rate)[t] == pytest.approx(2.95, abs=0.01)
    assert 100 * np.asarray(seen.parts.primary_balance)[t] == pytest.approx(5.887, abs=0.001)
    assert 100 * np.asarray(seen.parts.change)[t] == pytest.approx(21.882 - 14.496, abs=1e-9)
    assert not seen.assumed[t]
    assert seen.assumed[0]


def test_rates_on_domestic_and_foreign_debt_make_the_interest_that_was_paid() -> None:
    history = read_history("KAZ")
    seen = observed(history, read_debt("KAZ"))
    paid = np.asarray(interest_due(1.0, seen.foreign_share, seen.inputs)) * nominal_growth(seen.inputs)
    known = [t for t, year in enumerate(seen.years) if year >= 2014]
    effective = [history.series["rate_domestic"][seen.years[t]] for t in known]
    np.testing.assert_allclose(paid[known], effective, rtol=0, atol=1e-12)


def test_the_adjustment_takes_up_most_of_a_surplus() -> None:
    law = fit_adjustment(observed(read_history("KAZ"), read_debt("KAZ")))
    assert 0.6 < law.slope < 0.95
    assert 0 < law.slope_se < 0.2
    assert len(law.residuals) == 21
    with pytest.raises(kv.SourceError, match=r"5 year\(s\) .* 8 are needed"):
        fit_adjustment(observed(read_history("KAZ"), read_debt("KAZ")).until(2007))


def test_blocks_do_not_change_a_draw() -> None:
    rng = np.random.default_rng(1)
    n = BLOCK + 7
    x = Inputs(*(rng.normal(0.03, 0.02, (n, 3)) for _ in range(6)))
    law = Residuals(0.01, 0.5, rng.normal(0, 0.01, 9), rng.integers(0, 9, (3, n), dtype=np.uint8))
    whole = debt_paths(0.3, 0.2, x._replace(adjustment=law), n, 3)
    for i in (0, BLOCK - 1, BLOCK, n - 1):
        sfa = 0.01 + 0.5 * np.asarray(x.primary_balance)[i] + law.values[law.which[:, i]]
        alone = debt_paths(0.3, 0.2, Inputs(*(np.asarray(v)[i] for v in x[:-1]), sfa), 1, 3)
        np.testing.assert_allclose(whole.debt[i], alone.debt[0], rtol=0, atol=1e-14)
        np.testing.assert_allclose(whole.interest[i], alone.interest[0], rtol=0, atol=1e-14)


def test_shifts_are_what_they_say() -> None:
    x = Inputs(0.03, 0.05, 0.02, 0.08, 0.05, 0.01)
    on = Shift(growth=0.01, inflation=-0.01, depreciation=0.5, rates=0.02, primary_balance=-0.03)
    by_hand = Inputs(0.04, 0.04, 1.02 * 1.5 - 1, 0.10, 0.07, -0.02)
    found, expected = debt_paths(0.3, 0.4, x, 1, 4, [on]).debt, debt_paths(0.3, 0.4, by_hand, 1, 4).debt
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-15)
    gdp, dollar = money(x, 1, 4, [on])
    np.testing.assert_allclose(gdp[0], (1.04 * 1.04) ** np.arange(1, 5), rtol=1e-14)
    np.testing.assert_allclose(dollar[0], (1.02 * 1.5) ** np.arange(1, 5), rtol=1e-14)


def test_draws_are_repeatable_and_few_are_the_first_of_many(kaz: kv.Debt) -> None:
    again, few = kv.debt(draws=DRAWS), kv.debt(draws=150)
    np.testing.assert_array_equal(kaz.paths.debt, again.paths.debt)
    np.testing.assert_array_equal(few.paths.debt, kaz.paths.debt[:150])
    np.testing.assert_array_equal(few.paths.interest, kaz.paths.interest[:150])
    assert not np.array_equal(kaz.paths.debt, kv.debt(draws=DRAWS, seed=1).paths.debt)


def test_the_fan_of_kazakhstan(kaz: kv.Debt) -> None:
    assert kaz.years == tuple(range(2024, 2034))
    assert kaz.start.debt == pytest.approx(0.23376)
    assert kaz.currency == "KZT"
    found = np.array([row[1:] for row in kaz.bands().rows])
    assert (np.diff(found, axis=1) > 0).all()
    assert (found[:, 2] > 20).all() and (found[:, 2] < 50).all()
    np.testing.assert_allclose(found, bands(100 * kaz.paths.debt).T, atol=0.005)
    usd = np.median(kaz.values("debt", "million USD")[:, 0])
    assert 50_000 < usd < 80_000


def test_money_agrees_with_the_ratio(kaz: kv.Debt) -> None:
    local, usd = kaz.values("interest", "bn local"), kaz.values("interest", "million USD")
    share, revenue = kaz.values("interest"), kaz.values("interest", "% of revenue")
    gdp, dollar = money(kaz.inputs, kaz.draws, len(kaz.years), kaz.shifts)
    np.testing.assert_allclose(local, share / 100 * gdp * kaz.start.gdp / 1000)
    np.testing.assert_allclose(usd, 1000 * local / (dollar * kaz.start.dollar))
    np.testing.assert_allclose(revenue, share / 0.22018)


def test_known_years_after_the_last_debt_lie_in_the_band(kaz: kv.Debt) -> None:
    """State debt at the end of 2024 and 2025 and interest paid in both were not used, and are inside 5-95 %."""
    stocks = {(s.date, s.measure): s.value for s in kaz.files.stocks if s.unit == "million KZT"}
    for of, measure, dates in (
        ("debt", "public_total", (date(2025, 1, 1), date(2026, 1, 1))),
        ("interest", "interest_paid", (date(2024, 12, 31), date(2025, 12, 31))),
    ):
        low, high = np.quantile(kaz.values(of, "bn local")[:, :2], [0.05, 0.95], axis=0)
        came = np.array([stocks[d, measure] / 1000 for d in dates])
        assert ((low < came) & (came < high)).all()


@pytest.mark.parametrize(
    ("asked", "sign"),
    [
        ({"growth": 0.01}, -1),
        ({"inflation": 0.01}, -1),
        ({"depreciation": 0.3}, 1),
        ({"rates": 0.01}, 1),
        ({"primary_balance": 0.01}, -1),
        ({"growth": {2025: -0.05}}, 1),
        ({"rates": [0.0] * 9 + [0.05]}, 1),
        ({"foreign_share": 0.0}, -1),
        ({"rate": "drawn"}, -1),
    ],
)
def test_what_if(kaz: kv.Debt, asked: dict[str, object], sign: int) -> None:
    found = kv.debt(draws=DRAWS, **asked)  # type: ignore[arg-type]
    moved = np.median(found.paths.debt[:, -1]) - np.median(kaz.paths.debt[:, -1])
    assert np.sign(moved) == sign


def test_a_balance_asked_for_reaches_the_debt_in_full(kaz: kv.Debt) -> None:
    found = kv.debt(draws=DRAWS, primary_balance={2024: 0.01})
    np.testing.assert_allclose(found.paths.debt[:, 0] - kaz.paths.debt[:, 0], -0.01, rtol=0, atol=1e-14)


def test_one_depreciation_is_of_the_first_year(kaz: kv.Debt) -> None:
    one, named = kv.debt(draws=DRAWS, depreciation=0.3), kv.debt(draws=DRAWS, depreciation={2024: 0.3})
    np.testing.assert_array_equal(one.paths.debt, named.paths.debt)
    assert one.foreign_share == pytest.approx(0.1968)


def test_probability_of_rising() -> None:
    debt = np.array([[0.1, 0.3], [0.3, 0.3], [0.2, 0.1], [0.4, 0.5]])
    np.testing.assert_allclose(rising(0.2, debt), [0.5, 0.75])
    np.testing.assert_allclose(above(0.25, debt), [[0.5, 0.75], [0.5, 0.75]])
    assert coverage(np.array([1.0, 2.0, 3.0]), np.array([1, 1, 1]), np.array([1, 2, 2])) == pytest.approx(2 / 3)


def test_rising_at_horizons(kaz: kv.Debt) -> None:
    rows = kaz.rising((1, 5, 40)).rows
    assert [row[:2] for row in rows] == [(1, 2024), (5, 2028)]
    assert rows[0][2] == pytest.approx(np.mean(kaz.paths.debt[:, 0] > kaz.start.debt), abs=1e-3)


def test_the_fund_and_the_debt_share_their_draws(kaz: kv.Debt) -> None:
    paths = macro_paths("KAZ", draws=DRAWS, years=10, start=2024)
    shared = kv.debt(paths=paths)
    np.testing.assert_array_equal(shared.paths.debt, kaz.paths.debt)
    assets = np.full((DRAWS, 10), 60_000.0)
    net = kaz.net(assets)
    assert net.columns == ("year", "p5", "p25", "p50", "p75", "p95", "below zero")
    usd = kaz.values("debt", "million USD")
    assert net.rows[0][3] == pytest.approx(np.median(60_000 - usd[:, 0]), abs=1)
    assert net.rows[0][6] == pytest.approx(np.mean(usd[:, 0] > 60_000), abs=1e-3)
    with pytest.raises(kv.ScenarioError, match="draw both from the same paths"):
        kaz.net(assets[:10])


@pytest.mark.parametrize(("country", "first", "owing"), [("KAZ", 2026, True), ("NOR", 2024, False)])
def test_fund_less_debt_of_two_countries(country: str, first: int, owing: bool) -> None:
    own = fund(country, draws=DRAWS, years=5)
    found = kv.debt(country, paths=own.paths)
    assert found.years[0] == first
    rows = found.net(own).rows
    assert rows == found.net(own.balance).rows
    assert (rows[-1][6] > 0.3) == owing
    with pytest.raises(kv.ScenarioError, match="the fund is of"):
        kv.debt(country, draws=DRAWS, years=4).net(own)


def test_the_net_position_by_hand() -> None:
    owned, owed = np.array([[10.0, 8.0], [10.0, 2.0]]), np.array([[4.0, 9.0], [5.0, 1.0]])
    np.testing.assert_array_equal(net_position(owned, owed), [[6.0, -1.0], [5.0, 1.0]])
    with pytest.raises(ValueError, match="same paths"):
        net_position(owned, owed[:1])


def test_a_later_start_draws_the_years_between() -> None:
    later = kv.debt(draws=DRAWS, start=2026, years=3)
    assert later.years == (2026, 2027, 2028)
    assert np.shape(later.start.debt) == (DRAWS,)
    assert np.std(later.start.debt) > 0
    assert later.probability().shape == (3,)
    assert "end of 2025" in later.table().title


def test_without_adjustment_the_path_is_the_textbook_one() -> None:
    found = kv.debt(draws=200, adjustment=0.0)
    shift = found.shifts[0]
    x = found.inputs
    by_hand = found.start.debt
    g, p = np.asarray(x.growth) + shift.growth, np.asarray(x.inflation) + shift.inflation
    e = (1 + np.asarray(x.depreciation)) * (1 + shift.depreciation) - 1
    pb, a = np.asarray(x.primary_balance) + shift.primary_balance, found.foreign_share
    for t in range(10):
        owed = (1 - a) * (1 + np.asarray(x.rate_domestic)[:, t]) + a * (1 + x.rate_foreign) * (1 + e[:, t])
        by_hand = by_hand * owed / ((1 + g[:, t]) * (1 + p[:, t])) - pb[:, t]
    np.testing.assert_allclose(found.paths.debt[:, -1], by_hand, rtol=0, atol=1e-12)


def test_the_mean_rate_starts_at_the_last_known_one(kaz: kv.Debt) -> None:
    a, i_f = kaz.foreign_share, float(np.mean(kaz.inputs.rate_foreign))
    effective = (1 - a) * np.asarray(kaz.inputs.rate_domestic) + a * i_f
    rate = kaz.history.series["rate_domestic"]
    drawn = macro_paths("KAZ", draws=DRAWS, years=10, start=2024).values["rate_domestic"]
    np.testing.assert_allclose(effective - drawn, rate[2023] - np.mean(list(rate.values())), rtol=0, atol=1e-12)
    assert np.mean(effective) == pytest.approx(0.07407, abs=0.0005)


def test_stress_tests(kaz: kv.Debt) -> None:
    table = kaz.stress()
    rows = {row[0]: row for row in table.rows}
    assert list(rows) == [
        "baseline", "growth", "rates", "depreciation", "depreciation, prices still", "balance", "repricing",
        "oil price", "combined",
    ]  # fmt: skip
    last = {name: row[-1] for name, row in rows.items()}
    assert all(last[n] > 0 for n in rows if n not in ("baseline", "depreciation"))
    assert last["combined"] == max(last.values())
    assert {row[0] for row in kaz.sizes().rows} == set(rows) - {"baseline"}
    growth = [kaz.history.series["growth"][y] for y in range(2014, 2024)]
    assert f"growth {100 * np.std(growth, ddof=1):.1f} points lower" in kaz.sizes().rows[0][1]
    np.testing.assert_allclose(np.median(kaz.stressed("rates").debt[:, -1]) * 100, rows["rates"][3], atol=0.005)
    with pytest.raises(kv.LabelError, match="Did you mean 'growth'"):
        kaz.stressed("grwth")


def test_shifts_of_the_stress_tests(kaz: kv.Debt) -> None:
    known = {s.name: s.shift for s in stresses(kaz.history, kaz.files, 4, kaz.law)}
    names, years = ("growth", "primary_balance"), range(2014, 2024)
    sd = {n: np.std([kaz.history.series[n][y] for y in years], ddof=1) for n in names}
    np.testing.assert_allclose(known["growth"].growth, -sd["growth"] * np.array([1, 1, 0, 0]))
    np.testing.assert_allclose(known["growth"].inflation, -sd["growth"] / 4 * np.array([1, 1, 0, 0]))
    np.testing.assert_allclose(known["balance"].primary_balance, -sd["primary_balance"] / 2 * np.array([1, 1, 0, 0]))
    worst = 340.5 / 182.75 - 1
    np.testing.assert_allclose(known["depreciation"].depreciation, [worst, 0, 0, 0])
    np.testing.assert_allclose(known["depreciation"].inflation, [worst / 4, 0, 0, 0])
    law = joint(kaz.history)
    slope = law.slope[law.names.index("primary_balance")] * np.log(0.5)
    assert isinstance(kaz.law, Adjustment)
    felt = (1 - kaz.law.slope) * slope
    np.testing.assert_allclose(known["oil price"].primary_balance, [felt, felt, 0, 0])
    np.testing.assert_allclose(known["combined"].depreciation, [worst, 0, 0, 0])
    a, i, i_f = 0.1968, 0.07407, float(np.mean(kaz.inputs.rate_foreign))
    gap = (1 - a) * (0.132 - (i - a * i_f) / (1 - a))
    np.testing.assert_allclose(known["repricing"].rates, gap * (1 - (6 / 7) ** np.arange(1, 5)), rtol=1e-9)


def test_the_balance_that_holds_the_debt(kaz: kv.Debt) -> None:
    none, mean = kaz.balance().rows
    assert none[0] == "none" and none[1] == 0
    assert mean[2] - none[2] == pytest.approx(mean[1], abs=0.011)
    assert kaz.balance(target=0.1, years=10).rows[0][2] > none[2]
    for bad in ({"target": 20.0}, {"target": -0.1}, {"years": 0}):
        with pytest.raises(kv.ScenarioError):
            kaz.balance(**bad)  # type: ignore[arg-type]


def test_who_owes_what(kaz: kv.Debt) -> None:
    owes = who_owes(kaz.files, "2023-01-01")
    assert owes.total == 161144.3
    assert sum(owes.sectors.values()) == pytest.approx(owes.total, abs=0.5)
    assert owes.share("external_intercompany") == pytest.approx(0.581, abs=0.001)
    assert owes.share("external_government") == pytest.approx(0.083, abs=0.001)
    assert owes.quasi_state == pytest.approx((15873.3, 18046.3), abs=0.1)
    assert kaz.owes().date == date(2026, 1, 1)
    rows = owes_over_time(kaz.files).rows
    assert len(rows) == 12 * 5
    assert sum(row[3] for row in rows[:5]) == pytest.approx(1, abs=1e-3)
    assert [row[3] for row in owes.table().rows][:6] == ["sector"] * 5 + ["sum"]
    with pytest.raises(kv.LabelError, match=r"last dates are .*2026-01-01"):
        kaz.owes("2023-01-02")
    with pytest.raises(kv.LabelError, match="write it as 2023-01-01"):
        kaz.owes("yesterday")
    with pytest.raises(kv.SourceError, match=r"add rows to debt_stocks\.csv"):
        who_owes(read_debt("NOR"))


def test_claims_of_kazakhstan(kaz: kv.Debt) -> None:
    found = {(c.claim.claim, c.claim.part): c for c in check_claims(kaz.files, kaz.history)}
    amount = found["45 billion at five percent", "amount"]
    assert (amount.verdict, amount.ours, amount.on) == ("partly", 13390.0, date(2023, 1, 1))
    assert {m for m, _, _ in amount.fits} == {"public_total", "external_other_sectors"}
    rate = found["45 billion at five percent", "rate"]
    assert (rate.verdict, rate.ours) == ("partly", 0.06157)
    assert found["45 billion at five percent", "bill"].verdict == "partly"
    total = found["160 billion", "amount"]
    assert (total.verdict, total.ours) == ("supported", 161144.3)
    assert len(kaz.claims().rows) == 4


@pytest.mark.parametrize(
    ("figure", "known", "verdict"),
    [
        (10.0, {"public_total": [("2022-06-01", 9.5)]}, "supported"),
        (10.0, {"public_total": [("2021-06-01", 9.5), ("2022-06-01", 20.0)]}, "partly"),
        (10.0, {"public_total": [("2022-06-01", 20.0)], "external_total": [("2022-06-01", 10.5)]}, "partly"),
        (10.0, {"public_total": [("2022-06-01", 20.0)], "external_total": [("2022-06-01", 30.0)]}, "not supported"),
        (10.0, {"public_total": [("2018-06-01", 10.0)]}, "cannot be told"),
        (10.0, {"public_total": [("2021-01-01", 10.0)]}, "cannot be told"),
        (10.0, {"public_total": [("2021-02-02", 10.0)]}, "supported"),
        (10.0, {"public_total": [("2022-06-01", 8.9)]}, "not supported"),
        (10.0, {"external_total": [("2022-06-01", 10.0)]}, "cannot be told"),
        (10.0, {"public_total": [("2022-06-01", 20.0)], "interest_paid": [("2022-06-01", 10.0)]}, "not supported"),
        (10.0, {"public_total": [("2023-06-01", 10.0)]}, "cannot be told"),
    ],
)
def test_the_rule_for_claims(figure: float, known: dict[str, list[tuple[str, float]]], verdict: str) -> None:
    claim = Claim("a", "b", "c", "public_total", figure, "million USD", date(2023, 2, 1), "somebody")
    figures = {m: [Figure(date.fromisoformat(d), v, v, "office") for d, v in rows] for m, rows in known.items()}
    assert _check(claim, figures).verdict == verdict


def test_a_backtest_says_where_the_years_were() -> None:
    found = backtest_debt("KAZ", 2013, draws=DRAWS)
    assert found.years == tuple(range(2014, 2024))
    np.testing.assert_allclose(found.debt[:2], [0.14496, 0.21882])
    table = found.table()
    assert {row[-1] for row in table.rows} <= {"inside", "below", "above"}
    assert found.inside() == np.mean([row[-1] == "inside" for row in table.rows[:10]])
    assert found.inside() < 0.5, "the float of 2015 lies outside what the years before it knew"
    assert found.miss("textbook") > 2 * found.miss()


def test_a_backtest_does_not_see_what_came_after() -> None:
    history, files = read_history("KAZ"), read_debt("KAZ")
    then = _known_at(files, history, 2013)
    assert max(max(s) for s in then.series.values()) == 2013
    assert then.series["rate_domestic"] == {2013: history.series["rate_domestic"][2014]}
    assert observed(history, files).until(2013).years[-1] == 2013


def test_backtests_of_a_second_country_from_many_origins() -> None:
    table = backtest_origins("NOR", [2010, 2016], draws=200)
    assert [row[:2] for row in table.rows] == [(2010, 10), (2016, 7)]
    assert all(0 <= row[2] <= 1 for row in table.rows)


@pytest.mark.parametrize(
    ("call", "error", "says"),
    [
        (lambda: kv.debt("KZA"), kv.LabelError, "Did you mean 'KAZ'"),
        (lambda: kv.debt(draws=50), kv.ScenarioError, "draws is 50; bands of 5 and 95 % need 100"),
        (lambda: kv.debt(growth=3), kv.ScenarioError, "give fractions"),
        (lambda: kv.debt(growth=float("nan")), kv.ScenarioError, "give fractions"),
        (lambda: kv.debt(growth="high"), kv.ScenarioError, "give a number, one value a year"),
        (lambda: kv.debt(growth=[0.01, 0.02]), kv.ScenarioError, "2 values for 10 years"),
        (lambda: kv.debt(growth={2050: 0.1}), kv.LabelError, "2050 is not a year of the paths, 2024 to 2033"),
        (lambda: kv.debt(depreciation=-1.0), kv.ScenarioError, "leaves nothing"),
        (lambda: kv.debt(foreign_share=20), kv.ScenarioError, "0 to 1"),
        (lambda: kv.debt(adjustment=True), kv.ScenarioError, "adjustment is True"),
        (lambda: kv.debt(rate="lst"), kv.LabelError, "Did you mean 'last'"),
        (lambda: kv.debt(start=2015), kv.ScenarioError, "start in 2024 or later"),
        (lambda: backtest_debt("KAZ", 2023), kv.LabelError, "no debt of 2023 and later"),
        (lambda: backtest_debt("KAZ", 2007), kv.SourceError, r"5 year\(s\) up to 2007; a back-test needs 8"),
        (lambda: kv.debt(draws=100).values("detb"), kv.LabelError, "Did you mean 'debt'"),
        (lambda: kv.debt(draws=100).values("debt", "euro"), kv.LabelError, "not one of % of GDP"),
    ],
)
def test_wrong_questions(call: object, error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        call()  # type: ignore[operator]
