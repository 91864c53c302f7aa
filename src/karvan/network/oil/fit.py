"""The pull of each route on each field, fitted to the volumes of some years."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from karvan.core.errors import ConvergenceError, SourceError
from karvan.core.params import Range
from karvan.network.oil.files import fingerprint
from karvan.network.oil.logit import capped_logit
from karvan.network.oil.tables import OilTables

POINT = 0.003  # share of exports: the least miss that counts as one; else half the range of the figure
LITTLE = 1.0  # Mt a year: with less room a route is no choice
WEAK = 4.0  # standard deviation of the pulls before the data speak, in units of utility
BETA = (0.002, 1.0)  # scale before the data speak: its middle (per USD/t) and the spread of its logarithm


@dataclass(frozen=True, eq=False)
class OilFit:
    """The fitted pulls.

    Attributes
    ----------
    pull : (f, r) utility of a route to a field besides money; 0 for the first route of a field, -inf without access
    beta : utility of one USD a tonne of netback, with its range (5 to 95 %)
    years : those it was fitted on
    """

    pull: np.ndarray
    beta: Range
    years: tuple[int, ...]

    def weights(self, netback: np.ndarray) -> np.ndarray:
        """(f, r) exp(pull + beta netback), 1 for the best route of a field."""
        return weights_of(self.pull, float(self.beta.mode), netback)


def weights_of(pull: np.ndarray, beta: float, netback: np.ndarray) -> np.ndarray:
    """(f, r) exp(pull + beta netback), 1 for the best route of a field."""
    utility = pull + beta * netback
    return np.exp(utility - utility.max(axis=1, keepdims=True))


def flows_of(tables: OilTables, year: int, weights: np.ndarray, limits: bool = True) -> tuple[np.ndarray, np.ndarray]:
    """(f, r) Mt in the period and (r,) log multipliers of a year under its capacities and floors, or without them."""
    supply = tables.supply(year)
    if not limits:
        everything = np.full(len(tables.routes), float(supply.sum()))
        return capped_logit(supply, weights, 0 * everything, everything)
    return capped_logit(supply, weights, tables.floors(year), tables.capacities(year))


def fit(tables: OilTables) -> OilFit:
    """Fit pulls and scale to the years that split.csv gives to the fit.

    Least squares on shares of exports, 0.3 points or half the range of a figure counting as one, with a weak prior on
    every parameter (there are few figures): pull ~ N(0, 4), log beta ~ N(log 0.002, 1).

    Raises
    ------
    SourceError
        No year is given to the fit.
    ConvergenceError
        The least squares stopped before their gradient was small.
    """
    from scipy.optimize import least_squares

    years = tuple(y for y in tables.years if tables.split[y] == "fit")
    if not years:
        raise SourceError(f"{tables.folder / 'split.csv'}: no year has the use 'fit'; give it to at least one")
    fields, routes = len(tables.fields), len(tables.routes)
    sizes = {year: _sizes(tables, year) for year in years}
    used = {year: _used(tables, year) for year in years}

    def misses(x: np.ndarray) -> np.ndarray:
        pull, beta = _unpack(x, tables.access)
        found = [x[:-1] / WEAK, np.array([(x[-1] - np.log(BETA[0])) / BETA[1]])]
        for year in years:
            q = flows_of(tables, year, weights_of(pull, beta, tables.netback(year)), limits=False)[0]
            found.append((miss(tables, year, q) / sizes[year])[used[year]])
        return np.concatenate(found)

    best = least_squares(misses, _start(fields, routes), x_scale="jac", xtol=1e-12, ftol=1e-12, max_nfev=400)
    if best.status <= 0:
        raise ConvergenceError(f"oil fit: {best.message}; start from other priors or give the fit more years")
    pull, beta = _unpack(best.x, tables.access)
    spread = float(np.sqrt(np.linalg.inv(best.jac.T @ best.jac)[-1, -1]))
    low, high = beta * np.exp(-1.645 * spread), beta * np.exp(1.645 * spread)
    return OilFit(pull, Range(beta, low, high, source="volumes by route, " + ", ".join(map(str, years))), years)


def shares(tables: OilTables, year: int, q: np.ndarray) -> list[tuple[str, float, float]]:
    """Return (group, modelled, observed) shares of exports for every group observed in a year."""
    total = float(tables.total[year, "exports"].mode)
    found = []
    for fields, routes, row in tables.groups(year):
        name = row.keys[1] + (f" from {row.keys[2]}" if row.keys[2] else "")
        found.append((name, float(q[np.ix_(fields, routes)].sum()) / total, float(row.value.mode) / total))
    return found


def _start(fields: int, routes: int) -> np.ndarray:
    return np.concatenate([np.full(fields - 1, 3.0), [0.0], np.full(routes - 2, -1.0), [np.log(BETA[0])]])


def _sizes(tables: OilTables, year: int) -> np.ndarray:
    total = float(tables.total[year, "exports"].mode)
    return np.array([max(POINT, (row.value.high - row.value.low) / 2 / total) for *_, row in tables.groups(year)])


def _used(tables: OilTables, year: int) -> np.ndarray:
    """(group,) false where routes had hardly any room: such a figure tells of a contract, not of a choice."""
    room = tables.capacities(year) / tables.part(year)
    return np.array([room[routes].sum() >= LITTLE for _, routes, _ in tables.groups(year)])


def miss(tables: OilTables, year: int, q: np.ndarray) -> np.ndarray:
    """(group,) modelled less observed shares of exports."""
    return np.array([modelled - observed for _, modelled, observed in shares(tables, year, q)])


def stored_fit(tables: OilTables) -> tuple[OilFit, Range] | None:
    """Read the pulls and the days of the ramp from fit.toml beside the tables; None where there is none.

    Raises
    ------
    SourceError
        The tables are not those of the fit.
    """
    path = tables.folder / "fit.toml"
    if not path.is_file():
        return None
    data = tomllib.loads(path.read_text(encoding="utf-8"))
    if data.get("tables") != fingerprint(tables.folder):
        raise SourceError(f"{path} was fitted to other tables than those beside it; delete it and they are fitted anew")
    pull = np.array([[data["pull"].get(f, {}).get(r, -np.inf) for r in tables.routes] for f in tables.fields])
    if not (np.isfinite(pull) == tables.access).all():
        raise SourceError(f"{path}: its pulls do not fit access.csv; delete the file to fit anew")
    beta, ramp = (Range(b["mode"], b["low"], b["high"], source=b["source"]) for b in (data["beta"], data["ramp"]))
    return OilFit(pull, beta, tuple(data["years"])), ramp


def save_fit(found: OilFit, ramp: Range, tables: OilTables, path: Path) -> None:
    """Write a fit and the days of the ramp as TOML."""
    b = found.beta
    lines = [
        "# Written by save_fit of karvan.network.oil.fit; a test fits again and compares.",
        f"years = {list(found.years)}",
        f'tables = "{fingerprint(tables.folder)}"',
        "",
        "[beta]",
        f"mode = {b.mode:.8g}",
        f"low = {b.low:.8g}",
        f"high = {b.high:.8g}",
        'unit = "utility per USD a tonne"',
        f'source = "{b.source}"',
        "",
        "[ramp]",
        f"mode = {ramp.mode:.8g}",
        f"low = {ramp.low:.8g}",
        f"high = {ramp.high:.8g}",
        'unit = "days"',
        f'source = "{ramp.source}"',
    ]
    for f, field in enumerate(tables.fields):
        lines += ["", f"[pull.{field}]"]
        lines += [f'"{r}" = {v:.8g}' for r, v in zip(tables.routes, found.pull[f], strict=True) if np.isfinite(v)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _unpack(x: np.ndarray, access: np.ndarray) -> tuple[np.ndarray, float]:
    """Turn parameters into (f, r) pulls and the scale.

    The first route pulls every field by an amount of its own (shares in the pipe, quality); each other route pulls
    all fields alike, the second one by 0.
    """
    fields = access.shape[0]
    pull = np.empty(access.shape)
    pull[:, 0] = x[:fields]
    pull[:, 1] = 0.0
    pull[:, 2:] = x[fields:-1]
    return np.where(access, pull, -np.inf), float(np.exp(x[-1]))
