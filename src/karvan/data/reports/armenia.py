"""Armenia's exports and imports by partner (Armstat); imports by country of consignment."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from karvan.core.faults import Faults
from karvan.data.reports.common import tidy

if TYPE_CHECKING:
    import pandas as pd

FILE = "customs/armenia_data/armenia_data.csv"
SOURCE = "Statistical Committee of Armenia, trade by partner"


def read(folder: Path) -> pd.DataFrame:
    """Read the years with all twelve months; thousand USD.

    Imports are those by country of consignment, which is what a partner's exports by destination are compared with.
    """
    import pandas as pd

    file = folder / FILE
    faults = Faults(file)
    table = pd.read_csv(file, dtype=str).dropna(subset=["country", "year"])
    months = table[table["timeperiod"] != "Year"].groupby("year")["timeperiod"].nunique()
    parts = []
    for year in sorted(months[months == 12].index):
        part = table[(table["year"] == year) & (table["timeperiod"] == "Year")]
        for flow, column, note in (("exports", "export", ""), ("imports", "import_consigment", ", by consignment")):
            parts.append(
                tidy(
                    list(part["country"]), part[column], reporter="ARM", flow=flow, year=int(year), unit=1e3,
                    source=f"{SOURCE}{note}, {year}", faults=faults, complete=True,
                )
            )  # fmt: skip
    faults.stop()
    return pd.concat(parts, ignore_index=True)
