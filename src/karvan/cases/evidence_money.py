"""What a case asks of the stored results on money: the oil fund, the debt, the neighbour's currency."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from karvan.core.errors import SourceError
from karvan.core.table import Table
from karvan.data import evidence

KEYS = ("evidence", "definitions", "processes", "rules", "draws", "seed", "own", "neighbour", "stress", "why")
NOT_ASKED = ("evidence", "why")  # keys that change no number


def money(case: Mapping[str, Any]) -> dict[str, Table]:
    """Tables of the stored results on fund, debt and currency, under "money."; refused if made with other options."""
    given = case["money_evidence"]
    found = evidence.read(given["evidence"])
    asked = {"country": case["country"], **{k: v for k, v in given.items() if k not in NOT_ASKED}}
    other = [k for k, v in asked.items() if found.record["options"][k] != v]
    if other:
        raise SourceError(
            f"case {case['name']}, money_evidence: {given['evidence']} was made with another {other[0]}; "
            f"build it again (karvan.data.evidence.build)"
        )
    return {f"money.{name}": table for name, table in found.tables.items()}
