"""Kazakhstan's exports and imports by partner, 2018 to 2023 (Bureau of National Statistics)."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

from karvan.core.faults import Faults
from karvan.data.reports.common import FLOWS, number, tidy

if TYPE_CHECKING:
    import pandas as pd

FILE = "customs/kz_official_trade_by_partner_2018_2023.csv"
SOURCE = "Bureau of National Statistics of Kazakhstan, trade by partner"
TITLES = ("Основные показатели", "за ", "20")
WHOLE = "Всего"
ROUNDED = (0.2, 1e-6)  # the file rounds to a tenth of a thousand USD; its totals are partners added up to 2e-8


def read(folder: Path) -> pd.DataFrame:
    """Read the reports; thousand USD. A year that two files show is taken from the one with more partners.

    The file checks itself: turnover is exports and imports, and partners add up to the row of the total.
    """
    import pandas as pd

    file = folder / FILE
    faults = Faults(file)
    table = pd.read_csv(file, dtype={"partner_ru": str})
    rows = table.groupby(["year", "file"])["partner_ru"].transform("size")
    table = table[rows == rows.groupby(table["year"]).transform("max")]
    table = table[~table["partner_ru"].str.startswith(TITLES)]
    parts = [
        tidy(
            list(part["partner_ru"]), part[f"{flow.removesuffix('s')}_kusd"], reporter="KAZ", flow=flow, year=year,
            unit=1e3, source=f"{SOURCE}, {year}", faults=faults, complete=True,
        )
        for year in sorted(set(table["year"].astype(int)))
        for part in [table[table["year"] == year]]
        for flow, _ in FLOWS
    ]  # fmt: skip
    if "turnover_kusd" in table:
        _turnover(table, faults)
    faults.stop()
    reports = pd.concat(parts, ignore_index=True)
    _totals(table, reports, faults)
    faults.stop()
    return reports


def _turnover(table: pd.DataFrame, faults: Faults) -> None:
    """Note rows whose turnover is not their exports and imports."""
    whole, one, other = (_numbers(table[f"{c}_kusd"]) for c in ("turnover", "export", "import"))
    agrees = (whole - one - other).abs() <= ROUNDED[0] + ROUNDED[1] * whole.abs()
    for row in table.index[(~agrees & one.notna() & other.notna()).to_numpy()]:
        where = f"{table['year'][row]}, {str(table['partner_ru'][row]).strip()}"
        said = f"exports {one[row]:g} and imports {other[row]:g} do not add up to the turnover {whole[row]:g}"
        faults.add(f"{where}: {said}", row=int(row) + 2, remedy="take the file anew")


def _totals(table: pd.DataFrame, reports: pd.DataFrame, faults: Faults) -> None:
    """Note totals that are not the partners added up: a row is missing, or was changed."""
    totals = table[table["partner_ru"].str.startswith(WHOLE)]
    sums = reports.groupby(["flow", "year"])["value_musd"].sum()
    for flow, _ in FLOWS:
        values = _numbers(totals[f"{flow.removesuffix('s')}_kusd"])
        for row, year, value in zip(totals.index, totals["year"], values, strict=True):
            found = 1e3 * float(sums.get((flow, year), 0.0))
            if abs(found - value) > ROUNDED[0] * 10 + ROUNDED[1] * value:
                said = f"partners add up to {found:,.1f} thousand USD, the total is {value:,.1f}"
                faults.add(f"{year}, {flow}: {said}", row=int(row) + 2, remedy="is a row missing?")


def _numbers(values: pd.Series) -> pd.Series:
    """Numbers of a column, NaN for what is none: `tidy` notes those."""

    def one(value: object) -> float:
        try:
            return number(value)
        except ValueError:
            return math.nan

    return values.map(one)
