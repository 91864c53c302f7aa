"""The sources by name (`sources.toml`), their modules and the options that each takes."""

from __future__ import annotations

import inspect
import re
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any, NamedTuple, get_type_hints

from karvan.core.errors import SourceError
from karvan.core.labels import suggest
from karvan.data.store.options import as_option, described, require_years
from karvan.data.store.request import Request

YEARS = ("year", "years", "start", "end")  # options that hold years
CONTROLS = ("given", "refresh", "offline", "progress")


class Source(NamedTuple):
    """What is known of a source: owner, licence, how to cite, the key it wants, its layout, its module."""

    name: str
    title: str
    owner: str
    home: str
    licence: str
    terms: str
    cite: str
    layout: str
    module: str
    key: str = ""
    key_note: str = ""


@cache
def sources() -> dict[str, Source]:
    """Return all sources by name."""
    text = files("karvan.data").joinpath("sources.toml").read_text(encoding="utf-8")
    return {name: Source(name=name, **entry) for name, entry in tomllib.loads(text).items()}


def source(name: str) -> Source:
    """Return one source, or raise a SourceError with a suggestion."""
    if name not in sources():
        raise SourceError(f"no source {name!r}.{suggest(name, sources())}")
    return sources()[name]


def has_module(one: Source) -> bool:
    """Return whether this version can fetch and read the source."""
    return find_spec(f"karvan.data.sources.{one.module}") is not None


def module_of(one: Source) -> ModuleType:
    """Return the module that knows the requests and the layout of a source."""
    if not has_module(one):
        raise SourceError(f"{one.name}: this version of karvan cannot read it yet; its files are at {one.home}")
    return import_module(f"karvan.data.sources.{one.module}")


def options_of(one: Source) -> dict[str, str]:
    """Return the options of a source, each with its kind and default in words."""
    return {
        name: described(annotation, parameter.default)
        for name, (parameter, annotation) in _parameters(module_of(one), "requests", "read", "more").items()
    }


def arguments(one: Source, options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options as values of their kinds.

    Raises
    ------
    SourceError
        All at once: options that the source does not take, values of another kind, options that are missing.
    """
    known = _parameters(module_of(one), "requests", "read", "more")
    faults = [f"takes no option {name!r}.{suggest(name, known)}" for name in options if name not in known]
    values = {}
    for name, (parameter, annotation) in known.items():
        if name not in options:
            if parameter.default is parameter.empty:
                faults.append(f"needs {name}={described(annotation, parameter.default)}")
            continue
        try:
            values[name] = as_option(options[name], annotation)
            if name in YEARS:
                require_years(values[name])
        except ValueError as fault:
            faults.append(f"{name}={options[name]}: {fault}")
    if faults:
        raise SourceError("\n".join(f"{one.name}: {fault}" for fault in faults))
    return values


def taken(one: Source, function: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values that one function of the source's module takes."""
    return {name: values[name] for name in _parameters(module_of(one), function) if name in values}


def plain(one: Source, request: Request) -> Request:
    """Return a request whose address and file name are plain; options that would lead elsewhere are refused."""
    path = request.url.partition("://")[2]
    odd = re.search(r"[\s?#\\%]|(^|/)\.\.?(/|$)", path) or Path(request.file).name != request.file
    if odd or request.file in (".", "..") or "\\" in request.file:
        raise SourceError(f"{one.name}: {request.url} is no plain address; name codes in the options, as KAZ")
    return request


def _parameters(module: ModuleType, *functions: str) -> dict[str, tuple[inspect.Parameter, Any]]:
    found: dict[str, tuple[inspect.Parameter, Any]] = {}
    for function in functions:
        if not hasattr(module, function):
            continue
        parameters = inspect.signature(getattr(module, function)).parameters
        options = {name: p for name, p in parameters.items() if p.kind is p.KEYWORD_ONLY}
        words = SimpleNamespace(__annotations__={name: p.annotation for name, p in options.items()})
        hints = get_type_hints(words, globalns=vars(module))
        found = {name: (p, hints[name]) for name, p in options.items()} | found
    return found
