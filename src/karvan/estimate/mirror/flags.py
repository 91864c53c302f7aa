"""Flags with reasons: generic rules on a table of flows, each one function; thresholds in `thresholds.py`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from karvan.core.money import words
from karvan.estimate.mirror.thresholds import Thresholds

if TYPE_CHECKING:
    import pandas as pd

ALL = "all partners"
TINY = 1e-6
COLUMNS = ["exporter", "importer", "year", "rule", "observed_musd", "expected_musd", "factor", "reason"]


class Evidence(NamedTuple):
    """What the rules look at.

    `flows`: exporter, importer, year, x, m, m_fob, c, factor, value, zscore of the gap, expected, expected_low, spread,
    history, history_year; `gdp`: country -> MUSD; `earlier`: exporter, importer, side, year, share of the reporter's
    total (of reports), and `limits`.
    """

    flows: pd.DataFrame
    gdp: pd.Series
    earlier: pd.DataFrame
    limits: Thresholds


Row = tuple[str, str, int, str, float, float, str]


def flag(seen: Evidence) -> pd.DataFrame:
    """Apply every rule; one row per flow and rule, with the reason in words, sorted by flow."""
    import pandas as pd

    rows = [row for rule in RULES for row in rule(seen)]
    found = pd.DataFrame(
        [(e, i, y, rule, o, x, _factor(o, x), why) for e, i, y, rule, o, x, why in rows], columns=COLUMNS
    )
    return found.sort_values(["year", "exporter", "importer", "rule"], ignore_index=True)


def size_against_gdp(seen: Evidence) -> Iterator[Row]:
    """A flow larger than `gdp_share` of the smaller partner's GDP."""
    f, limits = seen.flows, seen.limits
    gdp_x, gdp_m = (f[c].map(seen.gdp).fillna(np.inf).to_numpy(float) for c in ("exporter", "importer"))
    small = np.minimum(gdp_x, gdp_m)
    largest = f[["x", "m_fob", "c"]].max(axis=1).fillna(0.0).to_numpy(float)
    for k in np.flatnonzero((largest > limits.gdp_share * small) & (largest >= limits.floor_musd)):
        row, who = f.iloc[k], "exporter" if gdp_x[k] == small[k] else "importer"
        share, size = 100 * largest[k] / small[k], float(small[k])
        yield _row(
            row, "gdp", largest[k], limits.gdp_share * size,
            f"{words(largest[k])} is {share:.0f} % of {row[who]}'s GDP ({words(size)})",
        )  # fmt: skip


def total_against_gdp(seen: Evidence) -> Iterator[Row]:
    """A country's total exports or imports larger than `total_share` of its GDP."""
    for who, word in (("exporter", "exports"), ("importer", "imports")):
        totals = seen.flows.groupby([who, "year"], as_index=False)["value"].sum()
        for country, year, total in zip(totals[who], totals["year"], totals["value"], strict=True):
            gdp = float(seen.gdp.get(country, np.nan))
            if total > seen.limits.total_share * gdp:
                pair = (country, ALL) if who == "exporter" else (ALL, country)
                why = f"total {word} of {words(total)} are {100 * total / gdp:.0f} % of {country}'s GDP ({words(gdp)})"
                yield (*pair, int(year), "total", float(total), seen.limits.total_share * gdp, why)


def silent_on_both_sides(seen: Evidence) -> Iterator[Row]:
    """Nothing, or less than the floor, reported by anyone where the pair's own past or its gravity says much."""
    f, limits = seen.flows, seen.limits
    silent = ~f["value"].ge(limits.floor_musd)
    past = silent & f["history"].ge(limits.large_musd)
    near = silent & ~past & f["expected_low"].ge(limits.large_musd)
    for k in np.flatnonzero(past | near):
        row = f.iloc[k]
        said = f"{words(row['value'])} is" if row["value"] > 0 else "nothing is"
        if past.iloc[k]:
            expected, why = row["history"], f"{words(row['history'])} in {int(row['history_year'])}"
        else:
            expected, low = row["expected"], words(row["expected_low"])
            why = f"gravity expects {words(expected)}, at least {low}"
        yield _row(row, "zero", np.nan_to_num(row["value"]), expected, f"{said} reported on either side; {why}")


def one_sided(seen: Evidence) -> Iterator[Row]:
    """One side reports much, the other, whose list of partners is complete, nothing."""
    f, size = seen.flows, seen.limits.one_sided_musd
    for mine, other, who, silent in (("x", "m", "exporter", "importer"), ("m", "x", "importer", "exporter")):
        for k in np.flatnonzero(f[mine].ge(size) & f[other].eq(0)):
            row = f.iloc[k]
            yield _row(
                row, "one-sided", row[mine], 0.0, f"{row[who]} reports {words(row[mine])}, {row[silent]} nothing"
            )


