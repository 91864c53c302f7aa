"""The recipe of a case's stored results on money: the oil fund and the oil, the debt, the neighbour's currency."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

from karvan._version import __version__
from karvan.cases.case import read
from karvan.cases.money.currency import currency_tables
from karvan.cases.money.debt import debt_tables
from karvan.cases.money.fund import fund_tables
from karvan.core.table import Table
from karvan.data.evidence import Evidence, digest

CASE = "kz-eaeu"
PARTS: Mapping[str, Callable[[str, Mapping[str, Any]], dict[str, Table]]] = {
    "fund": fund_tables,
    "debt": debt_tables,
    "currency": currency_tables,
}


def make(folder: Path, parts: Iterable[str] = tuple(PARTS), **other: Any) -> Evidence:
    """Compute everything anew; nothing is read from `folder`, since histories and rates come with karvan.

    `parts` and `other` (as `draws=300`) compute less, to look at or to test.
    """
    case = read(CASE)
    country, given = case["country"], {**case["money_evidence"], **other}
    tables = {name: table for part in parts for name, table in PARTS[part](country, given).items()}
    options = {"case": CASE, "country": country, **{k: v for k, v in given.items() if k not in ("evidence", "why")}}
    record = {"karvan": __version__, "inputs": inputs(country), "options": options, "results_sha256": digest(tables)}
    return Evidence(given["evidence"], tables, record)


def inputs(country: str) -> dict[str, str]:
    """SHA-256 of every file of data on money that the results of a country are made from."""
    folder = Path(str(files("karvan.macro").joinpath("data")))
    used = [p for p in (*folder.iterdir(), *(folder / country.lower()).iterdir()) if p.is_file()]
    return {p.relative_to(folder).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest() for p in sorted(used)}
