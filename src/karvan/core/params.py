"""Uncertain parameters: a range with a most likely value and a source, and how a draw is made."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from karvan.core.errors import SymbolError


@dataclass(frozen=True, eq=False)
class Range:
    """A parameter known within bounds: triangular between `low` and `high` with its peak at `mode`.

    Values may be numbers or arrays of one shape. `together` (0..1) is the correlation of the normal scores of the
    cells of an array: 0 draws every cell by itself, 1 moves all of them together.
    """

    mode: Any
    low: Any
    high: Any
    source: str = ""
    together: float = 0.0

    def __post_init__(self) -> None:
        """Check that low <= mode <= high in every cell."""
        mode, low, high = (np.asarray(v, dtype=float) for v in (self.mode, self.low, self.high))
        if not (mode.shape == low.shape == high.shape):
            raise SymbolError(f"range: mode, low and high have shapes {mode.shape}, {low.shape}, {high.shape}")
        if not np.isfinite([mode, low, high]).all():
            raise SymbolError(f"range: mode {self.mode}, low {self.low}, high {self.high} must be finite")
        if (low > mode).any() or (mode > high).any():
            raise SymbolError(
                f"range: low <= mode <= high is broken: low {self.low}, mode {self.mode}, high {self.high}"
            )
        if not 0 <= self.together <= 1:
            raise SymbolError(f"range: together is {self.together}, expected 0..1")

    def draw(self, name: str, seed: int, draw: int) -> Any:
        """Return draw number `draw`: the same for the same (name, seed, draw), whatever else is drawn."""
        from scipy.special import ndtr

        mode, low, high = (np.asarray(v, dtype=float) for v in (self.mode, self.low, self.high))
        rng = np.random.default_rng([seed, draw, zlib.crc32(name.encode())])
        scores = np.sqrt(self.together) * rng.standard_normal() + np.sqrt(1 - self.together) * rng.standard_normal(
            mode.shape
        )
        value = triangular(ndtr(scores), low, mode, high)
        return float(value) if value.ndim == 0 else value


def triangular(u: np.ndarray, low: np.ndarray, mode: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Inverse of the triangular distribution function at u in (0, 1)."""
    width = high - low
    peak = np.divide(mode - low, width, out=np.zeros_like(width), where=width > 0)
    left = low + np.sqrt(u * width * (mode - low))
    right = high - np.sqrt((1 - u) * width * (high - mode))
    return np.where(u < peak, left, right)


class Params:
    """Named uncertain parameters, for example `Params(theta=Range(mode, low, high, source="..."))`.

    Only `theta` (sector) is read by the trade equilibrium; a name that no model reads is an error in `sweep`.
    Uncertain quantities of shocks (a friction between 2 and 10 %) stand in their scenario, not here.
    """

    def __init__(self, **entries: Range) -> None:
        wrong = [name for name, entry in entries.items() if not isinstance(entry, Range)]
        if wrong:
            raise SymbolError(f"parameter {wrong[0]!r}: expected a Range(mode, low, high, source=...)")
        self.entries: Mapping[str, Range] = dict(entries)

    def draw(self, seed: int, draw: int) -> dict[str, Any]:
        """Return one value per entry for draw number `draw`."""
        return {name: entry.draw(name, seed, draw) for name, entry in self.entries.items()}

    def __repr__(self) -> str:
        return f"Params({', '.join(self.entries) or 'nothing uncertain'})"
