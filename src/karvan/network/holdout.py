"""Which observations are set aside: chosen by a seeded rule before any parameter is fitted, and kept in a file."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

SEED = 2024
SHARE = 1 / 3


def held_out(groups: Sequence[str], seen: Sequence[str], metrics: Sequence[str], seed: int = SEED) -> tuple[str, ...]:
    """Return the groups of observations that are set aside.

    Observations of one route and metric are a group, so that no repeated measure of a held-out route is fitted. A group
    of which any figure was an input of a rule (`seen`) cannot test that rule and stays in the fitted set. Of the other
    groups of each metric, in alphabetical order, a third (rounded up) is drawn without replacement.

    Parameters
    ----------
    groups, seen, metrics : one entry per observation; `seen` is the rule that used the figure, or empty.
    """
    known = {g for g, rule in zip(groups, seen, strict=True) if rule}
    found: list[str] = []
    for metric in sorted(set(metrics)):
        free = sorted({g for g, m in zip(groups, metrics, strict=True) if m == metric and g not in known})
        rng = np.random.default_rng(seed)
        chosen = rng.permutation(len(free))[: int(np.ceil(SHARE * len(free)))]
        found += sorted(free[i] for i in chosen)
    return tuple(found)
