"""Uncertain parameters: a range or a normal law with its most likely value and source, and how a draw is made."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from karvan.core.errors import SymbolError

NORMAL_END = 1.6448536269514722  # standard deviations from the mean to the 5 and 95 % points


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
        rng = generator(name, seed, draw)
        scores = np.sqrt(self.together) * rng.standard_normal() + np.sqrt(1 - self.together) * rng.standard_normal(
            mode.shape
        )
        value = triangular(ndtr(scores), low, mode, high)
        return float(value) if value.ndim == 0 else value


@dataclass(frozen=True, eq=False)
class Normal:
    """A parameter known by an estimate: normal around `mean`.

    Parameters
    ----------
    mean : a number, or (k,) numbers that are drawn together
    spread : for a number its standard error; for (k,) their standard errors, or their (k, k) covariance
    source : who estimated it

    `mode` is the mean; `low` and `high` are the 5 and 95 % points of each value by itself.

    Raises
    ------
    SymbolError
        Shapes do not fit, a standard error is negative, or the covariance is not symmetric and positive definite.
    """

    mean: Any
    spread: Any
    source: str = ""

    def __post_init__(self) -> None:
        """Check shapes, signs, and that the covariance is one."""
        mean, spread = np.asarray(self.mean, dtype=float), np.asarray(self.spread, dtype=float)
        if mean.ndim > 1 or spread.shape not in (mean.shape, mean.shape * 2):
            raise SymbolError(
                f"normal: mean and spread have shapes {mean.shape} and {spread.shape}; expected a number and its "
                "standard error, or (k,) means with (k,) standard errors or a (k, k) covariance"
            )
        if not (np.isfinite(mean).all() and np.isfinite(spread).all()):
            raise SymbolError(f"normal: mean {self.mean} and spread {self.spread} must be finite")
        if spread.ndim < 2 and (spread < 0).any():
            raise SymbolError(f"normal: a standard error is not negative; got {self.spread}")
        if spread.ndim == 2:
            _require_covariance(spread)

    @property
    def covariance(self) -> np.ndarray:
        """(k, k) covariance; (1, 1) for a number."""
        spread = np.asarray(self.spread, dtype=float)
        return spread if spread.ndim == 2 else np.diag(np.atleast_1d(spread) ** 2)

    @property
    def se(self) -> Any:
        """Standard errors, in the shape of the mean."""
        return np.sqrt(np.diag(self.covariance)).reshape(np.shape(self.mean))[()]

    @property
    def mode(self) -> Any:
        """The most likely value: the mean."""
        return self.mean

    @property
    def low(self) -> Any:
        """The 5 % point."""
        return np.asarray(self.mean, dtype=float) - NORMAL_END * self.se

    @property
    def high(self) -> Any:
        """The 95 % point."""
        return np.asarray(self.mean, dtype=float) + NORMAL_END * self.se

    def draw(self, name: str, seed: int, draw: int) -> Any:
        """Return draw number `draw`: the same for the same (name, seed, draw), whatever else is drawn.

        The first k values do not depend on those after them.
        """
        mean, spread = np.asarray(self.mean, dtype=float), np.asarray(self.spread, dtype=float)
        scores = generator(name, seed, draw).standard_normal(mean.shape)
        value = mean + (np.linalg.cholesky(spread) @ scores if spread.ndim == 2 else spread * scores)
        return float(value) if value.ndim == 0 else value


def _require_covariance(spread: np.ndarray) -> None:
    scale = np.abs(spread).max(initial=0.0)
    if not np.allclose(spread, spread.T, rtol=0, atol=1e-12 * scale):
        raise SymbolError("normal: the covariance is not symmetric")
    try:
        np.linalg.cholesky(spread)
    except np.linalg.LinAlgError:
        smallest = float(np.linalg.eigvalsh(spread).min())
        raise SymbolError(
            f"normal: the covariance is not positive definite (smallest eigenvalue {smallest:.3g}); a covariance "
            "between two values is below the product of their standard errors"
        ) from None


def generator(name: str, seed: int, draw: int) -> np.random.Generator:
    """Return the generator of one draw of one parameter."""
    return np.random.default_rng([seed, draw, zlib.crc32(name.encode())])


def triangular(u: np.ndarray, low: np.ndarray, mode: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Inverse of the triangular distribution function at u in (0, 1)."""
    width = high - low
    peak = np.divide(mode - low, width, out=np.zeros_like(width), where=width > 0)
    left = low + np.sqrt(u * width * (mode - low))
    right = high - np.sqrt((1 - u) * width * (high - mode))
    return np.where(u < peak, left, right)


class Params:
    """Named uncertain parameters, for example `Params(theta=Range(mode, low, high, source="..."))`.

    An entry is a `Range` or a `Normal`. Only `theta` (sector) is read by the trade equilibrium; a name that no model
    reads is an error in `sweep`. Uncertain quantities of shocks (a friction between 2 and 10 %) stand in their
    scenario, not here.
    """

    def __init__(self, **entries: Range | Normal) -> None:
        wrong = [name for name, entry in entries.items() if not isinstance(entry, Range | Normal)]
        if wrong:
            raise SymbolError(
                f"parameter {wrong[0]!r}: expected a Range(mode, low, high, source=...) or a Normal(mean, spread)"
            )
        self.entries: Mapping[str, Range | Normal] = dict(entries)

    def draw(self, seed: int, draw: int) -> dict[str, Any]:
        """Return one value per entry for draw number `draw`."""
        return {name: entry.draw(name, seed, draw) for name, entry in self.entries.items()}

    def __repr__(self) -> str:
        return f"Params({', '.join(self.entries) or 'nothing uncertain'})"
