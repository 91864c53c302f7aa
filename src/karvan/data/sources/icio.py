"""Inter-country input-output tables of the OECD: zips of five years, with a `YYYY_SML.csv` for each."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from karvan.core.errors import SourceError
from karvan.core.labels import suggest
from karvan.data.store.request import Request

if TYPE_CHECKING:
    import pandas as pd

ADDRESS = "https://stats.oecd.org/wbos/fileview2.aspx"
FILES = {
    "2023": {
        (1995, 2000): "d26ad811-5b58-4f0c-a4e3-06a1469e475c",
        (2001, 2005): "7cb93dae-e491-4cfd-ac67-889eb7016a4a",
        (2006, 2010): "ea165bfb-3a85-4e0a-afee-6ba8e6c16052",
        (2011, 2015): "1f791bc6-befb-45c5-8b34-668d08a1702a",
        (2016, 2020): "d1ab2315-298c-4e93-9a81-c6f2273139fe",
    },
    "extended": {
        (2011, 2015): "1a841dd1-a38e-4faa-9a86-95b41b0aac30",
        (2016, 2022): "c95e1402-462c-4fc7-951f-a2df3fb1d8f3",
    },
}


def requests(*, year: int = 2019, edition: str = "") -> tuple[Request, ...]:
    """Return the one file that holds a year.

    Parameters
    ----------
    year : 1995-2020 in the 2023 edition (77 countries x 45 industries), 2011-2022 in the extended one (81 x 50)
    edition : "2023" or "extended"; default 2023, and extended for later years

    Raises
    ------
    SourceError
        No such edition, or no such year in it.
    """
    edition = edition or ("2023" if year <= 2020 else "extended")
    if edition not in FILES:
        raise SourceError(f"icio: no edition {edition!r}.{suggest(edition, FILES)}")
    for (first, last), key in FILES[edition].items():
        if first <= year <= last:
            return (Request(ADDRESS, f"{edition}-{first}-{last}.zip", (("IDFile", key),), expect="zip"),)
    years = sorted(FILES[edition])
    raise SourceError(f"icio: the {edition} edition has the years {years[0][0]} to {years[-1][1]}, not {year}")


def accept(path: Path, *, year: int = 2019) -> None:
    """Refuse a file that is no inter-country table, or an archive without the year."""
    from karvan.data.icio.reading import require_table

    require_table(path, year)


def read(paths: Sequence[Path], *, year: int = 2019, edition: str = "") -> pd.DataFrame:
    """Return the uses of one year that are not zero: exporter, sector, importer, use, value_musd.

    `use` is an industry of the importer or a category of final demand (HFCE, ..., INVNT). Rows with the sector TLS or
    VA and no exporter are taxes less subsidies and value added. `karvan.load("icio", ...)` makes a World of the file.
    """
    import pandas as pd

    from karvan.data.icio.layout import CATEGORIES
    from karvan.data.icio.reading import read as table_of

    table = table_of(paths[0], year)
    if edition and table.edition != edition:
        raise SourceError(f"{paths[0]}: industries of the {table.edition} edition, not of {edition!r}")
    N, J = table.OUT.shape
    uses = np.concatenate([table.Z, table.F], axis=3).reshape(N * J, -1)
    foot = [np.concatenate([table.TLS, table.final_taxes], axis=1).ravel()]
    foot += [np.concatenate([table.VA, np.zeros((N, len(CATEGORIES)))], axis=1).ravel()]
    cells = np.vstack([uses, *foot])
    row, column = np.nonzero(cells)
    n, use = np.divmod(column, J + len(CATEGORIES))
    i, k = np.divmod(row, J)
    below = row >= N * J
    k = np.where(below, J + row - N * J, k)
    columns = {
        name: pd.Categorical.from_codes(codes.astype(np.int16), pd.Index(labels))
        for name, codes, labels in (
            ("exporter", np.where(below, -1, i), table.countries),
            ("sector", k, (*table.sectors, "TLS", "VA")),
            ("importer", n, table.countries),
            ("use", use, (*table.sectors, *CATEGORIES)),
        )
    }
    return pd.DataFrame({**columns, "value_musd": cells[row, column]})
