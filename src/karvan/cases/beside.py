"""What stands beside the band of parameters: other closures, classes of model, baselines and sets of elasticities."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from karvan.core.aggregate import aggregate
from karvan.core.border import border
from karvan.core.errors import SourceError
from karvan.core.labels import suggest
from karvan.core.outcome import Outcome
from karvan.core.scenario import CLOSURES, Scenario, Shock
from karvan.core.world import World
from karvan.models.trade.face import solve

CLASS_KEYS = ("name", "specific", "psi", "goods_and_services", "inputs", "source")
BORDER_KEYS = ("name", "ad_valorem", "source")


def beside(world: World, case: Mapping[str, Any], scenarios: Iterable[Scenario]) -> dict[tuple[str, str, str], Outcome]:
    """Solve every scenario at the most likely parameters where one thing that is not drawn is changed."""
    scenarios = tuple(scenarios)
    found = {("closure", kind, s.name): solve(world, s, deficits=kind) for kind in CLOSURES for s in scenarios}
    for kind, worlds in (
        ("class", classes(world, case)),
        ("baseline", baselines(world, case)),
        ("elasticities", elasticities(world)),
    ):
        found |= {(kind, name, s.name): solve(other, s) for name, other in worlds.items() for s in scenarios}
    found |= {("border", name, s.name): solve(world, s) for name, s in borders(case, scenarios)}
    return found | {("variant", "keep own tariff", s.name): solve(world, _own_tariff_kept(s)) for s in scenarios}


def classes(world: World, case: Mapping[str, Any]) -> dict[str, World]:
    """Return the world in each class of model that the case file names.

    An entry has `name` and `source`, and what makes the class: `specific` (immobile part of value added) and `psi`
    (scale elasticity) by sector, by group of sectors of the case or for "every" sector; `goods_and_services = true`
    (all goods are one sector, all services another); `inputs = false` (no input links).
    """
    found = {}
    for entry in case.get("classes", ()):
        wrong = [key for key in entry if key not in CLASS_KEYS]
        if wrong or not entry.get("name") or not entry.get("source"):
            fault = f"unknown key {wrong[0]!r}.{suggest(wrong[0], CLASS_KEYS)}" if wrong else "name and source needed"
            raise SourceError(f"case {case['name']}, class {entry.get('name', '?')}: {fault}")
        found[entry["name"]] = _of_class(world, case, entry)
    return found


def _of_class(world: World, case: Mapping[str, Any], entry: Mapping[str, Any]) -> World:
    factors = {key: by_sector(world, case, entry[key]) for key in ("specific", "psi") if key in entry}
    if "specific" in factors:
        factors["specific"] = np.broadcast_to(factors["specific"], world.beta.shape).copy()
    other = world.with_factors(**factors) if factors else world
    if not entry.get("inputs", True):
        other = other.without_inputs()
    if entry.get("goods_and_services", False):
        goods = [s for s in world.sectors if s not in world.services]
        other = aggregate(other, {"goods": goods, "services": world.services} if world.services else None)
    return other


def by_sector(world: World, case: Mapping[str, Any], given: Mapping[str, float]) -> np.ndarray:
    """(sector,) values given by sector, by group of the case, or for "every" sector; the narrower one wins."""
    groups = {"every": world.sectors, **case.get("groups", {}), **{s: (s,) for s in world.sectors}}
    values = np.zeros(len(world.sectors))
    for name in sorted(given, key=lambda name: -len(groups.get(name, ()))):
        if name not in groups:
            raise SourceError(f"case {case['name']}: no sector or group {name!r}.{suggest(name, groups)}")
        values[[world.sectors.index(s) for s in groups[name]]] = given[name]
    return values


def borders(case: Mapping[str, Any], scenarios: Iterable[Scenario]) -> list[tuple[str, Scenario]]:
    """Return every scenario that has an uncertain border cost with each of the assumed ones that the case names.

    An entry has `name`, `ad_valorem` (share of the value of goods, where trade becomes dearer) and `source`.
    """
    found = []
    for entry in case.get("borders", ()):
        wrong = [key for key in entry if key not in BORDER_KEYS]
        if wrong or any(key not in entry for key in BORDER_KEYS):
            fault = f"unknown key {wrong[0]!r}.{suggest(wrong[0], BORDER_KEYS)}" if wrong else "a key is missing"
            raise SourceError(f"case {case['name']}, border {entry.get('name', '?')}: {fault}")
        known = [(s, border(s)) for s in scenarios]
        found += [(entry["name"], b.assumed(s, entry["ad_valorem"])) for s, b in known if b is not None]
    return found


def baselines(world: World, case: Mapping[str, Any]) -> dict[str, World]:
    """Return other baselines: the full common tariff in the case's country."""
    if "cet" not in world.schedules:
        return {}
    n = world.position(case["country"])
    dutiable = (world.tau[n] > 0) & world.goods[None, :]
    tau = world.tau.copy()
    tau[n] = np.where(dutiable, world.schedules["cet"][n][None, :], tau[n])
    schedules = {k: v.copy() for k, v in world.schedules.items()}
    schedules["mfn"][n] = world.schedules["cet"][n]
    return {"full common tariff": world.rebuilt(tau=tau, schedules=schedules)}


def elasticities(world: World) -> dict[str, World]:
    """Return the world with each published set of elasticities."""
    return {label: world.with_theta(theta) for label, theta in world.theta_sets.items()}


def _own_tariff_kept(scenario: Scenario) -> Scenario:
    """The same exit with the tariff of today on outsiders and former partners: what the choice of tariff is worth."""
    shocks = tuple(
        replace(s, arguments={**s.arguments, "own_tariff": "keep"})
        if isinstance(s, Shock) and s.kind == "leave_bloc"
        else s
        for s in scenario.shocks
    )
    return replace(scenario, shocks=shocks)
