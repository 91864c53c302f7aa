"""What a case asks of the engine beyond its scenarios: break-evens, parts, exports, partners, the pool."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from karvan.cases.exported import exported
from karvan.core.baseline import derive
from karvan.core.border import border
from karvan.core.case import leaving
from karvan.core.change import Change
from karvan.core.scenario import Scenario
from karvan.core.sweep import Sweep
from karvan.core.table import Table
from karvan.core.world import World
from karvan.models.trade.decomposition import decompose
from karvan.models.trade.face import solve
from karvan.models.trade.sensitivity import friends, holdup
from karvan.models.trade.tariffs import best_response
from karvan.run.break_even import BreakEven, break_even

EVERYTHING = 10**9
ENDS = ("growth", "growth_low", "growth_high", "closing", "closing_low", "closing_high")
PARTNER = ("partner", *ENDS, "exports_share", "imports_share", "note")
CLOSE = 1e-4  # of the range searched: two digits more than the brief shows
WIDEST = 0.5  # border cost up to which a loss is looked for, part of the value of goods


def detail(case: Mapping[str, Any], world: World, scenarios: tuple[Scenario, ...], found: Sweep) -> dict[str, Table]:
    """Solve everything that the brief tells beyond scenarios and draws, by name of the table."""
    ends = elasticity_ends(world)
    headline = next(s for s in scenarios if s.name == case["headline"])
    return {
        "parts": parts(world, headline, case["country"]),
        "turning": turning(case, world, scenarios, found, ends),
        "pool": pool(case, world),
        "exported": exported(case, found),
        "partners": partners(world, case["country"], ends),
        "best_tariff": best_tariff(case, world, scenarios, ends),
    }


def elasticity_ends(world: World) -> tuple[World, ...]:
    """The world with every elasticity at the low and at the high end of its range."""
    given = world.params.entries.get("theta")
    return () if given is None else (world.with_theta(given.low), world.with_theta(given.high))


def parts(world: World, scenario: Scenario, country: str) -> Table:
    """The change in a country's real income by part, partner and sector, MUSD; it adds up to the exact change."""
    found = decompose(world, scenario).largest(country, k=EVERYTHING)
    rows = tuple((s.part, s.partner, s.sector, s.money) for s in found)
    return Table(("part", "partner", "sector", "MUSD"), rows, f"Parts of the change in real income of {country}")


def turning(
    case: Mapping[str, Any], world: World, scenarios: tuple[Scenario, ...], found: Sweep, ends: Sequence[World]
) -> Table:
    """What would turn the answer, for every exit, found on the engine.

    `no_gain`: the border cost at which real income is as it was, below zero where leaving would have to make trade with
    the members cheaper; `loss`: the border cost at which the loss reaches the
    case's `loss`, both as a share of the value of goods, on average over the trade across the border; `fee`: the yearly
    payment to the other members that makes staying as costly as leaving, MUSD. Low and high come from the elasticities
    at their two ends; for the fee from the two ends of the band of real income. A missing value has a reason.
    """
    rows: list[tuple[Any, ...]] = []
    for s in leaving(scenarios):
        cost = border(s)
        if cost is not None:
            lowest, highest = cost.ends(world, found.draws, found.seed)
            widest = (min(lowest, 0.0), highest if highest > 0 else WIDEST)
            for what, target, (low, high) in (("no_gain", 1.0, widest), ("loss", 1 - case["loss"], (0.0, WIDEST))):
                who = partial(break_even, country=case["country"], vary=cost.cost_key)
                find = partial(who, target=target, low=low, high=high)
                first = find(world, s, xtol=CLOSE)
                others = [find(w, s, xtol=CLOSE) for w in ends] if first else []
                rows.append((s.name, what, *_span(first, others), first.reason))
        rows.append((s.name, "fee", *_fee(case, world, found, s.name), ""))
    return Table(("scenario", "what", "value", "low", "high", "reason"), tuple(rows), "What would turn the answer")


def best_tariff(case: Mapping[str, Any], world: World, scenarios: tuple[Scenario, ...], ends: Sequence[World]) -> Table:
    """The import tariff that is best for the country after the first exit beside the headline, if nobody answers.

    One rate per sector for all partners outside its treaties; the mean is weighted by the imports it falls on. `gain`
    is real income against the exit's own tariffs. Low and high come from the elasticities at their two ends.
    """
    rows: list[tuple[Any, ...]] = []
    for s in [s for s in leaving(scenarios) if s.name != case["headline"]][:1]:
        first, *others = (_best(w, case["country"], s, tries=0 if k else 12) for k, w in enumerate((world, *ends)))
        for what in ("rate", "gain"):
            values = [found[what] for found in (first, *others)]
            rows.append((s.name, what, values[0], min(values), max(values)))
    return Table(("scenario", "what", "value", "low", "high"), tuple(rows), "The tariff that is best if nobody answers")


def _best(world: World, country: str, scenario: Scenario, tries: int) -> dict[str, float]:
    found = best_response(world, country, change=scenario, mfn=True, tries=tries)
    weight = world.M * found.chosen
    return {"rate": float((found.tau_new * weight).sum() / weight.sum()), "gain": found.gain[country]}


