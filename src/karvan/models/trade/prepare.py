"""From a World and a change to the tables of the kernel; special cases are handled here by name, before solving."""

from __future__ import annotations

import numpy as np
from scipy.sparse.csgraph import connected_components

from karvan.core.baseline import member, pooled_part
from karvan.core.change import Primitives
from karvan.core.errors import InfeasibleError, first_five
from karvan.core.labels import cells
from karvan.core.world import World
from karvan.models.trade.kernel import Closure, Tables


def tables(world: World, change: Primitives) -> Tables:
    """Build the constant tables of a solve.

    A = pi kappa_hat ** -theta with kappa_hat = d_hat (1 + tau') / (1 + tau); powers only on cells that change.

    Raises
    ------
    InfeasibleError
        A market is left without supplier.
    """
    tau_new = world.tau if change.tau_new is None else change.tau_new
    pi = np.array(world.pi)
    dead = world.X <= 0
    own = np.arange(len(world.countries))
    pi[own, own, :] = np.where(dead, 1.0, pi[own, own, :])  # a market without spending: a placeholder price, no flow
    A = _moved(world, change, tau_new, pi)
    live = _live(world, A)
    empty = ~(A > 0).any(axis=1)
    _require_suppliers(world, empty & live)
    A[own, own, :] = np.where(empty & ~live, 1.0, A[own, own, :])  # nobody buys: the placeholder again
    B = A / (1 + tau_new)
    share = world.pool if change.pool_new is None else change.pool_new
    K, members = _pooled(A, B, share, world)
    B_own = B[own, own, :].T.copy()
    B[own, own, :] = 0.0
    table = np.ascontiguousarray(np.moveaxis(A, 2, 0))
    L = (world.beta * world.Y).sum(axis=1)
    ln_A_hat = np.zeros_like(world.beta) if change.A_hat is None else np.log(change.A_hat)
    return Tables(
        A=table,
        B=np.ascontiguousarray(np.moveaxis(B, 2, 0)),
        B_own=B_own,
        K=K,
        members=members,
        place=np.eye(len(world.countries))[members],
        share=share,
        inside=member(share),
        beta=np.ascontiguousarray(world.beta.T),
        gamma=np.ascontiguousarray(world.gamma),
        alpha=np.ascontiguousarray(world.alpha.T),
        theta=world.theta[:, None].copy(),
        ln_A_hat=np.ascontiguousarray(ln_A_hat.T),
        L=L,
        X0=np.where(live, world.X, 0.0).T.copy(),
        live=live.T.copy(),
        groups=_groups(B, live),
    )


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
    _require_pool_inside(world, tab)
    if kind == "share" and change.D_new is not None:
        raise InfeasibleError(
            "D_new sets deficits and deficits='share' keeps them as a share of value added; choose one"
        )
    if kind == "fixed" or change.D_new is not None:
        _require_financed(world, D, tab)
        _require_two_ways(world, D, tab)
        return Closure("fixed", _summing_to_zero(world, D, tab), delta)
    if tab.groups.shape[0] > 1:
        raise InfeasibleError(
            f"deficits='share' needs one world market, but the change cuts it into {tab.groups.shape[0]} parts; "
            "use deficits='purge', or give D_new"
        )
    if (np.abs(D) <= 1e-9 * world.I).all():
        _require_two_ways(world, D, tab)
    return Closure("share", D, delta)


def _moved(world: World, change: Primitives, tau_new: np.ndarray, pi: np.ndarray) -> np.ndarray:
    d_hat = 1.0 if change.d_hat is None else change.d_hat
    changed = np.nonzero((tau_new != world.tau) | (np.not_equal(d_hat, 1.0)))
    if changed[0].size:
        kappa = (1 + tau_new[changed]) / (1 + world.tau[changed])
        if change.d_hat is not None:
            kappa *= change.d_hat[changed]
        pi[changed] *= np.exp(-world.theta[changed[2]] * np.log(kappa))
    return pi


def _live(world: World, A: np.ndarray) -> np.ndarray:
    """(n, j) markets that have spending: final demand, or demand of a producer whose goods reach a final buyer."""
    spent = world.X > 0
    if not ((A == 0) & (world.pi > 0)).any():
        return spent
    live = spent & (world.alpha > 0)
    while True:
        sells = ((A > 0) & live[:, None, :]).any(axis=0)
        more = live | (spent & ((world.gamma > 0) & sells[:, None, :]).any(axis=2))
        if (more == live).all():
            return live
        live = more


