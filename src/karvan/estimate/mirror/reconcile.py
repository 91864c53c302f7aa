"""Reconcile the two reports of every flow: margin, quality, weights, reconciled flow with range, flags."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from karvan.core.errors import SourceError
from karvan.estimate.mirror.combine import combine
from karvan.estimate.mirror.expect import expect
from karvan.estimate.mirror.flags import ALL, Evidence, flag
from karvan.estimate.mirror.margin import Margin, fit_margin
from karvan.estimate.mirror.past import earlier_shares, latest
from karvan.estimate.mirror.quality import log_size, quality_table, scatter, sides
from karvan.estimate.mirror.reports import FLOW, checked, pairs
from karvan.estimate.mirror.thresholds import Thresholds
from karvan.panels.frames import frame

if TYPE_CHECKING:
    import pandas as pd

MARGIN_TERMS = ("log_distance", "contiguous", "landlocked_exporter", "landlocked_importer", "log_unit_value")
PAIR_TERMS = ("log_distance", "contiguous", "language", "colony", "same_country_once")
LEAST_FLOWS = 500
LEAST_HISTORY = 0.1
AT_BOUND = 0.25


@dataclass(frozen=True)
class Reconciliation:
    """What `reconcile` found, as pandas frames.

    flows : exporter, importer, year, exporter_musd (fob), importer_musd (as reported), compiled_musd, cif_factor,
        gap_musd and gap_percent (importer's report less exporter's, as reported), weight_exporter, value_musd with lo
        and hi (90 %, fob), basis (who speaks), expected_musd (gravity), rules (of the flags that apply), sources
    quality : reporter, role, pairs, error_percent with range
    flags : exporter, importer, year, rule, observed_musd, expected_musd, factor, reason
    margin : term, estimate, lo, hi, unit, note
    notes : what could not be done, and why
    complete : reporter, flow, year of the lists of partners that are complete: who is not on one traded nothing
    least_musd : flows below it were left out
    """

    flows: pd.DataFrame
    quality: pd.DataFrame
    flags: pd.DataFrame
    margin: pd.DataFrame
    notes: tuple[str, ...]
    thresholds: Thresholds
    complete: pd.DataFrame
    least_musd: float = 0.0

    def share_flagged(self, floor_musd: float = 1.0, year: int | None = None) -> float:
        """Share of the flows of at least `floor_musd` that carry a flag."""
        rows = self.flows if year is None else self.flows[self.flows["year"] == year]
        rows = rows[rows["value_musd"] >= floor_musd]
        return float((rows["rules"] != "").mean()) if len(rows) else 0.0


def reconcile(
    reports: Any,
    *,
    gravity: Any = None,
    gdp: Any = None,
    history: Any = None,
    year: int | None = None,
    shared: bool = True,
    thresholds: Thresholds | None = None,
) -> Reconciliation:
    """Reconcile exporters' and importers' reports of the same flows, and flag what is not plausible.

    1. Margin: ln(M/X) on distance, contiguity, landlocked ends (and unit values), robust; cif/fob within bounds.
    2. Quality: |ln(M/cif) - ln X| decomposed into a variance per reporter (Gaulier and Zignago 2010, the BACI method).
    3. Value: reports weighted by the inverse of their variances, with a 90 % range that widens when they disagree.
    4. Flags with reasons, by rules that know no country. See docs/explanation/mirror-statistics.md.

    Margin and quality are estimated from all years given, flags for the years shown.

    Parameters
    ----------
    reports : table (path or frame): reporter, partner, flow, year, value_musd, valuation, source[, complete]
    gravity : exporter, importer, distance_km[, contiguous, landlocked_exporter, landlocked_importer, language, colony,
        same_country_once, unit_value]; without it the margin is assumed and no gravity rule runs
    gdp : country, year, gdp_musd; without it the rules on GDP do not run
    history : exporter, importer, year, value_musd, source: earlier flows, from anywhere
    year : show only this year
    shared : one variance per reporter for both of its roles; False for one each
    thresholds : `Thresholds`

    Returns
    -------
    Reconciliation

    Raises
    ------
    SourceError
        Every fault of the table at once: groups among countries, negative values, a report given twice, ...; or no
        report of the year.
    """
    limits = thresholds or Thresholds()
    table = checked(reports)
    years = sorted(set(table["year"]))
    if year is not None and year not in years:
        raise SourceError(f"no report of {year!r}; there are {', '.join(str(y) for y in years) or 'none'}")
    notes: list[str] = []
    flows = pairs(table)
    flows = _with_gravity(flows, gravity, notes)
    x, cif = flows["x"].to_numpy(float), flows["cif"].to_numpy(float)
    margin = fit_margin(x, cif, _terms(flows, MARGIN_TERMS), MARGIN_TERMS, limits)
    at_bound = float(np.mean(margin.factor <= limits.margin_low))
    if not margin.assumed and at_bound > AT_BOUND:
        notes.append(
            f"the estimated cif/fob margin is at its lower bound for {100 * at_bound:.0f} % of pairs: these importers "
            "record less than their partners, and the margin cannot be told from that"
        )
    flows["factor"] = np.where(flows["m_cif"], margin.factor, 1.0)
    flows["m_fob"] = flows["m"] / flows["factor"]
    two = sides(flows)
    names, spread = scatter(two, limits, shared=shared)
    flows = _combined(flows, two, names, spread, limits)
    quality = quality_table(names, spread, two, limits, shared=shared)
    if spread.size > 0:
        notes.append(f"reports of a flow ten times larger differ {100 * (1 - 10**-spread.size):.0f} % less")
    past = None if history is None else frame(history, ("exporter", "importer", "year", "value_musd", "source"))
    shown = flows if year is None else flows[flows["year"] == year].reset_index(drop=True)
    shown = _expected(latest(shown, past), limits, notes)
    earlier = earlier_shares(table, past, limits)
    flags = _flags(shown, gdp, earlier, limits, notes)
    said = _margin_table(margin, limits)
    lists = _lists(table, year)
    return Reconciliation(_public(shown, flags), quality, flags, said, tuple(notes), limits, lists)


def _lists(reports: pd.DataFrame, year: int | None) -> pd.DataFrame:
    """The lists of partners that are complete; a compiler has none of its own."""
    own = reports["complete"] & reports["valuation"].ne("reconciled")
    if year is not None:
        own &= reports["year"].eq(year)
    lists = reports.loc[own, ["reporter", "flow", "year"]].drop_duplicates()
    return lists.sort_values(["reporter", "flow", "year"], ignore_index=True)


def _with_gravity(flows: pd.DataFrame, gravity: Any, notes: list[str]) -> pd.DataFrame:
    terms = dict.fromkeys([*MARGIN_TERMS, *PAIR_TERMS])
    flows["cif"] = flows["m"].where(flows["m_cif"])
    if gravity is None:
        notes.append("no distances given: the cif/fob margin is assumed, and flows are not compared with gravity")
        return flows.assign(**dict.fromkeys(terms, np.nan))
    table = frame(gravity, name="gravity")
    frame(table, ("exporter", "importer", "distance_km"), name="gravity")
    table = table.assign(log_distance=np.log(table["distance_km"]))
    if "unit_value" in table:
        table = table.assign(log_unit_value=np.log(table["unit_value"]))
    given = [t for t in terms if t in table]
    table = table[["exporter", "importer", *given]].drop_duplicates(["exporter", "importer"])
    found = flows.merge(table.assign(known=True), on=["exporter", "importer"], how="left")
    lost = int(found["known"].isna().sum())
    if lost:
        notes.append(f"{lost} of {len(found)} pairs have no distance: median margin, no gravity expectation")
    for term in given:
        found[term] = found[term].astype(float)
    return found.assign(**{t: np.where(found["known"].notna(), 0.0, np.nan) for t in terms if t not in given})


def _terms(flows: pd.DataFrame, names: tuple[str, ...]) -> np.ndarray:
    return flows[list(names)].to_numpy(float)


def _combined(
    flows: pd.DataFrame, two: pd.DataFrame, names: list[str], spread: Any, limits: Thresholds
) -> pd.DataFrame:
    at = {name: k for k, name in enumerate(names)}
    scale = np.exp(-2 * spread.size * log_size(two, limits))
    v1, v2 = spread.a[two["by_first"].map(at)] * scale, spread.b[two["by_second"].map(at)] * scale
    first, second = two["first"].to_numpy(float), two["second"].to_numpy(float)
    found = combine(first, second, v1, v2, limits.range_spreads)
    with np.errstate(divide="ignore", invalid="ignore"):
        zscore = np.where((flows["x"] > 0) & (flows["m_fob"] > 0), np.log(second / first) / np.sqrt(v1 + v2), np.nan)
    return flows.assign(
        value=found.value, low=found.low, high=found.high, weight=found.weight, zscore=zscore, basis=_basis(flows)
    )


def _basis(flows: pd.DataFrame) -> np.ndarray:
    x, m, c = (flows[k].gt(0).to_numpy() for k in ("x", "m", "c"))
    cases = [x & m, x & c, m & c, x, m, c]
    words = ["both reports", "exporter and compiler", "importer and compiler", "exporter", "importer", "compiler"]
    return np.select(cases, words, "none")


def _expected(flows: pd.DataFrame, limits: Thresholds, notes: list[str]) -> pd.DataFrame:
    """Add `expected`, `expected_low`, `spread` year by year; nan where a year has too few flows for it."""
    parts = []
    for year in sorted(set(flows["year"])):
        rows = flows[flows["year"] == year]
        value = rows["value"].fillna(0.0).to_numpy()
        if (value >= limits.floor_musd).sum() < LEAST_FLOWS or rows["log_distance"].isna().all():
            notes.append(f"{year}: fewer than {LEAST_FLOWS} flows with distances, so none is compared with gravity")
            parts.append(rows.assign(expected=np.nan, expected_low=np.nan, spread=np.nan))
            continue
        names = sorted({*rows["exporter"], *rows["importer"]})
        at = {name: k for k, name in enumerate(names)}
        i, j = rows["exporter"].map(at).to_numpy(int), rows["importer"].map(at).to_numpy(int)
        X = _terms(rows, PAIR_TERMS)
        if rows["history"].notna().any():
            old = rows["history"].fillna(0.0).to_numpy()
            X = np.column_stack([X, np.log(np.maximum(old, LEAST_HISTORY)), old <= LEAST_HISTORY])
        found = expect(value, i, j, len(names), X, floor=limits.floor_musd, cap=2 * limits.cap_log)
        low = np.exp(found.log - limits.zero_spreads * found.spread)
        parts.append(rows.assign(expected=np.exp(found.log), expected_low=low, spread=found.spread))
    import pandas as pd

    return pd.concat(parts) if parts else flows.assign(expected=np.nan, expected_low=np.nan, spread=np.nan)


def _flags(flows: pd.DataFrame, gdp: Any, earlier: pd.DataFrame, limits: Thresholds, notes: list[str]) -> pd.DataFrame:
    import pandas as pd

    parts = []
    if gdp is None:
        notes.append("no GDP given: the rules on GDP do not run")
    sizes = None if gdp is None else frame(gdp, ("country", "year", "gdp_musd"), name="gdp")
    for year in sorted(set(flows["year"])):
        size = pd.Series(dtype=float)
        if sizes is not None:
            near = sizes[(sizes["year"] <= year) & (sizes["year"] >= year - 2)].sort_values("year")
            size = near.drop_duplicates("country", keep="last").set_index("country")["gdp_musd"]
        parts.append(flag(Evidence(flows[flows["year"] == year].reset_index(drop=True), size, earlier, limits)))
    parts = [p for p in parts if len(p)]
    return (
        pd.concat(parts, ignore_index=True) if parts else flag(Evidence(flows, pd.Series(dtype=float), earlier, limits))
    )


def _public(flows: pd.DataFrame, flags: pd.DataFrame) -> pd.DataFrame:
    names = flags[~flags["exporter"].eq(ALL) & ~flags["importer"].eq(ALL)].groupby(FLOW)["rule"]
    joined = names.agg(lambda rules: ", ".join(sorted(set(rules)))).rename("rules").reset_index()
    found = flows.merge(joined, on=FLOW, how="left").fillna({"rules": ""})
    found = found[found["value"].notna() | (found["rules"] != "")].reset_index(drop=True)
    both = found["x"].gt(0) & found["m"].gt(0)
    gap = (found["m"] - found["x"]).where(both)
    columns = {
        "exporter": found["exporter"], "importer": found["importer"], "year": found["year"],
        "exporter_musd": found["x"], "importer_musd": found["m"], "compiled_musd": found["c"],
        "cif_factor": found["factor"], "gap_musd": gap, "gap_percent": 100 * gap / found["x"].where(both),
        "weight_exporter": found["weight"].where(both), "value_musd": found["value"], "lo": found["low"],
        "hi": found["high"], "basis": found["basis"], "expected_musd": found["expected"], "rules": found["rules"],
        "source_exporter": found["source_x"], "source_importer": found["source_m"],
        "source_compiled": found["source_c"],
    }  # fmt: skip
    return type(found)(columns)


def _margin_table(margin: Margin, limits: Thresholds) -> pd.DataFrame:
    import pandas as pd

    note = f"{margin.pairs} pairs with both reports"
    if margin.assumed:
        why = f"assumed: {note}, too few to estimate it"
        rows = [("cif/fob", limits.assumed_margin, limits.margin_low, limits.margin_high, "ratio", why)]
    else:
        half = limits.range_spreads * margin.se
        rows = [(n, b, b - h, b + h, "log", note) for n, b, h in zip(margin.names, margin.estimate, half, strict=True)]
        low, mid, high = np.quantile(margin.factor, [0.05, 0.5, 0.95])
        rows.append(("cif/fob", mid, low, high, "ratio", f"median and 90 % of pairs; {note}"))
    return pd.DataFrame(rows, columns=["term", "estimate", "lo", "hi", "unit", "note"])
