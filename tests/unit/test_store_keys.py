"""A key goes to its own host and nowhere else: not to logs, manifests, errors, other hosts or the kept file."""

import json
import logging
from urllib.parse import quote

import httpx
import pytest
from store_tools import CSV, HOST, Owner, fetched, files_in, request

from karvan.core.errors import SourceError
from karvan.data.store import SECRET, keep

KEY = "sk+Very/Secret==42"
FORMS = {KEY, quote(KEY), quote(KEY, safe=""), KEY.replace("/", r"\/")}
KEYED = request(secret="DEMO_API_KEY", params=(("key", SECRET), ("y", "1")))
IN_HEADER = request(secret="DEMO_API_KEY", headers=(("X-Key", SECRET),))


@pytest.fixture(autouse=True)
def everything_written(tmp_path, monkeypatch, caplog, capfd):
    """After each test, nothing that was written anywhere holds the key."""
    monkeypatch.setenv("KARVAN_CACHE", str(tmp_path))
    monkeypatch.setenv("DEMO_API_KEY", f" {KEY}\n")
    monkeypatch.setattr("tenacity.nap.time.sleep", lambda _: None)
    caplog.set_level(logging.DEBUG)
    yield
    written = {path.name: path.read_bytes().decode("latin1") for path in files_in(tmp_path)}
    out = capfd.readouterr()
    logs = "\n".join(f"{record.getMessage()} {vars(record)}" for record in caplog.records)
    for name, text in {**written, "logs": logs, "out": out.out, "err": out.err}.items():
        assert not any(form in text for form in FORMS), name


@pytest.mark.parametrize("wanted", [KEYED, IN_HEADER], ids=["parameter", "header"])
def test_the_key_is_sent_and_kept_nowhere(monkeypatch, caplog, tmp_path, wanted):
    owner = Owner(monkeypatch, httpx.Response(200, content=CSV))
    fetched(wanted)
    sent = owner.asked[0]
    assert (sent.url.params.get("key"), sent.headers.get("X-Key")) in [(KEY, None), (None, KEY)]
    assert "HTTP Request: GET" in caplog.text
    told = json.loads(files_in(tmp_path / "manifest")[0].read_text())
    assert told["params"] == [list(pair) for pair in wanted.params]


@pytest.mark.parametrize("wanted", [KEYED, IN_HEADER], ids=["parameter", "header"])
def test_another_host_never_sees_the_key(monkeypatch, wanted):
    there = httpx.Response(302, headers={"Location": f"https://elsewhere.example/f.csv?key={quote(KEY, safe='')}&y=1"})
    owner = Owner(monkeypatch, there, httpx.Response(200, content=CSV))
    fetched(wanted)
    assert owner.asked[1].url.host == "elsewhere.example" and owner.asked[1].url.params["y"] == "1"
    assert KEY not in str(owner.asked[1].url.params.multi_items()) + str(owner.asked[1].headers.multi_items())


def test_a_redirect_on_the_same_host_gets_the_key_again(monkeypatch):
    there = httpx.Response(301, headers={"Location": f"{HOST}/new.csv?key={quote(KEY, safe='')}"})
    owner = Owner(monkeypatch, there, httpx.Response(200, content=CSV))
    fetched(KEYED)
    assert owner.asked[1].url.path == "/new.csv" and owner.asked[1].url.params["key"] == KEY


def test_a_plain_connection_never_sees_the_key(monkeypatch):
    there = httpx.Response(301, headers={"Location": "http://owner.example/new.csv?key=x"})
    owner = Owner(monkeypatch, there, httpx.Response(200, content=CSV))
    fetched(IN_HEADER)
    assert owner.asked[1].url.scheme == "http" and "X-Key" not in owner.asked[1].headers


@pytest.mark.parametrize("status", [400, 403, 503])
def test_errors_that_repeat_the_key_are_told_without_it(monkeypatch, status):
    Owner(monkeypatch, httpx.Response(status, text=f"invalid key {KEY} or {quote(KEY, safe='')}"))
    with pytest.raises(SourceError, match=r"invalid key {secret} or {secret}") as told:
        fetched(KEYED)
    assert not any(form in str(told.value) for form in FORMS)
    assert told.value.__suppress_context__


def test_faults_of_the_library_that_repeat_the_key_are_told_without_it(monkeypatch):
    def fail(asked):
        raise httpx.UnsupportedProtocol(f"cannot send {asked.url.params['key']}")

    Owner(monkeypatch, fail)
    with pytest.raises(SourceError, match=r"cannot send {secret}"):
        fetched(KEYED)


def test_a_key_that_the_owner_repeats_in_the_answer_is_blanked(monkeypatch):
    body = json.dumps({"request": {"params": {"api_key": KEY}}, "data": [1]}).encode()
    Owner(monkeypatch, httpx.Response(200, content=body))
    entry = fetched(KEYED._replace(expect="json"))
    assert json.loads(entry.path.read_bytes())["data"] == [1] and entry.size == len(body)
    assert "blanked" in entry.note


def test_a_key_is_blanked_wherever_it_stands(monkeypatch):
    """Over the borders of the pieces that are read, more than once, and escaped."""
    monkeypatch.setattr(keep, "PIECE", 32)
    text = "country,year,value\n" + "".join(f"{'x' * n},{form},{KEY}\n" for n in range(40) for form in sorted(FORMS))
    Owner(monkeypatch, httpx.Response(200, content=text.encode()))
    kept = fetched(KEYED).path.read_text()
    assert len(kept) == len(text) and kept.count("*" * len(KEY)) >= 80 and kept.startswith("country,year,value\n,")


def test_a_word_too_short_for_a_key_is_refused(monkeypatch):
    Owner(monkeypatch, httpx.Response(200, content=CSV))
    monkeypatch.setenv("DEMO_API_KEY", "2021")
    with pytest.raises(SourceError, match="DEMO_API_KEY is too short to hold a key"):
        fetched(KEYED)


def test_a_missing_key_is_told_by_the_name_of_its_variable(monkeypatch):
    owner = Owner(monkeypatch, httpx.Response(200, content=CSV))
    monkeypatch.setenv("DEMO_API_KEY", " ")
    with pytest.raises(SourceError, match=r"needs a key: set the environment variable DEMO_API_KEY"):
        fetched(KEYED)
    assert owner.asked == []


@pytest.mark.parametrize("key", [f"{KEY}\r\nX: y", f"{KEY} {KEY}", f"{KEY}ключ"])
def test_a_key_that_cannot_be_one_is_refused_unseen(monkeypatch, key):
    Owner(monkeypatch, httpx.Response(200, content=CSV))
    monkeypatch.setenv("DEMO_API_KEY", key)
    with pytest.raises(SourceError, match=r"holds characters that no key has") as told:
        fetched(IN_HEADER)
    assert KEY not in str(told.value)


def test_a_key_does_not_decide_which_file_it_is(monkeypatch):
    owner = Owner(monkeypatch, httpx.Response(200, content=CSV))
    fetched(KEYED)
    monkeypatch.setenv("DEMO_API_KEY", "another-key")
    fetched(KEYED)
    assert len(owner.asked) == 1
