"""Labels in, labels out: the trade equilibrium of a World under a Change."""

from __future__ import annotations

from typing import Any

import numpy as np

from karvan.core.change import Primitives
from karvan.core.errors import ConvergenceError, InfeasibleError, ScenarioError
from karvan.core.labels import suggest
from karvan.core.outcome import Outcome, Residuals
from karvan.core.record import record
from karvan.core.scenario import CLOSURES, Scenario
from karvan.core.world import World, require_world
from karvan.models.trade import fixed_point, kernel, path, prepare, refusals, welfare

NOTHING = Primitives()


def solve(
    world: World,
    change: Any = None,
    *,
    deficits: str | None = None,
    io: bool | None = None,
    tol: float = 1e-10,
    max_steps: int = 3000,
    allow_unconverged: bool = False,
) -> Outcome:
    """Solve the trade equilibrium after a change (Caliendo and Parro 2015, exact hat algebra).

    Parameters
    ----------
    world : the baseline
    change : a Scenario, a shock, a Change, or None (nothing changes)
    deficits : "fixed" (kept in the numeraire), "share" (kept as a share of value added) or "purge" (the baseline is
        first solved without deficits, then shocked). Default: the scenario's own, else "fixed".
    io : use input-output links; default: when the world has them
    tol : largest relative error allowed in labour markets, payments, prices and spending
    max_steps : sweeps before giving up, products of the fallback included
    allow_unconverged : return an Outcome that says it is unsolved instead of raising

    Returns
    -------
    Outcome
        `welfare_hat`, `real_wage_hat`, prices, trade, output, revenue, the duty pool; see `karvan symbols`.

    Raises
    ------
    ConvergenceError, InfeasibleError, ScenarioError, ConflictError, SymbolError, LabelError
    """
    require_world(world)
    scenario = Scenario(name="no change") if change is None else Scenario.of(change)
    kind = chosen_closure(scenario, deficits)
    if max_steps < 1 or not tol > 0:
        raise ScenarioError(f"max_steps {max_steps} and tol {tol} must be above 0")
    given = world
    if io is False and world.has_inputs:
        world = world.without_inputs()
    if io is True and not world.has_inputs:
        raise ScenarioError("io=True, but this world has no input shares (gamma); leave io out")
    world = scenario.on(world)
    primitives = scenario.change(world)
    options: dict[str, Any] = {"tol": tol, "max_steps": max_steps, "allow_unconverged": allow_unconverged}
    base = settle(world, kind, tol=tol, max_steps=max_steps)
    solved, tables = equilibrium(base, primitives, "fixed" if kind == "purge" else kind, **options)
    with np.errstate(all="ignore"):
        values = results(base, primitives, solved, tables)
    if solved.converged:
        _require_finite(values)
    return Outcome(
        world=base,
        values=values,
        residuals=Residuals(solved.residuals),
        steps=solved.steps,
        deficits=kind,
        converged=solved.converged,
        method=solved.method,
        notes=() if solved.converged else ("not converged",),
        record=record(given, scenario, values, deficits=kind, io=io, tol=tol),
    )


def _require_finite(values: dict[str, np.ndarray]) -> None:
    """Refuse a solution in which a number overflows: it taints those made of it."""
    bad = [name for name, array in values.items() if not np.isfinite(array).all()]
    if bad:
        raise ConvergenceError(
            f"solved, but {', '.join(bad[:5])} overflow: some cost or productivity changes by a factor that is out of "
            "range; use an embargo (d_hat infinite) or a smaller change"
        )


def chosen_closure(scenario: Scenario, deficits: str | None) -> str:
    """Return the closure asked for, else the scenario's own."""
    kind = deficits or scenario.deficits
    if kind not in CLOSURES:
        raise ScenarioError(f"unknown closure {kind!r}.{suggest(kind, CLOSURES)}")
    return kind


def settle(world: World, kind: str, **options: Any) -> World:
    """Return the baseline the shock starts from.

    `purge` solves the world with no deficits and nothing else changed; a world whose final demand was clipped is
    solved once with its own closure. Otherwise the world is its own baseline. An unsolved baseline always raises.
    """
    if kind != "purge" and world.in_equilibrium:
        return world
    start = Primitives(D_new=np.zeros_like(world.D)) if kind == "purge" else NOTHING
    try:
        solved, tables = equilibrium(world, start, "fixed" if kind == "purge" else kind, **options)
    except (ConvergenceError, InfeasibleError) as fault:
        raise type(fault)(f"the baseline, before any shock: {fault}") from None
    values = results(world, start, solved, tables)
    return world.rebuilt(M=values["M_new"], negative_demand="clip", dust=0.0)


