"""Charts of evidence: reports of both sides of a flow, and months as they were beside months as expected."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from karvan.tell.charts import GAIN, INK, MUTED, NARROW, RULE, SECOND, _labelled, _plot


def reported(rows: Sequence[dict[str, Any]], names: Sequence[str], axis: str, least: float) -> Callable[[int], Any]:
    """Two reports of each flow and what they say together: rows of label, home, other, low, high.

    `names` are those of the two reports and of the range in the legend. Shapes differ as well as colours. The axis is
    logarithmic and begins at `least`, where smaller values stand.
    """

    def draw(width: int) -> Any:
        import altair as alt

        data, y, deep = _labelled(
            [{k: max(v, least) if k != "label" else v for k, v in r.items()} for r in rows], width
        )
        scales = [
            alt.Scale(domain=list(names), range=look) for look in ([INK, SECOND, GAIN], ["circle", "diamond", "square"])
        ]
        legend = alt.Legend(
            orient="top",
            title=None,
            columnPadding=18,
            columns=3 if width > NARROW else 1,
            labelLimit=0,
            symbolOpacity=1,
        )
        colour = alt.Color("part:N", scale=scales[0], legend=legend, sort=list(names))
        x = {"title": axis, "scale": alt.Scale(type="log", domainMin=least), "axis": _tens()}
        base = alt.Chart(alt.Data(values=[{**r, "part": names[2]} for r in data])).encode(y=y)
        band = base.mark_bar(height=9, opacity=0.45).encode(x=alt.X("low:Q", **x), x2="high:Q", color=colour)
        join = base.mark_rule(color=MUTED, strokeWidth=1).encode(x=alt.X("home:Q", **x), x2="other:Q")
        dots = [
            {"label": r["label"], "part": name, "value": r[side]}
            for r in data
            for side, name in zip(("home", "other"), names, strict=False)
        ]
        points = alt.Chart(alt.Data(values=dots)).mark_point(size=62, filled=True, opacity=1)
        shape = alt.Shape("part:N", scale=scales[1], legend=legend, sort=list(names))
        points = points.encode(y=y, x=alt.X("value:Q", **x), color=colour, shape=shape)
        return alt.layer(join, band, points).properties(width=_plot(width), height=alt.Step(max(24, 15 * deep + 8)))

    return draw


def _tens() -> Any:
    import altair as alt

    return alt.Axis(values=[10.0**k for k in range(-6, 7)], format="~g", labelFlush=False)


def months(panels: Sequence[dict[str, Any]], names: Sequence[str], since: str) -> Callable[[int], Any]:
    """Small charts of months: panels of title and rows (month, actual, expected, low, high), each with its own scale.

    A dashed line stands at the month `since`; `names` are those of the two lines.
    """

    def draw(width: int) -> Any:
        import altair as alt

        columns = 2 if width > NARROW else 1
        across = width / columns - 46
        drawn = [_panel(p, names, since, across) for p in panels]
        return alt.concat(*drawn, columns=columns, spacing={"row": 14, "column": 22}).resolve_scale(color="shared")

    return draw


def _panel(panel: dict[str, Any], names: Sequence[str], since: str, width: float) -> Any:
    import altair as alt

    rows = [{**r, "at": f"{r['month']}-01"} for r in panel["rows"]]
    lines = [
        {"at": r["at"], "part": name, "value": r[side]}
        for r in rows
        for side, name in zip(("actual", "expected"), names, strict=True)
    ]
    scale = alt.Scale(domain=list(names), range=[INK, GAIN])
    x = alt.X("utcyearmonth(at):T", title=None, axis=alt.Axis(format="%Y", tickCount="year", grid=False))
    y = {"title": None, "axis": alt.Axis(tickCount=3, ticks=False)}
    legend = alt.Legend(orient="top", title=None, labelLimit=0, columnPadding=18, symbolType="stroke")
    band = alt.Chart(alt.Data(values=[r for r in rows if r["low"] is not None])).mark_area(color=GAIN, opacity=0.25)
    band = band.encode(x=x, y=alt.Y("low:Q", **y), y2="high:Q")
    line = (
        alt.Chart(alt.Data(values=lines))
        .mark_line(strokeWidth=2)
        .encode(x=x, y=alt.Y("value:Q", **y), color=alt.Color("part:N", scale=scale, legend=legend))
    )
    edge = alt.Chart(alt.Data(values=[{"at": f"{since}-01"}])).mark_rule(color=MUTED, strokeDash=[4, 3]).encode(x=x)
    title = alt.TitleParams(panel["title"], anchor="start", fontSize=12, fontWeight="normal", color=INK, offset=4)
    flat = alt.Chart(alt.Data(values=[{"zero": 0}])).mark_rule(color=RULE).encode(y=alt.Y("zero:Q", **y))
    return alt.layer(flat, edge, band, line).properties(width=width, height=90, title=title)
