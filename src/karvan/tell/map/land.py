"""Outlines of countries as they come with karvan, and the names that maps show."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import NamedTuple

import numpy as np

from karvan.core.countries import countries
from karvan.core.freight_map import Point
from karvan.tell.map.projection import Projection

LEAST = 0.7  # pixels between two points of an outline


class Outline(NamedTuple):
    """A country: ISO3 code, where its name may stand, and rings of (lon, lat) in degrees."""

    code: str
    at: Point
    rings: tuple[np.ndarray, ...]


class Land(NamedTuple):
    """Outlines with their publisher and version."""

    publisher: str
    scale: str
    version: str
    outlines: tuple[Outline, ...]


@cache
def natural_earth() -> Land:
    """Return the outlines that come with karvan: Natural Earth 1:110m, public domain."""
    text = files("karvan.tell").joinpath("data", "land.json").read_text(encoding="utf-8")
    data = json.loads(text)
    rows = (Outline(c["code"], tuple(c["at"]), tuple(np.array(r) for r in c["rings"])) for c in data["countries"])
    source = data["source"]
    return Land(source["publisher"], source["scale"], source["version"], tuple(rows))


def shape(rings: tuple[np.ndarray, ...], projection: Projection, box: tuple[float, float]) -> tuple[str, float]:
    """Return the rings of a country that touch the map as an SVG path, and the breadth of the widest in pixels."""
    text, breadth = "", 0.0
    for ring in rings:
        points = projection(ring)
        low, high = points.min(axis=0), points.max(axis=0)
        if low[0] > box[0] or low[1] > box[1] or high[0] < 0 or high[1] < 0:
            continue
        kept = [points[0]]
        for point in points[1:]:
            if np.abs(point - kept[-1]).max() >= LEAST:
                kept.append(point)
        if len(kept) > 2:
            text += "M" + "L".join(f"{x:.1f},{y:.1f}" for x, y in kept) + "Z"
            breadth = max(breadth, float(min(high[0], box[0]) - max(low[0], 0.0)))
    return text, breadth


def place_name(english: str, language: str) -> str:
    """Return the name of a place in a language, the English one where none is known."""
    return _names("place", language).get(english) or english


def country_name(code: str, language: str) -> str:
    """Return the name of a country in a language, the English one where none is known."""
    if language in ("en", "ru"):
        return _concordance(language).get(code, code)
    return _names("country", language).get(code) or _concordance("en").get(code, code)


@cache
def _names(kind: str, language: str) -> Mapping[str, str]:
    text = files("karvan.tell").joinpath("data", "names.csv").read_text(encoding="utf-8")
    return {r["name"]: r.get(language, "") for r in csv.DictReader(text.splitlines()) if r["kind"] == kind}


@cache
def _concordance(language: str) -> Mapping[str, str]:
    return {row.code: getattr(row, language) for row in countries() if row.kind == "country"}
