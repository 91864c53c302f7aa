"""Official rates of the ruble, Bank of Russia: XML in windows-1251, decimal commas, a price for `Nominal` units."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree.ElementTree import Element

from karvan.core.errors import SourceError
from karvan.core.faults import Faults
from karvan.core.labels import suggest
from karvan.data.store.request import Request
from karvan.data.store.series import checked, gather, number, xml_root

if TYPE_CHECKING:
    import pandas as pd

URL = "https://www.cbr.ru/scripts/XML_dynamic.asp"
IDS = {
    "AMD": "R01060", "AZN": "R01020A", "BYN": "R01090B", "CHF": "R01775", "CNY": "R01375", "EUR": "R01239",
    "GBP": "R01035", "GEL": "R01210", "INR": "R01270", "JPY": "R01820", "KGS": "R01370", "KZT": "R01335",
    "MDL": "R01500", "TJS": "R01670", "TMT": "R01710A", "TRY": "R01700J", "UAH": "R01720", "USD": "R01235",
    "UZS": "R01717",
}  # fmt: skip
CODES = {number_: code for code, number_ in IDS.items()}


def requests(*, since: date, until: date, currencies: tuple[str, ...] = ("USD",)) -> tuple[Request, ...]:
    """Return one request per currency for all days from `since` to `until`."""
    unknown = [code for code in currencies if code not in IDS]
    if unknown:
        raise SourceError(f"cbr: no number is known for {', '.join(unknown)}.{suggest(unknown[0], IDS)}")
    if until < since:
        raise SourceError(f"cbr: until={until} is before since={since}")
    days = (("date_req1", since.strftime("%d/%m/%Y")), ("date_req2", until.strftime("%d/%m/%Y")))
    return tuple(
        Request(
            URL,
            f"{code}-{since}-{until}.xml",
            params=(*days, ("VAL_NM_RQ", IDS[code])),
            expect="xml",
            holds=(("currency", (code,)), ("date", (f"{since}..{until}",))),
        )
        for code in currencies
    )


def read(paths: Sequence[Path], *, gaps: bool = False) -> pd.DataFrame:
    """Return date, currency (ISO 4217), rate (rubles for one unit), nominal (units that the bank quotes).

    A file of one currency over time (`Record`) or of all currencies of one day (`Valute`).

    Raises
    ------
    SourceError
        All faults: decimal points, names in another encoding, rates that are not positive or disagree with the rate
        for one unit that the file states, rows twice, months without a rate.
    """
    rows = gather(paths, _rows, ["date", "currency", "rate", "nominal"])
    return checked(rows, ["currency"], "rate", gaps=gaps)


def found(path: Path) -> dict[str, set[str]]:
    """Currencies and days of a file."""
    faults = Faults(path)
    rows = list(_rows(path, faults))
    faults.stop()
    return {"currency": {row["currency"] for row in rows}, "date": {f"{row['date']:%Y-%m-%d}" for row in rows}}


def _rows(path: Path, faults: Faults) -> Iterator[dict[str, Any]]:
    root = xml_root(path, "ValCurs")
    items = [*root.iter("Record"), *root.iter("Valute")]
    if not items:
        faults.add("no rates", remedy="the bank quotes none then: check currency and dates")
    for n, item in enumerate(items, 1):
        try:
            _check_name(item.findtext("Name") or "")
            code = _currency(item, root)
            day = datetime.strptime(item.get("Date") or root.get("Date") or "", "%d.%m.%Y")
            nominal = number(item.findtext("Nominal"), ",")
            value = number(item.findtext("Value"), ",")
            if not nominal > 0:
                raise ValueError(f"Nominal {nominal:g} is not positive")
            _check_unit(item.findtext("VunitRate"), value / nominal)
            yield {"date": day, "currency": code, "rate": value / nominal, "nominal": nominal}
        except ValueError as fault:
            faults.add(f"row {n}: {fault}", remedy="expected Date, Nominal, Value as the bank writes them")


def _currency(item: Element, root: Element) -> str:
    code = item.findtext("CharCode") or CODES.get((item.get("Id") or root.get("ID") or "").strip(), "")
    if not code:
        raise ValueError(f"the currency {item.get('Id')!r} is unknown")
    return code


def _check_name(name: str) -> None:
    """Refuse UTF-8 text that was read as windows-1251: its letters come in pairs that decode again."""
    try:
        again = name.encode("cp1251").decode("utf-8")
    except UnicodeError:
        return
    if again != name:
        raise ValueError(f"the name {name!r} is {again!r} in another encoding than the file declares")


def _check_unit(stated: str | None, rate: float) -> None:
    if stated is not None and abs(number(stated, ",") - rate) > 1e-4 * abs(rate):
        raise ValueError(f"VunitRate {stated} is not Value / Nominal = {rate:g}")
