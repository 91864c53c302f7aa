"""Tables of all goods: EU exports to hubs and to Russia, and what of it the hubs' own records never saw."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from karvan.core.table import Table
from karvan.data.recipes.reexports_2022.common import CCA3, DESTINATION, HUBS, NATIONAL, PUBLISHED, TOTALS, number
from karvan.data.sources.eu_listed import read_totals
from karvan.data.sources.hub_imports import read_hub_imports
from karvan.estimate.reexports.vanished import vanished

BEFORE = 2022


def tables(source: Path) -> dict[str, Table]:
    """Return the tables `all_goods`, `all_goods_monthly` and `vanished`."""
    totals = read_totals(source)
    return {
        "all_goods": _all_goods(totals),
        "all_goods_monthly": _monthly(totals),
        "vanished": _vanished(totals, read_hub_imports(source)),
    }


def _monthly(totals: pd.DataFrame) -> Table:
    kept = totals[totals["partner"].isin([*HUBS, DESTINATION])].sort_values(["partner", "month"])
    rows = tuple((p, m, number(v, 1)) for p, m, v in kept[["partner", "month", "meur"]].itertuples(False, None))
    return Table(("partner", "month", "MEUR"), rows, f"EU exports of all goods by month. {TOTALS}")


def _all_goods(totals: pd.DataFrame) -> Table:
    """EU exports of all goods by partner and year, beside the same months of 2021."""
    rows = []
    month = totals["month"].str[5:]
    year = totals["month"].str[:4].astype(int)
    for partner in (*HUBS, DESTINATION):
        mine = totals["partner"] == partner
        for y in sorted(year.unique()):
            months = set(month[mine & (year == y)])
            now = totals.loc[mine & (year == y), "meur"].sum()
            then = totals.loc[mine & (year == 2021) & month.isin(months), "meur"].sum()
            above = (number(now - then, 1), number(100 * (now / then - 1), 1))
            rows.append((partner, int(y), len(months), number(now, 1), *above))
    columns = ("partner", "year", "months", "MEUR", "above the same months of 2021 MEUR", "above %")
    return Table(columns, tuple(rows), f"EU exports of all goods, listed or not; no counterfactual, no range. {TOTALS}")


def _vanished(totals: pd.DataFrame, imports: pd.DataFrame) -> Table:
    """What EU members say they sent and the hub did not record, by hub and year, and as a share of what was added."""
    sent = totals.assign(year=totals["month"].str[:4].astype(int)).groupby(["partner", "year"])["meur"].sum()
    rows, sums = [], {label: np.zeros(4) for label in ("ARM+KAZ+KGZ", "all hubs")}
    for hub, seen in imports.sort_values("year").groupby("hub"):
        X, M = sent.loc[hub].reindex(seen["year"]).to_numpy(), seen["meur"].to_numpy()
        before = (seen["year"] < BEFORE).to_numpy()
        found, added = vanished(X, M, before), X - X[before].mean()
        for t, year in enumerate(seen["year"]):
            parts = np.array([found.missing[t], found.low[t], found.high[t], added[t]])
            rows.append((hub, str(year), number(X[t], 1), number(M[t], 1), *_shares(parts, year >= BEFORE)))
            if year >= BEFORE:
                sums["all hubs"] += parts
                sums["ARM+KAZ+KGZ"] += parts * (hub in CCA3)
    rows += [(label, "2022-2023", None, None, *_shares(parts, True)) for label, parts in sums.items()]
    columns = (
        "hub", "year", "EU exports MEUR", "hub's imports MEUR", "missing MEUR", "low MEUR", "high MEUR",
        "above 2019-2021 MEUR", "missing % of that", "low %", "high %",
    )  # fmt: skip
    title = (
        "Vanished: EU exports times the usual ratio of the two reports (2019-2021) less the hub's imports; ranges are "
        f"the lowest and highest ratio of a year; Armenia without 2023. {PUBLISHED}: around half of what was added, EU "
        f"and UK. {TOTALS}; {NATIONAL}"
    )
    return Table(columns, tuple(rows), title)


def _shares(parts: np.ndarray, late: bool) -> list[float | None]:
    money = [number(v, 1) for v in parts]
    percent = [number(100 * v / parts[3], 1) if late else None for v in parts[:3]]
    return [*money, *percent]
