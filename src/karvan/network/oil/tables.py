"""The oil system as plain tables: fields, routes, what they carried, could carry, cost and promised."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from karvan.core.errors import LabelError, SourceError
from karvan.core.faults import Faults
from karvan.core.labels import suggest
from karvan.core.params import Range
from karvan.network.oil.files import SHIPPED, Row, figures, plain, whole

OTHERS = "others"


@dataclass(frozen=True, eq=False)
class OilTables:
    """What is known of the system. Volumes in Mt a period, capacities and contracts in Mt a year, money in USD.

    Arrays that methods return have the order of `fields` and `routes`.
    """

    fields: tuple[str, ...]
    routes: tuple[str, ...]
    months: dict[int, int]
    total: dict[tuple[int, str], Range]
    made: dict[tuple[str, int], Range]
    seen: tuple[Row, ...]
    capacity: dict[str, dict[int, Range]]
    floor: dict[str, dict[int, Range]]
    cost: dict[str, Range]
    grade: dict[str, str]
    barrels: dict[str, Range]
    discount: dict[tuple[str, int], Range]
    access: np.ndarray
    brent: dict[int, float]
    split: dict[int, str]
    outage: dict[str, Range]
    transit: dict[str, tuple[str, ...]]
    folder: Path

    @property
    def years(self) -> tuple[int, ...]:
        """Return the years with totals."""
        return tuple(sorted(self.months))

    def require_year(self, year: int | None) -> int:
        """Return the year, or the last one for None; a year without data is an error that lists those with."""
        if year is None:
            return self.years[-1]
        if year not in self.months:
            raise LabelError(
                f"oil routes: no figures for {year}; there are {', '.join(map(str, self.years))}. "
                "Add rows of that year to totals.csv, fields.csv and discounts.csv of your own folder"
            )
        return year

    def route(self, name: str) -> int:
        """Return the position of a route, or an error that proposes the nearest name."""
        where = {r.lower(): i for i, r in enumerate(self.routes)}
        if str(name).lower() not in where:
            raise LabelError(f"unknown oil route {name!r}.{suggest(name, self.routes)}")
        return where[str(name).lower()]

    def closing(self, name: str) -> tuple[str, np.ndarray]:
        """Return the name as the tables write it and (r,) true for the routes it closes: one, or a country's."""
        country = {c.lower(): c for c in self.transit}.get(str(name).lower())
        if country is not None:
            return country, np.isin(self.routes, self.transit[country])
        if str(name).lower() not in {r.lower() for r in self.routes}:
            raise LabelError(f"unknown oil route or country {name!r}.{suggest(name, [*self.routes, *self.transit])}")
        r = self.route(name)
        return self.routes[r], np.arange(len(self.routes)) == r

    def part(self, year: int) -> float:
        """Return the share of a year that the figures of `year` cover."""
        return self.months[year] / 12

    def capacities(self, year: int) -> np.ndarray:
        """(r,) Mt in the period: room for Kazakh oil."""
        return np.array([_latest(self.capacity[r], year) * self.part(year) for r in self.routes])

    def room(self, route: str, year: int) -> Range:
        """Return the range of a route's capacity in a year, Mt a year."""
        by_year = self.capacity[route]
        return by_year[max(y for y in by_year if y <= year)]

    def floors(self, year: int) -> np.ndarray:
        """(r,) Mt in the period that shippers pay for whether they ship or not; 0 without a contract."""
        return np.array([_latest(self.floor.get(r, {}), year) * self.part(year) for r in self.routes])

    def supply(self, year: int) -> np.ndarray:
        """(f,) Mt in the period for export: output less what stays at home, which the other fields give."""
        named = [self.made[f, year].mode for f in self.fields if f != OTHERS]
        return np.array([*named, self.total[year, "exports"].mode - sum(named)])

    def netback(self, year: int, price: float | None = None, drawn: dict[str, float] | None = None) -> np.ndarray:
        """(r,) USD a tonne at the field: (price - discount) x barrels a tonne - cost of the way; price in USD/bbl."""
        at = self.brent[year] if price is None else price
        draw = drawn or {}
        found = []
        for r in self.routes:
            off = draw.get(f"discount {r}", self.discount[self.grade[r], year].mode)
            found.append(
                (at - off) * draw.get(f"barrels {r}", self.barrels[r].mode) - draw.get(f"cost {r}", self.cost[r].mode)
            )
        return np.array(found)

    def groups(self, year: int) -> list[tuple[np.ndarray, np.ndarray, Row]]:
        """Return what was observed in a year as (mask of fields, mask of routes, row)."""
        found = []
        for row in self.seen:
            at, routes, field = row.keys
            if int(at) == year:
                fields = np.array([field in ("", f) for f in self.fields])
                found.append((fields, np.isin(self.routes, routes.split("+")), row))
        return found


