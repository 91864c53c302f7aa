"""The part on the neighbour's currency: how much of its move reaches ours, how fast, and in the tail?"""

from __future__ import annotations

from typing import Any

from karvan.tell.blocks import Block, Teller, figure, note, paragraph, section, table_of
from karvan.tell.claims import Claim
from karvan.tell.language import percent
from karvan.tell.money import WORDS, row, rows, verdict_currency
from karvan.tell.money_charts import responses, slope
from karvan.tell.money_words import Say, percent_of, range_of

FORMS = ("", "_the", "_of", "_to", "_from")  # of the names of currencies, as a language has them
METHODS = ("projections", "stress")
PANELS = ("period", "part")
MONTHS = (1, 3, 12)
NO_LINK = 10  # percent: the worst tenth of one falls into the worst tenth of another by chance
HELD_MONTHS = 3


def currency(t: Teller) -> Block:
    """The verdict by period, the response by week, the link over time, the stress, what cannot be told."""
    say = Say(t)
    names = _names(say)
    return section(
        say("currency_heading", **names),
        *say.judged("currency", verdict_currency(t.results), say("currency_rule", **names), say("currency_but")),
        paragraph(_answer(say)),
        figure(_responses(say), say("currency_responses", **names)),
        figure(_slope(say), _slope_caption(say)),
        paragraph(_stressed(say)),
        table_of(*_stress(say), numeric=(1, 2, 3)),
        note(_outside(say)),
        paragraph(_cannot(say)),
        note(_weak(say)),
        *say.folded(
            "currency_more",
            paragraph(_tail(say)),
            paragraph(say("currency_episodes", **names)),
            table_of(*_episodes(say), numeric=(1, 2, 3, 4)),
        ),
        {"kind": "code", "text": "\n".join(["karvan currency", *(f"karvan currency --method {m}" for m in METHODS)])},
    )


def _names(say: Say) -> dict[str, str]:
    given = say.t.case["money_evidence"]
    return {f"{who}{end}": say.currency(f"currency{end}", given[who]) for who in ("own", "neighbour") for end in FORMS}


def _periods(t: Teller, *kinds: str) -> list[dict[str, Any]]:
    return [r for r in rows(t.results, "currency_judged") if r["kind"] in kinds]


def _label(say: Say, name: str) -> str:
    return say.named("period", name)


def _found(say: Say, claim: Claim) -> str:
    return f"{percent_of(claim.value)} ({range_of(claim.low or 0.0, claim.high or 0.0)})"


def _answer(say: Say) -> str:
    t = say.t
    parts = [_part(say, r) for r in _periods(t, "period") if f"currency.month.{r['period']}" in t.claims]
    text = say("currency_answer", parts="; ".join(parts), **_names(say))
    for r in _periods(t, "part"):
        claim = t.claims.get(f"currency.month.{r['period']}")
        if claim is not None and (claim.low or 0.0) < 0 < (claim.high or 0.0):
            facts = {"period": _label(say, r["period"]), "high": percent_of(claim.high or 0.0)}
            text += " " + say("currency_without", share=_found(say, claim), **facts)
    return text


def _part(say: Say, judged: dict[str, Any]) -> str:
    """One period: what reaches ours in the same week and within a month, and its verdict."""
    name = judged["period"]
    share, verdict = _found(say, say.t.claims[f"currency.month.{name}"]), say(f"verdict_{_verdict(judged['verdict'])}")
    step, low, high = (100 * judged[k] for k in ("step", "step_low", "step_high"))
    week = f"{percent_of(step)} ({range_of(low, high)})"
    return say("currency_part", period=_label(say, name), week=week, share=share, verdict=verdict.lower())


def _verdict(text: str) -> str:
    return WORDS.get(text, "cannot")


def _responses(say: Say) -> Any:
    t = say.t
    panels = []
    for r in _periods(t, *PANELS):
        found = rows(t.results, "currency_response", period=r["period"])
        points = [
            {"step": f["week"], "value": 100 * f["response"], "low": 100 * f["low"], "high": 100 * f["high"]}
            for f in found
        ]
        panels.append({"title": _label(say, r["period"]), "rows": points})
    return responses(panels, say("axis_weeks"))


