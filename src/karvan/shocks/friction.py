"""Costs of crossing a border, and closing it."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from karvan.core.change import Change
from karvan.core.errors import KarvanWarning, ScenarioError
from karvan.core.estimates import Estimate, cost_change, require_bounded, shipped
from karvan.core.scenario import shock
from karvan.core.world import World
from karvan.shocks import groups


def _ready(arguments: dict[str, Any]) -> dict[str, Any]:
    """Exactly one cost is given, and an estimate is found by its name."""
    given = {k: v for k, v in arguments.items() if k not in ("ad_valorem", "from_") or v is not None}
    if ("ad_valorem" in given) == ("from_" in given):
        raise ScenarioError(
            "friction: give ad_valorem (a number such as 0.05, 5 % of the value) or from (an estimate such as "
            f"gravity/eaeu), {'not both' if 'from_' in given else 'one of them'}"
        )
    if "from_" not in given:
        if "lost" in given:
            raise ScenarioError("friction: lost goes with from; a negative ad_valorem makes trade cheaper")
        return given
    if not isinstance(given.get("lost", True), bool):
        raise ScenarioError(f"friction: lost is true (the effect ends) or false (it comes), got {given['lost']!r}")
    estimate = _estimate(given["from_"])
    ours = isinstance(estimate, Estimate) and estimate.comes_with_karvan
    if ours and given.get("sectors", "goods") in ("services", "all"):
        warnings.warn(
            f"friction: {estimate.name} was estimated on goods; here it is applied to services too",
            KarvanWarning,
            stacklevel=4,
        )
    return {**given, "from_": estimate}


def _estimate(value: Any) -> Any:
    if isinstance(value, str):
        return _of_friction(lambda: Estimate.named(value))
    if not isinstance(value, Mapping):
        return value
    if value.get("name") in shipped():
        name = value["name"]
        raise ScenarioError(f"friction: {name!r} comes with karvan; write from: {name}, or name your own otherwise")
    return _of_friction(lambda: Estimate.of(value))


def _of_friction(read: Callable[[], Estimate]) -> Estimate:
    try:
        return read()
    except ScenarioError as fault:
        raise ScenarioError(f"friction: {fault}") from None


@shock(ready=_ready)
def friction(
    world: World,
    *,
    between: Any,
    ad_valorem: float | None = None,
    from_: Any = None,
    lost: bool = True,
    sectors: Any = "goods",
) -> Change:
    """Make trade between two groups dearer (or cheaper) in both directions; the cost is real, not revenue.

    With `ad_valorem`: d_hat = 1 + ad_valorem on every cell between the groups. With `from_` (`from` in a scenario
    file): d_hat_j = exp(b / theta_j), the cost that lowers trade by the estimated coefficient b (log points) at given
    incomes and prices in every sector; exp(-b / theta_j) where the effect is gained. theta is the world's, in a sweep
    the drawn one. Exactly one of the two is given.

    Parameters
    ----------
    between : two groups, each a country code, a bloc, "all", or a list; a country in both counts in the first
    ad_valorem : cost as a share of the value of the goods, 0.05 = 5 %; above -1; negative makes trade cheaper
    from_ : an estimate by name ("gravity/eaeu"), an `Estimate`, one of your own as {name, b, se, source}, or a number
        of log points
    lost : true where the estimated effect ends (a country leaves), false where it comes
    sectors : "goods" (default), "services", "all", a sector or a list

    Raises
    ------
    ScenarioError
        Both costs or none, an unknown estimate, or a coefficient that some sector's elasticity makes a cost beyond
        all bounds.
    """
    chosen = groups.sectors(world, sectors)
    cells = groups.both_ways(world, between, chosen)
    if from_ is None:
        share = np.inf if ad_valorem == np.inf else groups.number(ad_valorem, "ad_valorem")
        if share == np.inf or share <= -1:
            raise ScenarioError(f"ad_valorem {ad_valorem} must be a number above -1; for a closed border use embargo")
        return Change(d_hat=np.where(cells, 1 + share, 1.0))
    b = groups.number(from_, "from")
    require_bounded(b, world.theta, chosen, world.sectors)
    return Change(d_hat=np.where(cells, cost_change(b, np.where(chosen, world.theta, np.inf), lost=lost), 1.0))


@shock
def embargo(world: World, *, between: Any, sectors: Any = "goods") -> Change:
    """Stop trade between two groups in both directions (infinite cost)."""
    chosen = groups.both_ways(world, between, groups.sectors(world, sectors))
    return Change(d_hat=np.where(chosen & (world.M > 0), np.inf, 1.0))
