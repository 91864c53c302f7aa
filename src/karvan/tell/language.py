"""Messages by language and numbers as people read them."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from karvan.core.countries import countries
from karvan.core.errors import SourceError

MINUS, THIN = "\u2212", "\u202f"


@cache
def catalogue(language: str, part: str = "") -> Mapping[str, Any]:
    """Return the messages of a language: of the brief, or of one of its parts (`map`).

    Raises
    ------
    SourceError
        No message file for it; names the languages there are.
    """
    folder = files("karvan.tell").joinpath("messages", part)
    path = folder.joinpath(f"{language}.toml")
    if not language.isalpha() or not path.is_file():
        have = sorted(p.name.removesuffix(".toml") for p in folder.iterdir() if p.name.endswith(".toml"))
        raise SourceError(f"no {part or 'brief'} in language {language!r} yet; available: {', '.join(have)}")
    return tomllib.loads(path.read_text(encoding="utf-8"))


class Words:
    """The messages of one language; `words("key", value=...)` fills the placeholders."""

    def __init__(self, language: str, part: str = "") -> None:
        self.table, self.language = catalogue(language, part), language
        self.used: set[str] = set()

    def __call__(self, key: str, **values: Any) -> str:
        """Return a message with its placeholders filled."""
        if key not in self.table["text"]:
            raise SourceError(f"message {key!r} is missing from the catalogue")
        self.used.add(key)
        return str(self.table["text"][key]).format(**values)

    def country(self, code: str) -> str:
        """Return the display name of a country."""
        return str(self.table["country"].get(code) or _names(self.language).get(code, code))

    def sector(self, name: str) -> str:
        """Return the display name of a sector."""
        return str(self.table["sector"].get(name, name.replace("_", " ")))

    def named(self, table: str, name: str) -> str:
        """Return the display name of something in one of the catalogue's tables."""
        return str(self.table.get(table, {}).get(name, name))

    def scenario(self, name: str) -> str:
        """Return the short name of a scenario."""
        return str(self.table["scenario"].get(name, name))

    def in_text(self, name: str) -> str:
        """Return the name of a scenario as it stands inside a sentence."""
        return str(self.table["scenario_in_text"].get(name, name))


@cache
def _names(language: str) -> Mapping[str, str]:
    """Names of countries in a language that the concordance has, by ISO3 code."""
    rows = countries() if language in ("en", "ru") else ()
    return {row.code: getattr(row, language) for row in rows if row.kind == "country"}


def number(value: float, digits: int = 0, *, sign: bool = False) -> str:
    """Write a number with thin spaces and a true minus; `sign` shows the plus too."""
    text = f"{abs(value):,.{digits}f}".replace(",", THIN)
    if float(f"{abs(value):.{digits}f}") == 0:
        return text
    return (MINUS if value < 0 else "+" if sign else "") + text


def percent(value: float, digits: int = 2) -> str:
    """Write a percent change with its sign."""
    return f"{number(value, digits, sign=True)}{THIN}%"
