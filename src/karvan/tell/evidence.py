"""The parts a reader judges the answer by: what others found, data, misses, scenarios, and how to repeat it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from karvan.core.border import border
from karvan.core.estimates import Estimate
from karvan.core.symbols import symbols
from karvan.tell import charts
from karvan.tell.blocks import Block, Teller, figure, note, paragraph, section, span, subheading, table_of
from karvan.tell.language import THIN, number, percent
from karvan.tell.published import alone, estimates
from karvan.tell.tested import misses, specifications

WORST = 12  # figures of the built world that stand in the page: those furthest from the official ones


def others(t: Teller) -> Block:
    """What others found, beside ours."""
    w, home = t.words, t.case["country"]
    tariffs = [t.value(f"income.{s}.tariffs.{home}") for s in t.exits]
    frictions = [t.value(f"income.{s}.frictions.{home}") for s in t.exits]
    inside = max(map(abs, tariffs)) <= 1.0 and max(map(abs, frictions)) <= 3.0
    spans = {"tariffs": _span(tariffs), "frictions": _span(frictions)}
    ranged = [t.claims[f"income.{s}.frictions.{home}"] for s in t.exits]
    spans["range"] = (
        f"{percent(min(c.low or c.value for c in ranged))} … {percent(max(c.high or c.value for c in ranged))}"
    )
    rows = [[w("ours"), w("ours_what", country=t.home, count=number(len(t.exits))), w("ours_found", **spans), ""]]
    rows += [[f"{o['who']} ({o['year']})", o["what"], o["found"], o["why"]] for o in t.case["others"]]
    head = [w("col_who"), w("col_what"), w("col_found"), w("col_why")]
    return section(
        w("others_heading"),
        paragraph(w("others_text", country=t.home)),
        figure(charts.ranges(_beside(t), "%", apart=False), w("others_caption")),
        table_of(head, rows, words=True),
        paragraph(w("others_inside" if inside else "others_outside", **spans)),
        *[note(f"{o['who']} ({o['year']}): {o['url']}") for o in t.case["others"]],
    )


def _beside(t: Teller) -> list[dict[str, Any]]:
    """Our bands and what others found, as rows of one chart."""
    rows = []
    for s in t.scenarios:
        c = t.claims[f"income.{s}.all.{t.case['country']}"]
        label = t.words("ours_row", scenario=t.words.scenario(s))
        rows.append({"label": label, "part": t.words("ours"), "value": c.value, "low": c.low, "high": c.high})
    for e in estimates(t.case["others"]):
        label = t.words("others_row", who=e.who, about=e.about)
        rows.append({"label": label, "part": t.words("theirs"), "value": alone(e), "low": e.low, "high": e.high})
    return rows


def know(t: Teller) -> Block:
    """The method, where the numbers come from, and where they miss official totals most."""
    w = t.words
    before = ["", *(b.symbol for b in t.world.sources)]
    blocks = [
        [_meaning(b.symbol, last), b.where, b.flag, b.source, b.note]
        for b, last in zip(t.world.sources, before, strict=False)
    ]
    head = [w("col_symbol"), w("col_where"), w("col_flag"), w("col_source"), w("col_note")]
    rows = [r for r in t.results.comparison.to_dicts() if r["gap_percent"] is not None]
    rows.sort(key=lambda r: -abs(r["gap_percent"]))
    compared = [
        [_words(t, r["what"]), number(r["built"]), number(r["official"]), _gap(r["gap_percent"]), _remark(r)]
        for r in rows[:WORST]
    ]
    close = sum(abs(r["gap_percent"]) <= 1 for r in rows)
    official = [w("col_what_official"), w("col_built"), w("col_official"), w("col_gap"), w("col_note")]
    return section(
        w("know_heading"),
        paragraph(w("method")),
        subheading(w("border_heading")),
        *_border_cost(t),
        *misses(t),
        subheading(w("inputs_heading")),
        paragraph(w("weak_inputs")),
        table_of(head, blocks, words=True),
        paragraph(w("compare_text", close=close, total=len(rows), shown=len(compared))),
        table_of(official, compared, numeric=(1, 2, 3)),
    )


def estimate_of(t: Teller) -> Estimate | None:
    """The estimate behind the border cost of the headline scenario, or None where it is assumed."""
    found = next((border(s) for s in t.results.scenarios if s.name == t.soft), None)
    return None if found is None else found.estimate


def _border_cost(t: Teller) -> list[Block]:
    """Where the border cost comes from; an estimate with its papers, and what it is in every sector."""
    w, found = t.words, estimate_of(t)
    if found is None:
        return [paragraph(w("weak_frictions"))]
    cost, fall = t.claims[f"border.{t.soft}"], t.claims[f"border_trade.{t.soft}"]
    text = w(
        "frictions_estimated",
        b=number(found.b, 2, sign=True),
        se=number(found.se, 2),
        fall=percent(fall.value, 0),
        fall_range=span(fall.low or 0.0, fall.high or 0.0, 0),
        cost=f"{number(cost.value, 1)}{THIN}%",
        cost_range=span(cost.low or 0.0, cost.high or 0.0, 1, sign=False),
        explained=f"{number(t.value(f'explained.{t.soft}'))}{THIN}%",
    )
    papers = w(
        "frictions_papers",
        measures=found.measures,
        duties=found.duties,
        estimator=found.estimator,
        sample=found.sample,
        count=number(found.observations),
        source=found.source,
        date=found.date,
    )
    keys = [k for k in t.claims if k.startswith(f"border_sector.{t.soft}.")]
    rows = [[w.sector(k.rpartition(".")[2]), t.cell(k, 1)] for k in sorted(keys, key=lambda k: -t.value(k))]
    marked = [paragraph(w("frictions_provisional"))] if found.provisional else []
    code: list[Block] = [{"kind": "code", "text": found.command}] if found.command else []
    table = table_of([w("col_sector"), w("col_border_cost")], rows, numeric=(1,))
    return [*marked, paragraph(text), *specifications(t), table, note(papers), *code]


def papers(t: Teller) -> Block:
    """Each scenario in its own words."""
    blocks: list[Block] = []
    for s in t.results.scenarios:
        blocks += [
            subheading(f"{t.words.scenario(s.name)}: {s.title}"),
            paragraph(s.why),
            note(t.words("scenario_source", source=s.source)),
        ]
    return section(t.words("scenarios_heading"), *blocks)


def take(t: Teller) -> Block:
    """The commands that make it again, and the record."""
    w, record = t.words, t.results.record
    how = f"--draws {t.results.sweep.draws} --seed {t.results.sweep.seed}"
    code = "\n".join([f"karvan brief {t.case['name']} {how}", *(f"karvan run {s} {how}" for s in t.scenarios)])
    return section(
        w("repro_heading"),
        paragraph(w("repro_text")),
        {"kind": "code", "text": code},
        note(
            w(
                "repro_record",
                version=record["karvan"],
                world=t.world.name,
                draws=t.results.sweep.draws,
                seed=t.results.sweep.seed,
                hash=t.world.sha256[:16],
            )
        ),
        note(w("repro_claims", case=t.case["name"])),
        note(f"{w('reuse')} {w('licence_note')}"),
    )


def _words(t: Teller, what: str) -> str:
    return " ".join(t.words.country(p) if p in t.world.countries else p.replace("_", " ") for p in what.split())


def _meaning(name: str, before: str) -> str:
    """What a symbol means, shortly, in the dictionary's words; nothing when the row before is about the same."""
    entry = symbols().get(name)
    label = re.split("[;,(]", entry.label)[0].strip() if entry else name.replace("_", " ")
    return "" if name == before else label


def _remark(row: dict[str, Any]) -> str:
    return "; ".join(str(row[k]) for k in ("source", "comment") if row.get(k))


def _gap(value: float | None) -> str:
    return "" if value is None else percent(value, 1)


def _span(values: Sequence[float]) -> str:
    low, high = (number(end(values), 2, sign=True) for end in (min, max))
    return f"{low}{THIN}%" if low == high else f"{low} … {high}{THIN}%"
