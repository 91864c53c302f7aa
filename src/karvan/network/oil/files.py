"""Read the tables of the oil system: every figure has low, mode, high, a source and a quality."""

from __future__ import annotations

import csv
import hashlib
from pathlib import Path
from typing import NamedTuple

from karvan.core.errors import SourceError
from karvan.core.faults import Faults
from karvan.core.params import Range

SHIPPED = Path(__file__).parent / "data"
PROSE = ("what", "basis", "kind", "event", "effect", "tank_low", "tank_mode", "tank_high")
QUALITIES = ("official", "reported", "derived", "assumed")


class Row(NamedTuple):
    """One figure: its keys as text, its range, and the rest of its columns."""

    line: int
    keys: tuple[str, ...]
    value: Range
    rest: dict[str, str]

    @property
    def quality(self) -> str:
        """Return official, reported, derived or assumed."""
        return self.rest["quality"]


def figures(folder: Path, name: str, *keys: str) -> list[Row]:
    """Read a table of figures.

    Raises
    ------
    SourceError
        The file or a column is missing, a number is none, low <= mode <= high is broken, or a source is missing.
    """
    faults, found = Faults(folder / name), []
    seen: dict[tuple[str, ...], int] = {}
    for line, row in _rows(folder / name, (*keys, "low", "mode", "high", "source", "quality")):
        value = _range(row, line, faults)
        _require_origin(row, line, faults)
        at = tuple(row[k] for k in keys)
        if at in seen:
            faults.add(f"{', '.join(at)} is there twice, first in line {seen[at]}", row=line, remedy="keep one")
        seen.setdefault(at, line)
        if value is not None:
            found.append(Row(line, at, value, row))
    faults.stop()
    return found


def plain(folder: Path, name: str, *columns: str) -> list[dict[str, str]]:
    """Read a table without ranges; the columns must be there."""
    return [row for _, row in _rows(folder / name, columns)]


def everything(folder: Path) -> list[tuple[str, ...]]:
    """Return every figure of a folder: file, what, low, mode, high, quality, source (text, as written)."""
    found = []
    for path in sorted(folder.glob("*.csv")):
        for _, row in _rows(path, ()):
            if "source" in row:
                keys = [k for k in row if k not in ("low", "mode", "high", "source", "quality", *PROSE)]
                what = " ".join(row[k] for k in keys if row[k])
                ends = (row.get(k, "") for k in ("low", "mode", "high"))
                found.append((path.name, what, *ends, row.get("quality", ""), row["source"]))
    return found


def fingerprint(folder: Path) -> str:
    """Return the SHA-256 of the tables of a folder, the same whatever the ends of lines."""
    digest = hashlib.sha256()
    for path in sorted(folder.glob("*.csv")):
        digest.update(path.name.encode() + b"\0" + path.read_text(encoding="utf-8").encode())
    return digest.hexdigest()


def whole(text: str, what: str, file: Path, line: int | None = None) -> int:
    """Turn text into a whole number, or say where it is none."""
    if not text.strip().lstrip("-").isdigit():
        place = file if line is None else f"{file}:{line}"
        raise SourceError(f"{place}: {what} is not a whole number: {text!r}; write it as 2025")
    return int(text)


def _rows(path: Path, columns: tuple[str, ...]) -> list[tuple[int, dict[str, str]]]:
    if not path.is_file():
        raise SourceError(f"{path} is missing; copy the folder {SHIPPED} and change what you know better")
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        missing = [c for c in columns if c not in (reader.fieldnames or [])]
        if missing:
            raise SourceError(f"{path}: no column {', '.join(missing)}; expected {', '.join(columns)}")
        rows = []
        for row in reader:
            if None in row or None in row.values():
                raise SourceError(
                    f"{path}:{reader.line_num}: a comma too many or too few; put text with commas in quotes"
                )
            rows.append((reader.line_num, {k: v.strip() for k, v in row.items()}))
    if not rows:
        raise SourceError(f"{path}: no rows; one figure a row")
    return rows


def _range(row: dict[str, str], line: int, faults: Faults) -> Range | None:
    numbers = []
    for column in ("low", "mode", "high"):
        try:
            numbers.append(float(row[column]))
        except ValueError:
            faults.add(f"{column} is not a number: {row[column]!r}", row=line, remedy="write a decimal point")
    if len(numbers) < 3:
        return None
    low, mode, high = numbers
    if not low <= mode <= high or abs(high) == float("inf") or abs(low) == float("inf"):
        faults.add(f"low <= mode <= high is broken: {low:g}, {mode:g}, {high:g}", row=line, remedy="order them")
        return None
    return Range(mode, low, high, source=row["source"])


def _require_origin(row: dict[str, str], line: int, faults: Faults) -> None:
    if not row["source"]:
        faults.add("no source", row=line, remedy="say who published it, or what was assumed and why")
    if row["quality"] not in QUALITIES:
        faults.add(f"quality is {row['quality']!r}", row=line, remedy=f"one of {', '.join(QUALITIES)}")
