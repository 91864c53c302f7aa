"""The neighbour's currency falls by a third: what happens to ours and to prices, as draws for debt and fund."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from karvan.core.errors import LabelError, ScenarioError
from karvan.core.labels import suggest
from karvan.core.table import Table
from karvan.macro.currency.projections import Response, project
from karvan.macro.currency.rates import MONTHS, Rates
from karvan.macro.currency.shipped import Period

HORIZONS = (1, 3, 12)  # months
ENDS = (0.05, 0.50, 0.95)


@dataclass(frozen=True)
class Point:
    """One period and horizon. Draws are fractions: 0.10 is ten per cent more local currency per dollar.

    effect: what the shock adds (errors of the estimates); depreciation: that, and what else moves the currency
    in such a time (residuals), without drift; goods: change of the price, in our currency, of what is
    priced in the neighbour's; prices: change of our consumer prices; None where no pass-through is known.
    """

    period: str
    months: int
    every: str
    effect: np.ndarray
    depreciation: np.ndarray
    neighbour: np.ndarray
    goods: np.ndarray
    prices: np.ndarray | None
    observations: int
    seen: int
    largest: float
    without_largest: float


@dataclass(frozen=True)
class CurrencyStress:
    """Our currency after a fall of the neighbour's, by period and horizon; `missing` says what is not estimated."""

    size: float
    points: tuple[Point, ...]
    missing: tuple[tuple[str, int, str], ...]
    order: tuple[str, ...]  # periods by preference: the latest first, then the pooled

    def point(self, months: int, period: str | None = None) -> Point:
        """Return one horizon of a period; default the latest period that carries it, else the pooled one.

        Raises
        ------
        LabelError
            No such period, or the horizon is not estimated there: says why.
        """
        names = (period,) if period is not None else self.order
        for name in names:
            for p in self.points:
                if (p.period, p.months) == (name, months):
                    return p
        if period is not None and period not in {p.period for p in self.points} | {m[0] for m in self.missing}:
            raise LabelError(f"unknown period {period!r}.{suggest(period, self.order)}")
        why = [f"{name}: {text}" for name, m, text in self.missing if m == months and name in names]
        raise LabelError(f"no estimate after {months} months ({'; '.join(why) or 'horizons are 1, 3 and 12 months'})")

    def effect(self, months: int, period: str | None = None) -> np.ndarray:
        """Return draws of what the shock adds to local currency per dollar, fraction; to put on other paths."""
        return self.point(months, period).effect

    def depreciation(self, months: int, period: str | None = None) -> np.ndarray:
        """Return draws of the change of local currency per dollar, fraction, with everything else that moves it."""
        return self.point(months, period).depreciation

    def quantiles(self, months: int, period: str | None = None) -> tuple[float, float, float]:
        """Return 5, 50 and 95 % of `depreciation`, fraction."""
        low, mid, high = np.quantile(self.depreciation(months, period), ENDS)
        return float(low), float(mid), float(high)

    def table(self) -> Table:
        """Return every period and horizon in percent; rows that are not estimated say what they need."""
        rows = [_row(p) for p in self.points]
        rows += [(name, m, *[None] * 10, text) for name, m, text in self.missing]
        rank = {name: i for i, name in enumerate(dict.fromkeys([*(p.period for p in self.points), *self.order]))}
        rows.sort(key=lambda r: (rank.get(str(r[0]), 99), r[1]))
        title = (
            f"the neighbour's currency loses {100 * self.size:.0f} % of its value in dollars in one step: change "
            "of ours per dollar, % (more is a loss of value), 90 % ranges"
        )
        columns = ("period", "months", "effect", "low", "high", "ours low", "ours high", "neighbour's goods")
        more = ("prices low", "prices high", "without largest", "observations", "note")
        return Table((*columns, *more), tuple(rows), title)


def _row(p: Point) -> tuple[object, ...]:
    low, mid, high = (round(100 * float(v), 1) for v in np.quantile(p.effect, ENDS))
    ours = [round(100 * float(v), 1) for v in np.quantile(p.depreciation, (0.05, 0.95))]
    goods = round(100 * float(np.median(p.goods)), 1)
    prices = (
        [None, None] if p.prices is None else [round(100 * float(v), 1) for v in np.quantile(p.prices, (0.05, 0.95))]
    )
    seen = f"{p.seen} such step(s) in the period" if p.seen else f"outside: largest fall {100 * p.largest:.0f} %"
    without = round(100 * p.without_largest, 1) if np.isfinite(p.without_largest) else None
    return (p.period, p.months, mid, low, high, *ours, goods, *prices, without, p.observations, f"{seen}; by {p.every}")


