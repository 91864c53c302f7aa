"""Placebo dates: the same estimate where nothing happened, and what it says about errors."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from karvan.core.errors import InfeasibleError
from karvan.estimate.reexports.excess import counterfactual, long_run_variance
from karvan.estimate.reexports.panel import Panel

REPORTED = 0.9
SMALLEST = 0.02


class Score(NamedTuple):
    """By product: log deviation from the counterfactual, its error under no effect, and their ratio (NaN: untested)."""

    deviation: np.ndarray
    error: np.ndarray
    t: np.ndarray


def placebo_panel(panel: Panel, months: int | None = None) -> Panel:
    """Return the months before the treatment with a false date as far from their end as the true one is from its."""
    n = len(panel.months) - panel.after if months is None else months
    if panel.after - n < 12:
        raise InfeasibleError(
            f"{panel.after} months before {panel.months[panel.after]} are too few for a placebo window of {n} months "
            "with a year before it"
        )
    last = panel.after
    return panel._replace(
        months=panel.months[:last],
        listed=panel.listed[..., :last],
        other=panel.other[:, :last],
        after=last - n,
    )


def score(panel: Panel, reported: float = REPORTED, smallest: float = SMALLEST) -> Score:
    """Score every product, all partners added up.

    deviation = ln(sum_after y / sum_after c)
    error = sqrt(LRV(y/c - 1 before) (1/n_after + 1/n_before)), Newey and West (1987), 3 lags

    Products with fewer than `reported` of the months before the treatment, or less than `smallest` a month, are not
    tested: one shipment decides there.
    """
    y, c = panel.listed.sum(axis=1), counterfactual(panel).sum(axis=1)
    before, n = slice(0, panel.after), len(panel.months) - panel.after
    with np.errstate(divide="ignore", invalid="ignore"):
        deviation = np.log(y[:, panel.after :].sum(axis=1) / c[:, panel.after :].sum(axis=1))
        error = np.sqrt(long_run_variance(y[:, before] / c[:, before] - 1.0) * (1.0 / n + 1.0 / panel.after))
    tested = ((y[:, before] > 0).mean(axis=1) >= reported) & (y[:, before].mean(axis=1) >= smallest)
    tested &= np.isfinite(deviation) & (error > 0)
    return Score(deviation, error, np.where(tested, deviation / np.where(tested, error, 1.0), np.nan))


def conformal_p(t: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """One-sided p-value of each score against scores of the placebo date; NaN where untested.

    p = (1 + #{reference >= t}) / (1 + #reference)

    Valid when a product's deviation is distributed as at the placebo date (Bates, Candes, Lei, Romano and Sesia 2023,
    Annals of Statistics 51:149, who also show that Benjamini-Hochberg then controls the false discovery rate).
    """
    pool = np.sort(reference[np.isfinite(reference)])
    if pool.size < 20:
        raise InfeasibleError(f"{pool.size} products at the placebo date; at least 20 are needed for p-values")
    above = pool.size - np.searchsorted(pool, np.where(np.isfinite(t), t, 0.0), side="left")
    return np.where(np.isfinite(t), (1.0 + above) / (1.0 + pool.size), np.nan)


def benjamini_hochberg(p: np.ndarray) -> np.ndarray:
    """Return q-values: the smallest false discovery rate at which each is a discovery; NaN where p is."""
    from statsmodels.stats.multitest import multipletests

    q = np.full(p.shape, np.nan)
    known = np.isfinite(p)
    if known.any():
        q[known] = multipletests(p[known], method="fdr_bh")[1]
    return q


def sizes(panel: Panel, seed: int = 0, rounds: int = 200) -> dict[str, float]:
    """How often nothing is called something at the placebo date of this panel, at 5 % one-sided.

    `naive` compares scores with the normal table. `conformal` calibrates on a random half of the products and tests the
    other half, averaged over `rounds` splits; `discoveries` is the mean number found in the half at q < 10 %.
    """
    t = score(placebo_panel(panel)).t
    t = t[np.isfinite(t)]
    rng = np.random.default_rng([seed, 1])
    share, found = [], []
    for _ in range(rounds):
        order = rng.permutation(t.size)
        p = conformal_p(t[order[: t.size // 2]], t[order[t.size // 2 :]])
        share.append((p <= 0.05).mean())
        found.append((benjamini_hochberg(p) < 0.1).sum())
    return {
        "tested": int(t.size),
        "naive": float((t > 1.645).mean()),
        "conformal": float(np.mean(share)),
        "discoveries": float(np.mean(found)),
    }
