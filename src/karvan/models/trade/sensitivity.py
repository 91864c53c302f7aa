"""What moves a country's income: derivatives with labels, exact losses from closing, and the error of a forecast."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from karvan.core.change import Change, Primitives
from karvan.core.errors import KarvanError, ScenarioError, SymbolError
from karvan.core.labels import suggest
from karvan.core.scenario import Scenario
from karvan.core.symbols import symbol
from karvan.core.table import Table
from karvan.core.world import World, require_world
from karvan.models.trade import derivatives, fixed_point, linear, prepare
from karvan.models.trade.face import by_market, chosen_closure, equilibrium, settle

if TYPE_CHECKING:
    import xarray as xr

OF = ("welfare", "income", "real_wage")
TO = {"tau": "tau", "d": "d_hat", "A": "A_hat", "D": "D_new"}


class Solution(NamedTuple):
    """A solved equilibrium with everything needed to differentiate it."""

    world: World
    change: Primitives
    tables: linear.Tables
    solved: fixed_point.Solved
    at: linear.Point


def solution(world: World, change: Any = None, deficits: str | None = None, near: Any = None) -> Solution:
    """Solve (to 1e-12, so that derivatives carry ten digits) and linearise there."""
    require_world(world)
    scenario = Scenario(name="no change") if change is None else Scenario.of(change)
    kind = chosen_closure(scenario, deficits)
    base = settle(world, kind)
    return located(base, scenario.change(base), "fixed" if kind == "purge" else kind, near=near)


def located(world: World, change: Primitives, kind: str, near: Any = None, tol: float = 1e-12) -> Solution:
    """Solve a merged change and linearise there."""
    solved, tables = equilibrium(world, change, kind, tol=tol, near=near)
    closure = prepare.closure(world, change, kind, tables)
    return Solution(world, change, tables, solved, linear.point(solved, tables, closure))


def slope(at: Solution, n: int, of: str = "welfare") -> derivatives.Slope:
    """Derivatives of ln real income (or ln income, ln real wage) of country n to every cell, kernel's layout."""
    t = at.tables
    J, N = t.X0.shape
    one = np.zeros((N, 1))
    one[n] = 1.0
    bar = linear.Image(
        zeta=np.zeros((N, 1)),
        P=-(t.alpha[..., None] * one) if of != "income" else np.zeros((J, N, 1)),
        X=np.zeros((J, N, 1)),
        Y=np.zeros((t.e_Y.shape[0], N, 1)),
        I=one / at.at.s.I[:, None] if of != "real_wage" else 0 * one,
    )
    return derivatives.backward(at.at, bar, one if of == "real_wage" else 0 * one)


def gradient(
    world: World,
    country: str,
    of: str = "welfare",
    to: str = "tau",
    *,
    change: Any = None,
    deficits: str | None = None,
) -> xr.DataArray:
    """Derivative of one country's outcome to every cell of a primitive, at the price of about one solve.

    The adjoint of the linearised equilibrium, J' lambda = dL/dz and dL/dp = L_p + lambda' f_p: exact, not by
    differences. It holds at the baseline, or at the equilibrium after `change`.

    Parameters
    ----------
    world : the baseline
    country : whose outcome
    of : "welfare" (ln real income), "income" (ln income in the numeraire) or "real_wage" (ln real wage)
    to : "tau" (importer, exporter, sector), per unit of the rate: 0.01 times it is the effect of one point;
        "d" (importer, exporter, sector), per log point of iceberg cost; "A" (country, sector), per log point of
        productivity; "D" (country,), per MUSD of deficit (differences between countries count: deficits sum to zero)
    change : where to differentiate; default the baseline
    deficits : closure; default that of the change, else "fixed"

    Raises
    ------
    ScenarioError
        Unknown `of` or `to`, or `to="D"` where deficits follow value added.
    ConvergenceError, InfeasibleError
        As in `solve`; or the linearised system is singular.
    """
    for word, words in ((of, OF), (to, TO)):
        if word not in words:
            raise ScenarioError(f"gradient: unknown {word!r}.{suggest(word, words)}")
    require_world(world)
    n = world.position(country)
    at = solution(world, change, deficits)
    if to == "D" and at.at.closure.kind != "fixed":
        raise ScenarioError("gradient: to='D' needs deficits that are given: use deficits='fixed'")
    found = getattr(slope(at, n, of), to)
    values = np.moveaxis(found, 0, 2) if found.ndim == 3 else found.T
    return _labelled(
        world, values, symbol(TO[to]).dims, f"d ln {of}[{country}] / d {to if to in 'tau D' else f'ln {to}'}"
    )


@dataclass(frozen=True, eq=False)
class Friends:
    """Whose growth raises whose income: derivatives to the productivity of all sectors of a country.

    `income[n, i]` = d ln I_n / d ln A_i and `welfare[n, i]` = d ln W_n / d ln A_i; a friend has a positive entry in
    `welfare`, an enemy a negative one.
    """

    world: World
    income: np.ndarray = field(repr=False)
    welfare: np.ndarray = field(repr=False)

    def __getitem__(self, name: str) -> xr.DataArray:
        """Return "income" or "welfare" with labels: country (whose income) and partner (whose productivity)."""
        if name not in ("income", "welfare"):
            raise SymbolError(f"friends: no {name!r}; there are income and welfare")
        return _labelled(self.world, getattr(self, name), ("country", "partner"), f"d ln {name} / d ln A[partner]")

    def table(self, country: str) -> Table:
        """Return partners of one country, best friend first, in percent for one percent more productivity there."""
        n = self.world.position(country)
        order = [i for i in np.argsort(-self.welfare[n]) if i != n]
        rows = tuple((self.world.countries[i], float(self.welfare[n, i]), float(self.income[n, i])) for i in order)
        title = f"Effect on {country} of one percent more productivity in the partner, percent"
        return Table(("partner", "real income %", "income %"), rows, title)


