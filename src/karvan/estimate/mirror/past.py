"""What was before: the latest earlier value of a pair, and the shares of partners in earlier years."""

from __future__ import annotations

from typing import TYPE_CHECKING

from karvan.estimate.mirror.reports import FLOW
from karvan.estimate.mirror.thresholds import Thresholds

if TYPE_CHECKING:
    import pandas as pd


def latest(flows: pd.DataFrame, past: pd.DataFrame | None) -> pd.DataFrame:
    """Add `history` (MUSD) and `history_year`: the latest value before each flow's year, nan where there is none."""
    import pandas as pd

    if past is None or past.empty or flows.empty:
        return flows.assign(history=float("nan"), history_year=float("nan"))
    old = past.rename(columns={"year": "history_year", "value_musd": "history"})
    old = old[["exporter", "importer", "history_year", "history"]].astype({"history_year": "int64"})
    left = flows.astype({"year": "int64"}).sort_values("year", kind="stable")
    found = pd.merge_asof(
        left, old.sort_values("history_year", kind="stable"), left_on="year", right_on="history_year",
        by=["exporter", "importer"], allow_exact_matches=False,
    )  # fmt: skip
    return found.sort_values(FLOW, ignore_index=True)


def earlier_shares(reports: pd.DataFrame, past: pd.DataFrame | None, limits: Thresholds) -> pd.DataFrame:
    """Return shares of partners in earlier years (share_then, value_then, ...) per flow, side and later year.

    The reporter's own earlier report where its list of partners is complete, of the latest year not more than
    `jump_years` before; where it has none, the history's (`other` is true). `year` is the year that is to be judged.
    """
    import pandas as pd

    out = reports["flow"] == "exports"
    own = reports[(reports["valuation"] != "reconciled") & reports["complete"]].assign(
        exporter=reports["reporter"].where(out, reports["partner"]),
        importer=reports["partner"].where(out, reports["reporter"]),
        side=reports["flow"],
        rank=0,
    )
    parts = [own.drop(columns=["reporter", "partner", "flow", "valuation", "complete"])]
    if past is not None:
        parts += [past.assign(side=side, rank=1) for side in ("exports", "imports")]
    rows = pd.concat(parts, ignore_index=True)
    who = rows["exporter"].where(rows["side"] == "exports", rows["importer"])
    rows["share"] = rows["value_musd"] / rows.groupby([who, "side", "year", "source"])["value_musd"].transform("sum")
    old = {"share": "share_then", "source": "source_then", "value_musd": "value_then"}
    rows = rows.rename(columns=old).assign(year_then=rows["year"])
    later = [rows.assign(year=rows["year_then"] + step) for step in range(1, limits.jump_years + 1)]
    found = pd.concat(later).sort_values(["rank", "year_then"], ascending=[True, False], kind="stable")
    found["other"] = found["rank"] == 1
    keep = [*FLOW, "side", "share_then", "value_then", "year_then", "source_then", "other"]
    return found.drop_duplicates([*FLOW, "side"])[keep].reset_index(drop=True)
