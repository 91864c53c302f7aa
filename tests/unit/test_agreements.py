"""The estimates that scenarios draw from: how the panel is read, how start years are averaged, what is stored."""

from importlib.resources import files

import numpy as np
import pandas as pd
import pytest
from paths import shared

import karvan as kv
from karvan.core.estimates import shipped
from karvan.data import evidence
from karvan.data.recipes.agreements import also, regression
from karvan.data.recipes.agreements.panel import FILE, read


class Fit:
    """What `average` reads of a regression."""

    names = ("eaeu", "eu")

    def __init__(self, b, variance):
        self.b, self.covariance = np.array(b), np.diag(variance)


def test_average_has_the_variance_of_drawing_a_start_year_and_then_within_it():
    found = regression.average([Fit([0.1, 0.0], [0.04, 0.01]), Fit([0.3, 0.0], [0.02, 0.01])], Fit.names)
    assert found.b == pytest.approx([0.2, 0.0])
    assert np.diag(found.covariance) == pytest.approx([0.03 + 0.01, 0.01])
    rng = np.random.default_rng(0)
    first = rng.random(400_000) < 0.5
    drawn = np.where(first, 0.1 + 0.2 * rng.standard_normal(400_000), 0.3 + 0.02**0.5 * rng.standard_normal(400_000))
    assert drawn.var() == pytest.approx(found.covariance[0, 0], rel=0.02)


@pytest.fixture
def panel(tmp_path):
    (tmp_path / FILE).parent.mkdir()

    def write(*rows):
        columns = ["exp", "imp", "time", "export", "id", "agreement", "tf_prov_41", "ad_prov_14"]
        pd.DataFrame(rows, columns=columns).to_parquet(tmp_path / FILE)
        return read(tmp_path, 1996).set_index(["exporter", "importer", "year"])

    return write


def test_members_are_tagged_when_they_belong(panel):
    table = panel(
        ("KAZ", "RUS", "2008", 5e6, 223.0, "x", 0.0, 0.0),
        ("KAZ", "RUS", "2012", 5e6, 240.0, "x", 0.0, 0.0),
        ("ARM", "RUS", "2012", 5e6, 240.0, "x", 0.0, 0.0),
        ("ARM", "RUS", "2016", 5e6, 257.0, "x", 1.0, 1.0),
        ("KAZ", "DEU", "2016", 5e6, 0.0, "", 0.0, 0.0),
    )
    assert table["eaeu"].tolist() == [0.0, 1.0, 0.0, 1.0, 0.0]
    assert table["soviet_2012"].tolist() == [0.0, 1.0, 1.0, 0.0, 0.0]
    assert table["trade"].tolist() == [5.0] * 5
    assert "soviet_2008" not in table


def test_agreements_are_told_apart_by_depth(panel):
    table = panel(
        ("FRA", "DEU", "2012", 1e6, 1.0, "EC/EU", 1.0, 1.0),
        ("FRA", "CHE", "2012", 1e6, 2.0, "x", 1.0, 1.0),
        ("FRA", "TUN", "2012", 1e6, 3.0, "x", 0.0, 1.0),
    )
    assert table[["eu", "shallow", "medium", "deep"]].to_numpy().tolist() == [[1, 0, 0, 0], [0, 0, 1, 0], [0, 1, 0, 0]]


def test_a_zero_of_a_pair_that_trades_thousands_of_millions_is_a_gap(panel):
    table = panel(
        ("RUS", "BLR", "2008", 0.0, 0.0, "", 0.0, 0.0),
        ("RUS", "BLR", "2012", 2e10, 0.0, "", 0.0, 0.0),
        ("RUS", "FJI", "2008", 0.0, 0.0, "", 0.0, 0.0),
        ("FRA", "BUN", "2008", 1e9, 0.0, "", 0.0, 0.0),
    )
    assert list(table.index) == [("RUS", "BLR", 2012), ("RUS", "FJI", 2008)]


def test_no_file_says_where_to_point(tmp_path):
    with pytest.raises(kv.SourceError, match="point --from at the folder"):
        read(tmp_path, 1996)


def test_the_file_that_scenarios_read_is_the_stored_result():
    found = evidence.read("agreements")
    written = also(found)["gravity.toml"]
    assert files("karvan").joinpath("estimates", "gravity.toml").read_text(encoding="utf-8") == written
    row = found.table("average").to_dicts()[0]
    assert shipped()["gravity/eaeu"].b == pytest.approx(row["b"], abs=1e-4)
    used = [r["b"] for r in found.table("specifications").to_dicts() if r["coefficient"] == "eaeu" and r["averaged"]]
    assert np.mean(used) == pytest.approx(row["b"], abs=1e-6)


def test_the_shortest_sample_gives_the_stored_estimate_again():
    found = regression.fit(shared("gravity"), 2008)
    stored = [r for r in evidence.read("agreements").table("specifications").to_dicts() if r["from"] == 2008]
    for r in stored:
        if r["averaged"]:
            assert found[r["coefficient"]] == pytest.approx(
                r["b"], abs=2e-4
            )  # iterations end at a change of the deviance of 1e-8
            assert found.se_of(r["coefficient"]) == pytest.approx(r["se"], abs=2e-4)
