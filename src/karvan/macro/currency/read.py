"""Read tidy files of exchange rates: one row per date and currency, in local currency per dollar."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from karvan.core.errors import SourceError
from karvan.core.faults import Faults
from karvan.core.labels import suggest

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("date", "currency", "per_usd")
JUMP = np.log(3.0)  # no market moves by a factor of three from one quotation to the next
GAP = {"day": 10, "week": 15, "month": 32}  # days between two quotations that are still neighbours


def read_rates(data: Any, wanted: tuple[str, ...], every: str, gaps: list[dict[str, str]], missing: str) -> Any:
    """Return a pandas frame of levels, one column per wanted currency, indexed by date.

    Parameters
    ----------
    data : path of a .csv or .parquet file, or a frame, with columns date, currency, per_usd (local currency per USD)
    wanted : codes that must be there
    every : "day", "week" or "month": how long a gap may be
    gaps : known gaps (start, end, every), which are no fault
    missing : "refuse" a longer gap, or "drop" the observations around it

    Raises
    ------
    SourceError
        All faults together: unknown currency, dates or numbers that are none, prices that are not positive, a date
        twice, dates out of order, quotations turned round, jumps, gaps.
    """
    found = _table(data)
    name = str(data) if isinstance(data, str) or hasattr(data, "parts") else "table"
    faults = Faults(name)
    known = sorted({str(c) for c in found["currency"]})
    for code in wanted:
        if code not in known:
            faults.add(f"currency {code!r} is not in the file.{suggest(code, known)}")
    series = {code: _one(found[found["currency"] == code], code, faults) for code in wanted if code in known}
    faults.stop()
    for code, values in series.items():
        _levels(values, code, faults)
        if missing == "refuse":
            _gaps(values, code, every, gaps, faults)
    faults.stop()
    import pandas as pd

    return pd.DataFrame(series).sort_index()


def optional(data: Any, codes: tuple[str, ...]) -> tuple[str, ...]:
    """Return those of the codes that the file has."""
    there = set(_table(data)["currency"].astype(str))
    return tuple(code for code in codes if code in there)


def _table(data: Any) -> pd.DataFrame:
    import pandas as pd

    name = str(data) if isinstance(data, str) or hasattr(data, "parts") else "table"
    if isinstance(data, pd.DataFrame):
        found = data.reset_index(drop=True)
    elif hasattr(data, "to_pandas"):
        found = data.to_pandas()
    elif isinstance(data, str) or hasattr(data, "parts"):
        try:
            found = pd.read_parquet(data) if str(data).endswith(".parquet") else pd.read_csv(data)
        except FileNotFoundError:
            raise SourceError(f"{data}: no such file") from None
        except (OSError, ValueError) as fault:
            raise SourceError(f"{data}: cannot be read as a table ({fault})") from None
    else:
        raise SourceError(f"exchange rates: expected a path or a frame, got {type(data).__name__}")
    lost = [c for c in COLUMNS if c not in found.columns]
    if lost:
        hints = " ".join(f"{c}:{suggest(c, [str(n) for n in found.columns])}" for c in lost)
        raise SourceError(f"{name}: columns missing: {', '.join(lost)}. {hints}")
    if found.empty:
        raise SourceError(f"{name}: no rows")
    return found


def _one(rows: pd.DataFrame, code: str, faults: Faults) -> pd.Series:
    """Check one currency row by row; lines are counted with the header."""
    import pandas as pd

    dates = pd.to_datetime(rows["date"].astype(str), errors="coerce", format="%Y-%m-%d")
    values = pd.to_numeric(rows["per_usd"], errors="coerce")
    lines = rows.index.to_numpy() + 2
    for bad, what, remedy in (
        (dates.isna(), "date is not written YYYY-MM-DD", "write 2015-08-20"),
        (values.isna(), "per_usd is not a number", "leave the row out where there is no quotation"),
        (values <= 0, "per_usd is not positive", "a rate is above zero"),
        (np.isinf(values), "per_usd is infinite", "leave the row out"),
        (dates.duplicated() & dates.notna(), "date is there twice", "keep one"),
    ):
        for i in np.flatnonzero(bad.to_numpy())[:5]:
            shown = rows["date"].iloc[i] if "date" in what else rows["per_usd"].iloc[i]
            faults.add(f"{code}: {what}: {shown!s}", row=int(lines[i]), remedy=remedy)
        if bad.sum() > 5:
            faults.add(f"{code}: {what} in {int(bad.sum()) - 5} more rows")
    good = pd.Series(values.to_numpy(float), index=pd.DatetimeIndex(dates), name=code)
    late = np.flatnonzero(np.diff(dates.to_numpy()) < np.timedelta64(0, "D"))
    if late.size:
        faults.add(
            f"{code}: dates are not in order, {late.size} time(s), first at {rows['date'].iloc[late[0] + 1]}",
            row=int(lines[late[0] + 1]),
            remedy="sort each currency by date",
        )
    return good


def _levels(values: pd.Series, code: str, faults: Faults) -> None:
    """Refuse a series that is turned round on the way, or that jumps as no market does."""
    logs = np.log(values.to_numpy())
    steps = np.diff(logs)
    for i in np.flatnonzero(np.abs(steps) > JUMP)[:5]:
        before, after, day = values.iloc[i], values.iloc[i + 1], f"{values.index[i + 1]:%Y-%m-%d}"
        if abs(logs[i] + logs[i + 1]) < 0.3 * abs(steps[i]):
            faults.add(
                f"{code}: quotations are mixed: {before:.6g}, then {after:.6g} on {day}, which is 1/{1 / after:.6g}",
                remedy="write local currency per dollar everywhere",
            )
        else:
            faults.add(
                f"{code}: {before:.6g}, then {after:.6g} on {day}: a factor of {np.exp(abs(steps[i])):.3g} in one step",
                remedy="bring units and redenominations to one scale",
            )


def _gaps(values: pd.Series, code: str, every: str, known: list[dict[str, str]], faults: Faults) -> None:
    days = np.diff(values.index.to_numpy()) / np.timedelta64(1, "D")
    if every != "day" and len(days) and np.median(days) > GAP[every]:
        faults.add(
            f"{code}: {np.median(days):.0f} days from one row to the next, too far apart for every={every!r}",
            remedy="choose a longer step" if every == "week" else "bring more observations",
        )
        return
    held = [(np.datetime64(g["start"]), np.datetime64(g["end"])) for g in known if g["every"] in ("any", every)]
    for i in np.flatnonzero(days > GAP[every]):
        start, end = values.index.to_numpy()[i : i + 2]
        if any(a <= start + np.timedelta64(10, "D") and end - np.timedelta64(10, "D") <= b for a, b in held):
            continue
        shown = f"{str(start)[:10]} to {str(end)[:10]}"
        faults.add(
            f"{code}: nothing from {shown} ({days[i]:.0f} days)",
            remedy="fill it, or say missing='drop' to leave out what needs it",
        )
