"""One scenario through trade, oil, fund, debt and currency: what each hands to the next, on the same draws."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from karvan.core.errors import ScenarioError
from karvan.core.outcome import Outcome
from karvan.core.scenario import Scenario, Shock
from karvan.core.table import Table
from karvan.core.world import World
from karvan.macro.history import BALANCE, read_history
from karvan.macro.paths import Paths, macro_paths
from karvan.models.trade.face import solve
from karvan.run.freight import has_corridors, solve_with_freight
from karvan.shocks.oil import outage_of

if TYPE_CHECKING:
    from karvan.macro.debt import Debt
    from karvan.macro.fund import Fund

LEVELS = (5, 50, 95)
HORIZONS = (1, 5, 10)
MONTHS = 12
DRAWS = 2000
NOTE = "debt in local money is worth fewer dollars when the currency falls"


class Handed(NamedTuple):
    """What reaches a country's money in the first year, and for how long.

    growth: real income after over before, less 1; duties: revenue after less before, share of GDP; outage: part of oil
    exports lost; oil_price: USD/bbl held, None for drawn ones; depreciation: (draw,) what the neighbour's fall adds to
    local currency per dollar; always: whether growth and duties stay or come back after a year.
    """

    growth: float
    duties: float
    outage: float
    oil_price: float | None
    depreciation: np.ndarray
    always: bool


class Series(NamedTuple):
    """One figure without and with a scenario, (draw, year), its unit and how many digits are worth showing."""

    what: str
    without: np.ndarray
    with_: np.ndarray
    unit: str
    digits: int


class Carried(NamedTuple):
    """A country's fund and debt with and without a scenario, on the same draws.

    outcome: the trade equilibrium, None where the scenario has no shock; handed: what reached fund and debt.
    """

    country: str
    outcome: Outcome | None
    handed: Handed
    fund: Fund
    fund_without: Fund
    debt: Debt
    debt_without: Debt

    def channels(self) -> Table:
        """What each part of the scenario hands to fund and debt."""
        h = self.handed
        stays = "always" if h.always else "one year"
        low, mid, high = (_plain(v, 1) for v in np.percentile(100 * h.depreciation, LEVELS))
        growth, duties, outage = _plain(100 * h.growth, 4), _plain(100 * h.duties, 4), _plain(100 * h.outage, 2)
        rows = (
            ("trade -> growth", growth, None, None, "% of real income", stays),
            ("trade -> duty revenue", duties, None, None, "% of GDP", stays),
            ("oil stop -> receipts of the fund", outage, None, None, "% of exports lost", "one year"),
            ("oil price -> receipts of the fund", h.oil_price, None, None, "USD/bbl held (blank: drawn)", "always"),
            ("neighbour's currency -> local per USD", mid, low, high, "%", "always"),
        )
        columns = ("channel", "value", "low", "high", "unit", "lasts")
        return Table(columns, rows, f"What reaches the money of {self.country}")

    def table(self) -> Table:
        """Fund, debt, interest and the difference of the two, without and with the scenario: medians and 5-95 %."""
        rows = [
            (self.fund.years[h - 1], *_row(series, h - 1))
            for h in HORIZONS
            if h <= len(self.fund.years)
            for series in self._series()
        ]
        columns = ("year", "what", "without", "with", "p5", "p95", "change", "change p5", "change p95", "unit")
        title = f"Fund and debt of {self.country} without and with it, on the same draws; {NOTE}"
        return Table(columns, tuple(rows), title)

    def _series(self) -> tuple[Series, ...]:
        rate = 1 + np.reshape(self.handed.depreciation, (-1, 1))
        a, b = self.fund_without.balance, self.fund.balance
        owed = [d.values("debt", "million USD") for d in (self.debt_without, self.debt)]
        return (
            Series("fund", a, b, "MUSD", 0),
            Series("fund in local money (without = 100)", 100 + 0 * a, 100 * rate * b / np.maximum(a, 1.0), "index", 1),
            Series("debt", self.debt_without.values(), self.debt.values(), "% of GDP", 2),
            Series("interest", self.debt_without.values("interest"), self.debt.values("interest"), "% of GDP", 3),
            Series("fund less debt, in dollars", a - owed[0], b - owed[1], "MUSD", 0),
        )

    def tables(self) -> tuple[Table, ...]:
        """Channels and results."""
        return (self.channels(), self.table())


def carry(
    world: World,
    scenario: Any,
    *,
    draws: int = DRAWS,
    seed: int = 0,
    method: str = "covariance",
    oil: str = "bootstrap",
) -> Carried:
    """Carry a scenario through trade, oil, currency, fund and debt.

    The block `money` of the scenario names the country and what happens beside its shocks: an oil price that is held, a
    neighbour's currency that falls, a rule of the fund. Everything begins in the first year after the last known
    balance of the fund:

    - real income of the trade equilibrium moves the level of GDP, the change of duty revenue the primary balance; both
      stay (`lasts: always`) or come back after a year (`lasts: year`)
    - a stop of oil (`stop_oil`) takes its part of exports from the receipts of that year
    - an oil price is held for all years, whatever `lasts` says: it moves with nothing else
    - the neighbour's fall adds to local currency per dollar what the local projections say it adds in twelve months,
      drawn, to debt and fund alike

    Fund and debt share all draws, with and without the scenario, so that their difference is the scenario's.

    Parameters
    ----------
    world, scenario : as for `solve`; the scenario has a block `money`
    draws, seed, method, oil : of the joint draws, see `macro_paths`

    Raises
    ------
    ScenarioError
        No block `money`, or the country is not in the world.
    """
    papers = Scenario.of(scenario)
    if not papers.money:
        raise ScenarioError(f"{papers.name} has no block `money`; name at least the country: money: {{country: KAZ}}")
    given = papers.money
    if not papers.shocks and not given.get("oil_price") and not given.get("neighbour_falls"):
        raise ScenarioError(f"{papers.name}: nothing happens; give shocks, or oil_price or neighbour_falls in `money`")
    outcome = _trade(world, papers)
    handed = _handed(world, papers, outcome, draws, seed)
    asked = {"draws": draws, "years": given.get("years", 10), "seed": seed, "method": method, "oil": oil}
    base = _paths(given, None, asked)
    with_ = _moved(_paths(given, handed.oil_price, asked) if handed.oil_price else base, handed)
    fund_without, fund = _fund(given, base, 0.0), _fund(given, with_, handed.outage)
    debt_without, debt = _debt(given, base, 0.0), _debt(given, with_, handed)
    return Carried(given["country"], outcome, handed, fund, fund_without, debt, debt_without)


def _row(series: Series, t: int) -> tuple[Any, ...]:
    low, mid, high = (_plain(v, series.digits) for v in np.percentile(series.with_[:, t], LEVELS))
    least, change, most = np.percentile(series.with_[:, t] - series.without[:, t], LEVELS)
    before = _plain(float(np.median(series.without[:, t])), series.digits)
    moved = (_plain(v, series.digits) for v in (change, least, most))
    return (series.what, before, mid, low, high, *moved, series.unit)


def _trade(world: World, papers: Scenario) -> Outcome | None:
    if not papers.shocks:
        return None
    return solve_with_freight(world, papers).outcome if has_corridors(papers) else solve(world, papers)


def _handed(world: World, papers: Scenario, outcome: Outcome | None, draws: int, seed: int) -> Handed:
    given = papers.money
    growth = duties = 0.0
    if outcome is not None:
        n = world.position(given["country"])
        growth = float(outcome.values["welfare_hat"][n]) - 1
        duties = float((outcome.values["R_new"][n] - outcome.world.R[n]) / outcome.world.V[n])
    stops = [item for item in papers.shocks if isinstance(item, Shock) and item.kind == "stop_oil"]
    lost = 1 - float(np.prod([1 - outage_of(**_plainly(stop)) for stop in stops]))
    return Handed(growth, duties, lost, given.get("oil_price"), _fall(given, draws, seed), given["lasts"] == "always")


def _plainly(stop: Shock) -> dict[str, Any]:
    keep = ("route", "days", "share", "price")
    return {k: getattr(v, "mode", v) for k, v in stop.arguments.items() if k in keep}


def _fall(given: Mapping[str, Any], draws: int, seed: int) -> np.ndarray:
    """(draw,) what the fall of the neighbour's currency adds to local currency per dollar in a year."""
    if given.get("neighbour_falls") is None:
        return np.zeros(draws)
    from karvan.macro.currency import currency

    found = currency(
        given["own"], given["neighbour"], stress=given["neighbour_falls"], methods=("projections", "stress"),
        draws=draws, seed=seed,
    )  # fmt: skip
    if found.stress is None:
        raise ScenarioError(f"money: no stress of {given['own']} by {given['neighbour']}: {found.refused}")
    return np.asarray(found.stress.effect(MONTHS))


