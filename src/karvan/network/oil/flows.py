"""Flows of one year."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from karvan.core.errors import InfeasibleError
from karvan.core.table import Table
from karvan.network.oil.fit import OilFit
from karvan.network.oil.logit import capped_logit
from karvan.network.oil.tables import OilTables


@dataclass(frozen=True, eq=False)
class OilFlows:
    """Who ships where in one year.

    Attributes
    ----------
    q : (f, r) Mt in the period of the figures (ten months for 2024)
    supply : (f,) Mt for export
    floor, cap : (r,) Mt
    netback : (r,) USD a tonne at the field
    room_value : (r,) USD a tonne: what room on the route is worth to shippers; negative where a contract binds
    """

    year: int
    months: int
    fields: tuple[str, ...]
    routes: tuple[str, ...]
    q: np.ndarray
    supply: np.ndarray
    floor: np.ndarray
    cap: np.ndarray
    netback: np.ndarray
    room_value: np.ndarray
    observed: tuple[tuple[str, str, float, float, float], ...]

    def total(self) -> np.ndarray:
        """(r,) Mt on each route."""
        return self.q.sum(axis=0)

    def table(self) -> Table:
        """Return one row a route: modelled beside observed, limits, netback."""
        seen = {routes: (mode, low, high) for routes, field, low, mode, high in self.observed if not field}
        total = self.total()
        rows = []
        for r, name in enumerate(self.routes):
            mode, low, high = seen.get(name, (None, None, None))
            rows.append(
                (
                    name,
                    round(float(total[r]), 2),
                    mode,
                    low,
                    high,
                    round(100 * float(total[r] / total.sum()), 1),
                    round(float(self.floor[r]), 2),
                    round(float(self.cap[r]), 2),
                    round(float(self.netback[r]), 0),
                )
            )
        names = ("route", "modelled_mt", "observed_mt", "low", "high", "share_pct", "floor_mt", "capacity_mt")
        text = f"Oil exports of Kazakhstan by route, {self.year} ({self.months} months), Mt; netback in USD/t"
        return Table((*names, "netback_usd_t"), tuple(rows), text)

    def by_field(self) -> Table:
        """Return Mt by field and route."""
        rows = tuple((f, *(round(float(v), 2) for v in self.q[i])) for i, f in enumerate(self.fields))
        return Table(("field", *self.routes), rows, f"Oil exports by field and route, {self.year}, Mt")


def solve_flows(
    tables: OilTables, fitted: OilFit, year: int, capacity: dict[str, float] | None = None, price: float | None = None
) -> OilFlows:
    """Solve one year; `capacity` replaces Mt a year of single routes, `price` the Brent price (USD/bbl) of the year.

    Raises
    ------
    LabelError
        A route is unknown.
    InfeasibleError
        A capacity is negative or below what contracts promise, or the routes cannot take the exports.
    """
    cap, floor, netback = tables.capacities(year), tables.floors(year), tables.netback(year, price)
    for name, value in (capacity or {}).items():
        r = tables.route(name)
        cap[r] = value * tables.part(year)
        if not cap[r] >= floor[r]:
            raise InfeasibleError(
                f"{tables.routes[r]} in {year}: a capacity of {value:g} Mt a year is below the "
                f"{floor[r] / tables.part(year):g} that contracts promise; give more, or lower contracts.csv"
            )
    supply = tables.supply(year)
    q, log_m = capped_logit(supply, fitted.weights(netback), floor, cap)
    return OilFlows(
        year=year,
        months=tables.months[year],
        fields=tables.fields,
        routes=tables.routes,
        q=q,
        supply=supply,
        floor=floor,
        cap=cap,
        netback=netback,
        room_value=-log_m / float(fitted.beta.mode),
        observed=tuple(
            (row.keys[1], row.keys[2], float(row.value.low), float(row.value.mode), float(row.value.high))
            for *_, row in tables.groups(year)
        ),
    )
