"""The accounting identities of a baseline and their largest gaps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from karvan.core.table import Table

if TYPE_CHECKING:
    from karvan.core.world import World

TOLERANCE = 1e-9


def identities(world: World) -> Table:
    """Return a Table (identity, largest gap, tolerance, where); gaps are relative.

    Cost shares sum to one; supplier shares sum to one; spending equals its sources; every country's payments
    balance; deficits of the world sum to zero; pool shares sum to one; income equals final spending.
    """
    b, gamma, beta = world.baseline, world.gamma, world.beta
    inputs = np.einsum("nkj,nj->nk", gamma, b.Y)
    live = b.X > 0
    trade = world.M.sum(axis=2)
    imports, exports = trade.sum(axis=1), trade.sum(axis=0)
    spending = np.where(live, np.abs(b.alpha * b.I[:, None] + inputs - b.X) / np.where(live, b.X, 1), 0.0)
    rows = [
        ("cost shares sum to 1: beta + sum gamma", np.abs(beta + gamma.sum(axis=1) - 1), TOLERANCE),
        ("supplier shares sum to 1: sum pi", np.where(live, np.abs(b.pi.sum(axis=1) - 1), 0.0), TOLERANCE),
        ("spending: X = alpha I + gamma Y", spending, TOLERANCE if world.in_equilibrium else np.inf),
        ("payments balance: E - M + D + NP = 0", np.abs(exports - imports + b.D + b.net_pool) / b.I, TOLERANCE),
        ("deficits of the world sum to 0", np.abs(np.atleast_1d(b.D.sum())) / b.I.sum(), TOLERANCE),
        ("net pool receipts sum to 0", np.abs(np.atleast_1d(b.net_pool.sum())) / b.I.sum(), TOLERANCE),
        ("pool shares sum to 1", np.abs(world.pool.sum(axis=1) - 1), 1e-6),
        ("income: I = V + R + D", np.abs(b.V + b.R + b.D - b.I) / b.I, TOLERANCE),
    ]
    return Table(
        ("identity", "largest gap", "tolerance", "where"),
        tuple((name, float(gap.max(initial=0.0)), tol, _where(world, gap)) for name, gap, tol in rows),
        title=f"Identities of {world!r}",
    )


def _where(world: World, gap: np.ndarray) -> str:
    if gap.size == 0 or not gap.max() > 0:
        return ""
    at = np.unravel_index(int(np.argmax(gap)), gap.shape)
    if gap.shape == (1,):
        return "world"
    if gap.shape[0] != len(world.countries):
        return world.unions[at[0]]
    return " ".join([world.countries[at[0]], *(world.sectors[i] for i in at[1:])])
