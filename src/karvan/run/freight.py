"""Trade and freight that agree: the equilibrium loads the links, full links raise costs, and so on until both hold."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from karvan.core.archive import text_hash
from karvan.core.change import Change
from karvan.core.errors import ConvergenceError, ScenarioError
from karvan.core.outcome import Outcome
from karvan.core.record import describe
from karvan.core.scenario import Layer, Scenario, Shock
from karvan.core.table import Table
from karvan.core.world import World
from karvan.models.trade.face import solve
from karvan.network.card import drawn
from karvan.network.edits import edited
from karvan.network.loads import Year
from karvan.network.routes import Corridors
from karvan.shocks.corridor import Part, after_edits, capacity, freight, freight_change, network

ROUNDS = 60
TOLERANCE = 1e-7
DAMPING = 0.5


class Settled(NamedTuple):
    """An equilibrium and a year of freight that agree.

    outcome: the equilibrium; before, after: freight of today and of the scenario; steps: one row per round; links: the
    names of the links that loads and tolls stand for; room: (link,) capacities that bind; capacity: published ones.
    """

    outcome: Outcome
    before: Year
    after: Year
    steps: Table
    links: tuple[str, ...]
    units: tuple[str, ...]
    room: np.ndarray
    capacity: np.ndarray

    def full_links(self) -> Table:
        """The links that are full after the change, dearest first, with the toll that keeps them from overflowing."""
        toll, worst = self.after.mean_toll, self.after.toll.argmax(axis=0)
        rows = tuple(
            (
                self.links[m],
                self.units[m] or "t/y",
                round(float(self.before.mean_load[m])),
                round(float(self.after.load[worst[m], m])),
                round(float(self.capacity[m])),
                round(float(toll[m]), 2),
            )
            for m in np.argsort(-toll, kind="stable")
            if toll[m] > 0
        )
        columns = ("link", "unit", "load before", "load when full", "capacity", "USD per unit")
        return Table(columns, rows, "Full links: what one more unit of room a year would save")

    def tables(self) -> tuple[Table, ...]:
        """What happened on the network: rounds, full links if any, where freight moves."""
        return tuple(t for t in (self.steps, self.full_links(), self.moved()) if t.rows)

    def moved(self, count: int = 12) -> Table:
        """The links whose load changes most, in the unit of the link a year."""
        before, after = self.before.mean_load, self.after.mean_load
        order = np.argsort(-np.abs(after - before), kind="stable")[:count]
        rows = tuple(
            (self.links[m], self.units[m] or "t/y", round(float(before[m])), round(float(after[m])))
            for m in order
            if abs(after[m] - before[m]) > 1e-9 * before[m]
        )
        return Table(("link", "unit", "load before", "load after"), rows, "Where freight moves")


def has_corridors(scenario: Any) -> bool:
    """Whether a scenario changes the freight network."""
    return any(_is_corridor(item) for item in Scenario.of(scenario).shocks)


def solve_with_freight(
    world: World,
    scenario: Any,
    *,
    before: Corridors | None = None,
    deficits: str | None = None,
    tol: float = TOLERANCE,
    max_rounds: int = ROUNDS,
) -> Settled:
    """Solve trade equilibrium and freight network together.

    Each round puts the volumes of the last equilibrium on the network, finds the tolls of full links, and solves the
    equilibrium with the costs that follow. Volumes move half the way, so that tolls and volumes settle.

    Parameters
    ----------
    world, scenario : as for `solve`; the scenario has at least one shock of the network (`close_link`, ...)
    before : the network as it is; default karvan's own
    tol : largest relative change of any cost between two rounds
    max_rounds : rounds before giving up

    Raises
    ------
    ConvergenceError
        Costs still move after `max_rounds`.
    """
    papers = Scenario.of(scenario)
    parts = [item.part(world) for item in papers.shocks if isinstance(item, Shock) and _is_corridor(item)]
    if max_rounds < 1 or not tol > 0:
        raise ConvergenceError(f"max_rounds {max_rounds}, tol {tol:g}: expected at least one round and tol above 0")
    base = before or network()
    old, new = freight(world, base), freight(world, _edited(before, parts))
    rest = tuple(item for item in papers.shocks if not _is_corridor(item))
    embargo = any(part.embargo for part in parts)
    today = old.year(world.M)
    room = new.room(today)
    quantity, last, year, rows = None, None, None, []
    for done in range(1, max_rounds + 1):
        year = new.year(world.M, quantity, room, year)
        change = freight_change(world, old, year.cost, embargo)
        if done == 1 and np.allclose(change.d_hat, 1.0, rtol=0, atol=1e-12):
            kinds = " and ".join(dict.fromkeys(s.kind for s in papers.shocks if isinstance(s, Shock) and s.join))
            raise ScenarioError(f"{kinds}: no cost changes anywhere; nothing that travels passes there")
        outcome = solve(world, replace(papers, shocks=(*rest, Layer(change))), deficits=deficits)
        gap = _gap(change.d_hat, last)
        shown = gap if np.isfinite(gap) else None
        rows.append((done, shown, int((year.mean_toll > 0).sum()), round(float(year.left.max()), 6), outcome.steps))
        if gap < tol:
            outcome = outcome if before else _recorded(outcome, papers, tol)
            return Settled(outcome, today, year, _steps(rows), base.network.links, new.units, room, new.capacity)
        last = change.d_hat
        quantity = _towards(quantity, _volumes(world, outcome, papers, rest, change))
    raise ConvergenceError(f"trade and freight still differ by {gap:.2g} after {max_rounds} rounds; raise max_rounds")


def _recorded(outcome: Outcome, papers: Scenario, tol: float) -> Outcome:
    """The record says what was asked (the scenario) and how close trade and freight are, so that it can be repeated."""
    described, options = describe(papers), {**outcome.record["options"], "freight": tol}
    scenario = {**described, "sha256": text_hash(described)}
    return replace(outcome, record={**outcome.record, "scenario": scenario, "options": options})


def network_after(world: World, scenario: Any, before: Corridors | None = None) -> Corridors:
    """Return the network of a scenario: with its links closed, opened and changed."""
    items = Scenario.of(scenario).shocks
    return _edited(before, [item.part(world) for item in items if isinstance(item, Shock) and _is_corridor(item)])


def _edited(before: Corridors | None, parts: list[Part]) -> Corridors:
    edits = tuple(part.edit for part in parts)
    if before is None:
        return after_edits(edits)
    return edited(before, edits)


def _is_corridor(item: Any) -> bool:
    return isinstance(item, Shock) and item.join is not None and item.join.__module__ == freight_change.__module__


def _gap(new: np.ndarray, old: np.ndarray | None) -> float:
    if old is None:
        return float("inf")
    finite = np.isfinite(new) & np.isfinite(old)
    return float(np.abs(new[finite] / old[finite] - 1).max(initial=0.0))


def _volumes(world: World, outcome: Outcome, papers: Scenario, rest: tuple[Any, ...], change: Change) -> np.ndarray:
    """(importer, exporter, sector) tonnes after over before: values less the price at the factory and the cost d."""
    other = replace(papers, shocks=rest).change(world).d_hat if rest else None
    d_hat = change.d_hat if other is None else change.d_hat * other
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = outcome.values["M_new"] / (world.M * outcome.values["c_hat"][None] * d_hat)
    return np.where((world.M > 0) & np.isfinite(ratio), ratio, 0.0)


def _towards(old: np.ndarray | None, new: np.ndarray) -> np.ndarray:
    return new if old is None else old + DAMPING * (new - old)


def _steps(rows: list[tuple[Any, ...]]) -> Table:
    columns = ("round", "largest change of cost", "full links", "MUSD without room", "steps of the equilibrium")
    return Table(columns, tuple(rows), "Trade and freight, round by round")


class Drawn(NamedTuple):
    """Real income of every country under draws of the network's rules and of the world's elasticities.

    outcome: the equilibrium at the most likely values; freight: what it agreed with, None where the network does not
    change; welfare_hat: (draw, country); dollars: (draw, country) MUSD.
    """

    outcome: Outcome
    freight: Settled | None
    welfare_hat: np.ndarray
    dollars: np.ndarray


def ranged(world: World, scenario: Any, *, draws: int = 40, seed: int = 0, deficits: str | None = None) -> Drawn:
    """Solve a scenario of corridors under draws: each draw has its own network before and after, and elasticities.

    One error per rule and country is shared by all its links, in the network before and after alike. Draw number k is
    the same whatever the number of draws.
    """
    hats, dollars, papers = [], [], Scenario.of(scenario)
    for draw in range(draws):
        theta = world.params.draw(seed, draw).get("theta")
        other = world if theta is None else world.with_theta(theta)
        given = {name: law.draw(name, seed, draw) for name, law in papers.ranges().items()}
        case = papers.at(given)
        if has_corridors(papers):
            base = network()
            base = replace(base, network=drawn(base.network, seed, draw))
            outcome = solve_with_freight(other, case, before=base, deficits=deficits).outcome
        else:
            outcome = solve(other, case, deficits=deficits)
        hats.append(outcome.values["welfare_hat"])
        dollars.append(outcome.values["welfare_money"])
    settled = solve_with_freight(world, papers, deficits=deficits) if has_corridors(papers) else None
    mode = solve(world, papers, deficits=deficits) if settled is None else settled.outcome
    return Drawn(mode, settled, np.array(hats), np.array(dollars))


def widen(world: World, scenario: Any, country: str, times: float = 1.25) -> Table:
    """Return what more room on each full link of a scenario is worth to a country: one more solve each.

    Columns: the toll on the link, and the gain of real income in MUSD a year when it has `times` its capacity.
    """
    n = world.position(country)
    if not times > 1:
        raise ScenarioError(f"times {times:g}: more room is above 1, such as 1.25; to narrow a link use `capacity`")
    base = solve_with_freight(world, scenario)
    rows = []
    for m in np.flatnonzero(base.after.mean_toll > 0):
        unit = "TEU/y" if base.units[m] == "TEU/y" else "Mt/y"
        amount = times * base.room[m] / (1.0 if unit == "TEU/y" else 1e6)
        wider = Scenario.of(scenario) | capacity(link=base.links[m], amount=amount, unit=unit)
        new = solve_with_freight(world, wider).outcome.values["welfare_money"][n]
        gain = new - base.outcome.values["welfare_money"][n]
        toll = round(float(base.after.mean_toll[m]), 2)
        rows.append((base.links[m], base.units[m], round(float(base.room[m])), toll, round(float(gain), 2)))
    columns = ("link", "unit", "capacity", "toll USD per unit", f"gain of {country} MUSD at {times:g} x")
    return Table(columns, tuple(sorted(rows, key=lambda row: -row[4])), "What more room on a full link is worth")
