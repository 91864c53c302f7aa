"""Local projections and DCC against stored results of independent programs (origin in the files' columns)."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from paths import shared

from karvan.macro.currency.dcc import dcc, margin, variances
from karvan.macro.currency.hac import slopes

NAMES = ("GDP_gap", "Infl", "FF")


def jorda_responses(data: np.ndarray, horizons: int, lags: int = 4) -> np.ndarray:
    """(h, response, shock) by our kernel: coefficients on the first lag times the Cholesky factor of the errors."""
    T, k = data.shape
    lagged = [data[lags - 1 - j : T - 1 - j] for j in range(lags)]
    now, n = data[lags:], T - lags
    X = np.column_stack([np.ones(n), *lagged])
    errors = now - X @ np.linalg.lstsq(X, now, rcond=None)[0]
    root = np.linalg.cholesky(errors.T @ errors / (n - X.shape[1]))
    found = np.empty((horizons + 1, k, k))
    found[0] = root
    for h in range(1, horizons + 1):
        Y = np.full((n, k), np.nan)
        Y[: n - h + 1] = now[h - 1 :]
        B = np.column_stack([slopes(Y, X[:, 1 + j], np.delete(X, 1 + j, axis=1)).b for j in range(k)])
        found[h] = B @ root
    return found


def test_local_projections_of_jorda_2005() -> None:
    folder = shared("benchmarks") / "benchmarks"
    data = pd.read_csv(folder / "lp_interest_rules_var_data.csv")[list(NAMES)].to_numpy()
    stored = pd.read_csv(folder / "lp_jorda_irf_computed.csv")
    ours = jorda_responses(data, int(stored["h"].max()))
    for row in stored.itertuples():
        i, j = NAMES.index(row.resp), NAMES.index(row.shock)
        assert ours[row.h, i, j] == pytest.approx(row.irf_sd, abs=1e-9), (row.h, row.resp, row.shock)
    assert ours[1, 0, 0] == pytest.approx(0.905, abs=5e-4)
    assert ours[1, 0, 0] == pytest.approx(0.9, rel=0.05)  # figure 5 of the paper, read off


@pytest.fixture(scope="module")
def indices() -> tuple[np.ndarray, dict[str, float], list[str]]:
    folder = shared("benchmarks") / "benchmarks"
    table = pd.read_csv(folder / "dcc_globalindices_1600x5.csv").iloc[:, 1:6]
    reference = pd.read_csv(folder / "dcc_reference.csv").set_index("item")["value"].to_dict()
    return table.to_numpy() - table.to_numpy().mean(axis=0), reference, list(table.columns)


def test_dcc_on_the_margins_of_the_reference(indices: tuple[np.ndarray, dict[str, float], list[str]]) -> None:
    e, reference, names = indices
    z, total = np.empty_like(e), 0.0
    for j, name in enumerate(names):
        h = variances(e[:, j], *(reference[f"{name}.{p}"] for p in ("omega", "alpha", "beta")))
        loglik = -0.5 * float((np.log(2 * np.pi) + np.log(h) + e[:, j] ** 2 / h).sum())
        assert loglik == pytest.approx(reference[f"{name}.loglik"], abs=1e-5)
        total += loglik
        z[:, j] = e[:, j] / np.sqrt(h)
    found = dcc(z)
    assert found.a == pytest.approx(reference["dcc.a"], abs=2e-6)
    assert found.b == pytest.approx(reference["dcc.b"], abs=2e-6)
    assert total + found.loglik == pytest.approx(reference["loglik_total"], abs=1e-4)


def test_margins_of_the_library(indices: tuple[np.ndarray, dict[str, float], list[str]]) -> None:
    """The library starts its recursion a little differently: likelihoods agree to 1, parameters to 0.001."""
    e, reference, names = indices
    for j, name in enumerate(names):
        found = margin(e[:, j])[0]
        assert found.alpha == pytest.approx(reference[f"{name}.alpha"], abs=1e-3)
        assert found.beta == pytest.approx(reference[f"{name}.beta"], abs=1e-3)
        assert found.loglik == pytest.approx(reference[f"{name}.loglik"], abs=1.0)
