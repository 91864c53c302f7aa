"""One chart of a back-test: predicted against happened, on axes of one scale, with the band of every point."""

from __future__ import annotations

from typing import Any

from karvan.backtests.result import Backtest

LABELLED = 7
SIDE = 420
COLOURS = ("#1f5c99", "#c2571a", "#4a7a3a")


def scatter(result: Backtest) -> Any:
    """Return an Altair chart of the table by partner: change of a supplier's share of imports, percentage points.

    A perfect model has every point on the line; the short bar through a point is its 5-95 % band.
    """
    import altair as alt

    rows = result.partners.to_dicts()
    reach = 1.12 * max(abs(r[name]) for r in rows for name in ("happened", "low", "high"))
    largest = _labelled(rows, 0.05 * reach)
    data = [
        {
            **{name: r[name] for name in ("importer", "supplier", "predicted", "low", "high", "happened")},
            "label": f"{r['supplier']} to {r['importer']}" if r in largest else "",
        }
        for r in rows
    ]
    scale = alt.Scale(domain=[-reach, reach], nice=False)
    line = alt.Chart(alt.Data(values=[{"v": -reach}, {"v": reach}])).mark_line(color="#999999", strokeDash=[4, 4])
    members = list(dict.fromkeys(r["importer"] for r in rows))
    colour = alt.Color(
        "importer:N", title="importer", scale=alt.Scale(domain=members, range=list(COLOURS[: len(members)]))
    )
    base = alt.Chart(alt.Data(values=data))
    x = alt.X("predicted:Q", title="predicted, percentage points", scale=scale)
    y = alt.Y("happened:Q", title="happened, percentage points", scale=scale)
    bars = base.mark_rule(opacity=0.6).encode(x=alt.X("low:Q", scale=scale), x2="high:Q", y=y, color=colour)
    points = base.mark_circle(size=45, opacity=0.85).encode(x=x, y=y, color=colour)
    names = base.mark_text(align="left", dx=8, fontSize=11).encode(x=x, y=y, text="label:N")
    return alt.layer(
        line.encode(x=alt.X("v:Q", scale=scale), y=alt.Y("v:Q", scale=scale)), bars, points, names
    ).properties(width=SIDE, height=SIDE, title="Change of a supplier's share of goods imports")


def _labelled(rows: list[dict[str, Any]], apart: float) -> list[dict[str, Any]]:
    """The points farthest from their prediction whose names do not lie over each other."""
    kept: list[dict[str, Any]] = []
    for row in sorted(rows, key=lambda r: -abs(r["happened"] - r["predicted"])):
        if all(abs(row["happened"] - other["happened"]) > apart for other in kept):
            kept.append(row)
    return kept[:LABELLED]
