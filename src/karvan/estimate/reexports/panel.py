"""The panel behind every estimate of excess: exports of listed products, and of all others, to hubs by month."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from karvan.core.errors import LabelError, SourceError, first_five

if TYPE_CHECKING:
    import pandas as pd


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
    flows : product, partner, month and `value` of listed products
    totals : partner, month and `value` of all products; partners and months not in `flows` are not used
    after : first month of treatment, as 2022-03

    Raises
    ------
    SourceError
        A total is missing for a partner and month, or is smaller than its listed part.
    LabelError
        `after` is not one of the months, or is the first.
    """
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
