"""Vanished shipments: exported to the hub by the sellers' records, not imported by the hub's."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from karvan.core.errors import InfeasibleError, LabelError


class Vanished(NamedTuple):
    """By period: what is missing from the hub's records, and its range; same unit as the reports."""

    missing: np.ndarray
    low: np.ndarray
    high: np.ndarray
    usual: float


def vanished(exported: np.ndarray, imported: np.ndarray, before: np.ndarray) -> Vanished:
    """Shipments that left for the hub and did not arrive, against the ratio of the two reports before.

    usual = sum_before M / sum_before X,   missing[t] = usual X[t] - M[t]

    The ratio takes care of freight, definitions and lags as far as they are the same before and after. The range takes
    the smallest and the largest ratio of a single period before: with few periods it is not a probability.

    Parameters
    ----------
    exported : (t,) the sellers' exports to the hub, X
    imported : (t,) the hub's imports from the sellers, M, same unit
    before : (t,) true for periods before the treatment

    Raises
    ------
    LabelError
        The three arrays differ in length.
    InfeasibleError
        Fewer than two periods before, or nothing exported in one of them.
    """
    X, M, before = np.asarray(exported, float), np.asarray(imported, float), np.asarray(before, bool)
    if not X.shape == M.shape == before.shape:
        raise LabelError(f"exported {X.shape}, imported {M.shape} and before {before.shape} must have the same periods")
    if before.sum() < 2 or (X[before] <= 0).any():
        raise InfeasibleError(
            f"{int(before.sum())} period(s) before the treatment, {int((X[before] <= 0).sum())} of them without "
            "exports; the usual ratio needs at least two with exports"
        )
    ratios = M[before] / X[before]
    usual = float(M[before].sum() / X[before].sum())
    return Vanished(usual * X - M, ratios.min() * X - M, ratios.max() * X - M, usual)
