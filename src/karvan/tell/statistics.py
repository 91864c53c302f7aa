"""The part on the official statistics: do the reports of both sides agree, and which are not plausible?"""

from __future__ import annotations

from typing import Any

from karvan.tell import evidence_charts
from karvan.tell.blocks import Block, Teller, figure, note, paragraph, section, span, table_of
from karvan.tell.language import THIN, number
from karvan.tell.reports import MUCH, key_of, mirror_row, rules_of, shown, times, verdict_statistics, years

LEAST_SHOWN = 0.01  # thousand million USD: the left end of the charts
LARGE = 1000.0  # times: beyond it the number says nothing more
HALF = 50.0  # percent of the compared trade


def statistics(t: Teller) -> Block:
    """What is apart, what it is worth, and what it means for the answer above."""
    w, claim = t.words, t.case.get("claim_statistics")
    charts = [
        figure(
            _chart(t, year),
            w(
                "statistics_caption",
                country=t.home,
                year=year,
                source=_against(t, year),
                least=_million(1000 * LEAST_SHOWN),
            ),
        )
        for year in years(t.results)
    ]
    return section(
        w("statistics_heading"),
        *([] if claim is None else [_judged(t, claim)]),
        *[paragraph(text) for text in _answer(t)],
        *[paragraph(text) for text in _mirrored(t)],
        *charts,
        table_of(*_table(t), numeric=(1, 2, 3)),
        paragraph(_flagged(t)),
        paragraph(_planted(t)),
        note(w("statistics_weak")),
        {"kind": "code", "text": f"karvan mirror {t.case['country']} --year {years(t.results)[-1]}"},
    )


def _judged(t: Teller, claim: Any) -> Block:
    return {
        "kind": "claim",
        "who": t.words("claim_who", source=claim["source"]),
        "text": claim["text"],
        "verdict": t.words(f"verdict_{verdict_statistics(t.results)}"),
        "rule": t.words("statistics_rule"),
        "but": t.words("statistics_but"),
    }


def _answer(t: Teller) -> list[str]:
    """How much of the trade lies in flows that are apart, in each year."""
    w = t.words
    parts = []
    for year in years(t.results):
        share = t.claims.get(f"statistics.apart.{year}")
        if share is not None:
            numbers = {
                "share": _percent(share.value),
                "low": number(share.low or 0.0),
                "high": _percent(share.high or 0),
            }
            count = number(t.value(f"statistics.compared.{year}"))
            covered = {k: _percent(t.value(f"statistics.covered.{k}.{year}")) for k in ("exports", "imports")}
            parts.append(w("statistics_share", year=year, count=count, against=_against(t, year), **numbers, **covered))
    most = max((t.value(k) for k in t.claims if k.startswith("statistics.apart.")), default=0.0) < HALF
    return [w("statistics_most" if most else "statistics_least", country=t.home), " ".join(parts)]


def _against(t: Teller, year: int) -> str:
    """Whose figures most of the shown flows of a year are compared with."""
    whose = [row["whose"] for row in shown(t.results, year)]
    return t.words("against_compiler" if whose.count("compiler") > len(whose) / 2 else "against_partner")


def _mirrored(t: Teller) -> list[str]:
    """The flow that the duty pool hangs on: both figures, what they say together, and what follows for the pool."""
    row = mirror_row(t.results)
    if row is None:
        return []
    w, key = t.words, key_of(row)
    both = {side: _thousand(t.value(f"{key}.{side}")) for side in ("home", "other")}
    value = t.claims[f"{key}.value"]
    ends = {"value": _thousand(value.value), "low": _thousand(value.low or 0.0), "high": _thousand(value.high or 0.0)}
    partner = w.country(row["partner"])
    text = w("statistics_mirror", year=row["year"], country=t.home, partner=partner, **both, **ends, ours=_ours(t, row))
    losing = "losing.with_pool.mirror"
    if "pool.net.mirror" not in t.claims or losing not in t.claims:
        return [text]
    pool = {"net": number(t.value("pool.net"), sign=True), "mirror": number(t.value("pool.net.mirror"), sign=True)}
    return [text, w("statistics_pool", partner=partner, count=number(t.value(losing)), **pool)]


def _ours(t: Teller, row: dict[str, Any]) -> str:
    """The same flow in the world of the case, thousand million USD."""
    n, i = t.world.position(t.case["country"]), t.world.position(row["partner"])
    return _thousand(float(t.world.M[n, i, t.world.goods].sum()))


