"""ITPD-E: international and domestic trade by industry and year, the panel of the USITC for gravity estimation.

Documentation: https://www.usitc.gov/data/gravity/itpde.htm (release 2: 265 countries, 170 industries, 1986-2019);
a work of the United States government, free to use; cite Borchert, Larch, Shikher and Yotov (2021), The International
Trade and Production Database for Estimation (ITPD-E), International Economics 166.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from karvan.core.faults import Faults
from karvan.core.labels import suggest
from karvan.data.sources.bulk import (
    Table,
    fits,
    frame,
    members,
    move_years,
    named,
    one_of,
    parts,
    single,
    table,
    workshop,
)
from karvan.data.store.request import Request

if TYPE_CHECKING:
    import duckdb
    import pandas as pd

URL = "https://www.usitc.gov/data/gravity/itpd_e/itpd_e_r02.zip"
TABLES = r"(?i)itpde?_?e_r\d+.*\.csv"
SECTORS = ("Agriculture", "Mining and Energy", "Manufacturing", "Services")
TYPES = {"exporter_iso3": "VARCHAR", "importer_iso3": "VARCHAR", "broad_sector": "VARCHAR", "industry_id": "SMALLINT"}
TYPES |= {"year": "SMALLINT", "trade": "DOUBLE", "flag_mirror": "VARCHAR", "flag_zero": "VARCHAR"}
COLUMNS = ("year", "exporter", "importer", "industry", "broad_sector", "value_musd", "mirrored", "zero")
SELECT = {
    "year": "year",
    "exporter_iso3": "trim(exporter_iso3)",
    "importer_iso3": "trim(importer_iso3)",
    "broad_sector": "broad_sector",
    "industry": "industry_id",
    "value_musd": "trade",
    "mirrored": "flag_mirror = '1'",
    "zero": "flag_zero",
}
# Codes of the owner for countries that ISO 3166 does not list under them.
OWN = {"ROM": "ROU", "ZAR": "COD", "TMP": "TLS", "KSV": "XKX"}


def requests() -> tuple[Request, ...]:
    """One archive, release 2 (about 0.6 GB, 7 GB unpacked)."""
    return (Request(url=URL, file="itpd_e_r02.zip", expect="zip"),)


def accept(path: Path) -> None:
    """Refuse another archive, or a table with other columns."""
    fits(path, TABLES, TYPES)


def read(
    paths: Sequence[Path],
    *,
    years: tuple[int, ...] = (),
    exporters: tuple[str, ...] = (),
    importers: tuple[str, ...] = (),
    industries: tuple[int, ...] = (),
) -> pd.DataFrame:
    """Read the archive (or the table taken out of it) as one row per year, exporter, importer and industry.

    Columns: year, exporter, importer (ISO3; own sales where they are the same), industry (number of the owner),
    broad_sector, value_musd (million USD, current), mirrored (True: the exporter's report), zero (p positive, r
    reported zero, u zero set by the owner because nobody reports). The whole panel is 70 million rows: name what you
    need, or use `to_parquet` once.

    Parameters
    ----------
    years, exporters, importers, industries : what to keep, () = all

    Raises
    ------
    SourceError
        All faults of the table: no archive, damaged, columns missing, lines that do not fit, unknown countries, values
        missing or below zero, duplicated rows; or nothing left of the selection.
    """
    path = single(paths)
    kept = [one_of("year", years), one_of("exporter", exporters), one_of("importer", importers)]
    kept.append(one_of("industry", industries))
    with workshop(path) as (con, folder):
        return frame(con, _parts(con, folder, path, kept), ("exporter", "importer", "broad_sector", "zero"))


def to_parquet(path: Path, out: Path, *, years: tuple[int, ...] = ()) -> None:
    """Write the columns of `read` as Parquet by year (out/year=2019/...); a year that is there already is replaced."""
    with workshop(Path(out)) as (con, folder):
        _parts(con, folder, Path(path), [one_of("year", years)], by_year=True)
        move_years(folder / "years", Path(out))


def _parts(
    con: duckdb.DuckDBPyConnection, folder: Path, path: Path, kept: Sequence[str], by_year: bool = False
) -> list[Path]:
    names = members(path, TABLES, Faults(path))

    def one(name: str) -> tuple[Table, str]:
        trade = table(con, folder, path, name, TYPES, SELECT)
        trade.mark("value_musd IS NULL OR NOT isfinite(value_musd)", "no value", "a missing value is not zero")
        trade.mark("value_musd < 0", "value is negative", "ask the owner or drop the rows")
        seen = trade.distinct("broad_sector")
        for sector, row in zip(seen["broad_sector"], seen["row"], strict=True):
            if sector not in SECTORS:
                trade.faults.add(f"unknown broad sector {sector!r}.{suggest(sector, SECTORS)}", row=int(row))
        trade.unique("year, exporter_iso3, importer_iso3, industry")
        return trade, named(trade, ("exporter_iso3", "importer_iso3"), "iso3", COLUMNS, kept, OWN)

    return parts(path, folder, names, one, by_year)
