"""The debt identity: one year, many years and draws, its parts, and the balance that holds the ratio.

Letters as in IMF (2013), Staff Guidance Note for Public Debt Sustainability Analysis in Market-Access Countries, annex
on debt dynamics; all ratios to GDP, all rates fractions a year:

    d[t] = R[t] d[t-1] - pb[t] + sfa[t]
    R = ((1-a)(1+i_d) + a (1+i_f)(1+e)) / ((1+g)(1+p))

a share of the debt in foreign currency at the end of the year before, i_d and i_f interest on domestic and foreign
debt, g real growth, p rise of the GDP deflator, e rise of the price of a dollar, pb primary balance, sfa stock-flow
adjustment.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Number = float | Floats
BLOCK = 2048  # draws worked on at once: a block of 40 years stays in the cache of the processor


class Inputs(NamedTuple):
    """What drives the ratio: numbers, or arrays that broadcast to (draw, year); fractions, shares of GDP."""

    growth: Number
    inflation: Number
    depreciation: Number
    rate_domestic: Number | Linear
    rate_foreign: Number
    primary_balance: Number
    adjustment: Number | Residuals = 0.0


@dataclass(frozen=True, slots=True)
class Linear:
    """Numbers that are scale * values + offset, worked out block by block: draws of another are used without a copy."""

    values: Floats
    scale: float
    offset: float

    def __array__(self, dtype: npt.DTypeLike | None = None, copy: bool | None = None) -> Floats:
        """All of it at once."""
        return self.scale * self.values + self.offset


class Residuals(NamedTuple):
    """Stock-flow adjustment that goes with the drawn balance: constant + slope pb + past residuals drawn again.

    `constant` and `slope` are numbers or (draw,); `which` (year, draw) says which of `values`: a byte a draw instead of
    a number.
    """

    constant: Number
    slope: Number
    values: Floats
    which: npt.NDArray[np.uint8]


class Shift(NamedTuple):
    """What is added to the inputs: numbers, (year,) or (draw, 1); of a depreciation, what it is multiplied by.

    depreciation 0.3: the dollar is 30 % dearer than it would be from then on. rates: to domestic and foreign alike.
    """

    growth: Number = 0.0
    inflation: Number = 0.0
    depreciation: Number = 0.0
    rates: Number = 0.0
    primary_balance: Number = 0.0


class DebtPaths(NamedTuple):
    """Debt at the end of each year and interest due in it, shares of GDP, (draw, year)."""

    debt: Floats
    interest: Floats


class Parts(NamedTuple):
    """What moved the ratio in a year, shares of GDP; all but `change` add up to `change`."""

    interest: Number
    inflation: Number
    growth: Number
    exchange_rate: Number
    primary_balance: Number
    adjustment: Number
    change: Number


def carry(a: Number, x: Inputs, N: Number | None = None) -> Number:
    """Factor by which the debt of last year weighs on this year's GDP, R = ((1-a)(1+i_d) + a(1+i_f)(1+e)) / N.

    N = (1+g)(1+p) may be given where it is known already.
    """
    owed = (1 - a) * (1 + np.asarray(x.rate_domestic)) + a * (1 + x.rate_foreign) * (1 + x.depreciation)
    return owed / (nominal_growth(x) if N is None else N)


def nominal_growth(x: Inputs) -> Number:
    """Growth factor of nominal GDP, (1+g)(1+p)."""
    return (1 + x.growth) * (1 + x.inflation)


def next_debt(d: Number, R: Number, pb: Number, sfa: Number) -> Number:
    """Debt of this year: d' = R d - pb + sfa, shares of GDP."""
    return R * d - pb + sfa


def interest_due(d: Number, a: Number, x: Inputs, N: Number | None = None) -> Number:
    """Interest of a year, share of its GDP: d ((1-a) i_d + a i_f (1+e)) / N; foreign interest at the new rate."""
    due = (1 - a) * np.asarray(x.rate_domestic) + a * x.rate_foreign * (1 + x.depreciation)
    return d * due / (nominal_growth(x) if N is None else N)


def debt_paths(
    d0: Number, a: Number, inputs: Inputs, draws: int, years: int, shifts: Sequence[Shift] = ()
) -> DebtPaths:
    """Debt and interest of every draw and year from the debt at the start.

    Parameters
    ----------
    d0 : number or (draw,) debt before the first year, share of GDP
    a : number or (year,) share of the debt in foreign currency; new borrowing keeps it so
    inputs : numbers, (year,) or (draw, year)
    shifts : put on the inputs one after the other, block by block, so that they cost no copy of them

    Returns
    -------
    debt, interest : (draw, year) shares of GDP

    The draws are worked on in blocks, years first inside a block, so that no array but the two results is as large as
    the inputs.
    """
    debt, interest = np.empty((2, years, draws))
    start = np.broadcast_to(np.asarray(d0, dtype=float), (draws,))
    share = np.broadcast_to(np.asarray(a, dtype=float), (years,))[:, None]
    for first in range(0, draws, BLOCK):
        rows = slice(first, min(first + BLOCK, draws))
        x = _rows(inputs, shifts, rows, draws, years)
        _run(start[rows], share, x, debt[:, rows], interest[:, rows])
    return DebtPaths(debt.T, interest.T)


