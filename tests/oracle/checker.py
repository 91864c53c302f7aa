"""The equations of docs/explanation/trade-equilibrium.md again, in plain loops that share nothing with the kernel."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from karvan import Outcome, World

NAMES = ("price", "share", "flow", "cost", "labour", "spending", "balance", "income", "welfare", "pool", "wage")


class Change(NamedTuple):
    """The primitives after the change, in full arrays."""

    tau: np.ndarray
    d: np.ndarray
    A: np.ndarray
    pool: np.ndarray


def residuals(world: World, out: Outcome, change: dict[str, Any]) -> dict[str, float]:
    """Return the largest relative gap of every equation at a published solution.

    Only `w_hat` and `P_hat`, the unknowns, spending `X_new` and, in the costs of sectors with immobile factors or scale
    economies, output `Y_new` are taken as given; costs, shares, flows, output, duties, the pool, rents, incomes and
    balances are computed again.
    """
    N, J = len(world.countries), len(world.sectors)
    new = Change(
        change.get("tau_new", world.tau),
        change.get("d_hat", np.ones((N, N, J))),
        change.get("A_hat", np.ones((N, J))),
        change.get("pool_new", world.pool),
    )
    gap = dict.fromkeys(NAMES, 0.0)
    flow = _flows(world, out, new, gap)
    duties, net = _revenue(world, new, flow)
    for n in range(N):
        _country(world, out, n, flow, duties[n], net[n], gap)
    return gap


def _flows(world: World, out: Outcome, new: Change, gap: dict[str, float]) -> np.ndarray:
    N, J = range(len(world.countries)), range(len(world.sectors))
    P, X = out.values["P_hat"], out.values["X_new"]
    flow = np.zeros(world.M.shape)
    for j in J:
        theta = world.theta[j]
        log_cost = [_log_cost(world, out, new.A, i, j) for i in N]
        for n in N:
            if X[n, j] == 0:
                continue
            logs = [-math.inf for _ in N]  # logarithms: twenty times the cost to the power -60 is a small number
            for i in N:
                if world.pi[n, i, j] > 0 and not math.isinf(new.d[n, i, j]):
                    kappa = new.d[n, i, j] * (1 + new.tau[n, i, j]) / (1 + world.tau[n, i, j])
                    logs[i] = math.log(world.pi[n, i, j]) - theta * (log_cost[i] + math.log(kappa))
            top = max(logs)
            log_phi = top + math.log(sum(math.exp(x - top) for x in logs))
            gap["price"] = max(gap["price"], abs(-log_phi / theta - math.log(P[n, j])))
            for i in N:
                share = math.exp(logs[i] - log_phi)
                flow[n, i, j] = share * X[n, j] / (1 + new.tau[n, i, j])
                gap["share"] = max(gap["share"], abs(share - out.values["pi_new"][n, i, j]))
        for i in N:
            if flow[:, i, j].any():
                gap["cost"] = max(gap["cost"], abs(log_cost[i] - math.log(out.values["c_hat"][i, j])))
    gap["flow"] = float(np.abs(flow - out.values["M_new"]).max() / flow.max())
    return flow


def _log_cost(world: World, out: Outcome, A_hat: np.ndarray, i: int, j: int) -> float:
    """Log of c = vhat ** beta prod P ** gamma / (A Lhat ** psi), vhat = w ** (1-s) Yhat ** s, Lhat = Yhat / w."""
    log_w, s = math.log(out.values["w_hat"][i]), world.specific[i, j]
    log_Y = 0.0
    if (s or world.psi[j]) and world.Y[i, j] > 0 and out.values["Y_new"][i, j] > 0:
        log_Y = math.log(out.values["Y_new"][i, j] / world.Y[i, j])
    log_v = (1 - s) * log_w + s * log_Y
    cost = world.beta[i, j] * log_v - math.log(A_hat[i, j]) - world.psi[j] * (log_Y - log_w)
    for k in range(len(world.sectors)):
        cost += world.gamma[i, k, j] * math.log(out.values["P_hat"][i, k])
    return float(cost)


def _revenue(world: World, new: Change, flow: np.ndarray) -> tuple[list[float], list[float]]:
    """Duties of every country (its own diagonal included) and its net receipts from the pool."""
    N, J = range(len(world.countries)), range(len(world.sectors))
    duties, paid = [0.0 for _ in N], [0.0 for _ in N]
    for n in N:
        for i in N:
            for j in J:
                duty = new.tau[n, i, j] * flow[n, i, j]
                duties[n] += duty
                for u in range(len(new.pool)):
                    if new.pool[u, n] > 0 and new.pool[u, i] == 0:
                        paid[n] += world.collection[u] * duty
    net = [-paid[n] for n in N]
    for u in range(len(new.pool)):
        total = sum(paid[m] for m in N if new.pool[u, m] > 0)
        for n in N:
            net[n] += new.pool[u, n] * total
    return duties, net


def _country(
    world: World, out: Outcome, n: int, flow: np.ndarray, duty: float, net: float, gap: dict[str, float]
) -> None:
    N, J = range(len(world.countries)), range(len(world.sectors))
    w, P, X, size = out.values["w_hat"], out.values["P_hat"], out.values["X_new"], world.I[n]
    deficit = out.values["deficit_new"][n]
    Y = [sum(flow[m, n, j] for m in N) for j in J]
    labour = sum((1 - world.specific[n, j]) * world.beta[n, j] * Y[j] for j in J)
    rents = sum(world.specific[n, j] * world.beta[n, j] * Y[j] for j in J)
    L = sum((1 - world.specific[n, j]) * world.beta[n, j] * world.Y[n, j] for j in J)
    imports = sum(flow[n, i, j] for i in N for j in J if i != n)
    exports = sum(flow[m, n, j] for m in N for j in J if m != n)
    income = w[n] * L + rents + duty + net + deficit
    trade = 0.5 * (exports + imports) + abs(deficit) + abs(net)

    def note(name: str, value: float) -> None:
        gap[name] = max(gap[name], abs(value))

    note("labour", labour / (w[n] * L) - 1)
    note("balance", (exports - imports + deficit + net) / trade if trade > 0 else 0.0)
    note("income", (income - out.values["I_new"][n]) / (w[n] * L + rents))
    note("pool", (net - out.values["net_pool_new"][n]) / size)
    for k in J:
        if X[n, k] > 0:
            wanted = sum(world.gamma[n, k, j] * Y[j] for j in J) + world.alpha[n, k] * income
            note("spending", (wanted - X[n, k]) / X[n, k])
    living = sum(world.alpha[n, j] * math.log(P[n, j]) for j in J)
    note("welfare", income / size / math.exp(living) / out.values["welfare_hat"][n] - 1)
    note("wage", w[n] / math.exp(living) / out.values["real_wage_hat"][n] - 1)
