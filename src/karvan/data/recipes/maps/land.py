"""Outlines of countries from Natural Earth: rings of rounded coordinates, and where a name may stand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

WEST, SOUTH, EAST, NORTH = -25.0, -40.0, 150.0, 78.0  # what the network reaches, the Cape included
DIGITS = 2  # of a degree; about a kilometre, far below the accuracy of 1:110m
STEPS = 48
PUBLISHER = {
    "publisher": "Natural Earth",
    "version": "4",
    "scale": "1:110m",
    "licence": "public domain",
    "address": "https://www.naturalearthdata.com",
    "note": "the file carries no version; its columns and names (Czechia, Macedonia, Swaziland; population of 2017) "
    "are those of version 4",
}


def land(source: Path) -> str:
    """Return the outlines as JSON: publisher, and for each country its code, rings and the place of its name."""
    features = json.loads(source.read_text(encoding="utf-8"))["features"]
    countries = []
    for feature in features:
        rings = [ring for polygon in _polygons(feature["geometry"]) for ring in polygon]
        kept = [_rounded(ring) for ring in rings if _inside(np.array(ring))]
        if kept:
            largest = max((np.array(polygon[0]) for polygon in _polygons(feature["geometry"])), key=_area)
            code = feature["properties"]["ADM0_A3"]
            countries.append({"code": code, "at": middle(largest), "rings": kept})
    lines = [json.dumps(c, separators=(",", ":")) for c in sorted(countries, key=lambda c: c["code"])]
    return f'{{"source":{json.dumps(PUBLISHER)},"countries":[\n' + ",\n".join(lines) + "\n]}\n"


def middle(ring: np.ndarray) -> list[float]:
    """Return the point of a grid inside a ring that is farthest from its edge, degrees."""
    squeeze = np.cos(np.radians(ring[:, 1].mean()))
    flat = ring * [squeeze, 1.0]
    low, high = flat.min(axis=0), flat.max(axis=0)
    grid = np.stack(np.meshgrid(*np.linspace(low, high, STEPS).T), axis=-1).reshape(-1, 2)
    a, b = flat[:-1], flat[1:]
    along = np.clip(((grid[:, None] - a) * (b - a)).sum(-1) / np.maximum(((b - a) ** 2).sum(-1), 1e-12), 0, 1)
    away = np.linalg.norm(grid[:, None] - (a + along[..., None] * (b - a)), axis=-1).min(axis=1)
    x, y = grid[:, :1], grid[:, 1:]
    with np.errstate(divide="ignore", invalid="ignore"):
        crossing = ((a[:, 1] > y) != (b[:, 1] > y)) & (
            x < (b[:, 0] - a[:, 0]) * (y - a[:, 1]) / (b[:, 1] - a[:, 1]) + a[:, 0]
        )
    away[crossing.sum(axis=1) % 2 == 0] = -1
    best = grid[away.argmax()] / [squeeze, 1.0]
    return [round(float(v), 1) for v in best]


def _polygons(geometry: dict[str, Any]) -> list[Any]:
    return geometry["coordinates"] if geometry["type"] == "MultiPolygon" else [geometry["coordinates"]]


def _inside(ring: np.ndarray) -> bool:
    low, high = ring.min(axis=0), ring.max(axis=0)
    return bool(low[0] < EAST and high[0] > WEST and low[1] < NORTH and high[1] > SOUTH)


def _area(ring: np.ndarray) -> float:
    x, y = ring[:, 0] * np.cos(np.radians(ring[:, 1].mean())), ring[:, 1]
    return abs(float(np.sum(x[:-1] * y[1:] - x[1:] * y[:-1]))) / 2


def _rounded(ring: list[list[float]]) -> list[list[float]]:
    kept: list[list[float]] = []
    for lon, lat in ring:
        point = [round(lon, DIGITS), round(lat, DIGITS)]
        if not kept or kept[-1] != point:
            kept.append(point)
    return kept
