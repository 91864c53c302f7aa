"""The ways of links over water: shortest paths in the marnet sea network, thinned."""

from __future__ import annotations

import csv
import json
from importlib.resources import files
from itertools import pairwise
from pathlib import Path

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

EARTH = 6371.0088  # km
TOLERANCE = 0.08  # degrees by which a thinned way may leave the way
WATER = ("sea", "feeder", "ferry", "tanker")
SOURCE = {
    "publisher": "marnet of searoute-py",
    "licence": "Apache-2.0",
    "address": "https://github.com/genthalili/searoute-py",
}


def waters(source: Path) -> str:
    """Return the ways as JSON, by pair of places: points (lon, lat) between the two ends."""
    points, graph = _graph(json.loads(source.read_text(encoding="utf-8"))["features"])
    places = {row["id"]: (float(row["lon"]), float(row["lat"])) for row in _rows("places")}
    pairs = dict.fromkeys((row["from"], row["to"]) for row in _rows("links") if row["mode"] in WATER)
    ways = {}
    for a, b in pairs:
        start, end = (int(km(points, np.array(places[p])).argmin()) for p in (a, b))
        _, before = dijkstra(graph, directed=False, indices=start, return_predecessors=True)
        way = [end]
        while way[-1] != start:
            way.append(int(before[way[-1]]))
        line = np.array([places[a], *points[way[::-1]], places[b]])
        ways[f"{a}-{b}"] = [[round(float(v), 2) for v in p] for p in thinned(line)[1:-1]]
    lines = [f"{json.dumps(k)}:{json.dumps(v, separators=(',', ':'))}" for k, v in ways.items()]
    return f'{{"source":{json.dumps(SOURCE)},"ways":{{\n' + ",\n".join(lines) + "\n}}\n"


def km(points: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Return the great-circle distances of points from one point, km; (lon, lat) in degrees."""
    a, b = np.radians(points), np.radians(at)
    half = np.sin((a - b) / 2) ** 2
    return 2 * EARTH * np.arcsin(np.sqrt(half[..., 1] + np.cos(a[..., 1]) * np.cos(b[..., 1]) * half[..., 0]))


def thinned(line: np.ndarray) -> np.ndarray:
    """Return a line without the points that lie within the tolerance of it (Douglas and Peucker)."""
    if len(line) < 3:
        return line
    a, b = line[0], line[-1]
    along = np.clip(((line - a) @ (b - a)) / max(float((b - a) @ (b - a)), 1e-12), 0, 1)
    away = np.linalg.norm(line - (a + along[:, None] * (b - a)), axis=1)
    far = int(away.argmax())
    if away[far] <= TOLERANCE:
        return line[[0, -1]]
    return np.concatenate([thinned(line[: far + 1])[:-1], thinned(line[far:])])


def _graph(features: list[dict]) -> tuple[np.ndarray, csr_array]:
    where: dict[tuple[float, float], int] = {}
    ends: set[tuple[int, int]] = set()
    for feature in features:
        shape = feature["geometry"]
        for line in shape["coordinates"] if shape["type"] == "MultiLineString" else [shape["coordinates"]]:
            way = [where.setdefault((lon, lat), len(where)) for lon, lat in line]
            ends |= {(min(pair), max(pair)) for pair in pairwise(way) if pair[0] != pair[1]}
    points = np.array(list(where))
    a, b = np.array(sorted(ends)).T
    return points, csr_array((km(points[a], points[b]), (a, b)), shape=(len(points),) * 2)


def _rows(name: str) -> list[dict[str, str]]:
    text = files("karvan").joinpath("network", "data", f"{name}.csv").read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))
