"""Ossa (2014): every number of his program, the means of his tables, and a trade war that nobody wants to leave."""

from __future__ import annotations

import numpy as np
import pytest
from paths import shared

from karvan import KarvanWarning, best_response, gradient, nash_tariffs, replicate
from karvan.core.change import Change
from karvan.replication import ossa2014

RICE = pytest.mark.filterwarnings(f"ignore::{KarvanWarning.__module__}.{KarvanWarning.__name__}")  # 513 % in the data


def test_his_program_and_his_means() -> None:
    rows = replicate("ossa2014", shared("ossa2014") / "ossa2014").to_dicts()
    known = [row for row in rows if row["paper"] is not None]
    assert len(known) == 17
    assert all(row["verdict"] == "agrees" for row in known), known


@RICE
def test_the_war_is_a_nash_point() -> None:
    base = ossa2014.purged(shared("ossa2014") / "ossa2014")
    war = nash_tariffs(base, ossa2014.REGIONS)
    assert war.gap < 1e-6
    assert war.deviation == 0.0
    assert war.at_bound == 0
    for region in ("US", "Japan"):
        again = best_response(base, region, change=Change(tau_new=war.tau_new))
        np.testing.assert_allclose(again.tau_new, war.tau_new, atol=2e-5)
        assert abs(again.gain[region]) < 1e-10
        n = base.position(region)
        slope = gradient(base, region, change=Change(tau_new=war.tau_new)).values[n][war.chosen[n]]
        assert np.abs(slope).max() < 1e-7