def friends(world: World, *, change: Any = None, deficits: str | None = None) -> Friends:
    """Friends and enemies: first-order effect of every country's productivity on every country's income.

    Kleinman, Liu and Redding (2020) for the full model, with input links, tariff revenue, duty pools and the closure of
    deficits; with one sector, no tariffs and balanced trade it is their closed form. Income is in the numeraire: the
    world's wage bill is constant.

    Parameters
    ----------
    world : the baseline
    change : where to differentiate; default the baseline
    deficits : closure; default that of the change, else "fixed"
    """
    at = solution(world, change, deficits)
    effect = derivatives.forward(at.at, derivatives.productivity(at.at))
    living = (at.tables.alpha[..., None] * effect.P).sum(axis=0)
    return Friends(at.world, effect.I, effect.I - living)


def forecast(world: World, change: Any, *, deficits: str | None = None, exact: bool = True) -> Table:
    """Forecast real income after a change by the linearised equilibrium, beside the exact solve.

    One Newton step from the baseline: the change enters one sweep exactly, everything that follows from it linearly. So
    the error is of second order in the change; an embargo is allowed.

    Returns
    -------
    Table
        country, forecast in percent, and with `exact` the exact change in percent and the error in percentage points.
    """
    base = solution(world, None, deficits or chosen_closure(Scenario.of(change), None))
    primitives = Scenario.of(change).change(base.world)
    kind = base.at.closure.kind
    tables = prepare.tables(base.world, primitives)
    closure = prepare.closure(base.world, primitives, kind, tables)
    ahead = derivatives.first_step(base.at, base.solved.state, tables, closure)
    living = (base.tables.alpha * ahead.P[..., 0]).sum(axis=0)
    guess = 100 * np.expm1(ahead.I[:, 0] - living)
    rows: list[tuple[Any, ...]] = [(c, float(g)) for c, g in zip(world.countries, guess, strict=True)]
    if not exact:
        return Table(("country", "forecast %"), tuple(rows), "Real income, linear forecast")
    solved, tables = equilibrium(base.world, primitives, kind, near=base.solved.state)
    true = 100 * (by_market(base.world, solved, tables)["welfare_hat"] - 1)
    rows = [(*row, float(x), row[1] - float(x)) for row, x in zip(rows, true, strict=True)]
    return Table(("country", "forecast %", "exact %", "error points"), tuple(rows), "Real income, linear forecast")


def holdup(world: World, country: str, *, deficits: str | None = None) -> Table:
    """Exact loss of a country from losing each partner: all trade between the two stops, both ways.

    Returns
    -------
    Table
        partner; its share in the country's exports and imports, percent; the country's change in real income in percent
        and MUSD; the partner's in percent; and, where no equilibrium exists, why (the numbers are then None).
    """
    require_world(world)
    n = world.position(country)
    base = solution(world, None, deficits)
    trade = world.M.sum(axis=2)
    sold, bought = trade[:, n].copy(), trade[n].copy()
    sold[n] = bought[n] = 0.0
    rows = []
    for i, partner in enumerate(world.countries):
        if i == n:
            continue
        shares = (100 * sold[i] / sold.sum(), 100 * bought[i] / bought.sum())
        hats, why = _closed(base, n, i)
        numbers = [None, None, None] if hats is None else [
            100 * (float(hats[n]) - 1), (float(hats[n]) - 1) * float(base.world.I[n]), 100 * (float(hats[i]) - 1)
        ]  # fmt: skip
        rows.append((partner, *map(float, shares), *numbers, why))
    rows.sort(key=lambda row: np.inf if row[3] is None else row[3])
    head = ("partner", "exports share %", "imports share %", "real income %", "MUSD", "partner's real income %", "note")
    return Table(head, tuple(rows), f"Real income of {country} after all trade with one partner stops")


def _closed(base: Solution, n: int, i: int) -> tuple[np.ndarray | None, str]:
    d_hat = np.ones_like(base.world.M)
    for a, b in ((n, i), (i, n)):
        d_hat[a, b] = np.where(base.world.M[a, b] > 0, np.inf, 1.0)
    if not np.isinf(d_hat).any():
        return np.ones(len(base.world.countries)), "no trade between the two"
    try:
        change = Scenario.of(Change(d_hat=d_hat)).change(base.world)
        solved, tables = equilibrium(base.world, change, base.at.closure.kind, near=base.solved.state)
    except KarvanError as fault:
        return None, str(fault)
    return by_market(base.world, solved, tables)["welfare_hat"], ""


def _labelled(world: World, values: np.ndarray, dims: Any, name: str) -> xr.DataArray:
    import xarray as xr

    axes: Mapping[str, Any] = {**world.axes, "partner": world.countries}
    return xr.DataArray(values, dims=dims, coords={d: list(axes[d]) for d in dims}, name=name)
