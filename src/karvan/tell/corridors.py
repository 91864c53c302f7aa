"""The part on corridors: what the loss of a way costs, which link has most leverage, what new ones are worth."""

from __future__ import annotations

from typing import Any

from karvan.core.freight_map import MapLink, MapPlace
from karvan.core.table import Table
from karvan.tell.blocks import Block, Teller, note, paragraph, picture, section, subheading, table_of
from karvan.tell.corridor_claims import leader, rows_of
from karvan.tell.corridor_words import Voice, joined
from karvan.tell.drawn_rows import Dot, both_rows, dot_rows
from karvan.tell.map import both_maps
from karvan.tell.new_routes import new_routes
from karvan.tell.oil_stops import oil_stops
from karvan.tell.route_card import both_cards

LONGEST = 3  # closings named in the text


def corridors(t: Teller) -> Block:
    """What closings cost, who can close, where goods go then, what new routes and room are worth, and what is weak."""
    v = Voice(t)
    return section(
        v("corridors_heading"),
        paragraph(_answer(v)),
        paragraph(_with_oil(v)),
        _scenarios(v),
        *_leverage(v),
        _map(v),
        *_cards(v),
        subheading(v("new_heading")),
        *new_routes(v),
        subheading(v("oil_heading")),
        *oil_stops(v),
        note(_weak(v)),
        {"kind": "code", "text": _commands(t)},
        short=_short(v),
    )


def _short(v: Voice) -> str:
    """The longest closing to transit and the first stop of oil."""
    names = (v.t.case["corridors"]["transit"][-1], v.t.case["corridors"]["pipes"][0])
    return joined(
        [
            v(
                "corridors_short",
                scenario=v.named("scenario", s),
                value=v.percent(v.t.value(f"corridor.{s}"), 1, sign=True),
            )
            for s in names
        ]
    )


def _answer(v: Voice) -> str:
    """The closings to transit, by length, with how many futures lose."""
    t, given = v.t, v.t.case["corridors"]
    parts = []
    for name in dict.fromkeys((given["transit"][0], given["transit"][-1])):
        claim, dollars = t.claims[f"corridor.{name}"], t.claims[f"corridor_dollars.{name}"]
        parts.append(
            v(
                "corridors_closed",
                days=name.rpartition("-")[2],
                count=v.number(t.value(f"corridor_losing.{name}")),
                **v.change(claim),
                **v.sums(dollars, "dollars_", sign=True),
            )
        )
    names = {"closer": v.subject(given["closer"]), "country": v.own}
    return v("corridors_answer", parts=joined(parts), **names)


def _with_oil(v: Voice) -> str:
    """The same with oil: how many times as much, and that its range stands apart."""
    t, given = v.t, v.t.case["corridors"]
    parts = [
        v(
            "corridors_scenario",
            scenario=v.named("scenario", name),
            value=v.percent(t.value(f"corridor.{name}"), 1, sign=True),
            dollars=v.money(t.value(f"corridor_dollars.{name}"), sign=True),
        )
        for name in given["pipes"]
    ]
    alone, times = _as_long(t)
    more = v("corridors_times", times=v.number(times), scenario=v.named("scenario", alone)) if times > 2 else ""
    return " ".join(x for x in (v("corridors_oil", parts=joined(parts)), more, v("corridors_oil_range")) if x)


def _as_long(t: Teller) -> tuple[str, float]:
    """The first stop of oil, and how many times the loss of a ban on transit that lasts as long it costs; 0: none."""
    given = t.case["corridors"]
    pipe = given["pipes"][0]
    same = [name for name in given["transit"] if name.rpartition("-")[2] == pipe.rpartition("-")[2]]
    loss = t.value(f"corridor_dollars.{same[0]}") if same else 0.0
    return pipe, t.value(f"corridor_dollars.{pipe}") / loss if loss < 0 else 0.0


def _scenarios(v: Voice) -> Block:
    given = v.t.case["corridors"]
    goods = [*given["transit"], *given["waits"], *given["new"]]
    panels = [
        (v("panel_goods"), [_dot(v, s) for s in goods], 3),
        (v("panel_oil"), [_dot(v, s) for s in given["pipes"]], 1),
    ]
    caption = v("corridors_caption", country=v.own)
    return picture(both_rows(dot_rows(panels, caption, v.language)), caption)


def _dot(v: Voice, scenario: str) -> Dot:
    claim = v.t.claims[f"corridor.{scenario}"]
    return Dot(v.named("scenario", scenario), claim.value, claim.low or 0.0, claim.high or 0.0)


def _leverage(v: Voice) -> list[Block]:
    """Who can close a way, and which link: the dearest of a year in words, all of them in a table."""
    days = max(row["days"] for row in rows_of(v.t.results, "transit"))
    transit, links = (leader(v.t.results, table, days) for table in ("transit", "links"))
    named = [_who(v, row) for row in transit[:LONGEST]]
    single = [
        v("leverage_link", link=v.link(row["closed"]), whose=_whose(v, row), value=v.money(row["loss MUSD"]))
        for row in links[:LONGEST]
    ]
    text = v("leverage_answer", country=v.own, days=days, transit=joined(named), links=joined(single))
    return [
        paragraph(text),
        paragraph(_waits(v, transit[0])),
        table_of(*_closings(v), numeric=range(1, 6), fold=v("leverage_fold")),
    ]


