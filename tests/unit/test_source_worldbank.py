"""World Bank indicators: pages, groups apart from countries, and every fault of a file at once."""

import json
import math

import httpx
import pytest
from store_tools import RECORDED, Owner

from karvan.core.errors import SourceError
from karvan.data import store
from karvan.data.sources import worldbank

PAGES = [RECORDED / "worldbank" / f"NY.GDP.MKTP.CD-{n}.json" for n in (1, 2)]


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("KARVAN_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def changed(tmp_path):
    """Write the two pages with what a function does to their rows."""

    def write(change):
        data = [json.loads(path.read_bytes()) for path in PAGES]
        change(data[0][1])
        for path, page in zip(PAGES, data, strict=True):
            (tmp_path / path.name).write_text(json.dumps(page))
        return [tmp_path / path.name for path in PAGES]

    return write


def test_both_pages_are_fetched_and_read(monkeypatch):
    owner = Owner(monkeypatch, lambda r: httpx.Response(200, content=PAGES[int(r.url.params["page"]) - 1].read_bytes()))
    found = store.read("worldbank", years="2021-2022")
    assert len(owner.asked) == 2 and owner.asked[0].url.params["date"] == "2021:2022"
    assert owner.asked[0].url.path == "/v2/country/all/indicator/NY.GDP.MKTP.CD"
    assert found["country"].tolist() == ["KAZ", "KAZ", "RUS", "RUS"]
    assert found["value"].tolist()[0] == 197.5e9 and math.isnan(found["value"].tolist()[1])
    assert store.read("worldbank", years=(2021, 2022)).equals(found) and len(owner.asked) == 2


def test_groups_are_kept_apart():
    assert set(worldbank.read(PAGES)["country"]) == {"KAZ", "RUS"}
    assert set(worldbank.read(PAGES, groups=True)["country"]) == {"KAZ", "RUS", "WLD", "EUU"}
    assert set(worldbank.read(PAGES, years=(2021,))["year"]) == {2021}


def test_an_error_instead_of_data_is_told(monkeypatch):
    Owner(monkeypatch, httpx.Response(200, content=(RECORDED / "worldbank" / "error.json").read_bytes()))
    with pytest.raises(SourceError, match=r"answers with an error: Invalid value: .*check indicators and countries"):
        store.get("worldbank", countries="KAZ")
    with pytest.raises(SourceError, match="not in the cache"):
        store.kept("worldbank", countries="KAZ")


def test_pages_that_are_missing_are_told():
    with pytest.raises(SourceError, match=r"NY.GDP.MKTP.CD: 5 of 8 rows; pages are missing"):
        worldbank.read(PAGES[:1])


def test_all_faults_at_once(changed):
    def spoil(rows):
        rows[0]["value"] = "197,5"
        rows[1]["date"] = "2022Q1"
        del rows[2]["countryiso3code"]
        rows[3]["value"] = True

    with pytest.raises(SourceError) as told:
        worldbank.read(changed(spoil))
    assert len(str(told.value).splitlines()) == 4
    for words in ("row 1: value '197,5'", "row 2: date '2022Q1'", "row 3 has no countryiso3code", "row 4: value True"):
        assert words in str(told.value)


def test_a_row_that_stands_twice_is_told(changed):
    def twice(rows):
        rows[1]["date"] = "2021"

    with pytest.raises(SourceError, match=r"NY.GDP.MKTP.CD KAZ 2021 stands twice"):
        worldbank.read(changed(twice))


@pytest.mark.parametrize("content", ["{}", "[1]", "[[], []]", "[{}, []]"])
def test_another_layout_is_told(tmp_path, content):
    path = tmp_path / "page.json"
    path.write_text(content)
    with pytest.raises(SourceError, match=r"page.json: not .meta, rows."):
        worldbank.read([path])
