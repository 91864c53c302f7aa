"""Timings of the currency section: `python benchmarks/currency.py [--daily FILE]`, one thread.

Simulated days for the moving correlation; the shipped weeks and months for the whole section, first call and warm; with
--daily, a tidy file of daily rates (date, currency, per_usd) of KZT and RUB, the same section on days.
"""

from __future__ import annotations

import argparse
import os
import resource
import time
from collections.abc import Callable

os.environ["OPENBLAS_NUM_THREADS"] = "1"

import numpy as np

TARGETS = {"moving correlation, 1,500 days": 2.0, "section, warm": 10.0}


def timed(work: Callable[[], object], repeats: int = 3) -> float:
    """Return the median seconds."""
    found = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        found.append(time.perf_counter() - start)
    return float(np.median(found))


def two_series(days: int) -> np.ndarray:
    """Return (t, 2) moves with changing variances and correlation."""
    rng = np.random.default_rng(0)
    z = rng.standard_normal((days, 2))
    z[:, 1] = 0.5 * z[:, 0] + np.sqrt(0.75) * z[:, 1]
    h = np.ones(2)
    e = np.empty((days, 2))
    for t in range(days):
        e[t] = np.sqrt(h) * z[t]
        h = 0.05 + 0.1 * e[t] ** 2 + 0.85 * h
    return 0.01 * e


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--daily", help="tidy file of daily rates of KZT and RUB")
    asked = parser.parse_args()
    start = time.perf_counter()
    import karvan as kv

    kv.currency()
    first = time.perf_counter() - start
    from karvan.macro.currency.dcc import dcc, margin

    e = two_series(1500)

    def moving() -> None:
        dcc(np.column_stack([margin(e[:, i])[1] for i in (0, 1)]))

    rows = [
        ("section, first call, imports included", first),
        ("section, warm", timed(kv.currency)),
        ("short answer (tail, stress), warm", timed(lambda: kv.currency(methods=["tail", "stress"]))),
        ("moving correlation, 1,500 days", timed(moving)),
        ("coverage, 200 samples of each period", timed(lambda: kv.currency(methods=["coverage"]), 1)),
    ]
    if asked.daily:
        rows.append(("section on days, warm", timed(lambda: kv.currency(data=asked.daily, every="day"), 1)))
    for name, seconds in rows:
        target = TARGETS.get(name)
        print(f"{name:42} {seconds:7.2f} s" + (f"   target {target:g} s" if target else ""))
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    main()
