"""Joint draws of what moves a country's money: oil price, growth, inflation, depreciation, rates, balance, return.

The oil price follows its own process (`oil_price`). The others are drawn given its log change `z`:

    x_t = mean + slope z_t + u_t

`slope` by least squares on the yearly history, `u_t` either normal with the historical covariance (`covariance`) or
rows of the history itself in blocks of consecutive years (`block`), so that correlations with the price and among each
other hold. Every value is kept within three historical standard deviations of its mean (IMF 2013, 2022).
"""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
from threadpoolctl import threadpool_limits

from karvan.core.errors import LabelError, SourceError
from karvan.core.labels import suggest
from karvan.core.table import Table
from karvan.macro.history import Brent, History, read_history
from karvan.macro.joint import FILLS, Joint, joint
from karvan.macro.oil_price import Bootstrap, Drawer, MeanReversion, fit_price

METHODS = ("covariance", "block")
UNITS = {"oil_price": "USD/bbl"}
CHUNK = 1000
WORKERS = 2
BLOCK = 3
DEAREST = 1000
LEVELS = (5, 25, 50, 75, 95)


class Paths(NamedTuple):
    """Joint draws of a country; `values[name]` is (draw, year).

    Names and units: `oil_price` USD/bbl, mean of the year; `growth` of real GDP, `inflation` of the GDP deflator,
    `depreciation` (rise of local currency per USD, yearly mean on yearly mean), `rate_domestic` and `rate_foreign`
    (effective interest on debt), `primary_balance` (share of GDP), `fund_return` (in USD): fractions. A name is there
    only if the country's history has it.
    """

    country: str
    years: tuple[int, ...]
    values: Mapping[str, np.ndarray]
    method: str
    source: str

    def table(self, name: str = "oil_price") -> Table:
        """Quantiles by year of one name."""
        if name not in self.values:
            raise LabelError(f"no {name!r} in these paths.{suggest(name, self.values)}")
        bands = np.percentile(self.values[name], LEVELS, axis=0).T
        rows = tuple((y, *(float(v) for v in band)) for y, band in zip(self.years, bands, strict=True))
        unit = UNITS.get(name, "fraction")
        title = f"{self.country}: {name}, {unit}, quantiles of {len(self.values[name])} draws; {self.method}"
        return Table(("year", *(f"p{q}" for q in LEVELS)), rows, title)


class Calendar(NamedTuple):
    """What is known of the price in the years to draw: known months by year, the last price, the mean of year zero."""

    years: tuple[int, ...]
    known: tuple[np.ndarray, ...]
    last: float
    before: float

    @property
    def months(self) -> tuple[int, ...]:
        """How many months of each year are drawn, for the years that are not all known."""
        return tuple(12 - len(k) for k in self.known if len(k) < 12)


