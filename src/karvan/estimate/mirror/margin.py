"""The cif/fob margin: what freight and insurance add to the exporter's price, by robust gravity regression."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from karvan.estimate.mirror.robust import bisquare, standard_errors
from karvan.estimate.mirror.thresholds import Thresholds


class Margin(NamedTuple):
    """`factor` (p,) cif over fob of every pair; `names`, `estimate`, `se` of the regression (empty when assumed)."""

    factor: np.ndarray
    names: tuple[str, ...]
    estimate: np.ndarray
    se: np.ndarray
    pairs: int
    assumed: bool


def fit_margin(x: np.ndarray, m: np.ndarray, Z: np.ndarray, names: tuple[str, ...], limits: Thresholds) -> Margin:
    """Estimate ln(M/X) = b0 + Z b by Tukey's bisquare regression on pairs with both reports; cif/fob = exp(b0 + Z b).

    Parameters
    ----------
    x, m : (p,) exporter's (fob) and importer's (cif) report, MUSD; nan or 0 where there is none
    Z : (p, k) log distance, contiguity, landlocked ends, log unit values; nan where not known
    names : of Z's columns
    limits : margin_floor_musd, least_pairs, assumed_margin, margin_low, margin_high

    Returns
    -------
    Margin, its factor held between margin_low and margin_high; a pair without Z gets the median; with fewer than
    least_pairs pairs every factor is the assumed one, and says so.

    Source: Gaulier and Zignago (2010), section 3.1; robust because reports hold gross errors.
    """
    known = np.isfinite(Z).all(axis=1)
    with np.errstate(invalid="ignore"):
        used = known & (np.minimum(x, m) >= limits.margin_floor_musd)
    varied = [k for k in range(Z.shape[1]) if used.any() and np.ptp(Z[used, k]) > 0]
    if used.sum() < limits.least_pairs + 10 * len(varied):
        factor = np.full(x.size, limits.assumed_margin)
        return Margin(factor, (), np.empty(0), np.empty(0), int(used.sum()), True)
    design = np.column_stack([np.ones(x.size), np.where(known[:, None], Z, 0.0)[:, varied]])
    beta, residual, scale = bisquare(design[used], np.log(m[used] / x[used]))
    se = standard_errors(design[used], residual, scale)
    factor = np.clip(np.exp(design @ beta), limits.margin_low, limits.margin_high)
    factor = np.where(known, factor, np.median(factor[used]))
    return Margin(factor, ("constant", *(names[k] for k in varied)), beta, se, int(used.sum()), False)
