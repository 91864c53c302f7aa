"""Undoing the EU on three sectors: order and size of the published losses, which are those of fifty sectors."""

from __future__ import annotations

import numpy as np
import pytest
from paths import shared

from karvan import replicate
from karvan.replication.complex_europe import COUNTRIES


@pytest.fixture(scope="module")
def rows() -> list[dict]:
    return replicate("complex-europe", shared("complex_europe_3s") / "complex_europe_3s").to_dicts()


def test_only_the_customs_union_is_outside(rows: list[dict]) -> None:
    """Two of its five known numbers differ; the tariffs in the archive are probably not those of the paper's table."""
    outside = {(row["country"], row["quantity"]) for row in rows if row["verdict"] == "differs"}
    assert outside == {("CZE", "customs union"), ("SVN", "customs union")}


@pytest.mark.parametrize("step", ["single market", "everything"])
def test_order_of_countries(rows: list[dict], step: str) -> None:
    known = [(row["paper"], row["karvan"]) for row in rows if row["quantity"] == step and row["paper"] is not None]
    paper, ours = np.argsort(np.argsort(known, axis=0), axis=0).T
    assert np.corrcoef(paper, ours)[0, 1] > 0.9


def test_size_of_the_steps(rows: list[dict]) -> None:
    """The single market costs most, 2 to 8 % in most members; the customs union alone a few tenths."""
    step = {(row["quantity"], row["country"]): row["karvan"] for row in rows}
    members = ["AUT", "BEL", "CZE", "DEU", "ESP", "FRA", "HUN", "IRL", "ITA", "NLD", "POL", "SVK", "SWE"]
    for country in members:
        alone = {s: step[s, country] for s in ("customs union", "single market", "euro", "Schengen")}
        assert min(alone, key=alone.__getitem__) == "single market"
        assert -8 < alone["single market"] < -1.5
    assert abs(np.median([step["customs union", c] for c in members])) < 1
    assert all(abs(step["everything", c]) < 0.5 for c in ("USA", "CHN", "AUS", "JPN"))
    assert len({row["country"] for row in rows}) == len(COUNTRIES) == 44
