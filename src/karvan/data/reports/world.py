"""What reports are judged by: distances (CEPII), earlier flows (UN Comtrade 1964-2016, OECD 2011-2022), GDP."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from karvan.core.countries import to_iso3

if TYPE_CHECKING:
    import pandas as pd

DISTANCES, COUNTRIES = "gravity/dist_cepii.parquet", "gravity/geo_cepii.csv"
PAST, TABLES, GDP = "gravity/trade_1964_2016.parquet", "icio/icio_2011_2022_81x81x28.npz", "gdp/gdp.csv"
# CEPII and the panel keep codes of before 2001.
OLD = {"ROM": "ROU", "ZAR": "COD", "YUG": "SRB", "TMP": "TLS", "PAL": "PSE"}
SERVICES = "Services (aggregate)"


def distances(folder: Path) -> pd.DataFrame:
    """Pair variables of `reconcile`: distance_km, contiguous, language, colony, same_country_once, landlocked ends."""
    import pandas as pd

    table = pd.read_parquet(folder / DISTANCES)
    ends = pd.read_csv(folder / COUNTRIES).drop_duplicates("iso3").set_index("iso3")["landlocked"].rename(index=OLD)
    named = {
        "dist": "distance_km", "contig": "contiguous", "comlang_off": "language", "colony": "colony",
        "smctry": "same_country_once",
    }  # fmt: skip
    found = pd.DataFrame({new: table[old].astype(float) for old, new in named.items()})
    for side, column in (("exporter", "iso_o"), ("importer", "iso_d")):
        found[side] = table[column].astype(str).replace(OLD)
        found[f"landlocked_{side}"] = found[side].map(ends[~ends.index.duplicated()]).astype(float).fillna(0.0)
    return found.drop_duplicates(["exporter", "importer"], ignore_index=True)


def panel_2016(folder: Path) -> pd.DataFrame:
    """Flows of 2012 and 2016, MUSD, as importers report them to the United Nations."""
    import pandas as pd

    table = pd.read_parquet(folder / PAST, columns=["exp", "imp", "time", "export"]).astype({"time": str})
    table = table[table["time"].isin(["2012", "2016"])]
    return pd.DataFrame(
        {
            "exporter": table["exp"].astype(str).replace(OLD), "importer": table["imp"].astype(str).replace(OLD),
            "year": table["time"].astype(int), "value_musd": table["export"].astype(float) / 1e6,
            "source": "UN Comtrade as kept in the panel 1964-2016",
        }
    )  # fmt: skip


def oecd(folder: Path) -> pd.DataFrame:
    """Goods of the OECD inter-country tables by pair, MUSD, 2011-2022, 80 countries."""
    import pandas as pd

    with np.load(folder / TABLES, allow_pickle=True) as z:
        codes, years = [str(c) for c in z["countries"]], [int(y) for y in z["years"]]
        goods = [k for k, s in enumerate(z["sectors"]) if str(s) != SERVICES]
        flows = z["X"][..., goods].sum(axis=-1, dtype=float)
    known = [code is not None for code in to_iso3(codes, "iso3")]
    keep = np.array(known)[:, None] & np.array(known)[None, :] & ~np.eye(len(codes), dtype=bool)
    i, j = np.nonzero(keep)
    names = np.array(codes)
    parts = [
        pd.DataFrame(
            {"exporter": names[i], "importer": names[j], "year": y, "value_musd": flows[t][i, j], "source": "OECD ICIO"}
        )
        for t, y in enumerate(years)
    ]
    return pd.concat(parts, ignore_index=True)


def gdp(folder: Path) -> pd.DataFrame:
    """GDP at current prices, MUSD (World Bank); groups left out."""
    import pandas as pd

    table = pd.read_csv(folder / GDP, keep_default_na=False)
    codes = [str(c) for c in table["Country Code"]]
    known = [c is not None for c in to_iso3(codes, "iso3")]
    found = pd.DataFrame(
        {"country": codes, "year": table["Year"].astype(int), "gdp_musd": table["Value"].astype(float) / 1e6}
    )
    return found[known].reset_index(drop=True)
