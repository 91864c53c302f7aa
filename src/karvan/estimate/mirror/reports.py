"""Reports of trade: one tidy table checked, then laid out so that both sides of a flow stand in one row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from karvan.core.countries import require_iso3
from karvan.core.faults import Faults
from karvan.panels.frames import frame

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("reporter", "partner", "flow", "year", "value_musd", "valuation", "source")
VALUATIONS = ("fob", "cif", "reconciled")
FLOW = ["exporter", "importer", "year"]


def checked(data: Any, name: str = "reports") -> pd.DataFrame:
    """Return the table of reports, or raise with every fault in it.

    Columns: reporter, partner (ISO3; groups such as World are refused), flow ("exports" or "imports", seen from the
    reporter), year, value_musd (>= 0), valuation ("fob", "cif", or "reconciled" for a figure that a third party made
    out of both sides' reports), source; optionally `complete` (true where the reporter's list of partners of that year
    and flow is complete, so that a missing partner means zero; default false).

    Raises
    ------
    SourceError
        Missing columns, groups or unknown countries, trade with itself, negative or missing values, unknown words, the
        exports that include freight, the same report twice: all at once, with their rows.
    """
    table = frame(data, name=name)
    frame(table, COLUMNS, name=name)
    table = table.reset_index(drop=True)
    faults = Faults(name)
    codes = {c: require_iso3([str(v) for v in table[c]], faults, "iso3") for c in ("reporter", "partner")}
    table = table.assign(**{c: [k or str(v) for k, v in zip(codes[c], table[c], strict=True)] for c in codes})
    table = table.assign(year=_years(table["year"], faults), complete=_marks(table, faults))
    _words(table, "flow", ("exports", "imports"), faults)
    _words(table, "valuation", VALUATIONS, faults)
    for line, value in _wrong(table["value_musd"]):
        faults.add(f"value_musd is {value!r}", row=line, remedy="a report is a number of million USD, 0 or more")
    for row in np.flatnonzero((table["flow"] == "exports") & (table["valuation"] == "cif")):
        remedy = "exports are compared fob: take freight and insurance off, or give the importer's report as imports"
        faults.add("exports are given cif", row=int(row) + 2, remedy=remedy)
    for row in np.flatnonzero(table["reporter"] == table["partner"]):
        faults.add(f"{table['reporter'][row]} trades with itself", row=int(row) + 2, remedy="leave own sales out")
    key = ["reporter", "partner", "flow", "year"]
    third = table["valuation"] == "reconciled"
    for row in np.flatnonzero(table.assign(third=third).duplicated([*key, "third"])):
        text = " ".join(str(table[c][row]) for c in key)
        faults.add(f"{text} occurs twice", row=int(row) + 2, remedy="choose one source, or sum its parts")
    faults.stop()
    return table[[*COLUMNS, "complete"]].astype({"year": int, "value_musd": float, "complete": bool})


def pairs(reports: pd.DataFrame) -> pd.DataFrame:
    """Return one row per exporter, importer and year: `x`, `m`, `c` (MUSD, nan where nobody says) and their sources.

    x : exporter's report, m : importer's, c : a compiler's; m_cif : whether the importer's report includes freight;
    whole_x, whole_m, whole_c : whether the list of partners is complete, so that a missing report counts as 0.
    """
    out = reports["flow"] == "exports"
    table = reports.assign(
        exporter=reports["reporter"].where(out, reports["partner"]),
        importer=reports["partner"].where(out, reports["reporter"]),
    )
    third = table["valuation"] == "reconciled"
    sides = {"x": out & ~third, "m": ~out & ~third, "c": third}
    found = _universe(table, sides)
    for side, rows in sides.items():
        part = table[rows].rename(columns={"value_musd": side, "source": f"source_{side}"})
        keep = [*FLOW, side, f"source_{side}", *(["valuation"] if side == "m" else [])]
        found = found.merge(part[keep].drop_duplicates(FLOW), on=FLOW, how="left")
        whole = found.pop(f"silent_{side}")
        found[side] = found[side].where(found[side].notna() | ~whole, 0.0)
        found[f"whole_{side}"] = whole
    found["m_cif"] = found.pop("valuation") != "fob"
    return found.sort_values(FLOW, ignore_index=True)


def _universe(table: pd.DataFrame, sides: dict[str, pd.Series]) -> pd.DataFrame:
    """Every pair that somebody reports or that is silently zero, with which sides are silent rather than unknown."""
    import pandas as pd

    whole = table[table["complete"]]
    said = table[FLOW].drop_duplicates()
    parts = []
    for year, rows in whole.groupby("year"):
        names = sorted(set(table.loc[table["year"] == year, ["exporter", "importer"]].to_numpy().ravel()))
        all_pairs = pd.MultiIndex.from_product([names, names, [year]], names=FLOW).to_frame(index=False)
        all_pairs = all_pairs[all_pairs["exporter"] != all_pairs["importer"]]
        exporters, importers = (set(rows.loc[sides[s].reindex(rows.index), c]) for s, c in ENDS)
        compiled = rows[sides["c"].reindex(rows.index)]
        members = set(compiled["exporter"]) | set(compiled["importer"])
        parts.append(
            all_pairs.assign(
                silent_x=all_pairs["exporter"].isin(exporters),
                silent_m=all_pairs["importer"].isin(importers),
                silent_c=all_pairs["exporter"].isin(members) & all_pairs["importer"].isin(members),
            )
        )
    if not parts:
        return said.assign(silent_x=False, silent_m=False, silent_c=False)
    silent = pd.concat(parts, ignore_index=True)
    silent = silent[silent[["silent_x", "silent_m", "silent_c"]].any(axis=1)]
    found = silent.merge(said, on=FLOW, how="outer")
    marks = ["silent_x", "silent_m", "silent_c"]
    return found.assign(**{k: found[k].eq(True) for k in marks})


ENDS = (("x", "exporter"), ("m", "importer"))


def _years(values: pd.Series, faults: Faults) -> pd.Series:
    """Whole years; what is none becomes a fault."""
    import pandas as pd

    numbers = pd.to_numeric(values, errors="coerce").to_numpy(float)
    whole = np.isfinite(numbers) & (numbers == np.round(numbers))
    for row in np.flatnonzero(~whole):
        faults.add(f"year is {_plain(values.iloc[row])!r}", row=int(row) + 2, remedy="write a year, as 2021")
    return pd.Series(np.where(whole, numbers, 0).astype(int), index=values.index)


def _marks(table: pd.DataFrame, faults: Faults) -> list[bool]:
    """The column `complete` as true and false; empty is false, and words are refused, because "no" is not false."""
    import pandas as pd

    if "complete" not in table:
        return [False] * len(table)
    marks = []
    for row, value in enumerate(table["complete"]):
        mark = (
            False
            if pd.isna(value)
            else MARKS.get(value)
            if isinstance(value, bool | int | float | np.generic)
            else None
        )
        if mark is None:
            faults.add(f"complete is {_plain(value)!r}", row=row + 2, remedy="write true or false, 1 or 0, not a text")
        marks.append(bool(mark))
    return marks


MARKS: dict[Any, bool] = {True: True, False: False}  # 1 and 0 are these too


def _words(table: pd.DataFrame, column: str, known: tuple[str, ...], faults: Faults) -> None:
    for word, rows in table.groupby(table[column].astype(str)).groups.items():
        if word not in known:
            faults.add(f"{column} is {word!r}", row=int(rows[0]) + 2, remedy=f"write one of {', '.join(known)}")


def _wrong(values: pd.Series) -> list[tuple[int, Any]]:
    import pandas as pd

    numbers = pd.to_numeric(values, errors="coerce")
    bad = np.flatnonzero(~np.isfinite(numbers.to_numpy(float)) | (numbers.to_numpy(float) < 0))
    return [(int(row) + 2, _plain(values.iloc[row])) for row in bad]


def _plain(value: Any) -> Any:
    return value.item() if hasattr(value, "item") else value
