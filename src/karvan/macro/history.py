"""A country's yearly history of money, its stated facts, and monthly Brent, read from a folder and checked.

The folder holds `history.csv` (year, series, value, unit, source, quality), `facts.csv` (name, low, mode, high, unit,
year, source, quality) and, if it has its own, `brent.csv` (month, price, unit, source, quality). The folders of the
countries that come with karvan lie in `karvan/macro/data/<iso3>`; a user's own folder has the same layout.
"""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from karvan.core.countries import to_iso3
from karvan.core.errors import LabelError, SourceError, first_five
from karvan.core.faults import Faults
from karvan.core.labels import suggest

UNITS = {
    "growth": "fraction", "inflation": "fraction", "depreciation": "fraction", "primary_balance": "fraction",
    "rate_domestic": "fraction", "rate_foreign": "fraction", "fund_return": "fraction",
    "gdp": "MUSD", "fx": "LCU/USD", "receipts": "MUSD", "net_flow": "MUSD", "guaranteed": "MUSD", "targeted": "MUSD",
    "production": "Mt", "exports": "Mt",
}  # fmt: skip
BALANCE = "balance_"
UNBROKEN = ("growth", "inflation", "depreciation", "primary_balance", "rate_domestic")
POSITIVE = ("gdp", "fx", "production", "exports")
FACTS = {
    "reserves": "Mt", "decline": "fraction", "guaranteed": "MUSD", "targeted": "MUSD", "targeted_cap": "fraction",
    "cutoff_price": "USD/bbl", "floor": "fraction", "real_return": "fraction",
    "claim_withdrawals": "MUSD", "claim_low": "years", "claim_high": "years", "claim_oil": "years",
}  # fmt: skip
COLUMNS = {
    "history.csv": ("year", "series", "value", "unit", "source", "quality"),
    "facts.csv": ("name", "low", "mode", "high", "unit", "year", "source", "quality"),
    "brent.csv": ("month", "price", "unit", "source", "quality"),
}
LARGE = {"inflation": 20.0, "depreciation": 20.0}


class Fact(NamedTuple):
    """A stated figure with its range."""

    low: float
    mode: float
    high: float
    unit: str
    year: int
    source: str
    quality: str


class Brent(NamedTuple):
    """Monthly mean prices in USD/bbl without a gap; `first` counts months from year 0 (12 * year + month - 1)."""

    first: int
    price: np.ndarray
    source: str

    def months_of(self, year: int) -> np.ndarray:
        """Return the known months of a year, from January."""
        low = 12 * year - self.first
        return self.price[max(low, 0) : max(low + 12, 0)] if low >= 0 else self.price[:0]

    def year_mean(self, year: int) -> float:
        """Return the mean of a year, or of its known months."""
        return float(self.months_of(year).mean())

    @property
    def last_year(self) -> int:
        """The last year with all twelve months."""
        return (self.first + len(self.price)) // 12 - 1


class History(NamedTuple):
    """What is known of one country: `series[name][year]`, `facts[name]`, `brent`, and where each came from."""

    country: str
    series: Mapping[str, Mapping[int, float]]
    sources: Mapping[str, tuple[str, ...]]
    facts: Mapping[str, Fact]
    brent: Brent
    folder: str

    @property
    def definitions(self) -> tuple[str, ...]:
        """The definitions of the fund that the file has, as `fx`; the first is the default."""
        return tuple(name.removeprefix(BALANCE) for name in self.series if name.startswith(BALANCE))

    def fact(self, name: str, why: str) -> Fact:
        """Return a fact, or say that `why` needs it and where to write it."""
        if name not in self.facts:
            raise SourceError(f"{self.folder}: {why} needs the figure {name} ({FACTS[name]}); add its row to facts.csv")
        return self.facts[name]

    def get(self, name: str, why: str) -> Mapping[int, float]:
        """Return a series by year, or say that `why` needs it and where to write it."""
        if name not in self.series:
            unit = UNITS.get(name, "MUSD")
            raise SourceError(f"{self.folder}: {why} needs the series {name} ({unit}); add its rows to history.csv")
        return self.series[name]

    def until(self, year: int) -> History:
        """Return what was known at the end of a year: later rows and prices are left out."""
        cut = {n: {y: v for y, v in s.items() if y <= year} for n, s in self.series.items()}
        keep = max(12 * (year + 1) - self.brent.first, 0)
        brent = self.brent._replace(price=self.brent.price[:keep])
        return self._replace(series={n: s for n, s in cut.items() if s}, brent=brent)


