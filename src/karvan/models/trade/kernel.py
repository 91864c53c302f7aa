"""The trade equilibrium in changes: exact hat algebra of Caliendo and Parro (2015) with a duty pool.

Arrays only, the paper's letters, one equation one function. Layout inside is [j, n, i] for tables and [j, n] for
vectors, so that every sweep is three batched matrix-vector products; the face converts from (n, i, j).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Tables(NamedTuple):
    """Everything that is constant during a solve.

    J sectors, N countries, U unions. `A` = pi kappa_hat^-theta, `B` = A / (1 + tau'); the diagonal of B is kept apart
    so that exports and imports keep full relative precision when trade shares are 1e-8.
    """

    A: np.ndarray  # (J, N, N) share x cost ratio ** -theta
    B: np.ndarray  # (J, N, N) the same over (1 + tau'), zero diagonal
    B_own: np.ndarray  # (J, N) diagonal of B
    K: np.ndarray  # (J, m, N) pooled part of A - B, rows of union members only
    members: np.ndarray  # (m,) positions of union members
    place: np.ndarray  # (m, N) one at the position of each union member
    share: np.ndarray  # (U, N) treaty shares after the change
    inside: np.ndarray  # (U, N) one for members after the change
    beta: np.ndarray  # (J, N)
    gamma: np.ndarray  # (N, J, J) [n, k, j]
    alpha: np.ndarray  # (J, N)
    theta: np.ndarray  # (J, 1)
    ln_A_hat: np.ndarray  # (J, N) log productivity change
    L: np.ndarray  # (N,) baseline labour income, MUSD
    X0: np.ndarray  # (J, N) baseline spending, MUSD
    live: np.ndarray  # (J, N) markets with spending
    groups: np.ndarray  # (G, N) one where a country belongs to a trade component; each has its own numeraire


class State(NamedTuple):
    """The unknowns: log wage (N,), log price (J, N), log spending (J, N)."""

    w: np.ndarray
    P: np.ndarray
    X: np.ndarray


class Sweep(NamedTuple):
    """One pass through the equations of MODELS section 1 at a state."""

    P: np.ndarray  # (J, N) log price implied
    X: np.ndarray  # (J, N) spending implied, MUSD
    zeta: np.ndarray  # (N,) excess of exports, relative to trade
    labour: np.ndarray  # (N,) value added over wage income
    u: np.ndarray  # (J, N) cost ratio ** -theta
    phi: np.ndarray  # (J, N) price ** -theta
    Y: np.ndarray  # (J, N) output, MUSD
    T: np.ndarray  # (N,) duties, MUSD
    pooled: np.ndarray  # (N,) duties paid into the pool, MUSD
    NP: np.ndarray  # (N,) net receipts from the pool, MUSD
    D: np.ndarray  # (N,) deficit, MUSD
    I: np.ndarray  # (N,) income, MUSD


def apply(table: np.ndarray, vector: np.ndarray) -> np.ndarray:
    """sum_i table[j, n, i] vector[j, i]."""
    return np.matmul(table, vector[:, :, None])[:, :, 0]


def apply_transposed(table: np.ndarray, vector: np.ndarray) -> np.ndarray:
    """sum_n table[j, n, i] vector[j, n]."""
    return np.matmul(vector[:, None, :], table)[:, 0, :]


def unit_cost(w: np.ndarray, P: np.ndarray, tables: Tables) -> np.ndarray:
    """Log unit cost: ln c[j, n] = beta ln w + sum_k gamma[n, k, j] ln P[k, n] - ln A_hat. CP (2015), eq. (2)."""
    inputs = np.matmul(P.T[:, None, :], tables.gamma)[:, 0, :].T
    return tables.beta * w + inputs - tables.ln_A_hat


def spending(Y: np.ndarray, I: np.ndarray, tables: Tables) -> np.ndarray:
    """X[k, n] = sum_j gamma[n, k, j] Y[j, n] + alpha[k, n] I[n]. CP (2015), eq. (8)."""
    inputs = np.matmul(tables.gamma, Y.T[:, :, None])[:, :, 0].T
    return inputs + tables.alpha * I


def pool_receipts(pooled: np.ndarray, tables: Tables) -> np.ndarray:
    """NP[n] = share[u, n] * sum of what the members of u paid in - what n paid in."""
    return np.matmul(np.matmul(tables.inside, pooled), tables.share) - pooled


def deficits(w: np.ndarray, closure: Closure, tables: Tables) -> np.ndarray:
    """D' of the closure: fixed in the numeraire, or a share of value added with the world's sum spread back."""
    if closure.kind == "fixed":
        return closure.D
    VA = w * tables.L
    raw = closure.delta * VA
    return raw - VA * np.sum(raw) / np.sum(VA)


class Closure(NamedTuple):
    """What happens to deficits: `fixed` (D, MUSD) or `share` (delta, a share of value added)."""

    kind: str
    D: np.ndarray
    delta: np.ndarray


def sweep(z: State, tables: Tables, closure: Closure) -> Sweep:
    """One pass through every equation at the state z; nothing is solved inside."""
    w = np.exp(z.w)
    X = np.where(tables.live, np.exp(z.X), 0.0)
    u = np.exp(-tables.theta * unit_cost(z.w, z.P, tables))
    phi = apply(tables.A, u)
    q = X / phi
    Bu = apply(tables.B, u)
    M = np.sum(q * Bu, axis=0)
    exports = u * apply_transposed(tables.B, q)
    E = np.sum(exports, axis=0)
    own = q * tables.B_own * u
    Y = exports + own
    T = np.sum(X - q * Bu - own, axis=0)
    pooled = np.zeros_like(T)
    if tables.members.size:
        paid = np.sum(np.take(q, tables.members, axis=1) * apply(tables.K, u), axis=0)
        pooled = np.matmul(paid, tables.place)
    NP = pool_receipts(pooled, tables)
    D = deficits(w, closure, tables)
    I = w * tables.L + T + NP + D
    scale = 0.5 * (E + M) + np.abs(D) + np.abs(NP)
    zeta = np.where(scale > 0, (E - M + D + NP) / np.where(scale > 0, scale, 1.0), 0.0)
    labour = np.sum(tables.beta * Y, axis=0) / (w * tables.L)
    P = -np.log(phi) / tables.theta
    return Sweep(P, spending(Y, I, tables), zeta, labour, u, phi, Y, T, pooled, NP, D, I)


def numeraire(w: np.ndarray, tables: Tables) -> np.ndarray:
    """Rescale log wages so that sum w L = sum L in every trade component."""
    level = np.matmul(tables.groups, np.exp(w) * tables.L) / np.matmul(tables.groups, tables.L)
    return w - np.matmul(np.log(level), tables.groups)


def residuals(z: State, s: Sweep, tables: Tables) -> dict[str, float]:
    """The four parts of the error: labour markets, payments, prices, spending. All relative."""
    X = np.exp(z.X)
    gap = np.where(tables.live, s.X / X - 1, 0.0)
    return {
        "labour": float(np.max(np.abs(s.labour - 1))),
        "payments": float(np.max(np.abs(s.zeta))),
        "prices": float(np.max(np.abs(s.P - z.P))),
        "spending": float(np.max(np.abs(gap))),
    }
