"""The legend of a map: what strokes, marks, widths and colours mean, and whose the boundaries are."""

from __future__ import annotations

from collections.abc import Sequence

from karvan.core.freight_map import MODES, STATES
from karvan.tell.language import Words
from karvan.tell.map.land import Land
from karvan.tell.map.lines import COLOURS, DASHES, LITTLE, QUIET, THIN, TINT, Drawn, Scale, colour_of, mark, nice
from karvan.tell.picture import breadth, figures, lines_of, words

ROW, GAP, SWATCH = 21.0, 18.0, 30.0
SMALL = 11.0
MILLION = 1e6
Item = tuple[str, str]  # swatch drawn about (0, 0) from 0 to SWATCH, text


def legend(
    drawn: Sequence[Drawn], scale: Scale, unit: str, land: Land, words_of: Words, width: float, *, quiet: bool
) -> tuple[str, float]:
    """Return the legend as SVG that begins at y = 0, and its height."""
    rows = [_modes(drawn, scale, words_of), _states(drawn, words_of, quiet=quiet)]
    if scale.loaded:
        rows.append(_widths(scale, unit, words_of))
    if scale.steps is not None:
        rows.append(_costs(scale, words_of))
    body, y = "", 14.0
    for items in rows:
        part, y = _flow([item for item in items if item], y, width)
        body += part
    note = words_of("boundaries", publisher=land.publisher, scale=land.scale, version=land.version)
    for line in lines_of(f"{note} {words_of('ways')}", width, SMALL):
        body += words(0, y + 2, line, size=SMALL, colour="muted")
        y += 15
    return body, y


def _modes(drawn: Sequence[Drawn], scale: Scale, words_of: Words) -> list[Item]:
    shown = {d.link.mode for d in drawn if not d.faint}
    items = []
    for mode in MODES:
        if mode in shown:
            colour = COLOURS[mode] if scale.steps is None else "ink"
            items.append((_line(colour, max(THIN[mode], 2.0), DASHES.get(mode, ()), mode), words_of(f"mode_{mode}")))
    if any(d.faint for d in drawn):
        text = words_of("context_loads", least=f"{100 * LITTLE:g}") if scale.loaded else words_of("context")
        items.append((_line("faint", 1.2), text))
    return items


def _states(drawn: Sequence[Drawn], words_of: Words, *, quiet: bool) -> list[Item]:
    shown = {d.link.state for d in drawn}
    items = []
    for state in STATES[1:]:
        if state in shown and (quiet or state not in QUIET):
            colour = {"closed": "loss", "opened": "gain"}.get(state, "muted")
            dash = {"closed": (3.0, 4.0), "opened": ()}.get(state, (2.0, 3.0))
            items.append((_line(colour, 2, dash) + mark(SWATCH / 2, 0, state), words_of(f"state_{state}")))
    return items


def _widths(scale: Scale, unit: str, words_of: Words) -> list[Item]:
    top = nice(scale.most)
    steps = [v for v in (top, nice(top / 3), nice(top / 10)) if scale.widest * v / scale.most >= 0.9]
    many = unit == "t" and top >= MILLION
    name = words_of("unit_Mt" if many else f"unit_{unit}") if unit else ""
    items = [("", words_of("loads", unit=name) if name else words_of("loads_plain"))]
    size = MILLION if many else 1.0
    return items + [(_line("ink", scale.width(v)), amount(v / size, words_of.language)) for v in steps]


def _costs(scale: Scale, words_of: Words) -> list[Item]:
    assert scale.steps is not None
    small, large = (figures(v, 0 if v >= 1 else 1 if v >= 0.1 else 2, words_of.language) for v in scale.steps)
    texts = {
        -2: words_of("cheaper_much", large=large), -1: words_of("cheaper", small=small, large=large),
        0: words_of("same", small=small), 1: words_of("dearer", small=small, large=large),
        2: words_of("dearer_much", large=large),
    }  # fmt: skip
    return [("", words_of("costs"))] + [(_swatch(b), text) for b, text in texts.items()]


def amount(value: float, language: str) -> str:
    """Return a load as a reader sees it: 2 500, 0.3."""
    return figures(value, 0 if value >= 1 or value == 0 else 2, language).rstrip()


def _swatch(bin_: int) -> str:
    strength = TINT if abs(bin_) == 1 else 1.0
    return f'<g opacity="{strength:g}">{_line(colour_of(bin_), 5 if bin_ else 2.5)}</g>'


def _line(colour: str, width: float, dash: Sequence[float] = (), mode: str = "") -> str:
    more = f' stroke-dasharray="{" ".join(f"{v:g}" for v in dash)}"' if dash else ""
    cap = ' stroke-linecap="round"' if mode == "ferry" else ""
    d = f'd="M1,0L{SWATCH - 1:g},0"'
    line = f'<path {d} stroke="var(--{colour})" stroke-width="{width:g}"{more}{cap}/>'
    if mode == "pipeline":
        line += f'<path {d} stroke="var(--paper)" stroke-width="{width / 3:.1f}"/>'
    return line


def _flow(items: Sequence[Item], y: float, width: float) -> tuple[str, float]:
    """Items one after the other, on as many lines as they need."""
    body, x = "", 0.0
    for swatch, text in items:
        left = SWATCH + 7 if swatch else 0.0
        long = left + breadth(text)
        if x > 0 and x + long > width:
            x, y = 0.0, y + ROW
        if swatch:
            body += f'<g transform="translate({x:.1f},{y - 4:.1f})">{swatch}</g>'
        body += words(x + left, y, text, colour="ink" if swatch else "muted")
        x += long + (GAP if swatch else 10)
    return body, y + (ROW if items else 0)
