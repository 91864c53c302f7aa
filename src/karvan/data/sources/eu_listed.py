"""EU exports of the products on the sanctions lists, and EU exports of all goods, by partner and month.

Quirks of the files, all handled here: headings come both as 4-digit rows and as 8-digit rows (never add both); the
combined nomenclature was renewed in January 2022, so a heading can begin or end there only because its codes changed;
the total file also holds the United Kingdom until January 2020; names of reporters carry notes in parentheses.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from karvan.core.countries import to_iso3
from karvan.core.errors import LabelError, SourceError, first_five
from karvan.core.faults import Faults
from karvan.core.labels import suggest
from karvan.data.sources.eu_members import FILE, MONTH, read_members, span

if TYPE_CHECKING:
    import duckdb
    import pandas as pd

LISTED = "eu_sanctioned/eu_exports_sanctioned_cn_monthly.parquet"
TOTALS = FILE
COLUMNS = (
    "cn_code::varchar as cn_code, flow::varchar as flow, indicator::varchar as indicator, "
    "reporter::varchar as reporter, partner::varchar as partner, month::varchar as month, value::double as value"
)
BREAK = "2022-01"
TOLERATED = 0.15
LEVELS = {"rows": 4, "parts": 8}  # digits of the codes that are taken where a heading has both
RENAMED = {"8803": "8807"}  # parts of aircraft, by the Harmonized System of 2022


class Listed(NamedTuple):
    """EU exports of listed headings: `flows` (product, partner, month, meur) and the headings left out with reasons."""

    flows: pd.DataFrame
    left_out: pd.DataFrame


def read_listed(folder: str | Path, level: str = "rows") -> Listed:
    """Read the exports of listed products by heading (HS4), MEUR, as reported by the EU's members.

    A heading is its 4-digit row where the file has one, else the sum of its 8-digit rows: `level` "rows". With "parts"
    it is its 8-digit rows where the file has any, which shows how much hangs on that choice. A heading whose codes
    began or ended in January 2022 without a counterpart is left out: its jump would be a change of codes, not of trade.

    Raises
    ------
    SourceError
        The file is missing or empty, a column is missing, a partner is unknown, a code has neither 4 nor 8 digits, a
        value is negative or not a number, a month is missing, or a row occurs twice.
    LabelError
        Another `level`.
    """
    if level not in LEVELS:
        raise LabelError(f"level {level!r}.{suggest(level, LEVELS)}")
    path = Path(folder) / LISTED
    rows = _by_code(path)
    rows = rows.assign(partner=_iso3(rows["partner"], path), product=rows["cn_code"].str[:4])
    wanted = rows["cn_code"].str.len() == LEVELS[level]
    kept = rows[wanted | ~rows["product"].isin(set(rows.loc[wanted, "product"]))]
    kept = kept.assign(product=kept["product"].replace(RENAMED))
    flows = kept.groupby(["product", "partner", "month"], as_index=False)["meur"].sum()
    left_out = _broken(kept)
    return Listed(flows[~flows["product"].isin(left_out["product"])].reset_index(drop=True), left_out)


def read_totals(folder: str | Path) -> pd.DataFrame:
    """Read EU exports of all goods: partner, month, meur (27 members; the United Kingdom is dropped).

    Raises
    ------
    SourceError
        Faults of the file, all at once; see `eu_members.read_members`.
    """
    rows = read_members(folder)
    rows = rows[rows["reporter"] != "GBR"]
    rows = rows.assign(meur=rows["eur"] / 1e6)
    return rows.groupby(["partner", "month"])["meur"].sum().reset_index()


def _iso3(names: pd.Series, path: Path) -> pd.Series:
    spelt = list(names.unique())
    codes = dict(zip(spelt, to_iso3(spelt), strict=True))
    unknown = [name for name, code in codes.items() if code is None]
    if unknown:
        raise SourceError(f"{path}: unknown partner(s): {first_five(unknown)}; add them to core/countries.csv")
    return names.map(codes)


def _by_code(path: Path) -> pd.DataFrame:
    """Sum over the reporting members: cn_code, partner, month, meur."""
    import duckdb

    if not path.is_file():
        raise SourceError(f"{path}: no such file; see docs/explanation/re-exports.md for where it comes from")
    with duckdb.connect() as connection:
        try:
            rows = connection.from_parquet(str(path)).project(COLUMNS)
            _refuse(rows, path)
            total = rows.aggregate("cn_code, partner, month, sum(value) / 1e6 as meur", "cn_code, partner, month")
            return total.order("cn_code, partner, month").df()
        except duckdb.Error as fault:
            raise SourceError(f"{path}: not the table that was expected ({str(fault).splitlines()[0]})") from None


def _refuse(rows: duckdb.DuckDBPyRelation, path: Path) -> None:
    faults = Faults(path)
    for what, condition in {
        "code has neither 4 nor 8 digits": "not regexp_full_match(cn_code, '[0-9]{4}|[0-9]{8}')",
        "flow is not EXPORT": "flow <> 'EXPORT'",
        "indicator is not VALUE_IN_EUROS": "indicator <> 'VALUE_IN_EUROS'",
        "month is not written 2020-01": f"not regexp_full_match(month, '{MONTH}')",
        "value is missing, negative or not a number": "value is null or not value >= 0 or isnan(value)",
    }.items():
        bad = len(rows.filter(condition).limit(6).fetchall())
        if bad:
            faults.add(f"{what} in {bad if bad < 6 else 'more than 5'} row(s)", remedy="take the file anew")
    keys = "cn_code, reporter, partner, month"
    if rows.aggregate(f"{keys}, count(*) as n", keys).filter("n > 1").limit(1).fetchall():
        faults.add("rows that occur twice", remedy="take the file anew")
    months = {str(m) for (m,) in rows.project("month").distinct().fetchall()}
    if not months:
        faults.add("no row", remedy="take the file anew")
    faults.stop()
    absent = sorted(set(span(min(months), max(months))) - months)
    if absent:
        faults.add(f"no row of {first_five(absent)}", remedy="take the file anew")
    faults.stop()


def _broken(rows: pd.DataFrame) -> pd.DataFrame:
    """Headings whose codes changed in January 2022: share of 2021 in codes that ended, of 2022 in codes that began."""
    code = rows.groupby(["product", "cn_code"])["month"].agg(["min", "max"])
    year = rows.assign(year=rows["month"].str[:4]).pivot_table(
        index=["product", "cn_code"], columns="year", values="meur", aggfunc="sum", fill_value=0.0
    )
    table = code.join(year[["2021", "2022"]])
    table["ended"] = table["2021"].where(table["max"] < BREAK, 0.0)
    table["began"] = table["2022"].where(table["min"] >= BREAK, 0.0)
    total = table.groupby("product")[["2021", "2022", "ended", "began"]].sum()
    shares = (total["ended"] / total["2021"].clip(lower=1e-6)).rename("share_of_2021_in_codes_that_ended")
    starts = (total["began"] / total["2022"].clip(lower=1e-6)).rename("share_of_2022_in_codes_that_began")
    found = shares.to_frame().join(starts)
    return found[(shares - starts).abs() > TOLERATED].reset_index()