def _chart(t: Teller, year: int) -> Any:
    w = t.words
    rows = []
    for row in shown(t.results, year):
        value = t.claims[f"{key_of(row)}.value"]
        sides = {side: t.value(f"{key_of(row)}.{side}") / 1000 for side in ("home", "other")}
        ends = {"low": (value.low or 0.0) / 1000, "high": (value.high or 0.0) / 1000}
        rows.append({"label": _label(t, row), **sides, **ends})
    names = (w("reported_home", country=t.home), _other(t, year), w("reported_together"))
    return evidence_charts.reported(rows, names, w("unit_bn"), LEAST_SHOWN)


def _other(t: Teller, year: int) -> str:
    return t.words("reported_compiler" if _against(t, year) == t.words("against_compiler") else "reported_partner")


def _label(t: Teller, row: dict[str, Any]) -> str:
    return t.words(f"flow_{row['flow']}", partner=t.words.country(row["partner"]))


def _table(t: Teller) -> tuple[list[str], list[list[Any]]]:
    w = t.words
    head = [w("col_flow"), w("col_home", country=t.home), w("col_other"), w("col_together"), w("col_plausible")]
    rows: list[list[Any]] = []
    for year in years(t.results):
        rows.append([str(year)])
        rows += [[_label(t, row), *_figures(t, row), _reason(t, row)] for row in shown(t.results, year)]
    return head, rows


def _figures(t: Teller, row: dict[str, Any]) -> list[Any]:
    key = key_of(row)
    value = t.claims[f"{key}.value"]
    other = (_million(t.value(f"{key}.other")), t.words(f"whose_{row['whose']}"))
    together = (_million(value.value), span(value.low or 0.0, value.high or 0.0, 0, sign=False))
    return [_million(t.value(f"{key}.home")), other, together]


def _reason(t: Teller, row: dict[str, Any]) -> str:
    """Why a flow is flagged, in words, or why it is not."""
    w, table = t.words, t.results.tables["statistics.flags"].to_dicts()
    named = {r["rule"]: r for r in table if all(r[k] == row[k] for k in ("year", "partner", "flow"))}
    found = [_flag(t, rule, named[rule]["factor"]) for rule in rules_of(row) if rule in named]
    if found:
        return w("flagged", reasons="; ".join(found))
    return w("flag_none_close" if times(row) < MUCH else "flag_none_usual")


def _flag(t: Teller, rule: str, factor: float) -> str:
    """What a rule found, in words; some rules look both ways."""
    key = f"flag_{rule}_below" if factor < 1 and f"flag_{rule}_below" in t.words.table["text"] else f"flag_{rule}"
    return t.words(key, times=_factor(t, factor))


def _factor(t: Teller, value: float) -> str:
    """How many times one figure is the other, the larger over the smaller."""
    size = max(value, 1 / value) if value > 0 else float("inf")
    if size >= LARGE:
        return t.words("over", value=number(LARGE))
    return number(size, 1 if size < 10 else 0)


def _flagged(t: Teller) -> str:
    parts = []
    for year in years(t.results):
        counts = {k: number(t.value(f"statistics.{k}.{year}")) for k in ("flagged", "flows")}
        parts.append(t.words("statistics_count", year=year, **counts))
    error = t.claims.get(f"statistics.error.{t.case['country']}")
    text = t.words("statistics_flagged", country=t.home, counts=", ".join(parts))
    if error is None:
        return text
    ends = {"low": number(error.low or 0.0), "high": _percent(error.high or 0.0)}
    return f"{text} {t.words('statistics_error', country=t.home, error=_percent(error.value), **ends)}"


def _planted(t: Teller) -> str:
    """Whether the flags find errors that were planted."""
    values: dict[str, str] = {}
    for reports in ("both", "one"):
        claim = t.claims[f"planted.{reports}"]
        values |= {reports: _percent(claim.value), f"{reports}_low": number(claim.low or 0.0)}
        values |= {f"{reports}_high": _percent(claim.high or 0.0)}
        values[f"{reports}_precision"] = _percent(t.value(f"planted.precision.{reports}"))
    return t.words("statistics_planted", **values)


def _percent(value: float) -> str:
    return f"{number(value)}{THIN}%"


def _thousand(value: float) -> str:
    return number(value / 1000, 1)


def _million(value: float) -> str:
    return number(value, 0 if value >= 1 or value == 0 else 1) if value == 0 or value >= 0.05 else "< 0.1"
