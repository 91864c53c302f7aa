"""The special cases once more with immobile factors and scale economies, and near autarky under every closure."""

from __future__ import annotations

import numpy as np
import pytest
from checker import residuals
from test_special_cases import buyers_lost, cut, two_continents
from worlds import random_change, random_world

from karvan import Change, World, embargo, solve

FACTORS = [{"specific": 0.6}, {"psi": 0.1}, {"specific": 0.3, "psi": 0.1}]


@pytest.fixture(params=FACTORS, ids=lambda f: " ".join(f))
def factors(request: pytest.FixtureRequest) -> dict[str, float]:
    return dict(request.param)


def finite(world: World, change: Change | None = None, deficits: str = "fixed") -> dict[str, np.ndarray]:
    out = solve(world, change, deficits=deficits, tol=1e-12)
    assert all(np.isfinite(x).all() for x in out.values.values())
    return dict(out.values)


def test_a_country_cut_off(factors: dict[str, float]) -> None:
    world = random_world(3, 6, 4, zeros=0.0, deficits=0.2).with_factors(**factors)
    out = solve(world, cut("C04"), deficits="purge", tol=1e-12)
    rest = [0, 1, 2, 3, 5]
    assert out.values["w_hat"][4] == pytest.approx(1.0, abs=1e-10)
    wages = out.values["w_hat"] * out.world.L
    assert wages[rest].sum() == pytest.approx(out.world.L[rest].sum(), rel=1e-12)
    assert not out.values["M_new"][4, rest].any()


def test_two_continents(factors: dict[str, float]) -> None:
    world = two_continents().with_factors(**factors)
    change = random_change(5, world, ["tau_new", "d_hat"])
    tau, d_hat = np.array(change.tau_new), np.array(change.d_hat)
    both = finite(world, change)
    tau[:3], d_hat[:3] = world.tau[:3], 1.0
    right = finite(world, Change(tau_new=tau, d_hat=d_hat))
    np.testing.assert_allclose(right["welfare_hat"][:3], 1.0, atol=1e-10)
    np.testing.assert_allclose(both["welfare_hat"][3:], right["welfare_hat"][3:], rtol=1e-9)


def test_a_producer_without_buyers_stops(factors: dict[str, float]) -> None:
    out = finite(buyers_lost().with_factors(**factors), embargo(between=["A", "B"], sectors="part"))
    assert out["Y_new"][0, 1] == 0
    assert out["X_new"][0, 2] == 0


def test_absent_and_non_traded_sectors(factors: dict[str, float]) -> None:
    world = random_world(4, 6, 4, zeros=0.3).with_factors(**factors)
    assert world.X[1, 1] == 0
    out = finite(world, random_change(4, world))
    assert out["X_new"][1, 1] == 0
    np.testing.assert_allclose(out["pi_new"][:, :, 2], np.eye(6) * (world.X[:, None, 2] > 0), atol=1e-15)


def test_a_sector_without_value_added(factors: dict[str, float]) -> None:
    """What cannot be earned cannot be specific: only scale acts there."""
    M = np.array([[[50.0, 20.0], [10.0, 5.0]], [[10.0, 5.0], [50.0, 20.0]]])
    gamma = np.zeros((2, 2, 2))
    gamma[:, 0, 1] = 1.0
    world = World.from_arrays(countries=["A", "B"], sectors=["g", "pack"], M=M, gamma=gamma, theta=5.0, **factors)
    out = finite(world, Change(A_hat=np.array([[1.1, 1.0], [1.0, 1.0]])))
    L_hat = out["Y_new"][:, 1] / world.Y[:, 1] / out["w_hat"]
    expected = out["P_hat"][:, 0] * L_hat ** -factors.get("psi", 0.0)
    np.testing.assert_allclose(out["c_hat"][:, 1], expected, rtol=1e-10)


def test_an_embargo_is_the_limit_of_a_high_cost(factors: dict[str, float]) -> None:
    world = random_world(5, 5, 3, zeros=0.0, unions=False).with_factors(**factors)
    d_hat = np.ones_like(world.M)
    d_hat[0, 1:4] = d_hat[1:4, 0] = 1e4
    high, closed = finite(world, Change(d_hat=d_hat)), finite(world, Change(d_hat=np.where(d_hat > 1, np.inf, 1.0)))
    np.testing.assert_allclose(high["welfare_hat"], closed["welfare_hat"], rtol=1e-6)


@pytest.mark.parametrize("kind", ["fixed", "share", "purge"])
def test_near_autarky_every_closure_keeps_its_word(factors: dict[str, float], kind: str) -> None:
    """Trade of one part in a hundred million balances as exactly as any other."""
    world = random_world(6, 5, 3, zeros=0.0, unions=False)
    thin = np.where(np.eye(5, dtype=bool)[:, :, None], 1.0, 1e-8)
    world = World.from_arrays(
        countries=world.countries, sectors=world.sectors, M=1e6 * world.M * thin, tau=world.tau, theta=world.theta
    ).with_factors(**factors)
    change = random_change(6, world, ["d_hat", "tau_new"], size=0.5)
    out = solve(world, change, deficits=kind)
    M = np.where(thin < 1, out.values["M_new"], 0.0)
    exports, imports = M.sum(axis=(0, 2)), M.sum(axis=(1, 2))
    assert (np.abs(exports - imports + out.values["deficit_new"]) <= 1e-9 * (exports + imports)).all()
    gaps = residuals(out.world, out, dict(change.items()))
    assert max(gaps.values()) < 1e-9, gaps


def test_the_checker_sees_a_wrong_class_of_model() -> None:
    """The costs of the checker depend on specific and psi: solved in one class, checked in another, they disagree."""
    world = random_world(4, 5, 3)
    change = random_change(4, world)
    for factors in FACTORS:
        out = solve(world.with_factors(**factors), change)
        assert max(residuals(world.with_factors(**factors), out, dict(change.items())).values()) < 1e-8
        assert residuals(world, out, dict(change.items()))["cost"] > 1e-4
