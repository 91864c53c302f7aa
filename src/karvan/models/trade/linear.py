"""The equations of the kernel, linearised at a point: products with the Jacobian and with its transpose.

Both are written out by hand, line by line beside `kernel.sweep`; each costs about one sweep. Vectors carry a last axis
of columns, so that many directions go through one matrix product.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from karvan.models.trade.fixed_point import WAGE_GAIN, Solved, gains, split
from karvan.models.trade.kernel import Closure, State, Sweep, Tables

Product = Callable[[np.ndarray], np.ndarray]
"""A linear map of packed vectors, given by its products."""


class Point(NamedTuple):
    """Where the equations are linearised: tables, closure, the sweep there, spending, and the gain of output."""

    t: Tables
    closure: Closure
    s: Sweep
    X: np.ndarray
    gain: np.ndarray


class Image(NamedTuple):
    """Derivatives of what a sweep implies: excess exports, log price, log spending, log output, income (MUSD)."""

    zeta: np.ndarray  # (N, R)
    P: np.ndarray  # (J, N, R)
    X: np.ndarray  # (J, N, R)
    Y: np.ndarray  # (J, N, R) or (0, N, R)
    I: np.ndarray  # (N, R)


class Inner(NamedTuple):
    """Weights that a transposed product puts on the inner quantities of a sweep; they give derivatives by table."""

    phi: np.ndarray  # (J, N, R) on A u
    Bu: np.ndarray  # (J, N, R) on B u
    Bq: np.ndarray  # (J, N, R) on B' q
    own: np.ndarray  # (J, N, R) on own sales
    cost: np.ndarray  # (J, N, R) on ln c
    paid: np.ndarray  # (m, R) on duties paid into the pool by each member
    D: np.ndarray  # (N, R) on deficits


def point(solved: Solved, tables: Tables, closure: Closure) -> Point:
    """Linearise at a state."""
    return Point(tables, closure, solved.sweep, np.exp(solved.state.X) * tables.live, split(gains(tables), tables).Y)


def single(at: Point) -> Point:
    """The same point in single precision."""
    return Point(*(_single(part) for part in at))


def _single(part: Any) -> Any:
    if isinstance(part, tuple):
        return type(part)(*(_single(inner) for inner in part))
    return part.astype(np.float32) if isinstance(part, np.ndarray) and part.dtype == np.float64 else part


def tangent(dz: State, at: Point, ln_A: np.ndarray | None = None, D: np.ndarray | None = None) -> Image:
    """Derivative of a sweep in the direction dz, and in that of log productivity (J, N, R) and deficits (N, R)."""
    t, s = at.t, at.s
    q, u = s.q[..., None], s.u[..., None]
    du = t.e_w[..., None] * dz.w
    du += _swap(np.matmul(t.gamma.transpose(0, 2, 1), _swap(dz.P)))
    if t.e_Y.shape[0]:
        du += t.e_Y[..., None] * dz.Y
    if ln_A is not None:
        du -= ln_A
    du *= -t.theta[..., None] * u
    growth = np.matmul(t.A, du)  # d ln phi
    growth /= s.phi[..., None]
    dq = dz.X - growth
    dq *= q
    imports, exports = np.matmul(t.B, du), np.matmul(t.B.transpose(0, 2, 1), dq)
    imports *= q
    imports += s.Bu[..., None] * dq
    exports *= u
    exports += s.Bq[..., None] * du
    own = u * dq
    own += q * du
    own *= t.B_own[..., None]
    dM, dE = imports.sum(axis=0), exports.sum(axis=0)
    dT = np.einsum("jn,jnr->nr", at.X, dz.X) - dM - own.sum(axis=0)
    dY = np.add(exports, own, out=exports)
    dNP = t.netting.T @ _pooled(dq, du, at)
    dVA = s.wL[:, None] * dz.w
    if t.rent.shape[0]:
        dVA = dVA + np.einsum("jn,jnr->nr", t.rent, dY)
    dD = _deficit(dVA, at) if D is None else D
    dI = dVA + dT + dNP + dD
    scale = 0.5 * (dE + dM) + np.sign(s.D)[:, None] * dD + np.sign(s.NP)[:, None] * dNP
    zeta = (dE - dM + dD + dNP - s.zeta[:, None] * scale) / s.scale[:, None]
    spent = t.alpha[..., None] * dI
    spent += _swap(np.matmul(t.gamma, _swap(dY)))
    spent *= _over(t.live, s.X)[..., None]
    growth /= -t.theta[..., None]
    made = _over(t.made, s.Y)[..., None] * dY if t.e_Y.shape[0] else dz.Y
    return Image(zeta, growth, spent, made, dI)


def cotangent(bar: Image, at: Point) -> tuple[State, Inner]:
    """Transpose of `tangent`: weights on what a sweep implies become weights on the state and on inner quantities."""
    t, s = at.t, at.s
    on_X = _over(t.live, s.X)[..., None] * bar.X
    on_Y = _swap(np.matmul(t.gamma.transpose(0, 2, 1), _swap(on_X)))
    if t.e_Y.shape[0]:
        on_Y = on_Y + _over(t.made, s.Y)[..., None] * bar.Y
    on_I = bar.I + (t.alpha[..., None] * on_X).sum(axis=0)
    excess, scale = bar.zeta / s.scale[:, None], -(s.zeta / s.scale)[:, None] * bar.zeta
    on_E, on_M = excess + 0.5 * scale, 0.5 * scale - excess
    on_D = excess + np.sign(s.D)[:, None] * scale + on_I
    on_NP = excess + np.sign(s.NP)[:, None] * scale + on_I
    on_VA = on_I + _deficit_transposed(on_D, at)
    on_w = s.wL[:, None] * on_VA
    if t.rent.shape[0]:
        on_Y = on_Y + t.rent[..., None] * on_VA
    paid = t.netting @ on_NP
    imports, exports, own = on_M - on_I, on_E + on_Y, on_Y - on_I
    on_Bu, on_Bq = s.q[..., None] * imports, s.u[..., None] * exports
    on_q = s.Bu[..., None] * imports + np.matmul(t.B, on_Bq) + (t.B_own * s.u)[..., None] * own
    on_u = s.Bq[..., None] * exports + np.matmul(t.B.transpose(0, 2, 1), on_Bu) + (t.B_own * s.q)[..., None] * own
    if t.members.size:
        at_home = s.q[:, t.members, None] * paid
        on_q[:, t.members] += np.matmul(t.K, s.u[..., None]) * paid
        on_u += np.matmul(t.K.transpose(0, 2, 1), at_home)
    on_phi = -(bar.P / t.theta[..., None] + s.q[..., None] * on_q) / s.phi[..., None]
    on_u += np.matmul(t.A.transpose(0, 2, 1), on_phi)
    cost = -(t.theta * s.u)[..., None] * on_u
    on_w = on_w + (t.e_w[..., None] * cost).sum(axis=0)
    on_P = _swap(np.matmul(t.gamma, _swap(cost)))
    spending = at.X[..., None] * on_I + s.q[..., None] * on_q
    output = t.e_Y[..., None] * cost if t.e_Y.shape[0] else bar.Y
    return State(on_w, on_P, spending, output), Inner(on_phi, on_Bu, on_Bq, own, cost, paid, on_D)


def jacobian(dz: State, at: Point) -> State:
    """Derivative of the solver's update (gaps times gains) along dz; the numeraire is held, so that it is regular."""
    d = tangent(dz, at)
    output = at.gain[..., None] * (d.Y - dz.Y) if at.t.e_Y.shape[0] else dz.Y
    return State(
        WAGE_GAIN * d.zeta - _anchor(dz.w, at),
        np.subtract(d.P, dz.P, out=d.P),
        np.subtract(d.X, dz.X, out=d.X),
        output,
    )


