"""Tables of EU exports of listed products to hubs: by month, hub and product, with ranges and placebos."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np

from karvan.core.table import Table
from karvan.data.recipes.reexports_2022.common import AFTER, CCA3, DESTINATION, EUROSTAT, HUBS, PUBLISHED, name, number
from karvan.data.sources.eu_listed import read_listed, read_totals
from karvan.estimate.reexports.excess import last_year
from karvan.estimate.reexports.offset import bite, fall, offset
from karvan.estimate.reexports.panel import Panel, panel
from karvan.estimate.reexports.placebo import placebo_panel, sizes
from karvan.estimate.reexports.products import ProductExcess, by_product, by_product_and_partner
from karvan.estimate.reexports.totals import HubExcess, by_hub, placebo_misses

SMALLEST_BY_HUB = 0.5
OURS = "this estimate"


class Inputs(NamedTuple):
    """The panel of all partners, that of the hubs, and the headings left out."""

    every: Panel
    hubs: Panel
    left_out: Table


def read(source: Path, level: str = "rows") -> Inputs:
    """Read and balance the files; Belarus is left out, because there is no total to compare with."""
    listed, totals = read_listed(source, level), read_totals(source)
    flows = listed.flows[listed.flows["partner"].isin(totals["partner"].unique())]
    every = panel(flows, totals, AFTER)
    out = listed.left_out.itertuples(index=False, name=None)
    rows = tuple((code, name(code), number(ended), number(began)) for code, ended, began in out)
    columns = ("product", "name", "share of 2021 in codes that ended", "share of 2022 in codes that began")
    title = "Headings left out: their codes changed in January 2022, and with them what is counted"
    return Inputs(every, every.of(*HUBS), Table(columns, rows, title))


def tables(inputs: Inputs, draws: int, seed: int) -> dict[str, Table]:
    """Return every table of listed products by its name."""
    found = by_hub(inputs.hubs, draws, seed)
    products = by_product(inputs.hubs)
    lost = fall(inputs.every, DESTINATION)
    return {
        "monthly": _monthly(inputs, found),
        "hubs": _hubs(inputs, found),
        "products": _products(inputs, products, lost),
        "hub_products": _hub_products(inputs.hubs),
        "offset": _offset(inputs, found, products, lost),
        "by_bite": _by_bite(inputs, draws, seed),
        "placebo": _placebo(inputs.hubs, seed),
        "left_out": inputs.left_out,
    }


SAID = {"rows": "4-digit row where present (used)", "parts": "8-digit rows where present"}


def levels(source: Path, inputs: Inputs, draws: int, seed: int) -> Table:
    """How much hangs on what stands for a heading that the file has at two levels of codes."""
    rows = []
    for level, said in SAID.items():
        one = inputs if level == "rows" else read(source, level)
        found = by_hub(one.hubs, draws, seed)
        for label, members in (*((h, (h,)) for h in HUBS), ("all hubs", HUBS)):
            at = [found.partners.index(m) for m in members]
            ends = np.percentile(found.excess_draws[:, at].sum(axis=1), [5, 95])
            rows.append((label, said, *(number(x, 1) for x in (found.excess[at].sum(), *ends)), len(one.hubs.products)))
        lost = number(fall(one.every, DESTINATION).sum(), 1)
        rows.append((f"fall to {DESTINATION}", said, lost, None, None, len(one.hubs.products)))
    columns = ("hub", "a heading is its", "excess MEUR", "low MEUR", "high MEUR", "headings")
    title = "Excess by what stands for a heading that the file has at both levels, 5-95 % ranges."
    return Table(columns, tuple(rows), f"{title} {EUROSTAT}")


def _monthly(inputs: Inputs, found: HubExcess) -> Table:
    """Actual, counterfactual with its band, last year's value and the other goods, by hub and month."""
    low, high = found.band()
    rows = []
    for p, hub in enumerate(found.partners):
        for t, month in enumerate(found.months):
            late = t - found.after
            rows.append(
                (
                    hub,
                    month,
                    number(found.actual[p, t]),
                    number(found.counterfactual[p, t]),
                    number(low[p, late]) if late >= 0 else None,
                    number(high[p, late]) if late >= 0 else None,
                    number(found.actual[p, t - 12]) if late >= 0 else None,
                    number(inputs.hubs.other[p, t]),
                )
            )
    columns = (
        "hub", "month", "actual MEUR", "counterfactual MEUR", "low MEUR", "high MEUR", "a year before MEUR",
        "other goods MEUR",
    )  # fmt: skip
    return Table(columns, tuple(rows), f"EU exports of listed products by hub and month. {EUROSTAT}")


