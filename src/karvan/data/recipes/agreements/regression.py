"""Regressions on the panel: the estimate of each start year, their average, and what speaks against it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from karvan.data.recipes.agreements.panel import read
from karvan.estimate.gravity import GravityFit, gravity

STARTS = (1996, 2000, 2004, 2008)
AGREEMENTS = ("eaeu", "eu", "shallow", "medium", "deep")
LEADS = (4, 8)
Z = 1.6449  # normal, 5 and 95 %
COLUMNS = ("specification", "from", "coefficient", "b", "se", "low", "high", "flows", "averaged")
SOURCE = "trade and agreements 1964-2016 of the R package penppml (MIT): UN Comtrade, World Bank Deep Trade Agreements"


class Average(NamedTuple):
    """The average of estimates that differ in their start year."""

    names: tuple[str, ...]
    b: np.ndarray  # (k,)
    covariance: np.ndarray  # (k, k) within and between
    within: np.ndarray  # (k,) standard errors of one start year, root of the mean square
    between: np.ndarray  # (k,) standard deviation over start years


def fit(source: Path, first: int, *, soviet: bool = True, leads: Sequence[int] = ()) -> GravityFit:
    """Estimate the effect of agreements on trade from year `first` on.

    Three-way PPML with the bias correction of Weidner and Zylkin (2021), errors clustered by pair. With `soviet`, all
    pairs of former Soviet republics have their own effect in each year: the union is compared with what became of the
    other ties of the same past, which came loose on their own.
    """
    table = read(source, first)
    years = [c for c in table.columns if c.startswith("soviet_")] if soviet else []
    return gravity(
        table,
        on=[*AGREEMENTS, *years],
        domestic=False,
        leads={"eaeu": list(leads)} if leads else None,
        outside="hold",
        bias_correction=True,
        source=SOURCE,
    )


def average(fits: Sequence[GravityFit], names: Sequence[str] = AGREEMENTS) -> Average:
    """Average estimates with equal weight, with the variance of drawing one of them first and then within it.

    b = mean_s b_s;  covariance = mean_s V_s + mean_s (b_s - b)(b_s - b)'
    """
    at = [[f.names.index(n) for n in names] for f in fits]
    each = np.array([f.b[k] for f, k in zip(fits, at, strict=True)])
    within = np.mean([f.covariance[np.ix_(k, k)] for f, k in zip(fits, at, strict=True)], axis=0)
    away = each - each.mean(axis=0)
    between = away.T @ away / len(fits)
    return Average(
        tuple(names), each.mean(axis=0), within + between, np.sqrt(np.diag(within)), np.sqrt(np.diag(between))
    )


def row(what: str, first: int, found: GravityFit, name: str, used: bool) -> tuple[object, ...]:
    """One line of the table of specifications: a coefficient with its 5 and 95 % points."""
    b, se = found[name], found.se_of(name)
    numbers = (round(v, 6) for v in (b, se, b - Z * se, b + Z * se))
    return (what, first, name, *numbers, found.observations, used)
