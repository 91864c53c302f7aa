"""Caliendo and Parro (2015), the welfare effects of NAFTA: 31 countries x 40 sectors."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np

from karvan.core.change import Change
from karvan.core.outcome import Outcome
from karvan.core.table import Table
from karvan.core.world import World
from karvan.models.trade.face import solve
from karvan.replication.compare import Row, compare, find, numbers

COUNTRIES = [
    "ARG",
    "AUS",
    "AUT",
    "BRA",
    "CAN",
    "CHL",
    "CHN",
    "DNK",
    "FIN",
    "FRA",
    "DEU",
    "GRC",
    "HUN",
    "IND",
    "IDN",
    "IRL",
    "ITA",
    "JPN",
    "KOR",
    "MEX",
    "NLD",
    "NZL",
    "NOR",
    "PRT",
    "ZAF",
    "ESP",
    "SWE",
    "TUR",
    "GBR",
    "USA",
    "ROW",
]
NAFTA = ("MEX", "CAN", "USA")
TRADED, SECTORS = 20, 40
NON_TRADED_THETA = 8.22

# Table of the paper, percent: terms of trade, volume of trade, welfare (first order), real wage; then the exact change
# in real income, on which five independent codes agree to 1e-4 points.
PUBLISHED: dict[str, dict[str, tuple[float | None, ...]]] = {
    "purge": {
        "MEX": (-0.41, 1.72, 1.31, 1.72, 0.0073),
        "CAN": (-0.11, 0.04, -0.06, 0.32, -0.1101),
        "USA": (0.04, 0.04, 0.08, 0.11, 0.0741),
    },
    "fixed": {
        "MEX": (-0.41, 1.59, 1.17, 1.64, None),
        "CAN": (-0.08, 0.04, -0.04, 0.33, None),
        "USA": (0.05, 0.04, 0.08, 0.12, None),
    },
}
PRINTED = "printed with two decimals"
QUANTITIES = (
    ("terms_of_trade", "terms of trade", 0.006, PRINTED),
    ("volume_of_trade", "volume of trade", 0.006, PRINTED),
    ("first_order", "printed welfare (first_order)", 0.006, PRINTED),
    ("real_wage_hat", "real wage", 0.006, PRINTED),
    ("welfare_hat", "exact real income", 5e-4, "not in the paper: five other codes agree to 1e-4"),
)


class Files(NamedTuple):
    """The authors' arrays as read, in (n, i, j) order and million dollars."""

    M: np.ndarray
    tau: np.ndarray
    tau_2005: np.ndarray
    gamma: np.ndarray
    beta: np.ndarray
    theta: np.ndarray


def read(folder: Path) -> Files:
    """Read the replication files.

    Traded flows are in thousands and enter as customs values (the tariff comes on top: so read, every printed digit of
    the paper agrees); gross output is raised to exports where it is below them (26 cells would have negative domestic
    sales otherwise).
    """
    names = ("GO", "B", "IO", "T", "xbilat1993", "tariffs1993", "tariffs2005")
    raw = {name: numbers(find(folder, f"{name}.txt", "GO, B, IO, T, xbilat1993, ...")) for name in names}
    N = len(COUNTRIES)
    M = _traded(raw["xbilat1993"]) * 1000.0
    tau, tau_2005 = _traded(raw["tariffs1993"]) / 100, _traded(raw["tariffs2005"]) / 100
    M[np.arange(N), np.arange(N), :] = 0.0
    output = np.maximum(raw["GO"].T, M.sum(axis=0))
    M[np.arange(N), np.arange(N), :] = output - M.sum(axis=0)
    beta = raw["B"].T
    inputs = np.maximum(raw["IO"].reshape(N, SECTORS, SECTORS), 0.0)  # one cell is -0.0006 of cost: Canada, 20 into 11
    used = inputs.sum(axis=1, keepdims=True)
    gamma = inputs / np.where(used > 0, used, 1.0) * (1 - beta)[:, None, :]
    theta = np.concatenate([raw["T"], np.full(SECTORS - TRADED, NON_TRADED_THETA)])
    return Files(M / 1e6, tau, tau_2005, gamma, beta, theta)


def _traded(stacked: np.ndarray) -> np.ndarray:
    """(sector x importer, exporter) stacked rows to (importer, exporter, sector), zero for non-traded sectors."""
    N = len(COUNTRIES)
    cube = np.zeros((N, N, SECTORS))
    cube[:, :, :TRADED] = np.moveaxis(stacked.reshape(TRADED, N, N), 0, 2)
    return cube


def world(files: Files) -> World:
    """Return the 1993 world; negative final demand is clipped as in the paper."""
    return World.from_arrays(
        countries=COUNTRIES,
        sectors=[f"s{j + 1:02d}" for j in range(SECTORS)],
        M=files.M,
        tau=files.tau,
        gamma=files.gamma,
        beta=files.beta,
        theta=files.theta,
        year=1993,
        negative_demand="clip",
        name="cp2015",
        sources={"M": "Caliendo and Parro (2015), replication files"},
    )


def nafta(files: Files, base: World) -> np.ndarray:
    """Tariffs after NAFTA: the members' tariffs on each other of 2005, all others of 1993."""
    inside = np.isin(COUNTRIES, NAFTA)
    between = inside[:, None, None] & inside[None, :, None]
    return np.where(between, files.tau_2005, base.tau)


def solved(folder: Path, deficits: str = "purge") -> Outcome:
    """Return the equilibrium after NAFTA; with `purge` the baseline is first solved without deficits."""
    files = read(folder)
    base = world(files)
    return solve(base, Change(tau_new=nafta(files, base)), deficits=deficits)


def run(data: Path, deficits: str = "purge") -> Table:
    """Solve NAFTA and lay the paper's table beside ours, percent."""
    return table(solved(data, deficits))


def table(out: Outcome) -> Table:
    """Lay the published rows beside the solved equilibrium."""
    rows = [
        Row(country, name, paper, 100 * _change(out, symbol, country), tolerance, reason)
        for country in NAFTA
        for (symbol, name, tolerance, reason), paper in zip(QUANTITIES, PUBLISHED[out.deficits][country], strict=True)
    ]
    return compare(rows, f"Caliendo and Parro (2015), NAFTA, percent, deficits {out.deficits}")


def _change(out: Outcome, symbol: str, country: str) -> float:
    value = float(out.values[symbol][COUNTRIES.index(country)])
    return value - 1 if symbol.endswith("_hat") else value
