"""What flows into the fund, fitted to what was observed, with its errors.

`T_t = k (p_t - p0) q_t = (a + k p_t) q_t`, least squares of `T_t` on `q_t` and `p_t q_t`; `p0 = -a / k` is the price at
which nothing flows in. Where receipts are not published but balances are, the net flow (receipts less withdrawals) is
fitted instead: `N_t = a + k p_t q_t`: the withdrawals of the past are then in `a`. Draws take the coefficients and the
residual variance from their posterior under a flat prior, so that bands from few years are as wide as they should be.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from karvan.core.errors import SourceError
from karvan.core.table import Table
from karvan.macro.history import BALANCE, History

LEAST = 6


class Law(NamedTuple):
    """A fitted flow: `coef` (a, k), `root` a root of (X'X)^-1, residual `sd` with `df` degrees of freedom.

    `kind` is "receipts" (a multiplies production, never below zero), "net_flow" or "change" (of the balance, return
    included); `volume` says whether production scales the price; amounts in MUSD, prices in USD/bbl, production in Mt.
    """

    kind: str
    coef: np.ndarray
    root: np.ndarray
    sd: float
    df: int
    r2: float
    years: tuple[int, ...]
    observed: np.ndarray
    x: np.ndarray
    volume: bool
    mean_q: float

    @property
    def se(self) -> np.ndarray:
        """Standard errors of (a, k)."""
        return np.sqrt(np.diag(self.root @ self.root.T)) * self.sd

    @property
    def p0(self) -> float:
        """Price at which the flow is zero (at mean production), USD/bbl."""
        a, k = self.coef
        return float(-a / k if self.kind == "receipts" else -a / (k * self.mean_q))

    @property
    def p0_se(self) -> float:
        """Standard error of p0 by the delta method."""
        a, k = self.coef
        scale = 1.0 if self.kind == "receipts" else self.mean_q
        slope = np.array([-1 / k, a / k**2]) / scale
        return float(self.sd * np.linalg.norm(slope @ self.root))

    def table(self) -> Table:
        """Coefficients with standard errors."""
        unit = "MUSD per (USD/bbl x Mt)" if self.volume else "MUSD per USD/bbl"
        rows = (
            ("k", float(self.coef[1]), float(self.se[1]), unit),
            ("p0", self.p0, self.p0_se, "USD/bbl"),
            ("residual sd", self.sd, None, "MUSD"),
            ("R2", self.r2, None, ""),
            ("years", len(self.years), None, f"{self.years[0]}-{self.years[-1]}"),
        )
        return Table(("what", "value", "se", "unit"), rows, f"{self.kind} on the oil price")

    def misses(self) -> Table:
        """Observed and fitted by year, and what the fit to the other years would have said, with its 5-95 % band."""
        from scipy.special import stdtrit

        rows = []
        for i, (year, seen) in enumerate(zip(self.years, self.observed, strict=True)):
            others = np.arange(len(self.years)) != i
            x, at = self.x[others], self.x[i]
            coef, *_ = np.linalg.lstsq(x, self.observed[others], rcond=None)
            left = self.observed[others] - x @ coef
            df = len(x) - 2
            se = float(np.sqrt(left @ left / df * (1 + at @ np.linalg.inv(x.T @ x) @ at)))
            middle, half = float(at @ coef), se * float(stdtrit(df, 0.95))
            inside = "yes" if abs(seen - middle) <= half else "no"
            rows.append((year, *map(round, (seen, at @ self.coef, middle - half, middle + half)), inside))
        columns = ("year", "observed_musd", "fitted_musd", "held_out_p5", "held_out_p95", "inside")
        count = sum(row[-1] == "yes" for row in rows)
        title = f"{self.kind}, MUSD: each year forecast from the others; inside 5-95 %: {count} of {len(rows)}"
        return Table(columns, tuple(rows), title)


def fit_receipts(history: History) -> Law:
    """Fit receipts on price times production over the years that have both.

    Raises
    ------
    SourceError
        A series is missing, or fewer than six years have all.
    """
    receipts, q = history.get("receipts", "the fit of receipts"), history.get("production", "the fit of receipts")
    years = [y for y in receipts if y in q]
    p = _prices(history, years)
    volume = np.array([q[y] for y in years])
    flow = np.array([receipts[y] for y in years])
    return fit("receipts", years, flow, np.stack([volume, p * volume], 1), volume)


def fit_net(history: History, definition: str) -> Law:
    """Fit the net flow (series `net_flow`), or else the yearly change of the balance, on the price times production."""
    series = history.series.get("net_flow")
    kind = "net_flow" if series else "change"
    if series is None:
        balance = history.get(BALANCE + definition, "the fit of the net flow")
        series = {y: v - balance[y - 1] for y, v in balance.items() if y - 1 in balance}
    q = history.series.get("production", {})
    years = [y for y in series if y in q] or list(series)
    years = [y for y in years if len(history.brent.months_of(y)) == 12]
    volume = np.array([q.get(y, 1.0) for y in years])
    flow = np.array([series[y] for y in years])
    p = _prices(history, years)
    return fit(kind, years, flow, np.stack([np.ones(len(years)), p * volume], 1), volume)


def fit(kind: str, years: list[int], flow: np.ndarray, x: np.ndarray, volume: np.ndarray) -> Law:
    """Least squares of a flow on two columns.

    Raises
    ------
    SourceError
        Fewer than six years, or columns that do not vary.
    """
    if len(years) < LEAST:
        raise SourceError(f"the fit of {kind} has {len(years)} years with all figures; it needs at least {LEAST}")
    if np.linalg.matrix_rank(x) < 2:
        raise SourceError(f"the fit of {kind}: the price does not vary over {years[0]}-{years[-1]}")
    coef, *_ = np.linalg.lstsq(x, flow, rcond=None)
    miss = flow - x @ coef
    df = len(years) - 2
    root = np.linalg.cholesky(np.linalg.inv(x.T @ x))
    r2 = 1 - float(miss @ miss) / float(((flow - flow.mean()) ** 2).sum())
    sd = float(np.sqrt(miss @ miss / df))
    scaled = not np.all(volume == 1.0)
    return Law(kind, coef, root, sd, df, r2, tuple(years), flow, x, scaled, float(volume.mean()))


def draw_law(law: Law, rng: np.random.Generator, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw coefficients (2, draw) and residual standard deviations (draw,) from the posterior under a flat prior."""
    sd = law.sd * np.sqrt(law.df / rng.chisquare(law.df, size))
    return law.coef[:, None] + (law.root @ rng.standard_normal((2, size))) * sd, sd


def flow(law: Law, coef: np.ndarray, price: np.ndarray | float, q: np.ndarray | float) -> np.ndarray:
    """The flow of a year in MUSD without its residual: `(a + k p) q`, or `a + k p q` for a net flow."""
    a, k = coef
    return (a + k * price) * q if law.kind == "receipts" else a + k * price * q


def _prices(history: History, years: list[int]) -> np.ndarray:
    short = [y for y in years if len(history.brent.months_of(y)) < 12]
    if short:
        raise SourceError(f"brent.csv has not all months of {short[:5]}; the fit of flows needs yearly means")
    return np.array([history.brent.year_mean(y) for y in years])
