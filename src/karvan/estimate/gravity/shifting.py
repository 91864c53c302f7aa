"""A regressor at another year of the same pair."""

from __future__ import annotations

import numpy as np

from karvan.core.errors import first_five
from karvan.core.faults import Faults
from karvan.estimate.gravity.keys import joined
from karvan.estimate.gravity.plan import Plan, Shift


def shifted(x: np.ndarray, codes: dict[str, np.ndarray], plan: Plan, shift: Shift, faults: Faults) -> np.ndarray:
    """The value of `x` for the same flow `shift.years` earlier (a lead: later); NaN where there is none.

    It is looked up in the whole table, before years are chosen. A year beyond the first or last of the table has no
    value (outside="drop"), or that of the flow's first or last year (outside="hold"). A year within the table's span
    that the table lacks is a fault: a lag of 3 years cannot come from a panel of every fourth year.
    """
    year = codes["year"]
    wanted = year - shift.years
    have = np.unique(year)
    used = np.isin(year, plan.years) if plan.years is not None else np.ones(len(year), dtype=bool)
    between = used & (wanted >= have[0]) & (wanted <= have[-1]) & ~np.isin(wanted, have)
    if between.any():
        gaps = np.unique(wanted[between]).tolist()
        faults.add(
            f"{shift.name} needs {len(gaps)} years that the table lacks: {first_five(gaps)} (it has "
            f"{first_five(have.tolist())})",
            remedy="add them, or take a shift that is a multiple of the years between two waves",
        )
        return np.full(len(x), np.nan)
    if plan.outside == "hold":
        wanted = np.clip(wanted, have[0], have[-1])
    return _looked_up(x, codes, plan, wanted)


def _looked_up(x: np.ndarray, codes: dict[str, np.ndarray], plan: Plan, wanted: np.ndarray) -> np.ndarray:
    import pandas as pd

    flow = pd.factorize(joined([codes["pair"], *(codes[c] for c in plan.extra)]))[0].astype(np.int64)
    span = int(max(codes["year"].max(), wanted.max())) + 1
    key, sought = flow * span + codes["year"], flow * span + wanted
    order = np.argsort(key, kind="stable")
    at = np.minimum(np.searchsorted(key, sought, sorter=order), len(key) - 1)
    found = order[at]
    return np.where(key[found] == sought, x[found], np.nan)
