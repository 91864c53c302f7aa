"""Every function of the kernel on numbers that can be computed by hand: two countries, one or two sectors."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from karvan import Bloc, Change, World
from karvan.core.scenario import Scenario
from karvan.models.trade import fixed_point, kernel, prepare, welfare

LN2 = np.log(2)
NO_OUTPUT = np.zeros((0, 2))


def tables_world(**given: Any) -> World:
    """A and B own 80, each other 20, duty 25 % on A's imports; theta 4; half of cost is value added."""
    M = np.array([[[80.0], [16.0]], [[20.0], [80.0]]])
    tau = np.array([[[0.0], [0.25]], [[0.0], [0.0]]])
    return World.from_arrays(
        countries=["A", "B"], sectors=["g"], M=M, tau=tau, theta=4.0, gamma=np.full((2, 1, 1), 0.5), **given
    )


def tables() -> kernel.Tables:
    world = tables_world()
    return prepare.tables(world, Scenario("nothing").change(world))


def test_constant_tables() -> None:
    t = tables()
    np.testing.assert_allclose(t.A, [[[0.8, 0.2], [0.2, 0.8]]])
    np.testing.assert_allclose(t.B, [[[0.0, 0.16], [0.2, 0.0]]])
    np.testing.assert_allclose(t.B_own, [[0.8, 0.8]])
    np.testing.assert_allclose(t.X0, [[100, 100]])
    np.testing.assert_allclose(t.L, [50, 48])
    np.testing.assert_array_equal(t.groups, [[1, 1]])
    assert t.members.size == 0


def test_powers_of_costs_and_tariffs() -> None:
    """kappa_hat = 2 / 1.25 on A's imports, infinite on B's."""
    M = np.array([[[80.0], [16.0]], [[20.0], [80.0]]])
    tau = np.array([[[0.0], [0.25]], [[0.0], [0.0]]])
    world = World.from_arrays(countries=["A", "B"], sectors=["g"], M=M, tau=tau, theta=2.0)
    change = Change(tau_new=np.array([[[0], [1.0]], [[0], [0]]]), d_hat=np.array([[[1], [1]], [[np.inf], [1]]]))
    t = prepare.tables(world, Scenario.of(change).change(world))
    np.testing.assert_allclose(t.A, [[[0.8, 0.2 * 1.6**-2], [0.0, 0.8]]])
    np.testing.assert_allclose(t.B[0, 0, 1], 0.1 * 1.6**-2)


def test_apply_and_its_transpose() -> None:
    table = np.arange(12.0).reshape(3, 2, 2)
    vector = np.arange(6.0).reshape(3, 2)
    np.testing.assert_allclose(kernel.apply(table, vector), np.einsum("jni,ji->jn", table, vector))
    np.testing.assert_allclose(kernel.apply_transposed(table, vector), np.einsum("jni,jn->ji", table, vector))


def test_unit_cost() -> None:
    """c = w ** 0.5 P ** 0.5 / A: wages 4, prices 16 and productivity 2 make 4."""
    t = tables()._replace(ln_A_hat=np.full((1, 2), LN2))
    cost = kernel.unit_cost(np.full(2, 2 * LN2), np.full((1, 2), 4 * LN2), NO_OUTPUT, t)
    np.testing.assert_allclose(np.exp(cost), 4.0)


def test_unit_cost_takes_inputs_from_the_second_axis() -> None:
    gamma = np.zeros((1, 2, 2))
    gamma[0, 1, 0] = 0.5  # sector 0 buys sector 1
    t = tables()._replace(gamma=gamma, e_w=np.array([[0.5], [1.0]]), ln_A_hat=np.zeros((2, 1)))
    cost = kernel.unit_cost(np.zeros(1), np.array([[7.0], [2.0]]), np.zeros((0, 1)), t)
    np.testing.assert_allclose(cost, [[1.0], [0.0]])


