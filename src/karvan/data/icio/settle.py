"""From a published table to one that a static economy can have: no negative flow, every market in balance."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from karvan.core.errors import ConvergenceError, SourceError
from karvan.core.labels import suggest
from karvan.data.icio.layout import CATEGORIES
from karvan.data.icio.reading import InterCountry

INVENTORIES = ("final", "absorb", "remove")
LEAST = 0.005  # part of output that stays value added where inputs, taxes and duties leave less
DUST = 1e-6  # MUSD: one dollar a year
TOLERANCE = 1e-14


class Settled(NamedTuple):
    """What the World is made of, and what it took."""

    M: np.ndarray  # (n, i, k) MUSD at basic prices
    gamma: np.ndarray  # (n, k, j) with duties
    account: dict[str, tuple[float, str]]  # what was done -> (how much, unit)


def settle(table: InterCountry, tau: np.ndarray, inventories: str = "final") -> Settled:
    """Turn the table into flows and input coefficients that satisfy every identity.

    Let A = Z / OUT be the inputs from each exporter per unit of output, f the final use that is kept. Outputs are those
    that f calls for, y = A y + f (Leontief), and then M = A y + f, summed over the buyers of a country; gamma_nkj =
    sum_i A_iknj (1 + tau_nik). A balanced table without negative uses stays as it is. What is done otherwise:

    1. Inventories. "final": changes in inventories are part of final use; where the final uses of a cell together are
       negative, they are set to zero, so that what came out of stock counts as produced this year. "absorb" (Costinot
       and Rodriguez-Clare 2014): every negative change in inventories is set to zero by itself, positive ones stay
       final use. "remove": the column is left out and outputs fall or rise to what the other uses need.
    2. Negative intermediate use is set to zero.
    3. Where inputs with duties leave less than 0.5 % of output, all inputs are scaled down to leave that much.
    4. Flows between two countries in a sector below one dollar are dropped.

    Value added of the World is value added plus taxes less subsidies on products that industries buy, less the duties
    on them that `tau` implies: duties are shown apart, as revenue. Taxes on final use stay outside (basic prices).

    Raises
    ------
    SourceError
        Unknown rule.
    ConvergenceError
        Outputs do not settle: some industries use their own output up.
    """
    if inventories not in INVENTORIES:
        raise SourceError(f"inventories: {inventories!r}.{suggest(inventories, INVENTORIES)}")
    account: dict[str, tuple[float, str]] = {}
    f = _final(table, inventories, account)
    A = _inputs(table, account)
    _leave_value_added(A, table, tau, account)
    _drop_dust(A, f, table.OUT, account)
    y, M = _outputs(A, f, table.OUT)
    moved = np.abs(y - table.OUT)
    account["output changed by the rules"] = (100 * moved.sum() / table.OUT.sum(), "% of world output")
    base = np.maximum(table.OUT, 1e-3 * table.OUT.sum(axis=1, keepdims=True))
    worst = np.unravel_index(int(np.argmax(moved / base)), moved.shape)
    name = f"{table.countries[worst[0]]}_{table.sectors[worst[1]]}"
    account["most changed output"] = (100 * (moved / base)[worst], f"% of output, {name}")
    return Settled(M, _shares(A, tau), account)


def _final(table: InterCountry, rule: str, account: dict[str, tuple[float, str]]) -> np.ndarray:
    """(i, k, n) final use under the rule, without negatives."""
    stock = CATEGORIES.index("INVNT")
    changes = table.F[..., stock]
    demand = np.abs(table.F).sum()
    account["changes in inventories, net"] = (100 * changes.sum() / table.F.sum(), "% of final use")
    account["changes in inventories, size"] = (100 * np.abs(changes).sum() / demand, "% of final use")
    others = table.F.sum(axis=3) - changes
    kept = {"final": changes, "absorb": np.maximum(changes, 0.0), "remove": np.zeros_like(changes)}[rule]
    f = others + kept
    account["inventory changes set to zero"] = (float(np.abs(changes - kept).sum()), "MUSD")
    account["negative final uses set to zero"] = (float(np.abs(f[f < 0]).sum()), f"MUSD in {int((f < 0).sum())} cells")
    return np.maximum(f, 0.0)


def _inputs(table: InterCountry, account: dict[str, tuple[float, str]]) -> np.ndarray:
    """(i, k, n, j) inputs from each exporter per unit of output."""
    scale = np.divide(1.0, table.OUT, out=np.zeros_like(table.OUT), where=table.OUT > 0)
    A = table.Z * scale
    negative = A < 0
    count = int(negative.sum())
    account["negative intermediate uses set to zero"] = (
        float(np.abs(table.Z[negative]).sum()),
        f"MUSD in {count} cells",
    )
    if count:
        A[negative] = 0.0
    return A


def _leave_value_added(
    A: np.ndarray, table: InterCountry, tau: np.ndarray, account: dict[str, tuple[float, str]]
) -> None:
    """Scale inputs down where they leave less than LEAST of output."""
    bought = _shares(A, tau).sum(axis=1)
    poor = bought > 1 - LEAST
    account["industries left with too little value added"] = (
        float(((bought - 1 + LEAST) * table.OUT)[poor].sum()),
        f"MUSD of inputs in {int(poor.sum())} industries",
    )
    if poor.any():
        A *= np.where(poor, (1 - LEAST) / np.where(poor, bought, 1.0), 1.0)


def _shares(A: np.ndarray, tau: np.ndarray) -> np.ndarray:
    """(n, k, j) inputs with duties per unit of output; country by country, which needs no copy of A."""
    return np.array([np.einsum("ikj,ik->kj", A[:, :, n], 1 + tau[n]) for n in range(A.shape[2])])


def _drop_dust(A: np.ndarray, f: np.ndarray, y: np.ndarray, account: dict[str, tuple[float, str]]) -> None:
    flows = _flows(A, f, y)
    dust = (flows > 0) & (flows < DUST)
    account["flows below one dollar dropped"] = (float(flows[dust].sum()), f"MUSD in {int(dust.sum())} flows")
    i, k, n = np.nonzero(dust)
    A[i, k, n, :] = 0.0
    f[dust] = 0.0


def _flows(A: np.ndarray, f: np.ndarray, y: np.ndarray) -> np.ndarray:
    """(i, k, n) sales of exporter i's sector k to country n."""
    N, J = y.shape
    return np.matmul(A.reshape(N * J, N, J).transpose(1, 0, 2), y[:, :, None])[..., 0].T.reshape(N, J, N) + f


def _outputs(A: np.ndarray, f: np.ndarray, y: np.ndarray, steps: int = 5000) -> tuple[np.ndarray, np.ndarray]:
    """Solve y = A y + f by repetition from the published outputs; return y and M (n, i, k)."""
    for _ in range(steps):
        flows = _flows(A, f, y)
        new = flows.sum(axis=2)
        done = np.abs(new - y).max() <= TOLERANCE * new.max() and (np.abs(new - y) <= 1e-11 * new).all()
        y = new
        if done:
            return y, np.ascontiguousarray(flows.transpose(2, 0, 1))
    raise ConvergenceError(f"outputs do not settle in {steps} rounds: some industries use nearly all of what they make")
