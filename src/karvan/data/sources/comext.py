"""Eurostat Comext: trade of the members of the European Union by partner, HS code and month (dataset DS-045409).

Documentation: https://ec.europa.eu/eurostat/web/user-guides/data-browser/api-data-access; licence: reuse with
attribution (Commission Decision 2011/833/EU). Answers that are too large are refused by the owner (413), hence one
request per year and reporter.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from karvan.core.countries import from_iso3
from karvan.core.faults import Faults
from karvan.data.sources.tidy import (
    each,
    header_of,
    known,
    labels,
    mark,
    missing_months,
    not_negative,
    numbers,
    one_level,
    places,
    rows_of,
    unique,
)
from karvan.data.store.request import Request

if TYPE_CHECKING:
    import pandas as pd

BASE = "https://ec.europa.eu/eurostat/api/comext/dissemination/sdmx/2.1/data/DS-045409"
FLOWS = {"M": "1", "X": "2"}
SAID = {"1": "M", "2": "X", "IMPORT": "M", "EXPORT": "X"}
SDMX = ("freq", "reporter", "partner", "product", "flow", "indicators", "TIME_PERIOD", "OBS_VALUE")
PLAIN = ("REPORTER", "PARTNER", "PRODUCT", "FLOW", "PERIOD", "VALUE_IN_EUR")
EURO = ("VALUE_IN_EUROS", "VALUE_IN_EUR", "VALUE_EUR")
OWN = {"WORLD": "WLD", "EU27_2020": "EU27", "EXT_EU27_2020": "XEU", "INT_EU27_2020": "EU27"}
KEY = ["period", "reporter", "partner", "flow", "product"]


def requests(
    *,
    reporters: tuple[str, ...] = ("DEU",),
    partners: tuple[str, ...] = ("KAZ",),
    products: tuple[str, ...] = ("TOTAL",),
    flows: tuple[str, ...] = ("X",),
    years: tuple[int, ...] = (2022,),
    monthly: bool = True,
) -> tuple[Request, ...]:
    """One request per reporter and year.

    Parameters
    ----------
    reporters, partners : ISO3 codes, EU27 (reporters), WLD (partners); no partners = all, groups among them
    products : HS codes of 2, 4 or 6 digits, or TOTAL
    flows : M imports (c.i.f.), X exports (f.o.b.)
    """
    known(flows, FLOWS, "flow")
    goods, ways = "+".join(products), "+".join(FLOWS[f] for f in flows)
    to = "+".join(_code(p) for p in partners)
    span = ("-01", "-12") if monthly else ("", "")
    held: list[tuple[str, tuple[str, ...]]] = [("flow", flows), ("product", products)]
    held += [("partner", partners)] if partners else []
    return tuple(
        Request(
            url=f"{BASE}/{'M' if monthly else 'A'}.{_code(r)}.{to}.{goods}.{ways}.VALUE_IN_EUROS",
            file=f"{r}-{year}.csv",
            params=(("format", "SDMX-CSV"), ("startPeriod", f"{year}{span[0]}"), ("endPeriod", f"{year}{span[1]}")),
            holds=(("reporter", (r,)), ("period", (f"{year}{span[0]}..{year}{span[1]}",)), *held),
        )
        for r in reporters
        for year in years
    )


def found(path: Path) -> dict[str, set[str]]:
    """Reporters, partners, periods, flows and products of a table."""
    faults = Faults(path)
    tidy = _rows(_raw(path, faults, "utf-8-sig"), faults)
    faults.stop()
    return labels(tidy, {name: name for name in ("reporter", "partner", "period", "flow", "product")})


def read(
    paths: Sequence[Path], *, level: int | None = None, decimal: str = ".", encoding: str = "utf-8-sig"
) -> pd.DataFrame:
    """Read answers (SDMX-CSV) or extracted tables (REPORTER, PARTNER, PRODUCT, FLOW, PERIOD, VALUE_IN_EUR).

    Columns: period ("2022-03", "2022"), reporter, partner (ISO3, or the code of a group), reporter_is_group,
    partner_is_group (WORLD, the Union, stores, secret and not specified countries: leave these out of sums over
    countries), flow (M, X), product, level (digits), value_eur. A value that the owner does not give (":", empty) is
    missing, not zero. Months that a reporter skips are told by a warning and in `.attrs["notes"]`.

    Parameters
    ----------
    level : digits of the product code to keep where a file holds several (2, 4, 6, 8; 0 = TOTAL)
    decimal : "," for tables saved with decimal commas (1.234,5)

    Raises
    ------
    SourceError
        All faults of all files: no table, columns missing, unknown countries or flows, decimal commas, mixed levels,
        duplicated rows, negative values.
    """

    def one(path: Path, faults: Faults) -> pd.DataFrame:
        return _tidy(_raw(path, faults, encoding), faults, level, decimal)

    full = each(paths, one, KEY)
    monthly = full[full["period"].str.len().eq(7) & ~full["partner_is_group"]]
    full.attrs["notes"] = tuple(missing_months(monthly, ["reporter", "flow"]))
    return full


def _raw(path: Path, faults: Faults, encoding: str) -> pd.DataFrame:
    header = header_of(path, faults, encoding)
    wanted = SDMX if "OBS_VALUE" in header or "TIME_PERIOD" in header else PLAIN
    raw = rows_of(path, faults, wanted, encoding)
    if wanted is SDMX:
        raw = raw[raw["indicators"].isin(EURO)]
        names = dict(zip(("reporter", "partner", "product", "flow", "TIME_PERIOD", "OBS_VALUE"), PLAIN, strict=True))
        raw = raw.rename(columns=names)
    return raw


def _rows(raw: pd.DataFrame, faults: Faults) -> pd.DataFrame:
    """Who, with whom, what and when of every row, checked."""
    period = raw["PERIOD"].str.strip()
    tidy = raw[["row"]].assign(period=period.str.replace(r"^(\d{4})(\d{2})$", r"\1-\2", regex=True))
    odd = ~tidy["period"].str.fullmatch(r"\d{4}(-(0[1-9]|1[0-2]))?")
    mark(faults, tidy["row"][odd], "PERIOD is no year or month", "write 2022, 202203 or 2022-03")
    own = OWN | {code: code for code in raw["PARTNER"].unique() if _special(code)}
    tidy["reporter"], tidy["reporter_is_group"] = places(raw, "REPORTER", faults, "auto", OWN)
    tidy["partner"], tidy["partner_is_group"] = places(raw, "PARTNER", faults, "auto", own)
    tidy["flow"] = raw["FLOW"].str.strip().str.upper().map(SAID)
    unknown = tidy["flow"].isna()
    mark(faults, tidy["row"][unknown], "FLOW is neither import (1) nor export (2)", "leave other flows out")
    return tidy.assign(product=raw["PRODUCT"].str.strip())


def _tidy(raw: pd.DataFrame, faults: Faults, level: int | None, decimal: str) -> pd.DataFrame:
    tidy = _rows(raw, faults)
    tidy["value_eur"] = numbers(raw, "VALUE_IN_EUR", faults, decimal)
    not_negative(tidy, "value_eur", faults)
    tidy = one_level(tidy, faults, level)
    unique(tidy, KEY, faults)
    return tidy.drop(columns="row")


def _special(code: str) -> bool:
    """Codes of Comext that are no country: stores (QR), secret and not specified (QS to QZ), areas (EU27, EXT_EA20)."""
    return (len(code) == 2 and code[0] == "Q" and code != "QA") or code.startswith(("EU", "EXT_", "INT_", "EA"))


def _code(country: str) -> str:
    special = {"WLD": "WORLD", "EU27": "EU27_2020"}
    return special.get(country) or from_iso3([country], "iso2")[0]
