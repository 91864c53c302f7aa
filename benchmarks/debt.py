"""Timings of fund and debt on the same draws: `python benchmarks/debt.py [--draws 100000] [--years 40]`.

A fresh process draws the joint paths, the fund and the debt, and their bands; peak memory is of that process.
"""

from __future__ import annotations

import argparse
import resource
import sys
import time
from collections.abc import Callable
from typing import Any

from threadpoolctl import threadpool_limits

import karvan as kv
from karvan.macro.fund import fund
from karvan.macro.paths import macro_paths

TARGETS = {"fund and debt, s": 1.0, "peak memory, MB": 500.0}


def timed(call: Callable[[], Any], repeats: int) -> tuple[float, Any]:
    """Return the least of `repeats` runs in seconds, and what the last gave."""
    best, found = float("inf"), None
    for _ in range(repeats):
        found = None  # so that memory holds one at a time
        start = time.perf_counter()
        found = call()
        best = min(best, time.perf_counter() - start)
    return best, found


def main() -> None:
    """Print one line per measurement, with its target where there is one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=100_000)
    parser.add_argument("--years", type=int, default=40)
    parser.add_argument("--repeats", type=int, default=3)
    given = parser.parse_args()
    kv.debt("KAZ", draws=100)  # imports and files
    first = 2026
    found: dict[str, float] = {}
    with threadpool_limits(1):
        found["joint paths, s"], paths = timed(
            lambda: macro_paths("KAZ", draws=given.draws, years=given.years, start=first), given.repeats
        )
        found["debt, s"], debt = timed(lambda: kv.debt("KAZ", paths=paths), given.repeats)
        found["bands of the debt, s"], _ = timed(debt.bands, given.repeats)
        found["fund, s"], _ = timed(lambda: fund("KAZ", paths=paths), given.repeats)
        found["fund and debt, s"] = found["joint paths, s"] + found["debt, s"] + found["fund, s"]
    scale = 2**20 if sys.platform == "darwin" else 2**10
    found["peak memory, MB"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / scale
    for name, value in found.items():
        target = TARGETS.get(name)
        verdict = "" if target is None else f"{target:>9g}" + ("  met" if value < target else "  MISSED")
        print(f"{name:<28}{value:>9.3f}{verdict}")


if __name__ == "__main__":
    main()
