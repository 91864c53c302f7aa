"""Uzbek exports and imports by partner (Statistics Agency)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from karvan.core.faults import Faults
from karvan.data.reports.common import one_file, tidy

if TYPE_CHECKING:
    import pandas as pd

FOLDER = "customs/uzbekistan_data"
FILES = (("exports", "sdmx_data_1105.csv"), ("imports", "sdmx_data_1176.csv"))
SOURCE = "Statistics Agency of Uzbekistan, trade by partner (may hold services; gold's buyers not shown)"


def read(folder: Path) -> pd.DataFrame:
    """Read the reports; thousand USD. Exports are not complete: buyers of gold are not shown."""
    import pandas as pd

    parts = []
    for flow, name in FILES:
        file = one_file(folder / FOLDER, name)
        faults = Faults(file)
        table = pd.read_csv(file, encoding="utf-8-sig", dtype=str)
        for column in [c for c in table.columns if c.isdecimal()]:
            parts.append(
                tidy(
                    list(table["Klassifikator_en"]), table[column], reporter="UZB", flow=flow, year=int(column),
                    unit=1e3, source=f"{SOURCE}, {column}", faults=faults, complete=flow == "imports",
                )
            )  # fmt: skip
        faults.stop()
    return pd.concat(parts, ignore_index=True)
