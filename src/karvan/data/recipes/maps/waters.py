"""The ways of links over water: shortest paths in the marnet sea network, thinned."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable
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
    ways = {pair: _way(points, graph, *(places[p] for p in pair)) for pair in pairs}
    joints = _joints(ways.values())
    thin = {
        f"{a}-{b}": [[round(float(v), 2) for v in points[i]] for i in _thinned_between(way, joints, points)]
        for (a, b), way in ways.items()
    }
    lines = [f"{json.dumps(k)}:{json.dumps(v, separators=(',', ':'))}" for k, v in thin.items()]
    return f'{{"source":{json.dumps(SOURCE)},"ways":{{\n' + ",\n".join(lines) + "\n}}\n"


def _way(points: np.ndarray, graph: csr_array, start: tuple[float, float], end: tuple[float, float]) -> list[int]:
    """The nodes of the shortest path between those nearest to two points."""
    first, last = (int(km(points, np.array(at)).argmin()) for at in (start, end))
    _, before = dijkstra(graph, directed=False, indices=first, return_predecessors=True)
    way = [last]
    while way[-1] != first:
        way.append(int(before[way[-1]]))
    return way[::-1]


def _joints(ways: Iterable[list[int]]) -> set[int]:
    """Nodes where ways begin, end, part or meet: they stay, so that what ways share is drawn as one line."""
    beside: dict[int, set[int]] = {}
    ends: set[int] = set()
    for way in ways:
        ends |= {way[0], way[-1]}
        for a, b in pairwise(way):
            beside.setdefault(a, set()).add(b)
            beside.setdefault(b, set()).add(a)
    return ends | {node for node, others in beside.items() if len(others) != 2}


def _thinned_between(way: list[int], joints: set[int], points: np.ndarray) -> list[int]:
    kept, part = [way[0]], [way[0]]
    for node in way[1:]:
        part.append(node)
        if node in joints:
            forward = part[0] < part[-1]
            thin = thinned(part if forward else part[::-1], points)
            kept += (thin if forward else thin[::-1])[1:]
            part = [node]
    return kept


def km(points: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Return the great-circle distances of points from one point, km; (lon, lat) in degrees."""
    a, b = np.radians(points), np.radians(at)
    half = np.sin((a - b) / 2) ** 2
    return 2 * EARTH * np.arcsin(np.sqrt(half[..., 1] + np.cos(a[..., 1]) * np.cos(b[..., 1]) * half[..., 0]))


def thinned(way: list[int], points: np.ndarray) -> list[int]:
    """Return a way without the nodes that lie within the tolerance of it (Douglas and Peucker)."""
    if len(way) < 3:
        return way
    line = points[way]
    a, b = line[0], line[-1]
    along = np.clip(((line - a) @ (b - a)) / max(float((b - a) @ (b - a)), 1e-12), 0, 1)
    away = np.linalg.norm(line - (a + along[:, None] * (b - a)), axis=1)
    far = int(away.argmax())
    if away[far] <= TOLERANCE:
        return [way[0], way[-1]]
    return thinned(way[: far + 1], points)[:-1] + thinned(way[far:], points)


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
