"""The uncertain cost of a border in a scenario, read as a share of the value of goods: its tariff equivalent."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from karvan.core.errors import ScenarioError
from karvan.core.estimates import Estimate, cost_change
from karvan.core.scenario import Scenario, Shock, Uncertain
from karvan.core.table import Table
from karvan.core.world import World

COSTS = ("ad_valorem", "from_")


class Border(NamedTuple):
    """An uncertain border cost: its name among the scenario's draws, its law, and the shock that it belongs to.

    `cost_key` is the name under which `break_even` varies it as a share of the value of goods.
    """

    key: str
    given: Uncertain
    shock: Shock
    cost_key: str

    @property
    def from_trade(self) -> bool:
        """Whether the law is of a coefficient of trade (log points) and not of a share of the value."""
        return self.shock.arguments.get("from_") is not None

    @property
    def estimate(self) -> Estimate | None:
        """The estimate behind it, or None where the range is assumed."""
        return self.given if isinstance(self.given, Estimate) else None

    def trade(self, world: World, importer: str = "") -> np.ndarray:
        """(sector,) baseline trade across the border, both ways or the imports of one country, MUSD."""
        arguments = {k: v for k, v in self.shock.arguments.items() if k in ("between", "sectors")}
        crossing = replace(self.shock, arguments={**arguments, "ad_valorem": 1.0})(world).d_hat > 1
        if importer:
            crossing &= (np.array(world.countries) == importer)[:, None, None]
        return np.asarray((world.M * crossing).sum(axis=(0, 1)))

    def by_sector(self, value: Any, theta: np.ndarray) -> np.ndarray:
        """(..., sector) cost as a share of the value of goods: of values (...) at elasticities (..., sector)."""
        value = np.asarray(value, dtype=float)[..., None]
        if not self.from_trade:
            return value + np.zeros_like(theta)
        with np.errstate(over="ignore"):  # in sectors that the shock leaves alone
            return cost_change(value, theta, lost=self.shock.arguments.get("lost", True)) - 1

    def average(self, world: World, costs: np.ndarray, importer: str = "") -> Any:
        """Costs (..., sector) averaged over the baseline trade across the border, or over one country's imports."""
        weight = _weights(self.trade(world, importer))
        return np.where(weight > 0, costs, 0.0) @ weight

    def mean(self, world: World, value: Any, importer: str = "") -> Any:
        """The average cost at a value of the uncertain argument and the world's elasticities."""
        return self.average(world, self.by_sector(value, world.theta), importer)

    def value_at(self, world: World, cost: float) -> float:
        """The value of the uncertain argument at which the average cost is `cost`; inverse of `mean`."""
        if not self.from_trade:
            return float(cost)
        if not cost > -1:
            raise ScenarioError(f"a border cost of {cost:g} makes goods free; it must be above -1")
        theta = world.theta[_weights(self.trade(world)) > 0]
        sign = 1.0 if self.shock.arguments.get("lost", True) else -1.0
        ends = sorted(sign * np.log1p(cost) * t for t in (float(theta.min()), float(theta.max())))
        low, high = (float(self.mean(world, v)) - cost for v in ends)
        if low * high >= 0:  # one elasticity: both ends are the value
            return float(ends[0] if abs(low) < abs(high) else ends[1])
        from scipy.optimize import brentq

        return float(brentq(lambda v: float(self.mean(world, v)) - cost, *ends, xtol=1e-14, rtol=1e-13))

    def at(self, world: World, scenario: Scenario, cost: float) -> Scenario:
        """Return the scenario with this average border cost."""
        return scenario.at({self.key: self.value_at(world, cost)})

    def assumed(self, scenario: Scenario, size: float) -> Scenario:
        """Return the scenario with an assumed share of the value, `size`, in place of the uncertain cost.

        Where the scenario makes trade cheaper the share is taken off.
        """
        cheaper = float(self.by_sector(self.given.mode, np.ones(1))[0]) < 0
        kept = {k: v for k, v in self.shock.arguments.items() if k not in (*COSTS, "lost")}
        other = replace(self.shock, arguments={**kept, "ad_valorem": -size if cheaper else size})
        return replace(scenario, shocks=tuple(other if s is self.shock else s for s in scenario.shocks))

    def draws(self, world: World, draws: int, seed: int) -> np.ndarray:
        """(draw, sector) cost as a share of the value in each draw, with the elasticities of the same draw."""
        values = np.array([self.given.draw(self.key, seed, k) for k in range(draws)])
        theta = np.broadcast_to(world.theta, (draws, len(world.theta)))
        law = world.params.entries.get("theta")
        if self.from_trade and law is not None:
            theta = np.array([np.broadcast_to(law.draw("theta", seed, k), world.theta.shape) for k in range(draws)])
        return self.by_sector(values, theta)

    def ends(self, world: World, draws: int, seed: int) -> tuple[float, float]:
        """The range of the average cost: bounds of an assumed share, or 5 to 95 % of the draws from an estimate."""
        if not self.from_trade:
            return float(self.given.low), float(self.given.high)
        low, high = np.percentile(self.average(world, self.draws(world, draws, seed)), [5, 95])
        return float(low), float(high)


