"""Timings of karvan on one thread: `python benchmarks/run.py [--repeats 15]`. Medians, beside their targets."""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from synthetic import world as synthetic_world
from threadpoolctl import threadpool_limits

import karvan as kv
from karvan.core.scenario import Scenario
from karvan.models.trade import fixed_point, prepare
from karvan.models.trade.face import results

HERE = Path(__file__).parent
TARGETS = {
    "31x40 arrays to results, ms": 10.0,
    "77x45 arrays to results, ms": 25.0,
    "77x45 peak memory, MB": 250.0,
    "karvan --help, ms": 300.0,
}


def timed(call: Callable[[], Any], repeats: int) -> float:
    """Return the median of `repeats` runs in milliseconds, after two that do not count."""
    call(), call()
    took = []
    for _ in range(repeats):
        start = time.perf_counter()
        call()
        took.append(1000 * (time.perf_counter() - start))
    return median(took)


def exit_of(world: kv.World) -> Any:
    """The headline kind of shock: a member leaves the union, and trade with it costs 5 % more."""
    return kv.leave_bloc(country=world.countries[1], bloc="CU") | kv.friction(
        between=[world.countries[1], "CU"], ad_valorem=0.05
    )


def solve_parts(N: int, J: int, repeats: int) -> dict[str, float]:
    """Time the steps of a solve: tables, fixed point, results; together; and the whole of `karvan.solve`."""
    world = synthetic_world(N, J)
    scenario: Scenario = exit_of(world)
    change = scenario.change(world)
    tables = prepare.tables(world, change)
    closure = prepare.closure(world, change, "fixed", tables)
    solved = fixed_point.solve(tables, closure)
    assert solved.converged
    moved = np.abs(results(world, change, solved, tables)["welfare_hat"] - 1).max()
    print(
        f"{N}x{J}: {solved.steps} sweeps, largest error {max(solved.residuals.values()):.1e}, "
        f"largest effect {100 * moved:.2f} %"
    )

    def together() -> None:
        fresh = prepare.tables(world, change)
        at = prepare.closure(world, change, "fixed", fresh)
        results(world, change, fixed_point.solve(fresh, at), fresh)

    size = f"{N}x{J}"
    return {
        f"{size} tables, ms": timed(
            lambda: prepare.closure(world, change, "fixed", prepare.tables(world, change)), repeats
        ),
        f"{size} fixed point, ms": timed(lambda: fixed_point.solve(tables, closure), repeats),
        f"{size} results, ms": timed(lambda: results(world, change, solved, tables), repeats),
        f"{size} arrays to results, ms": timed(together, repeats),
        f"{size} shocks to change, ms": timed(lambda: scenario.change(world), repeats),
        f"{size} karvan.solve, ms": timed(lambda: kv.solve(world, scenario), repeats),
    }


def nafta(folder: Path, repeats: int) -> dict[str, float]:
    """Time the published case, two solves (baseline without deficits, then the shock), when its files are there."""
    from karvan.replication import cp2015

    if not folder.is_dir():
        return {}
    files = cp2015.read(folder)
    world = cp2015.world(files)
    change = kv.Change(tau_new=cp2015.nafta(files, world))
    return {"NAFTA 31x40, purge (two solves), ms": timed(lambda: kv.solve(world, change, deficits="purge"), repeats)}


def peak_memory(N: int, J: int) -> dict[str, float]:
    """Largest resident memory of a fresh process that builds a world, solves an exit and keeps the outcome."""
    code = f"import sys; sys.path.insert(0, {str(HERE)!r}); import run; run.memory_of({N}, {J})"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    before, after = map(float, out.split())
    return {f"{N}x{J} memory before the solve, MB": before, f"{N}x{J} peak memory, MB": after}


def memory_of(N: int, J: int) -> None:
    """Print resident memory after loading a world and its peak after a solve, MB; runs in a process of its own."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "w.npz"
        code = f"import sys; sys.path.insert(0, {str(HERE)!r}); import synthetic; "
        code += f"synthetic.world({N}, {J}).save({str(path)!r})"
        subprocess.run([sys.executable, "-c", code], check=True)
        with threadpool_limits(1):
            world = kv.World.load(path)
            before = _resident()
            kv.solve(world, exit_of(world))
    print(before, _resident())


def _resident() -> float:
    unit = 2**20 if sys.platform == "darwin" else 2**10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


def start_time(repeats: int) -> dict[str, float]:
    """Time `karvan --help` and `import karvan` in fresh processes."""
    program = Path(sys.executable).with_name("karvan")
    calls = {
        "karvan --help, ms": [str(program), "--help"],
        "import karvan, ms": [sys.executable, "-c", "import karvan"],
    }
    calls["python alone, ms"] = [sys.executable, "-c", "pass"]
    return {
        name: timed(lambda c=command: subprocess.run(c, capture_output=True, check=True), min(repeats, 7))  # type: ignore[misc]
        for name, command in calls.items()
        if Path(command[0]).exists()
    }


def main() -> None:
    """Run everything and print one line per measurement."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=15)
    parser.add_argument("--data", type=Path, default=HERE.parents[1] / "shared" / "data" / "cp2015_nafta")
    given = parser.parse_args()
    found: dict[str, float] = {}
    with threadpool_limits(1):
        for size in ((31, 40), (77, 45)):
            found |= solve_parts(*size, given.repeats)
        found |= nafta(given.data, given.repeats)
    found |= peak_memory(77, 45)
    found |= start_time(given.repeats)
    print(f"\n{'median':<44}{'now':>9}{'target':>9}")
    for name, value in found.items():
        target = TARGETS.get(name)
        verdict = "" if target is None else ("  met" if value < target else "  MISSED")
        print(f"{name:<44}{value:>9.1f}{'' if target is None else format(target, '.0f'):>9}{verdict}")


if __name__ == "__main__":
    main()
