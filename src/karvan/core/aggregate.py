"""Adding sectors up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from karvan.core.errors import LabelError, first_five
from karvan.core.labels import positions
from karvan.core.world import World, require_world


def aggregate(world: World, groups: Mapping[str, Sequence[str]] | None = None) -> World:
    """Return the world with its sectors added up into groups; everything is derived again and checked.

    Flows are sums. Tariffs are weighted by flows, schedules by the importer's imports, elasticities by the trade
    between countries, immobile shares by value added, scale elasticities and input shares by output. A group is a
    service when all its sectors are. Ranges and other sets of elasticities are left behind.

    Parameters
    ----------
    groups : new sector -> its sectors, every sector once; default one sector, "all". A shock to goods then falls on all
        trade: keep {"goods": [...], "services": [...]} apart where that matters.

    Raises
    ------
    LabelError
        A sector is missing, unknown or in two groups.
    """
    require_world(world)
    groups = {"all": world.sectors} if groups is None else groups
    into = _matrix(world, groups)
    M, Y = world.M @ into, world.Y
    goods = world.goods[None, :]
    abroad = world.M * (1 - np.eye(len(world.countries)))[:, :, None]
    traded, bought = abroad.sum(axis=(0, 1)), abroad.sum(axis=1)
    VA = world.beta * Y
    used = np.einsum("kK,nkj,nj,jJ->nKJ", into, world.gamma, Y, into)
    return World.from_arrays(
        countries=world.countries,
        sectors=tuple(groups),
        M=M,
        tau=_mean(world.tau * world.M @ into, M),
        gamma=_mean(used, (Y @ into)[:, None, :]) if world.has_inputs else None,
        theta=_mean(world.theta * traded @ into, traded @ into, other=world.theta.mean()),
        specific=_mean(world.specific * VA @ into, VA @ into),
        psi=_mean(world.psi * Y.sum(axis=0) @ into, Y.sum(axis=0) @ into),
        year=world.year,
        sources=world.sources,
        blocs=tuple(world.blocs.values()),
        services=[g for g, members in groups.items() if all(s in world.services for s in members)],
        schedules={
            name: _mean(np.where(goods, np.nan_to_num(table), 0.0) * bought @ into, bought @ into)
            for name, table in world.schedules.items()
        },
        negative_demand="raise" if world.in_equilibrium else "clip",
        name=f"{world.name}, {len(groups)} sector{'s' * (len(groups) > 1)}",
    )


def _matrix(world: World, groups: Mapping[str, Sequence[str]]) -> np.ndarray:
    into = np.zeros((len(world.sectors), len(groups)))
    for g, (name, members) in enumerate(groups.items()):
        if isinstance(members, str):
            raise LabelError(f"aggregate: group {name!r} is the single text {members!r}; write [{members!r}]")
        into[positions(tuple(members), world.sectors, f"sector of group {name}"), g] += 1
    wrong = into.sum(axis=1) != 1
    if wrong.any():
        names = first_five(np.array(world.sectors)[wrong])
        raise LabelError(f"aggregate: every sector must be in exactly one group once; look at {names}")
    return into


def _mean(total: Any, weight: Any, other: float = 0.0) -> np.ndarray:
    """A weighted mean; `other` where there is no weight."""
    return np.divide(total, weight, out=np.full(np.shape(total), other), where=np.asarray(weight) > 0)
