"""Files of a country: every fault named with its line, and what came with karvan is without one."""

from __future__ import annotations

from pathlib import Path

import pytest

import karvan as kv
from karvan.macro.history import FACTS, UNITS, read_history, shipped

HEAD = "year,series,value,unit,source,quality\n"
FACT_HEAD = "name,low,mode,high,unit,year,source,quality\n"
BRENT_HEAD = "month,price,unit,source,quality\n"


def folder(tmp_path: Path, history: str, facts: str = "", brent: str = "") -> Path:
    (tmp_path / "history.csv").write_text(HEAD + history, encoding="utf-8")
    if facts:
        (tmp_path / "facts.csv").write_text(FACT_HEAD + facts, encoding="utf-8")
    if brent:
        (tmp_path / "brent.csv").write_text(BRENT_HEAD + brent, encoding="utf-8")
    return tmp_path


def rows(name: str, values: dict[int, float], unit: str) -> str:
    return "".join(f"{y},{name},{v},{unit},office,reported\n" for y, v in values.items())


@pytest.mark.parametrize("country", shipped())
def test_what_comes_with_karvan_is_sound_and_sourced(country: str) -> None:
    history = read_history(country)
    assert history.country == country and history.definitions
    assert all(len(history.sources[name]) for name in history.series)
    assert set(history.facts) <= set(FACTS)
    assert {n for n in history.series if not n.startswith("balance_")} <= set(UNITS)
    assert len(history.brent.months_of(2020)) == 12 and history.brent.last_year >= 2025


def test_the_fund_of_kazakhstan_is_what_its_sources_say() -> None:
    history = read_history()
    assert history.definitions == ("fx", "total")
    assert history.series["balance_fx"][2024] == 58_839
    assert history.series["receipts"][2022] == 13_912
    assert history.brent.year_mean(2023) == pytest.approx(82.5, abs=0.1)


def test_all_faults_are_raised_at_once_with_their_lines(tmp_path: Path) -> None:
    bad = (
        rows("growth", {2010: 0.03, 2012: 0.04}, "fraction")
        + "2010,growth,0.03,fraction,office,reported\n"
        + "2011,grwth,0.03,fraction,office,reported\n"
        + "2011,balance_fx,-5,MUSD,office,reported\n"
        + "2012,balance_fx,100,MEUR,office,reported\n"
        + "2011,fx,0,LCU/USD,office,reported\n"
        + "2011,inflation,12.5 %,fraction,office,reported\n"
        + "2011,fund_return,4.5,fraction,office,reported\n"
        + "11,gdp,100,MUSD,office,reported\n"
        + "2013,gdp,100,MUSD,,reported\n"
    )
    facts = "reserve,1,2,3,Mt,2024,office,x\ndecline,0.08,0.05,0.03,fraction,2024,office,x\n"
    brent = "2020-01,50,USD/bbl,office,x\n2020-03,-1,USD/bbl,office,x\n2020-13,50,USD/bbl,office,x\n"
    with pytest.raises(kv.SourceError) as fault:
        read_history("XYZ", folder(tmp_path, bad, facts, brent))
    text = str(fault.value)
    for says in (
        "history.csv:4: growth has the year 2010 twice",
        "history.csv:5: unknown series 'grwth'. Did you mean 'growth'?",
        "history.csv:6: balance_fx is negative",
        "history.csv:7: balance_fx is in 'MEUR', expected 'MUSD'",
        "history.csv:8: fx is not positive",
        "history.csv:9: value is not a number: '12.5 %'",
        "history.csv:10: fund_return is 4.5 as a fraction; write 5 % as 0.05",
        "history.csv:11: year is no year: '11'",
        "history.csv:12: no source",
        "growth misses 1 year(s): 2011",
        "facts.csv:2: unknown fact 'reserve'. Did you mean 'reserves'?",
        "facts.csv:3: decline: 0.08, 0.05, 0.03 are not 0 <= low <= mode <= high",
        "brent.csv:3: the price of 2020-03 is not positive",
        "brent.csv:4: month is no month: '2020-13'",
        "1 month(s) missing: 2020-02",
    ):
        assert says in text, says


def test_columns_are_checked_with_a_suggestion(tmp_path: Path) -> None:
    (tmp_path / "history.csv").write_text("year,serie,value,unit,source,quality\n", encoding="utf-8")
    with pytest.raises(kv.SourceError, match=r"unknown column 'serie'. Did you mean 'series'\?"):
        read_history("XYZ", tmp_path)
    (tmp_path / "history.csv").write_text(HEAD + "2010,growth,0.1,fraction,one, two,x\n", encoding="utf-8")
    with pytest.raises(kv.SourceError, match="too few or too many cells; quote texts that hold commas"):
        read_history("XYZ", tmp_path)


def test_a_missing_folder_and_an_unknown_country_are_refused(tmp_path: Path) -> None:
    with pytest.raises(kv.SourceError, match=r"no history.csv there; it needs the columns year, series"):
        read_history("XYZ", tmp_path)
    assert read_history("Norway").country == read_history("nor").country == "NOR"
    with pytest.raises(kv.LabelError, match="Did you mean 'NOR'"):
        read_history("NRO")


def test_a_folder_of_one_s_own_runs_with_our_prices(tmp_path: Path) -> None:
    years = range(2012, 2025)
    own = folder(
        tmp_path,
        rows("growth", {y: 0.01 + 0.002 * (y % 5) for y in years}, "fraction")
        + rows("balance_main", {y: 1_000 + 90 * (y - 2012) + 10 * (y % 3) for y in years}, "MUSD"),
    )
    found = kv.fund("Utopia", data=own, draws=200, years=10)
    assert found.country == "UTOPIA" and found.rule == "observed" and found.definition == "main"
    assert found.balance.shape == (200, 10)


def test_what_a_question_lacks_is_named_with_its_unit(tmp_path: Path) -> None:
    own = folder(tmp_path, rows("growth", {y: 0.01 * (y % 3) for y in range(2010, 2020)}, "fraction"))
    with pytest.raises(kv.SourceError, match=r"the fund needs a series balance_NAME \(MUSD\)"):
        kv.fund("XYZ", data=own)
    with pytest.raises(kv.SourceError, match="needs the series production"):
        kv.oil_horizon("XYZ", data=own)
    few = folder(tmp_path, rows("balance_a", dict.fromkeys((2021, 2022, 2023, 2024), 5.0), "MUSD"))
    with pytest.raises(kv.SourceError, match="has 3 years with all figures; it needs at least 6"):
        kv.fund("XYZ", data=few)
