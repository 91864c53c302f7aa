"""The creation of the customs union in January 2010, predicted from the trade of 2008 and laid beside 2012.

One sector (goods), Kazakhstan's tariff on outsiders up from 5.3 to 9.5 percent (trade-weighted; World Bank 2012, report
74356-KZ), nothing else: duties between Russia, Belarus and Kazakhstan were zero before under the free-trade treaties of
the CIS, as were those on its other parties. Own sales are not in the panel: they are a stated multiple of GDP. Nothing
is fitted to the outcome.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from karvan.backtests import changes, engine, tables
from karvan.backtests.result import Backtest
from karvan.backtests.stored import assembled
from karvan.core.change import Change
from karvan.core.errors import SourceError
from karvan.core.params import Params, Range
from karvan.core.scenario import Scenario
from karvan.core.world import World
from karvan.data.recipes.eurasia_2021.common import rows
from karvan.shocks import friction

NAME = "union-2010"
TITLE = "The customs union of 2010: imports of Kazakhstan; predicted from 2008, happened by 2012"
BEFORE, AFTER = 2008, 2012
UNION = ("KAZ", "RUS", "BLR")
CIS_FREE = ("RUS", "BLR", "UKR", "MDA", "ARM", "KGZ", "TJK", "UZB", "TKM", "AZE", "GEO")
TARIFF = {"KAZ": (0.053, 0.095)}
# Simple means of applied rates (World Bank WDI): KAZ and BLR 2008, RUS 2009, all to 2012.
TARIFF_WDI = {"KAZ": (0.0448, 0.0749), "RUS": (0.0999, 0.0828), "BLR": (0.0926, 0.0750)}
SUPPLIERS = 60  # largest suppliers of the world and of the union kept apart; others are the rest of the world
OWN_SALES = 0.35  # own sales over GDP: median of 68 countries of the Advanced Guide's panel in 2006 (quartiles below)
OWN_QUARTILES = (0.24, 0.46)
THETA = Range(
    4.0, 2.5, 7.0, source="near 4.1 of Simonovska and Waugh (2014), 4.5 of Caliendo and Parro (2015); assumed"
)
FRICTION = Range(-0.05, -0.10, -0.02, source="border costs removed inside the union; assumed, mirror of the exit")
FLOOR = 1.0
REST = "ROW"
YARDSTICKS = changes.YARDSTICKS[:2]  # own sales after are unknown, so shares of spending are not
OTHER_NAMES = {"ROM": ("ROU",), "BLX": ("BEL", "LUX")}
NOTES = (
    "One sector and one tariff: the model can only say that outsiders lose and free suppliers gain; the crisis of "
    "2008-09, exchange rates and China's rise also happened.",
    "Russia's exports to Belarus are missing in the panel before 2012, so imports of Belarus are not tested.",
    f"Own sales are {OWN_SALES} of GDP (median of 68 countries in 2006), not observed.",
    "Band: 5 to 95 % of draws of the trade elasticity, the friction's range where there is one; no other uncertainty.",
)


def run(data: Path, draws: int, seed: int, variants: bool = True) -> Backtest:
    """Run the back-test; without `variants` the main case alone."""
    panel = read(data)
    main = case_of(panel)
    prediction = engine.predict(main, draws, seed)
    found = {y: engine.cells(main, prediction, y) for y in YARDSTICKS}
    rows_ = [tables.fit_row("main", y, engine.fit(found[y])) for y in found]
    if variants:
        rows_ += _variants(panel, draws, seed)
    paths = [data / "gravity" / "trade_1964_2016.parquet", data / "gdp" / "gdp.csv"]
    options = {"draws": draws, "seed": seed, "variants": variants}
    return assembled(NAME, TITLE, main, prediction, found, rows_, NOTES, paths, options, (REST,))


class Panel(NamedTuple):
    """Goods trade before and after (importer, exporter), no own sales, and GDP before; MUSD."""

    names: list[str]
    before: np.ndarray
    after: np.ndarray
    gdp: np.ndarray


def read(source: Path) -> Panel:
    """Read the gravity panel: the largest suppliers with a GDP apart, all others added up as the rest of the world."""
    import pandas as pd

    path = source / "gravity" / "trade_1964_2016.parquet"
    try:
        table = pd.read_parquet(path, columns=["exp", "imp", "time", "export"])
    except (KeyError, ValueError) as fault:
        raise SourceError(f"{path}: expected columns exp, imp, time, export ({fault})") from None
    table = table.astype({"exp": str, "imp": str, "time": str})
    gdp = _gdp(source)
    first = table[table["time"] == str(BEFORE)]
    sold = first.groupby("exp")["export"].sum().sort_values(ascending=False)
    to_union = first[first["imp"].isin(UNION)].groupby("exp")["export"].sum().sort_values(ascending=False)
    ranked = [c for c in dict.fromkeys([*UNION, *sold.index[:SUPPLIERS], *to_union.index[:SUPPLIERS]]) if c in gdp]
    names = [*ranked, REST]
    before, after = (_matrix(table[table["time"] == str(y)], names) for y in (BEFORE, AFTER))
    sizes = np.array([gdp[c] for c in ranked])
    return Panel(names, before, after, np.append(sizes, gdp["WLD"] - sizes.sum()))


def _matrix(table: Any, names: list[str]) -> np.ndarray:
    """(importer, exporter) MUSD; trade inside the rest of the world is left out with own sales."""
    at = {c: k for k, c in enumerate(names)}
    rest = at[REST]
    out = np.zeros((len(names), len(names)))
    rows_ = table["imp"].map(lambda c: at.get(c, rest)).to_numpy(dtype=int)
    columns = table["exp"].map(lambda c: at.get(c, rest)).to_numpy(dtype=int)
    np.add.at(out, (rows_, columns), table["export"].to_numpy(dtype=float) / 1e6)
    np.fill_diagonal(out, 0.0)
    return out


def _gdp(source: Path) -> dict[str, float]:
    """GDP before by the panel's codes, MUSD."""
    table = {
        r["Country Code"]: float(r["Value"]) / 1e6 for r in rows(source / "gdp" / "gdp.csv") if r["Year"] == str(BEFORE)
    }
    joined = {name: sum(table[c] for c in parts) for name, parts in OTHER_NAMES.items()}
    return {**table, **joined}


