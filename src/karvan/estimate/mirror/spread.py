"""Whose numbers scatter how much: a variance for every reporter from the gaps between pairs of them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.optimize import minimize

FROM_MEAN = np.sqrt(np.pi / 2)  # standard deviation over mean absolute value of a normal
FLOOR = 1e-6


class Spread(NamedTuple):
    """Variances of the two sides, `a` (i,) and `b` (j,), standard errors of their logs, and the effect of size."""

    a: np.ndarray
    b: np.ndarray
    a_se: np.ndarray
    b_se: np.ndarray
    size: float

    def tau(self, first: np.ndarray, second: np.ndarray, log_size: np.ndarray | float = 0.0) -> np.ndarray:
        """Standard deviation of the gap between two reporters at a log size."""
        return np.asarray(np.sqrt(self.a[first] + self.b[second]) * np.exp(-self.size * log_size))


def decompose(
    gap: np.ndarray,
    first: np.ndarray,
    second: np.ndarray,
    size: tuple[int, int],
    *,
    shared: bool,
    prior: float,
    log_size: np.ndarray | None = None,
) -> Spread:
    """Split the scatter of gaps into one variance for each of the two that were compared.

    E|gap_p| = sqrt(2/pi) tau_p,  tau_p^2 = (a[first_p] + b[second_p]) exp(-2 delta log_size_p)

    the decomposition of absolute log gaps of Gaulier and Zignago (2010, section 3.2), with effects added up as
    variances so that they can serve as weights, and with small flows allowed to be noisier. Estimated by the
    quasi-likelihood sum_p ln tau_p + sqrt(pi/2) |gap_p| / tau_p, whose first-order condition is the equation above.

    Parameters
    ----------
    gap : (p,) log ratio of two reports of the same flow
    first, second : (p,) positions of the two reporters
    size : numbers of reporters on the first and the second side
    shared : one variance per reporter, whichever side it is on (a = b); else two, told apart by their common prior mean
    prior : weight of the mean log variance, in pairs
    log_size : (p,) log of the flow over the size at which variances are quoted; None for no effect of size (delta = 0)

    Returns
    -------
    Spread; reporters without a pair get the mean; delta between 0 and 1/2.
    """
    n, m = size
    data = _Data(FROM_MEAN * np.abs(gap), first, second if shared else second + n, log_size, prior / 4)
    count = n if shared else n + m
    start = np.full(count + 2, np.log(max(np.mean(data.absolute) ** 2 / 2 if gap.size else 0.01, FLOOR)))
    start[-1] = 0.0
    bounds = [(np.log(FLOOR), 5.0)] * (count + 1) + [(0.0, 0.0 if log_size is None else 0.5)]
    options = {"maxiter": 2000, "maxfun": 4000}
    found = minimize(_loss, start, args=(data,), jac=True, method="L-BFGS-B", bounds=bounds, options=options).x
    v, se = np.exp(found[:count]), _errors(found[:count], data)
    return Spread(v[:n], v[:n] if shared else v[n:], se[:n], se[:n] if shared else se[n:], float(found[-1]))


class _Data(NamedTuple):
    absolute: np.ndarray
    first: np.ndarray
    second: np.ndarray
    log_size: np.ndarray | None
    pull: float


def _loss(z: np.ndarray, data: _Data) -> tuple[float, np.ndarray]:
    """z: log variances, their prior mean, delta."""
    v, off, delta = np.exp(z[:-2]), z[:-2] - z[-2], z[-1]
    log_size = 0.0 if data.log_size is None else data.log_size
    total = v[data.first] + v[data.second]
    log_tau = 0.5 * np.log(total) - delta * log_size
    ratio = data.absolute * np.exp(-log_tau)
    slope = 1 - ratio
    share = 0.5 * slope / total
    g = np.bincount(data.first, share * v[data.first], v.size) + np.bincount(
        data.second, share * v[data.second], v.size
    )
    loss = float((log_tau + ratio).sum() + 0.5 * data.pull * (off**2).sum())
    return loss, np.concatenate([g + data.pull * off, [-data.pull * off.sum(), -(slope * log_size).sum()]])


def _errors(z: np.ndarray, data: _Data) -> np.ndarray:
    """Sandwich standard errors of the log variances, gaps taken as normal: J = (pi/2 - 1) H."""
    v, first, second, pull = np.exp(z), data.first, data.second, data.pull
    total = v[first] + v[second]
    H = np.zeros((v.size, v.size))
    ga, gb = v[first] / (2 * total), v[second] / (2 * total)
    for at, bt, value in ((first, first, ga * ga), (second, second, gb * gb)):
        np.add.at(H, (at, bt), value)
    np.add.at(H, (first, second), ga * gb)
    np.add.at(H, (second, first), ga * gb)
    eye = np.eye(v.size)
    bread = np.linalg.inv(H + pull * eye)
    return np.sqrt(np.diag(bread @ ((np.pi / 2 - 1) * H + pull * eye) @ bread))
