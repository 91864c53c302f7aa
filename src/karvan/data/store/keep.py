"""From a download or a user's file to an entry of the cache, in one step at the end."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from karvan.core.errors import SourceError, first_five
from karvan.data.store import manifest
from karvan.data.store.check import check
from karvan.data.store.fetch import Progress, discard, fetch
from karvan.data.store.manifest import PIECE, Entry, key_of, raw_path
from karvan.data.store.places import CACHE, folder, locked
from karvan.data.store.request import Request
from karvan.data.store.send import client, forms, key_for
from karvan.data.store.source import Source

if TYPE_CHECKING:
    import httpx

FETCHED, GIVEN = "fetched", "given by the user"
TABLES = {".csv", ".tsv", ".txt"}


class Keeper:
    """Keeps the files of one source; one connection for all of them. Use it in a `with` block.

    `accept(path)` raises a SourceError when an owner tells a fault in a file of the right kind; `found(path)` says
    which labels a file holds.
    """

    def __init__(
        self,
        source: Source,
        options: Mapping[str, Any],
        progress: Progress,
        accept: Callable[[Path], None] | None = None,
        found: Callable[[Path], Mapping[str, Collection[str]]] | None = None,
    ) -> None:
        self.source = source
        self.accept = accept
        self.found = found
        self.options = {name: _plain(value) for name, value in options.items()}
        self.progress = progress
        self._client: httpx.Client | None = None

    def __enter__(self) -> Keeper:
        return self

    def __exit__(self, *_: object) -> None:
        if self._client is not None:
            self._client.close()

    def fetched(self, request: Request, refresh: bool) -> Entry:
        """Return the entry of a request, downloaded unless another process has just done it."""
        part = folder("part") / f"{key_of(self.source.name, request)}.part"
        with locked(part.with_suffix(".lock")):
            found = None if refresh else manifest.find(self.source.name, request)
            if found is not None:
                return found
            try:
                key = key_for(request, self.source.home)
                self._client = self._client or client()
                tag = fetch(self._client, request, part, key, self.progress)
                note = _blank(part, key)
                sha256 = self._checked(part, request)
            except SourceError as fault:
                raise SourceError(self._told(request, fault)) from None
            except OSError as fault:
                raise SourceError(f"{part}: cannot be used ({fault.strerror}); set {CACHE} to another folder") from None
            return self._keep(part, request, request, sha256, FETCHED, tag, note)

    def given(self, request: Request, path: Path) -> Entry:
        """Return the entry of a file that the user has, copied into the cache and checked like a download.

        Where a zip is asked, the table taken out of it will do, under its own name.
        """
        if request.expect == "zip" and path.suffix.lower() in TABLES:
            return self._taken_in(request, request._replace(expect="csv", file=path.name, sha256="", size=0), path)
        return self._taken_in(request, request, path)

    def _taken_in(self, asked: Request, request: Request, path: Path) -> Entry:
        part = folder("part") / f"{key_of(self.source.name, asked)}.given"
        with locked(part.with_suffix(".lock")):
            try:
                shutil.copyfile(path, part)
                sha256 = self._checked(part, request)
                self._require_held(part, request)
            except OSError as fault:
                discard(part)
                raise SourceError(f"{path}: cannot be copied into the cache ({fault.strerror or fault})") from None
            except SourceError as fault:
                raise SourceError(f"{path}: {fault}; {self.source.name} wants {asked.file} here") from None
            return self._keep(part, request, asked, sha256, GIVEN, note=path.name)

    def _checked(self, part: Path, request: Request) -> str:
        try:
            found = check(part, request)
            if self.accept:
                self.accept(part)
        except SourceError as fault:
            discard(part)
            raise SourceError(str(fault).replace(f"{part}: ", "")) from None
        return found

    def _require_held(self, part: Path, request: Request) -> None:
        """Refuse a file of the user that holds other countries, years, ... than were asked for."""
        if not (self.found and request.holds):
            return
        try:
            found = self.found(part)
            for what, asked in request.holds:
                other = sorted(label for label in found.get(what, ()) if not _among(label, asked))
                if other:
                    raise SourceError(f"holds {what} {first_five(other)}, asked is {first_five(asked)}")
        except SourceError as fault:
            discard(part)
            raise SourceError(str(fault).replace(f"{part}: ", "")) from None

    def _keep(
        self, part: Path, request: Request, asked: Request, sha256: str, how: str, tag: str = "", note: str = ""
    ) -> Entry:
        target = raw_path(sha256, request.file)
        folder(*target.parent.relative_to(folder()).parts)
        try:
            if target.exists():
                target.chmod(0o644)  # a read-only file cannot be replaced on every system
            part.replace(target)
            target.chmod(0o444)
            state = target.stat()
        except OSError as fault:
            raise SourceError(f"{target}: cannot be kept ({fault.strerror}); set {CACHE} to another folder") from None
        entry = Entry(
            source=self.source.name,
            file=request.file,
            url=request.url,
            params=[[name, value] for name, value in request.params],
            options=self.options,
            date=datetime.now(UTC).isoformat(timespec="seconds"),
            size=state.st_size,
            sha256=sha256,
            how=how,
            licence=self.source.licence,
            cite=self.source.cite,
            tag=tag,
            note=note,
            mtime_ns=state.st_mtime_ns,
        )
        manifest.write(entry, asked)
        discard(part.with_suffix(".part"))
        return entry

    def _told(self, request: Request, fault: SourceError) -> str:
        return (
            f"{self.source.name}: {request.file}: {fault}; asked of {request.url}. Get the file by hand "
            f"({self.source.home}) and pass it with --from PATH"
        )


def _among(label: str, asked: Collection[str]) -> bool:
    """Whether a label is one of those asked for, or within a range "2015..2023" of them."""
    ranges = [one.split("..") for one in asked if ".." in one]
    return label in asked or any(low <= label <= high for low, high in ranges)


def _blank(part: Path, key: str) -> str:
    """Overwrite the key where an owner repeats it in the answer; return a note of it."""
    found = [form for form in forms(key) if _overwrite(part, form.encode())]
    return "the key, which the owner repeats in the answer, is blanked" if found else ""


def _overwrite(part: Path, word: bytes) -> bool:
    """Overwrite a word by as many stars, in pieces, so that a file of any size can be searched."""
    found, tail, position = False, b"", 0
    with part.open("r+b") as file:
        while piece := file.read(PIECE):
            window = tail + piece
            at = window.find(word)
            while at >= 0:
                found = True
                file.seek(position - len(tail) + at)
                file.write(b"*" * len(word))
                at = window.find(word, at + len(word))
            position += len(piece)
            file.seek(position)
            tail = window[-(len(word) - 1) :]
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, tuple | list):
        return [_plain(v) for v in value]
    return value.isoformat() if isinstance(value, date) else value
