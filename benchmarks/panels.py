"""Timings of panels of BACI's size: `python benchmarks/panels.py [--rows 200e6] [--join 20e6] [--folder /tmp]`.

Makes its data (about 2.6 GB on disk at 200 million rows), measures in fresh processes with their peak memory, and
deletes the data, also when it fails. The rows are random numbers in BACI's layout: year, exporter, importer, product,
value (thousand USD), quantity.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

TARGETS = {"aggregate": 15.0, "mirror_join": 10.0}
BYTES_PER_ROW = 30
ROW = """
    SELECT {year}::SMALLINT AS year, (hash(i * 3 + {year}) % 226)::SMALLINT AS exporter,
           (hash(i * 7 + {year}) % 226)::SMALLINT AS importer, (hash(i * 11 + {year}) % 5000)::INTEGER AS product,
           exp(3 * sqrt(-2 * ln((hash(i + {year} * 1000003) % 1000000 + 1) / 1000001.0))
               * cos(2 * pi() * (hash(i * 5 + {year}) % 1000000) / 1e6)) AS value, (hash(i) % 100000)::FLOAT AS quantity
    FROM range({rows}) t(i) ORDER BY exporter, importer, product"""
REPORT = """
    SELECT (2000 + i % 5)::SMALLINT AS year, (i // 5 % 220)::SMALLINT AS exporter,
           (i // 1100 % 220)::SMALLINT AS importer, (i // 242000)::INTEGER AS product,
           (1 + hash(i + {seed}) % 1000000) / 1e3 AS value
    FROM range({rows}) t(i) WHERE hash(i * 31 + {seed}) % 5 < 4 ORDER BY year, exporter, importer, product"""


def make(folder: Path, rows: int, join: int) -> None:
    """Write 28 sorted years and the reports of both sides (four fifths of 1.25 x `join` keys on each)."""
    import duckdb

    con = duckdb.connect()
    con.execute(f"SET memory_limit = '4GB'; SET temp_directory = '{folder / 'spill'}'")
    written = "(FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 1000000)"
    (folder / "baci").mkdir()
    for year in range(1995, 2023):
        con.execute(
            f"COPY ({ROW.format(year=year, rows=rows // 28)}) TO '{folder / 'baci' / f'{year}.parquet'}' {written}"
        )
    for name, seed in (("exports", 0), ("imports", 1)):
        con.execute(
            f"COPY ({REPORT.format(seed=seed, rows=join * 5 // 4)}) TO '{folder / f'{name}.parquet'}' {written}"
        )


def measure(what: str, folder: Path) -> None:
    """One measurement in this process: seconds, seconds of all cores together, rows of the result, peak MB."""
    from karvan.panels import aggregate, mirror_join, panel

    start, used = time.perf_counter(), time.process_time()
    if what == "mirror_join":
        sides = [panel(folder / f"{name}.parquet", threads=2) for name in ("exports", "imports")]
        mirror_join(*sides, ["year", "exporter", "importer", "product"], to=folder / "both.parquet")
        seconds, cpu = time.perf_counter() - start, time.process_time() - used
        rows = panel(folder / "both.parquet")
        count = int(aggregate(rows, [], "exports")["rows"].iloc[0])
    else:
        by = ["exporter", "product"] if what.endswith("product") else ["year", "exporter", "importer"]
        count = len(aggregate(panel(folder / "baci", threads=2), by, "value"))
        seconds, cpu = time.perf_counter() - start, time.process_time() - used
    status = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    peak = next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) / 1024
    print(f"{what},{seconds:.2f},{cpu:.2f},{count},{peak:.0f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=float, default=200e6)
    parser.add_argument("--join", type=float, default=20e6)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()))
    parser.add_argument("--one", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one == "make":
        make(given.folder, int(given.rows), int(given.join))
        return
    if given.one:
        measure(given.one, given.folder)
        return
    need = (given.rows + 4 * given.join) * BYTES_PER_ROW
    if shutil.disk_usage(given.folder).free < 2 * need:
        sys.exit(f"{given.folder}: needs {2 * need / 1e9:.0f} GB free; name another folder with --folder")
    with tempfile.TemporaryDirectory(prefix="karvan-panels-", dir=given.folder) as name:
        sizes = ["--rows", str(given.rows), "--join", str(given.join)]
        subprocess.run([sys.executable, __file__, "--one", "make", "--folder", name, *sizes], check=True)
        print("measurement,seconds,cpu_seconds,rows,peak_MB,target_s", flush=True)
        for what in ("aggregate", "aggregate by exporter and product", "mirror_join"):
            runs = []
            for _ in range(given.repeats):
                command = [sys.executable, __file__, "--one", what, "--folder", name]
                done = subprocess.run(command, capture_output=True, text=True, check=True)
                runs.append(done.stdout.strip().split(","))
            best = sorted(runs, key=lambda run: float(run[1]))[len(runs) // 2]
            print(",".join([*best, str(TARGETS.get(what, ""))]), flush=True)


if __name__ == "__main__":
    main()