def shifted(x: Inputs, s: Shift) -> Inputs:
    """Return the inputs with a shift on them."""
    return x._replace(
        growth=x.growth + s.growth,
        inflation=x.inflation + s.inflation,
        depreciation=(1 + x.depreciation) * (1 + s.depreciation) - 1,
        rate_domestic=np.asarray(x.rate_domestic) + s.rates,
        rate_foreign=x.rate_foreign + s.rates,
        primary_balance=x.primary_balance + s.primary_balance,
    )


def money(x: Inputs, draws: int, years: int, shifts: Sequence[Shift] = ()) -> tuple[Floats, Floats]:
    """Nominal GDP and the price of a dollar over those before the first year, each (draw, year)."""
    gdp, dollar = np.empty((2, years, draws))
    for first in range(0, draws, BLOCK):
        rows = slice(first, min(first + BLOCK, draws))
        block = _rows(x, shifts, rows, draws, years)
        gdp[:, rows] = np.cumprod(np.asarray(nominal_growth(block)), axis=0)
        dollar[:, rows] = np.cumprod(1 + np.asarray(block.depreciation), axis=0)
    return gdp.T, dollar.T


def _rows(inputs: Inputs, shifts: Sequence[Shift], rows: slice, draws: int, years: int) -> Inputs:
    """The shifted inputs of some draws as (year, draw), or (year, 1) where all draws share one.

    The adjustment goes with the balance as drawn: what a shift adds to the balance reaches the debt in full.
    """
    law = inputs.adjustment
    x = Inputs(*(_block(v, rows, draws, years) for v in inputs[:-1]))
    if isinstance(law, Residuals):
        constant, slope = (np.broadcast_to(np.asarray(v), (draws,))[rows] for v in (law.constant, law.slope))
        drawn = law.values[law.which[:, rows]]
        x = x._replace(adjustment=constant + slope * np.asarray(x.primary_balance) + drawn)
    else:
        x = x._replace(adjustment=_block(law, rows, draws, years))
    for shift in shifts:
        x = shifted(x, Shift(*(_block(v, rows, draws, years) for v in shift)))
    return x


def _block(value: object, rows: slice, draws: int, years: int) -> Floats:
    if isinstance(value, Linear):
        return value.scale * _block(value.values, rows, draws, years) + value.offset
    array = np.asarray(value, dtype=float)
    if array.ndim < 2:
        return np.broadcast_to(array, (years,))[:, None]
    if array.shape == (draws, 1):
        return array[rows].T
    return np.ascontiguousarray(np.broadcast_to(array, (draws, years))[rows].T)


def _run(start: Floats, share: Floats, x: Inputs, debt: Floats, interest: Floats) -> None:
    """Fill debt and interest, (year, draw), from the debt before the first year."""
    N = np.asarray(nominal_growth(x))
    R, cost = np.asarray(carry(share, x, N)), np.asarray(interest_due(1.0, share, x, N))
    flow = np.asarray(x.adjustment) - np.asarray(x.primary_balance)
    d = start
    for t in range(len(debt)):
        np.multiply(cost[t], d, out=interest[t])
        debt[t] = next_debt(d, R[t], 0.0, flow[t])
        d = debt[t]


def parts(d: Number, d_new: Number, a: Number, x: Inputs) -> Parts:
    """Split the change of the ratio, exactly; the stock-flow adjustment is what the rest leaves.

    With N = (1+g)(1+p), i = (1-a) i_d + a i_f:  interest d i/N, inflation -d p(1+g)/N, growth -d g/N, exchange rate
    d a e (1+i_f)/N, primary balance -pb. IMF (2013) calls interest + inflation the real interest rate. `x.adjustment`
    is not read.
    """
    N = nominal_growth(x)
    interest = d * ((1 - a) * np.asarray(x.rate_domestic) + a * x.rate_foreign) / N
    inflation = -d * x.inflation * (1 + x.growth) / N
    growth = -d * x.growth / N
    exchange = d * a * x.depreciation * (1 + x.rate_foreign) / N
    change = d_new - d
    rest = change - (interest + inflation + growth + exchange - x.primary_balance)
    return Parts(interest, inflation, growth, exchange, -x.primary_balance, rest, change)


def stabilising_balance(d: Number, R: Number, sfa: Number = 0.0, target: float | None = None, years: int = 1) -> Number:
    """Primary balance that, kept every year, brings the ratio to `target` after `years`; None: holds it where it is.

    pb = (R**T d - target) (R - 1) / (R**T - 1) + sfa, and (d - target)/T + sfa where R is 1; for target d it is
    (R - 1) d + sfa. All shares of GDP; R and sfa constant over the years.
    """
    goal = d if target is None else target
    R = np.asarray(R, dtype=float)
    near = np.abs(R - 1) < 1e-9
    r = np.where(near, 2.0, R)
    exact = (r**years * d - goal) * (r - 1) / (r**years - 1)
    found = np.where(near, (d - goal) / years + (R - 1) * d, exact) + sfa
    return float(found) if found.ndim == 0 else found
