"""The panel of re-exports takes sound tables only."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from hub_panels import MONTHS

from karvan.core.errors import SourceError
from karvan.estimate.reexports import panel

Change = Callable[[pd.DataFrame], pd.DataFrame]


def tables() -> tuple[pd.DataFrame, pd.DataFrame]:
    rows = [(k, "HUB", m, 1.0) for k in ("8471", "8703") for m in MONTHS]
    flows = pd.DataFrame(rows, columns=["product", "partner", "month", "meur"])
    totals = flows.groupby(["partner", "month"])["meur"].sum().reset_index()
    return flows, totals.assign(meur=totals["meur"] + 10.0)


def put(column: str, value: object) -> Change:
    def change(table: pd.DataFrame) -> pd.DataFrame:
        table = table.astype(object)
        table.loc[5, column] = value
        return table

    return change


def again(table: pd.DataFrame) -> pd.DataFrame:
    return pd.concat([table, table.iloc[[5]]])


CHANGES: dict[str, tuple[Change, str]] = {
    "negative": (put("meur", -1.0), ":7: meur is missing, negative or no number in 1 row"),
    "empty": (put("meur", np.nan), "meur is missing"),
    "colon": (put("meur", ":"), "first .*, :"),
    "infinite": (put("meur", np.inf), "no number"),
    "month": (put("month", "2020-13"), "month is not written 2022-03"),
    "twice": (again, "occurs twice in 1 row"),
    "gap": (lambda t: t[~t["month"].isin(["2021-05", "2021-06"])], "no row of 2021-05, 2021-06"),
    "column": (lambda t: t.drop(columns="month"), "columns missing: month"),
    "none": (lambda t: t.iloc[:0], "no row"),
}


@pytest.mark.parametrize("name", CHANGES)
@pytest.mark.parametrize("which", ["flows", "totals"])
def test_bad_rows_are_refused(name: str, which: str) -> None:
    flows, totals = tables()
    change, message = CHANGES[name]
    given = (change(flows), totals) if which == "flows" else (flows, change(totals))
    with pytest.raises(SourceError, match=f"{which}.*{message}"):
        panel(*given, after="2022-03")


def test_codes_of_two_levels_are_refused() -> None:
    flows, totals = tables()
    parts = flows[flows["product"] == "8703"].assign(product="87032310", meur=0.5)
    with pytest.raises(SourceError, match="part of another one: 87032310"):
        panel(pd.concat([flows, parts]), totals, after="2022-03")


def test_sound_tables_are_balanced_and_what_is_not_there_is_zero() -> None:
    flows, totals = tables()
    found = panel(flows.drop(3), totals, after="2022-03")
    assert found.listed[0, 0, 3] == 0
    assert found.listed.sum() == len(flows) - 1
