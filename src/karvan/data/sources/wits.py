"""WITS/TRAINS: tariffs that countries apply, by partner and product (simple averages of the lines of an HS code).

Documentation: https://wits.worldbank.org/witsapiintro.aspx (at most two of reporter, partner, product and year may be
"all"); UNCTAD TRAINS through the World Bank, free for use with attribution (https://wits.worldbank.org/License.html).
Members of the European Union file as the union (EU27); the years lag by one to five.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from karvan.core.countries import from_iso3
from karvan.core.errors import SourceError, first_five
from karvan.core.faults import Faults
from karvan.data.sources.messages import observations
from karvan.data.sources.tidy import (
    Records,
    each,
    known,
    labels,
    mark,
    not_negative,
    numbers,
    one_level,
    places,
    unique,
)
from karvan.data.store.request import Request

if TYPE_CHECKING:
    import pandas as pd

BASE = "https://wits.worldbank.org/API/V1/SDMX/V21/datasource/TRN"
DATATYPES = ("reported", "aveestimated")
DIMENSIONS = ("TIME_PERIOD", "REPORTER", "PARTNER", "PRODUCTCODE", "DATATYPE")
ATTRIBUTES = ("TARIFFTYPE", "TOTALNOOFLINES", "NBR_NA_LINES", "MIN_RATE", "MAX_RATE", "NOMENCODE")
OWN = {"000": "WLD", "918": "EU27"}
KEY = ["year", "importer", "exporter", "product", "tariff", "estimated"]


def requests(
    *,
    importers: tuple[str, ...] = ("KAZ",),
    exporters: tuple[str, ...] = ("WLD",),
    products: tuple[str, ...] = ("all",),
    years: tuple[int, ...] = (2021,),
    datatypes: tuple[str, ...] = DATATYPES,
) -> tuple[Request, ...]:
    """One request per importer, exporter, year and datatype.

    Parameters
    ----------
    importers, exporters : ISO3 codes, sent as M49 numbers; EU27; exporter WLD is the MFN rate; ("all",) for all. WITS
        keeps some exporters under the number of UN Comtrade (842 for the USA): a number is sent as it is
    products : six-digit HS codes, or ("all",)
    years : years, () for all
    datatypes : "reported" leaves specific duties (3 EUR/kg) out, "aveestimated" puts in their ad valorem equivalents
    """
    known(datatypes, DATATYPES, "datatype")
    odd = [p for p in products if p != "all" and not (p.isdecimal() and len(p) == 6)]
    if odd:
        raise SourceError(f"WITS takes six-digit HS codes, got {first_five(odd)}; write 020110, or all")
    asked = {"importers": importers, "exporters": exporters, "products": products, "years": years or ("all",)}
    every = [name for name, items in asked.items() if "all" in items]
    if len(every) > 2:
        raise SourceError(f"WITS answers at most two dimensions 'all', got {', '.join(every)}; name one of them")
    goods = ";".join(products)
    return tuple(
        Request(
            url=f"{BASE}/reporter/{_number(i)}/partner/{_number(e)}/product/{goods}/year/{year}/datatype/{datatype}",
            file=f"{i}-{e}-{year}-{datatype}.json",
            params=(("format", "JSON"),),
            expect="json",
            holds=_holds(i, e, year, datatype),
        )
        for i in importers
        for e in exporters
        for year in asked["years"]
        for datatype in datatypes
    )


def found(path: Path) -> dict[str, set[str]]:
    """Importers, exporters, years and datatypes of an answer."""
    faults = Records(path)
    raw = observations(path, faults, DIMENSIONS, ATTRIBUTES)
    tidy = _sides(raw, faults).assign(year=raw["TIME_PERIOD"], datatype=raw["DATATYPE"].str.lower())
    faults.stop()
    return labels(tidy, {name: name for name in ("importer", "exporter", "year", "datatype")})


def read(paths: Sequence[Path], *, level: int | None = None) -> pd.DataFrame:
    """Read answers (SDMX-JSON or SDMX-ML) as one row per importer, exporter, product, year and kind of tariff.

    Columns: year, importer, exporter (ISO3; WLD for the MFN rate), exporter_is_group (MFN and groups of preferences),
    product, level (digits), tariff (MFN, PREF, AHS), estimated (True: with ad valorem equivalents), rate (fraction,
    0.05 = 5 %), rate_low, rate_high (of the lines), lines, specific_lines (not ad valorem), classification (H6).

    A product of which no line is ad valorem comes with rate 0 from the owner: here its rate is missing, since it is not
    free. Where only some lines are specific the reported rate is the mean of the others; look at specific_lines.

    Raises
    ------
    SourceError
        All faults of all files: no SDMX, dimensions missing, unknown countries, mixed levels, rates below zero or above
        3000 %, duplicated rows.
    """

    def one(path: Path, faults: Faults) -> pd.DataFrame:
        return _tidy(observations(path, faults, DIMENSIONS, ATTRIBUTES), faults, level)

    return each(paths, one, KEY, Records)


def _tidy(raw: pd.DataFrame, faults: Faults, level: int | None) -> pd.DataFrame:
    tidy = raw[["row"]].assign(year=numbers(raw, "TIME_PERIOD", faults).astype("Int64"))
    tidy = tidy.join(_sides(raw, faults))
    tidy["product"], tidy["tariff"] = raw["PRODUCTCODE"], raw["TARIFFTYPE"].astype("str")
    tidy["estimated"] = raw["DATATYPE"].str.lower().str.startswith("ave")
    for name, field in (("rate", "value"), ("rate_low", "MIN_RATE"), ("rate_high", "MAX_RATE")):
        tidy[name] = numbers(raw, field, faults) / 100
    tidy["lines"], tidy["specific_lines"] = (numbers(raw, f, faults) for f in ("TOTALNOOFLINES", "NBR_NA_LINES"))
    tidy["classification"] = raw["NOMENCODE"].astype("str")
    mark(faults, tidy["row"][tidy["rate"] > 30], "a rate above 3000 %", "are columns mixed up?")
    not_negative(tidy, "rate", faults)
    specific = ~tidy["estimated"] & (tidy["specific_lines"] >= tidy["lines"]) & (tidy["lines"] > 0)
    tidy.loc[specific, ["rate", "rate_low", "rate_high"]] = float("nan")
    tidy = one_level(tidy, faults, level)
    unique(tidy, KEY, faults)
    return tidy.drop(columns="row")


def _sides(raw: pd.DataFrame, faults: Faults) -> pd.DataFrame:
    groups = {code: code for code in raw["PARTNER"].unique() if code[:1].isalpha() and code[1:].isdecimal()}
    importer, _ = places(raw, "REPORTER", faults, "auto", OWN)
    exporter, is_group = places(raw, "PARTNER", faults, "auto", OWN | groups)
    return raw[[]].assign(importer=importer, exporter=exporter, exporter_is_group=is_group)


def _holds(importer: str, exporter: str, year: object, datatype: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """What an answer may hold; a number of the owner's own says nothing of a name."""
    asked = {"importer": importer, "exporter": exporter, "year": str(year), "datatype": datatype}
    named = {what: said for what, said in asked.items() if said != "all"}
    return tuple((what, (said,)) for what, said in named.items() if what in ("year", "datatype") or said.isalpha())


def _number(country: str) -> str:
    special = {"WLD": "000", "EU27": "918", "all": "all"}
    if country in special or country.isdecimal():
        return special.get(country, country.zfill(3))
    return from_iso3([country], "m49")[0].zfill(3)
