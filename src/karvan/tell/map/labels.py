"""Names on a map: the most important first, each where it covers no other name, dot or mark, and few lines."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from karvan.tell.map.lines import Drawn
from karvan.tell.picture import breadth

SIZE, COUNTRY_SIZE = 12.0, 11.0
PER_LABEL = 6500.0  # square pixels of map for each name of a place
HIDES, COUNTRY_HIDES = 9.0, 16.0  # how much of lines a name may hide: of a place in the lesser half, of a country
FIRST = 4  # so many of the most important places are named even over the dots of others
DOTS = 40  # so many dots of the most important places stay uncovered
SPACED = 1.5  # pixels between the letters of a country
EVERY = 5.0  # pixels between the points by which lines are felt
Box = tuple[float, float, float, float]  # left, right, top, bottom
SIDES = {
    "right": ("start", 7, 4), "left": ("end", -7, 4), "above": ("middle", 0, -8), "below": ("middle", 0, 16),
    "upper right": ("start", 5, -5), "lower right": ("start", 5, 13), "upper left": ("end", -5, -5),
    "lower left": ("end", -5, 13),
}  # fmt: skip


class Label(NamedTuple):
    """A name with its place in pixels and its anchor."""

    text: str
    x: float
    y: float
    anchor: str
    at: tuple[float, float]


def place_labels(
    names: Sequence[tuple[str, float, float, float]],
    drawn: Sequence[Drawn],
    taken: list[Box],
    box: tuple[float, float],
) -> list[Label]:
    """Return where names of places stand: rows of name, x, y and half the width of the widest line there.

    The most important come first. `taken` holds boxes that no name may cover; those of the names are added to it. A
    name without room is left out.
    """
    hides, most = Hides(drawn), box[0] * box[1] / PER_LABEL
    dots = [(x - 4, x + 4, y - 4, y + 4) for _, x, y, _ in names]
    labels: list[Label] = []
    placed: list[Box] = []
    for i, (text, x, y, half) in enumerate(names):
        if len(labels) >= most:
            break
        if any(covers(dots[i], spot) for spot in placed):
            continue
        others = [*taken, *(d for k, d in enumerate(dots[: min(DOTS, int(most))]) if k != i)]
        tried = []
        for order, (anchor, aside, down) in enumerate(SIDES.values()):
            dx = aside + half * float(np.sign(aside))
            dy = down + max(half - 3.0, 0.0) * float(np.sign(down) if abs(down) > 4 else 0)
            label = Label(text, x + dx, y + dy, anchor, (x, y))
            tried.append((label, _box(text, label.x, label.y, anchor, SIZE), 0.6 * order))
        best = _best(tried, others, box, hides, HIDES if len(labels) > most / 2 else np.inf)
        if best is None and i < FIRST:
            best = _best(tried, taken, box, hides, np.inf)
        if best is not None:
            labels.append(best[0])
            taken += [best[1], dots[i]]
            placed.append(best[1])
    return labels


def place_countries(
    names: Sequence[tuple[str, float, float, float]], drawn: Sequence[Drawn], taken: list[Box], box: tuple[float, float]
) -> list[Label]:
    """Return where names of countries stand: rows of name, x, y and room in pixels; near the middle, on few lines."""
    hides, labels = Hides(drawn), []
    for text, x, y, room in names:
        spare = room - breadth(text, COUNTRY_SIZE) - SPACED * len(text)
        if spare < 0:
            continue
        tried = []
        for dx, dy in ((a * spare / 12, b * room / 24) for b in range(-3, 4) for a in range(-4, 5)):
            label = Label(text, x + dx, y + dy, "middle", (x, y))
            spot = _box(text, label.x, label.y, "middle", COUNTRY_SIZE, SPACED)
            tried.append((label, spot, 0.05 * (abs(dx) + abs(dy))))
        best = _best(tried, taken, box, hides, COUNTRY_HIDES)
        if best is not None:
            labels.append(best[0])
            taken.append(best[1])
    return labels


class Hides:
    """How much of the lines a name would hide: points along them, each with a weight by width."""

    def __init__(self, drawn: Sequence[Drawn]) -> None:
        points, weights = [np.zeros((0, 2))], [np.zeros(0)]
        for one in drawn:
            for a, b in pairwise(one.way):
                n = int(np.linalg.norm(b - a) / EVERY) + 1
                points.append(np.linspace(a, b, n, endpoint=False))
                weights.append(np.full(n, 0.25 if one.faint else 0.5 + one.width / 2))
        self.points, self.weights = np.concatenate(points), np.concatenate(weights)

    def __call__(self, spot: Box) -> float:
        """Return the weight of the points inside a box."""
        x, y = self.points.T
        return float(self.weights[(x > spot[0]) & (x < spot[1]) & (y > spot[2]) & (y < spot[3])].sum())


def _best(
    tried: Sequence[tuple[Label, Box, float]],
    taken: Sequence[Box],
    box: tuple[float, float],
    hides: Hides,
    most: float,
) -> tuple[Label, Box] | None:
    """The label with room that hides least of the lines, and at most so much; the third of each row is a dislike."""
    best: tuple[float, Label, Box] | None = None
    for label, spot, dislike in tried:
        if _fits(spot, box) and not any(covers(spot, other) for other in taken):
            hidden = hides(spot)
            if hidden <= most and (best is None or hidden + dislike < best[0]):
                best = (hidden + dislike, label, spot)
    return None if best is None else best[1:]


def covers(one: Box, other: Box) -> bool:
    """Return whether two boxes overlap."""
    return one[0] < other[1] and other[0] < one[1] and one[2] < other[3] and other[2] < one[3]


def _box(text: str, x: float, y: float, anchor: str, size: float, spaced: float = 0.0) -> Box:
    long = breadth(text, size) + spaced * len(text)
    left = x - {"start": 0.0, "middle": long / 2, "end": long}[anchor]
    return left - 1, left + long + 1, y - 0.85 * size, y + 0.3 * size


def _fits(spot: Box, box: tuple[float, float]) -> bool:
    return spot[0] > 2 and spot[1] < box[0] - 2 and spot[2] > 2 and spot[3] < box[1] - 2
