"""The store fetches once, tries again, resumes, and never keeps half a file."""

import errno
import hashlib
import json
import logging
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from store_tools import CSV, DEMO, HOST, Owner, a_zip, fetched, files_in, request, with_ranges

from karvan.core.errors import SourceError
from karvan.data.store import fetch, manifest
from karvan.data.store.keep import Keeper
from karvan.data.store.places import folder

SHA = hashlib.sha256(CSV).hexdigest()


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("KARVAN_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture(autouse=True)
def waits(monkeypatch):
    found = []
    monkeypatch.setattr("tenacity.nap.time.sleep", found.append)
    return found


def test_a_file_is_fetched_once_and_kept_under_its_hash(monkeypatch, cache):
    owner = Owner(monkeypatch, httpx.Response(200, content=CSV))
    entry = fetched(request())
    assert fetched(request()) == entry and len(owner.asked) == 1
    assert entry.path == cache / "raw" / SHA[:2] / SHA / "table.csv" and entry.path.read_bytes() == CSV
    assert [path.suffix for path in files_in(cache)] == [".json", ".csv"]
    told = json.loads(files_in(cache / "manifest")[0].read_text())
    assert told["source"] == "demo" and told["sha256"] == SHA and told["size"] == len(CSV)
    assert told["licence"] == "CC0" and told["cite"] == "Owner (2021)" and told["options"] == {"year": 2021}
    assert told["how"] == "fetched" and told["url"] == f"{HOST}/table.csv" and told["date"].endswith("+00:00")


def test_other_parameters_are_another_file(monkeypatch):
    owner = Owner(monkeypatch, lambda r: httpx.Response(200, content=CSV + str(r.url.params).encode()))
    one, two = fetched(request(params=(("y", "1"),))), fetched(request(params=(("y", "2"),)))
    assert one.sha256 != two.sha256 and len(owner.asked) == 2


def test_refresh_fetches_again_and_keeps_the_old_file(monkeypatch):
    owner = Owner(monkeypatch, httpx.Response(200, content=CSV), httpx.Response(200, content=CSV + CSV))
    old, new = fetched(request()), fetched(request(), refresh=True)
    assert new.path.read_bytes() == CSV + CSV and old.path.read_bytes() == CSV and len(owner.asked) == 2
    assert fetched(request()) == new


@pytest.mark.parametrize("status", [429, 500, 503])
def test_faults_that_pass_are_tried_again_with_growing_waits(monkeypatch, waits, status):
    bad = [httpx.Response(status, text="busy")] * 4
    owner = Owner(monkeypatch, *bad, httpx.Response(200, content=CSV))
    assert fetched(request()).sha256 == SHA
    assert len(owner.asked) == 5 and len(waits) == 4
    assert all(base <= got <= base + 1 for base, got in zip([1, 2, 4, 8], waits, strict=True))


def test_what_is_tried_again_does_not_reach_the_screen(monkeypatch, waits, capsys):
    log = logging.getLogger("stamina")
    monkeypatch.setattr(log, "handlers", [])
    monkeypatch.setattr(logging.getLogger(), "handlers", [])
    Owner(monkeypatch, httpx.Response(503), httpx.Response(200, content=CSV))
    fetched(request())
    assert capsys.readouterr().err == ""


def test_retry_after_is_honoured(monkeypatch, waits):
    Owner(monkeypatch, httpx.Response(429, headers={"Retry-After": "17"}), httpx.Response(200, content=CSV))
    fetched(request())
    assert waits == [17]


def test_a_date_in_retry_after_is_honoured(monkeypatch, waits):
    monkeypatch.setattr(fetch, "time", lambda: 1767225600.0 - 20)
    late = {"Retry-After": "Thu, 01 Jan 2026 00:00:00 GMT"}
    Owner(monkeypatch, httpx.Response(503, headers=late), httpx.Response(200, content=CSV))
    fetched(request())
    assert waits == [20]


def test_a_very_long_wait_is_told_instead(monkeypatch, waits):
    Owner(monkeypatch, httpx.Response(429, headers={"Retry-After": "86400"}))
    with pytest.raises(SourceError, match="asks to wait 86400 s"):
        fetched(request())
    assert waits == []


def test_an_owner_that_never_recovers_is_told(monkeypatch, cache):
    owner = Owner(monkeypatch, httpx.Response(503, text="<html><title>Maintenance</title></html>"))
    message = r"demo: table\.csv: the owner answers 503 \(Maintenance\), tried 8 times; asked of .*--from PATH"
    with pytest.raises(SourceError, match=message):
        fetched(request())
    assert len(owner.asked) == fetch.ATTEMPTS and files_in(cache) == []


@pytest.mark.parametrize(("status", "words"), [(404, "no such file"), (403, "refuses"), (400, "answers 400: bad year")])
def test_a_refusal_is_not_tried_again(monkeypatch, waits, status, words):
    owner = Owner(monkeypatch, httpx.Response(status, text="bad year"))
    with pytest.raises(SourceError, match=words):
        fetched(request())
    assert len(owner.asked) == 1 and waits == []


def test_no_network_is_told_after_three_tries(monkeypatch, waits):
    def fail(asked):
        raise httpx.ConnectError("Name or service not known")

    owner = Owner(monkeypatch, fail)
    with pytest.raises(SourceError, match=r"owner.example cannot be reached .*is there a network\?.*tried 3 times"):
        fetched(request())
    assert len(owner.asked) == 3


def test_a_lost_connection_goes_on_where_it_stopped(monkeypatch):
    owner = Owner(monkeypatch, with_ranges(CSV, cut=300))
    assert fetched(request()).path.read_bytes() == CSV
    assert [r.headers.get("Range") for r in owner.asked] == [None, "bytes=300-", "bytes=600-"]
    assert owner.asked[1].headers["If-Range"] == '"one"'


def test_a_short_answer_without_a_fault_is_noticed(monkeypatch):
    short = httpx.Response(200, headers={"Content-Length": str(len(CSV))}, stream=httpx.ByteStream(CSV[:100]))
    owner = Owner(monkeypatch, short, httpx.Response(200, content=CSV))
    assert fetched(request()).path.read_bytes() == CSV and len(owner.asked) == 2


def test_a_file_that_changed_meanwhile_is_started_anew(monkeypatch):
    new = CSV.replace(b"1.5", b"9.5")
    owner = Owner(monkeypatch, with_ranges(CSV, cut=300), with_ranges(new, etag='"two"'))
    assert fetched(request()).path.read_bytes() == new and len(owner.asked) == 2


@pytest.mark.parametrize(
    ("range_", "etag"),
    [
        (f"bytes 0-599/{len(CSV)}", '"one"'),  # another place
        (f"bytes 300-{len(CSV) - 1}/{len(CSV) + 1}", '"one"'),  # another size
        (f"bytes 300-{len(CSV) - 1}/{len(CSV)}", '"two"'),  # another file, from an owner that does not heed If-Range
        ("", ""),
    ],
)
def test_a_rest_of_another_file_is_not_joined(monkeypatch, range_, etag):
    """The wrong rest has the right length, so that only what the owner says of it can tell."""
    wrong = httpx.Response(206, headers={"Content-Range": range_, "ETag": etag}, content=b"x" * (len(CSV) - 300))
    owner = Owner(monkeypatch, with_ranges(CSV, cut=300), wrong, with_ranges(CSV))
    assert fetched(request()).path.read_bytes() == CSV
    assert [r.headers.get("Range") for r in owner.asked] == [None, "bytes=300-", None]


def test_a_range_beyond_the_file_is_started_anew(monkeypatch):
    owner = Owner(monkeypatch, with_ranges(CSV, cut=300), httpx.Response(416), with_ranges(CSV))
    assert fetched(request()).path.read_bytes() == CSV and len(owner.asked) == 3


def test_without_a_tag_nothing_is_resumed(monkeypatch):
    owner = Owner(monkeypatch, with_ranges(CSV, etag="", cut=300), with_ranges(CSV, etag=""))
    assert fetched(request()).path.read_bytes() == CSV
    assert [r.headers.get("Range") for r in owner.asked] == [None, None]


def test_a_killed_download_leaves_no_entry_and_is_resumed(monkeypatch, cache):
    class Killed(BaseException):
        pass

    def die(file, done, total):
        raise Killed

    owner = Owner(monkeypatch, with_ranges(CSV))
    with Keeper(DEMO, {}, die) as keeper, pytest.raises(Killed):
        keeper.fetched(request(), False)
    assert not (cache / "raw").exists() and manifest.find("demo", request()) is None
    assert [path.suffix for path in files_in(cache)] == [".mark", ".part"]
    assert fetched(request()).path.read_bytes() == CSV
    assert owner.asked[1].headers["Range"] == "bytes=256-"
    assert [path.suffix for path in files_in(cache)] == [".json", ".csv"]


@pytest.mark.parametrize(
    ("content", "changes", "words"),
    [
        (b"  \n", {}, "is empty"),
        (b"", {}, "is empty"),
        (b"\xef\xbb\xbf<!DOCTYPE html><title>Sign &amp; in</title>", {}, r"an HTML page, not a table.*\(Sign & in\)"),
        (b'{"error": "no such table"}', {}, "not a table in text; it begins"),
        (b"no table here", {}, "no columns in its first line"),
        (b"a,b\n\x00\x01", {}, "binary"),
        (a_zip(a=b"1"), {}, "an archive or a workbook"),
        (CSV, {"sha256": "0" * 64}, f"has SHA-256 {SHA}, expected 000"),
        (CSV, {"size": 5}, "owner now has 900 bytes where 5 are known"),
        (CSV, {"expect": "json"}, "is not JSON"),
        (b'[{"a": 1}, {"a"', {"expect": "json"}, "cut short or damaged JSON"),
        (b"<a><b></b>", {"expect": "xml"}, "not whole XML"),
        (b"<?xml version='1.0' encoding='utf-8'?><a>\xe4\xee\xeb</a>", {"expect": "xml"}, "another encoding"),
        (b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", {"expect": "xml"}, "declares entities"),
        (CSV, {"expect": "zip"}, "is not a zip"),
        (a_zip(a=CSV)[:-30], {"expect": "zip"}, "cut short or a damaged zip"),
        (a_zip(**{"[Content_Types].xml": b"x", "xl/workbook.xml": b"x"}), {"expect": "zip"}, "an office document"),
        (a_zip(), {"expect": "zip"}, "nothing in it"),
        (a_zip(a=CSV), {"expect": "xlsx"}, "not a workbook"),
        (CSV, {"expect": "xls"}, "not a workbook"),
        (CSV, {"expect": "pdf"}, "unknown kind 'pdf'"),
    ],
)
def test_what_came_is_checked_before_it_is_kept(monkeypatch, cache, content, changes, words):
    Owner(monkeypatch, httpx.Response(200, content=content))
    with pytest.raises(SourceError, match=rf"demo: table.csv: .*{words}.*asked of {HOST}/table.csv.*--from PATH"):
        fetched(request(**changes))
    assert files_in(cache) == []


@pytest.mark.parametrize(
    ("content", "expect"),
    [
        (CSV, "csv"),
        ("страна;год\nКазахстан;2021\n".encode("cp1251"), "csv"),
        ("a\tb\n1\t2\n".encode("utf-16"), "csv"),
        (b'\xef\xbb\xbf[1, {"a": null}]', "json"),
        ('<?xml version="1.0" encoding="windows-1251"?><a>доллар</a>'.encode("cp1251"), "xml"),
        (a_zip(a=CSV), "zip"),
        (a_zip(**{"[Content_Types].xml": b"x", "xl/workbook.xml": b"x"}), "xlsx"),
    ],
)
def test_what_is_right_is_kept(monkeypatch, content, expect):
    Owner(monkeypatch, httpx.Response(200, content=content))
    entry = fetched(request(expect=expect, sha256=hashlib.sha256(content).hexdigest().upper(), size=len(content)))
    assert entry.path.read_bytes() == content


def test_a_full_disk_leaves_nothing(monkeypatch, cache):
    class Full:
        def __init__(self, *_):
            pass

        def __enter__(self):
            return self

        def __exit__(self, *_):
            pass

        def write(self, _):
            raise OSError(errno.ENOSPC, "No space left on device")

    Owner(monkeypatch, httpx.Response(200, content=CSV))
    path_type = type(cache)
    whole = path_type.open
    monkeypatch.setattr(
        path_type, "open", lambda self, *a, **k: Full() if self.suffix == ".part" else whole(self, *a, **k)
    )
    with pytest.raises(SourceError, match=r"No space left on device.*are free: make room, or set KARVAN_CACHE"):
        fetched(request())
    assert files_in(cache) == []


def test_too_little_room_is_told_before_the_download(monkeypatch, cache):
    class Usage:
        free = 100

    monkeypatch.setattr(fetch.shutil, "disk_usage", lambda _: Usage)
    Owner(monkeypatch, httpx.Response(200, content=CSV))
    with pytest.raises(SourceError, match=r"needs 0\.0 MB on the disk"):
        fetched(request())
    assert files_in(cache) == []


def test_a_cache_that_cannot_be_made_is_told(monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("KARVAN_CACHE", str(tmp_path / "file" / "cache"))
    with pytest.raises(SourceError, match=r"cannot make this folder \(Not a directory\); set KARVAN_CACHE"):
        fetched(request())


def test_a_disk_that_fails_is_told(monkeypatch):
    def fail(*_):
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr("karvan.data.store.keep.fetch", fail)
    with pytest.raises(SourceError, match=r"cannot be used \(Input/output error\); set KARVAN_CACHE"):
        fetched(request())


def test_a_kept_file_that_was_changed_is_refused(monkeypatch):
    Owner(monkeypatch, httpx.Response(200, content=CSV))
    path = fetched(request()).path
    path.chmod(0o644)
    path.write_bytes(CSV.replace(b"1.5", b"7.5"))
    with pytest.raises(SourceError, match=r"changed since it was kept on .* --refresh"):
        fetched(request())
    assert fetched(request(), refresh=True).path.read_bytes() == CSV


def test_a_kept_file_that_was_only_touched_is_good(monkeypatch):
    owner = Owner(monkeypatch, httpx.Response(200, content=CSV))
    path = fetched(request()).path
    path.touch()
    assert fetched(request()).path == path and len(owner.asked) == 1


def test_a_damaged_manifest_is_told(monkeypatch):
    Owner(monkeypatch, httpx.Response(200, content=CSV))
    fetched(request())
    files_in(folder("manifest"))[0].write_text("{}")
    with pytest.raises(SourceError, match="not a manifest of karvan"):
        fetched(request())


def test_many_at_once_fetch_once(monkeypatch):
    owner = Owner(monkeypatch, httpx.Response(200, content=CSV))
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: fetched(request()), range(8)))
    assert len(set(map(str, found))) == 1 and len(owner.asked) == 1
