"""What a map of freight shows: rows of places and links, made by a network and drawn by those who know none."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from karvan.core.errors import LabelError, first_five
from karvan.core.labels import suggest

MODES = ("rail", "road", "sea", "ferry", "pipeline")
STATES = ("open", "opened", "planned", "restricted", "blocked", "closed")
Point = tuple[float, float]


class MapPlace(NamedTuple):
    """A place: English name, degrees of longitude and latitude, country (ISO3), weight (heaviest are named first)."""

    name: str
    lon: float
    lat: float
    country: str
    weight: float = 1.0


class MapLink(NamedTuple):
    """A link between two points (lon, lat) in degrees.

    mode: rail, road, sea, ferry or pipeline; state: open, opened or closed (by hand), planned, restricted, blocked;
    load: what it carries a year, in one unit for the whole map, None where nothing is known; cost: change of the cost
    in percent, None where none is shown; via: points between the ends, on water.
    """

    name: str
    start: Point
    end: Point
    mode: str = "rail"
    state: str = "open"
    load: float | None = None
    cost: float | None = None
    via: tuple[Point, ...] = ()


class MapRows(NamedTuple):
    """Places and links of one map."""

    places: tuple[MapPlace, ...]
    links: tuple[MapLink, ...]


def check_rows(places: Sequence[MapPlace], links: Sequence[MapLink]) -> None:
    """Refuse what cannot be drawn.

    Raises
    ------
    LabelError
        No links, coordinates out of range, an unknown mode or state, a load or a cost that is no number; all faults of
        one kind together.
    """
    if not links:
        raise LabelError("a map without links: give at least one")
    for one in links:
        if one.mode not in MODES:
            raise LabelError(f"link {one.name}: unknown mode {one.mode!r}.{suggest(one.mode, MODES)}")
        if one.state not in STATES:
            raise LabelError(f"link {one.name}: unknown state {one.state!r}.{suggest(one.state, STATES)}")
    spots = [(p.name, (p.lon, p.lat)) for p in places]
    spots += [(one.name, at) for one in links for at in (one.start, one.end, *one.via)]
    _refuse(
        [f"{name} ({lon:g}, {lat:g})" for name, (lon, lat) in spots if not (abs(lon) <= 180 and abs(lat) <= 90)],
        "coordinates out of range: {}; expected longitude -180 to 180, then latitude -90 to 90, in degrees",
    )
    loads = [f"{one.name} ({one.load})" for one in links if one.load is not None and not _amount(one.load)]
    _refuse(loads, "load that is no amount: {}; expected a number of 0 or more, or None")
    costs = [f"{one.name} ({one.cost})" for one in links if one.cost is not None and not math.isfinite(one.cost)]
    _refuse(costs, "change of cost that is no number: {}; expected percent, or None; mark a lost link as closed")


def _amount(value: float) -> bool:
    return math.isfinite(value) and value >= 0


def _refuse(found: list[str], text: str) -> None:
    if found:
        raise LabelError(text.format(first_five(found)))
