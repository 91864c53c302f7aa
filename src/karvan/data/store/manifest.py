"""The manifest of the cache: one small file per request that says what came, from where, when, under which licence."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from karvan.core.archive import write_whole
from karvan.core.errors import SourceError
from karvan.data.store.places import cache_folder, folder
from karvan.data.store.request import Request

PIECE = 1 << 20


class Entry(NamedTuple):
    """One kept file. `url` and `params` hold no key; `how` is "fetched" or "given by the user"."""

    source: str
    file: str
    url: str
    params: list[list[str]]
    options: dict[str, Any]
    date: str
    size: int
    sha256: str
    how: str
    licence: str
    cite: str
    tag: str = ""
    note: str = ""
    mtime_ns: int = 0

    @property
    def path(self) -> Path:
        """Where the raw file is."""
        return raw_path(self.sha256, self.file)


def raw_path(sha256: str, file: str) -> Path:
    """Return the place of a file with this content and name."""
    return cache_folder() / "raw" / sha256[:2] / sha256 / file


def key_of(source: str, request: Request) -> str:
    """Return the name of a request in the cache: a hash of all that decides the answer, keys left out."""
    asked = [source, request.url, request.file, sorted(request.params), sorted(request.headers)]
    return hashlib.sha256(json.dumps(asked, ensure_ascii=False).encode()).hexdigest()[:32]


def find(source: str, request: Request) -> Entry | None:
    """Return the entry of a request whose file is kept, or None.

    Raises
    ------
    SourceError
        The kept file has been changed since.
    """
    path = cache_folder() / "manifest" / source / f"{key_of(source, request)}.json"
    entry = _read(path)
    if entry is None or not entry.path.is_file():
        return None
    state = entry.path.stat()
    if (state.st_size, state.st_mtime_ns) == (entry.size, entry.mtime_ns):
        return entry
    if state.st_size != entry.size or sha256_of(entry.path) != entry.sha256:
        raise SourceError(f"{entry.path}: changed since it was kept on {entry.date}; get it again with --refresh")
    return entry


def write(entry: Entry, request: Request) -> None:
    """Write the entry of a request, whole or not at all."""
    path = folder("manifest", entry.source) / f"{key_of(entry.source, request)}.json"
    write_whole(path, json.dumps(entry._asdict(), ensure_ascii=False, indent=1, sort_keys=True) + "\n")


def entries(source: str) -> Iterator[Entry]:
    """Yield what is kept of a source, in order of date."""
    found = [_read(path) for path in (cache_folder() / "manifest" / source).glob("*.json")]
    yield from sorted((e for e in found if e is not None and e.path.is_file()), key=lambda e: (e.date, e.file))


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file, read in pieces."""
    total = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            total.update(piece)
    return total.hexdigest()


def _read(path: Path) -> Entry | None:
    try:
        return Entry(**json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError) as fault:
        raise SourceError(f"{path}: not a manifest of karvan ({fault}); delete it and get the file again") from None
