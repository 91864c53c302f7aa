"""Nothing of a particular machine, nothing unfinished and no print in the files of the project."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ENDINGS = {".py", ".md", ".toml", ".yaml", ".yml", ".cff", ".csv", ".json", ".html", ".css", ".js", ".j2", ".txt"}
FILES = sorted(
    path
    for path in [
        *ROOT.glob("*.md"),
        *(ROOT / name for name in ("Makefile", "pyproject.toml", "CITATION.cff", ".ci/run")),
        *(path for folder in ("src", "docs", "tests", "benchmarks") for path in (ROOT / folder).rglob("*")),
    ]
    if path.is_file() and (path.suffix in ENDINGS or path.name in ("Makefile", "run"))
)
FORBIDDEN = re.compile("|".join([r"(?<![\w.])/(?:work|root|home)/\w", "TO" + r"DO\b", "FIX" + r"ME\b", "XX" + r"X\b"]))


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_no_machine_paths_and_nothing_unfinished(path: Path) -> None:
    if path == Path(__file__):
        return
    lines = path.read_text(encoding="utf-8").splitlines()
    found = [f"{name_of(path)}:{n} {line[:100]}" for n, line in enumerate(lines, 1) if FORBIDDEN.search(line)]
    assert not found, found


@pytest.mark.parametrize("path", sorted((ROOT / "src").rglob("*.py")), ids=name_of)
def test_no_print(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found = [
        f"{name_of(path)}:{node.lineno}"
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    ]
    assert not found, found
