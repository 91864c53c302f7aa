"""Recipe of the estimates that scenarios draw from: what agreements do to trade, on a panel from 1964 to 2016."""

from __future__ import annotations

from pathlib import Path

from karvan.core.table import Table
from karvan.data.evidence import Evidence, record
from karvan.data.recipes.agreements.panel import FILE
from karvan.data.recipes.agreements.regression import (
    AGREEMENTS,
    COLUMNS,
    LEADS,
    SOURCE,
    STARTS,
    Average,
    average,
    fit,
    row,
)

__all__ = ["also", "make"]

DATE = "2026-11-25"
ESTIMATOR = (
    "PPML with exporter-year, importer-year and pair effects, bias corrected (Weidner and Zylkin 2021), clustered by "
    "pair; mean over samples that start in 1996, 2000, 2004 and 2008, variance within and between them"
)
SAMPLE = "all countries, every four years to 2016; own years for pairs of former Soviet republics; no domestic sales"
COMMAND = "karvan data build agreements --from FOLDER"
MEASURES = {
    "eaeu": "Trade between members of the customs union and of the Eurasian Economic Union, beside what other pairs of "
    "former Soviet republics trade, at given sizes and prices of the countries.",
    "eu": "Trade between members of the European Union, beside no agreement.",
    "shallow": "Trade under agreements with fewer than 2 of 16 provisions found to matter, beside no agreement.",
    "medium": "Trade under agreements with 2 to 4 of 16 provisions found to matter, beside no agreement.",
    "deep": "Trade under agreements with 5 or more of 16 provisions found to matter, beside no agreement.",
}
DUTIES = {
    "eaeu": "Tariffs between the members were zero before the union (free trade in the CIS), so they are not in it."
}
WITH_DUTIES = "The removal of tariffs is in it."


def make(source: Path) -> Evidence:
    """Estimate the effects of agreements from the panel in `source`; see docs/explanation/agreements.md."""
    fits = {first: fit(source, first) for first in STARTS}
    found = average(list(fits.values()))
    own = "own years for former Soviet pairs"
    rows = [row(own, first, f, name, True) for name in AGREEMENTS for first, f in fits.items()]
    rows += [row("without own years", first, fit(source, first, soviet=False), "eaeu", False) for first in STARTS]
    before = fit(source, STARTS[0], leads=LEADS)
    names = ("eaeu", *(f"eaeu_lead{years}" for years in LEADS))
    rows += [row(f"{own}, with leads", STARTS[0], before, name, False) for name in names]
    title = f"Effects of agreements on trade, log points; {SAMPLE}. Source: {SOURCE}"
    tables = {"average": _average(found), "specifications": Table(COLUMNS, tuple(rows), title)}
    return Evidence("agreements", tables, record(source, [str(FILE)], tables, starts=list(STARTS)))


def also(found: Evidence) -> dict[str, str]:
    """Return the file of estimates that scenarios read, by its name."""
    return {"gravity.toml": _estimates(found)}


def _average(found: Average) -> Table:
    columns = ("coefficient", "b", "se", "within", "between", *(f"covariance_{n}" for n in found.names))
    numbers = [found.b, found.covariance.diagonal() ** 0.5, found.within, found.between, *found.covariance]
    rows = tuple((name, *(round(float(column[k]), 8) for column in numbers)) for k, name in enumerate(found.names))
    return Table(columns, rows, f"Mean over start years, log points. {ESTIMATOR}")


def _estimates(found: Evidence) -> str:
    """Write the file of estimates (TOML), one block per agreement."""
    flows = max(r["flows"] for r in found.table("specifications").to_dicts())
    lines = [
        "# Written by `karvan data build agreements`; coefficients of trade in log points. The order of the blocks is",
        "# the order of the draws. A scenario names one as `from: gravity/eaeu`.",
    ]
    for r in found.table("average").to_dicts():
        name = r["coefficient"]
        others = ", ".join(f"{n} = {r[f'covariance_{n}']:.8f}" for n in AGREEMENTS if n != name)
        lines += [
            f"\n[{name}]",
            f"b = {r['b']:.4f}",
            f"se = {r['se']:.4f}",
            f'measures = "{MEASURES[name]}"',
            f'duties = "{DUTIES.get(name, WITH_DUTIES)}"',
            f'estimator = "{ESTIMATOR}"',
            f'sample = "{SAMPLE}"',
            f"observations = {flows}",
            f'source = "{SOURCE}"',
            f'command = "{COMMAND}"',
            f"date = {DATE}",
            f"covariance = {{{others}}}",
        ]
    return "\n".join(lines) + "\n"
