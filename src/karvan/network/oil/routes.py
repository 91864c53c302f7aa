"""The oil system as one thing to ask."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from karvan.core.errors import LabelError, ScenarioError
from karvan.core.labels import suggest
from karvan.core.params import Range
from karvan.core.table import Table
from karvan.network.oil import episodes as past
from karvan.network.oil import widen as wider
from karvan.network.oil.files import QUALITIES, everything, plain
from karvan.network.oil.fit import OilFit, fit, shares, stored_fit
from karvan.network.oil.flows import OilFlows, solve_flows
from karvan.network.oil.outage import HORIZONS, QUANTILES, OilOutage, Stop, run, settings
from karvan.network.oil.tables import OilTables, read_tables


@dataclass(frozen=True, eq=False)
class OilRoutes:
    """Kazakhstan's oil export system.

    Attributes
    ----------
    tables : what is known, with sources
    fitted : the pull of each route on each field
    ramp : days until two thirds of the room elsewhere are in use
    """

    tables: OilTables
    fitted: OilFit
    ramp: Range

    @property
    def years(self) -> tuple[int, ...]:
        """Return the years with figures."""
        return self.tables.years

    @property
    def routes(self) -> tuple[str, ...]:
        """Return the names of the routes."""
        return self.tables.routes

    @property
    def fields(self) -> tuple[str, ...]:
        """Return the names of the fields."""
        return self.tables.fields

    def flows(
        self, year: int | None = None, capacity: dict[str, float] | None = None, price: float | None = None
    ) -> OilFlows:
        """Return who ships where in a year (default: the last one).

        `capacity` replaces Mt a year of single routes, `price` the Brent price of the year in USD/bbl. Errors:
        LabelError for an unknown route or a year without data, InfeasibleError for a capacity below what contracts
        promise or too little room for the exports.
        """
        return solve_flows(self.tables, self.fitted, self.tables.require_year(year), capacity, _price(price))

    def close(
        self,
        route: str,
        days: int = 30,
        share: float = 1.0,
        year: int | None = None,
        price: float | Range | None = None,
        draws: int = 200,
        seed: int = 0,
        capacity: dict[str, float] | None = None,
    ) -> OilOutage:
        """Close `share` (0..1) of what a route carries for `days` days; return what it strands, moves and costs.

        A country of transit.csv (Russia) closes all its routes together.

        Parameters
        ----------
        price : USD/bbl Brent; a number, a Range to draw from, or None for the range of the last ten yearly means
        draws : runs with drawn inputs behind `low` and `high`
        capacity : Mt a year of single routes, as in `flows`

        Raises
        ------
        LabelError
            The route, country or year is unknown.
        ScenarioError
            days < 0 or no whole number, share outside 0..1, a price that is not above 0, draws < 1.
        """
        name, shut = self.tables.closing(route)
        _require_stop(days, share, draws)
        flows = self.flows(year, capacity)
        drawn = self._prices(price)
        stop = Stop(self.ramp, Range(share, share, share), drawn, days, max(days, *HORIZONS))
        one, many = (settings(self.tables, flows, shut, stop, n, seed) for n in (0, draws))
        total = self.tables.total
        home = total[flows.year, "production"].mode - total[flows.year, "exports"].mode
        return OilOutage(
            route=name,
            year=flows.year,
            days=days,
            share=share,
            fields=self.fields,
            names=self.routes,
            flows=flows,
            shut=shut,
            central=one,
            drawn=many,
            path=run(one),
            paths=run(many),
            refined=float(home) / self.tables.part(flows.year) / 365,
        )

    def leverage(self, days: tuple[int, ...] = HORIZONS, price: float | Range | None = None, draws: int = 200) -> Table:
        """Rank the routes and transit countries by what is lost when one of them is closed for so many days.

        `loss` is what has not been earned by the last day of the stop, MUSD; `stranded` Mt that were not produced.
        """
        rows: list[tuple[Any, ...]] = []
        for n in days:
            found = [self._lever(name, n, price, draws) for name in (*self.tables.transit, *self.routes)]
            rows += sorted(found, key=lambda row: -row[4])
        names = ("days", "closed", "stranded_mt", "rerouted_pct", "loss_musd", "low", "high", "loss_musd_a_day")
        return Table(names, tuple(rows), "Who can stop the oil: loss by route or country and length of the stop")

    def _lever(self, name: str, days: int, price: float | Range | None, draws: int) -> tuple[Any, ...]:
        found = self.close(name, days, price=price, draws=draws)
        one, many = found.sums(max(days, 1)), found.sums(max(days, 1), drawn=True)
        low, high = np.quantile(many["loss"], QUANTILES)
        loss, blocked = float(one["loss"][0]), float(one["blocked"][0])
        part = 100 * float(one["rerouted"][0]) / blocked if blocked > 0 else 0.0
        values = (float(v) for v in (loss, low, high, loss / max(days, 1)))
        return (days, name, round(float(one["stranded"][0]), 3), round(part, 1), *(round(v, 1) for v in values))

    def widen(self, year: int | None = None, price: float | None = None, days: int = 90) -> Table:
        """Return what one more Mt a year of room on each route is worth: see `karvan.network.oil.widen`."""
        return wider.widen(self, self.tables.require_year(year), _price(price), days)

    def least_cost(self, year: int | None = None, price: float | None = None) -> Table:
        """Return the flows of a least-cost programme beside the logit and the observed ones, with its duals."""
        return wider.least_cost(self, self.tables.require_year(year), _price(price))

    def matches(self) -> Table:
        """Return modelled beside observed shares of exports, every year and route; which years were fitted is said."""
        rows = []
        for year in self.years:
            for name, modelled, seen in shares(self.tables, year, self.flows(year).q):
                gap = 100 * (modelled - seen)
                rows.append(
                    (year, self.tables.split[year], name, *(round(100 * v, 2) for v in (modelled, seen)), round(gap, 2))
                )
        names = ("year", "use", "route", "modelled_pct", "observed_pct", "miss_points")
        return Table(names, tuple(rows), "Shares of Kazakhstan's oil exports by route, per cent of exports")

    def misplaced(self) -> Table:
        """Return the oil in the wrong pipe by year: half the sum of absolute misses of shares, per cent of exports.

        Beside it what the shares of the last year of the fit, carried over unchanged, would miss.
        """
        last = self.fitted.years[-1]
        before = {name: seen for name, _, seen in shares(self.tables, last, self.flows(last).q)}
        rows = []
        for year in self.years:
            found = [g for g in shares(self.tables, year, self.flows(year).q) if " from " not in g[0]]
            naive = [sum(before.get(r, 0.0) for r in name.split("+")) - seen for name, _, seen in found]
            cpc = next((100 * (a / b - 1) for name, a, b in found if name == self.routes[0]), None)
            half = _misplaced([a - b for _, a, b in found])
            rows.append((year, self.tables.split[year], half, _misplaced(naive), cpc and round(cpc, 2), len(found)))
        names = ("year", "use", "misplaced_pct", "same_shares_pct", "cpc_miss_pct", "groups")
        return Table(names, tuple(rows), "Oil in the wrong pipe: half the sum of absolute misses, per cent of exports")

    def episodes(self, draws: int = 200, seed: int = 0) -> Table:
        """Return modelled beside reported figures of the stops of 2022 and 2025."""
        return past.episodes(self.tables, self.fitted, self.ramp, draws, seed)

    def disruptions(self) -> Table:
        """Return the stops of the past that are known, with what they did and who says so."""
        names = ("start", "end", "route", "event", "effect", "source", "quality")
        rows = plain(self.tables.folder, "disruptions.csv", *names)
        return Table(names, tuple(tuple(r[n] for n in names) for r in rows), "Stops of oil routes")

    def sources(self, quality: str | None = None) -> Table:
        """Return every figure with its range, quality and source; only those of one quality when asked."""
        if quality not in (None, *QUALITIES):
            raise LabelError(f"unknown quality {quality!r}.{suggest(quality, QUALITIES)}")
        rows = tuple(row for row in everything(self.tables.folder) if quality in (None, row[5]))
        names = ("file", "figure", "low", "mode", "high", "quality", "source")
        return Table(names, rows, f"{len(rows)} figures of the oil routes")

    def _prices(self, price: float | Range | None) -> Range:
        if isinstance(price, Range):
            _price(float(price.low))
            return price
        at = _price(price)
        if at is not None:
            return Range(at, at, at)
        last = [self.tables.brent[y] for y in sorted(self.tables.brent)[-10:]]
        return Range(float(np.median(last)), min(last), max(last), source="Brent, yearly means of the last ten years")


def oil_routes(data: Path | str | None = None) -> OilRoutes:
    """Read the oil system, checked; default the tables that come with karvan, else a folder of the same files.

    A folder without fit.toml is fitted anew (a few seconds).

    Raises
    ------
    SourceError
        A file, column, year or source is missing, a figure is none, or a capacity lies below its contracts.
    """
    tables = read_tables(None if data is None else Path(data))
    stored = stored_fit(tables)
    if stored is not None:
        return OilRoutes(tables, *stored)
    fitted = fit(tables)
    return OilRoutes(tables, fitted, past.fit_ramp(tables, fitted))


def _misplaced(gaps: list[float]) -> float:
    """Half the sum of absolute misses, what no group observed among them; per cent."""
    return round(50 * (sum(abs(g) for g in gaps) + abs(sum(gaps))), 2)


def _price(price: float | None) -> float | None:
    if price is None:
        return None
    if isinstance(price, bool) or not 0 < float(price) < 1000:
        raise ScenarioError(f"oil price {price!r}: expected USD a barrel above 0 and below 1000, as 80")
    return float(price)


def _require_stop(days: int, share: float, draws: int) -> None:
    if isinstance(days, bool) or days != int(days) or not 0 <= days <= 3650:
        raise ScenarioError(f"days is {days!r}; expected a whole number from 0 to 3650")
    if isinstance(share, bool) or not 0 <= share <= 1:
        raise ScenarioError(f"share is {share!r}; expected the part of the flow that cannot pass, 0..1 (0.33, not 33)")
    if isinstance(draws, bool) or draws != int(draws) or not 1 <= draws <= 10000:
        raise ScenarioError(f"draws is {draws!r}; expected a whole number from 1 to 10000")
