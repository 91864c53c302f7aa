"""Claims on re-exports: what went through hubs beyond the usual, how much of the fall it makes up, and a verdict."""

from __future__ import annotations

from typing import Any

from karvan.core.case import CaseResults
from karvan.tell.claims import Claim, ranged

UPPER = "no counterfactual: everything above a year before counts, so an upper end"
COUNTED = "a count"
OBSERVED = "observed, not estimated"
ALONE = "an estimate without a range"


def hubs(results: CaseResults) -> list[Claim]:
    """Compute the claims on re-exports; none where the case has no such evidence."""
    if "reexports.hubs" not in results.tables:
        return []
    return [
        *_excess(results),
        *_levels(results),
        *_offset(results),
        *_products(results),
        *_cars(results),
        *_others(results),
        *_weak(results),
    ]


def _excess(results: CaseResults) -> list[Claim]:
    """Excess by hub, MEUR and percent of what was to be expected, and the upper end."""
    table = results.tables["reexports.hubs"]
    origin = f"{table.title}; against other goods to the same hub"
    found = []
    for row in table.to_dicts():
        hub, usual = row["hub"], row["counterfactual MEUR"]
        values = (row["excess MEUR"], row["low MEUR"], row["high MEUR"])
        found.append(ranged(f"reexports.excess.{hub}", values, "MEUR", origin))
        upper = row["above a year before MEUR"]
        found.append(Claim(f"reexports.excess_upper.{hub}", upper, None, None, "MEUR", table.title, UPPER))
        found.append(Claim(f"reexports.excess_usual.{hub}", usual, None, None, "MEUR", origin, ALONE))
        if hub in results.case["reexports"]["hubs"]:
            found.append(
                Claim(f"reexports.other_goods.{hub}", _boom(results, hub), None, None, "percent", origin, OBSERVED)
            )
    return found


def _levels(results: CaseResults) -> list[Claim]:
    """The excess of the case's country by the other rule for headings that the source has at two levels."""
    table = results.tables["reexports.levels"]
    rows = [
        r for r in table.to_dicts() if r["hub"] == results.case["country"] and "(used)" not in r["a heading is its"]
    ]
    keys = ("excess MEUR", "low MEUR", "high MEUR")
    return [ranged(f"reexports.other_level.{r['hub']}", [r[k] for k in keys], "MEUR", table.title) for r in rows[:1]]


def _boom(results: CaseResults, hub: str) -> float:
    """How much goods that are not listed rose in the mean month, percent."""
    rows = [r for r in results.tables["reexports.monthly"].to_dicts() if r["hub"] == hub]
    first = period(results)[0]
    after = [r["other goods MEUR"] for r in rows if r["month"] >= first]
    before = [r["other goods MEUR"] for r in rows if r["month"] < first]
    return 100 * (sum(after) / len(after) / (sum(before) / len(before)) - 1)


def period(results: CaseResults) -> tuple[str, str]:
    """Return the first and the last month in which an excess is counted, as "2022-03"."""
    months = [r["month"] for r in results.tables["reexports.monthly"].to_dicts() if r["low MEUR"] is not None]
    return min(months), max(months)


def _offset(results: CaseResults) -> list[Claim]:
    """Shares of the fall of direct exports that hubs make up, percent, and the counts of headings."""
    given, table = results.case["reexports"], results.tables["reexports.offset"]
    known = {row["what"]: row for row in table.to_dicts()}
    found = []
    for hub in (*given["hubs"], given["together"], given["union"]):
        main, upper = known[f"{hub}, against other goods"], known[f"{hub}, all above a year before"]
        found.append(
            ranged(f"reexports.offset.{hub}", [main[k] for k in ("value", "low", "high")], "percent", table.title)
        )
        found.append(Claim(f"reexports.offset_upper.{hub}", upper["value"], None, None, "percent", table.title, UPPER))
    fall = known[f"fall of exports to {given['destination']}"]["value"]
    found.append(Claim("reexports.fall", fall, None, None, "MEUR", table.title, "as reported"))
    for name, text in {
        "reexports.headings": "headings with a fall of 1 MEUR or more",
        "reexports.headings.half": "headings of these, offset above 50 %",
        "reexports.headings.half_sure": "headings of these, offset above 50 % and q < 10 %",
    }.items():
        found.append(Claim(name, known[text]["value"], None, None, "headings", table.title, COUNTED))
    return found


