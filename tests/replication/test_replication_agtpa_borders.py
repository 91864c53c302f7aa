"""Removing all borders: karvan beside the guide, and the guide's own loop beside its published file."""

from __future__ import annotations

import numpy as np
import pytest
from guide_loop import loop
from paths import shared

from karvan import replicate
from karvan.replication import agtpa_borders as agtpa

PRINTED = {"USA": 10.65, "JPN": 12.37, "CHN": 14.35, "DEU": 24.31, "GBR": 24.12, "TUR": 37.44}
PRINTED |= {"POL": 44.22, "MEX": 45.91, "CAN": 54.36, "NPL": 72.41, "SGP": 8.65}


@pytest.fixture(scope="module")
def folder():
    return shared("agtpa") / "agtpa"


def test_all_countries_agree(folder) -> None:
    table = replicate("agtpa-borders", folder)
    assert len(table.rows) == 3 * 69
    assert all(row["verdict"] == "agrees" for row in table.to_dicts()), str(table)


def gaps(folder, deficits: str) -> np.ndarray:
    rows = replicate("agtpa-borders", folder, deficits=deficits).to_dicts()
    return np.abs([row["difference"] for row in rows if row["quantity"].startswith("real GDP")])


def test_which_closure_is_the_guides(folder) -> None:
    """Most countries within 0.1 points under either; Hong Kong, furthest from balance, tells them apart."""
    share, fixed = gaps(folder, "share"), gaps(folder, "fixed")
    assert (share < 0.1).sum() >= 50 and (fixed < 0.1).sum() >= 50
    assert share.max() < 0.6 < 1.5 < fixed.max()


def test_real_gdp_of_the_guide(folder) -> None:
    """Its loop, run again, meets all published prices and exports, and the real GDPs that the guide prints."""
    panel = agtpa.read(folder)
    found = loop(panel, stop=0.01)
    published = agtpa._published(folder / agtpa.PUBLISHED)
    for name, ours in (("change_price_FULL", found.price), ("change_Xi_FULL", found.exports)):
        expected = [published[c][name] for c in panel.countries]
        np.testing.assert_allclose(ours, expected, atol=1e-4)
    assert {c: agtpa.REAL_GDP[c] for c in agtpa.PRINTED} == PRINTED
    np.testing.assert_allclose(found.real_gdp, [agtpa.REAL_GDP[c] for c in panel.countries], atol=0.006)


def test_the_early_stop_is_the_smaller_part(folder) -> None:
    """Run to the end, the guide's loop moves real GDP by less than 0.1 points."""
    panel = agtpa.read(folder)
    early, late = loop(panel, stop=0.01), loop(panel, stop=1e-9)
    assert early.passes < 10 < late.passes
    assert np.abs(late.real_gdp - early.real_gdp).max() < 0.1


def test_fitted_flows_keep_totals(folder) -> None:
    panel = agtpa.read(folder)
    X = agtpa.fitted(panel)
    np.testing.assert_allclose(X.sum(axis=0), panel.trade.sum(axis=0), rtol=1e-11)
    np.testing.assert_allclose(X.sum(axis=1), panel.trade.sum(axis=1), rtol=1e-11)
