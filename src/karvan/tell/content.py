"""What a brief says, in order: blocks of text, charts and tables, filled from claims in one language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from karvan.core.case import CaseResults
from karvan.tell import charts
from karvan.tell.claims import Claim, verdict
from karvan.tell.language import THIN, Words, number, percent

Block = dict[str, Any]
CLOSE = ("RUS", "BLR", "ARM", "KGZ")


class Teller:
    """The results of a case, its claims by key, and the words of one language."""

    def __init__(self, results: CaseResults, claims: Sequence[Claim], words: Words) -> None:
        self.results, self.words = results, words
        self.claims: Mapping[str, Claim] = {c.key: c for c in claims}
        self.case, self.world = results.case, results.world
        self.home = words.country(self.case["country"])
        self.soft, self.scenarios = self.case["headline"], results.sweep.scenarios

    def value(self, key: str) -> float:
        """Return the value of a claim."""
        return self.claims[key].value

    def cell(self, key: str, digits: int = 2) -> tuple[str, str]:
        """Return a claim and its range as a table cell of two lines; a percent is a change and shows its sign."""
        c = self.claims[key]
        change = c.unit == "percent"
        text = percent(c.value, digits) if change else number(c.value, digits)
        if c.low is None or c.high is None or number(c.low, digits) == number(c.high, digits):
            return text, ""
        return text, f"{number(c.low, digits, sign=change)} … {number(c.high, digits, sign=change)}"

    @property
    def exits(self) -> list[str]:
        """The scenarios that leave the bloc."""
        return [s.name for s in self.results.scenarios if any(getattr(x, "kind", "") == "leave_bloc" for x in s.shocks)]


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
        "charts": {"dots": charts.both(charts.dots(values.tolist(), ""), w("dots_caption", country=t.home))},
        "captions": {"dots": w("dots_caption", country=t.home)},
        "claim": {
            "who": w("claim_who", source=case["claim"]["source"]),
            "text": case["claim"]["text"],
            "verdict": w(f"verdict_{verdict(t.results)}"),
            "rule": w("verdict_rule"),
        },
        "sections": [s(t) for s in (_variants, _countries, _sure, _sectors, _partners, _pool, _asked, _others, _know)]
        + [_papers(t), _take(t)],
    }


def _lead(t: Teller) -> str:
    c = t.claims[f"income.{t.soft}.all.{t.case['country']}"]
    return t.words(
        "headline_loss" if c.value < 0 else "headline_gain", country=t.home, percent=f"{number(abs(c.value), 2)}{THIN}%"
    )


def _lead_text(t: Teller) -> list[str]:
    w, case = t.words, t.case
    income, dollars = t.claims[f"income.{t.soft}.all.{case['country']}"], t.claims[f"dollars.{t.soft}"]
    household = t.claims[f"household.{t.soft}"]
    low, high = sorted((income.low or 0.0, income.high or 0.0))
    return [
        w("headline_range", low=percent(low), high=percent(high), count=number(t.value(f"losing.{t.soft}"))),
        w(
            "headline_money",
            dollars=number(_round(dollars.value), sign=True),
            dollars_low=number(_round(dollars.low or 0.0), sign=True),
            dollars_high=number(_round(dollars.high or 0.0), sign=True),
            local=number(_round(household.value), sign=True),
            local_low=number(_round(household.low or 0.0), sign=True),
            local_high=number(_round(household.high or 0.0), sign=True),
            currency=case["money"]["currency"],
            year=t.world.year,
        ),
        w("parameters_only"),
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
    return _section(
        w("variants_heading"),
        _text(w("variants_text")),
        _chart(charts.ranges(rows, "%"), caption),
        _table([w("col_scenario"), *parts.values(), w("col_wage")], table, numeric=(1, 2, 3, 4)),
        _small(w("deepen_note")),
    )


def _countries(t: Teller) -> Block:
    w, home = t.words, t.case["country"]
    order = [home, *[c for c in CLOSE if c in t.world.countries]]
    order += [c for c in t.world.countries if c not in order]
    rows = []
    for code in order[: 5 + 8]:
        c = t.claims[f"income.{t.soft}.all.{code}"]
        rows.append({"label": w.country(code), "part": "", "value": c.value, "low": c.low, "high": c.high})
    head = [w("col_country"), *(w.scenario(s) for s in t.scenarios)]
    moved = {c: max(abs(t.value(f"income.{s}.all.{c}")) for s in t.scenarios) for c in order}
    shown = [c for c in order if c in (home, *CLOSE) or moved[c] >= 0.01]
    rest = max([moved[c] for c in order if c not in shown], default=0.0)
    table = [[w.country(c), *(t.cell(f"income.{s}.all.{c}") for s in t.scenarios)] for c in shown]
    return _section(
        w("countries_heading"),
        _text(w("countries_text", country=t.home)),
        _chart(charts.ranges(rows, "%"), w("countries_caption")),
        _table(head, table, numeric=range(1, len(head))),
        _small(w("countries_rest", most=f"{number(rest, 3)}{THIN}%")),
    )


def _sure(t: Teller) -> Block:
    w = t.words
    head = [w("col_scenario"), *(w.scenario(s) for s in t.scenarios)]
    closures = [
        [w(f"closure_{k}"), *(percent(t.value(f"closure.{k}.{s}")) for s in t.scenarios)]
        for k in ("fixed", "share", "purge")
    ]
    names = [n for n in dict.fromkeys(name for name, _ in t.results.alternatives) if n != "keep own tariff"]
    others = [[_alternative(w, n), *(percent(t.value(f"alternative.{n}.{s}")) for s in t.scenarios)] for n in names]
    numeric = range(1, len(head))
    return _section(
        w("sure_heading"),
        _text(w("sure_text", draws=number(t.results.sweep.draws), country=t.home)),
        _title(w("closures_title")),
        _table(["", *head[1:]], closures, numeric=numeric),
        _title(w("alternatives_title")),
        _table(["", *head[1:]], others, numeric=numeric),
    )


def _alternative(w: Words, name: str) -> str:
    if name.startswith("elasticities: "):
        code = name.removeprefix("elasticities: ")
        return w("alt_elasticities", name=w.table["elasticities"].get(code, code))
    return {"no input links": w("alt_no_inputs"), "full common tariff": w("alt_cet")}.get(name, name)


def _sectors(t: Teller) -> Block:
    w = t.words
    keys = [s for s in t.world.sectors if f"output.{t.soft}.{s}" in t.claims]
    keys.sort(key=lambda s: t.value(f"output.{t.soft}.{s}"))
    rows, table = [], []
    for s in keys:
        c, money = t.claims[f"output.{t.soft}.{s}"], t.claims[f"output_money.{t.soft}.{s}"]
        rows.append({"label": w.sector(s), "part": "", "value": c.value, "low": c.low, "high": c.high})
        table.append([w.sector(s), t.cell(c.key), number(money.value, sign=True)])
    return _section(
        w("sector_heading"),
        _text(w("sector_text", country=t.home)),
        _chart(charts.ranges(rows, "%"), w("sector_caption")),
        _table([w("col_sector"), f"{w('col_percent')} ({w('col_range')})", w("col_musd")], table, numeric=(1, 2)),
    )


def _partners(t: Teller) -> Block:
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
    return _section(
        w("partner_heading"),
        _text(w("partner_text", country=t.home)),
        _chart(charts.bars(rows, w("col_musd")), w("partner_caption")),
        _table(
            [w("col_partner"), f"{w('col_exports')}, {w('col_musd')}", f"{w('col_imports')}, {w('col_musd')}"],
            table,
            numeric=(1, 2),
        ),
    )


def _pool(t: Teller) -> Block:
    w = t.words
    union = t.world.blocs[t.case["bloc"]]
    after = t.claims[f"pool.revenue_after.{t.soft}"]
    hard = next(s for s in t.exits if s != t.soft)
    n = t.world.position(t.case["country"])
    text = {k: number(t.value(f"pool.{k}"), sign=k == "net") for k in ("duties", "paid", "received", "net")}
    return _section(
        w("pool_heading"),
        _text(w("pool_text", country=t.home, **text)),
        _text(
            w(
                "pool_after",
                after=number(after.value),
                after_low=number(after.low or 0.0),
                after_high=number(after.high or 0.0),
                hard=number(t.value(f"pool.revenue_after.{hard}")),
                before=number(float(t.world.R[n])),
                rate=f"{number(100 * union.collection)}{THIN}%",
                year=t.world.year,
            )
        ),
        _table([w("col_scenario"), w("col_net"), w("col_duties"), w("col_revenue")], _pool_rows(t), numeric=(1, 2, 3)),
        _small(w("pool_units")),
        _text(_pool_sign(t)),
    )


def _pool_sign(t: Teller) -> str:
    net, mirror = t.claims["pool.net"], t.case["pool_mirror"]
    ours = t.world.M[t.world.position(t.case["country"]), t.world.position(mirror["partner"]), t.world.goods].sum()
    facts = {
        "partner": t.words.country(mirror["partner"]),
        "country": t.home,
        "theirs": number(mirror["imports"] / 1000, 1),
        "ours": number(float(ours) / 1000, 1),
    }
    found = {k.removeprefix("pool.net."): c.value for k, c in t.claims.items() if k.startswith("pool.net.")}
    parts = [t.words(f"pool_{k}", value=number(v, sign=True), **facts) for k, v in found.items()]
    earlier = ", ".join(number(v, sign=True) for v in t.case["pool_earlier"]["values"])
    low, high = number(net.low or 0.0, sign=True), number(net.high or 0.0, sign=True)
    return t.words("pool_sign", low=low, high=high, parts="; ".join(parts), earlier=earlier)


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
    w, n, goods = t.words, t.world.position(t.case["country"]), t.world.goods
    applied = float(t.world.schedules["mfn"][n][goods].mean())
    bound = float(t.world.schedules["wto-bound"][n][goods].mean())
    hard = next(s for s in t.exits if s != t.soft)
    home = t.case["country"]
    points = t.value(f"income.{hard}.all.{home}") - t.value(f"alternative.keep own tariff.{hard}")
    duties = t.value(f"income.{hard}.tariffs.{home}") - t.value(f"income.{t.soft}.tariffs.{home}")
    return _section(
        w("reader_heading"),
        _text(
            w(
                "reader_wto",
                applied=f"{number(100 * applied, 1)}{THIN}%",
                bound=f"{number(100 * bound, 1)}{THIN}%",
                change=number(points, 3, sign=True),
            )
        ),
        _text(w("reader_gain", value=number(duties, 2, sign=True))),
    )


def _others(t: Teller) -> Block:
    w, home = t.words, t.case["country"]
    tariffs = [t.value(f"income.{s}.tariffs.{home}") for s in t.exits]
    frictions = [t.value(f"income.{s}.frictions.{home}") for s in t.exits]
    inside = max(map(abs, tariffs)) <= 1.0 and max(map(abs, frictions)) <= 3.0
    spans = {"tariffs": _span(tariffs), "frictions": _span(frictions)}
    rows = [[w("ours"), w("ours_what"), w("ours_found", **spans), ""]]
    rows += [[f"{o['who']} ({o['year']})", o["what"], o["found"], o["why"]] for o in t.case["others"]]
    head = [w("col_who"), w("col_what"), w("col_found"), w("col_why")]
    return _section(
        w("others_heading"),
        _text(w("others_text")),
        _table(head, rows, words=True),
        _text(w("others_inside" if inside else "others_outside", **spans)),
        *[_small(f"{o['who']} ({o['year']}): {o['url']}") for o in t.case["others"]],
    )


def _know(t: Teller) -> Block:
    w = t.words
    blocks = [[b.symbol, b.where, b.flag, b.source, b.note] for b in t.world.sources]
    head = [w("col_symbol"), w("col_where"), w("col_flag"), w("col_source"), w("col_note")]
    home = t.case["country"]
    rows = [
        r for r in t.results.comparison.to_dicts() if r["what"].startswith((home, "RUS to", "RUS goods", "RUS import"))
    ]
    compared = [
        [_words(t, r["what"]), number(r["built"]), number(r["official"]), _gap(r["gap_percent"]), r["comment"]]
        for r in rows[:24] + rows[-1:]
    ]
    official = [w("col_what_official"), w("col_built"), w("col_official"), w("col_gap"), w("col_note")]
    return _section(
        w("know_heading"),
        _text(w("method")),
        _text(w("weak_frictions")),
        _text(w("weak_inputs")),
        _table(head, blocks, words=True),
        _text(w("compare_text")),
        _table(official, compared, numeric=(1, 2, 3)),
    )


def _papers(t: Teller) -> Block:
    blocks: list[Block] = []
    for s in t.results.scenarios:
        blocks += [
            _title(f"{t.words.scenario(s.name)}: {s.title}"),
            _text(s.why),
            _small(t.words("scenario_source", source=s.source)),
        ]
    return _section(t.words("scenarios_heading"), *blocks)


def _take(t: Teller) -> Block:
    w, record = t.words, t.results.record
    code = "\n".join(
        [f"karvan brief {t.case['name']}", *(f"karvan run {s} --draws {t.results.sweep.draws}" for s in t.scenarios)]
    )
    return _section(
        w("repro_heading"),
        _text(w("repro_text")),
        {"kind": "code", "text": code},
        _small(
            w(
                "repro_record",
                version=record["karvan"],
                world=t.world.name,
                draws=t.results.sweep.draws,
                seed=t.results.sweep.seed,
                hash=t.world.sha256[:16],
            )
        ),
        _small(w("repro_claims", case=t.case["name"])),
        _small(f"{w('reuse')} {w('licence_note')}"),
    )


def _words(t: Teller, what: str) -> str:
    return " ".join(t.words.country(p) if p in t.world.countries else p.replace("_", " ") for p in what.split())


def _gap(value: float | None) -> str:
    return "" if value is None else percent(value, 1)


def _span(values: Sequence[float]) -> str:
    return f"{number(min(values), 2, sign=True)} … {number(max(values), 2, sign=True)}{THIN}%"


def _round(value: float) -> float:
    """Two significant figures are all that such a number carries."""
    if value == 0:
        return 0.0
    size = 10 ** (int(np.floor(np.log10(abs(value)))) - 1)
    return float(round(value / size) * size)


def _section(heading: str, *blocks: Block) -> Block:
    return {"heading": heading, "blocks": list(blocks)}


def _text(text: str) -> Block:
    return {"kind": "text", "text": text}


def _title(text: str) -> Block:
    return {"kind": "title", "text": text}


def _small(text: str) -> Block:
    return {"kind": "small", "text": text}


def _chart(draw: Any, caption: str) -> Block:
    return {"kind": "chart", "svg": charts.both(draw, caption), "caption": caption}


def _table(columns: Sequence[str], rows: Sequence[Sequence[Any]], *, numeric: Any = (), words: bool = False) -> Block:
    return {"kind": "table", "columns": list(columns), "rows": rows, "numeric": list(numeric), "words": words}
