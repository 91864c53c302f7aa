"""How sure: the band of parameters, and outside it everything that is not drawn."""

from __future__ import annotations

from typing import Any

from karvan.core.case import BESIDE
from karvan.tell import charts
from karvan.tell.blocks import Block, Teller, figure, note, paragraph, section, subheading, table_of
from karvan.tell.language import number, percent

TITLES = {kind: f"sure_title_{kind}" for kind in BESIDE}


def sure(t: Teller) -> Block:
    """The band, the closures, classes, baselines and elasticities beside it, and what each class assumes."""
    w = t.words
    head = ["", *(w.scenario(s) for s in t.scenarios)]
    tables: list[Block] = []
    for kind in BESIDE:
        rows = [
            [label(t, kind, name), *(percent(t.value(f"{kind}.{name}.{s}")) for s in t.scenarios)]
            for name in names(t, kind)
        ]
        if rows:
            tables += [subheading(w(TITLES[kind])), table_of(head, rows, numeric=range(1, len(head)))]
        if kind == "class":
            tables += [note(w("sure_class", name=label(t, kind, c["name"]), source=c["source"])) for c in _classes(t)]
    return section(
        w("sure_heading"),
        paragraph(w("sure_text", draws=number(t.results.sweep.draws), country=t.home)),
        paragraph(_spread(t)),
        figure(_chart(t), w("sure_caption", country=t.home, scenario=w.in_text(t.soft))),
        *tables,
    )


def names(t: Teller, kind: str) -> list[str]:
    """The solves of one kind, in the order they were made."""
    return list(dict.fromkeys(name for k, name, _ in t.results.beside if k == kind))


def label(t: Teller, kind: str, name: str) -> str:
    """How the page calls one solve."""
    if kind == "elasticities":
        return t.words("sure_elasticities", name=t.words.named("elasticities", name))
    return t.words.named(kind, name)


def _classes(t: Teller) -> list[dict[str, Any]]:
    return list(t.case.get("classes", ()))


def _chart(t: Teller) -> Any:
    """The band of the headline scenario behind one dot for each single solve."""
    w, band = t.words, t.claims[f"income.{t.soft}.all.{t.case['country']}"]
    low, high = band.low or band.value, band.high or band.value
    rows = [{"label": w("sure_band"), "part": w("sure_band"), "value": band.value, "low": low, "high": high}]
    for kind in BESIDE:
        part = w("sure_part_data" if kind in ("baseline", "elasticities") else f"sure_part_{kind}")
        for name in names(t, kind):
            value = t.value(f"{kind}.{name}.{t.soft}")
            rows.append({"label": label(t, kind, name), "part": part, "value": value, "low": value, "high": value})
    return charts.ranges(rows, "%", apart=False, shade=(low, high))


def _spread(t: Teller) -> str:
    """The spread over classes and closures for the headline scenario, and which single solves leave the band."""
    w, band = t.words, t.claims[f"income.{t.soft}.all.{t.case['country']}"]
    values = {(k, name): t.value(f"{k}.{name}.{s}") for k, name, s in t.results.beside if k in BESIDE and s == t.soft}
    out = [label(t, *key) for key, v in values.items() if not (band.low or v) <= v <= (band.high or v)]
    ends = {}
    for kind in ("class", "closure"):
        spread = t.claims[f"spread.{kind}.{t.soft}"]
        ends |= {f"{kind}_low": percent(spread.low or 0.0), f"{kind}_high": percent(spread.high or 0.0)}
    text = w("sure_spread", scenario=w.in_text(t.soft), count=len(names(t, "class")), **ends)
    turned = [v for v in values.values() if v * band.value < 0]
    text += " " + (w("sure_sign_turns", count=len(turned)) if turned else w("sure_sign_same", count=len(values)))
    return f"{text} {w('sure_outside', names='; '.join(out)) if out else w('sure_inside')}"
