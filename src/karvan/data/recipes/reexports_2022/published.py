"""Our numbers beside published ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from karvan.core.table import Table
from karvan.data.recipes.reexports_2022.common import PUBLISHED

EBRD = "EBRD, as reported by theinsightpost and riskadvisory"


def table(tables: Mapping[str, Table]) -> Table:
    """Published statements on re-exports, what the tables give for the same, and why they may differ."""
    share = _row(tables["offset"], "ARM+KAZ+KGZ, against other goods")
    missing = _row(tables["vanished"], "ARM+KAZ+KGZ")
    exports = next(r for r in tables["all_goods"].to_dicts() if (r["partner"], r["year"]) == ("KAZ", 2022))
    many = _row(tables["offset"], "headings of these, offset above 50 %")["value"]
    rows = (
        (
            "fall of exports to Russia offset", "%", "below 10", share["value"], share["low"], share["high"],
            "theirs EU and UK, six digits, to 2023, with vanished shipments; ours EU, four digits, to November 2022",
            PUBLISHED,
        ),
        (
            "products with more than half offset", "number", "numerous", many, None, None,
            "theirs six-digit products, ours headings; point estimates", PUBLISHED,
        ),
        (
            "added exports that vanished", "%", "around 50", missing["missing % of that"], missing["low %"],
            missing["high %"], "theirs EU and UK by product; ours EU, all goods, against 2019-2021", PUBLISHED,
        ),
        (
            "exports to Kazakhstan in 2022 over 2021", "%", "80", exports["above %"], None, None,
            "theirs EU, UK and US; ours EU", EBRD,
        ),
    )  # fmt: skip
    columns = ("what", "unit", "published", "ours", "low", "high", "why they may differ", "source")
    return Table(columns, rows, "Published statements beside this estimate (Eurostat data)")


def _row(table: Table, label: str) -> dict[str, Any]:
    return next(r for r in table.to_dicts() if next(iter(r.values())) == label)
