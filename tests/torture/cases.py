"""The torture set: pairs of a rough world and a hard shock, each drawn from its own number.

`pair(417)` is always the same; its theme is theme number 417 modulo the number of themes. A theme forces one kind of
trouble; one in three pairs adds a second theme, and every pair has another shock of an ordinary kind.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from rough_worlds import Rough, rough_world

from karvan import Change, World

COUNT = 3000
SMALL = [(2, 1), (3, 1), (2, 3), (3, 2), (4, 3), (5, 2), (6, 4), (8, 3), (7, 6), (10, 5), (12, 8), (16, 4)]
MIDDLE = [(25, 14), (31, 20), (40, 1), (20, 25)]
LARGE = [(77, 45), (141, 65), (31, 40), (190, 26)]
SHOCKS = ("dear", "cheap", "closed", "tariffs", "subsidies", "productivity")


@dataclass(frozen=True)
class Plan:
    """The world to draw, the shocks to draw on it, the closure."""

    rough: Rough
    shocks: tuple[str, ...]
    deficits: str
    io: bool | None = None


@dataclass(frozen=True)
class Pair:
    """A world, a change to it and how to solve them."""

    number: int
    name: str
    world: World
    change: Change
    deficits: str
    io: bool | None


def world_theme(*shocks: str, **features: Any) -> Callable[[Plan], Plan]:
    """Return a theme: features of the world that are forced, shocks that are added."""

    def force(plan: Plan) -> Plan:
        return replace(plan, rough=replace(plan.rough, **features), shocks=(*shocks, *plan.shocks))

    return force


def _closure(kind: str, *shocks: str) -> Callable[[Plan], Plan]:
    return lambda plan: replace(plan, deficits=kind, shocks=(*shocks, *plan.shocks))


THEMES: dict[str, Callable[[Plan], Plan]] = {
    "plain": world_theme(),
    "low theta": world_theme(theta=(0.3, 1.0)),
    "high theta": world_theme(theta=(20.0, 60.0)),
    "any theta": world_theme(theta=(0.3, 60.0)),
    "twenty times as dear": world_theme("twenty"),
    "cells closed": world_theme("closed"),
    "pair closed": world_theme("pair closed"),
    "one way closed": world_theme("one way"),
    "country cut off": lambda plan: replace(plan, deficits="purge", shocks=("cut off", *plan.shocks)),
    "country cut off in debt": world_theme("cut off"),
    "tariffs of 500 %": world_theme("huge tariffs", tariff=1.0),
    "subsidies": world_theme("subsidies", subsidy=0.5),
    "deficits of three times trade": world_theme(deficit=0.5, huge_deficit=True),
    "six in ten cells empty": world_theme(zeros=0.6),
    "near autarky": world_theme(openness=1e-8),
    "wide open": world_theme(openness=100.0),
    "specific": world_theme(specific="even"),
    "specific, mixed": world_theme(specific="mixed"),
    "oil": world_theme(specific="oil"),
    "scale": world_theme(psi=0.9),
    "scale and specific": world_theme(psi=0.9, specific="mixed"),
    "absent sectors": world_theme(absent=0.2, zeros=0.3),
    "not traded": world_theme(nontraded=True),
    "no value added": world_theme(no_value_added=True, io=True),
    "alone from the start": world_theme(isolated=1),
    "world in parts": world_theme(parts=2),
    "pool": world_theme("other pool", union=3, tariff=0.5),
    "pool left": world_theme("leave pool", union=3, tariff=0.5),
    "deficits given": world_theme("deficits"),
    "deficits given, large": world_theme("large deficits"),
    "productivity": world_theme("productivity"),
    "clipped demand": world_theme(clip=True, io=True),
    "no inputs": lambda plan: replace(plan, io=False),
    "share": _closure("share"),
    "purge": _closure("purge"),
    "war": _closure("share", "huge tariffs", "twenty", "productivity"),
}


def pair(number: int) -> Pair:
    """Draw pair `number`."""
    rng = np.random.default_rng([417, number])
    names = list(THEMES)
    chosen = [names[number % len(names)]]
    if rng.uniform() < 1 / 3:
        chosen.append(names[rng.integers(len(names))])
    plan = Plan(_easy(rng, _size(rng, number)), (str(rng.choice(SHOCKS)),), "fixed")
    if rng.uniform() < 0.2:
        plan = replace(plan, deficits=str(rng.choice(["share", "purge"])))
    for theme in dict.fromkeys(chosen):
        plan = THEMES[theme](plan)
    plan = _possible(plan)
    world = rough_world(rng, plan.rough, f"pair-{number}")
    change = _change(rng, world, plan)
    size = f"{plan.rough.N}x{plan.rough.J}"
    name = f"{number:04d} {size} {plan.deficits}: {' + '.join(dict.fromkeys(chosen))}"
    return Pair(number, name, world, change, plan.deficits, plan.io if world.has_inputs else None)


def _size(rng: np.random.Generator, number: int) -> tuple[int, int]:
    if number % 149 == 7:
        return LARGE[number // 149 % len(LARGE)]
    sizes = MIDDLE if rng.uniform() < 0.05 else SMALL
    return sizes[rng.integers(len(sizes))]


def _easy(rng: np.random.Generator, size: tuple[int, int]) -> Rough:
    N, J = size
    return Rough(
        N=N,
        J=J,
        openness=float(np.exp(rng.uniform(np.log(0.02), np.log(2)))),
        zeros=float(rng.choice([0.0, 0.1, 0.3])),
        io=bool(rng.uniform() < 0.75),
        union=int(N >= 4 and rng.uniform() < 0.3) * 3,
    )


def _possible(plan: Plan) -> Plan:
    """Leave out what a small world has no room for, and what contradicts the closure."""
    r = plan.rough
    members = min(r.union, r.N // 2 if r.parts > 1 else r.N - 1)
    r = replace(
        r,
        union=members if members >= 2 else 0,
        isolated=min(r.isolated, max(r.N - 2, 0)),
        parts=r.parts if r.N >= 4 else 1,
    )
    given = {"deficits", "large deficits"} & set(plan.shocks)
    whole = r.parts == 1 and r.isolated == 0
    share = plan.deficits == "share" and (given or not whole)
    return replace(plan, rough=r, deficits="fixed" if share else plan.deficits)


def _change(rng: np.random.Generator, world: World, plan: Plan) -> Change:
    given: dict[str, np.ndarray] = {}
    for shock in dict.fromkeys(plan.shocks):
        for name, value in DRAW[shock](rng, world).items():
            if name == "d_hat" and name in given:
                value = np.where(np.isinf(value) | np.isinf(given[name]), np.inf, np.maximum(value, given[name]))
            given[name] = value
    return Change(**{name: value for name, value in given.items() if value.size})


def _off(world: World) -> np.ndarray:
    N = len(world.countries)
    return np.broadcast_to(~np.eye(N, dtype=bool)[:, :, None], world.M.shape)


def _some(rng: np.random.Generator, world: World, part: float) -> np.ndarray:
    return (rng.uniform(size=world.M.shape) < part) & _off(world)


def _dearer(rng: np.random.Generator, world: World, low: float, high: float, part: float) -> dict[str, np.ndarray]:
    ratio = np.exp(rng.uniform(np.log(low), np.log(high), world.M.shape))
    return {"d_hat": np.where(_some(rng, world, part), ratio, 1.0)}


def _closed(rng: np.random.Generator, world: World) -> dict[str, np.ndarray]:
    return {"d_hat": np.where(_some(rng, world, rng.uniform(0.02, 0.4)), np.inf, 1.0)}


def _pair_closed(rng: np.random.Generator, world: World) -> dict[str, np.ndarray]:
    a, b = rng.choice(len(world.countries), 2, replace=False)
    d_hat = np.ones_like(world.M)
    d_hat[a, b] = d_hat[b, a] = np.inf
    return {"d_hat": d_hat}


def _one_way(rng: np.random.Generator, world: World) -> dict[str, np.ndarray]:
    """One country, or a group of them, may only buy, or only sell."""
    N = len(world.countries)
    inside = np.zeros(N, dtype=bool)
    inside[rng.choice(N, rng.integers(1, max(2, N // 2)), replace=False)] = True
    leaving = inside[None, :] & ~inside[:, None]
    chosen = leaving if rng.uniform() < 0.5 else leaving.T
    return {"d_hat": np.where(chosen[:, :, None], np.inf, np.ones_like(world.M))}


def _cut_off(rng: np.random.Generator, world: World) -> dict[str, np.ndarray]:
    d_hat = np.ones_like(world.M)
    n = rng.integers(len(world.countries))
    d_hat[n], d_hat[:, n], d_hat[n, n] = np.inf, np.inf, 1.0
    return {"d_hat": d_hat}


def _tariffs(rng: np.random.Generator, world: World, low: float, high: float) -> dict[str, np.ndarray]:
    tau = rng.uniform(low, high, world.M.shape)
    return {"tau_new": np.where(_some(rng, world, rng.uniform(0.2, 1.0)), tau, world.tau)}


def _deficits(rng: np.random.Generator, world: World, size: float) -> dict[str, np.ndarray]:
    """Return deficits up to `size` times trade, within each trade component of the baseline."""
    trade = np.where(_off(world), world.M, 0.0).sum(axis=2)
    wish = rng.uniform(-size, size, len(world.countries)) * 0.5 * (trade.sum(axis=0) + trade.sum(axis=1))
    part = _parts(trade)
    weight = part / np.maximum(part @ world.V, 1e-300)[:, None] * world.V
    return {"D_new": wish - (part @ wish) @ weight}


def _parts(trade: np.ndarray) -> np.ndarray:
    reach = (trade + trade.T > 0) | np.eye(len(trade), dtype=bool)
    for _ in range(len(trade).bit_length()):
        reach = (reach.astype(float) @ reach) > 0
    return np.unique(reach, axis=0).astype(float)


def _other_pool(rng: np.random.Generator, world: World) -> dict[str, np.ndarray]:
    new = world.pool * rng.uniform(0.2, 2.0, world.pool.shape)
    return {"pool_new": new / new.sum(axis=1, keepdims=True)}


def _leave_pool(rng: np.random.Generator, world: World) -> dict[str, np.ndarray]:
    new = np.array(world.pool)
    if new.size:
        new[0, rng.integers((new > 0).sum())] = 0.0
    return {"pool_new": new / new.sum(axis=1, keepdims=True)}


DRAW: dict[str, Callable[[np.random.Generator, World], dict[str, np.ndarray]]] = {
    "dear": lambda rng, world: _dearer(rng, world, 1.0, 3.0, rng.uniform(0.1, 1.0)),
    "cheap": lambda rng, world: _dearer(rng, world, 0.3, 1.0, rng.uniform(0.1, 1.0)),
    "twenty": lambda rng, world: _dearer(rng, world, 5.0, 20.0, rng.uniform(0.3, 1.0)),
    "closed": _closed,
    "pair closed": _pair_closed,
    "one way": _one_way,
    "cut off": _cut_off,
    "tariffs": lambda rng, world: _tariffs(rng, world, 0.0, 1.0),
    "huge tariffs": lambda rng, world: _tariffs(rng, world, 1.0, 5.0),
    "subsidies": lambda rng, world: _tariffs(rng, world, -0.5, 0.0),
    "productivity": lambda rng, world: {"A_hat": 10.0 ** rng.uniform(-1, 1, world.beta.shape)},
    "deficits": lambda rng, world: _deficits(rng, world, 0.5),
    "large deficits": lambda rng, world: _deficits(rng, world, 3.0),
    "other pool": _other_pool,
    "leave pool": _leave_pool,
}
