"""Tables of the Poisson regressions: effects and leads under three identifications."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from karvan.core.errors import InfeasibleError
from karvan.core.table import Table
from karvan.data.recipes.reexports_2022.common import AFTER, DESTINATION, EUROSTAT, UNION, number
from karvan.estimate.reexports import ppml
from karvan.estimate.reexports.offset import bite
from karvan.estimate.reexports.panel import Panel, tidy

if TYPE_CHECKING:
    import pandas as pd


class Specification(NamedTuple):
    """A regression: its rows, the column of the dose, its effects, and what it compares."""

    name: str
    rows: pd.DataFrame
    dose: str
    effects: tuple[str, ...]
    compares: str


def tables(every: Panel, hubs: Panel) -> dict[str, Table]:
    """Return the tables `effects` and `leads`."""
    effects, leads = [], []
    for spec in specifications(every, hubs):
        found = ppml.effect(spec.rows, spec.dose, AFTER, spec.effects)
        around = ppml.leads(spec.rows, spec.dose, AFTER, spec.effects)
        low, high = found.range
        effects.append(
            (
                spec.name,
                *(number(100 * np.expm1(b), 1) for b in (found.coefficient, low, high)),
                number(found.p, 4),
                number(around.p, 5),
                number(100 * np.expm1(around.largest), 1),
                found.observations,
                found.clusters,
                ", ".join(spec.effects),
                spec.compares,
            )
        )
        leads += [
            (spec.name, q, number(b, 4), number(b - 1.645 * e, 4), number(b + 1.645 * e, 4))
            for q, b, e in zip(around.quarters, around.coefficient, around.error, strict=True)
        ]
    columns = (
        "regression", "effect %", "low %", "high %", "p", "p of equal leads", "largest lead %", "observations",
        "products", "fixed effects", "compares",
    )  # fmt: skip
    title = f"Poisson regressions, errors clustered by product, 5-95 % ranges. {EUROSTAT}"
    around_title = f"Quarters from {AFTER} on (0), log points from the mean of the quarters before. {EUROSTAT}"
    return {
        "effects": Table(columns, (*effects, _as_written(hubs, len(columns))), title),
        "leads": Table(("regression", "quarter", "log points", "low", "high"), tuple(leads), around_title),
    }


def specifications(every: Panel, hubs: Panel) -> list[Specification]:
    """The regressions that the file allows."""
    rows = tidy(hubs)
    lost = dict(zip(every.products, bite(every, DESTINATION), strict=True))
    dosed = rows[rows["product"] != "other"].assign(bite=lambda r: r["product"].map(lost)).dropna(subset=["bite"])
    dosed = dosed.assign(inside=dosed["bite"] * dosed["partner"].isin(UNION))
    without = ppml.WITHOUT_CONTROL_PARTNER
    return [
        Specification("listed", rows, "listed", without, "listed products with all other goods to the same hub"),
        Specification("bite", dosed, "bite", without, "products that Russia lost with those it kept (all lost: 1)"),
        Specification(
            "bite inside the union", dosed, "inside", ppml.AS_WRITTEN, "the same in ARM, KAZ, KGZ with GEO and UZB"
        ),
    ]


def _as_written(hubs: Panel, width: int) -> tuple[object, ...]:
    """The regression with every effect and no control partner, which this file does not identify."""
    try:
        ppml.effect(tidy(hubs), "listed", AFTER, ppml.AS_WRITTEN)
    except InfeasibleError:
        row = ["listed, with product-month effects", *[None] * (width - 3), ", ".join(ppml.AS_WRITTEN)]
        return (*row, "not identified: every partner in the file is a hub")
    raise InfeasibleError("the file identifies the effect with product-month effects; give it a row of its own")
