"""The parts on why the answer is what it is, and on what would change it."""

from __future__ import annotations

from typing import Any

from karvan.tell import charts
from karvan.tell.blocks import Block, Teller, figure, note, paragraph, rounded, section, table_of
from karvan.tell.language import THIN, number, percent

SMALL = 0.03  # parts below this share of all parts are told as one


def why(t: Teller) -> Block:
    """The parts that add up to the change, the channels solved alone, and the largest changes in trade and output."""
    w, s = t.words, t.soft
    return section(
        w("why_heading"),
        paragraph(_parts(t)),
        figure(_chart(t), w("why_caption", country=t.home, scenario=w.in_text(s))),
        note(w("why_method")),
        paragraph(_channels(t)),
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


def _ranked(t: Teller, prefix: str) -> list[str]:
    """Keys of claims that begin so, largest first."""
    return sorted((k for k in t.claims if k.startswith(prefix)), key=lambda k: -abs(t.value(k)))


def _shown(t: Teller) -> tuple[list[str], float]:
    """The parts worth naming, largest first, and the sum of the rest."""
    keys = _ranked(t, "part.")
    least = SMALL * sum(abs(t.value(k)) for k in keys)
    shown = [k for k in keys if abs(t.value(k)) >= least]
    return shown, sum(t.value(k) for k in keys if k not in shown)


def _parts(t: Teller) -> str:
    """The largest parts, and the partners and sectors that the largest of them comes from."""
    w, shown = t.words, _shown(t)[0]
    parts = [f"{w.named('part', k.removeprefix('part.'))} ({money(t, k, True)})" for k in shown]
    text = w("why_parts", total=money(t, f"dollars.{t.soft}", True), parts=listed(t, parts))
    main = next((k for k in shown if _ranked(t, f"of.{k.removeprefix('part.')}.partner.")), None)
    if main is None:
        return text
    name = main.removeprefix("part.")
    partners, sectors = (_ranked(t, f"of.{name}.{by}.") for by in ("partner", "sector"))
    where = w(
        "why_where",
        part=w.named("part", name),
        partners=listed(t, [f"{w.country(k.rsplit('.', 1)[1])} ({money(t, k, True)})" for k in partners[:2]]),
        sectors=listed(t, [f"{w.sector(k.rsplit('.', 1)[1]).lower()} ({money(t, k, True)})" for k in sectors[:3]]),
    )
    return f"{text} {where}"


def listed(t: Teller, items: list[str]) -> str:
    """Items as a list in words."""
    if len(items) < 2:
        return "".join(items)
    return t.words("list_of_two", first=", ".join(items[:-1]), second=items[-1])


def _chart(t: Teller) -> Any:
    w = t.words
    keys, rest = _shown(t)
    rows = [{"label": w.named("part", k.removeprefix("part.")), "value": t.value(k)} for k in keys]
    if round(rest) != 0:
        rows.append({"label": w("why_rest"), "value": rest})
    return charts.waterfall(rows, w("unit_musd"), w("why_total"))


def _channels(t: Teller) -> str:
    w, s = t.words, t.soft
    text = w(
        "why_channels",
        frictions=money(t, f"dollars.{s}.frictions", True),
        tariffs=money(t, f"dollars.{s}.tariffs", True),
    )
    if f"border.{s}" not in t.claims:
        return text
    cost = t.value(f"border_imports.{s}")
    bought = t.value("trade.imports.members")
    toll = number(rounded(bought * cost / 100))
    return f"{text} {w('why_toll', country=t.home, bought=number(rounded(bought)), cost=_share(cost), toll=toll)}"


def _largest(t: Teller, flow: str) -> str:
    """The two partners with which a flow changes most, in words."""
    keys = _ranked(t, f"{flow}.{t.soft}.")[:2]
    return listed(t, [f"{t.words.country(k.rsplit('.', 1)[1])} {money(t, k, True)}" for k in keys])


def _extremes(t: Teller, sign: int) -> str:
    """The two sectors whose output falls or rises most in dollars, in words."""
    prefix = f"output_money.{t.soft}."
    keys = sorted((c for c in t.claims if c.startswith(prefix)), key=lambda k: -sign * t.value(k))[:2]
    return listed(t, [f"{t.words.sector(k.removeprefix(prefix)).lower()} {money(t, k, True)}" for k in keys])


def change(t: Teller) -> Block:
    """Break-even of the border cost and of the pool, and which parameter makes the spread."""
    w = t.words
    head = [w("col_scenario"), w("col_no_border"), w("col_loss", loss=_loss(t)), w("col_fee"), w("col_explained")]
    return section(
        w("change_heading"),
        paragraph(" ".join(_crossings(t))),
        table_of(head, [_turning(t, s) for s in t.exits], numeric=range(1, 5)),
        note(w("change_ranges")),
        *_pool_turns(t),
    )


def _loss(t: Teller) -> str:
    return _share(100 * t.case["loss"])


def _crossings(t: Teller) -> list[str]:
    """Whether some border cost makes each exit neither gain nor lose, as the engine found it."""
    w, home = t.words, t.case["country"]
    turning = {s: t.value(f"turn.no_gain.{s}") for s in t.exits if f"turn.no_gain.{s}" in t.claims}
    crossing = [s for s in turning if turning[s] > 0]
    rest = [s for s in t.exits if s not in crossing]
    losing = [s for s in rest if t.value(f"income.{s}.tariffs.{home}") < 0]
    gaining = [s for s in rest if s not in losing]
    found = []
    if losing:
        values = [f"{w.in_text(s)} {percent(t.value(f'income.{s}.tariffs.{home}'))}" for s in losing]
        found.append(w("change_never", values=listed(t, values)))
        found += _cheaper(t, [s for s in losing if s in turning])
    if crossing:
        values = [f"{w.in_text(s)} {_share(t.value(f'turn.no_gain.{s}'))}" for s in crossing]
        found.append(w("change_crosses", values=listed(t, values)))
    if gaining:
        found.append(w("change_always", names=listed(t, [w.in_text(s) for s in gaining])))
    if f"turn.loss.{t.soft}" in t.claims:
        c = t.claims[f"turn.loss.{t.soft}"]
        ends = {"low": _one_digit(c.low or c.value), "high": _one_digit(c.high or c.value)}
        text = w("change_loss", loss=_loss(t), scenario=w.in_text(t.soft), value=_one_digit(c.value), **ends)
        found.append(text)
    return found


def _cheaper(t: Teller, exits: list[str]) -> list[str]:
    """How much cheaper than now trade with the members would have to become for leaving to pay."""
    if not exits:
        return []
    values = [f"{t.words.in_text(s)} {_one_digit(abs(t.value(f'turn.no_gain.{s}')))}" for s in exits]
    return [t.words("change_cheaper", values=listed(t, values))]


def _turning(t: Teller, s: str) -> list[Any]:
    w = t.words
    return [
        w.scenario(s),
        t.cell(f"income.{s}.tariffs.{t.case['country']}"),
        _cost(t, f"turn.loss.{s}"),
        t.cell(f"turn.fee.{s}", 0) if f"turn.fee.{s}" in t.claims else w("not_found"),
        _share(t.value(f"explained.{s}")) if f"explained.{s}" in t.claims else w("not_varied"),
    ]


def _cost(t: Teller, key: str) -> Any:
    """A border cost with its range; it is a level, so it has no sign."""
    if key not in t.claims:
        return t.words("not_found")
    c = t.claims[key]
    return _one_digit(c.value), "" if c.low is None else f"{number(c.low, 1)} … {number(c.high or c.value, 1)}"


def _pool_turns(t: Teller) -> list[Block]:
    """The pool's break-even beside its net in this world, in other calibrations and in earlier builds."""
    w = t.words
    if f"pool.break_even.{t.soft}" not in t.claims:
        return []
    even, fee = t.claims[f"pool.break_even.{t.soft}"], t.claims[f"turn.fee.{t.soft}"]
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
        fee=number(rounded(fee.value)),
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


def _one_digit(value: float) -> str:
    return f"{number(value, 1)}{THIN}%"


def _share(value: float) -> str:
    return f"{number(value)}{THIN}%" if value >= 10 or value == round(value) else _one_digit(value)
