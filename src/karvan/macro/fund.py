"""A country's oil fund ahead: when is it empty, with what probability, under which rule, at which price?

`F_{t+1} = F_t (1 + r_t) + T_t - W_t` in USD. Receipts `T_t` are fitted to observed ones and drawn with their error,
production follows reserves, plateau and decline, prices and returns are joint draws, withdrawals follow a rule.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from karvan.core.errors import LabelError, ScenarioError, SourceError
from karvan.core.labels import suggest
from karvan.macro.fund_result import Fund
from karvan.macro.fund_run import Run, Setting, run
from karvan.macro.history import BALANCE, FACTS, History, read_history
from karvan.macro.horizon import Field, draw_field, field_at
from karvan.macro.paths import Paths, macro_paths
from karvan.macro.receipts import Law, fit_net, fit_receipts, flow
from karvan.macro.rules import NEEDS, Figures, Pays, Rule, make_rule

LONG_RUN = 10
FAR = 400
MOST_INDEXATION = 0.2


def fund(
    country: str = "KAZ",
    *,
    rule: str | Pays | None = None,
    definition: str | None = None,
    draws: int = 1000,
    years: int = 40,
    seed: int = 0,
    start: int | None = None,
    price: float | Sequence[float] | None = None,
    outage: float | Sequence[float] | Mapping[int, float] | None = None,
    withdrawals: float | Sequence[float] | None = None,
    figures: Mapping[str, float] | None = None,
    indexation: float = 0.0,
    method: str = "covariance",
    oil: str = "bootstrap",
    data: Path | str | History | None = None,
    paths: Paths | None = None,
) -> Fund:
    """Draw the balance of a country's oil fund under a rule of withdrawal.

    Parameters
    ----------
    country, data : ISO3 code of a country with files in karvan, or a name and a folder in the same layout.
    rule : "guaranteed+targeted", "capped", "cut-off", "bird-in-hand", "permanent-income", "floor", "none", "observed"
        (past practice: the net flow is fitted), "fixed:MUSD", "share:fund:x", "share:gdp:x", or a function of `State`
        that returns MUSD. Default guaranteed+targeted where its figures are known, else observed.
    definition : which balance is meant, as "fx" (foreign-exchange assets) or "total"; default the first in the file.
    start : first year; default the year after the last balance.
    price : USD/bbl, a level or one per year, instead of drawn prices.
    outage : share of exports lost: in the first year, one per year, or by year; as `1 - effect(365)["volume_hat"]` of
        `oil_routes().close(...)`.
    withdrawals : MUSD a year, a level or one per year, instead of a rule.
    figures : figures of rules that replace the facts of the country, as {"cutoff_price": 45}.
    indexation : yearly growth of amounts that a rule fixes in dollars.
    method, oil, draws, years, seed : as in `macro_paths`; `paths` uses draws made before, as the debt does.

    Raises
    ------
    ScenarioError
        A rule that is unknown or lacks a figure; an outage or withdrawal that is no such thing.
    SourceError
        A series or balance that is missing.
    """
    history = data if isinstance(data, History) else read_history(country, data)
    name = _definition(history, definition)
    balances = history.series[BALANCE + name]
    if paths is not None and start is None:
        start = paths.years[0]
    first = max(balances) + 1 if start is None else start
    if first - 1 not in balances:
        raise SourceError(
            f"no balance_{name} of {history.country} at the end of {first - 1}; it has {min(balances)}-{max(balances)}"
        )
    if paths is None:
        paths = macro_paths(history.country, draws=draws, years=years, seed=seed, method=method, oil=oil, data=history,
                            start=first, price=price)  # fmt: skip
    elif price is not None or paths.years[0] != first:
        raise ScenarioError(f"paths start in {paths.years[0]} with their own prices; give no price, and start there")
    setting = _setting(history, name, balances[first - 1], paths, rule, withdrawals, outage, figures, indexation, seed)
    found = run(setting, paths.years, dict(paths.values))
    return _result(history, name, setting, found, paths)


def _definition(history: History, wanted: str | None) -> str:
    names = history.definitions
    if not names:
        raise SourceError(f"{history.folder}: the fund needs a series balance_NAME (MUSD); add its rows to history.csv")
    if wanted is not None and wanted not in names:
        raise LabelError(f"unknown definition of the fund {wanted!r}.{suggest(wanted, names)}")
    return wanted or names[0]


def _setting(
    history: History, definition: str, start: float, paths: Paths, rule: str | Pays | None,
    withdrawals: float | Sequence[float] | None, outage: float | Sequence[float] | Mapping[int, float] | None,
    figures: Mapping[str, float] | None, indexation: float, seed: int,
) -> Setting:  # fmt: skip
    for name, value in (figures or {}).items():
        if name not in FACTS:
            raise ScenarioError(f"figures: unknown figure {name!r}.{suggest(name, FACTS)}")
        if value < 0:
            raise ScenarioError(f"figures: {name} is {value:g}; figures of rules are not negative")
    if not abs(indexation) <= MOST_INDEXATION:
        raise ScenarioError(f"indexation is {indexation}; write 2 % as 0.02, at most {MOST_INDEXATION} either way")
    if withdrawals is not None and rule is not None:
        raise ScenarioError("give a rule or withdrawals, not both")
    years = paths.years
    net = rule == "observed" or (rule is None and withdrawals is None and not has_gross(history))
    law = fit_net(history, definition) if net else fit_receipts(history)
    figure = Figures(history, figures or {}, indexation, partial(_at_price, law))
    if withdrawals is not None:
        chosen = _fixed(withdrawals, len(years))
    else:
        chosen = make_rule("observed" if net else (rule or "guaranteed+targeted"), figure)
    _idle(chosen, figures or {}, indexation)
    q, field = _production(history, law, years[0])
    if law.kind != "change":
        history.get("fund_return", "the return of the fund")
    gdp = _gdp_before(history, years[0]) if chosen.needs_gdp and _has_gdp(history) else float("nan")
    if chosen.needs_gdp and not callable(rule) and not _has_gdp(history):
        raise SourceError(f"{history.folder}: the rule {chosen.name!r} needs gdp, growth, inflation and depreciation")
    returns = np.array(list(history.series.get("fund_return", {0: 0.0}).values()))
    se = float(returns.std(ddof=1) / np.sqrt(len(returns))) if len(returns) > 1 and law.kind != "change" else 0.0
    wealth = _wealth(history, law, years, figure) if chosen.name == "permanent-income" else np.zeros(len(years))
    needs = chosen.needs_gdp and _has_gdp(history)
    return Setting(start, law, chosen._replace(needs_gdp=needs), field, q, _lost(outage, years), wealth, gdp, se, seed)


def _idle(rule: Rule, figures: Mapping[str, float], indexation: float) -> None:
    """Refuse figures and an indexation that the rule would not use."""
    idle = [n for n in figures if n not in NEEDS.get(rule.name, ())]
    if idle:
        takes = ", ".join(NEEDS.get(rule.name, ())) or "none"
        raise ScenarioError(f"the rule {rule.name!r} does not use the figure(s) {', '.join(idle)}; it takes {takes}")
    if indexation and not rule.fixed:
        raise ScenarioError(f"the rule {rule.name!r} fixes no amount in dollars; indexation would do nothing")


def has_gross(history: History) -> bool:
    """Whether receipts, production and the figures of the default rule are known."""
    return {"receipts", "production"} <= set(history.series) and {"guaranteed", "targeted"} <= set(history.facts)


def _has_gdp(history: History) -> bool:
    return {"gdp", "growth", "inflation", "depreciation"} <= set(history.series)


def _at_price(law: Law, price: float, q: np.ndarray) -> np.ndarray:
    return np.asarray(flow(law, law.coef, price, q))


def _fixed(withdrawals: float | Sequence[float], years: int) -> Rule:
    amounts = np.asarray(withdrawals, float)
    if amounts.ndim > 1 or (amounts.ndim == 1 and len(amounts) != years):
        raise ScenarioError(f"withdrawals: {amounts.shape} values for {years} years; give one amount or one per year")
    if not (np.isfinite(amounts) & (amounts >= 0)).all():
        raise ScenarioError(f"withdrawals: {withdrawals!r} is negative or not finite; give MUSD a year")
    path = np.broadcast_to(amounts, (years,))
    title = f"{path[0]:,.0f} MUSD a year" if np.ptp(path) == 0 else f"{path[0]:,.0f} to {path[-1]:,.0f} MUSD, as given"
    return Rule("withdrawals", title, lambda s: path[s.t])


def _lost(outage: float | Sequence[float] | Mapping[int, float] | None, years: Sequence[int]) -> np.ndarray:
    lost = np.zeros(len(years))
    if isinstance(outage, Mapping):
        unknown = [y for y in outage if y not in years]
        if unknown:
            raise ScenarioError(f"outage: {unknown[:5]} are not among the years {years[0]}-{years[-1]}")
        for year, share in outage.items():
            lost[years.index(year)] = share
    elif outage is not None:
        given = np.atleast_1d(np.asarray(outage, float))
        if given.ndim > 1 or len(given) > len(years):
            raise ScenarioError(f"outage: {given.shape} values for {len(years)} years; give one share or one per year")
        lost[: len(given)] = given
    if not ((lost >= 0) & (lost <= 1)).all():
        raise ScenarioError(f"outage: {outage!r} is no share between 0 and 1")
    return lost


def _production(
    history: History, law: Law, start: int
) -> tuple[float, Callable[[np.random.Generator, int], Field] | None]:
    """Production held at its last value, and the draw of the oil ahead where reserves are known."""
    if not law.volume:
        return 1.0, None
    production = history.series["production"]
    if "reserves" not in history.facts or "decline" not in history.facts:
        return production[max(production)], None
    return production[max(production)], partial(draw_field, history, start)


def _gdp_before(history: History, start: int) -> float:
    """GDP of the year before the first, MUSD; the years after the last known grow at the means of ten years."""
    gdp = history.series["gdp"]
    last = max((y for y in gdp if y < start), default=None)
    if last is None:
        raise SourceError(f"{history.folder}: gdp is not known for any year before {start}; the rule needs it")
    g, p, e = (float(np.mean(list(history.series[n].values())[-10:])) for n in ("growth", "inflation", "depreciation"))
    return float(gdp[last] * ((1 + g) * (1 + p) / (1 + e)) ** (start - 1 - last))


def long_run_price(history: History) -> float:
    """Mean of the last ten yearly means of Brent, USD/bbl."""
    last = history.brent.last_year
    return float(np.mean([history.brent.year_mean(y) for y in range(last - LONG_RUN + 1, last + 1)]))


def ahead(history: History, law: Law, start: int, price: float, count: int = FAR) -> np.ndarray:
    """(year,) expected receipts in MUSD at a held price, production by the middle case."""
    q, drawn = _production(history, law, start)
    field: Field | None = None if drawn is None else field_at(history, start, "mode")
    made = np.array([q if field is None else float(field.production(t)) for t in range(count)])
    return np.maximum(flow(law, law.coef, price, made), 0.0)


def oil_wealth(receipts: np.ndarray, rate: float) -> np.ndarray:
    """(year,) value at the start of each year of the receipts from then on: `V_t = (T_t + V_{t+1}) / (1 + r)`."""
    value = np.empty(len(receipts))
    last = 0.0
    for t in range(len(receipts) - 1, -1, -1):
        last = (receipts[t] + last) / (1 + rate)
        value[t] = last
    return value


def _wealth(history: History, law: Law, years: Sequence[int], figure: Figures) -> np.ndarray:
    rate = figure("real_return", "permanent-income")
    return oil_wealth(ahead(history, law, years[0], long_run_price(history)), rate)[: len(years)]


def _forever(history: History, setting: Setting, start: int) -> tuple[float, float, float] | None:
    """Constant real withdrawal that lasts for ever: real return times the balance and the value of the oil to come."""
    if setting.law.kind != "receipts" or "real_return" not in history.facts:
        return None
    inflow = ahead(history, setting.law, start, long_run_price(history))
    fact = history.facts["real_return"]
    low, mode, high = (float(r * (setting.start + oil_wealth(inflow, r)[0])) for r in (fact.low, fact.mode, fact.high))
    return low, mode, high


def _result(history: History, definition: str, setting: Setting, found: Run, paths: Paths) -> Fund:
    empty = np.where(found.empty >= 0, np.asarray(paths.years)[found.empty], 0)
    law = setting.law
    past = {y: v for y, v in history.series[BALANCE + definition].items() if y < paths.years[0]}
    oil = "production held" if setting.field is None else "reserves and decline drawn from their ranges"
    inflow = f"{law.kind} fitted to {len(law.years)} years (R2 {law.r2:.2f}), drawn with its error; {oil}"
    sources = [history.sources.get(n, ()) for n in (BALANCE + definition, "receipts", "net_flow", "production")]
    source = "; ".join(dict.fromkeys(s for group in sources for s in group))
    return Fund(
        history.country, definition, setting.rule.name, setting.rule.title, paths.years, setting.start, past,
        found.balance.T, found.receipts.T, found.withdrawals.T, empty, found.lasting,
        _forever(history, setting, paths.years[0]), law, paths, f"{inflow}; {paths.method}", source,
    )  # fmt: skip
