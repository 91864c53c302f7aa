"""What a brief says, in order: blocks of text, charts and tables, filled from claims in one language."""

from __future__ import annotations

from typing import Any

import numpy as np

from karvan.tell import charts
from karvan.tell.blocks import Block, Teller, figure, note, paragraph, rounded, section, table_of
from karvan.tell.border import border_cost
from karvan.tell.claims import Claim, verdict
from karvan.tell.corridors import corridors
from karvan.tell.evidence import estimate_of, know, others, papers, take
from karvan.tell.goods import exports
from karvan.tell.language import THIN, number, percent
from karvan.tell.money_parts import MONEY
from karvan.tell.partners import partners
from karvan.tell.reexports import reexports
from karvan.tell.statistics import statistics
from karvan.tell.sure import sure
from karvan.tell.why import change, listed, lowest_net, why

NOTHING = 1e-6  # percent: a change that only rounding makes
LONG = 10  # rows: a longer table is folded
RATES = {"applied": "mfn", "bound": "wto-bound"}


def page(t: Teller) -> dict[str, Any]:
    """Return everything the template needs."""
    w, case = t.words, t.case
    values = 100 * (t.results.sweep.sample("welfare_hat", t.soft)[:, t.world.position(case["country"])] - 1)
    return {
        "label": w("label", country=t.home, year=t.world.year),
        "title": case["title"],
        "date": case["date"],
        "lead": _lead(t),
        "lead_text": _lead_text(t),
        "charts": {
            "dots": charts.both(
                charts.dots(values.tolist(), ""), w("dots_caption", country=t.home, scenario=w.in_text(t.soft))
            )
        },
        "captions": {"dots": w("dots_caption", country=t.home, scenario=w.in_text(t.soft))},
        "claim": {
            "who": w("claim_who", source=case["claim"]["source"]),
            "text": case["claim"]["text"],
            "verdict": w(f"verdict_{verdict(t.results)}"),
            "rule": f"{w('verdict_rule')} {_gaining(t)}",
            "but": _but(t),
        },
        **_parts(t),
    }


def _parts(t: Teller) -> dict[str, Any]:
    """The parts of the page, their long tables folded, and the list of contents: a line for each question."""
    parts = [(part, part(t)) for part in PARTS if part not in NEEDS or _there(t, NEEDS[part])]
    for part, told in parts:
        told["id"] = part.__name__.strip("_").replace("_", "-")
        for block in told["blocks"]:
            if block["kind"] == "table" and not block["fold"] and len(block["rows"]) > LONG:
                block["fold"] = t.words("fold_rows", count=len(block["rows"]))
    lines = [{"id": s["id"], "heading": s["heading"], "answer": _verdict_of(t, s) or s["short"]} for _, s in parts]
    first = sum(part in ANSWERS for part, _ in parts)
    return {
        "sections": [told for _, told in parts],
        "contents": {
            "title": t.words("contents"),
            "more": t.words("contents_more"),
            "first": {"heading": t.case["title"], "answer": _claimed(t, t.words(f"verdict_{verdict(t.results)}"))},
            "parts": lines[:first],
            "questions": lines[first:],
        },
    }


def _verdict_of(t: Teller, part: Block) -> str:
    """The verdict on the claim that a part checks; nothing where it checks none."""
    return next((_claimed(t, b["verdict"]) for b in part["blocks"] if b["kind"] == "claim"), "")


def _claimed(t: Teller, judged: str) -> str:
    return t.words("contents_claim", verdict=judged[:1].lower() + judged[1:])


def _there(t: Teller, name: str) -> bool:
    return name in t.case or name in t.results.tables


def _gaining(t: Teller) -> str:
    """In how many of 50 futures each exit gains, in words."""
    counts = [f"{t.words.in_text(s)} {number(50 - t.value(f'losing.{s}'))}" for s in t.exits]
    return t.words("verdict_found", counts=listed(t, counts))


def _but(t: Teller) -> str:
    """A doubt about the verdict that its rule does not see: other calibrations of the duty pool."""
    lowest, gaining = lowest_net(t)
    if gaining <= 50 * 0.05:
        return ""
    return t.words(
        "verdict_but", lowest=number(lowest, sign=True), count=number(gaining), scenario=t.words.in_text(t.soft)
    )


def _lead(t: Teller) -> str:
    c = t.claims[f"income.{t.soft}.all.{t.case['country']}"]
    return t.words(
        ("headline_loss" if c.value < 0 else "headline_gain") + ("_unsure" if _turns(c) else ""),
        country=t.home,
        percent=f"{number(abs(c.value), 2)}{THIN}%",
        scenario=t.words.in_text(t.soft),
        means=t.words.named("scenario_means", t.soft),
    )


