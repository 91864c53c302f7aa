"""Leaving and joining a trade bloc."""

from __future__ import annotations

from typing import Any

import numpy as np

from karvan.core.bloc import Bloc
from karvan.core.change import Change
from karvan.core.errors import LabelError, ScenarioError
from karvan.core.labels import suggest
from karvan.core.scenario import shock
from karvan.core.world import World
from karvan.shocks import groups


@shock
def leave_bloc(
    world: World,
    *,
    country: str,
    bloc: str,
    own_tariff: Any = "keep",
    partners_tariff: Any = "mfn",
    partners_surcharge: float = 0.0,
    own_surcharge: float = 0.0,
) -> Change:
    """Take a country out of a bloc: tariffs with the members left behind, the external tariff, the duty pool.

    Parameters
    ----------
    country, bloc : who leaves what
    own_tariff : the leaver's tariff on outsiders who pay duty today: "keep", "wto-bound" (a ceiling), "cet" or another
        schedule, "free", or a rate. Under `partners_tariff: mfn` the members left behind face it too ("keep" is "mfn").
    partners_tariff : what the members charge the leaver: "mfn", "free" (another agreement keeps duties at zero both
        ways, as the CIS free trade treaty would), or a rate
    partners_surcharge, own_surcharge : added to the duties between leaver and members (retaliation), as a fraction

    Leaving a free trade area changes nothing between countries that another bloc (a customs union they share) still
    keeps free, nor between pairs the area excepts. A customs union's duties return also where a free trade area would
    keep them at zero: say `partners_tariff: free` if it does.

    The leaver's share of the duty pool is spread over the members in proportion to theirs (an assumption: the treaty
    does not say).
    """
    union = _find(world, bloc)
    leaver = groups.countries(world, country)
    stayers = groups.countries(world, bloc) & ~leaver
    if country not in union.members:
        raise LabelError(f"{country} is not a member of {bloc}; members: {', '.join(union.members)}")
    if not stayers.any():
        raise LabelError(f"{bloc} has no other member in this world")
    goods = world.goods
    new, chosen = world.tau.copy(), np.zeros(world.tau.shape, dtype=bool)
    if own_tariff != "keep":
        outside = groups.cells(leaver, ~stayers & ~leaver, goods) & (world.tau > 0)
        _put(new, chosen, outside, groups.rates(world, own_tariff, leaver))
    kept = _free_elsewhere(world, bloc)
    free = partners_tariff == "free"
    own = "free" if free else ("mfn" if own_tariff == "keep" else own_tariff)
    there = groups.cells(leaver, stayers, goods) & ~kept[:, :, None]
    _put(new, chosen, there, groups.rates(world, own, leaver) + own_surcharge)
    back = groups.cells(stayers, leaver, goods) & ~kept[:, :, None]
    _put(new, chosen, back, groups.rates(world, partners_tariff, stayers) + partners_surcharge)
    new = np.where(goods[None, None, :], new, world.tau)
    return Change(tau_new=np.ma.array(new, mask=~chosen), pool_new=_shares(world, bloc, country, 0.0))


@shock
def join_bloc(
    world: World, *, country: str, bloc: str, external: Any = None, pool_share: float | None = None
) -> Change:
    """Bring a country into a bloc: no duties inside, the common tariff outside, a share of the duty pool.

    Parameters
    ----------
    country, bloc : who joins what
    external : tariff on outsiders who pay duty today; default the bloc's common tariff in a customs union, no change
        in a free trade area
    pool_share : the newcomer's treaty share, 0..1; needed where the bloc pools duties. The others keep their
        proportions.
    """
    union = _find(world, bloc)
    joiner = groups.countries(world, country)
    members = groups.countries(world, bloc) & ~joiner
    if country in union.members:
        raise LabelError(f"{country} is a member of {bloc} already")
    if union.shares and pool_share is None:
        raise ScenarioError(f"join_bloc: {bloc} pools its import duties; say the newcomer's pool_share, such as 0.02")
    if pool_share is not None and not (union.shares and 0 < pool_share < 1):
        raise ScenarioError(f"join_bloc: pool_share {pool_share} must lie between 0 and 1, in a bloc that pools duties")
    goods = world.goods
    new, chosen = world.tau.copy(), np.zeros(world.tau.shape, dtype=bool)
    outside = groups.cells(joiner, ~members & ~joiner, goods) & (world.tau > 0)
    if external is None and union.kind == "customs_union":
        external = _common_tariff(world, union, members)
    if external is not None:
        table = external if isinstance(external, np.ndarray) else groups.rates(world, external, joiner)
        _put(new, chosen, outside, table)
    inside = groups.cells(joiner, members, goods) | groups.cells(members, joiner, goods)
    _put(new, chosen, inside, np.zeros((len(world.countries), len(world.sectors))))
    pool = None if pool_share is None else _shares(world, bloc, country, pool_share)
    return Change(tau_new=np.ma.array(new, mask=~chosen), pool_new=pool)


def _find(world: World, bloc: str) -> Bloc:
    if bloc not in world.blocs:
        have = suggest(bloc, world.blocs) if world.blocs else " The world has none; pass blocs=[Bloc(...)]."
        raise LabelError(f"unknown bloc {bloc!r}.{have}")
    return world.blocs[bloc]


def _free_elsewhere(world: World, bloc: str) -> np.ndarray:
    """(n, i) pairs whose duties this bloc does not set: its exceptions; for a free trade area, unions they share."""
    N = len(world.countries)
    kept = np.zeros((N, N), dtype=bool)
    for a, b in world.blocs[bloc].exceptions:
        if a in world.countries and b in world.countries:
            kept[world.position(a), world.position(b)] = kept[world.position(b), world.position(a)] = True
    if world.blocs[bloc].kind == "free_trade":
        for other in world.blocs.values():
            if other.name != bloc and other.kind == "customs_union":
                inside = np.isin(world.countries, other.members)
                kept |= inside[:, None] & inside[None, :]
    return kept


def _put(new: np.ndarray, chosen: np.ndarray, mask: np.ndarray, rate: np.ndarray) -> None:
    new[mask] = np.broadcast_to(rate[:, None, :], new.shape)[mask]
    chosen |= mask


def _common_tariff(world: World, union: Bloc, members: np.ndarray) -> Any:
    if not union.common_tariff:
        raise ScenarioError(f"join_bloc: {union.name} names no common tariff; give external=")
    table = groups.rates(world, union.common_tariff, members)
    return np.broadcast_to(table[members].mean(axis=0), table.shape)


def _shares(world: World, bloc: str, country: str, share: float) -> np.ndarray | None:
    if bloc not in world.unions:
        return None
    pool = np.array(world.pool)
    row = pool[world.unions.index(bloc)]
    row[world.position(country)] = 0.0
    if not row.sum() > 0:
        raise ScenarioError(f"{bloc}: no other member has a share in the duty pool; give Change(pool_new=...)")
    row *= (1 - share) / row.sum()
    row[world.position(country)] = share
    return pool
