"""The fallback: Newton's method on all unknowns at once, with GMRES and analytic Jacobian-vector products."""

from __future__ import annotations

import numpy as np

from karvan.models.trade import linear
from karvan.models.trade.fixed_point import STEP_LIMIT, Solved, at, gains, pack, split, unpack
from karvan.models.trade.kernel import Closure, State, Tables, gaps

STEPS = 60
KRYLOV = 60
RESTARTS = 4
HALVINGS = 6


def newton(found: Solved, tables: Tables, closure: Closure, *, tol: float, max_steps: int) -> Solved:
    """Go on from the best state of the fixed point (Knoll and Keyes 2004); products count as sweeps.

    Solves J dz = -f by GMRES, to a relative accuracy that tightens with the error, limits the step to half a log
    point, and halves it while it makes the error worse.
    """
    used, best = found.steps, found
    for count in range(1, STEPS + 1):
        error = max(best.residuals.values())
        step, products = _step(best, tables, closure, error, max_steps - used)
        used += products
        following, tries = _search(best, step, tables, closure)
        used += tries
        if following is None or used >= max_steps:
            return best._replace(steps=used, newton=count)
        converged = max(following.residuals.values()) < tol
        best = following._replace(steps=used, newton=count, converged=converged)
        if converged:
            return best
    return best


def solve_linear(
    product: linear.Product, right: np.ndarray, *, rtol: float, limit: int = KRYLOV * RESTARTS
) -> tuple[np.ndarray, int]:
    """Solve a linear system given by its products, by restarted GMRES; returns the solution and the products used."""
    from scipy.sparse.linalg import LinearOperator, gmres

    used = 0

    def counted(vector: np.ndarray) -> np.ndarray:
        nonlocal used
        used += 1
        return product(vector)

    operator = LinearOperator((right.size, right.size), matvec=counted, dtype=float)
    width = min(KRYLOV, right.size)
    rounds = max(1, min(RESTARTS, limit // width))
    solution, _ = gmres(operator, right, rtol=rtol, atol=0.0, restart=width, maxiter=rounds)
    return solution, used


def columns(z: State) -> State:
    """A state as one column."""
    return State(*(part[..., None] for part in z))


def product(tables: Tables, here: linear.Point, transposed: bool = False) -> linear.Product:
    """The Jacobian (or its transpose) at a point, acting on packed vectors."""
    act = linear.jacobian_transposed if transposed else linear.jacobian

    def apply(vector: np.ndarray) -> np.ndarray:
        return pack(State(*(part[..., 0] for part in act(columns(split(vector, tables)), here))))

    return apply


def _step(best: Solved, tables: Tables, closure: Closure, error: float, limit: int) -> tuple[np.ndarray, int]:
    here = linear.point(best, tables, closure)
    f = pack(gaps(best.state, best.sweep, tables)) * gains(tables)
    return solve_linear(product(tables, here), -f, rtol=min(1e-3, 0.1 * np.sqrt(error)), limit=limit)


def _search(best: Solved, step: np.ndarray, tables: Tables, closure: Closure) -> tuple[Solved | None, int]:
    """The first of the whole step, its half, its quarter ... that makes the error smaller; None if none does."""
    size = np.max(np.abs(step))
    if not np.isfinite(size):
        return None, 0
    error, step = _merit(best), step * min(1.0, STEP_LIMIT / size) if size > 0 else step
    for k in range(HALVINGS):
        trial = at(unpack(pack(best.state) + step * 0.5**k, tables), tables, closure)
        if _merit(trial) < error:
            return trial, k + 1
    return None, HALVINGS


def _merit(found: Solved) -> float:
    worst = max(found.residuals.values())
    return worst if np.isfinite(worst) else np.inf
