"""Evidence on corridors that a case asks for: stored results, and the rows of the map before and after a closing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from karvan.core.errors import SourceError
from karvan.core.labels import suggest
from karvan.core.table import Table
from karvan.data import evidence
from karvan.network.map_rows import map_rows, short
from karvan.shocks.corridor import network

KEYS = (
    "evidence", "routes", "closer", "cards", "card_cargo", "draws", "scenarios", "widen", "borders", "pairs", "cargoes",
    "top", "transit", "pipes", "waits", "border_back", "border_back_with", "shown_cargoes", "shown_mode", "map_view",
    "new", "plan", "held_out",
)  # fmt: skip
STORED = ("scenarios", "transit", "links", "widen", "borders", "routes", "oil")
ROUTES = ("card_routes", "card_cargoes", "saves", "insures", "stops", "crossing_after")
BY_LAND_AND_SEA = ("rail", "road", "sea", "feeder", "ferry")
PLACES = ("name", "lon", "lat", "country", "weight")
LINKS = ("name", "from", "to", "mode", "before", "after", "closed", "via")


def corridors(case: Mapping[str, Any]) -> dict[str, Table]:
    """Tables of the stored results on corridors, under "corridors.".

    Beyond the stored ones: `named` (code, English name of every place), `map_places` and `map_links` (what the map
    draws; loads in percent of the value of the country's goods).
    """
    given = case["corridors"]
    found, routes = evidence.read(given["evidence"]), evidence.read(given["routes"])
    told = [*given["transit"], *given["pipes"], *given["waits"], *given["new"], given["border_back"]]
    _known(case, "scenario", told, [row[0] for row in found.table("scenarios").rows])
    borders = found.table("borders").to_dicts()
    _known(case, "cargo", given["shown_cargoes"], [row["cargo"] for row in borders])
    _known(case, "mode", [given["shown_mode"]], [row["mode"] for row in borders])
    _crossed(case, borders)
    tables = {f"corridors.{name}": found.table(name) for name in STORED}
    tables |= {f"corridors.{name}": routes.table(name) for name in ROUTES}
    return {**tables, **_drawn(routes.table("loads"))}


def _known(case: Mapping[str, Any], what: str, names: Iterable[str], known: Iterable[str]) -> None:
    known = dict.fromkeys(known)
    for name in names:
        if name not in known:
            raise SourceError(f"case {case['name']}, corridors: no {what} {name!r}.{suggest(name, known)}")


def _crossed(case: Mapping[str, Any], borders: list[dict[str, Any]]) -> None:
    """Refuse a case whose country has no crossing to show, or that leaves a part of the answer empty."""
    given, home = case["corridors"], case["country"]
    empty = [name for name in ("transit", "pipes", "shown_cargoes", "new") if not given[name]]
    if empty:
        raise SourceError(f"case {case['name']}, corridors: {empty[0]} is empty")
    crossed = {
        row["cargo"] for row in borders if home in row["border"].split("-") and row["mode"] == given["shown_mode"]
    }
    missing = [cargo for cargo in given["shown_cargoes"] if cargo not in crossed]
    if missing:
        what = f"no crossing of {home} by {given['shown_mode']} for {missing[0]}"
        raise SourceError(f"case {case['name']}, corridors: {what}; name another shown_mode, or borders of the country")


def _drawn(loads: Table) -> dict[str, Table]:
    """Places and links of the map, and the names of all places."""
    whole = network().network
    rows = {row["link"]: row for row in loads.to_dicts()}
    both = {name: max(row["before"], row["after"]) for name, row in rows.items()}
    places, links = map_rows(whole, both, modes=BY_LAND_AND_SEA)
    kept = [one for one in links if one.name in rows]
    drawn = tuple(
        (one.name, one.start, one.end, one.mode, *(rows[one.name][k] for k in LINKS[4:7]), one.via) for one in kept
    )
    named = tuple((row["id"], short(row["name"])) for row in whole.tables["places"])
    return {
        "corridors.map_places": Table(PLACES, tuple(tuple(place) for place in places), "Places of the map"),
        "corridors.map_links": Table(LINKS, drawn, loads.title),
        "corridors.named": Table(("place", "name"), named, "Places of the network"),
    }
