"""Timings of freight routes: `python benchmarks/network.py [--copies 10]`, in fresh processes with their peak memory.

`--links` shuts every link in turn, and every 20th also by a network built anew, in one process: medians and ratio.

The network as shipped, and copies of it side by side, joined at Moscow and at Shanghai by links of 500 km; all pairs
of 24 economies and six cargo classes, and the flow between them within the capacities.
"""

from __future__ import annotations

import argparse
import csv
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

TARGETS = {"all pairs": 0.5, "capacity flow": 1.0}
JOINED = ("MOW", "SHA")


def copies(folder: Path, n: int) -> None:
    """Write n copies of the shipped places, links and crossings, joined by rail."""
    from karvan.network.tables import COLUMNS, read_tables

    tables = read_tables()
    for name, ends in (("places", ("id",)), ("links", ("from", "to")), ("crossings", ("from", "to"))):
        rows = []
        for c in range(n):
            for row in tables[name]:
                blank = {k: "" if v is None else v for k, v in row.items() if k != "line"}
                moved = {**blank, **{e: f"{row[e]}{c or ''}" for e in ends}}
                if name == "places" and c:
                    moved["zone"] = f"{row['zone']}{c}"
                if name == "links" and row["headhaul"]:
                    moved["headhaul"] = "-".join(f"{p}{c or ''}" for p in row["headhaul"].split("-"))
                rows.append(moved)
        for c in range(1, n):
            for p in JOINED:
                pair = {
                    "from": p if c == 1 else f"{p}{c - 1}",
                    "to": f"{p}{c}",
                    "mode": "rail",
                    "source": "made",
                    "quality": "made",
                }
                if name == "links":
                    rows.append({**pair, "km": 500, "km_quality": "made", "status": "open"})
                if name == "crossings":
                    rows.append({**pair, "hours": 10, "sd_hours": 5, "fee_usd": 50, "gauge_change": 0})
        with (folder / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
            table = csv.DictWriter(file, COLUMNS[name].split(), restval="", lineterminator="\n")
            table.writeheader()
            table.writerows(rows)


def measure(what: str, folder: str | None) -> None:
    """One measurement in this process: seconds, processor seconds, size, peak MB."""
    import karvan as kv

    routes = kv.corridors(folder)
    if what == "capacity flow":
        economies = [row["place"] for row in routes.network.tables["economies"]]
        amount = {"container": 9000, "perishable": 900, "grain": 90000, "metals": 150000, "machinery": 2400}
        wanted = [(a, b, c, x) for a in economies for b in economies if a != b for c, x in amount.items()]
    start, used = time.perf_counter(), time.process_time()
    if what == "all pairs":
        size = f"{routes.cost_matrix().cost.size} costs"
    else:
        flow = routes.cheapest_flow(wanted)
        size = f"{len(wanted)} demands, {flow.rounds} rounds, {len(flow.bottlenecks().rows)} full links"
    seconds, cpu = time.perf_counter() - start, time.process_time() - used
    status = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    peak = next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) / 1024
    print(f"{seconds:.2f};{cpu:.2f};{len(routes.network.links)};{size};{peak:.0f}")


def shut_links(every: int = 20) -> None:
    """Costs of all pairs and cargoes without each link in turn, and by a new network; processor seconds."""
    import numpy as np

    import karvan as kv
    from karvan.network.closings import YEARLY, Closing

    routes = kv.corridors()
    _, places = routes.centres()

    def shut(links: frozenset[int] = frozenset(), country: str = "") -> np.ndarray:
        day = routes.day([Closing("", links, YEARLY, country)])
        return np.stack([day.costs(name, places) for name in routes.classes], axis=-1)

    shut(frozenset([0]))
    again, anew, same = [], [], True
    for m in range(len(routes.network.links)):
        start = time.process_time()
        costs = shut(frozenset([m]))
        again.append(time.process_time() - start)
        if m % every == 0:
            start = time.process_time()
            closed = kv.Corridors(routes.network.with_links(closed=frozenset([m]))).cost_matrix().cost
            anew.append(time.process_time() - start)
            same &= np.allclose(costs, closed, rtol=0, atol=1e-12)
    ratio = statistics.median(anew) / statistics.median(again[::every])
    bans = time.process_time()
    for country in sorted(set(routes.network.countries)):
        shut(country=country)
    bans = time.process_time() - bans
    print("measurement;cpu_seconds;median_ms;max_ms;anew_median_ms;ratio;same")
    figures = (1e3 * statistics.median(again), 1e3 * max(again), 1e3 * statistics.median(anew))
    print(f"every link shut;{sum(again):.1f};" + ";".join(f"{x:.0f}" for x in figures) + f";{ratio:.1f};{same}")
    print(f"transit of every country;{bans:.1f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--copies", type=int, default=10)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--links", action="store_true")
    parser.add_argument("--one", nargs=2, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.links:
        shut_links()
        return
    if given.one:
        measure(given.one[0], given.one[1] or None)
        return
    with tempfile.TemporaryDirectory(prefix="karvan-network-") as folder:
        copies(Path(folder), given.copies)
        print("measurement;seconds;cpu_seconds;links;size;peak_MB;target_s")
        for where in ("", folder):
            for what in TARGETS:
                command = [sys.executable, __file__, "--one", what, where]
                runs = [
                    subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
                    for _ in range(given.repeats)
                ]
                middle = sorted(runs, key=lambda run: float(run.split(";")[0]))[len(runs) // 2]
                print(";".join([what, middle, str(TARGETS[what]) if not where else ""]), flush=True)


if __name__ == "__main__":
    main()
