"""Who owes what abroad: the sectors, which add up to the total, and what the state controls among them."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, NamedTuple

from karvan.core.errors import LabelError, SourceError
from karvan.core.table import Table

if TYPE_CHECKING:
    from karvan.macro.debt.files import DebtFiles

SECTORS = (
    "external_government",
    "external_central_bank",
    "external_banks",
    "external_other_sectors",
    "external_intercompany",
)
TITLES = {
    "external_government": "general government",
    "external_central_bank": "central bank",
    "external_banks": "banks",
    "external_other_sectors": "other companies and persons",
    "external_intercompany": "companies to their owners abroad",
}


class Owes(NamedTuple):
    """External debt by debtor on a date, million USD. The sectors add up to `total` within `gap`.

    `quasi_state` (low, high): what the state controls less the state itself, with and without the central bank; it lies
    inside banks, companies and intercompany debt, so it is no further slice. None where the source does not say.
    """

    country: str
    date: date
    total: float
    sectors: dict[str, float]
    gap: float
    quasi_state: tuple[float, float] | None
    sources: tuple[str, ...]

    def share(self, sector: str) -> float:
        """A sector's part of the total."""
        return self.sectors[sector] / self.total

    def table(self) -> Table:
        """A row per debtor: million USD and share; the quasi-state is a row within."""
        rows = [(TITLES[s], round(v), round(self.share(s), 3), "sector") for s, v in self.sectors.items()]
        rows.append(("total", round(self.total), 1.0, "sum"))
        if self.quasi_state is not None:
            low, high = self.quasi_state
            text = f"within banks and companies; {low:,.0f} without the central bank"
            rows.append(("quasi-state", round(high), round(high / self.total, 3), text))
        title = f"{self.country}: external debt on {self.date}, million USD ({'; '.join(self.sources)})"
        return Table(("who", "million USD", "share", "row"), tuple(rows), title)


def owes_over_time(files: DebtFiles) -> Table:
    """External debt by debtor on every date with all sectors, million USD: a row per date and sector."""
    dates = [d for d, found in sorted(_by_date(files).items()) if all(s in found for s in (*SECTORS, "external_total"))]
    rows = tuple(
        (str(day), TITLES[s], round(v), round(one.share(s), 4))
        for day in dates
        for one in (who_owes(files, day),)
        for s, v in one.sectors.items()
    )
    return Table(("date", "who", "million USD", "share"), rows, f"{files.country}: external debt by debtor")


def who_owes(files: DebtFiles, on: date | str | None = None) -> Owes:
    """External debt by debtor on a date; None: the last with all sectors.

    Raises
    ------
    SourceError
        The country has no sectors, or they miss the total by more than 1 %.
    LabelError
        No figures for the date.
    """
    known = {d: found for d, found in _by_date(files).items() if all(s in found for s in (*SECTORS, "external_total"))}
    if not known:
        raise SourceError(f"{files.country}: no date has the external debt of all sectors; add rows to debt_stocks.csv")
    try:
        day = max(known) if on is None else date.fromisoformat(str(on))
    except ValueError:
        raise LabelError(f"no date: {on!r}; write it as 2023-01-01") from None
    if day not in known:
        near = ", ".join(str(d) for d in sorted(known)[-5:])
        raise LabelError(f"no sectors of {files.country}'s external debt on {day}; the last dates are {near}")
    found = known[day]
    sectors, total = {s: found[s] for s in SECTORS}, found["external_total"]
    gap = sum(sectors.values()) - total
    if abs(gap) > 0.01 * total:
        raise SourceError(
            f"{files.country}, {day}: the sectors miss the total by {gap:,.0f} million USD of {total:,.0f}"
        )
    wide, state = found.get("external_public_extended"), sectors["external_government"]
    quasi = None if wide is None else (wide - state - sectors["external_central_bank"], wide - state)
    used = {s.source for s in files.stocks if s.date == day and s.measure in (*SECTORS, "external_total")}
    return Owes(files.country, day, total, sectors, gap, quasi, tuple(sorted(used))[:1])


def _by_date(files: DebtFiles) -> dict[date, dict[str, float]]:
    """Figures of official statistics by date and measure; press figures are first prints, since revised."""
    found: dict[date, dict[str, float]] = {}
    for stock in files.stocks:
        if stock.unit == "million USD" and stock.quality != "press":
            found.setdefault(stock.date, {})[stock.measure] = stock.value
    return found
