"""Claims that say why: channels, the border cost, the duty pool, and what would turn the answer."""

from __future__ import annotations

import numpy as np

from karvan.core.case import CaseResults
from karvan.core.params import Range
from karvan.core.scenario import Scenario
from karvan.tell.claims import Claim, leaving, pool_otherwise, ranged, source

FIT = "least squares of real income on the border cost over {draws} draws"
FIRST_ORDER = "dollar for dollar, a first-order reckoning, from the result of {scenario}"
ONE_SOLVE = "one solve at the most likely parameters"
DATA = "the baseline is data"


def reasons(results: CaseResults) -> list[Claim]:
    """Compute the claims behind the sections on why, on what would change the answer, and on the duty pool."""
    found = [*_channels(results), *_trade(results), *_treaty(results), *_otherwise(results)]
    for scenario in results.scenarios:
        found += _border(results, scenario)
    for name in leaving(results):
        found += _break_even(results, name)
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


def border(scenario: Scenario) -> tuple[str, Range] | None:
    """Return the uncertain border cost of a scenario: its name among the draws and its range."""
    for name, given in scenario.ranges().items():
        if name.endswith(".ad_valorem"):
            return name, given
    return None


def _border(results: CaseResults, scenario: Scenario) -> list[Claim]:
    """What a point of border cost does, and how much of the spread between draws it explains."""
    cost = border(scenario)
    if cost is None or scenario.name not in results.sweep.scenarios:
        return []
    name, given = cost
    sweep, n = results.sweep, results.world.position(results.case["country"])
    x = 100 * np.array([given.draw(name, sweep.seed, k) for k in range(sweep.draws)])
    y = 100 * (sweep.sample("welfare_hat", scenario.name)[:, n] - 1)
    low, mode, high = (100 * float(v) for v in (given.low, given.mode, given.high))
    origin = scenario.source or scenario.name
    found = [Claim(f"border.{scenario.name}", mode, low, high, "percent of value", origin)]
    if sweep.draws > 2 and np.ptp(x) > 0 and np.ptp(y) > 0:
        slope, explained = float(np.polyfit(x, y, 1)[0]), 100 * float(np.corrcoef(x, y)[0, 1] ** 2)
        how = FIT.format(draws=sweep.draws)
        found.append(Claim(f"slope.{scenario.name}", slope, None, None, "percent per point", source(results), how))
        found.append(Claim(f"explained.{scenario.name}", explained, None, None, "percent", source(results), how))
    return found


def _break_even(results: CaseResults, name: str) -> list[Claim]:
    """Net receipts from the pool at which leaving would neither gain nor lose: today's plus the loss in dollars."""
    n = results.world.position(results.case["country"])
    today, income = float(results.world.net_pool[n]), float(results.world.I[n])
    band = results.sweep.band("welfare_hat", name)
    values = [today + (float(v[n]) - 1) * income for v in (band.mode, band.low, band.high)]
    return [ranged(f"pool.break_even.{name}", values, "MUSD", FIRST_ORDER.format(scenario=name))]


def _otherwise(results: CaseResults) -> list[Claim]:
    """Net receipts from the pool in earlier builds, and how many of 50 futures would lose with each other net."""
    known, name = results.case.get("pool_earlier", {"values": (), "source": ""}), results.case["headline"]
    n = results.world.position(results.case["country"])
    today, income = float(results.world.net_pool[n]), float(results.world.I[n])
    sample = results.sweep.sample("welfare_hat", name)[:, n] - 1
    nets = {f"earlier.{k}": float(v) for k, v in enumerate(known["values"], 1)}
    found = [Claim(f"pool.{k}", v, None, None, "MUSD", known["source"], DATA) for k, v in nets.items()]
    how = FIRST_ORDER.format(scenario=name)
    for key, net in {**nets, **pool_otherwise(results)}.items():
        losing = round(50 * float((sample + (today - net) / income < 0).mean()))
        found.append(Claim(f"losing.with_pool.{key}", losing, None, None, "of 50 futures", how, "a count over draws"))
    return found
