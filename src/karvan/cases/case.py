"""Running a case: its scenarios, draws, closures and alternatives, then the brief that tells them."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from karvan._version import __version__
from karvan.core.case import CaseResults
from karvan.core.errors import SourceError
from karvan.core.labels import suggest
from karvan.core.scenario import CLOSURES, Scenario, Shock
from karvan.core.world import World
from karvan.data.worlds import comparison, load
from karvan.models.trade.face import solve
from karvan.run.sweep import sweep

if TYPE_CHECKING:
    from karvan.tell import Brief

PARTS = ("all", "tariffs", "frictions")
KEEP = ("welfare_hat", "real_wage_hat", "net_pool_new", "duties_new", "R_new", "Y_new")


def names() -> tuple[str, ...]:
    """Return the names of the cases that come with karvan."""
    return tuple(sorted(path.stem for path in _folder().glob("*.toml")))


def read(name: str) -> dict[str, Any]:
    """Return a case file as plain data."""
    path = _folder() / f"{name}.toml"
    if not path.is_file():
        raise SourceError(f"no case {name!r}.{suggest(name, names())}")
    return tomllib.loads(path.read_text(encoding="utf-8"))


def brief(
    name: str = "kz-eaeu",
    *,
    draws: int | None = None,
    seed: int | None = None,
    executor: str = "serial",
    progress: Callable[[int], None] | None = None,
) -> Brief:
    """Run a case and return its brief; `.save("brief.html")` writes it.

    Parameters
    ----------
    name : a case that comes with karvan, such as "kz-eaeu"
    draws, seed : how many draws of the uncertain parameters, and which; default the case's own
    executor : "serial" or "processes" (faster; a script then needs `if __name__ == "__main__":`); same numbers
    progress : called with the number of draws just finished
    """
    from karvan.tell import tell

    return tell(find(name, draws=draws, seed=seed, executor=executor, progress=progress))


def find(
    name: str,
    *,
    draws: int | None = None,
    seed: int | None = None,
    executor: str = "serial",
    progress: Callable[[int], None] | None = None,
) -> CaseResults:
    """Solve everything a case asks for; see `CaseResults`."""
    case = read(name)
    world = load(case["world"])
    scenarios = tuple(Scenario.read(s) for s in case["scenarios"])
    found = sweep(
        world,
        scenarios,
        draws=draws or case["draws"],
        seed=case["seed"] if seed is None else seed,
        parts=PARTS,
        keep=KEEP,
        executor=executor,
        progress=progress,
    )
    closures = {(s.name, kind): solve(world, s, deficits=kind) for s in scenarios for kind in CLOSURES}
    others = {
        (label, s.name): outcome
        for label, other in alternatives(world, case).items()
        for s in scenarios
        for outcome in [solve(other, s)]
    } | {("keep own tariff", s.name): solve(world, _own_tariff_kept(s)) for s in scenarios}
    record = {"karvan": __version__, "case": name, **found.record, "world": world.name}
    return CaseResults(case, world, scenarios, found, closures, others, comparison(case["world"]), record)


def alternatives(world: World, case: Mapping[str, Any]) -> dict[str, World]:
    """Return other baselines a careful reader would ask for, by name.

    No input links; the full common tariff in the case's country; each published set of elasticities.
    """
    found = {"no input links": world.without_inputs()}
    n = world.position(case["country"])
    if "cet" in world.schedules:
        dutiable = (world.tau[n] > 0) & world.goods[None, :]
        tau = world.tau.copy()
        tau[n] = np.where(dutiable, world.schedules["cet"][n][None, :], tau[n])
        found["full common tariff"] = world.rebuilt(tau=tau, schedules=_as_common(world, n))
    for label, theta in world.theta_sets.items():
        found[f"elasticities: {label}"] = world.with_theta(theta)
    return found


def _as_common(world: World, n: int) -> dict[str, np.ndarray]:
    schedules = {k: v.copy() for k, v in world.schedules.items()}
    schedules["mfn"][n] = world.schedules["cet"][n]
    return schedules


def _own_tariff_kept(scenario: Scenario) -> Scenario:
    """The same exit with the tariff of today on outsiders and former partners: what the choice of tariff is worth."""
    shocks = tuple(
        replace(s, arguments={**s.arguments, "own_tariff": "keep"})
        if isinstance(s, Shock) and s.kind == "leave_bloc"
        else s
        for s in scenario.shocks
    )
    return replace(scenario, shocks=shocks)


def _folder() -> Path:
    return Path(str(files("karvan").joinpath("cases")))
