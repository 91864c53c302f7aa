"""Estimates of the Advanced Guide (Yotov, Piermartini, Monteiro and Larch 2016), chapter 1: 69 countries, 1986-2006.

Traditional gravity, the distance puzzle, and regional trade agreements; every fourth year, exporter-year and
importer-year effects, errors clustered by pair (one cluster for both directions). Published numbers: the guide's tables
as its companion in R prints them (Vargas Sepulveda, tradepolicy); specifications: the guide's own programs.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from karvan.core.table import Table
from karvan.estimate.gravity import GravityFit, gravity
from karvan.panels.frames import frame
from karvan.replication.compare import Row, compare, find

if TYPE_CHECKING:
    import pandas as pd

FILE = "agtpa_applications.parquet"
YEARS = tuple(range(1986, 2007, 4))
TWO_WAY = "exporter-year importer-year"
DIGITS, REASON = 0.0005, "printed with three digits"
COVARIATES = ("cntg", "lang", "clny")
BY_YEAR = tuple(f"log_dist_{y}" for y in YEARS)
BORDERS = tuple(f"border_{y}" for y in YEARS[:-1])
LAGS = ("rta", "rta_lag4", "rta_lag8", "rta_lag12")


class Published(NamedTuple):
    """One column of a table: what it is called, how it is estimated, its numbers as text `b (se)`, flows, a sum."""

    name: str
    on: tuple[str, ...]
    printed: str
    flows: int
    effects: str = TWO_WAY
    domestic: bool = False
    estimator: str = "ppml"
    total: str = ""
    change: str = ""


TRADITIONAL = (
    Published(
        "traditional, PPML",
        ("log(dist)", *COVARIATES),
        "-0.841 (0.032)  0.437 (0.083)  0.247 (0.077)  -0.222 (0.116)",
        28152,
    ),
)
PUZZLE = (
    Published(
        "distance, OLS",
        (*BY_YEAR, *COVARIATES),
        "-1.168 (0.043)  -1.155 (0.042)  -1.211 (0.045)  -1.248 (0.042)  -1.241 (0.043)  -1.261 (0.043)  "
        "0.223 (0.199)  0.661 (0.081)  0.670 (0.147)",
        25689,
        estimator="ols",
        change="7.950 (3.698)",
    ),
    Published(
        "distance, PPML",
        (*BY_YEAR, *COVARIATES),
        "-0.859 (0.037)  -0.834 (0.038)  -0.835 (0.035)  -0.847 (0.035)  -0.848 (0.032)  -0.836 (0.031)  "
        "0.437 (0.083)  0.248 (0.077)  -0.222 (0.116)",
        28152,
        change="-2.750 (3.004)",
    ),
    Published(
        "distance, with domestic sales",
        (*BY_YEAR, *COVARIATES, "log_dist_home"),
        "-0.980 (0.072)  -0.940 (0.073)  -0.915 (0.072)  -0.887 (0.071)  -0.884 (0.071)  -0.872 (0.071)  "
        "0.371 (0.140)  0.337 (0.168)  0.019 (0.156)  -0.488 (0.101)",
        28566,
        domestic=True,
        change="-10.965 (1.058)",
    ),
    Published(
        "distance, with home bias",
        (*BY_YEAR, *COVARIATES, "log_dist_home", "home"),
        "-0.857 (0.063)  -0.819 (0.063)  -0.796 (0.063)  -0.770 (0.063)  -0.767 (0.063)  -0.754 (0.062)  "
        "0.574 (0.155)  0.352 (0.137)  0.027 (0.125)  -0.602 (0.109)  1.689 (0.574)",
        28566,
        domestic=True,
        change="-11.969 (1.173)",
    ),
    Published(
        "distance, with home effects",
        (*BY_YEAR, *COVARIATES),
        "-0.910 (0.032)  -0.879 (0.032)  -0.860 (0.032)  -0.833 (0.032)  -0.829 (0.032)  -0.811 (0.032)  "
        "0.442 (0.082)  0.241 (0.076)  -0.220 (0.117)",
        28566,
        effects=f"{TWO_WAY} own",
        domestic=True,
        change="-10.931 (0.769)",
    ),
)
PAIRS: dict[str, Any] = {"flows": 28482, "effects": f"{TWO_WAY} dyad", "domestic": True}
AGREEMENTS = (
    Published(
        "agreements, OLS",
        ("log(dist)", *COVARIATES, "rta"),
        "-1.216 (0.038)  0.223 (0.200)  0.661 (0.081)  0.670 (0.147)  -0.004 (0.053)",
        25689,
        estimator="ols",
    ),
    Published(
        "agreements, PPML",
        ("log(dist)", *COVARIATES, "rta"),
        "-0.822 (0.031)  0.416 (0.083)  0.250 (0.077)  -0.205 (0.114)  0.191 (0.066)",
        28152,
    ),
    Published(
        "agreements, with home effects",
        ("log(dist)", *COVARIATES, "rta"),
        "-0.800 (0.030)  0.393 (0.079)  0.244 (0.077)  -0.182 (0.113)  0.409 (0.069)",
        28566,
        effects=f"{TWO_WAY} own",
        domestic=True,
    ),
    Published("agreements, pair effects", ("rta",), "0.557 (0.102)", **PAIRS),
    Published("agreements, lead", ("rta", "rta_lead4"), "0.520 (0.086)  0.077 (0.092)", **PAIRS),
    Published(
        "agreements, phased in",
        LAGS,
        "0.291 (0.089)  0.414 (0.067)  0.169 (0.043)  0.119 (0.030)",
        **PAIRS,
        total="0.993 (0.094)",
    ),
    Published(
        "agreements, with borders by year",
        (*LAGS, *BORDERS),
        "0.116 (0.087)  0.288 (0.062)  0.069 (0.048)  0.002 (0.029)  "
        "-0.706 (0.048)  -0.480 (0.043)  -0.367 (0.033)  -0.158 (0.023)  -0.141 (0.017)",
        **PAIRS,
        total="0.475 (0.109)",
    ),
)
TABLES = {"all": (*TRADITIONAL, *PUZZLE, *AGREEMENTS), "traditional": TRADITIONAL, "distance": PUZZLE}
TABLES["agreements"] = AGREEMENTS


def run(data: Path, table: str = "all") -> Table:
    """Estimate every column again; coefficients, standard errors and numbers of flows beside the printed ones."""
    panel = read(data)
    rows = [row for column in TABLES[table] for row in beside(column, estimated(panel, column))]
    return compare(rows, "Advanced Guide, chapter 1: coefficients and standard errors, effect on the log of trade")


def read(folder: Path) -> pd.DataFrame:
    """The guide's panel with distance by year, distance at home, and who sells at home."""
    panel = frame(find(folder, FILE, FILE))
    panel = panel[panel.year.isin(YEARS)].reset_index(drop=True)
    home = (panel.exporter == panel.importer).to_numpy()
    log_dist = np.log(panel.dist.to_numpy())
    made = {f"log_dist_{y}": np.where((panel.year == y) & ~home, log_dist, 0.0) for y in YEARS}
    made |= {"log_dist_home": np.where(home, log_dist, 0.0), "home": home.astype(float)}
    return panel.assign(**made, own=np.where(home, panel.exporter, "abroad"))


