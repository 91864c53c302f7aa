"""Closed forms of the gains from trade on the embedded world; no files needed."""

from __future__ import annotations

import numpy as np

from karvan import load, replicate, solve
from karvan.replication import acr


def test_every_country_agrees_with_its_closed_form() -> None:
    table = replicate("acr")
    assert len(table.rows) == 3 * len(load("eurasia-2021").countries)
    assert max(abs(row["difference"]) for row in table.to_dicts()) < 1e-9


def test_one_sector_to_twelve_digits() -> None:
    """Arkolakis, Costinot and Rodriguez-Clare (2012): W_hat = pi_nn_hat ** (-1 / theta)."""
    world = acr.balanced(acr.one_sector(load("eurasia-2021")))
    own = np.arange(len(world.countries))
    out = solve(world, acr.borders(world, 1.1), tol=1e-13)
    expected = (out.values["pi_new"][own, own, 0] / world.pi[own, own, 0]) ** (-1 / acr.ONE_THETA)
    np.testing.assert_allclose(out.values["welfare_hat"], expected, rtol=1e-12)


def test_the_world_is_balanced_and_free_of_duties() -> None:
    world = acr.balanced(load("eurasia-2021"))
    assert not world.tau.any()
    np.testing.assert_allclose(world.D / world.I, 0, atol=1e-11)


def test_autarky_costs_everybody() -> None:
    rows = [row for row in replicate("acr").to_dicts() if row["quantity"].endswith("autarky")]
    assert all(-100 < row["karvan"] < -1 for row in rows)
