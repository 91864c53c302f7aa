"""What the commands on sources print."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from karvan.core.errors import SourceError
from karvan.core.table import Table
from karvan.data.store.manifest import Entry, entries
from karvan.data.store.places import has_cache
from karvan.data.store.source import Source, has_module, options_of, source, sources


def source_table(short: bool = False) -> Table:
    """Return all sources: name, title, licence, the key they want, what is in the cache."""
    rows = []
    for one in sources().values():
        kept = list(entries(one.name)) if has_cache() else []
        size = sum(entry.size for entry in kept)
        held = f"{len(kept)} file(s), {_bytes(size)}" if kept else ""
        title, licence = (_cut(one.title, 48), _cut(one.licence, 34)) if short else (one.title, one.licence)
        rows.append((one.name, title, licence, one.key if short else _key(one), held))
    return Table(("source", "title", "licence", "key", "in the cache"), tuple(rows))


def entry_table(found: Sequence[Entry]) -> Table:
    """Return the kept files of a request."""
    rows = tuple((e.file, _bytes(e.size), e.sha256[:16], e.how, e.date, str(e.path)) for e in found)
    return Table(("file", "size", "sha256", "how", "date", "path"), rows)


def licence(name: str) -> dict[str, str]:
    """Return what is known of a source in words, its options included."""
    one = source(name)
    told = {"title": one.title, "owner": one.owner, "home page": one.home, "licence": one.licence, "terms": one.terms}
    told |= {"cite": one.cite, "key": _key(one) or "none", "layout": one.layout}
    options = options_of(one) if has_module(one) else {}
    words = "; ".join(f"{option}={kind}" for option, kind in options.items())
    return told | {"options": words if has_module(one) else "this version cannot read it yet"}


def as_options(words: Iterable[str]) -> dict[str, Any]:
    """Return `year=2021` and the like as a dictionary."""
    found: dict[str, Any] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals or not name:
            raise SourceError(f"{word!r} is not an option; write name=value, as year=2021")
        if name in found:
            raise SourceError(f"the option {name} is given twice; write {name}={found[name]},{value}")
        found[name] = value
    return found


def _key(one: Source) -> str:
    return one.key + (f" ({one.key_note})" if one.key_note else "")


def _bytes(size: int) -> str:
    for unit in ("B", "kB", "MB"):
        if size < 1000:
            return f"{size:.3g} {unit}"
        size /= 1000  # type: ignore[assignment]
    return f"{size:.3g} GB"


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1].rstrip(" ,;:(") + "…"
