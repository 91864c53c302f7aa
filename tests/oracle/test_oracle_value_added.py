"""Value added in exports: by hand, against the dense Leontief inverse, and its sums."""

from __future__ import annotations

import numpy as np
import pytest
from worlds import case, random_change, random_world

from karvan import ConvergenceError, LabelError, Outcome, solve, value_added_exports
from karvan.models.trade.value_added import ValueAdded, value_added

SEEDS = range(0, 200, 9)


def dense(M: np.ndarray, X: np.ndarray, gamma: np.ndarray, beta: np.ndarray) -> ValueAdded:
    """The textbook way: one (N J) x (N J) matrix and its inverse."""
    N, _, J = M.shape
    b = np.divide(M, X[:, None, :], out=np.zeros_like(M), where=X[:, None, :] > 0)
    t = np.where(X > 0, 1 - b.sum(axis=1), 0.0)
    a = np.einsum("nik,nkj->iknj", b, gamma).reshape(N * J, N * J)
    leontief = np.linalg.inv(np.eye(N * J) - a).reshape(N, J, N, J)
    exports = M.sum(axis=0) - np.einsum("nnj->nj", M)
    by_cell = np.einsum("cs,csnj,nj->ncsj", beta, leontief, exports)
    origin = by_cell.sum(axis=3)
    domestic = np.einsum("nnsj->nj", by_cell)
    foreign = by_cell.sum(axis=(1, 2)) - domestic
    duties = np.einsum("cs,csnj,nj->nj", np.einsum("ckj,ck->cj", gamma, t), leontief, exports)
    return ValueAdded(exports, domestic, foreign, duties, origin)


@pytest.fixture(scope="module")
def outcome() -> Outcome:
    world = random_world(5, 6, 4)
    return solve(world, random_change(5, world))


def test_one_sector_with_a_duty_by_hand() -> None:
    """A and B own 80; A buys 16 from B and pays 25 % on it, B buys 20 from A; half of cost is inputs.

    A dollar of A's output needs 0.4 from A, 0.08 from B and 0.02 of duty, one of B's 0.1 from A and 0.4 from B. For its
    20 of exports A makes 20 * 0.6 / 0.352 and B 20 * 0.08 / 0.352; half of each is value added.
    """
    M = np.array([[[80.0], [16.0]], [[20.0], [80.0]]])
    found = value_added(M, np.full((2, 1), 100.0), np.full((2, 1, 1), 0.5), np.full((2, 1), 0.5))
    assert found.exports[0, 0] == 20
    assert found.domestic[0, 0] == pytest.approx(6 / 0.352)
    assert found.foreign[0, 0] == pytest.approx(0.8 / 0.352)
    assert found.duties[0, 0] == pytest.approx(0.02 * 12 / 0.352)


def test_ore_in_exported_metal_by_hand() -> None:
    """A sells 100 of metal to B; half its cost is ore, of which 60 % is A's own: 50 metal, 30 ore, 20 foreign."""
    M = np.zeros((2, 2, 2))
    M[0, 0, 0], M[0, 1, 0], M[1, 0, 1], M[1, 1, 0] = 60.0, 40.0, 100.0, 10.0
    gamma = np.zeros((2, 2, 2))
    gamma[:, 0, 1] = 0.5
    found = value_added(M, M.sum(axis=1), gamma, 1 - gamma.sum(axis=1))
    np.testing.assert_allclose(found.exports, [[0, 100], [40, 0]])
    np.testing.assert_allclose(found.domestic, [[0, 80], [40, 0]])
    np.testing.assert_allclose(found.foreign, [[0, 20], [0, 0]])
    np.testing.assert_allclose(found.origin[0], [[30, 50], [20, 0]])
    assert not found.duties.any()


