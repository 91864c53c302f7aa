"""The bias of three-way PPML and of its clustered errors, and what is left when it is taken off.

Weidner and Zylkin (2021), Bias and consistency in three-way gravity models, Journal of International Economics 132.
With the pair effect profiled out, the flows of one pair over time are a multinomial experiment with shares
theta_t = mu_t / sum_s mu_s and total Y = sum_s y_s. Its score, negative Hessian and third derivative in direction x are

    S = y - theta Y                           H = Y (diag(theta) - theta theta')
    Gx = -Y (diag(a) - a theta' - theta a')   a = theta (x - theta'x)

(T,), (T, T) and (T, T). The estimated exporter-year effects move b by B, the importer-year effects by D,

    B_k = -sum_i trace( (sum_j H)+ sum_j H x_k S' )
          + 1/2 sum_i trace( (sum_j G x_k) (sum_j H)+ (sum_j S S') (sum_j H)+ )

and D with i and j exchanged; x is the regressor with all effects taken out, + the pseudo-inverse, W = sum x' H x. The
bias is W^-1 (B + D); each term with the factor N/(N-1) for estimated residuals, as the authors' own program has it.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

EXACT_UP_TO = 3000


class Panel(NamedTuple):
    """Pairs x years, filled with zeros where a pair has no flow: y, mu, X and the pairs' exporter and importer."""

    y: np.ndarray
    mu: np.ndarray
    X: np.ndarray
    exporter: np.ndarray
    importer: np.ndarray


class Correction(NamedTuple):
    """(k,) bias to take off b; (k, k) covariance that allows for the estimated effects; was its leverage exact?"""

    bias: np.ndarray
    covariance: np.ndarray
    exact: bool


def correction(panel: Panel, exact_up_to: int = EXACT_UP_TO) -> Correction:
    """Bias of the coefficients and a covariance without the bias of the clustered one."""
    W_inverse = np.linalg.inv(np.einsum("ptk,pt,ptl->kl", panel.X, panel.mu, panel.X, optimize=True))
    B = side(panel, panel.exporter) + side(panel, panel.importer)
    covariance, exact = spread(panel, W_inverse, exact_up_to)
    return Correction(W_inverse @ B, covariance, exact)


def laid_out(
    y: np.ndarray, mu: np.ndarray, X: np.ndarray, exporter: np.ndarray, importer: np.ndarray, year: np.ndarray
) -> Panel:
    """Rows of a long table as pairs x years."""
    when, t = np.unique(year, return_inverse=True)
    span = int(max(exporter.max(), importer.max())) + 1
    pair, p = np.unique(exporter * span + importer, return_inverse=True)
    shape = (pair.size, when.size)
    flat = p * when.size + t

    def table(values: np.ndarray) -> np.ndarray:
        out = np.zeros(shape[0] * shape[1])
        out[flat] = values
        return out.reshape(shape)

    wide = np.stack([table(X[:, k]) for k in range(X.shape[1])], axis=-1)
    return Panel(table(y), table(mu), wide, *(np.unique(c, return_inverse=True)[1] for c in np.divmod(pair, span)))


def side(panel: Panel, country: np.ndarray) -> np.ndarray:
    """B (country = exporter of each pair) or D (importer), (k,)."""
    count, total = int(country.max()) + 1, np.zeros(panel.X.shape[2])
    for n in range(count):
        total += _of_country(*(part[country == n] for part in panel[:3]))
    return total * count / (count - 1)


def _of_country(y: np.ndarray, mu: np.ndarray, X: np.ndarray) -> np.ndarray:
    """One country's terms of B: all its pairs together, (k,)."""
    Y, theta = shares(mu)
    S = y - mu
    H_plus = pinv(np.diag(mu.sum(axis=0)) - (theta * Y[:, None]).T @ theta)
    SS = S.T @ S
    found = np.empty(X.shape[2])
    for k in range(X.shape[2]):
        a = theta * (X[:, :, k] - (theta * X[:, :, k]).sum(axis=1, keepdims=True)) * Y[:, None]
        cross = a.T @ theta
        G = -(np.diag(a.sum(axis=0)) - cross - cross.T)
        found[k] = -np.trace(H_plus @ (a.T @ S)) + np.trace(G @ H_plus @ SS @ H_plus) / 2
    return found


def shares(mu: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Total of each pair (= its observed total, by the pair's first-order condition) and shares of the years."""
    Y = mu.sum(axis=1)
    return Y, mu / Y[:, None]


def spread(panel: Panel, W_inverse: np.ndarray, exact_up_to: int) -> tuple[np.ndarray, bool]:
    """Covariance with every pair's scores scaled up for their leverage, (k, k).

    V = P/(P-1) W^-1 (sum x' (I - H (x W^-1 x' + d F d'))^-1 S S' x) W^-1; d F d' is the variance of the pair's
    exporter-year and importer-year effects, exact, or their two own blocks where there are too many to invert at once.
    """
    Y, theta = shares(panel.mu)
    P, T = panel.mu.shape
    H = theta[:, :, None] * (np.eye(T) - theta[:, None, :]) * Y[:, None, None]
    countries = int(panel.exporter.max()) + 1, int(panel.importer.max()) + 1
    exact = sum(countries) * T <= exact_up_to
    effects = _joint(H, panel, countries) if exact else _own(H, panel, countries)
    leverage = H @ (np.einsum("ptk,kl,psl->pts", panel.X, W_inverse, panel.X, optimize=True) + effects)
    S = panel.y - panel.mu
    up = np.linalg.solve(np.eye(T) - leverage, S[:, :, None])[:, :, 0]
    left, right = np.einsum("ptk,pt->pk", panel.X, up), np.einsum("ptk,pt->pk", panel.X, S)
    Omega = left.T @ right
    V = P / (P - 1) * W_inverse @ (Omega + Omega.T) / 2 @ W_inverse
    return V, exact


def _joint(H: np.ndarray, panel: Panel, countries: tuple[int, int]) -> np.ndarray:
    """Variance of exporter effect + importer effect of every pair, (P, T, T), from the inverse of all together."""
    T, (I, J) = H.shape[1], countries
    full = np.zeros((I + J, I + J, T, T))
    i, j = panel.exporter, panel.importer + I
    np.add.at(full, (i, i), H)
    np.add.at(full, (j, j), H)
    np.add.at(full, (i, j), H)
    np.add.at(full, (j, i), H)
    F = pinv(full.transpose(0, 2, 1, 3).reshape((I + J) * T, (I + J) * T))
    blocks = F.reshape(I + J, T, I + J, T).transpose(0, 2, 1, 3)
    found: np.ndarray = blocks[i, i] + blocks[j, j] + blocks[i, j] + blocks[j, i]
    return found


def _own(H: np.ndarray, panel: Panel, countries: tuple[int, int]) -> np.ndarray:
    """The same without the covariance between exporters and importers, which is smaller by the number of countries."""
    total = np.zeros(H.shape)
    for country, count in zip((panel.exporter, panel.importer), countries, strict=True):
        for n in range(count):
            of = country == n
            total[of] += pinv(H[of].sum(axis=0))
    return total


def pinv(A: np.ndarray) -> np.ndarray:
    """Pseudo-inverse of a symmetric matrix."""
    values, vectors = np.linalg.eigh((A + A.T) / 2)
    keep = values > 1e-10 * values[-1]
    found: np.ndarray = (vectors[:, keep] / values[keep]) @ vectors[:, keep].T
    return found
