"""Charts on money: fans ahead of the past, years under assumptions, amounts, responses and a slope over time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from karvan.tell.charts import GAIN, INK, LOSS, MUTED, NARROW, RULE, SECOND, _labelled, _plot, _ticks
from karvan.tell.language import number

Row = Mapping[str, Any]
TALL = 260


def fan(
    past: Sequence[Row],
    bands: Sequence[Row],
    unit: str,
    *,
    beside: Sequence[Row] = (),
    top: float | None = None,
) -> Callable[[int], Any]:
    """A line up to now and a fan of quantiles after it: past of year, value; bands of year, p5, p25, p50, p75, p95.

    `beside` are bands of another way of drawing, shown as dashed lines. Above `top` the picture ends.
    """
    now = past[-1]
    start = {"year": now["year"], **dict.fromkeys(("p5", "p25", "p50", "p75", "p95"), now["value"])}
    inner = [start, *bands]
    other = [
        {"year": r["year"], "value": r[q], "of": q} for q in ("p5", "p50", "p95") for r in (start, *beside) if beside
    ]
    most = top or max(r["p95"] for r in bands)
    ends = _apart(bands[-1], most)

    def draw(width: int) -> Any:
        import altair as alt

        years = [past[0]["year"], bands[-1]["year"]]
        scale = alt.Scale(domain=[0, most], clamp=False, nice=False)
        x = alt.X(
            "year:Q",
            title=None,
            scale=alt.Scale(domain=years, nice=False),
            axis=alt.Axis(format="d", tickCount=6 if width > NARROW else 4, grid=False, labelFlush=True),
        )

        def y(name: str) -> Any:
            return alt.Y(f"{name}:Q", title=None, scale=scale, axis=alt.Axis(tickCount=5, labelExpr=_THIN))

        def area(low: str, high: str, opacity: float) -> Any:
            chart = alt.Chart(alt.Data(values=inner)).mark_area(color=GAIN, opacity=opacity, clip=True)
            return chart.encode(x=x, y=y(low), y2=f"{high}:Q")

        def line(rows: Sequence[Row], name: str, **look: Any) -> Any:
            return alt.Chart(alt.Data(values=list(rows))).mark_line(clip=True, **look).encode(x=x, y=y(name))

        dashed = line(other, "value", color=SECOND, strokeDash=[5, 3], strokeWidth=1.6).encode(detail="of:N")
        names = alt.Chart(alt.Data(values=ends)).mark_text(align="left", dx=5, fontSize=12, color=INK)
        return alt.layer(
            area("p5", "p95", 0.2),
            area("p25", "p75", 0.33),
            *([dashed] if other else []),
            line(inner, "p50", color=GAIN, strokeWidth=2.2),
            line(past, "value", color=INK, strokeWidth=2.2),
            names.encode(x=x, y=y("value"), text="text:N"),
            _title(unit),
        ).properties(width=width - 80, height=TALL if width > NARROW else 220)

    return draw


def _apart(last: Row, most: float) -> list[dict[str, Any]]:
    """Names of the quantiles at the end of a fan, without those outside the picture or too near to the next one."""
    found: list[dict[str, Any]] = []
    for q in ("p50", "p75", "p25", "p95", "p5"):
        near = any(abs(last[q] - f["value"]) < 0.06 * most for f in found)
        if last[q] <= most and not near:
            found.append({"year": last["year"], "value": last[q], "text": f"{q[1:]}\u202f%"})
    return found


_THIN = "replace(datum.label, ',', '\u202f')"


def _title(text: str) -> Any:
    import altair as alt

    title = alt.Chart(alt.Data(values=[{"text": text}])).mark_text(align="left", color=MUTED, fontSize=12, dx=-30)
    return title.encode(x=alt.value(0), y=alt.value(-12), text="text:N")


def spans(rows: Sequence[Row], axis: str, shade: tuple[float, float]) -> Callable[[int], Any]:
    """Bars from zero with their number: rows of label, value; those that reach into the shaded range stand out.

    A row counts as in the range if it rounds to one of its whole numbers.
    """

    def draw(width: int) -> Any:
        import altair as alt

        kept = [{**r, "text": number(r["value"], 0 if r["value"] >= 20 else 1), "hit": _hit(r, shade)} for r in rows]
        data, y, deep = _labelled(kept, width)
        most = max(r["value"] for r in rows)
        x = alt.X("value:Q", title=axis, axis=_ticks(width), scale=alt.Scale(domain=[0, 1.1 * most], nice=False))
        base = alt.Chart(alt.Data(values=data))
        bars = base.mark_bar(height=13).encode(
            y=y, x=x, color=alt.condition("datum.hit", alt.value(LOSS), alt.value(GAIN))
        )
        text = base.mark_text(align="left", dx=5, fontSize=12, color=INK).encode(y=y, x=x, text="text:N")
        behind = alt.Chart(alt.Data(values=[{"value": shade[0], "to": shade[1]}])).mark_rect(color=RULE)
        behind = behind.encode(x=x, x2="to:Q")
        return alt.layer(behind, bars, text).properties(width=_plot(width), height=alt.Step(max(25, 15 * deep + 8)))

    return draw


def _hit(row: Row, shade: tuple[float, float]) -> bool:
    return bool(shade[0] <= round(row["value"]) <= shade[1])


def amounts(rows: Sequence[Row], axis: str) -> Callable[[int], Any]:
    """Bars with their number at the end: rows of label, part, value; the parts of a label stand under each other."""
    parts = list(dict.fromkeys(r["part"] for r in rows))

    def draw(width: int) -> Any:
        import altair as alt

        data, y, deep = _labelled([{**r, "text": number(r["value"], 1)} for r in rows], width)
        most = max(r["value"] for r in rows)
        x = alt.X("value:Q", title=axis, axis=_ticks(width), scale=alt.Scale(domain=[0, 1.16 * most], nice=False))
        offset = alt.YOffset("part:N", sort=parts)
        columns = len(parts) if width > NARROW else 1
        legend = alt.Legend(
            orient="top", title=None, columns=columns, columnPadding=18, symbolType="square", labelLimit=0
        )
        colour = alt.Color(
            "part:N", scale=alt.Scale(domain=parts, range=[SECOND, GAIN, INK][: len(parts)]), sort=parts, legend=legend
        )
        base = alt.Chart(alt.Data(values=data)).encode(y=y, x=x, yOffset=offset)
        bars = base.mark_bar(height=11).encode(color=colour)
        text = base.mark_text(align="left", dx=5, fontSize=11.5, color=INK).encode(text="text:N")
        step = max(34, 15 * deep + 8) / len(parts)
        return alt.layer(bars, text).properties(width=_plot(width), height=alt.Step(step))

    return draw


def responses(panels: Sequence[Mapping[str, Any]], axis: str) -> Callable[[int], Any]:
    """Small charts of a response by step with its band, one scale for all: panels of title and rows of step, value."""
    data = [{**r, "panel": p["title"]} for p in panels for r in p["rows"]]
    names = [p["title"] for p in panels]
    low, high = min(0.0, *(r["low"] for r in data)), max(r["high"] for r in data)

    def draw(width: int) -> Any:
        import altair as alt

        columns = 2 if width > NARROW else 1
        x = alt.X(
            "step:Q",
            title=axis,
            axis=alt.Axis(values=[0, 4, 8, 12], grid=False, format="d"),
            scale=alt.Scale(domain=[0, max(r["step"] for r in data)], nice=False),
        )
        scale = alt.Scale(domain=[low * 1.05, high * 1.05], nice=False)
        y = {"title": None, "axis": alt.Axis(tickCount=4, format=".0f"), "scale": scale}
        base = alt.Chart().encode(x=x)
        flat = alt.Chart().mark_rule(color=MUTED).encode(y=alt.YDatum(0))
        band = base.mark_area(color=GAIN, opacity=0.25).encode(y=alt.Y("low:Q", **y), y2="high:Q")
        line = base.mark_line(color=GAIN, strokeWidth=2.2).encode(y=alt.Y("value:Q", **y))
        panel = alt.layer(band, flat, line, data=alt.Data(values=data))
        header = alt.Header(title=None, labelFontSize=12, labelColor=INK, labelAnchor="start", labelPadding=4)
        across = (width - 92) / 2 if columns == 2 else width - 60
        facet = alt.Facet("panel:N", sort=names, title=None, header=header)
        return panel.properties(width=across, height=110).facet(
            facet=facet, columns=columns, spacing={"row": 14, "column": 26}
        )

    return draw


def slope(rows: Sequence[Row], marks: Sequence[Row]) -> Callable[[int], Any]:
    """A line over time with its band, and dashed lines at dates: rows of to, value, low, high; marks of at, text."""

    def draw(width: int) -> Any:
        import altair as alt

        data = alt.Chart(alt.Data(values=list(rows)))
        years = {"interval": "year", "step": 2 if width > NARROW else 4}
        x = alt.X("utcyearmonthdate(to):T", title=None, axis=alt.Axis(format="%Y", tickCount=years, grid=False))
        low, high = min(0.0, *(r["low"] for r in rows)), max(r["high"] for r in rows)
        scale = alt.Scale(domain=[max(low, -60) * 1.05, min(high, 100) * 1.05], nice=False)
        y = {"title": None, "axis": alt.Axis(tickCount=5, format=".0f"), "scale": scale}
        band = data.mark_area(color=GAIN, opacity=0.25, clip=True).encode(x=x, y=alt.Y("low:Q", **y), y2="high:Q")
        line = data.mark_line(color=GAIN, strokeWidth=2.2).encode(x=x, y=alt.Y("value:Q", **y))
        flat = alt.Chart(alt.Data(values=[{"zero": 0}])).mark_rule(color=MUTED).encode(y=alt.Y("zero:Q", **y))
        dates = alt.Chart(alt.Data(values=[{**m, "to": m["at"]} for m in marks]))
        edge = dates.mark_rule(color=INK, strokeDash=[4, 3]).encode(x=x)
        names = dates.mark_text(align="right", dx=-4, fontSize=12, color=INK).encode(x=x, y=alt.value(8), text="text:N")
        return alt.layer(band, flat, line, edge, names).properties(width=width - 60, height=190)

    return draw
