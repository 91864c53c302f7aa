"""One door for tables: a file, or a frame of pandas, polars or pyarrow."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from karvan.core.errors import SourceError
from karvan.core.labels import suggest

if TYPE_CHECKING:
    import pandas as pd


def frame(data: Any, columns: Sequence[str] = (), name: str = "table") -> pd.DataFrame:
    """Return a pandas frame of a Parquet or CSV file, or of a frame of pandas, polars or pyarrow.

    Parameters
    ----------
    data : path of a .parquet or .csv file, or a frame
    columns : columns that must be there; only these are read when given
    name : what messages call the table

    Raises
    ------
    SourceError
        No such file, not a table, or columns that are missing (all of them named).
    """
    import pandas as pd

    if isinstance(data, str | Path):
        found = _file(Path(data))
        name = str(data)
    elif isinstance(data, pd.DataFrame):
        found = data
    elif hasattr(data, "to_pandas"):
        found = data.to_pandas()
    else:
        raise SourceError(f"{name}: expected a path or a frame, got {type(data).__name__}")
    missing = [c for c in columns if c not in found.columns]
    if missing:
        hints = "; ".join(f"{c}:{suggest(c, [str(n) for n in found.columns])}" for c in missing)
        raise SourceError(f"{name}: columns missing: {', '.join(missing)}. {hints}")
    return found[list(columns)] if columns else found


def _file(path: Path) -> pd.DataFrame:
    import pandas as pd

    if not path.is_file():
        raise SourceError(f"{path}: no such file")
    try:
        found = pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path)
    except UnicodeDecodeError as fault:
        with path.open("rb") as file:
            wide = file.read(2) in (b"\xff\xfe", b"\xfe\xff")
        said = "UTF-16 text" if wide else f"not UTF-8 text (byte {fault.start}), perhaps Windows-1251 or 1252"
        raise SourceError(f"{path}: {said}; save it as UTF-8") from None
    except (OSError, ValueError) as fault:
        raise SourceError(f"{path}: cannot be read as a table ({fault})") from None
    head = str(found.columns[0]) if len(found.columns) == 1 else ""
    for mark, name in ((";", "semicolons"), ("\t", "tabs")):
        if mark in head:
            raise SourceError(f"{path}: columns are separated by {name}; save it with commas and decimal points")
    return found