def shipped() -> tuple[str, ...]:
    """Return the ISO3 codes of the countries whose files come with karvan."""
    folder = files("karvan.macro").joinpath("data")
    return tuple(sorted(p.name.upper() for p in folder.iterdir() if p.joinpath("history.csv").is_file()))


def read_history(country: str = "KAZ", data: Path | str | None = None) -> History:
    """Read a country's folder; every fault of every file is raised at once.

    Parameters
    ----------
    country : code or name; with `data` the name that results carry.
    data : folder with `history.csv` and, optional, `facts.csv` and `brent.csv`; None for karvan's own.

    Raises
    ------
    SourceError
        Columns, numbers, units, duplicated or missing years, negative balances, prices that are not positive.
    LabelError
        No files for the country.
    """
    country = country if data is not None else to_iso3([country])[0] or country
    texts = _texts(country, data)
    faults = [Faults(place) for place, _ in texts.values()]
    rows = {name: _rows(name, text, fault) for (name, (_, text)), fault in zip(texts.items(), faults, strict=True)}
    series, sources = _series(rows["history.csv"], faults[0])
    facts = _facts(rows["facts.csv"], faults[1])
    brent = _brent(rows["brent.csv"], faults[2])
    gathered = Faults(country)
    gathered.found = [found for fault in faults for found in fault.found]
    gathered.stop()
    folder = str(data) if data is not None else f"karvan/macro/data/{country.lower()}"
    return History(country.upper(), series, sources, facts, brent, folder)


def _texts(country: str, data: Path | str | None) -> dict[str, tuple[str, str]]:
    """Return (place, text) of each file: the user's, else karvan's Brent; absent facts are empty."""
    own = files("karvan.macro").joinpath("data")
    if data is None and country.upper() not in shipped():
        raise LabelError(
            f"no files for the country {country!r}.{suggest(country.upper(), shipped())} "
            "For another, give the folder with its history.csv as data="
        )
    folder: Any = own.joinpath(country.lower()) if data is None else Path(data)
    if data is not None and not folder.joinpath("history.csv").is_file():
        raise SourceError(f"{data}: no history.csv there; it needs the columns {', '.join(COLUMNS['history.csv'])}")
    found = {}
    for name in COLUMNS:
        file = folder.joinpath(name)
        place = f"{country.lower()}/{name}" if data is None else str(file)
        if not file.is_file():
            file, place = own.joinpath(name), name
        empty = ",".join(COLUMNS[name])
        found[name] = (place, file.read_text(encoding="utf-8-sig") if file.is_file() else empty)
    return found


def _rows(name: str, text: str, faults: Faults) -> list[dict[str, Any]]:
    reader = csv.DictReader(text.splitlines())
    wanted, got = COLUMNS[name], tuple(reader.fieldnames or ())
    for column in got:
        if column not in wanted:
            faults.add(f"unknown column {column!r}.{suggest(column, wanted)}", row=1)
    missing = [c for c in wanted if c not in got]
    if missing:
        faults.add(f"missing column(s) {first_five(missing)}", row=1, remedy=f"the columns are {', '.join(wanted)}")
        return []
    rows = []
    for line, raw in enumerate(reader, 2):
        if None in raw or any(v is None for v in raw.values()):
            faults.add("too few or too many cells", row=line, remedy="quote texts that hold commas")
            continue
        row: dict[str, Any] = {c: raw[c].strip() for c in wanted} | {"line": line}
        if not row["source"]:
            faults.add("no source", row=line, remedy="say where the figure is from")
        rows.append(row)
    return rows


def _number(row: dict[str, Any], column: str, faults: Faults) -> float | None:
    try:
        value = float(row[column])
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        remedy = "write a decimal point and no unit, or leave the row out"
        faults.add(f"{column} is not a number: {row[column]!r}", row=row["line"], remedy=remedy)
        return None
    return value


def _year(row: dict[str, Any], faults: Faults) -> int | None:
    if not re.fullmatch(r"(18|19|20|21)\d\d", row["year"]):
        faults.add(f"year is no year: {row['year']!r}", row=row["line"], remedy="write it as 2023")
        return None
    return int(row["year"])


