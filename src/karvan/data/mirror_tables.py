"""The tables of `karvan mirror`: what a trade economist would quote."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from karvan.core.table import Table
from karvan.estimate.mirror.reconcile import Reconciliation

if TYPE_CHECKING:
    import pandas as pd

FLOWS = (
    "partner", "flow", "exporter_reports", "importer_reports", "compiler", "gap_MUSD", "gap_percent", "reconciled",
    "lo", "hi", "basis", "rules", "sources",
)  # fmt: skip
SIDES = ("exporter", "importer", "compiled")


def tables(found: Reconciliation, year: int, country: str | None, top: int) -> dict[str, Table]:
    """Return `flows` (only for a country), `flags`, `quality`, `margin` as tables that print themselves; MUSD, fob."""
    parts = {}
    flags, quality = found.flags[found.flags["year"] == year], found.quality
    if country is not None:
        mine = _of(found.flows[found.flows["year"] == year], country)
        flags = _of(flags, country)
        partners = {*mine["exporter"], *mine["importer"]}
        quality = quality[quality["reporter"].isin(partners)]
        parts["flows"] = _flows(mine, country, year, top)
    parts["flags"] = _flags(flags, year, top)
    parts["quality"] = _quality(quality, country, top)
    parts["margin"] = Table(
        tuple(found.margin.columns), tuple(_clean(row) for row in found.margin.to_numpy()), "Freight and insurance"
    )
    return parts


def _of(table: pd.DataFrame, country: str) -> pd.DataFrame:
    return table[(table["exporter"] == country) | (table["importer"] == country)]


def _flows(mine: pd.DataFrame, country: str, year: int, top: int) -> Table:
    size = mine[["value_musd", "exporter_musd", "importer_musd", "compiled_musd"]].max(axis=1).fillna(0.0)
    ordered = mine.assign(size=size).sort_values("size", ascending=False).head(top)
    rows = []
    for row in ordered.to_dict("records"):
        sold = row["exporter"] == country
        named = [str(row[f"source_{side}"]).split(",")[0] for side in SIDES if isinstance(row[f"source_{side}"], str)]
        values = [row[c] for c in ("exporter_musd", "importer_musd", "compiled_musd")]
        gap, percent = _gap(*values)
        rows.append(
            _clean(
                (
                    row["importer"] if sold else row["exporter"], "exports" if sold else "imports",
                    *(_musd(v) for v in values), gap, percent,
                    *(_musd(row[c]) for c in ("value_musd", "lo", "hi")), row["basis"], row["rules"], "; ".join(named),
                )
            )
        )  # fmt: skip
    title = (
        f"{country} {year}: reports of both sides, MUSD; {len(rows)} largest of {len(mine)}\n"
        "exporter's, compiler's and reconciled fob, importer's as reported (cif); gap: importer's less exporter's, "
        "a compiler standing in for a missing report"
    )
    return Table(FLOWS, tuple(rows), title)


def _gap(exporter: float, importer: float, compiled: float) -> tuple[float | None, float | None]:
    first = exporter if exporter > 0 else compiled
    second = importer if importer > 0 else compiled
    if not (first > 0 and second > 0) or not (exporter > 0 or importer > 0):
        return None, None
    return _musd(second - first), _round(100 * (second / first - 1), 1)


def _flags(flags: pd.DataFrame, year: int, top: int) -> Table:
    size = flags[["observed_musd", "expected_musd"]].max(axis=1)
    ordered = flags.assign(size=size).sort_values("size", ascending=False).head(top)
    columns = ["exporter", "importer", "rule", "reason"]
    rows = tuple(_clean(row) for row in ordered[columns].to_numpy())
    return Table(tuple(columns), rows, f"Flags {year}; {len(rows)} largest of {len(flags)}")


def _quality(quality: pd.DataFrame, country: str | None, top: int) -> Table:
    first = quality[quality["reporter"] == country]
    rest = quality[quality["reporter"] != country].sort_values("pairs", ascending=False)
    columns = ["reporter", "role", "pairs", "error_percent", "error_percent_lo", "error_percent_hi"]
    picked = [*first[columns].to_numpy(), *rest[columns].to_numpy()][:top]
    rows = tuple(_clean((*row[:3], *(_round(v, 0) for v in row[3:]))) for row in picked)
    return Table(tuple(columns), rows, "Quality of reporters: one standard error of a report of 100 MUSD, all years")


def _clean(row: Iterable[Any]) -> tuple[Any, ...]:
    """Plain values; what is missing is None."""
    return tuple(_plain(v) for v in row)


def _plain(value: Any) -> Any:
    if hasattr(value, "item"):
        value = value.item()
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _musd(value: float) -> float | None:
    return _round(value, 1 if abs(value) < 1000 else 0)


def _round(value: float, digits: int) -> float | None:
    return None if not math.isfinite(value) else round(float(value), digits)
