"""Friends and enemies in closed form: Kleinman, Liu and Redding (2020), on the embedded world with one sector."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from karvan.core.change import Change
from karvan.core.table import Table
from karvan.core.world import World
from karvan.data.worlds import load
from karvan.models.trade.face import solve
from karvan.models.trade.sensitivity import friends
from karvan.replication.acr import WORLD, balanced, one_sector
from karvan.replication.compare import Row, compare

TOLERANCE = 1e-10
SHOCKS = (0.5, 0.01, 0.0001)


def run(data: None = None) -> Table:
    """Compare `friends` with the closed form in every cell, and with exact solves of shocks that shrink.

    The paper's column is the closed form; for the shocks it is zero, the error that first order has in the limit.
    """
    world = balanced(one_sector(load(WORLD)))
    found = friends(world)
    income, welfare = closed_form(world)
    rows = [
        *_rows(world, "income exposure", income, found.income),
        *_rows(world, "welfare exposure", welfare, found.welfare),
        *_errors(world, found.welfare),
    ]
    return compare(rows, f"Friends and enemies on {WORLD} with one sector, balanced, without tariffs")


def closed_form(world: World) -> tuple[np.ndarray, np.ndarray]:
    """Income and welfare exposure of every country to every country's productivity, first order.

    T[i, n] share of market n in the income of i, S[n, i] share of supplier i in the spending of n, Q rows of incomes:
    M = T S - I,  V = (T + theta T S) / (theta + 1) - Q,  W = -theta / (theta + 1) inv(I - V) M,  U = (I - S) W + S

    Returns
    -------
    (n, i) W = d ln income_n / d ln A_i and U = d ln welfare_n / d ln A_i
    """
    S, Y, X, theta = world.pi[:, :, 0], world.Y[:, 0], world.X[:, 0], float(world.theta[0])
    one = np.eye(len(Y))
    T = (S * X[:, None]).T / Y[:, None]
    M, Q = T @ S - one, np.tile(Y / Y.sum(), (len(Y), 1))
    V = (T + theta * T @ S) / (theta + 1) - Q
    W = -theta / (theta + 1) * np.linalg.solve(one - V, M)
    return W, (one - S) @ W + S


def _rows(world: World, what: str, formula: np.ndarray, ours: np.ndarray) -> Iterator[Row]:
    """For each country the cell where ours is furthest from the formula."""
    for n, country in enumerate(world.countries):
        i = int(np.argmax(np.abs(ours[n] - formula[n])))
        quantity = f"{what} to {world.countries[i]} (the worst of all)"
        reason = "closed form; rounding of the solver"
        yield Row(country, quantity, float(formula[n, i]), float(ours[n, i]), TOLERANCE, reason)


def _errors(world: World, welfare: np.ndarray) -> Iterator[Row]:
    """The largest error of first order for a shock to the largest economy; it shrinks with the shock."""
    i = int(np.argmax(world.I))
    for size in SHOCKS:
        A_hat = np.ones_like(world.beta)
        A_hat[i] = np.exp(size)
        exact = np.log(solve(world, Change(A_hat=A_hat), tol=1e-13).values["welfare_hat"])
        error = float(np.abs(exact / size - welfare[:, i]).max())
        quantity = f"largest error of first order per log point, shock of {size:g}"
        yield Row(world.countries[i], quantity, 0.0, error, size, "first order: the error shrinks with the shock")