def tariffs(panel: Panel, rates: Mapping[str, tuple[float, float]], when: int) -> np.ndarray:
    """(importer, exporter, 1) tariffs of the members before (0) or after (1); zero on each other and on CIS parties."""
    tau = np.zeros((len(panel.names), len(panel.names), 1))
    outsiders = [k for k, c in enumerate(panel.names) if c not in (*UNION, *CIS_FREE)]
    for member, rate in rates.items():
        tau[panel.names.index(member), outsiders] = rate[when]
    return tau


def case_of(
    panel: Panel,
    rates: Mapping[str, tuple[float, float]] = TARIFF,
    *,
    border: bool = False,
    own_sales: float = OWN_SALES,
    importers: tuple[str, ...] = ("KAZ",),
) -> engine.Case:
    """Return the case; `border` removes the friction inside the union too."""
    M = panel.before[:, :, None].copy()
    own = np.arange(len(panel.names))
    M[own, own, 0] = own_sales * panel.gdp
    world = World.from_arrays(
        countries=panel.names,
        sectors=["goods"],
        M=M,
        tau=tariffs(panel, rates, 0),
        theta=THETA.mode,
        year=BEFORE,
        params=Params(theta=THETA),
        name="gravity-2008",
    )
    change = Scenario.of(Change(tau_new=tariffs(panel, rates, 1)))
    if border:
        change = change | friction(between=["KAZ", ["RUS", "BLR"]], ad_valorem=FRICTION)
        change = change | friction(between=["RUS", "BLR"], ad_valorem=FRICTION)
    return engine.Case(world, change, panel.after[:, :, None], UNION, importers, FLOOR)


def _variants(panel: Panel, draws: int, seed: int) -> list[tuple[Any, ...]]:
    low, high = OWN_QUARTILES
    cases = {
        "border costs fall by 2 to 10 % (assumed)": case_of(panel, border=True),
        "WDI tariffs; importers KAZ, RUS": case_of(panel, TARIFF_WDI, importers=("KAZ", "RUS")),
        "WDI tariffs; importer KAZ": case_of(panel, TARIFF_WDI),
        f"own sales {low} of GDP": case_of(panel, own_sales=low),
        f"own sales {high} of GDP": case_of(panel, own_sales=high),
    }
    rows_ = []
    for name, case in cases.items():
        found = engine.cells(case, engine.predict(case, draws, seed))
        rows_.append(tables.fit_row(name, changes.YARDSTICKS[0], engine.fit(found)))
    return rows_
