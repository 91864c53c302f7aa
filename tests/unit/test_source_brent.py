"""Brent: the EIA's workbook and API, and every fault of a file at once."""

import json
from datetime import datetime

import httpx
import pytest
from paths import shared
from store_tools import RECORDED, Owner, a_zip

from karvan.core.errors import SourceError
from karvan.data import store
from karvan.data.sources import brent

FOLDER = RECORDED / "brent"
BOOK, PAGE = FOLDER / "RBRTEd.xls", FOLDER / "brent-monthly-0.json"


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("KARVAN_CACHE", str(tmp_path / "cache"))


def test_the_workbook_is_fetched_and_read(monkeypatch):
    owner = Owner(monkeypatch, httpx.Response(200, content=BOOK.read_bytes()))
    found = store.read("brent")
    assert str(owner.asked[0].url) == "https://www.eia.gov/dnav/pet/hist_xls/RBRTEd.xls"
    assert found["price"].tolist() == [80.5, 81.25, 79.75, 82.0] and found["date"][3] == datetime(2024, 3, 1)


def test_all_faults_of_a_workbook_at_once():
    with pytest.raises(SourceError) as told:
        brent.read([FOLDER / "faults.xls"])
    assert [line.split(": ")[0].rsplit(":", 1)[1] for line in str(told.value).splitlines()] == ["4", "5"]
    assert "'80,5': not a date and a number; correct the cell" in str(told.value)
    with pytest.raises(SourceError) as told:
        brent.read([FOLDER / "series.xls"])
    for words in ("2024-02-02 -79.75 is not positive", "2024-01-30 stands twice", "no value in 1 month(s): 2024-03"):
        assert words in str(told.value)


def test_a_workbook_cut_short_is_refused(monkeypatch, tmp_path):
    Owner(monkeypatch, httpx.Response(200, content=BOOK.read_bytes()[:3000]))
    with pytest.raises(SourceError, match=r"brent: RBRTEd.xls: is cut short or a damaged workbook"):
        store.get("brent")
    cut = tmp_path / "cut.xls"
    cut.write_bytes(BOOK.read_bytes()[:3000])
    with pytest.raises(SourceError, match=r"cut\.xls: cut short"):
        brent.read([cut])


def test_another_kind_of_workbook_is_refused(monkeypatch):
    Owner(monkeypatch, httpx.Response(200, content=a_zip(a=b"1")))
    with pytest.raises(SourceError, match="is not a workbook"):
        store.get("brent", frequency="monthly")


def test_the_api_wants_a_key_and_keeps_it_nowhere(monkeypatch):
    owner = Owner(monkeypatch, httpx.Response(200, content=PAGE.read_bytes()))
    monkeypatch.delenv("EIA_API_KEY", raising=False)
    with pytest.raises(SourceError, match="environment variable EIA_API_KEY"):
        store.read("brent", frequency="monthly", via="api")
    monkeypatch.setenv("EIA_API_KEY", "0123456789abcdef")
    found = store.read("brent", frequency="monthly", via="api")
    assert found["price"].tolist() == [80.5, 79.75, 82.0] and found["date"][0] == datetime(2024, 1, 1)
    assert owner.asked[0].url.params["api_key"] == "0123456789abcdef"
    assert owner.asked[0].url.params["facets[series][]"] == "RBRTE"


def test_pages_of_the_api_follow(tmp_path):
    page = tmp_path / "page.json"
    page.write_text(json.dumps({"response": {"total": "12001", "data": []}}))
    offsets = [dict(r.params)["offset"] for r in brent.more([page], frequency="daily", via="api")]
    assert offsets == ["5000", "10000"] and brent.more([page]) == ()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"error": "API_KEY_INVALID"}, "answers with an error: API_KEY_INVALID"),
        ({"response": {}}, "no response with data"),
        ([1], "no response with data"),
    ],
)
def test_faults_told_by_the_api(tmp_path, data, words):
    page = tmp_path / "page.json"
    page.write_text(json.dumps(data))
    with pytest.raises(SourceError, match=words):
        brent.read([page])


def test_all_faults_of_the_api_at_once(tmp_path):
    data = json.loads(PAGE.read_bytes())
    rows = data["response"]["data"]
    rows[0]["value"], rows[1]["series"], rows[2]["period"] = "80,5", "RWTC", "March"
    page = tmp_path / "page.json"
    page.write_text(json.dumps(data))
    with pytest.raises(SourceError) as told:
        brent.read([page])
    assert len(str(told.value).splitlines()) == 3
    assert "row 1: '80,5' has a decimal comma" in str(told.value) and "series RWTC in" in str(told.value)


def test_years_have_no_missing_months(tmp_path):
    data = json.loads(PAGE.read_bytes())
    for row, year in zip(data["response"]["data"], ("2021", "2022", "2023"), strict=True):
        row["period"] = year
    page = tmp_path / "page.json"
    page.write_text(json.dumps(data))
    assert len(brent.read([page], frequency="annual")) == 3


def test_a_converted_copy_of_the_real_series_passes_the_same_checks():
    """The checks of a series on forty years of real days: none stands twice, none is missing, all are positive."""
    import pandas as pd

    from karvan.data.store.series import checked

    found = pd.read_csv(shared("oil") / "oil" / "brent-daily.csv", parse_dates=["Date"])
    found = found.rename(columns={"Date": "date", "Price": "price"}).assign(file="brent-daily.csv")
    assert len(checked(found, [], "price")) == len(found) > 9000
