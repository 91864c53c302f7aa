"""Downloading one file: again after faults that pass, from where it stopped when the owner's file is the same."""

from __future__ import annotations

import errno
import json
import logging
import shutil
from collections.abc import Callable, Iterator
from email.utils import parsedate_to_datetime
from pathlib import Path
from time import time
from typing import TYPE_CHECKING, NamedTuple

from karvan.core.archive import write_whole
from karvan.core.errors import SourceError
from karvan.data.store.check import HTML, page_title
from karvan.data.store.places import CACHE, library
from karvan.data.store.request import Request
from karvan.data.store.send import keyed, without

if TYPE_CHECKING:
    import httpx

ATTEMPTS = 8
UNREACHABLE_ATTEMPTS = 3
LONGEST_WAIT = 300.0  # seconds; an owner who asks for more is told to the user instead
AGAIN = {408, 425, 429, 500, 502, 503, 504}
PIECE = 1 << 16

Progress = Callable[[str, int, int], None]  # file, bytes so far, bytes in all (0 when unknown)


class _Again(Exception):
    """A fault that may pass; `after` is what the owner asks to wait, in seconds."""

    def __init__(self, text: str, after: float | None = None, unreachable: bool = False) -> None:
        super().__init__(text)
        self.after = after
        self.unreachable = unreachable


class _Mark(NamedTuple):
    """What identifies the owner's file while it is fetched in pieces."""

    tag: str = ""
    total: int = 0


def fetch(client: httpx.Client, request: Request, part: Path, key: str, progress: Progress) -> str:
    """Download a request to `part` and return the owner's tag of the file ("" when there is none).

    Connection faults, cut answers and the statuses 408, 425, 429 and 5xx are tried again with growing waits, or after
    the time that the owner asks for (Retry-After). What is already in `part` is kept only if the owner answers with
    the rest of a file of the same tag (ETag or date) and size.

    Raises
    ------
    SourceError
        The owner refuses, cannot be reached, or the disk is full (`part` is then removed). Messages hold no key.
    """
    stamina = library("stamina")
    if not (log := logging.getLogger("stamina")).handlers:
        log.addHandler(logging.NullHandler())  # its lines go to those who set up logging, not to everyone's screen
    missed = tries = 0

    def wait(fault: Exception) -> bool | float:
        nonlocal missed, tries
        if not isinstance(fault, _Again):
            return False
        tries += 1
        missed = missed + 1 if fault.unreachable else 0
        return missed < UNREACHABLE_ATTEMPTS and (True if fault.after is None else fault.after)

    try:
        for attempt in stamina.retry_context(
            on=wait, attempts=ATTEMPTS, timeout=None, wait_initial=1.0, wait_max=60.0, wait_jitter=1.0
        ):
            with attempt:
                return _once(client, request, part, key, progress)
    except _Again as fault:
        raise SourceError(f"{fault}, tried {tries} times") from None
    raise AssertionError("the loop above returns or raises")


def _once(client: httpx.Client, request: Request, part: Path, key: str, progress: Progress) -> str:
    httpx = library("httpx")
    mark, have = _resumable(part)
    headers = dict(request.headers) | ({"Range": f"bytes={have}-", "If-Range": mark.tag} if have else {})
    try:
        with client.stream(
            "GET", request.url, params=list(request.params) or None, headers=headers, extensions=keyed(request, key)
        ) as answer:
            _refuse(answer, request, part, key)
            return _save(answer, request, part, mark, have, progress)
    except (httpx.TimeoutException, httpx.NetworkError, httpx.ProxyError) as fault:
        host, text = httpx.URL(request.url).host, without(str(fault) or type(fault).__name__, key)
        unreachable = isinstance(fault, httpx.ConnectError | httpx.ConnectTimeout | httpx.ProxyError)
        raise _Again(f"{host} cannot be reached ({text}; is there a network?)", unreachable=unreachable) from None
    except httpx.RemoteProtocolError as fault:
        raise _Again(f"the answer was cut short ({without(str(fault), key)})") from None
    except (httpx.HTTPError, httpx.InvalidURL) as fault:
        raise SourceError(without(str(fault), key)) from None


def _resumable(part: Path) -> tuple[_Mark, int]:
    """Return the mark and length of a part that may be continued; any other is started anew."""
    try:
        mark = _Mark(**json.loads(_mark_file(part).read_text(encoding="utf-8")))
        have = part.stat().st_size
    except (OSError, ValueError, TypeError):
        return _Mark(), 0
    return (mark, have) if mark.tag and 0 < have < mark.total else (_Mark(), 0)


