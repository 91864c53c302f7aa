"""Local projections: how much of a move of the neighbour's currency reaches ours, and how fast."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from karvan.core.errors import LabelError
from karvan.core.table import Table
from karvan.macro.currency.hac import slopes
from karvan.macro.currency.rates import LONGEST, MONTHS, Rates
from karvan.macro.currency.shipped import Period

LEVEL = 0.90
WINDOWS = 5  # windows of the horizon that do not overlap: fewer say nothing
LAGS = {"day": 5, "week": 2, "month": 1}
SHOWN = {
    "day": (0, 1, 2, 3, 5, 10, 21, 42, 63),
    "week": (0, 1, 2, 3, 4, 8, 13, 26, 39, 52),
    "month": tuple(range(13)),
}
UNITS = {"day": "trading days", "week": "weeks", "month": "months"}


@dataclass(frozen=True)
class Response:
    """Cumulative response of our currency, by horizon, to a move of the neighbour's of one log point.

    own[h], neighbour[h]: log points of local currency per USD, both by the same shock; `covariance` is that of
    own and neighbour together (2h, 2h). NaN at horizons that the data do not carry: `needs[h]` says how many
    observations would be needed, `used[h]` how many there are.
    """

    period: Period
    every: str
    controlled: bool
    horizons: np.ndarray
    own: np.ndarray
    neighbour: np.ndarray
    covariance: np.ndarray
    freedom: float
    used: np.ndarray
    needs: np.ndarray
    residuals: np.ndarray  # (t, h) of ours, NaN where a row is not used

    @property
    def half(self) -> np.ndarray:
        """Return (h,) half the width of the 90 % range of `own`."""
        from scipy.stats import t

        error = np.sqrt(np.diag(self.covariance)[: len(self.horizons)])
        return float(t.ppf(0.5 + LEVEL / 2, self.freedom)) * error

    def at(self, months: int) -> int | None:
        """Return the position of a horizon in months, or None where it is not estimated."""
        h = MONTHS[self.every].get(months)
        if h is None or h >= len(self.horizons) or not np.isfinite(self.own[h]):
            return None
        return h

    def why(self, h: int) -> str:
        """Say why a horizon is not estimated."""
        if self.used[h] >= self.needs[h]:
            return "the neighbour's currency does not move"
        return f"needs {int(self.needs[h])}"

    def draws(self, n: int, seed: int) -> np.ndarray:
        """Return (n, 2, h) draws of own and neighbour: normal with the joint covariance, by t for its own error."""
        rng = np.random.default_rng([seed, 1])
        H = len(self.horizons)
        known = np.flatnonzero(np.isfinite(np.r_[self.own, self.neighbour]))
        values, vectors = np.linalg.eigh(self.covariance[np.ix_(known, known)])
        root = vectors * np.sqrt(np.maximum(values, 0.0))
        scale = np.sqrt(self.freedom / rng.chisquare(self.freedom, n))
        found = np.full((n, 2 * H), np.nan)
        shifts = (rng.standard_normal((n, known.size)) @ root.T) * scale[:, None]
        found[:, known] = np.r_[self.own, self.neighbour][known] + shifts
        return found.reshape(n, 2, H)

    def table(self, whole: bool = False) -> Table:
        """Return response, 90 % range, the neighbour's own path and the observations; some horizons, or the whole."""
        half = self.half
        rows: list[tuple[object, ...]] = []
        for i, h in enumerate(self.horizons):
            if not whole and h not in SHOWN[self.every]:
                continue
            if np.isfinite(self.own[i]):
                ends = self.own[i] - half[i], self.own[i] + half[i]
                row = (int(h), *(round(float(v), 4) for v in (self.own[i], *ends, self.neighbour[i])))
                rows.append((*row, int(self.used[i]), ""))
            else:
                rows.append((int(h), None, None, None, None, int(self.used[i]), self.why(i)))
        beside = "oil and the dollar index held" if self.controlled else "nothing held"
        title = (
            f"{self.period.name}: log response to a move of the neighbour's currency of 1, 90 % range, {beside}; "
            f"horizons in {UNITS[self.every]}"
        )
        return Table(("horizon", "response", "low", "high", "neighbour", "observations", "note"), tuple(rows), title)


def design(rates: Rates, inside: np.ndarray, controlled: bool, lags: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the impulse (t,) and the controls (t, k): constant, oil and dollar of the day, lags of every move."""
    moves = rates.moves
    used = moves if controlled else moves[:, :2]
    parts = [np.ones((len(moves), 1)), used[:, 2:]]
    for lag in range(1, lags + 1):
        parts.append(np.vstack([np.full((lag, used.shape[1]), np.nan), used[:-lag]]))
    x = np.where(inside, moves[:, 1], np.nan)
    return x, np.hstack(parts)


def responses_of(levels: np.ndarray, inside: np.ndarray, horizons: np.ndarray) -> np.ndarray:
    """Return (t, h) y[t + h] - y[t - 1], NaN unless t and t + h lie inside."""
    T = len(levels)
    found = np.full((T, len(horizons)), np.nan)
    for i, h in enumerate(horizons):
        if h + 1 < T:
            found[1 : T - h, i] = levels[1 + h :] - levels[: T - 1 - h]
            ends = inside[1:][: T - 1 - h] & inside[1 + h :]
            found[1 : T - h, i][~ends] = np.nan
    return found


def project(
    rates: Rates,
    period: Period,
    *,
    controlled: bool = True,
    longest: int | None = None,
    lags: int | None = None,
    without: np.ndarray | None = None,
) -> Response:
    """Estimate the cumulative response by local projections (Jorda 2005, AER 95).

    y[t+h] - y[t-1] = a_h + b_h dx[t] + c_h' dw[t] + lags of dy, dx, dw + u_h[t]

    y, x: log local currency per USD, ours and the neighbour's; w: log Brent and log dollar index. b_h is what
    reaches ours after h steps, of a move of x beyond what oil and the dollar explain. Windows end inside the period.

    Parameters
    ----------
    longest : last horizon; default 63 days, 52 weeks, 12 months
    lags : default 5 days, 2 weeks, 1 month
    without : (t,) impulses to leave out

    Raises
    ------
    LabelError
        Controls asked for that the rates do not have.
    """
    controlled = controlled and bool(rates.controls)
    last = LONGEST[rates.every] if longest is None else longest
    if last < 0:
        raise LabelError(f"longest horizon {last}: it cannot be negative")
    horizons, inside = np.arange(last + 1), rates.inside(period)
    x, W = design(rates, inside, controlled, LAGS[rates.every] if lags is None else lags)
    if without is not None:
        x = np.where(without, np.nan, x)
    Y = np.hstack([responses_of(rates.levels[:, i], inside, horizons) for i in (0, 1)])
    ready = np.isfinite(x) & np.isfinite(W).all(axis=1)
    used = np.isfinite(Y[ready][:, : last + 1]).sum(axis=0)
    needs = np.maximum(WINDOWS * (horizons + 1), 3 * (W.shape[1] + 1))
    Y[:, np.tile(used < needs, 2)] = np.nan
    fit = slopes(Y, x, W)
    H = last + 1
    covariance = np.where(np.isfinite(np.add.outer(fit.b, fit.b)), fit.covariance, np.nan)
    return Response(
        period,
        rates.every,
        controlled,
        horizons,
        fit.b[:H],
        fit.b[H:],
        covariance,
        fit.freedom,
        used,
        needs,
        fit.residuals[:, :H],
    )
