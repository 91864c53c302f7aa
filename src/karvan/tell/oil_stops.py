"""Who can stop the oil, what is lost then, and past stops beside what was reported."""

from __future__ import annotations

from typing import Any

from karvan.tell.blocks import Block, paragraph, table_of
from karvan.tell.corridor_claims import rows_of
from karvan.tell.corridor_words import Voice, joined

LARGEST = 3  # routes named in the text
PAST = ("stranded", "lost")  # measures of past stops that the text names


def oil_stops(v: Voice) -> list[Block]:
    """The stops in words, by route and length in a table, and the past."""
    return [paragraph(_answer(v)), table_of(*_table(v), numeric=(1, 2, 3, 4), fold=v("oil_fold")), paragraph(_past(v))]


def _answer(v: Voice) -> str:
    rows = rows_of(v.t.results, "oil")
    days = min(row["days"] for row in rows)
    found = sorted((r for r in rows if r["days"] == days), key=lambda r: -r["loss_musd"])[:LARGEST]
    parts = [
        v(
            "oil_part",
            route=v.named("oil", row["closed"]),
            rerouted=v.percent(row["rerouted_pct"], 0),
            **v.sums(v.t.claims[f"oil_stop.{row['closed']}.{days}"]),
        )
        for row in found
    ]
    return v("oil_answer", days=days, parts=joined(parts))


def _table(v: Voice) -> tuple[list[str], list[list[Any]]]:
    head = [v("col_route"), v("col_days"), v("col_revenue_lost"), v("col_stranded"), v("col_rerouted")]
    found = rows_of(v.t.results, "oil")
    names = list(dict.fromkeys(r["closed"] for r in sorted(found, key=lambda r: -r["loss_musd"])))
    rows: list[list[Any]] = []
    for name in names:
        for k, row in enumerate(sorted((r for r in found if r["closed"] == name), key=lambda r: r["days"])):
            span = f"{v.money(row['low'])} … {v.money(row['high'])}"
            label = v.named("oil", name) if k == 0 else ""
            numbers = [v.number(row["stranded_mt"], 1), v.number(row["rerouted_pct"])]
            rows.append([label, str(row["days"]), (v.money(row["loss_musd"]), span), *numbers])
    return head, rows


def _past(v: Voice) -> str:
    parts = []
    for row in rows_of(v.t.results, "stops"):
        if row["measure"] in PAST:
            digits = 0 if row["unit"] == "MUSD" else 2
            numbers = {
                k: v.number(row[k], digits) for k in ("modelled", "low", "high", "reported", "rep_low", "rep_high")
            }
            names = {"episode": v.named("episode", row["episode"]), "measure": v.named("measure", row["measure"])}
            parts.append(v("past_part", unit=v.named("unit", row["unit"]), **names, **numbers))
    return v("past", parts=joined(parts))
