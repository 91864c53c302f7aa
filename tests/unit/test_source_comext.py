"""Eurostat Comext: both layouts, missing values, separators, levels and groups."""

from pathlib import Path

import duckdb
import pytest
from paths import shared

from karvan.core.errors import KarvanWarning, SourceError
from karvan.data.sources import comext

MADE = Path(__file__).parents[1] / "recorded" / "comext"
HEAD = "REPORTER,PARTNER,PRODUCT,FLOW,PERIOD,VALUE_IN_EUR\n"


def test_answer_of_the_owner() -> None:
    with pytest.warns(KarvanWarning, match=r"DEU X: 1 month\(s\) missing: 2022-09"):
        found = comext.read([MADE / "sdmx.csv"])
    assert len(found) == 6, "quantities are left out"
    assert list(found["reporter"].unique()) == ["DEU", "GRC"]
    assert found.loc[~found["partner_is_group"], "partner"].tolist() == ["KAZ", "KAZ", "KAZ", "XKX"]
    assert found.loc[found["partner_is_group"], "partner"].tolist() == ["WLD", "QR"]
    assert found["value_eur"].isna().tolist() == [False, False, True, False, False, False]
    assert list(found["flow"]) == ["X"] * 5 + ["M"]


def test_extracted_table_with_names_and_a_colon_for_missing() -> None:
    found = comext.read([MADE / "plain.csv"])
    assert list(found["period"]) == ["2022-07", "2022-08", "2022-07"] and set(found["level"]) == {8}
    assert found["value_eur"].isna().tolist() == [False, True, False] and found["value_eur"].iloc[2] == 0
    assert list(found["partner"]) == ["KAZ", "KAZ", "ARM"]


def written(folder: Path, rows: str, head: str = HEAD, encoding: str = "utf-8") -> Path:
    (folder / "eu.csv").write_bytes((head + rows).encode(encoding))
    return folder / "eu.csv"


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ('DE,KZ,8703,2,202207,"1,5"\n', "eu.csv:2: VALUE_IN_EUR: decimal comma: '1,5'; pass decimal=','"),
        ("DE,KZ,8703,2,202207,many\n", "eu.csv:2: VALUE_IN_EUR: not a number: 'many'"),
        ("DE,KZ,8703,2,202207,-3\n", "eu.csv:2: value_eur is negative: -3"),
        ("DE,KZ,8703,2,202207,3\nDE,KZ,87032319,2,202207,2\n", "products at 2 levels in one file (4 digits: 1, 8 dig"),
        ("DE,KZ,8703,2,202207,3\nDE,KZ,8703,2,202207,3\n", "eu.csv:3: duplicated: 2022-07, DEU, KAZ, X, 8703"),
        ("DE,Kazakstan,8703,2,202207,3\n", "eu.csv:2: unknown country 'Kazakstan'; Did you mean 'Kazakhstan'?"),
        ("DE,KZ,8703,9,202207,3\n", "eu.csv:2: FLOW is neither import (1) nor export (2)"),
        ("DE,KZ,8703,2,202213,3\n", "eu.csv:2: PERIOD is no year or month"),
        ("DE,KZ,8703,2,202207\nDE,KZ,8703\n", "eu.csv:2: not 6 cells (2 rows: 2, 3)"),
        ("DE,KZ,10121,2,202207,3\n", "eu.csv:2: product code 10121 has an odd number of digits; was a leading zero"),
    ],
)
def test_bad_rows(tmp_path: Path, rows: str, said: str) -> None:
    with pytest.raises(SourceError) as caught:
        comext.read([written(tmp_path, rows)])
    assert said in str(caught.value)


def test_faults_of_all_rows_and_files_come_together(tmp_path: Path) -> None:
    bad = written(tmp_path, "DE,KZ,8703,2,202207,x\nDE,ZZ,8703,2,202208,-1\n")
    other = bad.with_name("other.csv")
    other.write_text("<html>busy</html>")
    with pytest.raises(SourceError) as caught:
        comext.read([bad, other])
    said = str(caught.value).splitlines()
    assert [line.split("/")[-1].split(": ")[0] for line in said] == ["eu.csv:3", "eu.csv:2", "eu.csv:3", "other.csv"]


def test_decimal_commas_are_read_when_named(tmp_path: Path) -> None:
    rows = 'DE,KZ,8703,2,202207,"1.234,5"\nDE,KZ,8703,2,202208,7\n'
    assert list(comext.read([written(tmp_path, rows)], decimal=",")["value_eur"]) == [1234.5, 7]
    with pytest.raises(SourceError, match="the file was read with decimal=','"):
        comext.read([written(tmp_path, "DE,KZ,8703,2,202207,1.5\n")], decimal=",")


def test_encodings(tmp_path: Path) -> None:
    path = written(tmp_path, "Germany,Côte d'Ivoire,8703,2,202207,1\n", encoding="latin-1")
    with pytest.raises(SourceError, match="line 2 is not utf-8 text"):
        comext.read([path])
    assert comext.read([path], encoding="latin-1")["partner"].item() == "CIV"
    assert len(comext.read([written(tmp_path, "DE,NA,8703,2,2022,1\n", encoding="utf-8-sig")])) == 1


def test_changed_columns(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"columns missing: VALUE_IN_EUR\. .* mean 'VALUE_IN_EURO'"):
        comext.read([written(tmp_path, "", HEAD.replace("EUR\n", "EURO\n"))])


def test_a_named_level_is_kept(tmp_path: Path) -> None:
    path = written(tmp_path, "DE,KZ,8703,2,202207,3\nDE,KZ,87032319,2,202207,2\n")
    assert comext.read([path], level=8)["value_eur"].tolist() == [2]


def test_requests_one_per_reporter_and_year() -> None:
    asked = comext.requests(reporters=("DEU", "GRC"), partners=("KAZ", "KGZ"), products=("870323",), years=(2021, 2022))
    assert [r.file for r in asked] == ["DEU-2021.csv", "DEU-2022.csv", "GRC-2021.csv", "GRC-2022.csv"]
    assert asked[0].url.endswith("DS-045409/M.DE.KZ+KG.870323.2.VALUE_IN_EUROS")
    assert dict(asked[1].params) == {"format": "SDMX-CSV", "startPeriod": "2022-01", "endPeriod": "2022-12"}
    with pytest.raises(SourceError, match="unknown flow: EXPORT"):
        comext.requests(flows=("EXPORT",))


def test_real_rows_of_two_product_levels_are_refused_until_one_is_named(tmp_path: Path) -> None:
    folder = shared("eu_sanctioned") / "eu_sanctioned"
    path, out = folder / "eu_exports_sanctioned_cn_monthly.parquet", tmp_path / "kaz.csv"
    duckdb.sql(
        f"""COPY (SELECT reporter AS REPORTER, partner AS PARTNER, cn_code AS PRODUCT, flow AS FLOW, month AS PERIOD,
        value AS VALUE_IN_EUR FROM '{path}' WHERE partner = 'Kazakhstan' AND month = '2022-06') TO '{out}' (HEADER)"""
    )
    with pytest.raises(SourceError, match=r"products at 2 levels in one file .4 digits: .*, 8 digits: "):
        comext.read([out])
    four, eight = (comext.read([out], level=level) for level in (4, 8))
    assert set(four["reporter"]) >= {"DEU", "ITA", "FRA"} and set(four["partner"]) == {"KAZ"} and len(eight) > 500
    both = four.groupby("product")["value_eur"].sum().index.intersection(eight["product"].str[:4])
    assert len(both) > 10, "the headings hold the goods of their eight-digit codes: a sum of both counts twice"
