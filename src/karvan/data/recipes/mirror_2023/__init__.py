"""The recipe of the evidence that comes with karvan: reports and reconciled flows of the core countries, 2018-2023.

Sources, their licences and what was made of them are in `sources.csv`; a source that is not there is not shipped.
"""

from __future__ import annotations

import csv
import gzip
import io
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from karvan.core.archive import write_whole
from karvan.core.errors import SourceError

if TYPE_CHECKING:
    import pandas as pd

YEARS = (2018, 2023)
HOME = "KAZ"
CORE = (
    "KAZ", "RUS", "BLR", "ARM", "KGZ", "UZB", "AZE", "GEO", "TJK", "TKM", "MNG", "AFG", "CHN", "IND", "TUR", "ARE",
    "IRN", "PAK", "DEU", "FRA", "ITA", "NLD", "POL", "CHE", "GBR", "USA", "JPN", "KOR", "UKR", "AUT", "BEL", "BGR",
    "CYP", "CZE", "DNK", "ESP", "EST", "FIN", "GRC", "HRV", "HUN", "IRL", "LTU", "LUX", "LVA", "MLT", "PRT", "ROU",
    "SVK", "SVN", "SWE",
)  # fmt: skip
NUMBERS = [
    "exporter_musd", "importer_musd", "compiled_musd", "cif_factor", "weight_exporter", "value_musd", "lo", "hi",
    "expected_musd",
]  # fmt: skip


def press() -> pd.DataFrame:
    """Reports that were only found quoted by the press, a source in every row."""
    import pandas as pd

    text = files("karvan.data.recipes.mirror_2023").joinpath("press.csv").read_text(encoding="utf-8")
    return pd.read_csv(io.StringIO(text))


def make(source: Path) -> dict[str, pd.DataFrame]:
    """Reconcile each year of the raw files and keep the core countries' pairs and all of Kazakhstan's.

    Returns frames `flows`, `flags`, `quality`, `margin`, `complete`, `sources`, `notes`; small flows without a flag
    are left out.
    """
    import pandas as pd

    from karvan.data.evidence_mirror import SMALL
    from karvan.data.reports import read_reports
    from karvan.estimate.mirror import reconcile

    data = read_reports(source, first=YEARS[0])
    whole = reconcile(data.reports, gravity=data.gravity, gdp=data.gdp, history=data.history)
    flows = _core(whole.flows)
    flows = flows[flows["value_musd"].ge(SMALL) | flows["rules"].ne("")]
    known = list(csv.DictReader(io.StringIO(_sources())))
    flows = flows.drop(columns=["gap_musd", "gap_percent"]).reset_index(drop=True)
    for column in NUMBERS:
        flows[column] = [_short(v) for v in flows[column]]
    for side in ("exporter", "importer", "compiled"):
        flows[f"source_{side}"] = [_identify(v, known) for v in flows[f"source_{side}"]]
    tables = {"flows": flows, "flags": _core(whole.flags), "quality": whole.quality, "margin": whole.margin}
    notes = [n for n in whole.notes if not n[:4].isdigit()]
    lists = whole.complete
    tables["complete"] = lists[lists["reporter"].isin(CORE) & lists["year"].between(*YEARS)].reset_index(drop=True)
    return {**tables, "sources": pd.DataFrame(known), "notes": pd.DataFrame({"note": notes})}


def write(tables: dict[str, pd.DataFrame], folder: Path) -> None:
    """Write the evidence: one compressed CSV per table, the same bytes for the same tables."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in tables.items():
        text = table.to_csv(index=False, float_format="%.6g", lineterminator="\n").encode()
        write_whole(folder / f"mirror-2023.{name}.csv.gz", gzip.compress(text, 9, mtime=0))


def kept(one: str, other: str) -> bool:
    """Say whether the flows of a pair are among those kept."""
    return HOME in (one, other) or {one, other} <= set(CORE)


def _core(table: pd.DataFrame) -> pd.DataFrame:
    from karvan.estimate.mirror.flags import ALL

    ends = table[["exporter", "importer"]]
    inside = ends.isin([*CORE, ALL]).all(axis=1) | ends.isin([HOME]).any(axis=1)
    return table[inside & table["year"].between(*YEARS)].reset_index(drop=True)


def _sources() -> str:
    return files("karvan.data.recipes.mirror_2023").joinpath("sources.csv").read_text(encoding="utf-8")


def _identify(text: object, known: list[dict[str, str]]) -> str:
    """The short name of a source; its year and rate stay behind the colon."""
    if not isinstance(text, str):
        return ""
    for row in known:
        if text.startswith(row["starts"]):
            rest = text.removeprefix(row["starts"]).lstrip(", ")
            return f"{row['source']}: {rest}" if rest else row["source"]
    raise SourceError(f"{text!r} is not in sources.csv of the recipe: state its licence there before it is shipped")


def _short(value: float) -> float:
    return float(f"{value:.5g}")
