"""Imports go one way: core; panels, estimate, data; shocks and models; run; replication and cases; cli."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

SRC = Path(__file__).parents[2] / "src" / "karvan"
BELOW_RUN = {"core", "panels", "data", "estimate", "network", "macro", "shocks", "models"}
EVERYTHING = BELOW_RUN | {"run", "replication", "backtests", "tell", "cases"}
ALLOWED = {
    "core": {"core"},
    "panels": {"core", "panels"},
    "estimate": {"core", "panels", "estimate"},
    "data": {"core", "panels", "estimate", "data"},
    "network": {"core", "network"},
    "macro": {"core", "macro"},
    "shocks": {"core", "shocks", "network"},
    "models": {"core", "models"},
    "run": BELOW_RUN | {"run"},
    "tell": {"core", "tell"},
    "replication": {"core", "panels", "estimate", "data", "models", "run", "replication"},
    "backtests": BELOW_RUN | {"run", "backtests"},
    "cases": EVERYTHING,
    "site": EVERYTHING | {"site"},
    "cli": EVERYTHING | {"site", "cli"},
    "__init__": set(),
    "__main__": {"cli"},
    "_version": set(),
}
LATE = {"xarray", "altair", "vl_convert", "pandas", "jinja2", "openpyxl", "xlrd", "duckdb", "pyarrow"}
LATE |= {"httpx", "stamina", "sdmx", "pyfixest", "statsmodels", "arch"}
MODULES = sorted(path for path in SRC.rglob("*.py"))


def name_of(path: Path) -> str:
    return path.relative_to(SRC).as_posix()


def layer_of(path: Path) -> str:
    return path.relative_to(SRC).parts[0].removesuffix(".py")


def imported(path: Path, tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield (line, absolute module or name) for every import, inside functions too."""
    package = ["karvan", *path.relative_to(SRC).parts[:-1]]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            for alias in node.names:
                yield node.lineno, f"{module}.{alias.name}"


def at_import(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield the statements that run when a module is imported: not function bodies, not `if TYPE_CHECKING:`."""
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            yield from at_import(node.orelse)
            continue
        yield node
        for field in ("body", "orelse", "finalbody"):
            yield from at_import(getattr(node, field, []))
        for handler in getattr(node, "handlers", []):
            yield from at_import(handler.body)


def test_every_package_has_its_rule() -> None:
    assert {layer_of(path) for path in MODULES} <= set(ALLOWED)


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_imports_go_one_way(path: Path) -> None:
    allowed = ALLOWED[layer_of(path)] | {"_version"}
    wrong = []
    for line, name in imported(path, ast.parse(path.read_text(encoding="utf-8"))):
        parts = name.split(".")
        if parts[0] == "karvan" and (len(parts) < 2 or parts[1] not in allowed):
            wrong.append(f"{name_of(path)}:{line} imports {name}")
    assert not wrong, f"{wrong}; {layer_of(path)} may import {sorted(allowed)}"


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_heavy_libraries_are_imported_where_they_are_used(path: Path) -> None:
    if name_of(path).startswith("data/recipes/"):
        return
    wrong = []
    for node in at_import(ast.parse(path.read_text(encoding="utf-8")).body):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        else:
            continue
        wrong += [f"{name_of(path)}:{node.lineno} {name}" for name in names if name.split(".")[0] in LATE]
    assert not wrong, f"import inside the function that needs it: {wrong}"


@pytest.mark.parametrize("module", ["karvan", "karvan.cli"])
def test_help_starts_without_heavy_libraries(module: str) -> None:
    heavy = LATE | {"numpy", "scipy", "pydantic"}
    code = f"import sys, {module}; sys.stdout.write(' '.join(sorted({heavy!r} & set(sys.modules))))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout == "", f"import {module} loads {found.stdout}"
