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
from karvan.models.trade import derivatives, fixed_point, prepare, sensitivity
from karvan.models.trade.face import results
from karvan.models.trade.kernel import Tables

HERE = Path(__file__).parent
SIZES = ((31, 40), (77, 45), (141, 65), (265, 1), (1000, 1))
GROWTH = {"N": ((40, 20), (80, 20), (160, 20), (320, 20)), "J": ((60, 20), (60, 40), (60, 80), (60, 160))}
TARGETS = {
    "31x40 arrays to results, ms": 7.0,
    "77x45 arrays to results, ms": 16.0,
    "77x45 fixed point over floor": 4.5,
    "141x65 arrays to results, ms": 100.0,
    "265x1 fixed point, ms": 3.0,
    "1000x1 fixed point, ms": 15.0,
    "77x45 gradient over solve": 1.3,
    "77x45 friends, ms": 400.0,
    "77x45 peak memory, MB": 250.0,
    "141x65 peak memory, MB": 400.0,
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


def sized(N: int, J: int) -> kv.World:
    """A synthetic world; with one sector it is the gravity model without input links."""
    world = synthetic_world(N, J)
    return world if J > 1 else world.without_inputs()


class Ready:
    """A world, the merged change of an exit, and the tables of its solve."""

    def __init__(self, N: int, J: int) -> None:
        self.world = sized(N, J)
        self.scenario: Scenario = exit_of(self.world)
        self.change = self.scenario.change(self.world)
        self.tables = prepare.tables(self.world, self.change)
        self.closure = prepare.closure(self.world, self.change, "fixed", self.tables)
        self.solved = fixed_point.solve(self.tables, self.closure)
        assert self.solved.converged

    def again(self) -> Any:
        """From the merged change to every published symbol."""
        tables = prepare.tables(self.world, self.change)
        closure = prepare.closure(self.world, self.change, "fixed", tables)
        return results(self.world, self.change, fixed_point.solve(tables, closure), tables)


def solve_parts(N: int, J: int, repeats: int) -> dict[str, float]:
    """Time the steps of a solve: tables, fixed point beside its floor, results; together; and all of `karvan.solve`."""
    r = Ready(N, J)
    moved = np.abs(r.again()["welfare_hat"] - 1).max()
    print(
        f"{N}x{J}: {r.solved.steps} sweeps, largest error {max(r.solved.residuals.values()):.1e}, "
        f"largest effect {100 * moved:.2f} %"
    )
    size = f"{N}x{J}"
    point = timed(lambda: fixed_point.solve(r.tables, r.closure), repeats)
    least = floor(r.tables, r.solved.steps, repeats)
    return {
        f"{size} tables, ms": timed(
            lambda: prepare.closure(r.world, r.change, "fixed", prepare.tables(r.world, r.change)), repeats
        ),
        f"{size} bandwidth floor, ms": least,
        f"{size} fixed point, ms": point,
        f"{size} fixed point over floor": point / least,
        f"{size} results, ms": timed(lambda: results(r.world, r.change, r.solved, r.tables), repeats),
        f"{size} arrays to results, ms": timed(r.again, repeats),
        f"{size} shocks to change, ms": timed(lambda: r.scenario.change(r.world), repeats),
        f"{size} karvan.solve, ms": timed(lambda: kv.solve(r.world, r.scenario), repeats),
    }


def floor(tables: Tables, sweeps: int, repeats: int) -> float:
    """Time it takes to read what the sweeps must read: A once, B and the input shares twice, and nothing else.

    Measured by a dot product of two arrays that together have the bytes of one sweep, once for every sweep.
    """
    count = tables.A.size + 2 * tables.B.size + tables.K.size + 2 * tables.gamma.size
    left, right = np.ones(count // 2), np.ones(count // 2)
    return sweeps * timed(lambda: np.dot(left, right), max(repeats, 30))


def derivative_parts(N: int, J: int, repeats: int) -> dict[str, float]:
    """Time the gradient of one country's real income to all tariffs, and friends, at the solved exit."""
    r, size = Ready(N, J), f"{N}x{J}"
    at = sensitivity.located(r.world, r.change, "fixed")
    gradient = timed(lambda: sensitivity.slope(at, 1), repeats)
    again = timed(r.again, repeats)

    def everyone() -> Any:
        return derivatives.forward(at.at, derivatives.productivity(at.at))

    return {
        f"{size} gradient to {r.world.tau.size:,} tariffs, ms": gradient,
        f"{size} gradient over solve": gradient / again,
        f"{size} friends, ms": timed(everyone, min(repeats, 5)),
    }


def growth(repeats: int) -> dict[str, float]:
    """Exponents of time in the number of countries and of sectors, by least squares in logs."""
    found = {}
    for axis, sizes in GROWTH.items():
        took = [timed(Ready(N, J).again, max(3, repeats // 3)) for N, J in sizes]
        which = [N if axis == "N" else J for N, J in sizes]
        first, last = sizes[0], sizes[-1]
        name = f"growth with {axis}, {first[0]}x{first[1]} to {last[0]}x{last[1]}, exponent"
        found[name] = float(np.polyfit(np.log(which), np.log(took), 1)[0])
    return found


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
    """Peak resident memory of this program, MB; getrusage would count what the parent held when it started us."""
    status = Path("/proc/self/status")
    if status.exists():
        return float(next(x for x in status.read_text().splitlines() if x.startswith("VmHWM")).split()[1]) / 2**10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)


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
        for size in SIZES:
            found |= solve_parts(*size, given.repeats)
        found |= derivative_parts(77, 45, given.repeats)
        found |= growth(given.repeats)
        found |= nafta(given.data, given.repeats)
    found |= peak_memory(77, 45) | peak_memory(141, 65)
    found |= start_time(given.repeats)
    print(f"\n{'median':<52}{'now':>9}{'target':>9}")
    for name, value in found.items():
        target = TARGETS.get(name)
        verdict = "" if target is None else ("  met" if value < target else "  MISSED")
        print(f"{name:<52}{value:>9.2f}{'' if target is None else format(target, 'g'):>9}{verdict}")


if __name__ == "__main__":
    main()