def _turns(c: Claim) -> bool:
    """Whether the range of a claim reaches to both sides of zero."""
    return c.low is not None and c.high is not None and c.low < 0 < c.high


def _median(t: Teller) -> float:
    """Median of the draws, percent: it need not be the most likely value, which the headline shows."""
    sample = t.results.sweep.sample("welfare_hat", t.soft)[:, t.world.position(t.case["country"])]
    return 100 * (float(np.median(sample)) - 1)


def _lead_text(t: Teller) -> list[str]:
    w, case = t.words, t.case
    income, dollars = t.claims[f"income.{t.soft}.all.{case['country']}"], t.claims[f"dollars.{t.soft}"]
    household, classes = t.claims[f"household.{t.soft}"], t.claims[f"spread.class.{t.soft}"]
    low, high = sorted((income.low or 0.0, income.high or 0.0))
    border_cost, alone = estimate_of(t), t.claims[f"income.{t.soft}.frictions.{case['country']}"]
    marked = [w("frictions_provisional")] if border_cost is not None and border_cost.provisional else []
    unsure = [w("border_unsure", country=t.home)] if border_cost is not None and _turns(alone) else []
    return [
        *marked,
        w(
            "headline_range",
            low=percent(low),
            high=percent(high),
            median=percent(_median(t)),
            count=number(t.value(f"losing.{t.soft}")),
            rest=number(50 - t.value(f"losing.{t.soft}")),
        ),
        w(
            "headline_money",
            dollars=number(rounded(dollars.value), sign=True),
            dollars_low=number(rounded(dollars.low or 0.0), sign=True),
            dollars_high=number(rounded(dollars.high or 0.0), sign=True),
            local=number(rounded(household.value), sign=True),
            local_low=number(rounded(household.low or 0.0), sign=True),
            local_high=number(rounded(household.high or 0.0), sign=True),
            currency=case["money"]["currency"],
            year=t.world.year,
        ),
        *unsure,
        w(
            "parameters_only" if border_cost is None else "parameters_estimated",
            frictions=percent(alone.value),
            low=percent(alone.low or 0.0),
            high=percent(alone.high or 0.0),
            class_low=percent(classes.low or 0.0),
            class_high=percent(classes.high or 0.0),
        ),
    ]


def _variants(t: Teller) -> Block:
    w, home = t.words, t.case["country"]
    parts = {"all": w("col_both"), "tariffs": w("col_tariffs"), "frictions": w("col_frictions")}
    rows, table = [], []
    for s in t.scenarios:
        for part, label in parts.items():
            c = t.claims[f"income.{s}.{part}.{home}"]
            rows.append({"label": w.scenario(s), "part": label, "value": c.value, "low": c.low, "high": c.high})
        table.append(
            [w.scenario(s), *(t.cell(f"income.{s}.{p}.{home}") for p in parts), t.cell(f"wage.{s}.all.{home}")]
        )
    caption = w("variants_caption", country=t.home)
    return section(
        w("variants_heading"),
        paragraph(w("variants_text")),
        figure(charts.ranges(rows, "%"), caption),
        table_of([w("col_scenario"), *parts.values(), w("col_wage")], table, numeric=(1, 2, 3, 4)),
        *([paragraph(w("wage_text"))] if _wage_falls_more(t) else []),
        *(
            [note(w("deepen_note"))]
            if any(abs(t.value(f"income.{s}.tariffs.{home}")) < NOTHING for s in t.scenarios)
            else []
        ),
    )


def _wage_falls_more(t: Teller) -> bool:
    """Whether some exit lowers the real wage more than real income."""
    home = t.case["country"]
    return any(t.value(f"wage.{s}.all.{home}") < t.value(f"income.{s}.all.{home}") - 0.05 for s in t.exits)


def _countries(t: Teller) -> Block:
    w, home = t.words, t.case["country"]
    close = [c for c in t.world.blocs[t.case["bloc"]].within(t.world.countries) if c != home]
    order = [home, *close, *(c for c in t.world.countries if c not in (home, *close))]
    rows = []
    for code in order[: len(close) + 9]:
        c = t.claims[f"income.{t.soft}.all.{code}"]
        rows.append({"label": w.country(code), "part": "", "value": c.value, "low": c.low, "high": c.high})
    head = [w("col_country"), *(w.scenario(s) for s in t.scenarios)]
    moved = {c: max(abs(t.value(f"income.{s}.all.{c}")) for s in t.scenarios) for c in order}
    shown = [c for c in order if c in (home, *close) or moved[c] >= 0.01]
    rest = max([moved[c] for c in order if c not in shown], default=0.0)
    table = [[w.country(c), *(t.cell(f"income.{s}.all.{c}") for s in t.scenarios)] for c in shown]
    return section(
        w("countries_heading"),
        paragraph(_most_affected(t)),
        figure(charts.ranges(rows, "%"), w("countries_caption", scenario=w.in_text(t.soft))),
        table_of(head, table, numeric=range(1, len(head))),
        note(w("countries_rest", most=f"{number(rest, 3)}{THIN}%")),
    )


