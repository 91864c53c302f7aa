"""The panel behind every estimate of excess: exports of listed products, and of all others, to hubs by month."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from karvan.core.errors import LabelError, SourceError, first_five
from karvan.core.faults import Faults
from karvan.panels.frames import frame

if TYPE_CHECKING:
    import pandas as pd


MONTH = r"\d{4}-(0[1-9]|1[0-2])"


class Panel(NamedTuple):
    """Exports of one origin.

    `listed` (product k, partner p, month t) are the products on the lists, `other` (p, t) is everything else; same
    money unit, zeros where nothing was reported. `after` is the position of the first month of treatment.
    """

    products: tuple[str, ...]
    partners: tuple[str, ...]
    months: tuple[str, ...]
    listed: np.ndarray
    other: np.ndarray
    after: int

    def of(self, *partners: str) -> Panel:
        """Return the panel of some partners, in the order asked."""
        unknown = [p for p in partners if p not in self.partners]
        if unknown:
            raise LabelError(f"unknown partner(s): {first_five(unknown)}; the panel has {', '.join(self.partners)}")
        at = [self.partners.index(p) for p in partners]
        return self._replace(partners=tuple(partners), listed=self.listed[:, at], other=self.other[at])

    def only(self, chosen: np.ndarray) -> Panel:
        """Return the panel of the products where `chosen` (k,) is true; the other goods stay what they are."""
        kept = tuple(k for k, c in zip(self.products, chosen, strict=True) if c)
        if not kept:
            raise LabelError("no product is left; choose at least one")
        return self._replace(products=kept, listed=self.listed[np.asarray(chosen, bool)])

    def between(self, first: str, last: str, after: str) -> Panel:
        """Return the months from `first` to `last` with the treatment dated `after`: how a placebo date is made."""
        wanted = [i for i, m in enumerate(self.months) if first <= m <= last]
        months = tuple(self.months[i] for i in wanted)
        if after not in months[1:]:
            raise LabelError(f"no month {after!r} after the first of {first} to {last}; write it as 2022-03")
        return self._replace(
            months=months, listed=self.listed[..., wanted], other=self.other[:, wanted], after=months.index(after)
        )


def panel(flows: pd.DataFrame, totals: pd.DataFrame, after: str, value: str = "meur") -> Panel:
    """Balance tidy flows into a panel; other products are the total less the listed ones.

    Parameters
    ----------
    flows : product, partner, month and `value` of listed products; what is not there is zero
    totals : partner, month and `value` of all products; partners and months not in `flows` are not used
    after : first month of treatment, as 2022-03

    Raises
    ------
    SourceError
        Columns that are missing; values that are no number of 0 or more; months not written 2022-03 or with a gap;
        rows that occur twice; products of which one is a part of another (87 and 8703); a total that is missing for a
        partner and month, or is smaller than its listed part.
    LabelError
        `after` is not one of the months, or is the first.
    """
    flows = _checked(flows, "flows", ["product", "partner", "month"], value)
    totals = _checked(totals, "totals", ["partner", "month"], value)
    wide = flows.pivot_table(index=["product", "partner"], columns="month", values=value, aggfunc="sum", fill_value=0.0)
    products = tuple(sorted(flows["product"].unique()))
    partners = tuple(sorted(flows["partner"].unique()))
    months = tuple(str(m) for m in wide.columns)
    if after not in months[1:]:
        raise LabelError(f"no month {after!r} after the first of {months[0]} to {months[-1]}; write it as 2022-03")
    listed = (
        wide.reindex([(k, p) for k in products for p in partners], fill_value=0.0)
        .to_numpy()
        .reshape(len(products), len(partners), len(months))
    )
    total = totals.set_index(["partner", "month"])[value].unstack().reindex(index=partners, columns=months).to_numpy()
    _refuse(total, listed.sum(axis=0), partners, months)
    return Panel(products, partners, months, listed, total - listed.sum(axis=0), months.index(after))


def _checked(data: pd.DataFrame, name: str, key: list[str], value: str) -> pd.DataFrame:
    """Return the columns of a table that is sound, or raise with its faults; rows count from 2, as in a file."""
    import pandas as pd

    table = frame(data, [*key, value], name=name).reset_index(drop=True)
    faults = Faults(name)
    if not len(table):
        faults.add("no row", remedy="give at least one product, partner and a year of months")
    numbers = pd.to_numeric(table[value], errors="coerce")
    month = table["month"].astype(str)
    for what, bad, remedy in (
        (
            f"{value} is missing, negative or no number",
            ~(numbers.ge(0) & numbers.lt(np.inf)),
            "no trade is 0, or no row",
        ),
        ("month is not written 2022-03", ~month.str.fullmatch(MONTH), "months are 01 to 12"),
        ("occurs twice", table.duplicated(key), "add its parts up, or keep one"),
    ):
        rows = np.flatnonzero(bad.to_numpy(bool))
        if rows.size:
            where = ", ".join(str(table[c][rows[0]]) for c in [*key, value])
            faults.add(f"{what} in {rows.size} row(s), first {where}", row=int(rows[0]) + 2, remedy=remedy)
    faults.stop()
    _require_months(sorted(set(month)), faults)
    if "product" in key:
        _require_one_level(sorted(table["product"].astype(str).unique()), faults)
    faults.stop()
    return table.assign(**{value: numbers.astype(float)})


def _require_months(months: list[str], faults: Faults) -> None:
    """Note months that are not there: what is a year before is found by its place."""
    count = [12 * int(m[:4]) + int(m[5:]) - 1 for m in months]
    gone = [f"{t // 12}-{t % 12 + 1:02d}" for t in sorted(set(range(count[0], count[-1])) - set(count))]
    if gone:
        faults.add(f"no row of {first_five(gone)}", remedy="months must follow each other without a gap")


def _require_one_level(products: list[str], faults: Faults) -> None:
    """Note codes that hold others: the same goods would count twice."""
    known = set(products)
    nested = [p for p in products if p.isdecimal() and any(p[:n] in known for n in range(1, len(p)))]
    if nested:
        parts = f"{len(nested)} product(s) are part of another one: {first_five(nested)}"
        faults.add(parts, remedy="give one level, or the goods count twice")


def _refuse(total: np.ndarray, listed: np.ndarray, partners: tuple[str, ...], months: tuple[str, ...]) -> None:
    for what, bad in (
        ("no total", np.isnan(total)),
        ("a total not above its listed part", total <= listed),
    ):
        if bad.any():
            cells = [f"{partners[p]} {months[t]}" for p, t in np.argwhere(bad)]
            raise SourceError(f"{what} for {len(cells)} cell(s): {first_five(cells)}; totals and listed must match")


def tidy(panel: Panel) -> pd.DataFrame:
    """Return the panel as rows: product, partner, month, y, listed (1 or 0); all other products are one, `other`."""
    import pandas as pd

    stack = np.concatenate([panel.listed, panel.other[None]])
    axes = [[*panel.products, "other"], panel.partners, panel.months]
    index = pd.MultiIndex.from_product(axes, names=["product", "partner", "month"])
    rows = pd.DataFrame({"y": stack.ravel()}, index=index).reset_index()
    rows["listed"] = (rows["product"] != "other").astype(float)
    return rows
