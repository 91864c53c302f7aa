"""What is exported: raw or processed, gross and in value added, and what the headline scenario changes."""

from __future__ import annotations

from typing import Any

from karvan.tell import charts
from karvan.tell.blocks import Block, Teller, figure, note, paragraph, section, table_of
from karvan.tell.findings import MEASURES, verdict_exports
from karvan.tell.language import THIN, number, percent


def exports(t: Teller) -> Block:
    """Raw or processed, where it goes, and what the headline scenario changes; for a case that groups its sectors."""
    w, claim = t.words, t.case.get("claim_exports")
    return section(
        w("goods_heading"),
        *([] if claim is None else [_judged(t, claim)]),
        paragraph(_answer(t)),
        figure(_chart(t), w("goods_caption", country=t.home, scenario=w.in_text(t.soft), year=t.world.year)),
        paragraph(_destinations(t)),
        table_of(*_table(t), numeric=range(1, 7)),
        note(w("goods_method", first=_members(t, "first_processing"), raw=_members(t, "raw"))),
    )


def _judged(t: Teller, claim: Any) -> Block:
    return {
        "kind": "claim",
        "who": t.words("claim_who", source=claim["source"]),
        "text": claim["text"],
        "verdict": t.words(f"verdict_{verdict_exports(t.results)}"),
        "rule": t.words("goods_rule"),
        "but": "",
    }


def _answer(t: Teller) -> str:
    w = t.words
    gross, added = t.claims["raw.gross.before"], t.claims["raw.value_added.before"]
    return w(
        "goods_answer",
        country=t.home,
        gross=share(gross.value),
        gross_wide=share(gross.high or gross.value),
        added=share(added.value),
        added_wide=share(added.high or added.value),
        services=share(t.value("exported.value_added.services.before")),
        domestic=share(t.value("domestic.all.before")),
        domestic_raw=share(t.value("domestic.raw.before")),
        domestic_made=share(t.value("domestic.manufactured.before")),
    )


def _destinations(t: Teller) -> str:
    """What goes to the members and to others, and what the headline scenario does to it."""
    w = t.words
    inside, outside = t.value("raw.gross.members.before"), t.value("raw.gross.others.before")
    first = w(
        "goods_where_processed" if inside < outside else "goods_where_raw",
        country=t.home,
        members=share(inside),
        others=share(outside),
    )
    moved = {to: percent(t.value(f"processed.{to}.{t.soft}"), 1) for to in ("members", "others")}
    ends = {when: share(t.value(f"raw.gross.{when}")) for when in ("before", "after")}
    return f"{first} {w('goods_moved', scenario=w.in_text(t.soft), **moved, **ends)}"


def _chart(t: Teller) -> Any:
    w = t.words
    rows = [
        {
            "label": w(f"goods_{measure}_{when}"),
            "part": w.named("group", group),
            "value": t.value(f"exported.{measure}.{group}.{when}"),
        }
        for measure in MEASURES
        for when in ("before", "after")
        for group in t.case["groups"]
    ]
    return charts.stacked(rows, "%")


def _table(t: Teller) -> tuple[list[str], list[list[str]]]:
    w = t.words
    head = ["", *(w(f"goods_{m}_{when}") for m in MEASURES for when in ("before", "after"))]
    head += [w("goods_domestic_before"), w("goods_domestic_after")]
    rows = []
    for group in t.case["groups"]:
        cells = [share(t.value(f"exported.{m}.{group}.{when}")) for m in MEASURES for when in ("before", "after")]
        own = [t.claims.get(f"domestic.{group}.{when}") for when in ("before", "after")]
        rows.append([w.named("group", group), *cells, *("" if c is None else share(c.value) for c in own)])
    return head, rows


def _members(t: Teller, group: str) -> str:
    return ", ".join(t.words.sector(s).lower() for s in t.case["groups"].get(group, ()))


def share(value: float) -> str:
    """A share, one digit, without a sign."""
    return f"{number(value, 1)}{THIN}%"
