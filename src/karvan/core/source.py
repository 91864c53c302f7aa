"""Where a block of numbers came from, under which licence, and how far it was observed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from karvan.core.errors import SourceError
from karvan.core.labels import suggest

FLAGS = ("observed", "reconciled", "borrowed", "assumed", "not stated")


class Block(NamedTuple):
    """A block of numbers of one symbol and its origin.

    `flag` is observed (as published), reconciled (published numbers made consistent), borrowed (another country's or
    year's numbers), assumed (ours, with a reason in `note`), or not stated.
    """

    symbol: str
    where: str = "all cells"
    source: str = ""
    licence: str = ""
    flag: str = "not stated"
    note: str = ""


def as_blocks(sources: Any) -> tuple[Block, ...]:
    """Read sources given as {"M": "text"}, {"M": {...}}, a list of Blocks, or None."""
    if sources is None:
        return ()
    if isinstance(sources, Mapping):
        sources = [
            Block(symbol=name, **entry) if isinstance(entry, Mapping) else Block(symbol=name, source=str(entry))
            for name, entry in sources.items()
        ]
    if not isinstance(sources, Iterable) or isinstance(sources, str):
        raise SourceError(f"sources: expected a mapping or a list of Block, got {type(sources).__name__}")
    blocks = tuple(sources)
    for block in blocks:
        if not isinstance(block, Block):
            raise SourceError(f"sources: expected a Block, got {type(block).__name__}")
        if block.flag not in FLAGS:
            raise SourceError(f"sources: {block.symbol}: unknown flag {block.flag!r}.{suggest(block.flag, FLAGS)}")
    return blocks
