"""Time and memory of a full-size inter-country file to a World: `python benchmarks/icio.py [--repeats 3]`.

The file is synthetic, in the documented layout with all digits (276 MB at 77x45): no file of the OECD can be shipped.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from statistics import median

HERE = Path(__file__).parent
sys.path.append(str(HERE.parent / "tests"))

SIZES = {"2023": 77, "extended": 81}
RUN = """
import sys, time
import karvan as kv
start, used = time.perf_counter(), time.process_time()
world = kv.load("icio", path=sys.argv[1])
took, used = time.perf_counter() - start, time.process_time() - used
status = open("/proc/self/status").read()  # ru_maxrss would count the parent that wrote the file
peak = float(status.split("VmHWM:")[1].split()[0]) / 1024
shock = kv.set_tariff(importer=world.countries[0], exporter="CHN", rate=0.2)
solved = []
for _ in range(7):
    start = time.perf_counter()
    out = kv.solve(world, shock)
    solved.append(1000 * (time.perf_counter() - start))
print(took, used, peak, sorted(solved)[3], out.steps, out.residuals.max())
"""


def write(edition: str, folder: Path) -> Path:
    """Write a synthetic table of full size."""
    from icio_file import raw
    from synthetic import world

    from karvan.core.countries import countries
    from karvan.data.icio.layout import industries, services

    sectors, count = industries(edition), SIZES[edition]
    codes = [c.code for c in countries() if c.kind == "country" and not c.until]
    names = (*[c for c in codes if c not in ("CHN", "MEX")][: count - 3], "CHN", "MEX", "ROW")
    base = replace(world(count, len(sectors)), countries=names, sectors=sectors, services=tuple(services(sectors)))
    return raw(base).write(folder / "2019_SML.csv")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=3)
    repeats = parser.parse_args().repeats
    for edition, count in SIZES.items():
        with tempfile.TemporaryDirectory() as folder:
            path = write(edition, Path(folder))
            size = path.stat().st_size / 1e6
            runs = [
                [float(v) for v in subprocess.check_output([sys.executable, "-c", RUN, str(path)], text=True).split()]
                for _ in range(repeats)
            ]
        took, used, peak, solve, steps, residual = (median(column) for column in zip(*runs, strict=True))
        print(
            f"{edition} ({count} countries, {size:.0f} MB): file to World {took:.1f} s ({used:.1f} s of processor), "
            f"peak {peak:.0f} MB; a tariff solved in {solve:.0f} ms, {steps:.0f} sweeps, residual {residual:.1e}"
        )


if __name__ == "__main__":
    main()
