"""Every fault of the input is refused by name: which symbol, which country and sector, what to do."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from worlds import random_world

from karvan import (
    Bloc,
    Change,
    IdentityError,
    InfeasibleError,
    KarvanError,
    KarvanWarning,
    ScenarioError,
    SymbolError,
    World,
    solve,
)

CELLS: dict[str, tuple[int, ...]] = {
    "M": (1, 2, 0),
    "tau": (1, 2, 0),
    "gamma": (1, 2, 0),
    "beta": (1, 2),
    "theta": (1,),
    "specific": (1, 2),
    "psi": (1,),
    "d_hat": (1, 2, 0),
    "tau_new": (1, 2, 0),
    "A_hat": (1, 2),
    "D_new": (1,),
    "pool_new": (0, 1),
}
NAMED = {
    "M": r"\(C01, C02, s00\)",
    "tau": r"\(C01, C02, s00\)",
    "gamma": r"\(C01, s02, s00\)",
    "beta": r"\(C01, s02\)",
    "theta": r"\(s01\)",
    "specific": r"\(C01, s02\)",
    "psi": r"\(s01\)",
    "d_hat": r"\(C01, C02, s00\)",
    "tau_new": r"\(C01, C02, s00\)",
    "A_hat": r"\(C01, s02\)",
    "D_new": r"\(C01\)",
    "pool_new": r"\(CU, C01\)",
}
OF_WORLD = ("M", "tau", "gamma", "beta", "theta", "specific", "psi")
OF_CHANGE = ("d_hat", "tau_new", "A_hat", "D_new", "pool_new")


@pytest.fixture(scope="module")
def world() -> World:
    return random_world(7, 5, 3, zeros=0.0)


def base(world: World, name: str) -> np.ndarray:
    neutral = {"d_hat": np.ones_like(world.M), "A_hat": np.ones_like(world.beta)}
    return neutral[name] if name in neutral else np.array(getattr(world, name.removesuffix("_new")))


def with_cell(world: World, name: str, value: float, at: tuple[int, ...] = ()) -> np.ndarray:
    changed = base(world, name).astype(float)
    changed[at or CELLS[name]] = value
    return changed


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("name", OF_WORLD)
def test_no_number_in_a_world(world: World, name: str, value: float) -> None:
    with pytest.raises(SymbolError, match=rf"^{name}: 1 value\(s\) are NaN or infinite, at {NAMED[name]}"):
        world.rebuilt(**{name: with_cell(world, name, value)})


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("name", OF_CHANGE)
def test_no_number_in_a_change(world: World, name: str, value: float) -> None:
    change = Change(**{name: with_cell(world, name, value)})
    if name == "d_hat" and value == np.inf:
        assert solve(world, change).converged  # an embargo
        return
    with pytest.raises(SymbolError, match=rf"^{name}: .*{NAMED[name]}"):
        solve(world, change)


@pytest.mark.parametrize("value", [np.inf, -np.inf, -1.0])
def test_no_tariff_in_a_schedule(world: World, value: float) -> None:
    table = np.array(world.schedules["mfn"])
    table[1, 2] = value
    with pytest.raises(SymbolError, match=r"^schedule mfn: 1 tariff\(s\) .*\(C01, s02\); use NaN where .* unknown"):
        world.rebuilt(schedules={"mfn": table})
    table[1, 2] = np.nan
    assert np.isnan(world.rebuilt(schedules={"mfn": table}).schedules["mfn"][1, 2])


@pytest.mark.parametrize(
    ("name", "value", "error", "message"),
    [
        ("M", -1.0, SymbolError, r"M: 1 value\(s\) outside >= 0 .*\(C01, C02, s00\)"),
        ("tau", -1.0, SymbolError, r"tau: .*-100 % or less .*\(C01, C02, s00\)"),
        ("gamma", 1.2, SymbolError, r"gamma: .*outside 0..1 .*\(C01, s02, s00\)"),
        ("gamma", 0.99, IdentityError, r"gamma: input shares above 1 in 1 sector\(s\), at \(C01, s00\)"),
        ("beta", 1.1, SymbolError, r"beta: .*outside 0..1 .*\(C01, s02\)"),
        ("beta", 0.99, IdentityError, r"beta \+ sum of gamma is not 1 .*\(C01, s02\)"),
        ("theta", 0.0, SymbolError, r"theta: 1 value\(s\) outside > 0 .*\(s01\)"),
        ("theta", -4.0, SymbolError, r"theta: 1 value\(s\) outside > 0 .*\(s01\)"),
        ("specific", -0.1, SymbolError, r"specific: 1 value\(s\) outside 0..1 .*\(C01, s02\)"),
        ("specific", 1.1, SymbolError, r"specific: 1 value\(s\) outside 0..1 .*\(C01, s02\)"),
        ("psi", -0.1, SymbolError, r"psi: 1 value\(s\) outside >= 0 .*\(s01\)"),
        ("psi", 2.0, IdentityError, r"psi: scale economies are too strong in 5 sector\(s\), at \(C00, s01\)"),
    ],
)
def test_values_of_a_world_out_of_range(
    world: World, name: str, value: float, error: type[KarvanError], message: str
) -> None:
    with pytest.raises(error, match=message):
        world.rebuilt(**{name: with_cell(world, name, value)})


def test_a_country_without_mobile_factor(world: World) -> None:
    with pytest.raises(IdentityError, match=r"no mobile factor is left in C01, hence no wage"):
        world.with_factors(specific=with_cell(world, "specific", 1.0, (1,)))


@pytest.mark.parametrize(
    ("name", "at", "value", "message"),
    [
        ("d_hat", (1, 2, 0), 0.0, r"d_hat: ratios must be above 0, at \(C01, C02, s00\)"),
        ("A_hat", (1, 2), -1.0, r"A_hat: ratios must be above 0, at \(C01, s02\)"),
        ("tau_new", (1, 2, 0), -1.5, r"tau_new: .*-100 % or less .*\(C01, C02, s00\)"),
        ("D_new", (2,), 1e4, r"D_new: deficits of the world sum to .* must sum to zero \(largest: C02 10000, "),
        ("pool_new", (0, 1), -0.1, r"pool_new: .*negative at \(CU, C01\)"),
        ("pool_new", (0, 1), 0.9, r"pool_new: .* sum to 1 .*; they sum to CU 1\.\d+"),
    ],
)
def test_values_of_a_change_out_of_range(
    world: World, name: str, at: tuple[int, ...], value: float, message: str
) -> None:
    with pytest.raises(SymbolError, match=message):
        solve(world, Change(**{name: with_cell(world, name, value, at)}))


def test_a_change_that_empties_markets(world: World) -> None:
    d_hat = np.ones_like(world.M)
    d_hat[1] = np.inf
    with pytest.raises(InfeasibleError, match=r"left without any supplier: \(C01, s00\), \(C01, s01\), \(C01, s02\)"):
        solve(world, Change(d_hat=d_hat))


@pytest.mark.parametrize(
    ("shares", "message"),
    [
        ({"C00": 0.4, "C01": 0.5}, r"bloc CU: pool shares must be >= 0 and sum to 1, they sum to 0\.9"),
        ({"C00": np.nan, "C01": 0.5}, r"bloc CU: .*outside 0\.\.1: C00 nan"),
        ({"C00": 1.5, "C01": -0.5}, r"bloc CU: .*outside 0\.\.1: C00 1\.5, C01 -0\.5"),
    ],
)
def test_pool_shares_of_a_bloc(shares: dict[str, float], message: str) -> None:
    with pytest.raises(SymbolError, match=message):
        Bloc("CU", ("C00", "C01"), shares=shares)


@pytest.mark.parametrize("value", [np.nan, -0.1, 1.1])
def test_collection_of_a_bloc(value: float) -> None:
    with pytest.raises(SymbolError, match=r"bloc CU: collection rate .* outside 0\.\.1"):
        Bloc("CU", ("C00", "C01"), shares={"C00": 0.5, "C01": 0.5}, collection=value)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"deficits": "shares"}, r"unknown closure 'shares'\. Did you mean 'share'"),
        ({"tol": np.nan}, "tol nan must be above 0"),
        ({"max_steps": 0}, "max_steps 0"),
    ],
)
def test_options(world: World, options: dict[str, Any], message: str) -> None:
    with pytest.raises(ScenarioError, match=message):
        solve(world, **options)


def test_dust_is_dropped_and_counted(world: World) -> None:
    M = with_cell(world, "M", 4e-7)
    M[2, 1, 0] = 1e-7
    with pytest.warns(KarvanWarning, match=r"M: 2 flow\(s\) below 1e-06 MUSD, 5e-07 MUSD together, are dropped, at "):
        clean = world.rebuilt(M=M)
    assert clean.M[1, 2, 0] == clean.M[2, 1, 0] == 0
    assert M[1, 2, 0] == 4e-7
    assert world.rebuilt(M=M, dust=0.0).M[1, 2, 0] == 4e-7
    with pytest.raises(SymbolError, match="dust: -1"):
        world.rebuilt(M=M, dust=-1.0)


def test_dust_that_was_kept_survives_a_file(world: World, tmp_path: Any) -> None:
    kept = world.rebuilt(M=with_cell(world, "M", 4e-7), dust=0.0)
    kept.save(tmp_path / "kept.npz")
    assert World.load(tmp_path / "kept.npz").sha256 == kept.sha256
    assert kept.rebuilt(year=2022).M[1, 2, 0] == 4e-7


def test_a_theta_that_drowns_in_rounding_is_refused_by_sector() -> None:
    world = random_world(1, 3, 2)
    with pytest.raises(SymbolError, match=r"theta: 1 value\(s\) below 0.0001 at \(s01\)"):
        world.with_theta([4.0, 1e-9])


def test_a_solution_with_an_overflow_is_no_solution() -> None:
    world = random_world(1, 3, 2, unions=False)
    A_hat = np.ones_like(world.beta)
    A_hat[0, 0] = 1e-320
    with pytest.raises(KarvanError, match=r"solved, but c_hat.* overflow"):
        solve(world, Change(A_hat=A_hat))