def _slope(say: Say) -> Any:
    t = say.t
    found = [
        {"to": r["to"], "value": 100 * r["slope"], "low": 100 * r["low"], "high": 100 * r["high"]}
        for r in rows(t.results, "currency_rolling")
    ]
    return slope(found, [{"at": d, "text": say.month(d)} for d in _breaks(t)])


def _breaks(t: Teller) -> list[str]:
    return [r["date"] for r in rows(t.results, "currency_breaks")]


def _slope_caption(say: Say) -> str:
    last = rows(say.t.results, "currency_rolling")[-1]
    ends = (100 * last[k] for k in ("low", "high"))
    share = f"{percent_of(100 * last['slope'])} ({range_of(*ends)})"
    return say("currency_slope", date=say.month(last["to"]), share=share, **_names(say))


def _size(t: Teller) -> str:
    return percent_of(100 * t.case["money_evidence"]["stress"])


def _stressed(say: Say) -> str:
    return say("currency_stress", size=_size(say.t), **_names(say))


def _stress(say: Say) -> tuple[list[str], list[list[Any]]]:
    t = say.t
    head = [say("col_period"), *(say("col_months", months=m) for m in MONTHS)]
    found = []
    for r in _periods(t, "period", "part", "pooled"):
        cells: list[Any] = [_label(say, r["period"])]
        for m in MONTHS:
            claim = t.claims.get(f"currency.stress.{r['period']}.{m}")
            if claim is None:
                cells.append(say("not_estimated"))
            else:
                cells.append((percent(claim.value, 0), range_of(claim.low or 0.0, claim.high or 0.0, sign=True)))
        found.append(cells)
    return head, found


def _outside(say: Say) -> str:
    known = [r for r in rows(say.t.results, "currency_stress") if r["effect"] is not None]
    seen, most = max(r["seen"] for r in known), max(r["largest"] for r in known)
    return say("currency_outside", seen=seen, largest=percent_of(most), size=_size(say.t))


def _tail(say: Say) -> str:
    t = say.t
    found = {r["period"]: t.claims.get(f"currency.tail.{r['period']}") for r in _periods(t, "period")}
    parts = [f"{_label(say, p)}: {_found(say, c)}" for p, c in found.items() if c is not None]
    return say("currency_tail", parts="; ".join(parts), none=percent_of(NO_LINK), **_names(say))


def _episodes(say: Say) -> tuple[list[str], list[list[Any]]]:
    names = _names(say)
    head = [say("col_until"), say("col_lost", **names), *(say("col_ours", months=m, **names) for m in MONTHS)]
    found: list[list[Any]] = []
    for r in rows(say.t.results, "currency_episodes"):
        ours = (r[k] for k in ("ours, month", "ours, 3 months", "ours, 12 months"))
        cells = ["–" if v is None else percent(v, 0) for v in ours]
        found.append([say.date(r["to"]), percent(-r["neighbour lost"], 0), *cells])
    return head, found


def _cannot(say: Say) -> str:
    limits = [say.named("said", r["text"]) for r in rows(say.t.results, "currency_limits")]
    return f"{say('currency_cannot')} {' '.join(limits)}"


def _weak(say: Say) -> str:
    """Where the numbers end, and how they did on what came after they were fitted."""
    t = say.t
    whole = row(t.results, "currency_judged", kind="whole")
    text = say("currency_weak", date=say.month(whole["end"]))
    names = [r["period"] for r in _periods(t, "period")][-2:]
    held = rows(t.results, "currency_held_out", months=HELD_MONTHS)
    held = [r for r in held if [r["fitted on"], r["tested on"]] == names]
    if not held:
        return text
    inside, gain = percent_of(held[0]["inside %"]), held[0]["gain %"]
    key = "currency_held_worse" if gain < 0 else "currency_held_better"
    labels = {"before": _label(say, names[0]), "after": _label(say, names[1])}
    return f"{text} {say(key, inside=inside, gain=percent_of(abs(gain)), months=HELD_MONTHS, **labels, **_names(say))}"
