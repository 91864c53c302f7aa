"""The stops of 2022 and 2025: the ramp of rerouting fitted to two of their figures, the others predicted."""

from __future__ import annotations

import numpy as np

from karvan.core.errors import ConvergenceError, SourceError
from karvan.core.params import Range
from karvan.core.table import Table
from karvan.network.oil.files import Row, figures
from karvan.network.oil.fit import OilFit
from karvan.network.oil.flows import solve_flows
from karvan.network.oil.outage import QUANTILES, Setting, Stop, run, settings
from karvan.network.oil.outage_path import Path
from karvan.network.oil.tables import OilTables

ROUTE = "CPC"
LAST = 61
BOUNDS = (1.0, 1000.0)  # days
MEASURES = ("stranded", "rerouted", "added to Samara", "not exported", "lost")
NONE = Range(1.0, 1.0, 1.0)


def fit_ramp(tables: OilTables, fitted: OilFit) -> Range:
    """Days of the ramp of rerouting, fitted to the figures that episodes.csv gives to the fit.

    rerouted(t) = (1 - exp(-t / tau)) x room; tau makes the squared log misses of all figures least. The range goes from
    the least to the greatest tau that one figure alone, at its low or high end, would give.

    Raises
    ------
    SourceError
        No figure is given to the fit.
    ConvergenceError
        A figure is out of reach of any tau between 1 and 1000 days.
    """
    from scipy.optimize import brentq, minimize_scalar

    rows = [r for r in _rows(tables) if r.rest["use"].startswith("fit")]
    if not rows:
        raise SourceError(f"{tables.folder / 'episodes.csv'}: no figure with the use 'fit of the ramp'")
    base = {r.keys[0]: setting(tables, fitted, r.keys[0], NONE, 0, 0) for r in rows}

    def modelled(tau: float, row: Row) -> float:
        s = base[row.keys[0]]
        return float(measure(tables, row, run(s._replace(tau=np.array([tau]))), s)[0])

    def misfit(log_tau: float) -> float:
        return sum(np.log(modelled(np.exp(log_tau), r) / float(r.value.mode)) ** 2 for r in rows)

    best = minimize_scalar(misfit, bounds=np.log(BOUNDS), method="bounded", options={"xatol": 1e-8})
    ends = []
    for row in rows:
        for aim in (float(row.value.low), float(row.value.high)):
            if not modelled(BOUNDS[1], row) < aim < modelled(BOUNDS[0], row):
                raise ConvergenceError(
                    f"oil ramp: {aim:g} Mt of {row.keys[0]} is out of reach: {modelled(BOUNDS[1], row):.3g} to "
                    f"{modelled(BOUNDS[0], row):.3g} Mt; check the capacities of the other routes"
                )
            ends.append(brentq(lambda x, r=row, a=aim: modelled(x, r) - a, *BOUNDS))
    tau = float(np.exp(best.x))
    source = "; ".join(f"{r.keys[0]}: {r.value.mode:g} Mt" for r in rows)
    return Range(tau, min(tau, *ends), max(tau, *ends), source=source)


def episodes(tables: OilTables, fitted: OilFit, tau: Range, draws: int, seed: int) -> Table:
    """Return modelled beside reported figures of past stops, with ranges; which were used to fit is said."""
    rows, done = [], {}
    for row in _rows(tables):
        name = row.keys[0]
        if name not in done:
            one, many = (setting(tables, fitted, name, tau, n, seed) for n in (0, draws))
            done[name] = (one, run(one), many, run(many))
        one, path, many, paths = done[name]
        value = float(measure(tables, row, path, one)[0])
        low, high = np.quantile(measure(tables, row, paths, many), QUANTILES)
        seen = row.value
        rows.append(
            (
                name,
                row.keys[1],
                row.rest["unit"],
                *(round(float(v), 3) for v in (value, low, high, seen.mode, seen.low, seen.high)),
                round(value / float(seen.mode), 2),
                row.rest["use"],
            )
        )
    names = ("episode", "measure", "unit", "modelled", "low", "high", "reported", "rep_low", "rep_high", "ratio", "use")
    return Table(names, tuple(rows), "Past stops of CPC: modelled and reported")


def setting(tables: OilTables, fitted: OilFit, name: str, tau: Range, draws: int, seed: int) -> Setting:
    """Return the inputs of an episode: its year, the shares closed by day and the room in tanks of schedule.csv."""
    parts = [r for r in figures(tables.folder, "schedule.csv", "episode", "day_from") if r.keys[0] == name]
    if not parts:
        raise SourceError(f"{tables.folder / 'schedule.csv'}: no days for the episode {name!r}; add them")
    year = int(parts[0].rest["year"])
    flows = solve_flows(tables, fitted, tables.require_year(year))
    price = Range(tables.brent[year], tables.brent[year], tables.brent[year])
    made = settings(tables, flows, tables.closing(ROUTE)[1], Stop(tau, NONE, price, 0, LAST), draws, seed)
    closed = np.zeros_like(made.closed)
    for row in parts:
        for d in range(len(closed)):
            value = row.value.mode if draws == 0 else row.value.draw(f"oil share {name} {row.keys[1]}", seed, d)
            closed[d, int(row.keys[1]) : int(row.rest["day_to"]) + 1] = value
    mode, low, high = (float(parts[0].rest[f"tank_{end}"]) for end in ("mode", "low", "high"))
    tank = Range(mode, low, high)
    room = [tank.mode] if draws == 0 else [tank.draw(f"oil tank {name}", seed, d) for d in range(draws)]
    return made._replace(closed=closed, tank=np.array(room, dtype=float))


def measure(tables: OilTables, row: Row, path: Path, at: Setting) -> np.ndarray:
    """(d,) the figure that a row of episodes.csv reports, from modelled paths."""
    days = slice(int(row.rest["day_from"]), int(row.rest["day_to"]) + 1)
    what = row.keys[1]
    if what.startswith("stranded"):
        return path.stranded[:, days].sum(axis=1)
    if what == "rerouted":
        return path.rerouted[:, days].sum(axis=(1, 2))
    if what == "added to Samara":
        return path.rerouted[:, days, tables.route("Atyrau-Samara")].sum(axis=1)
    gone = path.blocked[:, days].sum(axis=1) - path.rerouted[:, days].sum(axis=(1, 2))
    if what == "not exported":
        return gone
    if what == "lost":
        return gone * at.sale
    raise SourceError(f"episodes.csv:{row.line}: unknown measure {what!r}; known: {', '.join(MEASURES)}")


def _rows(tables: OilTables) -> list[Row]:
    return figures(tables.folder, "episodes.csv", "episode", "measure")
