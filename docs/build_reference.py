"""Write docs/reference/cli.md and symbols.md from the code (`make docs`); a test checks that they are current."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "reference"
NOTE = "<!-- Written by docs/build_reference.py from the code; run `make docs` to renew. -->"
KINDS = {
    "baseline": "In a World",
    "change": "In a Change",
    "outcome": "In an Outcome",
}


def pages() -> dict[str, str]:
    """Return the text of every generated page by file name."""
    return {"cli.md": cli_page(), "symbols.md": symbols_page()}


def commands(command: Any = None, name: str = "karvan") -> Iterator[tuple[str, Any]]:
    """Yield (full name, command) for `karvan` and everything below it."""
    if command is None:
        import typer

        from karvan.cli import app

        command = typer.main.get_command(app)
    yield name, command
    for child, below in getattr(command, "commands", {}).items():
        yield from commands(below, f"{name} {child}")


def cli_page() -> str:
    """Return the page of the command line: the help of every command."""
    parts = [
        NOTE,
        "# Command line",
        "Every command takes `--help`. `--json` prints plain data on standard output. Faults and warnings are lines of "
        "text on standard error, under `--json` too; a fault ends with exit code 1, or 2 where the words of the "
        "command are wrong.",
    ]
    for name, command in commands():
        context = command.context_class(command, info_name=name, terminal_width=100, max_content_width=100)
        text = "\n".join(line.rstrip() for line in command.get_help(context).splitlines())
        parts.append(f"## {name}\n\n```text\n{text}\n```")
    return "\n\n".join(parts) + "\n"


def symbols_page() -> str:
    """Return the page of the dictionary: one table per kind of symbol."""
    from karvan.core.symbols import symbols

    entries = symbols().values()
    kinds = dict.fromkeys([*KINDS, *(s.kind for s in entries)])
    parts = [
        NOTE,
        "# Symbols",
        "From `src/karvan/symbols.toml`, which the code, its messages and the brief read too. Axis order is always "
        "importer, exporter, sector. Money is in million US dollars of the base year (MUSD). `_hat` is new over old, "
        "`_new` the level after the change.",
    ]
    for kind in kinds:
        rows = [
            f"| `{s.name}` | {s.letter} | {', '.join(s.dims)} | {s.unit} | {s.sign} | {s.label} |"
            for s in entries
            if s.kind == kind
        ]
        head = "| symbol | letter | dims | unit | values | meaning |\n|---|---|---|---|---|---|"
        parts.append(f"## {KINDS.get(kind, kind)}\n\n{head}\n" + "\n".join(rows))
    return "\n\n".join(parts) + "\n"


def main() -> None:
    """Write the pages."""
    FOLDER.mkdir(exist_ok=True)
    for name, text in pages().items():
        (FOLDER / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
