"""Everything a baseline implies: derived from flows, tariffs and input coefficients, never loaded."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Baseline(NamedTuple):
    """Quantities derived from (M, tau, gamma, beta, pool). Money in MUSD, shares as fractions."""

    X: np.ndarray  # (n, j) expenditure with tariff
    pi: np.ndarray  # (n, i, j) supplier shares; zero where X is zero
    Y: np.ndarray  # (i, j) output
    V: np.ndarray  # (n,) value added
    D: np.ndarray  # (n,) deficit after the duty pool
    duties: np.ndarray  # (n,) duties collected
    pooled: np.ndarray  # (n,) duties paid into the pool
    net_pool: np.ndarray  # (n,) receipts from the pool less payments
    R: np.ndarray  # (n,) revenue after pooling
    I: np.ndarray  # (n,) income
    alpha: np.ndarray  # (n, j) final demand shares; sum to one, may be negative before a rule is applied


def derive(
    M: np.ndarray, tau: np.ndarray, gamma: np.ndarray, beta: np.ndarray, pool: np.ndarray, collection: np.ndarray
) -> Baseline:
    """Derive spending, output, income and final demand from flows (docs/explanation/trade-equilibrium.md).

    X = sum_i M (1 + tau),  Y = sum_n M,  V = sum_j beta Y,  R = duties + net pool,
    D = imports - exports - net pool,  I = V + R + D,  alpha = (X - gamma Y) / I.

    Parameters
    ----------
    M, tau : (n, i, j) imports at customs value, MUSD; tariff, fraction
    gamma : (n, k, j) input shares; beta : (n, j) value-added shares
    pool : (u, n) treaty shares; collection : (u,) part of the duty that reaches the pool
    """
    paid = M * (1 + tau)
    X = paid.sum(axis=1)
    pi = np.divide(paid, X[:, None, :], out=np.zeros_like(paid), where=X[:, None, :] > 0)
    Y = M.sum(axis=0)
    V = (beta * Y).sum(axis=1)
    by_pair = (M * tau).sum(axis=2)
    duties = by_pair.sum(axis=1)
    pooled = (by_pair * pooled_part(pool, collection)).sum(axis=1)
    net_pool = pool.T @ (member(pool) @ pooled) - pooled
    trade = M.sum(axis=2)
    D = trade.sum(axis=1) - trade.sum(axis=0) - net_pool
    R = duties + net_pool
    I = V + R + D
    final = X - np.einsum("nkj,nj->nk", gamma, Y)
    alpha = np.divide(
        final, I[:, None], out=np.zeros_like(final), where=I[:, None] > 0
    )  # no income: refused by the World
    return Baseline(X, pi, Y, V, D, duties, pooled, net_pool, R, I, alpha)


def member(pool: np.ndarray) -> np.ndarray:
    """(u, n) one where a country belongs to the union that pools its duties: a positive treaty share."""
    return (pool > 0).astype(float)


def pooled_part(pool: np.ndarray, collection: np.ndarray) -> np.ndarray:
    """(n, i) part of the duty of importer n on exporter i that goes to the pool of n's union.

    The collection rate where n is a member and i is not; zero elsewhere.
    """
    inside = member(pool)
    return np.einsum("u,un,ui->ni", collection, inside, 1 - inside)
