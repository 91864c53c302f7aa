"""What moves with the oil price in a country's yearly history: means, slopes, covariance, rows to draw again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from karvan.core.errors import LabelError, SourceError
from karvan.core.labels import suggest
from karvan.macro.history import History

NAMES = ("growth", "inflation", "depreciation", "rate_domestic", "rate_foreign", "primary_balance", "fund_return")
LEAST = 5
FILLS = 25
CLIP = 3.0


class Joint(NamedTuple):
    """`x = mean + slope z + u`: `factor` (k, free) is a root of the covariance of u, `rows` (row, k) are past u.

    `low`, `high` (k,) bound x; `held` are names with fewer than five years, kept at their mean; `years` says how many
    years each name has. `rows` holds FILLS copies of the history, one after the other, `length` rows each: a year's
    missing values are drawn from the covariance given that year's others, anew in every copy.
    """

    names: tuple[str, ...]
    mean: np.ndarray
    slope: np.ndarray
    sd: np.ndarray
    factor: np.ndarray
    rows: np.ndarray
    length: int
    low: np.ndarray
    high: np.ndarray
    held: tuple[str, ...]
    years: Mapping[str, tuple[int, int, int]]


def joint(history: History, *, mean_years: int = 10, means: Mapping[str, float] | None = None, seed: int = 0) -> Joint:
    """Estimate the joint distribution of the yearly series given the log change of the oil price.

    Parameters
    ----------
    mean_years : the mean of a series is that of its last so many years; slopes and covariance use every year.
    means : fractions that replace the mean of a name.

    Raises
    ------
    SourceError
        Too few years in which at least half of the series are known.
    LabelError
        `means` names something that is not drawn.
    """
    names = tuple(n for n in NAMES if n in history.series)
    for name in means or {}:
        if name not in names:
            raise LabelError(f"means: {name!r} is not drawn for {history.country}.{suggest(name, names)}")
    if not names:
        none = np.empty(0)
        return Joint((), none, none, none, np.empty((0, 0)), np.empty((LEAST, 0)), LEAST, none, none, (), {})
    years = sorted({y for n in names for y in history.series[n]})
    x = np.array([[history.series[n].get(y, np.nan) for n in names] for y in years])
    z = np.array([np.log(history.brent.year_mean(y) / history.brent.year_mean(y - 1)) for y in years])
    seen = np.isfinite(x)
    held = tuple(n for n, count in zip(names, seen.sum(0), strict=True) if count < LEAST)
    slope, u = _slopes(x, z, [n in held for n in names])
    cov = _covariance(u)
    sd = np.array([0.0 if n in held else x[seen[:, k], k].std(ddof=1) for k, n in enumerate(names)])
    mean = np.array([x[seen[:, k], k][-mean_years:].mean() for k in range(len(names))])
    for name, value in (means or {}).items():
        mean[names.index(name)] = value
    rows, length = _rows(u, cov, [n for n in names if n not in held], names, np.random.default_rng([seed, 0]))
    values, vectors = np.linalg.eigh(cov)
    factor = (vectors * np.sqrt(values.clip(0)))[:, len(held) :]  # eigenvalues rise: what is held has the first, zero
    spans = {n: _span([y for y, s in zip(years, seen[:, k], strict=True) if s]) for k, n in enumerate(names)}
    return Joint(names, mean, slope, sd, factor, rows, length, mean - CLIP * sd, mean + CLIP * sd, held, spans)


def _span(years: Sequence[int]) -> tuple[int, int, int]:
    return years[0], years[-1], len(years)


def _slopes(x: np.ndarray, z: np.ndarray, held: Sequence[bool]) -> tuple[np.ndarray, np.ndarray]:
    """Slope on z of each column over its own years, and what is left, NaN where unknown, zero for what is held."""
    slope, u = np.zeros(x.shape[1]), np.full(x.shape, np.nan)
    for k in range(x.shape[1]):
        seen = np.isfinite(x[:, k])
        if held[k]:
            u[:, k] = 0.0
            continue
        dz, dx = z[seen] - z[seen].mean(), x[seen, k] - x[seen, k].mean()
        slope[k] = dz @ dx / (dz @ dz)
        u[seen, k] = dx - slope[k] * dz
    return slope, u


def _covariance(u: np.ndarray) -> np.ndarray:
    """Covariance over the years that each pair shares (n - 2), made positive semidefinite with the variances kept."""
    k = u.shape[1]
    cov = np.zeros((k, k))
    for i in range(k):
        for j in range(i + 1):
            both = np.isfinite(u[:, i]) & np.isfinite(u[:, j])
            if both.sum() >= LEAST:
                cov[i, j] = cov[j, i] = u[both, i] @ u[both, j] / (both.sum() - 2)
    sd = np.sqrt(np.diag(cov))
    safe = np.where(sd > 0, sd, 1.0)
    values, vectors = np.linalg.eigh(cov / np.outer(safe, safe))
    near = (vectors * values.clip(1e-10)) @ vectors.T
    scale = safe * (sd > 0) / np.sqrt(np.diag(near))
    return near * np.outer(scale, scale)


def _rows(
    u: np.ndarray, cov: np.ndarray, free: Sequence[str], names: Sequence[str], rng: np.random.Generator
) -> tuple[np.ndarray, int]:
    """FILLS copies of the years in which at least half of the free series are known, blanks drawn given the rest."""
    at = [names.index(n) for n in free]
    kept = u[np.isfinite(u[:, at]).sum(1) * 2 >= max(len(at), 1)]
    if len(kept) < LEAST:
        raise SourceError(f"{len(kept)} years with at least half of {', '.join(free)}; joint draws need {LEAST}")
    copies = np.tile(kept, (FILLS, 1, 1))
    for t, row in enumerate(kept):
        m = np.flatnonzero(np.isnan(row))
        if not len(m):
            continue
        o = np.setdiff1d(np.arange(len(row)), m)
        weight = cov[np.ix_(m, o)] @ np.linalg.pinv(cov[np.ix_(o, o)])
        left = cov[np.ix_(m, m)] - weight @ cov[np.ix_(o, m)]
        values, vectors = np.linalg.eigh((left + left.T) / 2)
        root = vectors * np.sqrt(values.clip(0))
        copies[:, t, m] = weight @ row[o] + rng.standard_normal((FILLS, len(m))) @ root.T
    flat = copies.reshape(-1, u.shape[1])
    return np.asfortranarray(flat - flat.mean(0)), len(kept)
