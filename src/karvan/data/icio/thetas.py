"""Trade elasticities by industry: six published sets, a middle and a range."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from karvan.core.errors import SourceError
from karvan.core.labels import suggest
from karvan.core.params import Range
from karvan.core.source import Block
from karvan.data.icio.layout import EDITIONS, industries, services, table

PAPERS = {
    "BSY": "Bagwell, Staiger and Yurukoglu (2021)",
    "CP": "Caliendo and Parro (2015), 99 % sample",
    "FGO": "Fontagne, Guimbard and Orefice (2022)",
    "GYY": "Giri, Yi and Yilmazkuday (2021)",
    "LL": "Lashkaripour and Lugovskyy (2023)",
    "Shap": "Shapiro (2016)",
}
FLOOR = 1.5
CRUDE = (15.0, 20.0, 30.0)  # low, mode, high: nearly one good everywhere; no set sees it, assumed
SERVICES = (2.5, 4.0, 6.0)  # no set estimates services; assumed
OIL = ("B06", "B05_06")
DEFAULT = "median"
SPAN = "second lowest to second highest of six published sets; crude oil 15 to 30 and services 2.5 to 6 assumed"


class Thetas(NamedTuple):
    """The chosen elasticities, their range, the published sets, and where they came from."""

    theta: np.ndarray  # (j,)
    range: Range
    sets: dict[str, np.ndarray]
    blocks: list[Block]


def build(sectors: Sequence[str], choice: Any = DEFAULT) -> Thetas:
    """Return elasticities for the sectors of a table.

    Parameters
    ----------
    choice : "median" of the sets, the name of a set ("CP"), a number, {sector: number} over the median, or (sector,)

    Raises
    ------
    SourceError
        Unknown set or sector.
    """
    fixed = np.array([s in OIL for s in sectors]), np.isin(sectors, services(sectors))
    published = np.array([_set(name, sectors) for name in PAPERS])
    ordered = np.sort(np.maximum(published, FLOOR), axis=0)
    low, mode, high = ordered[1], np.median(ordered, axis=0), ordered[-2]
    for where, values in zip(fixed, (CRUDE, SERVICES), strict=True):
        low, mode, high = (np.where(where, v, a) for v, a in zip(values, (low, mode, high), strict=True))
    kept = fixed[0] | fixed[1]
    sets = {n: np.where(kept, mode, np.maximum(v, FLOOR)) for n, v in zip(PAPERS, published, strict=True)}
    theta, said = _chosen(choice, mode, sets, sectors)
    span = Range(theta, np.minimum(low, theta), np.maximum(high, theta), source=SPAN, together=0.5)
    papers = ", ".join(PAPERS.values())
    blocks = [
        Block("theta", "goods but crude oil", f"{said}: {papers}", "published numbers", "borrowed", SPAN),
        Block("theta", "crude oil, services", flag="assumed", note="20 in 15 to 30; 4 in 2.5 to 6"),
    ]
    return Thetas(theta, span, sets, blocks)


def _set(name: str, sectors: Sequence[str]) -> np.ndarray:
    """(j,) one published set; an industry of two parts takes their mean."""
    column = next(c for e, c in EDITIONS.items() if set(sectors) <= set(industries(e)))
    values = {row["sector"]: float(row[name]) for row in table("thetas")}
    parts = {
        s: [values[r["extended"]] for r in table("sectors") if r[column] == s and r["kind"] == "good"] for s in sectors
    }
    return np.array([np.mean(parts[s]) if parts[s] else SERVICES[1] for s in sectors])


def _chosen(
    choice: Any, mode: np.ndarray, sets: dict[str, np.ndarray], sectors: Sequence[str]
) -> tuple[np.ndarray, str]:
    if isinstance(choice, str):
        if choice != DEFAULT and choice not in sets:
            raise SourceError(f"theta: no set {choice!r}.{suggest(choice, (DEFAULT, *sets))}")
        return (mode, "median of six sets") if choice == DEFAULT else (sets[choice], PAPERS[choice])
    if isinstance(choice, Mapping):
        unknown = [s for s in choice if s not in sectors]
        if unknown:
            raise SourceError(f"theta: no sector {unknown[0]!r}.{suggest(unknown[0], sectors)}")
        return np.array([float(choice.get(s, m)) for s, m in zip(sectors, mode, strict=True)]), "given, over the median"
    values = np.asarray(choice, dtype=float)
    if values.shape not in ((), (len(sectors),)):
        raise SourceError(f"theta: shape {values.shape}, expected one number or {len(sectors)}, one per sector")
    return np.broadcast_to(values, (len(sectors),)).copy(), "given"
