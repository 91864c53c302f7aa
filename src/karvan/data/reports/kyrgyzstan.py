"""Kyrgyz exports and imports by partner (National Statistical Committee)."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from karvan.core.errors import SourceError
from karvan.core.faults import Faults
from karvan.data.reports.common import one_file, tidy

if TYPE_CHECKING:
    import pandas as pd

FOLDER = "customs/kyrgyzstan_data"
FILES = (("exports", "4.03.00.18*"), ("imports", "4.03.00.20*"))
SOURCE = "National Statistical Committee of the Kyrgyz Republic, trade by partner"
SPELLINGS = {
    "Great Britain (United Kingdom)": "GBR", "Republic of Macedonia": "MKD", "China (Sar Hong Kong)": "HKG",
    "Taiwan. China province": "TWN", "Bostwana": "BWA", "CAR": "CAF", "Burkino Faso": "BFA", "Coconut islands": "CCK",
}  # fmt: skip
NOT_COUNTRIES = ("Undefined country", "UN", "Channel Islands", "Butane", "(thousand US dollars)")


def read(folder: Path, first: int = 2011) -> pd.DataFrame:
    """Read the reports from year `first`; thousand USD. The latest year is preliminary, as the file says."""
    import pandas as pd

    parts = []
    for flow, pattern in FILES:
        file = one_file(folder / FOLDER, pattern)
        faults = Faults(file)
        sheet = pd.read_excel(file, header=None)
        years = _years(sheet, file)
        named = sheet[sheet[2].notna() & sheet[list(years.values())].notna().any(axis=1)]
        named = named[~named[2].astype(str).str.contains(":", regex=False)]
        for year, column in years.items():
            if year >= first:
                parts.append(
                    tidy(
                        list(named[2]), named[column], reporter="KGZ", flow=flow, year=year, unit=1e3,
                        source=f"{SOURCE}, {year}", faults=faults, complete=True, aliases=SPELLINGS, skip=NOT_COUNTRIES,
                    )
                )  # fmt: skip
        faults.stop()
    return pd.concat(parts, ignore_index=True)


def _years(sheet: pd.DataFrame, file: Path) -> dict[int, int]:
    """Column of each year, from the first row that holds years; a footnote may follow one ("2023 1")."""
    for row in range(8):
        texts = [re.fullmatch(r"(\d{4})(\.0| \d)?", str(v).strip()) for v in sheet.iloc[row]]
        found = {int(text[1]): k for k, text in enumerate(texts) if text}
        if len(found) > 5 and all(1990 <= y <= 2100 for y in found):
            return found
    raise SourceError(f"{file}: no row of years in the first eight; has the layout changed?")
