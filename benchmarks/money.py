"""Joint draws and the fund: 100,000 paths of 40 years, and the peak memory of a fresh process that makes them.

python benchmarks/money.py [--draws 100000 --years 40 --repeats 7]
Clock time depends on what else the machine does; processor time over the number of cores is what a quiet one needs.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

TARGET_S, TARGET_MB = 1.0, 500.0


def once(draws: int, years: int, method: str, oil: str) -> tuple[float, float, float]:
    """Clock seconds of the draws and of the fund, and processor seconds of both."""
    from karvan.macro.fund import fund
    from karvan.macro.history import read_history
    from karvan.macro.paths import macro_paths

    history = read_history("KAZ")
    worked, start = time.process_time(), time.perf_counter()
    paths = macro_paths(draws=draws, years=years, method=method, oil=oil, data=history)
    drawn = time.perf_counter()
    fund(paths=paths, data=history)
    return drawn - start, time.perf_counter() - drawn, time.process_time() - worked


def peak(arguments: list[str]) -> float:
    """Peak memory in MB of a fresh process that does it once."""
    done = subprocess.run([sys.executable, __file__, "--only", *arguments], check=True, capture_output=True, text=True)
    return float(done.stdout.split()[-1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=100_000)
    parser.add_argument("--years", type=int, default=40)
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--only", action="store_true")
    args = parser.parse_args()
    if args.only:
        once(args.draws, args.years, "covariance", "bootstrap")
        status = Path("/proc/self/status").read_text(encoding="utf-8")
        return print(float(status.split("VmHWM:")[1].split()[0]) / 1024)
    once(1_000, 40, "covariance", "bootstrap")
    for method in ("covariance", "block"):
        for oil in ("bootstrap", "ou"):
            took = [once(args.draws, args.years, method, oil) for _ in range(args.repeats)]
            paths, fund, worked = (median(part) for part in zip(*took, strict=True))
            verdict = "met" if paths + fund <= TARGET_S else "MISSED"
            print(
                f"{method:10} {oil:9} paths {paths:.2f} s, fund {fund:.2f} s, together {paths + fund:.2f} ({verdict}); "
                f"processor {worked:.2f} s, {worked / min(2, os.cpu_count() or 1):.2f} s on two cores"
            )
    used = peak(["--draws", str(args.draws), "--years", str(args.years)])
    print(f"peak memory {used:.0f} MB (target {TARGET_MB:.0f}): {'met' if used <= TARGET_MB else 'MISSED'}")


if __name__ == "__main__":
    main()
