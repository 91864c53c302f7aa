"""How good reporters are: the scatter of their reports against their partners'."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from karvan.estimate.mirror.spread import Spread, decompose
from karvan.estimate.mirror.thresholds import Thresholds

if TYPE_CHECKING:
    import pandas as pd

COMPILED = "compiled"


def sides(flows: pd.DataFrame) -> pd.DataFrame:
    """Return the two figures that are compared (fob) as `first` and `second`, and who gives them in `by_first`, ...

    Exporter's and importer's report where both are there. A compiler's figure stands in for a missing one, since it
    was made from what that side told the compiler; it is never set beside two reports.
    """
    has_x, has_m = flows["x"].gt(0), flows["m_fob"].gt(0)
    return flows[["exporter", "importer", "year"]].assign(
        first=flows["x"].where(has_x, flows["c"]),
        second=flows["m_fob"].where(has_m, flows["c"].where(has_x)),
        by_first=flows["exporter"].where(has_x, COMPILED),
        by_second=flows["importer"].where(has_m, COMPILED),
    )


def scatter(two: pd.DataFrame, limits: Thresholds, *, shared: bool) -> tuple[list[str], Spread]:
    """Estimate each reporter's variance from all years at once; reporters as listed, `compiled` last.

    A compiler's figure does not enter: it was made from the very reports, so that its agreement with them says nothing.
    It gets the mean variance, as a report that is not known to be better or worse.
    """
    names = sorted({*two["exporter"], *two["importer"]})
    names.append(COMPILED)
    at = {name: k for k, name in enumerate(names)}
    used = _compared(two, limits)
    gap = np.clip(np.log((used["second"] / used["first"]).to_numpy(float)), -limits.cap_log, limits.cap_log)
    first, second = (used[c].map(at).to_numpy(int) for c in ("by_first", "by_second"))
    size = log_size(used, limits)
    return names, decompose(
        gap, first, second, (len(names),) * 2, shared=shared, prior=limits.prior_pairs, log_size=size
    )


def log_size(two: pd.DataFrame, limits: Thresholds) -> np.ndarray:
    """(p,) log of a flow over the size at which quality is quoted; the geometric mean of what is reported."""
    first, second = (np.log(two[c].where(two[c] > 0).to_numpy(float)) for c in ("first", "second"))
    alone = np.where(np.isnan(first), second, first)
    mean = np.where(np.isnan(first) | np.isnan(second), alone, (first + second) / 2)
    return np.nan_to_num(np.maximum(mean, np.log(limits.floor_musd)) - np.log(limits.quoted_musd))


def quality_table(
    names: list[str], spread: Spread, two: pd.DataFrame, limits: Thresholds, *, shared: bool
) -> pd.DataFrame:
    """Return a row per reporter: error of its reports at the quoted size in percent, with range, and pairs used."""
    import pandas as pd

    used = _compared(two, limits)
    counts = [used[c].value_counts() for c in ("by_first", "by_second")]
    if shared:
        parts = [("both", spread.a, spread.a_se, counts[0].add(counts[1], fill_value=0))]
    else:
        parts = [("exporter", spread.a, spread.a_se, counts[0]), ("importer", spread.b, spread.b_se, counts[1])]
    rows = []
    for role, v, se, count in parts:
        for k, name in enumerate(names):
            if count.get(name, 0) > 0:
                low, mid, high = (np.exp((np.log(v[k]) + z * limits.range_spreads * se[k]) / 2) for z in (-1, 0, 1))
                rows.append((name, role, int(count[name]), *(100 * np.expm1(s) for s in (mid, low, high))))
    columns = ["reporter", "role", "pairs", "error_percent", "error_percent_lo", "error_percent_hi"]
    return pd.DataFrame(rows, columns=columns).sort_values(["error_percent", "reporter"], ignore_index=True)


def _compared(two: pd.DataFrame, limits: Thresholds) -> pd.DataFrame:
    own = two["by_first"].ne(COMPILED) & two["by_second"].ne(COMPILED)
    return two[own & two[["first", "second"]].min(axis=1, skipna=False).ge(limits.floor_musd)]
