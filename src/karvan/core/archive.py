"""One file for labelled arrays and what they mean: a NumPy archive with a JSON member, written whole or not at all."""

from __future__ import annotations

import hashlib
import io
import json
import os
import tempfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

from karvan.core.errors import SourceError


def write(path: Path, arrays: Mapping[str, np.ndarray], meta: Mapping[str, Any]) -> None:
    """Write arrays and JSON-able metadata to `path` (.npz)."""
    buffer = io.BytesIO()
    packed: dict[str, Any] = {name: np.asarray(array) for name, array in arrays.items()}
    packed["__meta__"] = np.array(json.dumps(meta, sort_keys=True, ensure_ascii=False))
    np.savez_compressed(buffer, **packed)
    write_whole(path, buffer.getvalue())


def read(path: Path) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Read what `write` wrote.

    Raises
    ------
    SourceError
        The file is missing, is not an archive, or has no metadata.
    """
    try:
        with Path(path).open("rb") as file, np.lib.npyio.NpzFile(file, own_fid=False, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
    except FileNotFoundError:
        raise SourceError(f"{path}: no such file") from None
    except (OSError, ValueError, EOFError, BadZipFile, zlib.error) as fault:
        raise SourceError(f"{path}: not a karvan archive ({fault})") from None
    if "__meta__" not in arrays:
        raise SourceError(f"{path}: an archive without karvan's metadata; write it with .save()")
    return arrays, json.loads(str(arrays.pop("__meta__")))


def write_whole(path: Path, content: bytes | str) -> None:
    """Write a file in one step: a failure leaves the old file, or none, never half of one."""
    path = Path(path)
    data = content.encode("utf-8") if isinstance(content, str) else content
    try:
        handle, name = tempfile.mkstemp(dir=path.parent or Path(), prefix=f".{path.name}.")
    except OSError as fault:
        raise SourceError(f"{path}: cannot write there ({fault.strerror})") from None
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except OSError as fault:
        Path(name).unlink(missing_ok=True)
        raise SourceError(f"{path}: cannot write there ({fault.strerror})") from None


def digest(arrays: Mapping[str, np.ndarray], meta: Any) -> str:
    """SHA-256 of arrays and metadata, the same on every machine and for every file format."""
    total = hashlib.sha256(json.dumps(meta, sort_keys=True, ensure_ascii=False).encode())
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        little = array.astype(array.dtype.newbyteorder("<"), copy=False)
        total.update(f"{name}{array.shape}{little.dtype.str}".encode())
        total.update(little.tobytes())
    return total.hexdigest()


def text_hash(data: Any) -> str:
    """SHA-256 of plain data."""
    return hashlib.sha256(json.dumps(data, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
