"""From a table of flows to the rows and arrays that are estimated on; every fault is told at once."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from karvan.core.countries import is_group
from karvan.core.errors import KarvanWarning, first_five
from karvan.core.faults import Faults
from karvan.core.labels import suggest
from karvan.estimate.gravity.keys import effect, joined
from karvan.estimate.gravity.plan import Plan, column_of
from karvan.estimate.gravity.shifting import shifted
from karvan.panels.frames import frame

if TYPE_CHECKING:
    import pandas as pd


class Sample(NamedTuple):
    """Columns y, x0.., e0.., c0.. for the estimator, names of the regressors, rows of the table, what was left out."""

    columns: pd.DataFrame
    names: tuple[str, ...]
    rows: np.ndarray
    left_out: dict[str, int]
    codes: dict[str, np.ndarray]


def sample(data: Any, plan: Plan) -> Sample:
    """Check the table and build the columns of the estimation."""
    table = frame(data, name="gravity table")
    faults = Faults(data if isinstance(data, str) or hasattr(data, "parts") else "gravity table")
    _columns(table, plan, faults)
    faults.stop()
    table = table[list(plan.columns)]
    codes = _codes(table, plan, faults)
    flow = _numbers(table, plan.flow, plan, faults)
    faults.stop()
    _duplicates(table, codes, plan, faults)
    home = _domestic(codes, plan, faults)
    keep, left_out = np.ones(len(table), dtype=bool), {}

    def leave(mask: np.ndarray, why: str) -> None:
        if (lost := int((keep & mask).sum())) or why == "zero flows":
            left_out[why] = lost
        keep[mask] = False

    X = _regressors(table, codes, plan, faults)
    if plan.years is not None:
        _years(codes["year"], plan, faults)
        leave(~np.isin(codes["year"], plan.years), "other years")
    if plan.domestic is False:
        leave(home, "domestic sales")
    _flows(flow, keep, table, plan, faults)
    faults.stop()
    _gaps(table, plan, {plan.flow: flow, **{n: x for n, x in X.items() if n in plan.on}}, keep, leave, faults)
    for name, x in X.items():
        if name not in plan.on:
            leave(np.isnan(x), f"no value of {name}")
    if plan.estimator == "ols":
        leave(flow == 0, "zero flows")
    faults.stop()
    _enough(flow[keep], len(X), faults)
    faults.stop()
    if plan.border_year:
        X.update(_borders(codes["year"], home, keep, plan))
    return _build(flow, X, codes, keep, left_out, plan)


def _columns(table: pd.DataFrame, plan: Plan, faults: Faults) -> None:
    have = [str(c) for c in table.columns]
    for column in plan.columns:
        if column not in table.columns:
            faults.add(f"no column {column!r}.{suggest(column, have)}")
    for column in [c for c in have if have.count(c) > 1 and c in plan.columns]:
        faults.add(f"two columns are called {column!r}", remedy="rename one")
    if not len(table):
        faults.add("the table has no rows")
    if any(column_of(name) == plan.flow for name in plan.on):
        faults.add(f"{plan.flow!r} is the flow; it cannot explain itself", remedy="leave it out of the regressors")


def _codes(table: pd.DataFrame, plan: Plan, faults: Faults) -> dict[str, np.ndarray]:
    """Whole numbers for exporter and importer (one list of countries), the year itself, and extra columns."""
    import pandas as pd

    for column in (plan.exporter, plan.importer, plan.year, *plan.groups):
        if lost := int(table[column].isna().sum()):
            faults.add(f"{lost} rows without {column}", remedy="fill or drop them")
    year = pd.to_numeric(table[plan.year], errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    if bad := int((~np.isfinite(year) | (year != np.round(year))).sum()):
        faults.add(f"{bad} rows whose {plan.year} is not a whole number", remedy="write years as 2015")
    faults.stop()
    both = pd.concat([table[plan.exporter], table[plan.importer]], ignore_index=True)
    country, labels = pd.factorize(both, sort=True)
    _names([str(label) for label in labels], faults)
    n = len(table)
    codes = {"exporter": country[:n], "importer": country[n:], "year": year.astype(np.int64)}
    first, second = codes["exporter"], codes["importer"]
    codes["pair"] = first * len(labels) + second
    codes["dyad"] = np.minimum(first, second) * len(labels) + np.maximum(first, second)
    for column in plan.groups:
        codes[column] = pd.factorize(table[column])[0]
    return codes


def _names(labels: list[str], faults: Faults) -> None:
    """Names that differ only by case or blanks are one country written twice; a group among countries is doubtful."""
    folded: dict[str, list[str]] = {}
    for label in labels:
        folded.setdefault(" ".join(label.split()).casefold(), []).append(label)
    for alike in folded.values():
        if len(alike) > 1:
            faults.add(f"names differ only by case or blanks: {', '.join(map(repr, alike))}", remedy="write one name")
    groups = [label for label in labels if not label.isdecimal() and is_group(label)]
    if groups:
        warnings.warn(
            f"gravity: {first_five(groups)} stand for groups of countries, which hold other rows again; leave them out",
            KarvanWarning,
            stacklevel=2,
        )


def _numbers(table: pd.DataFrame, column: str, plan: Plan, faults: Faults) -> np.ndarray:
    import pandas as pd

    values = table[column]
    if pd.api.types.is_numeric_dtype(values):
        x = values.to_numpy(dtype=float, na_value=np.nan)
    else:
        x = pd.to_numeric(values, errors="coerce").to_numpy(dtype=float, na_value=np.nan)
        if bad := np.flatnonzero(np.isnan(x) & values.notna().to_numpy()).tolist():
            shown = first_five(repr(values.iloc[b]) for b in bad)
            faults.add(f"{len(bad)} values of {column} are not numbers: {shown}", remedy="write 12.5")
    if infinite := int(np.isinf(x).sum()):
        faults.add(f"{infinite} values of {column} are infinite", remedy="look for a logarithm of zero")
    return x


def _duplicates(table: pd.DataFrame, codes: dict[str, np.ndarray], plan: Plan, faults: Faults) -> None:
    key = joined([codes["pair"], codes["year"] - codes["year"].min(), *(codes[c] for c in plan.extra)])
    order = np.argsort(key, kind="stable")
    same = np.flatnonzero(key[order][1:] == key[order][:-1])
    if same.size:
        what = " ".join(plan.by)
        faults.add(
            f"{same.size} rows repeat a flow ({what}): {named(table, order[same + 1], plan)}",
            remedy="add them up, or name what tells them apart in the effects",
        )


def _domestic(codes: dict[str, np.ndarray], plan: Plan, faults: Faults) -> np.ndarray:
    home: np.ndarray = codes["exporter"] == codes["importer"]
    if plan.domestic is None and home.any():
        faults.add(
            f"{int(home.sum())} rows are domestic sales (exporter is importer)",
            remedy="say domestic=True (--domestic keep) or domestic=False (--domestic drop): results differ",
        )
    if (plan.domestic or plan.border_year) and not home.any():
        faults.add("no domestic sales (rows with exporter = importer)", remedy="add them, or leave domestic=True out")
    return home


def _regressors(table: pd.DataFrame, codes: dict[str, np.ndarray], plan: Plan, faults: Faults) -> dict[str, np.ndarray]:
    X = {}
    for name in plan.on:
        x = _numbers(table, column_of(name), plan, faults)
        if name != column_of(name):
            if bad := int((x <= 0).sum()):
                faults.add(f"{name}: {bad} values are not above zero", remedy=f"mend {column_of(name)}")
            x = np.log(np.where(x > 0, x, np.nan))
        X[name] = x
    for shift in plan.shifts:
        x = _numbers(table, shift.column, plan, faults)
        X[shift.name] = shifted(x, codes, plan, shift, faults)
    return X


def _years(year: np.ndarray, plan: Plan, faults: Faults) -> None:
    have = set(np.unique(year).tolist())
    if lost := [y for y in plan.years or () if y not in have]:
        faults.add(f"{len(lost)} of the years asked for are not in the table: {first_five(lost)}")


def _flows(flow: np.ndarray, keep: np.ndarray, table: pd.DataFrame, plan: Plan, faults: Faults) -> None:
    if (bad := np.flatnonzero(keep & (flow < 0))).size:
        faults.add(
            f"{bad.size} flows are negative: {named(table, bad, plan)}", remedy="set them to zero or leave them out"
        )
    used = flow[keep & ~np.isnan(flow)]
    if used.size and not used.any():
        faults.add(f"all {used.size} flows are zero", remedy="look at the unit and the column")


def _gaps(
    table: pd.DataFrame, plan: Plan, columns: dict[str, np.ndarray], keep: np.ndarray, leave: Any, faults: Faults
) -> None:
    for name, x in columns.items():
        gone = np.isnan(x)
        if plan.missing == "drop":
            leave(gone, f"no value of {name}")
        elif (bad := np.flatnonzero(keep & gone)).size:
            faults.add(
                f"{bad.size} rows have no value of {name}: {named(table, bad, plan)}",
                remedy="fill them (an absence is not a zero), or say missing='drop'",
            )


def _enough(flow: np.ndarray, regressors: int, faults: Faults) -> None:
    if flow.size <= regressors + 1:
        faults.add(f"{flow.size} rows are left for {regressors} regressors", remedy="look at what was left out")
    elif not flow.any():
        faults.add(f"all {flow.size} flows that are left are zero", remedy="look at the unit and the column")


def _borders(year: np.ndarray, home: np.ndarray, keep: np.ndarray, plan: Plan) -> dict[str, np.ndarray]:
    """One dummy per year for crossing a border; pair effects absorb their sum, so that the last year is the base."""
    years = np.unique(year[keep]).tolist()
    if {"pair", "dyad"} & set(plan.effects):
        years = years[:-1]
    return {f"border_{y}": ((year == y) & ~home).astype(float) for y in years}


def _build(
    flow: np.ndarray,
    X: dict[str, np.ndarray],
    codes: dict[str, np.ndarray],
    keep: np.ndarray,
    left_out: dict[str, int],
    plan: Plan,
) -> Sample:
    import pandas as pd

    kept = {name: code[keep] for name, code in codes.items()}
    y = flow[keep]
    columns = {"y": np.log(y) if plan.estimator == "ols" else y}
    columns |= {f"x{k}": x[keep] for k, x in enumerate(X.values())}
    columns |= {f"e{k}": effect(kept, e) for k, e in enumerate(plan.effects)}
    columns |= {f"c{k}": effect(kept, c) for k, c in enumerate(plan.cluster)}
    return Sample(pd.DataFrame(columns), tuple(X), np.flatnonzero(keep), left_out, kept)


def named(table: pd.DataFrame, rows: np.ndarray, plan: Plan) -> str:
    """The first five rows by their labels."""
    shown = table.iloc[rows[:5]]
    labels = ["-".join(str(v) for v in row) for row in shown[list(plan.by)].itertuples(index=False)]
    return ", ".join(labels) + (f" and {rows.size - 5} more" if rows.size > 5 else "")
