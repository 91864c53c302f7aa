"""Many draws: the same numbers whatever the order, the executor or the number of workers."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from karvan.core.archive import text_hash
from karvan.core.change import Change, Primitives
from karvan.core.errors import KarvanError, ScenarioError, SymbolError
from karvan.core.labels import suggest
from karvan.core.outcome import Outcome
from karvan.core.params import Params
from karvan.core.record import describe
from karvan.core.scenario import Scenario
from karvan.core.sweep import PARTS, Sweep
from karvan.core.symbols import symbols
from karvan.core.world import World
from karvan.models.trade.face import by_market, equilibrium, results, settle, solve
from karvan.models.trade.kernel import State

KEEP = ("welfare_hat", "real_wage_hat", "net_pool_new", "duties_new")
EXECUTORS = ("serial", "processes")
READ = ("theta",)
TOLERANCE = 1e-8  # of every residual of a draw: four digits below what a band shows


class Plan(NamedTuple):
    """Everything a draw needs; the same object goes to every worker."""

    world: World
    scenarios: tuple[Scenario, ...]
    parts: tuple[str, ...]
    params: Params
    seed: int
    deficits: str | None
    keep: tuple[str, ...]
    near: dict[tuple[str, str], State]


def sweep(
    world: World,
    scenarios: Scenario | Sequence[Scenario],
    *,
    params: Params | None = None,
    draws: int = 500,
    seed: int = 0,
    deficits: str | None = None,
    parts: Iterable[str] = ("all",),
    keep: Iterable[str] = KEEP,
    executor: str = "serial",
    workers: int | None = None,
    progress: Callable[[int], None] | None = None,
) -> Sweep:
    """Solve scenarios for many draws of elasticities (`params`) and of the scenarios' own ranges.

    Draw k uses `default_rng([seed, k, name])` for every parameter, so all scenarios share their draws and the result
    does not depend on order, workers or restarts.

    Parameters
    ----------
    world, scenarios : baseline and one or several scenarios
    params : ranges; default the world's own (`world.params`)
    draws, seed : how many and which
    parts : "all", "tariffs" (tariffs and duty pool alone), "frictions" (iceberg costs alone)
    keep : symbols kept for every draw
    executor : "serial" or "processes"
    workers : processes; default the number of cores
    progress : called with the number of draws just finished

    Raises
    ------
    ConvergenceError and the other errors of `solve`; a failing draw stops the sweep and is named.
    """
    if executor not in EXECUTORS:
        raise ScenarioError(f"unknown executor {executor!r}.{suggest(executor, EXECUTORS)}")
    for name, value, least in (("draws", draws, 1), ("seed", seed, 0)):
        if not isinstance(value, int) or isinstance(value, bool) or value < least:
            raise ScenarioError(f"{name}: {value!r}; a whole number of at least {least} is needed")
    if isinstance(parts, str) or isinstance(keep, str):
        raise ScenarioError("parts and keep are lists of names, such as ['all', 'tariffs']")
    plan = _plan(world, scenarios, params, seed, deficits, tuple(parts), tuple(keep))
    chunks = [range(start, min(start + 10, draws)) for start in range(0, draws, 10)]
    runner = _serial if executor == "serial" or len(chunks) < 2 else partial(_processes, workers=workers)
    found = runner(plan, chunks, progress or (lambda n: None))
    rows = [row for chunk in chunks for row in found[chunk.start]]
    values = {name: np.stack([row[name] for row in rows], axis=2) for name in plan.keep}
    modes = {(s.name, p): _mode(plan, s, p) for s in plan.scenarios for p in plan.parts}
    return Sweep(
        world=world,
        scenarios=tuple(s.name for s in plan.scenarios),
        parts=plan.parts,
        draws=draws,
        seed=seed,
        values=values,
        modes=modes,
        drawn=_drawn(plan),
        record=_record(plan, draws),
    )


def _plan(
    world: World,
    scenarios: Any,
    params: Params | None,
    seed: int,
    deficits: str | None,
    parts: tuple[str, ...],
    keep: tuple[str, ...],
) -> Plan:
    chosen = tuple(Scenario.of(s) for s in ([scenarios] if not isinstance(scenarios, list | tuple) else scenarios))
    chosen = tuple(_numbered(chosen))
    params = world.params if params is None else params
    for name in params.entries:
        if name not in READ:
            raise SymbolError(f"params: no model reads {name!r}.{suggest(name, READ)}")
    if not chosen:
        raise ScenarioError("no scenario given; pass at least one")
    kept = [n for n, s in symbols().items() if s.kind == "outcome"]
    for name in keep:
        if name not in kept:
            raise SymbolError(f"keep: no result {name!r}.{suggest(name, kept)}")
    for part in parts:
        if part not in PARTS:
            raise ScenarioError(f"unknown part {part!r}.{suggest(part, PARTS)}")
    if "theta" in params.entries:
        world = world.with_theta(params.entries["theta"].mode)
    names = [s.name for s in chosen]
    if len(set(names)) < len(names):
        raise ScenarioError(f"scenarios must have different names: {', '.join(names)}")
    near = {(s.name, part): _most_likely(world, s, part, deficits) for s in chosen for part in parts}
    return Plan(world, chosen, parts, params, seed, deficits, keep, near)


def _numbered(scenarios: Iterable[Scenario]) -> Iterator[Scenario]:
    """Number scenarios built in code that share a name ("change", "change 2"); files must have names of their own."""
    seen: dict[str, int] = {}
    for scenario in scenarios:
        seen[scenario.name] = order = seen.get(scenario.name, 0) + 1
        yield scenario if order == 1 or scenario.document else replace(scenario, name=f"{scenario.name} {order}")


def _most_likely(world: World, scenario: Scenario, part: str, deficits: str | None) -> State:
    """Solve one part at the most likely parameters: every draw starts there, so none depends on another."""
    kind = deficits or scenario.deficits
    world = scenario.on(world)
    change = scenario.change(world).only(*PARTS[part])
    return equilibrium(settle(world, kind), change, "fixed" if kind == "purge" else kind)[0].state


def one_draw(plan: Plan, draw: int) -> dict[str, np.ndarray]:
    """Solve every scenario and part for one draw: name -> (scenario, part, ...)."""
    drawn = plan.params.draw(plan.seed, draw)
    world = plan.world.with_theta(drawn["theta"]) if "theta" in drawn else plan.world
    bases: dict[Any, World] = {}
    rows: dict[str, list[list[np.ndarray]]] = {name: [] for name in plan.keep}
    solved: dict[Any, dict[str, np.ndarray]] = {}
    for scenario in plan.scenarios:
        kind = plan.deficits or scenario.deficits
        values = {name: r.draw(name, plan.seed, draw) for name, r in scenario.ranges().items()}
        fixed = (kind, tuple(scenario.specific.items()))
        if fixed not in bases:
            bases[fixed] = settle(scenario.on(world), kind)
        base = bases[fixed]
        change = scenario.at(values).change(world)
        found = [
            _part(
                base,
                change.only(*PARTS[part]),
                fixed,
                plan.keep,
                solved,
                plan.near[scenario.name, part],
                f"draw {draw}, {part}",
            )
            for part in plan.parts
        ]
        for name in plan.keep:
            rows[name].append([values[name] for values in found])
    return {name: np.array(table) for name, table in rows.items()}


def _part(
    base: World,
    change: Primitives,
    fixed: tuple[str, Any],
    keep: tuple[str, ...],
    solved: dict[Any, Any],
    near: State,
    where: str,
) -> dict[str, np.ndarray]:
    """Solve one part, once: scenarios share parts (soft and hard exit have the same frictions)."""
    kind, key = fixed[0], (fixed, *(None if array is None else array.tobytes() for array in change))
    if key not in solved:
        try:
            end, tables = equilibrium(base, change, "fixed" if kind == "purge" else kind, tol=TOLERANCE, near=near)
        except KarvanError as fault:
            raise type(fault)(f"{where}: {fault}") from None
        found = by_market(base, end, tables)
        solved[key] = found if set(keep) <= set(found) else results(base, change, end, tables)
    return solved[key]


def _mode(plan: Plan, scenario: Scenario, part: str) -> Outcome:
    """Solve one part at the most likely parameters to the full tolerance, with its record."""
    if part == "all":
        return solve(plan.world, scenario, deficits=plan.deficits)
    world = scenario.on(plan.world)
    primitives = scenario.change(world).only(*PARTS[part])
    given = {name: getattr(primitives, name) for name in primitives.given}
    return solve(world, Change(**given), deficits=plan.deficits or scenario.deficits)


def _serial(plan: Plan, chunks: list[range], progress: Callable[[int], None]) -> dict[int, list[Any]]:
    found = {}
    for chunk in chunks:
        found[chunk.start] = _chunk(plan, chunk)
        progress(len(chunk))
    return found


def _processes(
    plan: Plan, chunks: list[range], progress: Callable[[int], None], workers: int | None
) -> dict[int, list[Any]]:
    """Run chunks in worker processes; when a worker is killed, what is missing is done here."""
    found: dict[int, list[Any]] = {}
    context = multiprocessing.get_context("spawn")
    count = min(workers or os.cpu_count() or 1, len(chunks))
    try:
        with ProcessPoolExecutor(count, mp_context=context, initializer=_start, initargs=(plan,)) as pool:
            waiting = {pool.submit(_in_worker, chunk): chunk for chunk in chunks}
            for done in as_completed(waiting):
                found[waiting[done].start] = done.result()
                progress(len(waiting[done]))
    except BrokenProcessPool:
        found |= _serial(plan, [c for c in chunks if c.start not in found], progress)
    return found


def _chunk(plan: Plan, chunk: range) -> list[dict[str, np.ndarray]]:
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):
        return [one_draw(plan, draw) for draw in chunk]


_WORKER: dict[str, Plan] = {}


def _start(plan: Plan) -> None:
    _WORKER["plan"] = plan


def _in_worker(chunk: range) -> list[dict[str, np.ndarray]]:
    return _chunk(_WORKER["plan"], chunk)


def _drawn(plan: Plan) -> tuple[str, ...]:
    names = list(plan.params.entries)
    for scenario in plan.scenarios:
        names += [n for n in scenario.ranges() if n not in names]
    return tuple(names)


def _record(plan: Plan, draws: int) -> dict[str, Any]:
    described = [describe(s) for s in plan.scenarios]
    return {
        "world_sha256": plan.world.sha256,
        "scenarios_sha256": text_hash(described),
        "draws": draws,
        "seed": plan.seed,
        "drawn": list(_drawn(plan)),
        "deficits": plan.deficits or [s.deficits for s in plan.scenarios],
    }
