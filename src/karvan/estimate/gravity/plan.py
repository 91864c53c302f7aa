"""What is to be estimated: names of columns and options, checked before any data are read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from karvan.core.errors import SourceError, first_five
from karvan.core.labels import suggest

ROLES = ("exporter", "importer", "year", "pair", "dyad")
CHOICES = {
    "estimator": ("ppml", "ols"),
    "outside": ("drop", "hold"),
    "missing": ("refuse", "drop"),
    "small_sample": ("clusters", "parameters"),
}


@dataclass(frozen=True)
class Shift:
    """A regressor at another year: `years` > 0 is a lag, < 0 a lead."""

    column: str
    years: int

    @property
    def name(self) -> str:
        """The column's name with what was done to it, as in rta_lag4."""
        return f"{self.column}_{'lag' if self.years > 0 else 'lead'}{abs(self.years)}"


@dataclass(frozen=True)
class Plan:
    """Everything that defines an estimation but the data."""

    flow: str
    exporter: str
    importer: str
    year: str
    on: tuple[str, ...]
    effects: tuple[str, ...]
    cluster: tuple[str, ...]
    shifts: tuple[Shift, ...]
    domestic: bool | None
    border_year: bool
    years: tuple[int, ...] | None
    outside: str
    estimator: str
    missing: str
    small_sample: str
    bias_correction: bool

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns of the data that are read, each once."""
        ids = [self.flow, self.exporter, self.importer, self.year]
        wanted = [*ids, *(column_of(x) for x in self.on), *(s.column for s in self.shifts), *self.groups]
        return tuple(dict.fromkeys(wanted))

    @property
    def extra(self) -> tuple[str, ...]:
        """Columns beside exporter, importer and year that the effects use, such as a sector."""
        return _not_roles(self.effects)

    @property
    def groups(self) -> tuple[str, ...]:
        """These and the columns that errors are clustered by."""
        return _not_roles((*self.effects, *self.cluster))

    @property
    def by(self) -> tuple[str, ...]:
        """Columns that together name one flow."""
        return (self.exporter, self.importer, self.year, *self.extra)

    def options(self) -> dict[str, Any]:
        """The plan as plain data, for the record."""
        shifts = [s.name for s in self.shifts]
        plain = {k: list(v) if isinstance(v, tuple) else v for k, v in vars(self).items() if k != "shifts"}
        return {**plain, "shifts": shifts}


def _not_roles(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(part for text in texts for part in text.split("-") if part not in ROLES))


def column_of(regressor: str) -> str:
    """The column behind a regressor: dist of log(dist)."""
    return regressor[4:-1] if regressor.startswith("log(") and regressor.endswith(")") else regressor


def words(text: str | Sequence[str], what: str) -> tuple[str, ...]:
    """Split 'a b' or take a list; every word once."""
    if not isinstance(text, str | Iterable):
        raise SourceError(f"gravity: {what} is {text!r}; expected names of columns, as 'rta log(dist)' or a list")
    found = tuple(text.split()) if isinstance(text, str) else tuple(str(t) for t in text)
    twice = [w for w in dict.fromkeys(found) if found.count(w) > 1]
    if twice:
        raise SourceError(f"gravity: {what} has {', '.join(twice)} twice; write each once")
    return found


def shifts(leads: Mapping[str, Any] | None, lags: Mapping[str, Any] | None) -> tuple[Shift, ...]:
    """Leads and lags as shifts: {'rta': (4, 8)} are two."""
    found = []
    for what, given, sign in (("leads", leads, -1), ("lags", lags, 1)):
        if given is not None and not isinstance(given, Mapping):
            raise SourceError(f"gravity: {what} must be {{column: years}}, such as {what}={{'rta': (4, 8)}}")
        for column, years in (given or {}).items():
            for gap in [years] if isinstance(years, int) else list(years):
                if not isinstance(gap, int) or gap < 1:
                    raise SourceError(f"gravity: {what} of {column}: {gap!r} is not a whole number of years above zero")
                found.append(Shift(column, sign * gap))
    return tuple(found)


def check(plan: Plan) -> Plan:
    """Refuse options that cannot be meant."""
    for option, allowed in CHOICES.items():
        value = getattr(plan, option)
        if value not in allowed:
            raise SourceError(f"gravity: {option}={value!r}.{suggest(value, allowed)}")
    names = [*plan.on, *(s.name for s in plan.shifts)]
    twice = [n for n in dict.fromkeys(names) if names.count(n) > 1]
    if twice:
        raise SourceError(f"gravity: regressors {', '.join(twice)} occur twice; write each once")
    if not names and not plan.border_year:
        raise SourceError("gravity: no regressors; name at least one (on=, --on)")
    own = [name for name in plan.on if column_of(name) == plan.flow]
    if own:
        raise SourceError(f"gravity: {first_five(own)} is the flow itself; name what explains it")
    if not plan.effects:
        raise SourceError("gravity: no fixed effects; without exporter-year and importer-year the estimate is biased")
    if plan.border_year and plan.domestic is False:
        raise SourceError("gravity: border-year effects need domestic sales; say domestic=True (--domestic keep)")
    if len(plan.cluster) > 2:
        raise SourceError(f"gravity: cluster has {len(plan.cluster)} groups; at most two")
    if plan.bias_correction:
        _bias_correction(plan)
    return plan


def _bias_correction(plan: Plan) -> None:
    wanted = {"exporter-year", "importer-year", "pair"}
    if set(plan.effects) != wanted or plan.estimator != "ppml" or plan.cluster != ("pair",):
        raise SourceError(
            "gravity: the bias correction of Weidner and Zylkin (2021) is for PPML with effects "
            f"'exporter-year importer-year pair' and cluster='pair'; got {plan.estimator}, effects "
            f"{' '.join(plan.effects)!r}, cluster {' '.join(plan.cluster)!r}"
        )
