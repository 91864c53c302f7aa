"""Invented panels of trade flows with known coefficients."""

from __future__ import annotations

import numpy as np
import pandas as pd

AGREEMENT, DISTANCE = 0.5, -0.9


def flows(
    countries: int = 8, years: int = 4, *, noise: float = 0.3, zeros: float = 0.0, seed: int = 0, step: int = 1
) -> pd.DataFrame:
    """All pairs and years, own sales too: exporter, importer, year, trade, agreement, distance."""
    rng = np.random.default_rng(seed)
    i, j, t = (v.ravel() for v in np.meshgrid(*(np.arange(n) for n in (countries, countries, years)), indexing="ij"))
    where = rng.uniform(0, 10, (countries, 2))
    distance = 1 + np.hypot(*(where[:, None] - where[None, :]).transpose(2, 0, 1))[i, j]
    starts = rng.integers(1, years + 4, (countries, countries))
    agreement = ((t >= np.minimum(starts, starts.T)[i, j]) & (i != j)).astype(float)
    out, into = rng.normal(0, 0.5, (2, countries, years))
    mean = np.exp(AGREEMENT * agreement + DISTANCE * np.log(distance) + out[i, t] + into[j, t] + 3 + 2 * (i == j))
    trade = mean * np.exp(noise * rng.normal(size=i.size) - noise**2 / 2) * (rng.uniform(size=i.size) >= zeros)
    names = np.array([f"C{n:02d}" for n in range(countries)])
    columns = {"exporter": names[i], "importer": names[j], "year": 2000 + step * t, "trade": trade}
    return pd.DataFrame({**columns, "agreement": agreement, "distance": distance})
