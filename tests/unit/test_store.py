"""Sources by name: options, the cache, files that the user has, and the commands."""

import json
import sys
from datetime import date
from pathlib import Path
from typing import Literal

import httpx
import pytest
from store_tools import CSV, DEMO, RECORDED, Owner, files_in

from karvan.core.errors import SourceError
from karvan.data import store
from karvan.data.store.keep import Keeper
from karvan.data.store.manifest import find
from karvan.data.store.options import as_option, described
from karvan.data.store.request import EXPECT, Request
from karvan.data.store.source import CONTROLS, has_module, module_of, options_of, taken

PAGES = [RECORDED / "worldbank" / f"NY.GDP.MKTP.CD-{n}.json" for n in (1, 2)]
# Every source with its module here; a source that is not is listed, but cannot be fetched yet.
READY = (
    "baci",
    "brent",
    "cbr",
    "cepii-gravity",
    "comext",
    "comtrade",
    "icio",
    "imf",
    "itpd-e",
    "nbk",
    "wits",
    "worldbank",
)
SOURCES = (
    "icio", "baci", "comtrade", "wits", "cepii-gravity", "itpd-e", "imf", "worldbank", "comext", "nbk", "cbr", "brent",
)  # fmt: skip


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("KARVAN_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("KARVAN_OFFLINE", raising=False)
    monkeypatch.setattr("tenacity.nap.time.sleep", lambda _: None)
    return tmp_path / "cache"


@pytest.fixture
def bank(monkeypatch):
    return Owner(monkeypatch, lambda r: httpx.Response(200, content=PAGES[int(r.url.params["page"]) - 1].read_bytes()))


def test_every_source_is_described():
    assert tuple(store.sources()) == SOURCES
    for one in store.sources().values():
        told = one._asdict()
        assert all(told[name].strip() for name in told if name not in ("key", "key_note")), one.name
        assert one.home.startswith("https://") and one.terms.startswith("https://")
        assert one.module == one.name.replace("-", "_")


@pytest.mark.parametrize("name", READY)
def test_every_module_keeps_the_contract(name):
    module = module_of(store.source(name))
    assert callable(module.requests) and callable(module.read) and (module.__doc__ or "").strip()
    assert not set(options_of(store.source(name))) & set(CONTROLS)
    assert files_in(RECORDED / name), "recorded files, or files made in the documented layout"


@pytest.mark.parametrize("name", READY)
def test_a_request_names_the_variable_that_the_source_names(name):
    one, dates = store.source(name), {"since": date(2024, 1, 1), "until": date(2024, 1, 1)}
    module = module_of(one)
    variants = [{}, {"via": "api"}, {"preview": True}]
    for options in ({**variant, **dates} for variant in variants):
        for asked in module.requests(**taken(one, "requests", options)):
            assert asked.secret in ("", one.key) and asked.expect in EXPECT
            written = "".join(f"{n}{v}" for n, v in (*asked.params, *asked.headers))
            assert bool(asked.secret) == (store.SECRET in written) and "?" not in asked.url
            assert Path(asked.file).name == asked.file


def test_only_the_sources_said_to_be_ready_have_modules():
    assert {name for name, one in store.sources().items() if has_module(one)} == set(READY)


@pytest.mark.parametrize(
    ("value", "kind", "expected"),
    [
        ("2021", int, 2021),
        (2021, int, 2021),
        ("0.5", float, 0.5),
        ("yes", bool, True),
        ("0", bool, False),
        (True, bool, True),
        ("2021-12-31", date, date(2021, 12, 31)),
        ("a", Literal["a", "b"], "a"),
        ("KAZ, RUS,KAZ", tuple[str, ...], ("KAZ", "RUS")),
        ("2015,2019-2021", tuple[int, ...], (2015, 2019, 2020, 2021)),
        ([2019, 2020], tuple[int, ...], (2019, 2020)),
        (2019, tuple[int, ...], (2019,)),
        ("KAZ", str | None, "KAZ"),
        (3, int | None, 3),
    ],
)
def test_options_are_of_their_kind(value, kind, expected):
    assert as_option(value, kind) == expected


@pytest.mark.parametrize(
    ("value", "kind", "words"),
    [
        ("21st", int, "not a whole number"),
        ("1,5", float, "not a number"),
        ("maybe", bool, "neither yes nor no"),
        ("31.12.2021", date, "write it as 2021-12-31"),
        ("c", Literal["a", "b"], "not one of a, b"),
        ("2021-2019", tuple[int, ...], "runs backwards"),
        ("0-999999999", tuple[int, ...], "at most 1,000"),
        ("2019-", tuple[int, ...], "not a whole number"),
        (",", tuple[str, ...], "is empty"),
    ],
)
def test_options_of_another_kind_are_told(value, kind, words):
    with pytest.raises(ValueError, match=words):
        as_option(value, kind)


def test_options_are_described():
    told = options_of(store.source("worldbank"))
    assert told["indicators"] == "A,B (default NY.GDP.MKTP.CD)" and told["years"] == "2019-2021 (optional)"
    assert described(Literal["a", "b"], "a") == "a|b (default a)" and described(bool, False) == "yes|no (default no)"


def test_faults_of_options_are_told_at_once():
    with pytest.raises(SourceError) as told:
        store.get("nbk", since="2021", evry="month")
    assert str(told.value).splitlines() == [
        "nbk: takes no option 'evry'. Did you mean 'every'?",
        "nbk: since=2021: is not a date; write it as 2021-12-31",
        "nbk: needs until=YYYY-MM-DD",
    ]
    with pytest.raises(SourceError, match=r"no source 'wordbank'. Did you mean 'worldbank'"):
        store.get("wordbank")
    with pytest.raises(SourceError, match="ask for no file"):
        store.get("nbk", since="2021-01-02", until="2021-01-03")


def test_the_cache_serves_without_a_network(bank, monkeypatch):
    first = store.get("worldbank")
    monkeypatch.setenv("KARVAN_OFFLINE", "1")
    assert store.get("worldbank") == first == store.kept("worldbank") and len(bank.asked) == 2
    with pytest.raises(SourceError, match=r"not in the cache: NY.GDP.MKTP.CD-1.json; .*--from PATH"):
        store.get("worldbank", countries="KAZ")
    assert len(store.get("worldbank", countries="KAZ", offline=False)) == 2


def test_offline_never_asks(bank):
    with pytest.raises(SourceError, match="not in the cache"):
        store.get("worldbank", offline=True)
    assert bank.asked == []


def test_a_folder_of_the_user_is_taken_in(bank, cache):
    found = store.get("worldbank", given=RECORDED / "worldbank")
    assert bank.asked == [] and [p.read_bytes() for p in found] == [p.read_bytes() for p in PAGES]
    assert store.get("worldbank") == found and bank.asked == []
    told = [json.loads(path.read_text()) for path in files_in(cache / "manifest")]
    assert {entry["how"] for entry in told} == {"given by the user"}


def test_a_file_of_the_user_is_checked_like_a_download(tmp_path, cache):
    page = tmp_path / "page.html"
    page.write_text("<html><title>Sign in</title></html>")
    options = {"since": "2024-01-10", "until": "2024-03-12", "currencies": "KZT"}
    with pytest.raises(SourceError, match=r"page.html: is an HTML page, not XML \(Sign in\); cbr wants KZT-2024"):
        store.get("cbr", given=page, **options)
    assert files_in(cache) == []
    assert len(store.read("cbr", given=RECORDED / "cbr" / "KZT-2024-01-10-2024-03-12.xml", **options)) == 4
    with pytest.raises(SourceError, match="no such file or folder"):
        store.get("cbr", given=tmp_path / "nowhere", **options)
    with pytest.raises(SourceError, match=r"1 file\(s\) of cbr are not there: KZT-2024"):
        store.get("cbr", given=tmp_path, **options)
    with pytest.raises(SourceError, match="needs 2 files here; give the folder"):
        store.get("cbr", given=page, since="2024-01-10", until="2024-03-12", currencies="KZT,USD")


def test_a_table_taken_out_of_its_zip_will_do(tmp_path):
    wanted = Request("https://owner.example/all.zip", "all.zip", expect="zip", size=5, sha256="0" * 64)
    (tmp_path / "table.csv").write_bytes(CSV)
    with Keeper(DEMO, {}, lambda *_: None) as keeper:
        entry = keeper.given(wanted, tmp_path / "table.csv")
    assert entry.file == "table.csv" and entry.path.read_bytes() == CSV and find("demo", wanted) == entry


def test_commands(karvan, bank):
    code, out, _ = karvan("data", "get", "worldbank")
    assert code == 0 and "NY.GDP.MKTP.CD-2.json" in out and "Licence: CC BY 4.0" in out and "Cite: The World" in out
    code, out, _ = karvan("data", "path", "worldbank")
    assert code == 0 and len(out.splitlines()) == 2
    code, out, _ = karvan("data", "get", "worldbank", "--offline", "--json")
    assert [row["how"] for row in json.loads(out)] == ["fetched", "fetched"]
    code, out, _ = karvan("data", "list")
    assert code == 0 and all(name in out for name in SOURCES) and "2 file(s)" in out and "eurasia-2021" in out
    code, out, _ = karvan("data", "list", "--json")
    assert {row["source"] for row in json.loads(out)["sources"]} == set(SOURCES)
    code, out, _ = karvan("data", "licence", "comtrade")
    assert code == 0 and "COMTRADE_KEY" in out and "no re-dissemination" in out
    code, out, _ = karvan("data", "licence", "cbr", "--json")
    assert code == 0 and "since=YYYY-MM-DD" in json.loads(out)["options"]


def test_without_the_extra_sources_are_listed_and_the_extra_is_named(karvan, monkeypatch):
    monkeypatch.delenv("KARVAN_CACHE")
    monkeypatch.setitem(sys.modules, "platformdirs", None)
    monkeypatch.setattr("karvan.data.store.places.find_spec", lambda name: None)
    code, out, _ = karvan("data", "list")
    assert code == 0 and "worldbank" in out
    code, _, err = karvan("data", "get", "worldbank")
    assert code == 1 and "install karvan with its extra, karvan[data]" in err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["get", "worldbank", "contries=KAZ"], "Did you mean 'countries'"),
        (["get", "worldbank", "KAZ"], "'KAZ' is not an option; write name=value"),
        (["get", "worldbank", "countries=KAZ", "countries=RUS"], "write countries=KAZ,RUS"),
        (["get", "worldbank", "--offline"], "not in the cache"),
        (["path", "worldbank"], "not in the cache"),
        (["licence", "worldbnk"], "Did you mean 'worldbank'"),
    ],
)
def test_commands_tell_faults_in_a_line(karvan, words, message):
    code, out, err = karvan("data", *words)
    assert code == 1 and message in err and out == "" and len(err.splitlines()) == 1


def test_a_command_tells_what_it_tries_again(karvan, monkeypatch):
    def fail(asked):
        raise httpx.ConnectError("Name or service not known")

    Owner(monkeypatch, fail)
    code, out, err = karvan("data", "get", "worldbank")
    assert code == 1 and out == "" and err.count("cannot be reached") == 3 and err.count("again in") == 2
    assert "Traceback" not in err and "--from PATH" in err
