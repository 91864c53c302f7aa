"""One call for the question: how much of the neighbour's currency move reaches ours, how fast, and in the tail."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from karvan.core.errors import ConvergenceError, LabelError, SourceError
from karvan.core.labels import suggest
from karvan.core.table import Table
from karvan.macro.currency.breaks import Breaks, breaks
from karvan.macro.currency.dcc import NEEDED, Correlation, correlation
from karvan.macro.currency.episodes import Episodes, episodes
from karvan.macro.currency.heldout import Coverage, HeldOut, coverage, held_out
from karvan.macro.currency.projections import UNITS, Response, project
from karvan.macro.currency.rates import Rates, load
from karvan.macro.currency.rolling import Rolling, rolling
from karvan.macro.currency.stress import CurrencyStress, stress
from karvan.macro.currency.tail import Tail, tail
from karvan.macro.currency.verdict import Verdict, judge

METHODS = ("projections", "rolling", "correlation", "tail", "breaks", "stress", "episodes", "held-out", "coverage")
DEFAULT = METHODS[:-1]  # coverage takes a few seconds and says nothing on the currencies


@dataclass(frozen=True)
class Currency:
    """What each method found; None where it was not asked for or had too few observations (see `refused`).

    responses: with oil and the dollar held, by period; plain: with nothing held.
    """

    rates: Rates
    responses: tuple[Response, ...]
    plain: tuple[Response, ...]
    verdict: Verdict
    rolling: Rolling | None = None
    correlation: Correlation | None = None
    tails: tuple[Tail, ...] = ()
    breaks: Breaks | None = None
    stress: CurrencyStress | None = None
    episodes: Episodes | None = None
    held_out: HeldOut | None = None
    coverage: Coverage | None = None
    refused: tuple[tuple[str, str], ...] = ()

    def response(self, period: str | None = None, controlled: bool = True) -> Response:
        """Return the response of a period; default the last.

        Raises
        ------
        LabelError
            No such period.
        """
        found = self.responses if controlled else self.plain
        names = [r.period.name for r in found]
        name = next(r.period.name for r in reversed(found) if r.period.kind == "period") if period is None else period
        if name not in names:
            raise LabelError(f"unknown period {name!r}.{suggest(name, names)}")
        return found[names.index(name)]

    def tables(self, method: str = "answer", whole: bool = False) -> tuple[Table, ...]:
        """Return the tables of a method, or the short answer; `whole`: every horizon of the projections.

        Raises
        ------
        LabelError
            No such method, or it has no result here: says why.
        """
        if method == "answer":
            return (self.answer(),)
        if method not in METHODS:
            raise LabelError(f"unknown method {method!r}.{suggest(method, METHODS)}")
        if method == "projections":
            return tuple(r.table(whole) for r in (*self.responses, *self.plain))
        if method == "breaks" and self.breaks is not None:
            return self.breaks.table(), self.breaks.search_table()
        if method == "tail" and self.tails:
            return tuple(t.table() for t in self.tails)
        found = getattr(self, method.replace("-", "_")) if method != "tail" else None
        if found is None:
            why = dict(self.refused).get(method, "it was not asked for; name it in methods")
            raise LabelError(f"no result of {method}: {why}")
        return (found.table(),)

    def answer(self) -> Table:
        """Return how much, how fast, in the tail and in a stress, by period; shares of the neighbour's move."""
        tails = {t.period.name: t for t in self.tails}
        rows = []
        for judged, r in zip(self.verdict.periods, self.responses, strict=True):
            together = tails[judged.period].value("shared worst tenth") if judged.period in tails else None
            stressed = self._stressed(judged.period)
            rows.append(
                (
                    judged.period,
                    _said(judged.step),
                    _said(judged.month),
                    fast(r),
                    _said(together),
                    stressed,
                    judged.verdict,
                )
            )
        step = self.rates.every
        columns = (
            "period",
            f"same {step}",
            "after a month",
            "half arrives",
            "worst tenth shared",
            "stress, %",
            "verdict",
        )
        a = self.rates
        size = f"; stress: {a.neighbour} -{100 * self.stress.size:.0f} %, after a month" if self.stress else ""
        title = (
            f"of a move of {a.neighbour} this share reaches {a.own} (per dollar; {a.held}; 90 % ranges; "
            f"{a.dates[0]} to {a.dates[-1]}){size}"
        )
        return Table(columns, tuple(rows), title)

    def _stressed(self, period: str) -> str:
        if self.stress is None:
            return ""
        point = next((p for p in self.stress.points if (p.period, p.months) == (period, 1)), None)
        if point is None:
            return ""
        low, mid, high = (100 * float(v) for v in np.quantile(point.effect, (0.05, 0.5, 0.95)))
        return f"{mid:+.1f} ({low:+.1f} to {high:+.1f})"

    @property
    def sentence(self) -> str:
        """Return the answer in one sentence."""
        said = []
        for j in self.verdict.periods:
            if j.month is not None and j.kind != "pooled":
                share, low, high = (100 * v for v in j.month)
                said.append(f"{j.period} {share:.0f} % ({low:.0f} to {high:.0f})")
        whole = f"Does {self.rates.own} depend on {self.rates.neighbour}? {self.verdict.whole.capitalize()}."
        return f"{whole} What reaches it within a month ({self.rates.held}): {'; '.join(said)}." if said else whole

    @property
    def notes(self) -> tuple[str, ...]:
        """Return the rule, what cannot be told, how far the stress lies outside the data, and what was not done."""
        found = [f"Rule. {self.verdict.rule}", *(f"Cannot be told. {text}" for text in self.verdict.limits)]
        if self.stress is not None and self.stress.points:
            most = max(p.largest for p in self.stress.points)
            seen = max(p.seen for p in self.stress.points)
            found.append(
                f"Stress. {seen} step(s) of the data held a fall of {100 * self.stress.size:.0f} % or more, the "
                f"largest {100 * most:.0f} %: beyond what was seen the numbers are a straight line drawn on."
            )
        return (*found, *(f"Not done: {method}. {why}" for method, why in self.refused))


