"""The part on re-exports: what goes through hubs to a sanctioned destination, beyond what would go there anyway."""

from __future__ import annotations

from typing import Any

from karvan.tell import charts, evidence_charts
from karvan.tell.blocks import Block, Teller, figure, note, paragraph, rounded, section, span, table_of
from karvan.tell.claims import Claim
from karvan.tell.hubs import period, top_products, verdict_reexports
from karvan.tell.language import THIN, number
from karvan.tell.why import listed


def reexports(t: Teller) -> Block:
    """The excess with its range, the country's own, the products, the cars, what others find, and what is weak."""
    w, claim = t.words, t.case.get("claim_reexports")
    return section(
        w("reexports_heading"),
        *([] if claim is None else [_judged(t, claim)]),
        paragraph(_answer(t)),
        *_own(t),
        figure(_ranking(t), w("reexports_ranking", destination=_destination(t), period=_period(t))),
        figure(_months(t), w("reexports_months")),
        paragraph(_headings(t)),
        table_of(*_products(t), numeric=(1, 2, 3)),
        *_cars(t),
        *_published(t),
        note(_weak(t)),
        {"kind": "code", "text": "\n".join(["karvan reexports", f"karvan reexports {_first(t)}"])},
    )


def _judged(t: Teller, claim: Any) -> Block:
    return {
        "kind": "claim",
        "who": t.words("claim_who", source=claim["source"]),
        "text": claim["text"],
        "verdict": t.words(f"verdict_{verdict_reexports(t.results)}"),
        "rule": t.words("reexports_rule", country=t.home),
        "but": t.words("reexports_but", destination=_destination(t)),
    }


def _hubs(t: Teller) -> list[str]:
    """The hubs of the case, the largest excess against what was to be expected first."""
    hubs = t.case["reexports"]["hubs"]
    return sorted(hubs, key=lambda h: -t.value(f"reexports.excess.{h}"))


def _first(t: Teller) -> str:
    home = t.case["country"]
    return home if home in t.case["reexports"]["hubs"] else _hubs(t)[0]


def _destination(t: Teller) -> str:
    return t.words.country(t.case["reexports"]["destination"])


def _answer(t: Teller) -> str:
    w, together = t.words, t.case["reexports"]["together"]
    return w(
        "reexports_answer",
        period=_period(t),
        count=number(len(_hubs(t))),
        names=listed(t, [w.country(h) for h in _hubs(t)]),
        destination=_destination(t),
        fall=number(rounded(t.value("reexports.fall"))),
        upper=number(rounded(t.value(f"reexports.excess_upper.{together}"))),
        offset_upper=_percent(t.value(f"reexports.offset_upper.{together}")),
        **_ends("", t.claims[f"reexports.excess.{together}"], 0),
        **_ends("offset_", t.claims[f"reexports.offset.{together}"], 1),
    )


def _ends(prefix: str, claim: Claim, digits: int) -> dict[str, str]:
    """Value, low and high of a claim in words."""
    values = {"value": claim.value, "low": claim.low or 0.0, "high": claim.high or 0.0}
    if digits == 0:
        return {f"{prefix}{k}": number(rounded(v)) for k, v in values.items()}
    return {f"{prefix}{k}": number(v, digits) for k, v in values.items()}


def _own(t: Teller) -> list[Block]:
    """The case's country, if it is one of the hubs: whether its excess can be told from zero."""
    home = t.case["country"]
    if home not in t.case["reexports"]["hubs"]:
        return []
    claim = t.claims[f"reexports.excess.{home}"]
    zero = (claim.low or 0.0) <= 0 <= (claim.high or 0.0)
    facts = {
        "boom": _percent(t.value(f"reexports.other_goods.{home}")),
        "usual": number(rounded(t.value(f"reexports.excess_usual.{home}"))),
        "placebo": number(t.value(f"reexports.placebo.{home}"), 0, sign=True) + f"{THIN}%",
        **_placebo_month(t),
    }
    text = t.words("reexports_own_zero" if zero else "reexports_own", country=t.home, **facts, **_ends("", claim, 0))
    other = t.claims.get(f"reexports.other_level.{home}")
    if other is not None:
        text += " " + t.words("reexports_levels", country=t.home, **_ends("", other, 0))
    return [paragraph(text)]


def _period(t: Teller) -> str:
    (first_year, first), (last_year, last) = (month.split("-") for month in period(t.results))
    names = {"first": t.words.named("month", first), "last": t.words.named("month", last)}
    if first_year == last_year:
        return t.words("period_of_year", year=last_year, **names)
    return t.words("period", first_year=first_year, last_year=last_year, **names)


