"""The value of one input at which a result changes sign or crosses a target, found on the engine."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np

from karvan.core.border import border
from karvan.core.change import Change, effect
from karvan.core.errors import KarvanError, ScenarioError, SymbolError
from karvan.core.labels import suggest
from karvan.core.scenario import Layer, Scenario, Shock
from karvan.core.symbols import symbol
from karvan.core.world import World, require_world
from karvan.models.trade.face import solve

POINTS = 7  # solves that look for the crossing before it is narrowed down
Case = Callable[[float], tuple[World, Any]]


@dataclass(frozen=True)
class BreakEven:
    """Where a result crosses its target.

    `value` is the input at the crossing nearest to `low`, or None when there is none between `low` and `high`; then
    `reason` says so. `at_low` and `at_high` are the results at the two ends, `solves` counts the equilibria.
    """

    vary: str
    of: str
    country: str
    target: float
    value: float | None
    low: float
    high: float
    at_low: float
    at_high: float
    solves: int
    reason: str = ""

    def __bool__(self) -> bool:
        """True when there is a crossing."""
        return self.value is not None


def break_even(
    world: World,
    scenario: Any,
    country: str,
    vary: str | Case,
    *,
    of: str = "welfare_hat",
    target: float = 1.0,
    low: float | None = None,
    high: float | None = None,
    deficits: str | None = None,
    xtol: float = 1e-9,
) -> BreakEven:
    """Find the value of any one input at which a country's result crosses a target, by exact solves.

    Seven solves over the range look for a crossing (so that a result that turns is seen), Brent's method narrows the
    first one down.

    Parameters
    ----------
    world, scenario : as for `solve`
    country : whose result
    vary : an uncertain argument of the scenario as `scenario.ranges()` names it, such as "friction1.ad_valorem" or
        "gravity/eaeu" (log points of trade); where a friction comes from an estimate, "friction1.ad_valorem" varies its
        average cost over the trade across the border, as a share of the value (`tariff_equivalent`); or a function from
        a number to (world, scenario), for any other input: a collection rate, an elasticity, a tariff
    of : a result by country, such as "welfare_hat" or "net_pool_new"
    target : 1 for a ratio that neither gains nor loses
    low, high : where to look; default the range of the argument, its lower end moved to zero
    deficits : closure
    xtol : accuracy of the value, relative to high - low

    Raises
    ------
    ScenarioError
        The scenario has no such argument, or the range is empty.
    SymbolError
        `of` is no result by country.
    """
    require_world(world)
    n = world.position(country)
    case, name, ends = _case(world, scenario, vary)
    if symbol(of).kind != "outcome" or symbol(of).dims != ("country",):
        raise SymbolError(f"break_even: {of!r} is not a result by country; use welfare_hat, real_wage_hat or another")
    low, high = ends[0] if low is None else low, ends[1] if high is None else high
    if low is None or high is None or not low < high:
        raise ScenarioError(f"break_even: give low and high with low < high to look for {name}; got {low}, {high}")
    found: dict[float, float] = {}

    def gap(x: float) -> float:
        if x not in found:
            found[x] = _value(case, x, of, n, deficits, name)
        return found[x] - target

    grid = [float(x) for x in np.linspace(low, high, POINTS)]
    bracket = next(((a, b) for a, b in pairwise(grid) if gap(a) == 0 or gap(a) * gap(b) <= 0), None)
    root, reason = None, ""
    if bracket is None:
        reason = f"{of} of {country} stays {'above' if gap(low) > 0 else 'below'} {target:g} from {low:g} to {high:g}"
    else:
        from scipy.optimize import brentq

        root = (
            bracket[0] if gap(bracket[0]) == 0 else float(brentq(gap, *bracket, xtol=xtol * (high - low), rtol=1e-12))
        )
    ends_found = gap(low) + target, gap(high) + target
    return BreakEven(name, of, country, target, root, low, high, *ends_found, len(found), reason)


def _case(world: World, scenario: Any, vary: str | Case) -> tuple[Case, str, tuple[float | None, float | None]]:
    if callable(vary):
        return vary, getattr(vary, "__name__", "value"), (None, None)
    papers = Scenario.of(scenario)
    ranges = papers.ranges()
    found = border(papers)
    if found is not None and vary == found.cost_key and vary not in ranges:
        ends = (float(found.mean(world, v)) for v in sorted((found.given.low, found.given.high)))
        low, high = sorted(ends)
        return lambda x: (world, found.at(world, papers, x)), vary, (min(0.0, low), high)
    if not ranges:
        raise ScenarioError(
            f"break_even: {papers.name} has no uncertain argument; give one a range, or pass a function"
        )
    if vary not in ranges:
        raise ScenarioError(f"break_even: {papers.name} has no uncertain argument {vary!r}.{suggest(vary, ranges)}")
    given = ranges[vary]
    return lambda x: (world, papers.at({vary: x})), vary, (min(0.0, float(given.low)), float(given.high))


def _value(case: Case, x: float, of: str, n: int, deficits: str | None, name: str) -> float:
    try:
        world, scenario = case(x)
        return float(solve(world, _without_idle(scenario, world), deficits=deficits).values[of][n])
    except KarvanError as fault:
        raise type(fault)(f"break_even at {name} = {x:g}: {fault}") from None


def _without_idle(scenario: Any, world: World) -> Any:
    """Leave out shocks that touch nothing: at a friction of zero there is none."""
    papers = Scenario.of(scenario)
    kept = tuple(s for s in papers.shocks if effect(world, s(world) if isinstance(s, Shock) else _change(s)))
    return replace(papers, shocks=kept)


def _change(item: Change | Layer) -> Change:
    return item.change if isinstance(item, Layer) else item
