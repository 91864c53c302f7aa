"""Questions without an answer in the model, refused by name: which country and sector, why, and what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse.csgraph import connected_components

from karvan.core.errors import ConvergenceError, InfeasibleError, KarvanError, first_five
from karvan.core.labels import cells
from karvan.core.world import World
from karvan.models.trade.kernel import Tables, rents

if TYPE_CHECKING:
    from karvan.models.trade.fixed_point import Solved
    from karvan.models.trade.path import Reached

NOTHING_LEFT = 0.1  # of value added: a path that ends below has run out of income
REMEDY = "use deficits='purge' or 'share', give Change(D_new=...), or make the shock smaller"


def require_suppliers(world: World, empty: np.ndarray) -> None:
    """Refuse (n, j) markets with spending and without supplier."""
    if empty.any():
        names = cells(empty, [world.countries, world.sectors])
        raise InfeasibleError(
            f"{int(empty.sum())} market(s) are left without any supplier: {names}; their price would be infinite. "
            "Use a high finite cost, or leave one supplier open"
        )


def trade_links(B: np.ndarray, live: np.ndarray) -> np.ndarray:
    """(n, i) true where n buys anything from i."""
    if live.all():
        return B.max(axis=0) > 0
    return ((B > 0) & live[:, :, None]).any(axis=0)


def in_one_piece(links: np.ndarray) -> bool:
    """True when every country reaches every other by buying and by selling (the usual case)."""
    table, N = links.astype(np.float32), links.shape[0]
    hub = int(np.argmax(links.sum(axis=0) + links.sum(axis=1)))
    return _reached(table, hub) == N and _reached(table.T, hub) == N


def _reached(table: np.ndarray, start: int) -> int:
    """How many countries a walk along the links from `start` comes to."""
    here = np.zeros(table.shape[0], dtype=np.float32)
    here[start], count = 1.0, 0
    while here.sum() > count:
        count = int(here.sum())
        here = ((here + here @ table) > 0).astype(np.float32)
    return count


def require_financed(world: World, D: np.ndarray, tab: Tables) -> None:
    """Refuse deficits that do not sum to zero in every trade component."""
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


def require_pool_inside(world: World, tab: Tables) -> None:
    """Refuse a duty pool whose members are in different trade components."""
    paying = np.zeros(len(world.countries), dtype=bool)
    paying[tab.members] = (tab.K != 0).any(axis=(0, 2))
    for union, inside in zip(world.unions, tab.inside > 0, strict=True):
        apart = (tab.groups[:, inside] > 0).any(axis=1).sum() > 1
        if apart and paying[inside].any():
            raise InfeasibleError(
                f"the change cuts the members of {union} apart ({first_five(np.array(world.countries)[inside])}), "
                "so that the pool's duties cannot be paid out in goods; add leave_bloc, or give Change(pool_new=...)"
            )


def require_one_market(world: World, tab: Tables) -> None:
    """Refuse deficits as a share of value added in a world of several parts."""
    parts = sorted((tuple(np.array(world.countries)[group > 0]) for group in tab.groups), key=len)
    if len(parts) > 1:
        raise InfeasibleError(
            f"deficits='share' needs one world market, but trade falls into {len(parts)} parts, one of them "
            f"{first_five(parts[0])}; use deficits='purge', or give D_new"
        )


def require_two_ways(world: World, D: np.ndarray, kind: str, tab: Tables) -> None:
    """Refuse countries, or groups that trade among themselves, that can only buy from the rest, or only sell to it."""
    part, buys, sells = one_way_parts(tab)
    if not part.size:
        return
    receives, pays = _financed_by_sign(world, D, kind, part)
    from_pool, to_pool = _financed_by_pool(tab, part)
    stuck = (buys & ~receives & ~from_pool) | (sells & ~pays & ~to_pool)
    if stuck.any():
        raise InfeasibleError(
            f"{_smallest(world, part[stuck])} can buy from the rest but not sell, or sell but not buy, and no deficit "
            "or surplus pays for it; leave trade open in both directions, close both, or give Change(D_new=...)"
        )


def one_way_parts(tab: Tables) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(part, n) countries that trade among themselves; (part,) true where they only buy from the rest, or only sell."""
    links = trade_links(tab.B, tab.live > 0)
    if in_one_piece(links):
        none = np.zeros(0, dtype=bool)
        return np.zeros((0, links.shape[0]), dtype=bool), none, none
    count, label = connected_components(links, directed=True, connection="strong")
    part = label[None, :] == np.arange(count)[:, None]
    beyond = links & (label[:, None] != label[None, :])
    buys, sells = np.matmul(part, beyond.any(axis=1)), np.matmul(part, beyond.any(axis=0))
    one_way = buys != sells
    return part[one_way], (buys & ~sells)[one_way], (sells & ~buys)[one_way]