def estimated(panel: pd.DataFrame, column: Published) -> GravityFit:
    """One column of a table."""
    return gravity(
        panel,
        on=[name for name in column.on if name not in BORDERS],
        effects=column.effects,
        domestic=column.domestic,
        border_year=BORDERS[0] in column.on,
        cluster="dyad",
        estimator=column.estimator,
    )


def beside(column: Published, fit: GravityFit) -> list[Row]:
    """Printed numbers beside ours: coefficients, standard errors, sums, changes, number of flows."""
    ours = dict(zip(fit.names, zip(fit.b.tolist(), fit.se.tolist(), strict=True), strict=True))
    pairs = [(name, ours[name]) for name in column.on]
    printed = numbers(column.printed)
    if column.total:
        pairs.append(("sum of rta", fit.total(*LAGS)))
        printed += numbers(column.total)
    if column.change:
        pairs.append(("change of distance 1986-2006, %", change(fit)))
        printed += numbers(column.change)
    rows = []
    for (name, (b, se)), (paper_b, paper_se) in zip(pairs, printed, strict=True):
        rows.append(Row(column.name, name, paper_b, b, DIGITS, REASON))
        rows.append(Row(column.name, f"{name}, se", paper_se, se, DIGITS, REASON))
    return [*rows, Row(column.name, "flows", column.flows, fit.observations, 0.0, "a count")]


def numbers(text: str) -> list[tuple[float, float]]:
    """Read "0.1 (0.2)  0.3 (0.4)" as [(0.1, 0.2), (0.3, 0.4)]."""
    plain = [float(word.strip("()")) for word in text.split()]
    return list(zip(plain[::2], plain[1::2], strict=True))


def change(fit: GravityFit) -> tuple[float, float]:
    """Percent change of the distance effect, 100 (b_2006 - b_1986) / b_1986, with its standard error (delta method)."""
    first, last = fit.names.index(BY_YEAR[0]), fit.names.index(BY_YEAR[-1])
    b0, b1 = fit.b[[first, last]]
    slope = 100 * np.array([-b1 / b0**2, 1 / b0])
    variance = slope @ fit.covariance[np.ix_([first, last], [first, last])] @ slope
    return float(100 * (b1 - b0) / b0), float(np.sqrt(variance))
