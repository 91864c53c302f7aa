"""The equations of MODELS section 1 once more, with plain loops and nothing shared with the kernel."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from karvan import Outcome, World


def residuals(world: World, out: Outcome, change: dict[str, Any]) -> dict[str, float]:
    """Return the largest relative gap of every equation at a published solution.

    Only `w_hat` and `P_hat`, the unknowns, and spending `X_new` are taken as given; costs, shares, flows, duties, the
    pool, incomes and balances are computed again.
    """
    N, J = range(len(world.countries)), range(len(world.sectors))
    w, P, X = out.values["w_hat"], out.values["P_hat"], out.values["X_new"]
    tau = change.get("tau_new", world.tau)
    d = change.get("d_hat", np.ones_like(world.M))
    A_hat = change.get("A_hat", np.ones((len(N), len(J))))
    pool = change.get("pool_new", world.pool)
    gap = {"price": 0.0, "share": 0.0, "flow": 0.0, "labour": 0.0, "spending": 0.0, "balance": 0.0, "income": 0.0}
    gap |= {"welfare": 0.0, "pool": 0.0, "wage": 0.0}
    cost = [[_cost(world, w, P, A_hat, i, j) for j in J] for i in N]
    flow = np.zeros(world.M.shape)
    for n in N:
        for j in J:
            if X[n, j] == 0:
                continue
            phi = 0.0
            for i in N:
                kappa = d[n, i, j] * (1 + tau[n, i, j]) / (1 + world.tau[n, i, j])
                phi += 0.0 if math.isinf(kappa) else world.pi[n, i, j] * (cost[i][j] * kappa) ** -world.theta[j]
            gap["price"] = max(gap["price"], abs(phi ** (-1 / world.theta[j]) / P[n, j] - 1))
            for i in N:
                kappa = d[n, i, j] * (1 + tau[n, i, j]) / (1 + world.tau[n, i, j])
                share = 0.0
                if not math.isinf(kappa):
                    share = world.pi[n, i, j] * (cost[i][j] * kappa) ** -world.theta[j] / phi
                flow[n, i, j] = share * X[n, j] / (1 + tau[n, i, j])
                gap["share"] = max(gap["share"], abs(share - out.values["pi_new"][n, i, j]))
    gap["flow"] = float(np.abs(flow - out.values["M_new"]).max() / flow.max())
    duties, paid = [0.0 for _ in N], [0.0 for _ in N]
    for n in N:
        for i in N:
            for j in J:
                duty = tau[n, i, j] * flow[n, i, j]
                duties[n] += duty
                for u in range(len(pool)):
                    if pool[u, n] > 0 and pool[u, i] == 0:
                        paid[n] += world.collection[u] * duty
    net = [-paid[n] for n in N]
    for u in range(len(pool)):
        total = sum(paid[m] for m in N if pool[u, m] > 0)
        for n in N:
            net[n] += pool[u, n] * total
    for n in N:
        size = world.I[n]
        Y = [sum(flow[m, n, j] for m in N) for j in J]
        VA = sum(world.beta[n, j] * Y[j] for j in J)
        L = sum(world.beta[n, j] * world.Y[n, j] for j in J)
        imports = sum(flow[n, i, j] for i in N for j in J if i != n)
        exports = sum(flow[m, n, j] for m in N for j in J if m != n)
        income = w[n] * L + duties[n] + net[n] + out.values["deficit_new"][n]
        gap["labour"] = max(gap["labour"], abs(VA / (w[n] * L) - 1))
        gap["balance"] = max(gap["balance"], abs(exports - imports + out.values["deficit_new"][n] + net[n]) / size)
        gap["income"] = max(gap["income"], abs(income / out.values["I_new"][n] - 1))
        gap["pool"] = max(gap["pool"], abs(net[n] - out.values["net_pool_new"][n]) / size)
        for k in J:
            wanted = sum(world.gamma[n, k, j] * Y[j] for j in J) + world.alpha[n, k] * income
            gap["spending"] = max(gap["spending"], abs(wanted - X[n, k]) / size)
        living = math.prod(P[n, j] ** world.alpha[n, j] for j in J)
        gap["welfare"] = max(gap["welfare"], abs(income / size / living / out.values["welfare_hat"][n] - 1))
        gap["wage"] = max(gap["wage"], abs(w[n] / living / out.values["real_wage_hat"][n] - 1))
    return gap


def _cost(world: World, w: np.ndarray, P: np.ndarray, A_hat: np.ndarray, i: int, j: int) -> float:
    cost = w[i] ** world.beta[i, j] / A_hat[i, j]
    for k in range(len(world.sectors)):
        cost *= P[i, k] ** world.gamma[i, k, j]
    return float(cost)
