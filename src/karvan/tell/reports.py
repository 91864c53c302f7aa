"""Claims on the official statistics: reports of both sides, what they say together, flags, and a verdict."""

from __future__ import annotations

from typing import Any

from karvan.core.case import CaseResults
from karvan.tell.claims import Claim, ranged

LEAST = 10.0  # MUSD: a flow is compared where a report is at least so large
APART, LITTLE, MUCH = 1.25, 1.1, 2.0  # times: how far apart two figures of one flow lie
FEW = 10  # compared flows below which nothing is said
REPORTED = "as reported"
COUNTED = "a count of stored flows"
SPREAD = "range: figures that are double, and figures that are a tenth apart"


def reports(results: CaseResults) -> list[Claim]:
    """Compute the claims on the statistics of the case's country; none where the case has no such evidence."""
    if "statistics.flows" not in results.tables:
        return []
    found = []
    for year in years(results):
        found += [*_year(results, year), *(claim for row in shown(results, year) for claim in _flow(row))]
    mirrored = mirror_row(results)
    if mirrored is not None and mirrored not in shown(results, mirrored["year"]):
        found += _flow(mirrored)
    return [*found, *_quality(results), *_planted(results)]


def years(results: CaseResults) -> list[int]:
    """Return the years that the case compares."""
    return sorted({row["year"] for row in _rows(results)})


def _rows(results: CaseResults) -> list[dict[str, Any]]:
    return results.tables["statistics.flows"].to_dicts()


def compared(results: CaseResults, year: int) -> list[dict[str, Any]]:
    """Return the flows of a year with two figures, the larger gap first."""
    rows = [r for r in _rows(results) if r["year"] == year and None not in (r["home"], r["other"])]
    rows = [r for r in rows if max(r["home"], r["other"]) >= LEAST]
    return sorted(rows, key=lambda r: -abs(r["other"] - r["home"]))


def shown(results: CaseResults, year: int) -> list[dict[str, Any]]:
    """Return the flows that the page shows: as many as the case asks for, the largest gaps first."""
    return compared(results, year)[: results.case["statistics"]["top"]]


def mirror_row(results: CaseResults) -> dict[str, Any] | None:
    """Return the flow behind the mirror calibration of the duty pool in the world's year, if both sides report it."""
    partner = results.case.get("pool_mirror", {}).get("partner")
    rows = [r for r in compared(results, results.world.year or 0) if (r["partner"], r["flow"]) == (partner, "imports")]
    return rows[0] if rows else None


def key_of(row: dict[str, Any]) -> str:
    """Return the beginning of the keys of a flow's claims."""
    return f"reported.{row['year']}.{row['flow']}.{row['partner']}"


def rules_of(row: dict[str, Any]) -> list[str]:
    """Return the rules by which a flow is flagged."""
    return [rule for rule in row["rules"].split(", ") if rule]


def times(row: dict[str, Any]) -> float:
    """Return how many times the smaller figure the larger one is; infinite where one side reports nothing."""
    low, high = sorted((row["home"], row["other"]))
    return float("inf") if low == 0 else float(high / low)


def _flow(row: dict[str, Any]) -> list[Claim]:
    key, origin = key_of(row), row["sources"]
    both = [Claim(f"{key}.{side}", row[side], None, None, "MUSD", origin, REPORTED) for side in ("home", "other")]
    gap = Claim(f"{key}.gap", row["other"] - row["home"], None, None, "MUSD", origin, REPORTED)
    together = f"{origin}; reconciled by quality of the reports, 5 to 95 %"
    return [*both, gap, ranged(f"{key}.value", (row["value"], row["low"], row["high"]), "MUSD", together)]


def _year(results: CaseResults, year: int) -> list[Claim]:
    """How much of the trade is apart, how many flows are compared, and how many are flagged."""
    rows = compared(results, year)
    everything = [r for r in _rows(results) if r["year"] == year]
    flagged = sum(bool(r["rules"]) for r in everything)
    counts = {"compared": len(rows), "flows": len(everything), "flagged": flagged}
    origin = results.tables["statistics.flows"].title
    found = [Claim(f"statistics.{k}.{year}", v, None, None, "flows", origin, COUNTED) for k, v in counts.items()]
    if rows:
        share = [_apart(rows, by) for by in (APART, MUCH, LITTLE)]
        by_mean = f"{origin}, flows weighted by the mean of both figures; {SPREAD}"
        found.append(ranged(f"statistics.apart.{year}", share, "percent of compared trade", by_mean))
        for flow in ("exports", "imports"):
            covered = _covered(rows, everything, flow)
            key = f"statistics.covered.{flow}.{year}"
            found.append(Claim(key, covered, None, None, "percent of its own report", origin, COUNTED))
    return found


def _apart(rows: list[dict[str, Any]], by: float) -> float:
    """The part of trade (mean of both figures) in flows whose figures are more than so many times apart, percent."""
    total = sum(r["home"] + r["other"] for r in rows)
    return 100 * float(sum(r["home"] + r["other"] for r in rows if times(r) > by)) / total


def _covered(rows: list[dict[str, Any]], everything: list[dict[str, Any]], flow: str) -> float:
    """The part of what the country itself reports that has a second figure, percent."""
    parts = (sum(r["home"] for r in some if r["flow"] == flow and r["home"]) for some in (rows, everything))
    compared, total = parts
    return 100 * float(compared / total) if total else 0.0


def _quality(results: CaseResults) -> list[Claim]:
    table = results.tables["statistics.quality"]
    rows = [row for row in table.rows if row[0] == results.case["country"]]
    origin = "gaps between reports of all pairs, 5 to 95 %"
    return [ranged(f"statistics.error.{row[0]}", row[1:], "percent of a report of 100 MUSD", origin) for row in rows]


def _planted(results: CaseResults) -> list[Claim]:
    """Share of planted errors that the flags find, and share of new flags that are such errors, percent."""
    found = []
    for row in results.tables["statistics.planted"].to_dicts():
        values = (row["found"], row["lowest"], row["highest"])
        found.append(ranged(f"planted.{row['reports']}", values, "percent", f"{row['source']}; range: kinds of error"))
        key = f"planted.precision.{row['reports']}"
        found.append(Claim(key, row["precision"], None, None, "percent", row["source"], "one experiment"))
    return found


def verdict_statistics(results: CaseResults) -> str:
    """Judge "the official figures do not match" by a stated rule, on the trade of each year that has two figures.

    "supported" if in every year more than half of that trade lies in flows whose two figures are more than a quarter
    apart; "not" if in every year less than a tenth does; "cannot" if in some year fewer than ten flows have two
    figures; otherwise "partly".
    """
    rows = [compared(results, year) for year in years(results)]
    if not rows or min(map(len, rows)) < FEW:
        return "cannot"
    shares = [_apart(year, APART) for year in rows]
    if min(shares) > 50:
        return "supported"
    return "not" if max(shares) < 10 else "partly"