def border(scenario: Scenario) -> Border | None:
    """Return the first uncertain border cost of a scenario, or None."""
    order = 0
    for item in scenario.shocks:
        if not isinstance(item, Shock) or item.kind != "friction":
            continue
        order += 1
        for name in COSTS:
            given = item.arguments.get(name)
            if isinstance(given, Uncertain):
                cost_key = f"friction{order}.ad_valorem"
                key = given.name if isinstance(given, Estimate) else f"friction{order}.{name.removesuffix('_')}"
                return Border(key, given, item, cost_key)
    return None


def tariff_equivalent(world: World, scenario: Any, *, draws: int = 500, seed: int = 0) -> Table:
    """Return what a scenario's border cost is as a share of the value of goods, by sector and on average, in percent.

    From an estimate b the cost in sector j is exp(b / theta_j) - 1: the tariff, with its revenue thrown away, that
    lowers trade as much at given incomes. The average is weighted by the baseline trade across the border. `low` and
    `high` are 5 to 95 % of `draws` draws of the coefficient and of the elasticities (`world.params`); where a share of
    the value is assumed, its bounds.

    Raises
    ------
    ScenarioError
        The scenario has no uncertain border cost.
    """
    papers = Scenario.of(scenario)
    found = border(papers)
    if found is None:
        raise ScenarioError(f"tariff_equivalent: {papers.name} has no uncertain border cost (a friction with a range)")
    trade = found.trade(world)
    shown = np.flatnonzero(trade > 0)
    mode = found.by_sector(found.given.mode, world.theta[shown])
    if found.from_trade:
        low, high = np.percentile(found.draws(world, draws, seed)[:, shown], [5, 95], axis=0)
    else:
        low, high = (found.by_sector(v, world.theta[shown]) for v in (found.given.low, found.given.high))
    rows: list[tuple[Any, ...]] = [
        (world.sectors[j], float(trade[j]), *(100 * float(v[k]) for v in (mode, low, high)))
        for k, j in enumerate(shown)
    ]
    ends = (100 * v for v in found.ends(world, draws, seed))
    rows.append(("average by trade", float(trade.sum()), 100 * float(found.mean(world, found.given.mode)), *ends))
    title = str(found.estimate) if found.estimate else found.shock.arguments.get("source") or papers.source or "assumed"
    head = ("sector", "trade MUSD", "cost %", "low", "high")
    return Table(head, tuple(rows), f"Border cost as a share of the value of goods, percent. {title}")


def _weights(trade: np.ndarray) -> np.ndarray:
    total = trade.sum()
    return trade / total if total > 0 else np.full(len(trade), 1 / len(trade))
