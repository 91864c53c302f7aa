"""Whole numbers for the levels of a group."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np


def effect(codes: dict[str, np.ndarray], text: str) -> np.ndarray:
    """Whole numbers 0, 1, ... for the levels of an effect such as exporter-year."""
    import pandas as pd

    return pd.factorize(joined([codes[part] for part in text.split("-")]))[0]


def joined(parts: Iterable[np.ndarray]) -> np.ndarray:
    """One whole number for every combination that occurs."""
    key = np.zeros(1, dtype=np.int64)
    for part in parts:
        low = int(part.min())
        key = key * (int(part.max()) - low + 1) + (part.astype(np.int64) - low)
    return key
