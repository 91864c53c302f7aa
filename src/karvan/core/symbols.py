"""The dictionary of symbols, read from `symbols.toml`: dims, unit, sign, the paper's letter, label."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import NamedTuple

from karvan.core.errors import SymbolError
from karvan.core.labels import suggest


class Symbol(NamedTuple):
    """One entry of the dictionary."""

    name: str
    kind: str
    dims: tuple[str, ...]
    unit: str
    sign: str
    letter: str
    label: str


@cache
def symbols() -> Mapping[str, Symbol]:
    """Return every symbol by name, in the order of the file."""
    text = files("karvan").joinpath("symbols.toml").read_text(encoding="utf-8")
    entries = tomllib.loads(text)
    return MappingProxyType(
        {name: Symbol(name=name, **{**entry, "dims": tuple(entry["dims"])}) for name, entry in entries.items()}
    )


def symbol(name: str) -> Symbol:
    """Return one symbol, or raise `SymbolError` with a suggestion."""
    known = symbols()
    if name not in known:
        raise SymbolError(f"unknown symbol {name!r}.{suggest(name, known)}")
    return known[name]