def fast(r: Response) -> str:
    """Say after which step at least half of the response after one month has arrived; blank if that is not positive."""
    h = r.at(1)
    if h is None or not np.isfinite(r.own[h]) or r.own[h] - r.half[h] <= 0:
        return ""
    first = int(np.argmax(r.own[: h + 1] >= r.own[h] / 2))
    return f"in the same {r.every}" if first == 0 else f"after {first} {UNITS[r.every] if first > 1 else r.every}"


def _said(found: tuple[float, float, float] | None) -> str:
    return "" if found is None else f"{found[0]:.2f} ({found[1]:.2f} to {found[2]:.2f})"


def currency(
    own: str = "KZT",
    neighbour: str = "RUB",
    data: Any = None,
    *,
    every: str = "week",
    start: str | None = None,
    end: str | None = None,
    stress: float = 0.30,
    breaks: Sequence[str] | None = None,
    controls: bool = True,
    missing: str = "refuse",
    methods: Sequence[str] | None = None,
    draws: int = 2000,
    seed: int = 0,
) -> Currency:
    """Ask how much of a move of the neighbour's currency reaches ours, how fast, in the tail, and in a stress.

    Parameters
    ----------
    own, neighbour : ISO 4217 codes
    data : a file or frame with columns date, currency, per_usd (local currency per dollar); rows BRENT and DOLLAR are
        used in place of those that come with karvan. Default: what comes with karvan, weekly and monthly
    every : "day", "week" (last quotation to Friday) or "month" (last of the month)
    start, end : dates, as 2015-08-24; periods are cut to them
    stress : loss of value of the neighbour's currency in dollars, fraction
    breaks : dates that part the periods; default those of the country's file, or none
    controls : hold Brent and the broad dollar index
    missing : "refuse" a file with gaps, or "drop" what needs the missing observations
    methods : of projections, rolling, correlation, tail, breaks, stress, episodes, held-out, coverage; default all but
        the last.
        A method that is named and has too few observations raises; by default it is noted in `.refused`
    draws : of the stress
    seed : of every draw

    Returns
    -------
    Currency: `.answer()`, `.tables(method)`, `.verdict`, and one frozen result per method; `.stress.effect(months)`
    and `.stress.depreciation(months)` are draws for debt and fund

    Raises
    ------
    SourceError
        Faults of the file, all together; too few observations.
    LabelError
        Unknown pair, step or method.
    ScenarioError
        A stress or dates that make no sense.
    """
    from threadpoolctl import threadpool_limits

    asked = tuple(DEFAULT if methods is None else methods)
    for method in asked:
        if method not in METHODS:
            raise LabelError(f"unknown method {method!r}.{suggest(method, METHODS)}")
    given = list(breaks) if breaks is not None else None
    rates = load(own, neighbour, data, every, controls, missing, given).cut(start, end)
    others: tuple[Rates, ...] = ()
    if data is None and every == "week":
        others = (load(own, neighbour, data, "month", controls, missing, given).cut(start, end),)
    with threadpool_limits(1):  # the matrices are small: more threads wait for each other
        return _found(rates, others, asked, methods is not None, stress, draws, seed)


