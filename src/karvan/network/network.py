"""The freight network: places and links as arrays with labels, blanks filled by rules that every cell can name."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from karvan.core.errors import LabelError
from karvan.core.labels import suggest
from karvan.core.table import Table
from karvan.network.added import Added
from karvan.network.checks import check_costs, check_tables
from karvan.network.fill import Filled, Layout, fill
from karvan.network.rules import Rules
from karvan.network.tables import read_tables

YEAR = 2025
FREIGHT = ("rail", "road", "sea", "feeder", "ferry")


@dataclass(frozen=True, eq=False, repr=False)
class Network:
    """Places, links, crossings, terminals and rules, checked, with every blank filled.

    Link `m` joins `tables["links"][m]["from"]` to `["to"]` and back; arrays of links have shape (2, link): there, back.

    Attributes
    ----------
    tables : the files as rows
    rules : what filled the blanks, with ranges and sources
    values : one number per rule: the most likely ones, or a draw
    layout : which rule each link reads
    filled : hours, prices, crossing times and the name of the rule of each cell
    year : which planned links are open
    opened, closed : positions of links opened or closed by hand
    given : hours, fees and capacities given by hand
    """

    tables: Mapping[str, Sequence[Mapping[str, Any]]]
    rules: Rules
    values: Mapping[str, float]
    layout: Layout
    filled: Filled
    year: int = YEAR
    opened: frozenset[int] = field(default_factory=frozenset)
    closed: frozenset[int] = field(default_factory=frozenset)
    given: Added | None = None

    @classmethod
    def read(cls, folder: Path | str | None = None, *, year: int = YEAR) -> Network:
        """Read a network: karvan's own, or the CSV files of a folder (those it lacks are karvan's).

        Raises
        ------
        SourceError
            Every fault of the files at once, with file, line and remedy.
        """
        tables = read_tables(folder)
        check_tables(tables)
        rules = Rules.of(tables["rules"], tables["services"])
        values, layout = rules.modes(), Layout(tables, rules)
        multipliers = {row["parameter"]: row["value"] for row in tables["calibration"]}
        network = cls(tables, rules, values, layout, fill(layout, values, multipliers), year)
        check_costs(network.links, network.filled.hours, network.filled.usd_teu, network.filled.usd_t)
        return network

    def drawn(self, seed: int, draw: int) -> Network:
        """Return the network under one draw of its rules: one error per rule and country, in all its links."""
        return self.with_values(self.rules.draw(seed, draw))

    def with_values(self, values: Mapping[str, float], calibration: Mapping[str, float] | None = None) -> Network:
        """Return the network filled with other values of its rules, or other calibration multipliers."""
        multipliers = self.filled.calibration if calibration is None else calibration
        return replace(self, values=dict(values), filled=fill(self.layout, values, multipliers))

    def calibrated(self, multipliers: Mapping[str, float]) -> Network:
        """Return the network under other calibration multipliers."""
        return self.with_values(self.values, multipliers)

    def with_links(self, *, opened: frozenset[int] = frozenset(), closed: frozenset[int] = frozenset()) -> Network:
        """Return the network with links opened and closed by hand."""
        return replace(self, opened=self.opened | opened, closed=(self.closed - opened) | closed)

    def in_year(self, year: int) -> Network:
        """Return the network with the planned links of a year open."""
        return replace(self, year=year)

    @cached_property
    def places(self) -> tuple[str, ...]:
        """The places, by id."""
        return tuple(row["id"] for row in self.tables["places"])

    @cached_property
    def links(self) -> tuple[str, ...]:
        """The links, as `AKT-ALY feeder`."""
        return tuple(f"{row['from']}-{row['to']} {row['mode']}" for row in self.tables["links"])

    @cached_property
    def countries(self) -> tuple[str, ...]:
        """The country of each place, ISO3."""
        return tuple(row["iso3"] for row in self.tables["places"])

    @cached_property
    def where(self) -> dict[str, int]:
        """The position of each place."""
        return {name: i for i, name in enumerate(self.places)}

    @property
    def added(self) -> Added:
        """Hours, fees and capacities given by hand, on every link."""
        return self.given or Added.nothing(len(self.links), len(self.places))

    @cached_property
    def market(self) -> dict[str, int]:
        """The place where each country trades: its centre of trade, or a gateway for those far away."""
        rows = [*self.tables["economies"], *self.tables["markets"]]
        return {row["country"]: self.where[row["place"]] for row in rows}

    def on_network(self, countries: Sequence[str]) -> np.ndarray:
        """(importer, exporter) whether trade goes by this network: not across an ocean that it lacks.

        A country of reach `ocean` (the Americas) trades over the network only with those that have no coast.
        """
        rows = {row["country"]: row["reach"] for row in (*self.tables["economies"], *self.tables["markets"])}
        reach = np.array([rows[c] for c in countries])
        ocean, inland = reach == "ocean", reach == "inland"
        return ~(ocean[:, None] | ocean) | inland[:, None] | inland

    @cached_property
    def usable(self) -> np.ndarray:
        """(link,) which links carry freight: open, or planned and built by `year`, and not closed by hand."""
        mask = self.standing.copy()
        mask[list(self.closed)] = False
        return mask

    @cached_property
    def standing(self) -> np.ndarray:
        """(link,) which links carry freight or would, were they not closed by hand."""
        rows = self.tables["links"]
        state = [
            row["status"] == "open"
            or (row["status"] == "planned" and row["from_year"] is not None and row["from_year"] <= self.year)
            for row in rows
        ]
        mask = np.array(state)
        mask[list(self.opened)] = True
        return mask

    def __repr__(self) -> str:
        return f"Network({len(self.places)} places, {len(self.links)} links, {self.year})"

    def place(self, name: str) -> int:
        """Return the position of a place by its id, its English name, or a country (its centre of trade).

        Raises
        ------
        LabelError
            Unknown, with the nearest name.
        """
        if name in self.where:
            return self.where[name]
        for row in self.tables["economies"]:
            if name.upper() == row["country"]:
                return self.where[row["place"]]
        names = {row["name"].casefold(): row["id"] for row in self.tables["places"]}
        short = {re.split(r" \(| /| port$| junction$| terminal$", text)[0]: code for text, code in names.items()}
        found = {**short, **names, **{p.casefold(): p for p in self.places}}.get(name.casefold())
        if found is None:
            choices = [*self.places, *(row["name"] for row in self.tables["places"])]
            raise LabelError(f"unknown place {name!r}.{suggest(name, choices)} `karvan corridors places` lists them.")
        return self.where[found]

    def find_links(self, name: str) -> frozenset[int]:
        """Return the links meant by a name: `AKT-ALY feeder`, `AKT-ALY` (all modes), a place or a corridor (`kars`).

        Raises
        ------
        LabelError
            Nothing has this name; the nearest is suggested.
        """
        wanted: set[int] = set()
        corridors = {row["corridor"]: row["links"].replace(">", " ").split() for row in self.tables["corridors"]}
        parts = corridors.get(name, [name])
        for m, row in enumerate(self.tables["links"]):
            a, b = row["from"], row["to"]
            names = {f"{a}-{b}", f"{b}-{a}", f"{a}-{b} {row['mode']}", f"{b}-{a} {row['mode']}"}
            if names & set(parts) or (len(parts) == 1 and name in (a, b)):
                wanted.add(m)
        if not wanted:
            pairs = [text.split()[0] for text in self.links]
            raise LabelError(
                f"unknown link, place or corridor {name!r}.{suggest(name, [*corridors, *pairs, *self.places])}"
            )
        return frozenset(wanted)

    def border(self, one: str, other: str) -> frozenset[int]:
        """Return the links for freight between places of two countries.

        Raises
        ------
        LabelError
            They have no common border here, or a country has no place.
        """
        for name in (one, other):
            if name not in self.countries:
                raise LabelError(f"no place of {name!r} in the network.{suggest(name, sorted(set(self.countries)))}")
        if one == other:
            raise LabelError(f"{one} has no border with itself; name two neighbours, or a link")
        found = set()
        for m, row in enumerate(self.tables["links"]):
            ends = {self.countries[self.where[row["from"]]], self.countries[self.where[row["to"]]]}
            if ends == {one, other} and row["mode"] in FREIGHT:
                found.add(m)
        if not found:
            raise LabelError(f"no link joins {one} and {other}; name two neighbours, or a link")
        return frozenset(found)

    def stages(self, corridor: str) -> tuple[frozenset[int], ...]:
        """Return the links that a corridor passes in turn: one of each set."""
        text = next(row["links"] for row in self.tables["corridors"] if row["corridor"] == corridor)
        return tuple(frozenset().union(*map(self.find_links, part.split())) for part in text.split(">"))

    def link_table(self) -> Table:
        """Every link with the filled figures, the range of its hours and price, and where each came from."""
        f, rows = self.filled, []
        for m, row in enumerate(self.tables["links"]):
            price = f.usd_t if np.isnan(f.usd_teu[0, m]) else f.usd_teu
            rows.append(
                (
                    self.links[m],
                    row["status"] if row["status"] != "planned" else f"planned {row['from_year'] or ''}".strip(),
                    round(float(f.km[m])),
                    f.rule_km[m],
                    round(float(f.hours[0, m]), 1),
                    f.rule_hours[m],
                    round(float(price[0, m]), 1),
                    round(float(price[1, m]), 1),
                    "USD/t" if np.isnan(f.usd_teu[0, m]) else "USD/TEU",
                    f.rule_price[m],
                    row["capacity"],
                    row["capacity_unit"],
                    row["source"],
                )
            )
        columns = (
            "link status km km_from hours hours_from price price_back unit price_from capacity capacity_unit source"
        )
        return Table(tuple(columns.split()), tuple(rows), "Links: what they are and which rule filled a blank")

    def place_table(self) -> Table:
        """Every place with its coordinates and where they come from."""
        columns = ("id", "name", "iso3", "kind", "lat", "lon", "source", "quality")
        rows = tuple(tuple(row[c] for c in columns) for row in self.tables["places"])
        return Table(columns, rows, "Places")

    def corridor_table(self) -> Table:
        """The corridors by name, with the links that make them."""
        columns = ("corridor", "title", "links", "avoid")
        return Table(columns, tuple(tuple(row[c] for c in columns) for row in self.tables["corridors"]), "Corridors")