def _series(
    rows: list[dict[str, Any]], faults: Faults
) -> tuple[dict[str, dict[int, float]], dict[str, tuple[str, ...]]]:
    found: dict[str, dict[int, float]] = {}
    sources: dict[str, list[str]] = {}
    for row in rows:
        name, year, value = row["series"], _year(row, faults), _number(row, "value", faults)
        if name not in UNITS and not (name.startswith(BALANCE) and name != BALANCE):
            faults.add(f"unknown series {name!r}.{suggest(name, [*UNITS, 'balance_fx'])}", row=row["line"])
            continue
        _check_unit(name, row, UNITS.get(name, "MUSD"), faults)
        if year is None or value is None:
            continue
        if year in found.setdefault(name, {}):
            faults.add(f"{name} has the year {year} twice", row=row["line"], remedy="keep one of the rows")
        _check_value(name, value, row["line"], faults)
        found[name][year] = value
        if row["source"] not in sources.setdefault(name, []):
            sources[name].append(row["source"])
    for name, values in found.items():
        gaps = [y for y in range(min(values), max(values)) if y not in values]
        if gaps and (name in UNBROKEN or name.startswith(BALANCE)):
            remedy = "add them, or leave out what comes before"
            faults.add(f"{name} misses {len(gaps)} year(s): {first_five(gaps)}", remedy=remedy)
    return {n: dict(sorted(v.items())) for n, v in found.items()}, {n: tuple(s) for n, s in sources.items()}


def _check_unit(name: str, row: dict[str, Any], unit: str, faults: Faults) -> None:
    if row["unit"] != unit:
        what = f"{name} is in {row['unit']!r}, expected {unit!r}"
        faults.add(what, row=row["line"], remedy="one series has one unit and one currency: convert the value")


def _check_value(name: str, value: float, line: int, faults: Faults) -> None:
    if name.startswith(BALANCE) and value < 0:
        faults.add(f"{name} is negative: {value:g} MUSD", row=line, remedy="a fund cannot owe")
    if name in POSITIVE and value <= 0:
        faults.add(f"{name} is not positive: {value:g} {UNITS[name]}", row=line, remedy="leave the row out if unknown")
    if UNITS.get(name) == "fraction" and not -1 < value < LARGE.get(name, 1.0):
        faults.add(f"{name} is {value:g} as a fraction", row=line, remedy="write 5 % as 0.05")


def _facts(rows: list[dict[str, Any]], faults: Faults) -> dict[str, Fact]:
    found: dict[str, Fact] = {}
    for row in rows:
        name, year = row["name"], _year(row, faults)
        numbers = [_number(row, c, faults) for c in ("low", "mode", "high")]
        if name not in FACTS:
            faults.add(f"unknown fact {name!r}.{suggest(name, FACTS)}", row=row["line"])
            continue
        _check_unit(name, row, FACTS[name], faults)
        low, mode, high = numbers
        if year is None or low is None or mode is None or high is None:
            continue
        if name in found:
            faults.add(f"the fact {name} is there twice", row=row["line"], remedy="keep one of the rows")
        if not 0 <= low <= mode <= high:
            faults.add(f"{name}: {low:g}, {mode:g}, {high:g} are not 0 <= low <= mode <= high", row=row["line"])
        found[name] = Fact(low, mode, high, row["unit"], year, row["source"], row["quality"])
    return found


def _brent(rows: list[dict[str, Any]], faults: Faults) -> Brent:
    at: dict[int, float] = {}
    for row in rows:
        value = _number(row, "price", faults)
        _check_unit("price", row, "USD/bbl", faults)
        match = re.fullmatch(r"(\d{4})-(0[1-9]|1[0-2])", row["month"])
        if match is None:
            faults.add(f"month is no month: {row['month']!r}", row=row["line"], remedy="write it as 2023-07")
            continue
        key = 12 * int(match[1]) + int(match[2]) - 1
        if key in at:
            faults.add(f"the month {row['month']} is there twice", row=row["line"], remedy="keep one of the rows")
        if value is not None and value <= 0:
            faults.add(f"the price of {row['month']} is not positive: {value:g} USD/bbl", row=row["line"])
        at[key] = math.nan if value is None else value
    gaps = [f"{k // 12}-{k % 12 + 1:02d}" for k in range(min(at, default=0), max(at, default=-1)) if k not in at]
    if gaps:
        faults.add(f"{len(gaps)} month(s) missing: {first_five(gaps)}", remedy="processes of prices need every month")
    price = np.array([at[k] for k in sorted(at)])
    return Brent(min(at, default=0), price, rows[0]["source"] if rows else "")
