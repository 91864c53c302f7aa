"""What the tables of this result share: names, sources, rounding."""

from __future__ import annotations

import csv
from functools import cache
from importlib.resources import files
from typing import Any

HUBS = ("ARM", "GEO", "KAZ", "KGZ", "UZB")
CCA3 = ("ARM", "KAZ", "KGZ")
DESTINATION = "RUS"
AFTER = "2022-03"
UNION = ("ARM", "BLR", "KAZ", "KGZ", "RUS")
EUROSTAT = (
    "Eurostat Comext, EU exports of listed products, 2020-01 to 2022-11 (collected by github vzemlys/ruimpeks, MIT)"
)
TOTALS = "Eurostat Comext, EU exports of all goods (collected by github mary-lev/eu-export-sanctions, Apache-2.0)"
NATIONAL = "national statistics offices of the hubs (collected by github mary-lev/eu-export-sanctions, Apache-2.0)"
COMTRADE = "UN Comtrade, HS 8703, reporters Armenia and Georgia (collected by github tavad/tvyal_newsletter)"
PUBLISHED = "Chupilkin, Javorcik and Plekhanov (2025), CEPR Discussion Paper 20097"


@cache
def _headings() -> dict[str, str]:
    text = files("karvan.data.recipes.reexports_2022").joinpath("headings.csv").read_text(encoding="utf-8")
    return {row["code"]: row["name"] for row in csv.DictReader(text.splitlines())}


def name(code: str) -> str:
    """Name of a heading in our short words; else its chapter's, said to be one."""
    names = _headings()
    return names.get(code) or f"{names.get(code[:2], 'chapter ' + code[:2])} (chapter {code[:2]})"


def number(value: Any, digits: int = 3) -> float | None:
    """Plain rounded number; None where it is not finite."""
    import math

    return round(float(value), digits) + 0.0 if math.isfinite(value) else None
