"""Removing all international borders in 2006: An Advanced Guide to Trade Policy Analysis (Yotov and others 2016).

69 countries, one sector, Armington with sigma 7. The guide estimates trade costs by Poisson regression and keeps the
*fitted* flows as its baseline, so that observed output and spending hold and flows are structural gravity; so do we.
On observed flows real GDP is off by up to 53 points (Nepal): what the guide removes is the average border, not each
country's own. Its loop stops when factory-gate prices move less than 0.01 and E = phi Y does not add up to output, so
that the digits of the guide are those of an unfinished iteration.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from karvan.core.change import Change
from karvan.core.errors import SourceError
from karvan.core.outcome import Outcome
from karvan.core.table import Table
from karvan.core.world import World
from karvan.models.trade.face import solve
from karvan.replication.compare import Row, compare, find, percent

FLOWS, PUBLISHED = "chapter2_application1.parquet", "published_border_removal_full.csv"
YEAR = 2006
SIGMA = 7.0
DISTANCE, CONTIGUITY, BORDER = -0.791, 0.674, -2.474  # as the guide prints them
NUMERAIRE = "DEU"  # the guide measures factory-gate prices in units of this country's price index
REAL_GDP = {
    "USA": 10.65,
    "JPN": 12.37,
    "CHN": 14.35,
    "DEU": 24.31,
    "GBR": 24.12,
    "TUR": 37.44,
    "POL": 44.22,
    "MEX": 45.91,
    "CAN": 54.36,
    "NPL": 72.41,
    "SGP": 8.65,
}
UNFINISHED = "the guide's loop stops at 0.01"
SMALL = {"HKG": 4.0, "MAC": 2.0}  # city economies, where that matters most: this many times the tolerance


class Panel(NamedTuple):
    """The data of one year, (importer, exporter)."""

    countries: list[str]
    trade: np.ndarray  # MUSD, own sales on the diagonal
    distance: np.ndarray  # km
    contiguity: np.ndarray  # 0 or 1


def run(data: Path, deficits: str = "fixed") -> Table:
    """Remove all borders and lay the guide's percent changes beside ours for all 69 countries."""
    panel = read(data)
    out = solve(world(panel), Change(d_hat=no_borders(len(panel.countries))), deficits=deficits)
    rows = list(_rows(out, _published(find(data, PUBLISHED, f"{FLOWS}, {PUBLISHED}"))))
    return compare(rows, f"Advanced Guide (2016), no borders in {YEAR}, percent, deficits {deficits}")


def read(folder: Path) -> Panel:
    """Read the flows, distances and contiguity of the year."""
    path = find(folder, FLOWS, f"{FLOWS}, {PUBLISHED}")
    try:
        import duckdb
    except ImportError:
        raise SourceError(f"{path}: reading parquet needs duckdb; install karvan[data]") from None
    wanted = "SELECT exporter, importer, trade, DIST, CNTG FROM read_parquet(?) WHERE year = ?"
    with duckdb.connect() as connection:
        columns = connection.execute(wanted, [str(path), YEAR]).fetchnumpy()
    countries = sorted(set(columns["exporter"]))
    n, i = (np.searchsorted(countries, columns[side]) for side in ("importer", "exporter"))

    def matrix(values: Any) -> np.ndarray:
        filled = np.zeros((len(countries), len(countries)))
        filled[n, i] = values
        return filled

    return Panel([str(c) for c in countries], *(matrix(columns[name]) for name in ("trade", "DIST", "CNTG")))


def fitted(panel: Panel) -> np.ndarray:
    """Structural gravity flows with the guide's trade costs: rows add up to spending, columns to output.

    X[n, i] = s[n] t[n, i] r[i],  t = exp(DISTANCE ln dist + CONTIGUITY cntg + BORDER [n != i])

    The Poisson regression with exporter and importer effects gives the same flows (Fally 2015).

    Returns
    -------
    (n, i) MUSD
    """
    foreign = ~np.eye(len(panel.countries), dtype=bool)
    t = np.exp(DISTANCE * np.log(panel.distance) + CONTIGUITY * panel.contiguity + BORDER * foreign)
    spending, output = panel.trade.sum(axis=1), panel.trade.sum(axis=0)
    r = np.ones_like(output)
    for _ in range(10_000):
        s = spending / (t @ r)
        last, r = r, output / (s @ t)
        if np.max(np.abs(np.log(r / last))) < 1e-13:
            return s[:, None] * t * r
    raise SourceError(f"{FLOWS}: fitting output and spending did not settle; is every country's total positive?")


def world(panel: Panel) -> World:
    """Return the fitted world of the year; theta = sigma - 1."""
    return World.from_arrays(
        countries=panel.countries,
        sectors=["manufacturing"],
        M=fitted(panel)[:, :, None],
        theta=SIGMA - 1,
        year=YEAR,
        name="agtpa-borders",
        sources={"M": "Yotov, Piermartini, Monteiro and Larch (2016), fitted to observed output and spending"},
    )


def no_borders(N: int) -> np.ndarray:
    """(n, i, 1) trade costs without the border: exp(BORDER / theta) abroad, 1 at home."""
    return np.where(np.eye(N, dtype=bool), 1.0, np.exp(BORDER / (SIGMA - 1)))[:, :, None]


def _published(path: Path) -> dict[str, dict[str, float]]:
    with path.open(encoding="utf-8", newline="") as file:
        return {
            line.pop("country"): {name: float(value) for name, value in line.items()} for line in csv.DictReader(file)
        }


def _rows(out: Outcome, published: dict[str, dict[str, float]]) -> Iterator[Row]:
    unit = out.values["P_hat"][out.world.position(NUMERAIRE), 0]
    price = percent(out.values["w_hat"] / unit)
    exports = percent(_abroad(out.values["M_new"]) / _abroad(out.world.M) / unit)
    real = percent(out.values["real_wage_hat"])
    for n, country in enumerate(out.world.countries):
        more = SMALL.get(country, 1.0)
        guide = published[country]
        yield Row(country, "real GDP", REAL_GDP.get(country), real[n], 0.16 * more, UNFINISHED)
        yield Row(country, "factory-gate price", guide["change_price_FULL"], price[n], 0.15 * more, UNFINISHED)
        yield Row(country, "exports", guide["change_Xi_FULL"], exports[n], 1.6 * more, UNFINISHED)


def _abroad(M: np.ndarray) -> np.ndarray:
    flows = M[:, :, 0]
    total: np.ndarray = flows.sum(axis=0) - np.diag(flows)
    return total
