"""From longitude and latitude to pixels: Albers' equal-area cone about the middle of what is shown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from karvan.core.freight_map import Point

FLAT, TALL = 0.42, 0.78  # height of a map over its width, at least and at most
SLIM = 200.0  # pixels that a map is high, at least
LEAST = 0.08  # radians of the Earth that a map shows at least, about 500 km
STEP = 1.5  # degrees between the points of a great circle


class Projection(NamedTuple):
    """A cone that touches the Earth along two parallels (degrees), then a scale and a shift to pixels."""

    lon: float
    parallels: tuple[float, float]
    scale: float = 1.0
    left: float = 0.0
    top: float = 0.0

    def __call__(self, points: Sequence[Point] | np.ndarray) -> np.ndarray:
        """Return (point, 2) pixels, y downwards.

        n = (sin p1 + sin p2) / 2,  r = sqrt(cos^2 p1 + 2 n sin p1 - 2 n sin lat) / n,  a = n (lon - lon0)
        x = r sin a,  y = r cos a; about the equator, where n is small, x = cos(lat0) (lon - lon0), y = -lat.
        Snyder (1987), Map Projections: A Working Manual, eqs. (14-1) to (14-6).
        """
        lon, lat = np.radians(np.asarray(points, dtype=float).reshape(-1, 2)).T
        p1, p2 = np.radians(self.parallels)
        n, away = (np.sin(p1) + np.sin(p2)) / 2, lon - np.radians(self.lon)
        if abs(n) < 0.25:
            x, y = np.cos((p1 + p2) / 2) * away, -lat
        else:
            r = np.sqrt(np.maximum(np.cos(p1) ** 2 + 2 * n * np.sin(p1) - 2 * n * np.sin(lat), 0.0)) / n
            x, y = r * np.sin(n * away), r * np.cos(n * away)
        return np.column_stack([self.scale * x - self.left, self.scale * y - self.top])


def fitted(points: Sequence[Point], width: float, margin: float) -> tuple[Projection, float]:
    """Return the projection that shows some points on a map of a width, and the height of that map in pixels."""
    (west, south), (east, north) = np.min(points, axis=0), np.max(points, axis=0)
    sixth = (north - south) / 6
    plain = Projection((west + east) / 2, (south + sixth, north - sixth))
    flat = plain(points)
    low, high = flat.min(axis=0), flat.max(axis=0)
    middle, size = (low + high) / 2, np.maximum(high - low, LEAST)
    room = width - 2 * margin
    height = float(np.clip(size[1] / size[0] * room + 2 * margin, max(FLAT * width, SLIM), TALL * width))
    scale = float(min(room / size[0], (height - 2 * margin) / size[1]))
    left, top = middle * scale - np.array([width, height]) / 2
    return plain._replace(scale=scale, left=float(left), top=float(top)), height


def great_circle(start: Point, end: Point) -> np.ndarray:
    """Return points (lon, lat) on the shortest way over the globe between two points."""
    a, b = (_vector(np.radians(p)) for p in (start, end))
    angle = float(np.arccos(np.clip(a @ b, -1, 1)))
    steps = int(np.ceil(np.degrees(angle) / STEP)) + 1
    if steps < 3 or np.sin(angle) < 1e-9:
        return np.array([start, end])
    t = np.linspace(0, 1, steps)[:, None]
    way = (np.sin((1 - t) * angle) * a + np.sin(t * angle) * b) / np.sin(angle)
    return np.degrees(np.column_stack([np.arctan2(way[:, 1], way[:, 0]), np.arcsin(np.clip(way[:, 2], -1, 1))]))


def _vector(at: np.ndarray) -> np.ndarray:
    return np.array([np.cos(at[1]) * np.cos(at[0]), np.cos(at[1]) * np.sin(at[0]), np.sin(at[1])])