def _most_affected(t: Teller) -> str:
    """Who besides the case's country loses most and gains most, in words."""
    change = {c: t.value(f"income.{t.soft}.all.{c}") for c in t.world.countries if c != t.case["country"]}
    ends = (min(change, key=lambda c: change[c]), max(change, key=lambda c: change[c]))
    first, second = (f"{t.words.country(c)} ({percent(change[c])})" for c in ends)
    return t.words("countries_text", country=t.home, least=first, most=second, scenario=t.words.in_text(t.soft))


def _sectors(t: Teller) -> Block:
    w = t.words
    keys = [s for s in t.world.sectors if f"output.{t.soft}.{s}" in t.claims]
    keys.sort(key=lambda s: t.value(f"output.{t.soft}.{s}"))
    rows, table = [], []
    jobs = sorted(keys, key=lambda s: t.value(f"employment.{t.soft}.{s}"))
    for s in keys:
        c, money = t.claims[f"output.{t.soft}.{s}"], t.claims[f"output_money.{t.soft}.{s}"]
        rows.append({"label": w.sector(s), "part": "", "value": c.value, "low": c.low, "high": c.high})
        table.append([w.sector(s), t.cell(c.key), number(money.value, sign=True), t.cell(f"employment.{t.soft}.{s}")])
    return section(
        w("sector_heading"),
        paragraph(w("sector_text", country=t.home, scenario=w.in_text(t.soft))),
        paragraph(w("sector_jobs", down=_jobs(t, jobs[:2]), up=_jobs(t, jobs[:-3:-1]))),
        figure(charts.ranges(rows, "%"), w("sector_caption")),
        table_of([w("col_sector"), w("col_output"), w("col_musd"), w("col_employment")], table, numeric=(1, 2, 3)),
    )


def _jobs(t: Teller, sectors: list[str]) -> str:
    return listed(
        t, [f"{t.words.sector(s).lower()} ({percent(t.value(f'employment.{t.soft}.{s}'), 1)})" for s in sectors]
    )


def _by_partner(t: Teller) -> Block:
    w = t.words
    partners = [c for c in t.world.countries if c != t.case["country"]]
    size = {c: abs(t.value(f"exports.{t.soft}.{c}")) + abs(t.value(f"imports.{t.soft}.{c}")) for c in partners}
    order = sorted(partners, key=lambda c: -size[c])
    rows, table = [], []
    for c in order:
        sold, bought = t.value(f"exports.{t.soft}.{c}"), t.value(f"imports.{t.soft}.{c}")
        if c in order[:10]:
            rows.append({"label": w.country(c), "part": w("exports_word"), "value": sold})
            rows.append({"label": w.country(c), "part": w("imports_word"), "value": bought})
        table.append([w.country(c), number(sold, sign=True), number(bought, sign=True)])
    return section(
        w("partner_heading"),
        paragraph(w("partner_text", country=t.home, scenario=w.in_text(t.soft))),
        figure(charts.bars(rows, w("unit_musd")), w("partner_caption")),
        table_of(
            [w("col_partner"), f"{w('col_exports')}, {w('unit_musd')}", f"{w('col_imports')}, {w('unit_musd')}"],
            table,
            numeric=(1, 2),
        ),
    )


def _pool(t: Teller) -> Block:
    w = t.words
    after = t.claims[f"pool.revenue_after.{t.soft}"]
    hard = next(s for s in t.exits if s != t.soft)
    n = t.world.position(t.case["country"])
    text = {k: number(t.value(f"pool.{k}"), sign=k == "net") for k in ("duties", "paid", "received", "net")}
    return section(
        w("pool_heading"),
        paragraph(w("pool_text", country=t.home, share=f"{number(t.value('pool.share'), 3)}{THIN}%", **text)),
        paragraph(
            w(
                "pool_after",
                after=number(after.value),
                after_low=number(after.low or 0.0),
                after_high=number(after.high or 0.0),
                hard=number(t.value(f"pool.revenue_after.{hard}")),
                before=number(float(t.world.R[n])),
                rate=f"{number(t.value('pool.collection'))}{THIN}%",
                year=t.world.year,
            )
        ),
        table_of(
            [w("col_scenario"), w("col_net"), w("col_duties"), w("col_revenue")], _pool_rows(t), numeric=(1, 2, 3)
        ),
        note(w("pool_units")),
        paragraph(_pool_sign(t)),
    )


