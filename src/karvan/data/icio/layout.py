"""The layout of the OECD inter-country input-output files: editions, industries, and what each label stands for."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import NamedTuple

import numpy as np

from karvan.core.countries import to_iso3
from karvan.core.faults import Faults
from karvan.core.labels import suggest

EDITIONS = {"2023": "edition2023", "extended": "extended"}  # name -> column of sectors.csv
CATEGORIES = ("HFCE", "NPISH", "GGFC", "GFCF", "INVNT", "DPABR")
FOOT = ("TLS", "VA")  # rows below the uses: taxes less subsidies on products, value added
OUT = "OUT"
ROW = "ROW"


class Layout(NamedTuple):
    """Where every column of a file goes in the merged table: countries x industries, then countries x categories."""

    countries: tuple[str, ...]
    sectors: tuple[str, ...]
    edition: str
    columns: tuple[str, ...]  # labels as in the file
    place: np.ndarray  # (column,) position among N J industries, N C categories and OUT
    rows: dict[str, int]  # label of a row -> position among N J industries, TLS, VA, OUT
    merged: tuple[tuple[str, str], ...]  # (code in the file, country it is added to)

    @property
    def width(self) -> int:
        """Columns of the merged table."""
        return len(self.countries) * (len(self.sectors) + len(CATEGORIES)) + 1

    @property
    def height(self) -> int:
        """Rows of the merged table."""
        return len(self.countries) * len(self.sectors) + len(FOOT) + 1


@cache
def table(name: str) -> tuple[dict[str, str], ...]:
    """Return a small table that lies beside this file: "sectors", "hs" or "thetas"."""
    text = files("karvan.data.icio").joinpath(f"{name}.csv").read_text(encoding="utf-8")
    return tuple(csv.DictReader(text.splitlines()))


def industries(edition: str) -> tuple[str, ...]:
    """Return the industries of an edition, in the order of its files."""
    return tuple(dict.fromkeys(row[EDITIONS[edition]] for row in table("sectors")))


def services(sectors: Sequence[str]) -> list[str]:
    """Return the industries that are services: electricity, water and construction among them."""
    known = {row[column] for row in table("sectors") if row["kind"] == "service" for column in EDITIONS.values()}
    return [s for s in sectors if s in known]


def split(label: str) -> tuple[str, str]:
    """Split "KAZ_A01_02" into ("KAZ", "A01_02"); a label without "_" has no second part."""
    code, _, rest = label.partition("_")
    return code, rest


def from_header(columns: Sequence[str], faults: Faults) -> Layout | None:
    """Read the header; every fault of it is noted, and None returned when there are any."""
    before = len(faults.found)
    labels = [split(c) for c in columns]
    _twice(columns, faults)
    if not columns or columns[-1] != OUT:
        faults.add(f"the last column is {columns[-1] if columns else ''!r}, expected {OUT!r}", row=1, remedy=CUT)
    if OUT in columns[:-1]:
        faults.add(f"{OUT!r} is not the last column", row=1)
    inner = [pair for pair in labels if pair != (OUT, "")]
    edition = _edition([rest for _, rest in inner if rest not in CATEGORIES], faults)
    codes = _countries([code for code, _ in inner], faults)
    if len(faults.found) > before:
        return None
    used = {rest for _, rest in inner}
    sectors = tuple(s for s in industries(edition) if s in used)
    countries = tuple(dict.fromkeys(codes.values()))
    _rectangle([(codes[c], rest) for c, rest in inner], countries, sectors, faults)
    if len(faults.found) > before:
        return None
    return _layout(columns, inner, codes, countries, sectors, edition)


CUT = "the file is cut off or of another layout; fetch it again"


def _layout(
    columns: Sequence[str],
    inner: list[tuple[str, str]],
    codes: dict[str, str],
    countries: tuple[str, ...],
    sectors: tuple[str, ...],
    edition: str,
) -> Layout:
    n = {c: i for i, c in enumerate(countries)}
    j = {s: i for i, s in enumerate(sectors)}
    size, C = len(countries) * len(sectors), len(CATEGORIES)
    place = [
        size + n[codes[c]] * C + CATEGORIES.index(rest) if rest in CATEGORIES else n[codes[c]] * len(sectors) + j[rest]
        for c, rest in inner
    ]
    rows = {f"{c}_{rest}": p for (c, rest), p in zip(inner, place, strict=True) if rest not in CATEGORIES}
    rows |= {name: size + i for i, name in enumerate((*FOOT, OUT))}
    merged = tuple((c, country) for c, country in codes.items() if c != country)
    where = np.array([*place, size + len(countries) * C])
    return Layout(countries, sectors, edition, tuple(columns), where, rows, merged)


def _twice(columns: Sequence[str], faults: Faults) -> None:
    seen: set[str] = set()
    for column in columns:
        if column in seen:
            faults.add(f"column {column!r} occurs twice", row=1)
        seen.add(column)


def _edition(used: list[str], faults: Faults) -> str:
    """Find the edition whose industries are those of the file; name the ones that fit none."""
    found = set(used)
    fits = [name for name in EDITIONS if found <= set(industries(name))]
    if fits and found:
        return fits[0]
    nearest = max(EDITIONS, key=lambda name: len(found & set(industries(name))))
    unknown = [s for s in dict.fromkeys(used) if s not in industries(nearest)]
    if not found:
        faults.add("no column CCC_industry", row=1, remedy="expected the layout YYYY_SML.csv of the OECD")
    for s in unknown[:5]:
        faults.add(f"unknown industry {s!r} in the {nearest} edition", row=1, remedy=suggest(s, industries(nearest)))
    if len(unknown) > 5:
        faults.add(f"{len(unknown) - 5} more unknown industries", row=1)
    return nearest


def _countries(codes: list[str], faults: Faults) -> dict[str, str]:
    """Map the codes of the file to countries: CN1 and CN2 are CHN, MX1 and MX2 are MEX, ROW stays."""
    once = list(dict.fromkeys(codes))
    found = dict(zip(once, to_iso3(once, "icio"), strict=True)) | {ROW: ROW}
    for code in (c for c in once if found[c] is None):
        faults.add(f"unknown country code {code!r}", row=1, remedy="expected ISO3 codes, CN1, CN2, MX1, MX2 or ROW")
    return {c: str(found[c]) for c in once}


def _rectangle(
    cells: list[tuple[str, str]], countries: tuple[str, ...], sectors: tuple[str, ...], faults: Faults
) -> None:
    """Every country has every industry and every category of final demand."""
    have = set(cells)
    missing = [f"{c}_{s}" for c in countries for s in (*sectors, *CATEGORIES) if (c, s) not in have]
    for name in missing[:5]:
        faults.add(f"column {name!r} is missing", row=1, remedy=CUT)
    if len(missing) > 5:
        faults.add(f"{len(missing) - 5} more columns are missing", row=1)
