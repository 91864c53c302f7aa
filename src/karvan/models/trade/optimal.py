"""Tariffs that nobody wants to change: first-order conditions of several players at once. Arrays only.

A player maximises G = sum_m weight_m W_hat_m by its rates x = ln(1 + tau). All players' conditions dG/dx = 0 are
solved together as one fixed point: each rate moves by its slope over an estimate of its own curvature, which is nearly
a Newton step, and Anderson acceleration does the rest. One player gives a best response, several a Nash equilibrium.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from karvan.core.change import Primitives
from karvan.core.errors import ConvergenceError, InfeasibleError, KarvanError
from karvan.core.world import World
from karvan.models.trade import derivatives, face, linear
from karvan.models.trade.fixed_point import WINDOW, Anderson
from karvan.models.trade.kernel import State
from karvan.models.trade.sensitivity import Solution, located

STEP_LIMIT = 0.3  # largest move of a rate in one round, log points of 1 + tau
SIZES = (0.01, 0.1, 0.4)  # of random deviations, log points of 1 + tau
NOISE = 1e-9  # a deviation that gains less is rounding


class Player(NamedTuple):
    """Who sets which tariffs, and for whom.

    `weight` (n,) counts countries in the objective and sums to one. `rate` (n, i, j) is the place of the rate that a
    cell carries in the player's vector, -1 where the player has no say; cells that share a place share a rate.
    """

    name: str
    weight: np.ndarray
    rate: np.ndarray

    @property
    def size(self) -> int:
        """How many rates the player sets."""
        return int(self.rate.max()) + 1


class Game(NamedTuple):
    """A baseline, what else changes, the closure, the players, and the bounds of ln(1 + tau)."""

    world: World
    change: Primitives
    kind: str
    players: tuple[Player, ...]
    low: float
    high: float


class Found(NamedTuple):
    """Where the search stopped.

    `gap` is the largest distance of a rate from its first-order condition, in log points of 1 + tau; `slope` the
    largest projected derivative of ln G to a rate; `rounds` counts solves (each with one adjoint per player).
    """

    rates: tuple[np.ndarray, ...]
    tau: np.ndarray
    at: Solution
    gap: float
    slope: float
    rounds: int


def start(game: Game) -> tuple[np.ndarray, ...]:
    """The tariff of a small country with one sector, tau = 1 / theta, within the bounds (Gros 1987)."""
    guess = np.broadcast_to(np.log1p(1 / game.world.theta), game.world.M.shape)
    return tuple(np.clip(_mean(guess, p), game.low, game.high) for p in game.players)


def search(game: Game, rates: Sequence[np.ndarray], *, tol: float, max_rounds: int) -> Found:
    """Solve the first-order conditions of all players.

    x <- clip(x + (d ln G / dx) / curvature), stops when no rate would move by more than `tol`. Accelerated first; the
    plain map follows if that fails, as it may where the best rate is one that ends trade: extrapolation then jumps
    back and forth over a slope that never is zero.

    Raises
    ------
    ConvergenceError
        Neither converged within `max_rounds`, or there was no equilibrium at tariffs tried on the way.
    """
    x = np.concatenate(rates)
    for memory in (Anderson(WINDOW, x), None):
        try:
            found = _iterate(game, x, memory, tol, max_rounds)
        except (ConvergenceError, InfeasibleError) as fault:
            reason = f"at trial tariffs, {fault}"
            continue
        if found.gap < tol:
            return found
        reason = f"a rate is still {found.gap:.2g} log points from its first-order condition"
    raise ConvergenceError(
        f"optimal tariffs not found after {max_rounds} rounds: {reason}; raise max_rounds, narrow the bounds, or "
        "choose fewer sectors or partners"
    )


def _iterate(game: Game, x: np.ndarray, memory: Anderson | None, tol: float, max_rounds: int) -> Found:
    near = None
    for step in range(1, max_rounds + 1):
        tau = apply(game, split(x, game))
        at = _located(game, tau, near)
        near = at.solved.state
        slopes, moves = zip(*(condition(p, at, tau) for p in game.players), strict=True)
        f = np.clip(x + np.clip(np.concatenate(moves), -STEP_LIMIT, STEP_LIMIT), game.low, game.high) - x
        gap = float(np.abs(f).max())
        if gap < tol or step == max_rounds:
            break
        move = f if memory is None else np.clip(memory.step(x, f), -STEP_LIMIT, STEP_LIMIT)
        x = np.clip(x + move, game.low, game.high)
    slope = float(np.abs(np.concatenate(slopes) * (f != 0)).max())
    return Found(split(x, game), tau, at, gap, slope, step)


def condition(player: Player, at: Solution, tau: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Slope of ln G to the player's rates, and the same over the estimated curvature: how far each rate is off.

    With prices abroad given, a cell's curvature is its imports times (1 + theta (1 - pi)) (1 + tau), over income: the
    loss from a distorted cell is a triangle under the demand curve.
    """
    t, s = at.tables, at.at.s
    welfare = np.exp(np.log(s.I / at.world.I) - (t.alpha * s.P).sum(axis=0))
    share = player.weight * welfare / (player.weight @ welfare)
    bar = linear.Image(
        zeta=np.zeros((t.L.size, 1)),
        P=-(t.alpha * share)[..., None],
        X=np.zeros((*t.alpha.shape, 1)),
        Y=np.zeros((*t.e_Y.shape, 1)),
        I=(share / s.I)[:, None],
    )
    slope = np.moveaxis(derivatives.backward(at.at, bar, np.zeros((t.L.size, 1))).tau, 0, 2) * (1 + tau)
    pi = np.moveaxis(t.A * s.u[:, None, :] / s.phi[:, :, None], 0, 2)
    paid = pi * at.at.X.T[:, None, :] * (share / s.I)[:, None, None]
    total = _total(slope, player)
    return total, total / np.maximum(_total(paid * (1 + at.world.theta * (1 - pi)), player), 1e-300)


