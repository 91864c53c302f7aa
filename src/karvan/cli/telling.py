"""The command that writes a brief."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from karvan.cli.show import Json, print_json, progress_bar


def brief(
    case: Annotated[str, typer.Argument(help="A case that comes with karvan.")] = "kz-eaeu",
    out: Annotated[Path, typer.Option(help="Where to write; .html or .json.")] = Path("brief.html"),
    language: Annotated[str, typer.Option(help="Language of the text.")] = "en",
    draws: Annotated[
        int | None, typer.Option(help="Draws of the uncertain parameters; default the case's own.")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Which draws.")] = None,
    json: Json = False,
) -> None:
    """Run a case and write its brief. Example: karvan brief kz-eaeu --out brief.html."""
    from karvan import cases
    from karvan.tell import check_target

    check_target(out, language)
    total = draws or cases.read(case)["draws"]
    with progress_bar("drawing parameters and solving", total) as advance:
        told = cases.brief(case, draws=draws, seed=seed, executor="processes", progress=advance)
    told.save(out, language=language)
    if json:
        print_json({"file": str(out), "claims": [c.to_dict() for c in told.claims]})
    else:
        typer.echo(f"written: {out}")
