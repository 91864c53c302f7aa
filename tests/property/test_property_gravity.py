"""What must hold for any gravity estimate: flows add up, units and the order of rows do not matter, truth is found."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from flows import AGREEMENT, DISTANCE, flows

from karvan import SourceError, gravity

TWO_WAY = "exporter-year importer-year"
ON = "agreement log(distance)"


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return flows(9, 4, zeros=0.15, noise=0.7, seed=1)


@pytest.mark.parametrize("effects", [TWO_WAY, TWO_WAY + " pair", TWO_WAY + " dyad"])
def test_fitted_flows_add_up(table: pd.DataFrame, effects: str) -> None:
    """The first-order conditions: in every group of an effect the fitted flows sum to the actual ones."""
    found = gravity(table, on="agreement", effects=effects, domestic=True, tol=1e-12)
    used = table.iloc[found.rows].assign(fitted=found.fitted)
    groups = [["exporter", "year"], ["importer", "year"], *([["exporter", "importer"]] if "pair" in effects else [])]
    for group in groups:
        sums = used.groupby(group)[["trade", "fitted"]].sum()
        np.testing.assert_allclose(sums.fitted, sums.trade, rtol=1e-5)


@pytest.mark.parametrize("estimator", ["ppml", "ols"])
@pytest.mark.parametrize("factor", [1e-6, 1e6])
def test_the_unit_of_flows_does_not_matter(table: pd.DataFrame, estimator: str, factor: float) -> None:
    options = {"on": ON, "effects": TWO_WAY, "domestic": True, "estimator": estimator}
    here, there = gravity(table, **options), gravity(table.assign(trade=table.trade * factor), **options)
    np.testing.assert_allclose(there.b, here.b, atol=1e-6)
    np.testing.assert_allclose(there.covariance, here.covariance, rtol=1e-4)
    assert there.fit == pytest.approx(here.fit, abs=1e-6)


def test_the_order_of_rows_does_not_matter(table: pd.DataFrame) -> None:
    mixed = table.sample(frac=1, random_state=0)
    here, there = (gravity(t, on=ON, effects=TWO_WAY, domestic=True) for t in (table, mixed))
    np.testing.assert_allclose(there.b, here.b, atol=1e-8)
    fitted = pd.Series(there.fitted, index=mixed.index[there.rows]).sort_index()
    np.testing.assert_allclose(fitted, here.fitted, rtol=1e-6)


def test_without_noise_the_truth_is_exact() -> None:
    found = gravity(flows(8, 4, noise=0), on=ON, effects=TWO_WAY, domestic=False, tol=1e-12)
    np.testing.assert_allclose(found.b, [AGREEMENT, DISTANCE], atol=1e-6)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_with_noise_the_truth_is_in_reach(seed: int) -> None:
    found = gravity(flows(20, 4, seed=seed), on=ON, effects=TWO_WAY, domestic=False)
    assert (np.abs(found.b - [AGREEMENT, DISTANCE]) < 4 * found.se).all()
    pairs = gravity(flows(20, 4, seed=seed), on="agreement", domestic=False)
    assert abs(pairs["agreement"] - AGREEMENT) < 4 * pairs.se[0]


def test_ols_leaves_zeros_out_and_ppml_does_not(table: pd.DataFrame) -> None:
    zeros = int((table.trade == 0).sum())
    ols = gravity(table, on=ON, effects=TWO_WAY, domestic=True, estimator="ols")
    ppml = gravity(table, on=ON, effects=TWO_WAY, domestic=True)
    assert ols.left_out["zero flows"] == zeros and ols.observations == len(table) - zeros
    assert ppml.observations == len(table)


def test_separation_by_effects_and_by_a_regressor() -> None:
    """A pair that never trades, and a regressor that is one only on zeros, would need minus infinity."""
    table = flows(8, 4, seed=3)
    never = (table.exporter == "C01") & (table.importer == "C02")
    table.loc[never, "trade"] = 0.0
    war = (table.exporter == "C03") & (table.importer == "C04") & (table.year == 2002)
    table["war"] = war.astype(float)
    table.loc[war, "trade"] = 0.0
    found = gravity(table, on="agreement", domestic=True)
    assert found.left_out["separated"] == 4
    both = table.assign(war=table.war + ((table.exporter == "C05") & (table.importer == "C06") & (table.year == 2001)))
    kept = gravity(both, on="agreement war", domestic=True)
    assert kept.left_out["separated"] == 4 and np.isfinite(kept.b).all()
    with pytest.raises(SourceError, match="regressors war do not vary over the flows"):
        gravity(table, on="agreement war", domestic=True)


def test_lone_observations_are_counted() -> None:
    table = flows(8, 3, seed=4)
    once = (table.exporter == "C01") & (table.importer == "C02") & (table.year > 2000)
    found = gravity(table[~once], on="agreement", domestic=True)
    assert found.left_out["singletons"] == 1
    assert found.observations == len(table) - 3
