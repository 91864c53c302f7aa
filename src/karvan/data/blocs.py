"""Trade blocs as data: members with dates, kind, common tariff, pool shares by period."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from datetime import date
from importlib.resources import files
from typing import Any

from karvan.core.bloc import Bloc


def blocs(year: int, countries: Sequence[str]) -> list[Bloc]:
    """Return the blocs of a year, with the members that are countries of a world.

    A member counts from the year it joined. Pool shares are those in force at the end of the year; the share of a
    member that is not in the world would be lost, so it must be there.
    """
    table = tomllib.loads(files("karvan.data").joinpath("blocs.toml").read_text(encoding="utf-8"))
    when = date(year, 12, 31)
    present = {
        name: [m["country"] for m in entry["members"] if m["since"] <= when and m["country"] in countries]
        for name, entry in table.items()
    }
    return [_bloc(name, table[name], when, members) for name, members in present.items() if members]


def _bloc(name: str, entry: dict[str, Any], when: date, members: list[str]) -> Bloc:
    periods = [p for p in entry.get("pool", []) if p["since"] <= when]
    shares = periods[-1]["shares"] if periods else {}
    total = sum(shares.values())
    return Bloc(
        name=name,
        members=tuple(members),
        kind=entry["kind"],
        shares={c: s / total for c, s in shares.items()},
        common_tariff=entry.get("common_tariff", ""),
        exceptions=tuple((a, b) for a, b in entry.get("exceptions", [])),
        title=entry["title"],
        source=entry["source"],
    )
