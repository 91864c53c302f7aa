"""Tables of millions of rows: out of their archive, through DuckDB, checked without ever being in memory whole.

A table goes from text to Parquet once, line for line; every check and every selection then reads the Parquet. At most
2 GB of memory; what does not fit is put beside the file and removed afterwards.
"""

from __future__ import annotations

import csv
import os
import re
import shutil
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, NamedTuple

from karvan.core.countries import from_iso3, group
from karvan.core.errors import SourceError, first_five
from karvan.core.faults import Faults
from karvan.data.sources.tidy import AGAIN, NOTHING, need, places

if TYPE_CHECKING:
    import duckdb
    import pandas as pd

MEMORY = "2GB"
REJECTS = 50


class Table(NamedTuple):
    """One table as Parquet, under names of this project; its rows stand in the order of the file."""

    con: duckdb.DuckDBPyConnection
    parquet: Path
    faults: Faults
    rejected: tuple[int, ...] = ()

    @property
    def sql(self) -> str:
        """The table in a FROM clause, with `place`, the number of the row from 0."""
        rows = f"read_parquet({_quoted(self.parquet)}, file_row_number = true)"
        return f"(SELECT *, file_row_number AS place FROM {rows})"

    def line(self, place: int) -> int:
        """Line of the file of a row, counted from 1 with the header and the lines that were rejected."""
        line = place + 2
        for other in self.rejected:
            line += other <= line
        return line

    def mark(self, condition: str, what: str, remedy: str = "") -> None:
        """Note the rows where an SQL condition holds: the first line, how many, the first five."""
        found = self.con.execute(f"SELECT count(*) FROM {self.sql} WHERE {condition}").fetchone()
        if count := int(found[0]) if found else 0:
            rows = self.con.execute(f"SELECT place FROM {self.sql} WHERE {condition} ORDER BY place LIMIT 5").fetchall()
            lines = [self.line(row[0]) for row in rows]
            listed = first_five([*lines, *range(count - len(lines))])
            self.faults.add(what + (f" ({count} rows: {listed})" if count > 1 else ""), row=lines[0], remedy=remedy)

    def unique(self, key: str, where: str = "true") -> None:
        """Note rows that say the same key again."""
        among = f"FROM {self.sql} WHERE {where} GROUP BY {key} HAVING count(*) > 1"
        twice = f"SELECT {key}, max(place) AS place {among}"
        found = self.con.execute(f"SELECT *, count(*) OVER () FROM ({twice}) ORDER BY place LIMIT 1").fetchone()
        if found:
            *label, place, count = found
            more = f" and {count - 1} more" if count > 1 else ""
            what = f"duplicated: {', '.join(map(str, label))}{more}"
            self.faults.add(what, row=self.line(place), remedy="keep one; a sum would count it twice")

    def distinct(self, column: str) -> pd.DataFrame:
        """Each value of a column with its first line, `row`."""
        found = self.con.execute(f"SELECT {column}, min(place) AS row FROM {self.sql} GROUP BY 1 ORDER BY 2").df()
        return found.assign(row=found["row"].map(self.line))


@contextmanager
def workshop(beside: Path) -> Iterator[tuple[duckdb.DuckDBPyConnection, Path]]:
    """Yield DuckDB and a folder beside a file (or among the temporary ones); both are gone afterwards."""
    import duckdb

    place = beside.parent if os.access(beside.parent, os.W_OK) else None
    with TemporaryDirectory(prefix=".karvan-", dir=place) as folder:
        con = duckdb.connect(config={"memory_limit": MEMORY, "temp_directory": folder})
        try:
            yield con, Path(folder)
        finally:
            con.close()


def single(paths: str | Path | Sequence[str | Path]) -> Path:
    """The one file of a source that has one."""
    listed = [paths] if isinstance(paths, str | Path) else list(paths)
    if len(listed) != 1:
        raise SourceError(f"expected one file, got {len(listed)}: {first_five(listed)}")
    return Path(listed[0])


