"""A stop of a route, or of all routes through a country: what it strands, moves and costs, with ranges."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from karvan.core.errors import ScenarioError
from karvan.core.params import Range
from karvan.core.table import Table
from karvan.network.oil.flows import OilFlows
from karvan.network.oil.outage_path import Path, outage_path
from karvan.network.oil.tables import OilTables

HORIZONS = (30, 90, 365)
QUANTILES = (0.05, 0.95)


class Setting(NamedTuple):
    """What one run needs, for d draws: see `outage_path`.

    netback : (d, r) USD a tonne
    was, sale : (d,) USD a tonne, netback and price at the port of the oil that is stopped
    price : (d,) USD/bbl
    """

    flow: np.ndarray
    room: np.ndarray
    tau: np.ndarray
    tank: np.ndarray
    spare: np.ndarray
    netback: np.ndarray
    was: np.ndarray
    sale: np.ndarray
    price: np.ndarray
    closed: np.ndarray


@dataclass(frozen=True, eq=False)
class OilOutage:
    """The result of a stop: `print(found.table())`, `.routes()`, `.fields()`, `.effect(365)`.

    Central values come from the most likely value of every input, `low` and `high` are 5 and 95 % of the draws.
    """

    route: str
    year: int
    days: int
    share: float
    fields: tuple[str, ...]
    names: tuple[str, ...]
    flows: OilFlows
    shut: np.ndarray
    central: Setting
    drawn: Setting
    path: Path
    paths: Path
    refined: float

    def table(self, horizons: tuple[int, ...] = HORIZONS) -> Table:
        """Return cumulated Mt and MUSD by days after the first day, with ranges."""
        rows = []
        for day in horizons:
            one, many = self.sums(day), self.sums(day, drawn=True)
            for item in one:
                low, high = np.quantile(many[item], QUANTILES)
                rows.append((day, item, _unit(item), *(round(float(v), 4) for v in (one[item][0], low, high))))
        price, low, high = self.central.price[0], self.drawn.price.min(), self.drawn.price.max()
        drawn = f", drawn from {low:.0f} to {high:.0f}" if high > low else ""
        text = (
            f"{self.route} closed for {self.days} days, {100 * self.share:.0f} % of its flow, year {self.year}, "
            f"Brent {price:.0f} USD/bbl{drawn}"
        )
        return Table(("by_day", "item", "unit", "value", "low", "high"), tuple(rows), text)

    def sums(self, day: int, drawn: bool = False) -> dict[str, np.ndarray]:
        """Return totals of the first `day` days by name, (d,) each."""
        path, at = (self.paths, self.drawn) if drawn else (self.path, self.central)
        self._require_day(day)
        upto = slice(0, day)
        stranded, stored = path.stranded[:, upto].sum(axis=1), path.stored[:, upto][:, -1]
        rerouted = path.rerouted[:, upto].sum(axis=1)
        worse = _discount(at)
        lost = (stranded + stored) * np.maximum(at.was, 0) + (rerouted * worse).sum(axis=1)
        active = np.maximum((at.closed[:, upto] > 0).sum(axis=1), 1)
        return {
            "blocked": path.blocked[:, upto].sum(axis=1),
            "rerouted": rerouted.sum(axis=1),
            "discounted": (rerouted * (worse > 0)).sum(axis=1),
            "stored": stored,
            "stranded": stranded,
            "loss": lost,
            "loss_a_day_closed": lost / active,
            "exports_lost": (stranded + stored) * at.sale,
        }

    def routes(self, day: int | None = None) -> Table:
        """Return where the oil went by route in the first `day` days (default: while closed), Mt, with ranges."""
        upto = self.days if day is None else day
        one = self.path.rerouted[:, :upto].sum(axis=1)[0]
        many = self.paths.rerouted[:, :upto].sum(axis=1)
        low, high = np.quantile(many, QUANTILES, axis=0)
        worse = _discount(self.central)[0]
        rows = tuple(
            (
                name,
                *(round(float(v), 4) for v in (one[r], low[r], high[r], 365 * self.central.room[0, r])),
                round(float(worse[r]), 1),
            )
            for r, name in enumerate(self.names)
            if not self.shut[r]
        )
        names = ("route", "rerouted_mt", "low", "high", "room_mt_y", "worse_by_usd_t")
        return Table(names, rows, f"Where oil of {self.route} went in {upto} days")

    def by_field(self, day: int | None = None) -> Table:
        """Return whose oil was stranded in the first `day` days (default: while closed), Mt.

        Fields bear the stop in proportion to what they ship on the route.
        """
        upto = self.days if day is None else day
        there = self.flows.q[:, self.shut].sum(axis=1)
        part = there / max(float(there.sum()), 1e-300)
        stranded = float(self.path.stranded[0, :upto].sum())
        full = self.tank_days()
        rows = tuple(
            (f, round(float(there[i]), 2), round(float(part[i]) * stranded, 4), full) for i, f in enumerate(self.fields)
        )
        names = ("field", "on_route_mt", "stranded_mt", "tanks_full_after_days")
        return Table(names, rows, f"Whose oil stayed in the ground in {upto} days")

    def tank_days(self) -> int | None:
        """Return the day on which output is first cut, counted from 1; None if never."""
        days = np.flatnonzero(self.path.stranded[0] > 0)
        return int(days[0]) + 1 if len(days) else None

    def _require_day(self, day: int) -> None:
        last = self.path.blocked.shape[1]
        if not 1 <= day <= last:
            raise ScenarioError(f"by day {day!r}: this stop was followed from day 1 to {last}; ask for one of these")

    def balance(self, day: int) -> dict[str, float]:
        """Return Mt of the first `day` days: what fields could make = exported + refined + stored + stranded."""
        found = {k: float(v[0]) for k, v in self.sums(day).items()}
        per_day = float(self.flows.total().sum()) / (self.flows.months / 12 * 365)
        shipped = (
            self.path.blocked[0, :day].sum() - self.path.rerouted[0, :day].sum() - self.path.released[0, :day].sum()
        )
        return {
            "produced": (per_day + self.refined) * day,
            "exported": per_day * day - float(shipped),
            "refined": self.refined * day,
            "stored": found["stored"],
            "stranded": found["stranded"],
        }

    def effect(self, day: int = 365) -> dict[str, float]:
        """Return what a trade equilibrium or a fund takes in: change of export volume, money lost, added cost.

        `volume_hat` is exports over `day` days as a ratio, `loss_musd` the lost netback, `cost_usd_t` what the moved
        tonnes earn less, spread over all exports.
        """
        one = {k: float(v[0]) for k, v in self.sums(day).items()}
        per_day = float(self.flows.total().sum()) / (self.flows.months / 12 * 365)
        worse = _discount(self.central)
        moved = float((self.path.rerouted[:, :day].sum(axis=1) * worse).sum())
        gone = one["stranded"] + one["stored"]
        return {
            "volume_hat": 1 - gone / (per_day * day),
            "loss_musd": one["loss"],
            "cost_usd_t": moved / (per_day * day - gone),
        }

    def __str__(self) -> str:
        return "\n\n".join(str(t) for t in (self.table(), self.routes(), self.by_field()))


class Stop(NamedTuple):
    """What is asked: days of the ramp, share closed, price (USD/bbl), length and days to follow."""

    tau: Range
    share: Range
    price: Range
    days: int
    horizon: int


def settings(tables: OilTables, flows: OilFlows, shut: np.ndarray, stop: Stop, draws: int, seed: int) -> Setting:
    """Return the inputs of `draws` runs; 0 draws give one run at the most likely values."""
    picks = [None] if draws == 0 else list(range(draws))
    rows = [_one(tables, flows, shut, stop, seed, n) for n in picks]
    return Setting(*(np.array(column) for column in zip(*rows, strict=True)))


def _one(tables: OilTables, flows: OilFlows, shut: np.ndarray, stop: Stop, seed: int, n: int | None) -> tuple[Any, ...]:
    def take(value: Range, name: str) -> float:
        return float(value.mode if n is None else value.draw(f"oil {name}", seed, n))

    year, part = flows.year, tables.part(flows.year)
    drawn = {f"cost {r}": take(v, f"cost {r}") for r, v in tables.cost.items()}
    drawn |= {f"barrels {r}": take(v, f"barrels {r}") for r, v in tables.barrels.items()}
    drawn |= {f"discount {r}": take(tables.discount[g, year], f"discount {g}") for r, g in tables.grade.items()}
    at = take(stop.price, "price")
    sale = np.array([(at - drawn[f"discount {r}"]) * drawn[f"barrels {r}"] for r in tables.routes])
    a_day = flows.total() / part / 365
    added = (flows.cap - tables.capacities(year)) / part  # where the caller widened or narrowed a route
    cap = np.array([take(tables.room(r, year), f"capacity {r}") for r in tables.routes]) + added
    room = np.maximum(cap / 365 - a_day, 0)
    spare = room[shut].sum()
    for r, route in enumerate(tables.routes):
        if route.lower() in tables.outage:
            at_once = take(tables.outage[route.lower()], f"room {route}") + added[r]
            room[r] = min(room[r], max(at_once, 0) / 365)
    room[shut] = 0
    closed = np.zeros(stop.horizon)
    closed[: stop.days] = take(stop.share, "share")
    tank = take(tables.outage["tank" if "CPC" in np.array(tables.routes)[shut] else "tank_other"], "tank")
    flow = a_day[shut].sum() * take(tables.outage["flow"], "flow")
    weight = a_day[shut] / max(a_day[shut].sum(), 1e-300)
    netback = tables.netback(year, at, drawn)
    was, sold = weight @ netback[shut], weight @ sale[shut]
    return flow, room, take(stop.tau, "tau"), tank, spare, netback, was, sold, at, closed


def run(setting: Setting) -> Path:
    """Follow the stop day by day."""
    s = setting
    return outage_path(s.flow, s.room, s.closed, s.tau, s.tank, s.spare)


def _discount(at: Setting) -> np.ndarray:
    """(d, r) USD a tonne that moved oil earns less.

    Never below 0: if a tonne more earned more elsewhere it would have been there before the stop.
    """
    was = at.was[:, None]
    return np.clip(was - at.netback, 0, np.maximum(was, 0))


def _unit(item: str) -> str:
    return {"loss": "MUSD", "loss_a_day_closed": "MUSD/day", "exports_lost": "MUSD"}.get(item, "Mt")