def equilibrium(
    world: World,
    change: Primitives,
    kind: str,
    *,
    tol: float = 1e-10,
    max_steps: int = 3000,
    allow_unconverged: bool = False,
    near: kernel.State | None = None,
    pools: prepare.Pool | None = None,
) -> tuple[fixed_point.Solved, kernel.Tables]:
    """Solve the kernel for a merged change; raise `ConvergenceError` unless the caller wants the unsolved state.

    `near` is a solved state of the same world under a close change, to start from. `pools` replaces the duty pools that
    the change implies.
    """
    tables = prepare.tables(world, change, pools)
    closure = prepare.closure(world, change, kind, tables)
    with np.errstate(all="ignore"):
        solved = fixed_point.solve(tables, closure, tol=tol, max_steps=max_steps, near=near)
        if solved.converged and (solved.sweep.I > 0).all():
            return solved, tables
        reached = None
        if max_steps > fixed_point.PATIENCE:
            reached = path.follow(world, change, kind, tol=tol, pools=pools)
    if reached is not None and reached.strength == 1:
        return reached.solved._replace(steps=solved.steps + reached.sweeps, path=reached.points), reached.tables
    if allow_unconverged:
        return solved._replace(converged=False), tables
    raise refusals.unsolved(world, solved, tables, reached, tol)


def flows(s: kernel.Sweep, t: kernel.Tables) -> tuple[np.ndarray, np.ndarray]:
    """Supplier shares and imports at customs value, both [j, n, i]; zero in a market without spending.

    pi'[n, i, j] = A[n, i, j] u[i, j] / phi[n, j] and M'[n, i, j] = q[n, j] B[n, i, j] u[i, j]
    """
    own = np.arange(t.L.size)
    pi, M = prepare.block(t.A.shape)
    np.multiply(t.A, s.u[:, None, :], out=pi)
    np.multiply(t.B, s.u[:, None, :], out=M)
    M[:, own, own] = t.B_own * s.u
    pi *= (t.live / s.phi)[:, :, None]
    M *= s.q[:, :, None]
    return pi, M


def results(world: World, change: Primitives, solved: fixed_point.Solved, t: kernel.Tables) -> dict[str, np.ndarray]:
    """Read every published symbol off a solved state."""
    found = by_market(world, solved, t)
    pi, M = flows(solved.sweep, t)
    M = np.moveaxis(M, 0, 2)
    parts = welfare.first_order(world.M, world.tau, world.I, M, found["c_hat"])
    return {
        **found,
        "pi_new": np.moveaxis(pi, 0, 2),
        "M_new": M,
        "terms_of_trade": parts.terms_of_trade,
        "volume_of_trade": parts.volume_of_trade,
        "first_order": parts.terms_of_trade + parts.volume_of_trade,
    }


def by_market(world: World, solved: fixed_point.Solved, t: kernel.Tables) -> dict[str, np.ndarray]:
    """Read the symbols by country, or by country and sector, off a solved state: all that needs no bilateral flow."""
    z, s = solved.state, solved.sweep
    w_hat, P_hat = np.exp(z.w), np.exp(s.P).T
    cpi_hat = welfare.price_of_living(P_hat, world.alpha)
    I_hat = s.I / world.I
    return {
        "welfare_hat": I_hat / cpi_hat,
        "welfare_money": (I_hat / cpi_hat - 1) * world.I,
        "real_wage_hat": w_hat / cpi_hat,
        "w_hat": w_hat,
        "I_hat": I_hat,
        "cpi_hat": cpi_hat,
        "P_hat": P_hat,
        "c_hat": np.exp(kernel.unit_cost(z.w, z.P, z.Y, t)).T,
        "L_hat": welfare.labour(world.Y, s.Y.T, w_hat),
        "X_new": s.spent.T,
        "Y_new": s.Y.T,
        "I_new": s.I,
        "R_new": s.T + s.NP,
        "duties_new": s.T,
        "pooled_new": np.bincount(t.members, weights=s.pooled, minlength=t.L.size),
        "net_pool_new": s.NP,
        "deficit_new": s.D,
    }
