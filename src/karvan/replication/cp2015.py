"""Caliendo and Parro (2015), the welfare effects of NAFTA: 31 countries x 40 sectors."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np

from karvan.core.errors import SourceError
from karvan.core.labels import suggest
from karvan.core.outcome import Outcome
from karvan.core.table import Table
from karvan.core.world import World
from karvan.models.trade.face import solve

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
    raw = {name: _table(folder, name) for name in ("GO", "B", "IO", "T", "xbilat1993", "tariffs1993", "tariffs2005")}
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


def _table(folder: Path, name: str) -> np.ndarray:
    path = folder / f"{name}.txt"
    if not path.is_file():
        raise SourceError(
            f"{path}: not found; point --data at the folder with the authors' files GO, B, IO, T, xbilat1993, ..."
        )
    return np.loadtxt(path)


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


def run(folder: Path, deficits: str = "purge") -> tuple[Table, Outcome]:
    """Solve NAFTA and lay the paper's table beside ours, percent."""
    from karvan.core.change import Change

    if deficits not in PUBLISHED:
        raise SourceError(f"cp2015: no published table for deficits={deficits!r}.{suggest(deficits, PUBLISHED)}")
    files = read(Path(folder))
    base = world(files)
    out = solve(base, Change(tau_new=nafta(files, base)), deficits=deficits)
    columns = ("terms_of_trade", "volume_of_trade", "first_order", "real_wage_hat", "welfare_hat")
    rows = []
    for country in NAFTA:
        n = COUNTRIES.index(country)
        ours = [100 * (out.values[c][n] - (1 if c.endswith("hat") else 0)) for c in columns]
        for column, paper, value in zip(columns, PUBLISHED[deficits][country], ours, strict=True):
            name = {"welfare_hat": "exact real income", "first_order": "printed welfare (first_order)"}.get(
                column, column
            )
            rows.append(
                (
                    country,
                    name.replace("_hat", "").replace("_", " ") if "(" not in name else name,
                    paper,
                    round(value, 4),
                )
            )
    title = f"Caliendo and Parro (2015), NAFTA, percent, deficits {deficits}"
    return Table(("country", "quantity", "paper", "karvan"), tuple(rows), title), out