def _ranking(t: Teller) -> Any:
    """Excess by hub with its range, and above a year before as its upper end."""
    w, rows = t.words, []
    for hub in _hubs(t):
        claim, upper = t.claims[f"reexports.excess.{hub}"], t.value(f"reexports.excess_upper.{hub}")
        label = w.country(hub)
        main = {"part": w("against_others"), "value": claim.value, "low": claim.low, "high": claim.high}
        rows.append({"label": label, **main})
        rows.append({"label": label, "part": w("above_before"), "value": upper, "low": upper, "high": upper})
    return charts.ranges(rows, w("unit_meur"), apart=False)


def _months(t: Teller) -> Any:
    w, table = t.words, t.results.tables["reexports.monthly"].to_dicts()
    panels = []
    for hub in _hubs(t):
        rows = [
            {"month": r["month"], "low": r["low MEUR"], "high": r["high MEUR"], "actual": r["actual MEUR"]}
            | {"expected": r["counterfactual MEUR"]}
            for r in table
            if r["hub"] == hub
        ]
        panels.append({"title": w.country(hub), "rows": rows})
    return evidence_charts.months(panels, (w("sold"), w("expected")), period(t.results)[0])


def _headings(t: Teller) -> str:
    counts = {k: number(t.value(f"reexports.headings{k and '.'}{k}")) for k in ("", "half", "half_sure")}
    return t.words(
        "reexports_headings",
        total=counts[""],
        half=counts["half"],
        sure=counts["half_sure"],
        destination=_destination(t),
    )


def _products(t: Teller) -> tuple[list[str], list[list[Any]]]:
    w = t.words
    head = [w("col_product"), w("col_excess"), w("col_offset", destination=_destination(t)), w("col_q")]
    rows = []
    for row in top_products(t.results):
        code = row["product"]
        claim, offset = t.claims[f"reexports.product.{code}"], t.claims.get(f"reexports.product_offset.{code}")
        excess = (number(claim.value), span(claim.low or 0.0, claim.high or 0.0, 0, sign=False))
        share = w("none_lost") if offset is None else _percent(offset.value)
        rows.append(
            [(w.named("product", row["name"]), code), excess, share, _q(t.value(f"reexports.product_q.{code}"))]
        )
    return head, rows


def _q(value: float) -> str:
    return f"{number(value, 1)}{THIN}%"


def _cars(t: Teller) -> list[Block]:
    """Products of which sales onward are seen too: what each hub sold the destination, and more than that to whom."""
    sold = {k: c for k, c in t.claims.items() if k.startswith("reexports.sold.")}
    direct = [k for k in sold if k.endswith(f".{t.case['reexports']['destination']}")]
    if not direct:
        return []
    parts = [_sold(t, k) for k in sorted(direct, key=lambda k: -t.value(k))]
    return [paragraph(t.words("reexports_cars", hubs="; ".join(parts), period=t.case["reexports"]["cars"]))]


def _sold(t: Teller, key: str) -> str:
    w, hub = t.words, key.split(".")[2]
    claim = t.claims[key]
    value = w("value_of", value=number(claim.value), low=number(claim.low or 0.0), high=number(claim.high or 0.0))
    first = w("cars_of", country=w.country(hub), destination=_destination(t), value=value)
    others = [k for k in t.claims if k.startswith(f"reexports.sold.{hub}.") and t.value(k) > claim.value]
    if not others:
        return first
    named = [
        w("cars_to", country=w.country(k.rpartition(".")[2]), value=number(t.value(k)))
        for k in sorted(others, key=lambda k: -t.value(k))
    ]
    return w("cars_elsewhere", first=first, others=listed(t, named))


def _published(t: Teller) -> list[Block]:
    """What others found, beside ours."""
    w, rows = t.words, t.results.tables["reexports.published"].to_dicts()
    head = [w("col_what_published"), w("theirs"), w("ours"), w("col_why")]
    table = []
    for k, row in enumerate(rows, 1):
        unit, claim = THIN + row["unit"] if row["unit"] == "%" else "", t.claims[f"reexports.ours_beside.{k}"]
        digits = 1 if claim.low is not None else 0
        ends = "" if claim.low is None else span(claim.low, claim.high or 0.0, digits, sign=False)
        ours = (number(claim.value, digits) + unit, ends)
        table.append([(row["what"], row["source"]), row["published"] + unit, ours, row["why they may differ"]])
    return [paragraph(w("reexports_published")), table_of(head, table, words=True)]


def _weak(t: Teller) -> str:
    placebo = t.claims["reexports.placebo"]
    ends = {"low": number(placebo.low or 0.0, sign=True), "high": number(placebo.high or 0.0, sign=True)}
    ends |= _placebo_month(t)
    return t.words("reexports_weak", lead=_percent(t.value("reexports.leads")), destination=_destination(t), **ends)


def _placebo_month(t: Teller) -> dict[str, str]:
    months = t.results.tables["reexports.placebo"].to_dicts()[0]["months"]
    return {"year": months[:4], "month": t.words.named("month", months[5:7])}


def _percent(value: float) -> str:
    return f"{number(value, 0 if abs(value) >= 10 else 1)}{THIN}%"