def stress(
    rates: Rates, others: tuple[Rates, ...] = (), size: float = 0.30, draws: int = 2000, seed: int = 0
) -> CurrencyStress:
    """Let the neighbour's currency lose `size` of its value in dollars within one step (day, week or month).

    s = -log(1 - size);  effect = exp(b_h s) - 1;  depreciation = exp(b_h s + u_h) - 1

    b_h from `project` with oil and the dollar held, drawn with its error; u_h a residual of the same regression, one
    step's residuals for all horizons together. A horizon that the rates do not carry is taken from `others`, such as
    monthly rates for twelve months.

    Raises
    ------
    ScenarioError
        A size that is not between 0 and 1, or no draws.
    """
    if not 0 < size < 1:
        raise ScenarioError(f"stress {size}: write the loss of value as a fraction between 0 and 1, such as 0.30")
    if draws < 100:
        raise ScenarioError(f"draws {draws}: at least 100 are needed for ends of a 90 % range")
    points, missing = [], []
    for period in rates.periods:
        carried = [(each, same) for each in (rates, *others) for same in each.periods if same.name == period.name]
        fits = [_fits(*pair) for pair in carried]
        for months in HORIZONS:
            for (each, _), (response, without) in zip(carried, fits, strict=True):
                if response.at(months) is not None:
                    points.append(_point(each, response, without, months, size, draws, seed))
                    break
            else:
                missing.append((period.name, months, "; ".join(_why(f[0], months) for f in fits)))
    main = [p.name for p in rates.periods if p.kind == "period"][::-1]
    pooled = [p.name for p in rates.periods if p.kind == "pooled"]
    return CurrencyStress(size, tuple(points), tuple(missing), (*main[:1], *pooled, *main[1:]))


def _fits(rates: Rates, period: Period) -> tuple[Response, Response]:
    """Return the response, and the same without the step in which the neighbour's currency fell most."""
    falls = np.where(rates.inside(period) & np.isfinite(rates.moves[:, 1]), rates.moves[:, 1], -np.inf)
    return project(rates, period), project(rates, period, without=falls == falls.max())


def _why(response: Response, months: int) -> str:
    h = MONTHS[response.every].get(months)
    if h is None or h >= len(response.horizons):
        return f"beyond the horizons of steps of one {response.every}"
    return f"by {response.every}: {int(response.used[h])} observations, {response.why(h)}"


def _point(
    rates: Rates, response: Response, without: Response, months: int, size: float, draws: int, seed: int
) -> Point:
    h = response.at(months)
    s = -np.log1p(-size)
    drawn = response.draws(draws, seed)
    own, theirs = drawn[:, 0, h] * s, drawn[:, 1, h] * s
    rng = np.random.default_rng([seed, 5])
    u = response.residuals[:, h]
    kept = np.flatnonzero(np.isfinite(u))
    noise = u[kept[(rng.random(draws) * kept.size).astype(int)]]
    falls = np.where(rates.inside(response.period), rates.moves[:, 1], np.nan)
    return Point(
        response.period.name,
        months,
        rates.every,
        np.expm1(own),
        np.expm1(own + noise),
        np.expm1(theirs),
        np.expm1(own - theirs),
        _prices(rates, months, own, rng),
        int(response.used[h]),
        int((falls >= s - 1e-12).sum()),
        float(-np.expm1(-np.nanmax(falls))),
        float(np.expm1(without.own[h] * s)),
    )


def _prices(rates: Rates, months: int, own: np.ndarray, rng: np.random.Generator) -> np.ndarray | None:
    """Draws of the change of consumer prices: a triangular pass-through of the country's file times the log effect."""
    row = next((r for r in rates.prices if int(r["months"]) == months), None)
    if row is None:
        return None
    share = rng.triangular(float(row["low"]), float(row["mode"]), float(row["high"]), own.size)
    return np.expm1(share * own)
