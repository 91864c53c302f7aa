"""What a flow should be: robust gravity with effects of exporter and importer, and how far flows scatter around it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy import sparse

from karvan.estimate.mirror.robust import bisquare
from karvan.estimate.mirror.spread import decompose


class Expectation(NamedTuple):
    """Log of the expected flow and its spread (standard deviation of the log), (p,) each; nan where not known."""

    log: np.ndarray
    spread: np.ndarray
    slopes: np.ndarray


def expect(
    value: np.ndarray, exporter: np.ndarray, importer: np.ndarray, size: int, X: np.ndarray, *, floor: float, cap: float
) -> Expectation:
    """Expected flows from exporter and importer effects and pair variables, by Tukey's bisquare regression.

    ln v_ij = e_i + m_j + X_ij b + error

    Parameters
    ----------
    value : (p,) flows, MUSD; those below `floor` are not used but get an expectation
    exporter, importer : (p,) positions of countries, below `size`
    X : (p, k) pair variables; rows with nan get no expectation
    floor : MUSD
    cap : largest |residual| that counts for the spread

    Returns
    -------
    Expectation; it holds for flows that are not zero: where trade is zero for good reasons it is too high, which is why
    the rule for zeros asks for a lower bound.
    """
    known = np.isfinite(X).all(axis=1)
    used = known & (value >= floor)
    design = _design(exporter, importer, size, np.where(known[:, None], X, 0.0))
    y = np.log(np.where(used, value, 1.0))
    beta, *_ = bisquare(design[used], y[used])
    log = design @ beta
    residual = np.clip(y - log, -cap, cap)[used]
    s = decompose(residual, exporter[used], importer[used], (size, size), shared=False, prior=20.0)
    met_i, met_j = np.bincount(exporter[used], minlength=size) > 0, np.bincount(importer[used], minlength=size) > 0
    known &= met_i[exporter] & met_j[importer]
    spread = s.tau(exporter, importer)
    return Expectation(np.where(known, log, np.nan), np.where(known, spread, np.nan), beta[2 * size :])


def _design(exporter: np.ndarray, importer: np.ndarray, size: int, X: np.ndarray) -> sparse.csr_matrix:
    rows, one = np.arange(exporter.size), np.ones(exporter.size)
    shape = (exporter.size, size)
    i = sparse.csr_matrix((one, (rows, exporter)), shape)
    j = sparse.csr_matrix((one, (rows, importer)), shape)
    return sparse.hstack([i, j, sparse.csr_matrix(X)]).tocsr()
