"""The map of corridors: links by mode, load, cost and state, drawn as one SVG for day, night and paper."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from zlib import crc32

import numpy as np

from karvan.core.errors import LabelError
from karvan.core.freight_map import MapLink, MapPlace, Point, check_rows
from karvan.core.labels import suggest
from karvan.tell.language import Words
from karvan.tell.map.labels import COUNTRY_SIZE, SPACED, Label, place_countries, place_labels
from karvan.tell.map.land import Land, country_name, natural_earth, place_name, shape
from karvan.tell.map.legend import legend
from karvan.tell.map.lines import Drawn, Scale, mark, marks, placed, scale_of, strokes
from karvan.tell.map.projection import Projection, fitted
from karvan.tell.picture import bold_lines, drawing, words

__all__ = ["EURASIA", "UNITS", "VIEWS", "both_maps", "check_view", "corridor_map"]

UNITS = ("", "t", "TEU", "share")
WIDTH, COLUMN, NARROW = 960.0, 680.0, 340.0  # of a picture, of the column of a brief, of a phone
PHONE = 480.0
LEAST = 26.0  # pixels of margin
MAIN = 0.05  # of the largest load
# What the map of all links shows: the Baltic and the Alps to Vladivostok and Shanghai, the Urals to the Gulf.
EURASIA: tuple[Point, ...] = (
    (4.5, 51.9), (10.0, 53.6), (30.3, 60.2), (60.0, 59.0), (131.9, 43.1), (121.9, 31.0), (106.6, 29.4), (23.6, 37.5),
    (32.5, 29.5), (55.0, 24.5),
)  # fmt: skip

# From the Bosporus to Khorgos, between the Urals and Tehran.
CASPIAN: tuple[Point, ...] = (
    (27.5, 41.0), (28.5, 46.0), (82.5, 45.2), (80.0, 43.0), (55.0, 35.5), (51.0, 53.0), (35.0, 36.5),
)  # fmt: skip
VIEWS: dict[str, tuple[Point, ...] | None] = {"eurasia": EURASIA, "caspian": CASPIAN, "all": None}


def check_view(name: str) -> None:
    """Refuse the name of a view that there is not; none is fine."""
    if name and name not in VIEWS:
        raise LabelError(f"unknown view {name!r}.{suggest(name, VIEWS)}")


def corridor_map(
    places: Sequence[MapPlace],
    links: Sequence[MapLink] | Mapping[str, Sequence[MapLink]],
    outlines: Land | None = None,
    *,
    title: str = "",
    unit: str = "",
    view: Sequence[Point] | None = None,
    language: str = "en",
    width: float = WIDTH,
) -> str:
    """Return a map as SVG, with colours by name that a style sheet (or `picture.painted`) fills in.

    Widths say what links carry where any has a load; colours say what became of their cost where any has one, else by
    what they go. Closed links carry a cross in a ring, opened ones a plus; other states have marks of their own, so
    that nothing hangs on colour alone. Names of places stand by weight, where they have room.

    Parameters
    ----------
    places, links : rows of `karvan.core.freight_map`; a mapping of titles to links makes one panel each (before and
        after), with the same view and scales
    outlines : of countries; None for those that come with karvan
    unit : of the loads: "t" or "TEU" a year, "share" (percent of the goods of a pair), "" where there are none
    view : points (lon, lat) that must be on the map, such as `EURASIA`; None for the ends of the links drawn
    width : pixels

    Raises
    ------
    LabelError
        No links, coordinates out of range, an unknown mode, state or unit.
    SourceError
        No words in that language.
    """
    panels = dict(links) if isinstance(links, Mapping) else {"": links}
    every = [one for part in panels.values() for one in part]
    for part in panels.values() or [[]]:
        check_rows(places, part)
    if unit not in UNITS:
        raise LabelError(f"unknown unit of loads {unit!r}.{suggest(unit, UNITS)}")
    words_of, land, scale = Words(language, "map"), outlines or natural_earth(), scale_of(list(panels.values()), width)
    seen = [p for one in every if _main(one, scale) for p in (one.start, one.end, *one.via)]
    projection, height = fitted(view or seen, width, max(0.05 * width, LEAST))
    box = (width, height)
    ground = _ground(land, projection, box)
    body, y, shown = "", 0.0, []
    if title:
        body, y = bold_lines(title, 0.0, width, 16)
        y += 4
    for name, part in panels.items():
        if name:
            head, y = bold_lines(name, y, width, 13)
            body, y = body + head, y + 5
        drawn = placed(part, projection, scale, box)
        shown += drawn
        panel = _panel(places, drawn, scale, ground, projection, box, language)
        body += f'<g transform="translate(0,{y:.1f})">{panel}</g>'
        y += height + 10
    quiet = not scale.loaded and scale.steps is None
    below, deep = legend(shown, scale, unit, land, words_of, width, quiet=quiet)
    body += f'<g transform="translate(0,{y + 6:.1f})">{below}</g>'
    return drawing(body, width, y + 6 + deep, title or words_of("title"))


def _main(one: MapLink, scale: Scale) -> bool:
    """Whether a link must be in view: all, or those that carry a good part, and what was closed or opened."""
    return one.state in ("closed", "opened") or not scale.loaded or (one.load or 0.0) >= MAIN * scale.most


def both_maps(
    places: Sequence[MapPlace],
    links: Sequence[MapLink] | Mapping[str, Sequence[MapLink]],
    *,
    wide: float = COLUMN,
    **options: Any,
) -> str:
    """Return a map at two widths for a page; the style sheet shows the one that fits. Options: of `corridor_map`."""
    return "".join(
        f'<div class="{name}">{corridor_map(places, links, width=width, **options)}</div>'
        for name, width in (("wide", wide), ("narrow", NARROW))
    )


class _Ground:
    """Land in pixels: one path per country, and the room for its name."""

    def __init__(self, paths: str, names: dict[str, tuple[float, float, float]]) -> None:
        self.paths, self.names = paths, names


def _ground(land: Land, projection: Projection, box: tuple[float, float]) -> _Ground:
    paths, names = "", {}
    for one in land.outlines:
        d, room = shape(one.rings, projection, box)
        if d:
            paths += d
            x, y = projection([one.at])[0]
            names[one.code] = (float(x), float(y), room)
    return _Ground(paths, names)


def _panel(
    places: Sequence[MapPlace],
    drawn: Sequence[Drawn],
    scale: Scale,
    ground: _Ground,
    projection: Projection,
    box: tuple[float, float],
    language: str,
) -> str:
    frame = f'width="{box[0]:g}" height="{box[1]:.1f}" rx="3"'
    stands = marks(drawn, box, quiet=not scale.loaded and scale.steps is None)
    dots, labels, countries = _names(places, drawn, stands, ground, projection, box, language)
    small = "".join(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="1.5" fill="var(--muted)"/>' for x, y in dots)
    named = "".join(_dot(label) for label in labels)
    texts = "".join(_country(label) for label in countries) + "".join(_label(label) for label in labels)
    signs = "".join(mark(*one) for one in stands)
    inside = (
        f'<path d="{ground.paths}" fill="var(--land)" stroke="var(--edge)" stroke-width="0.8" stroke-linejoin="round"/>'
        f"{strokes(drawn)}{small}{named}{signs}{texts}"
    )
    name = f"k{crc32(inside.encode()):x}"
    return (
        f'<clipPath id="{name}"><rect {frame}/></clipPath><rect {frame} fill="var(--sea)"/>'
        f'<g clip-path="url(#{name})">{inside}</g><rect {frame} fill="none" stroke="var(--edge)"/>'
    )


def _names(
    places: Sequence[MapPlace],
    drawn: Sequence[Drawn],
    stands: Sequence[tuple[float, float, str]],
    ground: _Ground,
    projection: Projection,
    box: tuple[float, float],
    language: str,
) -> tuple[list[tuple[float, float]], list[Label], list[Label]]:
    """Dots of all ends of lines that are more than context, names of the places that weigh most, names of countries."""
    used = {end for d in drawn if not d.faint for end in (d.link.start, d.link.end)}
    rows = sorted((p for p in places if (p.lon, p.lat) in used), key=lambda p: -p.weight)
    spots = projection([(p.lon, p.lat) for p in rows]) if rows else np.zeros((0, 2))
    every = [(p, float(x), float(y)) for p, (x, y) in zip(rows, spots, strict=True)]
    inside = [(p, x, y) for p, x, y in every if 0 < x < box[0] and 0 < y < box[1]]
    taken = [(x - 9.0, x + 9.0, y - 9.0, y + 9.0) for x, y, _ in stands]
    half = {end: d.width / 2 for d in sorted(drawn, key=lambda d: d.width) for end in (d.link.start, d.link.end)}
    rows_of = [(place_name(p.name, language), x, y, half[p.lon, p.lat]) for p, x, y in inside]
    labels = place_labels(rows_of, drawn, taken, box)
    codes = dict.fromkeys(p.country for p in places)
    rooms = [(country_name(c, language), *ground.names[c]) for c in codes if c in ground.names]
    rooms.sort(key=lambda row: -row[3])
    dots = [(x, y) for _, x, y in inside] if box[0] > PHONE else []
    return dots, labels, place_countries(rooms, drawn, taken, box) if box[0] > PHONE else []


def _dot(label: Label) -> str:
    x, y = label.at
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="var(--paper)" stroke="var(--ink)" stroke-width="1.4"/>'


RIM = ' stroke="var(--land)" stroke-width="3" stroke-linejoin="round" paint-order="stroke"'


def _label(label: Label) -> str:
    return words(label.x, label.y, label.text, anchor=label.anchor, more=RIM)


def _country(label: Label) -> str:
    more = f'{RIM} letter-spacing="{SPACED:g}"'
    return words(label.x, label.y, label.text, size=COUNTRY_SIZE, colour="muted", anchor="middle", more=more)
