"""The part on the border: what waiting, paperwork and spoilage cost, by cargo, as a share of the value of the goods."""

from __future__ import annotations

from typing import Any

from karvan.tell.blocks import Block, Teller, note, paragraph, picture, section, table_of
from karvan.tell.claims import Claim
from karvan.tell.corridor_claims import PARTS, beyond, own_borders, rows_of
from karvan.tell.corridor_words import Voice, joined
from karvan.tell.drawn_rows import Parts, both_rows, part_rows


def border_cost(t: Teller) -> Block:
    """What a crossing costs, of what it is made, what a customs border that returns does, and what is weak."""
    v, given = Voice(t), t.case["corridors"]
    by = v.named("mode", given["shown_mode"])
    caption = v("border_caption", country=v.own, by=by)
    drawn = part_rows(_groups(v), [v(part) for part in PARTS], caption, v.language)
    with_, home = given["border_back_with"], t.case["country"]
    return section(
        v("border_heading"),
        paragraph(_answer(v)),
        picture(both_rows(drawn), caption),
        paragraph(_made_of(v)),
        paragraph(_back(v)),
        *_beside_trade(v),
        table_of(*_table(v), numeric=range(1, 7), fold=v("border_fold")),
        note(v("border_weak")),
        {"kind": "code", "text": f"karvan corridors border {home} {with_}"},
        short=_short(v),
    )


def _short(v: Voice) -> str:
    """The cheapest and the dearest border for the first of the shown cargoes."""
    cargo = v.t.case["corridors"]["shown_cargoes"][0]
    ends = [_borders(v, cargo)[k] for k in (0, -1)]
    costs = [
        v(
            "border_short",
            other=v.country(beyond(v.t.results, b)),
            value=v.percent(v.t.value(f"crossing.{_key(v, b, cargo)}"), 1),
        )
        for b in ends
    ]
    return v("border_shorts", cargo=v.cargo(cargo), parts=", ".join(costs))


def _key(v: Voice, border: str, cargo: str) -> str:
    return f"{border}.{v.t.case['corridors']['shown_mode']}.{cargo}"


def _answer(v: Voice) -> str:
    """What it costs to take the first of the shown cargoes across each border."""
    t, cargo = v.t, v.t.case["corridors"]["shown_cargoes"][0]
    members = t.world.blocs[t.case["bloc"]].members
    parts = []
    for name in _borders(v, cargo):
        claim, hours = (t.claims[f"{kind}.{_key(v, name, cargo)}"] for kind in ("crossing", "crossing_hours"))
        inside = beyond(t.results, name) in members
        parts.append(
            v(
                "border_inside" if inside else "border_outside",
                other=v.country(beyond(t.results, name)),
                value=v.percent(claim.value, 1),
                low=v.number(claim.low or 0.0, 1),
                high=v.number(claim.high or 0.0, 1),
                hours=v.number(hours.value),
            )
        )
    by = v.named("mode", t.case["corridors"]["shown_mode"])
    country = v.own
    return v("border_answer", country=country, by=by, cargo=v.cargo(cargo), parts=joined(parts))


def _borders(v: Voice, cargo: str) -> list[str]:
    """The country's borders that have a crossing of the shown mode, the cheapest for a cargo first."""
    found = [b for b in own_borders(v.t.results) if f"crossing.{_key(v, b, cargo)}" in v.t.claims]
    return sorted(found, key=lambda b: v.t.value(f"crossing.{_key(v, b, cargo)}"))


def _groups(v: Voice) -> list[tuple[str, list[Parts]]]:
    groups = []
    for cargo in v.t.case["corridors"]["shown_cargoes"]:
        rows = []
        for name in _borders(v, cargo):
            claim = v.t.claims[f"crossing.{_key(v, name, cargo)}"]
            values = tuple(v.t.value(f"crossing_{part}.{_key(v, name, cargo)}") for part in PARTS)
            label = v.country(beyond(v.t.results, name))
            rows.append(Parts(label, values, claim.low or 0.0, claim.high or 0.0))
        label = v.cargo(cargo)
        groups.append((f"{label[:1].upper()}{label[1:]}", rows))
    return groups


