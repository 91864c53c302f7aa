"""Did the link change, and when? Tests at given dates, and a search over all of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from karvan.core.errors import SourceError
from karvan.core.table import Table
from karvan.macro.currency.hac import basis, slopes
from karvan.macro.currency.projections import LAGS, design
from karvan.macro.currency.rates import Rates

TRIM = 0.15
CRITICAL = {0.10: 7.12, 0.05: 8.68, 0.01: 12.16}  # Andrews (2003, Econometrica 71), one coefficient, trimming 15 %
SIDE = 30  # observations on each side of a date
NEEDED = 100  # observations of a search


@dataclass(frozen=True)
class Search:
    """The largest statistic over all dates: where, how large, and two judgements of it."""

    sample: str
    dates: np.ndarray
    statistic: np.ndarray
    date: str
    largest: float
    p_bootstrap: float

    @property
    def p_andrews(self) -> str:
        """Return the level at which Andrews' critical values reject: '< 0.01', '< 0.05', '< 0.10' or '> 0.10'."""
        return next((f"< {p:.2f}" for p in sorted(CRITICAL) if self.largest > CRITICAL[p]), "> 0.10")


@dataclass(frozen=True)
class Breaks:
    """Tests of the slope in the same step and of the response after three months at given dates, and searches."""

    known: tuple[tuple[str, str, float | None, float | None, float | None, float | None, str], ...]
    searches: tuple[Search, ...]

    def table(self) -> Table:
        """Return the tests at given dates."""
        title = (
            "slope in the same step before and after given dates (oil and the dollar held; Chow test, robust errors)"
        )
        return Table(("date", "event", "before", "after", "difference", "p", "note"), self.known, title)

    def search_table(self) -> Table:
        """Return the dates at which the statistic is largest."""
        rows = tuple(
            (s.sample, s.date, round(s.largest, 2), s.p_andrews, round(s.p_bootstrap, 3)) for s in self.searches
        )
        title = (
            "date at which the slope changes most (sup of robust score statistics, trimming 15 %; critical values "
            "10, 5, 1 %: 7.12, 8.68, 12.16)"
        )
        return Table(("sample", "date", "statistic", "p (Andrews)", "p (wild bootstrap)"), rows, title)


def breaks(rates: Rates, draws: int = 999, seed: int = 0) -> Breaks:
    """Test every event of the country's file, and search the whole sample and every pooled period."""
    main = sorted(e["date"] for e in rates.events if e["main"] == "yes")
    known = tuple(_known(rates, e, main) for e in rates.events)
    searches = []
    spans = [("all", np.ones(len(rates.dates), dtype=bool))]
    spans += [(p.name, rates.inside(p)) for p in rates.periods if p.kind == "pooled" and p.name != "all"]
    for name, inside in spans:
        if np.isfinite(rates.moves[inside]).all(axis=1).sum() >= NEEDED:
            searches.append(search(rates, inside, name, draws, seed))
    return Breaks(known, tuple(searches))


def _known(
    rates: Rates, event: dict[str, str], main: list[str]
) -> tuple[str, str, float | None, float | None, float | None, float | None, str]:
    """Chow test: slopes of separate regressions on each side, up to the next main date on either."""
    from scipy.stats import t

    at = np.datetime64(event["date"])
    before = [np.datetime64(d) for d in main if np.datetime64(d) < at]
    after = [np.datetime64(d) for d in main if np.datetime64(d) > at]
    week = np.timedelta64(7, "D")  # the step of an event itself belongs to neither side
    low = before[-1] + week if before else rates.dates[0]
    high = after[0] if after else rates.dates[-1] + np.timedelta64(1, "D")
    sides = ((rates.dates >= low) & (rates.dates < at), (rates.dates >= at + week) & (rates.dates < high))
    fits = []
    for side in sides:
        x, W = design(rates, side, True, LAGS[rates.every])
        fits.append(slopes(rates.moves[:, :1], x, W))
    n = [int(f.used[0]) for f in fits]
    if min(n) < max(SIDE, 2 * W.shape[1]):
        need = max(SIDE, 2 * W.shape[1])
        return event["date"], event["event"], None, None, None, None, f"{n[0]} and {n[1]} observations, {need} needed"
    b = [float(f.b[0]) for f in fits]
    error = np.sqrt(sum(float(f.covariance[0, 0]) for f in fits))
    p = 2 * float(t.sf(abs(b[1] - b[0]) / error, min(f.freedom for f in fits)))
    shown = (round(b[0], 3), round(b[1], 3), round(b[1] - b[0], 3), round(p, 4))
    return event["date"], event["event"], *shown, f"{n[0]} and {n[1]} observations"


def search(rates: Rates, inside: np.ndarray, name: str, draws: int = 999, seed: int = 0) -> Search:
    """Search the date at which the slope on the neighbour's move changes (Andrews 1993, one coefficient).

    LM(k) = (D_k' e)**2 / sum D_k**2 e**2,  D_k = x 1(t >= k) less its fit on x and the controls, e the residuals
    without a break; k from 15 to 85 % of the observations. The critical values hold when nothing but the slope may
    change; variances here change a lot, so a wild bootstrap that keeps each residual's size (Rademacher signs, e
    projected anew) is given beside them.

    Raises
    ------
    SourceError
        Fewer than 100 observations.
    """
    x, W = design(rates, inside, True, LAGS[rates.every])
    y = rates.moves[:, 0]
    rows = np.flatnonzero(np.isfinite(x) & np.isfinite(W).all(axis=1) & np.isfinite(y))
    n = rows.size
    if n < NEEDED:
        raise SourceError(f"search for a break: {n} observations, {NEEDED} are needed")
    cuts = np.arange(int(np.ceil(TRIM * n)), int(np.floor((1 - TRIM) * n)) + 1)
    return _search(x[rows], W[rows], y[rows], cuts, rates.dates[rows], name, draws, seed)


def _search(
    x: np.ndarray, W: np.ndarray, y: np.ndarray, cuts: np.ndarray, dates: np.ndarray, name: str, draws: int, seed: int
) -> Search:
    Q = basis(np.column_stack([x, W]))
    e = y - Q @ (Q.T @ y)
    signs = np.random.default_rng([seed, 4]).choice([-1.0, 1.0], (len(x), draws))
    again = e[:, None] * signs
    again = again - Q @ (Q.T @ again)
    parts, largest = [], np.zeros(draws)
    for some in np.array_split(cuts, -(-len(cuts) // 256)):  # in pieces: thousands of days would fill the memory
        D = np.where(np.arange(len(x))[:, None] >= some, x[:, None], 0.0)
        D = D - Q @ (Q.T @ D)
        parts.append(score_statistics(D, e[:, None])[:, 0])
        largest = np.maximum(largest, score_statistics(D, again).max(axis=0))
    found = np.concatenate(parts)
    best = int(found.argmax())
    p = float((1 + (largest >= found[best]).sum()) / (draws + 1))
    return Search(name, dates[cuts], found, str(dates[cuts[best]]), float(found[best]), p)


def score_statistics(D: np.ndarray, e: np.ndarray) -> np.ndarray:
    """(k, b) robust score statistics of k dates for b sets of residuals."""
    return (D.T @ e) ** 2 / np.maximum((D**2).T @ e**2, 1e-300)
