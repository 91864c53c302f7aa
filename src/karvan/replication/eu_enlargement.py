"""EU enlargement 2000-2014 with the program ge_gravity (Baier, Yotov and Zylkin 2019): 44 countries, one sector.

Published numbers: the worked example of the R version (GEGravity 1.0.0, pages "Example" and "Logic and Testing" of
vkudlay.github.io/GEGravity), printed with seven digits; the R version equals the Stata one to 6e-8.
"""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

from karvan.core.change import Change
from karvan.core.table import Table
from karvan.core.world import World
from karvan.models.trade.face import solve
from karvan.replication.compare import Row, compare, find

THETA = 4.0
# The page prints 0.224; more digits from the same regression on the same file (Poisson with exporter-year,
# importer-year and pair effects, own sales left out).
COEFFICIENT = 0.22424901
FIRST, LAST = 2000, 2014
TOLERANCE, REASON = 2e-7, "printed with seven digits, solved by them to 1e-8"
QUANTITIES = {"welfare_hat": "welfare", "real_wage_hat": "real wage", "w_hat": "wage", "cpi_hat": "price index"}

# welfare, real wage, wage, price index; ratios. Imbalances added to expenditure ("fixed") or a fixed multiple of it
# ("share"), where their welfare is the real wage: the world's imbalances then do not sum to zero, and karvan, which
# spreads the sum over all countries, finds another total income.
PUBLISHED: dict[str, dict[str, tuple[float | None, ...]]] = {
    "fixed": {
        "AUS": (0.9999938, 0.9999945, 0.9999236, 0.9999292),
        "CAN": (0.9999912, 0.9999941, 0.9999349, 0.9999408),
        "DEU": (1.0007249, 1.0007204, 1.0002367, 0.9995167),
        "FIN": (1.0004615, 1.0004125, 1.0008138, 1.0004012),
        "GBR": (1.0001393, 1.0001392, 1.0001324, 0.9999932),
        "GRC": (1.0002792, 1.0002622, 0.9998333, 0.9995712),
        "IDN": (0.9999865, 0.9999931, 0.9998933, 0.9999002),
        "JPN": (0.9999971, 0.9999982, 0.9999063, 0.9999082),
        "LTU": (1.0065244, 1.0064727, 0.9993151, 0.9928884),
        "NOR": (1.0002589, 1.0002422, 1.0001253, 0.9998831),
        "PRT": (1.0000813, 1.0000725, 0.9998933, 0.9998208),
    },
    "share": {"AUS": (None, 0.9999948, 0.9999268, 0.9999321)},
}


def run(data: Path, deficits: str = "fixed") -> Table:
    """Solve the enlargement on the flows of 2000 and lay the printed ratios beside ours."""
    base, joined = read(data)
    d_hat = np.exp(-COEFFICIENT * joined / THETA)[:, :, None]
    out = solve(base, Change(d_hat=d_hat), deficits=deficits, tol=1e-13)
    rows = [
        Row(country, name, paper, float(out.values[symbol][base.position(country)]), TOLERANCE, REASON)
        for country, printed in PUBLISHED[deficits].items()
        for (symbol, name), paper in zip(QUANTITIES.items(), printed, strict=True)
    ]
    return compare(rows, f"EU enlargement by ge_gravity, ratios, deficits {deficits}")


def read(folder: Path) -> tuple[World, np.ndarray]:
    """Return the world of 2000 and (importer, exporter) one where a pair became a pair of EU members by 2014."""
    with find(folder, "TradeData0014.csv", "TradeData0014.csv").open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    countries = sorted({line["exporter"] for line in lines})
    at = {c: k for k, c in enumerate(countries)}
    M, members = np.zeros((len(at), len(at))), np.zeros((2, len(at), len(at)))
    for line in lines:
        n, i, year = at[line["importer"]], at[line["exporter"]], int(line["year"])
        if year == FIRST:
            M[n, i] = float(line["trade"])
        if year in (FIRST, LAST):
            members[int(year == LAST), n, i] = float(line["eu_enlargement"])
    world = World.from_arrays(
        countries=countries, sectors=["all"], M=M[:, :, None], theta=THETA, year=FIRST, name="eu-enlargement"
    )
    return world, members[1] - members[0]
