"""The part on the oil fund: when is it empty, under which rule, at which price; and when the oil itself."""

from __future__ import annotations

from typing import Any

from karvan.core.case import CaseResults
from karvan.tell.blocks import Block, Teller, figure, note, paragraph, rounded, section, subheading, table_of
from karvan.tell.language import number
from karvan.tell.money import RULES_AFTER, row, rows, verdict_fund, verdict_oil
from karvan.tell.money_charts import fan, spans
from karvan.tell.money_words import TO, Say, percent_of

# Steps of the claim in the order of the chart, with the message of each.
STEPS = {
    "gross": "step_gross", "gross_return": "step_gross_return", "net": "step_net", "net_return": "step_net_return",
    "held_low": "step_held", "held_high": "step_held", "held_today": "step_held", "net_seen": "step_net_seen",
}  # fmt: skip
EVEN = (10, 20)
TABLED = (20, 40)  # years after which the table of rules gives the chances
TALL = 3.2  # times the highest past balance: above, the upper edge of the fan leaves the picture


def fund(t: Teller) -> Block:
    """The verdict, the chances, why the claim comes about, rules, the oil, what is weak, and the rest to open."""
    say = Say(t)
    return section(
        say("fund_heading"),
        *say.judged("fund", verdict_fund(t.results), _rule(say), _but(say)),
        paragraph(_answer(say)),
        figure(_fan(say), _fan_caption(say)),
        paragraph(_why(say)),
        figure(_steps(say), say("fund_steps", low=_fact(say, "claim_low"), high=_fact(say, "claim_high"))),
        paragraph(say("fund_decides")),
        table_of(*_rules(say), numeric=(1, 2, 3)),
        subheading(say("oil_title")),
        *say.judged("oil", verdict_oil(t.results), say("oil_rule")),
        paragraph(_oil(say)),
        note(say("fund_weak", receipts=_fact(say, "receipt_years"), returns=_fact(say, "return_years"))),
        *say.folded("fund_more", *(paragraph(part(say)) for part in (_even, _worth, _definitions, _test))),
        {"kind": "code", "text": "karvan fund\nkarvan fund --claim\nkarvan fund --rules\nkarvan fund --horizon"},
    )


def _fact(say: Say, name: str, digits: int = 0) -> str:
    return number(say.t.value(f"fund.{name}"), digits)


def _main(t: Teller) -> tuple[str, str]:
    """The first way of drawing the price and the first definition of the fund."""
    given = t.case["money_evidence"]
    return given["processes"][0], given["definitions"][0]


def _rule(say: Say) -> str:
    return say("fund_rule", high=_fact(say, "claim_high"))


def _missed(results: CaseResults) -> dict[int, tuple[int, int, int]]:
    """By origin of a back-test: years, years inside the band, years below it."""
    found = {}
    for cut in dict.fromkeys(r["cut"] for r in rows(results, "fund_backtest")):
        of_cut = rows(results, "fund_backtest", cut=cut)
        inside = sum(r["p5"] <= r["observed"] <= r["p95"] for r in of_cut)
        below = sum(r["observed"] < r["p5"] for r in of_cut)
        found[cut] = (len(of_cut), inside, below)
    return found


def _but(say: Say) -> str:
    """A doubt that the rule does not see: how often the same forecast was too high."""
    cut, (years, _, below) = max(_missed(say.t.results).items(), key=lambda item: item[1][2])
    return say("fund_but", cut=cut, missed=below, years=years) if below else ""


def _answer(say: Say) -> str:
    t = say.t
    process, definition = _main(t)
    first = row(t.results, "fund_chances", process=process, definition=definition)["first"]
    after = {k: t.claims[f"fund.empty.{definition}.{k}"] for k in ("claim", *RULES_AFTER)}
    facts: dict[str, Any] = {f"share_{k}": say.share(c) for k, c in after.items()}
    facts |= {f"y{k}": first + k - 1 for k in RULES_AFTER}
    balance = t.value("fund.balance")
    return say(
        "fund_answer",
        withdrawals=say.claim_bn("fund.withdrawals"),
        planned=int(t.value("fund.withdrawals_year")),
        balance=say.bn(balance),
        year=first - 1,
        local=say.per_household(balance * t.value("fund.fx")),
        currency=say.currency(),
        fx=_fact(say, "fx"),
        within=_fact(say, "claim_high"),
        draws=number(t.case["money_evidence"]["draws"]),
        **facts,
    )


def _why(say: Say) -> str:
    t = say.t
    text = say(
        "fund_why",
        balance=say.claim_bn("fund.balance"),
        withdrawals=say.claim_bn("fund.withdrawals"),
        gross=_fact(say, "years.gross", 1),
        least=_fact(say, "price.held_least"),
        inflow=say.claim_bn("fund.inflow"),
        net=_fact(say, "years.net"),
        price=_fact(say, "price.held_today"),
        held=_fact(say, "years.held_today"),
    )
    past = {r["year"]: r["balance"] for r in rows(t.results, "fund_past")}
    last, peak = max(past), max(past, key=lambda y: past[y])
    low = min((y for y in past if y >= peak), key=lambda y: past[y])
    if low in (peak, last):
        return text
    ends = {"peak": say.bn(past[peak]), "low": say.bn(past[low]), "last": say.bn(past[last])}
    return f"{text} {say('fund_past', peak_year=peak, low_year=low, last_year=last, **ends)}"


