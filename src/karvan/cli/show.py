"""What every command shares: tables or JSON on standard output, progress on standard error."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from karvan.core.table import Table

Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")]
Closure = Annotated[str | None, typer.Option(help="fixed, share or purge; default the scenario's own.")]
WorldName = Annotated[str, typer.Option("--world", help="An embedded world or a file of World.save.")]


def show(table: Table, json: bool) -> None:
    """Print a table, or its rows as JSON."""
    if json:
        print_json(table.to_dicts())
    else:
        typer.echo(str(table))


def print_json(data: Any) -> None:
    """Print JSON; NaN and infinity are refused."""
    import json

    typer.echo(json.dumps(data, ensure_ascii=False, indent=1, allow_nan=False))


def progress_bar(text: str, total: int) -> Any:
    """A progress bar on standard error; `with progress_bar(...) as advance: advance(n)`."""
    from contextlib import contextmanager

    from rich.console import Console
    from rich.progress import Progress

    @contextmanager
    def bar() -> Any:
        with Progress(console=Console(stderr=True), transient=True) as progress:
            task = progress.add_task(text, total=total)
            yield lambda n: progress.advance(task, n)

    return bar()


def busy(text: str) -> Any:
    """A spinner on standard error for work of a few seconds that cannot be counted."""
    from rich.console import Console

    return Console(stderr=True).status(text)
