"""What makes a network unusable: every fault of its places and links, found at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from karvan.core.faults import Faults
from karvan.core.labels import suggest

MODES = ("rail", "road", "sea", "feeder", "ferry", "pipeline", "tanker", "tankcar")
STATUS = ("open", "planned", "blocked", "restricted")
UNITS = ("Mt/y", "TEU/y", "trains/y")
VOLUMES = ("Mt/y", "TEU/y")
REACH = ("inland", "coast", "ocean")
CENTRES = (("economies", ("place",)), ("markets", ("place",)))
Row = Mapping[str, Any]
Tables = Mapping[str, Sequence[Row]]


def check_tables(tables: Tables) -> None:
    """Raise a SourceError that lists what is wrong with the tables, or do nothing.

    Looked for: places named twice or unknown (with a suggestion), places that no link joins to the others, links twice,
    from a place to itself, of unknown mode or status, negative numbers, times or costs below zero, units mixed (a flow
    in TEU on a capacity in tonnes), a capacity below the observed flow, borders crossed by land without a crossing,
    crossings without a link, volumes on links that are not there.
    """
    faults = Faults("network")
    ids = _places(tables["places"], faults)
    for name, columns in (("links", ("from", "to")), ("crossings", ("from", "to")), *CENTRES):
        _known(name, tables[name], columns, ids, faults)
    _links(tables["links"], faults)
    _numbers(tables, faults)
    _trade(tables, faults)
    _observed(tables, faults)
    if not faults.found:
        _joined(tables["places"], tables["links"], faults)
        _borders(tables, faults)
    faults.stop()


def check_costs(labels: Sequence[str], hours: np.ndarray, usd_teu: np.ndarray, usd_t: np.ndarray) -> None:
    """Raise when a link takes no time and no money both ways: going round it would be free.

    Parameters
    ----------
    hours, usd_teu, usd_t : (2, link); NaN where a price does not apply.
    """
    faults = Faults("links.csv")
    free = (hours <= 0).all(0) & (np.nan_to_num(usd_teu) <= 0).all(0) & (np.nan_to_num(usd_t) <= 0).all(0)
    for i in np.flatnonzero(free).tolist():
        faults.add(f"{labels[i]} is a loop of zero cost: no hours and no price", remedy="give its km, or leave it out")
    faults.stop()


def _places(rows: Iterable[Row], faults: Faults) -> dict[str, Row]:
    found: dict[str, Row] = {}
    for row in rows:
        if row["id"] in found:
            _at(faults, "places", row, f"place {row['id']!r} is there twice")
        found[row["id"]] = row
        if not (-90 <= row["lat"] <= 90 and -180 <= row["lon"] <= 180):
            _at(faults, "places", row, f"{row['id']}: latitude {row['lat']}, longitude {row['lon']}")
    return found


def _known(name: str, rows: Iterable[Row], columns: Sequence[str], ids: Mapping[str, Row], faults: Faults) -> None:
    for row in rows:
        for column in columns:
            if row[column] not in ids:
                _at(faults, name, row, f"unknown place {row[column]!r}.{suggest(row[column], ids)}")


def _links(rows: Iterable[Row], faults: Faults) -> None:
    seen: dict[tuple, int] = {}
    for row in rows:
        key = (*sorted((row["from"], row["to"])), row["mode"])
        name = f"{row['from']}-{row['to']} {row['mode']}"
        if key in seen:
            _at(faults, "links", row, f"{name} is there twice (also line {seen[key]}); links go both ways")
        seen[key] = row["line"]
        if row["from"] == row["to"]:
            _at(faults, "links", row, f"{name} is a loop: from a place to itself")
        for column, choices in (("mode", MODES), ("status", STATUS)):
            if row[column] not in choices:
                _at(faults, "links", row, f"{name}: unknown {column} {row[column]!r}.{suggest(row[column], choices)}")
        _capacity(name, row, faults)


def _capacity(name: str, row: Row, faults: Faults) -> None:
    units = [row[c] for c in ("capacity_unit", "flow_unit") if row[c]]
    for unit in units:
        if unit not in UNITS:
            _at(faults, "links", row, f"{name}: unknown unit {unit!r}.{suggest(unit, UNITS)}")
    if len(set(units)) > 1:
        what = f"{name}: units mixed, capacity in {units[0]} and flow in {units[1]}"
        _at(faults, "links", row, what, "give both in the same unit")
    elif row["capacity"] is not None and row["flow"] is not None and row["capacity"] < row["flow"]:
        what = f"{name}: capacity {row['capacity']:g} below the observed flow {row['flow']:g} {units[0]}"
        _at(faults, "links", row, what, "one of the two sources is wrong")
    if (row["capacity"] is not None or row["flow"] is not None) and not units:
        _at(faults, "links", row, f"{name}: a capacity or flow without unit", f"give one of {', '.join(UNITS)}")


def _numbers(tables: Tables, faults: Faults) -> None:
    signed = {"line", "lat", "lon"}
    for name, rows in tables.items():
        for row in rows:
            for column, value in row.items():
                if column in signed or not isinstance(value, float):
                    continue
                if not np.isfinite(value) or value < 0:
                    what = (
                        "negative time or cost"
                        if column in ("hours", "fee_usd", "mode")
                        else "not a number of 0 or more"
                    )
                    _at(faults, name, row, f"{column} is {value:g}: {what}")


def _trade(tables: Tables, faults: Faults) -> None:
    """Each country trades at one place; of a sector's value no more than all goes by the cargo classes."""
    seen: set[str] = set()
    for name in ("economies", "markets"):
        for row in tables[name]:
            if row["country"] in seen:
                _at(faults, name, row, f"{row['country']} has two centres of trade", "keep one")
            if row["reach"] not in REACH:
                what = f"{row['country']}: unknown reach {row['reach']!r}.{suggest(row['reach'], REACH)}"
                _at(faults, name, row, what)
            seen.add(row["country"])
    classes = [row["cargo"] for row in tables["cargo"]]
    total: dict[str, float] = {}
    for row in tables["sectors"]:
        if row["cargo"] and row["cargo"] not in classes:
            what = f"{row['sector']}: unknown cargo {row['cargo']!r}.{suggest(row['cargo'], classes)}"
            _at(faults, "sectors", row, what)
        total[row["sector"]] = total.get(row["sector"], 0.0) + row["share"]
        if total[row["sector"]] > 1 + 1e-9:
            what = f"{row['sector']}: the shares by cargo sum to {total[row['sector']]:g}"
            _at(faults, "sectors", row, what, "they are shares of value; what is not on the network is left out")
        if row["usd_t"] <= 0:
            _at(faults, "sectors", row, f"{row['sector']}: a value of {row['usd_t']:g} USD per t")


