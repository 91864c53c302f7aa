"""Three-way PPML on a million rows: `karvan.gravity` beside pyfixest called directly, in turn, in one run.

python benchmarks/gravity.py [--countries 224 --years 20 --repeats 3]
The direct call gets whole-number codes of its effects for nothing; karvan starts from names and checks the table.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

TARGET = 1.2


def table(countries: int, years: int) -> Any:
    """Flows between all pairs of different countries in all years; one in ten is zero."""
    import pandas as pd

    rng = np.random.default_rng(0)
    i, j, t = (v.ravel() for v in np.meshgrid(*(np.arange(n) for n in (countries, countries, years)), indexing="ij"))
    i, j, t = (v[i != j] for v in (i, j, t))
    start = rng.integers(1, 2 * years, (countries, countries))
    rta = (t >= np.minimum(start, start.T)[i, j]).astype(float)
    out, into = rng.normal(0, 1, (2, countries, years))
    pair = rng.normal(0, 1.5, (countries, countries))
    mean = np.exp(0.4 * rta + out[i, t] + into[j, t] + pair[i, j])
    trade = mean * rng.gamma(1.0, 1.0, i.size) * (rng.uniform(size=i.size) > 0.1)
    names = np.array([f"C{n:03d}" for n in range(countries)])
    return pd.DataFrame(
        {"exporter": names[i], "importer": names[j], "year": 1990 + t, "trade": trade, "rta": rta}
    ), pd.DataFrame({"trade": trade, "rta": rta, "et": i * years + t, "it": j * years + t, "pair": i * countries + j})


def ours(data: Any) -> tuple[float, float]:
    from karvan import gravity

    found = gravity(data, on="rta")
    return found["rta"], found.se_of("rta")


def direct(data: Any) -> tuple[float, float]:
    import pyfixest as pf

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fit = pf.fepois(
            "trade ~ rta | et + it + pair", data, vcov={"CRV1": "pair"}, separation_check=["fe", "ir"],
            ssc=pf.ssc(k_adj=False), copy_data=False,
        )  # fmt: skip
    return float(fit.coef().iloc[0]), float(fit.se().iloc[0])


def timed(call: Any, data: Any) -> tuple[float, float, tuple[float, float]]:
    """Seconds on the clock, seconds of processor time (what a busy machine does not disturb), and the estimate."""
    start, worked = time.perf_counter(), time.process_time()
    found = call(data)
    return time.perf_counter() - start, time.process_time() - worked, found


def memory(path: Path, which: str) -> float:
    """Peak memory in MB of a process that reads its table and estimates once; `none` reads and imports only."""
    command = [sys.executable, __file__, "--only", which, "--table", str(path)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return float(done.stdout.split()[-1])


def only(which: str, path: Path) -> None:
    import pandas as pd
    import pyfixest as pf

    assert pf.fepois
    data = pd.read_parquet(path)
    if which != "none":
        (ours if which == "ours" else direct)(data)
    status = Path("/proc/self/status").read_text(encoding="utf-8")  # ru_maxrss would carry over the parent's peak
    print(float(status.split("VmHWM:")[1].split()[0]) / 1024)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--countries", type=int, default=224)
    parser.add_argument("--years", type=int, default=20)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--only", choices=("none", "ours", "direct"))
    parser.add_argument("--table", type=Path)
    args = parser.parse_args()
    if args.only:
        return only(args.only, args.table)
    named, coded = table(args.countries, args.years)
    small, small_coded = table(10, 4)
    ours(small), direct(small_coded)
    took: dict[str, list[float]] = {"ours": [], "direct": []}
    worked: dict[str, list[float]] = {"ours": [], "direct": []}
    for _ in range(args.repeats):
        for name, call, data in (("ours", ours, named), ("direct", direct, coded)):
            seconds, processor, (b, se) = timed(call, data)
            took[name].append(seconds)
            worked[name].append(processor)
            print(f"{name:7} {seconds:7.2f} s, processor {processor:7.2f} s   b {b:.8f}  se {se:.8f}", flush=True)
    ratio = median(took["ours"]) / median(took["direct"])
    print(f"{len(named):,} rows, medians {median(took['ours']):.2f} and {median(took['direct']):.2f} s")
    print(f"processor time, ours over direct {median(worked['ours']) / median(worked['direct']):.3f}")
    print(f"ours over direct {ratio:.3f} (target {TARGET}): {'met' if ratio <= TARGET else 'MISSED'}")
    with tempfile.TemporaryDirectory() as folder:
        paths = {"ours": Path(folder) / "named.parquet", "direct": Path(folder) / "coded.parquet"}
        named.to_parquet(paths["ours"]), coded.to_parquet(paths["direct"])
        for which in ("ours", "direct"):
            read, peak = memory(paths[which], "none"), memory(paths[which], which)
            print(f"peak memory, {which}: {peak:,.0f} MB, of which {read:,.0f} MB to import and read the table")


if __name__ == "__main__":
    main()
