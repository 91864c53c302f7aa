"""Panels too large for memory: DuckDB over Parquet, with a limit of memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from karvan.core.errors import SourceError, first_five
from karvan.core.labels import suggest

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

MEMORY = "3GB"


@dataclass(frozen=True)
class Panel:
    """A table that is read when it is asked: Parquet files, or a frame in memory.

    `types` gives the DuckDB type of every column. `memory`, `threads` and `folder` (for what does not fit) hold for
    every question that starts from this panel. DuckDB keeps its buffers within `memory`; the process, with its code,
    its decompression and the result, takes up to a gigabyte more, hence 3 GB by default for 4 GB in all.
    """

    name: str
    types: dict[str, str]
    memory: str = MEMORY
    threads: int | None = None
    folder: Path | None = None
    frame: Any = field(default=None, repr=False, compare=False)

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns."""
        return tuple(self.types)


def panel(
    data: Any,
    columns: Sequence[str] = (),
    *,
    memory: str = MEMORY,
    threads: int | None = None,
    folder: str | Path | None = None,
) -> Panel:
    """Open a panel; nothing but its header is read.

    Parameters
    ----------
    data : a Parquet file, a glob of them ("baci/*.parquet"), a folder (partitions `year=2021/` become columns), or a
        frame of pandas, polars or pyarrow
    columns : columns that must be there; the panel has only these when given
    memory : DuckDB's limit, as "3GB"
    threads : default all cores
    folder : where to put what does not fit in memory; default a temporary folder

    Raises
    ------
    SourceError
        No such file, not Parquet, or columns that are missing (all of them named).
    """
    frame, name = (None, _pattern(data)) if isinstance(data, str | Path) else (_arrow(data), "frame")
    opened = Panel(name, {}, memory, threads, Path(folder) if folder else None, frame)
    with connect(opened) as con:
        try:
            rows = con.execute(f"DESCRIBE SELECT * FROM {source(con, opened)}").fetchall()
        except Exception as fault:
            raise SourceError(f"{name}: cannot be read as Parquet ({_first_line(fault)})") from None
    types = {str(row[0]): str(row[1]) for row in rows}
    require(types, columns, name)
    chosen = {c: types[c] for c in columns} if columns else types
    return Panel(name, chosen, memory, threads, opened.folder, frame)


def require(types: dict[str, str], columns: Sequence[str], name: str) -> None:
    """Raise a SourceError that names every column that is missing."""
    missing = [c for c in columns if c not in types]
    if missing:
        hints = "; ".join(f"{c}:{suggest(c, types)}" for c in missing)
        raise SourceError(f"{name}: {len(missing)} column(s) missing: {first_five(missing)}. {hints}")


def connect(of: Panel) -> DuckDBPyConnection:
    """A connection of its own with the panel's limits."""
    import tempfile

    import duckdb

    con = duckdb.connect()
    folder = of.folder or Path(tempfile.gettempdir())
    try:
        con.execute("SET memory_limit = ?", [of.memory])
        con.execute("SET temp_directory = ?", [str(folder / "karvan-duckdb")])
        con.execute("SET preserve_insertion_order = false")
        if of.threads is not None:
            con.execute("SET threads = ?", [of.threads])
    except duckdb.Error as fault:
        con.close()
        raise SourceError(f"panel: {_first_line(fault)}; write memory as '3GB', threads as a number above 0") from None
    return con


def source(con: DuckDBPyConnection, of: Panel, alias: str = "panel_frame") -> str:
    """The text that stands for the panel after FROM."""
    if of.frame is not None:
        con.register(alias, of.frame)
        return alias
    return f"read_parquet({quote(of.name)}, hive_partitioning = true)"


def quote(text: str) -> str:
    """A text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def named(column: str) -> str:
    """A column's name as an SQL identifier."""
    return '"' + column.replace('"', '""') + '"'


def deliver(con: DuckDBPyConnection, query: str, to: str | Path | None) -> Any:
    """Run a query; return a pandas frame, or write Parquet to the path `to`, whole or not at all, and return `to`."""
    import duckdb

    try:
        if to is None:
            return con.sql(query).df()
        target = Path(to)
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_name(target.name + ".part")
        try:
            con.execute(f"COPY ({query}) TO {quote(str(part))} (FORMAT parquet, COMPRESSION snappy)")
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)
        return target
    except duckdb.OutOfMemoryException as fault:
        raise SourceError(
            f"panel: out of memory ({_first_line(fault)}); raise memory=, or give folder= space"
        ) from None
    except (duckdb.Error, OSError) as fault:
        raise SourceError(f"panel: {_first_line(fault)}") from None


def _pattern(data: str | Path) -> str:
    path = Path(data)
    if path.is_dir():
        if not any(path.rglob("*.parquet")):
            raise SourceError(f"{path}: no .parquet file in this folder")
        return str(path / "**" / "*.parquet")
    if not path.is_file() and not any(mark in str(data) for mark in "*?["):
        raise SourceError(f"{path}: no such file or folder")
    return str(data)


def _arrow(data: Any) -> Any:
    import pyarrow  # type: ignore[import-untyped]

    if isinstance(data, pyarrow.Table):
        return data
    if hasattr(data, "to_arrow"):
        return data.to_arrow()
    if hasattr(data, "to_numpy") and hasattr(data, "columns"):
        return pyarrow.Table.from_pandas(data, preserve_index=False)
    raise SourceError(f"panel: expected a path or a frame, got {type(data).__name__}")


def _first_line(fault: Exception) -> str:
    return str(fault).strip().splitlines()[0] if str(fault).strip() else type(fault).__name__
