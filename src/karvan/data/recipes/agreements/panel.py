"""The panel 1964-2016 with its agreements, ready for a gravity regression."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from karvan.core.countries import countries
from karvan.core.errors import SourceError
from karvan.panels.frames import frame

if TYPE_CHECKING:
    import pandas as pd

FILE = Path("gravity") / "trade_1964_2016.parquet"
FOUNDERS = ("BLR", "KAZ", "RUS")  # customs union from January 2010
JOINED = ("ARM", "KGZ")  # January and August 2015
SOVIET = ("ARM", "AZE", "BLR", "GEO", "KAZ", "KGZ", "MDA", "RUS", "TJK", "TKM", "UKR", "UZB")
FALSE_ZERO = 1e9  # USD: a pair that ever traded this much did trade in the years where the source has nothing
DEPTH = (2, 5)  # provisions of the 16 in the file: shallow below the first, deep from the second on
UNION = "EC/EU"
COLUMNS = ("exp", "imp", "time", "export", "id", "agreement")


def read(source: Path, first: int) -> pd.DataFrame:
    """Return one row per flow from year `first` on: exporter, importer, year, trade (MUSD) and regressors.

    `eaeu` is 1 between Belarus, Kazakhstan and Russia in 2012 and 2016 and between all five members in 2016; `soviet_T`
    is 1 between former republics of the Soviet Union in year T (none for the first year); other agreements by depth.
    Zeros of pairs that traded above a thousand million dollars in another year are gaps of the source, not zeros
    (Russia to Belarus before 2012), and are left out, as are importers that are no country.
    """
    path = source / FILE
    if not path.is_file():
        raise SourceError(f"{path}: no such file; point --from at the folder that holds the source files")
    table = frame(path)
    provisions = [c for c in table.columns if "_prov_" in c]
    frame(table, COLUMNS, name=str(path))
    table = table.assign(year=table["time"].astype(int), exporter=table["exp"], importer=table["imp"])
    table = table[table["year"] >= first]
    known = {c.code for c in countries() if c.kind == "country"} | set(table["exporter"])
    table = table[table["importer"].isin(known)].assign(trade=lambda t: t["export"] / 1e6)
    largest = table.groupby(["exporter", "importer"])["export"].transform("max")
    table = table[(table["export"] > 0) | (largest < FALSE_ZERO)]
    return _regressors(table, table[provisions].sum(axis=1)).reset_index(drop=True)


def _regressors(table: pd.DataFrame, depth: pd.Series) -> pd.DataFrame:
    year, agreed = table["year"], table["id"] > 0
    founders, five, soviet = (_inside(table, group) for group in (FOUNDERS, FOUNDERS + JOINED, SOVIET))
    eaeu = (founders & (year >= 2012)) | (five & (year >= 2016))
    union = agreed & (table["agreement"] == UNION)
    other = agreed & ~eaeu & ~union
    new = {
        "eaeu": eaeu,
        "eu": union,
        "shallow": other & (depth < DEPTH[0]),
        "medium": other & (depth >= DEPTH[0]) & (depth < DEPTH[1]),
        "deep": other & (depth >= DEPTH[1]),
    }
    new |= {f"soviet_{y}": soviet & (year == y) for y in sorted(year.unique())[1:]}
    columns = ["exporter", "importer", "year", "trade"]
    return table[columns].assign(**{name: value.astype(float) for name, value in new.items()})


def _inside(table: pd.DataFrame, group: tuple[str, ...]) -> pd.Series:
    return table["exporter"].isin(group) & table["importer"].isin(group)
