"""The checked series: log levels of two currencies and of what moves both, on one calendar."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from karvan.core.errors import LabelError, ScenarioError, SourceError
from karvan.core.labels import suggest
from karvan.macro.currency import shipped
from karvan.macro.currency.read import GAP, optional, read_rates

if TYPE_CHECKING:
    import pandas as pd

EVERY = ("day", "week", "month")
CONTROLS = ("BRENT", "DOLLAR")
YEAR = {"day": 250, "week": 52, "month": 12}
MONTHS = {"day": {1: 21, 3: 63}, "week": {1: 4, 3: 13, 12: 52}, "month": {1: 1, 3: 3, 12: 12}}
LONGEST = {"day": 63, "week": 52, "month": 12}
HELD = 4  # days for which a quotation of oil or of the index stands


@dataclass(frozen=True)
class Rates:
    """Log levels on a calendar without holes; NaN where there is no quotation.

    `levels` is (t, k): own currency per USD, the neighbour's per USD, then the controls.
    """

    own: str
    neighbour: str
    every: str
    dates: np.ndarray
    levels: np.ndarray
    controls: tuple[str, ...]
    periods: tuple[shipped.Period, ...]
    events: tuple[dict[str, str], ...] = ()
    prices: tuple[dict[str, str], ...] = ()
    limits: tuple[str, ...] = ()

    @property
    def held(self) -> str:
        """Return what the regressions hold, in words."""
        return "oil and the dollar held" if self.controls else "nothing held"

    @property
    def moves(self) -> np.ndarray:
        """Return (t, k) log changes from the observation before; NaN in the first row and beside gaps."""
        return np.vstack([np.full(self.levels.shape[1], np.nan), np.diff(self.levels, axis=0)])

    def inside(self, period: shipped.Period) -> np.ndarray:
        """Return (t,) which observations lie in a period."""
        return (self.dates >= np.datetime64(period.start)) & (self.dates <= np.datetime64(period.end))

    def cut(self, start: str | None, end: str | None) -> Rates:
        """Return the same from one date to another, periods cut to them; one without observations goes."""
        low, high = _date(start or "1900-01-01", "start"), _date(end or "2200-01-01", "end")
        keep = (self.dates >= low) & (self.dates <= high)
        if not keep.any():
            ends = f"{self.dates[0]} to {self.dates[-1]}"
            raise ScenarioError(f"no observation from {start or 'the start'} to {end or 'the end'}; there is {ends}")
        cut = replace(self, dates=self.dates[keep], levels=self.levels[keep])
        kept: dict[bytes, shipped.Period] = {}
        for p in self.periods:  # of periods that have become the same, the first stays
            if cut.inside(p).any():
                kept.setdefault(cut.inside(p).tobytes(), p)
        return replace(cut, periods=tuple(kept.values()))


def _date(text: str, what: str) -> np.datetime64:
    try:
        return np.datetime64(text, "D")
    except ValueError:
        raise ScenarioError(f"{what} {text!r} is no date; write 2015-08-24") from None


def load(
    own: str, neighbour: str, data: Any, every: str, controls: bool, missing: str, breaks: list[str] | None
) -> Rates:
    """Read, check and align the series of a pair.

    Raises
    ------
    LabelError
        A pair that is not shipped, or a step that is none.
    SourceError
        What `read_rates` finds; daily data asked of the shipped weeks; controls that do not cover the dates.
    """
    if every not in EVERY:
        raise LabelError(f"unknown step {every!r}.{suggest(every, EVERY)}")
    if missing not in ("refuse", "drop"):
        raise LabelError(f"missing={missing!r}: write refuse or drop")
    if own == neighbour:
        raise LabelError(f"{own} and {neighbour} are one currency; name two")
    row = shipped.require(own, neighbour) if data is None else shipped.pair(own, neighbour)
    country = row["country"] if row else None
    if data is None and every == "day":
        raise SourceError(
            "daily rates do not come with karvan; give a file with the columns "
            "date, currency, per_usd (data=, --data), or choose every='week'"
        )
    gaps = shipped.country_rows(country, "gaps") if country else []
    source = shipped.rates_file(country, every) if data is None and country else data
    taken = optional(source, CONTROLS) if controls else ()
    frame = read_rates(source, (own, neighbour, *taken), every, gaps, missing)
    if data is not None and country:
        _same_way(frame, country, own, neighbour)
    return _aligned(own, neighbour, every, frame, controls, taken, country, gaps, breaks)


def _aligned(
    own: str,
    neighbour: str,
    every: str,
    frame: pd.DataFrame,
    controls: bool,
    taken: tuple[str, ...],
    country: str | None,
    gaps: list[dict[str, str]],
    breaks: list[str] | None,
) -> Rates:
    import pandas as pd

    both = _stepped(frame[[own, neighbour]].dropna(), every)
    if controls:
        markets = _markets()
        for code in CONTROLS:
            values = frame[code].dropna() if code in taken else markets[code].dropna()
            both[code] = _at(values, pd.DatetimeIndex(both.index))
        _require_controls(both, own)
    levels = np.log(both.to_numpy(float))
    dates = both.index.to_numpy().astype("datetime64[D]")
    if every == "day":
        for gap in gaps:
            if gap["every"] == "day":
                levels[(dates >= np.datetime64(gap["start"])) & (dates <= np.datetime64(gap["end"]))] = np.nan
    named = tuple(shipped.periods(country)) if country and breaks is None else split(dates, breaks or [])
    return Rates(
        own,
        neighbour,
        every,
        dates,
        levels,
        CONTROLS if controls else (),
        tuple(p for p in named if ((dates >= np.datetime64(p.start)) & (dates <= np.datetime64(p.end))).any()),
        tuple(shipped.country_rows(country, "events")) if country else _events(breaks or []),
        tuple(shipped.country_rows(country, "prices")) if country else (),
        tuple(row["text"] for row in shipped.country_rows(country, "limits")) if country else (),
    )


def split(dates: np.ndarray, breaks: list[str]) -> tuple[shipped.Period, ...]:
    """Return the periods between dates, and all of it when there are several."""
    cuts = sorted(_date(b, "break") for b in breaks)
    outside = [str(c) for c in cuts if not dates[0] < c <= dates[-1]]
    if outside:
        raise ScenarioError(f"breaks outside the data ({dates[0]} to {dates[-1]}): {', '.join(outside)}")
    day = np.timedelta64(1, "D")
    edges = [dates[0], *cuts, dates[-1] + day]
    found = [shipped.Period(f"{a} to {b - day}", "period", str(a), str(b - day)) for a, b in pairwise(edges)]
    if len(found) > 1:
        found.append(shipped.Period("all", "pooled", str(edges[0]), str(edges[-1] - day)))
    return tuple(found)


def _events(breaks: list[str]) -> tuple[dict[str, str], ...]:
    return tuple({"date": b, "event": "given", "main": "yes", "source": "given"} for b in sorted(breaks))


def _stepped(both: pd.DataFrame, every: str) -> pd.DataFrame:
    """Last quotation of each week (Friday) or month; for days, those of Monday to Friday that have both."""
    import pandas as pd

    if every == "day":
        kept = both[_weekday(both) < 5]
        return kept.reindex(kept.index.union(pd.DatetimeIndex(_holes(kept.index.to_numpy().astype("datetime64[D]")))))
    return both.resample("W-FRI" if every == "week" else "ME").last()


def _holes(dates: np.ndarray) -> np.ndarray:
    """Return the weekdays inside gaps of the file, so that no window reaches over them unnoticed."""
    days = np.diff(dates).astype(int)
    spans = [np.arange(dates[i] + np.timedelta64(1, "D"), dates[i + 1]) for i in np.flatnonzero(days > GAP["day"])]
    inner = np.concatenate(spans) if spans else dates[:0]
    return inner[np.is_busday(inner)].astype("datetime64[ns]")


def _weekday(frame: pd.DataFrame) -> np.ndarray:
    """Return 0 for Monday to 6 for Sunday."""
    return (frame.index.to_numpy().astype("datetime64[D]").astype(int) + 3) % 7


def _at(values: pd.Series, dates: pd.DatetimeIndex) -> np.ndarray:
    """Return the last value at each date, not older than a few days."""
    import pandas as pd

    return values.sort_index().reindex(dates, method="ffill", tolerance=pd.Timedelta(days=HELD)).to_numpy(float)


def _markets() -> pd.DataFrame:
    import pandas as pd

    found = pd.read_csv(shipped.FOLDER / "markets_daily.csv.gz", parse_dates=["date"]).set_index("date")
    return found.rename(columns={"brent": "BRENT", "dollar": "DOLLAR"})


def _require_controls(both: pd.DataFrame, own: str) -> None:
    lost = both[list(CONTROLS)].isna().any(axis=1) & both[own].notna()
    if lost.mean() > 0.05:
        first, last = both.index[lost][[0, -1]]
        raise SourceError(
            f"oil and the dollar index are missing for {int(lost.sum())} of {len(both)} dates ({first:%Y-%m-%d} to "
            f"{last:%Y-%m-%d}); add rows BRENT and DOLLAR to your file, or say controls=False"
        )


def _same_way(frame: pd.DataFrame, country: str, own: str, neighbour: str) -> None:
    """Refuse a file that quotes dollars per local currency, by the rates that come with karvan."""
    ours = read_rates(shipped.rates_file(country, "week"), (own, neighbour), "week", [], "drop")
    for code in (own, neighbour):
        known, given = np.log(ours[code].median()), np.log(frame[code].median())
        if abs(given + known) < abs(given - known) / 2:
            raise SourceError(
                f"{code}: median {frame[code].median():.6g} where karvan has {ours[code].median():.6g} per dollar: "
                "quoted the other way round; write local currency per dollar"
            )
