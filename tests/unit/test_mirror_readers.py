"""One bad cell of a national file is a fault, never a smaller or a larger flow."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from paths import shared

import karvan as kv
from karvan.core.faults import Faults
from karvan.data.reports import common, eurostat, kazakhstan, kyrgyzstan, read_reports
from karvan.data.sources import eu_members
from karvan.data.sources.eu_listed import read_totals

KZ = (
    "year,file,partner_ru,turnover_kusd,export_kusd,import_kusd\n2021,a,Всего,18000,9000,9000\n"
    "2021,a,Китай,14000,6000,8000\n2021,a,Россия,4000,3000,1000\n2021,a,Азия,14000,6000,8000\n"
)


def kazakh(folder: Path, text: str) -> pd.DataFrame:
    file = folder / kazakhstan.FILE
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return kazakhstan.read(folder)


def test_a_good_file_is_read(tmp_path: Path) -> None:
    found = kazakh(tmp_path, KZ).set_index(["partner", "flow"])["value_musd"]
    assert found.to_dict() == {
        ("CHN", "exports"): 6.0, ("RUS", "exports"): 3.0, ("CHN", "imports"): 8.0, ("RUS", "imports"): 1.0
    }  # fmt: skip


CHINA = "2021,a,Китай,14000,6000,8000\n"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("2021,a,Китай,14000,6000,-5\n", "Китай: -5.0 is not a value of trade|Китай: -5 is not a value of trade"),
        ("2021,a,Китай,14000,6000,\n", "imports, Китай: an empty cell"),
        ("2021,a,Китай,14000,6000,inf\n", "not a value of trade"),
        ("2021,a,Китай,14000,6000,0\n", r":3: 2021, Китай: exports 6000 and imports 0 do not add up to the turnover"),
        ("2021,a,Китай,14000,6000,8000000\n", "do not add up to the turnover 14000"),
        ("", "imports: partners add up to 1,000.0 thousand USD, the total is 9,000.0; is a row missing"),
        (CHINA + CHINA, "'Китай' occurs twice"),
        (CHINA + "2021,a,Китай,200,100,100\n", "'Китай' occurs twice"),
        (CHINA + "2021,a,КНР,200,100,100\n", "'КНР' occurs twice .also as 'Китай'"),
    ],
)
def test_one_bad_row_is_a_fault(line: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(kv.SourceError, match=message):
        kazakh(tmp_path, KZ.replace(CHINA, line))


def test_parts_of_a_country_are_added_up_only_where_a_reader_says_so() -> None:
    names, values = ["Salvador", "El Salvador"], [1.0, 2.0]
    given = {"reporter": "KGZ", "flow": "imports", "year": 2021, "unit": 1.0, "source": "test", "complete": True}
    faults = Faults("file")
    found = common.tidy(names, values, faults=faults, parts=kyrgyzstan.PARTS, **given)
    assert found["value_musd"].tolist() == [3.0]
    assert not faults.found
    common.tidy(names, values, faults=faults, **given)
    assert len(faults.found) == 1


def test_an_empty_kyrgyz_cell_is_no_trade_only_beside_a_year_of_little() -> None:
    named = pd.DataFrame({5: [5e6, 5e6, "-"], 6: [None, None, None], 7: [6e6, 3.0, 4e6]}, dtype=object)
    filled = kyrgyzstan._filled(named, {2020: 5, 2021: 6, 2022: 7}, 2021)
    assert [common.number(v) == 0 for v in filled] == [False, True, True]


def members(tmp_path: Path, change: Callable[[pd.DataFrame], pd.DataFrame] = lambda t: t) -> Path:
    months = eu_members.span("2020-11", "2022-01")
    rows = [(r, p, m, 2_000_000) for r in ("Germany", "Malta") for p in ("Kazakhstan", "Georgia") for m in months]
    table = pd.DataFrame(rows, columns=eu_members.COLUMNS)
    table.loc[(table["REPORTER"] == "Malta") & (table["PARTNER"] == "Georgia"), "VALUE_IN_EUR"] = 500
    file = tmp_path / eu_members.FILE
    file.parent.mkdir(parents=True, exist_ok=True)
    change(table).to_csv(file, index=False)
    days = pd.date_range("2021-01-01", "2021-12-31").strftime("%Y-%m-%d")
    rates = tmp_path / eurostat.RATES
    rates.parent.mkdir(exist_ok=True)
    pd.DataFrame({"date": days, "name": "USD_EUR", "exchange": 0.8}).to_csv(rates, index=False)
    return tmp_path


def test_members_are_read_and_skipped_years_are_told(tmp_path: Path) -> None:
    folder = members(tmp_path)
    found = eurostat.read(folder).set_index(["reporter", "partner"])["value_musd"]
    assert found["DEU", "KAZ"] == pytest.approx(12 * 2 / 0.8)
    assert eurostat.notes(folder) == [
        "Eurostat Comext: 2020 left out, 2 months of twelve", "Eurostat Comext: 2022 left out, 1 months of twelve"
    ]  # fmt: skip
    assert any("2020 left out" in note for note in read_reports(folder).notes)
    assert read_totals(folder)["meur"].sum() == pytest.approx(15 * (2 + 2 + 2 + 0.0005))


def test_a_small_pair_may_miss_a_month(tmp_path: Path) -> None:
    folder = members(tmp_path, lambda t: t[~((t["VALUE_IN_EUR"] == 500) & (t["month"] == "2021-05"))])
    assert len(read_totals(folder)) == 30


def put(row: int, column: str, value: object) -> Callable[[pd.DataFrame], pd.DataFrame]:
    def change(table: pd.DataFrame) -> pd.DataFrame:
        table = table.astype(object)
        table.loc[row, column] = value
        return table

    return change


CHANGES: dict[str, tuple[Callable[[pd.DataFrame], pd.DataFrame], str]] = {
    "pair": (lambda t: t.drop(6), "DEU KAZ: a pair of 2 MEUR a month lacks 2021-05"),
    "twice": (lambda t: pd.concat([t, t.iloc[[6]]]), "occurs twice: Germany Kazakhstan 2021-05"),
    "negative": (put(6, "VALUE_IN_EUR", -1e12), ":8: value is missing, negative or no number"),
    "empty": (put(6, "VALUE_IN_EUR", None), "value is missing, negative or no number"),
    "colon": (put(6, "VALUE_IN_EUR", ":"), r"2021-05 :; take"),
    "month": (put(6, "month", "2021-13"), "month is not written 2021-03: Germany Kazakhstan 2021-13"),
    "reporter": (lambda t: t[~((t["REPORTER"] == "Malta") & (t["month"] == "2021-05"))], "MLT: 1 month.* 2021-05"),
    "all": (lambda t: t[t["month"] != "2021-05"], "no row of 2021-05"),
    "group": (put(6, "REPORTER", "EU27_2020"), "EU27_2020"),
    "stranger": (put(6, "REPORTER", "Brazil"), "reporters that are no members: BRA"),
}


@pytest.mark.parametrize("name", CHANGES)
@pytest.mark.parametrize("read", [eurostat.read, read_totals])
def test_both_readers_of_members_refuse_a_bad_row(
    name: str, read: Callable[[Path], pd.DataFrame], tmp_path: Path
) -> None:
    change, message = CHANGES[name]
    with pytest.raises(kv.SourceError, match=message) as refused:
        read(members(tmp_path, change))
    assert len(str(refused.value)) < 1500


def test_the_files_at_hand_pass_their_checks() -> None:
    folder = shared("customs", "fx")
    assert len(kazakhstan.read(folder)) > 1500
    assert set(eurostat.read(folder)["year"]) == {2019, 2020, 2021, 2022, 2023}
    assert read_totals(folder)["partner"].nunique() == 6
