"""Rough worlds of any size: flows are drawn, input coefficients are then fitted under the demand that the flows leave.

Every accounting identity holds by construction and final demand is never negative unless `clip` asks for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from karvan import Bloc, World


@dataclass(frozen=True)
class Rough:
    """What a rough world is made of; the defaults are an easy one."""

    N: int
    J: int
    theta: tuple[float, float] = (2.5, 8.0)
    openness: float = 0.3  # trade over own sales, about
    zeros: float = 0.1  # part of the bilateral cells without trade
    tariff: float = 0.15  # largest tariff
    subsidy: float = 0.0  # largest negative tariff
    deficit: float = 0.2  # spread of log imports over exports
    huge_deficit: bool = False  # one country buys up to four times what it sells
    io: bool = True
    specific: str = "none"  # none, even, mixed or oil
    psi: float = 0.0  # largest psi * theta
    absent: float = 0.0  # part of the markets without spending, and of the producers without output
    nontraded: bool = False
    no_value_added: bool = False
    isolated: int = 0  # countries without any trade
    parts: int = 1
    union: int = 0  # members of the customs union that pools duties
    clip: bool = False


def label(letter: str, count: int) -> list[str]:
    return [f"{letter}{i:02d}" for i in range(count)]


def rough_world(rng: np.random.Generator, r: Rough, name: str = "") -> World:
    """Draw a World."""
    tau = _tariffs(rng, r)
    M = _flows(rng, r)
    no_value_added = _without_value_added(rng, r, M)
    gamma = _inputs(rng, r, M, tau, no_value_added) if r.io else None
    theta = np.exp(rng.uniform(*np.log(r.theta), r.J))
    specific = _specific(rng, r)
    psi = rng.uniform(0, r.psi, r.J) / theta if r.psi else None
    blocs = _blocs(rng, r)
    return World.from_arrays(
        countries=label("C", r.N),
        sectors=label("s", r.J),
        M=M,
        tau=tau,
        gamma=gamma,
        theta=theta,
        specific=specific,
        psi=psi,
        blocs=blocs,
        services=label("s", r.J)[-1:] if r.J > 1 else (),
        negative_demand="clip" if r.clip else "raise",
        dust=0.0,
        year=2021,
        name=name,
    )


def _flows(rng: np.random.Generator, r: Rough) -> np.ndarray:
    size = np.exp(rng.normal(0, 1.0, r.N))
    weight = rng.dirichlet(np.full(r.J, 2.0)) * r.J
    skill = np.exp(rng.normal(0, 0.7, (r.N, r.J)))
    M = r.openness * np.exp(rng.normal(0, 1.0, (r.N, r.N, r.J))) * size[:, None, None] * (size[:, None] * skill)
    M *= 2 / size.sum() * (rng.uniform(size=M.shape) >= r.zeros)
    M *= np.exp(rng.normal(0, r.deficit, (r.N, 1, 1)))
    if r.huge_deficit:
        M[rng.integers(r.N)] *= rng.uniform(2, 4)
    own = np.arange(r.N)
    M[own, own] = size[:, None] * rng.uniform(0.5, 1.5, (r.N, r.J))
    _thin_out(rng, r, M)
    return 1e6 * M * weight


def _thin_out(rng: np.random.Generator, r: Rough, M: np.ndarray) -> None:
    own = np.arange(r.N)
    if r.nontraded and r.J > 1:
        j = rng.integers(1, r.J)
        M[:, :, j] = np.diag(np.diag(M[:, :, j]))
    if r.absent and r.J > 1:
        M *= (rng.uniform(size=(r.N, 1, r.J)) >= r.absent) | (np.arange(r.J) == 0)
        M *= (rng.uniform(size=(1, r.N, r.J)) >= r.absent) | (np.arange(r.J) == 0)
    diagonal = M[own, own].copy()
    part = np.arange(r.N) * r.parts // r.N
    M *= (part[:, None] == part[None, :])[:, :, None]
    alone = rng.choice(np.arange(r.union, r.N), min(r.isolated, r.N - r.union), replace=False)
    M[alone] = 0.0
    M[:, alone] = 0.0
    M[own, own] = diagonal


def _without_value_added(rng: np.random.Generator, r: Rough, M: np.ndarray) -> np.ndarray:
    """Choose producers without value added and make them small."""
    chosen = np.zeros((r.N, r.J), dtype=bool)
    if r.no_value_added and r.io and r.J > 1:
        chosen[rng.choice(r.N, max(1, r.N // 3), replace=False), rng.integers(1, r.J)] = True
        M *= np.where(chosen, 0.05, 1.0)
    return chosen


def _tariffs(rng: np.random.Generator, r: Rough) -> np.ndarray:
    tau = rng.uniform(-r.subsidy, r.tariff, (r.N, r.N, r.J))
    tau *= rng.uniform(size=tau.shape) < 0.7
    own = np.arange(r.N)
    tau[own, own] = 0.0
    tau[r.N - 1, r.N - 1] = 0.1 * rng.uniform(0, r.tariff, r.J)
    tau[: r.union, : r.union] = 0.0
    if r.J > 1:
        tau[:, :, -1] = 0.0
    return tau


def _inputs(
    rng: np.random.Generator, r: Rough, M: np.ndarray, tau: np.ndarray, no_value_added: np.ndarray
) -> np.ndarray:
    """Cost shares of inputs, cut down market by market to the demand that final buyers leave."""
    X, Y = (M * (1 + tau)).sum(axis=1), M.sum(axis=0)
    final = rng.uniform(0.05, 0.9, (r.N, r.J))
    if r.J > 2:
        final[rng.uniform(size=final.shape) < 0.05] = 0.0  # bought by producers alone
    if r.clip:
        final[rng.uniform(size=final.shape) < 0.15] = -0.3
    final[:, 0] = np.abs(final[:, 0]) + 0.05
    poor = (X * final).sum(axis=1) < 0.1 * X.sum(axis=1)
    final[poor] = np.abs(final[poor])
    room = X * (1 - final)
    gamma = np.moveaxis(rng.dirichlet(np.full(r.J, 1.0), (r.N, r.J)), 2, 1)
    gamma = gamma * (1 - rng.uniform(0.2, 0.8, (r.N, 1, r.J))) * (X > 0)[:, :, None]
    whole = np.broadcast_to((room / room.sum(axis=1, keepdims=True))[:, :, None], gamma.shape)
    gamma = np.where(no_value_added[:, None, :], 0.0, gamma)
    room = room - np.einsum("nkj,nj->nk", whole * no_value_added[:, None, :], Y)
    need = np.einsum("nkj,nj->nk", gamma, Y)
    wanted = r.clip & (final < 0) & (need > 0)
    scale = np.where((need > room) | wanted, room / np.where(need > 0, need, 1.0), 1.0)
    gamma = gamma * np.maximum(scale, 0.0)[:, :, None]
    total = gamma.sum(axis=1, keepdims=True)
    gamma = gamma * np.minimum(1.0, 0.95 / np.where(total > 0, total, 1.0))
    return np.where(no_value_added[:, None, :], whole, gamma)


def _specific(rng: np.random.Generator, r: Rough) -> Any:
    if r.specific == "even":
        return np.full((r.N, r.J), rng.uniform(0.1, 0.95))
    if r.specific == "mixed":
        return rng.uniform(0, 0.95, (r.N, r.J)) * (rng.uniform(size=(r.N, r.J)) < 0.7)
    if r.specific == "oil":
        s = np.zeros((r.N, r.J))
        s[rng.uniform(size=r.N) < 0.5, 0] = 0.95
        return s
    return None


def _blocs(rng: np.random.Generator, r: Rough) -> list[Bloc]:
    if r.union < 2:
        return []
    members = tuple(label("C", r.union))
    share = rng.dirichlet(np.full(r.union, 2.0))
    return [
        Bloc("CU", members, shares=dict(zip(members, share / share.sum(), strict=True)), collection=rng.uniform(0.2, 1))
    ]
