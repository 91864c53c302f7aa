"""From joint draws of a country's money to the inputs of its debt, and the debt that they start from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from karvan.core.errors import LabelError, ScenarioError, SourceError
from karvan.core.labels import suggest
from karvan.macro.debt.equation import Floats, Inputs, Linear, Number, Residuals, Shift, debt_paths, money
from karvan.macro.debt.history import Adjustment, domestic_rate, effective_rate, foreign_rate, nearest

if TYPE_CHECKING:
    from karvan.macro.debt.files import DebtFiles
    from karvan.macro.history import History
    from karvan.macro.paths import Paths

NEEDED = ("growth", "inflation", "depreciation", "primary_balance")
RATES = ("last", "drawn")
MEAN_YEARS = 10


class Start(NamedTuple):
    """The state before the first year; numbers, or (draw,) where the years since the last known were drawn.

    `debt` share of GDP, `gdp` million of local money, `dollar` local money per USD.
    """

    year: int
    debt: Number
    gdp: Number
    dollar: Number


def inputs(
    paths: Paths, history: History, files: DebtFiles, a: float, law: Adjustment | float, rate: str, seed: int = 0
) -> Inputs:
    """Inputs of the debt from the draws of `karvan.macro.paths`.

    The drawn domestic rate is the effective one on all debt; what is left for domestic debt is (i - a i_f) / (1 - a).
    rate "last" moves the draws by as much as the last known effective rate is above the mean of ten years, which the
    draws have: contracts keep rates for years, and that mean forgets where they are now. "drawn" leaves them.
    """
    missing = [n for n in NEEDED if n not in paths.values]
    if missing:
        raise SourceError(f"{paths.country}: the paths have no {', '.join(missing)}; add the series to history.csv")
    if rate not in RATES:
        raise LabelError(f"rate is {rate!r}, not one of {', '.join(RATES)}.{suggest(rate, RATES)}")
    known = effective_rate(history, files)
    mean = float(np.mean([known[y] for y in sorted(known)[-MEAN_YEARS:]]))
    i = paths.values.get("rate_domestic", mean)
    move = known[max(known)] - mean if rate == "last" else 0.0
    i_d, i_f = _split(i, move, paths.values.get("rate_foreign", foreign_rate(history)), a)
    g, p, e, pb = (paths.values[n] for n in NEEDED)
    return Inputs(g, p, e, i_d, i_f, pb, adjustment(law, pb.shape, (seed, paths.years[0])))


def _split(i: Number, move: float, i_f: Number | None, a: float) -> tuple[Number | Linear, Number]:
    """Rates on domestic and on foreign debt from the effective one, i + move; None: both are the effective one."""
    if i_f is None:
        return i + move, i + move
    if isinstance(i_f, np.ndarray) and (i_f == i_f.flat[0]).all():
        i_f = float(i_f.flat[0])
    if isinstance(i, float) or isinstance(i_f, np.ndarray) or a == 1:
        return domestic_rate(i + move, i_f, a), i_f
    return Linear(i, 1 / (1 - a), (move - a * i_f) / (1 - a)), i_f


def adjustment(law: Adjustment | float, shape: tuple[int, ...], key: tuple[int, int]) -> Number | Residuals:
    """The stock-flow adjustment of the draws: a number, or the fitted law with its residuals drawn again.

    Constant and slope are drawn once for a path, from the normal of their estimate. `key`: seed and first year.
    """
    if not isinstance(law, Adjustment):
        return law
    draws, years = shape
    mean = [law.constant, law.slope]
    b = _stream("law", key[0]).multivariate_normal(mean, law.covariance, draws, method="svd")
    which = _stream("residuals", *key).integers(0, len(law.residuals), (draws, years), dtype=np.uint8)
    return Residuals(b[:, 0], b[:, 1], law.residuals, np.ascontiguousarray(which.T))


def _stream(name: str, *key: int) -> np.random.Generator:
    """Random numbers of their own for each use, so that a draw is the same however many there are."""
    return np.random.default_rng([*name.encode(), *key])


def doubt(history: History, x: Inputs, draws: int, seed: int = 0) -> Shift:
    """How far the means of growth, inflation, depreciation and balance may be off: (draw, 1), the same all years.

    Means of ten years are estimates: normal with the covariance of the ten years over ten, widened as Student's t. Of
    the balance only what the adjustment leaves reaches the debt.
    """
    series = [history.get(n, "debt") for n in NEEDED]
    years = sorted(set.intersection(*(set(s) for s in series)))[-MEAN_YEARS:]
    past = np.array([[s[y] for s in series] for y in years])
    n, still = len(years), np.zeros(len(series))
    wide = np.sqrt((n - 1) / _stream("width", seed).chisquare(n - 1, (draws, 1)))
    off = wide * _stream("means", seed).multivariate_normal(still, np.cov(past.T) / n, draws, method="svd")
    g, p, e, pb = off.T[:, :, None]
    slope = x.adjustment.slope if isinstance(x.adjustment, Residuals) else 0.0
    return Shift(growth=g, inflation=p, depreciation=e, primary_balance=pb * (1 - np.reshape(slope, (-1, 1))))


def known_start(history: History, files: DebtFiles, year: int | None = None) -> Start:
    """The state at the end of the last year with debt, GDP and a dollar, or of a year asked for."""
    debt, gdp, fx = files.series["gross_debt"], history.get("gdp", "debt in money"), history.get("fx", "debt in money")
    years = [y for y in debt if y in gdp and y in fx]
    if not years:
        raise SourceError(f"{history.country}: no year has gross_debt, gdp and fx")
    at = max(years) if year is None else year
    if at not in years:
        raise LabelError(f"{history.country}: no debt, GDP and dollar known of {at}; the last year is {max(years)}")
    return Start(at, debt[at], gdp[at] * fx[at], files.series.get("exchange_rate_end", {}).get(at, fx[at]))


def rolled(start: Start, x: Inputs, a: float, draws: int, years: int, shifts: Sequence[Shift] = ()) -> Start:
    """The state `years` later, drawn: where each draw of the years in between has got to."""
    debt = debt_paths(start.debt, a, x, draws, years, shifts).debt[:, -1]
    gdp, dollar = money(x, draws, years, shifts)
    return Start(start.year + years, debt, start.gdp * gdp[:, -1], start.dollar * dollar[:, -1])


def shift_of(
    years: Sequence[int],
    growth: object = 0.0,
    inflation: object = 0.0,
    depreciation: object = 0.0,
    rates: object = 0.0,
    primary_balance: object = 0.0,
) -> Shift | None:
    """What-if arguments as a shift: a number (a depreciation in year one, the others in each), a list, a dict."""
    given = {
        "growth": growth,
        "inflation": inflation,
        "depreciation": depreciation,
        "rates": rates,
        "primary_balance": primary_balance,
    }
    found = {name: _by_year(name, value, years) for name, value in given.items()}
    low = dict.fromkeys(("growth", "inflation", "depreciation"), -1.0)
    for name, values in found.items():
        if not np.isfinite(values).all() or (np.abs(values) > (5 if name == "depreciation" else 0.5)).any():
            raise ScenarioError(f"{name} is {given[name]!r}; give fractions, as 0.01 for one point")
        if name in low and (values <= low[name]).any():
            raise ScenarioError(f"{name} of -100 % or less leaves nothing")
    return Shift(**found) if any(v.any() for v in found.values()) else None


def _by_year(name: str, value: object, years: Sequence[int]) -> Floats:
    if isinstance(value, Mapping):
        unknown = [y for y in value if y not in years]
        if unknown:
            raise LabelError(f"{name}: {unknown[0]} is not a year of the paths, {years[0]} to {years[-1]}")
        return np.array([float(value.get(y, 0.0)) for y in years])
    try:
        array = np.asarray(value, dtype=float)
    except (TypeError, ValueError):
        raise ScenarioError(f"{name} is {value!r}; give a number, one value a year, or {{year: value}}") from None
    if array.ndim == 0 and name == "depreciation":
        return np.where(np.arange(len(years)) == 0, float(array), 0.0)
    if array.ndim == 0:
        return np.full(len(years), float(array))
    if array.shape != (len(years),):
        raise ScenarioError(f"{name} has {array.size} values for {len(years)} years; give one value a year")
    return array.copy()


def share_of(files: DebtFiles, given: float | None) -> float:
    """Foreign share of the debt: given, or the last known one."""
    if given is None:
        known = files.series["foreign_share"]
        return nearest(known, max(known))
    if not 0 <= given <= 1:
        raise ScenarioError(f"foreign_share is {given!r}; give the part of all debt in foreign currency, 0 to 1")
    return float(given)