def top_products(results: CaseResults) -> list[dict[str, Any]]:
    """Return the headings with the largest excess that could be tested, as many as the case asks for."""
    rows = [r for r in results.tables["reexports.products"].to_dicts() if r["q"] is not None]
    return sorted(rows, key=lambda r: -r["excess MEUR"])[: results.case["reexports"]["top"]]


def _products(results: CaseResults) -> list[Claim]:
    title = results.tables["reexports.products"].title
    found = []
    for row in top_products(results):
        values = (row["excess MEUR"], row["low MEUR"], row["high MEUR"])
        found.append(ranged(f"reexports.product.{row['product']}", values, "MEUR", title))
        how = "share of headings without any excess that would look like this (Benjamini and Hochberg)"
        found.append(Claim(f"reexports.product_q.{row['product']}", 100 * row["q"], None, None, "percent", title, how))
        if row["offset %"] is not None:
            offset = (
                f"reexports.product_offset.{row['product']}",
                row["offset %"],
                None,
                None,
                "percent",
                title,
                ALONE,
            )
            found.append(Claim(*offset))
    return found


def _cars(results: CaseResults) -> list[Claim]:
    """What came in and went out beyond the usual, for products followed on both sides, MUSD."""
    partners = results.tables["reexports.cars_partners"]
    found = []
    for r in partners.to_dicts():
        if r["flow"] == "exports" and len(r["partner"]) == 3 and r["partner"] != "all":
            values = [r[f"{k} MUSD"] for k in ("excess", "low", "high")]
            found.append(ranged(f"reexports.sold.{r['hub']}.{r['partner']}", values, "MUSD", partners.title))
    return found


def _others(results: CaseResults) -> list[Claim]:
    """The numbers of ours that stand beside published ones; the published ones are in the table that the page shows."""
    table = results.tables["reexports.published"]
    origin = f"stored result {results.case['reexports']['evidence']}, beside the published figure"
    found = []
    for k, row in enumerate(table.to_dicts(), 1):
        unit = "percent" if row["unit"] == "%" else row["unit"]
        reason = "" if row["low"] is not None else ALONE
        found.append(Claim(f"reexports.ours_beside.{k}", row["ours"], row["low"], row["high"], unit, origin, reason))
    return found


def _weak(results: CaseResults) -> list[Claim]:
    """What speaks against the estimate: leads that are not flat, and the excess at a placebo date."""
    effects, placebo = results.tables["reexports.effects"], results.tables["reexports.placebo"]
    first = effects.to_dicts()[0]
    found = [
        Claim("reexports.leads", first["largest lead %"], None, None, "percent", effects.title, "the largest of all")
    ]
    misses = [r["found"] for r in placebo.to_dicts() if r["what"].startswith("excess of ")]
    span = [sum(misses) / len(misses), min(misses), max(misses)]
    found.append(ranged("reexports.placebo", span, "percent", f"{placebo.title}; range: hubs"))
    for row in placebo.to_dicts():
        hub = row["what"].removeprefix("excess of ")[:3]
        if row["what"].startswith("excess of ") and hub in results.case["reexports"]["hubs"]:
            found.append(
                Claim(
                    f"reexports.placebo.{hub}", row["found"], None, None, "percent", placebo.title, "one placebo date"
                )
            )
    return found


def verdict_reexports(results: CaseResults) -> str:
    """Judge "goods are re-exported" by a stated rule, on the excess against other goods with its range.

    "supported" if the whole range lies above zero for the hubs together, and for the case's country where it is one of
    them; "partly" if it does for the hubs together or for some hub; "not" if for the hubs together the whole range lies
    below zero; otherwise it "cannot" be told.
    """
    given = results.case["reexports"]
    found = {r["hub"]: r for r in results.tables["reexports.hubs"].to_dicts()}
    together = found[given["together"]]
    sure = [hub for hub in given["hubs"] if found[hub]["low MEUR"] > 0]
    if together["low MEUR"] > 0 and (results.case["country"] in sure or results.case["country"] not in given["hubs"]):
        return "supported"
    if together["low MEUR"] > 0 or sure:
        return "partly"
    return "not" if together["high MEUR"] < 0 else "cannot"
