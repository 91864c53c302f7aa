"""Two reports of one flow made into one figure with a range."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Combined(NamedTuple):
    """All (p,): `weight` of the first report, in [0, 1]; `value`, `low`, `high` in the unit of the reports."""

    weight: np.ndarray
    value: np.ndarray
    low: np.ndarray
    high: np.ndarray


def combine(first: np.ndarray, second: np.ndarray, v1: np.ndarray, v2: np.ndarray, spreads: float = 1.645) -> Combined:
    """Combine two reports, both fob, with weights inverse to their variances (Gaulier and Zignago 2010, section 3.3).

    w = v2 / (v1 + v2),  ln F = w ln X + (1 - w) ln(M / cif),  var = v1 v2 / (v1 + v2) * max(1, gap^2 / (v1 + v2))

    The value lies between the two reports; with equal variances it is their geometric mean. The range widens when the
    reports are farther apart than their variances lead one to expect (the ratio of Birge 1932). Where one report is
    missing (nan) or zero the other is taken, with its own variance; where both are, the value is nan.

    Parameters
    ----------
    first, second : (p,) reports
    v1, v2 : (p,) variances of their logs, > 0
    spreads : half width of the range in standard errors; 1.645 for 90 %
    """
    has1, has2 = np.nan_to_num(first) > 0, np.nan_to_num(second) > 0
    a = np.log(np.where(has1, first, np.where(has2, second, 1.0)))
    b = np.log(np.where(has2, second, np.where(has1, first, 1.0)))
    total = v1 + v2
    both = has1 & has2
    weight = np.where(both, v2 / total, has1.astype(float))
    variance = np.where(both, v1 * v2 / total * np.maximum(1.0, (a - b) ** 2 / total), np.where(has1, v1, v2))
    log, half = weight * a + (1 - weight) * b, spreads * np.sqrt(variance)
    none = ~(has1 | has2)
    value, low, high = (np.where(none, np.nan, np.exp(z)) for z in (log, log - half, log + half))
    # Rounding must not push the value past a report.
    value = np.where(both, np.clip(value, np.minimum(first, second), np.maximum(first, second)), value)
    return Combined(weight, value, low, high)
