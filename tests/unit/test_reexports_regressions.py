"""The Poisson regressions with every effect: a planted hub beside a control partner, flat and false leads."""

import numpy as np
import pandas as pd
import pytest
from hub_panels import AFTER, MONTHS, simulate

from karvan.core.errors import InfeasibleError
from karvan.estimate.reexports import ppml
from karvan.estimate.reexports.panel import tidy


def rows(seed: int, effect: float, start: int = AFTER, products: int = 40) -> pd.DataFrame:
    """Two hubs and two partners that are none; every second product is listed; the effect begins at month `start`."""
    table = tidy(simulate(seed, products=products, hubs=4).panel)
    table = table[table["product"] != "other"]
    hub = table["partner"].isin(["H0", "H1"])
    listed = table["product"].astype(int) % 2 == 0
    late = table["month"] >= MONTHS[start]
    return table.assign(
        treated=(hub & listed).astype(float), y=table["y"] * np.where(hub & listed & late, np.exp(effect), 1.0)
    )


def test_effect_covers_the_truth_with_every_fixed_effect():
    found = [ppml.effect(rows(seed, 0.7), "treated", MONTHS[AFTER]) for seed in range(20)]
    inside = sum(low <= 0.7 <= high for low, high in (f.range for f in found))
    assert inside >= 15  # 90 % of 20 less two standard errors
    assert np.mean([f.coefficient for f in found]) == pytest.approx(0.7, abs=0.05)
    assert max(f.p for f in found) < 0.01


def test_a_placebo_treatment_is_seldom_found():
    found = [ppml.effect(rows(seed, 0.0), "treated", MONTHS[AFTER]) for seed in range(20)]
    assert sum(f.p < 0.05 for f in found) <= 4


def test_leads_are_flat_unless_the_effect_came_early():
    flat = ppml.leads(rows(0, 0.7), "treated", MONTHS[AFTER])
    early = ppml.leads(rows(0, 0.7, start=AFTER - 5), "treated", MONTHS[AFTER])
    before = np.array(flat.quarters) < 0
    assert flat.quarters == tuple(range(-9, 3))
    assert flat.coefficient[before].mean() == pytest.approx(0.0, abs=1e-9)
    assert flat.coefficient[~before].mean() == pytest.approx(0.7, abs=0.15)
    assert flat.p > 0.01 and flat.largest < 0.2
    assert early.p < 1e-4 and early.largest > 0.3


def test_without_a_control_partner_nothing_is_identified():
    table = tidy(simulate(0, products=10).panel)
    with pytest.raises(InfeasibleError, match="absorb treated: nothing untreated is left"):
        ppml.effect(table, "listed", MONTHS[AFTER])
