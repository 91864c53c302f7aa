"""Products ranked by excess, with ranges, p-values and q-values."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from karvan.estimate.reexports.excess import counterfactual
from karvan.estimate.reexports.panel import Panel
from karvan.estimate.reexports.placebo import benjamini_hochberg, conformal_p, placebo_panel, score


class ProductExcess(NamedTuple):
    """By product, all partners and months after the treatment added up; money in the unit of the panel."""

    products: tuple[str, ...]
    actual: np.ndarray
    counterfactual: np.ndarray
    excess: np.ndarray
    low: np.ndarray
    high: np.ndarray
    p: np.ndarray
    q: np.ndarray


def by_product(panel: Panel, reference: np.ndarray | None = None) -> ProductExcess:
    """Excess of every product with a 5-95 % range and false-discovery control.

    excess = Y - C,   range = Y - C exp(t* error) at the 95 and 5 % quantiles t* of the placebo date's scores

    The range asks how far a product strays from its counterfactual when nothing happens; it holds no doubt about the
    counterfactual itself. Where a product is untested (too few shipments before) range, p and q are NaN.
    `reference` are scores to compare with, when not those of this panel's own placebo date.
    """
    true = score(panel)
    reference = score(placebo_panel(panel)).t if reference is None else reference
    y = panel.listed[..., panel.after :].sum(axis=(1, 2))
    c = counterfactual(panel)[..., panel.after :].sum(axis=(1, 2))
    at_low, at_high = np.nanquantile(reference, [0.95, 0.05])
    error = np.where(np.isfinite(true.t), true.error, np.nan)
    p = conformal_p(true.t, reference)
    return ProductExcess(
        products=panel.products,
        actual=y,
        counterfactual=c,
        excess=y - c,
        low=y - c * np.exp(at_low * error),
        high=y - c * np.exp(at_high * error),
        p=p,
        q=benjamini_hochberg(p),
    )


def by_product_and_partner(panel: Panel) -> tuple[ProductExcess, ...]:
    """Excess of every product in every partner, in the order of partners.

    Scores are compared with those of all partners at the placebo date, and q-values count every product and partner.
    """
    alone = [panel.of(p) for p in panel.partners]
    reference = np.concatenate([score(placebo_panel(one)).t for one in alone])
    found = [by_product(one, reference) for one in alone]
    q = benjamini_hochberg(np.concatenate([one.p for one in found])).reshape(len(found), -1)
    return tuple(one._replace(q=row) for one, row in zip(found, q, strict=True))
