"""Faults of a file, gathered and raised together."""

from __future__ import annotations

from karvan.core.errors import SourceError

SHOWN = 20


class Faults:
    """Collects what is wrong with one file; `stop()` raises all of it at once.

    faults = Faults("trade.csv")
    faults.add("value is not a number: '12,5'", row=17, remedy="write a decimal point")
    faults.stop()
    """

    def __init__(self, file: object) -> None:
        self.file = str(file)
        self.found: list[str] = []

    def add(self, what: str, *, row: int | None = None, remedy: str = "") -> None:
        """Note one fault; `row` is the line of the file, counted from 1 with the header."""
        place = self.file if row is None else f"{self.file}:{row}"
        self.found.append(f"{place}: {what}" + (f"; {remedy}" if remedy else ""))

    def stop(self) -> None:
        """Raise a SourceError that lists the faults (the first 20), or do nothing when there are none."""
        if self.found:
            more = [f"and {len(self.found) - SHOWN} more"] if len(self.found) > SHOWN else []
            raise SourceError("\n".join([*self.found[:SHOWN], *more]))
