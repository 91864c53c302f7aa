"""Small random worlds that satisfy every accounting identity by construction, and random changes to them.

Shares, tariffs, input coefficients and deficits are drawn; the linear system of the baseline equations
(docs/explanation/trade-equilibrium.md) then gives the spending that is consistent with them, and flows follow:
M = pi X / (1 + tau). So final demand is never negative.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from karvan import Bloc, Change, World

SIZES = [(2, 1), (3, 1), (2, 3), (3, 2), (4, 3), (5, 2), (6, 4), (8, 3), (10, 5), (12, 6)]


def random_world(
    rng: int | np.random.Generator,
    N: int,
    J: int,
    *,
    io: bool = True,
    tariffs: bool = True,
    deficits: float = 0.1,
    zeros: float = 0.2,
    unions: bool = True,
    theta: Any = None,
    name: str = "",
) -> World:
    """Return a valid World of N countries and J sectors.

    Parameters
    ----------
    rng : a seed or a generator
    io : input links
    tariffs : duties on goods (schedule "mfn"), free inside blocs, and a duty on the last country's own diagonal
    deficits : size of the deficits as a share of value added; 0 balances trade
    zeros : probability that a bilateral cell has no trade
    unions : with three countries or more, "CU" pools duties (collection 0.8) and, with six, "FT" is a free trade area
    """
    rng = np.random.default_rng(rng)
    services = np.zeros(J, dtype=bool)
    services[-1] = J >= 2
    blocs = _blocs(rng, N) if unions else []
    schedule = rng.uniform(0.01, 0.3, (N, J)) * ~services if tariffs else np.zeros((N, J))
    if blocs:
        schedule[: len(blocs[0].members)] = schedule[0]
    pi, alpha, gamma, beta = _shares(rng, N, J, io, zeros)
    tau = _tariffs(schedule, blocs, N) if tariffs else np.zeros((N, N, J))
    pool, collection = np.zeros((len(blocs[:1]), N)), np.array([b.collection for b in blocs[:1]])
    for b in blocs[:1]:
        pool[0, : len(b.members)] = [b.shares[c] for c in b.members]
    M = flows(pi, tau, alpha, gamma, beta, pool, collection, deficits * rng.uniform(-1, 1, N))
    sectors = labels("s", J)
    return World.from_arrays(
        countries=labels("C", N),
        sectors=sectors,
        M=M,
        tau=tau,
        gamma=gamma if io else None,
        theta=rng.uniform(2.5, 8.0, J) if theta is None else theta,
        year=2021,
        blocs=blocs,
        services=[s for s, is_service in zip(sectors, services, strict=True) if is_service],
        schedules={"mfn": schedule, "wto-bound": schedule * rng.uniform(0.5, 1.5, schedule.shape)} if tariffs else None,
        sources={"M": "drawn at random"},
        name=name or f"random-{N}x{J}",
    )


def labels(letter: str, count: int) -> list[str]:
    return [f"{letter}{i:02d}" for i in range(count)]


def _blocs(rng: np.random.Generator, N: int) -> list[Bloc]:
    if N < 3:
        return []
    names = labels("C", N)
    members = tuple(names[: 2 if N < 5 else 3])
    share = rng.dirichlet(np.full(len(members), 3.0))
    blocs = [
        Bloc(
            "CU",
            members,
            shares=dict(zip(members, share / share.sum(), strict=True)),
            collection=0.8,
            common_tariff="mfn",
        )
    ]
    return [*blocs, Bloc("FT", tuple(names[3:5]), kind="free_trade")] if N >= 6 else blocs


def _shares(
    rng: np.random.Generator, N: int, J: int, io: bool, zeros: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    trade = rng.gamma(1.0, size=(N, N, J)) * (rng.uniform(size=(N, N, J)) >= zeros)
    for n in range(N):
        trade[n, n, :] = rng.uniform(1, 3 * N, J)
        trade[n, (n + 1) % N, 0] = trade[n, (n + 1) % N, 0] + 0.3  # a ring keeps the world in one piece
    if zeros and J >= 2 and N >= 3:
        trade[:, N - 1, 0] = 0.0  # the last country does not produce the first sector
        trade[N - 1, 1, 0] += 0.5
        trade[N - 2, 0, 0] += 0.3
        trade[:, N - 1, 2 if J == 3 else 1] += 0.2
    if J >= 3:
        trade[:, :, J - 2] = np.eye(N)  # not traded
    alpha = rng.dirichlet(np.full(J, 2.0), N)
    beta = rng.uniform(0.3, 0.8, (N, J)) if io else np.ones((N, J))
    gamma = np.moveaxis(rng.dirichlet(np.full(J, 1.0), (N, J)), 2, 1) * (1 - beta)[:, None, :]
    if zeros and J >= 4 and N >= 3:  # nobody in country 1 buys sector 1, for final use or as an input
        alpha[1, 1] = 0.0
        alpha[1] /= alpha[1].sum()
        gamma[1, 1, :] = 0.0
        beta = 1 - gamma.sum(axis=1)
    return trade / trade.sum(axis=1, keepdims=True), alpha, gamma, beta


def _tariffs(schedule: np.ndarray, blocs: list[Bloc], N: int) -> np.ndarray:
    tau = np.repeat(schedule[:, None, :], N, axis=1)
    names = labels("C", N)
    for bloc in blocs:
        inside = np.isin(names, bloc.members)
        tau[np.ix_(inside, inside)] = 0.0
    tau[np.arange(N), np.arange(N)] = 0.0
    tau[N - 1, N - 1] = 0.1 * schedule[N - 1]
    return tau


def flows(
    pi: np.ndarray,
    tau: np.ndarray,
    alpha: np.ndarray,
    gamma: np.ndarray,
    beta: np.ndarray,
    pool: np.ndarray,
    collection: np.ndarray,
    delta: np.ndarray,
) -> np.ndarray:
    """Solve X = gamma Y + alpha (V + T + NP + D), 1000 per market on average, and return M = pi X / (1 + tau).

    `delta` is the wish for D / V; it is centred, and halved until no spending is negative.
    """
    N, _, J = pi.shape
    net = pi / (1 + tau)
    inside = pool > 0
    income = np.zeros((N, N, J))  # income[n] per unit of X[m, j]
    system = np.zeros((N, J, N, J))
    for m in range(N):
        for j in range(J):
            for i in range(N):
                income[i, m, j] += beta[i, j] * net[m, i, j]
                system[i, :, m, j] += gamma[i, :, j] * net[m, i, j]
                duty = net[m, i, j] * tau[m, i, j]
                income[m, m, j] += duty
                for u in range(len(pool)):
                    if inside[u, m] and not inside[u, i]:
                        income[m, m, j] -= collection[u] * duty
                        income[:, m, j] += pool[u] * collection[u] * duty
    system += alpha[:, :, None, None] * income[:, None, :, :]
    absent = (alpha == 0) & (gamma.sum(axis=2) == 0)

    def spend(D: np.ndarray) -> np.ndarray:
        left = np.vstack([np.eye(N * J) - system.reshape(N * J, N * J), np.ones((1, N * J))])
        right = np.append((alpha * D[:, None]).ravel(), 1000.0 * N * J)
        return np.where(absent, 0.0, np.linalg.lstsq(left, right, rcond=None)[0].reshape(N, J))

    X = spend(np.zeros(N))
    V = (beta * np.einsum("nij,nj->ij", net, X)).sum(axis=1)
    D = V * (delta - (delta * V).sum() / V.sum())
    for _ in range(20):
        X = spend(D)
        V = (beta * np.einsum("nij,nj->ij", net, X)).sum(axis=1)
        if (X[~absent] > 1e-3).all() and (D > -0.6 * V).all():
            break
        D = D / 2
    return net * X[:, None, :]


def random_change(rng: int | np.random.Generator, world: World, symbols: Any = None, size: float = 0.15) -> Change:
    """Return a change of every symbol named (default: all five) on a random part of the cells."""
    rng = np.random.default_rng(rng)
    N, J = len(world.countries), len(world.sectors)
    own = np.eye(N, dtype=bool)[:, :, None]
    goods = np.array(world.goods)[None, None, :]
    some = (rng.uniform(size=(N, N, J)) < 0.6) & ~own & (world.M > 0)
    made = {
        "d_hat": np.where(some, np.exp(size * rng.normal(size=(N, N, J))), 1.0),
        "tau_new": np.where(some & goods, rng.uniform(0, 3 * size, (N, N, J)), world.tau),
        "A_hat": np.exp(0.3 * size * rng.normal(size=(N, J))),
        "D_new": 0.5 * world.D,
        "pool_new": _other_shares(rng, world.pool),
    }
    wanted = set(made) if symbols is None else set(symbols)
    return Change(**{name: value for name, value in made.items() if name in wanted and value.size})


def _other_shares(rng: np.random.Generator, pool: np.ndarray) -> np.ndarray:
    new = np.where(pool > 0, pool * rng.uniform(0.5, 2.0, pool.shape), 0.0)
    return new / new.sum(axis=1, keepdims=True) if pool.size else new


def permuted(change: Change, world: World, order: np.ndarray) -> Change:
    """Return the same change for `world.permuted` with countries in `order` (positions)."""
    by_country = {
        "d_hat": lambda v: v[np.ix_(order, order)],
        "tau_new": lambda v: v[np.ix_(order, order)],
        "A_hat": lambda v: v[order],
        "D_new": lambda v: v[order],
        "pool_new": lambda v: v[:, order],
    }
    return Change(**{name: by_country[name](np.asarray(value)) for name, value in change.items()})


def case(seed: int) -> World:
    """Return world number `seed` of the family the contract tests run on: every size, with and without each feature."""
    N, J = SIZES[seed % len(SIZES)]
    kind = seed // len(SIZES)
    return random_world(
        seed,
        N,
        J,
        io=kind % 4 != 1,
        tariffs=kind % 4 != 2,
        deficits=(0.1, 0.0, 0.3)[kind % 3],
        zeros=(0.2, 0.0)[kind % 2],
    )
