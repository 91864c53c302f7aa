"""What one more Mt a year of room on a route is worth: in a normal year, in a stop, and by the duals of a programme."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from karvan.core.errors import InfeasibleError
from karvan.core.table import Table

if TYPE_CHECKING:
    from karvan.network.oil.flows import OilFlows
    from karvan.network.oil.routes import OilRoutes

MORE = 1.0  # Mt a year
STOPPED = "CPC"


def programme(flows: OilFlows, access: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Least cost: the flows that earn most, whatever was agreed or is habit.

    max sum netback[r] q[f,r],   sum_r q[f,r] = supply[f],   floor[r] <= sum_f q[f,r] <= cap[r],   q >= 0

    Returns
    -------
    (f, r) Mt; (r,) USD a tonne that one tonne more of capacity earns; (r,) the same for one tonne less of floor

    Raises
    ------
    InfeasibleError
        The routes in reach cannot take the supply.
    """
    from scipy.optimize import linprog

    f, r = access.shape
    at = np.argwhere(access)
    by_field = np.array([[1.0 if i == n else 0.0 for i, _ in at] for n in range(f)])
    by_route = np.array([[1.0 if j == n else 0.0 for _, j in at] for n in range(r)])
    best = linprog(
        -flows.netback[at[:, 1]],
        A_ub=np.vstack([by_route, -by_route]),
        b_ub=np.concatenate([flows.cap, -flows.floor]),
        A_eq=by_field,
        b_eq=flows.supply,
        method="highs",
    )
    if best.status != 0:
        raise InfeasibleError(f"least-cost programme of {flows.year}: {best.message}")
    q = np.zeros((f, r))
    q[at[:, 0], at[:, 1]] = best.x
    duals = -best.ineqlin.marginals
    return q, duals[:r], duals[r:]


def least_cost(system: OilRoutes, year: int, price: float | None) -> Table:
    """Return the flows of the programme beside the logit and the observed ones."""
    flows = system.flows(year, price=price)
    q, dual, _ = programme(flows, system.tables.access)
    seen = {routes: mode for routes, field, _, mode, _ in flows.observed if not field}
    rows = tuple(
        (
            name,
            *(round(float(v), 2) for v in (q[:, r].sum(), flows.total()[r])),
            seen.get(name),
            round(float(dual[r]), 1),
        )
        for r, name in enumerate(system.routes)
    )
    names = ("route", "least_cost_mt", "logit_mt", "observed_mt", "dual_usd_t")
    return Table(names, rows, f"Least cost is not what shippers do: {year}, Mt")


def widen(system: OilRoutes, year: int, price: float | None, days: int) -> Table:
    """Return MUSD a year (normal year) and MUSD a stop of CPC per Mt a year of added room, by finite differences.

    normal_musd : change of the netback of all exports, by the logit
    stop_musd : the part of the loss of a stop of CPC for `days` days that the room saves, by its end (the fit of the
        ramp says how much of the room can be used in that time)
    dual_usd_t, difference_usd_t : the same in a least-cost programme, by its dual and by a difference of 1 kt
    """
    base = system.flows(year, price=price)
    at = system.tables.brent[year] if price is None else price
    lost = _loss(system, year, at, days, None)
    _, dual, _ = programme(base, system.tables.access)
    rows = []
    for r, name in enumerate(system.routes):
        cap = float(base.cap[r]) / system.tables.part(year)
        wide = system.flows(year, {name: cap + MORE}, price)
        normal = float((wide.total() - base.total()) @ base.netback) / system.tables.part(year)
        saved = None if name == STOPPED else round(lost - _loss(system, year, at, days, {name: cap + MORE}), 1)
        values = (normal, base.room_value[r], dual[r], _difference(system, year, price, name, cap))
        rows.append((name, round(normal, 2) + 0.0, saved, *(round(float(v), 2) + 0.0 for v in values[1:])))
    names = ("route", "normal_musd", "stop_musd", "room_value_usd_t", "dual_usd_t", "difference_usd_t")
    text = f"One more Mt a year of room, {year}, Brent {at:.0f} USD/bbl; stop: CPC closed for {days} days"
    return Table(names, tuple(rows), text)


def _loss(system: OilRoutes, year: int, price: float, days: int, capacity: dict[str, float] | None) -> float:
    found = system.close(STOPPED, days, 1.0, year, price, draws=1, capacity=capacity)
    return float(found.sums(days)["loss"][0])


def _difference(system: OilRoutes, year: int, price: float | None, name: str, cap: float) -> float:
    step = 1e-3
    low, high = (system.flows(year, {name: cap + d}, price) for d in (0.0, step))
    gain = sum(
        sign * float(programme(f, system.tables.access)[0].sum(axis=0) @ f.netback)
        for sign, f in ((1, high), (-1, low))
    )
    return gain / (step * system.tables.part(year))
