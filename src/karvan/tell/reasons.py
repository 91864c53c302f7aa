"""Claims that say why: channels, trade, the border cost and the duty pool."""

from __future__ import annotations

import numpy as np

from karvan.core.border import Border, border
from karvan.core.case import CaseResults
from karvan.core.estimates import Estimate
from karvan.core.scenario import Scenario
from karvan.tell.claims import Claim, ranged, source

FIT = "least squares of real income on the border cost over {draws} draws"
ONE_SOLVE = "one solve at the most likely parameters"
AT_MODE = "at the most likely parameters; the average over all trade across the border has the range"
DATA = "the baseline is data"


def reasons(results: CaseResults) -> list[Claim]:
    """Compute the claims behind the sections on why and on the duty pool."""
    found = [*_channels(results), *_trade(results), *_treaty(results)]
    for scenario in results.scenarios:
        found += _border(results, scenario)
    return found


def _channels(results: CaseResults) -> list[Claim]:
    """Tariffs alone and frictions alone in dollars."""
    n, sweep = results.world.position(results.case["country"]), results.sweep
    income = float(results.world.I[n])
    found = []
    for name in sweep.scenarios:
        for part in (p for p in sweep.parts if p != "all"):
            band = sweep.band("welfare_hat", name, part)
            values = [(float(v[n]) - 1) * income for v in (band.mode, band.low, band.high)]
            found.append(ranged(f"dollars.{name}.{part}", values, "MUSD", source(results)))
    return found


def _trade(results: CaseResults) -> list[Claim]:
    """Goods trade with the other members and with everyone else: before, and its change, headline scenario."""
    world, name = results.world, results.case["headline"]
    n = world.position(results.case["country"])
    inside = np.isin(world.countries, results.world.blocs[results.case["bloc"]].members)
    outside = ~inside
    inside[n] = False
    change = results.sweep.modes[name, "all"].values["M_new"] - world.M
    found = []
    for flow, before, moved in (("imports", world.M[n], change[n]), ("exports", world.M[:, n], change[:, n])):
        start = float(before[inside][:, world.goods].sum())
        found.append(Claim(f"trade.{flow}.members", start, None, None, "MUSD", "baseline flows of the world", DATA))
        for side, who in (("members", inside), ("others", outside)):
            total = float(moved[who][:, world.goods].sum())
            found.append(Claim(f"trade.{flow}.{side}.{name}", total, None, None, "MUSD", source(results), ONE_SOLVE))
    return found


def _treaty(results: CaseResults) -> list[Claim]:
    """The country's treaty share of the pool and the part of the duty that reaches it, percent."""
    union = results.world.blocs[results.case["bloc"]]
    share = 100 * union.shares.get(results.case["country"], 0.0)
    return [
        Claim("pool.share", share, None, None, "percent", union.source or union.title or union.name, "set by treaty"),
        Claim("pool.collection", 100 * union.collection, None, None, "percent", _collection(results), DATA),
    ]


def _collection(results: CaseResults) -> str:
    found = [b.source for b in results.world.sources if b.symbol == "collection"]
    return found[0] if found and found[0] else "collection rate of the world"


def _border(results: CaseResults, scenario: Scenario) -> list[Claim]:
    """The border cost, and how much of the spread between draws it explains; its coefficient where it is estimated."""
    cost = border(scenario)
    if cost is None or scenario.name not in results.sweep.scenarios:
        return []
    world, sweep, n = results.world, results.sweep, results.world.position(results.case["country"])
    drawn = 100 * cost.draws(world, sweep.draws, sweep.seed)
    x = cost.average(world, drawn)
    y = 100 * (sweep.sample("welfare_hat", scenario.name)[:, n] - 1)
    low, high = (100 * v for v in cost.ends(world, sweep.draws, sweep.seed))
    mode = 100 * float(cost.mean(world, cost.given.mode))
    origin = scenario.source or scenario.name
    if cost.estimate is not None:
        origin = f"{cost.estimate}; average over the baseline trade across the border"
    found = [ranged(f"border.{scenario.name}", (mode, low, high), "percent of value", origin)]
    bought = 100 * float(cost.mean(world, cost.given.mode, results.case["country"]))
    found.append(Claim(f"border_imports.{scenario.name}", bought, None, None, "percent of value", origin, AT_MODE))
    if cost.estimate is not None:
        found += _estimated(results, scenario, cost, cost.estimate, drawn)
    if sweep.draws > 2 and np.ptp(x) > 0 and np.ptp(y) > 0:
        explained = 100 * float(np.corrcoef(x, y)[0, 1] ** 2)
        how = FIT.format(draws=sweep.draws)
        found.append(Claim(f"explained.{scenario.name}", explained, None, None, "percent", source(results), how))
    return found


def _estimated(
    results: CaseResults, scenario: Scenario, cost: Border, estimate: Estimate, drawn: np.ndarray
) -> list[Claim]:
    """The coefficient, the trade it takes away at given incomes, and for the headline the cost in every sector."""
    world, origin = results.world, str(estimate)
    given = (estimate.b, estimate.low, estimate.high)
    sign = -1.0 if cost.shock.arguments.get("lost", True) else 1.0
    low, high = sorted(100 * (np.exp([sign * estimate.low, sign * estimate.high]) - 1))
    fall = (100 * float(np.exp(sign * estimate.b) - 1), float(low), float(high))
    found = [
        ranged(f"border_log.{scenario.name}", given, "log of trade", origin),
        ranged(f"border_trade.{scenario.name}", fall, "percent of trade at given incomes", origin),
    ]
    if scenario.name != results.case["headline"]:
        return found
    mode = 100 * cost.by_sector(estimate.b, world.theta)
    for j in np.flatnonzero(cost.trade(world) > 0):
        values = [float(v) for v in (mode[j], *np.percentile(drawn[:, j], [5, 95]))]
        found.append(ranged(f"border_sector.{scenario.name}.{world.sectors[j]}", values, "percent of value", origin))
    return found
