"""Blanks of the links filled by the rules, as arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from karvan.network.rules import Rules, great_circle

OIL = ("pipeline", "tanker", "tankcar")
Row = Mapping[str, Any]
Tables = Mapping[str, Sequence[Row]]


class Filled(NamedTuple):
    """Figures of every link, calibration applied. Shapes: (link,) or (2, link) for there and back.

    km; hours running; usd_teu, usd_t (NaN where a mode does not carry it); crossing, crossing_sd hours at the border
    inside the link; crossing_usd per TEU; and the rule behind km, hours and price of each link ("observed" where a
    source gives it).
    """

    km: np.ndarray
    hours: np.ndarray
    usd_teu: np.ndarray
    usd_t: np.ndarray
    crossing: np.ndarray
    crossing_sd: np.ndarray
    crossing_usd: np.ndarray
    rule_km: tuple[str, ...]
    rule_hours: tuple[str, ...]
    rule_price: tuple[str, ...]
    calibration: dict[str, float]


def fill(given: Layout, values: Mapping[str, float], calibration: Mapping[str, float]) -> Filled:
    """Fill every blank by its rule.

    km = great circle x detour where no length is known; hours = km / mean speed of the two countries; price = km x mean
    price of the two countries (+ a fixed part at sea); against the headhaul at sea and eastbound by rail the price
    takes the factor of rule D1 or D2. Calibration multiplies hours of rail, crossings and terminals and prices by mode.
    """
    v = np.array([values[name] for name in given.names])
    km = np.where(np.isnan(given.km), given.circle * v[given.km_rule], given.km)
    speed = (v[given.speed[0]] + v[given.speed[1]]) / 2
    running = km / speed * np.where(given.rail, calibration["rail_hours"], 1.0)
    factor = np.where(given.rail, calibration["rail_price"], 1.0)
    factor = np.where(
        given.deep, calibration["deep_price"], np.where(given.feeder, calibration["feeder_price"], factor)
    )
    ferry = np.where(given.ferry, values["ferry_price"], 1.0)
    fixed, per_km = v[given.fixed_teu], (v[given.teu[0]] + v[given.teu[1]]) / 2
    teu = (np.where(given.has_fixed, fixed, 0.0) + km * per_km * ferry) * factor
    per_km_t = (v[given.t[0]] + v[given.t[1]]) / 2
    fixed_t = np.where(given.feeder | given.deep, v[given.fixed_t], 0.0)
    tonne = (fixed_t + km * per_km_t * ferry) * factor
    tonne = np.where(given.oil, given.tariff, tonne)
    teu = np.where(given.oil, np.nan, teu)
    way = np.ones((2, km.size))
    way = np.where(given.backhaul, values["sea_backhaul"], way)
    way = np.where(given.eastbound, values["rail_eastbound"], way)
    border = values["crossing_hours"] * calibration["crossing_hours"]
    return Filled(
        km,
        np.stack([running, running]),
        teu * way,
        tonne * way,
        given.crossing * border,
        given.crossing_sd * border,
        given.crossing_usd,
        *given.named,
        dict(calibration),
    )


class Layout:
    """Which rule each link reads, as positions into a vector of values; made once per network."""

    def __init__(self, tables: Tables, rules: Rules) -> None:
        self.names = tuple(rules.ranges)
        self.rules = rules
        at = {name: i for i, name in enumerate(self.names)}
        places = {row["id"]: row for row in tables["places"]}
        links = tables["links"]
        self.links = links
        ends = [(places[row["from"]], places[row["to"]]) for row in links]
        lat, lon, lat2, lon2 = (
            np.array([end[side][c] for end in ends]) for side, c in ((0, "lat"), (0, "lon"), (1, "lat"), (1, "lon"))
        )
        self.circle = great_circle(lat, lon, lat2, lon2)
        self.km = _floats(links, "km")
        mode = [row["mode"] for row in links]
        self.rail, self.deep = (np.array([m == name for m in mode]) for name in ("rail", "sea"))
        self.ferry = np.array([m == "ferry" for m in mode])
        self.feeder = np.array([m in ("feeder", "ferry") for m in mode])
        self.oil = np.array([m in OIL for m in mode])
        self.tariff = _floats(links, "usd_t_mode")
        self.km_rule = np.array([at[_km_rule(m)] for m in mode])
        water = [row["water"] for row in links]
        countries = [(a["iso3"], b["iso3"]) for a, b in ends]
        self.speed, self.teu, self.t = (
            np.array(
                [
                    [at[name] for name in _pair(rules, what, m, w, c)]
                    for m, w, c in zip(mode, water, countries, strict=True)
                ]
            ).T
            for what in ("kmh", "usd_teu_km", "usd_t_km")
        )
        marine = self.deep | self.feeder
        self.fixed_teu = np.array(
            [at[_fixed(rules, m, w)] if sea else 0 for m, w, sea in zip(mode, water, marine, strict=True)]
        )
        self.has_fixed = marine
        self.fixed_t = np.array([at[f"sea_usd_t_{w}"] if sea else 0 for w, sea in zip(water, marine, strict=True)])
        back = [row["headhaul"] for row in links]
        forth = [f"{row['from']}-{row['to']}" for row in links]
        self.backhaul = np.array(
            [
                [bool(h) and h != f for h, f in zip(back, forth, strict=True)],
                [bool(h) and h == f for h, f in zip(back, forth, strict=True)],
            ]
        )
        axis = np.array([{a, b} <= EAST_WEST for a, b in countries]) & self.rail
        self.eastbound = np.stack([axis & (lon2 > lon), axis & (lon2 < lon)])
        self.crossing, self.crossing_sd, self.crossing_usd = _crossings(tables)
        self.named = self.rule_names()

    def rule_names(self) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
        """The letter and name of the rule behind km, hours and price of each link."""

        def name(i: int) -> str:
            return f"{self.rules.letters[self.names[i]]} {self.names[i]}"

        def pair(index: np.ndarray, m: int) -> str:
            return " + ".join(dict.fromkeys(name(i) for i in index[:, m]))

        km = tuple(
            name(self.km_rule[m]) if np.isnan(self.km[m]) else str(row["km_quality"])
            for m, row in enumerate(self.links)
        )
        hours = tuple(pair(self.speed, m) for m in range(len(self.links)))
        price = tuple(
            "R7-R8 " + str(row["quality"]) if self.oil[m] else pair(self.teu, m) for m, row in enumerate(self.links)
        )
        return km, hours, price


EAST_WEST = {"CHN", "KAZ", "RUS", "BLR", "MNG"}


def _km_rule(mode: str) -> str:
    return {"rail": "rail_km", "tankcar": "rail_km", "road": "road_km", "pipeline": "pipeline_km"}.get(mode, "ferry_km")


def _pair(rules: Rules, what: str, mode: str, water: str, countries: tuple[str, str]) -> list[str]:
    """The two rules whose mean a link takes: those of its two countries, or twice that of its water."""
    if mode in OIL:
        return [f"{mode}_kmh"] * 2 if what == "kmh" else [rules.find("rail_kmh", "KAZ")] * 2
    if mode in ("sea", "feeder", "ferry"):
        return [rules.find(f"sea_{what}", water)] * 2
    return [rules.find(f"{mode}_{what}", country) for country in countries]


def _fixed(rules: Rules, mode: str, water: str) -> str:
    if mode == "ferry" and f"ferry_usd_teu_{water}" in rules.ranges:
        return f"ferry_usd_teu_{water}"
    return f"sea_usd_teu_{water}"


def _crossings(tables: Tables) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    n = len(tables["links"])
    hours, sd, fee = np.zeros((2, n)), np.zeros((2, n)), np.zeros((2, n))
    at = {(row["from"], row["to"], row["mode"]): m for m, row in enumerate(tables["links"])}
    for row in tables["crossings"]:
        forth = (row["from"], row["to"], row["mode"])
        m, side = (at[forth], 0) if forth in at else (at[row["to"], row["from"], row["mode"]], 1)
        back = row["hours"] if row["hours_back"] is None else row["hours_back"]
        hours[side, m], hours[1 - side, m] = row["hours"], back
        sd[:, m], fee[:, m] = row["sd_hours"], row["fee_usd"]
    return hours, sd, fee


def _floats(rows: Sequence[Row], column: str) -> np.ndarray:
    return np.array([np.nan if row[column] is None else row[column] for row in rows], dtype=float)
