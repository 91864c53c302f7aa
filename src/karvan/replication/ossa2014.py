"""Ossa (2014, AER 104(12)), trade wars and trade talks with data: 7 regions x 33 sectors, no political weights."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from karvan.core.change import Change
from karvan.core.errors import KarvanWarning
from karvan.core.table import Table
from karvan.core.world import World
from karvan.models.trade.face import settle, solve
from karvan.models.trade.tariffs import TariffOptimum, best_response, nash_tariffs
from karvan.replication.compare import Row, compare, find, numbers, percent

FILES = "trade_ijs.csv, tariff_ijs.csv, sigma_s.csv"
REGIONS = ("Brazil", "China", "EU", "India", "Japan", "ROW", "US")
SECTORS = 33

# The author's own program, as run by others (github psztorc/TRICE, results kept as csv): real income of all regions
# when the US raises 1 + tau on everybody by 10 %, and each region's best uniform rise on a grid of whole percents.
US_TEN = (0.998676580309468, 0.998423298815237, 0.998576868373433, 0.999051945704555, 0.998103938448745,
          0.995367778110029, 1.00878148913687)  # fmt: skip
UNIFORM = {
    "Brazil": (0.45, 1.00980924501951), "China": (0.47, 1.01212023481225), "EU": (0.55, 1.01678772899623),
    "India": (0.30, 1.00536519569938), "Japan": (0.48, 1.0136757198805), "ROW": (0.53, 1.02323140234564),
    "US": (0.59, 1.02152504890212),
}  # fmt: skip

# Means over the seven regions of the paper's tables 3 and 4, baseline without lobbying; tariffs are medians over
# partners and sectors.
OPTIMAL, NASH, NASH_WELFARE = 58.9, 58.1, -2.4
PROGRAM = "his program stops at about 1e-8"
PRINTED = "printed with one decimal"
SEARCH = "printed with one decimal; where his search stopped is not known"
STOPS = "printed with one decimal; his rounds end when tariffs move by 0.01 on average (58.03 if each round is exact)"


def world(folder: Path) -> World:
    """Return Ossa's world as karvan sees it, before imbalances are purged.

    Monopolistic competition with a fixed number of firms: price is a markup on the wage, a part 1/sigma of output is
    profit that stays where the firms are. So theta = sigma - 1, and profits are the income of a factor that cannot
    leave (specific = 1/sigma) while costs depend on the wage alone (psi = 1/sigma cancels the effect of output).
    Rows of the files are sectors of exporters, columns importers; flows exclude tariffs.
    """
    cube = (SECTORS, len(REGIONS), len(REGIONS))
    M, tau = (
        np.transpose(numbers(find(folder, name, FILES), ",").reshape(cube), (2, 1, 0))
        for name in ("trade_ijs.csv", "tariff_ijs.csv")
    )
    sigma = numbers(find(folder, "sigma_s.csv", FILES), ",")[:, 0]
    return World.from_arrays(
        countries=REGIONS,
        sectors=[f"s{j + 1:02d}" for j in range(SECTORS)],
        M=M,
        tau=tau,
        theta=sigma - 1,
        specific=np.broadcast_to(1 / sigma, (len(REGIONS), SECTORS)),
        psi=1 / sigma,
        name="ossa2014",
        sources={"M": "Ossa (2014), replication files as kept in github adamsconchallos/trade"},
    )


def purged(folder: Path) -> World:
    """Return the baseline of the paper: no imbalances, factual tariffs."""
    return settle(world(folder), "purge")


def run(data: Path) -> Table:
    """Compare with the author's program, region by region, and with the paper's means."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", KarvanWarning)  # Japan's duty on rice is above 500 %: so in the data
        base = purged(data)
        alone = {region: best_response(base, region) for region in REGIONS}
        war = nash_tariffs(base, REGIONS)
        rows = [*_program(base), *_unilateral(alone), *_war(war)]
    return compare(rows, "Ossa (2014), optimal tariffs and trade war without lobbying, percent")


def raised(base: World, region: str, rate: float) -> np.ndarray:
    """Tariffs when a region raises 1 + tau on all its imports by a rate."""
    n = base.position(region)
    tau = np.array(base.tau)
    others = np.arange(len(REGIONS)) != n
    tau[n, others] = (1 + tau[n, others]) * (1 + rate) - 1
    return tau


def _program(base: World) -> Iterator[Row]:
    found = solve(base, Change(tau_new=raised(base, "US", 0.1))).values["welfare_hat"]
    for region, theirs, ours in zip(REGIONS, US_TEN, found, strict=True):
        quantity = "real income, US tariffs up by 10 %"
        yield Row(region, quantity, percent(theirs), float(percent(ours)), 2e-6, PROGRAM)
    for region, (rate, theirs) in UNIFORM.items():
        ours = solve(base, Change(tau_new=raised(base, region, rate))).values["welfare_hat"][base.position(region)]
        quantity = f"real income, own tariffs up by {100 * rate:.0f} %"
        yield Row(region, quantity, percent(theirs), float(percent(ours)), 2e-6, PROGRAM)


def _unilateral(alone: dict[str, TariffOptimum]) -> Iterator[Row]:
    medians, gains, losses = [], [], []
    for n, (region, found) in enumerate(alone.items()):
        welfare = percent(found.outcome.values["welfare_hat"])
        medians.append(median(found, n))
        gains.append(float(welfare[n]))
        losses.append(float(np.delete(welfare, n).mean()))
        yield Row(region, "optimal tariff, median", None, medians[-1], 0.0, "")
        yield Row(region, "optimal tariff, own real income", None, gains[-1], 0.0, "")
        yield Row(region, "optimal tariff, others' real income, mean", None, losses[-1], 0.0, "")
    yield Row("mean", "optimal tariff, median", OPTIMAL, float(np.mean(medians)), 0.1, SEARCH)
    yield Row("mean", "optimal tariff, own real income", None, float(np.mean(gains)), 0.0, "")
    yield Row("mean", "optimal tariff, others' real income, mean", None, float(np.mean(losses)), 0.0, "")


def _war(war: TariffOptimum) -> Iterator[Row]:
    welfare = percent(war.outcome.values["welfare_hat"])
    medians = [median(war, n) for n in range(len(REGIONS))]
    for region, rate, change in zip(REGIONS, medians, welfare, strict=True):
        yield Row(region, "Nash tariff, median", None, rate, 0.0, "")
        yield Row(region, "Nash tariffs, real income", None, float(change), 0.0, "")
    yield Row("mean", "Nash tariff, median", NASH, float(np.mean(medians)), 0.15, STOPS)
    yield Row("mean", "Nash tariffs, real income", NASH_WELFARE, float(welfare.mean()), 0.05, PRINTED)


def median(found: TariffOptimum, n: int) -> float:
    """Median over partners and sectors of the tariffs that importer n chose, percent."""
    rates: Any = found.tau_new[n][found.chosen[n]]
    return float(100 * np.median(rates))
