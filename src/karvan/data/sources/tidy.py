"""What the sources share: a downloaded file as text or records, and the checks of a tidy frame.

Every check notes what it finds in the `Faults` of a file, so that one error tells all of them. `row` is the line of a
text, counted from 1 with the header, or the record of a JSON or XML answer, counted from 1.
"""

from __future__ import annotations

import csv
import io
import json
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from karvan.core.countries import group, require_iso3, to_iso3
from karvan.core.errors import KarvanWarning, SourceError, first_five
from karvan.core.faults import Faults
from karvan.core.labels import suggest

if TYPE_CHECKING:
    import pandas as pd

NOTHING: Mapping[str, str] = MappingProxyType({})
AGAIN = "download it again; if it stays so, the owner has changed the address or the answer"


class Records(Faults):
    """Faults of an answer whose records are counted, not its lines."""

    def add(self, what: str, *, row: int | None = None, remedy: str = "") -> None:
        """Note one fault; `row` is the record, counted from 1."""
        super().add(what if row is None else f"record {row}: {what}", remedy=remedy)


def each(
    paths: str | Path | Iterable[str | Path],
    one: Callable[[Path, Faults], pd.DataFrame],
    key: Sequence[str],
    kind: type[Faults] = Faults,
) -> pd.DataFrame:
    """Read each file with `one`, raise the faults of all files together, return the frames as one.

    No two files may say the same `key`.
    """
    import pandas as pd

    listed = [paths] if isinstance(paths, str | Path) else list(paths)
    if not listed:
        raise SourceError("no files given to read")
    frames, every = [], Faults(" and ".join(str(p) for p in listed[:3]))
    for path in map(Path, listed):
        faults = kind(path)
        try:
            frames.append(one(path, faults))
        except SourceError:
            if not faults.found:
                raise
        every.found += faults.found
    every.stop()
    full = pd.concat([f for f in frames if len(f)] or frames[:1], ignore_index=True)
    unique(full.assign(row=range(1, len(full) + 1)), key, every)
    every.stop()
    return full


def known(words: Sequence[str], choices: Iterable[str], what: str) -> None:
    """Refuse words of a question that the source does not know."""
    wrong = [word for word in words if word not in (options := list(choices))]
    if wrong:
        raise SourceError(f"unknown {what}: {first_five(wrong)}.{suggest(wrong[0], options)}")


def text(path: Path, faults: Faults, encoding: str = "utf-8-sig") -> str:
    """Text of a file; empty files, web pages, archives and other encodings are refused at once."""
    if not path.is_file():
        faults.add("no such file", remedy="get it first, or name the file you have")
        faults.stop()
    raw = path.read_bytes()
    head = raw[:512].lstrip().lower()
    if not head:
        faults.add("the file is empty", remedy=AGAIN)
    elif b"<html" in head or head.startswith(b"<!doctype html"):
        faults.add("a web page (HTML) instead of data", remedy="open the address in a browser: it says why; " + AGAIN)
    elif raw[:2] in (b"PK", b"\x1f\x8b"):
        faults.add("an archive instead of text", remedy="unpack it and read the file inside")
    faults.stop()
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError as wrong:
        line = raw.count(b"\n", 0, wrong.start) + 1
        faults.add(
            f"line {line} is not {encoding.removesuffix('-sig')} text", remedy="pass encoding=, or save it as UTF-8"
        )
        faults.stop()
        raise


def parsed(path: Path, faults: Faults) -> Any:
    """JSON of a file; an answer that breaks off is refused with the line where it does."""
    content = text(path, faults)
    try:
        return json.loads(content)
    except json.JSONDecodeError as wrong:
        whole = content.rstrip().endswith(("}", "]"))
        what = "not JSON" if whole else "JSON breaks off: the download was cut"
        faults.add(f"{what} (line {wrong.lineno}: {wrong.msg})", remedy=AGAIN)
        faults.stop()
        raise


def header_of(path: Path, faults: Faults, encoding: str = "utf-8-sig") -> list[str]:
    """Names of the columns of comma-separated text."""
    return [name.strip() for name in next(csv.reader(io.StringIO(text(path, faults, encoding))), [])]


def rows_of(path: Path, faults: Faults, wanted: Sequence[str], encoding: str = "utf-8-sig") -> pd.DataFrame:
    """Comma-separated text as a frame of text with the wanted columns and `row`, the line of the file."""
    import pandas as pd

    header = header_of(path, faults, encoding)
    need(header, wanted, faults)
    faults.stop()
    lines = csv.reader(io.StringIO(text(path, faults, encoding)))
    next(lines)
    found, short = [], []
    for cells in lines:
        if len(cells) == len(header):
            found.append([*cells, lines.line_num])
        elif cells:
            short.append(lines.line_num)
    mark(faults, short, f"not {len(header)} cells", "the file was cut or a text has an unquoted comma")
    return pd.DataFrame(found, columns=[*header, "row"])[[*wanted, "row"]].astype(dict.fromkeys(wanted, "str"))


def need(found: Sequence[str], wanted: Sequence[str], faults: Faults) -> None:
    """Note columns that are missing, with the nearest name that is there."""
    missing = [name for name in wanted if name not in found]
    if missing:
        near = [f"{name}:{hint}" for name in missing if "mean" in (hint := suggest(name, found))]
        hints = f". {' '.join(near)}" if near else f"; the file has {first_five(found) or 'none'}"
        faults.add(f"columns missing: {', '.join(missing)}{hints}", remedy="the layout changed, or it is another table")


