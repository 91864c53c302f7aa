"""CEPII Gravity: distance, ties, agreements, incomes and trade of all pairs of countries, 1948-2021.

Documentation: https://www.cepii.fr/CEPII/en/bdd_modele/bdd_modele_item.asp?id=8; licence: Etalab 2.0; cite Conte,
Cotterlaz and Mayer (2022), The CEPII Gravity Database, CEPII Working Paper 2022-05.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from karvan.core.faults import Faults
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

URL = "https://www.cepii.fr/DATA_DOWNLOAD/gravity/data/Gravity_csv_V202211.zip"
TABLES = r"Gravity_V\w+\.csv"
KEYS = ("year", "country_id_o", "country_id_d", "iso3_o", "iso3_d", "country_exists_o", "country_exists_d")
COLUMNS: tuple[str, ...] = (
    *("dist", "distw_harmonic", "contig", "comlang_off", "comcol", "col_dep_ever", "pop_o", "pop_d", "gdp_o", "gdp_d"),
    *("wto_o", "wto_d", "eu_o", "eu_d", "fta_wto", "rta_type", "rta_coverage", "tradeflow_baci"),
)
UNITS = {"dist": "km", "gdp_": "kusd", "gdpcap_": "kusd", "pop_": "thousand", "tradeflow_": "kusd", "manuf_": "kusd"}


def requests() -> tuple[Request, ...]:
    """One archive, release 202211 (0.2 GB, 1.3 GB unpacked)."""
    return (Request(url=URL, file="Gravity_csv_V202211.zip", expect="zip"),)


def accept(path: Path) -> None:
    """Refuse another archive, or a table with other columns."""
    fits(path, TABLES, KEYS)


def read(
    paths: Sequence[Path],
    *,
    years: tuple[int, ...] = (),
    exporters: tuple[str, ...] = (),
    importers: tuple[str, ...] = (),
    columns: tuple[str, ...] = COLUMNS,
) -> pd.DataFrame:
    """Read the archive (or the table taken out of it) as one row per year, exporter and importer.

    Columns: year, exporter, importer (ISO3; the owner's _o and _d), then `columns` under the owner's names with the
    unit: dist_km, gdp_o_kusd (thousand USD, current), pop_o_thousand, tradeflow_baci_kusd; indicators 0 or 1 as they
    are. A value that the owner does not give is missing. Pairs of which one country did not exist in the year are left
    out: the owner keeps them (DEU.1 and DEU.2), which would say a pair twice.

    Raises
    ------
    SourceError
        All faults of the table: no archive, damaged, columns missing (with the nearest name), lines that do not fit,
        unknown countries, distances or values below zero, duplicated pairs; or nothing left of the selection.
    """
    path = single(paths)
    kept = [one_of("year", years), one_of("exporter", exporters), one_of("importer", importers)]
    with workshop(path) as (con, folder):
        return frame(con, _parts(con, folder, path, columns, kept), ("exporter", "importer"))


def to_parquet(path: Path, out: Path, *, years: tuple[int, ...] = (), columns: tuple[str, ...] = COLUMNS) -> None:
    """Write the columns of `read` as Parquet by year (out/year=2019/...); a year that is there already is replaced."""
    with workshop(Path(out)) as (con, folder):
        _parts(con, folder, Path(path), columns, [one_of("year", years)], by_year=True)
        move_years(folder / "years", Path(out))


def _parts(
    con: duckdb.DuckDBPyConnection,
    folder: Path,
    path: Path,
    columns: Sequence[str],
    kept: Sequence[str],
    by_year: bool = False,
) -> list[Path]:
    types = dict.fromkeys(KEYS, "VARCHAR") | {"year": "SMALLINT"} | dict.fromkeys(columns, "DOUBLE")
    names = [_with_unit(column) for column in columns]
    select = {key: key for key in KEYS} | {new: f'"{old}"' for old, new in zip(columns, names, strict=True)}

    def one(name: str) -> tuple[Table, str]:
        pairs = table(con, folder, path, name, types, select)
        for new in names:
            pairs.mark(f'"{new}" < 0', f"{new} is negative", "ask the owner or leave the column out")
        exist = "country_exists_o = '1' AND country_exists_d = '1'"
        pairs.unique("year, iso3_o, iso3_d", exist)
        return pairs, named(
            pairs, ("iso3_o", "iso3_d"), "iso3", ("year", "exporter", "importer", *names), (exist, *kept)
        )

    return parts(path, folder, members(path, TABLES, Faults(path)), one, by_year)


def _with_unit(column: str) -> str:
    unit = next((unit for start, unit in UNITS.items() if column.startswith(start)), "")
    return f"{column}_{unit}" if unit else column
