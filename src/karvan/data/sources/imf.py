"""International Monetary Fund: the World Economic Outlook, and other dataflows, in SDMX.

Documentation: https://data.imf.org/en/Resource-Pages/IMF-API; terms: free for use with attribution, no resale
(https://www.imf.org/external/terms.htm). The WEO holds estimates and projections beside observed years.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from karvan.core.faults import Faults
from karvan.data.sources.messages import observations
from karvan.data.sources.tidy import Records, each, labels, numbers, places, unique
from karvan.data.store.request import Request

if TYPE_CHECKING:
    import pandas as pd

BASE = "https://api.imf.org/external/sdmx/2.1/data"
DIMENSIONS = ("COUNTRY", "INDICATOR", "FREQUENCY", "TIME_PERIOD")
ATTRIBUTES = ("UNIT", "SCALE", "LATEST_ACTUAL_ANNUAL_DATA", "SERIES_NAME")
OWN_CODES = {"KOS": "XKX", "UVK": "XKX", "WBG": "PSE"}
KEY = ["country", "indicator", "freq", "period"]


def requests(
    *,
    countries: tuple[str, ...] = ("KAZ",),
    indicators: tuple[str, ...] = ("NGDPD", "NGDP_RPCH", "GGXWDG_NGDP"),
    start: int = 1980,
    end: int = 2031,
    flow: str = "IMF.RES,WEO,9.0.0",
) -> tuple[Request, ...]:
    """One request: yearly series of a dataflow whose dimensions are country, indicator and frequency.

    Parameters
    ----------
    countries : ISO3 codes, or the owner's codes of groups (G001 is the world); () for all
    indicators : codes of the dataflow (NGDPD: GDP in USD; GGXWDG_NGDP: gross public debt in % of GDP); () for all
    flow : agency, dataflow and version
    """
    back = {"XKX": "KOS", "PSE": "WBG"}
    key = f"{'+'.join(back.get(c, c) for c in countries)}.{'+'.join(indicators)}.A"
    params = (("startPeriod", str(start)), ("endPeriod", str(end)))
    holds: list[tuple[str, tuple[str, ...]]] = [("period", (f"{start}..{end}",))]
    holds += [("country", countries)] if countries else []
    holds += [("indicator", indicators)] if indicators else []
    file = f"{flow.split(',')[1]}.xml"
    return (Request(url=f"{BASE}/{flow}/{key}", file=file, params=params, expect="xml", holds=tuple(holds)),)


def found(path: Path) -> dict[str, set[str]]:
    """Countries, indicators and periods of a message."""
    faults = Records(path)
    tidy = _one(path, faults)
    faults.stop()
    return labels(tidy, {name: name for name in ("country", "indicator", "period")})


def read(paths: Sequence[Path]) -> pd.DataFrame:
    """Read data messages as one row per country, indicator and period.

    Columns: freq (A), period ("2018"), country (ISO3, or the owner's code of a group), country_is_group, indicator,
    value (in `unit`: XDC national currency, USD, PT percent, as the owner's code list says), unit, scale_shown,
    projected (the year is after the last observed one; missing where the owner does not say), name.

    Values are whole units as sent: `scale_shown` (9 = billions) says how the owner prints them; do not apply it.

    Raises
    ------
    SourceError
        All faults of all files: no SDMX, dimensions missing, unknown countries, duplicated observations.
    """
    return each(paths, _one, KEY, Records)


def _one(path: Path, faults: Faults) -> pd.DataFrame:
    import pandas as pd

    raw = observations(path, faults, DIMENSIONS, ATTRIBUTES)
    raw = raw.assign(COUNTRY=raw["COUNTRY"].replace(OWN_CODES))
    groups = {code: code for code in raw["COUNTRY"].unique() if re.fullmatch(r"G[A-Z]?\d+", code)}
    tidy = raw[["row"]].assign(freq=raw["FREQUENCY"], period=raw["TIME_PERIOD"])
    tidy["country"], tidy["country_is_group"] = places(raw, "COUNTRY", faults, "iso3", groups)
    tidy["indicator"], tidy["value"] = raw["INDICATOR"], numbers(raw, "value", faults)
    tidy["unit"], tidy["scale_shown"] = raw["UNIT"].astype("str"), raw["SCALE"].astype("str")
    last = pd.to_numeric(raw["LATEST_ACTUAL_ANNUAL_DATA"].astype("str"), errors="coerce")
    year = pd.to_numeric(tidy["period"].str[:4])
    tidy["projected"] = (year > last).astype("boolean").mask(last.isna())
    tidy["name"] = raw["SERIES_NAME"].astype("str")
    unique(tidy, KEY, faults)
    return tidy.drop(columns="row")
