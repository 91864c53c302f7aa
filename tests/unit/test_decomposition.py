"""A Decomposition says its parts with labels, in percent and in money, and ranks them."""

from __future__ import annotations

import numpy as np
import pytest
from worlds import random_change, random_world

from karvan import Decomposition, LabelError, ScenarioError, SymbolError, decompose
from karvan.core.decomposition import CELLS, PARTS
from karvan.core.symbols import symbol


@pytest.fixture(scope="module")
def found() -> Decomposition:
    world = random_world(7, 6, 4)
    return decompose(world, random_change(7, world))


def test_labels_and_units(found: Decomposition) -> None:
    volume = found["part_volume"]
    assert volume.dims == ("country", "partner", "sector")
    assert volume.attrs["unit"] == "log"
    assert float(volume.sel(country="C00", partner="C03", sector="s01")) == found.values["part_volume"][0, 3, 1]
    for name, values in found.values.items():
        assert values.shape == tuple(len(found.axes[d]) for d in symbol(name).dims)
    with pytest.raises(SymbolError, match=r"no 'part_volumes'\. Did you mean 'part_volume'"):
        found.money("part_volumes")


def test_terms_of_trade_are_what_is_sold_and_what_is_bought(found: Decomposition) -> None:
    v = found.values
    np.testing.assert_allclose(v["part_terms_of_trade"], v["part_export_prices"] + v["part_import_prices"])
    own = np.arange(6)
    assert not v["part_terms_of_trade"][own, own].any()
    assert v["part_volume"][5, 5].any()  # the last country taxes its own sales


def test_table_in_percent_and_in_money(found: Decomposition) -> None:
    percent, money = found.table(), found.table(money=True)
    assert percent.columns == ("country", *(p.removeprefix("part_") for p in PARTS), "sum", "exact")
    welfare = found.outcome.values
    for n, (in_percent, in_money) in enumerate(zip(percent.rows, money.rows, strict=True)):
        assert in_percent[-1] == pytest.approx(100 * np.log(welfare["welfare_hat"][n]))
        assert in_money[-1] == pytest.approx(welfare["welfare_money"][n])
        for row in (in_percent, in_money):
            assert sum(row[1:-2]) == pytest.approx(row[-2])
            assert row[-2] == pytest.approx(row[-1], abs=1e-6 * abs(row[-1]) + 1e-6)
    assert "deficits fixed" in percent.title


def test_money_of_nothing_is_nothing() -> None:
    world = random_world(1, 4, 2)
    still = decompose(world, random_change(1, world, []))
    assert np.abs(still.values["real_income_log"]).max() < 1e-11
    assert all(np.isfinite(still.money(name)).all() for name in still.values)
    for row in still.table(money=True).rows:
        assert abs(row[-1]) < 1e-6


@pytest.mark.parametrize("by", ["cell", "partner", "sector", "part"])
def test_largest_ranks_everything(found: Decomposition, by: str) -> None:
    ranked = found.largest("C01", 10_000, by=by)
    sizes = [abs(entry.value) for entry in ranked]
    assert sizes == sorted(sizes, reverse=True)
    assert sum(entry.value for entry in ranked) == pytest.approx(found.values["real_income_log"][1], abs=1e-8)
    assert sum(entry.money for entry in ranked) == pytest.approx(found.outcome.values["welfare_money"][1], rel=1e-5)
    assert len(found.largest("C01", 3, by=by)) == 3
    assert {bool(e.partner) for e in ranked if e.part == "volume"} == {by in ("cell", "partner")}
    assert {bool(e.sector) for e in ranked if e.part == "volume"} == {by in ("cell", "sector")}
    assert all(not e.partner for e in ranked if e.part == "productivity")


def test_largest_finds_the_cell(found: Decomposition) -> None:
    first = found.largest("C02", 1)[0]
    largest = max(np.abs(found.values[name][2]).max() for name in CELLS)
    assert abs(first.value) == largest


def test_unknown_words_are_refused(found: Decomposition) -> None:
    with pytest.raises(LabelError, match="C99"):
        found.largest("C99")
    with pytest.raises(ScenarioError, match=r"by='partners'\. Did you mean 'partner'"):
        found.largest("C00", by="partners")
