"""Telling what was found: claims with their numbers, and one page in a reader's language."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

from karvan.core.archive import write_whole
from karvan.core.case import CaseResults
from karvan.core.errors import SourceError
from karvan.tell.claims import Claim, claims, verdict
from karvan.tell.findings import verdict_exports
from karvan.tell.hubs import verdict_reexports
from karvan.tell.language import Words, catalogue
from karvan.tell.money import verdict_currency, verdict_debt, verdict_external, verdict_fund, verdict_oil
from karvan.tell.reports import verdict_statistics

__all__ = ["Brief", "Claim", "check_target", "tell"]

SUFFIXES = (".html", ".json")
JUDGES = {
    "exports": ("groups", verdict_exports),
    "statistics": ("statistics.flows", verdict_statistics),
    "reexports": ("reexports.hubs", verdict_reexports),
    "fund": ("money_evidence", verdict_fund),
    "oil": ("money_evidence", verdict_oil),
    "debt": ("money_evidence", verdict_debt),
    "external": ("money_evidence", verdict_external),
    "currency": ("money_evidence", verdict_currency),
}


@dataclass(frozen=True, eq=False)
class Brief:
    """An ordered list of claims, told as a page (`.html`) or as data (`.json`)."""

    claims: tuple[Claim, ...]
    results: CaseResults = field(repr=False)

    def save(self, path: str | Path, language: str = "en") -> None:
        """Write the brief in a language; the file is written whole or not at all.

        Raises
        ------
        SourceError
            No messages in that language, or the file's suffix is neither .html nor .json.
        """
        check_target(path, language)
        write_whole(Path(path), self.html(language) if Path(path).suffix == ".html" else self.json())

    def html(self, language: str = "en") -> str:
        """Return the page."""
        from karvan.tell import content, render

        teller = content.Teller(self.results, self.claims, Words(language))
        return render.html(content.page(teller), language)

    def json(self) -> str:
        """Return the claims and the record as JSON."""
        case = self.results.case
        judged = {"claim": case["claim"], "verdict": verdict(self.results)}
        for name, (needed, judge) in JUDGES.items():
            if f"claim_{name}" in case and (needed in case or needed in self.results.tables):
                judged |= {f"claim_{name}": case[f"claim_{name}"], f"verdict_{name}": judge(self.results)}
        data = {"record": dict(self.results.record), **judged, "claims": [c.to_dict() for c in self.claims]}
        return json.dumps(data, ensure_ascii=False, indent=1, allow_nan=False) + "\n"


def tell(results: CaseResults) -> Brief:
    """Turn the results of a case into a brief; refuses results that are not converged."""
    return Brief(claims(results), results)


def check_target(path: str | Path, language: str) -> None:
    """Refuse a language without messages or a file name that says no known format, before any work is done."""
    catalogue(language)
    if Path(path).suffix not in SUFFIXES:
        raise SourceError(f"{path}: a brief is written as {' or '.join(SUFFIXES)}; choose one of these endings")
    if not (Path(path).parent or Path()).is_dir():
        raise SourceError(f"{path}: the folder {Path(path).parent} does not exist")
