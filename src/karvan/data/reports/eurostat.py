"""Exports of EU members and the United Kingdom to six countries (Eurostat Comext), euros made dollars."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from karvan.core.faults import Faults
from karvan.data.reports.common import tidy

if TYPE_CHECKING:
    import pandas as pd

FILE = "customs/eurostat_member_exports_monthly_2019_2024.csv"
RATES = "fx/daily_usd_crosses_2020_2024.csv"
SOURCE = "Eurostat Comext"
# The daily rates begin in 2020; 1.12 USD per EUR is what the same collection's converted national files imply for 2019.
RATE_2019 = 1.12


def read(folder: Path) -> pd.DataFrame:
    """Read the reports of years with twelve months, at the year's mean rate of the euro; statistical value, fob."""
    import pandas as pd

    file = folder / FILE
    faults = Faults(file)
    table = pd.read_csv(file)
    table["year"] = table["month"].str[:4].astype(int)
    rates = dollars_per_euro(folder)
    parts = []
    for (reporter, year), rows in table.groupby(["REPORTER", "year"]):
        if rows["month"].nunique() < 12 or year not in rates:
            continue
        sums = rows.groupby("PARTNER")["VALUE_IN_EUR"].sum()
        found = tidy(
            list(sums.index), sums, reporter=_code(str(reporter)), flow="exports", year=int(year),
            unit=1e6 / rates[int(year)], source=f"{SOURCE}, {year}, at {rates[int(year)]:.4f} USD per EUR",
            faults=faults, complete=False,
        )  # fmt: skip
        parts.append(found)
    faults.stop()
    return pd.concat(parts, ignore_index=True)


def dollars_per_euro(folder: Path) -> dict[int, float]:
    """Mean rate of each year with at least 360 days, USD per EUR."""
    import pandas as pd

    daily = pd.read_csv(folder / RATES)
    euro = daily[daily["name"] == "USD_EUR"]
    by_year = euro.groupby(euro["date"].str[:4].astype(int))["exchange"].agg(["mean", "size"])
    return {2019: RATE_2019, **{int(str(y)): 1 / float(m) for y, m in by_year[by_year["size"] >= 360]["mean"].items()}}


def _code(name: str) -> str:
    from karvan.core.countries import to_iso3
    from karvan.core.errors import SourceError

    code = to_iso3([name])[0]
    if code is None:
        raise SourceError(f"{FILE}: unknown reporter {name!r}; add its spelling to core/countries.csv")
    return code
