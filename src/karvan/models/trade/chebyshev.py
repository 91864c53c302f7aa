"""Chebyshev-Lobatto points on [0, 1]: nodes, spectral derivative, Clenshaw-Curtis weights, interpolation.

The points of n + 1 nodes are among those of 2 n + 1, so that a finer grid keeps what is already computed.
Trefethen (2000), Spectral Methods in MATLAB, chapters 6 and 12; Berrut and Trefethen (2004) for interpolation.
"""

from __future__ import annotations

import numpy as np


def nodes(n: int) -> np.ndarray:
    """Return the n + 1 points t[k] = (1 - cos(pi k / n)) / 2, from 0 to 1; n even."""
    return np.sin(np.pi * np.arange(n + 1) / (2 * n)) ** 2


def derivative(n: int) -> np.ndarray:
    """(n + 1, n + 1) matrix that takes values at the nodes to their derivative by t there.

    Rows sum to zero by construction, so that a constant has exactly no derivative.
    """
    t = nodes(n)
    c = np.where((np.arange(n + 1) == 0) | (np.arange(n + 1) == n), 2.0, 1.0) * (-1.0) ** np.arange(n + 1)
    D = np.outer(c, 1 / c) / (t[:, None] - t[None, :] + np.eye(n + 1))
    return D - np.diag(D.sum(axis=1))


def weights(n: int) -> np.ndarray:
    """(n + 1,) Clenshaw-Curtis weights: integrals over [0, 1] are exact for polynomials up to degree n; n even."""
    k, j = np.arange(n + 1), np.arange(1, n // 2 + 1)
    b = np.where(j == n // 2, 1.0, 2.0)
    w = 1 - (b / (4 * j**2 - 1) * np.cos(2 * np.pi * np.outer(k, j) / n)).sum(axis=1)
    return w * np.where((k == 0) | (k == n), 0.5, 1.0) / n


def interpolation(n: int, t: float) -> np.ndarray:
    """(n + 1,) weights of the values at the nodes in the polynomial through them, at a point t between nodes."""
    w = (-1.0) ** np.arange(n + 1)
    w[[0, n]] /= 2
    w /= t - nodes(n)
    return w / w.sum()
