"""World Bank indicators, API version 2: JSON `[meta, rows]`, in pages."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from karvan.core.countries import to_iso3
from karvan.core.faults import Faults
from karvan.data.store.request import Request
from karvan.data.store.series import gather

if TYPE_CHECKING:
    import pandas as pd

API = "https://api.worldbank.org/v2/country"
PER_PAGE = "20000"
COLUMNS = ("indicator", "country", "countryiso3code", "date", "value")


def requests(
    *,
    indicators: tuple[str, ...] = ("NY.GDP.MKTP.CD",),
    countries: tuple[str, ...] = ("all",),
    years: tuple[int, ...] = (),
) -> tuple[Request, ...]:
    """Return one request per indicator, for ISO3 codes of countries (or "all") and a range of years."""
    return tuple(_request(name, countries, years, 1) for name in indicators)


def more(
    first: Sequence[Path],
    *,
    indicators: tuple[str, ...] = ("NY.GDP.MKTP.CD",),
    countries: tuple[str, ...] = ("all",),
    years: tuple[int, ...] = (),
) -> tuple[Request, ...]:
    """Return the requests of the further pages that the first ones announce."""
    return tuple(
        _request(name, countries, years, page)
        for name, path in zip(indicators, first, strict=True)
        for page in range(2, _pages(path) + 1)
    )


def accept(path: Path) -> None:
    """Refuse an answer that is an error message."""
    faults = Faults(path)
    _answer(path, faults)
    faults.stop()


def read(paths: Sequence[Path], *, groups: bool = False, years: tuple[int, ...] = ()) -> pd.DataFrame:
    """Return indicator, country (ISO3), name, year, value; NaN where the World Bank publishes nothing.

    The unit is the indicator's own. Rows of groups (World, EU, income groups) are left out unless `groups`.

    Raises
    ------
    SourceError
        All faults: an error message instead of data, pages missing, changed fields, numbers as text, rows twice.
    """
    found = gather(paths, _rows, ["indicator", "country", "name", "year", "value", "total"])
    _check(found)
    found = found.drop(columns=["total", "file"])
    if years:
        found = found[found["year"].isin(years)]
    if not groups:
        known = to_iso3(found["country"], "iso3")
        found = found[[code is not None for code in known]]
    return found.astype({"value": float}).sort_values(["indicator", "country", "year"], ignore_index=True)


def _request(name: str, countries: Sequence[str], years: Sequence[int], page: int) -> Request:
    params = {"format": "json", "per_page": PER_PAGE, "page": str(page)}
    if years:
        params["date"] = f"{min(years)}:{max(years)}"
    url = f"{API}/{';'.join(countries)}/indicator/{name}"
    return Request(url, f"{name}-{page}.json", params=tuple(params.items()), expect="json")


def _pages(path: Path) -> int:
    meta, _ = _answer(path, Faults(path))
    return int(meta["pages"])


def _answer(path: Path, faults: Faults) -> tuple[dict[str, Any], list[Any]]:
    data = json.loads(path.read_bytes())
    if isinstance(data, list) and data and isinstance(data[0], dict) and "message" in data[0]:
        told = "; ".join(f"{m.get('key', '')}: {m.get('value', '')}" for m in data[0]["message"])
        faults.add(f"the World Bank answers with an error: {told}", remedy="check indicators and countries")
    elif not (isinstance(data, list) and len(data) == 2 and isinstance(data[0], dict) and "pages" in data[0]):
        faults.add("not [meta, rows]", remedy="a new layout: get the table by hand")
    else:
        return data[0], data[1] or []
    return {"pages": 0}, []


def _rows(path: Path, faults: Faults) -> Iterator[dict[str, Any]]:
    meta, rows = _answer(path, faults)
    for n, row in enumerate(rows, 1):
        missing = [c for c in COLUMNS if c not in row]
        if missing:
            faults.add(f"row {n} has no {', '.join(missing)}", remedy="a new layout")
            continue
        value, year = row["value"], str(row["date"])
        if isinstance(value, bool) or not isinstance(value, int | float | None):
            faults.add(f"row {n}: value {value!r} is not a number", remedy="expected a number or null")
        elif not year.isdigit():
            faults.add(f"row {n}: date {year!r} is not a year", remedy="only annual indicators are read")
        else:
            yield {
                "indicator": row["indicator"]["id"],
                "country": row["countryiso3code"] or row["country"]["id"],
                "name": row["country"]["value"],
                "year": int(year),
                "value": value,
                "total": int(meta.get("total", 0)),
            }


def _check(found: pd.DataFrame) -> None:
    faults = Faults("worldbank")
    for name, part in found.groupby("indicator"):
        total = part["total"].iloc[0]
        if len(part) != total:
            faults.add(f"{name}: {len(part)} of {total} rows", remedy="pages are missing: get it again with --refresh")
    twice = found[found.duplicated(["indicator", "country", "year"])]
    for file, name, code, year in zip(twice["file"], twice["indicator"], twice["country"], twice["year"], strict=True):
        one = Faults(file)
        one.add(f"{name} {code} {year} stands twice", remedy="keep one of the rows")
        faults.found += one.found
    faults.stop()