def members(path: Path, pattern: str, faults: Faults) -> list[str]:
    """Names of the tables of an archive that fit a pattern, in order; a file that is no archive is its own table."""
    if not path.is_file():
        faults.add("no such file", remedy="get it first, or name the file you have")
    elif zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
        fitting = sorted(name for name in names if re.fullmatch(pattern, Path(name).name))
        if not fitting:
            faults.add(f"no table like {pattern} in the archive: {first_five(names)}", remedy="is it another archive?")
        faults.stop()
        return fitting
    else:
        with path.open("rb") as file:
            head = file.read(512).lstrip().lower()
        if not head:
            faults.add("the file is empty", remedy=AGAIN)
        elif b"<html" in head or head.startswith(b"<!doctype html"):
            faults.add("a web page (HTML) instead of data", remedy=AGAIN)
        elif head.startswith(b"pk"):
            faults.add("the archive breaks off: the download was cut", remedy=AGAIN)
    faults.stop()
    return [path.name]


def fits(path: Path, pattern: str, columns: Iterable[str]) -> None:
    """Refuse an archive without a table that fits a pattern, or a table without the columns of the source."""
    faults = Faults(path)
    if members(path, pattern, faults) == [path.name]:
        need(_header(path, faults), list(columns), faults)
        faults.stop()


def table(
    con: duckdb.DuckDBPyConnection,
    folder: Path,
    path: Path,
    member: str,
    types: Mapping[str, str],
    select: Mapping[str, str],
) -> Table:
    """Make Parquet of one table: columns with the owner's names and SQL types, then expressions under names of ours.

    Lines that do not fit the types are faults of the table; a damaged archive or missing columns raise at once.
    """
    faults = Faults(path if member == path.name else f"{path}:{member}")
    text = path if member == path.name else _unpack(path, member, folder, faults)
    header = _header(text, faults)
    need(header, list(types), faults)
    faults.stop()
    columns = ", ".join(f"{_quoted(name)}: {_quoted(types.get(name, 'VARCHAR'))}" for name in header)
    wanted = ", ".join(f"{expression} AS {name}" for name, expression in select.items())
    out = folder / f"{member}.parquet".replace("/", "-")
    options = "header = true, auto_detect = false, delim = ',', quote = '\"', escape = '\"', nullstr = ['', 'NA'], "
    options += f"store_rejects = true, rejects_limit = {REJECTS}, columns = {{{columns}}}"
    try:
        con.execute(
            f"COPY (SELECT {wanted} FROM read_csv({_quoted(text)}, {options})) TO {_quoted(out)} (FORMAT parquet)"
        )
    except Exception as wrong:  # DuckDB says what in the first line, then how to switch its checks off
        faults.add(str(wrong).splitlines()[0], remedy="is it UTF-8 text, whole, and is there room on the disk?")
        faults.stop()
    rejects = con.execute("SELECT line, column_name, error_type, csv_line FROM reject_errors ORDER BY ALL").fetchall()
    con.execute("DROP TABLE reject_errors; DROP TABLE reject_scans")
    for line in dict.fromkeys(row[0] for row in rejects):
        _rejected(faults, line, [row[1:] for row in rejects if row[0] == line])
    if text != path:
        text.unlink()
    return Table(con, out, faults, tuple(sorted({row[0] for row in rejects})))


def parts(
    path: Path, folder: Path, names: Sequence[str], one: Callable[[str], tuple[Table, str]], by_year: bool = False
) -> list[Path]:
    """Checked rows of each table as Parquet, or in one tree by year; the faults of all tables are raised together.

    `one` makes a table of its name, checks it, and says by which SELECT its rows get their final names.
    """
    every, made = Faults(path), []
    for number, name in enumerate(names):
        try:
            found, select = one(name)
        except SourceError as wrong:
            every.found += str(wrong).splitlines()
            continue
        every.found += found.faults.found
        if not every.found:
            made.append(folder / ("years" if by_year else f"part-{number}.parquet"))
            how = ", PARTITION_BY (year), APPEND" if by_year else ""
            found.con.execute(f"COPY ({select}) TO {_quoted(made[-1])} (FORMAT parquet{how})")
        found.parquet.unlink()
    every.stop()
    return made


def frame(con: duckdb.DuckDBPyConnection, made: Sequence[Path], coded: Sequence[str]) -> pd.DataFrame:
    """Parts as one frame; the columns `coded` become categories, which keep millions of rows small."""
    source = f"read_parquet([{', '.join(_quoted(p) for p in made)}])"
    for column in coded:
        values = f"SELECT DISTINCT {column} FROM {source} WHERE {column} IS NOT NULL ORDER BY 1"
        con.execute(f"CREATE TYPE {column}_code AS ENUM ({values})")
    codes = ", ".join(f"{column}::{column}_code AS {column}" for column in coded)
    found = con.execute(f"SELECT * REPLACE ({codes}) FROM {source}").df()
    if not len(found):
        raise SourceError("the selection leaves no row; look at the years, countries and products that you named")
    return found


