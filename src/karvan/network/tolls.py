"""The price of room: tolls under which freight that chooses by logit stays within the capacities."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.optimize import nnls
from scipy.sparse import csr_array

from karvan.core.errors import ConvergenceError, LabelError

LEFT_BEHIND = 3.0  # times the value of the goods: what leaving a unit behind costs, so that it is the last resort
TOLERANCE = 1e-8
STEPS = 200  # of Newton's method
FLAT = 1e-13  # relative change of the dual that is rounding
LEAST = 1e-13  # damping that keeps the slope of links in a row invertible


class Choice(NamedTuple):
    """Routes that compete for freight.

    pair: (route,) to which demand a route belongs, 0..P-1, in order; g: (route,) cost as a share of value; takes:
    (route, link) units of each link's capacity that a million USD of goods takes, 0 where the link has no limit.
    """

    pair: np.ndarray
    g: np.ndarray
    takes: csr_array


class Tolled(NamedTuple):
    """Tolls (link,) in USD per unit of capacity; share (route,) of its pair's demand; cost (pair,) as a share of value;
    load (link,); left (pair,) share left behind; gap: largest excess of a load over its capacity, relative.
    """

    toll: np.ndarray
    share: np.ndarray
    cost: np.ndarray
    load: np.ndarray
    left: np.ndarray
    gap: float


def choose(choice: Choice, toll: np.ndarray, scale: float, pairs: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return share (route,), cost (pair,) and share left behind (pair,) at given tolls.

    exp(-scale cost_p) = sum over routes r of p of exp(-scale (g_r + toll . takes_r)) + exp(-scale 3)
    """
    g = choice.g + choice.takes @ toll / 1e6
    least = np.full(pairs, LEFT_BEHIND)
    np.minimum.at(least, choice.pair, g)
    odds = np.exp(-scale * (g - least[choice.pair]))
    left = np.exp(-scale * (LEFT_BEHIND - least))
    total = np.bincount(choice.pair, odds, pairs) + left
    return odds / total[choice.pair], least - np.log(total) / scale, left / total


def tolled(
    choice: Choice, demand: np.ndarray, capacity: np.ndarray, scale: float, start: np.ndarray | None = None
) -> Tolled:
    """Find the tolls under which no load exceeds its capacity, and none is paid where room is left.

    They maximise  sum_p demand_p cost_p(toll) - sum_l toll_l capacity_l  over toll >= 0: the dual of the cheapest flow
    with a preference for variety (entropy / scale). Its gradient is load - capacity, so a toll is what one more unit
    of room saves; as scale grows it becomes the price of the linear programme.

    Parameters
    ----------
    demand : (pair,) value of goods a year, MUSD
    capacity : (link,) a year, inf where there is no limit
    start : (link,) tolls of a like case, to begin with

    Raises
    ------
    LabelError
        A demand, a capacity or a cost is NaN or negative, or a capacity is 0.
    ConvergenceError
        The tolls do not clear within 1e-8 of the capacities.
    """
    if not ((demand >= 0) & (demand < np.inf)).all() or not (capacity > 0).all() or np.isnan(choice.g).any():
        raise LabelError("demands must be finite and not negative, capacities above 0, and costs of routes numbers")
    tight = np.flatnonzero(np.isfinite(capacity) & (choice.takes.T @ demand[choice.pair] > capacity))
    few = Choice(choice.pair, choice.g, csr_array(choice.takes[:, tight]))
    toll = np.zeros(tight.size) if start is None else start[tight]
    toll, gap = _polished(few, demand, capacity[tight], scale, toll)
    if gap >= TOLERANCE:
        toll, gap = _polished(few, demand, capacity[tight], scale, _followed(few, demand, capacity[tight], scale))
    if gap >= TOLERANCE:
        raise ConvergenceError(f"tolls of {tight.size} links miss their capacity by up to {gap:.2g} of it")
    share, cost, left = choose(few, toll, scale, demand.size)
    full = np.zeros(capacity.size)
    full[tight] = toll
    return Tolled(full, share, cost, choice.takes.T @ (share * demand[choice.pair]), left, gap)


def _polished(
    choice: Choice, demand: np.ndarray, capacity: np.ndarray, scale: float, toll: np.ndarray
) -> tuple[np.ndarray, float]:
    """Newton's method with tolls >= 0, damped until the dual does not fall; the best tolls met and their gap."""
    at = _Point.of(choice, demand, capacity, scale, toll)
    best, damping = at, 0.0
    for _ in range(STEPS):
        if at.gap < TOLERANCE or not np.isfinite(at.gap) or damping > 1e12:
            break
        new = _Point.of(choice, demand, capacity, scale, _newton(choice, demand, at, scale, damping))
        flat = abs(new.dual - at.dual) <= FLAT * abs(at.dual)
        if (new.dual > at.dual and not flat) or (flat and new.gap < at.gap):
            at, damping = new, damping / 10 if damping > 1e-9 else 0.0
        else:
            damping = max(10 * damping, 1e-9)
        best = at if at.gap < best.gap else best
    return best.toll, best.gap


def _followed(choice: Choice, demand: np.ndarray, capacity: np.ndarray, scale: float) -> np.ndarray:
    """Follow the tolls from a choice so even that all routes share, where they are easy to find, to the sharp one."""
    toll, even = np.zeros(capacity.size), min(1.0, scale)
    while even < scale:
        toll, _ = _polished(choice, demand, capacity, even, toll)
        even = min(even * 1.5, scale)
    return toll


class _Point(NamedTuple):
    """Where a search is: tolls, shares, load less room, what the dual is worth (MUSD), largest relative miss."""

    toll: np.ndarray
    share: np.ndarray
    excess: np.ndarray
    dual: float
    gap: float

    @classmethod
    def of(cls, choice: Choice, demand: np.ndarray, capacity: np.ndarray, scale: float, toll: np.ndarray) -> _Point:
        share, cost, _ = choose(choice, toll, scale, demand.size)
        excess = choice.takes.T @ (share * demand[choice.pair]) - capacity
        miss = np.where(toll > 0, np.abs(excess), np.maximum(excess, 0.0)) / capacity
        dual = float(demand @ cost) - float(toll @ capacity) / 1e6
        return cls(toll, share, excess, dual, float(miss.max(initial=0.0)))


def _newton(choice: Choice, demand: np.ndarray, at: _Point, scale: float, damping: float) -> np.ndarray:
    """The tolls >= 0 that are best for the dual's quadratic model: loads fall by scale x their covariance.

    max excess d - d (slope + damping) d / 2 as bounded least squares, in units in which the slope of a link is below 1.
    """
    u = choice.takes.toarray()
    mean = np.zeros((demand.size, at.toll.size))
    np.add.at(mean, choice.pair, u * at.share[:, None])
    weight = (at.share * demand[choice.pair])[:, None]
    slope = scale / 1e6 * (u.T @ (weight * u) - mean.T @ (demand[:, None] * mean))
    spread = scale / 1e6 * (u.T**2 @ demand[choice.pair])  # what the slope would be if all routes were in play
    size = np.sqrt(np.maximum(spread, 1e-300))
    square = slope / np.outer(size, size) + (damping + LEAST) * np.eye(size.size)
    root = np.linalg.cholesky(square).T
    now = at.toll * size
    wanted = np.linalg.solve(root.T, at.excess / size + square @ now)
    return np.asarray(nnls(root, wanted)[0] / size)