def jacobian_transposed(bar: State, at: Point) -> State:
    """Transpose of `jacobian`."""
    none = np.zeros_like(bar.w)
    output = at.gain[..., None] * bar.Y if at.t.e_Y.shape[0] else bar.Y
    on, _ = cotangent(Image(WAGE_GAIN * bar.w, bar.P, bar.X, output, none), at)
    Y = on.Y - output if at.t.e_Y.shape[0] else bar.Y
    return State(on.w - _anchor_transposed(bar.w, at), on.P - bar.P, on.X - bar.X, Y)


def _swap(table: np.ndarray) -> np.ndarray:
    return table.transpose(1, 0, 2)


def _over(mask: np.ndarray, value: np.ndarray) -> np.ndarray:
    there = (mask > 0) & (value > 0)
    return np.where(there, 1 / np.where(there, value, 1.0), 0.0)


def _pooled(dq: np.ndarray, du: np.ndarray, at: Point) -> np.ndarray:
    t, s = at.t, at.s
    paid = dq[:, t.members] * np.matmul(t.K, s.u[..., None]) + s.q[:, t.members, None] * np.matmul(t.K, du)
    return paid.sum(axis=0)


def _deficit(dVA: np.ndarray, at: Point) -> np.ndarray:
    if at.closure.kind == "fixed":
        return np.zeros_like(dVA)
    own, VA = _own_share(at)
    return own[:, None] * dVA - VA[:, None] * (own @ dVA) / VA.sum()


def _deficit_transposed(bar: np.ndarray, at: Point) -> np.ndarray:
    if at.closure.kind == "fixed":
        return np.zeros_like(bar)
    own, VA = _own_share(at)
    return own[:, None] * (bar - (VA @ bar) / VA.sum())


def _own_share(at: Point) -> tuple[np.ndarray, np.ndarray]:
    VA = at.s.wL + ((at.t.rent * at.s.Y).sum(axis=0) if at.t.rent.shape[0] else 0.0)
    return at.closure.delta - (at.closure.delta @ VA) / VA.sum(), VA


def _anchor(dw: np.ndarray, at: Point) -> np.ndarray:
    weight = at.t.groups * at.s.wL
    return at.t.groups.T @ ((weight @ dw) / weight.sum(axis=1, keepdims=True))


def _anchor_transposed(bar: np.ndarray, at: Point) -> np.ndarray:
    weight = at.t.groups * at.s.wL
    return weight.T @ ((at.t.groups @ bar) / weight.sum(axis=1, keepdims=True))