def read_tables(folder: Path | None = None) -> OilTables:
    """Read and check the tables; default those that come with karvan.

    Raises
    ------
    SourceError
        A file, column or year is missing, a figure is none or has no source, a route or field is unknown, or a
        capacity lies below what contracts promise.
    """
    at = Path(folder) if folder is not None else SHIPPED
    cost = {row.keys[0]: row.value for row in figures(at, "costs.csv", "route")}
    routes = tuple(cost)
    pairs = [(r["field"], r["route"]) for r in plain(at, "access.csv", "field", "route", "source", "quality")]
    fields = tuple(dict.fromkeys(f for f, _ in pairs))
    if fields[-1] != OTHERS or fields.count(OTHERS) != 1:
        raise SourceError(f"{at / 'access.csv'}: the last field must be {OTHERS!r}; it has {', '.join(fields)}")
    grades = figures(at, "grades.csv", "route")
    totals = figures(at, "totals.csv", "year", "item")
    tables = OilTables(
        fields=fields,
        routes=routes,
        months={int(r.keys[0]): whole(r.rest.get("months", "12"), "months", at / "totals.csv", r.line) for r in totals},
        total={(int(r.keys[0]), r.keys[1]): r.value for r in totals},
        made={(r.keys[0], int(r.keys[1])): r.value for r in figures(at, "fields.csv", "field", "year")},
        seen=tuple(figures(at, "volumes.csv", "year", "routes", "field")),
        capacity=_by_year(figures(at, "capacity.csv", "route", "from_year")),
        floor=_by_year(figures(at, "contracts.csv", "route", "from_year")),
        cost=cost,
        grade={r.keys[0]: r.rest["grade"] for r in grades},
        barrels={r.keys[0]: r.value for r in grades},
        discount={(r.keys[0], int(r.keys[1])): r.value for r in figures(at, "discounts.csv", "grade", "year")},
        access=np.array([[(f, r) in pairs for r in routes] for f in fields]),
        brent={int(r["year"]): float(r["usd_bbl"]) for r in plain(at, "brent.csv", "year", "usd_bbl", "source")},
        split={int(r["year"]): r["use"] for r in plain(at, "split.csv", "year", "use", "why")},
        outage={r.keys[0]: r.value for r in figures(at, "outage.csv", "name")},
        transit={
            r["country"]: tuple(r["routes"].split("+"))
            for r in plain(at, "transit.csv", "country", "routes", "source", "quality")
        },
        folder=at,
    )
    _check(tables)
    return tables


def _by_year(rows: Iterable[Row]) -> dict[str, dict[int, Range]]:
    found: dict[str, dict[int, Range]] = {}
    for row in rows:
        found.setdefault(row.keys[0], {})[int(row.keys[1])] = row.value
    return found


def _latest(by_year: dict[int, Range], year: int) -> float:
    known = [y for y in by_year if y <= year]
    return float(by_year[max(known)].mode) if known else 0.0


def _check(tables: OilTables) -> None:
    faults = Faults(tables.folder)
    for name, known in (
        ("capacity.csv", tables.capacity),
        ("contracts.csv", tables.floor),
        ("grades.csv", tables.grade),
    ):
        for r in known:
            if r not in tables.routes:
                faults.add(f"{name}: unknown oil route {r!r}.{suggest(r, tables.routes)}")
    for country, names in tables.transit.items():
        for r in names:
            if r not in tables.routes:
                faults.add(f"transit.csv: {country}: unknown oil route {r!r}.{suggest(r, tables.routes)}")
    for row in tables.seen:
        for r in row.keys[1].split("+"):
            if r not in tables.routes:
                faults.add(f"volumes.csv: unknown oil route {r!r}.{suggest(r, tables.routes)}", row=row.line)
        if row.keys[2] not in ("", *tables.fields):
            faults.add(
                f"volumes.csv: unknown field {row.keys[2]!r}.{suggest(row.keys[2], tables.fields)}", row=row.line
            )
    for year in tables.years:
        _check_year(tables, year, faults)
    faults.stop()


def _check_year(tables: OilTables, year: int, faults: Faults) -> None:
    missing = [f"{item} in totals.csv" for item in ("production", "exports") if (year, item) not in tables.total]
    missing += [f"{f} in fields.csv" for f in tables.fields if f != OTHERS and (f, year) not in tables.made]
    missing += [f"{g} in discounts.csv" for g in sorted(set(tables.grade.values())) if (g, year) not in tables.discount]
    missing += ["a price in brent.csv"] if year not in tables.brent else []
    missing += ["a use in split.csv"] if year not in tables.split else []
    if missing:
        faults.add(f"year {year} lacks {', '.join(missing)}", remedy="add the rows or leave the year out of totals.csv")
        return
    supply = tables.supply(year)
    if supply[-1] < 0:
        faults.add(
            f"fields.csv: the named fields make {supply[:-1].sum():.1f} Mt in {year}, more than the exports of "
            f"{supply.sum():.1f} in totals.csv",
            remedy="correct one of them",
        )
    caps, floors = tables.capacities(year), tables.floors(year)
    for r, cap, floor in zip(tables.routes, caps, floors, strict=True):
        if cap < floor:
            faults.add(
                f"{r} in {year}: capacity {cap:g} Mt is below the {floor:g} Mt that contracts promise",
                remedy="correct capacity.csv or contracts.csv",
            )
