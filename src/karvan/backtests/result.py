"""The result of a back-test: tables, notes, three numbers for a brief, and the record of how it was made."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from karvan.core.archive import write_whole
from karvan.core.errors import SourceError
from karvan.core.table import Table

TABLES = ("fit", "power", "rivals", "partners", "sectors")


@dataclass(frozen=True, eq=False)
class Backtest:
    """Predicted against happened.

    `headline` holds the numbers a reader should see first: `correlation` (weighted by trade, -1..1) beside
    `correlation_if_true` (5 %, median, 95 % of what a right model would have shown), `in_band` (share of cells inside
    their 5-95 % band, nominal 0.9), and `miss` beside `half_width` (medians of the distance of the outcome from the
    prediction, and of half the band, 100 x log of a share). Then `correlation_if_no_effect`, `in_band_with_churn`,
    `predicted_size` and `happened_size` (medians), `cells`, `slope`, `skill`, `direction`, `by_chance`.
    """

    name: str
    title: str
    fit: Table
    power: Table
    rivals: Table
    partners: Table
    sectors: Table
    headline: Mapping[str, Any]
    notes: tuple[str, ...] = ()
    record: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        parts = [self.title, *(str(getattr(self, name)) for name in TABLES), "\n".join(f"- {n}" for n in self.notes)]
        return "\n\n".join(parts)

    def to_dict(self) -> dict[str, Any]:
        """Return plain data (JSON) that `from_dict` reads."""
        tables = {name: _plain(getattr(self, name)) for name in TABLES}
        return {
            "name": self.name,
            "title": self.title,
            "headline": dict(self.headline),
            **tables,
            "notes": list(self.notes),
            "record": dict(self.record),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Backtest:
        """Return the result that `to_dict` wrote."""
        try:
            fields: dict[str, Any] = {name: _table(data[name]) for name in TABLES}
            fields |= {name: data[name] for name in ("name", "title", "headline", "record")}
            return cls(**fields, notes=tuple(data["notes"]))
        except (KeyError, TypeError) as fault:
            raise SourceError(f"not a stored back-test: {fault!r} is missing or malformed; run it again") from None

    def save(self, path: str | Path) -> None:
        """Write the result as JSON."""
        write_whole(Path(path), json.dumps(self.to_dict(), ensure_ascii=False, indent=1, allow_nan=False) + "\n")


def _plain(table: Table) -> dict[str, Any]:
    return {"title": table.title, "columns": list(table.columns), "rows": [list(row) for row in table.rows]}


def _table(data: Mapping[str, Any]) -> Table:
    return Table(tuple(data["columns"]), tuple(tuple(row) for row in data["rows"]), data["title"])
