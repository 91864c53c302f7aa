"""The loop of the Advanced Guide (2016, chapter 2, application 1), written again: where its digits come from.

Every Poisson regression with exporter and importer effects and fixed trade costs is a fit to row and column sums, so
that no regression is run. Signs, normalisation by Germany and the stopping rule are the guide's.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from karvan.replication import agtpa_borders as agtpa


class Found(NamedTuple):
    """Percent changes by country, and the number of passes."""

    price: np.ndarray
    exports: np.ndarray
    real_gdp: np.ndarray
    passes: int


def fit(X: np.ndarray, t: np.ndarray, numeraire: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return importer terms, exporter terms and fitted flows; the importer term of the numeraire is one."""
    r = np.ones(len(X))
    for _ in range(100_000):
        s = X.sum(axis=1) / (t @ r)
        last, r = r, X.sum(axis=0) / (s @ t)
        if np.max(np.abs(np.log(r / last))) < 1e-13:
            break
    return s / s[numeraire], r * s[numeraire], s[:, None] * t * r


def loop(panel: agtpa.Panel, stop: float) -> Found:
    X, R, power = panel.trade, panel.countries.index(agtpa.NUMERAIRE), 1 / (1 - agtpa.SIGMA)
    foreign = ~np.eye(len(X), dtype=bool)
    after = np.exp(agtpa.DISTANCE * np.log(panel.distance) + agtpa.CONTIGUITY * panel.contiguity)
    Y, E = X.sum(axis=0), X.sum(axis=1)
    phi = E / Y
    chi0, pi0, start = fit(X, after * np.exp(agtpa.BORDER * foreign), R)
    chi, pi, flows = fit(X, after, R)
    E_R, outward, inward = E[R], Y * E[R] / pi, E / (chi * E[R])
    price = [np.zeros(len(X)), (pi / pi0) ** power]
    moved_out, moved_in, passes = np.ones(len(X)), np.ones(len(X)), 0
    while True:
        chi, pi_next, flows = fit(flows * price[-1] * (price[-1] / moved_in)[:, None] / moved_out, after, R)
        output = flows.sum(axis=0)
        spent = phi * output
        price.append((pi_next / pi / (spent[R] / E_R)) ** power)
        out_next, in_next = output * spent[R] / pi_next, spent / (chi * spent[R])
        moved_out, moved_in = out_next / outward, in_next / inward
        pi, E_R, outward, inward = pi_next, spent[R], out_next, in_next
        passes += 1
        gap = price[-2] - price[-3]
        if gap.std(ddof=1) <= stop and abs(gap.max()) <= stop:
            break
    full = (pi / pi0 / (E_R / E[R])) ** power
    Y_full = full * Y
    sold = Y_full * (phi * Y_full / inward)[:, None] * after / (Y_full * E_R / pi)
    index = (inward / (E / (chi0 * E[R]))) ** power
    exports = (sold * foreign).sum(axis=0) / (start * foreign).sum(axis=0)
    return Found(*(100 * (ratio - 1) for ratio in (full, exports, full / index)), passes)
