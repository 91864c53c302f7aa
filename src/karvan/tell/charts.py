"""Charts as inline SVG: Altair draws, colours become CSS variables, so one drawing serves day, night and paper."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from textwrap import wrap
from typing import Any

import numpy as np

# Sentinel colours that the drawing carries until they are replaced by CSS variables.
INK, MUTED, RULE, LOSS, GAIN, SECOND = "#010101", "#020202", "#030303", "#040404", "#050505", "#060606"
VARIABLES = {INK: "ink", MUTED: "muted", RULE: "rule", LOSS: "loss", GAIN: "gain", SECOND: "second"}
PADDING = {"left": 8, "right": 8, "top": 2, "bottom": 2}  # readers' fonts are wider than those it is measured with
WIDTHS = {"wide": 600, "narrow": 320}
NARROW = 400
THEME = {
    "background": "transparent",
    "font": "system-ui, sans-serif",
    "padding": PADDING,
    "view": {"stroke": None, "continuousWidth": 300, "continuousHeight": 300},
    "axis": {
        "labelColor": INK, "titleColor": MUTED, "gridColor": RULE, "domain": False, "tickColor": RULE,
        "labelFontSize": 12, "titleFontSize": 12, "titleFontWeight": "normal", "gridDash": [2, 3],
    },
    "axisY": {"grid": False, "ticks": False, "labelPadding": 8},
    "legend": {"labelColor": INK, "labelFontSize": 12, "symbolType": "circle"},
}  # fmt: skip


def both(draw: Callable[[int], Any], title: str) -> str:
    """Return a chart drawn at two widths; the style sheet shows the one that fits."""
    return "".join(f'<div class="{name}">{svg(draw(width), title)}</div>' for name, width in WIDTHS.items())


def svg(chart: Any, title: str) -> str:
    """Render one Altair chart to an accessible, scalable SVG without scripts."""
    import vl_convert

    drawing = chart.to_dict(validate=False)  # checking a drawing takes as long as making it
    drawing["config"] = THEME
    text = vl_convert.vegalite_to_svg(drawing)
    for colour, name in VARIABLES.items():
        text = text.replace(f'"{colour}"', f'"var(--{name})"')
    text = re.sub(r'(<svg[^>]*?) width="([\d.]+)" height="[\d.]+"', r'\1 style="max-width:\2px"', text, count=1)
    label = title.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")
    return text.replace("<svg ", f'<svg role="img" aria-label="{label}" ', 1)


def dots(values: Sequence[float], axis: str) -> Callable[[int], Any]:
    """Fifty equally likely futures, stacked where they fall together."""
    quantiles = np.quantile(np.asarray(values), (np.arange(50) + 0.5) / 50)
    bins = 22
    edges = np.linspace(quantiles[0], quantiles[-1], bins + 1)
    step = float(edges[1] - edges[0])
    if quantiles[0] < 0 < quantiles[-1]:  # no column holds losses and gains
        edges = step * np.arange(np.floor(quantiles[0] / step), np.ceil(quantiles[-1] / step) + 1)
    place = np.clip(np.digitize(quantiles, edges) - 1, 0, len(edges) - 2)
    rows, height = [], np.zeros(len(edges) - 1, dtype=int)
    for value, b in zip(quantiles, place, strict=True):
        rows.append({"x": float(0.5 * (edges[b] + edges[b + 1])), "y": int(height[b]), "loss": bool(value < 0)})
        height[b] += 1

    def draw(width: int) -> Any:
        import altair as alt

        low, high = min(float(quantiles[0]), 0.0), max(float(quantiles[-1]), 0.0)
        pad = 0.04 * (high - low)
        apart = (width - 30) * float(edges[1] - edges[0]) / (high - low + 2 * pad)  # pixels between two columns
        size = max(min(apart, 13.0), 4.0)
        base = alt.Chart(alt.Data(values=rows)).encode(
            x=alt.X(
                "x:Q",
                title=axis or None,
                axis=_ticks(width),
                scale=alt.Scale(domain=[low - pad, high + pad], nice=False),
            ),
            y=alt.Y("y:Q", axis=None, scale=alt.Scale(domain=[-0.6, int(height.max()) + 0.2])),
        )
        marks = base.mark_circle(size=size**2 * 0.8, opacity=1).encode(color=_sign("datum.loss"))
        return alt.layer(_zero("x"), marks).properties(width=width - 30, height=(size + 1) * (int(height.max()) + 1))

    return draw


def ranges(
    rows: Sequence[dict[str, Any]], axis: str, *, apart: bool = True, shade: tuple[float, float] | None = None
) -> Callable[[int], Any]:
    """Ranges with a dot: rows of label, part, value (None: no dot), low, high.

    Parts have their own colour and, when `apart`, their own line inside each label. `shade` is a range that runs
    behind all rows; its colours have no legend, because the labels say what each row is.
    """
    parts = list(dict.fromkeys(r["part"] for r in rows))
    lines = len(parts) if apart else 1

    def draw(width: int) -> Any:
        import altair as alt

        data, y, deep = _labelled(rows, width)
        offset = {"yOffset": alt.YOffset("part:N", sort=parts)} if lines > 1 else {}
        colour: Any = alt.value(INK)
        if len(parts) > 1:
            colour = _colours(parts, width, named=shade is None)
        x = {"title": axis, "axis": _ticks(width)}
        base = alt.Chart(alt.Data(values=data)).encode(y=y, color=colour, **offset)
        band = base.mark_rule(strokeWidth=2.5).encode(x=alt.X("low:Q", **x), x2="high:Q")
        dot = base.transform_filter("isValid(datum.value)").mark_circle(size=60, opacity=1)
        step = max(17 * lines + 8, 15 * deep + 10)
        behind = [] if shade is None else [_shaded(shade)]
        return alt.layer(*behind, _zero("x"), band, dot.encode(x=alt.X("value:Q", **x))).properties(
            width=_plot(width), height=alt.Step(step / lines)
        )

    return draw


def bars(rows: Sequence[dict[str, Any]], axis: str) -> Callable[[int], Any]:
    """Signed bars: rows of label, part, value; the parts of a label stand side by side."""
    parts = list(dict.fromkeys(r["part"] for r in rows))

    def draw(width: int) -> Any:
        import altair as alt

        data, y, _ = _labelled(rows, width)
        pairs = alt.Chart(alt.Data(values=data)).mark_bar(height=8)
        pairs = pairs.encode(
            y=y,
            x=alt.X("value:Q", title=axis, axis=_ticks(width)),
            color=_colours(parts, width),
            yOffset=alt.YOffset("part:N", sort=parts),
        )
        return alt.layer(pairs, _zero("x")).properties(width=_plot(width), height=alt.Step(11))

    return draw


def waterfall(rows: Sequence[dict[str, Any]], axis: str, total: str) -> Callable[[int], Any]:
    """Steps that add up: rows of label and value, each bar begins where the one before ends, then the total."""
    placed, at = [], 0.0
    for row in rows:
        placed.append({"label": row["label"], "from": at, "to": at + row["value"], "value": row["value"]})
        at += row["value"]
    placed.append({"label": total, "from": 0.0, "to": at, "value": at})
    for row in placed:
        row["kind"] = "total" if row["label"] == total else "loss" if row["value"] < 0 else "gain"

    def draw(width: int) -> Any:
        import altair as alt

        data, y, deep = _labelled(placed, width)
        scale = alt.Scale(domain=["total", "loss", "gain"], range=[INK, LOSS, GAIN])
        chart = alt.Chart(alt.Data(values=data)).mark_bar(height=13)
        chart = chart.encode(
            y=y,
            x=alt.X("from:Q", title=axis, axis=_ticks(width)),
            x2="to:Q",
            color=alt.Color("kind:N", scale=scale, legend=None),
        )
        return alt.layer(chart, _zero("x")).properties(width=_plot(width), height=alt.Step(max(24, 15 * deep + 6)))

    return draw


def stacked(rows: Sequence[dict[str, Any]], axis: str) -> Callable[[int], Any]:
    """Bars made of parts: rows of label, part and value; at most four parts, in the order given."""
    parts = list(dict.fromkeys(r["part"] for r in rows))

    def draw(width: int) -> Any:
        import altair as alt

        data, y, deep = _labelled([{**r, "order": parts.index(r["part"])} for r in rows], width)
        chart = alt.Chart(alt.Data(values=data)).mark_bar(height=16)
        chart = chart.encode(
            y=y,
            x=alt.X("value:Q", title=axis, axis=_ticks(width), stack="zero", scale=alt.Scale(nice=False)),
            color=_colours(parts, width),
            order="order:Q",
        )
        return chart.properties(width=_plot(width), height=alt.Step(max(27, 15 * deep + 6)))

    return draw


def scatter(points: Sequence[dict[str, Any]], x: str, y: str, *, line: float) -> Callable[[int], Any]:
    """Named points: rows of x, y and label, the most important first; a dashed line at `line` on the horizontal axis.

    A name is left out where there is no room for it.
    """
    tall = 280

    def draw(width: int) -> Any:
        import altair as alt

        low, high = min(0.0, *(p["y"] for p in points)), max(p["y"] for p in points)
        pad = 0.12 * (high - low)
        across, up = [0.0, 1.06 * max(line, *(p["x"] for p in points))], [low - pad, high + pad]
        rows = _named(points, across, up, width - 60, tall, line)
        base = alt.Chart(alt.Data(values=rows)).encode(
            x=alt.X("x:Q", title=x, axis=_ticks(width), scale=alt.Scale(domain=across, nice=False)),
            y=alt.Y("y:Q", title=None, axis=alt.Axis(tickCount=5), scale=alt.Scale(domain=up, nice=False)),
        )
        dot = base.mark_circle(size=55, opacity=1).encode(color=_sign("datum.y < 0"))
        names = [
            base.transform_filter(f"datum.side == '{side}'")
            .mark_text(align=align, dx=dx, dy=dy, fontSize=12, color=INK)
            .encode(text="label:N")
            for side, (align, dx, dy) in SIDES.items()
        ]
        edge = alt.Chart(alt.Data(values=[{"x": line}])).mark_rule(color=MUTED, strokeDash=[4, 3]).encode(x="x:Q")
        flat = alt.Chart(alt.Data(values=[{"y": 0}])).mark_rule(color=MUTED).encode(y="y:Q")
        title = alt.Chart(alt.Data(values=[{"text": y}])).mark_text(align="left", color=MUTED, fontSize=12, dx=2)
        title = title.encode(x=alt.value(0), y=alt.value(-12), text="text:N")
        return alt.layer(flat, edge, dot, *names, title).properties(width=width - 60, height=tall)

    return draw


SIDES = {"right": ("left", 8, 0), "left": ("right", -8, 0), "above": ("center", 0, -12), "below": ("center", 0, 13)}


def _named(
    points: Sequence[dict[str, Any]],
    across: Sequence[float],
    up: Sequence[float],
    width: float,
    tall: float,
    line: float,
) -> list[dict[str, Any]]:
    """Points with the side of the dot on which their name stands, "" where it would cover a name, a dot or the line."""
    places = [
        (width * (p["x"] - across[0]) / (across[1] - across[0]), tall * (up[1] - p["y"]) / (up[1] - up[0]))
        for p in points
    ]
    edge = width * (line - across[0]) / (across[1] - across[0])
    taken = [(edge - 2, edge + 2, 0.0, tall), *((a - 5, a + 5, b - 5, b + 5) for a, b in places)]
    rows = []
    for p, (a, b) in zip(points, places, strict=True):
        long = 7.0 * len(p["label"])
        starts = {"right": a + 7, "left": a - 7 - long, "above": a - long / 2, "below": a - long / 2}
        side = ""
        for name, start in starts.items() if p["label"] else ():
            box = (start, start + long, b + SIDES[name][2] - 7, b + SIDES[name][2] + 7)
            if box[0] >= 0 and box[1] <= width and box[2] >= 0 and box[3] <= tall and not _covers(box, taken):
                side = name
                taken.append(box)
                break
        rows.append({**p, "side": side})
    return rows


def _covers(box: tuple[float, ...], others: Sequence[tuple[float, ...]]) -> bool:
    return any(box[0] < o[1] and o[0] < box[1] and box[2] < o[3] and o[2] < box[3] for o in others)


def _labelled(rows: Sequence[dict[str, Any]], width: int) -> tuple[list[dict[str, Any]], Any, int]:
    """Rows with their labels wrapped to the width, the axis that shows them, and the most lines of a label.

    The axis keeps room for the longest line in a wide typeface, because the reader's may be wider than the one drawn.
    """
    import altair as alt

    data = [{**r, "label": "\n".join(wrap(r["label"], 34 if width > NARROW else 18))} for r in rows]
    labels = list(dict.fromkeys(r["label"] for r in data))
    lines = [line for label in labels for line in label.split("\n")]
    room = 7.2 * max(len(line) for line in lines) + 8
    axis = alt.Axis(labelLimit=0, labelExpr="split(datum.label, '\\n')", minExtent=room, maxExtent=room)
    return data, alt.Y("label:N", sort=labels, title=None, axis=axis), max(x.count("\n") + 1 for x in labels)


def _legend(parts: Sequence[str], width: int) -> Any:
    import altair as alt

    return alt.Legend(orient="top", title=None, columnPadding=20, columns=len(parts) if width > NARROW else 2)


def _colours(parts: Sequence[str], width: int, *, named: bool = True) -> Any:
    import altair as alt

    scale = alt.Scale(domain=list(parts), range=[INK, GAIN, SECOND, MUTED, LOSS][: len(parts)])
    return alt.Color("part:N", scale=scale, sort=list(parts), legend=_legend(parts, width) if named else None)


def _shaded(ends: tuple[float, float]) -> Any:
    import altair as alt

    area = alt.Chart(alt.Data(values=[{"low": ends[0], "high": ends[1]}])).mark_rect(color=RULE, opacity=0.55)
    return area.encode(x=alt.X("low:Q"), x2="high:Q")


def _plot(width: int) -> float:
    return width * 0.68 if width > NARROW else width * 0.57


def _ticks(width: int) -> Any:
    import altair as alt

    thin = "replace(replace(datum.label, ',', '\u202f'), ',', '\u202f')"
    return alt.Axis(
        tickCount=5 if width > NARROW else 4, labelFlush=False, labelOverlap=True, labelSeparation=8, labelExpr=thin
    )


def _zero(channel: str) -> Any:
    import altair as alt

    return (
        alt.Chart(alt.Data(values=[{"zero": 0}]))
        .mark_rule(color=MUTED, strokeWidth=1)
        .encode(**{channel: alt.X("zero:Q")})
    )


def _sign(loss: str) -> Any:
    import altair as alt

    return alt.condition(loss, alt.value(LOSS), alt.value(GAIN))