def _hubs(inputs: Inputs, found: HubExcess) -> Table:
    """Excess of each hub from the treatment on, and of all."""
    late = slice(found.after, None)
    above = found.actual[:, late] - last_year(inputs.hubs).sum(axis=0)
    rows = []
    for label, members in (*((h, (h,)) for h in HUBS), ("ARM+KAZ+KGZ", CCA3), ("all hubs", HUBS)):
        at = [found.partners.index(m) for m in members]
        excess = found.excess_draws[:, at].sum(axis=1)
        low, high = np.percentile(excess, [5, 95])
        c = found.counterfactual[at, late].sum()
        rows.append(
            (
                label,
                number(found.actual[at, late].sum(), 1),
                number(c, 1),
                number(found.excess[at].sum(), 1),
                number(low, 1),
                number(high, 1),
                number(100 * found.excess[at].sum() / c, 1),
                number(above[at].sum(), 1),
            )
        )
    columns = (
        "hub", "actual MEUR", "counterfactual MEUR", "excess MEUR", "low MEUR", "high MEUR", "excess %",
        "above a year before MEUR",
    )  # fmt: skip
    window = f"{found.months[found.after]} to {found.months[-1]}"
    return Table(columns, tuple(rows), f"EU exports of listed products, {window}, 5-95 % ranges. {EUROSTAT}")


PRODUCT_COLUMNS = ("actual MEUR", "counterfactual MEUR", "excess MEUR", "low MEUR", "high MEUR", "p", "q")


def _product_row(found: ProductExcess, k: int) -> tuple[float | None, ...]:
    money = (found.actual, found.counterfactual, found.excess, found.low, found.high)
    return (*(number(v[k], 2) for v in money), number(found.p[k], 4), number(found.q[k], 4))


def _products(inputs: Inputs, found: ProductExcess, lost: np.ndarray) -> Table:
    """Every heading, all hubs added up, largest excess first."""
    above = (inputs.hubs.listed[..., inputs.hubs.after :] - last_year(inputs.hubs)).sum(axis=(1, 2))
    share = offset(found.excess, lost)
    rows = tuple(
        (
            code,
            name(code),
            *_product_row(found, k),
            number(above[k], 2),
            number(lost[k], 2),
            number(100 * share[k], 1),
        )
        for k in np.argsort(-found.excess)
        for code in [found.products[k]]
    )
    columns = (
        "product", "name", *PRODUCT_COLUMNS, "above a year before MEUR", "fall to RUS MEUR", "offset %",
    )  # fmt: skip
    title = "Excess of all hubs by heading, 5-95 % ranges; range, p and q are empty where a heading is too thin."
    return Table(columns, rows, f"{title} {EUROSTAT}")


def _hub_products(hubs: Panel) -> Table:
    """The headings with an excess or shortfall worth a line in each hub, largest excess first."""
    rows = [
        (hub, found.products[k], name(found.products[k]), *_product_row(found, k))
        for hub, found in zip(hubs.partners, by_product_and_partner(hubs), strict=True)
        for k in np.argsort(-found.excess)
        if abs(found.excess[k]) >= SMALLEST_BY_HUB
    ]
    title = f"Excess of each hub by heading, from {SMALLEST_BY_HUB} MEUR either way; q counts every hub and heading."
    return Table(("hub", "product", "name", *PRODUCT_COLUMNS), tuple(rows), f"{title} {EUROSTAT}")


