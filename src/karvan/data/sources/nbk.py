"""Official rates of the tenge, National Bank of Kazakhstan: one XML file per day, an item per currency."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from karvan.core.errors import SourceError
from karvan.core.faults import Faults
from karvan.data.store.request import Request
from karvan.data.store.series import checked, gather, number, xml_root

if TYPE_CHECKING:
    import pandas as pd

URL = "https://nationalbank.kz/rss/get_rates.cfm"


def requests(*, since: date, until: date, every: Literal["day", "week", "month"] = "month") -> tuple[Request, ...]:
    """Return one request per day, per week from the first day, or per first day of a month."""
    if until < since:
        raise SourceError(f"nbk: until={until} is before since={since}")
    return tuple(
        Request(
            URL,
            f"{day}.xml",
            params=(("fdate", day.strftime("%d.%m.%Y")),),
            expect="xml",
            holds=(("date", (day.isoformat(),)),),
        )
        for day in _days(since, until, every)
    )


def read(paths: Sequence[Path], *, currencies: tuple[str, ...] = (), gaps: bool = False) -> pd.DataFrame:
    """Return date, currency (ISO 4217), rate (tenge for one unit), quant (units that the bank quotes).

    Raises
    ------
    SourceError
        All faults: no rates for a day, rates that are no numbers or not positive, rows twice, months without a rate.
    """
    found = gather(paths, partial(_rows, currencies=currencies, gaps=gaps), ["date", "currency", "rate", "quant"])
    missing = [c for c in currencies if c not in set(found["currency"])]
    if missing or found.empty:
        raise SourceError(f"nbk: no rate of {', '.join(missing) or 'any currency'}: the bank does not quote it then")
    return checked(found, ["currency"], "rate", gaps=gaps)


def found(path: Path) -> dict[str, set[str]]:
    """Days of a file."""
    faults = Faults(path)
    days = {f"{row['date']:%Y-%m-%d}" for row in _rows(path, faults, (), gaps=True)}
    faults.stop()
    return {"date": days}


def _days(since: date, until: date, every: str) -> Iterator[date]:
    day = since
    while day <= until:
        if every != "month" or day.day == 1:
            yield day
        day += timedelta(days=7 if every == "week" else 1)


def _rows(path: Path, faults: Faults, currencies: Sequence[str], gaps: bool) -> Iterator[dict[str, Any]]:
    root = xml_root(path, "rates|rss")
    items = list(root.iter("item"))
    if not items and not gaps:
        told = (root.findtext("info") or "no items").strip()
        faults.add(f"no rates ({told})", remedy="ask for another day, or read with gaps=yes")
    for n, item in enumerate(items, 1):
        code = (item.findtext("title") or "").strip()
        if currencies and code not in currencies:
            continue
        try:
            day = datetime.strptime((item.findtext("pubDate") or root.findtext("date") or "").strip(), "%d.%m.%Y")
            quant = number(item.findtext("quant"))
            if not code or not quant > 0:
                raise ValueError(f"title {code!r}, quant {quant:g}")
            yield {"date": day, "currency": code, "rate": number(item.findtext("description")) / quant, "quant": quant}
        except ValueError as fault:
            faults.add(f"item {n} ({code}): {fault}", remedy="expected title, date, description, quant")
