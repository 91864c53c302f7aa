from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from worlds import random_world

from karvan import Bloc, Block, IdentityError, KarvanWarning, LabelError, Params, Range, SourceError, SymbolError, World

M = np.array([[[60.0, 30.0], [20.0, 5.0]], [[10.0, 15.0], [70.0, 40.0]]])
GAMMA = np.full((2, 2, 2), 0.2)


def make(**given: Any) -> World:
    return World.from_arrays(**{"countries": ["KAZ", "RUS"], "sectors": ["oil", "food"], "M": M, "theta": 4.0, **given})


def with_cell(value: float) -> np.ndarray:
    changed = M.copy()
    changed[0, 1, 1] = value
    return changed


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ({"M": M[:1]}, SymbolError, r"M: shape \(1, 2, 2\), expected \(2, 2, 2\)"),
        ({"M": with_cell(np.nan)}, SymbolError, r"M: 1 value\(s\) are NaN or infinite, at \(KAZ, RUS, food\)"),
        ({"M": with_cell(np.inf)}, SymbolError, "NaN or infinite"),
        ({"M": with_cell(-1)}, SymbolError, r"M: 1 value\(s\) outside >= 0 .* first -1, at \(KAZ, RUS, food\)"),
        ({"M": "abc"}, SymbolError, "not an array of numbers"),
        ({"theta": 0.0}, SymbolError, r"theta: 2 value\(s\) outside > 0"),
        ({"theta": [4.0]}, SymbolError, "theta: shape"),
        ({"tau": -1.0}, SymbolError, "-100 % or less"),
        ({"gamma": np.full((2, 2, 2), 0.6)}, IdentityError, r"gamma: input shares above 1 in 4 sector\(s\)"),
        ({"gamma": np.full((2, 2, 2), 1.2)}, SymbolError, r"gamma: 8 value\(s\) outside 0..1"),
        ({"gamma": GAMMA, "beta": np.full((2, 2), 0.5)}, IdentityError, "beta [+] sum of gamma is not 1 in 4"),
        ({"beta": np.full((2, 2), 0.5)}, IdentityError, "beta is below 1 but gamma is not given"),
        ({"M": M * [[[1, 0.1]]], "gamma": np.full((2, 2, 2), 0.4)}, IdentityError, "final demand is negative in"),
        ({"negative_demand": "drop"}, SymbolError, "negative_demand: 'drop'"),
        ({"specific": 1.5}, SymbolError, r"specific: .*outside 0..1 .*\(KAZ, "),
        ({"specific": 1.0}, IdentityError, "specific: no mobile factor is left in "),
        ({"psi": [0.1, -0.1]}, SymbolError, "psi: .*outside >= 0"),
        ({"psi": [0.1, 9.0]}, IdentityError, r"psi: scale economies are too strong .*\(KAZ, "),
        ({"countries": ["KAZ", "KAZ"]}, LabelError, "duplicate"),
        ({"services": ["trade"]}, LabelError, "unknown service sector: trade"),
        ({"schedules": {"mfn": np.zeros((3, 2))}}, SymbolError, "schedule mfn: shape"),
        ({"M": M * [[[1.0]], [[0.0]]] * [[[1.0], [0.0]]]}, IdentityError, "is not positive in RUS"),
        ({"sources": "someone"}, SourceError, "expected a mapping"),
        ({"sources": [Block("M", flag="guessed")]}, SourceError, "unknown flag 'guessed'"),
        ({"params": Params(theta=Range(np.ones(3), np.ones(3), np.ones(3)))}, SymbolError, r"theta: shape \(3,\)"),
        ({"blocs": [Bloc("B", ("KAZ", "UZB"), shares={"KAZ": 0.5, "UZB": 0.5})]}, LabelError, "not in the world: UZB"),
    ],
)
def test_bad_input_is_refused_by_name(given: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        make(**given)


def test_a_tariff_of_2500_percent_warns() -> None:
    with pytest.warns(KarvanWarning, match=r"4 tariff\(s\) of 500% or more.*write 0.25 for 25 %"):
        make(tau=np.array([[[0, 0], [25, 25]], [[25, 25], [0, 0]]]))


def test_what_a_baseline_implies_by_hand() -> None:
    tau = np.zeros((2, 2, 2))
    tau[0, 1] = 0.1
    world = make(tau=tau, gamma=GAMMA)
    np.testing.assert_allclose(world.X, [[82.0, 35.5], [80.0, 55.0]])
    np.testing.assert_allclose(world.Y, [[70.0, 45.0], [90.0, 45.0]])
    np.testing.assert_allclose(world.beta, 0.6)
    np.testing.assert_allclose(world.V, [69.0, 81.0])
    np.testing.assert_allclose(world.duties, [2.5, 0.0])
    np.testing.assert_allclose(world.D, [0.0, 0.0])
    np.testing.assert_allclose(world.I, [71.5, 81.0])
    np.testing.assert_allclose(world.alpha[0], [(82 - 23) / 71.5, (35.5 - 23) / 71.5])
    np.testing.assert_allclose(world.pi[0, 1], [22 / 82, 5.5 / 35.5])


def test_the_pool_by_hand() -> None:
    """Two members pool 80 % of 10 on outside goods; shares 3:1; the outsider has no part in it."""
    flow = np.full((3, 3, 1), 50.0)
    tau = np.zeros((3, 3, 1))
    tau[0, 2], tau[1, 2], tau[2, :2] = 0.2, 0.1, 0.3
    bloc = Bloc("CU", ("A", "B"), shares={"A": 0.75, "B": 0.25}, collection=0.8)
    world = World.from_arrays(countries=["A", "B", "C"], sectors=["g"], M=flow, tau=tau, theta=4.0, blocs=[bloc])
    np.testing.assert_allclose(world.duties, [10, 5, 30])
    np.testing.assert_allclose(world.pooled, [8, 4, 0])
    np.testing.assert_allclose(world.net_pool, [9 - 8, 3 - 4, 0])
    np.testing.assert_allclose(world.R, [11, 4, 30])
    np.testing.assert_allclose(world.D, [-1, 1, 0])


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"kind": "club"}, "kind 'club'"),
        ({"shares": {"KAZ": 0.5}}, "sum to 1, they sum to 0.5"),
        ({"shares": {"KAZ": 1.5, "RUS": -0.5}}, ">= 0"),
        ({"shares": {"UZB": 1.0}}, "non-members: UZB"),
        ({"collection": 1.2}, "outside 0..1"),
    ],
)
def test_bad_blocs(given: dict[str, Any], message: str) -> None:
    with pytest.raises((SymbolError, LabelError), match=message):
        Bloc("B", ("KAZ", "RUS"), **given)


