"""The debt files of a country: read and checked, every fault named with its line.

`debt.csv` (year, series, value, unit, source, quality) is needed; `debt_stocks.csv` (date, measure, ...) says who owes
what and `debt_claims.csv` what has been said about it.
"""

from __future__ import annotations

import csv
import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import Any, NamedTuple

from karvan.core.errors import LabelError, SourceError
from karvan.core.faults import Faults
from karvan.core.labels import suggest

COLUMNS = {
    "debt": ("year", "series", "value", "unit", "source", "quality"),
    "debt_stocks": ("date", "measure", "value", "unit", "source", "quality"),
    "debt_claims": ("claim", "part", "said", "measure", "figure", "unit", "date", "source"),
}
UNITS = {
    "gross_debt": "share of GDP",
    "revenue": "share of GDP",
    "exchange_rate_end": "per USD",
    "foreign_share": "share of debt",
    "rate_effective": "fraction",
    "market_yield": "fraction",
}
LIMITS = {
    "gross_debt": (0.0, 5.0, "debt cannot be negative; write 0.23 for 23 %"),
    "revenue": (0.0, 1.0, "write 0.22 for 22 %"),
    "exchange_rate_end": (1e-9, math.inf, "a price of a dollar is positive"),
    "foreign_share": (0.0, 1.0, "write the part of all debt, 0 to 1"),
    "rate_effective": (-0.1, 1.0, "write 0.05 for 5 %"),
    "market_yield": (-0.1, 1.0, "write 0.13 for 13 %"),
}
NEEDED = ("gross_debt", "foreign_share")
MEASURES = {
    "external_total": "external debt of the whole country",
    "external_government": "external debt of general government",
    "external_central_bank": "external debt of the central bank",
    "external_banks": "external debt of banks",
    "external_other_sectors": "external debt of other companies and persons",
    "external_intercompany": "external debt between a company and its owners abroad",
    "external_public_extended": "external debt of the state and what it controls",
    "public_total": "state debt, home and abroad",
    "public_domestic": "domestic debt of the government",
    "public_external": "external state debt, ministry of finance",
    "government_total": "debt of the government alone, home and abroad",
    "interest_paid": "interest paid by the budget in a year",
    "rate_domestic": "interest paid in a year over the debt of the year before",
}


class Stock(NamedTuple):
    """One observed figure: million USD or million of local money on a date."""

    date: date
    measure: str
    value: float
    unit: str
    source: str
    quality: str


class Claim(NamedTuple):
    """A figure that was said, and the measure that it was said of."""

    claim: str
    part: str
    said: str
    measure: str
    figure: float
    unit: str
    date: date
    source: str


class DebtFiles(NamedTuple):
    """What the files of one country hold: series by name and year, where each is from, stocks and claims."""

    country: str
    currency: str
    series: Mapping[str, Mapping[int, float]]
    origins: Mapping[str, str]
    stocks: tuple[Stock, ...]
    claims: tuple[Claim, ...]


def read_debt(country: str, data: Path | str | None = None) -> DebtFiles:
    """Return the debt data of a country that comes with karvan, or of a folder with the same files.

    Raises
    ------
    LabelError
        No data for the country.
    SourceError
        Every fault of every file: columns, numbers, units and currencies, years missing or twice, limits.
    """
    folder = Path(data) if data is not None else files("karvan.macro").joinpath("data", country.lower())
    if not folder.joinpath("debt.csv").is_file():
        if data is not None:
            raise SourceError(f"{folder}: no debt.csv there; its columns are {', '.join(COLUMNS['debt'])}")
        have = with_debt()
        raise LabelError(
            f"no debt data for {country!r}; there are {', '.join(have)}, or give a folder with debt.csv as data="
            f"{suggest(country, have)}"
        )
    faults = Faults(folder)
    series, units, origins = _series(_rows("debt", folder, faults), faults)
    stocks = tuple(_stocks(_rows("debt_stocks", folder, faults), faults))
    claims = tuple(_claims(_rows("debt_claims", folder, faults), faults))
    currency = _currency([*units, *(s.unit for s in stocks)], faults)
    faults.stop()
    return DebtFiles(country.upper(), currency, series, origins, stocks, claims)


def with_debt() -> list[str]:
    """Return the countries whose debt data come with karvan."""
    folders = files("karvan.macro").joinpath("data").iterdir()
    return sorted(f.name.upper() for f in folders if f.is_dir() and f.joinpath("debt.csv").is_file())


def _rows(name: str, folder: Any, faults: Faults) -> Iterator[tuple[int, dict[str, str], Faults]]:
    """Yield line, cells and the faults of the file; a file that is optional and absent yields nothing."""
    path = folder.joinpath(f"{name}.csv")
    if not path.is_file():
        return
    one = Faults(f"{name}.csv" if not isinstance(folder, Path) else path)
    reader = csv.DictReader(path.read_text(encoding="utf-8").splitlines())
    missing = [c for c in COLUMNS[name] if c not in (reader.fieldnames or [])]
    if missing:
        one.add(f"missing column(s) {missing}", row=1, remedy=f"the columns are {', '.join(COLUMNS[name])}")
    else:
        for line, raw in enumerate(reader, 2):
            if None in raw or any(v is None for v in raw.values()):
                one.add("too few or too many cells", row=line, remedy="quote texts that hold commas")
            elif not raw["source"].strip():
                one.add("no source", row=line, remedy="say where the figure is from")
            else:
                yield line, {k: v.strip() for k, v in raw.items()}, one
    faults.found += one.found


