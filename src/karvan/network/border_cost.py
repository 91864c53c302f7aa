"""What a border costs by cargo: waiting, its spread, fees and spoilage as a share of the value of the goods."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from karvan.core.errors import LabelError
from karvan.core.params import Range
from karvan.core.table import Table
from karvan.network.card import drawn
from karvan.network.cargo import Cargo
from karvan.network.graph import FEE_SHARED_BY_T, service_factors
from karvan.network.network import Network
from karvan.network.routes import Corridors

QUANTILES = (0.05, 0.95)
MODES = ("rail", "road")
PARTS = ("waiting", "uncertainty", "fees", "spoilage")


class Crossing(NamedTuple):
    """Hours, their standard deviation, USD per TEU and per t at a border, the mean of its crossings by one mode."""

    hours: float
    sd_hours: float
    usd_teu: float
    usd_t: float


def border_cost(routes: Corridors, one: str, other: str, *, draws: int = 200, seed: int = 0) -> Table:
    """Return what crossing the border between two countries costs, by mode and cargo, in percent of the value.

    waiting = rho hours / 24,   uncertainty = risk rho sd / 24,   fees = USD / value,   spoilage = hours / 24 / life

    The mean of the crossings of the border by rail and by road, both ways; rho and the value of the cargo as in
    `generalised_cost`. Spoilage counts as if the goods were past their fresh days when they come to the border. `low`
    and `high` are the 5 and 95 % points over draws of hours, of rho and of the value of the goods.

    Raises
    ------
    LabelError
        The two have no common border for freight on land, or draws < 1.
    """
    if draws < 1:
        raise LabelError(f"draws {draws}: expected at least 1")
    network = routes.network
    links = network.border(one, other)
    rows = []
    networks = [drawn(network, seed, k) for k in range(draws)]
    laws = {row["cargo"]: row for row in network.tables["cargo"]}
    for mode in MODES:
        some = [m for m in sorted(links) if network.tables["links"][m]["mode"] == mode and network.usable[m]]
        if not some:
            continue
        for name, cargo in routes.classes.items():
            if mode not in cargo.modes:
                continue
            best = _parts(network, some, cargo)
            sample = [_parts(n, some, _drawn_cargo(cargo, laws[name], seed, k)) for k, n in enumerate(networks)]
            total = sum(best[1:])
            low, high = _span(np.sum([s[1:] for s in sample], axis=1), total)
            hours = _span(np.array([s[0] for s in sample]), best[0])
            shares = (*best[1:], total, low, high)
            rows.append(
                (mode, name, *(round(float(h), 1) for h in (best[0], *hours)), *(round(100 * v, 3) for v in shares))
            )
    if not rows:
        raise LabelError(f"no open crossing by land joins {one} and {other}")
    columns = ("mode", "cargo", "hours", "hours_low", "hours_high", *PARTS, "total", "low", "high")
    return Table(columns, tuple(rows), f"Crossing the border {one}-{other}: percent of the value of the goods")


def _span(draws: np.ndarray, value: float) -> tuple[float, float]:
    """5 and 95 % points, widened where the value itself lies outside."""
    low, high = np.quantile(draws, QUANTILES)
    return min(float(low), value), max(float(high), value)


def crossing(network: Network, links: list[int]) -> Crossing:
    """Return the mean of some links' border hours, both ways."""
    f, added = network.filled, network.added
    pick = np.array(links)
    return Crossing(
        float((f.crossing[:, pick] + added.hours[pick]).mean()),
        float((f.crossing_sd[:, pick] + added.sd_hours[pick]).mean()),
        float((f.crossing_usd[:, pick] + added.usd_teu[pick]).mean()),
        float((f.crossing_usd[:, pick] / FEE_SHARED_BY_T + added.usd_t[pick]).mean()),
    )


def _parts(network: Network, links: list[int], cargo: Cargo) -> tuple[float, ...]:
    at = crossing(network, links)
    rail = network.tables["links"][links[0]]["mode"] == "rail"
    factor = service_factors(network.values, cargo)["crossing_hours"] if rail else 1.0
    hours = at.hours * factor
    usd = at.usd_teu if cargo.unit == "TEU" else at.usd_t
    spoil = hours / 24 / cargo.life_days if cargo.life_days else 0.0
    return (
        hours, cargo.rho * hours / 24, cargo.risk * cargo.rho * at.sd_hours * factor / 24, usd / cargo.value, spoil,
    )  # fmt: skip


def _drawn_cargo(cargo: Cargo, row: Mapping[str, Any], seed: int, draw: int) -> Cargo:
    def take(name: str) -> float:
        return Range(row[name], row[f"{name}_low"], row[f"{name}_high"]).draw(f"{cargo.name}:{name}", seed, draw)

    return cargo._replace(value=take("value"), rho=take("rho"))
