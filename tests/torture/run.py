"""Run the torture set: `python tests/torture/run.py [--case 417] [--count 1200] [--processes 2] [--json FILE]`.

Exits with 1 when a pair is neither solved nor refused by name.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from cases import COUNT, pair
from threadpoolctl import threadpool_limits
from verdict import Verdict, judge


def one_thread() -> None:
    threadpool_limits(1)


def summary(verdicts: list[Verdict], seconds: float) -> str:
    """Return counts by outcome, the slowest, the largest residual, and every failure."""
    lines = [f"{len(verdicts)} pairs in {seconds:.0f} s"]
    lines += [f"{count:6d} {kind}" for kind, count in Counter(v.kind for v in verdicts).most_common()]
    for kind in ("solved", "refused"):
        details = Counter(pattern(v.detail) for v in verdicts if v.kind == kind)
        lines += ["", f"{kind}:", *(f"{count:6d} {detail}" for detail, count in details.most_common())]
    solved = [v for v in verdicts if v.kind == "solved"]
    if solved:
        worst, longest = max(solved, key=lambda v: v.residual), max(solved, key=lambda v: v.steps)
        lines += ["", f"largest residual {worst.residual:.2g} in {worst.name}"]
        lines += [f"most sweeps {longest.steps} in {longest.name}"]
    lines += ["slowest:", *(f"{v.seconds:8.2f} s {v.name}" for v in sorted(verdicts, key=lambda v: -v.seconds)[:5])]
    failed = [v for v in verdicts if v.kind == "failed"]
    lines += ["", f"{len(failed)} failures", *(f"  {v.name}\n      {v.detail}" for v in failed)]
    return "\n".join(lines)


def pattern(detail: str) -> str:
    """Return a message without its labels and numbers, so that equal refusals count together."""
    text = re.sub(r"\(?\b[Cs]\d+\b\)?(,? (and \d+ more|\(?[Cs]\d+\)?))*", "...", detail)
    return re.sub(r"-?\d+(\.\d+)?(e[+-]?\d+)?", "#", text)[:150]


def main() -> None:
    """Run one pair or all of them."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--case", type=int, help="run this pair alone")
    options.add_argument("--count", type=int, default=COUNT)
    options.add_argument("--processes", type=int, default=2)
    options.add_argument("--json", type=Path, help="write all verdicts there")
    given = options.parse_args()
    begun = time.perf_counter()
    if given.case is not None:
        one_thread()
        shown = pair(given.case)
        sys.stdout.write(f"{shown.name}, {shown.world}, changes {', '.join(n for n, _ in shown.change.items())}\n")
        verdicts = [judge(given.case)]
    else:
        with ProcessPoolExecutor(given.processes, initializer=one_thread) as pool:
            verdicts = list(pool.map(judge, range(given.count), chunksize=4))
    sys.stdout.write(summary(verdicts, time.perf_counter() - begun) + "\n")
    if given.json:
        given.json.write_text(json.dumps([v._asdict() for v in verdicts], indent=1), encoding="utf-8")
    sys.exit(any(v.kind == "failed" for v in verdicts))


if __name__ == "__main__":
    main()
