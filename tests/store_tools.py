"""What the tests of the store share: a cache of their own, a pretended owner, waits that take no time."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import httpx

from karvan.data.store import Request, Source, send
from karvan.data.store.keep import Keeper
from karvan.data.store.manifest import Entry

RECORDED = Path(__file__).parent / "recorded"
HOST = "https://owner.example"
CSV = b"country,year,value\nKAZ,2021,1.5\nRUS,2021,2.5\n" * 20
DEMO = Source("demo", "A table", "An owner", HOST, "CC0", HOST, "Owner (2021)", "csv", "demo", "DEMO_API_KEY")


class Owner:
    """Answers requests by a script: a function of the request, or a list of answers in turn."""

    def __init__(self, monkeypatch, *answers: httpx.Response | Callable[[httpx.Request], httpx.Response]) -> None:
        self.asked: list[httpx.Request] = []
        self.answers = list(answers)
        monkeypatch.setattr(send, "direct", lambda url, made: httpx.MockTransport(self.answer))

    def answer(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return answer(request) if callable(answer) else answer


class Pieces(httpx.SyncByteStream):
    """A body that comes in pieces; cut, it ends too early, as when a connection is lost."""

    def __init__(self, body: bytes, cut: int = 0) -> None:
        self.body, self.cut = body, cut

    def __iter__(self):
        end = self.cut or len(self.body)
        for start in range(0, end, 256):
            yield self.body[start : min(start + 256, end)]
        if self.cut:
            raise httpx.ReadError("connection lost")


def with_ranges(body: bytes, etag: str = '"one"', cut: int = 0) -> Callable[[httpx.Request], httpx.Response]:
    """Serve a body in full or in part, as a server that honours Range and If-Range does; cut the first answers."""

    def answer(request: httpx.Request) -> httpx.Response:
        headers = {"ETag": etag} if etag else {}
        start = 0
        if "Range" in request.headers and request.headers.get("If-Range") == etag:
            start = int(request.headers["Range"].removeprefix("bytes=").removesuffix("-"))
            headers["Content-Range"] = f"bytes {start}-{len(body) - 1}/{len(body)}"
        headers["Content-Length"] = str(len(body) - start)
        piece = body[start:]
        stream = Pieces(piece, cut if len(piece) > cut else 0)
        return httpx.Response(206 if start else 200, headers=headers, stream=stream)

    return answer


def request(**changes) -> Request:
    return Request(f"{HOST}/table.csv", "table.csv")._replace(**changes)


def fetched(wanted: Request, refresh: bool = False) -> Entry:
    with Keeper(DEMO, {"year": 2021}, lambda *_: None) as keeper:
        return keeper.fetched(wanted, refresh)


def a_zip(**members: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def files_in(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix != ".lock")
