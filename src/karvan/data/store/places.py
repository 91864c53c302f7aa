"""Where the cache is, and a lock that one process at a time can hold.

<cache>/raw/ab/abcdef.../NAME     a file as it came, under its SHA-256
<cache>/manifest/SOURCE/KEY.json  what it is, where from, when, under which licence
<cache>/part/KEY.part             a download that is not finished
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

from karvan.core.errors import SourceError

CACHE = "KARVAN_CACHE"
OFFLINE = "KARVAN_OFFLINE"


def cache_folder() -> Path:
    """Return the cache: the environment variable KARVAN_CACHE, else the user's cache folder."""
    if os.environ.get(CACHE):
        return Path(os.environ[CACHE]).expanduser()
    return Path(library("platformdirs").user_cache_dir("karvan", appauthor=False))


def has_cache() -> bool:
    """Return whether there can be a cache: karvan without its extra `data` has none unless KARVAN_CACHE names it."""
    return bool(os.environ.get(CACHE)) or find_spec("platformdirs") is not None


def is_offline() -> bool:
    """Return whether the environment variable KARVAN_OFFLINE forbids the network."""
    return os.environ.get(OFFLINE, "").strip().lower() not in ("", "0", "no", "false")


def library(name: str) -> ModuleType:
    """Import a library of the extra `data`, or say how to install it."""
    try:
        return import_module(name)
    except ImportError:
        raise SourceError(f"sources need the library {name}: install karvan with its extra, karvan[data]") from None


def folder(*parts: str) -> Path:
    """Return a folder of the cache, made when it is not there."""
    path = cache_folder().joinpath(*parts)
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as fault:
        raise SourceError(f"{path}: cannot make this folder ({fault.strerror}); set {CACHE} to another") from None
    return path


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold a lock file; another process waits. The system frees it when a process dies."""
    with path.open("a+b") as file:
        if sys.platform == "win32":
            import msvcrt

            while True:
                try:
                    msvcrt.locking(file.fileno(), msvcrt.LK_LOCK, 1)
                    break
                except OSError:
                    continue
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX)
        yield
