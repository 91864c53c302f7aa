"""The last resort: follow the equilibrium from the baseline while the change grows from nothing to all of it.

Either the whole change is reached, or the path ends before it, and where it ends says why: as a rule a country has
nothing left to spend.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from karvan.core.change import Primitives
from karvan.core.world import World
from karvan.models.trade import prepare
from karvan.models.trade.fixed_point import Solved, solve
from karvan.models.trade.kernel import Tables, rents

FIRST_STEP = 1 / 4
LAST_STEP = 1 / 4096
POINT = 1500  # sweeps and products for one point
BUDGET = 12_000  # for the whole path
EMPTY = 0.01  # of value added: a country with less income than that is at the end of the path
FADING = 2.0
LARGEST = 700.0  # a number whose exponential is still finite


class Reached(NamedTuple):
    """The last solved point of the path."""

    strength: float  # part of the change, 0..1
    solved: Solved
    tables: Tables
    earned: np.ndarray  # (n,) value added, MUSD
    points: int  # solved on the path
    sweeps: int = 0  # of the whole path

    @property
    def left(self) -> np.ndarray:
        """(n,) income over value added; zero where a surplus or subsidies eat everything."""
        return self.solved.sweep.I / self.earned


def part_of(world: World, change: Primitives, t: float) -> Primitives:
    """Return the part t of a change, 0 <= t < 1: ratios to the power t, levels between the baseline and the new ones.

    A cell that closes keeps exp(-2 t / (1 - t)) of its share in the table A, so that it fades out.
    """

    def level(name: str, base: np.ndarray) -> np.ndarray | None:
        new = getattr(change, name)
        return None if new is None else (1 - t) * base + t * new

    d_hat = change.d_hat
    if d_hat is not None:
        closed = np.isinf(d_hat)
        fading = np.exp(np.minimum(FADING * t / (1 - t) / world.theta, LARGEST))
        d_hat = np.where(closed, fading, np.where(closed, 1.0, d_hat) ** t)
    return Primitives(
        d_hat=d_hat,
        tau_new=level("tau_new", world.tau),
        A_hat=None if change.A_hat is None else change.A_hat**t,
        D_new=level("D_new", world.D),
        pool_new=level("pool_new", world.pool),
    )


def follow(
    world: World, change: Primitives, kind: str, *, tol: float, pools: prepare.Pool | None = None
) -> Reached | None:
    """Solve for a growing part of the change, each from the state before; halve the step where none is found.

    Only states in which every country has an income count. Returns the last of them, None when there is none.
    """
    reached, spent = _at(world, change, kind, 0.0, None, tol, pools)
    step = FIRST_STEP
    while reached is not None and reached.strength < 1 and step >= LAST_STEP and spent < BUDGET:
        if reached.left.min() < EMPTY:
            break
        ahead, used = _at(world, change, kind, min(reached.strength + step, 1.0), reached, tol, pools)
        spent += used
        if ahead is None:
            step /= 2
        else:
            reached = ahead
    return None if reached is None else reached._replace(sweeps=spent)


def _at(
    world: World, change: Primitives, kind: str, t: float, last: Reached | None, tol: float, pools: prepare.Pool | None
) -> tuple[Reached | None, int]:
    """Solve part t of the change from the last point; returns the point, if there is one, and the sweeps used."""
    part = change if t == 1 else part_of(world, change, t)
    tables = prepare.tables(world, part, pools)
    closure = prepare.closure(world, part, kind, tables)
    near = None if last is None else last.solved.state
    found = solve(tables, closure, tol=tol, max_steps=POINT, near=near)
    if not found.converged or (found.sweep.I <= 0).any():
        return None, found.steps
    earned = found.sweep.wL + rents(found.sweep.Y, tables)
    return Reached(t, found, tables, earned, 1 if last is None else last.points + 1), found.steps