@pytest.mark.parametrize("seed", SEEDS)
def test_agrees_with_the_dense_inverse(seed: int) -> None:
    w = case(seed)
    found, expected = value_added(w.M, w.X, w.gamma, w.beta), dense(w.M, w.X, w.gamma, w.beta)
    for name, value in expected._asdict().items():
        np.testing.assert_allclose(getattr(found, name), value, atol=1e-10 * w.M.max(), err_msg=name)


@pytest.mark.parametrize("seed", SEEDS)
def test_domestic_foreign_and_duties_are_all_of_exports(seed: int) -> None:
    world = case(seed)
    out = value_added_exports(solve(world, random_change(seed, world)))
    for v in (out.before, out.after):
        np.testing.assert_allclose(v.domestic + v.foreign + v.duties, v.exports, atol=1e-11 * v.exports.max())
        own = np.einsum("nns->ns", v.origin)
        np.testing.assert_allclose(own.sum(axis=1), v.domestic.sum(axis=1), rtol=1e-10)
        np.testing.assert_allclose(
            v.origin.sum(axis=(1, 2)) - own.sum(axis=1), v.foreign.sum(axis=1), atol=1e-9 * v.exports.max()
        )
        assert min(part.min() for part in v) > -1e-12


def test_a_country_that_imports_no_inputs_exports_its_own_value_added() -> None:
    world = random_world(2, 5, 3)
    M = world.M.copy()
    M[0, 1:] = 0.0
    X = (M * (1 + world.tau)).sum(axis=1)
    found = value_added(M, X, world.gamma, world.beta)
    np.testing.assert_allclose(found.domestic[0], found.exports[0], rtol=1e-11)
    assert not found.foreign[0].any()
    assert found.foreign[1].any()
    without = value_added(world.M, world.X, np.zeros_like(world.gamma), np.ones_like(world.beta))
    np.testing.assert_array_equal(without.domestic, without.exports)


def test_sectors_that_only_feed_each_other_are_refused() -> None:
    M = np.array([[[8.0, 8.0], [1.0, 1.0]], [[1.0, 1.0], [8.0, 8.0]]])
    gamma = np.zeros((2, 2, 2))
    gamma[:, 0, 1] = gamma[:, 1, 0] = 1.0
    with pytest.raises(ConvergenceError, match=r"not yet traced to anybody's value added; look for sectors"):
        value_added(M, M.sum(axis=1), gamma, np.zeros((2, 2)))


def test_tables(outcome: Outcome) -> None:
    found = value_added_exports(outcome)
    world = outcome.world
    for row in found.table().to_dicts():
        for side in ("", "_new"):
            parts = row["domestic" + side] + row["foreign" + side] + row["duties" + side]
            assert parts == pytest.approx(row["exports" + side])
            assert row["domestic_percent" + side] == pytest.approx(100 * row["domestic" + side] / row["exports" + side])
    rows = found.table("C02").to_dicts()
    assert [row["sector"] for row in rows] == list(world.sectors)
    assert sum(row["domestic"] for row in rows) == pytest.approx(sum(row["by_origin"] for row in rows))
    origins = {row["origin"]: row["value_added_new"] for row in found.origins("C02").to_dicts()}
    assert origins["C02"] == pytest.approx(found.after.domestic[2].sum())
    with pytest.raises(LabelError, match="C99"):
        found.table("C99")


def test_raw_or_processed(outcome: Outcome) -> None:
    found = value_added_exports(outcome)
    raw, rest = found.raw(["s00", "s01"]).to_dicts(), found.raw(["s02", "s03"]).to_dicts()
    for some, others in zip(raw, rest, strict=True):
        for name in ("of_gross_exports", "of_value_added", "of_gross_exports_new", "of_value_added_new"):
            assert some[name] + others[name] == pytest.approx(100)
    assert raw[1]["of_gross_exports"] == pytest.approx(
        100 * found.before.exports[1, :2].sum() / found.before.exports[1].sum()
    )
    with pytest.raises(LabelError, match="unknown sector: oil"):
        found.raw(["oil"])