def mark(faults: Faults, rows: Iterable[Any], what: str, remedy: str = "") -> None:
    """Note one fault for all its rows: the place of the first, how many, the first five."""
    listed = [int(row) for row in rows]
    if listed:
        many = f" ({len(listed)} rows: {first_five(listed)})" if len(listed) > 1 else ""
        faults.add(what + many, row=listed[0], remedy=remedy)


def numbers(frame: pd.DataFrame, column: str, faults: Faults, decimal: str = ".") -> pd.Series:
    """Numbers of a column of text or numbers; empty, ":" and NA are missing; a decimal comma only when it is named."""
    import pandas as pd

    said = frame[column]
    plain = said.astype("string").str.strip()
    gone = plain.isna() | plain.isin(["", ":", "NA", "NaN"])
    if decimal == ",":
        fits = plain.str.fullmatch(r"-?(\d+|\d{1,3}([. \u00a0]\d{3})+)(,\d+)?").fillna(False)
        plain = plain.str.replace(r"[. \u00a0]", "", regex=True).str.replace(",", ".")
        plain = plain.where(fits | gone, "a point")
    found = pd.to_numeric(plain.where(~gone), errors="coerce").astype(float)
    bad = ~gone & ~found.abs().lt(float("inf"))
    comma = bad & said.astype("string").str.contains(",", regex=False).fillna(False) & (decimal == ".")
    for mask, what, remedy in (
        (comma, "decimal comma", "pass decimal=','"),
        (bad & ~comma, "not a number", "" if decimal == "." else "the file was read with decimal=','"),
    ):
        if mask.any():
            mark(faults, frame["row"][mask], f"{column}: {what}: {said[mask].iloc[0]!r}", remedy)
    return found


def not_negative(frame: pd.DataFrame, column: str, faults: Faults) -> None:
    """Note values below zero: no flow of goods is negative, so a correction was booked or columns are mixed up."""
    bad = frame[column] < 0
    if bad.any():
        low = frame[column][bad].iloc[0]
        mark(faults, frame["row"][bad], f"{column} is negative: {low:g}", "ask the owner or drop the rows")


def places(
    frame: pd.DataFrame, column: str, faults: Faults, scheme: str = "auto", own: Mapping[str, str] = NOTHING
) -> tuple[pd.Series, pd.Series]:
    """ISO3 codes of a column of codes or names, and whether each is a group (WLD, EU27, NES) instead of a country.

    `own` names the groups that only this source has: its code there, the code to return.
    """
    known, groups = {}, set()
    for said in frame[column].drop_duplicates():
        code = own.get(str(said).strip()) or group(said)
        if code:
            groups.add(said)
        else:
            code = to_iso3([said], scheme)[0]
        known[said] = code
        if code is None:
            rows = frame["row"][frame[column] == said] if said == said else frame["row"][frame[column].isna()]
            require_iso3([said], faults, scheme, first_row=int(rows.iloc[0]))
    return frame[column].map(known), frame[column].isin(groups)


def one_level(frame: pd.DataFrame, faults: Faults, level: int | None) -> pd.DataFrame:
    """Rows of one level of product codes (digits; 0 = TOTAL); two levels are refused unless one is named."""
    product = frame["product"].astype("string")
    frame = frame.assign(product=product, level=product.str.len().where(product != "TOTAL", 0).astype(int))
    odd = (frame["level"] % 2 == 1) & product.str.fullmatch(r"\d+")
    if odd.any():
        what = f"product code {product[odd].iloc[0]} has an odd number of digits"
        mark(faults, frame["row"][odd], what, "was a leading zero lost? keep codes as text (010121)")
        return frame
    counts = frame["level"].value_counts().sort_index()
    listed = ", ".join(f"{'TOTAL' if n == 0 else f'{n} digits'}: {rows}" for n, rows in counts.items())
    if level is None and len(counts) > 1:
        remedy = f"a sum would count goods twice; name one, level={counts.index[-1]}"
        faults.add(f"products at {len(counts)} levels in one file ({listed} rows)", remedy=remedy)
    elif level is not None and len(frame) and level not in counts.index:
        faults.add(f"no product code with {level} digits ({listed} rows)", remedy="name a level that is there")
    return frame if level is None else frame[frame["level"] == level]


def unique(frame: pd.DataFrame, key: Sequence[str], faults: Faults) -> None:
    """Note rows that say the same thing twice, whether or not their values agree."""
    twice = frame.duplicated(list(key))
    if twice.any():
        first = ", ".join(str(v) for v in frame.loc[twice, list(key)].iloc[0])
        mark(faults, frame["row"][twice], f"duplicated: {first}", "keep one; a sum would count it twice")


def missing_months(frame: pd.DataFrame, by: Sequence[str]) -> list[str]:
    """Months absent between the first and the last of each series, as sentences; a warning tells them too."""
    import pandas as pd

    said = []
    for label, months in frame.groupby(list(by), observed=True)["period"]:
        have = set(months)
        full = pd.period_range(min(have), max(have), freq="M").strftime("%Y-%m")
        gone = [month for month in full if month not in have]
        if gone:
            said.append(f"{' '.join(map(str, label))}: {len(gone)} month(s) missing: {first_five(gone)}")
    if said:
        warnings.warn(f"a monthly series has gaps. {'; '.join(said[:5])}", KarvanWarning, stacklevel=3)
    return said


def labels(frame: pd.DataFrame, columns: Mapping[str, str]) -> dict[str, set[str]]:
    """What stands in columns of a frame, under the names of `columns`: {name: column}."""
    return {name: set(frame[column].dropna().astype(str)) for name, column in columns.items()}


def batches(items: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    """Parts of at most `size` items, in order."""
    return (items[start : start + size] for start in range(0, len(items), size))
