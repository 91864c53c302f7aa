"""The files of a network: read with their columns checked, every fault named with its line."""

from __future__ import annotations

import csv
from importlib.resources import files
from pathlib import Path
from typing import Any

from karvan.core.errors import SourceError
from karvan.core.faults import Faults

COLUMNS = {
    "places": "id name iso3 zone kind lat lon source quality",
    "links": "from to mode water km km_quality capacity capacity_unit flow flow_unit flow_year flow_source usd_t_low "
    "usd_t_mode usd_t_high headhaul status from_year source quality",
    "crossings": "from to mode hours hours_back sd_hours fee_usd gauge_change source quality",
    "terminals": "terminal hours sd_hours fee_usd source quality",
    "rules": "rule what where low mode high unit source quality",
    "services": "service what low mode high unit source quality",
    "cargo": "cargo unit service modes reefer value_low value value_high rho_low rho rho_high risk fresh_days "
    "life_days tonnes_per_unit source quality",
    "closures": "link start end days what source",
    "corridors": "corridor title links avoid",
    "economies": "country place reach source",
    "markets": "country place reach source",
    "sectors": "sector cargo share usd_t source quality",
    "calibration": "parameter value low high what",
    "observed": "id group origin destination via service ends metric low value high unit year seen source note",
    "split": "group set",
    "prices": "year cpi source quality",
    "volumes": "name links low high unit year source quality",
}
NUMBERS = {
    "places": "lat lon",
    "links": "km capacity flow flow_year usd_t_low usd_t_mode usd_t_high from_year",
    "crossings": "hours hours_back sd_hours fee_usd gauge_change",
    "terminals": "hours sd_hours fee_usd",
    "rules": "low mode high",
    "services": "low mode high",
    "cargo": "reefer value_low value value_high rho_low rho rho_high risk fresh_days life_days tonnes_per_unit",
    "closures": "days",
    "sectors": "share usd_t",
    "calibration": "value low high",
    "observed": "ends low value high year",
    "prices": "year cpi",
    "volumes": "low high year",
}
BLANK = {
    "links": {"km", "capacity", "flow", "flow_year", "usd_t_low", "usd_t_mode", "usd_t_high", "from_year"},
    "crossings": {"hours_back"},
    "cargo": {"fresh_days", "life_days"},
    "closures": {"days"},
}
Row = dict[str, Any]


def read_tables(folder: Path | str | None = None) -> dict[str, list[Row]]:
    """Return the rows of every file, numbers as floats and blanks as None; `line` is the line in the file.

    Parameters
    ----------
    folder : where the CSV files lie; None for the network that comes with karvan. A file that is absent there is taken
        from karvan, so that one's own links can be read with our rules.

    Raises
    ------
    SourceError
        Every fault of every file: columns, numbers, blanks.
    """
    faults = Faults("network")
    tables: dict[str, list[Row]] = {}
    for name in COLUMNS:
        file, text = _text(name, folder)
        one = Faults(file)
        tables[name] = _rows(name, text, one)
        faults.found += one.found
    faults.stop()
    return tables


def _text(name: str, folder: Path | str | None) -> tuple[str, str]:
    if folder is not None:
        if not Path(folder).is_dir():
            raise SourceError(f"{folder}: no such folder; give one with places.csv and links.csv, or none for karvan's")
        own = Path(folder) / f"{name}.csv"
        if own.is_file():
            return str(own), own.read_text(encoding="utf-8")
    return f"{name}.csv", files("karvan.network").joinpath("data", f"{name}.csv").read_text(encoding="utf-8")


def _rows(name: str, text: str, faults: Faults) -> list[Row]:
    reader = csv.DictReader(text.splitlines())
    wanted = COLUMNS[name].split()
    missing = [c for c in wanted if c not in (reader.fieldnames or [])]
    unknown = [c for c in reader.fieldnames or [] if c not in wanted]
    if missing or unknown:
        what = ([f"missing column(s) {missing}"] if missing else []) + ([f"unknown {unknown}"] if unknown else [])
        faults.add("; ".join(what), row=1, remedy=f"the columns are {', '.join(wanted)}")
        return []
    rows = []
    for line, raw in enumerate(reader, 2):
        if any(v is None for v in raw.values()) or None in raw:
            faults.add("too few or too many cells", row=line, remedy="quote texts that hold commas")
            continue
        rows.append({"line": line, **{c: _cell(name, c, raw[c].strip(), line, faults) for c in wanted}})
    return rows


def _cell(name: str, column: str, value: str, line: int, faults: Faults) -> Any:
    if column not in NUMBERS.get(name, "").split():
        return value
    if not value and column in BLANK.get(name, ()):
        return None
    try:
        return float(value)
    except ValueError:
        faults.add(f"{column} is not a number: {value!r}", row=line, remedy="write a decimal point and no unit")
        return float("nan")
