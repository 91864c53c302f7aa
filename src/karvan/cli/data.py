"""Commands on worlds and sources: data list, data build."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from karvan.cli.show import Json, busy, print_json, show


def data_list(json: Json = False) -> None:
    """Print the embedded worlds. Example: karvan data list."""
    from karvan.core.table import Table
    from karvan.data.worlds import load, names

    worlds = [load(name) for name in names()]
    rows = tuple((w.name, w.year, len(w.countries), len(w.sectors), w.sha256[:16]) for w in worlds)
    show(Table(("world", "year", "countries", "sectors", "sha256"), rows), json)


def data_build(
    name: Annotated[str, typer.Argument(help="The recipe.")] = "eurasia-2021",
    source: Annotated[Path, typer.Option("--from", help="Folder with the source files.")] = Path("data"),
    out: Annotated[Path | None, typer.Option(help="Folder to write to; default: only show it.")] = None,
    json: Json = False,
) -> None:
    """Build a world, or the evidence mirror-2023, by its recipe.

    Example: karvan data build eurasia-2021 --from PATH --out PATH.
    """
    from karvan.data import evidence_mirror
    from karvan.data.worlds import build

    if name == evidence_mirror.NAME:
        with busy(f"building {name}"):
            rows = evidence_mirror.build(source, out)
        show(rows, json)
        return
    with busy(f"building {name}"):
        world, table = build(name, source, out)
    if json:
        print_json({"world": world.name, "sha256": world.sha256, "comparison": table.to_dicts()})
    else:
        typer.echo(f"{world!r}\n{table}")
