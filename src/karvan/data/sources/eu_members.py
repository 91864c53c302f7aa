"""EU members' exports of all goods by partner and month (Eurostat Comext): one checked table for whoever reads them.

A month that a pair did not trade is not in the file. So a missing row is a zero for a pair whose median month is below
1 MEUR, and a fault for a larger one: in the file no pair above 0.5 MEUR has such a month. Every reporter has every
month of the file; the United Kingdom to January 2020, the month it left.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from karvan.core.countries import require_iso3
from karvan.core.errors import first_five
from karvan.core.faults import Faults
from karvan.data.blocs import members
from karvan.panels.frames import frame

if TYPE_CHECKING:
    import pandas as pd

FILE = "customs/eurostat_member_exports_monthly_2019_2024.csv"
COLUMNS = ["REPORTER", "PARTNER", "month", "VALUE_IN_EUR"]
MONTH = r"\d{4}-(0[1-9]|1[0-2])"
LEFT = {"GBR": "2020-01"}
LARGE_EUR = 1e6


def read_members(folder: str | Path) -> pd.DataFrame:
    """Read the exports: reporter, partner (ISO3), month, eur; rows in the order of the file.

    Raises
    ------
    SourceError
        Missing columns; reporters that are no member; partners that are no country; months not written 2021-03; values
        that are no number of 0 or more; rows that occur twice; months missing for all, for a reporter, or for a pair
        of 1 MEUR a month and more: all at once.
    """
    path = Path(folder) / FILE
    rows = frame(path, COLUMNS).reset_index(drop=True)
    faults = Faults(path)
    reporters, partners = (_codes(rows[c], faults) for c in ("REPORTER", "PARTNER"))
    found = rows.assign(reporter=reporters, partner=partners)
    _values(found, faults)
    faults.stop()
    found = found.rename(columns={"VALUE_IN_EUR": "eur"})[["reporter", "partner", "month", "eur"]]
    _reporters(found, faults)
    _gaps(found, faults)
    faults.stop()
    return found


def _codes(names: pd.Series, faults: Faults) -> pd.Series:
    once = names.drop_duplicates()
    codes = {}
    for row, name in once.items():
        codes[name] = require_iso3([name], faults, first_row=int(str(row)) + 2)[0]
    return names.map(codes)


def _values(rows: pd.DataFrame, faults: Faults) -> None:
    import pandas as pd

    values = pd.to_numeric(rows["VALUE_IN_EUR"], errors="coerce")
    for what, bad, remedy in (
        ("month is not written 2021-03", ~rows["month"].astype(str).str.fullmatch(MONTH), "months are 01 to 12"),
        ("value is missing, negative or no number", ~(values.ge(0) & values.lt(float("inf"))), "take the file anew"),
        ("occurs twice", rows.duplicated(["reporter", "partner", "month"]), "keep one; a sum would count it twice"),
    ):
        for row in rows.index[bad.to_numpy(bool)][:5]:
            where = " ".join(str(rows[c][row])[:40] for c in ("REPORTER", "PARTNER", "month", "VALUE_IN_EUR"))
            faults.add(f"{what}: {where}", row=int(row) + 2, remedy=remedy)


def _reporters(rows: pd.DataFrame, faults: Faults) -> None:
    """Note reporters that never were members, and months that all or one of them lack."""
    strangers = sorted(set(rows["reporter"]) - {*members("EU"), *LEFT})
    if strangers:
        faults.add(f"reporters that are no members: {first_five(strangers)}", remedy="leave their rows out")
    months = span(rows["month"].min(), rows["month"].max())
    absent = sorted(set(months) - set(rows["month"]))
    if absent:
        faults.add(f"no row of {first_five(absent)}", remedy="take the file anew")
    for reporter, have in rows.groupby("reporter")["month"]:
        last = LEFT.get(str(reporter), months[-1])
        gone = [m for m in months if m <= last and m not in {*have, *absent}]
        if gone:
            faults.add(f"{reporter}: {len(gone)} month(s) missing: {first_five(gone)}", remedy="take the file anew")


def _gaps(rows: pd.DataFrame, faults: Faults) -> None:
    """Note months that a pair of some size lacks although its reporter has them."""
    wide = rows.pivot(index=["reporter", "partner"], columns="month", values="eur")
    months = rows.drop_duplicates(["reporter", "month"]).assign(there=True)
    reported = months.pivot(index="reporter", columns="month", values="there").eq(True)
    large = wide[wide.median(axis=1) >= LARGE_EUR]
    for (one, other), (_, values) in zip(large.index, large.iterrows(), strict=True):
        there = reported.loc[one].to_numpy(bool)
        gone = [m for m, v, t in zip(wide.columns, values.isna(), there, strict=True) if v and t]
        if gone:
            size = f"a pair of {values.median() / 1e6:,.0f} MEUR a month"
            faults.add(f"{one} {other}: {size} lacks {first_five(gone)}", remedy="take the file anew")


def span(first: str, last: str) -> list[str]:
    """Every month from the first to the last, as 2021-03."""
    import pandas as pd

    return list(pd.period_range(first, last, freq="M").strftime("%Y-%m"))
