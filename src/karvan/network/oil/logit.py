"""Logit shares under capacities and floors."""

from __future__ import annotations

import numpy as np

from karvan.core.errors import ConvergenceError, InfeasibleError

TOL = 1e-9
MAX_ROUNDS = 2000
FAR = 60.0


def capped_logit(
    supply: np.ndarray, weights: np.ndarray, floor: np.ndarray, cap: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Shares in proportion to weights, each route's total held between its floor and its capacity.

    q[f,r] = supply[f] w[f,r] m[r] / sum_s w[f,s] m[s],   floor[r] <= sum_f q[f,r] <= cap[r]

    m[r] is 1 where neither binds, below 1 where the capacity does and above 1 where the floor does: the flows that
    lie nearest to the free shares (in relative entropy) among those that the limits allow. -log m[r] is what a tonne
    of room on the route is worth, in units of utility. Solved route by route, in turn, until all limits hold.

    Parameters
    ----------
    supply : (f,) tonnes, >= 0
    weights : (f, r) exp(utility), 0 where a field has no access
    floor, cap : (r,) tonnes, 0 <= floor <= cap

    Returns
    -------
    (f, r) tonnes; (r,) log m

    Raises
    ------
    InfeasibleError
        The routes that fields can reach cannot take the supply, or fields cannot fill a floor.
    ConvergenceError
        The limits do not hold to 1e-9 of the supply after 2000 rounds.
    """
    _require_feasible(supply, weights, floor, cap)
    log_m = np.zeros(len(cap))
    scale = max(float(supply.sum()), np.finfo(float).tiny)
    for _ in range(MAX_ROUNDS):
        for r in range(len(cap)):
            log_m[r] = _within(supply, weights, log_m, r, floor[r], cap[r])
        q = _shares(supply, weights, log_m)
        total = q.sum(axis=0)
        free = np.where(log_m < 0, total - cap, np.where(log_m > 0, total - floor, 0.0))
        if max(np.abs(free).max(), (total - cap).max(), (floor - total).max()) <= TOL * scale:
            return q, log_m
    raise ConvergenceError(
        f"oil shares: limits still missed by {np.abs(free).max() / scale:.1e} of the supply after {MAX_ROUNDS} rounds"
    )


def _shares(supply: np.ndarray, weights: np.ndarray, log_m: np.ndarray) -> np.ndarray:
    pull = weights * np.exp(log_m)
    total = pull.sum(axis=1, keepdims=True)
    return supply[:, None] * np.divide(pull, total, out=np.zeros_like(pull), where=total > 0)


def _within(supply: np.ndarray, weights: np.ndarray, log_m: np.ndarray, r: int, floor: float, cap: float) -> float:
    """Return log m[r] that puts the route's total into [floor, cap], the others held; 0 where it is there already."""
    from scipy.optimize import brentq

    others = (weights * np.exp(log_m)).sum(axis=1) - weights[:, r] * np.exp(log_m[r])

    def carried(x: float) -> float:
        own = weights[:, r] * np.exp(x)
        both = own + others
        return float((supply * np.divide(own, both, out=np.zeros_like(own), where=both > 0)).sum())

    free = carried(0.0)
    if floor <= free <= cap:
        return 0.0
    aim = cap if free > cap else floor
    if aim <= 0:
        return -10 * FAR
    low, high = (-FAR, 0.0) if free > cap else (0.0, FAR)
    if (carried(low) - aim) * (carried(high) - aim) > 0:
        return low if free > cap else high  # the other routes must move first
    return float(brentq(lambda x: carried(x) - aim, low, high, xtol=1e-13, rtol=1e-14))


def _require_feasible(supply: np.ndarray, weights: np.ndarray, floor: np.ndarray, cap: np.ndarray) -> None:
    """Every set of fields must fit into the routes it reaches, every floor be filled by fields that reach it."""
    reach = weights > 0
    for picked in range(1, 2 ** len(supply)):
        some = np.array([(picked >> f) & 1 for f in range(len(supply))], dtype=bool)
        room = cap[reach[some].any(axis=0)].sum()
        if supply[some].sum() > room * (1 + TOL):
            raise InfeasibleError(
                f"oil shares: {supply[some].sum():.4g} Mt must leave over routes with room for {room:.4g} Mt; "
                "raise a capacity or lower the supply"
            )
    for picked in range(1, 2 ** len(cap)):
        some = np.array([(picked >> r) & 1 for r in range(len(cap))], dtype=bool)
        there = supply[reach[:, some].any(axis=1)].sum()
        if floor[some].sum() > there * (1 + TOL):
            raise InfeasibleError(
                f"oil shares: contracts promise {floor[some].sum():.4g} Mt but fields that reach these routes have "
                f"{there:.4g} Mt; lower a floor"
            )
