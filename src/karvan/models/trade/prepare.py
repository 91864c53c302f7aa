"""From a World and a change to the tables of the kernel; special cases are handled here by name, before solving."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.sparse.csgraph import connected_components

from karvan.core.baseline import member, pooled_part
from karvan.core.change import Primitives
from karvan.core.errors import InfeasibleError
from karvan.core.world import World
from karvan.models.trade.kernel import Closure, Tables
from karvan.models.trade.refusals import (
    in_one_piece,
    require_financed,
    require_one_market,
    require_pool_inside,
    require_suppliers,
    require_two_ways,
    trade_links,
)

CACHED = 2**22  # bytes of B that are read twice without loss
CACHE = 2**19  # bytes of a piece of B where it is larger


class Pool(NamedTuple):
    """How a union pools duties: U unions, N countries."""

    share: np.ndarray  # (U, N) treaty share of the receipts
    inside: np.ndarray  # (U, N) one for members, whose pooled duties the union shares out
    part: np.ndarray  # (N, N) part of the duty of importer n on exporter i that goes to the pool of n's union


def pool(world: World, change: Primitives) -> Pool:
    """Return the duty pools after a change: a member is who has a positive treaty share."""
    share = world.pool if change.pool_new is None else change.pool_new
    return Pool(share, member(share), pooled_part(share, world.collection))


def tables(world: World, change: Primitives, pools: Pool | None = None) -> Tables:
    """Build the constant tables of a solve.

    A = pi kappa_hat ** -theta with kappa_hat = d_hat (1 + tau') / (1 + tau); powers only on cells that change.
    `pools`, when given, takes the place of the pools that the change implies (a union half left, on a path).

    Raises
    ------
    InfeasibleError
        A market is left without supplier.
    """
    tau_new = world.tau if change.tau_new is None else change.tau_new
    dead = (world.X <= 0).T
    A, B = block(inner(world.pi).shape)
    np.copyto(A, inner(world.pi))
    own = np.arange(len(world.countries))
    if dead.any():
        A[:, own, own] = np.where(dead, 1.0, A[:, own, own])  # a market without spending: a placeholder price, no flow
    lost = _move(A, world, change, tau_new)
    live = (world.X > 0).T
    if lost:
        live = _live(world, A)
        empty = ~(A.max(axis=2) > 0)
        require_suppliers(world, (empty & live).T)
        A[:, own, own] = np.where(empty & ~live, 1.0, A[:, own, own])  # nobody buys: the placeholder again
    np.divide(A, np.add(inner(tau_new), 1, out=B), out=B)
    pools = pool(world, change) if pools is None else pools
    K, part, members = _pooled(A, B, pools.part)
    B_own = B[:, own, own]
    B[:, own, own] = 0.0
    groups, alone = _groups(B, live)
    return Tables(
        A=A,
        B=B,
        B_own=B_own,
        K=K,
        part=part,
        members=members,
        netting=pools.inside.T[members] @ pools.share - np.eye(len(world.countries))[members],
        inside=pools.inside,
        gamma=world.gamma,
        alpha=np.ascontiguousarray(world.alpha.T),
        theta=world.theta[:, None].copy(),
        **_factors(world, A, live),
        ln_A_hat=_productivity(world, change),
        L=world.L,
        X0=np.where(live, world.X.T, 0.0),
        live=live.astype(float),
        dead=1.0 - live,
        piece=max(1, CACHE // (8 * A.shape[1] ** 2)) if B.nbytes > CACHED else A.shape[0],
        groups=groups,
        alone=alone,
        floor=np.full((1, 1), np.exp(-1.0)),
    )


def inner(table: np.ndarray) -> np.ndarray:
    """(n, i, j) as the kernel's [j, n, i]; no copy for arrays of a World, which lie in memory sector by sector."""
    return np.ascontiguousarray(np.moveaxis(table, 2, 0))


def block(shape: tuple[int, ...]) -> np.ndarray:
    """(2, ...) two large tables in one piece of memory: the system hands out one large piece faster than two."""
    return np.empty((2, *shape))


def _factors(world: World, A: np.ndarray, live: np.ndarray) -> dict[str, np.ndarray]:
    """Shares of labour and of immobile factors in output, and the exponents of wage and output in unit cost."""
    beta, specific, psi = world.beta.T, world.specific.T, world.psi[:, None]
    e_Y = specific * beta - psi
    found = {
        "labour": np.ascontiguousarray((1 - specific) * beta),
        "rent": np.ascontiguousarray(specific * beta),
        "e_w": np.ascontiguousarray((1 - specific) * beta + psi),
        "Y0": np.ascontiguousarray(world.Y.T),
        "e_Y": e_Y,
        "made": e_Y,
    }
    none = np.zeros((0, len(world.countries)))
    if not world.specific.any():
        found["rent"] = none
    if not e_Y.any():
        return {**found, "e_Y": none, "made": none}
    made = (world.Y > 0).T & ((A > 0) & live[:, :, None]).any(axis=1)
    return {**found, "e_Y": np.where(made, e_Y, 0.0), "Y0": np.where(made, world.Y.T, 1.0), "made": made.astype(float)}


def _productivity(world: World, change: Primitives) -> np.ndarray:
    if change.A_hat is None:
        return np.zeros_like(world.beta.T, order="C")
    return np.ascontiguousarray(np.log(change.A_hat).T)


def closure(world: World, change: Primitives, kind: str, tab: Tables) -> Closure:
    """Build the deficit closure and refuse payments that no trade can carry.

    Raises
    ------
    InfeasibleError
        The deficits of a trade component do not sum to zero, its duty pool crosses its border, or a country that can
        only buy (or only sell) has nothing to pay with (or to be paid for).
    """
    D = world.D if change.D_new is None else change.D_new
    delta = world.D / world.V
    require_pool_inside(world, tab)
    if kind == "share" and change.D_new is not None:
        raise InfeasibleError(
            "D_new sets deficits and deficits='share' keeps them as a share of value added; choose one"
        )
    if kind == "fixed":
        require_financed(world, D, tab)
        require_two_ways(world, D, "fixed", tab)
        return Closure("fixed", _summing_to_zero(world, D, tab), delta)
    require_one_market(world, tab)
    require_two_ways(world, D, "share", tab)
    return Closure("share", D, delta)


def _move(A: np.ndarray, world: World, change: Primitives, tau_new: np.ndarray) -> bool:
    """Multiply A by kappa_hat ** -theta in place, powers only on cells that change; true when a supplier is lost."""
    tau, tau_new = inner(world.tau), inner(tau_new)
    changed = np.zeros(A.shape, dtype=bool) if change.tau_new is None else tau_new != tau
    d_hat = None if change.d_hat is None else inner(change.d_hat)
    if d_hat is not None:
        changed |= d_hat != 1.0
    at = np.flatnonzero(changed)
    if not at.size:
        return False
    kappa = (1 + tau_new.ravel()[at]) / (1 + tau.ravel()[at])
    if d_hat is not None:
        kappa *= d_hat.ravel()[at]
    sector = at // (A.shape[1] * A.shape[2])
    before = A.ravel()[at]
    after = before * np.exp(-world.theta[sector] * np.log(kappa))
    A.ravel()[at] = after
    return bool(((after == 0) & (before > 0)).any())


def _live(world: World, A: np.ndarray) -> np.ndarray:
    """(j, n) markets that have spending: final demand, or demand of a producer whose goods reach a final buyer."""
    spent = (world.X > 0).T
    live = spent & (world.alpha > 0).T
    while True:
        sells = ((A > 0) & live[:, :, None]).any(axis=1)
        more = live | (spent & ((world.gamma > 0) & sells.T[:, None, :]).any(axis=2).T)
        if (more == live).all():
            return live
        live = more


def _pooled(A: np.ndarray, B: np.ndarray, part: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    members = np.flatnonzero(part.any(axis=1))
    return (A[:, members] - B[:, members]) * part[members], part[members], members


def _groups(B: np.ndarray, live: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(group, n) trade components, and (n,) one for countries that are a component by themselves."""
    links = trade_links(B, live)
    N = links.shape[0]
    if N > 1 and in_one_piece(links):
        return np.ones((1, N)), np.zeros(N)
    count, label = connected_components(links, directed=False)
    groups = (label[None, :] == np.arange(count)[:, None]).astype(float)
    return groups, np.matmul((groups.sum(axis=1) == 1).astype(float), groups)


def _summing_to_zero(world: World, D: np.ndarray, tab: Tables) -> np.ndarray:
    """Spread what rounding leaves of the sum of each trade component; a country alone has exactly none."""
    left = np.matmul(tab.groups, D) / np.matmul(tab.groups, world.I)
    return np.where(tab.alone > 0, 0.0, D - np.matmul(left, tab.groups) * world.I)