def _paths(given: Mapping[str, Any], price: float | None, asked: Mapping[str, Any]) -> Paths:
    """Joint draws from the year after the last known balance of the fund."""
    history = read_history(given["country"])
    names = history.definitions
    if not names:
        raise ScenarioError(f"money: no fund of {given['country']} is known")
    balance = history.series.get(BALANCE + (given.get("definition") or names[0]), {})
    return macro_paths(given["country"], price=price, start=max(balance) + 1 if balance else None, **asked)


def _moved(paths: Paths, handed: Handed) -> Paths:
    """The same draws with another growth and depreciation from the first year on."""
    values = dict(paths.values)
    if handed.growth:
        growth = values["growth"].copy()
        growth[:, 0] = (1 + growth[:, 0]) * (1 + handed.growth) - 1
        if not handed.always and growth.shape[1] > 1:
            growth[:, 1] = (1 + growth[:, 1]) / (1 + handed.growth) - 1
        values["growth"] = growth
    if handed.depreciation.any():
        depreciation = values["depreciation"].copy()
        depreciation[:, 0] = (1 + depreciation[:, 0]) * (1 + handed.depreciation) - 1
        values["depreciation"] = depreciation
    return paths._replace(values=values)


def _fund(given: Mapping[str, Any], paths: Paths, outage: float) -> Fund:
    from karvan.macro.fund import fund

    named = {k: given[k] for k in ("rule", "definition") if given.get(k)}
    return fund(given["country"], paths=paths, outage=outage or None, **named)


def _debt(given: Mapping[str, Any], paths: Paths, handed: Handed | float) -> Debt:
    from karvan.macro.debt import debt

    if not isinstance(handed, Handed):
        return debt(given["country"], paths=paths)
    years = paths.years if handed.always else paths.years[:1]
    return debt(given["country"], paths=paths, primary_balance=dict.fromkeys(years, handed.duties))


def _plain(value: float, digits: int) -> float:
    return round(float(value), digits) + 0.0
