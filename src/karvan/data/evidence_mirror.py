"""Mirror statistics at hand: the small evidence that comes with karvan, or the raw files of a folder."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from karvan.core.countries import is_group, to_iso3
from karvan.core.errors import LabelError, SourceError
from karvan.core.labels import suggest
from karvan.core.table import Table
from karvan.estimate.mirror.figure import FLOWS, Figure, judge
from karvan.estimate.mirror.reconcile import Reconciliation
from karvan.estimate.mirror.thresholds import Thresholds

if TYPE_CHECKING:
    import pandas as pd

    from karvan.data.reports import MirrorData

NAME = "mirror-2023"
WORDS = {"exports": "exports", "imports": "imports", "экспорт": "exports", "импорт": "imports"}
TABLES = ("flows", "flags", "quality", "margin", "complete", "sources", "notes")
SMALL = 0.1  # MUSD; smaller flows without a flag are not kept
SHIPPED = (
    "shipped evidence: Kazakhstan's partners and the core countries, 2018-2023, reports of KAZ, ARM, KGZ, UZB, RUS (to "
    "2021), EU exports, and BACI for 2023 alone; --data FOLDER reads raw files"
)


def mirror(data: str | Path | None = None, year: int | None = None) -> Reconciliation:
    """Return the reconciled flows: those that come with karvan, or made anew from the raw files in the folder `data`.

    Parameters
    ----------
    data : folder with customs/, baci2023/, gravity/, gdp/, icio/, fx/ (any part of it), or None for what comes with
        karvan (core countries and Kazakhstan's partners, 2018-2023)
    year : only this year

    Raises
    ------
    SourceError
        No such folder, faults in its files, or no flow of that year.
    """
    if data is None:
        return _copy(_shipped(), year)
    from karvan.estimate.mirror import reconcile

    raw = _raw(str(data))
    years = sorted(set(raw.reports["year"].astype(int)))
    if year is not None and year not in years:
        raise SourceError(f"{data}: no report of {year}; there are {', '.join(str(y) for y in years)}")
    made = reconcile(raw.reports, gravity=raw.gravity, gdp=raw.gdp, history=raw.history, year=year)
    notes = (f"raw files of {data}", *raw.notes, *made.notes)
    return replace(made, notes=notes)


def latest_year(data: str | Path | None = None) -> int:
    """The latest year with reports."""
    if data is None:
        return int(_shipped().flows["year"].max())
    return int(_raw(str(data)).reports["year"].max())


def check_figure(
    reporter: str,
    partner: str,
    year: int,
    flow: str,
    value: float,
    *,
    product: str | None = None,
    data: str | Path | None = None,
) -> Figure:
    """Check a figure of bilateral trade against the reports of both sides and what they say together.

    Parameters
    ----------
    reporter, partner : countries by any code or name; the flow is seen from the reporter
    year : a whole number
    flow : "exports" or "imports" (also in capitals, or экспорт, импорт)
    value : USD (not million), as 8.2e9
    product : refused: the data hold totals only
    data : folder of raw files; None for the evidence that comes with karvan

    Returns
    -------
    Figure: `.table`, `.verdict` ("within the reports", "outside", "cannot be told"), `.sentence`, `.rules` (flags)

    Raises
    ------
    LabelError
        Unknown country or flow, or a group of countries.
    SourceError
        A product is asked for, the value is no positive number, or the year no whole one.
    """
    if product is not None:
        raise SourceError(
            f"product {product!r}: no product data are there, only totals of goods by partner; leave the product out"
        )
    from karvan.data.recipes.mirror_2023 import kept

    side = WORDS.get(str(flow).strip().casefold())
    if side is None:
        raise LabelError(f"flow {flow!r}.{suggest(flow, FLOWS)}")
    if isinstance(value, bool) or not isinstance(value, int | float | np.number) or not 0 < value < float("inf"):
        raise SourceError(f"value {value!r}: expected USD, a number above 0, as 8.2e9")
    if isinstance(year, bool) or not isinstance(year, int | float | np.number) or not float(year).is_integer():
        raise SourceError(f"year {year!r}: expected a whole number, as 2021")
    one, other = country(reporter), country(partner)
    if one == other:
        raise LabelError(f"{one} with itself: own sales are not trade; name a partner")
    found = mirror(data)
    if data is None and not kept(one, other):
        found = replace(
            found, complete=found.complete.iloc[:0]
        )  # such pairs are not kept, so their absence says nothing
    return judge(found, one, other, int(year), side, float(value) / 1e6)


def country(name: str) -> str:
    """The ISO3 code of a country by any of its names.

    Raises
    ------
    LabelError
        A group of countries, or unknown.
    """
    code = to_iso3([name])[0]
    if code is None and is_group(name):
        raise LabelError(f"{name!r} is a group of countries; reports are by country: name one")
    if code is None:
        from karvan.core.countries import countries

        known = [spelling for c in countries() if c.kind == "country" for spelling in (c.code, c.en)]
        raise LabelError(f"unknown country {name!r}.{suggest(name, known)}")
    return code


def build(source: str | Path, out: str | Path | None = None) -> Table:
    """Make the evidence that comes with karvan from raw files; write it to the folder `out` when given.

    Returns the number of rows of every table.
    """
    from karvan.data.recipes import mirror_2023

    if not Path(source).is_dir():
        raise SourceError(f"{source}: no such folder; point --from at the folder that holds the source files")
    tables = mirror_2023.make(Path(source))
    if out is not None:
        mirror_2023.write(tables, Path(out))
    rows = tuple((name, len(table)) for name, table in tables.items())
    return Table(("table", "rows"), rows, f"Evidence {NAME}")


@cache
def _raw(folder: str) -> MirrorData:
    from karvan.data.reports import read_reports

    return read_reports(folder)


@cache
def _shipped() -> Reconciliation:
    tables = {name: _read(name) for name in TABLES}
    flows, sources = tables["flows"], tables["sources"]
    titles = {str(k): str(v) for k, v in zip(sources["source"], sources["title"], strict=True)}
    for side in ("exporter", "importer", "compiled"):
        flows[f"source_{side}"] = [_title(v, titles) for v in flows[f"source_{side}"]]
    flows["rules"] = flows["rules"].fillna("")
    notes = (SHIPPED, *(str(n) for n in tables["notes"]["note"]))
    both = flows["exporter_musd"].gt(0) & flows["importer_musd"].gt(0)
    gap = (flows["importer_musd"] - flows["exporter_musd"]).where(both)
    at = list(flows.columns).index("cif_factor") + 1
    flows.insert(at, "gap_musd", gap)
    flows.insert(at + 1, "gap_percent", 100 * gap / flows["exporter_musd"].where(both))
    kept = (flows, tables["quality"], tables["flags"], tables["margin"], notes, Thresholds(), tables["complete"])
    return Reconciliation(*kept, least_musd=SMALL)


def _read(name: str) -> pd.DataFrame:
    import gzip
    import io

    import pandas as pd

    file = files("karvan.data").joinpath("evidence", f"{NAME}.{name}.csv.gz")
    text = gzip.decompress(file.read_bytes()).decode()
    return pd.read_csv(io.StringIO(text), keep_default_na=False, na_values=[""])


def _title(value: Any, titles: dict[str, str]) -> str | float:
    if not isinstance(value, str):
        return float("nan")
    name, _, rest = value.partition(": ")
    return f"{titles[name]}, {rest}" if rest else titles[name]


def _copy(found: Reconciliation, year: int | None) -> Reconciliation:
    """The shipped tables, of one year or all, as frames of the caller's own."""
    years = sorted(set(found.flows["year"]))
    if year is not None and year not in years:
        raise SourceError(f"no flow of {year} comes with karvan; there are {years[0]} to {years[-1]}")
    tables = [found.flows, found.flags, found.complete]
    flows, flags, lists = (t.copy() if year is None else t[t["year"] == year].reset_index(drop=True) for t in tables)
    quality, margin = found.quality.copy(), found.margin.copy()
    return replace(found, flows=flows, flags=flags, complete=lists, quality=quality, margin=margin)


def stored(name: str) -> list[dict[str, str]]:
    """Rows of one table of the evidence that comes with karvan as text, without a data frame: quick to read.

    name : "flows", "flags", "quality", "margin", "complete", "sources" or "notes"
    """
    import csv
    import gzip

    file = files("karvan.data").joinpath("evidence", f"{NAME}.{name}.csv.gz")
    return list(csv.DictReader(gzip.decompress(file.read_bytes()).decode().splitlines()))
