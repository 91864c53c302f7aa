"""The solver: one joint fixed point on (ln w, ln P, ln X, ln Y), everything updated in one sweep, Anderson-accelerated.

What it does not solve goes to Newton's method (`newton.py`) from the best point found.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from karvan.core.arrays import namespace
from karvan.models.trade.kernel import Closure, State, Sweep, Tables, gaps, labour_gap, numeraire, residuals, sweep

WINDOW = 8
STEP_LIMIT = 0.5
WAGE_GAIN = 0.12
WAGE_LIMIT = 0.3
RESET = 1e3
RIDGE = 1e-13
PATIENCE = 300  # sweeps of the fixed point before Newton's method takes over


class Solved(NamedTuple):
    """The state where the solver stopped, the sweep there, the residuals, the number of sweeps.

    `newton` counts the Newton steps; 0 when the fixed point converged by itself. `path` counts the points solved on
    the way from the baseline; 0 when none was needed.
    """

    state: State
    sweep: Sweep
    residuals: dict[str, float]
    steps: int
    converged: bool
    newton: int = 0
    path: int = 0

    @property
    def method(self) -> str:
        """How it was solved: "sweeps", "newton" or "path"."""
        return "path" if self.path else "newton" if self.newton else "sweeps"


def solve(
    tables: Tables, closure: Closure, *, tol: float = 1e-10, max_steps: int = 3000, near: State | None = None
) -> Solved:
    """Solve the equilibrium to `tol` in every residual, or say that it did not converge.

    Anderson acceleration of type II (Walker and Ni 2011) with a window of 8 on the undamped map; excess exports,
    relative to trade and not to income, move wages. `near` is a state to start from, such as that of a close case.
    """
    found = fixed_point(tables, closure, tol=tol, max_steps=min(max_steps, PATIENCE), near=near)
    if found.converged or found.steps >= max_steps:
        return found
    from karvan.models.trade.newton import newton

    return newton(found, tables, closure, tol=tol, max_steps=max_steps)


def fixed_point(tables: Tables, closure: Closure, *, tol: float, max_steps: int, near: State | None = None) -> Solved:
    """Iterate the accelerated map; stops at `tol`, at a number that is none, or when the sweeps are used up."""
    z, s = start(tables, closure) if near is None else (near, sweep(near, tables, closure))
    point, gain = pack(z), gains(tables)
    xp, N = namespace(point), tables.L.shape[0]
    memory = Anderson(WINDOW, point)
    best: tuple[float, State] = (float("inf"), z)
    for step in range(1, max_steps + 1):
        gap = gaps(z, s, tables)
        f = pack(gap)
        error = float(xp.max(xp.abs(f)))
        if error < tol and labour_gap(s) < tol:
            return Solved(z, s, residuals(gap, s), step, True)
        if not error < float("inf"):
            break
        if error < best[0]:
            best = (error, z)
        elif error > RESET * best[0]:
            memory.clear()
        f = f * gain
        if error * WAGE_GAIN > WAGE_LIMIT:
            f[:N] = xp.clip(f[:N], -WAGE_LIMIT, WAGE_LIMIT)
        point = point + xp.clip(memory.step(point, f), -STEP_LIMIT, STEP_LIMIT)
        point[:N] = numeraire(point[:N], tables)
        z = split(point, tables)
        s = sweep(z, tables, closure)
    return at(best[1], tables, closure)._replace(steps=step)


def at(z: State, tables: Tables, closure: Closure) -> Solved:
    """Sweep once at a state and say how far it is from a solution; `converged` is left to the caller."""
    s = sweep(z, tables, closure)
    return Solved(z, s, residuals(gaps(z, s, tables), s), 1, False)


def start(tables: Tables, closure: Closure) -> tuple[State, Sweep]:
    """Baseline prices and wages, and the sweep there; spending is swept first when the data are off equilibrium."""
    xp = namespace(tables.X0)
    w, P, Y = xp.zeros_like(tables.L), xp.zeros_like(tables.X0), xp.zeros_like(tables.e_Y)
    z = State(w, P, xp.log(tables.X0 + tables.dead), Y)
    s = sweep(z, tables, closure)
    for _ in range(50):
        change = gaps(z, s, tables).X
        if not float(xp.max(xp.abs(change))) >= STEP_LIMIT:
            break
        z = z._replace(X=z.X + change)
        s = sweep(z, tables, closure)
    return z, s


def gains(tables: Tables) -> np.ndarray:
    """What part of each gap the undamped map moves, as one vector.

    Wages a little; prices and spending all; output 1 / (1 + theta e_Y), what its feedback on cost leaves of a step.
    """
    xp = namespace(tables.L)
    whole = xp.ones_like(tables.X0)
    output = 1 / (1 + tables.theta[: tables.e_Y.shape[0], :] * tables.e_Y)
    return pack(State(WAGE_GAIN * xp.ones_like(tables.L), whole, whole, output))


def pack(z: State) -> np.ndarray:
    """Lay the state out as one vector."""
    xp = namespace(z.w)
    return xp.concat([z.w, *(xp.reshape(part, (-1,)) for part in z[1:])])


def unpack(vector: np.ndarray, tables: Tables) -> State:
    """Read a vector back as a state, wages in the numeraire."""
    z = split(vector, tables)
    return z._replace(w=numeraire(z.w, tables))


def split(vector: np.ndarray, tables: Tables) -> State:
    """Read a vector back as it is."""
    J, N = tables.X0.shape
    xp, cells = namespace(vector), J * N
    w, P, X, Y = vector[:N], vector[N : N + cells], vector[N + cells : N + 2 * cells], vector[N + 2 * cells :]
    return State(w, xp.reshape(P, (J, N)), xp.reshape(X, (J, N)), xp.reshape(Y, (tables.e_Y.shape[0], N)))


class Anderson:
    """Ring buffers of differences of residuals, of unit length, and of images; the Gram matrix grows by rows."""

    def __init__(self, window: int, like: np.ndarray) -> None:
        xp = namespace(like)
        self.window = window
        self.df = xp.stack([xp.zeros_like(like)] * window)
        self.dg = xp.stack([self.df[0, :]] * window)
        self.gram = np.eye(window)
        self.along = np.zeros(window)  # products of the last residual with the differences
        self.clear()

    def clear(self) -> None:
        """Forget all history."""
        self.count = 0
        self.last: tuple[np.ndarray, np.ndarray] | None = None

    def step(self, z: np.ndarray, f: np.ndarray) -> np.ndarray:
        """Return the accelerated step at point z with residual f."""
        along = on_host(self.df @ f)
        if self.last is not None:
            self._remember(z, f, along)
        self.last, self.along = (z, f), along
        m = min(self.count, self.window)
        if m == 0:
            return f
        weights = np.zeros(self.window)
        weights[:m] = np.linalg.solve(self.gram[:m, :m], along[:m])
        return f - namespace(f).asarray(weights) @ self.dg

    def _remember(self, z: np.ndarray, f: np.ndarray, along: np.ndarray) -> None:
        """Put the last difference into its slot; its row of the Gram matrix is a difference of products known."""
        assert self.last is not None
        df, slot = f - self.last[1], self.count % self.window
        norm = float(df @ df) ** 0.5
        if not norm > 0:
            return
        row = (along - self.along) / norm
        self.df[slot, :] = df / norm
        self.dg[slot, :] = (z - self.last[0] + df) / norm
        row[slot] = 1 + RIDGE
        along[slot] = float(df @ f) / norm
        self.gram[slot, :] = row
        self.gram[:, slot] = row
        self.count += 1


def on_host(vector: np.ndarray) -> np.ndarray:
    """The few numbers of a short vector as a NumPy array, wherever it lives."""
    if isinstance(vector, np.ndarray):
        return vector
    return np.array([float(vector[k]) for k in range(vector.shape[0])])
