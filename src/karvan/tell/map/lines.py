"""Links on a map: where they run, how wide, in what stroke and colour, and the marks of those that are not open."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from karvan.core.freight_map import MapLink
from karvan.tell.map.projection import Projection, great_circle

DASHES: dict[str, tuple[float, ...]] = {"road": (8, 2.5), "sea": (5, 3.5), "ferry": (0.1, 4)}
COLOURS = {"rail": "ink", "road": "road", "sea": "blue", "ferry": "blue", "pipeline": "violet"}
THIN = {"rail": 1.5, "road": 1.3, "sea": 1.3, "ferry": 2.2, "pipeline": 3.0}
QUIET = ("planned", "restricted", "blocked")
WIDEST, NARROWEST = 12.0, 1.4
TINT = 0.65  # opacity of a small change of cost beside a large one
LITTLE = 0.01  # of the largest load: less is context
APART = 16.0  # pixels between two marks, at least
BINS = 5


class Drawn(NamedTuple):
    """A link in pixels: way (point, 2), width, name of its colour, faint where it only gives context, opacity."""

    link: MapLink
    way: np.ndarray
    width: float
    colour: str
    faint: bool
    opacity: float = 1.0


class Scale(NamedTuple):
    """What widths and colours mean on all panels of a map.

    most: the largest load; steps: small and large change of cost, percent; widest: width of the largest load, pixels.
    """

    most: float
    steps: tuple[float, float] | None
    widest: float = WIDEST

    @property
    def loaded(self) -> bool:
        """Whether widths say what links carry."""
        return self.most > 0

    def little(self, load: float | None) -> bool:
        """Return whether a load is too small to show beside the largest."""
        return self.loaded and (load or 0.0) < LITTLE * self.most

    def width(self, load: float) -> float:
        """Return the width of a load, pixels: in proportion, and never too thin to see."""
        return max(self.widest * load / self.most, NARROWEST)

    def bin(self, cost: float) -> int:
        """Return -2 to 2: much cheaper, cheaper, about the same, dearer, much dearer."""
        assert self.steps is not None
        small, large = self.steps
        return int(math.copysign((abs(cost) >= small) + (abs(cost) >= large), cost))


def scale_of(panels: Sequence[Sequence[MapLink]], width: float) -> Scale:
    """Return the scale that all panels of a map of a width share."""
    most = max((one.load or 0.0 for links in panels for one in merged(links)), default=0.0)
    widest = min(WIDEST, width / 60)
    costs = [abs(one.cost) for links in panels for one in links if one.cost is not None]
    if not costs:
        return Scale(most, None, widest)
    large = nice(max(costs) / 2) or 1.0
    return Scale(most, (nice(large / 4), large), widest)


def nice(value: float) -> float:
    """Return the largest of 1, 2, 5, 10, 20, 50, ... that is not above a value; 0 for 0."""
    if value <= 0:
        return 0.0
    ten = 10.0 ** math.floor(math.log10(value) + 1e-7)
    return float(max(step * ten for step in (1, 2, 5) if step * ten <= value * (1 + 1e-6)))


def merged(links: Sequence[MapLink]) -> list[MapLink]:
    """Return the links with what several share on water as one line that carries the sum of their loads.

    Ways over water come from one network, so that they run together point by point. Links with a change of cost stay
    apart: each has its own.
    """
    members: dict[tuple, list[int]] = {}
    for i, one in enumerate(links):
        for key in _pieces(one):
            members.setdefault(key, []).append(i)
    rows: list[MapLink] = []
    for i, one in enumerate(links):
        keys = _pieces(one)
        if not keys:
            rows.append(one)
            continue
        points = [one.start, *one.via, one.end]
        for k in [k for k in range(len(keys)) if k == 0 or members[keys[k]] != members[keys[k - 1]]]:
            shared = members[keys[k]]
            if shared[0] == i:
                end = next((n for n in range(k, len(keys)) if members[keys[n]] != shared), len(keys))
                loads = [load for load in (links[n].load for n in shared) if load is not None]
                load = sum(loads) if loads else None
                rows.append(one._replace(start=points[k], end=points[end], via=tuple(points[k + 1 : end]), load=load))
    return rows


def _pieces(one: MapLink) -> list[tuple]:
    """What each piece of a way over water is known by; nothing for other links.

    The pieces between a port and the first point at sea are the link's own: goods that call there pass them twice.
    """
    if not one.via or one.mode != "sea" or one.cost is not None:
        return []
    at_sea = [(one.state, *sorted(pair)) for pair in pairwise(one.via)]
    return [(one.name, one.start), *at_sea, (one.name, one.end)]


def placed(links: Sequence[MapLink], projection: Projection, scale: Scale, box: tuple[float, float]) -> list[Drawn]:
    """Return the links that touch the map, in drawing order: context first, the widest before the narrow, marks last.

    Links between the same two places run side by side.
    """
    links = merged(links)
    drawn = [_drawn(one, projection, scale) for one in links]
    beside: dict[tuple, list[int]] = {}
    for i, one in enumerate(links):
        beside.setdefault(tuple(sorted((one.start, one.end))), []).append(i)
    for ends, members in beside.items():
        widths = [drawn[i].width + 1.2 for i in members]
        for k, i in enumerate(members):
            shift = sum(widths[:k]) + widths[k] / 2 - sum(widths) / 2
            sign = 1 if links[i].start == ends[0] else -1
            drawn[i] = drawn[i]._replace(way=_shifted(drawn[i].way, sign * shift))
    kept = [d for d in drawn if _touches(d.way, box)]
    return sorted(kept, key=lambda d: (not d.faint, d.link.state in ("closed", "opened"), -d.width))


def strokes(drawn: Sequence[Drawn]) -> str:
    """Return links as SVG: context below, then rims of the colour of land about what is wide, then the lines."""
    context = "".join(_stroke(d) for d in drawn if d.faint)
    rims = "".join(
        f'<path d="{_d(d)}" fill="none" stroke="var(--land)" stroke-width="{d.width + 1.8:.1f}"/>'
        for d in drawn
        if not d.faint and d.width > 2 * NARROWEST
    )
    return context + rims + "".join(_stroke(d) for d in drawn if not d.faint)


def _d(drawn: Drawn) -> str:
    return "M" + "L".join(f"{x:.1f},{y:.1f}" for x, y in drawn.way)


def _stroke(drawn: Drawn) -> str:
    d, mode, state, width = _d(drawn), drawn.link.mode, drawn.link.state, drawn.width
    dash = () if drawn.faint else _dash(mode, state, width)
    more = f' stroke-dasharray="{" ".join(f"{v:g}" for v in dash)}"' if dash else ""
    if not drawn.faint and (mode == "ferry" or (not dash and width > NARROWEST)):
        more += ' stroke-linecap="round"'
    if drawn.opacity < 1:
        more += f' stroke-opacity="{drawn.opacity:g}"'
    line = f'<path d="{d}" fill="none" stroke="var(--{drawn.colour})" stroke-width="{width:.1f}"{more}/>'
    if mode == "pipeline" and not drawn.faint and state != "closed":
        line += f'<path d="{d}" fill="none" stroke="var(--land)" stroke-width="{width / 3:.1f}"/>'
    return line


def marks(drawn: Sequence[Drawn], box: tuple[float, float], *, quiet: bool) -> list[tuple[float, float, str]]:
    """Return where marks stand (x, y, state), the loud ones first, without overlaps; `quiet` marks all states."""
    longest: dict[str, Drawn] = {}  # a way over water comes in pieces; it has one mark
    for one in sorted(drawn, key=lambda d: float(np.linalg.norm(d.way[-1] - d.way[0]))):
        longest[one.link.name] = one
    found: list[tuple[float, float, str]] = []
    for state in ("closed", "opened", *(QUIET if quiet else ())):
        for one in longest.values():
            if one.link.state == state:
                x, y = _middle(one.way, box)
                if all(math.hypot(x - a, y - b) > APART for a, b, _ in found):
                    found.append((x, y, state))
    return found


def mark(x: float, y: float, state: str) -> str:
    """Return the mark of a state as SVG: a cross in a ring, a plus in a ring, a ring, a diamond, a cross."""
    cross, plus = "M-3.4,-3.4L3.4,3.4M-3.4,3.4L3.4,-3.4", "M-4.4,0L4.4,0M0,-4.4L0,4.4"
    ring = '<circle r="{r}" fill="var(--paper)" stroke="var(--{c})" stroke-width="{w}"/>'
    line = '<path d="{d}" fill="{f}" stroke="var(--{c})" stroke-width="{w}"/>'
    shapes = {
        "closed": ring.format(r=7.5, c="loss", w=2) + line.format(d=cross, f="none", c="loss", w=2.4),
        "opened": ring.format(r=7.5, c="gain", w=2) + line.format(d=plus, f="none", c="gain", w=2.4),
        "planned": ring.format(r=3.6, c="muted", w=1.6),
        "restricted": line.format(d="M0,-4.8L4.8,0L0,4.8L-4.8,0Z", f="var(--paper)", c="muted", w=1.6),
        "blocked": line.format(d=cross, f="none", c="paper", w=5) + line.format(d=cross, f="none", c="muted", w=2.2),
    }
    return f'<g transform="translate({x:.1f},{y:.1f})">{shapes[state]}</g>'


def colour_of(bin_: int) -> str:
    """Return the name of the colour of a change of cost."""
    return {-1: "gain", 0: "muted", 1: "loss"}[(bin_ > 0) - (bin_ < 0)]


def _drawn(one: MapLink, projection: Projection, scale: Scale) -> Drawn:
    points = np.array([one.start, *one.via, one.end]) if one.via else great_circle(one.start, one.end)
    loud = one.state in ("closed", "opened")
    unknown = not scale.loaded and scale.steps is not None and one.cost is None
    faint = not loud and (scale.little(one.load) or unknown)
    width = scale.width(one.load) if one.load and not scale.little(one.load) else THIN[one.mode]
    if loud:
        width = max(width, 2.6)
    if one.mode == "pipeline":
        width = max(width, THIN["pipeline"])
    small = not loud and not faint and one.cost is not None and abs(scale.bin(one.cost)) == 1
    colour, opacity = _colour(one, scale, faint), TINT if small else 1.0
    return Drawn(one, projection(points), 0.9 if faint else width, colour, faint, opacity)


def _colour(one: MapLink, scale: Scale, faint: bool) -> str:
    if one.state in ("closed", "opened"):
        return "loss" if one.state == "closed" else "gain"
    if faint:
        return "faint"
    if scale.steps is not None:
        return "ink" if one.cost is None else colour_of(scale.bin(one.cost))
    return "muted" if one.state in QUIET else COLOURS[one.mode]


def _dash(mode: str, state: str, width: float) -> tuple[float, ...]:
    if state == "closed":
        return (3, 4)
    if state in QUIET:
        return (2, 3)
    return tuple(v if v < 1 else v * max(1.0, width / 4) for v in DASHES.get(mode, ()))


def _shifted(way: np.ndarray, shift: float) -> np.ndarray:
    """A way moved sideways; its ends stay, so that it still meets its places."""
    if abs(shift) < 0.05:
        return way
    if len(way) == 2:
        way = np.linspace(way[0], way[1], 5)
    along = np.gradient(way, axis=0)
    long = np.maximum(np.linalg.norm(along, axis=1, keepdims=True), 1e-9)
    side = np.column_stack([-along[:, 1], along[:, 0]]) / long
    taper = np.minimum(1.0, np.minimum(np.arange(len(way)), np.arange(len(way))[::-1]))[:, None]
    return way + shift * taper * side


def _touches(way: np.ndarray, box: tuple[float, float]) -> bool:
    low, high = way.min(axis=0), way.max(axis=0)
    return bool(low[0] < box[0] and low[1] < box[1] and high[0] > 0 and high[1] > 0)


def _middle(way: np.ndarray, box: tuple[float, float]) -> tuple[float, float]:
    """The point halfway along the part of a way that is on the map."""
    pieces = [np.linspace(a, b, 12) for a, b in pairwise(way)]
    points = np.concatenate(pieces)
    inside = points[((points > 8) & (points < np.array(box) - 8)).all(axis=1)]
    points = inside if len(inside) else points
    far = np.append(0.0, np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=1)))
    x, y = points[int(np.searchsorted(far, far[-1] / 2))]
    return float(x), float(y)
