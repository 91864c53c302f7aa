"""CEPII Gravity: pairs once, units in the names, missing values missing."""

import zipfile
from pathlib import Path

import duckdb
import pytest

from karvan.core.errors import SourceError
from karvan.data.sources import cepii_gravity

MADE = Path(__file__).parents[1] / "recorded" / "cepii-gravity" / "Gravity_V202211.csv"


def archive(folder: Path, text: str = "") -> Path:
    path = folder / "Gravity_csv_V202211.zip"
    with zipfile.ZipFile(path, "w") as made:
        made.writestr("Gravity_V202211.csv", text or MADE.read_text())
        made.writestr("Countries_V202211.csv", "iso3\nKAZ\n")
    return path


def test_pairs_that_did_not_exist_are_left_out(tmp_path: Path) -> None:
    found = cepii_gravity.read([archive(tmp_path)])
    assert list(found["importer"]) == ["DEU", "RUS"] and set(found["exporter"]) == {"KAZ"}
    assert list(found["dist_km"]) == [4100, 2000] and list(found["distw_harmonic_km"]) == [4200, 1800.5]
    assert list(found["gdp_d_kusd"]) == [3888327168, 1687448448] and list(found["eu_d"]) == [1, 0]
    assert found["comcol"].isna().tolist() == [False, True]
    assert found["tradeflow_baci_kusd"].isna().tolist() == [True, False]


def test_named_columns_only(tmp_path: Path) -> None:
    path = archive(tmp_path)
    found = cepii_gravity.read([path], columns=("dist", "contig"), importers=("RUS",), years=(2019,))
    assert found.to_dict("records") == [
        {"year": 2019, "exporter": "KAZ", "importer": "RUS", "dist_km": 2000.0, "contig": 1.0}
    ]
    with pytest.raises(SourceError, match=r"columns missing: distance, fta\. distance:.*"):
        cepii_gravity.read([path], columns=("distance", "fta"))


def test_parquet(tmp_path: Path) -> None:
    cepii_gravity.to_parquet(archive(tmp_path), tmp_path / "panel", columns=("dist",))
    assert duckdb.sql(f"SELECT sum(dist_km) FROM '{tmp_path}/panel/*/*.parquet'").fetchall() == [(6100.0,)]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (",4100,4200,0,0,0,0,18513.67", ",-4100,4200,0,0,0,0,18513.67", ":3: dist_km is negative"),
        (",4100,4200,0,0,0,0,18513.67", ',"4100,5",4200,0,0,0,0,18513.67', ":3: dist is not of its type"),
        ("KAZ,DEU,398,276,1,0", "KAZ,DEU,398,276,1,1", ":4: duplicated: 2019, KAZ, DEU"),
        ("KAZ,RUS,398", "KAZ,RSU,398", ":2: unknown country 'RSU'"),
        ("iso3_o", "iso_o", ": columns missing: iso3_o. iso3_o: Did you mean 'iso_o'?"),
    ],
)
def test_bad_tables(tmp_path: Path, old: str, new: str, said: str) -> None:
    text = MADE.read_text()
    assert old in text
    with pytest.raises(SourceError) as caught:
        cepii_gravity.read([archive(tmp_path, text.replace(old, new))])
    assert f"Gravity_V202211.csv{said}" in str(caught.value)


def test_requests() -> None:
    (asked,) = cepii_gravity.requests()
    assert asked.url == "https://www.cepii.fr/DATA_DOWNLOAD/gravity/data/Gravity_csv_V202211.zip"
