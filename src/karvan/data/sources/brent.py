"""Europe Brent spot price, EIA: a workbook with the sheet `Data 1`, dates and dollars per barrel."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from karvan.core.faults import Faults
from karvan.data.store.request import Request
from karvan.data.store.series import checked, gather

if TYPE_CHECKING:
    import pandas as pd

Frequency = Literal["daily", "weekly", "monthly", "annual"]


def requests(*, frequency: Frequency = "daily") -> tuple[Request, ...]:
    """Return the request of the workbook."""
    file = f"RBRTE{frequency[0]}.xls"
    return (Request(f"https://www.eia.gov/dnav/pet/hist_xls/{file}", file, expect="xls"),)


def read(paths: Sequence[Path], *, frequency: Frequency = "daily", gaps: bool = False) -> pd.DataFrame:
    """Return date and price (USD per barrel); weeks end on Friday, months and years are averages."""
    return checked(gather(paths, _rows, ["date", "price"]), [], "price", gaps=gaps or frequency == "annual")


def _rows(path: Path, faults: Faults) -> Iterator[dict[str, Any]]:
    import xlrd

    try:
        sheet = xlrd.open_workbook(path).sheet_by_name("Data 1")
    except xlrd.XLRDError as fault:
        faults.add(str(fault), remedy="expected the EIA's workbook with the sheet 'Data 1'")
        return
    if sheet.nrows < 4 or sheet.cell_value(1, 1) != "RBRTE" or "Dollars per Barrel" not in sheet.cell_value(2, 1):
        faults.add("no series RBRTE in dollars per barrel", remedy="a new layout, or another series")
        return
    for n in range(3, sheet.nrows):
        day, price = sheet.cell(n, 0), sheet.cell(n, 1)
        if day.ctype == xlrd.XL_CELL_DATE and price.ctype == xlrd.XL_CELL_NUMBER:
            yield {"date": xlrd.xldate_as_datetime(day.value, sheet.book.datemode), "price": price.value}
        elif price.ctype not in (xlrd.XL_CELL_EMPTY, xlrd.XL_CELL_BLANK):
            faults.add(f"{day.value!r}, {price.value!r}: not a date and a number", row=n + 1, remedy="correct the cell")
