"""Real income, labour by sector, and first-order parts of real income."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


def price_of_living(P_hat: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """(n,) price of final demand: prod_j P_hat[n, j] ** alpha[n, j]."""
    return np.exp((alpha * np.log(P_hat)).sum(axis=1))


def labour(Y: np.ndarray, Y_new: np.ndarray, w_hat: np.ndarray) -> np.ndarray:
    """(n, j) L_hat = Y_hat / w_hat: labour in a sector earns a fixed part of its output; one where nothing is made."""
    made = Y > 0
    return np.where(made, Y_new / (np.where(made, Y, 1.0) * w_hat[:, None]), 1.0)


class FirstOrder(NamedTuple):
    """First-order welfare, as fractions of income."""

    terms_of_trade: np.ndarray
    volume_of_trade: np.ndarray


def first_order(M: np.ndarray, tau: np.ndarray, I: np.ndarray, M_new: np.ndarray, c_hat: np.ndarray) -> FirstOrder:
    """What Caliendo and Parro (2015, eq. 20) print as welfare: one step at initial tariffs, not the exact change.

    tot[n] = sum_ij (M[i, n, j] dln c[n, j] - M[n, i, j] dln c[i, j]) / I[n]
    vot[n] = sum_ij tau[n, i, j] M[n, i, j] (dln M[n, i, j] - dln c[i, j]) / I[n]

    with dln as the relative change (ratio - 1), M at customs value, c the exporter's unit cost.

    Parameters
    ----------
    M, M_new, tau : (n, i, j); I : (n,); c_hat : (i, j)
    """
    own = np.arange(I.size)
    goods, duty, goods_new, rate = (np.moveaxis(x, 2, 0) for x in (M, tau * M, M_new, tau))  # [j, n, i]
    growth, cost = (c_hat - 1).T, np.ascontiguousarray(c_hat.T)
    exports = (goods.sum(axis=1) - goods[:, own, own]) * growth
    imports = np.matmul(goods, growth[:, :, None])[:, :, 0] - goods[:, own, own] * growth
    before = np.matmul(duty, cost[:, :, None])[:, :, 0]
    volume = np.einsum("jni,jni->n", rate, goods_new) - before.sum(axis=0)  # tau M (M'/M - 1 - (c - 1))
    return FirstOrder((exports - imports).sum(axis=0) / I, volume / I)
