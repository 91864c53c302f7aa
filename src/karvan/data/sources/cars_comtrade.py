"""Monthly trade in cars (HS 8703) as Armenia and Georgia report it, in the full column layout of UN Comtrade.

Quirks: Armenia's rows are by mode of transport without a total, and hold the heading and its six-digit parts (add one
of the two levels only); Georgia has the heading only, as totals; both end before December 2023. Imports are by country
of origin, so a car from the United States that came through Georgia is American in Armenia.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from karvan.core.countries import to_iso3
from karvan.core.errors import SourceError, first_five
from karvan.panels.frames import frame

if TYPE_CHECKING:
    import pandas as pd

FILES = {"ARM": "cars_hs8703/vehicle_trade_armenia.parquet", "GEO": "cars_hs8703/vehicle_trade_georgia.parquet"}
COLUMNS = ("period_desc", "trade_code", "reporter", "partner_iso", "commodity_code", "mot_code", "trade_value_us")


def read_cars(folder: str | Path, hub: str, digits: int = 4) -> pd.DataFrame:
    """Read one hub's trade in cars: flow (M or X), partner, product, month, musd.

    Parameters
    ----------
    folder : holds `cars_hs8703/`
    hub : ARM or GEO
    digits : 4 for the heading, 6 for its parts (Armenia only)

    Raises
    ------
    SourceError
        No file for the hub, no rows of that level, an unknown partner, or a value that is negative or missing.
    """
    if hub not in FILES:
        raise SourceError(f"no file of cars for {hub!r}; there are files for {', '.join(FILES)}")
    path = Path(folder) / FILES[hub]
    rows = frame(path, COLUMNS)
    rows = rows[rows["commodity_code"].astype(str).str.len() == digits]
    if rows.empty:
        raise SourceError(f"{path}: no rows with {digits}-digit codes; this file may hold the heading only: digits=4")
    if not (rows["trade_value_us"] >= 0).all():
        raise SourceError(f"{path}: {int((~(rows['trade_value_us'] >= 0)).sum())} value(s) negative or missing")
    spelt = list(rows["partner_iso"].unique())
    codes = dict(zip(spelt, to_iso3(spelt), strict=True))
    period = rows["period_desc"].astype(str)
    tidy = rows.assign(
        flow=rows["trade_code"].astype(str),
        partner=rows["partner_iso"].map({name: code or name for name, code in codes.items()}),
        product=rows["commodity_code"].astype(str),
        month=period.str[:4] + "-" + period.str[4:6],
        musd=rows["trade_value_us"] / 1e6,
    )
    odd = tidy.loc[~tidy["flow"].isin(["M", "X"]), "flow"].unique()
    if len(odd):
        raise SourceError(f"{path}: unknown flow(s) {first_five(odd)}; expected M and X")
    return tidy.groupby(["flow", "partner", "product", "month"])["musd"].sum().reset_index()
