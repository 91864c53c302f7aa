"""Claims: every number a brief shows, with its range, unit and source. Text is elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from karvan.core import case
from karvan.core.case import BESIDE, CaseResults
from karvan.core.errors import ConvergenceError
from karvan.core.outcome import Outcome

MODEL = "karvan trade equilibrium on {world}, exact change, {draws} draws, seed {seed}"


@dataclass(frozen=True)
class Claim:
    """One number: what it is, its range (5 to 95 % of parameter draws) or why it has none, unit and source."""

    key: str
    value: float
    low: float | None
    high: float | None
    unit: str
    source: str
    no_range: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return the claim as plain data."""
        return asdict(self)


def claims(results: CaseResults) -> tuple[Claim, ...]:
    """Compute every claim of a case from its results.

    Raises
    ------
    ConvergenceError
        A result is not converged; such a result is never told.
    """
    from karvan.tell.corridor_claims import corridor_claims
    from karvan.tell.findings import findings
    from karvan.tell.hubs import hubs
    from karvan.tell.money import money
    from karvan.tell.reasons import reasons
    from karvan.tell.reports import reports
    from karvan.tell.tested import tested

    refuse_unconverged(results)
    found = [
        *_income(results),
        *_futures(results),
        *_pool(results),
        *_beside(results),
        *_sectors(results),
        *_partners(results),
        *reasons(results),
        *findings(results),
        *reports(results),
        *hubs(results),
        *corridor_claims(results),
        *tested(results),
        *money(results),
    ]
    return tuple(found)


def refuse_unconverged(results: CaseResults) -> None:
    """Raise when any Outcome of the case is not converged."""
    outcomes = [(" / ".join(k), o) for k, o in results.sweep.modes.items()]
    outcomes += [(" / ".join(k), o) for k, o in results.beside.items()]
    bad = [name for name, outcome in outcomes if not outcome.converged]
    if bad:
        raise ConvergenceError(f"{len(bad)} result(s) are not converged and cannot be told: {', '.join(bad[:5])}")


def source(results: CaseResults) -> str:
    """Return the source line of model results."""
    return MODEL.format(world=results.world.name, draws=results.sweep.draws, seed=results.sweep.seed)


def leaving(results: CaseResults) -> list[str]:
    """Return the names of the scenarios that leave a bloc."""
    return [s.name for s in case.leaving(results.scenarios)]


def percent(ratio: Any) -> Any:
    """Return a ratio as percent change."""
    return 100 * (np.asarray(ratio) - 1)


def ranged(key: str, values: Sequence[float], unit: str, origin: str) -> Claim:
    """Make a claim of (value, low, high)."""
    value, low, high = values
    return Claim(key, value, low, high, unit, origin)


def _income(results: CaseResults) -> list[Claim]:
    """Real income and real wage by scenario, part and country, percent; for the case's country also in money."""
    sweep, world, origin = results.sweep, results.world, source(results)
    home = world.position(results.case["country"])
    found = []
    for scenario in sweep.scenarios:
        for part in sweep.parts:
            for symbol, name in (("welfare_hat", "income"), ("real_wage_hat", "wage")):
                band = sweep.band(symbol, scenario, part)
                for n, country in enumerate(world.countries):
                    value, low, high = (float(percent(v[n])) for v in (band.mode, band.low, band.high))
                    found.append(Claim(f"{name}.{scenario}.{part}.{country}", value, low, high, "percent", origin))
                if name == "income" and part == "all":
                    found += _money(results, scenario, [float(v[home]) - 1 for v in (band.mode, band.low, band.high)])
    return found


def _money(results: CaseResults, scenario: str, change: list[float]) -> list[Claim]:
    """The change in dollars and in local money per household and year."""
    money, world = results.case["money"], results.world
    dollars = [c * float(world.I[world.position(results.case["country"])]) for c in change]
    households = money["population_million"] / money["household_size"]
    local = [d / households * money["per_usd"] for d in dollars]
    papers = (money[f"{k}_source"] for k in ("per_usd", "population", "household_size"))
    origin = "; ".join([source(results), *papers])
    return [
        ranged(f"dollars.{scenario}", dollars, "MUSD", source(results)),
        ranged(f"household.{scenario}", local, money["currency"], origin),
    ]


def _futures(results: CaseResults) -> list[Claim]:
    """In how many of 50 futures the case's country loses."""
    home = results.world.position(results.case["country"])
    found = []
    for scenario in results.sweep.scenarios:
        share = float((results.sweep.sample("welfare_hat", scenario)[:, home] < 1).mean())
        found.append(
            Claim(
                f"losing.{scenario}",
                round(50 * share),
                None,
                None,
                "of 50 futures",
                source(results),
                "a count over draws",
            )
        )
    return found


