"""Recipe of the estimates that scenarios draw from: what agreements do to trade, on a panel from 1964 to 2016."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from karvan.data.recipes.agreements.fit import AGREEMENTS, LEADS, SOURCE, STARTS, Average, average, fit, row

DATE = "2026-11-25"
ESTIMATOR = (
    "PPML with exporter-year, importer-year and pair effects, bias corrected (Weidner and Zylkin 2021), clustered by "
    "pair; mean over samples that start in 1996, 2000, 2004 and 2008, variance within and between them"
)
SAMPLE = "all countries, every four years to 2016; own years for pairs of former Soviet republics; no domestic sales"
COMMAND = "karvan data build agreements --from FOLDER"
MEASURES = {
    "eaeu": "trade between members of the customs union and Eurasian Economic Union against what other pairs of former "
    "Soviet republics trade, at given sizes and prices of the countries",
    "eu": "trade between members of the European Union against no agreement",
    "shallow": "agreements with fewer than 2 of 16 provisions (sixteen that were selected as those that matter)",
    "medium": "agreements with 2 to 4 of these 16 provisions",
    "deep": "agreements with 5 or more of these 16 provisions",
}
FREE = "tariffs between the members were zero before the union (free trade in the CIS), so they are not in it"
DUTIES = {"eaeu": FREE}
WITH_DUTIES = "the removal of tariffs is in it"


def make(source: Path) -> tuple[str, dict[str, Any]]:
    """Estimate; return the text of the file of estimates and the table of specifications behind it."""
    fits = {first: fit(source, first) for first in STARTS}
    found = average(list(fits.values()))
    flows = max(f.observations for f in fits.values())
    rows = [row("own years for former Soviet pairs", first, f, n, True) for n in AGREEMENTS for first, f in fits.items()]
    rows += [row("without own years", first, fit(source, first, soviet=False), "eaeu", False) for first in STARTS]
    before = fit(source, STARTS[0], leads=LEADS)
    for name in ("eaeu", *(f"eaeu_lead{y}" for y in LEADS)):
        rows.append(row("with leads", STARTS[0], before, name, False))
    evidence = {"source": SOURCE, "sample": SAMPLE, "estimator": ESTIMATOR, "average": _plain(found), "rows": rows}
    return text(found, flows), evidence


def text(found: Average, flows: int) -> str:
    """Write the file of estimates (TOML), one block per agreement."""
    lines = [
        "# Written by `karvan data build agreements`. Coefficients of trade in log points; the order of the blocks is the",
        "# order of the draws. A scenario names one as `from: gravity/eaeu`.",
    ]
    for k, name in enumerate(found.names):
        others = {n: round(float(found.covariance[k, m]), 8) for m, n in enumerate(found.names) if m != k}
        lines += [
            f"\n[{name}]",
            f"b = {found.b[k]:.4f}",
            f"se = {found.covariance[k, k] ** 0.5:.4f}",
            f'measures = "{MEASURES[name]}"',
            f'duties = "{DUTIES.get(name, WITH_DUTIES)}"',
            f'estimator = "{ESTIMATOR}"',
            f'sample = "{SAMPLE}"',
            f"observations = {flows}",
            f'source = "{SOURCE}"',
            f'command = "{COMMAND}"',
            f"date = {DATE}",
            f"covariance = {{{', '.join(f'{n} = {v}' for n, v in others.items())}}}",
        ]
    return "\n".join(lines) + "\n"


def _plain(found: Average) -> dict[str, dict[str, float]]:
    return {
        name: {
            "b": round(float(found.b[k]), 6),
            "se": round(float(found.covariance[k, k] ** 0.5), 6),
            "within": round(float(found.within[k]), 6),
            "between": round(float(found.between[k]), 6),
        }
        for k, name in enumerate(found.names)
    }
