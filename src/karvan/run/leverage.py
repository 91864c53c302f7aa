"""Who can stop a country's trade: every link and every transit country, closed for a month, a quarter and a year."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from numbers import Real
from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_array

from karvan.core.errors import InfeasibleError, ScenarioError
from karvan.core.table import Table
from karvan.core.world import World
from karvan.models.trade.face import solve
from karvan.network.closings import YEARLY, Closing, best_of_waiting, over_the_year, spells
from karvan.network.edits import links_of
from karvan.network.graph import WATER
from karvan.network.loads import Freight, Ways, find_ways
from karvan.network.routes import Corridors
from karvan.network.tolls import Choice, choose
from karvan.shocks.corridor import freight, freight_change, network

DAYS = (30, 90, 365)
SHOWN = 0.0005  # links that carry less than this share of the country's trade on the network are left out


class Stopped(NamedTuple):
    """What a closing does to a country.

    name; kind: "link" or "transit"; countries: at its ends, or the one closed; days; loss: MUSD a year of real income,
    share: of income; touched: part of its trade on the network that it meets (by value); waits: part of that which
    waits for it to end; dearer: mean rise of freight on what is touched, as a share of value, over the days it lasts;
    detour: links that take most of what goes another way; cut: pairs left without a route (their trade stops).
    """

    name: str
    kind: str
    countries: tuple[str, ...]
    days: int
    loss: float
    share: float
    touched: float
    waits: float
    dearer: float
    detour: tuple[str, ...]
    cut: tuple[str, ...]


class Leverage(NamedTuple):
    """The closings of a country's links and transit countries, dearest first."""

    country: str
    found: tuple[Stopped, ...]

    def table(self, kind: str = "", days: int | None = None) -> Table:
        """One row per closing; of one kind and length only, where asked."""
        rows = tuple(
            (
                one.name, "-".join(one.countries), one.days, round(one.loss, 1) + 0.0, round(100 * one.share, 4) + 0.0,
                round(100 * one.touched, 2), round(100 * one.waits, 1), round(100 * one.dearer, 2),
                ", ".join(one.detour), ", ".join(one.cut),
            )
            for one in self.found
            if kind in ("", one.kind) and days in (None, one.days)
        )  # fmt: skip
        columns = (
            "closed", "whose", "days", "loss MUSD", "% of income", "% of trade touched", "% of it waits",
            "freight + % of value", "detour by", "without a route",
        )  # fmt: skip
        return Table(columns, rows, f"What {self.country} loses when it is closed")


def leverage(
    world: World,
    country: str,
    *,
    days: Sequence[int] = DAYS,
    routes: Corridors | None = None,
    links: Iterable[str] | None = None,
    transit: bool = True,
) -> Leverage:
    """Close every link and every transit country that a country's freight uses, one at a time, and solve each.

    The loss is that of real income in the full equilibrium, with the goods of all countries rerouted or waiting,
    whichever is cheaper. Links have room for what comes (no tolls): `solve_with_freight` has them for one closing. Oil
    in pipes is not freight: see `oil_routes().leverage()`. Transit countries are closed to the country's own goods
    only.

    Parameters
    ----------
    world, country : whose loss
    days : how long
    routes : the network; default karvan's own
    links : only these, by name; default all links on its routes (by rail, road and sea)
    transit : whether transit countries are closed too

    Raises
    ------
    LabelError
        The country has no place where it trades, or a link is unknown.
    InfeasibleError
        None of its trade goes by this network.
    ScenarioError
        Days outside 1 to 365, or a network that is closed for a part of the year already.
    """
    n = world.position(country)
    wrong = [d for d in days if isinstance(d, bool) or not isinstance(d, Real) or not 0 < d <= YEARLY]
    if wrong or not days:
        raise ScenarioError(f"days {wrong or 'none'}: expected 1 to {YEARLY}")
    if routes is not None and routes.closings:
        raise ScenarioError(f"{routes}: leverage closes one thing at a time; give a network that is open all year")
    own = _Own(world, freight(world, routes or network()), n)
    closings = own.closings([links] if isinstance(links, str) else links, transit)
    found = [
        own.stopped(closing._replace(days=d), shut)
        for closing in closings
        for shut in [own.shut(closing)]
        for d in days
    ]
    return Leverage(country, tuple(sorted(found, key=lambda one: -one.loss)))


class _Shut(NamedTuple):
    """The day on which something is shut: costs (importer, exporter, cargo), and what the country's goods do then.

    more: (link,) what each link carries more than before, MUSD.
    """

    cost: np.ndarray
    touched: np.ndarray
    detour: tuple[str, ...]
    more: np.ndarray


