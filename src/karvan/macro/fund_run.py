"""The balance of a fund year by year, for many draws: `F_{t+1} = F_t (1 + r_t) + T_t - W_t`, USD, never below zero.

A year's withdrawal is what the rule asks for or, if less, what is there. The largest constant withdrawal that a draw
bears over the horizon has a closed form, `min_t (F_0 + sum_{s<=t} T_s / G_s) / (sum_{s<=t} 1 / G_s)` with
`G_s = prod (1 + r)`, and is carried along.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import NamedTuple

import numpy as np

from karvan.core.errors import ScenarioError
from karvan.macro.horizon import Field
from karvan.macro.paths import CHUNK, WORKERS
from karvan.macro.receipts import Law, draw_law, flow
from karvan.macro.rules import Rule, State


class Setting(NamedTuple):
    """Everything a run needs besides the draws: MUSD, Mt, fractions; `lost` (year,) is the share of exports lost.

    `field` draws the oil ahead of one chunk (None: production held at `q`); `wealth` (year,) is the value of the oil to
    come; `gdp` the GDP of the year before the first; `return_se` the standard error of the mean return.
    """

    start: float
    law: Law
    rule: Rule
    field: Callable[[np.random.Generator, int], Field] | None
    q: float
    lost: np.ndarray
    wealth: np.ndarray
    gdp: float
    return_se: float
    seed: int


class Run(NamedTuple):
    """(year, draw) balance at the end of each year, receipts and withdrawals (single precision), MUSD.

    `empty` (draw,) is the number of the first year that ends with nothing, -1 if none; `lasting` (draw,) the largest
    constant withdrawal that never empties the fund within the horizon.
    """

    balance: np.ndarray
    receipts: np.ndarray
    withdrawals: np.ndarray
    empty: np.ndarray
    lasting: np.ndarray


def advance(
    balance: np.ndarray, rate: np.ndarray | float, inflow: np.ndarray | float, wanted: np.ndarray | float
) -> tuple[np.ndarray, np.ndarray]:
    """One year: `F (1 + r) + T - W`; returns the new balance and what was paid, both never below zero."""
    available = np.maximum(balance * (1 + rate) + inflow, 0.0)
    paid = np.clip(wanted, 0.0, available)
    return available - paid, paid


def run(setting: Setting, years: Sequence[int], values: dict[str, np.ndarray]) -> Run:
    """Run all draws; `values` are (draw, year) as in `Paths`. A draw does not depend on how many there are."""
    draws, count = values["oil_price"].shape
    out = Run(
        np.empty((count, draws)),
        np.empty((count, draws), np.float32),
        np.empty((count, draws), np.float32),
        np.full(draws, -1),
        np.empty(draws),
    )
    work = partial(_chunk, setting, years, {n: v.T for n, v in values.items()}, out)
    with ThreadPoolExecutor(min(WORKERS, os.cpu_count() or 1)) as pool:
        list(pool.map(work, range(0, draws, CHUNK)))
    return out


def _chunk(setting: Setting, years: Sequence[int], values: dict[str, np.ndarray], out: Run, low: int) -> None:
    law, rule = setting.law, setting.rule
    rng = np.random.default_rng([setting.seed, 2, low // CHUNK])
    coef, sd = draw_law(law, rng, CHUNK)
    tilt = setting.return_se * rng.standard_normal(CHUNK)
    field = setting.field(rng, CHUNK) if setting.field is not None else None
    part = slice(low, min(low + CHUNK, out.balance.shape[1]))
    n = part.stop - low
    balance, gdp = np.full(n, setting.start), np.full(n, setting.gdp)
    growth, sums, weights, lasting = np.ones(n), np.full(n, setting.start), np.zeros(n), np.full(n, np.inf)
    empty, coef, sd, tilt = out.empty[part], coef[:, :n], sd[:n], tilt[:n]
    for t, year in enumerate(years):
        made = (np.full(CHUNK, setting.q) if field is None else field.production(t))[:n] * (1 - setting.lost[t])
        price = values["oil_price"][t, part]
        inflow = _inflow(law, coef, sd * rng.standard_normal(CHUNK)[:n], price, made)
        rate = 0.0 if law.kind == "change" else values["fund_return"][t, part] + tilt
        if rule.needs_gdp:
            gdp = _grown(gdp, values, t, part)
        available = np.maximum(balance * (1 + rate) + inflow, 0.0)
        state = State(year, t, balance, available, inflow, price, made, gdp if rule.needs_gdp else None,
                      float(setting.wealth[t]))  # fmt: skip
        balance, paid = advance(balance, rate, inflow, _asked(rule, state, n))
        growth = growth * (1 + rate)
        sums += inflow / growth
        weights += 1 / growth
        np.minimum(lasting, sums / weights, out=lasting)
        out.balance[t, part], out.receipts[t, part], out.withdrawals[t, part] = balance, inflow, paid
        empty[(balance <= 1e-9 * setting.start) & (empty < 0)] = t
    out.lasting[part] = np.maximum(lasting, 0.0)


def _inflow(law: Law, coef: np.ndarray, noise: np.ndarray, price: np.ndarray, made: np.ndarray) -> np.ndarray:
    if law.kind != "receipts":
        return flow(law, coef, price, made) + noise
    return np.maximum(flow(law, coef, price, made) + noise * (made / law.mean_q), 0.0)


def _grown(gdp: np.ndarray, values: dict[str, np.ndarray], t: int, part: slice) -> np.ndarray:
    """GDP in MUSD: real growth times the deflator, over the rise of the dollar."""
    g, p, e = (values[n][t, part] for n in ("growth", "inflation", "depreciation"))
    return gdp * (1 + g) * (1 + p) / (1 + e)


def _asked(rule: Rule, state: State, n: int) -> np.ndarray:
    wanted = np.asarray(rule.pays(state), float)
    if wanted.shape not in ((), (n,)) or not np.isfinite(wanted).all():
        raise ScenarioError(
            f"the rule {rule.name} gave {wanted.shape} values in {state.year}; it must give one finite number, or one "
            f"per draw as `state.balance` has them"
        )
    return wanted
