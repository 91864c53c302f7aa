"""Published estimates as numbers, read from the words of the case file, to stand beside ours in one chart."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

MINUS = "\u2212"
SIGNED = re.compile(r"([+-]\d+(?:\.\d+)?)(?:\s*to\s*([+-]\d+(?:\.\d+)?))?\s*%")


class Estimate(NamedTuple):
    """One published number: the study, what it is about, and its range in percent (equal ends for a single value)."""

    who: str
    about: str
    low: float
    high: float


def estimates(others: Any) -> list[Estimate]:
    """Return every signed percentage that the case file says others found, one for each part between semicolons."""
    return [estimate for entry in others for estimate in _of(entry)]


def alone(estimate: Estimate) -> float | None:
    """Return the value of an estimate published without a range."""
    return estimate.low if estimate.low == estimate.high else None


def _of(entry: Mapping[str, Any]) -> list[Estimate]:
    found = []
    for part in str(entry["found"]).replace(MINUS, "-").replace("\u202f", " ").split(";"):
        match = SIGNED.search(part)
        if match is None:
            continue
        ends = sorted(float(v) for v in match.groups() if v is not None)
        found.append(Estimate(f"{entry['who']} ({entry['year']})", _about(part, match), ends[0], ends[-1]))
    return found


def _about(part: str, match: re.Match[str]) -> str:
    before, after = (" ".join(words.split()).strip(" ,.") for words in (part[: match.start()], part[match.end() :]))
    return before or after