def test_a_country_in_two_pools_is_refused() -> None:
    blocs = [Bloc(name, ("KAZ", "RUS"), shares={"KAZ": 0.5, "RUS": 0.5}) for name in ("A", "B")]
    with pytest.raises(LabelError, match="in two unions that pool duties: KAZ, RUS"):
        make(blocs=blocs)


def test_clipped_demand_is_said_and_sums_to_one() -> None:
    world = make(M=M * [[[1, 0.1]]], gamma=np.full((2, 2, 2), 0.4), negative_demand="clip")
    assert not world.in_equilibrium
    np.testing.assert_allclose(world.alpha.sum(axis=1), 1.0)
    assert (world.alpha >= 0).all()


def test_check_lists_identities_and_raises_on_a_broken_one() -> None:
    world = random_world(3, 5, 3)
    assert max(row[1] for row in world.check().rows) < 1e-12
    broken = random_world(3, 5, 3)
    alpha = np.array(broken.alpha)
    alpha[0, 0] += 0.01
    object.__setattr__(broken, "baseline", broken.baseline._replace(alpha=alpha))
    with pytest.raises(IdentityError, match=r"1 identity\(ies\) do not hold: spending"):
        broken.check()


def test_labels_and_units_on_the_way_out() -> None:
    world = random_world(3, 4, 2)
    flow = world["M"]
    assert flow.dims == ("importer", "exporter", "sector")
    assert flow.attrs["unit"] == "MUSD"
    assert world["pool"].dims == ("union", "country")
    assert float(flow.sel(importer="C01", exporter="C00", sector="s00")) == world.M[1, 0, 0]
    with pytest.raises(SymbolError, match=r"unknown symbol 'Mm'"):
        world["Mm"]
    with pytest.raises(SymbolError, match="w_hat is not part of a World"):
        world["w_hat"]
    with pytest.raises(AttributeError, match="a World has no 'welfare'"):
        _ = world.welfare
    assert world.position("C02") == 2
    with pytest.raises(LabelError, match="Did you mean"):
        world.position("C0")
    assert repr(world) == "World(random-4x2: 4 countries x 2 sectors, 2021)"


def test_everything_is_frozen() -> None:
    world = random_world(3, 4, 2)
    for array in (world.M, world.pi, world.theta, world.with_theta(5.0).theta, world.schedules["mfn"]):
        with pytest.raises(ValueError, match="read-only"):
            array.flat[0] = 1.0


def test_permuted_wants_every_country_once() -> None:
    world = random_world(3, 4, 2)
    with pytest.raises(LabelError, match="every country exactly once"):
        world.permuted(world.countries[:3])
    again = world.permuted(world.countries[::-1]).permuted(world.countries)
    assert again.sha256 == world.sha256


def test_without_inputs_value_added_is_output() -> None:
    world = random_world(3, 4, 3).without_inputs()
    assert not world.has_inputs
    np.testing.assert_allclose(world.V, world.Y.sum(axis=1))
    np.testing.assert_allclose(world.alpha * world.I[:, None], world.X, atol=1e-9)
    world.check()
