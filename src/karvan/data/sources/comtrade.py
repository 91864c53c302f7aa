"""UN Comtrade: trade in goods as each country reports it, by partner, product and month or year.

Documentation: https://uncomtrade.org/docs and https://comtradedeveloper.un.org; licence: free use with attribution,
no redistribution of the database in bulk (https://comtradeplus.un.org/Licence). With a key (free at the second address,
kept in COMTRADE_KEY) an answer holds up to 100 000 records (250 000 for paying users), without one (`preview`) 500.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from karvan.core.countries import from_iso3
from karvan.core.errors import SourceError, first_five
from karvan.core.faults import Faults
from karvan.data.sources.tidy import (
    Records,
    batches,
    each,
    known,
    labels,
    mark,
    missing_months,
    need,
    not_negative,
    numbers,
    one_level,
    parsed,
    places,
    unique,
)
from karvan.data.store.request import SECRET, Request

if TYPE_CHECKING:
    import pandas as pd

BASE = "https://comtradeapi.un.org"
FLOWS = {"M": "imports", "X": "exports", "RM": "re-imports", "RX": "re-exports"}
LIMITS = (500, 100_000, 250_000)
FIELDS = (
    *("freqCode", "period", "reporterCode", "flowCode", "partnerCode", "partner2Code", "classificationCode", "cmdCode"),
    *("customsCode", "motCode", "qtyUnitAbbr", "qty", "netWgt", "cifvalue", "fobvalue", "primaryValue", "isReported"),
)
WHOLE = {"partner2Code": "0", "customsCode": "C00", "motCode": "0"}
KEY = ["freq", "period", "reporter", "partner", "flow", "product", "classification"]


def requests(
    *,
    reporters: tuple[str, ...] = ("KAZ",),
    partners: tuple[str, ...] = (),
    periods: tuple[int, ...] = (2022,),
    products: tuple[str, ...] = ("TOTAL",),
    flows: tuple[str, ...] = ("M", "X"),
    monthly: bool = False,
    preview: bool = False,
) -> tuple[Request, ...]:
    """One request per 12 periods (one with `preview`), 50 products and reporter.

    Parameters
    ----------
    reporters, partners : ISO3 codes; WLD is the world; no partners = all of them
    periods : years (2022), or months with `monthly` (202201)
    products : HS codes, TOTAL, or AG2, AG4, AG6 for all codes of a level
    flows : M imports, X exports, RM re-imports, RX re-exports (both are part of M and X)
    preview : without a key; answers end at 500 records
    """
    known(flows, FLOWS, "flow")
    digits = 6 if monthly else 4
    odd = [p for p in periods if len(str(p)) != digits]
    if odd:
        form = "months as 202201" if monthly else "years as 2022; months need monthly=True"
        raise SourceError(f"unknown period: {first_five(odd)}; write {form}")
    road = "public/v1/preview" if preview else "data/v1/get"
    one = Request(
        url=f"{BASE}/{road}/C/{'M' if monthly else 'A'}/HS",
        file="",
        headers=() if preview else (("Ocp-Apim-Subscription-Key", SECRET),),
        secret="" if preview else "COMTRADE_KEY",
        expect="json",
    )
    to = {"partnerCode": ",".join(map(_number, partners))} if partners else {}
    rest = to | {"flowCode": ",".join(flows)} | WHOLE | {"includeDesc": "TRUE"}
    said: list[tuple[str, tuple[str, ...]]] = [("flow", flows)]
    said += [("partner", partners)] if partners else []
    said += [("product", products)] if not any(p.startswith("AG") for p in products) else []
    made = []
    for reporter in reporters:
        for some in batches(periods, 1 if preview else 12):
            for goods in batches(products, 50):
                asked = {"reporterCode": _number(reporter), "period": ",".join(map(str, some))}
                asked |= {"cmdCode": ",".join(goods)} | rest
                file = f"{reporter}-{_span(some)}-{_span(goods)}.json"
                holds = (("reporter", (reporter,)), ("period", tuple(map(str, some))), *said)
                made.append(one._replace(file=file, params=tuple(asked.items()), holds=holds))
    return tuple(made)


def read(paths: Sequence[Path], *, level: int | None = None, cut: bool = False) -> pd.DataFrame:
    """Read answers as a tidy frame: one row per reporter, partner, flow, product and period.

    Columns: freq (A, M), period ("2022", "2022-03"), reporter (ISO3), partner (ISO3, or the code of a group),
    partner_is_group (World, "nes", bunkers: leave these out of sums over countries), flow, product, level (digits of
    the code, 0 = TOTAL), value_usd (imports c.i.f., exports f.o.b.), cif_usd, fob_usd, net_kg, quantity,
    quantity_unit, classification (H6 = HS 2022), reported (False = added up by the owner from finer records). An
    answer of no records is an empty frame with these columns. Months that a reporter skips are told by a warning and
    in `.attrs["notes"]`.

    Parameters
    ----------
    level : digits of the product code to keep where an answer holds several (0 = TOTAL)
    cut : accept an answer of exactly 500, 100 000 or 250 000 records, which is probably cut there

    Raises
    ------
    SourceError
        All faults of all files: no JSON, fields missing, cut answers, breakdowns by transport or second partner (they
        would count twice), unknown countries, mixed levels, duplicated rows, negative values.
    """

    def one(path: Path, faults: Faults) -> pd.DataFrame:
        return _tidy(_records(path, faults, cut), faults, level)

    full = each(paths, one, KEY, Records)
    monthly = full[(full["freq"] == "M") & ~full["partner_is_group"]]
    full.attrs["notes"] = tuple(missing_months(monthly, ["reporter", "flow"]))
    return full


def accept(path: Path) -> None:
    """Refuse an answer that tells an error instead of records."""
    _records(path, Records(path), cut=True)


def found(path: Path) -> dict[str, set[str]]:
    """Reporters, partners, periods, flows and products of an answer."""
    import pandas as pd

    faults = Records(path)
    raw = pd.DataFrame(_records(path, faults, cut=True))
    if raw.empty:
        return {}
    need(list(raw.columns), FIELDS, faults)
    faults.stop()
    raw["row"] = range(1, len(raw) + 1)
    for side in ("reporter", "partner"):
        raw[side], _ = places(raw, f"{side}Code", faults, "baci")
    faults.stop()
    names = {"period": "period", "flow": "flowCode", "product": "cmdCode", "reporter": "reporter", "partner": "partner"}
    return labels(raw, names)


def _records(path: Path, faults: Faults, cut: bool) -> list[dict]:
    answer = parsed(path, faults)
    data = answer.get("data") if isinstance(answer, dict) else None
    if isinstance(answer, dict) and (answer.get("error") or answer.get("message")):
        said = str(answer.get("error") or answer.get("message"))
        faults.add(f"the owner answered with an error: {said[:200]}", remedy="correct the question, or check the key")
    elif not isinstance(data, list):
        faults.add("no list 'data' in the answer", remedy="this is not an answer of UN Comtrade")
    elif answer.get("count", len(data)) != len(data):
        faults.add(f"says count {answer['count']} but holds {len(data)} records", remedy="ask again: it was cut")
    elif len(data) in LIMITS and not cut:
        remedy = "ask for fewer periods, partners or products (cut=True accepts it)"
        faults.add(f"exactly {len(data)} records, the limit of an answer: it is probably cut", remedy=remedy)
    faults.stop()
    return list(data or [])


def _tidy(records: Iterable[dict], faults: Faults, level: int | None) -> pd.DataFrame:
    import pandas as pd

    raw = pd.DataFrame(list(records), columns=None if records else list(FIELDS))
    need(list(raw.columns), FIELDS, faults)
    faults.stop()
    raw["row"] = range(1, len(raw) + 1)
    for field, total in WHOLE.items():
        broken = raw[field].astype(str) != total
        mark(faults, raw["row"][broken], f"a breakdown by {field}, not the total {total}", f"ask with {field}={total}")
    raw["product"] = raw["cmdCode"].astype("string")
    period = raw["period"].astype(str)
    tidy = pd.DataFrame({"freq": raw["freqCode"], "row": raw["row"]})
    tidy["period"] = period.where(period.str.len() < 6, period.str[:4] + "-" + period.str[4:6])
    tidy["reporter"], _ = places(raw, "reporterCode", faults, "baci")
    tidy["partner"], tidy["partner_is_group"] = places(raw, "partnerCode", faults, "baci")
    tidy["flow"], tidy["product"] = raw["flowCode"], raw["product"]
    for name, field in (("value_usd", "primaryValue"), ("cif_usd", "cifvalue"), ("fob_usd", "fobvalue")):
        tidy[name] = numbers(raw, field, faults)
    empty = tidy["value_usd"].isna()
    mark(faults, tidy["row"][empty], "no value", "ask the owner; a missing value is not zero")
    tidy["net_kg"], tidy["quantity"] = numbers(raw, "netWgt", faults), numbers(raw, "qty", faults)
    tidy["quantity_unit"] = raw["qtyUnitAbbr"].where(raw["qtyUnitAbbr"] != "N/A")
    tidy["classification"], tidy["reported"] = raw["classificationCode"], raw["isReported"].astype(bool)
    not_negative(tidy, "value_usd", faults)
    tidy = one_level(tidy, faults, level)
    unique(tidy, KEY, faults)
    return tidy.drop(columns="row").astype(dict.fromkeys([*KEY, "quantity_unit"], "str"))


def _span(items: Sequence[Any]) -> str:
    return str(items[0]) if len(items) == 1 else f"{items[0]}-{items[-1]}"


def _number(country: str) -> str:
    return "0" if country == "WLD" else from_iso3([country], "baci")[0]
