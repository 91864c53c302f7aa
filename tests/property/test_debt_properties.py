"""What holds for debt paths whatever the inputs."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from karvan.macro.debt import Inputs, debt_paths, parts, stabilising_balance
from karvan.macro.debt.equation import carry, next_debt

rates = st.floats(-0.3, 0.5)
inputs = st.builds(Inputs, rates, rates, rates, rates, rates, rates, rates)
shares = st.floats(0, 1)
debts = st.floats(0, 3)


@given(debts, debts, shares, inputs)
def test_parts_add_up_to_the_change(d: float, new: float, a: float, x: Inputs) -> None:
    found = parts(d, new, a, x)
    assert np.isclose(sum(found[:-1]), new - d, rtol=0, atol=1e-12)


@given(debts, shares, inputs)
def test_no_adjustment_is_left_where_the_equation_made_the_path(d: float, a: float, x: Inputs) -> None:
    new = next_debt(d, carry(a, x), x.primary_balance, 0.0)
    assert abs(parts(d, new, a, x).adjustment) < 1e-12


@given(debts, debts, shares, inputs)
def test_paths_are_linear_in_the_debt_they_start_from(d: float, more: float, a: float, x: Inputs) -> None:
    one, two = debt_paths(d, a, x, 1, 4).debt, debt_paths(d + more, a, x, 1, 4).debt
    alone = debt_paths(more, a, x._replace(primary_balance=0.0, adjustment=0.0), 1, 4).debt
    np.testing.assert_allclose(two - one, alone, rtol=1e-9, atol=1e-9)


@given(debts, inputs)
def test_without_foreign_debt_the_dollar_does_not_matter(d: float, x: Inputs) -> None:
    dear = x._replace(depreciation=2.0, rate_foreign=1.0)
    np.testing.assert_array_equal(debt_paths(d, 0.0, x, 1, 3).debt, debt_paths(d, 0.0, dear, 1, 3).debt)


@given(debts, shares, inputs)
def test_the_stabilising_balance_leaves_debt_where_it_is(d: float, a: float, x: Inputs) -> None:
    R = carry(a, x)
    held = stabilising_balance(d, R, x.adjustment)
    assert np.isclose(next_debt(d, R, held, x.adjustment), d, rtol=0, atol=1e-8)
