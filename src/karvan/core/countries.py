"""Countries and territories by any of their names: one concordance of codes, and the rows that are groups.

The table `countries.csv` holds a row per country (`kind` country) with its ISO 3166 codes, its M49 number, the number
BACI and UN Comtrade use for it where that differs (842 for the United States), the codes of the OECD tables where those
differ (CN1 and CN2 for China), English and Russian names, and the spellings met in customs files; and a row per group
that such files mix with countries (`kind` group: World, Africa, EU27, Areas, nes). Former countries have a last year in
`until`. Sources: ISO 3166-1 and -3, UN M49, CEPII BACI V202501 (Etalab 2.0), names of Unicode CLDR 47.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from karvan.core.errors import LabelError, first_five
from karvan.core.faults import Faults
from karvan.core.labels import suggest

SCHEMES = ("auto", "iso3", "iso2", "m49", "baci", "icio", "name")


class Country(NamedTuple):
    """One row of the concordance: a country, or a group of countries that files show among them."""

    kind: str
    code: str
    iso2: str
    m49: str
    baci: tuple[str, ...]
    icio: tuple[str, ...]
    until: str
    en: str
    ru: str
    aliases: tuple[str, ...]


@cache
def countries() -> tuple[Country, ...]:
    """Return every row of the concordance; `code` is the ISO3 code, or the group's own."""
    text = files("karvan.core").joinpath("countries.csv").read_text(encoding="utf-8")
    return tuple(_row(line) for line in csv.DictReader(text.splitlines()))


def to_iso3(values: Iterable[object], scheme: str = "auto") -> list[str | None]:
    """Return the ISO3 code of each value; None where it is a group or unknown (`is_group` tells which).

    Case, accents, punctuation, a leading "the" and Eurostat's "(incl. ...)" do not matter in names. Former countries
    keep their own code (SUN, SCG, ANT).

    Parameters
    ----------
    values : names, codes or numbers; leading zeros of numbers do not matter. A missing value is unknown: read files
        so that Namibia's NA stays text.
    scheme : "auto" (any), "iso3", "iso2", "m49" (numbers; France 250), "baci" (numbers of BACI and UN Comtrade; France
        251), "icio" (codes of the OECD tables; CN1 and CN2 are CHN), "name" (English, Russian and aliases).

    Raises
    ------
    LabelError
        Unknown scheme, or a single text instead of a list.
    """
    table = _tables(_scheme(scheme))
    found = (table.get(_key(v)) for v in _list(values))
    return [row.code if row is not None and row.kind == "country" else None for row in found]


def from_iso3(codes: Iterable[str], scheme: str) -> list[str]:
    """Return the code of each country in another scheme: "iso2", "m49", "baci", or its name: "en", "ru".

    Raises
    ------
    LabelError
        Unknown scheme, an unknown country, or one that has no code there (all named at once).
    """
    if scheme not in ("iso2", "m49", "baci", "en", "ru"):
        raise LabelError(f"unknown scheme {scheme!r}.{suggest(scheme, ('iso2', 'm49', 'baci', 'en', 'ru'))}")
    rows = {row.code: row for row in countries() if row.kind == "country"}
    codes = _list(codes)
    unknown = [c for c in codes if c not in rows]
    if unknown:
        raise LabelError(f"{len(unknown)} unknown ISO3 code(s): {first_five(unknown)}.{suggest(unknown[0], rows)}")
    found = [_code(rows[c], scheme) for c in codes]
    without = [c for c, code in zip(codes, found, strict=True) if not code]
    if without:
        raise LabelError(f"{len(without)} country(ies) without a code in {scheme!r}: {first_five(without)}")
    return found


def is_group(value: object) -> bool:
    """Say whether a name or code is a known group of countries (World, Африка, EU27) or an unspecified partner."""
    return group(value) is not None


def group(value: object) -> str | None:
    """Return the code of the group (WLD, EU27, EAEU, NES), or None when the value is no known group."""
    row = _tables("auto").get(_key(value))
    return row.code if row is not None and row.kind == "group" else None


