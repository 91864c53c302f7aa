"""A small table that prints itself and goes to CSV or JSON."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import Any, NamedTuple


class Table(NamedTuple):
    """Columns, rows of plain values, and one line that says what they are."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    title: str = ""

    def __str__(self) -> str:
        text = [[_text(v) for v in row] for row in self.rows]
        widths = [max([len(c), *(len(row[i]) for row in text)]) for i, c in enumerate(self.columns)]
        numeric = [all(isinstance(r[i], int | float) or r[i] is None for r in self.rows) for i in range(len(widths))]
        body = [_line(row, widths, numeric) for row in [list(self.columns), *text]]
        return "\n".join(([self.title] if self.title else []) + [body[0], "-" * len(body[0]), *body[1:]])

    def to_dicts(self) -> list[dict[str, Any]]:
        """Return one dictionary per row."""
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]

    def to_csv(self) -> str:
        """Return the table as CSV text."""
        buffer = io.StringIO()
        writer = csv.writer(buffer, lineterminator="\n")
        writer.writerow(self.columns)
        writer.writerows(self.rows)
        return buffer.getvalue()


def _text(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _line(row: Sequence[str], widths: Sequence[int], numeric: Sequence[bool]) -> str:
    parts = [v.rjust(w) if right else v.ljust(w) for v, w, right in zip(row, widths, numeric, strict=True)]
    return "  ".join(parts).rstrip()
