"""How long the oil lasts: reserves, a plateau, then an exponential decline that uses up exactly what is left.

With production q, reserves R and decline delta a year, the tail of an exponential decline holds `q / delta`, so the
plateau lasts `R / q - 1 / delta` years. Where the reserves do not even hold that tail, the decline starts at once, at
`q / R`. "Years left" in the usual sense, R / q, is how long the oil would last if production never fell.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np

from karvan.core.errors import LabelError, SourceError
from karvan.core.table import Table
from karvan.macro.history import History, read_history

CASES = ("low", "mode", "high")
YEARS = (0, 5, 10, 15, 20, 25, 30, 40, 50)


class Field(NamedTuple):
    """Production of a country ahead: `q` Mt a year now, `reserves` Mt at the first year, `decline` a year."""

    q: float
    reserves: np.ndarray | float
    decline: np.ndarray | float

    def shape(self) -> tuple[np.ndarray, np.ndarray]:
        """Years of plateau and the decline used."""
        left = np.asarray(self.reserves, float) / self.q
        delta = np.maximum(np.asarray(self.decline, float), 1 / left)
        return left - 1 / delta, delta

    def production(self, t: int) -> np.ndarray:
        """Mt in year t (0 is the first); exact integral over the year, so that all years add up to the reserves."""
        plateau, delta = self.shape()
        a, b = np.maximum(t - plateau, 0.0), np.maximum(t + 1 - plateau, 0.0)
        return self.q * ((1 - (b - a)) + (np.exp(-delta * a) - np.exp(-delta * b)) / delta)

    def left(self, t: int) -> np.ndarray:
        """Mt left in the ground at the start of year t."""
        plateau, delta = self.shape()
        after = np.maximum(t - plateau, 0.0)
        return np.where(
            t <= plateau, np.asarray(self.reserves, float) - self.q * t, self.q / delta * np.exp(-delta * after)
        )


class OilHorizon(NamedTuple):
    """Answers on the oil: years left, plateau, production and exports ahead, and the claim that it ends soon."""

    country: str
    start: int
    q: float
    fields: dict[str, Field]
    exports: float | None
    claim: float | None
    source: str

    def table(self) -> Table:
        """Years left at today's production, years of plateau, and production at the claimed end, by stated reserves."""
        rows = []
        for name, field in self.fields.items():
            plateau, delta = (float(v) for v in field.shape())
            at = 20 if self.claim is None else int(self.claim)
            rows.append(
                (name, float(field.reserves), delta, float(field.reserves) / self.q, plateau, self.start + plateau,
                 float(field.production(at)) / self.q, float(field.left(at)))
            )  # fmt: skip
        at = 20 if self.claim is None else int(self.claim)
        columns = ("case", "reserves_mt", "decline", "years_left", "plateau_years", "plateau_ends",
                   f"output_share_{self.start + at}", f"left_mt_{self.start + at}")  # fmt: skip
        return Table(columns, tuple(rows), f"{self.country}: oil left at {self.q:.1f} Mt a year; {self.source}")

    def ahead(self) -> Table:
        """Production and exports by year in Mt for the three cases; exports are what is not used at home today."""
        home = None if self.exports is None else self.q - self.exports
        rows = []
        for t in YEARS:
            output = [float(f.production(t)) for f in self.fields.values()]
            sold = [None if home is None else max(v - home, 0.0) for v in output]
            rows.append((self.start + t, *output, *sold))
        columns = ("year", *(f"output_{c}" for c in self.fields), *(f"exports_{c}" for c in self.fields))
        return Table(columns, tuple(rows), f"{self.country}: Mt a year; use at home held at today's amount")

    def answer(self) -> str:
        """One sentence on the claimed end."""
        if self.claim is None:
            return f"no claim_oil in the facts of {self.country}; nothing to answer"
        low, mode, high = (float(f.reserves) / self.q for f in self.fields.values())
        ends = [float(f.shape()[0]) for f in self.fields.values()]
        word = "not supported" if low > self.claim else "within the range"
        return (
            f"'The oil is gone in {self.claim:.0f} years' is {word} by stated reserves: at {self.q:.0f} Mt a year they "
            f"last {low:.0f} to {high:.0f} years ({mode:.0f} by proven reserves). What ends sooner is the plateau: "
            f"after {min(ends):.0f} to {max(ends):.0f} years if output then falls by the assumed rates."
        )


def oil_horizon(
    country: str = "KAZ", *, data: Path | str | History | None = None, start: int | None = None
) -> OilHorizon:
    """Return how long a country's oil lasts under its stated reserves and the assumed decline.

    Parameters
    ----------
    country, data : as in `fund`; the facts `reserves` and `decline` and the series `production` are needed.
    start : first year ahead; default the year after the last with production.

    Raises
    ------
    SourceError
        A figure is missing, or the start lies before the last production.
    """
    history = data if isinstance(data, History) else read_history(country, data)
    production = history.get("production", "the oil horizon")
    last = max(production)
    first = last + 1 if start is None else start
    if first <= last:
        raise SourceError(f"start {first} lies before the end of the production series ({last}); give a later year")
    field = fields(history, first)
    exports = history.series.get("exports", {})
    share = [exports[y] / production[y] for y in exports if y in production]
    claim = history.facts.get("claim_oil")
    r, d = history.facts["reserves"], history.facts["decline"]
    source = f"reserves: {r.source}; decline: {d.source}"
    q = production[last]
    sold = float(np.mean(share)) * q if share else None
    return OilHorizon(history.country, first, q, field, sold, None if claim is None else claim.mode, source)


def fields(history: History, start: int) -> dict[str, Field]:
    """Low, mode and high reserves, each with a decline: much oil falls slowly, little oil fast."""
    return {case: field_at(history, start, case) for case in CASES}


def field_at(history: History, start: int, case: str) -> Field:
    """One case; what is produced between the year of the stated reserves and the start is taken off, or added back."""
    if case not in CASES:
        raise LabelError(f"unknown case {case!r}; it is low, mode or high")
    reserves, decline = history.fact("reserves", "the oil horizon"), history.fact("decline", "the oil horizon")
    production = history.get("production", "the oil horizon")
    q = production[max(production)]
    other = {"low": "high", "mode": "mode", "high": "low"}[case]
    gone = sum(production.get(y, q) for y in range(reserves.year, start))
    gone -= sum(production.get(y, q) for y in range(start, reserves.year))
    left = getattr(reserves, case) - gone
    if left <= 0:
        raise SourceError(f"reserves of {getattr(reserves, case):g} Mt ({case}) are used up before {start}")
    return Field(q, left, getattr(decline, other))


def draw_field(history: History, start: int, rng: np.random.Generator, size: int) -> Field:
    """Reserves and decline drawn from triangles over their ranges, independently."""
    middle = field_at(history, start, "mode")
    reserves, decline = history.facts["reserves"], history.facts["decline"]
    shift = float(middle.reserves) - reserves.mode
    drawn = _triangle(rng, reserves.low, reserves.mode, reserves.high, size) + shift
    return Field(middle.q, np.maximum(drawn, middle.q), _triangle(rng, decline.low, decline.mode, decline.high, size))


def _triangle(rng: np.random.Generator, low: float, mode: float, high: float, size: int) -> np.ndarray:
    return np.full(size, mode) if low == high else rng.triangular(low, mode, high, size)
