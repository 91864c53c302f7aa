"""Estimates that scenarios draw from: a coefficient with its standard error and its papers, and what it costs."""

from __future__ import annotations

import datetime
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.resources import files
from math import isfinite
from numbers import Integral
from pathlib import Path
from typing import Any

import numpy as np

from karvan.core.archive import text_hash
from karvan.core.errors import KarvanError, ScenarioError, SourceError, SymbolError
from karvan.core.faults import Faults
from karvan.core.labels import suggest
from karvan.core.params import Normal

FOLDER = Path(str(files("karvan").joinpath("estimates")))
NEEDED = ("measures", "duties", "estimator", "sample", "source", "command")
KEYS = ("b", "se", *NEEDED, "observations", "date", "provisional", "covariance")
OWN = ("name", "b", "se", "source")
LARGEST = 5.0  # log points: a coefficient beyond it makes trade 148 times as large, so it is in percent by mistake
DEAREST = 1000.0  # times: a border that multiplies costs by more is an elasticity out of range


@dataclass(frozen=True, eq=False)
class Estimate:
    """The effect of an agreement on trade, estimated: coefficient `b` in log points of trade at given incomes.

    Its name is "file/block", such as "gravity/eaeu". Single solves use `b`; sweeps draw from a normal law around it,
    together with the other coefficients of the same file, so that one coefficient has one value in a draw wherever it
    stands. `low` and `high` are its 5 and 95 % points.

    Fields: `se` standard error; `measures` what the coefficient compares; `duties` whether the effect of tariffs is in
    it; `estimator`, `sample`, `observations`, `source` of the data, `command` that gives it again, `date`;
    `provisional` marks a number that may not be quoted; `covariance` with other coefficients of the file by block.
    """

    name: str
    b: float
    se: float
    source: str
    measures: str = ""
    duties: str = ""
    estimator: str = ""
    sample: str = ""
    observations: int = 0
    command: str = ""
    date: str = ""
    provisional: bool = False
    covariance: Mapping[str, float] = field(default_factory=dict)
    family: Normal | None = field(default=None, repr=False)
    place: int = 0

    @classmethod
    def named(cls, name: str) -> Estimate:
        """Return an estimate that comes with karvan.

        Raises
        ------
        ScenarioError
            No such estimate; names the nearest one.
        """
        known = shipped()
        if name not in known:
            hint = suggest(name, known) if known else " None comes with this version."
            raise ScenarioError(f"unknown estimate {name!r}.{hint}")
        return known[name]

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> Estimate:
        """Make an estimate of your own from plain data: `name`, `b`, `se` and `source`, and what else is known.

        Raises
        ------
        ScenarioError
            Something is missing, unknown, or no number.
        """
        known = [k for k in ("name", *KEYS) if k != "covariance"]
        faults = [f"unknown key {k!r}.{suggest(k, known)}" for k in given if k not in known]
        faults += [f"{k} is missing" for k in OWN if not str(given.get(k, "")).strip()]
        faults += _wrong(given)
        if faults:
            raise ScenarioError(f"an estimate of your own: {'; '.join(faults)}")
        return cls(**_read(given))

    @property
    def mode(self) -> float:
        """The coefficient itself."""
        return self.b

    @property
    def law(self) -> Normal:
        """The normal law of the coefficient by itself."""
        return Normal(self.b, self.se, self.source)

    @property
    def low(self) -> float:
        """The 5 % point."""
        return float(self.law.low)

    @property
    def high(self) -> float:
        """The 95 % point."""
        return float(self.law.high)

    @property
    def comes_with_karvan(self) -> bool:
        """Whether it is an estimate out of a file, drawn together with the others there."""
        return self.family is not None

    @property
    def sha256(self) -> str:
        """Hash of the numbers and the papers."""
        return text_hash(self._plain())

    def draw(self, name: str, seed: int, draw: int) -> float:
        """Return draw number `draw`; `name` is not used, because a coefficient is one wherever it stands."""
        if self.family is None:
            return float(self.law.draw(self.name, seed, draw))
        return float(self.family.draw(self.name.rpartition("/")[0], seed, draw)[self.place])

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain data, with the hash when it comes with karvan."""
        return {**self._plain(), **({"sha256": self.sha256} if self.comes_with_karvan else {})}

    def _plain(self) -> dict[str, Any]:
        found = {name: getattr(self, name) for name in ("name", "b", "se", *NEEDED, "observations", "date")}
        found |= {"provisional": self.provisional, "covariance": dict(self.covariance)}
        return {name: value for name, value in found.items() if value or name in ("b", "se")}

    def __str__(self) -> str:
        """One line for readers."""
        text = f"{self.name}: b = {self.b:.4g} log points of trade, standard error {self.se:.4g}"
        text += f" ({self.low:.4g} to {self.high:.4g})"
        papers = [self.estimator, f"N = {self.observations}" if self.observations else "", self.source]
        text = "; ".join([text, *(p for p in papers if p)])
        return f"PROVISIONAL, not to be quoted: {text}" if self.provisional else text


def shipped() -> Mapping[str, Estimate]:
    """Return every estimate that comes with karvan, by name."""
    return _of_folder(FOLDER)


@cache
def _of_folder(folder: Path) -> Mapping[str, Estimate]:
    return {e.name: e for path in sorted(folder.glob("*.toml")) for e in read_estimates(path)}


def read_estimates(path: str | Path) -> list[Estimate]:
    """Read a file of estimates (TOML): one block per coefficient, named by the file and the block.

    Raises
    ------
    SourceError
        All faults of the file at once.
    """
    path = Path(path)
    try:
        blocks = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise SourceError(f"{path}: no such file") from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as fault:
        raise SourceError(f"{path}: not a file of estimates ({fault})") from None
    faults = Faults(path)
    for block, given in blocks.items():
        for what in _faults(given, block, blocks):
            faults.add(f"[{block}]: {what}")
    faults.stop()
    found = [Estimate(**_read({**given, "name": f"{path.stem}/{block}"})) for block, given in blocks.items()]
    family = _family(path, found)
    return [replace(e, family=family, place=place) for place, e in enumerate(found)]


def cost_change(b: Any, theta: Any, *, lost: bool = True) -> np.ndarray:
    """Cost of crossing the border, new over old, that moves trade by a coefficient at given incomes.

    d_hat_j = exp(b / theta_j) where the effect is lost, exp(-b / theta_j) where it is gained, so that
    d_hat_j ** -theta_j = exp(-b) or exp(b): the estimated change in trade in every sector, whatever its elasticity.
    """
    return np.asarray(np.exp((1.0 if lost else -1.0) * np.asarray(b, dtype=float) / np.asarray(theta, dtype=float)))


def require_bounded(b: float, theta: np.ndarray, chosen: np.ndarray, sectors: tuple[str, ...]) -> None:
    """Refuse a coefficient that the elasticity of some sector turns into a cost beyond all bounds."""
    power = np.where(chosen, abs(b) / theta, 0.0)
    j = int(np.argmax(power))
    if power[j] > np.log(DEAREST):
        raise ScenarioError(
            f"b = {b:.4g} with the elasticity theta = {theta[j]:.3g} of {sectors[j]} changes the cost of the border by "
            f"a factor of e^{power[j]:.3g}, more than {DEAREST:g}; choose sectors, or another elasticity"
        )


def _family(path: Path, found: list[Estimate]) -> Normal:
    """The joint law of a file; the order of its blocks is the order of the draws."""
    blocks = [e.name.rpartition("/")[2] for e in found]
    covariance = np.diag([e.se**2 for e in found]) if found else np.zeros((0, 0))
    for k, e in enumerate(found):
        for other, value in e.covariance.items():
            m = blocks.index(other)
            covariance[k, m] = covariance[m, k] = value
    try:
        return Normal([e.b for e in found], covariance)
    except SymbolError as fault:
        raise SourceError(f"{path}: {fault}") from None


def _faults(given: Any, block: str, blocks: Mapping[str, Any]) -> Iterator[str]:
    if not isinstance(given, dict):
        yield f"an estimate is a block with the keys {', '.join(KEYS)}"
        return
    yield from (f"unknown key {k!r}.{suggest(k, KEYS)}" for k in given if k not in KEYS)
    optional = ("provisional", "covariance")
    yield from (f"{k} is missing" for k in KEYS if k not in optional and not str(given.get(k, "")).strip())
    yield from _wrong(given)
    covariance = given.get("covariance", {})
    if not isinstance(covariance, dict):
        yield "covariance: write one number for each other block, such as covariance = {fta = 0.001}"
        return
    for other, value in covariance.items():
        back = blocks[other].get("covariance", {}) if isinstance(blocks.get(other), dict) else {}
        if other == block:
            yield "covariance with itself: the variance is se squared"
        elif other not in blocks:
            yield f"covariance with {other!r}: no other block of that name.{suggest(other, blocks)}"
        elif not _number(value):
            yield f"covariance with {other!r} is {value!r}, not a number"
        elif isinstance(back, dict) and back.get(block, value) != value:
            yield f"covariance with {other!r} is {value}, and there it is {back[block]}"


def _wrong(given: Mapping[str, Any]) -> Iterator[str]:
    b, se, count = given.get("b", 0.0), given.get("se", 1.0), given.get("observations", 1)
    if not _number(b):
        yield f"b is {b!r}, not a number"
    elif abs(b) > LARGEST:
        yield f"b is {b}; it is in log points of trade (0.2, not 20), at most {LARGEST:g}"
    if not _number(se):
        yield f"se is {se!r}, not a number"
    elif not se > 0:
        yield f"se is {se}; a standard error is above 0"
    elif se > LARGEST:
        yield f"se is {se}; it is in log points of trade (0.1, not 10), at most {LARGEST:g}"
    if not isinstance(count, Integral) or isinstance(count, bool) or count < 1:
        yield f"observations is {count!r}; a whole number above 0 is needed"
    if not isinstance(given.get("provisional", False), bool):
        yield "provisional is true or false"


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)


def _read(given: Mapping[str, Any]) -> dict[str, Any]:
    found = {k: str(v) for k, v in given.items() if k in (*NEEDED, "name")}
    found |= {k: float(given[k]) for k in ("b", "se")}  # type: ignore[misc]
    date = given.get("date", "")
    text = date.isoformat() if isinstance(date, datetime.date) else str(date)
    rest = {k: given[k] for k in ("provisional", "covariance") if k in given}
    return {**found, **rest, "observations": int(given.get("observations", 0)), "date": text}


def recorded(given: Any) -> Estimate | None:
    """Return the estimate that a record kept as plain data, or None when it is something else."""
    if not isinstance(given, Mapping) or not {"name", "b", "se"} <= set(given):
        return None
    try:
        return Estimate.of({k: v for k, v in given.items() if k not in ("sha256", "covariance")})
    except KarvanError as fault:
        raise SourceError(f"the record's estimate {given['name']!r} cannot be read: {fault}") from None
