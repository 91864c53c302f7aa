"""The trade equilibrium in changes: exact hat algebra of Caliendo and Parro (2015) with a duty pool.

Arrays only, the paper's letters, one equation one function. Layout inside is [j, n, i] for tables and [j, n] for
vectors, so that every sweep is three batched matrix-vector products; the face converts from (n, i, j). Everything
here runs on any library that follows the array API standard; NumPy is one of them.

Two things the paper has not: a factor that cannot leave its sector (`specific`) and scale economies (`psi`). Both act
through the exponents of wage and output in the unit cost, `e_w` and `e_Y`; with constant returns and mobile factors
`e_Y` has no rows and output is no unknown.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from karvan.core.arrays import namespace


class Tables(NamedTuple):
    """Everything that is constant during a solve.

    J sectors, N countries, U unions. `A` = pi kappa_hat^-theta, `B` = A / (1 + tau'); the diagonal of B is kept apart
    so that exports and imports keep full relative precision when trade shares are 1e-8.
    """

    A: np.ndarray  # (J, N, N) share x cost ratio ** -theta
    B: np.ndarray  # (J, N, N) the same over (1 + tau'), zero diagonal
    B_own: np.ndarray  # (J, N) diagonal of B
    K: np.ndarray  # (J, m, N) pooled part of A - B, rows of union members only
    part: np.ndarray  # (m, N) part of the duty of a member on a seller that is pooled: K = part (A - B)
    members: np.ndarray  # (m,) positions of union members
    netting: np.ndarray  # (m, N) what everyone nets of one dollar that a member pays into its pool
    inside: np.ndarray  # (U, N) one for members after the change
    gamma: np.ndarray  # (N, J, J) [n, k, j]
    alpha: np.ndarray  # (J, N)
    theta: np.ndarray  # (J, 1)
    labour: np.ndarray  # (J, N) part of output that is paid to labour: (1 - specific) beta
    rent: np.ndarray  # (J, N) part of output that immobile factors earn: specific beta; (0, N) where there are none
    e_w: np.ndarray  # (J, N) exponent of the wage in unit cost: (1 - specific) beta + psi
    e_Y: np.ndarray  # (J, N) exponent of output in unit cost: specific beta - psi; (0, N) where it is zero everywhere
    ln_A_hat: np.ndarray  # (J, N) log productivity change
    L: np.ndarray  # (N,) baseline labour income, MUSD
    X0: np.ndarray  # (J, N) baseline spending, MUSD; zero in dead markets
    Y0: np.ndarray  # (J, N) baseline output, MUSD; one where nothing is made or output is no unknown
    live: np.ndarray  # (J, N) one in markets with spending
    made: np.ndarray  # (J, N) one where there is output; (0, N) where output is no unknown
    floor: np.ndarray  # (1, 1) least ratio of implied to own spending that a gap tells apart, 1 / e
    dead: np.ndarray  # (J, N) one where `live` is zero
    piece: int  # sectors whose part of B fits the cache
    alone: np.ndarray  # (N,) one for countries without any trade
    groups: np.ndarray  # (G, N) one where a country belongs to a trade component; each has its own numeraire


class Closure(NamedTuple):
    """What happens to deficits: `fixed` (D, MUSD) or `share` (delta, a share of value added)."""

    kind: str
    D: np.ndarray
    delta: np.ndarray


class State(NamedTuple):
    """The unknowns: log wage (N,), log price (J, N), log spending (J, N), log output ratio (J, N) or (0, N)."""

    w: np.ndarray
    P: np.ndarray
    X: np.ndarray
    Y: np.ndarray


class Sweep(NamedTuple):
    """One pass through the equations (docs/explanation/trade-equilibrium.md) at a state."""

    P: np.ndarray  # (J, N) log price implied
    X: np.ndarray  # (J, N) spending implied, MUSD
    Y: np.ndarray  # (J, N) output, MUSD
    zeta: np.ndarray  # (N,) excess of exports, relative to trade
    scale: np.ndarray  # (N,) what it is relative to, MUSD
    wL: np.ndarray  # (N,) wage bill, MUSD
    paid: np.ndarray  # (N,) labour income that output implies, MUSD
    u: np.ndarray  # (J, N) cost ratio ** -theta
    phi: np.ndarray  # (J, N) price ** -theta
    spent: np.ndarray  # (J, N) spending of the state, MUSD
    q: np.ndarray  # (J, N) spending over phi, MUSD
    Bu: np.ndarray  # (J, N) sum_i B u: imports per q
    Bq: np.ndarray  # (J, N) sum_n B q: exports per u
    T: np.ndarray  # (N,) duties, MUSD
    pooled: np.ndarray  # (m,) duties paid into the pool by each member, MUSD
    NP: np.ndarray  # (N,) net receipts from the pool, MUSD
    D: np.ndarray  # (N,) deficit, MUSD
    I: np.ndarray  # (N,) income, MUSD


def apply(table: np.ndarray, vector: np.ndarray) -> np.ndarray:
    """sum_i table[j, n, i] vector[j, i]."""
    return (table @ vector[:, :, None])[:, :, 0]


def apply_transposed(table: np.ndarray, vector: np.ndarray) -> np.ndarray:
    """sum_n table[j, n, i] vector[j, n]."""
    return (vector[:, None, :] @ table)[:, 0, :]


def deliver(u: np.ndarray, X: np.ndarray, tables: Tables) -> tuple[np.ndarray, ...]:
    """phi = A u, q = X / phi, B u and B' q; in pieces of some sectors where all of B does not fit the cache.

    Sectors are independent here, so that each piece of B is read from memory once for both of its products.
    """
    J = X.shape[0]
    if tables.piece >= J:
        return _deliver(tables.A, tables.B, u, X)
    cuts = [slice(k, min(k + tables.piece, J)) for k in range(0, J, tables.piece)]
    found = [_deliver(tables.A[c, :, :], tables.B[c, :, :], u[c, :], X[c, :]) for c in cuts]
    return tuple(namespace(u).concat(parts) for parts in zip(*found, strict=True))


def _deliver(A: np.ndarray, B: np.ndarray, u: np.ndarray, X: np.ndarray) -> tuple[np.ndarray, ...]:
    phi = apply(A, u)
    q = X / phi
    return phi, q, apply(B, u), apply_transposed(B, q)


def unit_cost(w: np.ndarray, P: np.ndarray, Y: np.ndarray, tables: Tables) -> np.ndarray:
    """Log unit cost, CP (2015), eq. (2) with an immobile factor and scale economies.

    ln c[j, n] = beta ln vhat + sum_k gamma[n, k, j] ln P[k, n] - ln A_hat - psi ln Lhat
    with ln vhat = (1 - s) ln w + s ln Y and ln Lhat = ln Y - ln w, hence e_w ln w + e_Y ln Y for the first and last.
    """
    inputs = (P.T[:, None, :] @ tables.gamma)[:, 0, :].T
    cost = tables.e_w * w + inputs - tables.ln_A_hat
    return cost + tables.e_Y * Y if tables.e_Y.shape[0] else cost


def spending(Y: np.ndarray, I: np.ndarray, tables: Tables) -> np.ndarray:
    """X[k, n] = sum_j gamma[n, k, j] Y[j, n] + alpha[k, n] I[n]. CP (2015), eq. (8)."""
    inputs = (tables.gamma @ Y.T[:, :, None])[:, :, 0].T
    return inputs + tables.alpha * I


def pooled_duties(q: np.ndarray, u: np.ndarray, tables: Tables) -> np.ndarray:
    """(m,) part of the duties of each member that its union pools: sum_j q sum_i K u."""
    xp = namespace(q)
    return xp.sum(xp.take(q, tables.members, axis=1) * apply(tables.K, u), axis=0)


def pool_receipts(pooled: np.ndarray, tables: Tables) -> np.ndarray:
    """NP[n] = share[u, n] * sum of what the members of u paid in - what n paid in."""
    return pooled @ tables.netting


def rents(Y: np.ndarray, tables: Tables) -> np.ndarray | float:
    """What immobile factors earn: sum_j specific beta Y."""
    return namespace(Y).sum(tables.rent * Y, axis=0) if tables.rent.shape[0] else 0.0


def deficits(VA: np.ndarray, closure: Closure) -> np.ndarray:
    """D' of the closure: fixed in the numeraire, or a share of value added with the world's sum spread back."""
    if closure.kind == "fixed":
        return closure.D
    xp = namespace(VA)
    raw = closure.delta * VA
    return raw - VA * (xp.sum(raw) / xp.sum(VA))


def sweep(z: State, tables: Tables, closure: Closure) -> Sweep:
    """One pass through every equation at the state z; nothing is solved inside."""
    xp = namespace(z.w)
    X = xp.exp(z.X) * tables.live
    u = xp.exp(-tables.theta * unit_cost(z.w, z.P, z.Y, tables))
    phi, q, Bu, Bq = deliver(u, X, tables)
    imports, exports = q * Bu, u * Bq
    own = q * tables.B_own * u
    Y = exports + own
    M, E = xp.sum(imports, axis=0), xp.sum(exports, axis=0)
    T = xp.sum(X - imports - own, axis=0)
    pooled = pooled_duties(q, u, tables)
    NP = pool_receipts(pooled, tables)
    wL = xp.exp(z.w) * tables.L
    VA = wL + rents(Y, tables)
    D = deficits(VA, closure)
    I = VA + T + NP + D
    scale = 0.5 * (E + M) + xp.abs(D) + xp.abs(NP) + tables.alone
    zeta = (E - M + D + NP) / scale
    paid = xp.sum(tables.labour * Y, axis=0)
    P = -xp.log(phi) / tables.theta
    return Sweep(P, spending(Y, I, tables), Y, zeta, scale, wL, paid, u, phi, X, q, Bu, Bq, T, pooled, NP, D, I)


def gaps(z: State, s: Sweep, tables: Tables) -> State:
    """How far a sweep is from the state: excess exports, and log price, log spending, log output implied less own.

    Where spending or output is implied negative, the gap is -1: far from zero, and in the right direction.
    """
    xp = namespace(z.w)
    X = xp.log(xp.maximum(s.X / (s.spent + tables.dead), tables.floor)) * tables.live
    if not z.Y.shape[0]:
        return State(s.zeta, s.P - z.P, X, z.Y)
    made = s.Y / (tables.Y0 * xp.exp(z.Y))
    return State(s.zeta, s.P - z.P, X, xp.log(xp.maximum(made, tables.floor)) * tables.made)


def numeraire(w: np.ndarray, tables: Tables) -> np.ndarray:
    """Rescale log wages so that sum w L = sum L in every trade component."""
    xp = namespace(w)
    level = (tables.groups @ (xp.exp(w) * tables.L)) / (tables.groups @ tables.L)
    return w - xp.log(level) @ tables.groups


def labour_gap(s: Sweep) -> float:
    """Largest relative gap between the labour income that output implies and the wage bill."""
    xp = namespace(s.wL)
    return float(xp.max(xp.abs(s.paid / s.wL - 1)))


def residuals(gap: State, s: Sweep) -> dict[str, float]:
    """The parts of the error: labour markets, payments, prices, spending, and output where it is unknown. Relative."""
    xp = namespace(gap.w)
    found = {"labour": labour_gap(s)}
    for name, part in zip(("payments", "prices", "spending", "output"), gap, strict=True):
        if part.shape[0]:
            found[name] = float(xp.max(xp.abs(part)))
    return found
