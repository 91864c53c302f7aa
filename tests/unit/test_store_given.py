"""Files that a user gives are those that were asked for, and options lead nowhere else."""

import json
from pathlib import Path

import httpx
import pytest
from store_tools import RECORDED, Owner, a_zip, files_in

from karvan.core.errors import SourceError
from karvan.data import store
from karvan.data.sources import worldbank

MARCH = RECORDED / "nbk" / "2024-03-01.xml"
KZT = RECORDED / "cbr" / "KZT-2024-01-10-2024-03-12.xml"
MONTHS = RECORDED / "comtrade" / "monthly.json"
WEO = RECORDED / "imf" / "weo.xml"
CARS = RECORDED / "comext" / "sdmx.csv"


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("KARVAN_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def bank_file(folder: Path, *, country: str = "USA", year: str = "2021", indicator: str = "NY.GDP.MKTP.CD") -> Path:
    row = {
        "indicator": {"id": indicator, "value": "GDP"},
        "country": {"id": country[:2], "value": country},
        "countryiso3code": country,
        "date": year,
        "value": 1.0,
    }
    path = folder / f"{country}-{year}.json"
    path.write_text(json.dumps([{"page": 1, "pages": 1, "total": 1}, [row]]))
    return path


def test_a_file_of_another_country_year_or_indicator_is_not_kept(tmp_path, cache):
    asked = {"countries": "KAZ", "years": "2020-2021"}
    for changes, words in (
        ({}, "holds country USA, asked is KAZ"),
        ({"country": "KAZ", "year": "2019"}, "holds year 2019, asked is 2020..2021"),
        ({"country": "KAZ", "indicator": "SP.POP.TOTL"}, "holds indicator SP.POP.TOTL, asked is NY.GDP.MKTP.CD"),
    ):
        with pytest.raises(SourceError, match=words):
            store.get("worldbank", given=bank_file(tmp_path, **changes), **asked)
    assert files_in(cache) == []
    assert len(store.read("worldbank", given=bank_file(tmp_path, country="KAZ"), **asked)) == 1


@pytest.mark.parametrize(
    ("name", "path", "options", "words"),
    [
        ("nbk", MARCH, {"since": "2024-02-01", "until": "2024-02-01"}, "holds date 2024-03-01, asked is 2024-02-01"),
        ("cbr", KZT, {"since": "2024-01-10", "until": "2024-03-12"}, "holds currency KZT, asked is USD"),
        ("cbr", KZT, {"since": "2023-01-10", "until": "2023-03-12", "currencies": "KZT"}, "holds date 2024"),
        ("comtrade", MONTHS, {"reporters": "KAZ", "periods": "2022"}, "holds (reporter|period) .*, asked is"),
        ("comtrade", MONTHS, {"reporters": "FRA", "periods": "202203", "monthly": "yes"}, "holds reporter"),
        ("imf", WEO, {"countries": "MNG"}, "holds .*, asked is"),
        ("comext", CARS, {"reporters": "FRA", "years": "2022"}, "holds reporter .*, asked is FRA"),
        ("wits", RECORDED / "wits" / "tariffs.json", {"importers": "MNG", "datatypes": "reported"}, "holds importer"),
        ("brent", RECORDED / "brent" / "RBRTEd.xls", {"frequency": "annual"}, "holds frequency .*, asked is annual"),
    ],
)
def test_every_source_tells_another_file(cache, name, path, options, words):
    with pytest.raises(SourceError, match=words):
        store.get(name, given=path, **options)
    assert files_in(cache) == []


@pytest.mark.parametrize(
    ("name", "path", "options"),
    [
        ("nbk", MARCH, {"since": "2024-03-01", "until": "2024-03-01"}),
        ("brent", RECORDED / "brent" / "RBRTEd.xls", {"frequency": "daily"}),
        ("baci", RECORDED / "baci" / "BACI_HS17_Y2022_V202501.csv", {}),
        ("itpd-e", RECORDED / "itpd-e" / "ITPD_E_R02.csv", {}),
        ("cepii-gravity", RECORDED / "cepii-gravity" / "Gravity_V202211.csv", {}),
        ("icio", RECORDED / "icio" / "2019_SML.csv", {}),
    ],
)
def test_what_was_asked_is_kept(name, path, options):
    (found,) = store.get(name, given=path, **options)
    assert found.read_bytes() == path.read_bytes()


@pytest.mark.parametrize("name", ["baci", "itpd-e", "cepii-gravity", "icio"])
def test_another_archive_or_table_is_not_kept(tmp_path, cache, name):
    other, table = tmp_path / "world.npz", tmp_path / "table.csv"
    other.write_bytes(a_zip(array=b"numbers"))
    table.write_text("a,b\n1,2\n")
    for path in (other, table):
        with pytest.raises(SourceError, match=r"no table like|no YYYY_SML|columns missing|column"):
            store.get(name, given=path)
    assert files_in(cache) == []


def test_what_is_neither_file_nor_folder_is_told():
    with pytest.raises(SourceError, match="/dev/null: neither a file nor a folder"):
        store.get("baci", given="/dev/null")


@pytest.mark.parametrize("years", ["0-999999999", "1990-2990", "1850", "2101"])
def test_years_that_no_source_has_are_refused(years):
    with pytest.raises(SourceError, match=r"worldbank: years=.*(at most 1,000|between 1900 and 2100)"):
        store.get("worldbank", years=years)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("worldbank", {"countries": "../../etc"}),
        ("worldbank", {"indicators": "../../etc/passwd"}),
        ("imf", {"countries": "../../etc"}),
        ("imf", {"flow": "A,../../x,1"}),
        ("comext", {"products": "87?x=1"}),
    ],
)
def test_options_lead_to_no_other_address(monkeypatch, cache, name, options):
    owner = Owner(monkeypatch, lambda r: httpx.Response(200, content=b"[]"))
    with pytest.raises(SourceError, match=r"unknown country|no code of an indicator|no plain address"):
        store.get(name, **options)
    assert owner.asked == [] and files_in(cache) == []


def test_an_absent_country_or_year_is_told(tmp_path):
    paths = [bank_file(tmp_path, country="KAZ", year="2021")]
    with pytest.raises(SourceError, match="no row of 2015; the files hold 2021"):
        worldbank.read(paths, years=(2015,))
    with pytest.raises(SourceError, match="no row of QQQ; the files hold KAZ"):
        worldbank.read(paths, countries=("QQQ",))
    with pytest.raises(SourceError, match="unknown country QQQ"):
        store.read("worldbank", countries="QQQ", offline=True)
    assert len(worldbank.read(paths, countries=("kaz",))) == 1
    assert len(worldbank.read([bank_file(tmp_path, country="WLD")], countries=("WLD",))) == 1