def _made_of(v: Voice) -> str:
    """How much of it is time, and which of the shown crossings is dearest."""
    t, first = v.t, v.t.case["corridors"]["shown_cargoes"][0]
    shares = [100 * _time(t, _key(v, b, first)) for b in _borders(v, first)]
    every = [(b, c) for c in t.case["corridors"]["shown_cargoes"] for b in _borders(v, c)]
    name, cargo = max(every, key=lambda one: t.value(f"crossing.{_key(v, *one)}"))
    claim = t.claims[f"crossing.{_key(v, name, cargo)}"]
    part = max(PARTS, key=lambda p: t.value(f"crossing_{p}.{_key(v, name, cargo)}"))
    return v(
        "border_made_of",
        first=v.cargo(first),
        least=v.number(min(shares)),
        most=v.percent(max(shares), 0),
        cargo=v.cargo(cargo),
        other=v.country(beyond(t.results, name)),
        value=v.percent(claim.value, 1),
        low=v.number(claim.low or 0.0, 1),
        high=v.number(claim.high or 0.0, 1),
        part=v(part).lower(),
        share=v.percent(100 * t.value(f"crossing_{part}.{_key(v, name, cargo)}") / claim.value, 0),
    )


def _time(t: Teller, key: str) -> float:
    """The part of a crossing's cost that is waiting and its uncertainty."""
    return sum(t.value(f"crossing_{part}.{key}") for part in PARTS[:2]) / t.value(f"crossing.{key}")


def _back(v: Voice) -> str:
    """What the customs border does to real income when it returns."""
    t, name = v.t, v.t.case["corridors"]["border_back"]
    claim, dollars = t.claims[f"corridor.{name}"], t.claims[f"corridor_dollars.{name}"]
    text = v(
        "border_back",
        country=v.own,
        scenario=v.named("scenario", name),
        count=v.number(t.value(f"corridor_losing.{name}")),
        **v.change(claim),
        **v.sums(dollars, "dollars_", sign=True),
    )
    text = f"{text} {_crossing_after(v)}"
    return f"{text} {v('border_outside_range')}" if _milder(claim) else text


def _crossing_after(v: Voice) -> str:
    """What a crossing costs with the customs border, beside today's, for the first cargo shown."""
    given = v.t.case["corridors"]
    cargo, mode = given["shown_cargoes"][0], given["shown_mode"]
    pair = {v.t.case["country"], given["border_back_with"]}
    now = next(
        row
        for row in rows_of(v.t.results, "borders")
        if set(row["border"].split("-")) == pair and (row["mode"], row["cargo"]) == (mode, cargo)
    )
    then = next(row for row in rows_of(v.t.results, "crossing_after") if (row["mode"], row["cargo"]) == (mode, cargo))
    return v(
        "border_back_crossing",
        cargo=v.cargo(cargo),
        hours=v.number(then["hours"]),
        hours_now=v.number(now["hours"]),
        value=v.percent(then["total"], 1),
        now=v.percent(now["total"], 1),
        low=v.number(then["low"], 1),
        high=v.number(then["high"], 1),
    )


def _milder(claim: Claim) -> bool:
    """Whether the value is smaller than all of its range, on the same side of zero."""
    ends = (claim.low or 0.0, claim.high or 0.0)
    return min(ends) * max(ends) > 0 and abs(claim.value) < min(abs(end) for end in ends)


def _beside_trade(v: Voice) -> list[Block]:
    """The count by hours beside the border cost that trade implies, where the case has such an estimate."""
    t, home = v.t, v.t.case["country"]
    if f"border.{t.soft}" not in t.claims:
        return []
    cost, income = t.claims[f"border.{t.soft}"], t.claims[f"income.{t.soft}.frictions.{home}"]
    counted = t.claims[f"corridor.{t.case['corridors']['border_back']}"]
    low, high = cost.low or 0.0, cost.high or 0.0
    text = v(
        "border_beside_trade",
        cost=v.percent(cost.value, 1),
        cost_low=v.number(low, 1, sign=True),
        cost_high=v.number(high, 1, sign=True),
        counted=v.change(counted)["value"],
        **v.change(income, "income_"),
    )
    return [paragraph(f"{text} {v('border_trade_zero') if low < 0 < high else v('border_trade_sure')}")]


def _table(v: Voice) -> tuple[list[str], list[list[Any]]]:
    """One row per cargo, under the border and how it is crossed."""
    rows: list[list[Any]] = []
    for name in own_borders(v.t.results):
        heading = ""
        for row in (r for r in rows_of(v.t.results, "borders") if r["border"] == name):
            said = f"{v.home} – {v.country(beyond(v.t.results, name))}, {v.named('mode', row['mode'])}"
            if said != heading:
                heading = said
                rows.append([heading])
            hours = (v.number(row["hours"], 1), f"{v.number(row['hours_low'], 1)} … {v.number(row['hours_high'], 1)}")
            sums = (v.number(row["total"], 2), f"{v.number(row['low'], 2)} … {v.number(row['high'], 2)}")
            rows.append([v.cargo(row["cargo"]), hours, *(v.number(row[part], 2) for part in PARTS), sums])
    return [v("col_cargo"), v("col_hours"), *(v(part) for part in PARTS), v("col_sum")], rows
