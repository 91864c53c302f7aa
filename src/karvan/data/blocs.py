"""Trade blocs as data: members with dates, kind, common tariff, pool shares by period."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

from karvan.core.bloc import Bloc


def blocs(year: int, countries: Sequence[str], *, spread: bool = False) -> list[Bloc]:
    """Return the blocs of a year, with the members that are countries of a world.

    A member counts from the year it joined. Pool shares are those in force at the end of the year; the share of a
    member that is not in the world would be lost, so it must be there; `spread` gives it to the other members instead.
    """
    table, when = _read(), date(year, 12, 31)
    present = {name: [c for c in members(name, year) if c in countries] for name in table}
    return [_bloc(name, table[name], when, inside, spread) for name, inside in present.items() if inside]


def members(name: str, year: int | None = None) -> list[str]:
    """Return the members of a bloc at the end of a year, the latest when none is given; REU is the rest of the EU."""
    when = date.max if year is None else date(year, 12, 31)
    listed = _read()[name]["members"]
    return [m["country"] for m in listed if m["since"] <= when <= m.get("until", date.max)]


@cache
def _read() -> dict[str, Any]:
    return tomllib.loads(files("karvan.data").joinpath("blocs.toml").read_text(encoding="utf-8"))


def _bloc(name: str, entry: dict[str, Any], when: date, members: list[str], spread: bool) -> Bloc:
    periods = [p for p in entry.get("pool", []) if p["since"] <= when]
    shares = periods[-1]["shares"] if periods else {}
    shares = {c: s for c, s in shares.items() if c in members or not spread}
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
