"""The recipe of the stored result reexports-2022: EU exports of listed products to five hubs, and cars through two."""

from __future__ import annotations

from pathlib import Path

from karvan.data.evidence import Evidence, record
from karvan.data.recipes.reexports_2022 import arrivals, cars, listed, published, regressions
from karvan.data.sources import cars_comtrade, eu_listed, hub_imports

__all__ = ["make"]

INPUTS = (eu_listed.LISTED, eu_listed.TOTALS, *hub_imports.FILES.values(), *cars_comtrade.FILES.values())
DRAWS, SEED = 2000, 0


def make(source: Path) -> Evidence:
    """Estimate everything anew from the folder of source files. See docs/explanation/re-exports.md."""
    inputs = listed.read(source)
    tables = {
        **listed.tables(inputs, DRAWS, SEED),
        "levels": listed.levels(source, inputs, DRAWS, SEED),
        **regressions.tables(inputs.every, inputs.hubs),
        **arrivals.tables(source),
        **cars.tables(source, DRAWS, SEED),
    }
    tables["published"] = published.table(tables)
    return Evidence("reexports-2022", tables, record(source, INPUTS, tables, draws=DRAWS, seed=SEED))