def _span(first: BreakEven, others: Sequence[BreakEven]) -> tuple[float | None, float | None, float | None]:
    """Value, low and high; no range where one of the ends has no crossing."""
    values = [f.value for f in (first, *others)]
    known = [v for v in values if v is not None]
    if not others or len(known) < len(values):
        return first.value, None, None
    return first.value, min(known), max(known)


def _fee(case: Mapping[str, Any], world: World, found: Sweep, name: str) -> list[float | None]:
    """The payment at most likely parameters, and at the 95 and 5 % ends of the band of real income."""
    n = world.position(case["country"])
    band = found.band("welfare_hat", name)
    fees = []
    for ratio in (float(v[n]) for v in (band.mode, band.low, band.high)):
        guess = (1 - ratio) * float(world.I[n])
        one = float(np.copysign(1.0, guess))
        low, high = sorted((0.8 * guess - one, 2.0 * guess + one))
        at = break_even(
            world, None, case["country"], _staying(world, case), target=ratio, low=low, high=high, xtol=CLOSE
        )
        fees.append(at.value)
    value, *ends = fees
    return [value, *sorted(ends, key=lambda v: np.inf if v is None else v)]


def _staying(world: World, case: Mapping[str, Any]) -> Callable[[float], tuple[World, Change]]:
    """Staying and paying x MUSD a year to the other members, in proportion to their incomes."""
    n = world.position(case["country"])
    receiving = np.isin(world.countries, world.blocs[case["bloc"]].members) * world.I
    receiving[n] = 0.0

    def fee(x: float) -> tuple[World, Change]:
        D_new = world.D + x * receiving / receiving.sum()
        D_new[n] -= x
        return world, Change(D_new=D_new)

    return fee


def pool(case: Mapping[str, Any], world: World) -> Table:
    """Net receipts from the pool in other calibrations, and real income of staying at that net, today's being 1."""
    n = world.position(case["country"])
    today = float(world.net_pool[n])
    earlier = enumerate(case.get("pool_earlier", {}).get("values", ()), 1)
    nets = {**{f"earlier.{k}": float(v) for k, v in earlier}, **_otherwise(case, world)}
    staying = _staying(world, case)
    rows = tuple(
        (name, net, float(solve(*staying(today - net)).values["welfare_hat"][n])) for name, net in nets.items()
    )
    return Table(("calibration", "net", "staying"), rows, f"Other nets of {case['country']} from the pool, MUSD")


def _otherwise(case: Mapping[str, Any], world: World) -> dict[str, float]:
    """Net receipts under other calibrations of the same world, MUSD.

    `full`: everything statutory reaches the pool; `cet`: the country applies the full common tariff; `mirror`: its
    imports from one partner are what that partner reports.
    """
    n, mirror = world.position(case["country"]), case.get("pool_mirror")
    found = {"full": _net(world, n, collection=np.ones_like(world.collection))}
    if "cet" in world.schedules:
        tau = world.tau.copy()
        tau[n] = np.where(tau[n] > 0, world.schedules["cet"][n][None, :], tau[n])
        found["cet"] = _net(world, n, tau=tau)
    if mirror:
        i = world.position(mirror["partner"])
        M = world.M.copy()
        M[n, i, world.goods] *= mirror["imports"] / M[n, i, world.goods].sum()
        found["mirror"] = _net(world, n, M=M)
    return found


def _net(world: World, n: int, **other: np.ndarray) -> float:
    given = {"M": world.M, "tau": world.tau, "collection": world.collection, **other}
    return float(derive(**given, gamma=world.gamma, beta=world.beta, pool=world.pool).net_pool[n])


def partners(world: World, country: str, ends: Sequence[World]) -> Table:
    """Who helps and who can hurt: each partner's growth and each partner's closing, percent of real income.

    `growth` is the effect of one percent more productivity there, `closing` the exact change if all trade with it
    stops; low and high come from the elasticities at their two ends and from a world without deficits.

    Growth is solved with trade balances as a share of value added. A balance fixed in the numeraire, the wage bill of
    the world, would change its real value by the yardstick alone when a large partner grows.
    """
    n = world.position(country)
    cases = [(w, "share") for w in (world, *ends)] + [(world, "purge")]
    growth = [friends(w, deficits=kind).welfare[n] for w, kind in cases]
    cases = [(w, "fixed") for w in (world, *ends)] + [(world, "purge")]
    closing = [{row[0]: row for row in holdup(w, country, deficits=kind).rows} for w, kind in cases]
    rows = []
    for i, partner in enumerate(world.countries):
        if i != n:
            first = closing[0][partner]
            helps = [float(g[i]) for g in growth]
            hurts = [c[partner][3] for c in closing]
            rows.append((partner, *_ends(helps), *_ends(hurts), first[1], first[2], first[6]))
    rows.sort(key=lambda row: np.inf if row[4] is None else row[4])
    title = (
        f"Real income of {country}, percent; growth: 1 % more productivity in the partner, closing: all trade with it "
    )
    title += "stops; low and high at the two ends of the elasticities and without deficits"
    return Table(PARTNER, tuple(rows), title)


def _ends(values: Sequence[float | None]) -> tuple[float | None, float | None, float | None]:
    known = [v for v in values if v is not None]
    if len(known) < len(values) or len(values) == 1:
        return values[0], None, None
    return values[0], min(known), max(known)
