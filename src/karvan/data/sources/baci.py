"""BACI: trade between all countries by six-digit product and year, reports of both sides reconciled by CEPII.

Documentation: https://www.cepii.fr/CEPII/en/bdd_modele/bdd_modele_item.asp?id=37; licence: Etalab 2.0; cite Gaulier and
Zignago (2010), BACI: International Trade Database at the Product-Level, CEPII Working Paper 2010-23.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from karvan.core.errors import SourceError, first_five
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

BASE = "https://www.cepii.fr/DATA_DOWNLOAD/baci/data"
TYPES = {"t": "SMALLINT", "i": "INTEGER", "j": "INTEGER", "k": "VARCHAR", "v": "DOUBLE", "q": "VARCHAR"}
ZERO = "was a leading zero lost? keep codes as text (010121)"
COLUMNS = ("year", "exporter", "importer", "product", "value_kusd", "quantity_t")
SELECT = {
    "year": "t",
    "i": "i",
    "j": "j",
    "product": "trim(k)",
    "value_kusd": "v",
    "quantity_t": "TRY_CAST(trim(q) AS DOUBLE)",
    "no_quantity": "trim(q) NOT IN ('', 'NA') AND TRY_CAST(trim(q) AS DOUBLE) IS NULL",
}


def requests(*, nomenclature: str = "HS17", release: str = "202501") -> tuple[Request, ...]:
    """One archive with every year of a nomenclature (HS92 from 1995, HS17 from 2017), 0.3 to 2.5 GB."""
    name = f"BACI_{nomenclature}_V{release}.zip"
    return (Request(url=f"{BASE}/{name}", file=name, expect="zip"),)


def accept(path: Path, *, nomenclature: str = "HS17", release: str = "202501") -> None:
    """Refuse another archive, or a table with other columns."""
    fits(path, rf"BACI_{nomenclature}_Y\d{{4}}_V{release}\.csv", TYPES)


def read(
    paths: Sequence[Path],
    *,
    years: tuple[int, ...] = (),
    exporters: tuple[str, ...] = (),
    importers: tuple[str, ...] = (),
    products: tuple[str, ...] = (),
) -> pd.DataFrame:
    """Read an archive (or a table taken out of it) as one row per year, exporter, importer and product.

    Columns: year, exporter, importer (ISO3; EFTANES and SACU are groups), product (six digits, text), value_kusd
    (thousand USD, f.o.b.), quantity_t (tonnes, missing where not estimated). Only flows above zero are in the file: a
    pair and product that is not there is zero. A year is 11 million rows: name what you need, or use `to_parquet` once
    for a panel of many years.

    Parameters
    ----------
    years, exporters, importers, products : what to keep, () = all; products by their first digits, ("87",)

    Raises
    ------
    SourceError
        All faults of a table: no archive, damaged, columns missing, lines that do not fit, unknown countries, products
        without six digits, values that are not above zero, duplicated rows; or nothing left of the selection.
    """
    path = single(paths)
    odd = [p for p in products if not re.fullmatch(r"\d{1,6}|\d{4}[A-Z]{2}", p)]
    if odd:
        raise SourceError(f"products are named by their first digits, got {first_five(odd)}; write 27 or 270900")
    kept = [one_of("year", years), one_of("exporter", exporters), one_of("importer", importers)]
    kept.append(" OR ".join(f"starts_with(product, '{p}')" for p in products) or "true")
    with workshop(path) as (con, folder):
        return frame(con, _parts(con, folder, path, years, kept), ("exporter", "importer", "product"))


def to_parquet(path: Path, out: Path, *, years: tuple[int, ...] = ()) -> None:
    """Write the columns of `read` as Parquet by year (out/year=2022/...); a year that is there already is replaced."""
    with workshop(Path(out)) as (con, folder):
        _parts(con, folder, Path(path), years)
        move_years(folder / "years", Path(out))


def _parts(
    con: duckdb.DuckDBPyConnection, folder: Path, path: Path, years: tuple[int, ...], kept: Sequence[str] = ()
) -> list[Path]:
    wanted = "|".join(map(str, years)) or r"\d{4}"
    names = members(path, rf"BACI_HS\d\d_Y({wanted})_V\w+\.csv", Faults(path))

    def one(name: str) -> tuple[Table, str]:
        trade = table(con, folder, path, name, TYPES, SELECT)
        trade.mark("not regexp_full_match(product, '[0-9]{4}[0-9A-Z]{2}')", "product has not six digits", ZERO)
        trade.mark("value_kusd IS NULL OR NOT value_kusd > 0", "value is not above zero", "BACI has no such flows")
        trade.mark("quantity_t < 0 OR no_quantity", "quantity is no number from zero up")
        if said := re.search(r"_Y(\d{4})_", name):
            trade.mark(f"year IS DISTINCT FROM {said[1]}", "the year is not that of the table")
        trade.unique("year, i, j, product")
        return trade, named(trade, ("i", "j"), "baci", COLUMNS, kept)

    return parts(path, folder, names, one, by_year=not kept)
