"""Corridors: what closing, opening and changing links does to the cost of trade."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, lru_cache
from typing import Any, NamedTuple

import numpy as np

from karvan.core.change import Change
from karvan.core.errors import InfeasibleError, ScenarioError, first_five
from karvan.core.scenario import shock
from karvan.core.world import World
from karvan.network.edits import Edit, edited
from karvan.network.loads import Freight
from karvan.network.routes import Corridors, corridors
from karvan.shocks import groups


class Part(NamedTuple):
    """An edit of the network, and whether pairs that it leaves without a route count as embargoed."""

    edit: Edit
    embargo: bool = False


def corridor_shock(
    world: World,
    after: Corridors,
    before: Corridors | None = None,
    *,
    quantity: np.ndarray | None = None,
    embargo: bool = False,
) -> Change:
    """Return the change of trade costs when freight corridors change.

    d_hat_nij = sum_c s_jc (1 + g_new_nic) / sum_c s_jc (1 + g_old_nic)

    g is the yearly mean cost of freight of cargo class c as a share of value, s the part of sector j that goes by it
    (sectors.csv; what does not travel on this network, crude in pipes and goods by air, costs the same after). Links
    whose capacity is known and that fill up charge a toll that keeps the load within it.

    Parameters
    ----------
    after, before : the network as it will be, and as it is (default: karvan's own)
    quantity : (importer, exporter, sector) volumes of trade, new over old, that load the links; default: today's.
        `karvan.run.freight.solve_with_freight` finds those that agree with the equilibrium.
    embargo : pairs left without a route: their trade stops (d_hat infinite). Otherwise they are refused.

    Raises
    ------
    InfeasibleError
        Pairs with trade are left without any route.
    LabelError
        A country has no market place, or a sector no cargo, in the tables of the network.
    """
    old, new = freight(world, before or network()), freight(world, after)
    year = new.year(world.M, quantity, new.room(old.year(world.M)))
    return freight_change(world, old, year.cost, embargo)


def freight_change(world: World, before: Freight, cost: np.ndarray, embargo: bool = False) -> Change:
    """Return the change of trade costs from a prepared freight to other costs (importer, exporter, cargo) of it.

    See `corridor_shock`.
    """
    base, then = before.carried.by_sector(before.cost), before.carried.by_sector(cost)
    with np.errstate(invalid="ignore"):
        d_hat = np.where(np.isfinite(base), then / base, 1.0)
    own = np.arange(len(world.countries))
    d_hat[own, own] = 1.0
    cut = np.isinf(d_hat) & (world.M > 0)
    if cut.any() and not embargo:
        pairs = [f"{world.countries[i]}-{world.countries[n]}" for n, i in np.argwhere(cut.any(axis=2)).tolist()]
        raise InfeasibleError(
            f"{len(pairs)} pair(s) with trade are left without any route: {first_five(pairs)}; open another way, close "
            "for less than a year, or say embargo: true if their trade shall stop"
        )
    return Change(d_hat=np.where(world.M > 0, d_hat, 1.0))


@cache
def network() -> Corridors:
    """The network as it is."""
    return corridors()


def freight(world: World, routes: Corridors) -> Freight:
    """Prepare the freight of a world on a network; kept for the next call."""
    return _freight(routes, world.countries, world.sectors, tuple(world.goods.tolist()))


@lru_cache(maxsize=4)
def _freight(
    routes: Corridors, countries: tuple[str, ...], sectors: tuple[str, ...], goods: tuple[bool, ...]
) -> Freight:
    return Freight(routes, countries, sectors, np.array(goods))


def _together(world: World, parts: Sequence[Part]) -> Change:
    """One change for all edits of a scenario."""
    edits = tuple(part.edit for part in parts)
    return corridor_shock(world, after_edits(edits), embargo=any(part.embargo for part in parts))


@lru_cache(maxsize=16)
def after_edits(edits: tuple[Edit, ...]) -> Corridors:
    """The network after some edits."""
    return edited(network(), edits)


@shock(join=_together)
def close_link(world: World, *, link: str, days: Any = 365, embargo: bool = False) -> Part:
    """Close a freight link, all links of a place, or a corridor, for some days of the year.

    Parameters
    ----------
    link : as `karvan corridors links` and `places` name it: "AKT-ALY", "KHO", "middle"; or a border, "RUS-KAZ"
    days : 1 to 365; goods take another way or wait, whichever is cheaper
    embargo : whether trade of pairs left without a route stops; otherwise such a closing is refused
    """
    return Part(Edit.of("close", name=link, days=_days(days)), _whether(embargo))


@shock(join=_together)
def close_transit(world: World, *, country: str, of: Any = None, days: Any = 365, embargo: bool = False) -> Part:
    """Close a country to goods that pass through it.

    Parameters
    ----------
    country : ISO3 code
    of : only goods from or to these countries; default all
    days, embargo : as in `close_link`
    """
    whose = None if of is None else tuple([of] if isinstance(of, str) else of)
    return Part(Edit.of("close_transit", country=country, of=whose, days=_days(days)), _whether(embargo))


@shock(join=_together)
def open_link(world: World, *, link: str) -> Part:
    """Open a planned, blocked or restricted link, or a corridor ("zangezur")."""
    return Part(Edit.of("open", name=link))


@shock(join=_together)
def network_year(world: World, *, year: int) -> Part:
    """Use the network of another year: planned links are open from their year on."""
    return Part(Edit.of("in_year", year=int(groups.number(year, "year", "2030"))))


@shock(join=_together)
def border_delay(world: World, *, link: str, hours: float, sd_hours: float = 0.0) -> Part:
    """Add hours of waiting to a border ("RUS-KAZ"), link or port ("AKT"), both ways; negative where it gets faster.

    Parameters
    ----------
    hours, sd_hours : for a block train or truck, and their standard deviation; loose wagons and express trains scale
    """
    return Part(Edit.of("delay", link=link, hours=groups.number(hours, "hours", "12"), sd_hours=sd_hours))


@shock(join=_together)
def fee(world: World, *, link: str, usd_teu: float, usd_t: float | None = None) -> Part:
    """Add a fee to a border or link, both ways: USD per TEU, and per tonne (default a twentieth of it)."""
    return Part(Edit.of("charge", link=link, usd_teu=groups.number(usd_teu, "usd_teu", "100"), usd_t=usd_t))


@shock(join=_together)
def capacity(world: World, *, link: str, amount: float | None = None, unit: str = "", times: float = 1.0) -> Part:
    """Give a link another capacity: an amount a year with its unit ("Mt/y", "TEU/y"), or so many times today's."""
    return Part(Edit.of("with_capacity", link=link, amount=amount, unit=unit, times=times))


def _days(given: Any) -> int:
    return round(groups.number(given, "days", "30"))


def _whether(embargo: Any) -> bool:
    if not isinstance(embargo, bool):
        raise ScenarioError(f"embargo: expected true or false, got {embargo!r}")
    return embargo