def test_unit_cost_with_an_immobile_factor_and_scale() -> None:
    """beta ln vhat - psi ln Lhat with ln vhat = (ln w + ln Y) / 2 and ln Lhat = ln Y - ln w."""
    world = tables_world(specific=0.5, psi=0.1)
    t = prepare.tables(world, Scenario("nothing").change(world))
    cost = kernel.unit_cost(np.full(2, 2.0), np.zeros((1, 2)), np.full((1, 2), 4.0), t)
    np.testing.assert_allclose(cost, 0.5 * (0.5 * 2 + 0.5 * 4) - 0.1 * (4 - 2))
    np.testing.assert_allclose(t.L, [25, 24])
    np.testing.assert_allclose(kernel.rents(np.array([[100.0, 96.0]]), t), [25, 24])


def test_spending() -> None:
    t = tables()
    np.testing.assert_allclose(kernel.spending(np.array([[100.0, 50.0]]), np.array([10.0, 20.0]), t), [[60.0, 45.0]])


def test_pool_receipts() -> None:
    t = tables()._replace(netting=np.array([[0.75 - 1, 0.25], [0.75, 0.25 - 1]]))
    np.testing.assert_allclose(kernel.pool_receipts(np.array([8.0, 4.0]), t), [1.0, -1.0])


def test_deficits_of_both_closures() -> None:
    fixed = kernel.Closure("fixed", np.array([5.0, -5.0]), np.zeros(2))
    np.testing.assert_allclose(kernel.deficits(np.array([100.0, 48.0]), fixed), [5, -5])
    share = kernel.Closure("share", np.zeros(2), np.array([0.1, -0.1]))  # VA 100 and 48: 10 - 4.8 = 5.2 to spread
    got = kernel.deficits(np.array([100.0, 48.0]), share)
    np.testing.assert_allclose(got, [10 - 5.2 * 100 / 148, -4.8 - 5.2 * 48 / 148])
    assert got.sum() == pytest.approx(0.0, abs=1e-12)


def test_one_sweep_at_the_baseline_stands_still() -> None:
    t = tables()
    closure = kernel.Closure("fixed", np.array([-4.0, 4.0]), np.zeros(2))
    z = kernel.State(np.zeros(2), np.zeros((1, 2)), np.log(t.X0), NO_OUTPUT)
    s = kernel.sweep(z, t, closure)
    np.testing.assert_allclose(s.T, [4, 0], atol=1e-12)
    np.testing.assert_allclose(s.Y, [[100, 96]])
    np.testing.assert_allclose(s.I, [50, 52])
    np.testing.assert_allclose(s.X, [[100, 100]])
    assert max(kernel.residuals(kernel.gaps(z, s, t), s).values()) < 1e-14


def test_one_sweep_away_from_the_baseline() -> None:
    """B's wage doubles: its cost is 2 ** 0.5, so u = 1/4; A's phi = 0.8 + 0.05."""
    t = tables()
    z = kernel.State(np.array([0.0, LN2]), np.zeros((1, 2)), np.log(t.X0), NO_OUTPUT)
    s = kernel.sweep(z, t, kernel.Closure("fixed", np.array([-4.0, 4.0]), np.zeros(2)))
    np.testing.assert_allclose(s.u, [[1.0, 0.25]])
    np.testing.assert_allclose(s.phi, [[0.85, 0.4]])
    np.testing.assert_allclose(s.P, [[-np.log(0.85) / 4, -np.log(0.4) / 4]])
    imports, exports = 100 / 0.85 * 0.16 * 0.25, 100 / 0.4 * 0.2
    np.testing.assert_allclose(s.Y[0, 0], 80 / 0.85 + exports)
    np.testing.assert_allclose(s.T[0], 0.25 * imports)
    np.testing.assert_allclose(s.zeta[0], (exports - imports - 4) / (0.5 * (exports + imports) + 4))
    np.testing.assert_allclose(s.paid[1] / s.wL[1], 0.5 * (100 / 0.4 * 0.8 * 0.25 + imports) / 96)
    np.testing.assert_allclose(s.I[1], 96 + 4)