def _smallest(world: World, parts: np.ndarray) -> str:
    return first_five(np.array(world.countries)[min(parts, key=np.sum)])


def _financed_by_pool(tab: Tables, part: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(part,) true where the members of a union outside a part pay into its pool, and where those inside do."""
    paying = np.zeros(part.shape[1], dtype=bool)
    paying[tab.members] = (tab.K != 0).any(axis=(0, 2))
    inside = tab.inside.T > 0  # (n, union)
    shared = np.matmul(part, inside) & np.matmul(~part, inside)
    pays = inside & paying[:, None]
    return (shared & np.matmul(~part, pays)).any(axis=1), (shared & np.matmul(part, pays)).any(axis=1)


def _financed_by_sign(world: World, D: np.ndarray, kind: str, part: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(part,) true where the deficit of a part can be above zero, and where it can be below.

    As a share of value added only the order is known: D'_n = V'_n (delta_n - mean of delta), with the mean unknown.
    """
    if kind == "fixed":
        due, noise = np.matmul(part, D), 1e-9 * np.matmul(part, world.I)
        return due > noise, due < -noise
    delta = D / world.V
    inside = [(delta[p].min(), delta[p].max()) for p in part]
    outside = [(delta[~p].min(initial=np.inf), delta[~p].max(initial=-np.inf)) for p in part]
    (low, high), (low_rest, high_rest) = np.array(inside).T, np.array(outside).T
    return high > low_rest + 1e-9, low < high_rest - 1e-9


def unsolved(world: World, solved: Solved, tab: Tables, reached: Reached | None, tol: float) -> KarvanError:
    """Return the error that says why a solve ended without an equilibrium.

    `solved` is where the solver stopped; `reached` the last equilibrium on the path from the baseline, if it was
    followed. A solution in which a country spends a negative income meets every equation and is none.
    """
    if reached is not None:
        n = int(np.argmin(reached.left))
        if reached.left[n] <= NOTHING_LEFT:
            return InfeasibleError(
                f"{world.countries[n]} runs out of income: with {reached.strength:.1%} of the change it keeps "
                f"{reached.left[n]:.1%} of its value added ({_budget(world, reached.solved, reached.earned, n)}), and "
                f"on the way from the baseline there is no equilibrium beyond; {REMEDY}"
            )
        apart = one_way_parts(tab)[0]
        if apart.size:
            return InfeasibleError(
                f"{_smallest(world, apart)} can buy from the rest but not sell, or sell but not buy, and what deficits "
                f"and the duty pool pay does not balance it (solved up to {reached.strength:.1%} of the change); leave "
                "trade open in both directions, close both, or give Change(D_new=...)"
            )
    poor = np.flatnonzero(~(solved.sweep.I > 0)).tolist()
    if solved.converged and poor:
        earned = solved.sweep.wL + rents(solved.sweep.Y, tab)
        rows = first_five(_budget(world, solved, earned, n) for n in poor)
        return InfeasibleError(f"{len(poor)} country(ies) would spend less than nothing: {rows}; {REMEDY}")
    worst = ", ".join(f"{k} {v:.2g}" for k, v in solved.residuals.items())
    far = "" if reached is None else f"; solved up to {reached.strength:.1%} of the change"
    return ConvergenceError(
        f"not solved after {solved.steps} sweeps (tolerance {tol:g}; largest errors: {worst}{far}); raise max_steps, "
        "make the shock smaller, or pass allow_unconverged=True to look at the unsolved state"
    )


def _budget(world: World, solved: Solved, earned: np.ndarray, n: int) -> str:
    s = solved.sweep
    return (
        f"{world.countries[n]}: value added {earned[n]:.6g}, net duties {float(s.T[n] + s.NP[n]):.6g}, "
        f"deficit {float(s.D[n]):.6g} MUSD"
    )
