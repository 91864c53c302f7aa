"""Reports of trade from the files of national customs, Eurostat and BACI, with what they are judged by.

Each reader is a small file with `read(folder) -> table`; a new one is a line in `READERS`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from karvan.core.errors import SourceError

if TYPE_CHECKING:
    import pandas as pd

# reader -> the file or folder that it needs
READERS = {
    "kazakhstan": "customs/kz_official_trade_by_partner_2018_2023.csv",
    "eurostat": "customs/eurostat_member_exports_monthly_2019_2024.csv",
    "armenia": "customs/armenia_data",
    "kyrgyzstan": "customs/kyrgyzstan_data",
    "uzbekistan": "customs/uzbekistan_data",
    "russia": "customs/russian_data",
    "baci": "baci2023",
}


@dataclass(frozen=True)
class MirrorData:
    """Arguments of `reconcile`: reports, gravity, gdp, history (frames, None where the folder has no such file)."""

    reports: pd.DataFrame
    gravity: pd.DataFrame | None
    gdp: pd.DataFrame | None
    history: pd.DataFrame | None
    notes: tuple[str, ...] = ()


def read_reports(folder: str | Path, first: int = 2018) -> MirrorData:
    """Read every file of a folder that a reader knows, in the layout customs/, baci2023/, gravity/, gdp/, icio/, fx/.

    Reports from year `first` on are kept.

    Raises
    ------
    SourceError
        No such folder, no file of reports in it, or faults in one (all of its faults at once).
    """
    import pandas as pd

    from karvan.data.recipes.mirror_2023 import press
    from karvan.data.reports import baci, eurostat, world

    folder = Path(folder)
    if not folder.is_dir():
        raise SourceError(f"{folder}: no such folder; point --data at the folder that holds customs/ and baci2023/")
    there = [name for name, path in READERS.items() if (folder / path).exists()]
    if not there:
        raise SourceError(f"{folder}: none of the files of reports is there: {', '.join(READERS.values())}")
    parts = [_read(name, folder) for name in there]
    reports = pd.concat([*parts, press()], ignore_index=True)
    reports = reports[reports["year"] >= first]
    reports = reports.drop_duplicates(["reporter", "partner", "flow", "year", "valuation"], ignore_index=True)
    gdp = [baci.gdp(folder)] if "baci" in there else []
    gdp += [world.gdp(folder)] if (folder / world.GDP).is_file() else []
    missing = [path for name, path in READERS.items() if name not in there]
    return MirrorData(
        reports,
        world.distances(folder) if (folder / world.DISTANCES).is_file() else None,
        pd.concat(gdp).drop_duplicates(["country", "year"], ignore_index=True) if gdp else None,
        _history(folder),
        (
            *(f"not read, not there: {path}" for path in missing),
            *(eurostat.notes(folder) if "eurostat" in there else ()),
        ),
    )


def _read(name: str, folder: Path) -> pd.DataFrame:
    """Reports of one reader; what a changed or broken file makes it trip over becomes an error that names the file."""
    try:
        return import_module(f"karvan.data.reports.{name}").read(folder)
    except FileNotFoundError as fault:
        raise SourceError(f"{fault.filename}: no such file; the reader {name!r} needs it") from None
    except (KeyError, IndexError, ValueError, OSError) as fault:
        raise SourceError(
            f"{folder / READERS[name]}: not in the layout of the reader {name!r} ({type(fault).__name__}: {fault}); "
            "is it the owner's file, whole, in UTF-8 and with its columns unchanged?"
        ) from None


def _history(folder: Path) -> pd.DataFrame | None:
    import pandas as pd

    from karvan.data.reports import world

    makers: list[tuple[str, Callable[[Path], pd.DataFrame]]] = [
        (world.PAST, world.panel_2016),
        (world.TABLES, world.oecd),
    ]
    parts = [make(folder) for file, make in makers if (folder / file).is_file()]
    return pd.concat(parts, ignore_index=True) if parts else None
