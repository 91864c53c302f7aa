"""World Bank indicators, API version 2: JSON `[meta, rows]`, in pages."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from karvan.core.countries import countries as all_countries
from karvan.core.countries import to_iso3
from karvan.core.errors import SourceError, first_five
from karvan.core.faults import Faults
from karvan.core.labels import suggest
from karvan.data.sources.tidy import labels
from karvan.data.store.request import Request
from karvan.data.store.series import gather

if TYPE_CHECKING:
    import pandas as pd

API = "https://api.worldbank.org/v2/country"
PER_PAGE = "20000"
# Codes that the World Bank gives to groups and to the Channel Islands beside ISO 3166.
GROUPS = (
    *("WLD", "AFE", "AFW", "ARB", "CEB", "CHI", "CSS", "EAP", "EAR", "EAS", "ECA", "ECS", "EMU", "EUU", "FCS", "HIC"),
    *("HPC", "IBD", "IBT", "IDA", "IDB", "IDX", "LAC", "LCN", "LDC", "LIC", "LMC", "LMY", "LTE", "MEA", "MIC", "MNA"),
    *("NAC", "OED", "OSS", "PRE", "PSS", "PST", "SAS", "SSA", "SSF", "SST", "TEA", "TEC", "TLA", "TMN", "TSA", "TSS"),
    *("UMC", "XKX"),
)
COLUMNS = ("indicator", "country", "countryiso3code", "date", "value")


def requests(
    *,
    indicators: tuple[str, ...] = ("NY.GDP.MKTP.CD",),
    countries: tuple[str, ...] = ("all",),
    years: tuple[int, ...] = (),
) -> tuple[Request, ...]:
    """Return one request per indicator, for countries (or "all") and a range of years.

    Parameters
    ----------
    indicators : codes of the World Bank, NY.GDP.MKTP.CD
    countries : ISO3 codes, or the World Bank's codes of groups (WLD, EUU, ECA); ("all",) for all
    years : the first and the last are asked, and all between them
    """
    odd = [name for name in indicators if not re.fullmatch(r"[A-Za-z0-9_.]+", name) or ".." in name]
    if odd:
        raise SourceError(f"worldbank: {first_five(odd)} is no code of an indicator; write it as NY.GDP.MKTP.CD")
    unknown = [code for code in countries if _code(code) not in ("all", *GROUPS) and to_iso3([code], "iso3") == [None]]
    if unknown:
        known = [row.code for row in all_countries() if row.kind == "country"]
        raise SourceError(f"worldbank: unknown country {first_five(unknown)}.{suggest(unknown[0], [*known, *GROUPS])}")
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


def found(path: Path) -> dict[str, set[str]]:
    """Indicators, countries and years of a page."""
    import pandas as pd

    faults = Faults(path)
    rows = pd.DataFrame(_rows(path, faults), columns=["indicator", "country", "year"])
    faults.stop()
    return labels(rows, {"indicator": "indicator", "country": "country", "year": "year"})


def read(
    paths: Sequence[Path], *, groups: bool = False, countries: tuple[str, ...] = ("all",), years: tuple[int, ...] = ()
) -> pd.DataFrame:
    """Return indicator, country (ISO3), name, year, value; NaN where the World Bank publishes nothing.

    The unit is the indicator's own. Rows of groups (World, EU, income groups) are left out unless `groups`, or unless
    `countries` names them.

    Raises
    ------
    SourceError
        All faults: an error message instead of data, pages missing, changed fields, numbers as text, rows twice; no
        row of a country or of the years asked for.
    """
    import pandas as pd

    found = gather(paths, _rows, ["indicator", "country", "name", "year", "value", "total"])
    _check(found)
    found = found.drop(columns=["total", "file"])
    countries = tuple(map(_code, countries))
    _require_asked(found, countries, years)
    if years:
        found = found[found["year"].isin(years)]
    if not groups:
        known = to_iso3(found["country"], "iso3")
        kept = [code is not None or said in countries for code, said in zip(known, found["country"], strict=True)]
        found = found[pd.Series(kept, index=found.index, dtype=bool)]
    return found.astype({"value": float}).sort_values(["indicator", "country", "year"], ignore_index=True)


def _request(name: str, countries: Sequence[str], years: Sequence[int], page: int) -> Request:
    params = {"format": "json", "per_page": PER_PAGE, "page": str(page)}
    if years:
        params["date"] = f"{min(years)}:{max(years)}"
    codes = [_code(country) for country in countries]
    holds: list[tuple[str, tuple[str, ...]]] = [("indicator", (name,))]
    holds += [("country", tuple(codes))] if "all" not in codes else []
    holds += [("year", (f"{min(years)}..{max(years)}",))] if years else []
    url = f"{API}/{';'.join(codes)}/indicator/{name}"
    return Request(url, f"{name}-{page}.json", params=tuple(params.items()), expect="json", holds=tuple(holds))


def _code(country: str) -> str:
    return "all" if country.lower() == "all" else country.upper()


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


def _require_asked(found: pd.DataFrame, countries: Sequence[str], years: Sequence[int]) -> None:
    missing = [code for code in countries if code != "all" and code not in set(found["country"])]
    if missing:
        raise SourceError(f"worldbank: no row of {first_five(missing)}; the files hold {_shown(found, 'country')}")
    if years and not found["year"].isin(years).any():
        raise SourceError(f"worldbank: no row of {first_five(years)}; the files hold {_shown(found, 'year')}")


def _shown(found: pd.DataFrame, column: str) -> str:
    return first_five(sorted(set(found[column]))) or "no rows"


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
