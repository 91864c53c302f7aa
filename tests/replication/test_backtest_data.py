"""The stored back-tests, made again from the source files; and what was done to the sources' defects."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import karvan as kv
from karvan.backtests import TESTS, icio_years, tariff_2012, union_2010
from karvan.data.recipes.eurasia_2021.common import sectors
from tests.paths import shared

FOLDERS = {"tariff-2012": ("icio", "eora_cp2017", "gdp"), "union-2010": ("gravity", "gdp")}


def cells(value: Any) -> Iterator[Any]:
    for item in value.values() if isinstance(value, dict) else value:
        if isinstance(item, dict | list | tuple):
            yield from cells(item)
        else:
            yield item


@pytest.mark.parametrize("name", TESTS)
def test_the_stored_result_comes_out_again(name: str) -> None:
    data = shared(*FOLDERS[name])
    kept, made = kv.backtest(name).to_dict(), kv.backtest(name, data, variants=False).to_dict()
    main = {row[0] for row in made["fit"]["rows"]}
    kept["fit"]["rows"] = [row for row in kept["fit"]["rows"] if row[0] in main]
    for data_ in (kept, made):
        hashes = data_["record"]
        data_["record"] = {k: hashes[k] for k in ("files", "draws", "seed")}
    assert made["record"] == kept["record"]
    for one, other in zip(cells(made), cells(kept), strict=True):
        assert one == (pytest.approx(other, abs=2e-3) if isinstance(other, float) else other)


def test_tariffs_after_corrections() -> None:
    years = icio_years.read(shared("icio"), (2018,), 2012)
    before, after = years.years[2012].tau, years.years[2018].tau
    at = {c: k for k, c in enumerate(icio_years.PARTNERS)}
    services = np.isin(sectors(), ["trade_transport", "other_services"])
    assert not before[..., services].any()
    inside = [at[c] for c in icio_years.MEMBERS]
    assert not before[np.ix_(inside, inside)].any()
    assert not after[inside][:, at["UKR"]].any()
    assert before.max() <= 0.5
    for member in inside:
        china, germany = before[member, at["CHN"], ~services], before[member, at["DEU"], ~services]
        assert china.mean() == pytest.approx(germany.mean(), rel=0.15)
    fall = after[inside][:, at["DEU"], ~services].mean() - before[inside][:, at["DEU"], ~services].mean()
    assert -0.03 < fall < -0.01
    as_published = icio_years.read(shared("icio"), (2018,), 2012, corrected=False).years[2012].tau
    assert as_published[at["RUS"], at["CHN"], ~services].mean() < 0.02


def test_flows_add_up_to_the_table() -> None:
    folder = shared("icio")
    M = icio_years.read(folder, (), 2012).years[2012].M
    with np.load(folder / "icio" / icio_years.FILE) as z:
        year = list(z["years"]).index(2012)
        total = float(z["X"][year].astype(float).sum())
        codes = [str(c) for c in z["countries"]]
        russia_to_kazakhstan = float(z["X"][year, codes.index("RUS"), codes.index("KAZ"), :27].astype(float).sum())
    assert M.sum() == pytest.approx(total)
    goods = ~np.isin(sectors(), ["trade_transport", "other_services"])
    assert M[0, 1][goods].sum() == pytest.approx(russia_to_kazakhstan)


def test_a_year_that_is_not_there_is_told() -> None:
    with pytest.raises(kv.SourceError, match="has no year 1999; years are 2011 to 2022"):
        icio_years.read(shared("icio"), (1999,), 2012)


def test_the_world_of_2012_holds_together() -> None:
    data = shared("icio", "eora_cp2017", "gdp")
    years = icio_years.read(data, (2018, 2019), 2012)
    for linked in (True, False):
        world = tariff_2012.world_of(data, years, linked=linked)
        world.check()
        assert world.has_inputs is linked
    case = tariff_2012.case_of(world, years)
    changed = case.change.change(world).tau_new != world.tau
    assert set(np.array(world.countries)[changed.any(axis=(1, 2))]) == {"KAZ", "RUS", "BLR"}


def test_the_panel_of_2008() -> None:
    panel = union_2010.read(shared("gravity", "gdp"))
    at = {c: k for k, c in enumerate(panel.names)}
    assert panel.before[at["KAZ"], at["RUS"]] == pytest.approx(12_689, rel=1e-3)
    assert panel.after[at["KAZ"], at["CHN"]] == pytest.approx(11_000, rel=1e-3)
    assert panel.before[at["BLR"], at["RUS"]] == 0
    case = union_2010.case_of(panel)
    case.world.check()
    tau = case.change.change(case.world).tau_new[..., 0]
    assert tau[at["KAZ"], at["CHN"]] == 0.095
    assert tau[at["KAZ"], at["RUS"]] == tau[at["KAZ"], at["UKR"]] == tau[at["RUS"], at["CHN"]] == 0