def _offset(inputs: Inputs, found: HubExcess, products: ProductExcess, lost: np.ndarray) -> Table:
    """Share of the fall of direct exports made up by the hubs, in total and by how many headings."""
    rows = []
    total = lost.sum()
    above = (found.actual[:, found.after :] - last_year(inputs.hubs).sum(axis=0)).sum(axis=1)
    for label, members in (("all hubs", HUBS), ("ARM+KAZ+KGZ", CCA3), *((h, (h,)) for h in HUBS)):
        at = [found.partners.index(m) for m in members]
        low, high = np.percentile(found.excess_draws[:, at].sum(axis=1), [5, 95])
        against = [100 * x / total for x in (found.excess[at].sum(), low, high)]
        rows.append((f"{label}, against other goods", *(number(x, 1) for x in against), "%", OURS))
        all_above = number(100 * above[at].sum() / total, 1)
        rows.append((f"{label}, all above a year before", all_above, None, None, "%", OURS))
    share = offset(products.excess, lost)
    rows.append(("fall of exports to RUS", number(total, 1), None, None, "MEUR", OURS))
    counts = {
        "with a fall of 1 MEUR or more": np.isfinite(share),
        "of these, offset above 50 %": share > 0.5,
        "of these, offset above 50 % and q < 10 %": (share > 0.5) & (products.q < 0.1),
    }
    rows += [(f"headings {w}", int(chosen.sum()), None, None, "headings", OURS) for w, chosen in counts.items()]
    rows.append(("published, ARM+KAZ+KGZ", None, None, 10.0, "% (less than)", PUBLISHED))
    columns = ("what", "value", "low", "high", "unit", "source")
    return Table(columns, tuple(rows), f"Share of the fall of exports to RUS that hubs make up. {EUROSTAT}")


GROUPS = ((0.0, 0.2), (0.2, 0.5), (0.5, 0.8), (0.8, 1.01))


def _by_bite(inputs: Inputs, draws: int, seed: int) -> Table:
    """Excess of all hubs by how much of a heading Russia lost: headings that it kept are the placebo products."""
    lost, rows = bite(inputs.every, DESTINATION), []
    for low, high in GROUPS:
        chosen = (lost >= low) & (lost < high)
        found = by_hub(inputs.hubs.only(chosen), draws, seed)
        c = found.counterfactual[:, found.after :].sum()
        ends = np.percentile(found.excess_draws.sum(axis=1), [5, 95])
        label = f"{100 * low:.0f}-{100 * min(high, 1):.0f} %"
        percent = [number(100 * x / c, 1) for x in (found.excess.sum(), *ends)]
        rows.append((label, int(chosen.sum()), number(c, 1), number(found.excess.sum(), 1), *percent))
    columns = ("lost by RUS", "headings", "counterfactual MEUR", "excess MEUR", "excess %", "low %", "high %")
    return Table(columns, tuple(rows), f"Excess by the share of direct exports to RUS that was lost. {EUROSTAT}")


def _placebo(hubs: Panel, seed: int) -> Table:
    """What the same estimate finds at a date when nothing happened."""
    false = placebo_panel(hubs)
    window = f"{false.months[false.after]} to {false.months[-1]}"
    rows: list[tuple[object, ...]] = [
        (f"excess of {hub} at the placebo date", number(100 * miss, 1), 0.0, "% of counterfactual", window)
        for hub, miss in zip(hubs.partners, placebo_misses(hubs), strict=True)
    ]
    size = sizes(hubs, seed)
    rows += [
        ("headings tested", size["tested"], None, "headings", window),
        ("called excess by the normal table", number(100 * size["naive"], 1), 5.0, "% of headings", window),
        ("called excess against placebo scores", number(100 * size["conformal"], 1), 5.0, "% of headings", window),
        ("discoveries at q < 10 % among half of them", number(size["discoveries"], 2), 0.0, "headings", window),
    ]
    columns = ("what", "found", "should be", "unit", "months")
    return Table(columns, tuple(rows), f"Placebo: the treatment dated {false.months[false.after]}. {EUROSTAT}")