def _who(v: Voice, row: dict[str, Any]) -> str:
    return v("leverage_country", other=v.country(row["whose"]), value=v.money(row["loss MUSD"]))


def _whose(v: Voice, row: dict[str, Any]) -> str:
    return " / ".join(v.country(code) for code in row["whose"].split("-"))


def _waits(v: Voice, longest: dict[str, Any]) -> str:
    """What goods do when the way is shut for a short and for a long time."""
    rows = [r for r in rows_of(v.t.results, "transit") if r["closed"] == longest["closed"]]
    short = min(rows, key=lambda row: row["days"])
    return v(
        "leverage_waits",
        other=v.country(longest["whose"]),
        touched=v.percent(longest["% of trade touched"], 0),
        short=short["days"],
        short_waits=v.percent(short["% of it waits"], 0),
        days=longest["days"],
        waits=v.percent(longest["% of it waits"], 0),
        dearer=v.percent(longest["freight + % of value"], 1),
        country=v.own,
    )


def _closings(v: Voice) -> tuple[list[str], list[list[Any]]]:
    """One row per transit country and per link: loss by length, trade touched, what waits and by where it goes."""
    lengths = sorted({row["days"] for row in rows_of(v.t.results, "transit")})
    loss = [f"{v('col_loss')}: {v('days_short', days=days)}" for days in lengths]
    waits = f"{v('col_waits')}: {v('days_short', days=lengths[0])}"
    rows: list[list[Any]] = []
    for table, title in (("transit", v("leverage_transit")), ("links", v("leverage_links"))):
        rows.append([title])
        found = sorted(rows_of(v.t.results, table), key=lambda row: row["days"])
        by_name = {row["closed"]: {r["days"]: r for r in found if r["closed"] == row["closed"]} for row in found}
        for name, one in sorted(by_name.items(), key=lambda item: -item[1][lengths[-1]]["loss MUSD"]):
            last, first = one[lengths[-1]], one[lengths[0]]
            label = _whose(v, last) if table == "transit" else (v.link(name), _whose(v, last))
            parts = [v.number(last["% of trade touched"]), v.number(first["% of it waits"])]
            rows.append([label, *(v.money(one[d]["loss MUSD"]) for d in lengths), *parts, _round(v, last)])
    return [v("col_closed"), *loss, v("col_touched"), waits, v("col_detour")], rows


def _round(v: Voice, row: dict[str, Any]) -> str:
    """By which links goods go instead, and who is left without a way."""
    detour = ", ".join(v.link(link) for link in row["detour by"].split(", ") if link)
    cut = ", ".join(v.country(code) for code in row["without a route"].split(", ") if code)
    return "; ".join(text for text in (detour, v("cut_off", names=cut) if cut else "") if text)


def _map(v: Voice) -> Block:
    """Where the country's goods go, before and after its neighbour closes to transit."""
    t = v.t
    places = [MapPlace(*row) for row in t.results.tables["corridors.map_places"].rows]
    before, after = [], []
    for row in rows_of(t.results, "map_links"):
        one = MapLink(
            row["name"], tuple(row["from"]), tuple(row["to"]), row["mode"], "open", row["before"], None, row["via"]
        )
        before.append(one)
        after.append(one._replace(load=row["after"], state="closed" if row["closed"] else "open"))
    closer = v.subject(t.case["corridors"]["closer"])
    names = {v("map_before"): before, v("map_after", closer=closer): after}
    caption = v("map_caption", country=v.own, closer=closer)
    view = [tuple(point) for point in t.case["corridors"]["map_view"]]
    return picture(both_maps(places, names, view=view, language=v.language), caption)


def _cards(v: Voice) -> list[Block]:
    """Route cards of the pairs of the case."""
    t = v.t
    found = []
    for start, end in t.case["corridors"]["cards"]:
        tables = [_of_pair(t.results.tables[f"corridors.card_{name}"], start, end) for name in ("routes", "cargoes")]
        names = {"start": v.place(start), "end": v.place(end)}
        options = {"cargo": t.case["corridors"]["card_cargo"], "year": 2025, "most": 4, "language": v.language}
        svg = both_cards(tables[0], tables[1], **names, **options)
        found.append(picture(svg, "", fold=v("card_fold", **names)))
    return found


def _of_pair(table: Table, start: str, end: str) -> Table:
    rows = tuple(row[2:] for row in table.rows if row[:2] == (start, end))
    return Table(table.columns[2:], rows, table.title)


def _weak(v: Voice) -> str:
    held = v.t.case["corridors"]["held_out"]
    return v("corridors_weak", days=held["days"], usd=held["usd"], page=held["page"])


def _commands(t: Teller) -> str:
    given, home = t.case["corridors"], t.case["country"]
    return "\n".join([f"karvan corridors leverage {home}", f"karvan run {given['transit'][0]}", "karvan oil leverage"])
