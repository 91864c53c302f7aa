"""WITS/TRAINS: questions the owner answers, rates, and the specific duties that it writes as zero."""

from pathlib import Path

import pytest
from paths import shared

from karvan.core.errors import SourceError
from karvan.data.sources import wits

MADE = Path(__file__).parents[1] / "recorded" / "wits" / "tariffs.json"


def changed(folder: Path, old: str, new: str) -> Path:
    text = MADE.read_text()
    assert old in text
    path = folder / "tariffs.json"
    path.write_text(text.replace(old, new))
    return path


def test_recorded_zero_of_a_specific_duty_is_missing_not_free() -> None:
    (row,) = wits.read([shared("samples") / "samples/sdmx/WB/gh-78.xml"]).to_dict("records")
    assert (row["year"], row["importer"], row["exporter"], row["product"]) == (1989, "USA", "WLD", "020110")
    assert row["lines"] == row["specific_lines"] == 1 and row["rate"] != row["rate"]
    assert row["tariff"] == "MFN" and row["classification"] == "H0" and not row["estimated"]


def test_rates_are_fractions_and_preferences_keep_their_partner() -> None:
    found = wits.read([MADE]).set_index(["exporter", "product"])
    assert found.loc[("WLD", "870323"), "rate"] == 0.1375 and found.loc[("WLD", "870323"), "rate_high"] == 0.15
    assert found.loc[("RUS", "870323"), "rate"] == 0 and found.loc[("RUS", "870323"), "tariff"] == "PREF"
    assert found["rate"].isna().to_dict()[("WLD", "610910")]
    assert found["exporter_is_group"].tolist() == [True, True, False, True] and set(found["importer"]) == {"KAZ"}


def test_ad_valorem_equivalents_keep_their_rate(tmp_path: Path) -> None:
    found = wits.read([changed(tmp_path, '"Reported"', '"AVEEstimated"')])
    assert found["estimated"].all() and found["rate"].notna().all()
    both = wits.read([MADE, tmp_path / "tariffs.json"])
    assert len(both) == 8


def test_the_european_union_files_as_one(tmp_path: Path) -> None:
    assert set(wits.read([changed(tmp_path, '"398"', '"918"')])["importer"]) == {"EU27"}


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"643"', '"999"', "unknown country '999'"),
        ("13.75", "-13.75", "rate is negative"),
        ("13.75", "13750", "a rate above 3000 %"),
        ('"610910"', '"6109"', "products at 2 levels in one file (4 digits: 1, 6 digits: 3 rows)"),
        ('"610910"', '"61091"', "product code 61091 has an odd number of digits"),
        ('"PRODUCTCODE"', '"PRODUCT"', "columns missing: PRODUCTCODE. PRODUCTCODE: Did you mean 'PRODUCT'?"),
        ('"A41"', '"643"', "duplicated: 2021, KAZ, RUS, 870323, PREF, False"),
        ('"dataSets"', '"sets"', "not an SDMX data message"),
    ],
)
def test_bad_answers(tmp_path: Path, old: str, new: str, said: str) -> None:
    with pytest.raises(SourceError) as caught:
        wits.read([changed(tmp_path, old, new)])
    assert said in str(caught.value) and "tariffs.json" in str(caught.value)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"<!doctype html>\n<html>down for maintenance</html>", "a web page (HTML)"),
        (MADE.read_bytes()[:1500], "the message breaks off: the download was cut"),
        (b"NoRecordsFound", "not an SDMX data message"),
    ],
)
def test_files_that_are_no_answer(tmp_path: Path, content: bytes, said: str) -> None:
    (tmp_path / "x").write_bytes(content)
    with pytest.raises(SourceError) as caught:
        wits.read([tmp_path / "x"])
    assert said in str(caught.value) or (said.startswith("not") and "breaks off" in str(caught.value))


def test_at_most_two_dimensions_are_all() -> None:
    with pytest.raises(SourceError, match="at most two dimensions 'all', got exporters, products, years"):
        wits.requests(exporters=("all",), years=())
    assert len(wits.requests(exporters=("all",), products=("all",))) == 2


def test_requests() -> None:
    asked = wits.requests(importers=("KAZ", "EU27", "USA"), products=("870323", "020110"), datatypes=("reported",))
    base = "https://wits.worldbank.org/API/V1/SDMX/V21/datasource/TRN"
    tail = "partner/000/product/870323;020110/year/2021/datatype/reported"
    assert [r.url for r in asked] == [f"{base}/reporter/{n}/{tail}" for n in ("398", "918", "840")]
    assert "partner/842/" in wits.requests(exporters=("842",))[0].url
    with pytest.raises(SourceError, match="six-digit HS codes, got 8703"):
        wits.requests(products=("8703",))
    with pytest.raises(SourceError, match=r"unknown datatype: estimated. Did you mean 'aveestimated'"):
        wits.requests(datatypes=("estimated",))
