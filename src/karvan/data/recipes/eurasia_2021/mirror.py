"""Pairs of 2021 that both sides report, reconciled, at the customs value of the importer."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np

from karvan.core.errors import SourceError
from karvan.data.recipes.eurasia_2021.common import YEAR, assumptions, countries, need, place

FIRST = 2018  # the margin and the quality of reporters are estimated from this year on
ROW_KEEPS = 0.5  # least part of a partner total "rest of the world" that stays with it; assumed


class Pair(NamedTuple):
    """One flow between two countries (ISO3), MUSD at the importer's customs value.

    value, low, high : reconciled, with its 90 % range (nan where one report is kept), four digits; sold, bought : the
    exporter's (fob) and the importer's report; weight : of the exporter's.
    """

    exporter: str
    importer: str
    value: float
    low: float
    high: float
    sold: float
    bought: float
    weight: float


def read(source: Path) -> list[Pair]:
    """Reconcile the raw files and return the pairs of 2021 with both reports (no compiler's figure is of that year).

    M is imports at customs value, so that the reconciled flow (fob) is put on that footing by the estimated cif/fob
    margin. Members of the union record trade with each other at the common border both ways: their reports of imports
    are not divided by a margin, and tell nothing about it. Pairs of `importer_alone` in the assumptions keep that
    report.

    Raises
    ------
    SourceError
        A file that the reports, distances or rates come from is missing or broken.
    """
    from karvan.data.reports import READERS, read_reports, world
    from karvan.data.reports.eurostat import RATES
    from karvan.estimate.mirror import reconcile

    for path in (world.DISTANCES, world.COUNTRIES, RATES, *(p for p in READERS.values() if "." in p)):
        need(source / path)
    data = read_reports(source, first=FIRST)
    inside = data.reports["flow"].eq("imports")
    for side in ("reporter", "partner"):
        inside &= data.reports[side].isin(assumptions()["members"])
    reports = data.reports.assign(valuation=data.reports["valuation"].mask(inside, "fob"))
    flows = reconcile(reports, gravity=data.gravity, year=YEAR).flows
    flows = flows[flows["basis"].eq("both reports")]
    up = flows["cif_factor"]
    columns = (
        flows["exporter"], flows["importer"], *((flows[k] * up).map(_rounded) for k in ("value_musd", "lo", "hi")),
        flows["exporter_musd"], flows["importer_musd"], flows["weight_exporter"],
    )  # fmt: skip
    found = [Pair(str(r[0]), str(r[1]), *map(float, r[2:])) for r in zip(*columns, strict=True)]
    alone = {(row["exporter"], row["importer"]) for row in assumptions()["importer_alone"]}
    return [_alone(p) if (p.exporter, p.importer) in alone else p for p in found]


def _alone(pair: Pair) -> Pair:
    return pair._replace(value=pair.bought, low=np.nan, high=np.nan, weight=0.0)


def _rounded(value: float) -> float:
    """Four digits: more are not known, and would change with the processor."""
    return float(f"{value:.4g}")


def settle(vector: np.ndarray, pairs: list[Pair], code: str, flow: str) -> np.ndarray:
    """Put the reconciled pairs into a country's own "exports" or "imports" by partner (n,); the sum, official, stays.

    The rest of the world takes the difference. Where that would leave it less than half of what it had, the other
    partners outside the union whose flow has one report give the remainder, in proportion.

    Raises
    ------
    SourceError
        The partners with one report would have to give more than half.
    """
    found, twice = vector.copy(), np.isin(countries(), [*assumptions()["members"], "ROW"])
    for p in pairs:
        own, partner, said = (
            (p.exporter, p.importer, p.sold) if flow == "exports" else (p.importer, p.exporter, p.bought)
        )
        if own == code:
            found[place(partner)] += p.value - said
            twice[place(partner)] = True
    found[-1] += vector.sum() - found.sum()
    owed, held = ROW_KEEPS * vector[-1] - found[-1], found[~twice].sum()
    if owed > ROW_KEEPS * held:
        raise SourceError(
            f"{code} {flow}: the reconciled pairs leave {owed:,.0f} MUSD too little for the partners with one report, "
            f"who have {held:,.0f}; find the pair at fault and state it under importer_alone in assumptions.toml"
        )
    if owed > 0:
        found[~twice] *= 1 - owed / held
        found[-1] += owed
    return found


def between(pairs: list[Pair], exporter: str, importer: str) -> list[Pair]:
    """Return the pairs of countries behind one flow of the world: several where an end is a group."""
    ends = countries().index(exporter), countries().index(importer)
    return [p for p in pairs if (place(p.exporter), place(p.importer)) == ends]


def told(pairs: list[Pair]) -> str:
    """Say what stands behind one flow of the world: both reports, the exporter's weight and the 90 % range, MUSD."""
    sold, bought = sum(p.sold for p in pairs), sum(p.bought for p in pairs)
    reports = f"exporter reports {_musd(sold)}, importer {_musd(bought)}"
    if len(pairs) > 1:
        return f"{reports}; reconciled country by country, {len(pairs)} of them"
    (p,) = pairs
    if np.isnan(p.low):
        return f"{reports}; the importer's is kept, see assumptions.toml"
    weights = f"weights {p.weight:.2f} and {1 - p.weight:.2f}"
    return f"{reports}; reconciled, {weights}, 90 % range {_musd(p.low)} to {_musd(p.high)}"


def _musd(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 else f"{value:.2g}"
