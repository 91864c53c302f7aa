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
    source: Annotated[Path, typer.Option("--from", help="Folder with the source files; for icio, the file.")] = Path(
        "data"
    ),
    out: Annotated[Path | None, typer.Option(help="Folder to write the world to; default: only show it.")] = None,
    year: Annotated[int, typer.Option(help="icio: which year of a zip of several.")] = 0,
    tariffs: Annotated[Path | None, typer.Option(help="icio: table of tariffs; default none, all zero.")] = None,
    json: Json = False,
) -> None:
    """Build a world by its recipe, or of an OECD file. Example: karvan data build icio --from PATH --out PATH."""
    from karvan.data.worlds import build

    with busy(f"building {name}"):
        world, table = build(name, source, out, **{k: v for k, v in (("year", year), ("tariffs", tariffs)) if v})
    if json:
        print_json({"world": world.name, "sha256": world.sha256, "comparison": table.to_dicts()})
    else:
        typer.echo(f"{world!r}\n{table}")