def macro_paths(
    country: str = "KAZ",
    *,
    draws: int = 1000,
    years: int = 40,
    seed: int = 0,
    method: str = "covariance",
    oil: str = "bootstrap",
    data: Path | str | History | None = None,
    start: int | None = None,
    price: float | Sequence[float] | None = None,
    drift: float = 0.0,
    mean_years: int = 10,
    means: Mapping[str, float] | None = None,
) -> Paths:
    """Draw jointly the oil price and the yearly series of a country.

    Draw i is the same however many draws are asked for, and whatever the order or the number of threads.

    Parameters
    ----------
    country : ISO3 code of a country with files in karvan, or a name for the folder `data`.
    draws, years : how many paths, of how many years.
    method : "covariance" (normal) or "block" (past years again, in blocks of three).
    oil : process of the price: "bootstrap" (moving blocks of monthly log changes, no anchor) or "ou" (mean-reverting).
    data : folder with the country's files, or a History.
    start : first year; default the first that has not all months of prices. Known months are not drawn again.
    price : USD/bbl, one level or one per year: the price is given instead of drawn. The return of the fund then does
        not answer its jump from today's: a few years of history, most of it timing, say too little on such a step.
    drift : trend of the bootstrapped log price a year; 0 is no change, as a forecaster without a view would say.
    mean_years : means are those of the last so many years of each series; covariance uses all.
    means : fractions that replace the means of some names, as {"growth": 0.04}.

    Raises
    ------
    SourceError
        Too few years or months, or prices end before the first year.
    LabelError
        Unknown country, method or name.
    """
    _check(method, draws, years, seed)
    history = data if isinstance(data, History) else read_history(country, data)
    span = _span(history.brent, start, years)
    given = None if price is None else given_price(price, years)
    drawer = None
    if given is None:
        process = fit_price(history.brent.price, oil, drift=drift)
        drawer = Drawer(process, math.log(span.last), span.months)
    law = joint(history, mean_years=mean_years, means=means, seed=seed)
    if given is not None:
        law = law._replace(slope=np.where([n == "fund_return" for n in law.names], 0.0, law.slope))
    values = np.empty((1 + len(law.names), years, draws))
    fill = partial(_fill, values, span, given, drawer, law, method, seed)
    workers = min(WORKERS, os.cpu_count() or 1)
    with threadpool_limits(limits=1, user_api="blas"), ThreadPoolExecutor(workers) as pool:
        list(pool.map(fill, (range(CHUNK * w, draws, CHUNK * workers) for w in range(workers))))
    named = {name: values[k].T for k, name in enumerate(("oil_price", *law.names))}
    used = {s: None for name in law.names for s in history.sources.get(name, ())}
    source = "; ".join([history.brent.source, *used])
    return Paths(history.country, span.years, named, _method(law, method, drawer, price), source)


def given_price(price: float | Sequence[float], years: int) -> np.ndarray:
    """Return (year,) USD/bbl of a held level or a path, or refuse it."""
    level = np.asarray(price, float)
    if level.ndim > 1 or (level.ndim == 1 and len(level) != years):
        raise SourceError(f"price: {level.shape} values for {years} years; give one level or one price per year")
    if not (np.isfinite(level) & (level > 0)).all():
        raise SourceError(f"price: {price!r} is not positive and finite; give USD/bbl")
    if (level > DEAREST).any():
        raise SourceError(f"price: {price!r} is above {DEAREST} USD/bbl; give dollars a barrel")
    return np.broadcast_to(level, (years,)).copy()


def _check(method: str, draws: int, years: int, seed: int) -> None:
    if method not in METHODS:
        raise LabelError(f"unknown method {method!r}.{suggest(method, METHODS)}")
    for name, value in (("draws", draws), ("years", years)):
        if not isinstance(value, int | np.integer) or value < 1:
            raise SourceError(f"{name} is {value!r}; give a whole number of at least 1")
    if not isinstance(seed, int | np.integer) or seed < 0:
        raise SourceError(f"seed is {seed!r}; give a whole number of at least 0")


def _span(brent: Brent, start: int | None, years: int) -> Calendar:
    first = brent.last_year + 1 if start is None else start
    if not len(brent.months_of(first - 1)) == 12:
        raise SourceError(
            f"the first year {first} needs all prices of {first - 1}; brent.csv has full years from "
            f"{-(-brent.first // 12)} to {brent.last_year}"
        )
    span = tuple(range(first, first + years))
    return Calendar(span, tuple(brent.months_of(y) for y in span), float(brent.price[-1]), brent.year_mean(first - 1))


def _prices(span: Calendar, drawer: Drawer, rng: np.random.Generator) -> np.ndarray:
    """(year, CHUNK) log of yearly means; known months are weighed with the mean of the drawn ones."""
    drawn = drawer.draw(rng, CHUNK)
    out = np.empty((len(span.years), CHUNK))
    full = len(span.years) - len(drawn)
    for t, known in enumerate(span.known):
        if len(known) == 12:
            out[t] = math.log(float(known.mean()))
        elif len(known):
            out[t] = np.log((known.sum() + (12 - len(known)) * np.exp(drawn[t - full])) / 12)
        else:
            out[t] = drawn[t - full]
    return out


