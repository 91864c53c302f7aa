"""The calibration: both sets are shown, the fit is what is shipped, and held-out observations are not read by it."""

from __future__ import annotations

import sys
from dataclasses import replace

import numpy as np
import pytest

import karvan as kv
from karvan import cli
from karvan.core.errors import LabelError
from karvan.network.calibrate import PARAMETERS, compare, deflated, fit, predict, summary
from karvan.network.network import Network


@pytest.fixture(scope="module")
def own() -> Network:
    return Network.read()


def test_every_observation_is_compared_once(own: Network) -> None:
    found = kv.corridors().check()
    assert len(found) == len(own.tables["observed"])
    assert all(np.isfinite(one.miss) for one in found)
    assert {one.held_out for one in found} == {True, False}


def test_the_misses_are_what_the_documentation_says(own: Network) -> None:
    rows = {(row[0], row[1]): row for row in summary(compare(own)).rows}
    assert rows["days", "held out"][3] == pytest.approx(24.7, abs=0.1)
    assert rows["usd", "held out"][3] == pytest.approx(25.7, abs=0.1)  # over the 25 % aimed at
    assert rows["days", "fitted"][3] == pytest.approx(15.1, abs=0.1)
    assert rows["usd", "fitted"][3] == pytest.approx(9.7, abs=0.1)


def test_the_shipped_multipliers_are_near_the_optimum_of_the_fitted_set(own: Network) -> None:
    shipped = {row["parameter"]: row["value"] for row in own.tables["calibration"]}
    assert objective(own, shipped) < objective(own, dict.fromkeys(PARAMETERS, 1.0))
    for name in PARAMETERS:
        for step in (0.85, 1.15):
            moved = {**shipped, name: shipped[name] * step}
            assert objective(own, moved) > objective(own, shipped)


def test_the_fit_does_not_read_what_is_set_aside(own: Network) -> None:
    aside = {row["group"] for row in own.tables["split"] if row["set"] == "held out"}
    rows = [row for row in own.tables["observed"] if row["group"] not in aside]
    without = replace(own, tables={**own.tables, "observed": rows})
    assert fit(without, steps=1) == fit(own, steps=1)


def test_dollars_are_those_of_one_year(own: Network) -> None:
    rows = {row["id"]: row for row in own.tables["observed"]}
    dollars = next(row for row in rows.values() if row["metric"] == "usd" and row["year"] == 2018)
    days = next(row for row in rows.values() if row["metric"] == "days")
    assert deflated(own, dollars) == pytest.approx(dollars["value"] * 322.1 / 251.107)
    assert deflated(own, days) == days["value"]
    with pytest.raises(LabelError, match=r"dollars of 1999, but prices\.csv has 2010 to 2026"):
        deflated(own, {**dollars, "year": 1999})


def objective(network: Network, multipliers: dict[str, float]) -> float:
    aside = {row["group"] for row in network.tables["split"] if row["set"] == "held out"}
    rows = [row for row in network.tables["observed"] if row["group"] not in aside]
    groups = [row["group"] for row in rows]
    tried = network.calibrated(multipliers)
    graphs: dict = {}
    misses = [
        np.log(predict(tried, row, graphs) / deflated(network, row)) ** 2 / groups.count(row["group"]) for row in rows
    ]
    return sum(misses) / 0.25**2 + sum(np.log(list(multipliers.values())) ** 2) / 0.5**2


def test_check_prints_both_sets(monkeypatch, capsys) -> None:
    monkeypatch.setattr(sys, "argv", ["karvan", "corridors", "check"])
    with pytest.raises(SystemExit) as end:
        cli.main()
    out = capsys.readouterr().out
    assert not end.value.code and "held out" in out and "fitted" in out and "largest" in out
