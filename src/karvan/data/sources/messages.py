"""SDMX messages as frames, read by sdmx1."""

from __future__ import annotations

import logging
import warnings
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from karvan.core.faults import Faults
from karvan.data.sources.tidy import AGAIN, need, text

if TYPE_CHECKING:
    import pandas as pd


def observations(path: Path, faults: Faults, wanted: tuple[str, ...], optional: tuple[str, ...] = ()) -> pd.DataFrame:
    """Observations of an SDMX-ML or SDMX-JSON data message: dimensions, attributes, `value` and `row`, its number.

    Attributes named in `optional` are empty columns where the message has none.
    """
    import pandas as pd
    import sdmx

    raw = text(path, faults).encode()
    log = logging.getLogger("sdmx")
    level = log.level
    log.setLevel(logging.ERROR)  # sdmx1 logs that it infers the structure, which is wanted here
    try:
        message = sdmx.read_sdmx(BytesIO(raw), format="JSON" if raw.lstrip()[:1] == b"{" else "XML")
        if not isinstance(message, sdmx.message.DataMessage):
            raise TypeError(f"a {type(message).__name__}, which holds no data")
        with warnings.catch_warnings(action="ignore"):  # of pandas about what sdmx1 does
            sets = [_plain(sdmx.to_pandas(part, attributes="osgd", dtype=None)) for part in message.data]
    except Exception as wrong:  # whatever a parser says of a foreign file
        said = str(wrong).splitlines()[0][:200] if str(wrong) else type(wrong).__name__
        cut = not raw.rstrip().endswith((b">", b"}"))
        what = "the message breaks off: the download was cut" if cut else "not an SDMX data message"
        faults.add(f"{what} ({said})", remedy=AGAIN)
        faults.stop()
        raise
    finally:
        log.setLevel(level)
    if not any(map(len, sets)):
        return pd.DataFrame(columns=[*wanted, *optional, "value", "row"])
    frame = pd.concat(sets, ignore_index=True)
    need([str(c) for c in frame.columns], wanted, faults)
    faults.stop()
    frame = frame.reindex(columns=[*wanted, *optional, "value"])
    plain = {name: frame[name].astype("str") for name in wanted} | {"row": range(1, len(frame) + 1)}
    return frame.assign(**plain)


def _plain(found: Any) -> pd.DataFrame:
    frame = found.to_frame("value") if found.ndim == 1 else found
    return frame.reset_index() if len(frame) else frame.iloc[:0]
