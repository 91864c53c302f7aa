"""The neighbour's currency: what the one call finds on known links, and what comes with karvan."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from paths import shared
from rates import linked_rates

import karvan as kv
from karvan.core.faults import Faults
from karvan.macro.currency.rates import load
from karvan.macro.currency.shipped import FOLDER, country_rows, pairs, periods
from karvan.macro.currency.verdict import CANNOT, NOT, PARTLY, SUPPORTED, verdict_of


@pytest.fixture(scope="module")
def shipped() -> kv.Currency:
    return kv.currency(draws=500)


@pytest.fixture(scope="module")
def linked() -> kv.Currency:
    return kv.currency("OWN", "NEI", linked_rates(noise=1e-6), methods=["projections", "stress"], draws=500)


def test_a_known_link_is_found_at_every_horizon(linked: kv.Currency) -> None:
    response = linked.response()
    assert response.own[0] == pytest.approx(0.3, abs=1e-4)  # exact; later moves of the neighbour blur the rest
    for h in (1, 4, 13):
        assert abs(response.own[h] - 0.5) < 1.5 * response.half[h] < 0.5
    assert response.neighbour[0] == pytest.approx(1.0, abs=1e-9)
    assert linked.verdict.whole == SUPPORTED


def test_the_stress_is_the_closed_form_where_the_link_is_exact(linked: kv.Currency) -> None:
    effect = np.expm1(-linked.response().own[4] * np.log1p(-0.30))
    assert np.median(linked.stress.effect(1)) == pytest.approx(effect, abs=0.01)
    point = linked.stress.point(3)
    assert np.median((1 + point.effect) / (1 + point.neighbour)) == pytest.approx(1 + np.median(point.goods), rel=1e-2)
    assert linked.stress.quantiles(1)[1] == pytest.approx(effect, abs=0.02)


def test_the_unit_of_money_does_not_matter(linked: kv.Currency) -> None:
    rates = linked_rates(noise=1e-6)
    rates.loc[rates["currency"] == "OWN", "per_usd"] *= 1000
    again = kv.currency("OWN", "NEI", rates, methods=[])
    assert again.response().own == pytest.approx(linked.response().own, abs=1e-6, nan_ok=True)


def test_no_link_is_not_called_one() -> None:
    found = kv.currency("OWN", "NEI", linked_rates(response=(0.0,), noise=0.001), methods=[])
    assert found.verdict.whole == NOT


def test_a_link_that_breaks_is_found_by_period_and_by_date() -> None:
    first, second = linked_rates(300, (0.6,), seed=1), linked_rates(300, (0.0,), seed=2, start="2015-10-02")
    for code in first["currency"].unique():
        last = first.loc[first["currency"] == code, "per_usd"].iloc[-1]
        here = second["currency"] == code
        second.loc[here, "per_usd"] *= last / second.loc[here, "per_usd"].iloc[0]
    both = pd.concat([first, second]).drop_duplicates(["date", "currency"]).sort_values(["currency", "date"])
    found = kv.currency("OWN", "NEI", both, breaks=["2015-10-01"], methods=["breaks", "held-out"])
    before, after, pooled = found.verdict.periods
    assert (before.verdict, after.kind, pooled.kind) == (SUPPORTED, "period", "pooled")
    assert after.step[2] < 0.1 < before.step[1]
    assert found.breaks.known[0][5] < 0.01
    search = found.breaks.searches[0]
    assert abs(np.datetime64(search.date) - np.datetime64("2015-10-01")) < np.timedelta64(60, "D")
    assert search.p_bootstrap < 0.01 and search.p_andrews == "< 0.01"
    across = [r for r in found.held_out.rows if r[1].startswith("2015") and r[0].startswith("2010-01-01")]
    assert across and all(r[6] < 0 for r in across), "after the break the old link makes forecasts worse"


@pytest.mark.parametrize(
    ("step", "month", "says"),
    [
        ((0.3, 0.2, 0.4), (0.4, -0.1, 0.9), SUPPORTED),
        ((0.1, 0.0, 0.2), (0.4, 0.11, 0.9), SUPPORTED),
        ((0.2, 0.05, 0.35), (0.2, -0.2, 0.6), PARTLY),
        ((0.0, -0.05, 0.05), (0.0, -0.09, 0.09), NOT),
        ((0.0, -0.05, 0.05), (0.0, -0.3, 0.3), CANNOT),
        ((0.0, -0.05, 0.05), None, CANNOT),
        (None, None, CANNOT),
    ],
)
def test_the_rule_of_the_verdict(step: tuple[float, ...], month: tuple[float, ...], says: str) -> None:
    assert verdict_of(step, month) == says


def test_the_claim_by_period(shipped: kv.Currency) -> None:
    found = {j.period: j for j in shipped.verdict.periods}
    assert found["float to 2022"].verdict == SUPPORTED
    assert found["since April 2022"].verdict == CANNOT
    assert shipped.verdict.whole == PARTLY
    assert found["float to 2022"].month[0] == pytest.approx(0.48, abs=0.02)
    assert found["since 2022"].step[0] == pytest.approx(0.20, abs=0.02)
    assert any("sanctions" in note for note in shipped.notes)


def test_the_break_of_2015_is_found_without_being_told(shipped: kv.Currency) -> None:
    dates = {s.sample: s.date for s in shipped.breaks.searches}
    assert dates == {"all": "2015-08-21", "since the float": "2022-04-29"}


def test_the_stress_says_what_it_stands_on(shipped: kv.Currency) -> None:
    point = shipped.stress.point(1, "float to 2022")
    assert point.seen == 0 and point.largest == pytest.approx(0.092, abs=0.01)
    assert shipped.stress.point(1).period == "since 2022" and shipped.stress.point(1).seen == 1
    assert shipped.stress.point(12).period == "since the float"
    missing = {(name, months): why for name, months, why in shipped.stress.missing}
    assert "needs 265" in missing["since 2022", 12]
    assert all(np.isfinite(p.effect).all() and (p.depreciation > -1).all() for p in shipped.stress.points)
    wide = [np.subtract(*np.quantile(draws, (0.95, 0.05))) for draws in (point.depreciation, point.effect)]
    assert wide[0] > wide[1] > 0
    assert (point.prices < point.effect).mean() > 0.9


def test_results_hold_what_charts_need(shipped: kv.Currency) -> None:
    response = shipped.response("float to 2022")
    assert response.horizons[-1] == 52 and np.isfinite(response.half[:20]).all()
    assert shipped.rolling.dates.shape == shipped.rolling.slope.shape == shipped.rolling.half.shape
    assert shipped.correlation.rho.shape == shipped.correlation.dates.shape
    assert np.abs(shipped.correlation.rho).max() < 1
    assert all(len(shipped.tables(m)) for m in ("projections", "rolling", "correlation", "tail", "breaks", "held-out"))
    assert "covered %" in kv.currency(methods=["coverage"], start="2022-02-24").tables("coverage")[0].columns


def test_the_largest_falls_are_told_without_a_model(shipped: kv.Currency) -> None:
    first, second = shipped.episodes.rows[:2]
    assert first[:4] == ("2022-02-04", "2022-03-04", "since 2022", pytest.approx(38.1))
    rates, at = shipped.rates, list(map(str, shipped.rates.dates))
    start, end = (rates.levels[at.index(day)] for day in first[:2])
    assert first[3] == pytest.approx(-100 * np.expm1(start[1] - end[1]), abs=0.06)
    assert first[4] == pytest.approx(100 * np.expm1(end[0] - start[0]), abs=0.06)
    assert second[1] == "2014-12-19" and second[4] < 1 and second[6] > 60
    days = [np.datetime64(r[0]) for r in shipped.episodes.rows]
    assert min(abs(a - b) for i, a in enumerate(days) for b in days[:i]) > np.timedelta64(90, "D")


def test_runs_are_repeatable(shipped: kv.Currency) -> None:
    again = kv.currency(draws=500, methods=["stress"])
    assert np.array_equal(again.stress.effect(1), shipped.stress.effect(1))


def test_months_carry_twelve_months() -> None:
    found = kv.currency(every="month", methods=[])
    assert np.isfinite(found.response("float to 2022").own[12])
    assert found.response("since April 2022").at(1) is None


def test_shipped_files_are_whole() -> None:
    for row in pairs():
        faults = Faults(row["country"])
        for name in ("periods", "events", "gaps", "prices", "sources", "limits"):
            if not country_rows(row["country"], name):
                faults.add(f"{name} is empty")
        faults.stop()
        named = [(p.start, p.end) for p in periods(row["country"]) if p.kind == "period"]
        assert named == sorted(named) and all(a < b for a, b in named)
        assert all(r["source"] and r["licence"] for r in country_rows(row["country"], "sources"))


def test_shipped_weeks_are_the_last_days_of_the_sources() -> None:
    daily = pd.read_csv(shared("facts") / "facts" / "fx_daily_2009_2024.csv", parse_dates=["date"]).set_index("date")
    weeks = daily[["kzt_usd", "rub_usd"]].resample("W-FRI").last().dropna()
    ours = pd.read_csv(FOLDER / "kaz" / "currency_weekly.csv", parse_dates=["date"])
    ours = ours.pivot(index="date", columns="currency", values="per_usd")
    assert ours.to_numpy() == pytest.approx(weeks.loc[ours.index].to_numpy(), rel=1e-5)


def test_shipped_weeks_agree_with_official_quarterly_averages() -> None:
    official = pd.read_csv(shared("fx") / "fx" / "macro_kz_quarterly.csv")[["usdkzt", "rurkzt"]]
    official.index = pd.date_range("2010-03-31", periods=len(official), freq="QE")
    ours = pd.read_csv(FOLDER / "kaz" / "currency_weekly.csv", parse_dates=["date"])
    ours = ours.pivot(index="date", columns="currency", values="per_usd").resample("QE").mean().loc["2010":"2023"]
    beside = official.loc[ours.index]
    assert np.abs(np.log(ours["KZT"] / beside["usdkzt"])).max() < 0.02
    assert np.abs(np.log(ours["KZT"] / ours["RUB"] / beside["rurkzt"])).max() < 0.04


def daily_file(folder) -> pd.DataFrame:
    wide = pd.read_csv(folder / "facts" / "fx_daily_2009_2024.csv")
    parts = [
        wide[["date", c]].set_axis(["date", "per_usd"], axis=1).assign(currency=c[:3].upper())
        for c in wide.columns[1:3]
    ]
    return pd.concat(parts, ignore_index=True)


def test_days_from_a_file_say_the_same_as_weeks(shipped: kv.Currency) -> None:
    days = kv.currency("KZT", "RUB", daily_file(shared("facts")), every="day", methods=["correlation"])
    weeks, response = shipped.response("float to 2022"), days.response("float to 2022")
    assert response.own[5] == pytest.approx(weeks.own[1], abs=weeks.half[1])
    assert response.own[21] == pytest.approx(weeks.own[4], abs=weeks.half[4])
    assert response.horizons[-1] == 63 and days.correlation.rho.size > 2000
    unsure = (days.rates.dates >= np.datetime64("2015-08-01")) & (days.rates.dates <= np.datetime64("2015-09-30"))
    assert np.isnan(days.rates.levels[unsure]).all() and unsure.sum() > 30


@pytest.mark.parametrize(("own", "neighbour"), [("GEL", "RUB"), ("AMD", "RUB"), ("PLN", "EUR")])
def test_other_pairs_run_through_the_same_code(own: str, neighbour: str) -> None:
    crosses = pd.read_csv(shared("fx") / "fx" / "daily_usd_crosses_2020_2024.csv")
    rates = crosses.assign(currency=crosses["name"].str[4:], per_usd=crosses["exchange"])
    rates = rates[["date", "currency", "per_usd"]].sort_values(["currency", "date"])
    found = kv.currency(own, neighbour, rates, breaks=["2022-02-24"], methods=["tail", "stress"], draws=200)
    assert [p.kind for p in found.rates.periods] == ["period", "period", "pooled"]
    assert found.stress.point(1).prices is None
    response = found.response("all")
    if own == "PLN":  # the zloty follows the euro one to one
        assert abs(response.own[0] - 1) < response.half[0] and found.verdict.whole == SUPPORTED
    else:
        assert response.own[0] < 0.3


def test_the_command_answers_first(karvan) -> None:
    code, out, _ = karvan("currency")
    assert code == 0
    assert out.startswith("Does KZT depend on RUB? Partly.")
    assert "since April 2022" in out and "straight line" in out and "Cannot be told." in out


def test_the_command_prints_json(karvan) -> None:
    code, out, _ = karvan("currency", "--method", "stress", "--stress", "0.2", "--draws", "200", "--json")
    found = json.loads(out)
    assert code == 0 and found["verdict"] == PARTLY and found["stress"][0][0]["months"] == 1
    code, out, _ = karvan("currency", "kzt", "rub", "--method", "verdict", "--from", "2015-08-24", "--json")
    assert json.loads(out)["from"] == "2015-08-28"


def test_a_user_file_and_its_own_periods(karvan, tmp_path) -> None:
    linked_rates().to_csv(tmp_path / "rates.csv", index=False)
    code, out, _ = karvan(
        *("currency", "OWN", "NEI", "--data", str(tmp_path / "rates.csv"), "--break", "2014-01-01"),
        *("--method", "projections"),
    )
    assert code == 0 and "2010-01-01 to 2013-12-31" in out


def test_loading_keeps_the_calendar_whole() -> None:
    rates = load("KZT", "RUB", None, "week", True, "refuse", None)
    assert set(np.diff(rates.dates).astype(int)) == {7}
    hole = (rates.dates > np.datetime64("2019-08-31")) & (rates.dates < np.datetime64("2019-12-31"))
    assert np.isnan(rates.levels[hole, 0]).all() and np.isfinite(rates.levels[~hole, 0]).all()
