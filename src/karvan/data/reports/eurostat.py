"""Exports of EU members and the United Kingdom to six countries (Eurostat Comext), euros made dollars."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from karvan.core.faults import Faults
from karvan.data.reports.common import COLUMNS, tidy
from karvan.data.sources.eu_members import FILE, read_members

if TYPE_CHECKING:
    import pandas as pd

RATES = "fx/daily_usd_crosses_2020_2024.csv"
SOURCE = "Eurostat Comext"
# The daily rates begin in 2020; 1.12 USD per EUR is what the same collection's converted national files imply for 2019.
RATE_2019 = 1.12


def read(folder: Path) -> pd.DataFrame:
    """Read the reports of years with twelve months, at the year's mean rate of the euro; statistical value, fob."""
    import pandas as pd

    faults = Faults(folder / FILE)
    table = read_members(folder)
    table["year"] = table["month"].str[:4].astype(int)
    rates = dollars_per_euro(folder)
    parts = []
    for (reporter, year), rows in table.groupby(["reporter", "year"]):
        if rows["month"].nunique() < 12 or year not in rates:
            continue
        sums = rows.groupby("partner")["eur"].sum()
        found = tidy(
            list(sums.index), sums, reporter=str(reporter), flow="exports", year=int(year),
            unit=1e6 / rates[int(year)], source=f"{SOURCE}, {year}, at {rates[int(year)]:.4f} USD per EUR",
            faults=faults, complete=False,
        )  # fmt: skip
        parts.append(found)
    faults.stop()
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=COLUMNS)


def notes(folder: Path) -> list[str]:
    """Say which years were left out, and why."""
    months = read_members(folder)["month"].drop_duplicates()
    rates = dollars_per_euro(folder)
    said = []
    for year, count in months.groupby(months.str[:4].astype(int)).size().items():
        if count < 12:
            said.append(f"{SOURCE}: {year} left out, {count} months of twelve")
        elif year not in rates:
            said.append(f"{SOURCE}: {year} left out, no mean rate of the euro in {RATES}")
    return said


def dollars_per_euro(folder: Path) -> dict[int, float]:
    """Mean rate of each year with at least 360 days, USD per EUR."""
    import pandas as pd

    daily = pd.read_csv(folder / RATES)
    euro = daily[daily["name"] == "USD_EUR"]
    by_year = euro.groupby(euro["date"].str[:4].astype(int))["exchange"].agg(["mean", "size"])
    return {2019: RATE_2019, **{int(str(y)): 1 / float(m) for y, m in by_year[by_year["size"] >= 360]["mean"].items()}}
