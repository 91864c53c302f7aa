"""Gains from trade in closed form, on the embedded world without tariffs and deficits: no files needed.

Arkolakis, Costinot and Rodriguez-Clare (2012): with one sector the change in real income needs only the change of the
own share and the trade elasticity. Costinot and Rodriguez-Clare (2014, eq. 28 on) extend it to sectors and inputs.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from karvan.core.change import Change
from karvan.core.outcome import Outcome
from karvan.core.table import Table
from karvan.core.world import World
from karvan.data.worlds import load
from karvan.models.trade.face import settle, solve
from karvan.replication.compare import Row, compare, percent

WORLD = "eurasia-2021"
ONE_THETA = 4.0
DEARER = 1.1
TOLERANCE = 1e-9


def run(data: None = None) -> Table:
    """Compare exact solves with the closed forms, percent of real income, for every country."""
    many = balanced(load(WORLD))
    one = balanced(one_sector(load(WORLD)))
    rows = [
        *_rows(solve(one, borders(one, DEARER), tol=1e-13), "one sector, borders 10 % dearer"),
        *_rows(solve(many, borders(many, DEARER), tol=1e-13), "sectors and inputs, borders 10 % dearer"),
        *_rows(solve(many, borders(many, np.inf), tol=1e-13), "sectors and inputs, autarky"),
    ]
    return compare(rows, f"Closed forms of the gains from trade on {WORLD}, real income, percent")


def one_sector(world: World) -> World:
    """Return the world with all sectors added up, without inputs."""
    M = world.M.sum(axis=2, keepdims=True)
    return World.from_arrays(countries=world.countries, sectors=["all"], M=M, theta=ONE_THETA, year=world.year)


def balanced(world: World) -> World:
    """Return the world without tariffs, unions and deficits: solved once more with every deficit at zero.

    Where inputs exceed spending once the duty is gone (India, oil and gas), final demand is clipped at zero.
    """
    free = World.from_arrays(
        countries=world.countries,
        sectors=world.sectors,
        M=world.M,
        gamma=world.gamma if world.has_inputs else None,
        theta=world.theta,
        negative_demand="clip",
    )
    return settle(free, "purge", tol=1e-13)


def borders(world: World, ratio: float) -> Change:
    """Every international trade cost times `ratio`; infinite means autarky of every country at once."""
    d_hat = np.full_like(world.M, ratio)
    own = np.arange(len(world.countries))
    d_hat[own, own] = 1.0
    return Change(d_hat=d_hat)


def closed_form(world: World, pi_new: np.ndarray) -> np.ndarray:
    """Real income in changes, Costinot and Rodriguez-Clare (2014): perfect competition, no tariffs, balanced trade.

    W_hat[n] = prod_js (pi_new[n, n, s] / pi[n, n, s]) ** (-alpha[n, j] a[n, j, s] / theta[s]),  a = inv(I - gamma')

    Parameters
    ----------
    world : N countries, J sectors; with J = 1 and no inputs this is W_hat = pi_nn_hat ** (-1 / theta)
    pi_new : (n, i, j) supplier shares after the change
    """
    own = np.arange(len(world.countries))
    bought = world.X > 0
    ratio = np.divide(pi_new[own, own], world.pi[own, own], out=np.ones_like(world.X), where=bought)
    leontief = np.linalg.inv(np.eye(len(world.sectors)) - np.swapaxes(world.gamma, 1, 2))
    prices = np.einsum("njs,ns->nj", leontief, np.log(ratio) / world.theta)
    return np.exp(-(world.alpha * prices).sum(axis=1))


def _rows(out: Outcome, quantity: str) -> Iterator[Row]:
    expected = percent(closed_form(out.world, out.values["pi_new"]))
    ours = percent(out.values["welfare_hat"])
    for country, formula, value in zip(out.world.countries, expected, ours, strict=True):
        yield Row(country, quantity, float(formula), float(value), TOLERANCE, "closed form; rounding of the solver")
