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
        return pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path)
    except (OSError, ValueError) as fault:
        raise SourceError(f"{path}: cannot be read as a table ({fault})") from None
