"""The parts on why the answer is what it is, and on what would change it."""

from __future__ import annotations

from typing import Any

from karvan.tell import charts
from karvan.tell.blocks import Block, Teller, figure, note, paragraph, rounded, section, table_of
from karvan.tell.language import THIN, number, percent

NEAR = 0.25  # two sums are called nearly the same when they differ by less than this part of the larger


def why(t: Teller) -> Block:
    """The channels in dollars, then the largest changes in trade and in output."""
    w, s = t.words, t.soft
    return section(
        w("why_heading"),
        paragraph(_channels(t)),
        *([paragraph(w("why_pool", net=money(t, "pool.net", True)))] if _is_pool(t) else []),
        paragraph(
            w(
                "why_trade",
                imports=_largest(t, "imports"),
                exports=_largest(t, "exports"),
                lost=money(t, f"trade.imports.members.{s}", True),
                replaced=money(t, f"trade.imports.others.{s}", True),
                sold=money(t, f"trade.exports.members.{s}", True),
                resold=money(t, f"trade.exports.others.{s}", True),
            )
        ),
        paragraph(w("why_sectors", down=_extremes(t, -1), up=_extremes(t, 1))),
    )


def _channels(t: Teller) -> str:
    w, s = t.words, t.soft
    text = w(
        "why_channels",
        total=money(t, f"dollars.{s}", True),
        frictions=money(t, f"dollars.{s}.frictions", True),
        tariffs=money(t, f"dollars.{s}.tariffs", True),
    )
    if f"border.{s}" not in t.claims:
        return text
    cost = t.value(f"border.{s}")
    bought = t.value("trade.imports.members")
    toll = number(rounded(bought * cost / 100))
    return f"{text} {w('why_toll', country=t.home, bought=number(rounded(bought)), cost=_share(cost), toll=toll)}"


def _is_pool(t: Teller) -> bool:
    """Whether tariffs alone are, in the headline scenario, little more than the pool's receipts that end."""
    tariffs, lost = t.value(f"dollars.{t.soft}.tariffs"), -t.value("pool.net")
    return abs(tariffs - lost) < NEAR * max(abs(tariffs), abs(lost))


def _largest(t: Teller, flow: str) -> str:
    """The two partners with which a flow changes most, in words."""
    keys = [c for c in t.claims if c.startswith(f"{flow}.{t.soft}.")]
    keys.sort(key=lambda k: -abs(t.value(k)))
    return t.words("list_of_two", first=_named(t, keys[0]), second=_named(t, keys[1]))


def _named(t: Teller, key: str) -> str:
    return f"{t.words.country(key.rsplit('.', 1)[1])} {money(t, key, True)}"


def _extremes(t: Teller, sign: int) -> str:
    """The two sectors whose output falls or rises most in dollars, in words."""
    prefix = f"output_money.{t.soft}."
    keys = sorted((c for c in t.claims if c.startswith(prefix)), key=lambda k: -sign * t.value(k))[:2]
    first, second = (f"{t.words.sector(k.removeprefix(prefix)).lower()} {money(t, k, True)}" for k in keys)
    return t.words("list_of_two", first=first, second=second)


def change(t: Teller) -> Block:
    """Break-even of the border cost and of the pool, and which parameter makes the spread."""
    w = t.words
    head = [w("col_scenario"), w("col_no_border"), w("col_per_point"), w("col_explained"), w("col_break_even")]
    rows = [_turning(t, s) for s in t.exits]
    return section(
        w("change_heading"),
        paragraph(w("change_border" if _loses_anyway(t) else "change_border_gain")),
        table_of(head, rows, numeric=range(1, 5)),
        *_pool_turns(t),
        note(w("change_first_order")),
    )


def _turning(t: Teller, s: str) -> list[Any]:
    known = f"slope.{s}" in t.claims
    return [
        t.words.scenario(s),
        t.cell(f"income.{s}.tariffs.{t.case['country']}"),
        number(t.value(f"slope.{s}"), 3, sign=True) if known else t.words("not_available"),
        _share(t.value(f"explained.{s}")) if known else t.words("not_available"),
        t.cell(f"pool.break_even.{s}", 0),
    ]


def _loses_anyway(t: Teller) -> bool:
    """Whether every exit loses even where the border costs nothing."""
    return all((t.claims[f"income.{s}.tariffs.{t.case['country']}"].high or 0.0) < 0 for s in t.exits)


def _pool_turns(t: Teller) -> list[Block]:
    """The pool's break-even beside its net in this world, in other calibrations and in earlier builds."""
    w = t.words
    even = t.claims[f"pool.break_even.{t.soft}"]
    rows = [_row(w("pool_row_now"), t.value("pool.net"))]
    for key, claim in t.claims.items():
        if key.startswith("pool.net."):
            rows.append(_row(w("pool_row_" + key.removeprefix("pool.net.")), claim.value))
        elif key.startswith("pool.earlier."):
            rows.append(_row(w("pool_row_earlier", order=key.removeprefix("pool.earlier.")), claim.value))
    lowest, gaining = lowest_net(t)
    text = w(
        "change_pool",
        scenario=w.in_text(t.soft),
        net=number(t.value("pool.net"), sign=True),
        even=number(rounded(even.value), sign=True),
    )
    ends = {"lowest": number(lowest, sign=True), "highest": number(max(r["value"] for r in rows), sign=True)}
    text += " " + w("change_pool_earlier", count=number(gaining), **ends)
    rows.append({"label": w("pool_row_even"), "part": "", "value": even.value, "low": even.low, "high": even.high})
    return [paragraph(text), figure(charts.ranges(rows, w("unit_musd")), w("pool_caption", scenario=w.in_text(t.soft)))]


def lowest_net(t: Teller) -> tuple[float, int]:
    """The lowest net receipts from the pool in other calibrations, and in how many of 50 futures leaving then gains."""
    keys = [k for k in t.claims if k.startswith(("pool.net.", "pool.earlier."))]
    key = min(keys, key=t.value)
    name = key.removeprefix("pool.net.").removeprefix("pool.")
    return t.value(key), 50 - int(t.value(f"losing.with_pool.{name}"))


def _row(label: str, value: float) -> dict[str, Any]:
    return {"label": label, "part": "", "value": value, "low": value, "high": value}


def money(t: Teller, key: str, sign: bool = False) -> str:
    """A claim in dollars with the two figures it carries."""
    return number(rounded(t.value(key)), sign=sign)


def _share(value: float) -> str:
    return f"{number(value)}{THIN}%" if value >= 10 or value == round(value) else percent(value, 1).lstrip("+")
