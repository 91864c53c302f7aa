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


def downloads() -> Any:
    """Bars of downloads on standard error; `with downloads() as progress: progress(file, bytes so far, bytes in all)`.

    What is tried again, and why, is told there too.
    """
    from contextlib import contextmanager

    from rich.console import Console
    from rich.progress import DownloadColumn, Progress, TextColumn, TransferSpeedColumn

    @contextmanager
    def bars() -> Any:
        console = Console(stderr=True)
        columns = (TextColumn("{task.description}"), DownloadColumn(), TransferSpeedColumn())
        progress = Progress(*columns, console=console, transient=True)
        tasks: dict[str, Any] = {}

        def tell(file: str, done: int, total: int) -> None:
            progress.start()  # only now: a command that fetches nothing draws nothing
            task = tasks[file] = tasks[file] if file in tasks else progress.add_task(file, total=total or None)
            progress.update(task, completed=done, total=total or None, visible=not total or done < total)

        with _told(console):
            try:
                yield tell
            finally:
                if tasks:
                    progress.stop()

    return bars()


def _told(console: Any) -> Any:
    """Say on the console what is tried again, instead of the line that the logging of the library would print."""
    from contextlib import contextmanager

    @contextmanager
    def hooked() -> Any:
        try:
            from stamina.instrumentation import get_on_retry_hooks, set_on_retry_hooks
        except ImportError:  # without the extra `data` nothing is fetched
            yield
            return
        before = get_on_retry_hooks()
        set_on_retry_hooks(
            [lambda d: console.print(f"{d.caused_by}: again in {d.wait_for:.0f} s", markup=False, soft_wrap=True)]
        )
        try:
            yield
        finally:
            set_on_retry_hooks(before)

    return hooked()
