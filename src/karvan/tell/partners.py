"""Friends and hold-up: whose growth helps, and who can hurt by closing."""

from __future__ import annotations

from typing import Any

import numpy as np

from karvan.tell import charts
from karvan.tell.blocks import Block, Teller, figure, note, paragraph, section, table_of
from karvan.tell.findings import three
from karvan.tell.language import THIN, number

CROWD = 0.15  # points closer to the origin, as parts of the largest effects, have no name in the chart
ROWS = 12  # partners in the table
SEEN = 0.001  # percent: an effect of uncertain sign below it is not worth naming


def partners(t: Teller) -> Block:
    """The chart of friends and hold-up, who stands where, and the table."""
    w, limit = t.words, abs(t.value(f"income.{t.soft}.all.{t.case['country']}"))
    over = [p for p in _by(t, "closing") if t.value(f"closing.{p}") < -limit]
    axes = {"x": w("partners_x"), "y": w("partners_y")}
    return section(
        w("partners_heading", country=t.home),
        paragraph(w("partners_help", names=_listed(t, "growth", three(t.results, "growth", 1)), country=t.home)),
        *_harm(t),
        paragraph(w("partners_close", names=_listed(t, "closing", three(t.results, "closing", -1)), country=t.home)),
        paragraph(_over(t, over)),
        figure(charts.scatter(_points(t), **axes, line=limit), w("partners_caption", scenario=w.in_text(t.soft))),
        paragraph(w("partners_corners", scenario=w.in_text(t.soft))),
        table_of([w("col_partner"), w("partners_col_growth"), w("partners_col_closing"), *_shares_head(t)], _rows(t),
                 numeric=range(1, 5)),
        *_rest(t),
        note(w("partners_method", country=t.home)),
    )  # fmt: skip


def _harm(t: Teller) -> list[Block]:
    names = three(t.results, "growth", -1)
    unclear = [t.words.country(p) for p in _by(t, "growth") if _turns(t, f"growth.{p}")]
    said = [t.words("partners_harm", names=_listed(t, "growth", names), country=t.home)] if names else []
    said += [t.words("partners_unclear", names=", ".join(unclear))] if unclear else []
    return [paragraph(" ".join(said))] if said else []


def _turns(t: Teller, key: str) -> bool:
    """Whether the sign of a claim differs over its range."""
    c = t.claims[key]
    return c.low is not None and c.high is not None and c.low < 0 < c.high and max(-c.low, c.high) > SEEN


def _over(t: Teller, over: list[str]) -> str:
    w = t.words
    if not over:
        return w("partners_over_none", scenario=w.in_text(t.soft))
    return w("partners_over", scenario=w.in_text(t.soft), names=", ".join(w.country(p) for p in over))


def _by(t: Teller, name: str) -> list[str]:
    """The partners by the size of an effect, largest first."""
    keys = [k.removeprefix(f"{name}.") for k in t.claims if k.startswith(f"{name}.")]
    return sorted(keys, key=lambda p: -abs(t.value(f"{name}.{p}")))


def _listed(t: Teller, name: str, partners: list[str]) -> str:
    digits = 3 if name == "growth" else 2
    return ", ".join(
        f"{t.words.country(p)} ({number(t.value(f'{name}.{p}'), digits, sign=True)}{THIN}%)" for p in partners
    )


def _points(t: Teller) -> list[dict[str, Any]]:
    """The partners as points, those far from the crowd first; the chart names as many as it has room for."""
    found = [p for p in _by(t, "closing") if f"growth.{p}" in t.claims]
    places = {p: (-t.value(f"closing.{p}"), t.value(f"growth.{p}")) for p in found}
    wide = max(abs(x) for x, _ in places.values()) or 1.0
    tall = max(abs(y) for _, y in places.values()) or 1.0
    far = {p: float(np.hypot(x / wide, y / tall)) for p, (x, y) in places.items()}
    order = sorted(places, key=lambda p: -far[p])
    names = {p: t.words.country(p) if far[p] > CROWD else "" for p in order}
    return [{"x": places[p][0], "y": places[p][1], "label": names[p]} for p in order]


def _rest(t: Teller) -> list[Block]:
    """The largest effects of the partners that the table leaves out."""
    rest = _by(t, "closing")[ROWS:]
    if not rest:
        return []
    most = {name: max(abs(t.value(f"{name}.{p}")) for p in rest) for name in ("closing", "growth")}
    ends = {"closing": f"{number(most['closing'], 2)}{THIN}%", "growth": f"{number(most['growth'], 3)}{THIN}%"}
    return [note(t.words("partners_rest", count=len(rest), **ends))]


def _shares_head(t: Teller) -> list[str]:
    return [t.words("partners_col_sold"), t.words("partners_col_bought")]


def _rows(t: Teller) -> list[list[Any]]:
    table = {r["partner"]: r for r in t.results.tables["partners"].to_dicts()}
    rows = []
    for p in _by(t, "closing")[:ROWS]:
        shares = [f"{number(table[p][k], 1)}{THIN}%" for k in ("exports_share", "imports_share")]
        growth = t.cell(f"growth.{p}", 3) if f"growth.{p}" in t.claims else t.words("not_available")
        rows.append([t.words.country(p), growth, t.cell(f"closing.{p}"), *shares])
    return rows
