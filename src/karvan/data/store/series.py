"""What readers of dated series share: strict numbers, whole XML, and the faults that such series have."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING
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


def check_rows(rows: pd.DataFrame, by: Sequence[str], value: str, faults: Faults, *, positive: bool = True) -> None:
    """Note duplicates and values that are zero or negative; `rows` may have a column `row` with lines of the file."""
    lines = rows["row"] if "row" in rows else [None] * len(rows)
    twice = rows.duplicated(list(by))
    for line, again, number_, *key in zip(lines, twice, rows[value], *(rows[c] for c in by), strict=True):
        where = " ".join(_shown(part) for part in key)
        if again:
            faults.add(f"{where} stands twice", row=line, remedy="keep one of the rows")
        if positive and not number_ > 0:
            faults.add(f"{where}: {number_:g} is not positive", row=line, remedy="correct or drop the row")


def check_months(rows: pd.DataFrame, by: Sequence[str], faults: Faults) -> None:
    """Note the months between the first and the last date of a series in which nothing is reported."""
    for name, part in rows.groupby(list(by)) if by else [((), rows)]:
        months = part["date"].dt.to_period("M")
        steps = range(months.min().ordinal, months.max().ordinal + 1)
        there = {month.ordinal for month in months}
        gaps = [str(type(months.min())(ordinal=n, freq="M")) for n in steps if n not in there]
        if gaps:
            label = "".join(f"{part} " for part in name)
            faults.add(
                f"{label}has no value in {len(gaps)} month(s): {first_five(gaps)}",
                remedy="get them, or read with gaps=yes",
            )


def _shown(part: object) -> str:
    return str(part)[:10] if hasattr(part, "year") else str(part)
