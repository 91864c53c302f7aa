"""What can be done to a network by hand: hours, fees and capacities of links, and lists of edits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from math import isfinite
from numbers import Real
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from karvan.core.errors import LabelError
from karvan.network.capacity import limits
from karvan.network.graph import FEE_SHARED_BY_T
from karvan.network.network import Network

if TYPE_CHECKING:
    from karvan.network.routes import Corridors


class Edit(NamedTuple):
    """One edit: a method of `Corridors` by name, and its arguments."""

    verb: str
    arguments: tuple[tuple[str, Any], ...]

    @classmethod
    def of(cls, verb: str, **arguments: Any) -> Edit:
        """Write an edit so that it can be compared and kept: lists become tuples, what is None is left out."""
        plain = {k: tuple(v) if isinstance(v, list | set) else v for k, v in arguments.items() if v is not None}
        return cls(verb, tuple(plain.items()))


def edited(routes: Corridors, edits: Iterable[Edit]) -> Corridors:
    """Return the routes after some edits, in their order."""
    for one in edits:
        routes = getattr(routes, one.verb)(**dict(one.arguments))
    return routes


def links_of(network: Network, name: str) -> frozenset[int]:
    """Return the links of a name: as `find_links`, or all of a border, `RUS-KAZ`."""
    if not isinstance(name, str):
        raise LabelError(f"{name!r} is no name of a link, place, corridor or border; write one as text")
    parts = name.split("-")
    if len(parts) != 2 or not any(part in network.countries for part in parts):
        return network.find_links(name)
    if all(part in network.countries for part in parts):
        return network.border(*parts)
    try:
        return network.find_links(name)
    except LabelError:
        return network.border(*parts)


def with_added(network: Network, name: str, more: Mapping[str, float]) -> Network:
    """Return the network with hours or fees added to links; hours at a place wait at its terminal.

    Raises
    ------
    LabelError
        Unknown link, no number, or a time or cost that would fall below zero.
    """
    for what, value in more.items():
        _number(name, what, value)
    if name in network.where and "hours" in more:
        if more.get("sd_hours"):
            raise LabelError(f"{name}: sd_hours is of a link or border; the spread at a terminal cannot be changed")
        return _at_port(network, name, more["hours"])
    links, f = links_of(network, name), network.filled
    added, rows = network.added.plus(links, **more), sorted(links)
    rail = np.array([row["mode"] == "rail" for row in network.tables["links"]])
    hours = f.crossing + np.where(rail, 0.0, f.hours)  # only the wait at a border is the same for all trains
    base = {
        "hours": hours,
        "sd_hours": f.crossing_sd,
        "usd_teu": f.usd_teu + f.crossing_usd,
        "usd_t": f.usd_t + f.crossing_usd / FEE_SHARED_BY_T,
    }
    for what, least in base.items():
        total = (least + getattr(added, what))[:, rows]
        if (total < 0).any():
            low = network.links[rows[int((total < 0).any(0).argmax())]]
            raise LabelError(f"{name}: {what} {more.get(what, 0.0):g} would make that of {low} negative")
    return replace(network, given=added)


def _at_port(network: Network, place: str, hours: float) -> Network:
    rows = {row["terminal"]: row["hours"] for row in network.tables["terminals"]}
    if place not in rows:
        known = ", ".join(name for name in rows if name in network.where)
        raise LabelError(f"{place}: no hours of its terminal are known; ports with hours: {known}; or name a link")
    added = network.added.at_port(network.where[place], hours)
    now = rows[place] * network.values["terminal_hours"] * network.filled.calibration["terminal_hours"]
    if now + added.port_hours[network.where[place]] < 0:
        raise LabelError(f"{place}: {hours:g} hours would make the {now:.0f} hours at its terminal negative")
    return replace(network, given=added)


def with_capacity(network: Network, name: str, amount: float | None, unit: str, times: float) -> Network:
    """Return the network with another capacity on links.

    Raises
    ------
    LabelError
        Unknown link, a unit that the link is not measured in, or `times` where no capacity is known.
    """
    _number(name, "times", times)
    if amount is None and unit:
        raise LabelError(f"{name}: unit {unit!r} without an amount; give both, or times alone")
    if amount is not None:
        _number(name, "amount", amount)
        if times != 1:
            raise LabelError(f"{name}: an amount and times {times:g}; give one of them")
    links = links_of(network, name)
    now, units = limits(network)
    new = now.copy()
    for m in sorted(links):
        if amount is None:
            if not np.isfinite(now[m]):
                continue
            new[m] = now[m] * times
        else:
            new[m] = amount * _scale(network, m, unit, units[m])
    if amount is None and not np.isfinite(now[sorted(links)]).any():
        raise LabelError(f"{name}: no capacity is known of it; give an amount and a unit (Mt/y or TEU/y)")
    if not (new[sorted(links)] > 0).all():
        raise LabelError(f"{name}: a capacity must be above 0; to stop a link, close it")
    return replace(network, given=network.added.with_capacity(links, new))


def _number(name: str, what: str, value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, Real) or not isfinite(float(value)):
        raise LabelError(f"{name}: {what} {value!r}; expected a number")


def _scale(network: Network, m: int, unit: str, known: str) -> float:
    """How many of the link's own units (t or TEU a year) one of the given unit is."""
    factor = {"Mt/y": (1e6, "t/y"), "TEU/y": (1.0, "TEU/y"), "trains/y": (network.values["train_teu"], "TEU/y")}
    if unit not in factor:
        raise LabelError(f"{network.links[m]}: unit {unit!r}; expected one of {', '.join(factor)}")
    value, kind = factor[unit]
    if kind != (known or "t/y"):
        raise LabelError(f"{network.links[m]} is measured in {known or 't/y'}, not {unit}; give it in the same unit")
    return value
