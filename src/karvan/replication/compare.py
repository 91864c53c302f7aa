"""What all replications share: rows with a verdict, and reading the authors' files."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from karvan.core.errors import SourceError
from karvan.core.table import Table

COLUMNS = ("country", "quantity", "paper", "karvan", "difference", "tolerance", "verdict", "reason")
DIGITS = 10


class Row(NamedTuple):
    """One number of a paper beside ours; without a published number `paper` is None and there is no verdict.

    `tolerance` is the largest difference that still counts as agreement, `reason` why it is not zero.
    """

    country: str
    quantity: str
    paper: float | None
    karvan: float
    tolerance: float
    reason: str


def compare(rows: Iterable[Row], title: str) -> Table:
    """Lay rows out as a table; the title says how many agree."""
    laid = tuple(_lay(r) for r in rows)
    known = [r for r in laid if r[2] is not None]
    agree = sum(r[6] == "agrees" for r in known)
    return Table(COLUMNS, laid, f"{title}: {agree} of {len(known)} numbers within tolerance")


def _lay(r: Row) -> tuple[Any, ...]:
    ours = round(float(r.karvan), DIGITS)
    if r.paper is None:
        return r.country, r.quantity, None, ours, None, None, "", "no published number"
    difference = round(float(r.karvan) - r.paper, DIGITS)
    verdict = "agrees" if abs(difference) <= r.tolerance else "differs"
    return r.country, r.quantity, r.paper, ours, difference, r.tolerance, verdict, r.reason


def percent(ratio: Any) -> Any:
    """A ratio as percent change."""
    return 100 * (ratio - 1)


def find(folder: Path, name: str, files: str) -> Path:
    """Return the path of one of the authors' files, or say what the folder should hold."""
    path = folder / name
    if not path.is_file():
        raise SourceError(f"{path}: not found; point --data at the folder with the authors' files {files}")
    return path


def numbers(path: Path, delimiter: str | None = None, header: int = 0) -> np.ndarray:
    """Read a file of plain numbers; empty cells are NaN."""
    return np.genfromtxt(path, delimiter=delimiter, skip_header=header)
