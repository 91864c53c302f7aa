"""Poisson regressions with fixed effects: the effect of listing, and its leads."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from karvan.core.errors import ConvergenceError, InfeasibleError

if TYPE_CHECKING:
    import pandas as pd

PAIRS = {
    "product-partner": ("product", "partner"),
    "partner-month": ("partner", "month"),
    "product-month": ("product", "month"),
}
AS_WRITTEN = tuple(PAIRS)
WITHOUT_CONTROL_PARTNER = ("product-partner", "partner-month")


class Effect(NamedTuple):
    """A coefficient (log points) with its error clustered by product, and the numbers behind it."""

    coefficient: float
    error: float
    p: float
    observations: int
    clusters: int

    @property
    def range(self) -> tuple[float, float]:
        """The 5-95 % range of the coefficient."""
        return self.coefficient - 1.645 * self.error, self.coefficient + 1.645 * self.error


class Leads(NamedTuple):
    """Quarters around the treatment, measured from the mean of the quarters before; `p` tests that these are equal."""

    quarters: tuple[int, ...]
    coefficient: np.ndarray
    error: np.ndarray
    p: float

    @property
    def largest(self) -> float:
        """The largest distance of a quarter before the treatment from their mean, log points."""
        return float(np.abs(self.coefficient[np.array(self.quarters) < 0]).max())


def effect(rows: pd.DataFrame, dose: str, after: str, effects: Sequence[str] = AS_WRITTEN) -> Effect:
    """Estimate y = exp(b dose x after + fixed effects), Poisson pseudo-maximum likelihood.

    Parameters
    ----------
    rows : product, partner, month, y and the column `dose` (1 for treated cells, or a size of the treatment)
    after : first month of treatment
    effects : any of product-partner, partner-month, product-month. All three need a partner or a product that is not
        treated in the same month; without one the effect is not identified.

    Raises
    ------
    InfeasibleError
        The fixed effects absorb the treatment.
    ConvergenceError
        The regression did not converge.
    """
    data = rows.assign(treated=rows[dose] * (rows["month"] >= after))
    fit = _fit(data, ["treated"], effects)
    return Effect(
        float(fit.coef()["treated"]),
        float(fit.se()["treated"]),
        float(fit.pvalue()["treated"]),
        int(fit._N),
        int(data["product"].nunique()),
    )


def leads(rows: pd.DataFrame, dose: str, after: str, effects: Sequence[str] = AS_WRITTEN) -> Leads:
    """Estimate the effect by quarter (three months) from the treatment on, before and after it.

    The last quarter before the treatment is left out of the regression; what is returned is moved so that the quarters
    before have mean zero, with its error. The Wald test that they are all equal does not depend on that choice.
    Quarters at the ends may be incomplete.
    """
    months = sorted(rows["month"].unique())
    number = {m: (i - months.index(after)) // 3 for i, m in enumerate(months)}
    quarter = rows["month"].map(number)
    quarters = sorted(set(number.values()))
    names = {q: f"q{q}".replace("-", "m") for q in quarters if q != -1}
    data = rows.assign(**{name: rows[dose] * (quarter == q) for q, name in names.items()})
    fit = _fit(data, list(names.values()), effects)
    at = {name: i for i, name in enumerate(fit._coefnames)}
    place = [at[names[q]] for q in quarters if q != -1]
    b, V = np.zeros(len(quarters)), np.zeros((len(quarters), len(quarters)))
    kept = [i for i, q in enumerate(quarters) if q != -1]
    b[kept] = np.asarray(fit._beta_hat)[place]
    V[np.ix_(kept, kept)] = np.asarray(fit._vcov)[np.ix_(place, place)]
    before = np.array(quarters) < 0
    centre = np.eye(len(quarters)) - np.where(before, 1.0 / before.sum(), 0.0)
    error = np.sqrt(np.diag(centre @ V @ centre.T))
    return Leads(tuple(quarters), centre @ b, error, _wald(b, V, [i for i in kept if before[i]]))


def _wald(b: np.ndarray, V: np.ndarray, at: list[int]) -> float:
    from scipy.stats import chi2

    return float(chi2.sf(b[at] @ np.linalg.solve(V[np.ix_(at, at)], b[at]), len(at)))


def _fit(data: pd.DataFrame, regressors: list[str], effects: Sequence[str]) -> Any:
    import pyfixest

    names = {name: name.replace("-", "_") for name in effects}
    numbered = {names[name]: data.groupby(list(PAIRS[name])).ngroup() for name in effects}
    data = data[["y", *regressors]].assign(**numbered, product=data.groupby("product").ngroup())
    formula = f"y ~ {' + '.join(regressors)} | {' + '.join(names.values())}"
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*removed because of separation.*")
        warnings.filterwarnings("ignore", message=".*singleton fixed effect.*")
        warnings.filterwarnings("ignore", category=DeprecationWarning)  # of pandas, in pyfixest
        try:
            fit = pyfixest.fepois(formula, data=data, vcov={"CRV1": "product"}, separation_check=["fe", "ir"])
        except ValueError as fault:
            if "collinear" in str(fault):
                raise _absorbed(regressors, effects) from None
            raise ConvergenceError(f"the Poisson regression failed: {fault}") from None
    if set(regressors) - set(fit._coefnames):
        raise _absorbed(sorted(set(regressors) - set(fit._coefnames)), effects)
    if not getattr(fit, "convergence", True):
        raise ConvergenceError("the Poisson regression did not converge; no coefficient is given")
    return fit


def _absorbed(names: list[str], effects: Sequence[str]) -> InfeasibleError:
    return InfeasibleError(
        f"the effects {', '.join(effects)} absorb {', '.join(names)}: nothing untreated is left to compare with. Add a "
        "partner that is no hub or products that are not listed, or leave one of the effects out"
    )
