"""What came is checked before it is kept: of the right kind, whole, with the hash and size that its owner states."""

from __future__ import annotations

import html
import json
import re
import zipfile
from pathlib import Path
from xml.parsers import expat

from karvan.core.errors import SourceError
from karvan.data.store.manifest import sha256_of
from karvan.data.store.request import EXPECT, Request
from karvan.data.store.series import workbook

HEAD = 4096
WHOLE = 64 << 20  # larger JSON is checked at its two ends only, larger archives by their list of contents
HTML = re.compile(rb"^\s*(<!doctype html|<html\b)|<(head|body)\b[^>]*>", re.IGNORECASE)
TITLE = re.compile(r"<title[^>]*>(.*?)</title>", re.IGNORECASE | re.DOTALL)
OLE2 = bytes.fromhex("D0CF11E0A1B11AE1")
WORDS = {"csv": "a table in text", "json": "JSON", "xml": "XML", "zip": "a zip", "xlsx": "a workbook (xlsx)"}
WORDS |= {"xls": "a workbook (xls)"}


def check(path: Path, request: Request) -> str:
    """Check a file against its request and return its SHA-256.

    Raises
    ------
    SourceError
        Says what is wrong in words that follow "NAME: ": empty, an HTML page, cut short, another kind, another hash.
    """
    if request.expect not in EXPECT:
        raise SourceError(f"expects the unknown kind {request.expect!r}; known: {', '.join(EXPECT)}")
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(HEAD)
    if not head.strip():
        raise SourceError("is empty")
    if HTML.search(head.removeprefix(b"\xef\xbb\xbf")):
        raise SourceError(f"is an HTML page, not {WORDS[request.expect]}{page_title(head)}")
    if request.size and size != request.size:
        raise SourceError(f"has {size:,} bytes, its owner states {request.size:,}")
    KINDS[request.expect](path, head)
    found = sha256_of(path)
    if request.sha256 and found != request.sha256.lower():
        raise SourceError(f"has SHA-256 {found}, expected {request.sha256.lower()}")
    return found


def page_title(head: bytes) -> str:
    """Return ' (title)' of an HTML page, for a message."""
    title = TITLE.search(head.decode("utf-8", errors="replace"))
    words = " ".join(html.unescape(title[1]).split())[:80] if title else ""
    return f" ({words})" if words else ""


def _text_table(path: Path, head: bytes) -> None:
    if head.startswith((b"PK\x03\x04", OLE2)):
        raise SourceError("is an archive or a workbook, not a table in text")
    if b"\x00" in head and not head.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise SourceError("is binary, not a table in text")
    if head.lstrip().startswith((b"{", b"[{", b"<?xml")):
        raise SourceError(f"is not a table in text; it begins {head.lstrip()[:60].decode(errors='replace')!r}")
    first = head.replace(b"\x00", b"").splitlines()[0]
    if not any(mark in first for mark in (b",", b";", b"\t", b"|")):
        raise SourceError(f"has no columns in its first line: {first[:60].decode(errors='replace')!r}")


def _json(path: Path, head: bytes) -> None:
    if not head.removeprefix(b"\xef\xbb\xbf").lstrip().startswith((b"{", b"[")):
        raise SourceError(f"is not JSON; it begins {head[:60].decode(errors='replace')!r}")
    size = path.stat().st_size
    if size > WHOLE:
        with path.open("rb") as file:
            file.seek(size - HEAD)
            if not file.read().rstrip().endswith((b"}", b"]")):
                raise SourceError("is cut short: the JSON does not end")
        return
    try:
        json.loads(path.read_bytes())
    except ValueError as fault:
        raise SourceError(f"is cut short or damaged JSON ({fault})") from None


def _xml(path: Path, head: bytes) -> None:
    parser = expat.ParserCreate()

    def refuse(*_: object) -> None:
        raise SourceError("declares entities, which no source needs")

    parser.EntityDeclHandler = refuse
    try:
        with path.open("rb") as file:
            parser.ParseFile(file)
    except expat.ExpatError as fault:
        raise SourceError(
            f"is not whole XML (line {fault.lineno}: {expat.ErrorString(fault.code)}); cut short, or in another "
            "encoding than it declares"
        ) from None


def _zip(path: Path, head: bytes) -> None:
    names = _members(path, head, "zip")
    if "[Content_Types].xml" in names:
        raise SourceError("is an office document, not a zip of data")
    if not names:
        raise SourceError("is a zip with nothing in it")


def _xlsx(path: Path, head: bytes) -> None:
    if not any(name.startswith("xl/") for name in _members(path, head, "xlsx")):
        raise SourceError("is a zip, but not a workbook (xlsx)")


def _xls(path: Path, head: bytes) -> None:
    if not head.startswith(OLE2):
        raise SourceError(f"is not a workbook (xls); it begins {head[:20]!r}")
    try:
        workbook(path).release_resources()
    except SourceError as fault:
        raise SourceError(str(fault).replace(f"{path}: ", "is ")) from None


def _members(path: Path, head: bytes, kind: str) -> list[str]:
    if not head.startswith(b"PK"):
        raise SourceError(f"is not {WORDS[kind]}; it begins {head[:20]!r}")
    try:
        with zipfile.ZipFile(path) as archive:
            bad = archive.testzip() if path.stat().st_size <= WHOLE else None
            names = archive.namelist()
    except (zipfile.BadZipFile, OSError, EOFError) as fault:
        raise SourceError(f"is cut short or a damaged zip ({fault})") from None
    if bad:
        raise SourceError(f"is a damaged zip: {bad} does not unpack")
    return names


KINDS = {"csv": _text_table, "json": _json, "xml": _xml, "zip": _zip, "xlsx": _xlsx, "xls": _xls}
