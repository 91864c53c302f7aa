"""Charts of rows drawn by hand: bars made of parts, and dots with ranges, each with its figures beside it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from karvan.tell.map.lines import nice
from karvan.tell.picture import breadth, drawing, figures, lines_of, words

WIDE, NARROW, PHONE = 680.0, 340.0, 480.0
SIZE, SMALL, STEP = 12.5, 11.0, 15.0
BAR = 11.0
HALO = ' paint-order="stroke" stroke="var(--paper)" stroke-width="4" stroke-linejoin="round"'  # above lines of a grid
# Parts of the width: end of the labels, begin and end of the plot, begin of the figures.
BARS, DOTS, SLIM = (0.19, 0.2, 0.79, 0.805), (0.34, 0.35, 0.7, 0.72), (1.0, 0.0, 0.47, 0.5)
FILLS = ("ink", "second", "muted", "loss")


class Parts(NamedTuple):
    """A bar: its label, the values of its parts, and the ends of the range of their sum."""

    label: str
    values: tuple[float, ...]
    low: float
    high: float


class Dot(NamedTuple):
    """A dot with its range."""

    label: str
    value: float
    low: float
    high: float


def both_rows(draw: Callable[[float], str]) -> str:
    """Return a chart at two widths for a page; the style sheet shows the one that fits."""
    return "".join(f'<div class="{name}">{draw(w)}</div>' for name, w in (("wide", WIDE), ("narrow", NARROW)))


def part_rows(
    groups: Sequence[tuple[str, Sequence[Parts]]], names: Sequence[str], title: str, language: str, *, digits: int = 2
) -> Callable[[float], str]:
    """Bars made of at most four parts, in groups under a heading; parts differ by texture as well as by colour."""
    top = max(sum(row.values) for _, rows in groups for row in rows) or 1.0

    def draw(width: float) -> str:
        columns = BARS if width > PHONE else SLIM
        body, y = _legend(names, width)
        for heading, rows in groups:
            y += 23
            body += words(0, y - 6, heading, size=SIZE, more=' font-weight="600"')
            for row in rows:
                text = _figure(sum(row.values), row.low, row.high, digits, language)
                piece, at, y = _labelled(row.label, text, y, width, columns)
                body += piece
                x, unit = columns[1] * width, (columns[2] - columns[1]) * width / top
                for k, value in enumerate(row.values):
                    body += _bar(x, at, value * unit, k)
                    x += value * unit
        return drawing(body, width, y + 6, title)

    return draw


def dot_rows(panels: Sequence[tuple[str, Sequence[Dot], int]], title: str, language: str) -> Callable[[float], str]:
    """Dots with ranges around zero: panels of heading, rows and digits; each has its own scale, and ticks say so."""

    def draw(width: float) -> str:
        body, y = "", 0.0
        for heading, rows, digits in panels:
            piece, y = _panel(heading, rows, y, width, language, digits)
            body += piece
        return drawing(body, width, y + 4, title)

    return draw


def _panel(heading: str, rows: Sequence[Dot], y: float, width: float, language: str, digits: int) -> tuple[str, float]:
    columns, body = DOTS if width > PHONE else SLIM, ""
    for line in lines_of(heading, width, SIZE, bold=True):
        y += 17
        body += words(0, y - 3, line, size=SIZE, more=' font-weight="600"')
    low, high = min(0.0, *(r.low for r in rows), *(r.value for r in rows)), max(0.0, *(r.high for r in rows))
    left, right = columns[1] * width + 6, columns[2] * width - 6
    unit = (right - left) / ((high - low) or 1.0)

    def at(value: float) -> float:
        return left + (value - low) * unit

    first, inner = y + 2, ""
    for row in rows:
        text = _figure(row.value, row.low, row.high, digits, language, sign=True)
        piece, middle, y = _labelled(row.label, text, y, width, columns)
        colour = "loss" if row.value < 0 else "gain"
        inner += piece + (
            f'<path d="M{at(row.low):.1f},{middle:.1f}H{at(row.high):.1f}" stroke="var(--{colour})" stroke-width="3.5" '
            f'stroke-linecap="round" stroke-opacity="0.6"/>'
            f'<circle cx="{at(row.value):.1f}" cy="{middle:.1f}" r="4.2" fill="var(--ink)"/>'
        )
    grid = ""
    for tick in _ticks(low, high):
        colour = "muted" if tick == 0 else "rule"
        grid += f'<path d="M{at(tick):.1f},{first:.1f}V{y:.1f}" stroke="var(--{colour})"/>'
        name = figures(tick, _digits(low, high), language)
        grid += words(at(tick), y + 13, name, size=SMALL, colour="muted", anchor="middle")
    return body + grid + inner, y + 22


def _ticks(low: float, high: float) -> list[float]:
    """Two to four round values of a range that holds zero."""
    step = nice((high - low) / 2) or 1.0
    return [k * step for k in range(-9, 10) if low - 1e-9 <= k * step <= high + 1e-9]


def _digits(low: float, high: float) -> int:
    step = nice((high - low) / 2) or 1.0
    return next((d for d in range(6) if abs(round(step, d) - step) < 1e-9), 6)


def _labelled(
    label: str, text: tuple[str, str], y: float, width: float, columns: Sequence[float]
) -> tuple[str, float, float]:
    """A label and its figures: SVG, the middle of the row, and where the row ends."""
    body, lines = "", lines_of(label, columns[0] * width - 6, SIZE)
    for k, line in enumerate(lines):
        body += words(0, y + 13 + k * STEP, line, size=SIZE, more=HALO)
    beside = columns[1] > 0
    middle = y + 9 + (STEP * (len(lines) - 1) / 2 if beside else STEP * len(lines) - 1)
    x, (value, span) = columns[3] * width, text
    body += words(x, middle + 4, value, size=SIZE)
    if span:
        body += words(x + breadth(value, SIZE) + 4, middle + 4, span, size=SMALL, colour="muted")
    return body, middle, (y + STEP * len(lines) + 5 if beside else middle + 11)


def _figure(
    value: float, low: float, high: float, digits: int, language: str, *, sign: bool = False
) -> tuple[str, str]:
    one, two, three = (figures(v, digits, language, sign=sign) for v in (value, low, high))
    return one, "" if two == three else f"({two} … {three})"


def _legend(names: Sequence[str], width: float) -> tuple[str, float]:
    body, x, y = "", 0.0, 0.0
    for k, name in enumerate(names):
        long = 24 + breadth(name)
        if x > 0 and x + long > width:
            x, y = 0.0, y + 19
        body += _bar(x, y + 9, 18, k) + words(x + 24, y + 13, name)
        x += long + 14
    return body, y + 20


def _bar(x: float, middle: float, long: float, part: int) -> str:
    """A part of a bar, with its texture in the colour of the paper: plain, slanted, lines, or dots."""
    if long <= 0:
        return ""
    top, box = middle - BAR / 2, f'width="{max(long, 0.4):.1f}" height="{BAR:g}"'
    body = f'<rect x="{x:.1f}" y="{top:.1f}" {box} fill="var(--{FILLS[part]})"/>'
    ways, dash = "", ""
    if part == 1:
        ways = "".join(_slanted(x, top + BAR, long, start) for start in range(-int(BAR), int(long) + 1, 4))
    elif part > 1:
        ways = "".join(f"M{x:.1f},{top + BAR * k / 3:.1f}h{long:.1f}" for k in (1, 2))
        dash = ' stroke-dasharray="2.2 2.2"' if part == 3 else ""
    return body + (f'<path d="{ways}" stroke="var(--paper)" stroke-width="1.4"{dash}/>' if ways else "")


def _slanted(x: float, bottom: float, long: float, start: float) -> str:
    """A stroke of a hatching, cut where the bar ends."""
    left, right = max(start, 0.0), min(start + BAR, long)
    if right <= left:
        return ""
    return f"M{x + left:.1f},{bottom - left + start:.1f}L{x + right:.1f},{bottom - right + start:.1f}"
