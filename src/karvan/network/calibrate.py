"""Days and dollars of the model against observations: fitted on one set, judged on the routes set aside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from karvan.core.errors import InfeasibleError, LabelError
from karvan.core.table import Table
from karvan.network.cargo import Cargo, cargo_classes
from karvan.network.graph import Graph, build
from karvan.network.network import Network
from karvan.network.through import best_through, into_countries, passing_links, passing_place, totals

PARAMETERS = ("rail_hours", "crossing_hours", "terminal_hours", "rail_price", "deep_price", "feeder_price")
PRIOR = 0.5  # standard deviation of the log of a multiplier before the data speak
SPREAD = 0.25  # scatter of log(model / observed) that the fit takes as given
MODES = {"sea": ("sea", "feeder"), "ferry": ("ferry",), "road": ("road",)}
RAILWAYS = ("rail", "sea", "feeder", "ferry")
PRICE_YEAR = 2025


class Compared(NamedTuple):
    """One observation beside the model: its row, set, modelled value, log(model / observed), and what was observed.

    Dollars are those of 2025: printed ones raised by consumer prices (prices.csv).
    """

    row: Mapping[str, Any]
    held_out: bool
    model: float
    miss: float
    value: float


def deflated(network: Network, row: Mapping[str, Any]) -> float:
    """What was observed: days as printed, dollars in those of 2025 by the consumer prices of the United States.

    Raises
    ------
    LabelError
        prices.csv lacks the year of a figure in dollars.
    """
    if row["metric"] != "usd":
        return float(row["value"])
    level = {int(one["year"]): one["cpi"] for one in network.tables["prices"]}
    year = int(row["year"])
    if year not in level:
        raise LabelError(f"{row['id']}: dollars of {year}, but prices.csv has {min(level)} to {max(level)}")
    return float(row["value"] * level[PRICE_YEAR] / level[year])


def predict(network: Network, row: Mapping[str, Any], graphs: dict[tuple, Graph] | None = None) -> float:
    """Days, or dollars in the unit of the observation, of the best route that the observation names.

    graphs : where graphs made for other observations of the same network are kept.
    """
    kept = {} if graphs is None else graphs
    key = (row["service"], row["ends"], row["unit"] == "USD/t")
    if key not in kept:
        fixed = MODES.get(row["service"], RAILWAYS)
        kept[key] = build(network, _cargo(network, row), ends=bool(row["ends"]), fixed=fixed)
    graph = kept[key]
    stages, shut = _way(graph, network, row)
    found = best_through(graph, network.where[row["origin"]], network.where[row["destination"]], stages, shut)
    if found is None:
        raise InfeasibleError(
            f"{row['id']}: no {row['service']} route {row['origin']}-{row['destination']} by {row['via']}"
        )
    sums = totals(graph, *found)
    if row["metric"] == "days":
        return sums.days
    factor = {"USD/20ft": 1.0, "USD/40ft": network.values["feu"], "USD/truck": 2.0, "USD/t": 1.0}[row["unit"]]
    return sums.usd * factor


def compare(network: Network) -> tuple[Compared, ...]:
    """Put every observation beside the model; a printed range counts by its middle, even where it holds the model."""
    aside = {row["group"]: row["set"] == "held out" for row in network.tables["split"]}
    found = []
    graphs: dict[tuple, Graph] = {}
    for row in network.tables["observed"]:
        model = predict(network, row, graphs)
        value = deflated(network, row)
        found.append(Compared(row, aside[row["group"]], model, float(np.log(model / value)), value))
    return tuple(found)


def fit(network: Network, steps: int = 40) -> dict[str, tuple[float, float, float]]:
    """Fit one multiplier per rule to the fitted set; return (value, low, high) of each, 90 % range.

    Minimises sum_o w_o (log(model / observed) / 0.25)^2 + sum_p (log m_p / 0.5)^2, where the observations of a route
    share one weight; routes are found again at every step. Held-out observations are not read.
    """
    from scipy.optimize import least_squares

    aside = {row["group"]: row["set"] == "held out" for row in network.tables["split"]}
    rows = [row for row in network.tables["observed"] if not aside[row["group"]]]
    values = [deflated(network, row) for row in rows]
    groups = [row["group"] for row in rows]
    weight = np.array([1 / np.sqrt(groups.count(g)) for g in groups])

    def residuals(logs: np.ndarray) -> np.ndarray:
        tried = network.calibrated(dict(zip(PARAMETERS, np.exp(logs).tolist(), strict=True)))
        graphs: dict[tuple, Graph] = {}
        misses = np.array([np.log(predict(tried, row, graphs) / v) for row, v in zip(rows, values, strict=True)])
        return np.concatenate([weight * misses / SPREAD, logs / PRIOR])

    found = least_squares(residuals, np.zeros(len(PARAMETERS)), diff_step=1e-3, max_nfev=steps)
    se = np.sqrt(np.diag(np.linalg.inv(found.jac.T @ found.jac)))
    low, high = found.x - 1.645 * se, found.x + 1.645 * se
    ends = zip(np.exp(found.x).tolist(), np.exp(low).tolist(), np.exp(high).tolist(), strict=True)
    return dict(zip(PARAMETERS, ends, strict=True))


def summary(compared: Sequence[Compared]) -> Table:
    """The median and the largest miss of each metric in both sets, by route: repeated measures count once."""
    rows = []
    for metric in ("days", "usd"):
        for held in (False, True):
            routes: dict[str, list[float]] = {}
            for one in compared:
                if one.row["metric"] == metric and one.held_out == held:
                    routes.setdefault(one.row["group"], []).append(one.miss)
            misses = np.array([np.mean(v) for v in routes.values()])
            size = np.abs(np.expm1(misses))
            within = int((size <= 0.25).sum())
            worst = list(routes)[int(np.abs(misses).argmax())]
            rows.append(
                (metric, "held out" if held else "fitted", len(routes), round(100 * float(np.median(size)), 1),
                 round(100 * float(np.expm1(np.median(misses))), 1), within, worst,
                 round(100 * float(np.expm1(misses[np.abs(misses).argmax()])), 0))
            )  # fmt: skip
    columns = ("metric", "set", "routes", "median miss %", "median bias %", "within 25 %", "largest", "its miss %")
    return Table(columns, tuple(rows), "Model against observations, by route; misses are model / observed - 1")


def listing(compared: Sequence[Compared]) -> Table:
    """Every observation with the printed range, the model and the miss, largest misses last within a set."""
    rows = []
    for one in sorted(compared, key=lambda c: (c.row["metric"], c.held_out, abs(c.miss))):
        row = one.row
        rows.append(
            (row["id"], row["group"], row["metric"], "held out" if one.held_out else "fitted", row["service"],
             int(row["year"]), row["low"], row["value"], row["high"], round(one.value, 1), round(one.model, 1),
             round(100 * float(np.expm1(one.miss))), row["unit"], row["seen"], row["source"], row["note"])
        )  # fmt: skip
    columns = "id route metric set service year low value high in_2025 model miss_% unit seen_by_rule source note"
    return Table(tuple(columns.split()), tuple(rows), "Observations and the model")


def _way(graph: Graph, network: Network, row: Mapping[str, Any]) -> tuple[list[np.ndarray], np.ndarray | None]:
    """What the words of `via` stand for: stages of places, links or corridors, and the arcs a corridor avoids."""
    corridors = {one["corridor"]: one for one in network.tables["corridors"]}
    ends = {network.countries[network.where[row[c]]] for c in ("origin", "destination")}
    stages, avoid = [], set()
    for name in row["via"].split():
        if name in network.where:
            stages.append(passing_place(graph, network, network.where[name]))
        elif name in corridors:
            stages += [passing_links(graph, links) for links in network.stages(name)]
            avoid |= set(corridors[name]["avoid"].split()) - ends
        else:
            stages.append(passing_links(graph, network.find_links(name)))
    return stages, into_countries(graph, network, avoid) if avoid else None


def _cargo(network: Network, row: Mapping[str, Any]) -> Cargo:
    classes = cargo_classes(network.tables["cargo"])
    base = classes["grain" if row["unit"] == "USD/t" else "container"]
    return base._replace(service=row["service"] if row["service"] in ("express", "wagon") else "block")
