"""What the currency section refuses, and how it says it."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import pytest
from rates import linked_rates

import karvan as kv


def of(code: str, rates: pd.DataFrame) -> pd.Series:
    return rates["currency"] == code


def turned(rates: pd.DataFrame) -> pd.DataFrame:
    late = of("OWN", rates) & (rates["date"] > "2014")
    rates.loc[late, "per_usd"] = 1 / rates.loc[late, "per_usd"]
    return rates


def rescaled(rates: pd.DataFrame) -> pd.DataFrame:
    rates.loc[of("OWN", rates) & (rates["date"] > "2014"), "per_usd"] *= 1000
    return rates


def without(rates: pd.DataFrame, start: str, end: str) -> pd.DataFrame:
    return rates[~(of("OWN", rates) & (rates["date"] > start) & (rates["date"] < end))].reset_index(drop=True)


def put(rates: pd.DataFrame, row: int, column: str, value: object) -> pd.DataFrame:
    rates = rates.astype({column: object})
    rates.loc[row, column] = value
    return rates


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (turned, r"OWN: quotations are mixed: .* which is 1/"),
        (rescaled, r"a factor of \d+ in one step; bring units and redenominations"),
        (lambda r: without(r, "2012-01-01", "2013-01-01"), r"OWN: nothing from 2011-12-30 to 2013-01-04"),
        (lambda r: put(r, 3, "per_usd", -1.0), r"table:5: OWN: per_usd is not positive: -1"),
        (lambda r: put(r, 3, "per_usd", 0.0), r"per_usd is not positive: 0"),
        (lambda r: put(r, 3, "per_usd", "12,5"), r"table:5: OWN: per_usd is not a number: 12,5"),
        (lambda r: put(r, 3, "per_usd", float("inf")), "per_usd is infinite"),
        (lambda r: put(r, 3, "date", "08.01.2010"), r"date is not written YYYY-MM-DD: 08.01.2010; write 2015-08-20"),
        (lambda r: put(r, 3, "date", "2010-01-15"), "date is there twice: 2010-01-15; keep one"),
        (lambda r: r.iloc[::-1].reset_index(drop=True), "dates are not in order, 399 time"),
        (lambda r: r[~of("NEI", r)], "currency 'NEI' is not in the file"),
        (lambda r: r.assign(currency=r["currency"].replace("NEI", "NEJ")), "Did you mean 'NEJ'"),
        (lambda r: r.rename(columns={"per_usd": "per_us"}), "columns missing: per_usd. per_usd: Did you mean 'per_us'"),
        (lambda r: r.iloc[:0], "no rows"),
        (lambda r: r[r["date"] < "2010-06"], r"19 observations in the longest period, a local projection needs"),
        (lambda r: [1, 2], "expected a path or a frame, got list"),
        (lambda r: "/nowhere/rates.csv", "no such file"),
        (lambda r: r.groupby("currency").nth(range(0, 400, 5)), "35 days from one row to the next, too far apart"),
    ],
)
def test_files(spoil: Callable[[pd.DataFrame], object], says: str) -> None:
    with pytest.raises(kv.SourceError, match=says):
        kv.currency("OWN", "NEI", spoil(linked_rates()), methods=[])


def test_all_faults_are_told_at_once() -> None:
    rates = put(put(linked_rates(), 3, "per_usd", -1.0), 500, "date", "yesterday")
    with pytest.raises(kv.SourceError) as fault:
        kv.currency("OWN", "NEI", rates)
    assert "not positive" in str(fault.value) and "yesterday" in str(fault.value)


@pytest.mark.parametrize(
    ("asked", "error", "says"),
    [
        ({"own": "KZR"}, kv.LabelError, "Did you mean 'KZT/RUB'"),
        ({"own": "XYZ", "neighbour": "ABC"}, kv.LabelError, "give a file with the columns"),
        ({"own": "RUB"}, kv.LabelError, "one currency; name two"),
        ({"every": "weak"}, kv.LabelError, "Did you mean 'week'"),
        ({"every": "day"}, kv.SourceError, "daily rates do not come with karvan"),
        ({"methods": ["tial"]}, kv.LabelError, "Did you mean 'tail'"),
        ({"stress": 30}, kv.ScenarioError, "a fraction between 0 and 1, such as 0.30"),
        ({"stress": 0.0}, kv.ScenarioError, "a fraction between 0 and 1"),
        ({"draws": 5}, kv.ScenarioError, "at least 100"),
        ({"start": "2031-01-01"}, kv.ScenarioError, "no observation from 2031-01-01"),
        ({"start": "soon"}, kv.ScenarioError, "start 'soon' is no date"),
        ({"breaks": ["1999-01-01"]}, kv.ScenarioError, "breaks outside the data"),
        ({"breaks": ["x"]}, kv.ScenarioError, "break 'x' is no date"),
        ({"missing": "ignore"}, kv.LabelError, "write refuse or drop"),
        ({"start": "2022-02-24", "methods": ["correlation"]}, kv.SourceError, "107 observations, 250 are needed"),
    ],
)
def test_questions(asked: dict[str, object], error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        kv.currency(**{"methods": ["stress"], **asked})


def test_the_other_way_round_is_seen_by_what_comes_with_karvan() -> None:
    rates = linked_rates().replace({"currency": {"OWN": "KZT", "NEI": "RUB"}})
    here = of("KZT", rates)
    rates.loc[here, "per_usd"] = 1 / rates.loc[here, "per_usd"]
    with pytest.raises(kv.SourceError, match="quoted the other way round; write local currency per dollar"):
        kv.currency("KZT", "RUB", rates, methods=[])


def test_a_gap_may_be_dropped_and_nothing_reaches_over_it() -> None:
    rates = without(linked_rates(), "2012-01-01", "2013-01-01")
    found = kv.currency("OWN", "NEI", rates, missing="drop", methods=[])
    whole = kv.currency("OWN", "NEI", linked_rates(), methods=[])
    assert whole.response().used[13] - found.response().used[13] > 52 + 13


def test_what_is_not_done_is_said() -> None:
    found = kv.currency("OWN", "NEI", linked_rates(200), draws=100)
    assert dict(found.refused)["correlation"].endswith("take a longer period, or days in place of weeks")
    with pytest.raises(kv.LabelError, match="no result of correlation: moving correlation"):
        found.tables("correlation")
    with pytest.raises(kv.LabelError, match="unknown period"):
        found.response("before")
    with pytest.raises(kv.LabelError, match=r"no estimate after 12 months .* needs 265"):
        found.stress.effect(12)
    with pytest.raises(kv.LabelError, match="horizons are 1, 3 and 12"):
        found.stress.effect(7)
    with pytest.raises(kv.LabelError, match="not asked for"):
        kv.currency("OWN", "NEI", linked_rates(200), methods=[]).tables("stress")


def test_controls_must_cover_the_dates() -> None:
    rates = linked_rates(300, start="2022-01-07")
    with pytest.raises(kv.SourceError, match="add rows BRENT and DOLLAR to your file, or say controls=False"):
        kv.currency("OWN", "NEI", rates[rates["currency"].isin(["OWN", "NEI"])], methods=[])
    found = kv.currency("OWN", "NEI", rates, controls=False, methods=[])
    assert "nothing held" in found.sentence


def test_a_currency_that_stands_still_is_no_impulse() -> None:
    rates = linked_rates()
    rates.loc[of("NEI", rates), "per_usd"] = 60.0
    with pytest.raises(kv.SourceError, match="NEI does not move"):
        kv.currency("OWN", "NEI", rates, methods=[])


@pytest.mark.parametrize("code", ["OWN", "NEI"])
def test_a_peg_in_one_period_is_said_and_nothing_breaks(code: str) -> None:
    rates = linked_rates(600)
    early = of(code, rates) & (rates["date"] < "2015-10-01")
    rates.loc[early, "per_usd"] = rates.loc[early, "per_usd"].iloc[-1]
    found = kv.currency("OWN", "NEI", rates, breaks=["2015-10-01"], draws=100)
    assert found.tails[0].rows[0][-1] == "a currency does not move"
    pegged = found.responses[0]
    if code == "NEI":
        assert pegged.table().rows[0][-1] == "the neighbour's currency does not move"
        assert found.verdict.periods[0].verdict == "cannot be told from this data"
    else:
        assert pegged.own[0] == pytest.approx(0.0, abs=1e-12)
        assert found.verdict.periods[0].verdict == "not supported"
    assert found.verdict.periods[1].verdict == "supported"
    assert found.tables("answer") and found.tables("stress")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["currency", "KZT", "RUV"], "Did you mean 'KZT/RUB'"),
        (["currency", "--method", "tails"], "Did you mean 'tail'"),
        (["currency", "--stress", "30"], "fraction between 0 and 1"),
        (["currency", "--data", "nowhere.csv"], "no such file"),
    ],
)
def test_commands(karvan, words: list[str], says: str) -> None:
    code, out, err = karvan(*words)
    assert code == 1 and says in err and not out
