"""US tariffs of April 2025: Ignatenko, Lashkaripour, Macedoni and Simonovska (2025, JIE 157), 194 countries.

The case here is the paper's conventional specification (its tables "Eaton-Kortum-Krugman model" and "fixed transfers"):
deficits a fixed share of world GDP, full pass-through of tariffs, elastic labour supply, scale economies in total
employment, and tariff revenue that lowers the tax on labour. karvan's kernel has fixed labour; employment is an outer
loop here. L workers with scale elasticity psi are as good as fixed labour with productivity L ** (1 + psi), so that
every pass is one ordinary solve.

The published numbers are those of a public translation of the authors' program, run on their data (github
JoeLoera/liberation-day-replication, python_output/Table_10.tex, panels 1 and 3; its notes record the same 1.24 for the
authors' own table of alternative specifications). They fit the paper's text, which says that this specification gives
the United States more than the 1.13 of the main one. The same notes record 0.13 and -1.54 from an older output file of
the authors for these two panels; neither that translation nor karvan finds those.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from karvan.core.change import Change
from karvan.core.errors import ConvergenceError
from karvan.core.table import Table
from karvan.core.world import World
from karvan.models.trade.face import solve
from karvan.replication.compare import Row, compare, find, numbers, percent

FILES = "trade_cepii.csv, gdp.csv, tariffs.csv, country_labels.csv"
THETA, LABOUR_SUPPLY = 4.0, 0.5
SCALE = 0.67 / THETA
FLOOR = 0.1  # the tariff on partners that the list leaves out
SALES_SHARE = (0.12, 0.26)  # selling and overhead costs in sales of firms elsewhere and in the United States
RETALIATION = 1 / THETA  # uniform, the optimum of a small country
PRINTED = "printed digits"

# percent and half of the last printed digit: welfare, exports and imports relative to GDP, employment, prices; welfare
# outside the United States is a plain mean, the others are weighted by spending
QUANTITIES = ("welfare", "exports/GDP", "imports/GDP", "employment", "prices")
PUBLISHED = {
    ("USA", "no retaliation"): ("1.24", "-46.3", "-33.3", "0.41", "10.9"),
    ("others", "no retaliation"): ("-0.35", "-1.9", "-2.95", "-0.10", "-4.0"),
    ("USA", "retaliation"): ("0.05", "-73.8", "-49.0", "-0.04", "5.3"),
    ("others", "retaliation"): ("-0.26", "-4.8", "-5.64", "-0.10", "-1.9"),
}


class Effects(NamedTuple):
    """Changes of every country, ratios."""

    welfare: np.ndarray
    exports: np.ndarray
    imports: np.ndarray
    employment: np.ndarray
    prices: np.ndarray


def run(data: Path) -> Table:
    """Solve the tariffs without and with retaliation and lay the printed percent changes beside ours."""
    base, listed = read(data)
    us = base.position("USA")
    alone = np.zeros_like(base.M)
    alone[us, :, 0] = np.maximum(FLOOR, listed)
    alone[us, us] = 0.0
    answered = alone.copy()
    answered[:, us, 0] = RETALIATION
    answered[us, us] = 0.0
    rows = [
        *_rows(base, us, "no retaliation", effects(base, alone)),
        *_rows(base, us, "retaliation", effects(base, answered)),
    ]
    return compare(rows, "US tariffs of April 2025, conventional specification, percent")


def read(folder: Path) -> tuple[World, np.ndarray]:
    """Return the world of 2023 and the (exporter,) announced tariffs.

    Own sales are GDP plus transfers less imports; where that is negative (Gambia, Marshall Islands) they are zero.
    """
    with find(folder, "country_labels.csv", FILES).open(encoding="utf-8", newline="") as file:
        countries = [line["iso3"] for line in csv.DictReader(file)]
    sold = np.nan_to_num(numbers(find(folder, "trade_cepii.csv", FILES), delimiter=",", header=1))  # exporter, importer
    gdp = numbers(find(folder, "gdp.csv", FILES), header=1) / 1000
    listed = numbers(find(folder, "tariffs.csv", FILES), header=1)
    nu = overhead(sold, gdp, countries.index("USA"))
    transfers = (1 - nu) * (sold.sum(axis=0) - sold @ (1 - nu))
    own = np.maximum(gdp + transfers - sold.sum(axis=0), 0.0)
    M = (sold + np.diag(own)).T / 1000
    return World.from_arrays(
        countries=countries, sectors=["all"], M=M[:, :, None], theta=THETA, year=2023, name="liberation-day"
    ), listed


def overhead(sold: np.ndarray, gdp: np.ndarray, us: int) -> np.ndarray:
    """Share of sales paid to labour where the goods are sold, by market; two values that meet SALES_SHARE.

    Parameters
    ----------
    sold : (exporter, importer) thousand USD, zero on the diagonal; gdp : (country,) thousand USD
    """
    from scipy.optimize import fsolve

    part = np.zeros((2, gdp.size))
    part[0], part[0, us], part[1, us] = 1.0, 0.0, 1.0
    flow, income = part @ sold @ part.T, part @ gdp
    cross = np.array([flow[1, 0], flow[0, 1]])  # bought by each side from the other

    def gap(nu: np.ndarray) -> np.ndarray:
        spending = income + (1 - nu) * (flow.sum(axis=0) - flow @ (1 - nu))
        at_home = (spending - cross) / (spending - cross + cross[::-1])
        out: np.ndarray = at_home * nu + (1 - at_home) * nu[::-1] - np.array(SALES_SHARE)
        return out

    two = fsolve(gap, np.array([0.1, 0.24]), xtol=1e-12)
    shares: np.ndarray = two @ part
    return shares


def effects(base: World, tau: np.ndarray) -> Effects:
    """Solve tariffs with elastic labour: L = (w / (P (1 - duties / wages))) ** LABOUR_SUPPLY, revenue cutting the tax.

    Parameters
    ----------
    base : N countries, one sector; tau : (n, i, 1) tariffs after
    """
    L = np.ones(len(base.countries))
    for _ in range(100):
        change = Change(tau_new=tau, A_hat=(L ** (1 + SCALE))[:, None])
        values = solve(base, change, deficits="fixed", tol=1e-11).values
        earned, P = values["w_hat"], values["P_hat"][:, 0]
        duties = values["R_new"] / (earned * base.V)
        supplied = (earned / L / P / (1 - duties)) ** LABOUR_SUPPLY
        if np.max(np.abs(supplied / L - 1)) < 1e-9:
            break
        L = supplied
    else:
        raise ConvergenceError("employment did not settle after 100 solves; are the tariffs far above 100 %?")
    work = LABOUR_SUPPLY / (1 + LABOUR_SUPPLY) * (1 - duties) * base.V
    weight = base.I / (base.I - work)
    welfare = (weight * values["I_hat"] + (1 - weight) * earned) / P
    prices = P / np.average(P, weights=base.I)
    exports, imports = (_abroad(values["M_new"], axis) / _abroad(base.M, axis) / earned for axis in (0, 1))
    return Effects(welfare, exports, imports, L, prices)


def _abroad(M: np.ndarray, axis: int) -> np.ndarray:
    flows = M[:, :, 0]
    total: np.ndarray = flows.sum(axis=axis) - np.diag(flows)
    return total


def _rows(base: World, us: int, case: str, found: Effects) -> Iterator[Row]:
    others = np.arange(len(base.countries)) != us
    for k, name in enumerate(QUANTITIES):
        change = percent(found[k])
        rest = np.mean(change[others]) if k == 0 else np.average(change[others], weights=base.I[others])
        for who, value in (("USA", change[us]), ("others", rest)):
            text = PUBLISHED[who, case][k]
            half = 0.51 * 10.0 ** -len(text.split(".")[1])
            yield Row(who, f"{name}, {case}", float(text), float(value), half, PRINTED)