def _require_suppliers(world: World, empty: np.ndarray) -> None:
    if empty.any():
        names = cells(empty, [world.countries, world.sectors])
        raise InfeasibleError(
            f"{int(empty.sum())} market(s) are left without any supplier: {names}; their price would be infinite. "
            "Use a high finite cost, or leave one supplier open"
        )


def _pooled(A: np.ndarray, B: np.ndarray, share: np.ndarray, world: World) -> tuple[np.ndarray, np.ndarray]:
    part = pooled_part(share, world.collection)
    members = np.flatnonzero(part.any(axis=1))
    K = (A[members] - B[members]) * part[members][:, :, None]
    return np.ascontiguousarray(np.moveaxis(K, 2, 0)), members


def _groups(B: np.ndarray, live: np.ndarray) -> np.ndarray:
    links = ((B > 0) & live[:, None, :]).any(axis=2)
    if _has_hub(links):
        return np.ones((1, links.shape[0]))
    count, label = connected_components(links, directed=False)
    return (label[None, :] == np.arange(count)[:, None]).astype(float)


def _has_hub(links: np.ndarray) -> bool:
    """True when some country buys from and sells to every other: then nothing is cut off (the usual case)."""
    linked = links | np.eye(links.shape[0], dtype=bool)
    return bool((linked.all(axis=0) & linked.all(axis=1)).any())


def _require_financed(world: World, D: np.ndarray, tab: Tables) -> None:
    for group in sorted(tab.groups, key=np.sum):  # the smallest part that fails is the one to name
        inside = group > 0
        total, scale = float(D[inside].sum()), float(world.I[inside].sum())
        if abs(total) > 1e-6 * scale:
            names = first_five(np.array(world.countries)[inside])
            if inside.all():
                raise InfeasibleError(f"the deficits of the world sum to {total:.6g} MUSD, they must sum to zero")
            raise InfeasibleError(
                f"{names} is cut off from the rest of the world but has a deficit of {total:.6g} MUSD that no trade "
                "can carry; use deficits='purge', or give Change(D_new=...) that sums to zero in every part"
            )


def _require_pool_inside(world: World, tab: Tables) -> None:
    paying = np.zeros(len(world.countries), dtype=bool)
    paying[tab.members] = (tab.K != 0).any(axis=(0, 2))
    for union, inside in zip(world.unions, tab.inside > 0, strict=True):
        apart = (tab.groups[:, inside] > 0).any(axis=1).sum() > 1
        if apart and paying[inside].any():
            raise InfeasibleError(
                f"the change cuts the members of {union} apart ({first_five(np.array(world.countries)[inside])}), "
                "so that the pool's duties cannot be paid out in goods; add leave_bloc, or give Change(pool_new=...)"
            )


def _require_two_ways(world: World, D: np.ndarray, tab: Tables) -> None:
    """Refuse countries, or groups that trade among themselves, that can only buy from the rest, or only sell to it."""
    links = ((tab.B > 0) & tab.live[:, :, None]).any(axis=0)
    if _has_hub(links):
        return
    count, label = connected_components(links, directed=True, connection="strong")
    part = label[None, :] == np.arange(count)[:, None]
    beyond = links & (label[:, None] != label[None, :])
    buys, sells = np.matmul(part, beyond.any(axis=1)), np.matmul(part, beyond.any(axis=0))
    due, noise = np.matmul(part, D), 1e-9 * np.matmul(part, world.I)
    count_in = np.matmul(part, tab.inside.T)  # (part, union): members of a union in a part, when some are elsewhere
    pools = ((count_in > 0) & (count_in < tab.inside.sum(axis=1))).any(axis=1)
    alone = part.sum(axis=1) == 1  # who buys nothing pays nothing into a pool, so that its receipts are no help
    stuck = (~pools & buys & ~sells & (noise >= due)) | ((alone | ~pools) & sells & ~buys & (-noise <= due))
    if stuck.any():
        smallest = min(part[stuck], key=np.sum)
        names = first_five(np.array(world.countries)[smallest])
        raise InfeasibleError(
            f"{names} can buy from the rest but not sell, or sell but not buy, and no deficit or surplus pays for it; "
            "leave trade open in both directions, close both, or give Change(D_new=...)"
        )


def _summing_to_zero(world: World, D: np.ndarray, tab: Tables) -> np.ndarray:
    """Spread what rounding leaves of the sum of each trade component; a country alone has exactly none."""
    left = np.matmul(tab.groups, D) / np.matmul(tab.groups, world.I)
    alone = np.matmul(tab.groups.sum(axis=1), tab.groups) == 1
    return np.where(alone, 0.0, D - np.matmul(left, tab.groups) * world.I)
