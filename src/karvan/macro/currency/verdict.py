"""The claim that our currency depends on the neighbour's, judged period by period by a stated rule."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from karvan.core.table import Table
from karvan.macro.currency.projections import Response

SUPPORTED, PARTLY, NOT, CANNOT = "supported", "partly", "not supported", "cannot be told from this data"
MATTERS = 0.10  # a tenth of the neighbour's move: less is called no dependence
RULE = (
    "By the response to a move of the neighbour's currency in the same step and after one month, 90 % ranges. "
    "Supported: one of the two ranges lies above 0.10, a tenth of the move. Not supported: both lie below 0.10. "
    "Partly: one lies above zero. Otherwise it cannot be told. As a whole, by the last period: supported or not "
    "supported if its part says the same, partly if either is supported or partly."
)
LIMITS = (
    "Oil and the dollar are held, other common causes are not: risk appetite, prices of metals and grain, news of one "
    "region. What both share looks like dependence.",
    "Who intervened is not in these data: a central bank that sells reserves breaks the link for a time and hides it.",
)


class Judged(NamedTuple):
    """One period: its kind, the response with its range in the same step and after one month, the verdict."""

    period: str
    kind: str
    step: tuple[float, float, float] | None
    month: tuple[float, float, float] | None
    verdict: str


class Verdict(NamedTuple):
    """The whole, each period, the rule in words and what these data cannot tell."""

    whole: str
    periods: tuple[Judged, ...]
    rule: str = RULE
    limits: tuple[str, ...] = LIMITS

    def table(self) -> Table:
        """Return one row per period."""
        rows = []
        for j in self.periods:
            cells = [None if v is None else round(v, 3) for p in (j.step, j.month) for v in (p or (None,) * 3)]
            rows.append((j.period, *cells, j.verdict))
        columns = ("period", "same step", "low", "high", "one month", "low 1m", "high 1m", "verdict")
        return Table(columns, tuple(rows), f"does it depend on the neighbour's currency? As a whole: {self.whole}")


def judge(responses: tuple[Response, ...], limits: tuple[str, ...] = ()) -> Verdict:
    """Judge every period by RULE; `limits` are those of the country's file, beside the general ones."""
    found = []
    for r in responses:
        step, month = _range(r, 0), _range(r, r.at(1))
        found.append(Judged(r.period.name, r.period.kind, step, month, verdict_of(step, month)))
    return Verdict(_whole(found), tuple(found), limits=(*LIMITS, *limits))


def verdict_of(step: tuple[float, float, float] | None, month: tuple[float, float, float] | None) -> str:
    """Return the verdict of two ranges (response, low, high); None where not estimated."""
    both = [r for r in (step, month) if r is not None]
    if any(low > MATTERS for _, low, _ in both):
        return SUPPORTED
    if len(both) == 2 and all(high < MATTERS for _, _, high in both):
        return NOT
    if any(low > 0 for _, low, _ in both):
        return PARTLY
    return CANNOT


def _whole(found: list[Judged]) -> str:
    last = max((i for i, j in enumerate(found) if j.kind == "period"), default=None)
    if last is None:
        return CANNOT
    parts = []
    for j in found[last + 1 :]:
        if j.kind != "part":
            break
        parts.append(j.verdict)
    said = {found[last].verdict, *parts}
    if len(said) == 1:
        return said.pop()
    return PARTLY if said & {SUPPORTED, PARTLY} else CANNOT


def _range(r: Response, h: int | None) -> tuple[float, float, float] | None:
    if h is None or not np.isfinite(r.own[h]):
        return None
    half = float(r.half[h])
    return float(r.own[h]), float(r.own[h]) - half, float(r.own[h]) + half
