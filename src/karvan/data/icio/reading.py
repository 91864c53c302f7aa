"""Reading an inter-country table of the OECD: a CSV, or the owner's zip of five years."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple, TextIO

import numpy as np

from karvan.core.errors import SourceError, first_five
from karvan.core.faults import Faults
from karvan.data.icio.layout import CATEGORIES, CUT, FOOT, OUT, Layout, from_header

YEAR = re.compile(r"(\d{4})_SML\.csv$", re.IGNORECASE)
BATCH = 64  # lines turned into numbers at once
ROUNDING = 1e-6  # of output: what a published table may miss by without being named


class InterCountry(NamedTuple):
    """A table at basic prices in MUSD: exporter i and its sector k sell to country n, its sector j or a category c."""

    countries: tuple[str, ...]
    sectors: tuple[str, ...]
    Z: np.ndarray  # (i, k, n, j) intermediate use
    F: np.ndarray  # (i, k, n, c) final use by category
    TLS: np.ndarray  # (n, j) taxes less subsidies on products that industries buy
    final_taxes: np.ndarray  # (n, c) the same on final use
    VA: np.ndarray  # (n, j) value added
    OUT: np.ndarray  # (n, j) output
    year: int | None
    edition: str
    merged: tuple[tuple[str, str], ...]
    file: str


def read(path: str | Path, year: int | None = None) -> InterCountry:
    """Read `YYYY_SML.csv`, or that member of the owner's zip.

    The layout: a row per country and industry (CCC_IND), then TLS, VA and OUT; a column per country and industry, then
    per country and category of final demand (CCC_HFCE, NPISH, GGFC, GFCF, INVNT, DPABR), then OUT. The parts of China
    and Mexico that the OECD shows apart (CN1, CN2, MX1, MX2) are added to CHN and MEX. Line by line: memory stays near
    the size of the numbers.

    Parameters
    ----------
    year : the year that is meant; needed for a zip of several, checked against the name of a CSV

    Raises
    ------
    SourceError
        Every fault of the file at once: columns, rows, numbers, codes, the wrong year, and sums that do not hold.
    """
    path = Path(path)
    faults = Faults(path)
    with _opened(path, year) as (file, name):
        found = _year(name, year, faults)
        first = file.readline()
        if _is_other(first, faults):
            faults.stop()
        columns = [c.strip().strip('"') for c in first.rstrip("\r\n").split(",")][1:]
        layout = from_header(columns, faults)
        if layout is None:
            faults.stop()
        assert layout is not None
        cells = _cells(file, layout, faults)
    faults.stop()
    table = _table(cells, layout, found, f"{path.name}:{name}" if name != path.name else name)
    _require_sums(table, cells, faults)
    faults.stop()
    return table


def require_table(path: str | Path, year: int | None = None) -> None:
    """Refuse a file whose first line is not the header of an inter-country table of the year."""
    path = Path(path)
    faults = Faults(path)
    with _opened(path, year) as (file, _):
        first = file.readline(1 << 20)
    if not _is_other(first, faults):
        from_header([c.strip().strip('"') for c in first.rstrip("\r\n").split(",")][1:], faults)
    faults.stop()


@contextmanager
def _opened(path: Path, year: int | None) -> Iterator[tuple[TextIO, str]]:
    """Open a CSV, or the member of a zip, as text; give its name."""
    if not path.is_file():
        raise SourceError(f"{path}: no such file; give the path of a YYYY_SML.csv of the OECD, or of its zip")
    if not zipfile.is_zipfile(path):
        with path.open(encoding="utf-8-sig", errors="replace") as text:
            yield text, path.name
        return
    with zipfile.ZipFile(path) as archive:
        member = _member(path, archive, year)
        with archive.open(member) as raw, io.TextIOWrapper(raw, "utf-8-sig", errors="replace") as text:
            yield text, Path(member).name


def _member(path: Path, archive: zipfile.ZipFile, year: int | None) -> str:
    years = {int(m.group(1)): n for n in archive.namelist() if (m := YEAR.search(n))}
    if not years:
        raise SourceError(f"{path}: no YYYY_SML.csv inside, only {first_five(archive.namelist()) or 'nothing'}")
    if year is None and len(years) == 1:
        return next(iter(years.values()))
    if year not in years:
        asked = "several years" if year is None else f"no {year}_SML.csv"
        raise SourceError(f"{path}: {asked} inside; pass year= one of {', '.join(map(str, sorted(years)))}")
    return years[year]


def _year(name: str, year: int | None, faults: Faults) -> int | None:
    found = YEAR.search(name)
    if found and year is not None and int(found.group(1)) != year:
        faults.add(f"the file is of {found.group(1)}, not of {year}", remedy=f"give {year}_SML.csv")
    return int(found.group(1)) if found else year


def _is_other(first: str, faults: Faults) -> bool:
    """Note a first line that is no header of comma separated columns."""
    if first.lstrip().startswith("<"):
        faults.add("a web page, not a table", row=1, remedy="the owner answered with a page; fetch the file again")
    elif not first.strip():
        faults.add("the file is empty or starts with an empty line", row=1, remedy=CUT)
    elif max(first.count(";"), first.count("\t")) > first.count(","):
        remedy = "a spreadsheet saved it anew; use the owner's file"
        faults.add("columns are not separated by commas", row=1, remedy=remedy)
    else:
        return False
    return True


def _cells(file: TextIO, layout: Layout, faults: Faults) -> np.ndarray:
    """(height, width) merged table; each line is added to its row, its columns to theirs."""
    cells = np.zeros((layout.height, layout.width))
    seen: dict[str, int] = {}
    for batch in _batches(file, layout, seen, faults):
        numbers = _numbers(batch, layout, faults)
        for (label, _, _), values in zip(batch, numbers, strict=True):
            cells[layout.rows[label]] += np.bincount(layout.place, values, layout.width)
    missing = [label for label in layout.rows if label not in seen]
    for label in missing[:5]:
        faults.add(f"row {label!r} is missing", remedy=CUT)
    if len(missing) > 5:
        faults.add(f"{len(missing) - 5} more rows are missing", remedy=CUT)
    return cells


def _batches(
    file: TextIO, layout: Layout, seen: dict[str, int], faults: Faults
) -> Iterator[list[tuple[str, int, str]]]:
    """Yield (label, line number, cells as text) in batches; lines with a wrong label or length are noted and left."""
    batch: list[tuple[str, int, str]] = []
    for number, line in enumerate(file, 2):
        label, _, rest = line.rstrip("\r\n").partition(",")
        label = label.strip().strip('"')
        if not label and not rest.strip(","):
            continue
        count = rest.count(",") + 1
        if label not in layout.rows or label in seen:
            why = f"occurs again (line {seen[label]})" if label in seen else "has no column of that name"
            faults.add(f"row {label!r} {why}", row=number, remedy="expected the countries and industries of the header")
        elif count != len(layout.columns):
            remedy = "are decimals written with a comma?" if count > len(layout.columns) else CUT
            faults.add(f"row {label!r} has {count} cells, the header {len(layout.columns)}", row=number, remedy=remedy)
        else:
            blank = label in (*FOOT, OUT) and ",," in f",{rest},"
            batch.append((label, number, _zeros_under_final_use(rest, layout) if blank else rest))
        seen.setdefault(label, number)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _zeros_under_final_use(rest: str, layout: Layout) -> str:
    """Final use has no value added and no output: empty cells there are zeros."""
    size = len(layout.countries) * len(layout.sectors)
    cells = zip(layout.place, rest.split(","), strict=True)
    return ",".join("0" if at >= size and not text.strip() else text for at, text in cells)


def _numbers(batch: list[tuple[str, int, str]], layout: Layout, faults: Faults) -> np.ndarray:
    """Turn lines into numbers at once; if that fails, look at them cell by cell and note what is wrong."""
    try:
        values = np.loadtxt([rest for _, _, rest in batch], delimiter=",", comments=None, ndmin=2)
        if np.isfinite(values).all():
            return values
    except ValueError:
        pass
    for label, number, rest in batch:
        bad = [(c, p.strip()) for c, p in zip(layout.columns, rest.split(","), strict=True) if not _finite(p)]
        if bad:
            more = f" and {len(bad) - 3} more" if len(bad) > 3 else ""
            cells = ", ".join(f"{c} {p!r}" for c, p in bad[:3]) + more
            remedy = "every cell must be a number with a decimal point"
            faults.add(f"row {label!r}: {len(bad)} cell(s) are no numbers: {cells}", row=number, remedy=remedy)
    return np.zeros((len(batch), len(layout.columns)))


def _finite(text: str) -> bool:
    try:
        return bool(np.isfinite(float(text)))
    except ValueError:
        return False


def _table(cells: np.ndarray, layout: Layout, year: int | None, file: str) -> InterCountry:
    N, J, C = len(layout.countries), len(layout.sectors), len(CATEGORIES)
    size = N * J
    tls, va = (size + FOOT.index(name) for name in FOOT)
    return InterCountry(
        countries=layout.countries,
        sectors=layout.sectors,
        Z=cells[:size, :size].reshape(N, J, N, J),
        F=cells[:size, size:-1].reshape(N, J, N, C),
        TLS=cells[tls, :size].reshape(N, J),
        final_taxes=cells[tls, size:-1].reshape(N, C),
        VA=cells[va, :size].reshape(N, J),
        OUT=cells[-1, :size].reshape(N, J),
        year=year,
        edition=layout.edition,
        merged=layout.merged,
        file=file,
    )


def gaps(table: InterCountry) -> tuple[np.ndarray, np.ndarray]:
    """(n, j) uses less output of every row, and inputs plus taxes plus value added less output of every column."""
    rows = table.Z.sum(axis=(2, 3)) + table.F.sum(axis=(2, 3)) - table.OUT
    columns = table.Z.sum(axis=(0, 1)) + table.TLS + table.VA - table.OUT
    return rows, columns


def _require_sums(table: InterCountry, cells: np.ndarray, faults: Faults) -> None:
    """Refuse negative output, outputs that differ between row and column, and sums wrong by more than a thousandth."""
    world = table.OUT.sum()
    names = np.array([f"{c}_{s}" for c in table.countries for s in table.sectors])
    beside = cells[: len(names), -1] - table.OUT.ravel()
    used = table.Z.sum(axis=(0, 1)).ravel()
    floor = ROUNDING * max(world, 1.0) / len(names)
    wrong = {
        "output is negative": table.OUT.ravel() < 0,
        "output is zero but inputs are bought": (table.OUT.ravel() == 0) & (used > floor),
        f"{OUT} of the row differs from {OUT} of the column": np.abs(beside) > 1e-3 * np.abs(table.OUT.ravel()) + floor,
    }
    for what, bad in wrong.items():
        if bad.any():
            faults.add(f"{what} in {int(bad.sum())} industries: {first_five(names[bad])}", remedy=CUT)
    if faults.found:
        return
    if not world > 0:
        faults.add("output is zero everywhere", remedy=CUT)
    for what, gap in zip(("row", "column"), gaps(table), strict=True):
        if np.abs(gap).sum() > 1e-3 * world:
            worst = names[np.argsort(-np.abs(gap).ravel())[:5]]
            faults.add(
                f"the {what}s do not sum to {OUT}: {np.abs(gap).sum():.6g} MUSD together, most in {', '.join(worst)}",
                remedy="cells are missing or changed; fetch the file again",
            )
