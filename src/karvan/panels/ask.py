"""Questions to panels: sums by group, the join of both sides' reports, and files laid out for speed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from karvan.core.errors import SourceError
from karvan.panels.panel import Panel, connect, deliver, named, quote, require, source

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

WHOLE = {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER"}
NUMBERS = WHOLE | {"UBIGINT", "FLOAT", "DOUBLE"}
BITS = 62


def aggregate(of: Panel, by: Sequence[str], value: str | Sequence[str], *, to: str | Path | None = None) -> Any:
    """Sum one or more columns by group, with compensated sums.

    Parameters
    ----------
    of : the panel
    by : columns of the groups; () for the total
    value : column(s) to sum; missing values are left out, and a group of nothing else is missing
    to : Parquet file to write instead of returning a frame

    Returns
    -------
    pandas frame with `by`, the sums under their own names and `rows` (number of rows), sorted by `by`; or the path. The
    sums may differ in the last digit from run to run when there are several threads.

    Raises
    ------
    SourceError
        Columns that are missing or not numbers.
    """
    values = [value] if isinstance(value, str) else list(value)
    require(of.types, [*by, *values], of.name)
    _numbers(of, values)
    keys = ", ".join(named(c) for c in by)
    sums = ", ".join(f"fsum({named(c)}) AS {named(c)}" for c in values)
    with connect(of) as con:
        head = f"{keys}, " if by else ""
        tail = f" GROUP BY {keys} ORDER BY {keys}" if by else ""
        return deliver(con, f"SELECT {head}{sums}, count(*) AS rows FROM {source(con, of)}{tail}", to)


def mirror_join(
    exports: Panel, imports: Panel, by: Sequence[str], value: str = "value", *, to: str | Path | None = None
) -> Any:
    """Put the exporter's and the importer's report of every flow side by side (full outer join).

    Parameters
    ----------
    exports, imports : what exporters and what importers report, one row per key
    by : columns of the key, in both ("year", "exporter", "importer", "product")
    value : column of the report, in both
    to : Parquet file to write instead of returning a frame

    Returns
    -------
    pandas frame with `by`, `exports` and `imports`, missing where a side reports nothing; or the path. No order is
    promised. Whole-number keys (codes, not texts) are packed into one number, which halves the time.

    Raises
    ------
    SourceError
        Columns are missing or of different types, or a key occurs twice so that a report would count twice: `aggregate`
        first.
    """
    for side in (exports, imports):
        require(side.types, [*by, value], side.name)
        _numbers(side, [value])
    if not by:
        raise SourceError("mirror_join: no key; name the columns that identify a flow in by=")
    with connect(exports) as con:
        x, m = source(con, exports, "exports_frame"), source(con, imports, "imports_frame")
        packed = _packing(con, exports, imports, (x, m), by)
        query = _packed(packed, (x, m), value) if packed else _plain((x, m), by, value)
        found = deliver(con, query, to)
        _require_single(con, (x, m), value, found)
    return found


def lay_out(of: Panel, folder: str | Path, *, by: str, order: Sequence[str], rows: int = 1_000_000) -> Path:
    """Write a panel as one sorted Parquet file per value of `by` (a year), the layout that is read fastest.

    Sorted whole-number codes compress to runs, whole row groups are skipped where a question does not need them, and
    each file fits in memory.

    Parameters
    ----------
    folder : new or empty
    by : column with few values, one file each
    order : columns to sort by within a file
    rows : rows per row group
    """
    require(of.types, [by, *order], of.name)
    target = Path(folder)
    if target.exists() and any(target.iterdir()):
        raise SourceError(f"{target}: the folder is not empty; name a new one")
    target.mkdir(parents=True, exist_ok=True)
    columns = ", ".join(named(c) for c in of.columns)
    keys = ", ".join(named(c) for c in order)
    with connect(of) as con:
        table = source(con, of)
        values = con.execute(f"SELECT DISTINCT {named(by)} FROM {table} ORDER BY 1").fetchall()
        for (one,) in values:
            con.execute(
                f"COPY (SELECT {columns} FROM {table} WHERE {named(by)} = ? ORDER BY {keys}) TO "
                f"{quote(str(target / f'{one}.parquet'))} (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {rows:d})",
                [one],
            )
    return target


def _numbers(of: Panel, columns: Sequence[str]) -> None:
    wrong = [f"{c} ({of.types[c]})" for c in columns if of.types[c].split("(")[0] not in NUMBERS | {"DECIMAL"}]
    if wrong:
        raise SourceError(f"{of.name}: not numbers: {', '.join(wrong)}; convert them first")


def _packing(
    con: DuckDBPyConnection, exports: Panel, imports: Panel, tables: tuple[str, str], by: Sequence[str]
) -> list[tuple[str, str, int, int]] | None:
    """(column, type, lowest, number of values) of each key when all are whole numbers that fit one BIGINT together."""
    different = [c for c in by if _kind(exports.types[c]) != _kind(imports.types[c])]
    if different:
        shown = ", ".join(f"{c} ({exports.types[c]} and {imports.types[c]})" for c in different)
        raise SourceError(f"mirror_join: key columns of different types: {shown}; write both the same way")
    if not all(exports.types[c] in WHOLE for c in by):
        return None
    parts = ", ".join(f"min({named(c)}), max({named(c)}), count({named(c)})" for c in by)
    seen = [con.execute(f"SELECT count(*), {parts} FROM {t}").fetchall()[0] for t in tables]
    if any(row[0] == 0 or row[3 + 3 * k] != row[0] for row in seen for k in range(len(by))):
        return None
    low = [min(row[1 + 3 * k] for row in seen) for k in range(len(by))]
    span = [max(row[2 + 3 * k] for row in seen) - low[k] + 1 for k in range(len(by))]
    size = 1
    for one in span:
        size *= one
    return [(c, exports.types[c], a, n) for c, a, n in zip(by, low, span, strict=True)] if size < 2**BITS else None


def _kind(name: str) -> str:
    return "whole" if name in WHOLE else name.split("(")[0]


def _packed(parts: list[tuple[str, str, int, int]], tables: tuple[str, str], value: str) -> str:
    key = "0::BIGINT"
    for column, _, low, span in parts:
        key = f"({key}) * {span} + ({named(column)} - ({low}))"
    unpacked: list[str] = []
    below = 1
    for column, kind, low, span in reversed(parts):
        unpacked.insert(0, f"((k // {below}) % {span} + ({low}))::{kind} AS {named(column)}")
        below *= span
    x, m = (f"(SELECT {key} AS k, {named(value)} AS v FROM {t})" for t in tables)
    return (
        f"SELECT {', '.join(unpacked)}, exports, imports FROM "
        f"(SELECT k, x.v AS exports, m.v AS imports FROM {x} x FULL JOIN {m} m USING (k))"
    )


def _plain(tables: tuple[str, str], by: Sequence[str], value: str) -> str:
    keys = ", ".join(named(c) for c in by)
    x, m = (f"(SELECT {keys}, {named(value)} AS v FROM {t})" for t in tables)
    return f"SELECT {keys}, x.v AS exports, m.v AS imports FROM {x} x FULL JOIN {m} m USING ({keys})"


def _require_single(con: DuckDBPyConnection, tables: tuple[str, str], value: str, found: Any) -> None:
    """A key that occurs twice on one side repeats the other side's report: more reports came out than went in."""
    if isinstance(found, Path):
        out = con.execute(f"SELECT count(exports), count(imports) FROM read_parquet({quote(str(found))})").fetchall()[0]
    else:
        out = tuple(int(found[c].count()) for c in ("exports", "imports"))
    given = tuple(con.execute(f"SELECT count({named(value)}) FROM {t}").fetchall()[0][0] for t in tables)
    if out != given:
        if isinstance(found, Path):
            found.unlink(missing_ok=True)
        raise SourceError(
            f"mirror_join: {given[0]} export and {given[1]} import reports became {out}: a key occurs more than once; "
            "sum the reports with `aggregate` first, or add the missing column to by="
        )
