"""Chapter 1 of the Advanced Guide: every printed digit of three tables."""

from __future__ import annotations

import pytest
from paths import shared

from karvan import replicate


@pytest.mark.parametrize(("table", "count"), [("traditional", 9), ("distance", 111), ("agreements", 73)])
def test_every_printed_digit(table: str, count: int) -> None:
    rows = replicate("agtpa-gravity", shared("agtpa") / "agtpa", table=table).to_dicts()
    assert len(rows) == count
    assert not [row for row in rows if row["verdict"] != "agrees"]
    for row in rows:
        if row["quantity"] != "flows":
            assert round(row["karvan"], 3) == pytest.approx(row["paper"], abs=1e-9), row
