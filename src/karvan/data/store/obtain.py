"""Getting and reading a source: from the cache when it is there, else from the owner or from the user."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from karvan.core.errors import SourceError, first_five
from karvan.data.store import manifest
from karvan.data.store.fetch import Progress
from karvan.data.store.keep import Keeper
from karvan.data.store.manifest import Entry
from karvan.data.store.places import OFFLINE, is_offline
from karvan.data.store.request import Request
from karvan.data.store.source import Source, arguments, module_of, plain, source, taken

if TYPE_CHECKING:
    import pandas as pd


def get(
    name: str,
    *,
    given: str | Path | None = None,
    refresh: bool = False,
    offline: bool | None = None,
    progress: Progress | None = None,
    **options: Any,
) -> list[Path]:
    """Return the files of a source, fetched from its owner if they are not in the cache.

    Parameters
    ----------
    name : a source of `karvan data list`
    given : a file that the user already has, or the folder that holds all files of the request; it must hold what is
        asked and nothing else
    refresh : fetch again what is in the cache
    offline : never use the network; default the environment variable KARVAN_OFFLINE
    progress : called with (file, bytes so far, bytes in all or 0)
    options : what the source takes, `year=2021`; text is turned into the right kind

    Raises
    ------
    SourceError
        Unknown source or option; not in the cache and offline; the owner cannot be reached or refuses; what came is
        not what was asked (HTML, cut short, wrong hash). Nothing is kept then.
    """
    found = obtain(name, options, given=given, refresh=refresh, offline=offline, progress=progress)
    return [entry.path for entry in found]


def read(
    name: str,
    *,
    given: str | Path | None = None,
    refresh: bool = False,
    offline: bool | None = None,
    progress: Progress | None = None,
    **options: Any,
) -> pd.DataFrame:
    """Return a source as a tidy, checked frame; the arguments are those of `get`.

    Raises
    ------
    SourceError
        As `get`; and all faults of the files at once, each with file, row and remedy.
    """
    paths = get(name, given=given, refresh=refresh, offline=offline, progress=progress, **options)
    one = source(name)
    return module_of(one).read(paths, **taken(one, "read", arguments(one, options)))


def kept(name: str, **options: Any) -> list[Path]:
    """Return the files of a source that are in the cache, and never fetch.

    Raises
    ------
    SourceError
        One or more are not in the cache.
    """
    return get(name, offline=True, **options)


def obtain(
    name: str,
    options: Mapping[str, Any],
    *,
    given: str | Path | None = None,
    refresh: bool = False,
    offline: bool | None = None,
    progress: Progress | None = None,
) -> list[Entry]:
    """Return the entries of a source's files; `get` says what the arguments are."""
    one = source(name)
    values = arguments(one, options)
    module = module_of(one)
    offline = is_offline() if offline is None else offline
    accept = partial(module.accept, **taken(one, "accept", values)) if hasattr(module, "accept") else None
    with Keeper(one, values, progress or (lambda *_: None), accept, getattr(module, "found", None)) as keeper:

        def entries(asked: Sequence[Request]) -> list[Entry]:
            requests = [plain(one, request) for request in asked]
            if given is not None:
                places = _given(one, requests, Path(given))
                return [keeper.given(r, place) for r, place in zip(requests, places, strict=True)]
            if offline:
                return _all_kept(one, requests)
            return [_kept(one, r, refresh) or keeper.fetched(r, refresh) for r in requests]

        requests = module.requests(**taken(one, "requests", values))
        if not requests:
            raise SourceError(f"{name}: these options ask for no file")
        found = entries(requests)
        if hasattr(module, "more"):
            found += entries(module.more([entry.path for entry in found], **taken(one, "more", values)))
    return found


def _kept(one: Source, request: Request, refresh: bool) -> Entry | None:
    return None if refresh else manifest.find(one.name, request)


def _all_kept(one: Source, requests: Sequence[Request]) -> list[Entry]:
    found = [manifest.find(one.name, request) for request in requests]
    missing = [r.file for r, entry in zip(requests, found, strict=True) if entry is None]
    if missing:
        raise SourceError(
            f"{one.name}: not in the cache: {first_five(missing)}; `karvan data get {one.name} ...` fetches it when "
            f"{OFFLINE} and --offline are not set, --from PATH takes a file that you have ({one.home})"
        )
    return [entry for entry in found if entry is not None]


def _given(one: Source, requests: Sequence[Request], path: Path) -> list[Path]:
    if not requests:
        return []
    if path.is_file() and len(requests) == 1:
        return [path]
    if path.is_file():
        raise SourceError(f"{path}: {one.name} needs {len(requests)} files here; give the folder that holds them")
    if path.exists() and not path.is_dir():
        raise SourceError(f"{path}: neither a file nor a folder")
    if not path.is_dir():
        raise SourceError(f"{path}: no such file or folder")
    missing = [request.file for request in requests if not (path / request.file).is_file()]
    if missing:
        raise SourceError(f"{path}: {len(missing)} file(s) of {one.name} are not there: {first_five(missing)}")
    return [path / request.file for request in requests]
