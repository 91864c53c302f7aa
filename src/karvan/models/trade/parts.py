"""The exact change in real income as a sum of parts along a path from the old to the new equilibrium; arrays only.

The cost of living takes what consumers spend. Zero profit turns consumer prices into costs, and what is left of the
total differential of W_n = I_n / prod_j P_nj ** alpha_nj (docs/explanation/welfare.md) is

    I_n dln W_n = sum_ij M_inj dln c_nj                                  export prices      (i not n)
                - sum_ij M_nij dln c_ij                                  import prices      (i not n)
                + sum_ij tau_nij M_nij (dln M_nij - dln c_ij - dln d_nij)  volume of dutiable trade
                - sum_ij M_nij dln d_nij                                 iceberg waste      (i = n included)
                + sum_j Y_nj dln A_nj                                    productivity
                + sum_j psi_j Y_nj dln L_nj                              scale
                + dNP_n + dD_n                                           duty pool, deficit

What mobile labour and immobile factors earn cancels against the cost of value added. Every term is integrated over
t in [0, 1]; the first two together are the terms of trade.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from karvan.models.trade import chebyshev


class Path(NamedTuple):
    """The straight line of ln(1 + tau), ln d and ln A, and the baseline it starts from. Money in MUSD."""

    M: np.ndarray  # (n, i, j) baseline imports at customs value
    ln_tau: np.ndarray  # (n, i, j) baseline ln(1 + tau)
    dln_tau: np.ndarray  # (n, i, j) change of ln(1 + tau) over the whole path
    dln_d: np.ndarray  # (n, i, j) change of ln d
    dln_A: np.ndarray  # (n, j) change of ln A
    theta: np.ndarray  # (j,)
    psi: np.ndarray  # (j,)


class Solved(NamedTuple):
    """Solved equilibria at the nodes t of a path, node first (K nodes). Logs are of ratios to the baseline."""

    c: np.ndarray  # (K, n, j) log unit cost
    P: np.ndarray  # (K, n, j) log price to buyers
    X: np.ndarray  # (K, n, j) log spending
    L: np.ndarray  # (K, n, j) log labour
    Y: np.ndarray  # (K, n, j) output, MUSD
    NP: np.ndarray  # (K, n) net receipts from the duty pool, MUSD
    D: np.ndarray  # (K, n) deficit, MUSD
    I: np.ndarray  # (K, n) income, MUSD


class Parts(NamedTuple):
    """Parts of ln W_hat[n]; sums over all axes but the first, over all parts, give ln W_hat."""

    export_prices: np.ndarray  # (n, i, j) what n sells to i
    import_prices: np.ndarray  # (n, i, j) what n buys from i
    volume: np.ndarray  # (n, i, j) imports from i that pay duty; i = n: own sales that pay it
    waste: np.ndarray  # (n, i, j) melted on the way from i
    productivity: np.ndarray  # (n, j)
    scale: np.ndarray  # (n, j)
    pool: np.ndarray  # (n,)
    deficit: np.ndarray  # (n,)

    def total(self) -> np.ndarray:
        """(n,) the sum of all parts."""
        return np.sum([part.reshape(part.shape[0], -1).sum(axis=1) for part in self], axis=0)


def flows(path: Path, t: float, s: Solved) -> np.ndarray:
    """(n, i, j) imports at customs value where the state s (without node axis) is solved.

    M = M_0 X_hat (c_hat kappa_hat / P_hat) ** -theta / (kappa_hat / d_hat), kappa_hat = d_hat (1 + tau) / (1 + tau_0)
    """
    kappa = t * (path.dln_tau + path.dln_d)
    ln_M = s.X[:, None, :] - path.theta * (s.c[None, :, :] + kappa - s.P[:, None, :]) - t * path.dln_tau
    return path.M * np.exp(ln_M)


def rates(path: Path, t: float, s: Solved, ds: Solved) -> Parts:
    """The integrand at t: every part of dln W / dt, given the state s and its derivatives ds by t."""
    own = np.arange(path.M.shape[0])
    M = flows(path, t, s)
    tau = np.expm1(path.ln_tau + t * path.dln_tau)
    dln_c = ds.c[None, :, :]
    dln_kappa = path.dln_tau + path.dln_d
    dln_M = ds.X[:, None, :] - path.theta * (dln_c + dln_kappa - ds.P[:, None, :]) - path.dln_tau
    sold = np.swapaxes(M, 0, 1) * ds.c[:, None, :]
    bought = -M * dln_c
    sold[own, own], bought[own, own] = 0.0, 0.0
    I = s.I[:, None, None]
    return Parts(
        export_prices=sold / I,
        import_prices=bought / I,
        volume=tau * M * (dln_M - dln_c - path.dln_d) / I,
        waste=-M * path.dln_d / I,
        productivity=s.Y * path.dln_A / I[:, 0],
        scale=s.Y * path.psi * ds.L / I[:, 0],
        pool=ds.NP / s.I,
        deficit=ds.D / s.I,
    )


def integrate(path: Path, solved: Solved) -> Parts:
    """Integrate every part over the path: spectral derivatives at the nodes, Clenshaw-Curtis weights."""
    n = solved.I.shape[0] - 1
    matrix, t, weight = chebyshev.derivative(n), chebyshev.nodes(n), chebyshev.weights(n)
    slopes = Solved(*(np.tensordot(matrix, part - part[0], axes=1) for part in solved))

    def weighted(k: int) -> list[np.ndarray]:
        at, slope = Solved(*(part[k] for part in solved)), Solved(*(part[k] for part in slopes))
        return [weight[k] * part for part in rates(path, t[k], at, slope)]

    total = weighted(0)
    for k in range(1, n + 1):
        for part, more in zip(total, weighted(k), strict=True):
            part += more
    return Parts(*total)