def test_pooled_duties_in_a_sweep() -> None:
    flow = np.full((3, 3, 1), 50.0)
    tau = np.zeros((3, 3, 1))
    tau[0, 2], tau[1, 2], tau[2, :2] = 0.2, 0.1, 0.3
    bloc = Bloc("CU", ("A", "B"), shares={"A": 0.75, "B": 0.25}, collection=0.8)
    world = World.from_arrays(countries=["A", "B", "C"], sectors=["g"], M=flow, tau=tau, theta=4.0, blocs=[bloc])
    t = prepare.tables(world, Scenario("nothing").change(world))
    z = kernel.State(np.zeros(3), np.zeros((1, 3)), np.log(t.X0), np.zeros((0, 3)))
    s = kernel.sweep(z, t, kernel.Closure("fixed", world.D, np.zeros(3)))
    np.testing.assert_array_equal(t.members, [0, 1])
    np.testing.assert_allclose(s.pooled, [8, 4], atol=1e-12)
    np.testing.assert_allclose(t.netting, [[0.75 - 1, 0.25, 0], [0.75, 0.25 - 1, 0]])
    np.testing.assert_allclose(s.NP, [1, -1, 0], atol=1e-12)


def test_numeraire_of_one_world_and_of_two() -> None:
    t = tables()
    w = kernel.numeraire(np.log([2.0, 1.0]), t)
    assert (np.exp(w) * t.L).sum() == pytest.approx(98.0)
    assert np.exp(w[0] - w[1]) == pytest.approx(2.0)
    np.testing.assert_allclose(kernel.numeraire(np.log([2.0, 5.0]), t._replace(groups=np.eye(2))), 0.0, atol=1e-15)


def test_packing_is_undone_by_unpacking() -> None:
    t = tables()
    z = kernel.State(np.zeros(2), np.array([[1.0, 2.0]]), np.array([[3.0, 4.0]]), NO_OUTPUT)
    again = fixed_point.unpack(fixed_point.pack(z), t)
    for a, b in zip(z, again, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-15)


def test_anderson_solves_a_linear_map_in_a_few_steps() -> None:
    rng = np.random.default_rng(1)
    matrix, right = 0.95 * np.linalg.qr(rng.normal(size=(5, 5)))[0], rng.normal(size=5)
    memory, z = fixed_point.Anderson(8, np.zeros(5)), np.zeros(5)
    for _ in range(9):
        z = z + memory.step(z, matrix @ z + right - z)
    np.testing.assert_allclose(z, np.linalg.solve(np.eye(5) - matrix, right), atol=1e-6)


def test_price_of_living() -> None:
    got = welfare.price_of_living(np.array([[4.0, 9.0], [2.0, 1.0]]), np.array([[0.5, 0.5], [1.0, 0.0]]))
    np.testing.assert_allclose(got, [6.0, 2.0])


def test_first_order_by_hand() -> None:
    """A's cost rises 10 %, it exports 20 and imports 16 at 25 %; its imports grow by half."""
    M = np.array([[[80.0], [16.0]], [[20.0], [80.0]]])
    tau = np.array([[[0.0], [0.25]], [[0.0], [0.0]]])
    M_new = M * np.array([[[1.0], [1.5]], [[1.0], [1.0]]])
    parts = welfare.first_order(M, tau, np.array([100.0, 100.0]), M_new, np.array([[1.1], [1.0]]))
    np.testing.assert_allclose(parts.terms_of_trade, [20 * 0.1 / 100, -20 * 0.1 / 100])
    np.testing.assert_allclose(parts.volume_of_trade, [0.25 * 16 * 0.5 / 100, 0.0])


def test_first_order_counts_a_duty_on_own_sales() -> None:
    M = np.array([[[80.0], [16.0]], [[20.0], [80.0]]])
    tau = np.array([[[0.1], [0.0]], [[0.0], [0.0]]])
    M_new = M * np.array([[[1.2], [1.0]], [[1.0], [1.0]]])
    parts = welfare.first_order(M, tau, np.array([100.0, 100.0]), M_new, np.ones((2, 1)))
    np.testing.assert_allclose(parts.volume_of_trade, [0.1 * 80 * 0.2 / 100, 0.0])
