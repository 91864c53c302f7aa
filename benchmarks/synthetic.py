"""A synthetic world of any size with input links, tariffs, deficits and a customs union that pools its duties."""

from __future__ import annotations

import numpy as np

from karvan import Bloc, World
from karvan.core.baseline import pooled_part


def world(N: int, J: int, seed: int = 1, members: int = 5) -> World:
    """Return a world of N countries and J sectors; shares are drawn, spending follows from them by iteration."""
    rng = np.random.default_rng(seed)
    services = np.arange(J) >= max(1, int(0.7 * J))
    size, place = np.exp(1.2 * rng.normal(size=N)), rng.uniform(size=(N, 2))
    far = np.linalg.norm(place[:, None] - place[None], axis=2) + 0.1
    pi = size[None, :, None] * np.exp(0.8 * rng.normal(size=(N, N, J))) / far[:, :, None] ** 1.5
    pi *= np.where(services, 0.02, 1.0) * (rng.uniform(size=(N, N, J)) > 0.1)
    own = np.arange(N)
    pi[own, own, :] = pi.sum(axis=1) * rng.uniform(1.0, 4.0, (N, J))
    pi /= pi.sum(axis=1, keepdims=True)
    mfn = rng.uniform(0, 0.15, (N, J)) * ~services
    mfn[:members] = mfn[0]
    tau = np.repeat(mfn[:, None, :], N, axis=1)
    tau[:members, :members] = 0.0
    tau[own, own] = 0.0
    alpha, beta = rng.dirichlet(np.full(J, 2.0), N), rng.uniform(0.3, 0.7, (N, J))
    gamma = np.moveaxis(rng.dirichlet(np.full(J, 0.5), (N, J)), 2, 1) * (1 - beta)[:, None, :]
    share = rng.dirichlet(np.full(members, 3.0))
    countries = [f"C{n:03d}" for n in range(N)]
    union = Bloc(
        "CU", tuple(countries[:members]), shares=dict(zip(countries, share, strict=False)), common_tariff="mfn"
    )
    pool = np.zeros((1, N))
    pool[0, :members] = share
    return World.from_arrays(
        countries=countries,
        sectors=[f"s{j:02d}" for j in range(J)],
        M=_flows(pi, tau, alpha, beta, gamma, pool, size, 0.1 * rng.uniform(-1, 1, N)),
        tau=tau,
        gamma=gamma,
        theta=rng.uniform(2.5, 8.0, J),
        year=2021,
        blocs=[union],
        services=[f"s{j:02d}" for j in np.flatnonzero(services)],
        schedules={"mfn": mfn},
        name=f"synthetic-{N}x{J}",
    )


def _flows(
    pi: np.ndarray,
    tau: np.ndarray,
    alpha: np.ndarray,
    beta: np.ndarray,
    gamma: np.ndarray,
    pool: np.ndarray,
    size: np.ndarray,
    delta: np.ndarray,
) -> np.ndarray:
    net, part = pi / (1 + tau), pooled_part(pool, np.ones(1))
    X = alpha * size[:, None] * 1e5
    for _ in range(2000):
        M = net * X[:, None, :]
        Y, by_pair = M.sum(axis=0), (M * tau).sum(axis=2)
        V, paid = (beta * Y).sum(axis=1), (by_pair * part).sum(axis=1)
        D = V * (delta - (delta * V).sum() / V.sum())
        income = V + by_pair.sum(axis=1) - paid + pool[0] * paid.sum() + D
        after = np.einsum("nkj,nj->nk", gamma, Y) + alpha * income[:, None]
        change, X = np.abs(after / X - 1).max(), after
        if change < 1e-9:
            break
    return net * X[:, None, :]
