"""BACI 2023, totals of 194 countries: flows that CEPII reconciled out of both sides' reports, and GDP beside them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from karvan.core.countries import require_iso3
from karvan.core.faults import Faults

if TYPE_CHECKING:
    import pandas as pd

FOLDER = "baci2023"
YEAR = 2023
SOURCE = "CEPII BACI V202501, 2023"


def read(folder: Path) -> pd.DataFrame:
    """Read the flows; thousand USD, fob. A blank cell is a zero: nobody reported anything to the United Nations."""
    import pandas as pd

    codes, file = labels(folder), folder / FOLDER / "trade_cepii.csv"
    trade = np.nan_to_num(np.genfromtxt(file, delimiter=",", skip_header=1))
    faults = Faults(file)
    if trade.shape != (len(codes), len(codes)):
        faults.add(f"{trade.shape[0]} x {trade.shape[1]} cells, expected {len(codes)} x {len(codes)} as in the labels")
    faults.stop()
    np.fill_diagonal(trade, 0.0)
    i, j = np.nonzero(trade > 0)
    names = np.array(codes)
    return pd.DataFrame(
        {
            "reporter": names[i], "partner": names[j], "flow": "exports", "year": YEAR, "value_musd": trade[i, j] / 1e3,
            "valuation": "reconciled", "source": SOURCE, "complete": True,
        }
    )  # fmt: skip


def labels(folder: Path) -> list[str]:
    """ISO3 codes in the order of the matrix."""
    import pandas as pd

    file = folder / FOLDER / "country_labels.csv"
    names = [str(c) for c in pd.read_csv(file, keep_default_na=False)["iso3"]]
    faults = Faults(file)
    found = require_iso3(names, faults, "iso3")
    faults.stop()
    return [str(code) for code in found]


def gdp(folder: Path) -> pd.DataFrame:
    """GDP of the same countries and year, MUSD (World Bank)."""
    import pandas as pd

    size = pd.read_csv(folder / FOLDER / "gdp.csv")["gdp"] / 1e6
    return pd.DataFrame({"country": labels(folder), "year": YEAR, "gdp_musd": size})
