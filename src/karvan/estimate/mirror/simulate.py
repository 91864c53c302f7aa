"""Simulated reports with a known truth, planted errors, and the score of the flags against them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from karvan.core.countries import countries

if TYPE_CHECKING:
    import pandas as pd

# kind of error -> factor on the report; None for what no factor says
KINDS: dict[str, float | None] = {
    "x 10": 10.0, "x 100": 100.0, "x 1000 (unit)": 1000.0, "/ 10": 0.1, "/ 100": 0.01, "/ 1000 (unit)": 0.001,
    "left out": None, "wrong partner": None,
}  # fmt: skip


class Simulated(NamedTuple):
    """Arguments of `reconcile` and the truth: `flows` (exporter, importer, value_musd), `sd` by reporter, `margin`."""

    reports: pd.DataFrame
    gravity: pd.DataFrame
    gdp: pd.DataFrame
    flows: pd.DataFrame
    sd: pd.Series
    margin: tuple[float, float]


def simulate(
    number: int = 40,
    *,
    seed: int = 0,
    sd: tuple[float, float] = (0.05, 0.4),
    margin: tuple[float, float] = (-0.25, 0.04),
) -> Simulated:
    """Simulate one year of both sides' reports between `number` countries.

    Flows follow gravity with log-normal errors; ln(cif/fob) = margin[0] + margin[1] ln km; each reporter's log error
    has its own standard deviation, spread evenly over `sd`. Names are ISO3 codes, the numbers are invented.
    """
    import pandas as pd

    rng = np.random.default_rng(seed)
    names = np.array([c.code for c in countries() if c.kind == "country" and not c.until][:number])
    place, size = rng.uniform(0, 8000, (number, 2)), rng.lognormal(11, 1.5, number)
    i, j = np.nonzero(~np.eye(number, dtype=bool))
    km = np.hypot(*(place[i] - place[j]).T) + 200
    flow = np.exp(np.log(size[i]) + np.log(size[j]) - np.log(km) - 9 + rng.normal(0, 0.7, i.size))
    errors = rng.permutation(np.linspace(*sd, number))
    x = flow * np.exp(rng.normal(0, 1, i.size) * errors[i])
    m = flow * np.exp(margin[0] + margin[1] * np.log(km) + rng.normal(0, 1, i.size) * errors[j])
    one = {"year": 2020, "source": "simulated", "complete": True}
    exports = {"reporter": names[i], "partner": names[j], "flow": "exports", "value_musd": x, "valuation": "fob"}
    imports = {"reporter": names[j], "partner": names[i], "flow": "imports", "value_musd": m, "valuation": "cif"}
    pair = {"exporter": names[i], "importer": names[j]}
    return Simulated(
        pd.concat([pd.DataFrame({**side, **one}) for side in (exports, imports)], ignore_index=True),
        pd.DataFrame({**pair, "distance_km": km}),
        pd.DataFrame({"country": names, "year": 2020, "gdp_musd": 4 * size}),
        pd.DataFrame({**pair, "value_musd": flow}),
        pd.Series(errors, index=names),
        margin,
    )


def plant(
    reports: pd.DataFrame, *, seed: int, each: int, floor_musd: float = 10.0
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Plant `each` errors of every kind in reports of at least `floor_musd`; never two in one flow.

    Returns
    -------
    The reports with errors, and the list of errors: kind, exporter, importer, year, and `other`, the partner that a
    flow was wrongly given to.
    """
    import pandas as pd

    rng = np.random.default_rng(seed)
    table, pair = reports.reset_index(drop=True), _pair(reports)
    shuffled = pd.Series(rng.permutation(np.flatnonzero(table["value_musd"] >= floor_musd)))
    chosen = shuffled[~shuffled.map(pair).duplicated()].head(each * len(KINDS)).tolist()
    value, rows, drop = table["value_musd"].to_numpy(copy=True), [], []
    for k, kind in zip(chosen, np.repeat(list(KINDS), each).tolist(), strict=True):
        factor, other = KINDS[kind], ""
        if factor is not None:
            value[k] *= factor
        else:
            drop.append(k)
        if kind == "wrong partner":
            to = int(rng.choice(_smaller(table, k)))
            other = str(table["partner"].iloc[to])
            value[to] += value[k]
        rows.append((kind, *pair.iloc[k], other, table["flow"].iloc[k]))
    errors = pd.DataFrame(rows, columns=["kind", "exporter", "importer", "year", "other", "flow"])
    return table.assign(value_musd=value).drop(index=drop).reset_index(drop=True), errors


def _smaller(table: pd.DataFrame, k: int) -> np.ndarray:
    """Reports of the same reporter, flow and year that are less than a tenth as large."""
    same = [table[c] == table[c].iloc[k] for c in ("reporter", "flow", "year")]
    return np.flatnonzero(same[0] & same[1] & same[2] & (table["value_musd"] < table["value_musd"].iloc[k] / 10))


class Score(NamedTuple):
    """`table`: kind, planted, found, recall_percent; `precision`: share of new flags that are planted errors.

    `precision_all` counts flags that were there before as false: a lower bound, since real data have errors of their
    own. `before`, `after`: flagged flows without and with the planted errors.
    """

    table: pd.DataFrame
    precision: float
    precision_all: float
    before: int
    after: int


def score(errors: pd.DataFrame, before: pd.DataFrame, after: pd.DataFrame) -> Score:
    """Compare the flags before and after errors were planted (`Reconciliation.flags` of both)."""
    old, new = (set(zip(f["exporter"], f["importer"], f["year"], strict=True)) for f in (before, after))
    places = [_places(row) for row in errors.to_dict("records")]
    touched = set().union(*places)
    found = errors.assign(found=[bool(p & new) for p in places])
    table = found.groupby("kind", sort=False)["found"].agg(planted="size", found="sum").reset_index()
    table["recall_percent"] = 100 * table["found"] / table["planted"]
    pairs_new = {p for p in new if "all partners" not in p}
    pairs_old = {p for p in old if "all partners" not in p}
    hits, fresh = len(pairs_new & touched), len((pairs_new - pairs_old) | (pairs_new & touched))
    return Score(table, hits / max(fresh, 1), hits / max(len(pairs_new), 1), len(pairs_old), len(pairs_new))


def _pair(reports: pd.DataFrame) -> pd.Series:
    out = reports["flow"] == "exports"
    exporter = reports["reporter"].where(out, reports["partner"])
    importer = reports["partner"].where(out, reports["reporter"])
    return type(out)(list(zip(exporter, importer, reports["year"].astype(int), strict=True)))


def _places(row: dict) -> set[tuple[str, str, int]]:
    exporter, importer, year, other = (row[c] for c in ("exporter", "importer", "year", "other"))
    found = {(exporter, importer, year)}
    if other:
        found.add((exporter, other, year) if row["flow"] == "exports" else (other, importer, year))
    return found