def _series(rows: Iterable[tuple[int, dict[str, str], Faults]], faults: Faults) -> tuple[Any, list[str], Any]:
    series: dict[str, dict[int, float]] = {}
    units: list[str] = []
    origins: dict[str, Counter[str]] = {}
    for line, raw, one in rows:
        name, year = raw["series"], _number(raw["year"], "year", line, one)
        value = _number(raw["value"], "value", line, one)
        if name not in UNITS:
            one.add(f"unknown series {name!r}.{suggest(name, UNITS)}", row=line)
            continue
        if year != int(year if math.isfinite(year) else 0) or math.isnan(value):
            continue
        if not (raw["unit"].endswith(UNITS[name]) if name == "exchange_rate_end" else raw["unit"] == UNITS[name]):
            one.add(f"{name} is in {raw['unit']!r}, not in {UNITS[name]!r}", row=line, remedy="one unit in a series")
        low, high, why = LIMITS[name]
        if not low <= value <= high:
            one.add(f"{name} of {int(year)} is {value:g}", row=line, remedy=why)
        if int(year) in series.setdefault(name, {}):
            one.add(f"{name} of {int(year)} is there twice", row=line, remedy="keep one")
        series[name][int(year)] = value
        units += [f"million {raw['unit'].split()[0]}"] if name == "exchange_rate_end" else []
        origins.setdefault(name, Counter())[f"{raw['source']} ({raw['quality']})"] += 1
    _gaps(series, faults)
    return series, units, {name: found.most_common(1)[0][0] for name, found in origins.items()}


def _gaps(series: Mapping[str, Mapping[int, float]], faults: Faults) -> None:
    for name in NEEDED:
        if name not in series:
            faults.add(f"no series {name}", remedy=f"needed are {', '.join(NEEDED)}")
    for name, values in series.items():
        absent = [y for y in range(min(values), max(values)) if y not in values]
        if absent:
            faults.add(f"{name} lacks {_years(absent)}", remedy="give every year between the first and the last")


def _years(years: list[int]) -> str:
    return ", ".join(str(y) for y in years[:5]) + (f" and {len(years) - 5} more" if len(years) > 5 else "")


def _stocks(rows: Iterable[tuple[int, dict[str, str], Faults]], faults: Faults) -> Iterator[Stock]:
    seen: set[tuple[str, ...]] = set()
    for line, raw, one in rows:
        value, on = _number(raw["value"], "value", line, one), _date(raw["date"], line, one)
        _known(raw["measure"], line, one)
        if value < 0:
            one.add(f"{raw['measure']} is {value:g}", row=line, remedy="a debt is not negative")
        key = (raw["date"], raw["measure"], raw["unit"], raw["source"])
        if key in seen:
            one.add(f"{raw['measure']} of {raw['date']} is there twice", row=line, remedy="keep one")
        seen.add(key)
        if on is not None:
            yield Stock(on, raw["measure"], value, raw["unit"], raw["source"], raw["quality"])


def _claims(rows: Iterable[tuple[int, dict[str, str], Faults]], faults: Faults) -> Iterator[Claim]:
    for line, raw, one in rows:
        figure, on = _number(raw["figure"], "figure", line, one), _date(raw["date"], line, one)
        _known(raw["measure"], line, one)
        unit = "fraction" if raw["measure"] == "rate_domestic" else "million USD"
        if raw["unit"] != unit:
            one.add(f"the claim is in {raw['unit']!r}, not in {unit!r}", row=line)
        if on is not None:
            yield Claim(raw["claim"], raw["part"], raw["said"], raw["measure"], figure, unit, on, raw["source"])


def _known(measure: str, line: int, faults: Faults) -> None:
    if measure not in MEASURES:
        faults.add(f"unknown measure {measure!r}.{suggest(measure, MEASURES)}", row=line)


def _number(text: str, column: str, line: int, faults: Faults) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        faults.add(f"{column} is not a number: {text!r}", row=line, remedy="write a decimal point and no unit")
        return math.nan
    if column == "year" and not (value.is_integer() and 1900 <= value <= 2100):
        faults.add(f"year is {text!r}", row=line, remedy="write a year of four digits")
        return math.nan
    return value


def _date(text: str, line: int, faults: Faults) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        faults.add(f"date is {text!r}", row=line, remedy="write it as 2023-01-31")
        return None


def _currency(units: Iterable[str], faults: Faults) -> str:
    """The one local currency of all files; more than one is a fault, none is the dollar."""
    strange = sorted({u for u in units if not u.startswith("million ")})
    if strange:
        faults.add(
            f"unit {strange[0]!r}", remedy="amounts are in million USD or million of local money, as million KZT"
        )
    found = sorted({u.removeprefix("million ") for u in units} - {"USD"} - set(strange))
    if len(found) > 1:
        faults.add(f"mixed currencies {found}", remedy="one local currency for a country, and USD")
    return found[0] if found else "USD"
