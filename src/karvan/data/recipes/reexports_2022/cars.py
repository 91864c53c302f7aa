"""Tables of cars through Armenia and Georgia: who bought, who supplied, and what is matched."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from karvan.core.table import Table
from karvan.data.recipes.reexports_2022.common import AFTER, COMTRADE, UNION, number
from karvan.data.sources.cars_comtrade import read_cars
from karvan.estimate.reexports.excess import counterfactual
from karvan.estimate.reexports.matched import Jump, jump, matched
from karvan.estimate.reexports.panel import Panel
from karvan.estimate.reexports.placebo import benjamini_hochberg

FIRST = {"ARM": "2020-01", "GEO": "2021-01"}
LEVELS = {"ARM": (4, 6), "GEO": (4,)}
SUPPLIERS = 12
CODES = {"exports": "X", "imports": "M"}
PARTS = {
    "8703": "cars",
    "870310": "snow and golf vehicles",
    "870321": "petrol up to 1.0 l",
    "870322": "petrol 1.0-1.5 l",
    "870323": "petrol 1.5-3.0 l",
    "870324": "petrol over 3.0 l",
    "870331": "diesel up to 1.5 l",
    "870332": "diesel 1.5-2.5 l",
    "870333": "diesel over 2.5 l",
    "870340": "petrol hybrid",
    "870350": "diesel hybrid",
    "870360": "petrol plug-in hybrid",
    "870370": "diesel plug-in hybrid",
    "870380": "electric",
    "870390": "other",
}


def tables(source: Path, draws: int, seed: int) -> dict[str, Table]:
    """Return the tables `cars`, `cars_partners` and `cars_matched`."""
    headings = {hub: read_cars(source, hub) for hub in FIRST}
    levels = {(hub, d): read_cars(source, hub, d) for hub in FIRST for d in LEVELS[hub]}
    return {
        "cars": _years(headings),
        "cars_partners": _partners(headings, draws, seed),
        "cars_matched": _matched(levels, draws, seed),
    }


def wide(rows: pd.DataFrame, by: str, first: str, names: list[str] | None = None) -> tuple[list[str], np.ndarray, int]:
    """Return names, monthly series (k, t) in MUSD from `first` on, zeros where nothing was reported, and `after`."""
    months = pd.period_range(first, rows["month"].max(), freq="M").astype(str)
    table = rows.pivot_table(index=by, columns="month", values="musd", aggfunc="sum", fill_value=0.0)
    table = table.reindex(index=names if names is not None else table.index, columns=months, fill_value=0.0)
    return list(table.index), table.to_numpy(), list(months).index(AFTER)


def _years(headings: dict[str, pd.DataFrame]) -> Table:
    rows = []
    for hub, cars in headings.items():
        cars = cars.assign(year=cars["month"].str[:4].astype(int))
        months = cars.groupby("year")["month"].nunique().to_dict()
        for flow, chosen in (("exports", UNION), ("exports", None), ("imports", None)):
            side = cars[cars["flow"] == CODES[flow]]
            for partner in [p for p in chosen if p != hub] if chosen else ["all"]:
                one = side if partner == "all" else side[side["partner"] == partner]
                by_year = one.groupby("year")["musd"].sum()
                rows += [(hub, flow, partner, y, months[y], number(v, 1)) for y, v in by_year.to_dict().items()]
    title = f"Cars (HS 8703) by year as the hub reports them; exports fob, imports cif by origin. {COMTRADE}"
    return Table(("hub", "flow", "partner", "year", "months", "MUSD"), tuple(rows), title)


def _partners(headings: dict[str, pd.DataFrame], draws: int, seed: int) -> Table:
    """Excess by buyer in the union and by supplier, over the mean month before."""
    rows = []
    for hub, cars in headings.items():
        for flow, code in CODES.items():
            names, series, after = wide(cars[cars["flow"] == code], "partner", FIRST[hub])
            total = jump(series.sum(axis=0), after, draws, seed=seed)
            found = jump(series, after, draws, seed=seed)
            q = benjamini_hochberg(found.p)
            order = [k for k in np.argsort(-found.excess) if flow == "imports" or names[k] in UNION]
            beside = _against_others(names, series, after) if flow == "exports" else {}
            rows.append((hub, flow, "all", *_money(total, 0), None, number(total.p[0], 4), None, 100.0))
            for k in order[:SUPPLIERS]:
                share = number(100 * found.excess[k] / total.excess[0], 1)
                money = (*_money(found, k), beside.get(names[k]))
                rows.append((hub, flow, names[k], *money, number(found.p[k], 4), number(q[k], 4), share))
    columns = ("hub", "flow", "partner", *MONEY, "excess had it grown with others MUSD", "p", "q", "share of all %")
    title = (
        "Cars beyond the mean month before March 2022 (Armenia from 2020-01 to 2023-10, Georgia from 2021-01 to "
        "2023-11); 5-95 % of a block bootstrap of the months before; no growth in the counterfactual, but beside it, "
        f"for exports, the excess had they grown with those to buyers outside the union. {COMTRADE}"
    )
    return Table(columns, tuple(rows), title)


def _against_others(names: list[str], series: np.ndarray, after: int) -> dict[str, float | None]:
    """Excess of exports to members of the union had they grown with exports to everyone else."""
    inside = np.isin(names, UNION)
    members = tuple(n for n, chosen in zip(names, inside, strict=True) if chosen)
    months = tuple(str(t) for t in range(series.shape[1]))
    one = Panel(members, ("hub",), months, series[inside][:, None], series[~inside].sum(axis=0)[None], after)
    found = (one.listed - counterfactual(one))[:, 0, after:].sum(axis=1)
    return {n: number(v, 1) for n, v in zip(members, found, strict=True)}


MONEY = ("actual MUSD", "counterfactual MUSD", "excess MUSD", "low MUSD", "high MUSD")


def _money(found: Jump, k: int) -> list[float | None]:
    return [number(v[k], 1) for v in found[:5]]


def _matched(levels: dict[tuple[str, int], pd.DataFrame], draws: int, seed: int) -> Table:
    """Matched excess: imports from outside the union against exports to its other members, by kind of car."""
    rows = []
    for (hub, _), cars in levels.items():
        inside = cars["partner"].isin(UNION)
        inward, outward = cars[(cars["flow"] == "M") & ~inside], cars[(cars["flow"] == "X") & inside]
        names, came, after = wide(inward, "product", FIRST[hub])
        _, went, _ = wide(outward, "product", FIRST[hub], names)
        into, out = jump(came, after, draws, seed=seed), jump(went, after, draws, seed=seed)
        found = matched(into, out)
        for k in np.argsort(-found.excess):
            money = (into.excess, out.excess, found.excess, found.low, found.high)
            values = [number(v[k], 1) for v in money]
            rows.append((hub, names[k], PARTS[names[k]], *values, number(found.p[k], 4), number(found.q[k], 4)))
    columns = (
        "hub", "product", "name", "excess in MUSD", "excess out MUSD", "matched MUSD", "low MUSD", "high MUSD", "p",
        "q",
    )  # fmt: skip
    title = (
        "Cars that came in from outside the union and went out to its other members beyond the mean month before; cif "
        f"in, fob out, so margins of traders are in the second only. {COMTRADE}"
    )
    return Table(columns, tuple(rows), title)
