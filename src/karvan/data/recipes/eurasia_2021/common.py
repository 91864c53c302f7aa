"""Shared pieces of the recipe: the assumptions, biproportional fitting, reading a CSV of facts."""

from __future__ import annotations

import csv
import tomllib
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np

from karvan.core.errors import SourceError

YEAR = 2021


@cache
def assumptions() -> dict[str, Any]:
    """Return the recipe's assumptions as plain data."""
    text = files("karvan.data.recipes.eurasia_2021").joinpath("assumptions.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def here(name: str) -> Path:
    """Return the path of a table that lies beside the recipe."""
    return Path(str(files("karvan.data.recipes.eurasia_2021").joinpath(name)))


def countries() -> list[str]:
    """Return the countries in the order of the world."""
    return list(assumptions()["countries"])


def sectors() -> list[str]:
    """Return the sectors in the order of the world."""
    return list(assumptions()["sectors"])


def goods() -> np.ndarray:
    """(j,) true for goods."""
    return np.array([s not in assumptions()["services"] for s in sectors()])


def place(code: str) -> int:
    """Return the position in the world of a country given by its ISO3 code: its own, its group's, or the rest."""
    a = assumptions()
    name = "RCA" if code in a["rca"] else "REU" if code in a["rest_of_eu"] else code
    return countries().index(name) if name in countries() else len(countries()) - 1


def mix(shares: dict[str, float]) -> np.ndarray:
    """(j,) shares by sector from a table, summing to one."""
    values = np.array([float(shares.get(s, 0.0)) for s in sectors()])
    return values / values.sum()


def ras(seed: np.ndarray, rows: np.ndarray, columns: np.ndarray, steps: int = 500) -> np.ndarray:
    """Biproportional fitting: scale rows and columns of a matrix until it has the given sums.

    Columns are scaled to the total of the rows first; a row or column without seed gets a thin even one.
    """
    table = np.array(seed, dtype=float)
    columns = columns * rows.sum() / columns.sum()
    thin = 1e-6 * np.outer(rows, columns) / rows.sum()
    table = np.where((rows[:, None] > 0) & (columns[None, :] > 0), table + thin, 0.0)
    for _ in range(steps):
        table *= (rows / np.where(table.sum(axis=1) > 0, table.sum(axis=1), 1.0))[:, None]
        table *= (columns / np.where(table.sum(axis=0) > 0, table.sum(axis=0), 1.0))[None, :]
        if np.abs(table.sum(axis=1) - rows).max() < 1e-9 * rows.sum():
            break
    return table


def facts(source: Path, name: str) -> list[dict[str, str]]:
    """Read a CSV of the facts folder."""
    return rows(need(source / "facts" / f"{name}.csv"))


def rows(path: Path) -> list[dict[str, str]]:
    """Read a CSV as dictionaries."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def need(path: Path) -> Path:
    """Return the path if the file is there."""
    if not path.is_file():
        raise SourceError(f"{path}: not found; the recipe eurasia-2021 needs it (see docs/explanation/eurasia-2021.md)")
    return path
