"""Profits stay where firms are: karvan with specific = psi = 1 / sigma is Ossa (2014), by an independent solver."""

from __future__ import annotations

import numpy as np
import ossa
import pytest
from worlds import random_change, random_world

from karvan import solve


@pytest.mark.parametrize("seed", range(6))
def test_the_kernel_is_ossas_model(seed: int) -> None:
    sigma = np.random.default_rng(seed).uniform(2.0, 8.0, 3)
    plain = random_world(seed, 4, 3, io=False, deficits=0.0, unions=False, zeros=0.0, theta=sigma - 1)
    world = plain.rebuilt(specific=np.broadcast_to(1 / sigma, (4, 3)), psi=1 / sigma)
    change = random_change(seed, world, ["tau_new"], size=0.3)
    found = solve(world, change, tol=1e-12).values["welfare_hat"]
    T, t, t_new = (np.swapaxes(array, 0, 1) for array in (world.M, world.tau, np.asarray(change.tau_new)))
    np.testing.assert_allclose(found, ossa.welfare(T, t, sigma, t_new), rtol=1e-9)
