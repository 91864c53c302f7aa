"""Europe Brent spot price, EIA: a workbook with dates and dollars per barrel, or the same from the API, version 2."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from karvan.core.faults import Faults
from karvan.data.store.request import SECRET, Request
from karvan.data.store.series import checked, gather, number, workbook

if TYPE_CHECKING:
    import pandas as pd

Frequency = Literal["daily", "weekly", "monthly", "annual"]
Via = Literal["xls", "api"]
API = "https://api.eia.gov/v2/petroleum/pri/spt/data/"
PER_PAGE = 5000  # the most that the API answers at once
GAPS = ((4, "daily"), (15, "weekly"), (100, "monthly"))  # days, at most
FORMATS = {4: "%Y", 7: "%Y-%m", 10: "%Y-%m-%d"}


def requests(*, frequency: Frequency = "daily", via: Via = "xls") -> tuple[Request, ...]:
    """Return the request of the workbook, or of the first page of the API (a free key in EIA_API_KEY)."""
    file = f"RBRTE{frequency[0]}.xls"
    if via == "api":
        return (_page(frequency, 0),)
    return (Request(f"https://www.eia.gov/dnav/pet/hist_xls/{file}", file, expect="xls", holds=_holds(frequency)),)


def more(first: Sequence[Path], *, frequency: Frequency = "daily", via: Via = "xls") -> tuple[Request, ...]:
    """Return the requests of the further pages of the API."""
    if via == "xls":
        return ()
    total = int(json.loads(first[0].read_bytes())["response"]["total"])
    return tuple(_page(frequency, offset) for offset in range(PER_PAGE, total, PER_PAGE))


def accept(path: Path) -> None:
    """Refuse an answer of the API that tells a fault."""
    if path.read_bytes()[:1] != b"{":
        return
    faults = Faults(path)
    _answer(path, faults)
    faults.stop()


def found(path: Path) -> dict[str, set[str]]:
    """The frequency of a file, by the median of the days between its dates."""
    faults = Faults(path)
    days = sorted(row["date"].toordinal() for row in _of(path)(path, faults))
    faults.stop()
    gaps = sorted(late - early for early, late in pairwise(days))
    if not gaps:
        return {}
    gap = gaps[len(gaps) // 2]
    return {"frequency": {next((name for longest, name in GAPS if gap <= longest), "annual")}}


def read(paths: Sequence[Path], *, frequency: Frequency = "daily", gaps: bool = False) -> pd.DataFrame:
    """Return date and price (USD per barrel).

    Weeks end on Friday; months and years are averages. The workbook dates a month by its 15th, the API by its first.

    Raises
    ------
    SourceError
        All faults: another series or layout, prices that are no numbers or not positive, dates twice, missing months.
    """
    found = gather(paths, _rows, ["date", "price"])
    return checked(found, [], "price", gaps=gaps or frequency == "annual")


def _page(frequency: str, offset: int) -> Request:
    params = {
        "api_key": SECRET,
        "frequency": frequency,
        "data[0]": "value",
        "facets[series][]": "RBRTE",
        "sort[0][column]": "period",
        "sort[0][direction]": "asc",
        "offset": str(offset),
        "length": str(PER_PAGE),
    }
    file = f"brent-{frequency}-{offset}.json"
    return Request(
        API, file, params=tuple(params.items()), secret="EIA_API_KEY", expect="json", holds=_holds(frequency)
    )


def _holds(frequency: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    return (("frequency", (frequency,)),)


def _rows(path: Path, faults: Faults) -> Iterator[dict[str, Any]]:
    return _of(path)(path, faults)


def _of(path: Path) -> Callable[[Path, Faults], Iterator[dict[str, Any]]]:
    with path.open("rb") as file:
        return _of_api if file.read(1) in (b"{", b"[") else _of_workbook


def _of_workbook(path: Path, faults: Faults) -> Iterator[dict[str, Any]]:
    import xlrd

    book = workbook(path)
    if "Data 1" not in book.sheet_names():
        faults.add(f"no sheet 'Data 1' but {', '.join(book.sheet_names())}", remedy="expected the EIA's workbook")
        return
    sheet = book.sheet_by_name("Data 1")
    head = [sheet.cell_value(row, 1) for row in (1, 2)] if sheet.nrows > 3 and sheet.ncols > 1 else ["", ""]
    if head[0] != "RBRTE" or "Dollars per Barrel" not in str(head[1]):
        faults.add("no series RBRTE in dollars per barrel", remedy="a new layout, or another series")
        return
    for n in range(3, sheet.nrows):
        day, price = sheet.cell(n, 0), sheet.cell(n, 1)
        if day.ctype == xlrd.XL_CELL_DATE and price.ctype == xlrd.XL_CELL_NUMBER:
            yield {"date": xlrd.xldate_as_datetime(day.value, book.datemode), "price": price.value}
        elif price.ctype not in (xlrd.XL_CELL_EMPTY, xlrd.XL_CELL_BLANK):
            faults.add(f"{day.value!r}, {price.value!r}: not a date and a number", row=n + 1, remedy="correct the cell")


def _answer(path: Path, faults: Faults) -> list[dict[str, Any]]:
    data = json.loads(path.read_bytes())
    if isinstance(data, dict) and "error" in data:
        faults.add(f"the EIA answers with an error: {data['error']}", remedy="check the key and the options")
    elif not isinstance(data, dict) or not isinstance(data.get("response"), dict) or "data" not in data["response"]:
        faults.add("no response with data", remedy="a new layout: use via=xls")
    else:
        return data["response"]["data"]
    return []


def _of_api(path: Path, faults: Faults) -> Iterator[dict[str, Any]]:
    for n, row in enumerate(_answer(path, faults), 1):
        try:
            if row.get("series") != "RBRTE" or row.get("units") != "$/BBL":
                raise ValueError(f"series {row.get('series')} in {row.get('units')}, expected RBRTE in $/BBL")
            period = str(row["period"])
            day = datetime.strptime(period, FORMATS.get(len(period), "%Y-%m-%d"))
            if row["value"] is not None:
                yield {"date": day, "price": number(str(row["value"]))}
        except (KeyError, ValueError) as fault:
            faults.add(f"row {n}: {fault}", remedy="expected period, series, value and units as the EIA writes them")