def objective(player: Player, at: Solution) -> float:
    """G = sum_m weight_m W_hat_m."""
    found = face.by_market(at.world, at.solved, at.tables)["welfare_hat"]
    return float(player.weight @ found)


def apply(game: Game, rates: Sequence[np.ndarray]) -> np.ndarray:
    """(n, i, j) tariffs when the players set ln(1 + tau) to these rates."""
    base = game.world.tau if game.change.tau_new is None else game.change.tau_new
    tau = np.array(base)
    for player, x in zip(game.players, rates, strict=True):
        mine = player.rate >= 0
        tau[mine] = np.expm1(x)[player.rate[mine]]
    return tau


def split(x: np.ndarray, game: Game) -> tuple[np.ndarray, ...]:
    """One vector of rates into the players' parts."""
    return tuple(np.split(x, np.cumsum([p.size for p in game.players])[:-1]))


def deviations(game: Game, found: Found, count: int, seed: int) -> float:
    """Largest gain in G, relative, that any player gets from deviating alone; at most rounding in an equilibrium.

    Each player tries no tariffs, the small-country start, both bounds, and `count` random moves of all its rates, of
    three sizes. A deviation without an equilibrium is no gain.
    """
    best = 0.0
    for k, player in enumerate(game.players):
        reached = objective(player, found.at)
        for x in _tries(game, found, k, count, np.random.default_rng([seed, k])):
            rates = [*found.rates[:k], np.clip(x, game.low, game.high), *found.rates[k + 1 :]]
            try:
                at = _located(game, apply(game, rates), found.at.solved.state)
            except KarvanError:
                continue
            best = max(best, objective(player, at) / reached - 1)
    return best


def _tries(game: Game, found: Found, k: int, count: int, rng: np.random.Generator) -> Iterator[np.ndarray]:
    yield np.zeros_like(found.rates[k])
    yield start(game)[k]
    yield np.full_like(found.rates[k], game.low)
    yield np.full_like(found.rates[k], game.high)
    for c in range(count):
        yield found.rates[k] + SIZES[c % len(SIZES)] * rng.normal(size=found.rates[k].size)


def _located(game: Game, tau: np.ndarray, near: State | None) -> Solution:
    return located(game.world, game.change._replace(tau_new=tau), game.kind, near=near)


def _total(values: np.ndarray, player: Player) -> np.ndarray:
    mine = player.rate >= 0
    return np.bincount(player.rate[mine], weights=values[mine], minlength=player.size)


def _mean(values: np.ndarray, player: Player) -> np.ndarray:
    return _total(values, player) / _total(np.ones(values.shape), player)
