"""The rows of a map: places and links of a network, with what they carry and what became of their cost."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files

from karvan.core.errors import LabelError, first_five
from karvan.core.freight_map import MapLink, MapPlace, MapRows, Point
from karvan.core.labels import suggest
from karvan.network.network import Network
from karvan.network.routes import RouteFound

DRAWN_AS = {"feeder": "sea", "tanker": "sea", "tankcar": "rail"}
KINDS = {"city": 3.0, "port": 3.0, "oil": 1.5, "chokepoint": 1.5, "border": 1.0, "rail": 0.0}
CENTRE = 8.0  # a centre of trade is named before what has only many links
ON_THE_WAY = 30.0


def map_rows(
    network: Network,
    loads: Mapping[str, float] | None = None,
    costs: Mapping[str, float] | None = None,
    *,
    modes: Sequence[str] | None = None,
    named: Sequence[str] = (),
) -> MapRows:
    """Return the places and links of a network as rows of a map.

    Parameters
    ----------
    loads : what links carry a year, by the link's name (`AKT-ALY feeder`), all in one unit (t, TEU, or a share)
    costs : change of cost in percent, by the link's name
    modes : draw these of the network's modes only, such as those of a cargo class
    named : places that the map names before all others, such as the ends of a route

    Raises
    ------
    LabelError
        A name that is no link, or no link by these modes.
    """
    for given in (loads, costs):
        unknown = [name for name in given or {} if name not in network.links]
        if unknown:
            raise LabelError(f"no such link: {first_five(unknown)}.{suggest(unknown[0], network.links)}")
    links = []
    for m, row in enumerate(network.tables["links"]):
        if modes is None or row["mode"] in modes:
            name, ends = network.links[m], (row["from"], row["to"])
            via = tuple(_ways().get("-".join(ends), ())) if _on_water(row["mode"]) else ()
            mode, (a, b) = DRAWN_AS.get(row["mode"], row["mode"]), (_at(network, p) for p in ends)
            load, cost = (loads or {}).get(name), (costs or {}).get(name)
            links.append(MapLink(name, a, b, mode, _state(network, m), load, cost, via))
    if not links:
        raise LabelError(f"no link by {first_five(modes or ())} in the network; `karvan corridors links` lists them")
    first = {network.places[network.place(name)] for name in named}
    return MapRows(_places(network, links, first), tuple(links))


def shares_by_link(network: Network, routes: Sequence[RouteFound]) -> dict[str, float]:
    """Return the percent of a pair's goods that takes each link, over routes with their logit shares."""
    found: defaultdict[str, float] = defaultdict(float)
    for route in routes:
        for m in route.links:
            found[network.links[m]] += 100 * route.share
    return dict(found)


def short(name: str) -> str:
    """Return a place's name as a map shows it: `Altynkol / Khorgos Gateway (KZ)` is `Altynkol`."""
    return re.sub(r"( marine)? (port|junction|terminal|refinery|onshore)$", "", re.split(r" \(| / ", name)[0])


def _places(network: Network, links: Sequence[MapLink], first: set[str]) -> tuple[MapPlace, ...]:
    """The ends of links; centres of trade, cities and what many links join weigh most, and what carries most."""
    degree: Counter[Point] = Counter()
    loaded: defaultdict[Point, float] = defaultdict(float)
    for one in links:
        for end in (one.start, one.end):
            degree[end] += 1 if one.state == "open" else 2  # what the map is about
            loaded[end] = max(loaded[end], one.load or 0.0)
    most = max(loaded.values(), default=0.0) or 1.0
    centres = {row["place"] for row in network.tables["economies"]}
    rows = []
    for row in network.tables["places"]:
        at = (row["lon"], row["lat"])
        if degree[at]:
            weight = KINDS.get(row["kind"], 0.0) + CENTRE * (row["id"] in centres) + degree[at]
            weight += ON_THE_WAY * (loaded[at] / most) ** 0.5 + 1000 * (row["id"] in first)
            rows.append(MapPlace(short(row["name"]), *at, row["iso3"], weight))
    return tuple(rows)


def _state(network: Network, m: int) -> str:
    if m in network.closed:
        return "closed"
    status = network.tables["links"][m]["status"]
    if m in network.opened:
        return "open" if status == "open" else "opened"
    return "open" if network.usable[m] else str(status)


def _at(network: Network, place: str) -> Point:
    row = network.tables["places"][network.where[place]]
    return row["lon"], row["lat"]


def _on_water(mode: str) -> bool:
    return mode in ("sea", "feeder", "ferry", "tanker")


@cache
def _ways() -> Mapping[str, tuple[Point, ...]]:
    """Points of the ways over water between places, by pair; a pair that is absent is drawn straight."""
    text = files("karvan.network").joinpath("data", "waters.json").read_text(encoding="utf-8")
    return {pair: tuple((lon, lat) for lon, lat in way) for pair, way in json.loads(text)["ways"].items()}
