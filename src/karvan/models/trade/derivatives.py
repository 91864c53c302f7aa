"""Derivatives of the solved equilibrium: arrays only. Labels are in `sensitivity.py`.

The equilibrium solves f(z; p) = 0, with f the update of the solver. Forward, J dz = -df/dp dp gives the effect of a few
shocks on everything; backward, J' lambda = dL/dz gives the effect of every shock on one number L (the adjoint).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from karvan.core.errors import ConvergenceError
from karvan.models.trade import linear, newton
from karvan.models.trade.fixed_point import WAGE_GAIN, Anderson
from karvan.models.trade.kernel import Closure, State, Tables, gaps, sweep
from karvan.models.trade.prepare import block

BLOCK = 16  # columns solved together: few enough to stay in cache, enough for matrix products
WINDOW = 5  # history of a block is read in every sweep: shorter than for one column
SWEEPS = 120
SINGLE = 1e-5  # relative error that a round in single precision reaches
ROUNDS = 4
LOST = 1e6
TOL = 1e-10


class Effect(NamedTuple):
    """Effect of shocks, one column each: log wage, log income, log price by market."""

    w: np.ndarray  # (N, R)
    I: np.ndarray  # (N, R)
    P: np.ndarray  # (J, N, R)


class Slope(NamedTuple):
    """Derivatives of one number with respect to every cell of the primitives, in the kernel's layout."""

    d: np.ndarray  # (J, N, N) to ln d
    tau: np.ndarray  # (J, N, N) to tau
    A: np.ndarray  # (J, N) to ln A
    D: np.ndarray  # (N,) to D, per MUSD


def forward(at: linear.Point, shock: linear.Image, tol: float = TOL) -> Effect:
    """Effect of shocks given by what they do to a sweep at the unchanged state (their columns in `shock`)."""
    R = shock.zeta.shape[1]
    parts = [_forward(at, linear.Image(*(x[..., k : k + BLOCK] for x in shock)), tol) for k in range(0, R, BLOCK)]
    return Effect(*(np.concatenate(arrays, axis=-1) for arrays in zip(*parts, strict=True)))


def _forward(at: linear.Point, shock: linear.Image, tol: float) -> Effect:
    output = at.gain[..., None] * shock.Y
    dz = solve(at, State(WAGE_GAIN * shock.zeta, shock.P, shock.X, output), tol=tol)
    moved = linear.tangent(dz, at)
    return Effect(dz.w, (moved.I + shock.I) / at.s.I[:, None], moved.P + shock.P)


def productivity(at: linear.Point) -> linear.Image:
    """Shocks to the productivity of all sectors of each country: N columns."""
    J, N = at.t.X0.shape
    still = State(np.zeros((N, N)), *(np.zeros((rows, N, N)) for rows in (J, J, at.t.e_Y.shape[0])))
    return linear.tangent(still, at, ln_A=np.broadcast_to(np.eye(N), (J, N, N)))


def first_step(at: linear.Point, z: State, tables: Tables, closure: Closure) -> Effect:
    """Effect of other tables and another closure by one Newton step; the shock itself enters a sweep exactly."""
    s = sweep(z, tables, closure)
    gap = gaps(z, s, tables)
    image = linear.Image(gap.w, gap.P, gap.X, gap.Y, s.I - at.s.I)
    return forward(at, linear.Image(*(part[..., None] for part in image)))


def backward(at: linear.Point, bar: linear.Image, on_w: np.ndarray, tol: float = TOL) -> Slope:
    """Derivative of one number to every cell of the primitives, by the adjoint.

    `bar` holds the number's weights on what a sweep implies (one column), `on_w` (N, 1) those on log wages themselves.
    """
    on, _ = linear.cotangent(bar, at)
    lam = solve(at, on._replace(w=on.w + on_w), tol=tol, transposed=True)
    output = at.gain[..., None] * lam.Y if at.t.e_Y.shape[0] else lam.Y
    total = linear.Image(bar.zeta + WAGE_GAIN * lam.w, bar.P + lam.P, bar.X + lam.X, bar.Y + output, bar.I)
    _, inner = linear.cotangent(total, at)
    return slopes(at, inner)


