"""Evidence a case asks for by name: mirror statistics, re-exports, corridors, back-tests, its estimate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from karvan.backtests import backtest
from karvan.cases import evidence_corridors, evidence_money
from karvan.core.errors import SourceError
from karvan.core.labels import suggest
from karvan.core.table import Table
from karvan.data import evidence, evidence_mirror

KEYS = {
    "statistics": ("evidence", "years", "top", "planted"),
    "reexports": ("evidence", "destination", "hubs", "together", "union", "top", "cars"),
    "border_evidence": ("evidence", "coefficient", "sample", "leads", "page"),
    "backtests": ("names", "page"),
    "corridors": evidence_corridors.KEYS,
    "money_evidence": evidence_money.KEYS,
}
REEXPORTS = (
    "hubs",
    "monthly",
    "products",
    "offset",
    "effects",
    "placebo",
    "levels",
    "cars_partners",
    "published",
)
FLOWS = ("year", "partner", "flow", "home", "other", "whose", "value", "low", "high", "rules", "sources")
FLAGS = ("year", "partner", "flow", "rule", "observed", "expected", "factor")
FLAGS_FROM = ("observed_musd", "expected_musd", "factor")
PLANTED = ("reports", "lowest", "found", "highest", "precision", "source")
BACKTEST = (
    "name", "title", "cells", "correlation", "true_low", "true", "true_high", "none_low", "none_high", "in_band",
    "half_width", "miss", "moved",
)  # fmt: skip


def found_elsewhere(case: Mapping[str, Any]) -> dict[str, Table]:
    """Return the tables of evidence that the case file names; none of them for a case that names none.

    Raises
    ------
    SourceError
        A key is unknown or missing, or no such evidence comes with karvan.
    """
    makers = {
        "statistics": statistics,
        "reexports": reexports,
        "border_evidence": estimates,
        "backtests": backtests,
        "corridors": evidence_corridors.corridors,
        "money_evidence": evidence_money.money,
    }
    tables: dict[str, Table] = {}
    for name, make in makers.items():
        if name in case:
            _checked(case, name)
            tables |= make(case)
    return tables


def _checked(case: Mapping[str, Any], name: str) -> None:
    given, known = case[name], KEYS[name]
    wrong = [key for key in given if key not in known]
    missing = [key for key in known if key not in given]
    if wrong or missing:
        fault = f"unknown key {wrong[0]!r}.{suggest(wrong[0], known)}" if wrong else f"missing: {', '.join(missing)}"
        raise SourceError(f"case {case['name']}, {name}: {fault}")


def statistics(case: Mapping[str, Any]) -> dict[str, Table]:
    """Every flow of the case's country in the years asked for, seen from there, with its flags; MUSD.

    `home` is what the country reports, `other` what the partner reports, or where that is not at hand what a compiler
    does (`whose`); `value`, `low`, `high` are reconciled out of both.
    """
    given, home = case["statistics"], case["country"]
    _named(case, "statistics", evidence_mirror.NAME)
    years = {str(year) for year in given["years"]}
    kept = {
        name: [r for r in evidence_mirror.stored(name) if r["year"] in years and home in (r["exporter"], r["importer"])]
        for name in ("flows", "flags")
    }
    titles = {r["source"]: r["title"] for r in evidence_mirror.stored("sources")}
    empty = sorted(years - {r["year"] for r in kept["flows"]})
    if empty:
        raise SourceError(f"case {case['name']}, statistics: {given['evidence']} has no flow of {', '.join(empty)}")
    quality = [
        (r["reporter"], *(float(r[f"error_percent{end}"]) for end in ("", "_lo", "_hi")))
        for r in evidence_mirror.stored("quality")
    ]
    flags = tuple(
        (int(r["year"]), *_seen(r, home)[:2], r["rule"], *(_number(r[c]) for c in FLAGS_FROM)) for r in kept["flags"]
    )
    planted = tuple(
        (p["reports"], min(p["found"]), sum(p["found"]) / len(p["found"]), max(p["found"]), p["precision"], p["source"])
        for p in given["planted"]
    )
    return {
        "statistics.flows": Table(
            FLOWS, tuple(_flow(r, home, titles) for r in kept["flows"]), f"Trade of {home}, MUSD"
        ),
        "statistics.flags": Table(FLAGS, flags, f"Figures of trade of {home} that are not plausible"),
        "statistics.quality": Table(("reporter", "error", "low", "high"), tuple(quality), "Error of a report, percent"),
        "statistics.planted": Table(PLANTED, planted, "Planted errors that the flags find, percent"),
    }


def _flow(row: Mapping[str, str], home: str, titles: Mapping[str, str]) -> tuple[Any, ...]:
    partner, flow, mine, theirs = _seen(row, home)
    own, other = _number(row[f"{mine}_musd"]), _number(row[f"{theirs}_musd"])
    whose = "partner"
    if other is None:
        other, whose = _number(row["compiled_musd"]), "compiler"
    sides = (mine, theirs if whose == "partner" else "compiled")
    named = (row[f"source_{side}"].partition(":")[0] for side in sides)
    sources = "; ".join(titles[name] for name in named if name)
    reconciled = (_number(row[c]) for c in ("value_musd", "lo", "hi"))
    return (int(row["year"]), partner, flow, own, other, whose, *reconciled, row["rules"], sources)


def _seen(row: Mapping[str, str], home: str) -> tuple[str, str, str, str]:
    """Partner, flow, and which side of the row is the country's own and which the partner's."""
    if row["exporter"] == home:
        return row["importer"], "exports", "exporter", "importer"
    return row["exporter"], "imports", "importer", "exporter"


def _number(text: str) -> float | None:
    return float(text) if text else None


def reexports(case: Mapping[str, Any]) -> dict[str, Table]:
    """Tables of the stored estimate of re-exports that the case names, under "reexports."."""
    given = case["reexports"]
    found = evidence.read(given["evidence"])
    hubs = [row[0] for row in found.table("hubs").rows]
    for name in (*given["hubs"], given["together"], given["union"]):
        if name not in hubs:
            raise SourceError(f"case {case['name']}, reexports: no hub {name!r}.{suggest(name, hubs)}")
    return {f"reexports.{name}": found.table(name) for name in REEXPORTS}


def estimates(case: Mapping[str, Any]) -> dict[str, Table]:
    """The specifications behind the border cost: those of the case's sample, and its leads."""
    given = case["border_evidence"]
    table = evidence.read(given["evidence"]).table("specifications")
    keep = ("specification", "from", "coefficient", "b", "se", "low", "high")
    rows = tuple(tuple(row[k] for k in keep) for row in table.to_dicts() if _of(given, row))
    if not rows:
        raise SourceError(f"case {case['name']}, border_evidence: no specification has {given['coefficient']!r}")
    return {"specifications": Table(keep, rows, table.title)}


def _of(given: Mapping[str, Any], row: Mapping[str, Any]) -> bool:
    own = row["coefficient"] == given["coefficient"] and row["specification"] == given["sample"]
    return bool(own or (row["specification"] == given["leads"] and row["coefficient"].startswith(given["coefficient"])))


def backtests(case: Mapping[str, Any]) -> dict[str, Table]:
    """The headlines of the back-tests that the case names; correlations -1..1, distances 100 x log of a share."""
    return {"backtests": Table(BACKTEST, tuple(map(_headline, case["backtests"]["names"])), "Back-tests")}


def _headline(name: str) -> tuple[Any, ...]:
    result = backtest(name)
    h = result.headline
    true, none = h["correlation_if_true"], h["correlation_if_no_effect"]
    sizes: Sequence[float] = (100 * h["in_band"], h["half_width"], h["miss"], h["happened_size"] / h["predicted_size"])
    return (name, result.title, h["cells"], h["correlation"], *true, *none, *sizes)


def _named(case: Mapping[str, Any], part: str, known: str) -> None:
    name = case[part]["evidence"]
    if name != known:
        raise SourceError(f"case {case['name']}, {part}: no stored result {name!r}.{suggest(name, (known,))}")
