"""Optimal tariffs and tariff wars with labels."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from karvan.core.change import Change, Primitives
from karvan.core.errors import ConvergenceError, KarvanWarning, LabelError, ScenarioError, first_five
from karvan.core.labels import positions, suggest
from karvan.core.outcome import Outcome
from karvan.core.scenario import Scenario
from karvan.core.table import Table
from karvan.core.world import World, require_world
from karvan.models.trade import optimal
from karvan.models.trade.face import chosen_closure, settle, solve
from karvan.models.trade.sensitivity import located

if TYPE_CHECKING:
    import xarray as xr

BOUNDS = (0.0, 10.0)  # those of Ossa (2014)
TOL = 1e-6  # log points of 1 + tau


@dataclass(frozen=True, eq=False)
class TariffOptimum:
    """Tariffs that each player would keep, given the others'.

    `chosen` (importer, exporter, sector) marks the cells that a player set; `tau_new` are all tariffs. `gain` is the
    change in each player's objective against the policy before, as a fraction. `gap` is the largest distance of a rate
    from its first-order condition, in log points of 1 + tau, `slope` the largest projected derivative of the log
    objective to a rate, `deviation` the largest relative gain that a trial of another policy gave to a player alone,
    `rounds` the number of solves with gradients, `at_bound` how many rates stand at a bound.
    """

    players: tuple[str, ...]
    tau_new: np.ndarray = field(repr=False)
    chosen: np.ndarray = field(repr=False)
    outcome: Outcome = field(repr=False)
    gain: Mapping[str, float]
    gap: float
    slope: float
    deviation: float
    rounds: int
    at_bound: int

    @property
    def tariffs(self) -> xr.DataArray:
        """(importer, exporter, sector) chosen tariffs with labels; NaN in cells that no player set."""
        import xarray as xr

        dims, axes = ("importer", "exporter", "sector"), self.outcome.world.axes
        values = np.where(self.chosen, self.tau_new, np.nan)
        return xr.DataArray(values, dims=dims, coords={d: list(axes[d]) for d in dims}, name="tau_new")

    def table(self) -> Table:
        """Return, for every importer that a player stands for, its chosen tariffs and its real income."""
        world, welfare = self.outcome.world, self.outcome.values["welfare_hat"]
        rows = []
        for n in np.flatnonzero(self.chosen.any(axis=(1, 2))):
            cells = self.chosen[n]
            rates, imports = self.tau_new[n][cells], self.outcome.values["M_new"][n][cells]
            mean = float(rates @ imports / imports.sum()) if imports.sum() > 0 else float(rates.mean())
            before = float(np.median(world.tau[n][cells]))
            row = (world.countries[n], before, float(np.median(rates)), float(rates.min()), float(rates.max()), mean)
            rows.append((row[0], *(100 * v for v in row[1:]), 100 * (float(welfare[n]) - 1)))
        head = (
            "importer",
            "median before %",
            "median %",
            "lowest %",
            "highest %",
            "import-weighted %",
            "real income %",
        )
        return Table(head, tuple(rows), f"Tariffs chosen by {', '.join(self.players)}")


def best_response(
    world: World,
    country: str,
    *,
    change: Any = None,
    sectors: Any = None,
    partners: Any = None,
    mfn: bool = False,
    bounds: tuple[float, float] = BOUNDS,
    deficits: str | None = None,
    tol: float = TOL,
    max_rounds: int = 100,
    tries: int = 12,
) -> TariffOptimum:
    """Return the import tariffs that maximise one country's exact real income, given everybody else's policy.

    The first-order conditions are solved with exact gradients (the adjoint of the linearised equilibrium) and exact
    solves. In a customs union the union is the player: it sets one tariff for all members and maximises the sum of the
    members' changes in real income in money, sum_m I_m W_hat_m with I_m baseline income.

    Parameters
    ----------
    world, change : the baseline, and what else is different; in the cells the player sets, its own choice holds
    country : a country, or a customs union of the world
    sectors : those whose tariffs are chosen: a list, "all", or None for all goods
    partners : on whom: countries or blocs, "all", or None for everybody except fellow members of the player's blocs (a
        customs union that pools duties counts those who are in it after the change)
    mfn : one rate per sector for all partners; else one per partner and sector
    bounds : lowest and highest tariff, as fractions
    deficits : closure; default that of the change, else "fixed"
    tol : largest distance of a rate from its first-order condition, in log points of 1 + tau
    max_rounds : solves with gradients before giving up
    tries : random deviations that must not be better, besides no tariffs and 1 / theta; 0 for none

    Raises
    ------
    ConvergenceError
        Not found within `max_rounds`, or a deviation is better.
    LabelError, ScenarioError, InfeasibleError
    """
    return nash_tariffs(
        world,
        [country],
        change=change,
        sectors=sectors,
        partners=partners,
        mfn=mfn,
        bounds=bounds,
        deficits=deficits,
        tol=tol,
        max_rounds=max_rounds,
        tries=tries,
    )


def nash_tariffs(
    world: World,
    countries: Iterable[str],
    *,
    change: Any = None,
    sectors: Any = None,
    partners: Any = None,
    mfn: bool = False,
    bounds: tuple[float, float] = BOUNDS,
    deficits: str | None = None,
    tol: float = TOL,
    max_rounds: int = 100,
    tries: int = 12,
) -> TariffOptimum:
    """Return tariffs of several players from which none gains by deviating alone: a trade war at its end.

    All players' first-order conditions are solved at once, and deviations of each player alone are tried at the end. A
    customs union among the players sets one common tariff. Parameters as in `best_response`; `partners` and `sectors`
    hold for every player.

    Raises
    ------
    ConvergenceError
        Not found within `max_rounds`, or a deviation of one player is better for it.
    LabelError, ScenarioError, InfeasibleError
    """
    low, high = _bounds(bounds)
    scenario = Scenario(name="no change") if change is None else Scenario.of(change)
    require_world(world)
    kind = chosen_closure(scenario, deficits)
    base = settle(world, kind)
    names = (countries,) if isinstance(countries, str) else tuple(countries)
    primitives = scenario.change(base)
    players = tuple(_player(base, primitives, name, partners, sectors, mfn) for name in names)
    _require_apart(base, players)
    game = optimal.Game(base, primitives, "fixed" if kind == "purge" else kind, players, low, high)
    found = optimal.search(game, optimal.start(game), tol=tol, max_rounds=max_rounds)
    deviation = optimal.deviations(game, found, tries, seed=0) if tries else 0.0
    if deviation > optimal.NOISE:
        raise ConvergenceError(
            f"the first-order conditions hold, but another policy gains a player {100 * deviation:.2g} % more: this is "
            "not its best response; narrow the bounds, or look at sectors with theta below 1 first"
        )
    return _result(world, game, found, kind, deviation)


def _result(world: World, game: optimal.Game, found: optimal.Found, kind: str, deviation: float) -> TariffOptimum:
    before = located(game.world, game.change, game.kind)
    after = game.change._replace(tau_new=found.tau)
    x = np.concatenate(found.rates)
    gain = {p.name: optimal.objective(p, found.at) / optimal.objective(p, before) - 1 for p in game.players}
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", r"tau: \d+ tariff", KarvanWarning)  # high, but found and not written by hand
        outcome = solve(world, Change(**{name: getattr(after, name) for name in after.given}), deficits=kind)
    return TariffOptimum(
        players=tuple(p.name for p in game.players),
        tau_new=found.tau,
        chosen=np.any([p.rate >= 0 for p in game.players], axis=0),
        outcome=outcome,
        gain=gain,
        gap=found.gap,
        slope=found.slope,
        deviation=deviation,
        rounds=found.rounds,
        at_bound=int(((x <= game.low) | (x >= game.high)).sum()),
    )


def _unions(world: World, change: Primitives) -> dict[str, np.ndarray]:
    """(n,) who is in each bloc; where duties are pooled, after the change."""
    inside = {name: np.isin(world.countries, bloc.members) for name, bloc in world.blocs.items()}
    if change.pool_new is not None:
        inside |= {name: change.pool_new[u] > 0 for u, name in enumerate(world.unions)}
    return inside


def _player(world: World, change: Primitives, name: str, partners: Any, sectors: Any, mfn: bool) -> optimal.Player:
    """A country, or a customs union whose members share their rates; cells without trade carry no rate."""
    blocs = _unions(world, change)
    members = _members(world, blocs, name)
    towards = _partners(world, blocs, members, partners)
    goods = _sectors(world, sectors)
    cells = members[:, None, None] & towards[None, :, None] & goods[None, None, :] & (world.M > 0)
    own = np.arange(len(world.countries))
    cells[own, own] = False
    if change.d_hat is not None:
        cells &= np.isfinite(change.d_hat)
    if not cells.any():
        raise ScenarioError(f"{name} imports nothing from the partners in the sectors named; name others")
    place = np.broadcast_to(np.arange(cells[0].size).reshape(cells.shape[1:]), cells.shape)
    if mfn:
        place = np.broadcast_to(np.arange(cells.shape[2]), cells.shape)
    rate = np.full(cells.shape, -1)
    rate[cells] = np.unique(place[cells], return_inverse=True)[1]
    income = np.where(members, world.I, 0.0)
    return optimal.Player(name, income / income.sum(), rate)


def _members(world: World, blocs: Mapping[str, np.ndarray], name: str) -> np.ndarray:
    if name in world.countries:
        return np.isin(world.countries, name)
    if name not in world.blocs:
        raise LabelError(f"unknown country or bloc {name!r}.{suggest(name, [*world.countries, *world.blocs])}")
    if world.blocs[name].kind != "customs_union":
        raise ScenarioError(f"the members of {name} set their own tariffs (it is no customs union); name countries")
    return blocs[name]


def _partners(world: World, blocs: Mapping[str, np.ndarray], members: np.ndarray, named: Any) -> np.ndarray:
    if named is None:
        fellows = [inside for inside in blocs.values() if (inside & members).any()]
        return ~np.any([members, *fellows], axis=0)
    mask = np.zeros(len(world.countries), dtype=bool)
    for name in [named] if isinstance(named, str) else list(named):
        if name == "all" or name in blocs:
            mask |= True if name == "all" else blocs[name]
        else:
            mask[positions([name], world.countries, "partner")] = True
    return mask & ~members


def _sectors(world: World, named: Any) -> np.ndarray:
    if named is None:
        return world.goods
    if isinstance(named, str) and named == "all":
        return np.ones(len(world.sectors), dtype=bool)
    mask = np.zeros(len(world.sectors), dtype=bool)
    mask[positions([named] if isinstance(named, str) else list(named), world.sectors, "sector")] = True
    return mask


def _bounds(bounds: Sequence[float]) -> tuple[float, float]:
    if len(bounds) != 2 or not -1 < bounds[0] < bounds[1] < np.inf:
        raise ScenarioError(f"bounds {tuple(bounds)}: give the lowest and the highest tariff, such as (0.0, 10.0)")
    return float(np.log1p(bounds[0])), float(np.log1p(bounds[1]))


def _require_apart(world: World, players: Sequence[optimal.Player]) -> None:
    if not players:
        raise ScenarioError("no player: name at least one country or customs union")
    twice = np.sum([p.weight > 0 for p in players], axis=0) > 1
    if twice.any():
        raise ScenarioError(
            f"{first_five(np.array(world.countries)[twice])} would set tariffs twice; name a union or its members"
        )
