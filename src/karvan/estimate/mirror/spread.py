"""Whose numbers scatter how much: a variance for every reporter from the gaps between pairs of them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.optimize import minimize

FROM_MEAN = np.sqrt(np.pi / 2)  # standard deviation over mean absolute value of a normal
FLOOR = 1e-6


class Spread(NamedTuple):
    """`a` (i,) and `b` (j,): variances of the two sides; `a_se`, `b_se`: standard errors of their logs."""

    a: np.ndarray
    b: np.ndarray
    a_se: np.ndarray
    b_se: np.ndarray


def decompose(
    gap: np.ndarray, first: np.ndarray, second: np.ndarray, size: tuple[int, int], *, shared: bool, prior: float
) -> Spread:
    """Split the scatter of gaps into one variance for each of the two that were compared.

    E|gap_p| = sqrt(2/pi) tau_p,  tau_p^2 = a[first_p] + b[second_p]

    the decomposition of absolute log gaps of Gaulier and Zignago (2010, section 3.2), with effects added up as
    variances so that they can serve as weights. Estimated by the quasi-likelihood
    sum_p ln tau_p + sqrt(pi/2) |gap_p| / tau_p, whose first-order condition is the equation above.

    Parameters
    ----------
    gap : (p,) log ratio of two reports of the same flow
    first, second : (p,) positions of the two reporters
    size : numbers of reporters on the first and the second side
    shared : one variance per reporter, whichever side it is on (a = b); else two, told apart by their common prior mean
    prior : weight of the mean log variance, in pairs

    Returns
    -------
    Spread; reporters without a pair get the mean.
    """
    n, m = size
    second_at = second if shared else second + n
    count = n if shared else n + m
    absolute = FROM_MEAN * np.abs(gap)
    start = np.full(count + 1, np.log(max(np.mean(absolute) ** 2 / 2 if gap.size else 0.01, FLOOR)))
    found = minimize(
        _loss, start, args=(absolute, first, second_at, prior / 4), jac=True, method="L-BFGS-B",
        bounds=[(np.log(FLOOR), 5.0)] * (count + 1), options={"maxiter": 1000},
    ).x  # fmt: skip
    se = _errors(found, first, second_at, prior / 4)
    v = np.exp(found[:-1])
    return Spread(v[:n], v[:n] if shared else v[n:], se[:n], se[:n] if shared else se[n:])


def _loss(
    z: np.ndarray, absolute: np.ndarray, first: np.ndarray, second: np.ndarray, pull: float
) -> tuple[float, np.ndarray]:
    v, off = np.exp(z[:-1]), z[:-1] - z[-1]
    total = v[first] + v[second]
    tau = np.sqrt(total)
    slope = 0.5 / total - 0.5 * absolute / (total * tau)
    g = np.bincount(first, slope * v[first], v.size) + np.bincount(second, slope * v[second], v.size) + pull * off
    loss = float((np.log(tau) + absolute / tau).sum() + 0.5 * pull * (off**2).sum())
    return loss, np.append(g, -pull * off.sum())


def _errors(z: np.ndarray, first: np.ndarray, second: np.ndarray, pull: float) -> np.ndarray:
    """Sandwich standard errors of the log variances, gaps taken as normal: H = sum g g' / 4 tau^4, J = (pi/2 - 1) H."""
    v = np.exp(z[:-1])
    total = v[first] + v[second]
    H = np.zeros((v.size, v.size))
    ga, gb = v[first] / (2 * total), v[second] / (2 * total)
    for at, bt, value in ((first, first, ga * ga), (second, second, gb * gb), (first, second, ga * gb)):
        np.add.at(H, (at, bt), value)
        if at is not bt:
            np.add.at(H, (bt, at), value)
    bread = np.linalg.inv(H + pull * np.eye(v.size))
    return np.sqrt(np.diag(bread @ ((np.pi / 2 - 1) * H + pull * np.eye(v.size)) @ bread))
