"""The part on the debt: what does it cost, where does it go, whose is it, and what if the currency falls?"""

from __future__ import annotations

from typing import Any

from karvan.tell.blocks import Block, Teller, figure, note, paragraph, section, table_of
from karvan.tell.language import number
from karvan.tell.money import row, rows, verdict_debt, verdict_external
from karvan.tell.money_charts import amounts, fan
from karvan.tell.money_words import Say, percent_of

SHOWN = ("growth", "rates", "depreciation", "depreciation, prices still", "balance", "repricing", "oil price",
         "combined")  # fmt: skip
WHOLE = ("public_total", "government_total")  # measures that are the state's debt at home and abroad


def debt(t: Teller) -> Block:
    """Two verdicts, where the debt goes, what it costs, whose it is, stress tests, the fund beside it, past misses."""
    say = Say(t)
    return section(
        say("debt_heading"),
        *say.judged("debt", verdict_debt(t.results), say("debt_rule"), _first_but(say)),
        *say.judged("external", verdict_external(t.results), say("debt_same_rule"), _external_but(say)),
        paragraph(_answer(say)),
        figure(_fan(say), say("debt_fan", draws=number(t.case["money_evidence"]["draws"]))),
        paragraph(_cost(say)),
        figure(_owes(say), _owes_caption(say)),
        paragraph(_falls(say)),
        table_of(*_stress(say), numeric=range(1, 1 + len(_years(t)))),
        paragraph(_net(say)),
        note(_weak(say)),
        *say.folded("debt_more", paragraph(_test(say))),
        {"kind": "code", "text": "karvan debt\nkarvan debt stress\nkarvan debt owes\nkarvan debt claims"},
    )


def _claims(t: Teller, which: int) -> list[dict[str, Any]]:
    names = list(dict.fromkeys(r["claim"] for r in rows(t.results, "debt_claims")))
    return rows(t.results, "debt_claims", claim=names[which])


def _first_but(say: Say) -> str:
    """What the figures of the first claim are: the measure they were said of, and the one they fit."""
    t = say.t
    amount = next(r for r in _claims(t, 0) if r["part"] == "amount")
    text = say("debt_but", state=say.bn(amount["ours"]), date=say.date(amount["on"]))
    fits = [r for r in rows(t.results, "debt_fits", claim=amount["claim"], part="amount") if r["measure"] in WHOLE]
    if fits:
        text += " " + say("debt_but_fits", value=say.bn(fits[0]["value"]), date=say.date(fits[0]["on"]))
    rate = next((r for r in _claims(t, 0) if r["part"] == "rate"), None)
    near = rows(t.results, "debt_fits", claim=amount["claim"], part="rate")
    if rate is None or not near:
        return text
    then, last = (percent_of(100 * v, 1) for v in (near[0]["value"], rate["ours"]))
    years = {"then_year": int(near[0]["on"][:4]), "year": int(rate["on"][:4])}
    return f"{text} {say('debt_but_rate', said=percent_of(100 * rate['said']), then=then, last=last, **years)}"


def _external_but(say: Say) -> str:
    first = _dates(say.t)[0]
    share = {
        name: percent_of(say.t.value(f"owes.{first}.external_{name}.share")) for name in ("government", "intercompany")
    }
    return say("external_but", date=say.date(first), total=say.claim_bn(f"owes.{first}.total"), **share)


def _dates(t: Teller) -> list[str]:
    return list(dict.fromkeys(r["date"] for r in rows(t.results, "debt_owes")))


def _answer(say: Say) -> str:
    t = say.t
    last, ahead = rows(t.results, "debt_past")[-1]["year"], rows(t.results, "debt_fan")[-1]["year"]
    values = say.ends(t.claims["debt.ahead"])
    above = percent_of(t.value("debt.above"))
    return say("debt_answer", year=last, now=percent_of(t.value("debt.now"), 1), ahead=ahead, above=above, **values)


def _cost(say: Say) -> str:
    t = say.t
    paid, ahead = rows(t.results, "debt_paid")[-1], rows(t.results, "debt_fan")[-1]["year"]
    text = say(
        "debt_cost",
        year=paid["year"],
        paid=say.claim_bn("debt.paid"),
        local=say.per_household(1000 * paid["local"]),
        currency=say.currency(),
        rate=percent_of(paid["rate"], 1),
        ahead=ahead,
        **say.ends(t.claims["debt.due"], 1, scale=0.001),
    )
    revenue = t.claims.get("debt.due_revenue")
    if revenue is None:
        return text
    now = row(t.results, "debt_interest", year=rows(t.results, "debt_fan")[0]["year"], unit="% of revenue")
    ends = {"first": percent_of(now["median"]), "last": percent_of(revenue.value), "year": now["year"], "ahead": ahead}
    return f"{text} {say('debt_revenue', **ends)}"


