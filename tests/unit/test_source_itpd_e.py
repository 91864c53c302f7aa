"""ITPD-E: the archive through DuckDB, own sales and zeros kept, faults by line."""

import zipfile
from pathlib import Path

import duckdb
import pytest

from karvan.core.errors import SourceError
from karvan.data.sources import itpd_e

MADE = Path(__file__).parents[1] / "recorded" / "itpd-e" / "ITPD_E_R02.csv"


def archive(folder: Path, more: str = "") -> Path:
    path = folder / "itpd_e_r02.zip"
    with zipfile.ZipFile(path, "w") as made:
        made.writestr("itpd_e_r02/ITPD_E_R02.csv", MADE.read_text() + more)
    return path


def test_archive_as_a_tidy_frame(tmp_path: Path) -> None:
    found = itpd_e.read([archive(tmp_path)])
    assert found["value_musd"].tolist() == [1500.25, 20.5, 0] and found["zero"].tolist() == ["p", "p", "u"]
    assert found["importer"].tolist() == ["KAZ", "RUS", "XKX"] and found["mirrored"].tolist() == [False, True, False]
    assert set(found["broad_sector"]) == {"Agriculture"}


def test_selections_and_parquet(tmp_path: Path) -> None:
    path = archive(tmp_path)
    assert len(itpd_e.read([path], years=(2018,), importers=("RUS",), industries=(1,))) == 1
    with pytest.raises(SourceError, match="the selection leaves no row"):
        itpd_e.read([path], industries=(170,))
    itpd_e.to_parquet(path, tmp_path / "panel", years=(2018,))
    assert [p.name for p in (tmp_path / "panel").iterdir()] == ["year=2018"]
    assert duckdb.sql(f"SELECT sum(value_musd) FROM '{tmp_path}/panel/*/*.parquet'").fetchall() == [(1520.75,)]
    with pytest.raises(SourceError, match="the selection leaves no row"):
        itpd_e.to_parquet(path, tmp_path / "panel", years=(1900,))


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("KAZ,,,KZA,,,Services,160,x,2018,1,0,p", ":5: unknown country 'KZA'"),
        ("KAZ,,,ARM,,,Services,160,x,2018,-1,0,p", ":5: value is negative"),
        ("KAZ,,,ARM,,,Services,160,x,2018,,0,p", ":5: no value; a missing value is not zero"),
        ('KAZ,,,ARM,,,Services,160,x,2018,"3,5",0,p', ":5: trade is not of its type"),
        ("KAZ,,,RUS,,,Agriculture,1,Wheat,2018,3,0,p", ":5: duplicated: 2018, KAZ, RUS, 1"),
        ("KAZ,,,RUS,,,Agriculture,1,Wheat", ":5: missing columns"),
        ("KAZ,,,ARM,,,Agricultre,1,Wheat,2018,3,0,p", ":5: unknown broad sector 'Agricultre'"),
    ],
)
def test_bad_rows_are_named_by_line(tmp_path: Path, row: str, said: str) -> None:
    with pytest.raises(SourceError) as caught:
        itpd_e.read([archive(tmp_path, row + "\n")])
    assert f"ITPD_E_R02.csv{said}" in str(caught.value)


def test_names_in_another_encoding_do_not_matter_but_codes_do(tmp_path: Path) -> None:
    path = tmp_path / "O'Brien" / "ITPD_E_R02.csv"
    path.parent.mkdir()
    row = "CIV,CIV,Côte d'Ivoire,KAZ,KAZ,Kazakhstan,Agriculture,1,Wheat,2018,1,0,p\n"
    path.write_bytes(MADE.read_bytes() + row.encode("latin-1"))
    assert "CIV" in set(itpd_e.read([path])["exporter"])
    path.write_bytes(MADE.read_bytes() + row.replace("CIV,", "CÔT,").encode("latin-1"))
    with pytest.raises(SourceError, match=r"ITPD_E_R02\.csv:5: wrong encoding; save it as UTF-8"):
        itpd_e.read([path])


def test_another_archive(tmp_path: Path) -> None:
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w") as made:
        made.writestr("readme.txt", "no data")
    with pytest.raises(SourceError, match=r"no table like .* in the archive: readme\.txt"):
        itpd_e.read([path])


def test_requests() -> None:
    (asked,) = itpd_e.requests()
    assert asked.url == "https://www.usitc.gov/data/gravity/itpd_e/itpd_e_r02.zip" and asked.expect == "zip"
