"""Words of the parts on money in the reader's language: numbers, shares, dates, and the block of a claim."""

from __future__ import annotations

from typing import Any

from karvan.tell.blocks import Block, Teller
from karvan.tell.claims import Claim
from karvan.tell.language import THIN, number

TO = "–\u2060"  # between the ends of a range, where a line must not break
STARTS = ("{own", "{neighbour")  # names of currencies are written small, also where a sentence begins


class Say:
    """The teller of the parts on money: `say("key", ...)` fills a message, other methods write numbers."""

    def __init__(self, t: Teller) -> None:
        self.t, self.words = t, t.part("money")

    def __call__(self, key: str, **values: Any) -> str:
        """Return a message with its placeholders filled; years carry the ending that the language gives them."""
        raw = str(self.words.table["text"].get(key, ""))
        text = self.words(key, **{k: self._year(v) for k, v in values.items()}).replace(" %", f"{THIN}%")
        return text[:1].upper() + text[1:] if raw.startswith(STARTS) else text

    def _year(self, value: Any) -> Any:
        if isinstance(value, bool) or not isinstance(value, int) or not 1900 <= value <= 2200:
            return value
        table, digits = self.words.table.get("ordinal", {}), str(value)
        return digits + str(table.get(digits[-2:], table.get(digits[-1:], "")))

    def named(self, table: str, name: str) -> str:
        """Return the display name of something, or the name itself where the language has none."""
        return self.words.named(table, name)

    def bn(self, value: float, digits: int = 1, *, sign: bool = False) -> str:
        """Million as thousand million."""
        return number(value / 1000, digits, sign=sign)

    def claim_bn(self, key: str) -> str:
        """The value of a claim in MUSD as thousand million."""
        return self.bn(self.t.value(key))

    def share(self, claim: Claim, digits: int = 0) -> str:
        """A claim in percent, as a range where its ends differ."""
        low, high = claim.value if claim.low is None else claim.low, claim.value if claim.high is None else claim.high
        ends = [number(v, digits) for v in (low, high)]
        return f"{ends[0] if ends[0] == ends[1] else TO.join(ends)}{THIN}%"

    def ends(self, claim: Claim, digits: int = 0, *, scale: float = 1.0, sign: bool = False) -> dict[str, str]:
        """Value, low and high of a claim."""
        values = {"value": claim.value, "low": claim.low or 0.0, "high": claim.high or 0.0}
        return {k: number(v * scale, digits, sign=sign) for k, v in values.items()}

    def date(self, text: str) -> str:
        """A day written 2023-01-01, in words."""
        year, month, day = text.split("-")
        return self("date", year=year, month=self.named("month_of", month), day=int(day))

    def month(self, text: str) -> str:
        """The month of a day written 2023-01-01, in words."""
        return self("month_year", year=text[:4], month=self.named("month", text[5:7]))

    def per_household(self, local: float) -> str:
        """An amount of local money, in millions, over all households of the case."""
        money = self.t.case["money"]
        households = money["population_million"] / money["household_size"]
        return number(round(local / households, -3))

    def currency(self, form: str = "currency", code: str | None = None) -> str:
        """The name of a currency in one of the forms that a language has; the case's own by default."""
        code = code or self.t.case["money"]["currency"]
        found = self.named(form, code)
        return self.named("currency", code) if found == code else found

    def judged(self, name: str, verdict: str, rule: str, but: str = "") -> list[Block]:
        """The block of a claim with its verdict; nothing where the case has no such claim."""
        claim = self.t.case.get(f"claim_{name}")
        if claim is None:
            return []
        said, source = (self.named("said", claim[k]) for k in ("text", "source"))
        who, told = self("who", source=source), self(f"verdict_{verdict}")
        return [{"kind": "claim", "who": who, "text": said, "verdict": told, "rule": rule, "but": but}]

    def folded(self, key: str, *blocks: Block) -> list[Block]:
        """Blocks that are closed until the reader opens them, under a line that says what they are."""
        return [{"kind": "more", "text": self(key)}, *blocks, {"kind": "end"}]

    def listed(self, parts: list[str]) -> str:
        """Parts in a row, with the language's "and" before the last."""
        return parts[0] if len(parts) == 1 else self("and", first=", ".join(parts[:-1]), last=parts[-1])


def percent_of(value: float, digits: int = 0) -> str:
    """A percentage without a sign of change."""
    return f"{number(value, digits)}{THIN}%"


def range_of(low: float, high: float, digits: int = 0, *, sign: bool = False) -> str:
    """Two ends with dots between them, as cells of tables have them."""
    sign = sign or low < 0
    return f"{number(low, digits, sign=sign)} … {number(high, digits, sign=sign)}"
