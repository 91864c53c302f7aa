"""Shared pieces of the readers: from names and numbers of a national file to the tidy table of reports."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from karvan.core.countries import is_group, to_iso3
from karvan.core.errors import SourceError
from karvan.core.faults import Faults

if TYPE_CHECKING:
    import pandas as pd

FLOWS = (("exports", "fob"), ("imports", "cif"))


def number(value: object) -> float:
    """A number as files write it: blanks and decimal commas; a dash, dots or nothing is no trade."""
    text = str(value).replace("\xa0", "").replace(" ", "").replace(",", ".").strip()
    return 0.0 if text in ("", "-", "–", "…", "...", "nan", "None") else float(text)


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
) -> pd.DataFrame:
    """Return reports of one reporter, flow and year; group rows and `skip` are left out, parts of a country added up.

    Parameters
    ----------
    names : partners as the file spells them; `aliases` gives codes of spellings that are this file's own
    values : numbers of the file; `unit` of them are a million USD
    complete : the file lists every partner
    faults : takes note of names that are no country and values that are no number; the reader stops on them at its end
    """
    import pandas as pd

    found: dict[str, float] = {}
    known = to_iso3([(aliases or {}).get(str(n).strip(), n) for n in names])
    for name, code, value in zip(names, known, values, strict=True):
        if str(name).strip() in skip or (code is None and is_group(name)):
            continue
        if code is None:
            faults.add(f"{year}: unknown country {name!r}", remedy="add its spelling to core/countries.csv")
            continue
        try:
            found[code] = found.get(code, 0.0) + number(value) / unit
        except ValueError:
            faults.add(f"{year}, {name}: {value!r} is not a number")
    found.pop(reporter, None)
    rows = [(reporter, code, flow, year, v, dict(FLOWS)[flow], source, complete) for code, v in found.items() if v > 0]
    return pd.DataFrame(rows, columns=COLUMNS)


COLUMNS = ["reporter", "partner", "flow", "year", "value_musd", "valuation", "source", "complete"]


def one_file(folder: Path, pattern: str) -> Path:
    """The file of a folder that a pattern names, or a SourceError."""
    found = sorted(folder.glob(pattern))
    if len(found) != 1:
        raise SourceError(f"{folder}: {len(found)} files are called {pattern!r}; expected one")
    return found[0]