def reports_apart(seen: Evidence) -> Iterator[Row]:
    """Reports that differ by more than the quality of the two reporters lets one expect."""
    f, limits = seen.flows, seen.limits
    apart = _apart(f["m_fob"], f["x"], limits.gap_factor, limits.gap_musd)
    for k in np.flatnonzero(apart & f["zscore"].abs().ge(limits.gap_spreads).to_numpy()):
        row = f.iloc[k]
        why = (
            f"{row['exporter']} reports {words(row['x'])}, {row['importer']} {words(row['m'])}: "
            f"{abs(row['zscore']):.1f} times their usual distance"
        )
        yield _row(row, "gap", row["m_fob"], row["x"], why)


def compiler_apart(seen: Evidence) -> Iterator[Row]:
    """A compiler's figure far from the country's own report."""
    f, limits = seen.flows, seen.limits
    for own, fob, who in (("x", "x", "exporter"), ("m", "m_fob", "importer")):
        for k in np.flatnonzero(_apart(f["c"], f[fob], limits.compiled_factor, limits.compiled_musd)):
            row = f.iloc[k]
            why = f"{row['source_c']} has {words(row['c'])}, {row[who]}'s own customs {words(row[own])}"
            yield _row(row, "compiled", row["c"], row[fob], why)


def share_jump(seen: Evidence) -> Iterator[Row]:
    """A partner's share of a country's trade far from its share in an earlier year, and the flow itself too.

    The flow is asked because one wrong flow changes the shares of all others.
    """
    f, limits = seen.flows, seen.limits
    for side, who in (("exports", "exporter"), ("imports", "importer")):
        own = "x" if side == "exports" else "m"
        for figure in (own, "c"):
            share = f[figure] / f.groupby([who, "year"])[figure].transform("sum")
            share = share.where(f[f"whole_{figure}"])
            known = f.assign(share=share).merge(
                seen.earlier[seen.earlier["side"] == side].drop(columns="side"),
                on=["exporter", "importer", "year"], suffixes=("", "_then"), how="left",
            )  # fmt: skip
            then = known["share_then"].clip(lower=TINY)
            far = _apart(known["share"], then, limits.jump_factor, limits.jump_share)
            other = known["other"].eq(True).to_numpy()
            far &= ~other | _apart(known["share"], then, limits.other_factor, limits.other_share)
            far &= _apart(known[figure], known["value_then"].clip(lower=TINY), limits.jump_factor, 0.0)
            far &= known[figure].gt(known["value_then"]).to_numpy() == known["share"].gt(then).to_numpy()
            for k in np.flatnonzero(far):
                row = known.iloc[k]
                why = (
                    f"{100 * row['share']:.1f} % of {row[who]}'s {side} against {100 * row['share_then']:.1f} % in "
                    f"{int(row['year_then'])} ({row['source_then']})"
                )
                yield _row(row, "jump", row[figure], row[figure] * row["share_then"] / row["share"], why)


def against_gravity(seen: Evidence) -> Iterator[Row]:
    """A flow far from what exporter, importer, distance and the pair's past lead one to expect."""
    f, limits = seen.flows, seen.limits
    value, wanted, spread = (f[c].to_numpy(float) for c in ("value", "expected", "spread"))
    far = _apart(f["value"], f["expected"], limits.gravity_factor, limits.gravity_musd) & (value >= limits.floor_musd)
    with np.errstate(invalid="ignore", divide="ignore"):
        spreads = np.abs(np.log(value / wanted)) / spread
    for k in np.flatnonzero(far & (spreads >= limits.gravity_spreads)):
        row = f.iloc[k]
        why = f"{words(row['value'])} where gravity expects {words(row['expected'])}: "
        yield _row(row, "gravity", row["value"], row["expected"], why + f"{spreads[k]:.1f} spreads")


RULES: tuple[Callable[[Evidence], Iterator[Row]], ...] = (
    size_against_gdp,
    total_against_gdp,
    silent_on_both_sides,
    one_sided,
    reports_apart,
    compiler_apart,
    share_jump,
    against_gravity,
)


def _apart(a: pd.Series, b: pd.Series, factor: float, size: float) -> np.ndarray:
    """Where two positive numbers differ by a factor and by a size; missing numbers and zeros do not."""
    one, two = a.to_numpy(float), b.to_numpy(float)
    with np.errstate(invalid="ignore", divide="ignore"):
        far = (np.maximum(one / two, two / one) >= factor) & (np.abs(one - two) >= size)
    return far & (one > 0) & (two > 0)


def _row(row: pd.Series, rule: str, observed: float, expected: float, why: str) -> Row:
    return (row["exporter"], row["importer"], int(row["year"]), rule, float(observed), float(expected), why)


def _factor(observed: float, expected: float) -> float:
    return observed / expected if observed > 0 and expected > 0 else float("nan")
