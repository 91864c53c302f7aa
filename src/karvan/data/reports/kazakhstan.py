"""Kazakhstan's exports and imports by partner, 2018 to 2023 (Bureau of National Statistics)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from karvan.core.faults import Faults
from karvan.data.reports.common import FLOWS, tidy

if TYPE_CHECKING:
    import pandas as pd

FILE = "customs/kz_official_trade_by_partner_2018_2023.csv"
SOURCE = "Bureau of National Statistics of Kazakhstan, trade by partner"
TITLES = ("Основные показатели", "за ", "20")


def read(folder: Path) -> pd.DataFrame:
    """Read the reports; thousand USD. A year that two files show is taken from the one with more partners."""
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
    faults.stop()
    return pd.concat(parts, ignore_index=True)
