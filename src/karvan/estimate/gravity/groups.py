"""Groups of an effect that cannot be estimated on: one observation only, or no trade at all."""

from __future__ import annotations

import numpy as np

from karvan.estimate.gravity.plan import Plan
from karvan.estimate.gravity.sample import Sample


def without_lone_groups(sample: Sample, plan: Plan) -> tuple[Sample, int, int]:
    """The sample without groups of one observation and, for PPML, without groups whose flows are all zero.

    A group of one is fitted exactly and says nothing about b; an effect on zeros alone goes to minus infinity. Taking
    rows out may make new such groups, so that it is repeated until none is left. Returns the sample, the number of
    lone observations and that of empty groups' observations.
    """
    y = sample.columns["y"].to_numpy()
    effects = [sample.columns[f"e{i}"].to_numpy() for i in range(len(plan.effects))]
    keep, lone, empty = np.ones(len(y), dtype=bool), 0, 0
    while True:
        before = int(keep.sum())
        for e in effects:
            if plan.estimator == "ppml":
                trade = np.bincount(e[keep], weights=y[keep], minlength=e.max(initial=0) + 1)
                gone = keep & (trade[e] == 0)
                empty += int(gone.sum())
                keep &= ~gone
            alone = keep & (np.bincount(e[keep], minlength=e.max(initial=0) + 1)[e] == 1)
            lone += int(alone.sum())
            keep &= ~alone
        if int(keep.sum()) == before:
            break
    return (sample if keep.all() else kept(sample, keep)), lone, empty


def kept(sample: Sample, keep: np.ndarray) -> Sample:
    """The sample's rows where `keep` is true."""
    return sample._replace(
        columns=sample.columns[keep].reset_index(drop=True),
        rows=sample.rows[keep],
        codes={name: code[keep] for name, code in sample.codes.items()},
    )
