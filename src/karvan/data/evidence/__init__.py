"""Stored results of estimates: small tables with the record of what they were made from, and their recipes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from importlib import import_module
from importlib.resources import files
from pathlib import Path
from typing import Any, NamedTuple

from karvan._version import __version__
from karvan.core.archive import write_whole
from karvan.core.errors import SourceError
from karvan.core.labels import suggest
from karvan.core.table import Table

RECIPES = {
    "agreements": "karvan.data.recipes.agreements",
    "corridor-routes-kaz": "karvan.cases.corridor_routes",
    "corridors-kaz": "karvan.cases.corridors",
    "money-kaz": "karvan.cases.money",
    "reexports-2022": "karvan.data.recipes.reexports_2022",
}


class Evidence(NamedTuple):
    """Named tables, and the record: version of the code, hashes of inputs and results, options."""

    name: str
    tables: Mapping[str, Table]
    record: Mapping[str, Any]

    def table(self, name: str) -> Table:
        """Return one table by its name."""
        if name not in self.tables:
            raise SourceError(f"{self.name} has no table {name!r}.{suggest(name, self.tables)}")
        return self.tables[name]


def record(source: Path, inputs: Iterable[str], tables: Mapping[str, Table], **options: Any) -> dict[str, Any]:
    """Return the record of a result: SHA-256 of every input file and of the tables, the version, the options."""
    hashes = {name: hashlib.sha256((source / name).read_bytes()).hexdigest() for name in inputs}
    return {"karvan": __version__, "inputs": hashes, "options": options, "results_sha256": digest(tables)}


def read(name: str) -> Evidence:
    """Return a stored result.

    Raises
    ------
    SourceError
        No such result, or its tables are not those of its record.
    """
    if name not in RECIPES:
        raise SourceError(f"no stored result {name!r}.{suggest(name, RECIPES)}")
    data = json.loads(files("karvan.data.evidence").joinpath(f"{name}.json").read_text(encoding="utf-8"))
    tables = {key: _table(value) for key, value in data["tables"].items()}
    if digest(tables) != data["record"]["results_sha256"]:
        raise SourceError(f"{name}: the stored tables do not match their record; build them again")
    return Evidence(name, tables, data["record"])


def build(name: str, source: str | Path, out: str | Path | None = None) -> Evidence:
    """Estimate a result anew from the files in `source`; write it to the folder `out` when given.

    Raises
    ------
    SourceError
        No such recipe or folder, or a file is missing.
    """
    if name not in RECIPES:
        raise SourceError(f"no recipe for {name!r}.{suggest(name, RECIPES)}")
    folder = Path(source)
    if not folder.is_dir():
        raise SourceError(f"{folder}: no such folder; point at the folder that holds the source files")
    recipe = import_module(RECIPES[name])
    found: Evidence = recipe.make(folder)
    if out is not None:
        Path(out).mkdir(parents=True, exist_ok=True)
        more = recipe.also(found) if hasattr(recipe, "also") else {}
        for file, text in {f"{name}.json": _text(found), **more}.items():
            write_whole(Path(out) / file, text)
    return found


def _text(found: Evidence) -> str:
    """JSON with one row a line, so that a change of a number is a change of a line."""
    parts = []
    for key, table in found.tables.items():
        rows = ",\n".join(json.dumps(row, ensure_ascii=False) for row in table.rows)
        head = f'"title": {json.dumps(table.title, ensure_ascii=False)}, "columns": {json.dumps(table.columns)}'
        parts.append(f'{json.dumps(key)}: {{{head}, "rows": [\n{rows}\n]}}')
    shown = json.dumps(found.record, ensure_ascii=False, indent=1)
    return f'{{"record": {shown},\n"tables": {{\n' + ",\n".join(parts) + "\n}}\n"


def _table(data: Mapping[str, Any]) -> Table:
    return Table(tuple(data["columns"]), tuple(tuple(row) for row in data["rows"]), data["title"])


def digest(tables: Mapping[str, Table]) -> str:
    """SHA-256 of some tables."""
    plain = {key: [table.columns, table.rows] for key, table in tables.items()}
    return hashlib.sha256(json.dumps(plain, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
