"""The solver: one joint fixed point on (ln w, ln P, ln X), everything updated in one sweep, Anderson-accelerated."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from karvan.models.trade.kernel import Closure, State, Sweep, Tables, numeraire, residuals, sweep

WINDOW = 8
STEP_LIMIT = 0.5
WAGE_GAIN = 0.12
WAGE_LIMIT = 0.3
RESET = 1e3
RIDGE = 1e-13


class Solved(NamedTuple):
    """The state where the solver stopped, the sweep there, the residuals, the number of sweeps."""

    state: State
    sweep: Sweep
    residuals: dict[str, float]
    steps: int
    converged: bool


def solve(
    tables: Tables, closure: Closure, *, tol: float = 1e-10, max_steps: int = 300, near: State | None = None
) -> Solved:
    """Solve the equilibrium to `tol` in every residual, or say that it did not converge.

    Anderson acceleration of type II (Walker and Ni 2011) with a window of 8 on the undamped map; excess exports,
    relative to trade and not to income, move wages. `near` is a state to start from, such as that of a close case.
    """
    z = start(tables, closure) if near is None else near
    memory = Anderson(WINDOW, sum(part.size for part in z))
    best: tuple[float, State] = (np.inf, z)
    for step in range(1, max_steps + 1):
        s = sweep(z, tables, closure)
        parts = residuals(z, s, tables)
        error = max(parts.values())
        if error < tol:
            return Solved(z, s, parts, step, True)
        if not np.isfinite(error):
            break
        if error < best[0]:
            best = (error, z)
        elif error > RESET * best[0]:
            memory.clear()
        point = pack(z)
        move = np.clip(memory.step(point, direction(z, s, tables)), -STEP_LIMIT, STEP_LIMIT)
        z = unpack(point + move, tables)
    s = sweep(best[1], tables, closure)
    return Solved(best[1], s, residuals(best[1], s, tables), step, False)


def start(tables: Tables, closure: Closure) -> State:
    """Baseline prices and wages; spending is swept first when the data are off equilibrium."""
    zero = np.zeros_like(tables.X0)
    w = np.zeros(tables.L.size)
    X = np.where(tables.live, np.log(np.where(tables.live, tables.X0, 1.0)), 0.0)
    for _ in range(50):
        z = State(w, zero, X)
        s = sweep(z, tables, closure)
        X_next = np.where(tables.live, np.log(np.where(tables.live & (s.X > 0), s.X, 1.0)), 0.0)
        if not np.isfinite(X_next).all() or np.max(np.abs(X_next - X)) < STEP_LIMIT:
            return z
        X = X_next
    return z


def direction(z: State, s: Sweep, tables: Tables) -> np.ndarray:
    """The undamped update f(z) - z of the joint map."""
    wage = np.clip(WAGE_GAIN * s.zeta, -WAGE_LIMIT, WAGE_LIMIT)
    target = np.where(tables.live & (s.X > 0), s.X, 1.0)
    spend = np.where(tables.live, np.log(target) - z.X, 0.0)
    return pack(State(wage, s.P - z.P, spend))


def pack(z: State) -> np.ndarray:
    """Lay the state out as one vector."""
    return np.concatenate([z.w, np.reshape(z.P, (-1,)), np.reshape(z.X, (-1,))])


def unpack(vector: np.ndarray, tables: Tables) -> State:
    """Read a vector back as a state, wages in the numeraire."""
    J, N = tables.X0.shape
    w, P, X = vector[:N], vector[N : N + J * N], vector[N + J * N :]
    return State(numeraire(w, tables), np.reshape(P, (J, N)), np.reshape(X, (J, N)))


class Anderson:
    """Ring buffers of differences of points and of residuals; the Gram matrix is kept up to date by rows."""

    def __init__(self, window: int, size: int) -> None:
        self.window = window
        self.dz = np.zeros((window, size))
        self.df = np.zeros((window, size))
        self.gram = np.zeros((window, window))
        self.clear()

    def clear(self) -> None:
        """Forget all history."""
        self.count = 0
        self.last: tuple[np.ndarray, np.ndarray] | None = None

    def step(self, z: np.ndarray, f: np.ndarray) -> np.ndarray:
        """Return the accelerated step at point z with residual f."""
        if self.last is not None:
            slot = self.count % self.window
            self.dz[slot] = z - self.last[0]
            self.df[slot] = f - self.last[1]
            row = self.df @ self.df[slot]
            self.gram[slot, :] = row
            self.gram[:, slot] = row
            self.count += 1
        self.last = (z, f)
        m = min(self.count, self.window)
        if m == 0:
            return f
        norm = np.sqrt(np.maximum(np.diag(self.gram)[:m], np.finfo(float).tiny))
        scaled = self.gram[:m, :m] / norm[:, None] / norm[None, :] + RIDGE * np.eye(m)
        weights = np.linalg.solve(scaled, (self.df[:m] @ f) / norm) / norm
        return f - weights @ (self.dz[:m] + self.df[:m])