def _steps(say: Say) -> Any:
    t = say.t
    past = {r["year"]: r["balance"] for r in rows(t.results, "fund_past")}
    rate = percent_of(100 * t.value("fund.rate"), 1)
    bars = []
    for step, message in STEPS.items():
        if f"fund.years.{step}" in t.claims:
            price = t.claims.get(f"fund.price.{step}")
            at = "" if price is None else number(price.value)
            label = say(message, rate=rate, price=at, year=max(past, key=lambda y: past[y]))
            bars.append({"label": label, "value": t.value(f"fund.years.{step}")})
    return spans(bars, say("axis_years"), (t.value("fund.claim_low"), t.value("fund.claim_high")))


def _fan_rows(t: Teller) -> tuple[list[dict[str, Any]], list[list[dict[str, Any]]]]:
    """Past balances and the bands of every way of drawing, thousand million."""
    past = [{"year": r["year"], "value": r["balance"] / 1000} for r in rows(t.results, "fund_past")]
    bands = [
        [{k: v / 1000 if k.startswith("p") else v for k, v in r.items() if k != "process"} for r in found]
        for found in (rows(t.results, "fund_fan", process=p) for p in t.case["money_evidence"]["processes"])
    ]
    return past, bands


def _fan(say: Say) -> Any:
    past, bands = _fan_rows(say.t)
    return fan(past, bands[0], say("unit_bn"), beside=bands[1] if len(bands) > 1 else (), top=_top(past))


def _top(past: list[dict[str, Any]]) -> float:
    return TALL * max(r["value"] for r in past)


def _fan_caption(say: Say) -> str:
    past, bands = _fan_rows(say.t)
    last = bands[0][-1]
    text = say(
        "fund_fan", withdrawals=say.claim_bn("fund.withdrawals"), draws=number(say.t.case["money_evidence"]["draws"])
    )
    if last["p95"] <= _top(past):
        return text
    return f"{text} {say('fund_top', value=number(rounded(last['p95'])), year=last['year'])}"


def _rules(say: Say) -> tuple[list[str], list[list[Any]]]:
    t = say.t
    head = [say("col_rule"), say("col_first"), *(say("col_after", years=k) for k in TABLED)]
    found = []
    for r in rows(t.results, "fund_rules", process=_main(t)[0]):
        first = "–" if r["first_year_musd"] is None else say.bn(r["first_year_musd"])
        chances = (say.share(t.claims[f"fund.rule.{r['rule']}.{k}"]) for k in TABLED)
        found.append([say.named("rule", r["rule"]), first, *chances])
    return head, found


def _even(say: Say) -> str:
    t = say.t
    prices = {f"price{k}": _fact(say, f"price.price_{k}") for k in EVEN}
    sure = t.claims["fund.sure"]
    text = say("fund_even", a=EVEN[0], b=EVEN[1], **prices)
    until = rows(t.results, "fund_lasting")[0]["until"]
    text += " " + say("fund_sure", until=until, value=_span_bn(say, sure.low or 0.0, sure.high or 0.0))
    if "fund.forever" not in t.claims:
        return text
    return f"{text} {say('fund_forever', **say.ends(t.claims['fund.forever'], 1, scale=0.001))}"


def _span_bn(say: Say, low: float, high: float) -> str:
    ends = [say.bn(v) for v in (low, high)]
    return ends[0] if ends[0] == ends[1] else TO.join(ends)


def _oil(say: Say) -> str:
    t = say.t
    years, plateau, decline = (t.claims[f"oil.{k}"] for k in ("years_left", "plateau_years", "decline"))
    return say(
        "oil_answer",
        output=_fact(say, "output"),
        plateau_low=number(plateau.low or 0.0),
        plateau_high=number(plateau.high or 0.0),
        decline=say.share(decline),
        **say.ends(years),
    )


def _worth(say: Say) -> str:
    t = say.t
    found = sorted((k for k in t.claims if k.startswith("fund.worth.")), key=lambda k: -t.value(k))[:3]
    parts = [f"{say.named('assumption', k.rpartition('.')[2])} {say.share(t.claims[k])}" for k in found]
    return say("fund_worth", parts=say.listed(parts))


def _definitions(say: Say) -> str:
    """The same chance by every other definition of the fund."""
    names = say.t.case["money_evidence"]["definitions"]
    shares = {n: say.share(say.t.claims[f"fund.empty.{n}.{EVEN[1]}"]) for n in names}
    parts = [f"{say.named('definition', n)}: {share}" for n, share in shares.items()]
    return say("fund_definitions", years=EVEN[1], parts="; ".join(parts))


def _test(say: Say) -> str:
    t = say.t
    lines = []
    for cut, (years, inside, _) in _missed(t.results).items():
        last = rows(t.results, "fund_backtest", cut=cut)[-1]
        middle, low, high, came = (say.bn(last[k], 0) for k in ("p50", "p5", "p95", "observed"))
        ends = {"middle": middle, "range": f"{low} … {high}", "came": came, "last": last["year"]}
        lines.append(say("fund_line", cut=cut, inside=inside, years=years, **ends))
    text = say("tested", lines="; ".join(lines))
    worst = max(_missed(t.results), key=lambda c: _missed(t.results)[c][2])
    last = rows(t.results, "fund_backtest", cut=worst)[-1]
    why = t.case["money_evidence"]["why"].get("fund")
    if why is None or last["observed"] >= last["p5"]:
        return text
    miss, prices = last["p50"] - last["observed"], last["p50"] - last["known_p50"]
    ends = {"miss": say.bn(miss, 0), "prices": say.bn(prices, 0)}
    return f"{text} {say('fund_missed', cut=worst, why=say.named('said', why), **ends)}"
