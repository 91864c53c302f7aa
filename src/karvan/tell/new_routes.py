"""What new routes and more room are worth: days and money saved, income in an open and in a closed year."""

from __future__ import annotations

from typing import Any

from karvan.tell.blocks import Block, note, paragraph, table_of
from karvan.tell.corridor_claims import rows_of
from karvan.tell.corridor_words import Voice, joined

LITTLE = 0.01  # percent of real income


def new_routes(v: Voice) -> list[Block]:
    """New routes while the old way is open, and as an insurance; full links; what others expect."""
    return [
        paragraph(_worth(v)),
        paragraph(_insured(v)),
        table_of(*_saves(v), numeric=(1, 2, 3), fold=v("new_fold")),
        paragraph(_room(v)),
        *_plan(v),
    ]


def _worth(v: Voice) -> str:
    """Income while everything is open, and days and money beside today's best route."""
    t, given = v.t, v.t.case["corridors"]
    names = list(given["new"])
    parts = [
        v("new_part", scenario=v.named("scenario", n), **v.sums(t.claims[f"corridor_dollars.{n}"], sign=True))
        for n in names
    ]
    little = max(abs(t.value(f"corridor.{n}")) for n in names) < LITTLE
    text = v("new_little" if little else "new_some", country=v.own, parts=joined(parts))
    cargo = given["card_cargo"]
    rows = [r for r in rows_of(t.results, "saves") if r["cargo"] == cargo and t.case["country"] == r["from"]]
    rows = [r for r in rows if r["before_days"] is not None]
    if not rows:
        return f"{text} {v('new_transit')}"
    row = min(rows, key=lambda r: r["best_days"])
    why = v(
        "new_why",
        start=_market(v, row["from"]),
        end=_market(v, row["to"]),
        cargo=v.cargo(cargo),
        scenario=v.named("scenario", row["scenario"]),
        best=v.corridors(row["best_by"]),
        best_days=v.number(row["best_days"], 1),
        before=v.number(row["before_days"], 1),
        after=v.number(row["after_days"], 1),
        best_usd=v.number(row["best_usd"]),
        after_usd=v.number(row["after_usd"]),
    )
    slower = row["after_days"] > row["best_days"] and row["after_usd"] > row["best_usd"]
    return " ".join(x for x in (text, why, v("new_slower") if slower else "", v("new_transit")) if x)


def _market(v: Voice, code: str) -> str:
    return v.country(code)


def _insured(v: Voice) -> str:
    """What they save in a year in which the old way is shut."""
    t, parts = v.t, []
    rows = rows_of(t.results, "insures")
    for row in rows:
        saved = row["closed_with_musd"] - row["closed_without_musd"]
        share = 100 * saved / -row["closed_without_musd"] if row["closed_without_musd"] < 0 else 0.0
        name = v.named("scenario", row["scenario"])
        parts.append(v("insured_part", scenario=name, value=v.money(saved), share=v.percent(share, 0)))
    scenario = v.named("scenario", t.case["corridors"]["widen"])
    loss = v.money(-rows[0]["closed_without_musd"])
    return v("insured", scenario=scenario, loss=loss, country=v.own, parts=joined(parts))


def _saves(v: Voice) -> tuple[list[str], list[list[Any]]]:
    head = [v("col_pair"), v("col_best"), v("col_new_before"), v("col_new_after")]
    rows: list[list[Any]] = []
    last = ""
    for row in rows_of(v.t.results, "saves"):
        if row["scenario"] != last:
            last = row["scenario"]
            rows.append([v.named("scenario", last)])
        pair = f"{_market(v, row['from'])} – {_market(v, row['to'])}"
        label = (f"{pair}: {v.cargo(row['cargo'])}", v.corridors(row["best_by"]))
        rows.append([label, *(_days_usd(v, row, when) for when in ("best", "before", "after"))])
    return head, rows


def _days_usd(v: Voice, row: dict[str, Any], when: str) -> Any:
    days, usd = row[f"{when}_days"], row[f"{when}_usd"]
    if days is None:
        return v("no_route")
    unit = v.map.named("unit", row["unit"])
    return v("days_short", days=v.number(days, 1)), f"{v.number(usd)} USD / {unit}"


def _room(v: Voice) -> str:
    """The full links of a long closing, and what a quarter more room on each is worth."""
    t = v.t
    table = t.results.tables["corridors.widen"]
    scenario = v.named("scenario", t.case["corridors"]["widen"])
    if not table.rows:
        return v("room_none", scenario=scenario)
    parts = []
    for link, unit, capacity, toll, gain in table.rows:
        names = {"link": v.link(link), "unit": v.named("unit", unit)}
        room = v.number(capacity) if capacity < 1e6 else v.number(capacity / 1e6, 1)
        names["unit"] = v.named("unit", f"M{unit}" if capacity >= 1e6 else unit)
        parts.append(v("room_part", capacity=room, toll=v.money(toll), gain=v.money(gain), **names))
    return v("room", scenario=scenario, country=v.own, parts=joined(parts))


def _plan(v: Voice) -> list[Block]:
    """What others expect of a new corridor, and why we do not compare it number by number."""
    plan = v.t.case["corridors"]["plan"]
    names = {"scenario": v.named("scenario", plan["scenario"]), "who": v.named("who", plan["who"])}
    numbers = {k: plan[k] for k in ("published", "year", "times", "tonnes", "url")}
    time = v.percent(plan["time_percent"], 0)
    return [paragraph(v("plan", time=time, **names, **numbers)), note(v("plan_source", **names, **numbers))]