class _Own:
    """A country's goods on the open network: which routes they take, and what they do when something is shut."""

    def __init__(self, world: World, base: Freight, n: int) -> None:
        self.world, self.base, self.n = world, base, n
        self.network = base.corridors.network
        ways = base.ways[0]
        value = base.carried.values(world.M)[tuple(ways.pair.T)]
        mine = (ways.pair[:, 0] == n) ^ (ways.pair[:, 1] == n)
        self.value = np.where(mine, value, 0.0)
        if not self.value.any():
            raise InfeasibleError(f"{world.countries[n]} has no trade that goes by this network; nothing can be closed")
        self.share = self._shares(ways)
        self.usd = self.value[ways.of] * self.share  # MUSD by route
        self.load = ways.uses.T @ self.usd
        rows = self.network.tables["links"]
        country = self.network.countries
        self.ends = [tuple(country[self.network.where[row[end]]] for end in ("from", "to")) for row in rows]
        water = np.array([row["mode"] in WATER for row in rows])
        self.gate = water | np.array([a != b for a, b in self.ends])

    def closings(self, links: Iterable[str] | None, transit: bool) -> list[Closing]:
        """What to close: the links and transit countries of the country's routes, or the links named."""
        if links is not None:
            return [Closing(name, links_of(self.network, name), YEARLY) for name in links]
        used = np.flatnonzero(self.load > SHOWN * self.value.sum())
        found = [Closing(self.network.links[m], frozenset([int(m)]), YEARLY) for m in used]
        own = self.network.countries[self.base.places[self.n]]
        name = self.world.countries[self.n]
        through = sorted({c for m in used for c in self.ends[m]} - {own}) if transit else []
        return found + [Closing(f"transit through {c}", frozenset(), YEARLY, c, frozenset([name])) for c in through]

    def shut(self, closing: Closing) -> _Shut:
        """Close it for a day: everybody's costs, which of the country's goods it touches, and where they go."""
        day = self.base.corridors.day((closing,))
        cost = self.base.costs(day)
        ways = self.base.ways[0]
        dearer = (cost > self.base.free[0] + 1e-12)[tuple(ways.pair.T)] & (self.value > 0)
        wanted = np.zeros(cost.shape, dtype=bool)
        wanted[tuple(ways.pair[dearer].T)] = True
        other = find_ways(day, self.base.cargo, self.base.places, wanted)
        position = {tuple(pair): k for k, pair in enumerate(ways.pair.tolist())}
        where = np.array([position[tuple(pair)] for pair in other.pair.tolist()], dtype=int)
        new = other.uses.T @ (self.value[where][other.of] * self._shares(other)) if where.size else 0 * self.load
        old = ways.uses.T @ np.where(dearer[ways.of], self.usd, 0.0)
        more = np.where(self.gate, new - old, 0.0)
        best = [self.network.links[m] for m in np.argsort(-more)[:2] if more[m] > 0.02 * self.value[dearer].sum()]
        part = np.bincount(ways.of[self._uses(closing)], self.share[self._uses(closing)], self.value.size)
        return _Shut(cost, np.where(dearer, part, 0.0), tuple(best), new - old)

    def _uses(self, closing: Closing) -> np.ndarray:
        """(route,) which routes it stops."""
        if not closing.country:
            links = sorted(closing.links)
        else:
            links = [m for m, ends in enumerate(self.ends) if closing.country in ends]
        return np.asarray(self.base.ways[0].uses[:, links].sum(axis=1)).ravel() > 0

    def stopped(self, closing: Closing, shut: _Shut) -> Stopped:
        """Close it for its days and solve the equilibrium."""
        base, world, n = self.base, self.world, self.n
        year = spells((closing,))
        costs = [shut.cost, *([base.free[0]] * (len(year) - 1))]
        wait = best_of_waiting(year, costs, base.per_day)[0]
        change = freight_change(world, base, over_the_year(year, costs, base.per_day), embargo=True)
        found = solve(world, change)
        at = tuple(base.ways[0].pair.T)
        usd = self.value * shut.touched
        going = np.minimum(shut.cost, wait)[at]
        extra = np.where(np.isfinite(going), going - base.free[0][at], 0.0)
        total = max(float(usd.sum()), 1e-300)
        gone = np.isinf(change.d_hat)
        cut = [world.countries[k] for k in range(len(gone)) if gone[n, k].any() or gone[k, n].any()]
        kind = "transit" if closing.country else "link"
        ends = {closing.country} if closing.country else {c for m in closing.links for c in self.ends[m]}
        return Stopped(
            closing.name, kind, tuple(sorted(ends)), closing.days, -float(found.values["welfare_money"][n]),
            1 - float(found.values["welfare_hat"][n]), float(usd.sum() / self.value.sum()),
            float(usd[(wait < shut.cost)[at]].sum() / total), float(usd @ extra / total), shut.detour, tuple(cut),
        )  # fmt: skip

    def _shares(self, ways: Ways) -> np.ndarray:
        """(route,) logit shares of the routes of each pair."""
        if not ways.g.size:
            return np.zeros(0)
        links = csr_array((ways.g.size, 0))
        return choose(Choice(ways.of, ways.g, links), np.zeros(0), self.base.corridors.scale, len(ways.pair))[0]


def rerouted(world: World, country: str, through: str, *, routes: Corridors | None = None) -> Table:
    """Return where a country's goods go before and after another country lets no transit of them pass.

    Columns: link; before, after: percent of the value of the country's goods on the network that takes it; closed:
    whether transit left or entered the closed country by this link and none does after. Links have room for what
    comes, and goods do not wait: it is the day of the closing that is shown, with the trade of before.

    Raises
    ------
    LabelError
        The country has no place where it trades.
    """
    own = _Own(world, freight(world, routes or network()), world.position(country))
    shut = own.shut(Closing("", frozenset(), YEARLY, through, frozenset([country])))
    total = own.value.sum()
    gone = own.load + shut.more
    rows = []
    for m in np.flatnonzero((own.load > 0) | (gone > SHOWN * total)):
        before, after = 100 * own.load[m] / total, 100 * max(gone[m], 0.0) / total
        ends = own.ends[m]
        closed = through in ends and country not in ends and ends[0] != ends[1] and before > 0 and after < 1e-9
        rows.append((own.network.links[m], round(float(before), 3) + 0.0, round(float(after), 3) + 0.0, bool(closed)))
    title = f"Goods of {country} on the network, percent of their value, before and after {through} closes to transit"
    return Table(("link", "before", "after", "closed"), tuple(rows), title)