def _pool_sign(t: Teller) -> str:
    """How far the net turns with the calibration, and which calibrations those are."""
    net = t.claims["pool.net"]
    parts = []
    for key, claim in t.claims.items():
        if key.startswith("pool.net."):
            name = key.removeprefix("pool.net.")
            facts = _mirror(t) if name == "mirror" else {}
            parts.append(t.words(f"pool_{name}", value=number(claim.value, sign=True), **facts))
    low, high = number(net.low or 0.0, sign=True), number(net.high or 0.0, sign=True)
    earlier = ", ".join(number(v, sign=True) for v in t.case.get("pool_earlier", {}).get("values", ()))
    gave = t.words("pool_earlier", earlier=earlier) if earlier else ""
    text = t.words("pool_sign", low=low, high=high, parts="; ".join(parts))
    return " ".join(x for x in (text, gave, t.words("pool_assumed")) if x)


def _mirror(t: Teller) -> dict[str, str]:
    """Both sides' figures for the flow that the mirror calibration replaces, in thousand million USD."""
    mirror = t.case["pool_mirror"]
    ours = t.world.M[t.world.position(t.case["country"]), t.world.position(mirror["partner"]), t.world.goods].sum()
    return {
        "partner": t.words.country(mirror["partner"]),
        "country": t.home,
        "theirs": number(mirror["imports"] / 1000, 1),
        "ours": number(float(ours) / 1000, 1),
    }


def _pool_rows(t: Teller) -> list[list[Any]]:
    n = t.world.position(t.case["country"])
    before = [number(t.value("pool.net"), sign=True), number(t.value("pool.duties")), number(float(t.world.R[n]))]
    rows: list[list[Any]] = [[t.words("today"), *before]]
    for s in t.scenarios:
        rows.append(
            [t.words.scenario(s), *(t.cell(f"pool.{k}.{s}", 0) for k in ("net_after", "duties_after", "revenue_after"))]
        )
    return rows


def _asked(t: Teller) -> Block:
    w, home = t.words, t.case["country"]
    hard = next(s for s in t.exits if s != t.soft)
    found: list[Block] = []
    if f"variant.keep own tariff.{hard}" in t.claims and {"mfn", "wto-bound"} <= set(t.world.schedules):
        points = t.value(f"income.{hard}.all.{home}") - t.value(f"variant.keep own tariff.{hard}")
        rates = {name: f"{number(100 * _rate(t, key), 1)}{THIN}%" for name, key in RATES.items()}
        found.append(paragraph(w("reader_wto", country=t.home, change=number(points, 3, sign=True), **rates)))
    duties = t.value(f"income.{hard}.tariffs.{home}") - t.value(f"income.{t.soft}.tariffs.{home}")
    if duties > -0.1:
        best, gain = (t.claims[f"best_tariff.{x}.{hard}"] for x in ("rate", "gain"))
        suits = {
            "best": f"{number(best.value, 1)}{THIN}%",
            "range": f"{number(best.low or 0.0, 1)} … {number(best.high or 0.0, 1)}{THIN}%",
            "applied": f"{number(100 * _rate(t, RATES['applied']), 1)}{THIN}%",
            "gain": f"{number(gain.value, 2, sign=True)}{THIN}%",
        }
        found.append(paragraph(w("reader_gain", country=t.home, value=number(duties, 2, sign=True), **suits)))
    return section(w("reader_heading"), *found)


def _rate(t: Teller, schedule: str) -> float:
    """Mean tariff of the country on outsiders' goods, weighted by what it buys from them."""
    n, goods = t.world.position(t.case["country"]), t.world.goods
    outside = ~np.isin(t.world.countries, t.world.blocs[t.case["bloc"]].members)
    weight = t.world.M[n][outside][:, goods].sum(axis=0)
    return float((t.world.schedules[schedule][n][goods] * weight).sum() / weight.sum())


ANSWERS = (_variants, sure, why, change, others, _countries, _sectors, _by_partner, _pool, _asked)
PARTS = (
    *ANSWERS,
    border_cost,
    exports,
    partners,
    statistics,
    reexports,
    corridors,
    *MONEY,
    know,
    papers,
    take,
)
NEEDS = {
    border_cost: "corridors.borders",
    exports: "groups",
    statistics: "statistics.flows",
    reexports: "reexports.hubs",
    corridors: "corridors.scenarios",
    **dict.fromkeys(MONEY, "money_evidence"),
}
