"""The price of room: tolls under which freight that chooses by logit stays within the capacities."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.optimize import minimize
from scipy.sparse import csr_array

from karvan.core.errors import ConvergenceError, LabelError

LEFT_BEHIND = 3.0  # times the value of the goods: what leaving a unit behind costs, so that it is the last resort
TOLERANCE = 1e-8
POLISH = 50  # steps of Newton's method after the first search


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
        toll, gap = _polished(few, demand, capacity[tight], scale, _searched(few, demand, capacity[tight], scale))
    if gap >= TOLERANCE:
        raise ConvergenceError(f"tolls of {tight.size} links miss their capacity by up to {gap:.2g} of it")
    share, cost, left = choose(few, toll, scale, demand.size)
    full = np.zeros(capacity.size)
    full[tight] = toll
    return Tolled(full, share, cost, choice.takes.T @ (share * demand[choice.pair]), left, gap)


def _polished(
    choice: Choice, demand: np.ndarray, capacity: np.ndarray, scale: float, toll: np.ndarray
) -> tuple[np.ndarray, float]:
    """Newton's method from given tolls; the best tolls met and their gap."""
    best, least = toll, np.inf
    for _ in range(POLISH):
        share, _, _ = choose(choice, toll, scale, demand.size)
        excess = choice.takes.T @ (share * demand[choice.pair]) - capacity
        miss = np.where(toll > 0, np.abs(excess), np.maximum(excess, 0.0)) / capacity
        gap = float(miss.max(initial=0.0))
        if gap < least:
            best, least = toll, gap
        if gap < TOLERANCE or not np.isfinite(gap):
            break
        toll = _newton(choice.takes, choice.pair, share, demand, toll, excess, scale)
    return best, least


def _searched(choice: Choice, demand: np.ndarray, capacity: np.ndarray, scale: float) -> np.ndarray:
    """Maximise the dual from no tolls; tolls are scaled by what a million USD takes of each link."""
    some = choice.takes
    count = np.maximum((some > 0).sum(axis=0), 1)
    unit = np.maximum(np.asarray(some.sum(axis=0)).ravel() / np.asarray(count).ravel(), 1e-12) / 1e6
    total = float(demand.sum())

    def against(x: np.ndarray) -> tuple[float, np.ndarray]:
        share, cost, _ = choose(choice, x / unit, scale, demand.size)
        excess = some.T @ (share * demand[choice.pair]) - capacity
        return -(float(demand @ cost) - float(x / unit @ capacity) / 1e6) / total, -excess / unit / 1e6 / total

    bounds = [(0.0, None)] * capacity.size
    options = {"maxiter": 2000, "ftol": 1e-15, "gtol": 1e-10, "maxcor": 30}
    found = minimize(against, np.zeros(capacity.size), jac=True, method="L-BFGS-B", bounds=bounds, options=options)
    return np.asarray(found.x / unit)


def _newton(
    takes: csr_array,
    pair: np.ndarray,
    share: np.ndarray,
    demand: np.ndarray,
    toll: np.ndarray,
    excess: np.ndarray,
    scale: float,
) -> np.ndarray:
    """One step of Newton's method on the links that are full: the load falls by scale x its covariance with tolls."""
    full = np.flatnonzero((toll > 0) | (excess > 0))
    u = takes[:, full].toarray()
    mean = np.zeros((demand.size, full.size))
    np.add.at(mean, pair, u * share[:, None])
    weight = (share * demand[pair])[:, None]
    slope = scale / 1e6 * (u.T @ (weight * u) - mean.T @ (demand[:, None] * mean))
    step = np.linalg.lstsq(slope, excess[full], rcond=1e-12)[0]
    new = toll.copy()
    new[full] = np.maximum(toll[full] + step, 0.0)
    return new
