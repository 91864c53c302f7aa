"""Commands on trade that the statistics do not show plainly: reexports."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from karvan.cli.show import Json, busy, print_json


def reexports(
    hub: Annotated[str | None, typer.Argument(help="ARM, GEO, KAZ, KGZ or UZB; default all.")] = None,
    to: Annotated[str, typer.Option("--to", help="Destination; for cars also KAZ, KGZ, ARM, BLR.")] = "RUS",
    product: Annotated[str | None, typer.Option(help="Heading of the Harmonized System, as 8703.")] = None,
    data: Annotated[Path | None, typer.Option(help="Folder of source files: estimate anew; default: stored.")] = None,
    top: Annotated[int, typer.Option(help="Number of products shown.")] = 20,
    json: Json = False,
) -> None:
    """Print what went through a hub to a sanctioned destination beyond the usual. Example: karvan reexports KAZ."""
    from karvan.data.reexports import reexports as find

    if data is None:
        found = find(hub, to, product, top=top)
    else:
        with busy("estimating re-exports"):
            found = find(hub, to, product, data=data, top=top)
    if json:
        tables = {k: {"title": t.title, "rows": t.to_dicts()} for k, t in found.tables.items()}
        print_json({"record": found.record, "tables": tables})
    else:
        typer.echo(str(found))
