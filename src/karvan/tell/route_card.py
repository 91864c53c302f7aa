"""The route card as a picture: days, dollars and borders of every way between two places, with ranges, by cargo."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from karvan.core.errors import LabelError, first_five
from karvan.core.table import Table
from karvan.tell.language import THIN, Words
from karvan.tell.map.land import place_name
from karvan.tell.picture import bold_lines, drawing, figures, lines_of, words

WIDTH, NARROW, PHONE = 680.0, 340.0, 480.0
LINE, SMALL = 15.0, 11.5
MOST = 6
# Parts of the width: end of names, then begin and end of days and of dollars.
WIDE, SLIM = (0.42, 0.46, 0.70, 0.75, 1.0), (1.0, 0.0, 0.46, 0.54, 1.0)
NEEDED = {
    "routes": ("route", "share %", "days", "low", "high", "low ", "high ", "borders", "closed days/y"),
    "cargoes": ("cargo", "unit", "days", "low", "high", "USD", "low ", "high ", "borders", "route"),
}


class Span(NamedTuple):
    """A figure with the ends of its range."""

    value: float
    low: float
    high: float


class Line(NamedTuple):
    """One row of the card: its name, small text below, days and dollars; the unit where rows have different ones."""

    name: str
    notes: str
    days: Span
    usd: Span
    unit: str
    best: bool


def route_card(
    routes: Table, cargoes: Table, *, start: str, end: str, cargo: str, year: int, most: int = MOST,
    language: str = "en", width: float = WIDTH,
) -> str:  # fmt: skip
    """Return the card as SVG with colours by name, as `corridor_map` does.

    Parameters
    ----------
    routes, cargoes : the tables of a route card of the network: routes by corridor, and the cheapest route by cargo
    start, end : English names of the places, as on a map
    cargo, year : what the routes were found for
    most : how many routes are shown, without those that round to no share; the card says what the others have
    width : pixels; below 480 bars stand below the names

    Raises
    ------
    LabelError
        A table without rows, or without the columns of a card.
    SourceError
        No words in that language.
    """
    _check(routes, "routes")
    _check(cargoes, "cargoes")
    words_of, rows = Words(language, "map"), routes.to_dicts()
    price = next(c for c in routes.columns if c.startswith("USD/"))
    unit = words_of.named("unit", price.removeprefix("USD/"))
    title = words_of("card_title", start=place_name(start, language), end=place_name(end, language))
    head = words_of("card_routes", cargo=words_of.named("cargo", cargo), year=year)
    days = words_of("card_days")
    body, y = bold_lines(title, 0.0, width, 16)
    shown = rows[:1] + [row for row in rows[1:most] if row["share %"] > 0]
    first = [_route(row, price, i == 0, words_of) for i, row in enumerate(shown)]
    part, y = _part(head, first, y + 4, width, (days, words_of("card_usd", unit=unit)), language)
    body += part
    if len(rows) > len(shown):
        share = figures(sum(row["share %"] for row in rows[len(shown) :]), 1, language)
        part, y = _note(words_of("card_more", count=len(rows) - len(shown), share=share), y, width)
        body += part
    second = [_cargo(row, words_of) for row in cargoes.to_dicts()]
    part, y = _part(words_of("card_cargoes"), second, y + 14, width, (days, words_of("card_price")), language)
    body += part
    part, y = _note(f"{words_of('card_note')} {words_of('card_from')}", y + 4, width)
    return drawing(body + part, width, y + 6, f"{title}. {head}")


def both_cards(routes: Table, cargoes: Table, **options: Any) -> str:
    """Return the card at two widths for a page; the style sheet shows the one that fits. Options: of `route_card`."""
    return "".join(
        f'<div class="{name}">{route_card(routes, cargoes, width=width, **options)}</div>'
        for name, width in (("wide", WIDTH), ("narrow", NARROW))
    )


def corridor_names(text: str, words_of: Words) -> str:
    """Return the corridors of a route by name; one that is part of another (`kars` of `middle-kars`) is left out."""
    names = text.split(" + ")
    kept = [n for n in names if not any(n != other and f"-{n}-" in f"-{other}-" for other in names)]
    return " + ".join(words_of.named("corridor", n) for n in kept)


def _check(table: Table, name: str) -> None:
    missing = [c for c in NEEDED[name] if c not in table.columns]
    if name == "routes" and not any(c.startswith("USD/") for c in table.columns):
        missing.append("USD/TEU or USD/t")
    if missing:
        raise LabelError(f"table of {name}: no column {first_five(missing)}; give the tables of a route card")
    if not table.rows:
        raise LabelError(f"table of {name}: no rows; a card needs at least one")


def _route(row: Mapping[str, Any], price: str, best: bool, words_of: Words) -> Line:
    notes = [
        words_of("card_share", share=figures(row["share %"], 0 if row["share %"] >= 1 else 1, words_of.language)),
        words_of("card_borders", count=row["borders"]),
    ]
    if round(row["closed days/y"]) >= 1:
        notes.append(words_of("card_closed", days=figures(row["closed days/y"], 0, words_of.language)))
    days, usd = Span(row["days"], row["low"], row["high"]), Span(row[price], row["low "], row["high "])
    return Line(corridor_names(row["route"], words_of), " · ".join(notes), days, usd, "", best)


def _cargo(row: Mapping[str, Any], words_of: Words) -> Line:
    name = words_of.named("cargo", row["cargo"])
    notes = f"{corridor_names(row['route'], words_of)} · {words_of('card_borders', count=row['borders'])}"
    days, usd = Span(row["days"], row["low"], row["high"]), Span(row["USD"], row["low "], row["high "])
    per = words_of("card_per", unit=words_of.named("unit", row["unit"]))
    return Line(f"{name[:1].upper()}{name[1:]}", notes, days, usd, per, False)


def _note(text: str, y: float, width: float) -> tuple[str, float]:
    body = ""
    for line in lines_of(text, width, 11):
        y += LINE
        body += words(0, y, line, size=11, colour="muted")
    return body, y


def _part(
    head: str, rows: Sequence[Line], y: float, width: float, heads: tuple[str, str], language: str
) -> tuple[str, float]:
    """A part of the card below y, and where it ends."""
    body, y = bold_lines(head, y, width, 13)
    tops = max(r.days.high for r in rows), max(r.usd.high for r in rows)
    columns = WIDE if width > PHONE else SLIM
    deep = y
    for left, right, text in zip(columns[1::2], columns[2::2], heads, strict=True):
        for k, line in enumerate(lines_of(text, (right - left) * width, SMALL)):
            body += words(left * width, y + 14 + k * 13, line, size=SMALL, colour="muted")
            deep = max(deep, y + 14 + k * 13)
    y = deep + 4
    for row in rows:
        body += f'<path d="M0,{y + 3:.1f}H{width:g}" stroke="var(--rule)"/>'
        piece, y = _row(row, y + 6, width, columns, tops, language)
        body += piece
    return body, y


def _row(
    row: Line, y: float, width: float, columns: Sequence[float], tops: tuple[float, float], language: str
) -> tuple[str, float]:
    room, body, at = columns[0] * width, "", y + 14
    for line in lines_of(row.name, room, 13, bold=row.best):
        body += words(0, at, line, size=13, more=' font-weight="600"' if row.best else "")
        at += LINE
    for line in lines_of(row.notes, room, SMALL):
        body += words(0, at, line, size=SMALL, colour="muted")
        at += 14
    top = y if columns[1] > 0 else at - 10  # beside the name, or below it
    for left, right, span, size, unit in zip(
        columns[1::2], columns[2::2], (row.days, row.usd), tops, ("", row.unit), strict=True
    ):
        body += words(left * width, top + 14, _text(span, language))
        if unit:  # units differ from row to row, so that lengths would say nothing
            body += words(left * width, top + 28, unit, size=SMALL, colour="muted")
        else:
            body += _bar(left * width, top + 25, (right - left) * width, span, size)
    return body, max(at, top + 38) - 4


def _bar(x: float, y: float, long: float, span: Span, top: float) -> str:
    """A line from low to high with a dot at the value."""
    size = (long - 8) / top
    low, at, high = (x + 4 + size * v for v in (span.low, span.value, span.high))
    return (
        f'<path d="M{x:.1f},{y:.1f}h{long:.1f}" stroke="var(--rule)"/>'
        f'<path d="M{low:.1f},{y:.1f}H{high:.1f}" stroke="var(--gain)" stroke-width="4" stroke-linecap="round" '
        f'stroke-opacity="0.55"/><circle cx="{at:.1f}" cy="{y:.1f}" r="4.5" fill="var(--ink)"/>'
    )


def _text(span: Span, language: str) -> str:
    """A figure and its range: three digits of the figure are all that such numbers carry."""
    digits = 2 - math.floor(math.log10(span.value)) if span.value > 0 else 0
    digits = min(digits, 1 if span.value < 100 else 0)
    value, low, high = (figures(round(v, digits), max(digits, 0), language) for v in span)
    return f"{value}{THIN} ({low}–{high})"