def _mark_file(part: Path) -> Path:
    return part.with_suffix(".mark")


def discard(part: Path) -> None:
    """Remove a part and its mark."""
    part.unlink(missing_ok=True)
    _mark_file(part).unlink(missing_ok=True)


def _refuse(answer: httpx.Response, request: Request, part: Path, key: str) -> None:
    """Raise for every status but 200 and 206."""
    status = answer.status_code
    if status in (200, 206):
        return
    if status == 416:
        discard(part)
        raise _Again("the owner's file changed during the download")
    said = without(_said(answer), key)
    if status in AGAIN:
        after = _retry_after(answer.headers.get("Retry-After", ""))
        if after is not None and after > LONGEST_WAIT:
            raise SourceError(f"the owner asks to wait {after:.0f} s before the next request ({status}{said})")
        raise _Again(f"the owner answers {status}{said}", after)
    if status in (401, 403):
        remedy = f"; is the key in {request.secret} right?" if request.secret else ""
        raise SourceError(f"the owner refuses ({status}{said}){remedy}")
    if status in (404, 410):
        raise SourceError(f"the owner has no such file ({status}); it may have moved")
    raise SourceError(f"the owner answers {status}{said}")


def _said(answer: httpx.Response) -> str:
    """Return ': first words' of an answer that tells a fault in text."""
    body = b""
    for piece in answer.iter_bytes(PIECE):
        body += piece
        if len(body) > PIECE:
            break
    if HTML.search(body):
        return page_title(body)
    words = " ".join(body.decode("utf-8", errors="replace").split())
    return f": {words[:200]}" if words and words.isprintable() else ""


def _retry_after(value: str) -> float | None:
    if value.strip().isdigit():
        return float(value)
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - time())
    except (TypeError, ValueError):
        return None


def _save(answer: httpx.Response, request: Request, part: Path, mark: _Mark, have: int, progress: Progress) -> str:
    plain = answer.headers.get("Content-Encoding", "identity") in ("identity", "")
    length = int(answer.headers.get("Content-Length", 0) or 0) if plain else 0
    tag = answer.headers.get("ETag", "")
    tag = "" if tag.startswith("W/") else tag or answer.headers.get("Last-Modified", "")
    if answer.status_code == 206:
        if answer.headers.get("Content-Range", "") != f"bytes {have}-{mark.total - 1}/{mark.total}" or (
            tag and tag != mark.tag
        ):
            discard(part)
            raise _Again("the owner's file changed during the download")
        tag, total = mark.tag, mark.total
    else:
        have, total = 0, length
    if request.size and total and total != request.size:
        raise SourceError(f"the owner now has {total:,} bytes where {request.size:,} are known: another edition")
    _require_room(part, total - have)
    if not have:
        discard(part)
        write_whole(_mark_file(part), json.dumps(_Mark(tag, total)._asdict()))
    got = have + _append(answer.iter_bytes(), part, have, lambda done: progress(request.file, done, total))
    if total and got < total:
        raise _Again(f"the answer was cut short: {got:,} of {total:,} bytes")
    if total and got > total:
        discard(part)
        raise _Again(f"the answer has {got:,} bytes where {total:,} were announced")
    progress(request.file, got, got)
    return tag


def _append(pieces: Iterator[bytes], part: Path, have: int, tell: Callable[[int], None]) -> int:
    got = 0
    try:
        with part.open("ab" if have else "wb") as file:
            for piece in pieces:
                file.write(piece)
                got += len(piece)
                tell(have + got)
    except OSError as fault:
        if fault.errno in (errno.ENOSPC, errno.EDQUOT):
            discard(part)
        raise SourceError(f"cannot write {part} ({fault.strerror}); {_room(part)}") from None
    return got


def _require_room(part: Path, needed: int) -> None:
    if needed > 0 and shutil.disk_usage(part.parent).free < needed:
        discard(part)
        raise SourceError(f"needs {needed / 1e6:,.1f} MB on the disk of {part.parent}; {_room(part)}")


def _room(part: Path) -> str:
    free = shutil.disk_usage(part.parent).free
    return f"{free / 1e6:,.1f} MB are free: make room, or set {CACHE} to a folder on another disk"