def _fan(say: Say) -> Any:
    t = say.t
    past = [{"year": r["year"], "value": r["debt"]} for r in rows(t.results, "debt_past")]
    return fan(past, rows(t.results, "debt_fan"), say("axis_gdp"))


def _owes(say: Say) -> Any:
    t = say.t
    who = [r["who"] for r in rows(t.results, "debt_owes", date=_dates(t)[-1]) if r["who"].startswith("external_")]
    bars = [
        {"label": say.named("debtor", w), "part": say.date(d), "value": t.value(f"owes.{d}.{w}") / 1000}
        for w in sorted(who, key=lambda w: -t.value(f"owes.{_dates(t)[-1]}.{w}"))
        for d in _dates(t)
    ]
    return amounts(bars, say("unit_bn"))


def _owes_caption(say: Say) -> str:
    totals = [f"{say.date(d)}: {say.claim_bn(f'owes.{d}.total')}" for d in _dates(say.t)]
    text = say("debt_owes", totals="; ".join(totals))
    quasi = [f"owes.{_dates(say.t)[-1]}.quasi_{end}" for end in ("low", "high")]
    if quasi[0] not in say.t.claims:
        return text
    low, high = (say.claim_bn(key) for key in quasi)
    return f"{text} {say('debt_quasi', low=low, high=high)}"


def _years(t: Teller) -> list[str]:
    columns = t.results.tables["money.debt_stress"].columns
    return [c.removeprefix("more by ") for c in columns if c.startswith("more by ")]


def _falls(say: Say) -> str:
    """What if the currency falls: with prices that follow and prices that stand still."""
    t, year = say.t, _years(say.t)[0]
    size = row(t.results, "debt_sizes", stress="depreciation")
    share = rows(t.results, "debt_share")[-1]
    return say(
        "debt_falls",
        currency=say.currency(),
        size=percent_of(size["depreciation"]),
        follow=number(t.value(f"debt.more.depreciation.{year}"), 1, sign=True),
        still=number(t.value(f"debt.more.depreciation, prices still.{year}"), 1, sign=True),
        foreign=percent_of(share["foreign"]),
        year=share["year"],
    )


def _stress(say: Say) -> tuple[list[str], list[list[Any]]]:
    t, years = say.t, _years(say.t)
    head = [say("col_stress"), *years]
    found = []
    base = row(t.results, "debt_stress", stress="baseline")
    found.append([say("stress_baseline"), *(percent_of(base[y], 1) for y in years)])
    known = {r["stress"]: r for r in rows(t.results, "debt_sizes")}
    for name in (n for n in SHOWN if n in known):
        size = {k: _size(v) for k, v in known[name].items() if isinstance(v, float | int)}
        more = (number(t.value(f"debt.more.{name}.{y}"), 1, sign=True) for y in years)
        found.append([say(f"stress_{name.replace(', ', '_').replace(' ', '_')}", **size), *more])
    return head, found


def _size(value: float) -> str:
    """One digit after the point where there is something to show."""
    return number(abs(value), 0 if abs(value) >= 10 or round(value, 1) == round(value) else 1)


def _net(say: Say) -> str:
    t = say.t
    first, last = (rows(t.results, "debt_net")[k]["year"] for k in (0, -1))
    ends = {f"{k}_{n}": v for n, y in (("a", first), ("b", last)) for k, v in _ends_bn(say, f"net.{y}").items()}
    owing = percent_of(t.value(f"net.owing.{last}"))
    return say("debt_net", first=first, last=last, owing=owing, **ends)


def _ends_bn(say: Say, key: str) -> dict[str, str]:
    return say.ends(say.t.claims[key], 0, scale=0.001, sign=True)


def _test(say: Say) -> str:
    t = say.t
    found = rows(t.results, "debt_backtest")
    lines = [
        say("debt_line", cut=r["origin"], inside=round(r["inside, as in the past"] * r["years after"]),
            years=r["years after"], miss=number(r["miss, as in the past"], 1), still=number(r["miss, no change"], 1))
        for r in found
    ]  # fmt: skip
    text = say("tested", lines="; ".join(lines))
    why = t.case["money_evidence"]["why"].get("debt")
    worst = min(found, key=lambda r: r["inside, as in the past"])
    if why is None or worst["inside, as in the past"] >= 0.5:
        return text
    return f"{text} {say('debt_missed', cut=worst['origin'], why=say.named('said', why))}"


def _weak(say: Say) -> str:
    t = say.t
    share = rows(t.results, "debt_share")[-1]
    last = rows(t.results, "debt_past")[-1]["year"]
    return say("debt_weak", year=last, foreign=percent_of(share["foreign"]))
