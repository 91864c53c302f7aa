"""Labels in, labels out: the exact change in real income, decomposed along a path of solved equilibria."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from karvan.core.change import Primitives
from karvan.core.decomposition import Decomposition
from karvan.core.errors import ConvergenceError, InfeasibleError
from karvan.core.labels import cells
from karvan.core.scenario import Scenario
from karvan.core.world import World
from karvan.models.trade import chebyshev, parts, prepare
from karvan.models.trade.face import NOTHING, equilibrium, solve
from karvan.models.trade.fixed_point import Solved
from karvan.models.trade.kernel import State

FIRST, LAST = 8, 128
INNER = 1e-12


def decompose(world: World, change: Any, *, deficits: str | None = None, tol: float = 1e-8) -> Decomposition:
    """Decompose the exact change in real income into parts that add up to it.

    Terms of trade, volume of dutiable trade, iceberg waste, productivity, scale, duty pool and deficit, each
    integrated along the path on which ln(1 + tau), ln d and ln A move evenly from the old to the new level, deficits
    and treaty shares linearly (`karvan.models.trade.parts` has the equation). The grid is doubled until the parts add
    up. The split depends on that path, as that of every exact decomposition does; the sum does not.

    Parameters
    ----------
    world : the baseline
    change : a Scenario, a shock or a Change
    deficits : closure, as in `solve`
    tol : largest gap allowed between the sum of the parts and ln W_hat of `solve`, in any country

    Returns
    -------
    Decomposition
        Parts of ln W_hat by country, partner and sector; `.table()`, `.largest(country)`.

    Raises
    ------
    InfeasibleError
        A cost becomes infinite: its logarithm has no path.
    ConvergenceError
        The parts do not add up on the finest grid, or an equilibrium on the path is not found.
    """
    scenario = Scenario.of(change)
    outcome = solve(world, scenario, deficits=deficits, tol=INNER)
    base, primitives = outcome.world, scenario.change(world)
    _require_finite(base, primitives)
    kind = "fixed" if outcome.deficits == "purge" else outcome.deficits
    line, target = _line(base, primitives), np.log(outcome.values["welfare_hat"])
    n, states = FIRST, list[Solved]()
    while True:
        states = _solved(base, primitives, kind, n, states)
        found = parts.integrate(line, _read(base, states))
        gap = np.abs(found.total() - target)
        if gap.max() < tol:
            return Decomposition(outcome, _named(found, target), nodes=n + 1, gap=float(gap.max()))
        if n >= LAST:
            raise ConvergenceError(
                f"the parts of {base.countries[int(np.argmax(gap))]} miss the exact change in real income by "
                f"{gap.max():.2g} (tolerance {tol:g}) on the finest grid, {n + 1} nodes; raise tol, or make the shock "
                "smaller: decompose it in two steps"
            )
        n *= 2


def _require_finite(world: World, change: Primitives) -> None:
    closed = np.zeros(world.M.shape, dtype=bool) if change.d_hat is None else np.isinf(change.d_hat) & (world.M > 0)
    if closed.any():
        axes = (world.countries, world.countries, world.sectors)
        raise InfeasibleError(
            f"parts are not defined for an embargo: d_hat is infinite in {int(closed.sum())} cell(s) with trade, at "
            f"{cells(closed, axes)}, and no path of logarithms leads there. Use a high finite cost (d_hat 5 closes "
            "most trade), or take the total from karvan.solve"
        )


def _line(world: World, change: Primitives) -> parts.Path:
    """Return the straight line of logs from the baseline to the change; empty cells stand still."""
    still, ln_tau = np.zeros_like(world.M), np.log1p(world.tau)
    d_hat = 1.0 if change.d_hat is None else np.where(world.M > 0, change.d_hat, 1.0)
    return parts.Path(
        M=world.M,
        ln_tau=ln_tau,
        dln_tau=still if change.tau_new is None else np.log1p(change.tau_new) - ln_tau,
        dln_d=still + np.log(d_hat),
        dln_A=np.zeros_like(world.beta) if change.A_hat is None else np.log(change.A_hat),
        theta=world.theta,
        psi=world.psi,
    )


def _on_path(world: World, change: Primitives, t: float) -> Primitives:
    """The change at t: logs of 1 + tau, d and A move evenly, deficits linearly; treaty shares are in `_pools`."""
    tau, d_hat, A_hat, D = change.tau_new, change.d_hat, change.A_hat, change.D_new
    if tau is not None:
        moved = np.expm1((1 - t) * np.log1p(world.tau) + t * np.log1p(tau))
        tau = np.where(tau == world.tau, world.tau, moved)
    if d_hat is not None:
        d_hat = np.where(world.M > 0, d_hat, 1.0) ** t
    return Primitives(
        d_hat=d_hat,
        tau_new=tau,
        A_hat=None if A_hat is None else A_hat**t,
        D_new=None if D is None else (1 - t) * world.D + t * D,
        pool_new=change.pool_new,
    )


def _pools(world: World, change: Primitives, t: float) -> prepare.Pool:
    """The duty pools at t: treaty shares and the pooled part of every duty move linearly, so that nothing jumps.

    A member that leaves pays in less and less; who moves from one union to another is counted in both in proportion. A
    union that dissolves keeps its shares while its pool empties.
    """
    old, new = prepare.pool(world, NOTHING), prepare.pool(world, change)
    share = np.where(new.share.any(axis=1, keepdims=True), new.share, old.share)
    inside = (1 - t) * old.inside + t * new.inside
    unions = inside.sum(axis=0)
    return prepare.Pool(
        share=(1 - t) * old.share + t * share,
        inside=inside / np.where(unions > 0, unions, 1.0),
        part=(1 - t) * old.part + t * new.part,
    )


def _solved(world: World, change: Primitives, kind: str, n: int, coarse: Sequence[Solved]) -> list[Solved]:
    """Solve every node of a grid; what a grid of half as many has solved is kept, and starts the rest."""
    found: list[Solved] = []
    for k, t in enumerate(chebyshev.nodes(n)):
        if coarse and k % 2 == 0:
            found.append(coarse[k // 2])
            continue
        near = _between(coarse, t) if coarse else found[-1].state if found else None
        at, pools = _on_path(world, change, t), _pools(world, change, t)
        try:
            found.append(equilibrium(world, at, kind, tol=INNER, near=near, pools=pools)[0])
        except (ConvergenceError, InfeasibleError) as fault:
            raise type(fault)(f"{t:.0%} of the way to the change: {fault}") from None
    return found


def _between(solved: Sequence[Solved], t: float) -> State:
    """Interpolate a state between the nodes of a grid."""
    weight = chebyshev.interpolation(len(solved) - 1, t)
    return State(
        *(np.tensordot(weight, np.stack(part), axes=1) for part in zip(*(s.state for s in solved), strict=True))
    )


def _read(world: World, solved: Sequence[Solved]) -> parts.Solved:
    """Read what the integrand needs off solved states, node first, in (n, j) order."""
    w = np.stack([s.state.w for s in solved])[:, :, None]
    u, P, X, Y = (
        np.stack([part(s).T for s in solved])
        for part in (lambda s: s.sweep.u, lambda s: s.sweep.P, lambda s: s.state.X, lambda s: s.sweep.Y)
    )
    bought, made = world.X > 0, (world.Y > 0) & (Y > 0)
    return parts.Solved(
        c=-np.log(u) / world.theta,
        P=P,
        X=np.where(bought, X - np.log(np.where(bought, world.X, 1.0)), 0.0),
        L=np.where(made, np.log(np.where(made, Y, 1.0) / np.where(made, world.Y, 1.0)) - w, 0.0),
        Y=Y,
        NP=np.stack([s.sweep.NP for s in solved]),
        D=np.stack([s.sweep.D for s in solved]),
        I=np.stack([s.sweep.I for s in solved]),
    )


def _named(found: parts.Parts, target: np.ndarray) -> dict[str, np.ndarray]:
    named = {f"part_{name}": part for name, part in found._asdict().items()}
    terms = found.export_prices + found.import_prices
    return {"real_income_log": target, "part_terms_of_trade": terms, **named}
