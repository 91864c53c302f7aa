"""Undoing the EU step by step: Felbermayr, Groeschl and Heiland (2022, JIE 138), 44 countries, on three sectors.

A check of order and size, not of digits. The authors' public files hold a three-sector version (manufacturing, traded
services, other services) of their model with 50 sectors; the published numbers are of the 50. The paper's table itself
could not be had: the numbers are those in press notes of the study, February 2023: EconPol Europe and ifo
(econpol.eu/node/1058), the German ones of the euro and Schengen from newspapers that quote the study, Luxembourg's of
the single market and the euro from Tageblatt. With three sectors and estimates on aggregates a step costs about a
quarter less; the tolerance is 35 % of the published number and 0.2 points. The tariffs after leaving the customs union
are those of the archive; they reach 43 % inside the EU and are probably not those behind the paper's table.

Baseline as in the authors' program: no inventories, other services not traded, surpluses a share of income. Reported as
they do: value added and duties over the price of living, without the deficit.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from karvan.core.change import Change
from karvan.core.outcome import Outcome
from karvan.core.table import Table
from karvan.core.world import World
from karvan.models.trade.face import solve
from karvan.replication.compare import Row, compare, find, numbers, percent

NAMES = (
    "AUS AUT BEL BGR BRA CAN CHE CHN CYP CZE DEU DNK ESP EST FIN FRA GBR GRC HRV HUN IDN IND "
    "IRL ITA JPN KOR LTU LUX LVA MEX MLT NLD NOR POL PRT ROM ROW RUS SVK SVN SWE TUR TWN USA"
)
COUNTRIES = NAMES.split()
SECTORS = ("manufacturing", "traded services", "other services")
FILES = "Din2014.txt, X0.txt, B.txt, G.txt, alphas.txt, tariffs2014.txt, ..."

# step: (agreements undone: estimates, pairs), file with tariffs on goods after
ALL = (
    ("bbotheea", "Smarket"),
    ("bbotheuro", "Euro"),
    ("bschengen", "Schengen"),
    ("bbothrta", "oRTA"),
    ("beukor", "eukor"),
)
STEPS: dict[str, tuple[tuple[tuple[str, str], ...], str]] = {
    "customs union": ((), "taup_eu2014"),
    "single market": (ALL[:1], ""),
    "euro": (ALL[1:2], ""),
    "Schengen": (ALL[2:3], ""),
    "other agreements": (ALL[3:], "taup_oRTA2014"),
    "everything": (ALL, "taup_allEU2014"),
}
PUBLISHED = {
    "customs union": {"IRL": -0.4, "CZE": -0.3, "LUX": -0.3, "POL": -0.3, "SVN": -0.3},
    "single market": {"DEU": -3.6, "FRA": -3.0, "ITA": -2.7, "ESP": -2.5, "AUT": -5.6, "LUX": -13.47},
    "euro": {"LUX": -2.5, "DEU": -0.7},
    "Schengen": {"DEU": -1.0},
    "other agreements": {},
    "everything": {
        "IRL": -9.0,
        "DEU": -5.2,
        "NLD": -7.7,
        "BEL": -10.2,
        "FRA": -4.1,
        "ITA": -4.1,
        "MLT": -19.4,
        "LUX": -18.1,
        "EST": -11.8,
        "AUT": -7.8,
    },
}
RELATIVE, ABSOLUTE = 0.35, 0.2
REASON = "three sectors against fifty"


def run(data: Path) -> Table:
    """Undo every step and lay the published changes of real consumption beside ours, percent."""
    base = baseline(data)
    rows = [row for step in STEPS for row in _rows(step, percent(consumption(undo(data, base, step))))]
    return compare(rows, "Undoing the EU on three sectors, real consumption, percent")


def baseline(folder: Path) -> World:
    """Return the world of 2014 without inventories and without trade in other services."""
    shares, tau = cube(folder, "Din2014"), cube(folder, "tariffs2014") - 1
    beta, alpha, spent = (table(folder, name).T for name in ("B", "alphas", "X0"))
    gamma = table(folder, "G").reshape(len(COUNTRIES), 3, 3) * (1 - beta)[:, None, :]
    M = consistent(shares / (1 + tau), spent, alpha, gamma, beta)
    world = World.from_arrays(
        countries=COUNTRIES,
        sectors=SECTORS,
        M=M,
        tau=tau,
        gamma=gamma,
        theta=-table(folder, "bltau_smd-aest") - 1,  # estimated on values before duty; on values with duty one less
        year=2014,
        name="complex-europe",
        dust=0.0,
        sources={"M": "Felbermayr, Groeschl and Heiland (2022), replication files; WIOD 2016"},
    )
    closed = np.ones_like(M)
    closed[:, :, 2] = np.where(np.eye(len(COUNTRIES), dtype=bool), 1.0, np.inf)
    return world.rebuilt(M=solve(world, Change(d_hat=closed), deficits="share").values["M_new"], dust=0.0)


def consistent(b: np.ndarray, spent: np.ndarray, alpha: np.ndarray, gamma: np.ndarray, beta: np.ndarray) -> np.ndarray:
    """Flows that meet the shares of suppliers, inputs and final demand exactly: the observed ones but for inventories.

    X[n, k] = sum_j gamma[n, k, j] Y[n, j] + alpha[n, k] I[n], solved from the observed X at the observed world total.

    Parameters
    ----------
    b : (n, i, j) supplier shares before duty; spent : (n, j) observed spending, MUSD; alpha, beta : (n, j)
    gamma : (n, k, j)

    Returns
    -------
    (n, i, j) MUSD
    """
    X = spent
    for _ in range(1000):
        M = b * X[:, None, :]
        Y = M.sum(axis=0)
        income = (beta * Y + X).sum(axis=1) - Y.sum(axis=1)  # value added + duties + deficit
        wanted = np.einsum("nkj,nj->nk", gamma, Y) + alpha * income[:, None]
        last, X = X, wanted * (spent.sum() / wanted.sum())
        if np.max(np.abs(X / last - 1)) < 1e-13:
            break
    return b * X[:, None, :]


def undo(folder: Path, base: World, step: str) -> Outcome:
    """Solve one step: costs rise by exp(-b change / theta) where pairs lose an agreement, and tariffs on goods."""
    agreements, tariffs = STEPS[step]
    costs = np.zeros_like(base.M)
    for estimate, pairs in agreements:
        b, lost = table(folder, f"{estimate}_smd-aest"), table(folder, f"dummy_diff_{pairs}")
        costs -= b / (base.theta + 1) * lost[:, :, None]
    tau = base.tau.copy()
    if tariffs:
        tau[:, :, 0] = table(folder, tariffs)[: len(COUNTRIES)] - 1
    return solve(base, Change(d_hat=np.exp(costs), tau_new=tau), deficits="share")


def consumption(out: Outcome) -> np.ndarray:
    """(n,) real consumption in changes as the authors report it: value added and duties over the price of living."""
    before = out.world.V + out.world.R
    ratio: np.ndarray = (out.values["w_hat"] * out.world.V + out.values["R_new"]) / before / out.values["cpi_hat"]
    return ratio


def table(folder: Path, name: str) -> np.ndarray:
    """Read one of the authors' files."""
    return numbers(find(folder, f"{name}.txt", FILES), delimiter=",")


def cube(folder: Path, name: str) -> np.ndarray:
    """(sector x importer, exporter) stacked rows to (importer, exporter, sector)."""
    N = len(COUNTRIES)
    return np.moveaxis(table(folder, name).reshape(3, N, N), 0, 2)


def _rows(step: str, found: np.ndarray) -> Iterator[Row]:
    for country, value in zip(COUNTRIES, found, strict=True):
        paper = PUBLISHED[step].get(country)
        yield Row(country, step, paper, value, ABSOLUTE + RELATIVE * abs(paper or 0.0), REASON)
