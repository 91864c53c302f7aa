"""Imports from the European Union as hubs record them, by year.

Quirks: the files were converted from national figures in dollars at one rate a year (1.12, 1.14, 1.18, 1.05 and 1.07
dollars per euro for 2019-2023, within 1.1 % of the European Central Bank's annual averages); they mix countries with
groups of countries; the last year may hold one month only (Armenia 2023).
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from karvan.core.countries import to_iso3
from karvan.panels.frames import frame

if TYPE_CHECKING:
    import pandas as pd

FILES = {
    "ARM": "customs/national_data_converted/armenia_import_yearly.csv",
    "KAZ": "customs/national_data_converted/kazakhstan_import_yearly.csv",
    "KGZ": "customs/national_data_converted/kyrgyz_import_yearly.csv",
    "UZB": "customs/national_data_converted/uzbek_import_yearly.csv",
}
EU27 = (
    "AUT", "BEL", "BGR", "HRV", "CYP", "CZE", "DNK", "EST", "FIN", "FRA", "DEU", "GRC", "HUN", "IRL", "ITA", "LVA",
    "LTU", "LUX", "MLT", "NLD", "POL", "PRT", "ROU", "SVK", "SVN", "ESP", "SWE",
)  # fmt: skip
INCOMPLETE = {("ARM", 2023)}


def read_hub_imports(folder: str | Path) -> pd.DataFrame:
    """Read imports from the 27 members: hub, year, meur, members (how many of the 27 the year has)."""
    import pandas as pd

    return pd.concat([_hub(Path(folder) / name, hub) for hub, name in FILES.items()], ignore_index=True)


def _hub(path: Path, hub: str) -> pd.DataFrame:
    rows = frame(path, ["PARTNER", "PERIOD", "VALUE_IN_EUR"])
    spelt = list(rows["PARTNER"].unique())
    codes = dict(zip(spelt, to_iso3(spelt), strict=True))
    rows = rows.assign(member=rows["PARTNER"].map(codes), year=rows["PERIOD"].str[1:].astype(int))
    rows = rows[rows["member"].isin(EU27)].drop_duplicates(["member", "year"])
    found = rows.groupby("year").agg(meur=("VALUE_IN_EUR", "sum"), members=("member", "nunique")).reset_index()
    found["meur"] /= 1e6
    whole = [(hub, year) not in INCOMPLETE for year in found["year"]]
    return found[whole].assign(hub=hub)
