"""Ossa (2014) once more, from the paper's equations in changes and nothing of karvan's: plain loops and fsolve.

Unknowns are wages and total spending of every country, in changes. With p = markup x wage and a fixed number of firms:

    G_j,s^(1 - sigma_s) = sum_i gamma_ijs (w_i tau_ijs)^(1 - sigma_s)           price index of importer j
    profit_is = sum_j alpha_ijs tau_ijs^-sigma_s (G_js / w_i)^(sigma_s - 1) X_j   profits, and so sales, of exporter i
    w_i = sum_s delta_is profit_is                                               wage bill is a fixed part of sales
    X_j = wage bill + profits + tariff revenue, over what it was

alpha: share of j in the sales of i; gamma: share of i in the spending of j; delta: share of s in the wage bill of i.
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import fsolve


def welfare(T: np.ndarray, t: np.ndarray, sigma: np.ndarray, t_new: np.ndarray) -> np.ndarray:
    """Real income ratio of every country; T, t, t_new are (exporter, importer, sector), trade must be balanced."""
    N, _, S = T.shape
    paid = (1 + t) * T
    X = paid.sum(axis=(0, 2))
    alpha, gamma = T / T.sum(axis=1, keepdims=True), paid / paid.sum(axis=0, keepdims=True)
    mu = paid.sum(axis=0) / X[:, None]
    wages = T.sum(axis=1) * (1 - 1 / sigma)
    delta = wages / wages.sum(axis=1, keepdims=True)
    profit = T.sum(axis=1) / sigma
    tau = (1 + t_new) / (1 + t)

    def state(unknown: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        w, spent = np.exp(unknown[:N]), np.exp(unknown[N:])
        G, profit_hat, revenue = np.empty((N, S)), np.zeros((N, S)), np.zeros(N)
        for s in range(S):
            e = 1 - sigma[s]
            for j in range(N):
                G[j, s] = sum(gamma[i, j, s] * (w[i] * tau[i, j, s]) ** e for i in range(N)) ** (1 / e)
            for i in range(N):
                for j in range(N):
                    flow = tau[i, j, s] ** -sigma[s] * (G[j, s] / w[i]) ** (sigma[s] - 1) * spent[j]
                    profit_hat[i, s] += alpha[i, j, s] * flow
                    revenue[j] += t_new[i, j, s] * T[i, j, s] * flow
        income = wages.sum(axis=1) * w + (profit * profit_hat).sum(axis=1) + revenue
        return (delta * profit_hat).sum(axis=1) / w - 1, income / X / spent - 1, (G**mu).prod(axis=1)

    def gaps(unknown: np.ndarray) -> np.ndarray:
        labour, budget, _ = state(unknown)
        labour[0] = unknown[0]  # one market is redundant, one wage is the numeraire
        return np.concatenate([labour, budget])

    found = fsolve(gaps, np.zeros(2 * N), xtol=1e-13)
    labour, budget, price = state(found)
    assert max(np.abs(labour).max(), np.abs(budget).max()) < 1e-9
    return np.exp(found[N:]) / price
