"""What the oil routes refuse, and how they say it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import karvan as kv
from karvan.network.oil.files import SHIPPED
from karvan.network.oil.logit import capped_logit


@pytest.fixture(scope="module")
def system() -> kv.OilRoutes:
    return kv.oil_routes()


@pytest.mark.parametrize(
    ("call", "error", "says"),
    [
        (lambda s: s.close("CPP"), kv.LabelError, "Did you mean 'CPC'"),
        (lambda s: s.close("Atyrau Samara"), kv.LabelError, "Did you mean 'Atyrau-Samara'"),
        (lambda s: s.close("Rusia"), kv.LabelError, "Did you mean 'Russia'"),
        (lambda s: s.close("CPC", days=-1), kv.ScenarioError, "days is -1"),
        (lambda s: s.close("CPC", days=2.5), kv.ScenarioError, "whole number"),
        (lambda s: s.close("CPC", share=1.1), kv.ScenarioError, "share is 1.1"),
        (lambda s: s.close("CPC", share=33), kv.ScenarioError, "0.33, not 33"),
        (lambda s: s.close("CPC", share=float("nan")), kv.ScenarioError, "share is nan"),
        (lambda s: s.close("CPC", price=0), kv.ScenarioError, "oil price 0"),
        (lambda s: s.close("CPC", price=kv.Range(50, -10, 60)), kv.ScenarioError, "oil price -10"),
        (lambda s: s.close("CPC", draws=0), kv.ScenarioError, "draws is 0"),
        (lambda s: s.close("CPC", draws=1).sums(0), kv.ScenarioError, "from day 1 to 365"),
        (lambda s: s.close("CPC", draws=1).table((400,)), kv.ScenarioError, "by day 400"),
        (lambda s: s.sources("asumed"), kv.LabelError, "Did you mean 'assumed'"),
        (lambda s: s.flows(2020), kv.LabelError, "no figures for 2020; there are 2009, 2013, 2021"),
        (lambda s: s.flows(2025, {"CPP": 60}), kv.LabelError, "Did you mean 'CPC'"),
        (lambda s: s.flows(2025, {"CPC": 30}), kv.InfeasibleError, "below the 38 that contracts promise"),
        (lambda s: s.flows(2025, {"China": float("nan")}), kv.InfeasibleError, "contracts promise"),
        (lambda s: s.flows(2025, {"CPC": 40}), kv.InfeasibleError, "routes with room for"),
    ],
)
def test_questions(system: kv.OilRoutes, call: Callable[[kv.OilRoutes], object], error: type, says: str) -> None:
    with pytest.raises(error, match=says.replace("(", r"\(")):
        call(system)


@pytest.mark.parametrize(
    ("file", "old", "new", "says"),
    [
        ("capacity.csv", "CPC,2023,70.0,72.5,74.0", "CPC,2023,30.0,31.0,32.0", "capacity 31 Mt is below the 38 Mt"),
        ("capacity.csv", "CPC,2023,70.0,72.5,74.0", "CPC,2023,70.0,62.5,74.0", "low <= mode <= high is broken"),
        ("capacity.csv", "CPC,2018", "CPP,2018", "unknown oil route 'CPP'. Did you mean 'CPC'"),
        ("totals.csv", "2025,12,production,96.2,97.1,99.8", "2025,12,output,96.2,97.1,99.8", "lacks production"),
        ("fields.csv", "Tengiz,2025", "Tengiz,2026", "year 2025 lacks Tengiz in fields.csv"),
        ("fields.csv", "Tengiz,2025,38.9,39.0,39.5", "Tengiz,2025,38.9,79.0,79.5", "more than the exports"),
        ("discounts.csv", "KEBCO,2025", "KEBCO,2019", "lacks KEBCO in discounts.csv"),
        ("volumes.csv", "2022,China,", "2022,Chine,", "unknown oil route 'Chine'. Did you mean 'China'"),
        ("volumes.csv", "2022,China,,1.285", "2022,China,,1;285", "low is not a number"),
        ("volumes.csv", "2022,Aktau-Baku,", "2022,China,", "is there twice"),
        ("costs.csv", "inform.kz a3074404 (2017); tanker assumed 4-20,assumed", ",guess", "no source"),
        ("costs.csv", "route,low", "way,low", "no column route"),
        ("brent.csv", "2021,", "1921,", "lacks a price in brent.csv"),
        ("split.csv", "2021,fit", "2019,fit", "lacks a use in split.csv"),
        ("totals.csv", "2025,12,exports", "2025,twelve,exports", "months is not a whole number"),
        ("transit.csv", "Russia,CPC+", "Russia,CPP+", "unknown oil route 'CPP'"),
        ("access.csv", "others,", "rest,", "the last field must be 'others'"),
    ],
)
def test_tables(tmp_path: Path, file: str, old: str, new: str, says: str) -> None:
    folder = tmp_path / "oil"
    shutil.copytree(SHIPPED, folder)
    text = (folder / file).read_text(encoding="utf-8")
    assert old in text
    (folder / file).write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(kv.SourceError) as fault:
        kv.oil_routes(folder).flows(2025)
    assert says in str(fault.value)


def test_a_fit_of_other_tables_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "oil"
    shutil.copytree(SHIPPED, folder)
    text = (folder / "costs.csv").read_text(encoding="utf-8")
    (folder / "costs.csv").write_text(text.replace("CPC,36,46,64", "CPC,36,47,64"), encoding="utf-8")
    with pytest.raises(kv.SourceError, match="fitted to other tables"):
        kv.oil_routes(folder)


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(kv.SourceError, match=r"costs\.csv is missing"):
        kv.oil_routes(tmp_path)


def test_a_floor_that_no_field_can_fill_is_refused() -> None:
    weights = np.array([[1.0, 0.0], [1.0, 1.0]])
    with pytest.raises(kv.InfeasibleError, match="contracts promise 3 Mt"):
        capped_logit(np.array([5.0, 2.0]), weights, np.array([0.0, 3.0]), np.array([9.0, 9.0]))
