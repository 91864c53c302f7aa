"""Debt paths against closed forms and against what other programs print."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from paths import shared

from karvan.macro.debt import Inputs, debt_paths, parts, stabilising_balance
from karvan.macro.debt.equation import carry

STILL = Inputs(growth=0.03, inflation=0.0, depreciation=0.0, rate_domestic=0.04, rate_foreign=0.0, primary_balance=0.01)


def rows(name: str) -> list[dict[str, str]]:
    path: Path = shared("benchmarks") / "benchmarks" / name
    return list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))


def path(d0: float, x: Inputs, years: int, a: float = 0.0) -> np.ndarray:
    return debt_paths(d0, a, x, 1, years).debt[0]


def by_year(value: float, count: int, years: int) -> np.ndarray:
    return np.where(np.arange(years) < count, value, 0.0)


@pytest.mark.parametrize("a", [0.0, 0.25, 1.0])
@pytest.mark.parametrize("e", [0.0, 0.1, -0.05])
def test_constant_inputs_are_a_geometric_series(a: float, e: float) -> None:
    x = Inputs(0.035, 0.08, e, 0.09, 0.045, -0.02, 0.01)
    R = ((1 - a) * 1.09 + a * 1.045 * (1 + e)) / (1.035 * 1.08)
    T = np.arange(1, 41)
    closed = R**T * 0.23 + 0.03 * (R**T - 1) / (R - 1)
    np.testing.assert_allclose(path(0.23, x, 40, a), closed, rtol=0, atol=1e-10)


def test_where_interest_equals_growth_debt_is_a_straight_line() -> None:
    x = Inputs(0.05, 0.0, 0.0, 0.05, 0.0, 0.01)
    np.testing.assert_allclose(path(0.5, x, 30), 0.5 - 0.01 * np.arange(1, 31), rtol=0, atol=1e-12)


def test_interest_of_constant_inputs() -> None:
    x = Inputs(0.02, 0.03, 0.10, 0.08, 0.05, 0.0)
    found = debt_paths(0.3, 0.4, x, 1, 1)
    assert found.interest[0, 0] == pytest.approx(0.3 * (0.6 * 0.08 + 0.4 * 0.05 * 1.1) / (1.02 * 1.03), abs=1e-12)


@pytest.mark.parametrize(("target", "years"), [(None, 1), (0.15, 10), (0.6, 3)])
@pytest.mark.parametrize("sfa", [0.0, 0.02])
def test_the_stabilising_balance_does_what_it_says(target: float | None, years: int, sfa: float) -> None:
    x = Inputs(0.03, 0.06, 0.04, 0.08, 0.05, 0.0, sfa)
    pb = stabilising_balance(0.25, carry(0.3, x), sfa, target, years)
    end = path(0.25, x._replace(primary_balance=pb), years, 0.3)[-1]
    assert end == pytest.approx(0.25 if target is None else target, abs=1e-12)


def test_the_stabilising_balance_where_interest_equals_growth() -> None:
    assert stabilising_balance(0.5, 1.0, 0.01) == pytest.approx(0.01, abs=1e-15)
    assert stabilising_balance(0.5, 1.0, 0.0, 0.4, 10) == pytest.approx(0.01, abs=1e-15)
    near = stabilising_balance(0.5, 1.0 + 1e-7, 0.0, 0.4, 10)
    assert near == pytest.approx(0.01, abs=1e-6)


def test_a_path_that_another_program_prints() -> None:
    expected = [float(r["debt"]) for r in rows("dsa_debtkit_project.csv")]
    np.testing.assert_allclose(path(expected[0], STILL, 10), expected[1:], rtol=0, atol=1e-15)


STRESSED = {
    "baseline": STILL,
    "growth": STILL._replace(growth=0.03 - by_year(0.01, 2, 5)),
    "interest_rate": STILL._replace(rate_domestic=0.06),
    "exchange_rate": STILL._replace(adjustment=by_year(0.9 * 0.20 * 0.15, 1, 5)),
    "primary_balance": STILL._replace(primary_balance=0.01 - by_year(0.01, 2, 5)),
    "combined": STILL._replace(growth=0.03 - by_year(0.005, 2, 5), rate_domestic=0.05),
    "contingent": STILL._replace(adjustment=by_year(0.10, 1, 5)),
}


@pytest.mark.parametrize("name", STRESSED)
def test_stress_tests_that_another_program_prints(name: str) -> None:
    expected = [float(r[name]) for r in rows("dsa_debtkit_stress.csv")]
    np.testing.assert_allclose(path(0.9, STRESSED[name], 5), expected[1:], rtol=0, atol=1e-14)


def test_parts_that_another_program_prints() -> None:
    given, expected = rows("dsa_debtkit_sample_input.csv"), rows("dsa_debtkit_decompose.csv")
    debt, i, g, pb = (
        np.array([float(r[c]) for r in given]) for c in ("debt", "interest_rate", "gdp_growth", "primary_balance")
    )
    x = Inputs(g[1:], 0.0, 0.0, i[1:], 0.0, pb[1:])
    found = parts(debt[:-1], debt[1:], 0.0, x)
    for ours, theirs in (
        ("interest", "interest_effect"),
        ("growth", "growth_effect"),
        ("primary_balance", "primary_balance_effect"),
        ("adjustment", "sfa"),
        ("change", "change"),
    ):
        np.testing.assert_allclose(getattr(found, ours), [float(r[theirs]) for r in expected], rtol=0, atol=1e-15)


@pytest.mark.parametrize("scenario", ["baseline", "growth_shock", "interest_shock", "primary_balance_shock"])
def test_the_spreadsheet_of_a_teaching_model(scenario: str) -> None:
    later = np.arange(5) >= 1
    x = Inputs(
        growth=0.035 - 0.02 * later * (scenario == "growth_shock"),
        inflation=0.0,
        depreciation=0.0,
        rate_domestic=0.04 + 0.02 * later * (scenario == "interest_shock"),
        rate_foreign=0.0,
        primary_balance=np.array([-1, -0.5, 0, 0.5, 1]) / 100 - 0.01 * later * (scenario == "primary_balance_shock"),
    )
    printed = [r for r in rows("dsa_tiny_dsa_parity.csv") if r["scenario"] == scenario and r["output"] == "shocked"]
    assert len(printed) == 5
    np.testing.assert_allclose(100 * path(0.6, x, 5), [float(r["debt_pct_gdp"]) for r in printed], rtol=0, atol=1e-12)
