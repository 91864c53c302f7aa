"""Mean reversion against reference estimates on published data (calibration example of sitmo.com, data as printed)."""

from __future__ import annotations

import csv

import numpy as np
import pytest
from paths import shared

from karvan.macro.oil_price import fit_ou


def test_the_fit_equals_the_reference() -> None:
    folder = shared("benchmarks") / "benchmarks"
    with (folder / "ou_sitmo_data.csv").open(encoding="utf-8") as file:
        x = np.array([float(row["S"]) for row in csv.DictReader(file)])
    with (folder / "ou_sitmo_reference.csv").open(encoding="utf-8") as file:
        known = {row["parameter"]: float(row["value"]) for row in csv.DictReader(file)}
    found = fit_ou(x, 0.25)
    assert found.kappa == pytest.approx(known["lambda"], rel=1e-10)
    assert found.mu == pytest.approx(known["mu"], rel=1e-10)
    assert found.sigma == pytest.approx(known["sigma_LS(n-2)"], rel=1e-10)
    assert found.sigma_ml == pytest.approx(known["sigma_ML(n)"], rel=1e-10)
