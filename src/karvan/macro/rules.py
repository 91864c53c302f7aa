"""Rules of withdrawal: each is a function of the state of a year that gives MUSD by draw.

The figures that a rule needs come from the facts of the country or from `figures=`; a rule whose figure is missing is
refused by name. Amounts are in dollars of the first year and grow by `indexation` a year.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

from karvan.core.errors import ScenarioError
from karvan.core.labels import suggest
from karvan.macro.history import FACTS, History


class State(NamedTuple):
    """What a rule sees of one year, by draw: MUSD, USD/bbl, Mt. `balance` is that of the end of the year before.

    `available` is what can be paid at most (balance with its return, and receipts); `gdp` is None where the rule did
    not ask for it; `wealth` is the value of the oil to come at the long-run price.
    """

    year: int
    t: int
    balance: np.ndarray
    available: np.ndarray
    receipts: np.ndarray
    price: np.ndarray
    production: np.ndarray
    gdp: np.ndarray | None
    wealth: float


Pays = Callable[[State], Any]


class Rule(NamedTuple):
    """A rule ready to run: its name, one sentence with its figures, what it pays, and what it must be given.

    `net` rules need the net flow instead of receipts; `fixed` ones pay amounts in dollars, which indexation raises.
    """

    name: str
    title: str
    pays: Pays
    needs_gdp: bool = False
    net: bool = False
    fixed: bool = False


class Figures(NamedTuple):
    """The figures of rules: given by the user, else the facts of the country; and the receipts at a price."""

    history: History
    given: Mapping[str, float]
    indexation: float
    receipts_at: Callable[[float, Any], Any]

    def __call__(self, name: str, rule: str) -> float:
        """Return a figure or say that the rule needs it."""
        if name in self.given:
            return float(self.given[name])
        if name in self.history.facts:
            return self.history.facts[name].mode
        raise ScenarioError(
            f"the rule {rule!r} needs the figure {name} ({FACTS[name]}), which {self.history.folder} does not have; "
            f"give figures={{{name!r}: ...}}"
        )

    def grown(self, amount: float, t: int) -> float:
        """An amount of the first year in dollars of year t."""
        return amount * (1 + self.indexation) ** t


def _legislated(f: Figures) -> Rule:
    g, x = f("guaranteed", "guaranteed+targeted"), f("targeted", "guaranteed+targeted")
    title = f"guaranteed {g:,.0f} and targeted {x:,.0f} MUSD a year"
    return Rule("guaranteed+targeted", title, lambda s: f.grown(g + x, s.t), fixed=True)


def _capped(f: Figures) -> Rule:
    g, x, cap = (f(n, "capped") for n in ("guaranteed", "targeted", "targeted_cap"))
    amount = g + min(x, cap * g)
    title = f"guaranteed {g:,.0f} MUSD and targeted at most {cap:.0%} of it: {amount:,.0f} MUSD a year"
    return Rule("capped", title, lambda s: f.grown(amount, s.t), fixed=True)


def _cutoff(f: Figures) -> Rule:
    price = f("cutoff_price", "cut-off")
    title = f"what {price:g} USD/bbl would bring in; what a higher price brings stays"
    return Rule("cut-off", title, lambda s: np.maximum(f.receipts_at(price, s.production), 0.0))


def _bird(f: Figures) -> Rule:
    r = f("real_return", "bird-in-hand")
    return Rule("bird-in-hand", f"expected real return of {r:.1%} on the balance", lambda s: r * s.balance)


def _permanent(f: Figures) -> Rule:
    r = f("real_return", "permanent-income")
    title = f"real return of {r:.1%} on the balance and on the value of the oil to come"
    return Rule("permanent-income", title, lambda s: r * (s.balance + s.wealth))


def _floor(f: Figures) -> Rule:
    g, x, share = (f(n, "floor") for n in ("guaranteed", "targeted", "floor"))

    def pays(s: State) -> Any:
        assert s.gdp is not None
        return np.clip(s.available - share * s.gdp, 0.0, f.grown(g + x, s.t))

    title = f"guaranteed {g:,.0f} and targeted {x:,.0f} MUSD, but the balance stays above {share:.0%} of GDP"
    return Rule("floor", title, pays, needs_gdp=True, fixed=True)


def _none(f: Figures) -> Rule:
    return Rule("none", "nothing is withdrawn", lambda s: 0.0)


def _observed(f: Figures) -> Rule:
    title = "withdrawals as in the past: the net flow is fitted, they are in it"
    return Rule("observed", title, lambda s: 0.0, net=True)


RULES: dict[str, Callable[[Figures], Rule]] = {
    "guaranteed+targeted": _legislated,
    "capped": _capped,
    "cut-off": _cutoff,
    "bird-in-hand": _bird,
    "permanent-income": _permanent,
    "floor": _floor,
    "none": _none,
    "observed": _observed,
}
NEEDS: dict[str, tuple[str, ...]] = {
    "guaranteed+targeted": ("guaranteed", "targeted"),
    "capped": ("guaranteed", "targeted", "targeted_cap"),
    "cut-off": ("cutoff_price",),
    "bird-in-hand": ("real_return",),
    "permanent-income": ("real_return",),
    "floor": ("guaranteed", "targeted", "floor"),
}
FORMS = "fixed:MUSD, share:fund:FRACTION, share:gdp:FRACTION"


def make_rule(rule: str | Pays, figures: Figures) -> Rule:
    """Return the rule of a name, of a form (`fixed:5000`, `share:fund:0.05`, `share:gdp:0.03`) or of a function.

    A function gets one `State` and returns MUSD: a number or an array by draw.

    Raises
    ------
    ScenarioError
        Unknown rule, a form with a bad number, a figure that is missing.
    """
    if callable(rule):
        name = getattr(rule, "__name__", "function")
        if len(inspect.signature(rule).parameters) != 1:
            raise ScenarioError(f"the rule {name} must take one argument, the State of a year")
        return Rule(name, f"the function {name}", rule, needs_gdp=True)
    if rule in RULES:
        return RULES[rule](figures)
    head, _, rest = rule.partition(":")
    if head == "fixed":
        amount = _amount(rule, rest)
        return Rule(rule, f"{amount:,.0f} MUSD a year", lambda s: figures.grown(amount, s.t), fixed=True)
    if head == "share":
        of, _, text = rest.partition(":")
        share = _amount(rule, text)
        if of == "fund" and share <= 1:
            return Rule(rule, f"{share:.1%} of the balance a year", lambda s: share * s.balance)
        if of == "gdp" and share <= 1:
            return Rule(rule, f"{share:.1%} of GDP a year", lambda s: share * _gdp(s), needs_gdp=True)
        raise ScenarioError(
            f"the rule {rule!r} is not share:fund:FRACTION or share:gdp:FRACTION with a fraction below 1"
        )
    raise ScenarioError(f"unknown rule {rule!r}.{suggest(rule, RULES)} Or one of the forms {FORMS}.")


def _gdp(state: State) -> np.ndarray:
    assert state.gdp is not None
    return state.gdp


def _amount(rule: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not (np.isfinite(value) and value >= 0):
        raise ScenarioError(f"the rule {rule!r} needs a number that is not negative, as {FORMS}")
    return value
