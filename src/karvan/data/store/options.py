"""Options of a source: text of the command line as values of the kind that the module's signature states."""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from datetime import date
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin

from karvan.core.labels import suggest

WORDS = {int: "number", float: "number", bool: "yes|no", str: "text", date: "YYYY-MM-DD"}

LONGEST = 1000  # values of one span


def as_option(value: Any, kind: Any) -> Any:
    """Turn a value, perhaps text, into the kind of an annotation.

    Kinds: str, int, float, bool, datetime.date, Literal[...], tuple[str, ...] from "KAZ,RUS", tuple[int, ...] from
    "2015,2019-2021", and any of them or None.

    Raises
    ------
    ValueError
        The value is of another kind; the message says what is expected.
    """
    kind = _plain(kind)
    if get_origin(kind) is Literal:
        return _choice(value, [str(choice) for choice in get_args(kind)])
    if get_origin(kind) is tuple:
        return _several(value, get_args(kind)[0])
    if kind is bool:
        return _yes_or_no(value)
    if kind is date:
        return _date(value)
    if kind in (int, float):
        return _number(value, kind)
    return str(value)


def described(kind: Any, default: Any) -> str:
    """Return the kind and the default of an option in words."""
    kind = _plain(kind)
    if get_origin(kind) is Literal:
        words = "|".join(str(choice) for choice in get_args(kind))
    elif get_origin(kind) is tuple:
        words = "2019-2021" if get_args(kind)[0] is int else "A,B"
    else:
        words = WORDS.get(kind, "text")
    if default is inspect.Parameter.empty:
        return words
    if isinstance(default, bool):
        default = "yes" if default else "no"
    shown = ",".join(map(str, default)) if isinstance(default, tuple) else str(default)
    return f"{words} (default {shown})" if default not in (None, "", ()) else f"{words} (optional)"


def _plain(kind: Any) -> Any:
    if get_origin(kind) in (Union, UnionType):
        return next(part for part in get_args(kind) if part is not type(None))
    return kind


def _choice(value: Any, choices: list[str]) -> str:
    if str(value) not in choices:
        raise ValueError(f"not one of {', '.join(choices)}.{suggest(value, choices)}")
    return str(value)


def _several(value: Any, kind: Any) -> tuple[Any, ...]:
    parts: Iterable[Any] = [value]
    if isinstance(value, str):
        parts = [part.strip() for part in value.split(",") if part.strip()]
    elif isinstance(value, Iterable):
        parts = value
    found: list[Any] = []
    for part in parts:
        first, dash, last = str(part).partition("-")
        if kind is int and dash and first:
            low, high = _number(first, int), _number(last, int)
            if high < low:
                raise ValueError(f"{part} runs backwards; write {high}-{low}")
            if high - low >= LONGEST:
                raise ValueError(f"{part} is {high - low + 1} values; at most {LONGEST} at once")
            found += range(low, high + 1)
        else:
            found.append(as_option(part, kind))
    if not found:
        raise ValueError("is empty; give at least one value")
    return tuple(dict.fromkeys(found))


def _yes_or_no(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    words = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}
    if str(value).lower() not in words:
        raise ValueError("is neither yes nor no")
    return words[str(value).lower()]


def _date(value: Any) -> date:
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        raise ValueError("is not a date; write it as 2021-12-31") from None


def _number(value: Any, kind: Any) -> Any:
    try:
        return kind(value)
    except (TypeError, ValueError):
        raise ValueError(f"is not a{' whole' if kind is int else ''} number") from None