def move_years(years: Path, out: Path) -> None:
    """Move finished years (year=2022/...) into `out`: a year that is there is replaced whole, other years stay."""
    if not years.is_dir() or not any(years.iterdir()):
        raise SourceError("the selection leaves no row; look at the years that you named")
    out.mkdir(parents=True, exist_ok=True)
    for year in sorted(years.iterdir()):
        if (out / year.name).exists():
            shutil.rmtree(out / year.name)
        shutil.move(year, out / year.name)


def one_of(column: str, values: Sequence[object]) -> str:
    """SQL condition that a column has one of the values; no values, no condition. Countries must be known."""
    if column in ("exporter", "importer"):
        from_iso3([str(v) for v in values if not group(v)], "en")
    return f"{column} IN ({', '.join(_quoted(v) for v in values)})" if values else "true"


def named(
    found: Table,
    sides: tuple[str, str],
    scheme: str,
    columns: Sequence[str],
    kept: Sequence[str] = (),
    also: Mapping[str, str] = NOTHING,
) -> str:
    """SELECT of columns, sorted by the first four, with `exporter` and `importer` for two columns of owner's codes.

    Rows where all conditions `kept` hold; the codes are ISO3 or of a group. Unknown ones are noted; `also` holds
    those that only this source has.
    """
    known: dict[str, str] = {}
    for side in sides:
        seen = found.distinct(side)
        codes, _ = places(seen, side, found.faults, scheme, also)
        known |= {str(said): code for said, code in zip(seen[side], codes, strict=True) if isinstance(code, str)}
    found.con.execute(
        "CREATE OR REPLACE TEMP TABLE known AS SELECT unnest(?::VARCHAR[]) AS said, unnest(?::VARCHAR[]) AS code",
        [list(known), list(known.values())],
    )
    one, other = (f"JOIN known AS {n} ON own.{side}::VARCHAR = {n}.said" for n, side in zip("xm", sides, strict=True))
    chosen = f"own.* EXCLUDE (place, {', '.join(sides)}), x.code AS exporter, m.code AS importer"
    rows = f"SELECT {chosen} FROM {found.sql} AS own {one} {other}"
    where = " AND ".join(f"({condition})" for condition in kept) or "true"
    return f"SELECT {', '.join(columns)} FROM ({rows}) WHERE {where} ORDER BY {', '.join(columns[:4])}"


def _unpack(path: Path, member: str, folder: Path, faults: Faults) -> Path:
    out = folder / Path(member).name
    try:
        with zipfile.ZipFile(path) as archive, archive.open(member) as packed, out.open("wb") as plain:
            shutil.copyfileobj(packed, plain, 1 << 22)
    except (zipfile.BadZipFile, zlib.error, EOFError) as wrong:
        faults.add(f"the archive is damaged ({wrong})", remedy=AGAIN)
    except OSError as wrong:
        faults.add(f"cannot be unpacked beside it ({wrong.strerror})", remedy="make room on the disk")
    faults.stop()
    return out


def _header(text: Path, faults: Faults) -> list[str]:
    with text.open("rb") as file:
        line = file.readline(1 << 16)
    try:
        return next(csv.reader([line.decode()]), [])
    except UnicodeDecodeError:
        faults.add("the header is not UTF-8 text", remedy="save it as UTF-8")
        faults.stop()
        raise


def _rejected(faults: Faults, line: int, errors: list[tuple[str, str, str]]) -> None:
    name, kind, csv_line = errors[0]
    if kind == "CAST":
        remedy = "write decimal points" if "," in csv_line and '"' in csv_line else ""
        faults.add(f"{name} is not of its type in {csv_line!r}", row=line, remedy=remedy)
    elif "ENCODING" in kind or "UNICODE" in kind:
        faults.add("wrong encoding", row=line, remedy="save it as UTF-8")
    else:
        faults.add(f"{kind.lower()} in {csv_line!r}", row=line, remedy="the file was cut or a text has a comma")


def _quoted(text: object) -> str:
    return "'" + str(text).replace("'", "''") + "'"
