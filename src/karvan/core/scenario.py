"""A Scenario: a named, sourced tuple of shocks. A shock turns a World into a Change."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, partial
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, NamedTuple, overload

from karvan.core.change import Change, Effect, Primitives, effect, merge
from karvan.core.errors import KarvanError, ScenarioError
from karvan.core.estimates import Estimate
from karvan.core.labels import suggest
from karvan.core.params import Normal, Range
from karvan.core.world import World

CLOSURES = ("fixed", "share", "purge")
Uncertain = Range | Normal | Estimate


Join = Callable[[World, Sequence[Any]], Change]


@dataclass(frozen=True, eq=False)
class Shock:
    """A shock function with its arguments. Uncertain arguments are at their most likely value until drawn.

    `join`, where there is one, makes one Change of the parts of all shocks that share it.
    """

    kind: str
    build: Callable[..., Any]
    arguments: Mapping[str, Any]
    place: str = ""
    join: Join | None = None

    def __call__(self, world: World) -> Change:
        """Return the Change of this shock on a world, uncertain arguments at their most likely value."""
        part = self.part(world)
        change: Change = part if self.join is None else self.join(world, [part])
        return change

    def part(self, world: World) -> Any:
        """Return what the function makes of the arguments: a Change, or the part that `join` takes."""
        return self.build(world, **{k: _settled(v) for k, v in self.arguments.items() if k != "source"})

    def __or__(self, other: Any) -> Scenario:
        """Compose with another shock, change or scenario."""
        return Scenario.of(self) | other

    def __reduce__(self) -> tuple[Any, ...]:
        """Travel to worker processes by name."""
        return _shock_by_name, (self.kind, dict(self.arguments), self.place)

    @property
    def label(self) -> str:
        """How messages call this shock."""
        return f"{self.place}: {self.kind}" if self.place else self.kind


Ready = Callable[[dict[str, Any]], dict[str, Any]]


@overload
def shock(build: Callable[..., Change]) -> Callable[..., Shock]: ...
@overload
def shock(
    *, ready: Ready | None = None, join: Join | None = None
) -> Callable[[Callable[..., Any]], Callable[..., Shock]]: ...
def shock(build: Callable[..., Any] | None = None, *, ready: Ready | None = None, join: Join | None = None) -> Any:
    """Make a shock constructor out of a function `(world, *, ...) -> Change`, and add it to the vocabulary.

    The constructor takes the keyword arguments of the function (and `source`), refuses unknown or missing ones, and
    returns a `Shock`. The name of the function is the key in scenario files. A parameter whose name Python reserves
    ends in an underscore, `from_`; its key in scenario files and messages is without it, and both are read.

    `ready` reads the arguments when the shock is made, before there is a world: it returns them as the function takes
    them, or raises.

    `join` is for shocks that act on one thing together, such as a network: the function then returns a part, and
    `join(world, parts)` one Change for all shocks of a scenario that share it. Its cost ratios d_hat multiply those of
    other shocks instead of conflicting with them.
    """
    if build is None:
        return lambda given: _constructor(given, ready, join)
    return _constructor(build, ready, join)


def key_of(parameter: str) -> str:
    """How scenario files call a parameter: without the underscore that Python needs."""
    return parameter.removesuffix("_")


def _constructor(build: Callable[..., Any], ready: Ready | None, join: Join | None) -> Callable[..., Shock]:
    signature = inspect.signature(build)
    known = {key_of(p): p for p in signature.parameters if p != "world"}

    def construct(**given: Any) -> Shock:
        arguments: dict[str, Any] = {}
        for name, value in given.items():
            if key_of(name) not in known and name != "source":
                raise ScenarioError(f"{build.__name__}: unknown argument {name!r}.{suggest(name, known)}")
            parameter = known.get(key_of(name), name)
            if parameter in arguments:
                raise ScenarioError(f"{build.__name__}: {key_of(name)} is given twice")
            arguments[parameter] = _as_range(value, f"{build.__name__}.{key_of(name)}")
        empty = inspect.Parameter.empty
        needed = [k for k, n in known.items() if signature.parameters[n].default is empty and n not in arguments]
        if needed:
            raise ScenarioError(f"{build.__name__}: missing {', '.join(needed)}")
        return Shock(build.__name__, build, arguments if ready is None else ready(arguments), join=join)

    construct.__name__ = construct.__qualname__ = build.__name__
    construct.__doc__ = build.__doc__
    construct.__module__ = build.__module__
    construct.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [p for n, p in signature.parameters.items() if n != "world"], return_annotation=Shock
    )
    _VOCABULARY[build.__name__] = construct
    return construct


_VOCABULARY: dict[str, Callable[..., Shock]] = {}


@cache
def vocabulary() -> Mapping[str, Callable[..., Shock]]:
    """Return every shock by its key: ours and those that installed packages offer as `karvan.shocks`."""
    for entry in entry_points(group="karvan.shocks"):
        entry.load()
    return dict(sorted(_VOCABULARY.items()))


class Layer(NamedTuple):
    """A Change whose cost ratios multiply those of the rest of a scenario: what a `join` made, kept."""

    change: Change


@dataclass(frozen=True, eq=False)
class Scenario:
    """What is done to a world, why, and who says so.

    `specific` says which part of value added cannot move between sectors while it happens, by sector: wells within a
    year. `money` says what happens to the oil price, a neighbour's currency and the fund beside it (`karvan.carry`).

    Compose with `|`: `scenario | change`, `shock | shock`. Later parts may not set what earlier parts set.
    """

    name: str
    shocks: tuple[Shock | Change | Layer, ...] = ()
    title: str = ""
    why: str = ""
    source: str = ""
    world: str = ""
    deficits: str = "fixed"
    specific: Mapping[str, float] = field(default_factory=dict)
    money: Mapping[str, Any] = field(default_factory=dict)
    document: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, item: Scenario | Shock | Change) -> Scenario:
        """Wrap a shock or a change as a scenario without papers."""
        if isinstance(item, Scenario):
            return item
        if isinstance(item, Shock):
            return cls(name=item.kind, shocks=(item,))
        if isinstance(item, Change):
            return cls(name="change", shocks=(item,))
        raise ScenarioError(f"expected a Scenario, a shock or a Change, got {type(item).__name__}")

    @classmethod
    def read(cls, path: str | Path) -> Scenario:
        """Read a scenario file (YAML), or a shipped scenario by its name.

        Raises
        ------
        ScenarioError
            All faults of the file at once, each as file:line:column: what, and how to mend it.
        """
        from karvan.core.scenario_file import read

        return read(path)

    def __or__(self, other: Any) -> Scenario:
        """Return a scenario with the shocks of both."""
        other = Scenario.of(other)
        if other.shocks and other.deficits != self.deficits and other.document and self.document:
            raise ScenarioError(
                f"{self.name} and {other.name} close deficits differently ({self.deficits}, {other.deficits})"
            )
        for name in self.specific.keys() & other.specific.keys():
            if self.specific[name] != other.specific[name]:
                raise ScenarioError(f"{self.name} and {other.name} fix different parts of {name}")
        papers = self if self.document or not other.document else other
        if self.money and other.money and self.money != other.money:
            raise ScenarioError(f"{self.name} and {other.name} say different things on money")
        papers = replace(papers, specific={**self.specific, **other.specific}, money=self.money or other.money)
        return replace(papers, name=f"{self.name} + {other.name}", shocks=self.shocks + other.shocks)

    def on(self, world: World) -> World:
        """Return the world with the factors that cannot move while the scenario happens, by `specific`.

        Raises
        ------
        ScenarioError
            An unknown sector, or a part outside 0 to 1.
        """
        if not self.specific:
            return world
        share = world.specific.copy()
        for name, value in self.specific.items():
            if name not in world.sectors:
                raise ScenarioError(f"specific: no sector {name!r}.{suggest(name, world.sectors)}")
            if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
                raise ScenarioError(f"specific: {name}: {value!r}; expected a part of value added, 0 to 1")
            share[:, world.sectors.index(name)] = value
        return world.with_factors(specific=share)

    def change(self, world: World) -> Primitives:
        """Return the merged change of all shocks on a world.

        Raises
        ------
        ScenarioError
            A shock touches nothing.
        ConflictError
            Two shocks set the same cell.
        """
        parts, layers = [], []
        joined: dict[Join, list[Shock]] = {}
        for item in self.shocks:
            if isinstance(item, Layer):
                layers.append(effect(world, item.change))
            elif isinstance(item, Change):
                parts.append(("change", effect(world, item)))
            elif item.join is not None:
                joined.setdefault(item.join, []).append(item)
            else:
                parts.append((item.label, _touching([item], effect(world, _placed(item, item, world)))))
        for join, items in joined.items():
            change = _placed(items[0], partial(_join, join, items), world)
            layers.append(_touching(items, effect(world, change)))
        return merge(world, parts, layers)

    def ranges(self) -> dict[str, Uncertain]:
        """Return the uncertain arguments, by a name that is the same in every scenario that has the same shock.

        An estimate has its own name, "gravity/eaeu", wherever it stands: it is one coefficient, drawn once.

        Raises
        ------
        ScenarioError
            Two estimates of different numbers have the same name.
        """
        return {key: value for key, value, _, _ in self._uncertain()}

    def at(self, values: Mapping[str, float]) -> Scenario:
        """Return the scenario with uncertain arguments set to the values given by name, as `ranges` names them.

        Raises
        ------
        ScenarioError
            A value for something that is not uncertain here.
        """
        known = self.ranges()
        for key in values:
            if key not in known:
                raise ScenarioError(f"{self.name} has no uncertain argument {key!r}.{suggest(key, known)}")
        shocks = [
            replace(item, arguments=dict(item.arguments)) if isinstance(item, Shock) else item for item in self.shocks
        ]
        for key, _, place, argument in self._uncertain():
            if key in values:
                shocks[place].arguments[argument] = values[key]  # type: ignore[index, union-attr]
        return replace(self, shocks=tuple(shocks))

    def _uncertain(self) -> Iterator[tuple[str, Uncertain, int, str]]:
        count: dict[str, int] = {}
        hashes: dict[str, str] = {}
        for place, item in enumerate(self.shocks):
            if not isinstance(item, Shock):
                continue
            order = count[item.kind] = count.get(item.kind, 0) + 1
            for argument, value in item.arguments.items():
                if isinstance(value, Estimate):
                    if hashes.setdefault(value.name, value.sha256) != value.sha256:
                        raise ScenarioError(f"two different estimates are called {value.name!r}; name one otherwise")
                    yield value.name, value, place, argument
                elif isinstance(value, Range | Normal):
                    yield f"{item.kind}{order}.{key_of(argument)}", value, place, argument


def _join(join: Join, items: Sequence[Shock], world: World) -> Change:
    return join(world, [item.part(world) for item in items])


def _touching(items: Sequence[Shock], found: Effect) -> Effect:
    if not found:
        names = " and ".join(item.kind for item in items)
        verb, thing, has = ("touches", "it", "names") if len(items) == 1 else ("touch", "them", "name")
        raise ScenarioError(
            f"{_at(items[0].place)}{names} {verb} nothing: every cell {'it' if len(items) == 1 else 'they'} {has} "
            f"already has that value; remove {thing} or correct {'its' if len(items) == 1 else 'their'} arguments"
        )
    return found


def _placed(item: Shock, build: Callable[[World], Change], world: World) -> Change:
    try:
        return build(world)
    except KarvanError as fault:
        raise type(fault)(f"{item.label}: {str(fault).removeprefix(f'{item.kind}: ')}") from None
    except (TypeError, ValueError, AttributeError, KeyError, OverflowError) as fault:
        given = ", ".join(f"{k}={v!r}" for k, v in item.arguments.items())[:200]
        raise ScenarioError(f"{item.label}: the arguments cannot be read ({fault}); given {given}") from None


def _shock_by_name(kind: str, arguments: dict[str, Any], place: str) -> Shock:
    return replace(vocabulary()[kind](**arguments), place=place)


def _as_range(value: Any, where: str) -> Any:
    if isinstance(value, Mapping) and "mean" in value:
        return _as_normal(value, where)
    if not isinstance(value, Mapping) or not {"mode", "low", "high"} & set(value):
        return value
    wrong = [k for k in value if k not in ("mode", "low", "high")]
    if wrong or len(value) < 3:
        raise ScenarioError(
            f"{where}: a range needs mode, low and high, and nothing else; got {', '.join(map(str, value))}"
        )
    try:
        return Range(float(value["mode"]), float(value["low"]), float(value["high"]))
    except Exception as fault:
        raise ScenarioError(f"{where}: {fault}") from None


def _as_normal(value: Mapping[str, Any], where: str) -> Normal:
    if set(value) != {"mean", "se"}:
        raise ScenarioError(
            f"{where}: a normal law needs mean and se, and nothing else; got {', '.join(map(str, value))}"
        )
    try:
        return Normal(float(value["mean"]), float(value["se"]))
    except Exception as fault:
        raise ScenarioError(f"{where}: {fault}") from None


def _settled(value: Any) -> Any:
    return value.mode if isinstance(value, Uncertain) else value


def _at(place: str) -> str:
    return f"{place}: " if place else ""
