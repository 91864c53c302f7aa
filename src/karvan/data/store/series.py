"""What readers of dated series share: strict numbers, whole XML, and the faults that such series have."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

from karvan.core.errors import SourceError, first_five
from karvan.core.faults import Faults

if TYPE_CHECKING:
    import pandas as pd


def number(text: str | None, decimal: str = ".") -> float:
    """Return a number written with one kind of decimal mark, or raise a ValueError that says what was found."""
    shown = (text or "").strip()
    other = "," if decimal == "." else "."
    if other in shown:
        raise ValueError(f"{shown!r} has a decimal {'comma' if other == ',' else 'point'}, expected {decimal!r}")
    try:
        return float(shown.replace(decimal, "."))
    except ValueError:
        raise ValueError(f"{shown!r} is not a number") from None


def xml_root(path: Path, tag: str) -> ElementTree.Element:
    """Return the root of an XML file, in the encoding that the file declares.

    Raises
    ------
    SourceError
        The file cannot be read in that encoding, is cut short, or begins with another element.
    """
    try:
        root = ElementTree.parse(path).getroot()
    except OSError as fault:
        raise SourceError(f"{path}: cannot be read ({fault.strerror})") from None
    except (ElementTree.ParseError, ValueError, LookupError) as fault:
        raise SourceError(
            f"{path}: not whole XML ({fault}); cut short, or saved in another encoding than it declares: get it again"
        ) from None
    if root.tag not in tag.split("|"):
        raise SourceError(f"{path}: begins with <{root.tag}>, expected <{tag.replace('|', '> or <')}>: a new layout?")
    return root


def workbook(path: Path) -> Any:
    """Return an open workbook (xls).

    Raises
    ------
    SourceError
        Cut short or damaged; the library fails on such files in many ways.
    """
    import xlrd

    try:
        return xlrd.open_workbook(str(path), logfile=StringIO())
    except Exception as fault:
        raise SourceError(f"{path}: cut short or a damaged workbook ({fault})") from None


def gather(
    paths: Sequence[Path], rows: Callable[[Path, Faults], Iterable[dict[str, Any]]], columns: Sequence[str]
) -> pd.DataFrame:
    """Return the rows of all files with the column `file`, or raise the faults of all files at once.

    `rows(path, faults)` yields the rows of one file as dictionaries and notes its faults.
    """
    import pandas as pd

    total, found = Faults("files"), []
    for path in paths:
        faults = Faults(path)
        try:
            found += [{**row, "file": str(path)} for row in rows(path, faults)]
        except SourceError as fault:
            faults.found.append(str(fault))
        total.found += faults.found
    total.stop()
    return pd.DataFrame(found, columns=[*columns, "file"])


def checked(found: pd.DataFrame, by: Sequence[str], value: str, *, gaps: bool = False) -> pd.DataFrame:
    """Return a dated series in order, or raise all that is wrong with it at once.

    Dates that stand twice, values that are not positive, and, unless `gaps`, months between the first and the last
    date of a series without a value. `found` has `date`, the columns `by`, the value and `file`.
    """
    total = Faults("files")
    for file, part in found.groupby("file", sort=False):
        faults = Faults(file)
        for date, number_, *key in zip(part["date"], part[value], *(part[c] for c in by), strict=True):
            if not number_ > 0:
                faults.add(f"{_at(date, key)} {number_:g} is not positive", remedy="correct or drop it")
        total.found += faults.found
    twice = found[found.duplicated([*by, "date"])]
    for file, date, *key in zip(twice["file"], twice["date"], *(twice[c] for c in by), strict=True):
        faults = Faults(file)
        faults.add(f"{_at(date, key)} stands twice", remedy="keep one of the rows")
        total.found += faults.found
    if not gaps:
        _months(found, by, total)
    total.stop()
    return found.drop(columns="file").sort_values([*by, "date"], ignore_index=True)


def _months(found: pd.DataFrame, by: Sequence[str], total: Faults) -> None:
    for name, part in found.groupby(list(by)) if by else [((), found)]:
        months = part["date"].dt.to_period("M")
        every = set(range(months.min().ordinal, months.max().ordinal + 1))
        gaps = sorted(every - {month.ordinal for month in months})
        if gaps:
            shown = first_five(f"{1970 + n // 12}-{n % 12 + 1:02}" for n in gaps)
            faults = Faults(part["file"].iloc[0])
            faults.add(
                f"{' '.join([*map(str, name), 'no value'])} in {len(gaps)} month(s): {shown}",
                remedy="get them, or read with gaps=yes",
            )
            total.found += faults.found


def _at(date: Any, key: Sequence[Any]) -> str:
    return " ".join([f"{date:%Y-%m-%d}", *map(str, key)])
