"""Data files that come with karvan, by country: rates, periods, events, gaps, prices, sources."""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path
from typing import NamedTuple

from karvan.core.errors import LabelError
from karvan.core.labels import suggest

FOLDER = Path(__file__).parents[1] / "data"


class Period(NamedTuple):
    """A stretch of time with one regime; kind is period, part (of the one before) or pooled."""

    name: str
    kind: str
    start: str
    end: str
    why: str = ""
    source: str = ""


def pairs() -> list[dict[str, str]]:
    """Return the pairs of currencies that come with karvan."""
    return _rows(FOLDER / "currency_pairs.csv")


def pair(own: str, neighbour: str) -> dict[str, str] | None:
    """Return the row of a pair, or None when its data are not shipped."""
    return next((p for p in pairs() if (p["own"], p["neighbour"]) == (own, neighbour)), None)


def require(own: str, neighbour: str) -> dict[str, str]:
    """Return the row of a pair, or say which there are.

    Raises
    ------
    LabelError
        The pair is not shipped; names the nearest, and how to bring a file.
    """
    found = pair(own, neighbour)
    if found is None:
        known = [f"{p['own']}/{p['neighbour']}" for p in pairs()]
        hint = suggest(f"{own}/{neighbour}", known)
        raise LabelError(
            f"no rates of {own} and {neighbour} come with karvan.{hint} For other currencies give a file with the "
            "columns date, currency, per_usd (data=, --data)"
        )
    return found


def rates_file(country: str, every: str) -> Path:
    """Return the shipped file of a country: weekly, or monthly."""
    return FOLDER / country.lower() / f"currency_{'monthly' if every == 'month' else 'weekly'}.csv"


def periods(country: str) -> list[Period]:
    """Return the periods of a country, in order."""
    return [Period(**row) for row in country_rows(country, "periods")]


def country_rows(country: str, name: str) -> list[dict[str, str]]:
    """Return the rows of currency_<name>.csv of a country, as text."""
    return _rows(FOLDER / country.lower() / f"currency_{name}.csv")


@cache
def _read(path: Path) -> tuple[tuple[tuple[str, str], ...], ...]:
    with path.open(encoding="utf-8", newline="") as file:
        return tuple(tuple(row.items()) for row in csv.DictReader(file))


def _rows(path: Path) -> list[dict[str, str]]:
    return [dict(row) for row in _read(path)]
