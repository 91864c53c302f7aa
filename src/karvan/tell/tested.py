"""The model's own past misses, and the estimate behind the border cost: claims, and how the page tells them."""

from __future__ import annotations

from typing import Any

import numpy as np

from karvan.core.case import CaseResults
from karvan.tell.blocks import Block, Teller, note, paragraph, span, subheading, table_of
from karvan.tell.claims import Claim, ranged
from karvan.tell.language import number, percent
from karvan.tell.why import listed

IF_RIGHT = "range: 5 to 95 % of worlds in which the model is exactly right"
IF_NONE = "range: 5 to 95 % of orders of the outcomes, with the middle of that range"
OUTCOME = "one outcome of history"


def tested(results: CaseResults) -> list[Claim]:
    """Compute the claims on back-tests and specifications; none where the case names neither."""
    return [*_backtests(results), *_specifications(results)]


def _backtests(results: CaseResults) -> list[Claim]:
    """Correlation beside that of a right model, outcomes in the band, half width of the band beside the median miss."""
    if "backtests" not in results.tables:
        return []
    found = []
    for row in results.tables["backtests"].to_dicts():
        key, origin = f"backtest.{row['name']}", f"karvan backtest {row['name']}: {row['title']}"
        right = (row["true"], row["true_low"], row["true_high"])
        found.append(ranged(f"{key}.if_right", right, "correlation", f"{origin}; {IF_RIGHT}"))
        none = (0.5 * (row["none_low"] + row["none_high"]), row["none_low"], row["none_high"])
        found.append(ranged(f"{key}.if_none", none, "correlation", f"{origin}; {IF_NONE}"))
        for what, unit in {
            "correlation": "correlation",
            "in_band": "percent of outcomes",
            "half_width": "100 x log of a share",
            "miss": "100 x log of a share",
            "moved": "times the predicted change, medians",
        }.items():
            found.append(Claim(f"{key}.{what}", row[what], None, None, unit, origin, OUTCOME))
    return found


def outcome(row: dict[str, Any]) -> str:
    """Judge a back-test by a stated rule, on the correlation of what happened with what was predicted.

    "failed" below the range of a model that is exactly right; "passed" inside it and outside the range of a change
    without effect; otherwise it "cannot" be told.
    """
    if row["correlation"] < row["true_low"]:
        return "failed"
    return "cannot" if row["correlation"] <= row["none_high"] else "passed"


def misses(t: Teller) -> list[Block]:
    """What the model predicted of the past and what came; nothing where the case names no back-test."""
    if "backtests" not in t.results.tables:
        return []
    w, rows = t.words, t.results.tables["backtests"].to_dicts()
    text = [_told(t, row) for row in rows]
    moved = listed(t, [number(t.value(f"backtest.{row['name']}.moved"), 0) for row in rows])
    band = sorted(t.value(f"backtest.{row['name']}.in_band") for row in rows)
    table = [[w.named("backtest", row["name"]), *_numbers(t, f"backtest.{row['name']}")] for row in rows]
    head = [w(f"col_{k}") for k in ("backtest", "correlation", "if_right", "if_none", "in_band", "half_width", "miss")]
    return [
        subheading(w("backtest_heading")),
        paragraph(" ".join([w("backtest_text", count=number(len(rows))), *text])),
        paragraph(w("backtest_band", low=number(band[0], 1), high=number(band[-1], 1), moved=moved)),
        table_of(head, table, numeric=range(1, 7)),
        note(w("backtest_method", page=t.case["backtests"]["page"])),
        {"kind": "code", "text": "\n".join(f"karvan backtest {row['name']}" for row in rows)},
    ]


def _told(t: Teller, row: dict[str, Any]) -> str:
    """The outcome of one back-test in a sentence."""
    w, title = t.words, _lower(t.words.named("backtest", row["name"]))
    if outcome(row) != "failed":
        return w(f"backtest_{outcome(row)}", title=title)
    ends = {k: number(row[f"true_{k}"], 2, sign=True) for k in ("low", "high")}
    what = w("backtest_as_none" if row["correlation"] >= row["none_low"] else "backtest_as_other")
    return w("backtest_failed", title=title, correlation=number(row["correlation"], 2, sign=True), what=what, **ends)


def _numbers(t: Teller, key: str) -> list[Any]:
    right, none = t.claims[f"{key}.if_right"], t.claims[f"{key}.if_none"]
    return [
        number(t.value(f"{key}.correlation"), 2, sign=True),
        (number(right.value, 2, sign=True), span(right.low or 0.0, right.high or 0.0, 2)),
        span(none.low or 0.0, none.high or 0.0, 2),
        percent(t.value(f"{key}.in_band"), 1).removeprefix("+"),
        f"± {number(t.value(f'{key}.half_width'), 1)}",
        number(t.value(f"{key}.miss")),
    ]


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


def _specifications(results: CaseResults) -> list[Claim]:
    """The coefficient by the year in which its sample starts, and its leads, in logs of trade."""
    if "specifications" not in results.tables:
        return []
    table = results.tables["specifications"]
    return [
        ranged(_key(row), (row["b"], row["low"], row["high"]), "log of trade", table.title) for row in table.to_dicts()
    ]


def _key(row: dict[str, Any]) -> str:
    return f"specification.{row['specification']}.{row['from']}.{row['coefficient']}"


def specifications(t: Teller) -> list[Block]:
    """The estimate by start year with its leads, and what they mean; nothing where the case names none."""
    if "specifications" not in t.results.tables:
        return []
    w, given = t.words, t.case["border_evidence"]
    rows = t.results.tables["specifications"].to_dicts()
    own = [r for r in rows if r["specification"] == given["sample"]]
    leads = [r for r in rows if r["coefficient"] != given["coefficient"]]
    table = [[w("estimate_from", year=r["from"]), t.cell(_key(r))] for r in own]
    table += [[w("estimate_before", years=_years(r)), t.cell(_key(r))] for r in leads]
    zero = sum(r["low"] < 0 < r["high"] for r in own)
    text = []
    if zero:
        key = "estimate_zero_all" if zero == len(own) else "estimate_zero"
        text.append(w(key, count=number(zero), total=number(len(own))))
    falling = [r for r in leads if r["high"] < 0]
    if falling:
        text.append(
            w(
                "estimate_leads",
                years=_years(falling[-1]),
                change=percent(100 * float(np.expm1(t.value(_key(falling[-1])))), 0),
            )
        )
    told = [paragraph(" ".join(text))] if text else []
    head = [w("col_specification"), w("col_coefficient")]
    return [*told, table_of(head, table, numeric=(1,)), note(w("estimate_page", page=given["page"]))]


def _years(row: dict[str, Any]) -> str:
    return str(row["coefficient"]).rpartition("lead")[2]