def require_iso3(
    values: Sequence[object], faults: Faults, scheme: str = "auto", *, first_row: int = 2, groups: str = "refuse"
) -> list[str | None]:
    """Return the ISO3 codes and note in `faults` what is no country, each spelling once with its first line.

    Parameters
    ----------
    first_row : line of the first value in the file (2 under a header).
    groups : "refuse" (a fault), or "skip" (None without a fault).
    """
    if groups not in ("refuse", "skip"):
        raise LabelError(f"groups: {groups!r}.{suggest(groups, ('refuse', 'skip'))}")
    found = to_iso3(values, scheme)
    seen: dict[object, list[int]] = {}
    for i, (value, code) in enumerate(zip(values, found, strict=True)):
        if code is None and not (groups == "skip" and is_group(value)):
            seen.setdefault(value, []).append(i + first_row)
    for value, lines in seen.items():
        times = f" ({len(lines)} rows)" if len(lines) > 1 else ""
        if is_group(value):
            faults.add(f"{value!r} is a group of countries{times}", row=lines[0], remedy="leave group rows out")
        else:
            faults.add(f"unknown country {value!r}{times}", row=lines[0], remedy=_near(str(value), scheme))
    return found


def _row(line: dict[str, str]) -> Country:
    many = {k: tuple(p.strip() for p in line[k].split(";") if p.strip()) for k in ("baci", "icio", "aliases")}
    one = {k: line[k] for k in ("kind", "code", "iso2", "m49", "until", "en", "ru")}
    return Country(**one, **many)  # type: ignore[arg-type]


@cache
def _tables(scheme: str) -> dict[str, Country]:
    """Every spelling of one scheme; "auto" holds them all, a number being M49 unless BACI alone has it."""
    if scheme == "auto":
        parts = ("name", "icio", "iso2", "baci", "m49", "iso3")
        return {key: row for part in parts for key, row in _tables(part).items()}
    found: dict[str, Country] = {}
    for row in countries():
        for spelling in _spellings(row, scheme):
            found.setdefault(_key(spelling), row)
    return found


def _spellings(row: Country, scheme: str) -> Iterable[str]:
    if scheme == "name":
        return (text for text in (row.en, row.ru, *row.aliases) if text)
    if scheme == "icio":
        return (row.code, *row.icio) if row.kind == "country" or row.icio else ()
    if scheme == "baci":
        return (row.baci or (row.m49,)) if row.baci or (row.kind == "country" and row.m49) else ()
    if scheme == "iso3":
        return (row.code,)
    return (code,) if (code := _code(row, scheme)) else ()


def _code(row: Country, scheme: str) -> str:
    if scheme == "baci":
        return row.baci[0] if row.baci else row.m49
    return str(getattr(row, scheme))


def _key(value: object) -> str:
    """Fold a spelling: numbers lose leading zeros; texts lose case, accents, punctuation, 'the', '(incl. ...)'."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = str(value).strip()
    if text.isdecimal():
        return str(int(text))
    text = re.sub(r"\(incl\..*$", "", text.casefold()).replace("ё", "е").replace("&", " and ")
    plain = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return "".join(re.findall(r"[^\W_]+", plain.removeprefix("the ")))


def _list(values: Iterable[object]) -> list:
    if isinstance(values, str):
        raise LabelError(f"expected a list of countries, got the single text {values!r}; write [{values!r}]")
    return list(values)


def _scheme(scheme: str) -> str:
    if scheme not in SCHEMES:
        raise LabelError(f"unknown scheme {scheme!r}.{suggest(scheme, SCHEMES)}")
    return scheme


def _near(word: str, scheme: str) -> str:
    """Name the closest country, or say where to look."""
    rows = [row for row in countries() if row.kind == "country"]
    hint = suggest(word, [spelling for row in rows for spelling in _spellings(row, "name")])
    return hint.strip() if "mean" in hint else f"expected a country by {scheme if scheme != 'auto' else 'code or name'}"
