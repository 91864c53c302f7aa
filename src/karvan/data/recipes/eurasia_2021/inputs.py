"""Input coefficients: borrowed from EORA, fitted so that value added is near GDP and no market is oversold."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from karvan.data.recipes.eurasia_2021.common import assumptions, countries, need, sectors

FINAL_FLOOR = 0.02  # smallest share of a market's spending that is final demand; assumed
BETA = (0.08, 0.92)  # bounds of value-added shares
OIL_BETA = 0.72  # value-added share of oil and gas before fitting; EORA has mining as one sector; assumed
FUEL_USERS = {
    "refined_oil": 0.5,
    "chemicals": 0.25,
    "trade_transport": 0.85,
    "agriculture": 0.5,
    "mining": 0.7,
    "oil_gas": 0.6,
}
REFINED_BETA = 0.18  # value-added share of refining before fitting; EORA has it with chemicals; assumed
CRUDE_IN_REFINED = 0.75  # crude in the inputs of refining; assumed
USED = {
    "oil_gas": 0.95,
    "mining": 0.85,
    "metals": 0.75,
    "chemicals": 0.5,
    "refined_oil": 0.45,
}  # least part of a market bought by producers; assumed
OIL_USERS = {"refined_oil": 0.95, "oil_gas": 0.6, "chemicals": 0.5, "other_services": 0.6, "trade_transport": 0.5}


def fit(
    source: Path, M: np.ndarray, tau: np.ndarray, gdp: np.ndarray, names: list[str] | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Return gamma (n, k, j) and beta (n, j) consistent with flows.

    For each country: structure of its EORA analogue; value added scaled towards GDP; inputs fitted so that the use of
    every input stays below the market's spending (biproportional with upper bounds on rows). `names` are the countries
    of the flows when they are not those of the recipe; where `gdp` is NaN the borrowed shares give value added.
    """
    names = countries() if names is None else names
    N, J = len(names), len(sectors())
    gamma, beta = np.zeros((N, J, J)), np.zeros((N, J))
    X, Y = (M * (1 + tau)).sum(axis=1), M.sum(axis=0)
    structure = _structures(source, names)
    least = np.array([USED.get(s, 0.0) for s in sectors()])
    for n, code in enumerate(names):
        inputs, shares = structure[code]
        known = code != "ROW" and np.isfinite(gdp[n])
        target = min(gdp[n], 0.9 * Y[n].sum()) if known else (shares * Y[n]).sum()
        b = _scaled(shares, Y[n], target)
        Z = _bounded(inputs * (1 - b)[None, :] * Y[n][None, :], (1 - b) * Y[n], (1 - FINAL_FLOOR) * X[n], least * X[n])
        gamma[n] = Z / np.where(Y[n] > 0, Y[n], 1.0)[None, :]
        beta[n] = 1 - gamma[n].sum(axis=0)
    return gamma, beta


def _scaled(shares: np.ndarray, Y: np.ndarray, target: float) -> np.ndarray:
    """Shift value-added shares on the logit scale until value added is the target; they stay inside their bounds."""
    low, high = -6.0, 6.0
    score = np.log(shares / (1 - shares))
    for _ in range(60):
        middle = 0.5 * (low + high)
        b = np.clip(1 / (1 + np.exp(-(score + middle))), *BETA)
        low, high = (middle, high) if (b * Y).sum() < target else (low, middle)
    return b


def _bounded(Z: np.ndarray, columns: np.ndarray, cap: np.ndarray, floor: np.ndarray) -> np.ndarray:
    """Fit inputs to column sums with row sums from `floor` to `cap`; a column that cannot be filled keeps less."""
    Z = Z + 1e-6 * np.outer(cap, columns) / max(cap.sum(), 1e-9)
    for _ in range(400):
        used = Z.sum(axis=0)
        Z = Z * (columns / np.where(used > 0, used, 1.0))[None, :]
        sold = Z.sum(axis=1)
        Z = Z * (np.clip(sold, floor, cap) / np.where(sold > 0, sold, 1.0))[:, None]
    return Z


def _structures(source: Path, names: list[str]) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Input mix (k, j), columns summing to one, and value-added share (j,) of every country's analogue."""
    with np.load(need(source / "eora_cp2017" / "data_2017.npz"), allow_pickle=True) as z:
        codes = [str(c) for c in z["country_list"]]
        gamma, beta, X = z["gamma"], z["beta"], z["X"]
    found = {}
    for code in names:
        parts = [_aggregate(gamma[r], beta[r], X[r]) for r in analogues(code, codes)]
        found[code] = (np.mean([p[0] for p in parts], axis=0), np.mean([p[1] for p in parts], axis=0))
    return found


def analogues(code: str, codes: list[str]) -> list[int]:
    """Rows of EORA that stand for a country: those stated, else its own, else the rest of the world."""
    stated = assumptions()["analogue"]["inputs"].get(code)
    return [codes.index(c) for c in stated or [code if code in codes else "ROW"]]


def _aggregate(gamma: np.ndarray, beta: np.ndarray, X: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    names, eora = sectors(), assumptions()["eora"]
    J = len(names)
    shares, mix = np.zeros(J), np.zeros((J, J))
    for j, sector in enumerate(names):
        weight = X[eora[sector]] / X[eora[sector]].sum()
        shares[j] = (weight * beta[eora[sector]]).sum()
        column = weight @ gamma[eora[sector]]  # gamma of the file is (user, input)
        for k, supplier in enumerate(names):
            mix[k, j] = column[eora[supplier]].sum() * _part(supplier, sector)
    shares[names.index("oil_gas")], shares[names.index("refined_oil")] = (OIL_BETA, REFINED_BETA)
    crude, refined = names.index("oil_gas"), names.index("refined_oil")
    mix[crude, refined] = 0.0
    mix[:, refined] *= (1 - CRUDE_IN_REFINED) / mix[:, refined].sum()
    mix[crude, refined] = CRUDE_IN_REFINED
    mix = mix / np.where(mix.sum(axis=0) > 0, mix.sum(axis=0), 1.0)
    return mix, np.clip(shares, *BETA)


def _part(supplier: str, user: str) -> float:
    """Share of an EORA sector that stands for two of ours, by user; assumed."""
    oil = OIL_USERS.get(user, 0.25)
    refined = FUEL_USERS.get(user, 0.4)
    parts = {"oil_gas": oil, "mining": 1 - oil, "refined_oil": refined, "chemicals": 1 - refined}
    chips = 0.8 if user == "electronics" else 0.35
    return {**parts, "machinery": 1 - chips, "electronics": chips}.get(supplier, 1.0)
