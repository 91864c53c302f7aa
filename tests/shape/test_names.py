"""The public names: sorted, complete, resolvable in any order of import, documented."""

from __future__ import annotations

import inspect
import pkgutil
import subprocess
import sys
from functools import cached_property
from types import ModuleType
from typing import Any

import pytest

import karvan

NAMES = [name for name in karvan.__all__ if not name.startswith("_")]


def members(thing: Any) -> list[tuple[str, Any]]:
    """Return the public methods and properties that a class defines itself."""
    kinds = (classmethod, staticmethod, property, cached_property)
    return [
        (name, member)
        for name, member in vars(thing).items()
        if not name.startswith("_") and (inspect.isfunction(member) or isinstance(member, kinds))
    ]


def test_names_are_sorted_and_single() -> None:
    assert sorted(set(NAMES)) == NAMES
    assert "__version__" in karvan.__all__


def test_nothing_of_ours_is_public_outside_the_list() -> None:
    ours = {
        name
        for name, value in vars(karvan).items()
        if not name.startswith("_")
        and not isinstance(value, ModuleType)
        and str(getattr(value, "__module__", "")).startswith("karvan")
    }
    assert ours <= set(karvan.__all__)
    assert set(dir(karvan)) == set(karvan.__all__)


@pytest.mark.parametrize("name", NAMES)
def test_name_resolves_and_is_explained(name: str) -> None:
    thing = getattr(karvan, name)
    assert not isinstance(thing, ModuleType), f"karvan.{name} is a module, not what the name promises"
    assert callable(thing)
    assert (inspect.getdoc(thing) or "").strip(), f"karvan.{name} has no docstring"
    if inspect.isclass(thing):
        silent = [attribute for attribute, member in members(thing) if not (member.__doc__ or "").strip()]
        assert not silent, f"karvan.{name}: no docstring for {silent}"


def test_unknown_name_says_what_there_is() -> None:
    with pytest.raises(AttributeError, match=r"public names: .*World"):
        _ = karvan.wrold


def test_subpackages_do_not_hide_names() -> None:
    """Every public name stays what it is, whoever imports which subpackage and when."""
    packages = [f"karvan.{m.name}" for m in pkgutil.iter_modules(karvan.__path__)]
    code = (
        f"import sys, importlib, types, karvan\nfor p in {packages!r}: importlib.import_module(p)\n"
        f"bad = [n for n in {NAMES!r} if isinstance(getattr(karvan, n), types.ModuleType) and not callable("
        "getattr(karvan, n))]\nsys.stdout.write(' '.join(bad))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout == "", f"after importing every subpackage these names are modules: {found.stdout}"