def slopes(at: linear.Point, inner: linear.Inner) -> Slope:
    """From weights on the inner quantities of a sweep to derivatives by cell.

    ln A falls by theta with ln d and with ln(1 + tau), ln B by one more with ln(1 + tau), and with them what is pooled.
    """
    t, s = at.t, at.s
    own, u, q = np.arange(t.L.size), s.u[:, None, :], s.q[:, :, None]
    (to_d, on_B), scratch = block(t.A.shape), np.empty_like(t.A)
    np.multiply(inner.Bu, u, out=on_B)
    on_B += np.multiply(q, np.swapaxes(inner.Bq, 1, 2), out=scratch)
    on_B *= t.B
    on_B[:, own, own] = t.B_own * inner.own[..., 0] * s.q * s.u
    np.multiply(inner.phi, u, out=to_d)
    to_d *= t.A
    to_d += on_B
    if t.members.size:
        weight = inner.paid * s.q[:, t.members, None] * u
        to_d[:, t.members] += t.K * weight
        on_B[:, t.members] -= t.part * t.B[:, t.members] * weight
    to_d *= -t.theta[..., None]
    np.subtract(to_d, on_B, out=on_B)
    scratch[...] = 0.0
    net = np.divide(t.B, t.A, out=scratch, where=t.A > 0)  # 1 / (1 + tau); where A is zero, so is the derivative
    net[:, own, own] = np.divide(t.B_own, t.A[:, own, own], out=np.ones_like(t.B_own), where=t.B_own > 0)
    on_B *= net
    return Slope(to_d, on_B, -inner.cost[..., 0], inner.D[:, 0])


def solve(at: linear.Point, right: State, *, tol: float, transposed: bool = False) -> State:
    """Solve J dz = -right (or J' dz = -right) for all columns; GMRES, column by column, where that fails.

    Iterative refinement (Wilkinson): what is left is solved in single precision, at half the memory traffic, and then
    computed anew in double precision, until it is small enough.
    """
    act = linear.jacobian_transposed if transposed else linear.jacobian
    target = _flat(right)
    x, left = np.zeros_like(target), target
    goal = tol * np.linalg.norm(target)
    with np.errstate(all="ignore"):
        low = linear.single(at)
        for _ in range(ROUNDS):
            step = _accelerated(lambda v: _flat(act(_state(v, right), low)), left.astype(np.float32))
            if step is None:
                break
            x = x + step
            left = _flat(act(_state(x, right), at)) + target
            if np.linalg.norm(left) <= goal:
                return _state(x, right)
    return _columns(at, right, tol, transposed)


def _accelerated(product: linear.Product, target: np.ndarray) -> np.ndarray | None:
    """Solve in the precision of `target` by the accelerated update itself; None where it does not converge.

    The columns share the weights of the acceleration: it then is as cheap as for one, and takes as many sweeps.
    """
    memory, x = Anderson(WINDOW, target), np.zeros_like(target)
    size = float(np.linalg.norm(target))
    if not size > 0:
        return x
    for _ in range(SWEEPS):
        f = product(x) + target
        error = float(np.linalg.norm(f)) / size
        if error <= SINGLE:
            return x
        if not error < LOST:
            return None
        x = x + memory.step(x, f).astype(x.dtype)
    return None


def _columns(at: linear.Point, right: State, tol: float, transposed: bool) -> State:
    """One column after the other by GMRES, for points where the update does not contract.

    Raises
    ------
    ConvergenceError
        The Jacobian is nearly singular at this point.
    """
    product = newton.product(at.t, at, transposed)
    found = []
    for k in range(right.w.shape[1]):
        column = newton.pack(State(*(part[..., k] for part in right)))
        x, _ = newton.solve_linear(product, -column, rtol=tol)
        left = np.linalg.norm(product(x) + column)
        if not left <= 1e3 * tol * np.linalg.norm(column):
            raise ConvergenceError(
                f"the linearised equilibrium was not solved (relative error {left / np.linalg.norm(column):.1e}); the "
                "point may be close to where the equilibrium stops being unique: look at psi, or at a smaller shock"
            )
        found.append(newton.split(x, at.t))
    return State(*(np.stack(parts, axis=-1) for parts in zip(*found, strict=True)))


def _flat(z: State) -> np.ndarray:
    return np.concatenate([np.ravel(part) for part in z])


def _state(vector: np.ndarray, like: State) -> State:
    ends = np.cumsum([part.size for part in like])
    parts = np.split(vector, ends[:-1])
    return State(*(x.reshape(part.shape) for x, part in zip(parts, like, strict=True)))
