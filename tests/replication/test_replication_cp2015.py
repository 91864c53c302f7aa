"""Caliendo and Parro (2015), NAFTA, from the authors' files; the exact column is that of five independent codes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from paths import SHARED

from karvan import Outcome, SourceError, replicate
from karvan.replication import cp2015

DATA = SHARED / "cp2015_nafta"
needs_data = pytest.mark.skipif(
    not DATA.is_dir(),
    reason=f"the authors' files are not at {DATA.parent.name}/{DATA.name}; their licence keeps them out",
)
COLUMNS = ("terms_of_trade", "volume_of_trade", "first_order", "real_wage_hat")

# percent, as printed (two decimals), and with the digits of the authors' own output (three significant)
PRINTED = {"MEX": (-0.41, 1.72, 1.31, 1.72), "CAN": (-0.11, 0.04, -0.06, 0.32), "USA": (0.04, 0.04, 0.08, 0.11)}
MORE = {
    "MEX": ("-0.412", "1.724", "1.31", "1.715"),
    "CAN": ("-0.108", "0.0443", "-0.0638", "0.323"),
    "USA": ("0.0435", "0.0412", "0.0848", "0.112"),
}
KEPT = {"MEX": (-0.41, 1.59, 1.17, 1.64), "CAN": (-0.08, 0.04, -0.04, 0.33), "USA": (0.05, 0.04, 0.08, 0.12)}
EXACT = {"MEX": 0.0073, "CAN": -0.1101, "USA": 0.0741}
INTRA_BLOC = {"MEX": 118, "CAN": 11, "USA": 41}


@pytest.fixture(scope="module")
def purged() -> Outcome:
    return cp2015.solved(DATA)


@pytest.fixture(scope="module")
def kept() -> Outcome:
    return cp2015.solved(DATA, deficits="fixed")


def percent(out: Outcome, name: str, country: str) -> float:
    value = float(out.values[name][cp2015.COUNTRIES.index(country)])
    return 100 * (value - 1 if name.endswith("_hat") else value)


@needs_data
@pytest.mark.parametrize("country", cp2015.NAFTA)
def test_printed_digits(purged: Outcome, country: str) -> None:
    assert tuple(round(percent(purged, name, country), 2) + 0.0 for name in COLUMNS) == PRINTED[country]


@needs_data
@pytest.mark.parametrize("country", cp2015.NAFTA)
def test_more_digits(purged: Outcome, country: str) -> None:
    for name, text in zip(COLUMNS, MORE[country], strict=True):
        assert percent(purged, name, country) == pytest.approx(float(text), abs=0.51 * 10.0 ** -len(text.split(".")[1]))


@needs_data
@pytest.mark.parametrize("country", cp2015.NAFTA)
def test_exact_real_income(purged: Outcome, country: str) -> None:
    assert percent(purged, "welfare_hat", country) == pytest.approx(EXACT[country], abs=5e-4)


@needs_data
@pytest.mark.parametrize("country", cp2015.NAFTA)
def test_deficits_kept(kept: Outcome, country: str) -> None:
    assert tuple(round(percent(kept, name, country), 2) + 0.0 for name in COLUMNS) == KEPT[country]


@needs_data
@pytest.mark.parametrize("country", cp2015.NAFTA)
def test_imports_inside_the_bloc(purged: Outcome, country: str) -> None:
    n = cp2015.COUNTRIES.index(country)
    others = [cp2015.COUNTRIES.index(c) for c in cp2015.NAFTA if c != country]
    before, after = purged.world.M[n, others].sum(), purged.values["M_new"][n, others].sum()
    assert round(100 * (after / before - 1)) == INTRA_BLOC[country]


@needs_data
def test_the_case_itself(purged: Outcome) -> None:
    files = cp2015.read(DATA)
    assert files.M.shape == (31, 31, 40)
    assert (files.M >= 0).all()
    np.testing.assert_allclose(files.gamma.sum(axis=1) + files.beta, 1.0, atol=1e-9)
    world = cp2015.world(files)
    assert not world.in_equilibrium
    np.testing.assert_allclose(purged.values["deficit_new"] / purged.world.I, 0, atol=1e-9)
    assert purged.residuals.max() < 1e-10


@needs_data
def test_table() -> None:
    table = replicate("cp2015", DATA)
    assert len(table.rows) == 15
    assert all(row["verdict"] == "agrees" and row["tolerance"] <= 0.006 for row in table.to_dicts())


def test_without_data_the_message_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"GO.txt: not found; point --data at the folder"):
        replicate("cp2015", tmp_path)
    with pytest.raises(SourceError, match=r"no replication 'cp2016'\. Did you mean 'cp2015'"):
        replicate("cp2016", tmp_path)
    with pytest.raises(SourceError, match="no published table for deficits='share'"):
        replicate("cp2015", tmp_path, deficits="share")
