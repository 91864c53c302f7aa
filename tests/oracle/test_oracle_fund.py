"""The fund against hand-worked closed forms: geometric sums, annuities, exhaustion of reserves."""

from __future__ import annotations

import math

import numpy as np
import pytest

from karvan.macro.claim import years_on_path, years_to_empty
from karvan.macro.fund import oil_wealth
from karvan.macro.fund_run import Run, Setting, advance, run
from karvan.macro.horizon import Field
from karvan.macro.receipts import Law
from karvan.macro.rules import Rule

YEARS = tuple(range(2026, 2056))
START, INFLOW, RATE = 60_000.0, 8_000.0, 0.03


def exact(a: float, k: float) -> Law:
    """A law of receipts without error: T = (a + k p) q."""
    nothing = np.zeros((2, 2))
    return Law("receipts", np.array([a, k]), nothing, 0.0, 5, 1.0, (1,), np.ones(1), np.ones((1, 2)), True, 1.0)


def certain(rule: Rule, start: float = START, inflow: float = INFLOW, rate: float = RATE, years: int = 30) -> Run:
    """A fund without chance: the price is 100 USD/bbl and one unit of oil is sold."""
    setting = Setting(
        start, exact(0.0, inflow / 100), rule, None, 1.0, np.zeros(years), np.zeros(years), math.nan, 0.0, 0
    )
    values = {"oil_price": np.full((3, years), 100.0), "fund_return": np.full((3, years), rate)}
    return run(setting, YEARS[:years], values)


def test_a_constant_drain_is_a_geometric_sum() -> None:
    found = certain(Rule("x", "", lambda s: 9_500.0))
    n = np.arange(1, 31)
    exact = START * (1 + RATE) ** n + (INFLOW - 9_500.0) * ((1 + RATE) ** n - 1) / RATE
    assert np.abs(found.balance / exact[:, None] - 1).max() < 1e-10
    assert (found.empty == -1).all()


def test_without_return_it_is_a_straight_line_and_then_nothing() -> None:
    found = certain(Rule("x", "", lambda s: 13_000.0), rate=0.0)
    line = np.maximum(START - 5_000.0 * np.arange(1, 31), 0.0)
    assert np.abs(found.balance - line[:, None]).max() < 1e-10 * START
    assert (found.empty == 11).all(), "60 bn at 5 bn a year last twelve years"
    assert np.allclose(found.withdrawals[12:], INFLOW), "what flows in is all that can be paid"


def test_the_lasting_withdrawal_is_the_annuity() -> None:
    found = certain(Rule("x", "", lambda s: 0.0))
    annuity = START * RATE / (1 - (1 + RATE) ** -30) + INFLOW
    assert np.abs(found.lasting / annuity - 1).max() < 1e-10
    just = certain(Rule("x", "", lambda s: annuity))
    assert np.abs(just.balance[-1]).max() < 1e-6 and (just.balance[-2] > 1_000).all()


def test_bird_in_hand_keeps_the_balance_and_permanent_income_keeps_the_wealth() -> None:
    held = certain(Rule("x", "", lambda s: RATE * s.balance), inflow=0.0)
    assert np.abs(held.balance / START - 1).max() < 1e-10
    receipts = np.r_[np.full(12, INFLOW), np.zeros(388)]
    wealth = oil_wealth(receipts, RATE)
    assert wealth[0] == pytest.approx(INFLOW * (1 - (1 + RATE) ** -12) / RATE, rel=1e-12)
    balance = START
    for t in range(20):
        total = balance + wealth[t]
        balance = float(advance(np.array(balance), RATE, receipts[t], RATE * total)[0])
        assert balance + wealth[t + 1] == pytest.approx(START + wealth[0], rel=1e-12)


@pytest.mark.parametrize(("drain", "rate"), [(11_000.0, 0.0), (11_000.0, 0.026), (2_300.0, 0.03), (60_000.0, 0.5)])
def test_years_to_empty_is_where_the_geometric_sum_is_zero(drain: float, rate: float) -> None:
    n = years_to_empty(START, drain, rate)
    left = START - drain * n if rate == 0 else START * (1 + rate) ** n - drain * ((1 + rate) ** n - 1) / rate
    assert abs(left) < 1e-8 * START
    whole = years_on_path(START, np.zeros(200), drain, rate)
    assert math.floor(whole) == math.floor(n)
    assert rate != 0 or whole == pytest.approx(n, rel=1e-12)


def test_a_return_above_the_drain_never_empties() -> None:
    assert years_to_empty(START, RATE * START, RATE) == math.inf
    assert years_to_empty(START, -5.0) == math.inf
    assert years_on_path(START, np.full(100, 500.0), 400.0, 0.0) == math.inf


@pytest.mark.parametrize(
    ("q", "reserves", "decline"), [(88.0, 4_000.0, 0.05), (88.0, 900.0, 0.05), (1.0, 20.0, 0.05), (90.0, 2_900.0, 0.08)]
)
def test_all_years_of_production_add_up_to_the_reserves(q: float, reserves: float, decline: float) -> None:
    field = Field(q, reserves, decline)
    made = np.array([float(field.production(t)) for t in range(3_000)])
    assert made.sum() == pytest.approx(reserves, rel=1e-10)
    assert made[0] <= q + 1e-12 and (np.diff(made) <= 1e-9).all()
    for t in (0, 7, 25, 60):
        assert float(field.left(t)) == pytest.approx(reserves - made[:t].sum(), rel=1e-9)
    plateau, delta = field.shape()
    assert plateau == pytest.approx(max(reserves / q - 1 / delta, 0.0))


def test_an_outage_scales_receipts_by_what_is_not_sold() -> None:
    whole, half = (certain(Rule("x", "", lambda s: 0.0), years=2) for _ in range(2))
    assert np.array_equal(whole.balance, half.balance)
    rule = Rule("x", "", lambda s: 0.0)
    setting = Setting(START, exact(-20.0, 1.0), rule, None, 10.0, np.array([0.4, 0.0]), np.zeros(2), math.nan, 0.0, 0)
    values = {"oil_price": np.full((1, 2), 70.0), "fund_return": np.zeros((1, 2))}
    found = run(setting, (2026, 2027), values)
    assert found.receipts.T[0] == pytest.approx([500 * 0.6, 500])
