"""Loading the embedded worlds and building them anew from their sources."""

from __future__ import annotations

import json
from importlib import import_module
from importlib.resources import files
from inspect import signature
from pathlib import Path
from typing import Any

from karvan.core.archive import write_whole
from karvan.core.errors import SourceError
from karvan.core.labels import suggest
from karvan.core.table import Table
from karvan.core.world import World

RECIPES = {"eurasia-2021": "karvan.data.recipes.eurasia_2021"}
READERS = {"icio": "karvan.data.icio"}  # worlds made when loaded, from files of their owners


def folder() -> Path:
    """Where the embedded worlds are."""
    return Path(str(files("karvan").joinpath("data", "worlds_embedded")))


def names() -> tuple[str, ...]:
    """Return the names of the embedded worlds."""
    return tuple(sorted(path.stem for path in folder().glob("*.npz")))


def load(name: str | Path, **options: Any) -> World:
    """Load an embedded world by name ("eurasia-2021"), a world saved with `World.save` by its path, or one from files.

    Parameters
    ----------
    options : of worlds made from files of their owners: `load("icio", year=2019, path="2019_SML.csv")`, see
        `karvan.data.icio.load`

    Raises
    ------
    SourceError
        No such world, or an option that it does not have.
    """
    if str(name) in READERS:
        reader = import_module(READERS[str(name)]).load
        _require_options(str(name), options, list(signature(reader).parameters))
        return reader(**options)
    path = folder() / f"{name}.npz"
    if not path.is_file():
        path = Path(name)
    if path.name.lower().endswith("_sml.csv"):
        raise SourceError(f'{path}: an inter-country table; karvan.load("icio", path=...) makes a World of it')
    if path.is_file():
        _require_options(str(name), options, [])
        return World.load(path)
    raise SourceError(f"no world {str(name)!r}.{suggest(str(name), (*names(), *READERS))}")


def _require_options(name: str, options: dict[str, Any], known: list[str]) -> None:
    unknown = [o for o in options if o not in known]
    if unknown:
        hint = suggest(unknown[0], known) if known else " It takes none."
        raise SourceError(f"the world {name!r} has no option {unknown[0]!r}.{hint}")


def comparison(name: str) -> Table:
    """Return the embedded world's table of built against official totals."""
    path = folder() / f"{name}.comparison.json"
    if not path.is_file():
        raise SourceError(f"no comparison with official totals is kept for {name!r}")
    rows = json.loads(path.read_text(encoding="utf-8"))
    return _table(rows)


def build(name: str, source: str | Path, out: str | Path | None = None, **options: Any) -> tuple[World, Table]:
    """Build a world by its recipe from the files in `source`; write it to the folder `out` when given.

    Returns the world and the table that compares it with official totals; for "icio", whose source is one file, the
    table of checks. `options` are those of `karvan.data.icio.build`.

    Raises
    ------
    SourceError
        Unknown recipe or option, or a file is missing.
    """
    if name in READERS:
        reader = import_module(READERS[name]).build
        _require_options(name, options, list(signature(reader).parameters)[1:])
        world, checks = reader(source, **options)
        if out is not None:
            Path(out).mkdir(parents=True, exist_ok=True)
            world.save(Path(out) / f"{world.name}.npz")
        return world, checks
    if name not in RECIPES:
        raise SourceError(f"no recipe for {name!r}.{suggest(name, (*RECIPES, *READERS))}")
    _require_options(name, options, [])
    source = Path(source)
    if not source.is_dir():
        raise SourceError(f"{source}: no such folder; point --from at the folder that holds the source files")
    world, rows = import_module(RECIPES[name]).make(source)
    if out is not None:
        target = Path(out)
        target.mkdir(parents=True, exist_ok=True)
        world.save(target / f"{name}.npz")
        text = json.dumps(rows, ensure_ascii=False, indent=1, sort_keys=True)
        write_whole(target / f"{name}.comparison.json", text + "\n")
    return world, _table(rows)


def _table(rows: list[dict[str, Any]]) -> Table:
    columns = ("what", "built", "official", "unit", "gap_percent", "source", "comment")
    values = tuple(tuple(row.get(c) for c in columns) for row in rows)
    return Table(columns, values, "Built world against official totals")
