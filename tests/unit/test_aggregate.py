from __future__ import annotations

import numpy as np
import pytest
from worlds import random_change, random_world

from karvan import LabelError, World, aggregate, solve


@pytest.fixture(scope="module")
def world() -> World:
    return random_world(7, 6, 4).with_factors(specific=0.3)


def test_sums_are_kept(world: World) -> None:
    one = world.one_sector()
    assert one.sectors == ("all",)
    for name in ("V", "I", "D", "duties", "L"):
        np.testing.assert_allclose(getattr(one, name), getattr(world, name), rtol=1e-12, atol=1e-9, err_msg=name)
    np.testing.assert_allclose(one.M[:, :, 0], world.M.sum(axis=2))
    assert one.theta[0] == pytest.approx(
        (world.theta * [(world.M[:, :, j].sum() - np.trace(world.M[:, :, j])) for j in range(4)]).sum()
        / (world.M.sum() - np.einsum("nnj->", world.M))
    )
    one.check()


def test_groups_keep_services_and_pools_apart(world: World) -> None:
    goods = [s for s in world.sectors if s not in world.services]
    two = aggregate(world, {"goods": goods, "services": list(world.services)})
    assert two.services == ("services",)
    np.testing.assert_allclose(two.pooled, world.pooled, rtol=1e-12)
    np.testing.assert_allclose(
        two.Y, np.stack([world.Y[:, world.goods].sum(1), world.Y[:, ~world.goods].sum(1)], axis=1)
    )
    assert (two.schedules["mfn"][:, 1] == 0).all()


def test_every_sector_by_itself_is_the_same_world(world: World) -> None:
    same = aggregate(world, {s: [s] for s in world.sectors})
    change = random_change(3, world)
    expected = solve(world, change, tol=1e-12).values["welfare_hat"]
    np.testing.assert_allclose(solve(same, change, tol=1e-12).values["welfare_hat"], expected, rtol=1e-10)


@pytest.mark.parametrize("groups", [{"a": ["s00"]}, {"a": ["s00", "s01", "s02", "s03"], "b": ["s00"]}])
def test_every_sector_once(world: World, groups: dict[str, list[str]]) -> None:
    with pytest.raises(LabelError, match="exactly one group"):
        aggregate(world, groups)
    with pytest.raises(LabelError, match="unknown sector of group a"):
        aggregate(world, {"a": ["s99"]})
    with pytest.raises(LabelError, match="single text 's00'"):
        aggregate(world, {"a": "s00"})