def _found(
    rates: Rates, others: tuple[Rates, ...], asked: tuple[str, ...], named: bool, size: float, draws: int, seed: int
) -> Currency:
    still = [
        c for c, v in zip((rates.own, rates.neighbour), rates.moves.T, strict=False) if not np.nanmax(np.abs(v)) > 0
    ]
    if still:
        raise SourceError(f"{' and '.join(still)} does not move in these data: there is no link to estimate")
    responses = tuple(project(rates, p) for p in rates.periods)
    if not any(np.isfinite(r.own[0]) for r in responses):
        most = max(responses, key=lambda r: int(r.used[0]))
        raise SourceError(
            f"{rates.own} and {rates.neighbour}: {int(most.used[0])} observations in the longest period, a local "
            f"projection needs {int(most.needs[0])}"
        )
    runs: dict[str, Callable[[], Any]] = {
        "rolling": lambda: rolling(rates),
        "correlation": lambda: correlation(rates, _longest(rates)),
        "tail": lambda: tuple(tail(rates, p, seed=seed) for p in rates.periods),
        "breaks": lambda: breaks(rates, seed=seed),
        "stress": lambda: stress(rates, others, size, draws, seed),
        "episodes": lambda: episodes(rates),
        "held-out": lambda: held_out(rates),
        "coverage": lambda: coverage(rates, seed=seed),
    }
    found: dict[str, Any] = {}
    refused = []
    for method in asked:
        if method == "projections":
            continue
        try:
            found["tails" if method == "tail" else method.replace("-", "_")] = runs[method]()
        except (SourceError, ConvergenceError) as fault:
            if named:
                raise
            refused.append((method, str(fault)))
    plain = tuple(project(rates, p, controlled=False) for p in rates.periods) if "projections" in asked else ()
    return Currency(rates, responses, plain, judge(responses, rates.limits), **found, refused=tuple(refused))


def _longest(rates: Rates) -> Any:
    """Return the pooled period, else the latest period that carries a GARCH, else the longest."""
    count = {p: int(np.isfinite(rates.moves[rates.inside(p), :2]).all(axis=1).sum()) for p in rates.periods}
    pooled = [p for p in rates.periods if p.kind == "pooled"]
    enough = [p for p in reversed(rates.periods) if p.kind == "period" and count[p] >= NEEDED]
    return (pooled or enough or [max(count, key=lambda p: count[p])])[0]
