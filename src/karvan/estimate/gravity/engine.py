"""The one place that calls pyfixest, and says what its private fields mean."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np

from karvan.core.errors import ConvergenceError, SourceError, first_five
from karvan.estimate.gravity.plan import Plan
from karvan.estimate.gravity.sample import Sample

# What pyfixest warns of and karvan reports as numbers, and notices that libraries below it send to their developers.
TOLD_AS_NUMBERS = (
    r"\d+ observations removed because of separation",
    r"\d+ singleton fixed effect\(s\) dropped",
    r"\s*\d+ variables dropped due to multicollinearity",
)
FOR_DEVELOPERS = (r"The inplace keyword in DataFrame", r"The 'lsuffix' and 'rsuffix' keywords")
ABSORBED = 1e-10


class Fitted(NamedTuple):
    """Plain numbers of a converged estimation; the first axis of arrays is the rows used, in the sample's order."""

    b: np.ndarray
    covariance: np.ndarray
    fitted: np.ndarray
    X_within: np.ndarray
    used: np.ndarray
    separated: int
    singletons: int
    clusters: tuple[int, ...]
    fit: float


def estimate(sample: Sample, plan: Plan, tol: float, max_steps: int) -> Fitted:
    """Estimate by Poisson pseudo maximum likelihood or least squares, with separation always checked.

    Raises
    ------
    ConvergenceError
        The iterations, or the check for separation, did not end.
    SourceError
        Regressors that the effects absorb or that are combinations of each other; nothing left to estimate on.
    """
    with quiet() as caught:
        try:
            found = _call(sample, plan, tol, max_steps)
        except ValueError as fault:
            raise _translated(fault, sample, plan) from None
    if any("separation check: maximum number" in str(w.message) for w in caught):
        raise ConvergenceError("gravity: the search for separated observations did not end; drop regressors one by one")
    if plan.estimator == "ppml" and not found.convergence:
        raise ConvergenceError(
            f"gravity: PPML did not converge in {max_steps} steps; rescale large regressors, look for a regressor that "
            "is almost absorbed by the effects, or raise max_steps"
        )
    used = np.setdiff1d(np.arange(len(sample.rows)), np.asarray(sorted(found.na_index), dtype=int))
    _refuse_collinear(found, sample, plan, used)
    _refuse_saturated(sample, plan, used)
    return _plain(found, sample, plan, used)


def _call(sample: Sample, plan: Plan, tol: float, max_steps: int) -> Any:
    import pyfixest as pf

    k, effects = len(sample.names), " + ".join(f"e{i}" for i in range(len(plan.effects)))
    formula = f"y ~ {' + '.join(f'x{i}' for i in range(k))} | {effects}"
    common = {
        "data": sample.columns,
        "vcov": {"CRV1": " + ".join(f"c{i}" for i in range(len(plan.cluster)))} if plan.cluster else "hetero",
        "ssc": pf.ssc(k_adj=plan.small_sample == "parameters"),
        "copy_data": False,
    }
    if plan.estimator == "ols":
        return pf.feols(formula, **common)
    return pf.fepois(formula, **common, iwls_tol=tol, iwls_maxiter=max_steps, separation_check=["fe", "ir"])


def _plain(found: Any, sample: Sample, plan: Plan, used: np.ndarray) -> Fitted:
    y = sample.columns["y"].to_numpy()[used]
    ppml = plan.estimator == "ppml"
    fitted = np.asarray(found._Y_hat_response if ppml else found._Y_hat_link, dtype=float).ravel()
    weights = np.sqrt(fitted)[:, None] if ppml else 1.0
    separated = int(getattr(found, "n_separation_na", None) or 0)
    return Fitted(
        b=np.asarray(found._beta_hat, dtype=float),
        covariance=np.asarray(found._vcov, dtype=float),
        fitted=fitted,
        X_within=np.asarray(found._X, dtype=float) / weights,
        used=used,
        separated=separated,
        singletons=len(sample.rows) - used.size - separated,
        clusters=tuple(int(sample.columns[f"c{i}"].iloc[used].nunique()) for i in range(len(plan.cluster))),
        fit=explained(y, fitted) if ppml else float(found._r2),
    )


def explained(y: np.ndarray, mu: np.ndarray) -> float:
    """Share of the Poisson deviance that the model explains: 1 - D(y, mu) / D(y, mean), whatever the unit of y."""

    def deviance(fitted: np.ndarray) -> float:
        ratio = np.log(np.divide(y, fitted, out=np.ones_like(y), where=y > 0))
        return float(2 * (y * ratio - (y - fitted)).sum())

    total = deviance(np.full_like(y, y.mean()))
    return 1 - deviance(mu) / total if total > 0 else float("nan")


@contextmanager
def quiet() -> Iterator[list[warnings.WarningMessage]]:
    """Keep the warnings that karvan reports itself to itself; send on all others."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for message in (*TOLD_AS_NUMBERS, *FOR_DEVELOPERS):
            warnings.filterwarnings("ignore", message=message)
        yield caught
    for w in caught:
        if "separation check: maximum number" not in str(w.message):
            warnings.warn_explicit(w.message, w.category, w.filename, w.lineno)


def _translated(fault: ValueError, sample: Sample, plan: Plan) -> Exception:
    if "collinear" in str(fault):
        return SourceError(
            f"gravity: the effects ({' '.join(plan.effects)}) absorb every regressor: {first_five(sample.names)}; a "
            "regressor must vary within them"
        )
    if "Demeaning failed" in str(fault):
        return ConvergenceError(f"gravity: the fixed effects could not be taken out ({fault})")
    return fault


def _refuse_collinear(found: Any, sample: Sample, plan: Plan, used: np.ndarray) -> None:
    """Name regressors that nothing but rounding separates from the effects or from the other regressors."""
    dropped = [sample.names[int(name[1:])] for name in found._collin_vars or []]
    kept = [int(name[1:]) for name in found._coefnames]
    X = np.asarray(found._X, dtype=float)
    weights = np.ones(used.size) if plan.estimator == "ols" else np.asarray(found._Y_hat_response, dtype=float).ravel()
    absorbed = []
    for column, k in enumerate(kept):
        raw = sample.columns[f"x{k}"].to_numpy()[used]
        total = np.sum(weights * (raw - np.average(raw, weights=weights)) ** 2)
        if np.sum(X[:, column] ** 2) <= ABSORBED * total:
            absorbed.append(sample.names[k])
    if dropped or absorbed:
        raise SourceError(
            f"gravity: collinear regressors: {first_five(dict.fromkeys([*absorbed, *dropped]))}; the effects "
            f"({' '.join(plan.effects)}) or the other regressors explain them wholly; leave them out"
        )


def _refuse_saturated(sample: Sample, plan: Plan, used: np.ndarray) -> None:
    if not used.size:
        raise SourceError("gravity: no row is left after separation and singletons; the effects explain every flow")
    levels = sum(int(sample.columns[f"e{i}"].iloc[used].nunique()) for i in range(len(plan.effects)))
    if used.size <= max(int(sample.columns[f"e{i}"].iloc[used].nunique()) for i in range(len(plan.effects))):
        raise SourceError(f"gravity: {used.size} rows for {levels} levels of effects; too few observations")
    for i, name in enumerate(plan.cluster):
        if sample.columns[f"c{i}"].iloc[used].nunique() < 2:
            raise SourceError(f"gravity: only one {name} to cluster by; choose another cluster")
