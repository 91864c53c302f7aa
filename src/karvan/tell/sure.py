"""How sure: the band of parameters, and outside it everything that is not drawn."""

from __future__ import annotations

from typing import Any

from karvan.core.case import BESIDE
from karvan.tell import charts
from karvan.tell.blocks import Block, Teller, figure, paragraph, section, table_of
from karvan.tell.language import number, percent


def sure(t: Teller) -> Block:
    """The band, and beside it closures, classes, baselines and elasticities; what each class assumes."""
    w = t.words
    head = ["", *(w.scenario(s) for s in t.scenarios)]
    return section(
        w("sure_heading"),
        paragraph(w("sure_text", draws=number(t.results.sweep.draws), country=t.home)),
        paragraph(_spread(t)),
        figure(_chart(t), w("sure_caption", country=t.home, scenario=w.in_text(t.soft))),
        table_of(head, [row for kind in BESIDE for row in _rows(t, kind)], numeric=range(1, len(head))),
    )


def _rows(t: Teller, kind: str) -> list[list[Any]]:
    """A line that names the kind, then one row for each solve; a class of model says what it assumes."""
    entries = {"class": "classes", "border": "borders"}.get(kind, "")
    why = {c["name"]: c["source"] for c in t.case.get(entries, ())}
    found = [
        [(label(t, kind, name), why.get(name, "")), *(_cell(t, f"{kind}.{name}.{s}") for s in t.scenarios)]
        for name in names(t, kind)
    ]
    return [[t.words(f"sure_title_{kind}")], *found] if found else []


def _cell(t: Teller, key: str) -> str:
    return percent(t.value(key)) if key in t.claims else t.words("not_varied")


def names(t: Teller, kind: str) -> list[str]:
    """The solves of one kind, in the order they were made."""
    return list(dict.fromkeys(name for k, name, _ in t.results.beside if k == kind))


def label(t: Teller, kind: str, name: str) -> str:
    """How the page calls one solve."""
    return t.words.named(kind, name)


def _chart(t: Teller) -> Any:
    """The band of the headline scenario behind a dot for each single solve; classes have a line each."""
    w, band = t.words, t.claims[f"income.{t.soft}.all.{t.case['country']}"]
    low, high = band.low or band.value, band.high or band.value
    rows = [{"label": w("sure_band"), "part": "band", "value": band.value, "low": low, "high": high}]
    for kind in BESIDE:
        for name in names(t, kind):
            if f"{kind}.{name}.{t.soft}" not in t.claims:
                continue
            value = t.value(f"{kind}.{name}.{t.soft}")
            line = label(t, kind, name) if kind in ("class", "baseline") else w(f"sure_title_{kind}")
            rows.append({"label": line, "part": kind, "value": value, "low": value, "high": value})
    return charts.ranges(rows, "%", apart=False, shade=(low, high))


def _spread(t: Teller) -> str:
    """The spread over classes and closures for the headline scenario, and which single solves leave the band."""
    w, band = t.words, t.claims[f"income.{t.soft}.all.{t.case['country']}"]
    values = {(k, name): t.value(f"{k}.{name}.{s}") for k, name, s in t.results.beside if k in BESIDE and s == t.soft}
    out = [
        w.named("border_in_text" if key[0] == "border" else key[0], key[1])
        for key, v in values.items()
        if not (band.low or v) <= v <= (band.high or v)
    ]
    ends: dict[str, str] = {}
    for kind in ("class", "closure"):
        spread = t.claims[f"spread.{kind}.{t.soft}"]
        ends |= {f"{kind}_low": percent(spread.low or 0.0), f"{kind}_high": percent(spread.high or 0.0)}
    text = w("sure_spread", scenario=w.in_text(t.soft), count=len(names(t, "class")), **ends)
    turned = [v for v in values.values() if v * band.value < 0]
    text += " " + (w("sure_sign_turns", count=len(turned)) if turned else w("sure_sign_same", count=len(values)))
    if band.low is not None and band.high is not None and band.low < 0 < band.high:
        text += " " + w("sure_band_turns")
    return f"{text} {w('sure_outside', names='; '.join(out)) if out else w('sure_inside')}"