def _fill(
    values: np.ndarray, span: Calendar, given: np.ndarray | None, drawer: Drawer | None, law: Joint, method: str,
    seed: int, lows: Sequence[int],
) -> None:  # fmt: skip
    """Fill values (name, year, draw) from each `low` to low + CHUNK; each chunk has its own stream of numbers."""
    years = values.shape[1]
    noise = np.empty((law.factor.shape[1], years * CHUNK))  # a buffer a worker: fresh memory costs more than draws
    u = np.empty((len(law.names), years * CHUNK))
    for low in lows:
        rng = np.random.default_rng([seed, 1, low // CHUNK])
        n = min(CHUNK, values.shape[2] - low)
        part = slice(low, low + n)
        log_price = np.log(given)[:, None] if given is not None else None
        if drawer is not None:
            log_price = _prices(span, drawer, rng)[:, :n]
        assert log_price is not None
        np.exp(log_price, out=values[0, :, part])
        z = np.diff(log_price, axis=0, prepend=math.log(span.before))
        if method == "covariance":
            np.matmul(law.factor, rng.standard_normal(out=noise), out=u)
        else:
            _blocks(law, years, rng, u)
        _assemble(values[1:, :, part], z, u.reshape(-1, years, CHUNK)[:, :, :n], law)


def _assemble(values: np.ndarray, z: np.ndarray, u: np.ndarray, law: Joint) -> None:
    """x = mean + slope z + u, kept within its bounds, written into values (name, year, draw)."""
    for k in range(len(law.names)):
        x = np.add(u[k], law.slope[k] * z, out=values[k])
        x += law.mean[k]
        np.clip(x, law.low[k], law.high[k], out=x)


def _blocks(law: Joint, years: int, rng: np.random.Generator, u: np.ndarray) -> None:
    """Rows of the history in blocks of consecutive years, each block from one of the filled copies, written into u."""
    block = min(BLOCK, law.length)
    count = -(-years // block)
    first = rng.integers(0, law.length - block + 1, (count, CHUNK)) + law.length * rng.integers(
        0, FILLS, (count, CHUNK)
    )
    at = (first[:, None, :] + np.arange(block)[None, :, None]).reshape(-1, CHUNK)[:years].ravel()
    for k in range(len(law.names)):
        np.take(law.rows[:, k], at, out=u[k])


def _method(law: Joint, method: str, drawer: Drawer | None, price: float | Sequence[float] | None) -> str:
    if drawer is None:
        oil = "oil price given by year" if isinstance(price, Sequence) else f"oil price given ({price} USD/bbl)"
    else:
        oil = _process(drawer.process)
    if not law.names:
        return f"{oil}; nothing else is known of the country"
    first = min(s[0] for s in law.years.values())
    last = max(s[1] for s in law.years.values())
    how = "normal with the historical covariance" if method == "covariance" else f"past years in blocks of {BLOCK}"
    short = [f"{n} has {s[2]} years" for n, s in law.years.items() if 1 < s[2] < 15 and n not in law.held]
    held = [f"{n} held at {law.mean[law.names.index(n)]:.3f}: {law.years[n][2]} year(s) known" for n in law.held]
    rest = f"the others {how} of {first}-{last} given the oil price, within three standard deviations"
    return "; ".join([oil, rest, *short, *held])


def _process(process: Bootstrap | MeanReversion) -> str:
    if isinstance(process, MeanReversion):
        return (
            f"oil price reverts to {math.exp(process.mu):.0f} USD/bbl with a half-life of {process.half_life:.1f} "
            f"years ({process.n} monthly steps of Brent)"
        )
    return (
        f"oil price by blocks of {12 * process.block_years} months of {len(process.changes)} log changes of Brent, "
        f"drift {process.drift:g} a year"
    )
