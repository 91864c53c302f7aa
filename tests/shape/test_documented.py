"""Every symbol, error, name, command and shock is documented; generated pages are current; links lead somewhere."""

from __future__ import annotations

import importlib.util
import re
import tomllib
from pathlib import Path
from types import ModuleType

import pytest

import karvan
from karvan.cli import COMMANDS
from karvan.core import errors
from karvan.core.scenario import vocabulary

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
SYMBOLS = tomllib.loads((ROOT / "src" / "karvan" / "symbols.toml").read_text(encoding="utf-8"))
ERRORS = [name for name, kind in vars(errors).items() if isinstance(kind, type) and kind.__module__ == errors.__name__]


def reference() -> ModuleType:
    spec = importlib.util.spec_from_file_location("build_reference", ROOT / "docs" / "build_reference.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def page(path: str) -> str:
    return (ROOT / "docs" / path).read_text(encoding="utf-8")


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def commands() -> list[str]:
    return [name for name, _ in reference().commands()]


def test_the_readme_lists_every_command() -> None:
    rows = [line for line in (ROOT / "README.md").read_text(encoding="utf-8").splitlines() if line.startswith("| `")]
    listed = " ".join(row.split("|")[1] for row in rows)
    named = [name for name in COMMANDS if f"`karvan {name} " not in listed and f"`karvan {name}`" not in listed]
    assert not named


@pytest.mark.parametrize("name", SYMBOLS)
def test_symbol_is_complete_and_documented(name: str) -> None:
    entry = SYMBOLS[name]
    assert entry["label"].strip()
    assert entry["unit"].strip()
    assert entry["dims"]
    assert f"`{name}`" in page("reference/symbols.md")


@pytest.mark.parametrize("name", ["cli.md", "symbols.md"])
def test_generated_page_is_current(name: str) -> None:
    assert reference().pages()[name] == page(f"reference/{name}"), "run `make docs`"


@pytest.mark.parametrize("name", ERRORS)
def test_error_is_documented(name: str) -> None:
    assert re.search(rf"^## {name}$", page("reference/errors.md"), re.MULTILINE)
    assert name in karvan.__all__


@pytest.mark.parametrize("name", karvan.__all__)
def test_public_name_is_documented(name: str) -> None:
    assert re.search(rf"`{name}\b", page("reference/api.md"))


@pytest.mark.parametrize("name", commands())
def test_command_is_documented(name: str) -> None:
    assert f"## {name}\n" in page("reference/cli.md")


@pytest.mark.parametrize("name", [n for n, command in reference().commands() if not hasattr(command, "commands")])
def test_command_helps_with_an_example_and_prints_json(name: str) -> None:
    command = dict(reference().commands())[name]
    assert f"Example: {name}" in (command.help or "")
    assert any("--json" in parameter.opts for parameter in command.params)


@pytest.mark.parametrize("kind", sorted(vocabulary()))
def test_shock_is_documented(kind: str) -> None:
    assert re.search(rf"^### {kind}$", page("how-to/write-a-scenario.md"), re.MULTILINE)


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_links_lead_somewhere(path: Path) -> None:
    text = re.sub(r"```.*?```", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    links = [link for link in re.findall(r"\]\(([^)#\s]+)[^)]*\)", text) if "://" not in link]
    lost = [link for link in links if not (path.parent / link).exists()]
    assert not lost, f"{name_of(path)}: {lost}"


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_commands_in_the_text_exist(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    blocks = re.findall(r"```(?:bash|sh|console)\n(.*?)```", text, flags=re.DOTALL)
    used = re.findall(r"^(?:\$ )?(?:\S*/)?karvan ((?:data )?[a-z]+)", "\n".join(blocks), flags=re.MULTILINE)
    unknown = [name for name in used if f"karvan {name}" not in commands()]
    assert not unknown, f"{name_of(path)}: {unknown}"
