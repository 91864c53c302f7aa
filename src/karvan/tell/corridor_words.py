"""The words of the parts on borders and corridors, in one language: countries, links, goods and numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from karvan.tell.blocks import Teller, rounded
from karvan.tell.claims import Claim
from karvan.tell.corridor_claims import rows_of
from karvan.tell.language import THIN
from karvan.tell.map.land import country_name, place_name
from karvan.tell.map.lines import DASHES
from karvan.tell.picture import figures

SMALL = 0.1  # percent: below it a third digit is shown
WATER = ("sea", "feeder", "tanker")


class Voice:
    """The catalogue of the part, with that of maps for what both name."""

    def __init__(self, t: Teller) -> None:
        self.t, self.words, self.map = t, t.part("corridors"), t.part("map")
        self.language = t.language
        self.home, self.own = self.country(t.case["country"]), self.of(t.case["country"])
        self._places = {row["place"]: row["name"] for row in rows_of(t.results, "named")}

    def __call__(self, key: str, **values: Any) -> str:
        """Return a message with its placeholders filled."""
        return self.words(key, **values)

    def country(self, code: str) -> str:
        """Return the name of a country, or of a group of countries of the world."""
        return self.words.named("group", code) if self.words.named("group", code) != code else self._single(code)

    def _single(self, code: str) -> str:
        return country_name(code, self.language)

    def of(self, code: str) -> str:
        """Return the name of a country as it stands after "of" or "from", where a language has such a form."""
        found = self.words.named("of", code)
        return self.country(code) if found == code else found

    def subject(self, code: str) -> str:
        """Return the name of a country as it stands before its verb, where a language has such a form."""
        found = self.words.named("subject", code)
        return self.country(code) if found == code else found

    def named(self, table: str, name: str) -> str:
        """Return the display name of something in one of the catalogue's tables."""
        return self.words.named(table, name)

    def cargo(self, name: str) -> str:
        """Return the name of a cargo."""
        return self.map.named("cargo", name)

    def corridors(self, text: str) -> str:
        """Return the names of the corridors of a route."""
        from karvan.tell.route_card import corridor_names

        return corridor_names(text, self.map)

    def place(self, code: str) -> str:
        """Return the name of a place."""
        return place_name(self._places.get(code, code), self.language)

    def link(self, name: str) -> str:
        """Return the name of a link: its two ends, and by what."""
        ends, _, mode = name.partition(" ")
        start, end = (self.place(code) for code in ends.split("-"))
        drawn = "sea" if mode in WATER else mode
        by = f" ({self.map(f'mode_{drawn}').lower()})" if drawn in DASHES or drawn == "rail" else ""
        return f"{start} – {end}{by}"

    def number(self, value: float, digits: int = 0, *, sign: bool = False) -> str:
        """Write a number as its readers do."""
        return figures(value, digits, self.language, sign=sign)

    def percent(self, value: float, digits: int = 2, *, sign: bool = False) -> str:
        """Write a percentage."""
        return f"{self.number(value, digits, sign=sign)}{THIN}%"

    def money(self, value: float, *, sign: bool = False) -> str:
        """Write an amount with the two figures that it carries."""
        size = abs(value)
        return self.number(rounded(value), 0 if size >= 10 else 1 if size >= 0.1 else 2, sign=sign)

    def change(self, claim: Claim, prefix: str = "") -> dict[str, str]:
        """Value, low and high of a change in percent."""
        digits = 3 if abs(claim.value) < SMALL else 2
        low, high = sorted((claim.low or 0.0, claim.high or 0.0))
        return {
            f"{prefix}value": self.percent(claim.value, digits, sign=True),
            f"{prefix}low": self.number(low, digits, sign=True),
            f"{prefix}high": self.number(high, digits, sign=True),
        }

    def sums(self, claim: Claim, prefix: str = "", *, sign: bool = False) -> dict[str, str]:
        """Value, low and high of an amount of money."""
        ends = {"value": claim.value, "low": claim.low or 0.0, "high": claim.high or 0.0}
        return {f"{prefix}{name}": self.money(v, sign=sign) for name, v in ends.items()}


def joined(parts: Sequence[str]) -> str:
    """Join parts of a sentence that have commas in themselves."""
    return "; ".join(parts)
