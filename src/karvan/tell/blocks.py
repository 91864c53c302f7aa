"""The pieces a page is made of, and the teller that fills them from claims in one language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from karvan.core.case import CaseResults
from karvan.tell import charts
from karvan.tell.claims import Claim, leaving
from karvan.tell.language import Words, number, percent

Block = dict[str, Any]


class Teller:
    """The results of a case, its claims by key, and the words of one language."""

    def __init__(self, results: CaseResults, claims: Sequence[Claim], words: Words) -> None:
        self.results, self.words = results, words
        self.claims: Mapping[str, Claim] = {c.key: c for c in claims}
        self.case, self.world = results.case, results.world
        self.home = words.country(self.case["country"])
        self.soft, self.scenarios = self.case["headline"], results.sweep.scenarios
        self.language = words.language
        self._parts: dict[str, Words] = {}

    def part(self, name: str) -> Words:
        """Return the words of a part of the brief that has its own catalogue."""
        if name not in self._parts:
            self._parts[name] = Words(self.language, name)
        return self._parts[name]

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
        return text, span(c.low, c.high, digits, sign=change)

    @property
    def exits(self) -> list[str]:
        """The scenarios that leave the bloc."""
        return leaving(self.results)


def span(low: float, high: float, digits: int, *, sign: bool = True) -> str:
    """Write a range; the sign of both ends is shown when asked for or when they differ."""
    sign = sign or low < 0
    return f"{number(low, digits, sign=sign)} … {number(high, digits, sign=sign)}"


def rounded(value: float) -> float:
    """Two significant figures are all that such a number carries."""
    if value == 0:
        return 0.0
    size = 10 ** (int(np.floor(np.log10(abs(value)))) - 1)
    return float(round(value / size) * size)


def section(heading: str, *blocks: Block, short: str = "") -> Block:
    """A part of the page with its heading, and its answer in a few words for the list of contents."""
    return {"heading": heading, "blocks": list(blocks), "short": short}


def paragraph(text: str) -> Block:
    """A paragraph."""
    return {"kind": "text", "text": text}


def subheading(text: str) -> Block:
    """A heading inside a part."""
    return {"kind": "title", "text": text}


def note(text: str) -> Block:
    """A line in small type."""
    return {"kind": "small", "text": text}


def figure(draw: Any, caption: str) -> Block:
    """A chart at two widths, with its caption."""
    return picture(charts.both(draw, caption), caption)


def picture(svg: str, caption: str, *, fold: str = "") -> Block:
    """A drawing at two widths with its caption; `fold` is what it says while it is closed."""
    return {"kind": "chart", "svg": svg, "caption": caption, "fold": fold}


def table_of(
    columns: Sequence[str], rows: Sequence[Sequence[Any]], *, numeric: Any = (), words: bool = False, fold: str = ""
) -> Block:
    """A table; `numeric` columns stand right, `words` marks a table of sentences, `fold` is what a closed one says."""
    named = {"columns": list(columns), "rows": rows, "numeric": list(numeric)}
    return {"kind": "table", **named, "words": words, "fold": fold}