def _pool(results: CaseResults) -> list[Claim]:
    """The duty pool of the case's bloc before, and duties and pool after, for its country."""
    world, sweep = results.world, results.sweep
    n = world.position(results.case["country"])
    before = {"duties": world.duties[n], "paid": world.pooled[n]}
    reason = "the baseline is data"
    origin = "baseline flows, tariffs, treaty shares and collection rate of the world"
    found = [Claim(f"pool.{k}", float(v), None, None, "MUSD", origin, reason) for k, v in before.items()]
    other = pool_otherwise(results)
    found += [Claim(f"pool.net.{k}", v, None, None, "MUSD", origin, "one other calibration") for k, v in other.items()]
    nets = [float(world.net_pool[n]), *other.values()]
    found.append(
        Claim("pool.net", nets[0], min(nets), max(nets), "MUSD", f"{origin}; range: the calibrations pool.net.*")
    )
    received = float(world.pooled[n] + world.net_pool[n])
    found.append(Claim("pool.received", received, None, None, "MUSD", origin, reason))
    for scenario in sweep.scenarios:
        for symbol, name in (("net_pool_new", "net_after"), ("duties_new", "duties_after"), ("R_new", "revenue_after")):
            band = sweep.band(symbol, scenario)
            values = [float(v[n]) for v in (band.mode, band.low, band.high)]
            found.append(ranged(f"pool.{name}.{scenario}", values, "MUSD", source(results)))
    return found


def pool_otherwise(results: CaseResults) -> dict[str, float]:
    """Net receipts of the case's country from the pool under other calibrations of the same world, MUSD."""
    nets = {row[0]: float(row[1]) for row in results.tables["pool"].rows}
    return {name: net for name, net in nets.items() if not name.startswith("earlier.")}


def _beside(results: CaseResults) -> list[Claim]:
    """Real income of the case's country with another closure, class, baseline or set of elasticities, percent."""
    reason = "one solve at the most likely parameters, shown beside the band"
    values = {key: alone(results, outcome) for key, outcome in results.beside.items()}
    found = [Claim(".".join(key), v, None, None, "percent", source(results), reason) for key, v in values.items()]
    for scenario in results.sweep.scenarios:
        middle = alone(results, results.sweep.modes[scenario, "all"])
        for kind in ("class", "closure"):
            spread = [middle, *(v for key, v in values.items() if key[0] == kind and key[2] == scenario)]
            origin = f"{source(results)}; range: lowest and highest over {len(spread) - 1} solves of {kind}.*"
            found.append(ranged(f"spread.{kind}.{scenario}", [middle, min(spread), max(spread)], "percent", origin))
    return found


def alone(results: CaseResults, outcome: Outcome) -> float:
    """Return the change in real income of the case's country in one solve, percent."""
    return float(percent(outcome.values["welfare_hat"][outcome.world.position(results.case["country"])]))


def _sectors(results: CaseResults) -> list[Claim]:
    """Output (percent, money) and employment (percent) by sector of the case's country, headline scenario."""
    world, scenario = results.world, results.case["headline"]
    n = world.position(results.case["country"])
    band = results.sweep.band("Y_new", scenario)
    mode = results.sweep.modes[scenario, "all"].values
    people = results.sweep.sample("Y_new", scenario)[:, n] / results.sweep.sample("w_hat", scenario)[:, n, None]
    ends = [mode["Y_new"][n] / mode["w_hat"][n], *np.percentile(people, [5, 95], axis=0)]
    found = []
    for j, sector in enumerate(world.sectors):
        base = float(world.Y[n, j])
        if base > 0:
            values = [100 * (float(v[n, j]) / base - 1) for v in (band.mode, band.low, band.high)]
            found.append(ranged(f"output.{scenario}.{sector}", values, "percent", source(results)))
            money = [float(v[n, j]) - base for v in (band.mode, band.low, band.high)]
            found.append(ranged(f"output_money.{scenario}.{sector}", money, "MUSD", source(results)))
            jobs = [100 * (float(v[j]) / base - 1) for v in ends]
            found.append(ranged(f"employment.{scenario}.{sector}", jobs, "percent", source(results)))
    return found


def _partners(results: CaseResults) -> list[Claim]:
    """Goods exports and imports of the case's country by partner, change in money, headline scenario."""
    scenario = results.case["headline"]
    outcome: Outcome = results.sweep.modes[scenario, "all"]
    base, n = outcome.world, outcome.world.position(results.case["country"])
    goods = base.goods
    change = (outcome.values["M_new"] - base.M)[:, :, goods].sum(axis=2)
    reason = "one solve at the most likely parameters"
    found = []
    for i, partner in enumerate(base.countries):
        if i != n:
            for name, value in (("exports", change[i, n]), ("imports", change[n, i])):
                key = f"{name}.{scenario}.{partner}"
                found.append(Claim(key, float(value), None, None, "MUSD", source(results), reason))
    return found


def verdict(results: CaseResults) -> str:
    """Judge "the country would gain by leaving" by a stated rule.

    Over all scenarios that leave the bloc: "supported" if at least 95 % of draws gain in each and no closure, class of
    model, baseline or set of elasticities loses; "not" if at most 5 % gain in each and none of them gains; "partly" if
    the scenarios fall on different sides; otherwise it "cannot" be told.
    """
    n = results.world.position(results.case["country"])
    exits = leaving(results)
    shares = [float((results.sweep.sample("welfare_hat", s)[:, n] > 1).mean()) for s in exits]
    gains = [alone(results, o) > 0 for (kind, _, s), o in results.beside.items() if kind in BESIDE and s in exits]
    if min(shares) >= 0.95:
        return "supported" if all(gains) else "cannot"
    if max(shares) <= 0.05:
        return "cannot" if any(gains) else "not"
    return "partly" if min(shares) <= 0.05 and max(shares) >= 0.95 else "cannot"
