"""Shared pieces of the readers: from names and numbers of a national file to the tidy table of reports."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from karvan.core.countries import is_group, to_iso3
from karvan.core.errors import SourceError
from karvan.core.faults import Faults

if TYPE_CHECKING:
    import pandas as pd

FLOWS = (("exports", "fob"), ("imports", "cif"))
NONE = ("-", "–", "…", "...")
BLANK = ("", "nan", "None", "<NA>", "NaT")


def number(value: object) -> float:
    """A number as files write it: blanks and decimal commas; a dash or dots is no trade, an empty cell NaN."""
    text = str(value).replace("\xa0", "").replace(" ", "").replace(",", ".").strip()
    if text in BLANK:
        return math.nan
    return 0.0 if text in NONE else float(text)


def tidy(
    names: Sequence[object],
    values: Iterable[object],
    *,
    reporter: str,
    flow: str,
    year: int,
    unit: float,
    source: str,
    faults: Faults,
    complete: bool,
    aliases: dict[str, str] | None = None,
    skip: Sequence[str] = (),
    parts: Sequence[str] = (),
) -> pd.DataFrame:
    """Return reports of one reporter, flow and year; group rows and `skip` are left out.

    Parameters
    ----------
    names : partners as the file spells them; `aliases` gives codes of spellings that are this file's own
    values : numbers of the file; `unit` of them are a million USD
    complete : the file lists every partner
    faults : takes note of names that are no country, of partners that occur twice, and of values that are no number,
        negative or an empty cell (a dash is no trade); the reader stops on them at its end
    parts : codes of the countries that the file shows in parts, under several spellings; these alone are added up
    """
    import pandas as pd

    found: dict[str, float] = {}
    spelt: dict[str, set[str]] = {}
    known = to_iso3([(aliases or {}).get(str(n).strip(), n) for n in names])
    for name, code, value in zip(names, known, values, strict=True):
        word = str(name).strip()
        if word in skip or (code is None and is_group(name)):
            continue
        if code is None:
            faults.add(f"{year}: unknown country {name!r}", remedy="add its spelling to core/countries.csv")
            continue
        said = spelt.setdefault(code, set())
        if word in said or (said and code not in parts):
            other = "" if word in said else f" (also as {min(said)!r})"
            faults.add(f"{year}, {flow}: {word!r} occurs twice{other}", remedy="keep one; a sum would count it twice")
            continue
        said.add(word)
        found[code] = found.get(code, 0.0) + _value(value, f"{year}, {flow}, {word}", faults) / unit
    found.pop(reporter, None)
    rows = [(reporter, code, flow, year, v, dict(FLOWS)[flow], source, complete) for code, v in found.items() if v > 0]
    return pd.DataFrame(rows, columns=COLUMNS)


def _value(value: object, where: str, faults: Faults) -> float:
    """A number of 0 or more, or a fault and 0."""
    try:
        found = number(value)
    except ValueError:
        faults.add(f"{where}: {value!r} is not a number")
        return 0.0
    if math.isnan(found):
        faults.add(f"{where}: an empty cell", remedy="write a dash for no trade, or leave the row out")
    elif not 0 <= found < math.inf:
        faults.add(f"{where}: {value!r} is not a value of trade", remedy="expected 0 or more")
    else:
        return found
    return 0.0


COLUMNS = ["reporter", "partner", "flow", "year", "value_musd", "valuation", "source", "complete"]


def one_file(folder: Path, pattern: str) -> Path:
    """The file of a folder that a pattern names, or a SourceError."""
    found = sorted(folder.glob(pattern))
    if len(found) != 1:
        raise SourceError(f"{folder}: {len(found)} files are called {pattern!r}; expected one")
    return found[0]