def named_links(text: str) -> list[str]:
    """Names of links in a cell, `AKT-ALY SAG-TAS rail`: a word without a dash is the mode of the one before."""
    names: list[str] = []
    for word in text.split():
        if "-" in word or not names:
            names.append(word)
        else:
            names[-1] += f" {word}"
    return names


def _observed(tables: Tables, faults: Faults) -> None:
    """Observed volumes: a range in Mt or TEU a year on links that exist."""
    known: set[str] = set()
    for row in tables["links"]:
        for a, b in ((row["from"], row["to"]), (row["to"], row["from"])):
            known |= {f"{a}-{b}", f"{a}-{b} {row['mode']}"}
    for row in tables["volumes"]:
        for name in named_links(row["links"]) or [""]:
            if name not in known:
                _at(faults, "volumes", row, f"{row['name']}: no link {name!r}.{suggest(name, sorted(known))}")
        if row["unit"] not in VOLUMES:
            what = f"{row['name']}: unknown unit {row['unit']!r}.{suggest(row['unit'], VOLUMES)}"
            _at(faults, "volumes", row, what)
        if row["high"] <= 0 or row["low"] > row["high"]:
            what = f"{row['name']}: observed from {row['low']:g} to {row['high']:g}"
            _at(faults, "volumes", row, what, "low must not be above high, and high above 0")


def _joined(places: Sequence[Row], links: Sequence[Row], faults: Faults) -> None:
    where = {row["id"]: i for i, row in enumerate(places)}
    a, b = ([where[row[c]] for row in links] for c in ("from", "to"))
    n = len(places)
    _, part = connected_components(coo_array((np.ones(len(a)), (a, b)), shape=(n, n)), directed=False)
    main = np.bincount(part).argmax()
    for i in np.flatnonzero(part != main).tolist():
        what = f"{places[i]['id']} ({places[i]['name']}) is disconnected: no link joins it to the rest"
        _at(faults, "places", places[i], what, "add a link or leave it out")


def _borders(tables: Tables, faults: Faults) -> None:
    zone = {row["id"]: row["zone"] for row in tables["places"]}
    links = {_key(row) for row in tables["links"]}
    crossings = {_key(row) for row in tables["crossings"]}
    for row in tables["links"]:
        ends = {zone[row["from"]], zone[row["to"]]}
        if row["mode"] in ("rail", "road") and len(ends) == 2 and _key(row) not in crossings:
            what = f"{row['from']}-{row['to']} {row['mode']} crosses a border that crossings.csv does not have"
            _at(faults, "links", row, what, "add its hours and fee")
    for row in tables["crossings"]:
        if _key(row) not in links:
            _at(faults, "crossings", row, f"{row['from']}-{row['to']} {row['mode']} is no link")


def _key(row: Row) -> tuple:
    return (*sorted((row["from"], row["to"])), row["mode"])


def _at(faults: Faults, file: str, row: Row, what: str, remedy: str = "") -> None:
    one = Faults(f"{file}.csv")
    one.add(what, row=row.get("line"), remedy=remedy)
    faults.found += one.found
