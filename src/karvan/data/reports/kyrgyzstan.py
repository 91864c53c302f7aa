"""Kyrgyz exports and imports by partner (National Statistical Committee)."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from karvan.core.errors import SourceError
from karvan.core.faults import Faults
from karvan.data.reports.common import number, one_file, tidy

if TYPE_CHECKING:
    import pandas as pd

FOLDER = "customs/kyrgyzstan_data"
FILES = (("exports", "4.03.00.18*"), ("imports", "4.03.00.20*"))
SOURCE = "National Statistical Committee of the Kyrgyz Republic, trade by partner"
SPELLINGS = {
    "Great Britain (United Kingdom)": "GBR", "Republic of Macedonia": "MKD", "China (Sar Hong Kong)": "HKG",
    "Taiwan. China province": "TWN", "Bostwana": "BWA", "CAR": "CAF", "Burkino Faso": "BFA", "Coconut islands": "CCK",
}  # fmt: skip
PARTS = ("SLV",)  # as Salvador and El Salvador
LITTLE = 100.0  # thousand USD
NOT_COUNTRIES = ("Undefined country", "UN", "Channel Islands", "Butane", "(thousand US dollars)")


def read(folder: Path, first: int = 2011) -> pd.DataFrame:
    """Read the reports from year `first`; thousand USD. The latest year is preliminary, as the file says.

    A dash is no trade. A few cells are empty (Malaysia 2018, Haiti 2023): no trade where the year before or after is
    below 100 thousand USD too, else a fault.
    """
    import pandas as pd

    parts = []
    for flow, pattern in FILES:
        file = one_file(folder / FOLDER, pattern)
        faults = Faults(file)
        sheet = pd.read_excel(file, header=None)
        years = _years(sheet, file)
        named = sheet[sheet[2].notna() & sheet[list(years.values())].notna().any(axis=1)]
        named = named[~named[2].astype(str).str.contains(":", regex=False)]
        for year in years:
            if year >= first:
                parts.append(
                    tidy(
                        list(named[2]), _filled(named, years, year), reporter="KGZ", flow=flow, year=year, unit=1e3,
                        source=f"{SOURCE}, {year}", faults=faults, complete=True, aliases=SPELLINGS, skip=NOT_COUNTRIES,
                        parts=PARTS,
                    )
                )  # fmt: skip
        faults.stop()
    return pd.concat(parts, ignore_index=True)


def _filled(named: pd.DataFrame, years: dict[int, int], year: int) -> pd.Series:
    """The values of a year, a dash in empty cells beside a year of little trade."""
    values = named[years[year]]
    beside = [named[years[y]] for y in (year - 1, year + 1) if y in years]
    empty = values.isna()
    little = [[_little(v) for v in column[empty]] for column in beside]
    filled = values.astype(object)
    filled[empty] = ["-" if any(one) else None for one in zip(*little, strict=True)]
    return filled


def _little(value: object) -> bool:
    try:
        return number(value) < LITTLE
    except ValueError:
        return False


def _years(sheet: pd.DataFrame, file: Path) -> dict[int, int]:
    """Column of each year, from the first row that holds years; a footnote may follow one ("2023 1")."""
    for row in range(8):
        texts = [re.fullmatch(r"(\d{4})(\.0| \d)?", str(v).strip()) for v in sheet.iloc[row]]
        found = {int(text[1]): k for k, text in enumerate(texts) if text}
        if len(found) > 5 and all(1990 <= y <= 2100 for y in found):
            return found
    raise SourceError(f"{file}: no row of years in the first eight; has the layout changed?")
