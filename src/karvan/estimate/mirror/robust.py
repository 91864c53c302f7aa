"""Regression that gross errors cannot move: Tukey's bisquare on a dense or sparse design."""

from __future__ import annotations

from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

TUKEY = 4.685
ROUNDS, BY_ABSOLUTE = 50, 10
LEAST_WEIGHT = 1e-3
RIDGE = 1e-7


def bisquare(design: Any, y: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    """Return coefficients (k,), residuals (p,) and the scale of Tukey's bisquare regression.

    Iterated least squares, ten rounds towards least absolute deviations and then with weights
    (1 - (r / 4.685 s)^2)^2, s the normalised median absolute residual. A small ridge settles collinear columns, so that
    effects of exporters and importers may both be full sets.

    Parameters
    ----------
    design : (p, k) array or sparse matrix
    y : (p,)
    """
    weight = np.ones(y.size)
    with threadpool_limits(1):
        for step in range(ROUNDS):
            beta = _solve(design, y, weight)
            residual = y - design @ beta
            scale = 1.4826 * float(np.median(np.abs(residual))) + 1e-12
            off = np.abs(residual) / scale
            new = 1 / np.maximum(off, 0.1) if step < BY_ABSOLUTE else np.clip(1 - (off / TUKEY) ** 2, 0, None) ** 2
            new = np.maximum(new, LEAST_WEIGHT)
            if step > BY_ABSOLUTE and np.abs(new - weight).max() < 1e-4:
                break
            weight = new
    return beta, residual, scale


def standard_errors(design: np.ndarray, residual: np.ndarray, scale: float) -> np.ndarray:
    """(k,) standard errors of `bisquare` coefficients: s^2 mean(psi^2) / mean(psi')^2 (X'X)^-1 (Huber 1981, 7.6)."""
    u = residual / scale
    inside = np.abs(u) < TUKEY
    square = 1 - (u / TUKEY) ** 2
    psi = np.where(inside, u * square**2, 0.0)
    slope = np.where(inside, square * (1 - 5 * (u / TUKEY) ** 2), 0.0)
    p, k = design.shape
    variance = scale**2 * (psi**2).sum() / (p - k) / slope.mean() ** 2
    return np.asarray(np.sqrt(variance * np.diag(np.linalg.inv(design.T @ design))))


def _solve(design: Any, y: np.ndarray, weight: np.ndarray) -> np.ndarray:
    from scipy.sparse import issparse

    if issparse(design):
        weighted = design.multiply(weight[:, None]).tocsr()
        A = (weighted.T @ design).toarray()
    else:
        weighted = design * weight[:, None]
        A = weighted.T @ design
    return np.asarray(np.linalg.solve(A + RIDGE * np.eye(A.shape[0]), weighted.T @ y))
