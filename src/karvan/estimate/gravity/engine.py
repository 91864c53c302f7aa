"""The one place that calls pyfixest, and says what its private fields mean."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np

from karvan.core.errors import ConvergenceError, SourceError, first_five
from karvan.estimate.gravity.groups import kept, without_lone_groups
from karvan.estimate.gravity.plan import Plan
from karvan.estimate.gravity.sample import Sample

# What pyfixest warns of and karvan reports as numbers, and notices that libraries below it send to their developers.
TOLD_AS_NUMBERS = (
    r"\d+ observations removed because of separation",
    r"\d+ singleton fixed effect\(s\) dropped",
    r"\s*\d+ variables dropped due to multicollinearity",
)
FOR_DEVELOPERS = (r"The inplace keyword in DataFrame", r"The 'lsuffix' and 'rsuffix' keywords")
# Statistics of pyfixest's auxiliary regressions that karvan does not read; 0/0 when nothing is left to explain.
UNREAD = r"invalid value encountered in (scalar )?divide"
ABSORBED = 1e-10


class Fitted(NamedTuple):
    """Plain numbers of a converged estimation; the first axis of arrays is the rows of `used`."""

    used: Sample
    b: np.ndarray
    covariance: np.ndarray
    fitted: np.ndarray
    X_within: np.ndarray
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
    sample, lone, empty = without_lone_groups(sample, plan)
    if not len(sample.rows):
        raise SourceError(
            f"gravity: no flow is left: {lone} are alone in their effects, {empty} in effects without trade; use fewer "
            "effects" + _before(sample)
        )
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
    used = _used(found, sample)
    _refuse_collinear(found, used, plan)
    _refuse_saturated(used, plan)
    separated = int(getattr(found, "n_separation_na", None) or 0)
    alone = len(sample.rows) - len(used.rows) - separated
    return _plain(found, used, plan, empty + separated, lone + alone)


def _before(sample: Sample) -> str:
    told = ", ".join(f"{n:,} {why}" for why, n in sample.left_out.items() if n)
    return f" (left out before: {told})" if told else ""


def _used(found: Any, sample: Sample) -> Sample:
    keep = np.ones(len(sample.rows), dtype=bool)
    keep[np.asarray(list(found.na_index), dtype=int)] = False
    return sample if keep.all() else kept(sample, keep)


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


def _plain(found: Any, used: Sample, plan: Plan, separated: int, singletons: int) -> Fitted:
    y = used.columns["y"].to_numpy()
    ppml = plan.estimator == "ppml"
    fitted = np.asarray(found._Y_hat_response if ppml else found._Y_hat_link, dtype=float).ravel()
    return Fitted(
        used=used,
        b=np.asarray(found._beta_hat, dtype=float),
        covariance=np.asarray(found._vcov, dtype=float),
        fitted=fitted,
        X_within=np.asarray(found._X, dtype=float) / (np.sqrt(fitted)[:, None] if ppml else 1.0),
        separated=separated,
        singletons=singletons,
        clusters=tuple(levels(used, "c", len(plan.cluster))),
        fit=explained(y, fitted) if ppml else float(found._r2),
    )


def rank(used: Sample, effects: int, n: int) -> int:
    """Number of effects that do not follow from the others; 0 where there are too many flows to count it exactly."""
    if n > 2000:
        return 0
    columns = [np.unique(used.columns[f"e{i}"].to_numpy(), return_inverse=True)[1] for i in range(effects)]
    return int(np.linalg.matrix_rank(np.hstack([np.eye(c.max() + 1)[c] for c in columns])))


def levels(used: Sample, letter: str, count: int) -> list[int]:
    """Number of different values of columns e0, e1, ... or c0, c1, ..."""
    return [int(np.count_nonzero(np.bincount(used.columns[f"{letter}{i}"].to_numpy()))) for i in range(count)]


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
        warnings.filterwarnings("ignore", message=UNREAD, module=r"pyfixest\.estimation")
        yield caught
    for w in caught:
        if "separation check: maximum number" not in str(w.message):
            warnings.warn_explicit(w.message, w.category, w.filename, w.lineno)


def _translated(fault: ValueError, sample: Sample, plan: Plan) -> Exception:
    if "collinear" in str(fault):
        _refuse_constant(sample)
        return SourceError(
            f"gravity: the effects ({' '.join(plan.effects)}) absorb every regressor: {first_five(sample.names)}; a "
            "regressor must vary within them"
        )
    if "Demeaning failed" in str(fault):
        return ConvergenceError(f"gravity: the fixed effects could not be taken out ({fault})")
    return fault


def _refuse_constant(used: Sample) -> None:
    constant = [name for k, name in enumerate(used.names) if np.ptp(used.columns[f"x{k}"].to_numpy()) == 0]
    if constant:
        raise SourceError(
            f"gravity: regressors {first_five(constant)} do not vary over the flows that are left; flows that a "
            "regressor fits perfectly as zeros are left out as separated"
        )


def _refuse_collinear(found: Any, used: Sample, plan: Plan) -> None:
    """Name regressors that nothing but rounding separates from the effects or from the other regressors."""
    dropped = [used.names[int(name[1:])] for name in found._collin_vars or []]
    X = np.asarray(found._X, dtype=float)
    ppml = plan.estimator == "ppml"
    weights = np.asarray(found._Y_hat_response, dtype=float).ravel() if ppml else np.ones(len(used.rows))
    _refuse_constant(used)
    absorbed = []
    for column, name in enumerate(found._coefnames):
        raw = used.columns[name].to_numpy()
        total = np.sum(weights * (raw - np.average(raw, weights=weights)) ** 2)
        if np.sum(X[:, column] ** 2) <= ABSORBED * total:
            absorbed.append(used.names[int(name[1:])])
    if dropped or absorbed:
        raise SourceError(
            f"gravity: collinear regressors: {first_five(dict.fromkeys([*absorbed, *dropped]))}; the effects "
            f"({' '.join(plan.effects)}) or the other regressors explain them wholly; leave them out"
        )


def _refuse_saturated(used: Sample, plan: Plan) -> None:
    n, k, counts = len(used.rows), len(used.names), levels(used, "e", len(plan.effects))
    if n <= k + sum(counts) and n <= k + rank(used, len(plan.effects), n):
        raise SourceError(
            f"gravity: {n} flows for {k} regressors and {sum(counts)} effects, which fit them exactly; too few "
            "observations: more years, more countries or fewer effects"
        )
    for name, count in zip(plan.cluster, levels(used, "c", len(plan.cluster)), strict=True):
        if count < 2:
            raise SourceError(f"gravity: only one {name} to cluster by; choose another cluster")
