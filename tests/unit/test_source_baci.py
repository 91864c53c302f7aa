"""BACI: the archive through DuckDB, its faults by line, and Parquet by year."""

import zipfile
from pathlib import Path

import duckdb
import pytest

from karvan.core.errors import LabelError, SourceError
from karvan.data.sources import baci

MADE = Path(__file__).parents[1] / "recorded" / "baci"
TABLE = (MADE / "BACI_HS17_Y2022_V202501.csv").read_text()


def archive(folder: Path, **tables: str) -> Path:
    """An archive with tables of years (y2022="...") and what BACI puts beside them."""
    path = folder / "BACI_HS17_V202501.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        for year, text in tables.items():
            made.writestr(f"BACI_HS17_{year.upper()}_V202501.csv", text)
        made.write(MADE / "country_codes_V202501.csv", "country_codes_V202501.csv")
        made.writestr("product_codes_HS17_V202501.csv", "code,description\n010121,Horses\n")
    return path


def test_archive_as_a_tidy_frame(tmp_path: Path) -> None:
    found = baci.read([archive(tmp_path, y2022=TABLE, y2023=TABLE.replace("2022,", "2023,"))])
    assert list(found.columns) == ["year", "exporter", "importer", "product", "value_kusd", "quantity_t"]
    assert len(found) == 8 and set(found["year"]) == {2022, 2023}
    first = found[found["year"] == 2022]
    assert list(first["exporter"]) == ["EFTANES", "KAZ", "KAZ", "TWN"]
    assert list(first["importer"]) == ["KAZ", "RUS", "USA", "KAZ"]
    assert first["product"].iloc[1] == "010121" and first["value_kusd"].sum() == 12.5 + 9000 + 3.25 + 0.75
    assert first["quantity_t"].isna().tolist() == [True, False, True, False]
    assert not list(tmp_path.glob(".karvan-*")), "the workshop is gone"


def test_selections(tmp_path: Path) -> None:
    path = archive(tmp_path, y2022=TABLE, y2023=TABLE.replace("2022,", "2023,"))
    assert len(baci.read([path], years=(2023,))) == 4
    assert list(baci.read([path], years=(2023,), exporters=("KAZ",), products=("27",))["importer"]) == ["USA"]
    assert set(baci.read([path], products=("010", "8542"))["product"]) == {"010121", "854231"}
    with pytest.raises(SourceError, match="the selection leaves no row"):
        baci.read([path], exporters=("ARM",))
    with pytest.raises(SourceError, match="no table like"):
        baci.read([path], years=(1999,))
    with pytest.raises(LabelError, match=r"unknown ISO3 code\(s\): KZA"):
        baci.read([path], exporters=("KZA",))
    with pytest.raises(SourceError, match="products are named by their first digits"):
        baci.read([path], products=("27%",))


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("2022,398,9999,010121,1,1", ":6: unknown country 9999"),
        ("2022,398,643,10121,1,1", ":6: product has not six digits; was a leading zero lost"),
        ("2022,398,643,010129,0,1", ":6: value is not above zero"),
        ("2022,398,643,010129,-2,1", ":6: value is not above zero"),
        ("2022,398,643,010129,,1", ":6: value is not above zero"),
        ('2022,398,643,010129,"1,5",1', ":6: v is not of its type in '2022,398,643,010129,\"1,5\",1'"),
        ("2022,398,643,010129,1,many", ":6: quantity is no number from zero up"),
        ("2022,398,643,010121,1,1", ":6: duplicated: 2022, 398, 643, 010121"),
        ("2022,398,643", ":6: missing columns in '2022,398,643'"),
        ("2023,398,643,010121,1,1", ":6: the year is not that of the table"),
    ],
)
def test_bad_rows_are_named_by_line(tmp_path: Path, row: str, said: str) -> None:
    with pytest.raises(SourceError) as caught:
        baci.read([archive(tmp_path, y2022=f"{TABLE}{row}\n")])
    assert f"BACI_HS17_Y2022_V202501.csv{said}" in str(caught.value)


def test_all_faults_of_all_tables_come_together(tmp_path: Path) -> None:
    bad = f"{TABLE}2022,398,643,x\n2022,398,643,010129,-2,1\n2022,398,9999,010130,1,1\n"
    with pytest.raises(SourceError) as caught:
        baci.read([archive(tmp_path, y2022=bad, y2023="t,i,j,k,v\n")])
    lines = [line.split("_V202501.csv")[-1] for line in str(caught.value).splitlines()]
    assert [line[:3] for line in lines] == [":6:", ":7:", ":8:", ": c"]
    assert "columns missing: q" in lines[3]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"<html><body>Not found</body></html>", "a web page (HTML)"),
        (b"", "the file is empty"),
        (b"PK\x03\x04 cut", "the archive breaks off: the download was cut"),
        (TABLE.replace("t,i,j", "année,i,j").encode("latin-1"), "the header is not UTF-8 text"),
        (TABLE.replace("i,j,k", "i,j,product").encode(), "columns missing: k"),
    ],
)
def test_files_that_are_no_archive(tmp_path: Path, content: bytes, said: str) -> None:
    (tmp_path / "baci.zip").write_bytes(content)
    with pytest.raises(SourceError) as caught:
        baci.read([tmp_path / "baci.zip"])
    assert said in str(caught.value)


def test_a_damaged_archive(tmp_path: Path) -> None:
    path = archive(tmp_path, y2022=TABLE)
    raw = bytearray(path.read_bytes())
    raw[70:80] = b"0123456789"
    path.write_bytes(raw)
    with pytest.raises(SourceError, match="the archive is damaged"):
        baci.read([path])


def test_wrong_bytes_inside_a_table(tmp_path: Path) -> None:
    path = tmp_path / "BACI_HS17_Y2022_V202501.csv"
    path.write_bytes(TABLE.encode() + b"2022,398,643,0101\xe9\xe8,1,1\n")
    with pytest.raises(SourceError, match=r"V202501\.csv:6: "):
        baci.read([path])


def test_parquet_by_year_replaces_only_the_years_it_writes(tmp_path: Path) -> None:
    out = tmp_path / "panel"
    baci.to_parquet(archive(tmp_path, y2022=TABLE, y2023=TABLE.replace("2022,", "2023,")), out)
    baci.to_parquet(archive(tmp_path, y2023=TABLE.replace("2022,", "2023,") + "2023,398,156,270900,1,1\n"), out)
    sql = f"SELECT year, count(*), sum(value_kusd) FROM read_parquet('{out}/*/*.parquet') GROUP BY 1 ORDER BY 1"
    assert duckdb.sql(sql).fetchall() == [(2022, 4, 9016.5), (2023, 5, 9017.5)]
    with pytest.raises(SourceError):
        baci.to_parquet(archive(tmp_path, y2022=TABLE + "2022,398,643,010121,1,1\n"), out)
    assert duckdb.sql(sql).fetchall() == [(2022, 4, 9016.5), (2023, 5, 9017.5)], "nothing is written of a bad file"


def test_requests() -> None:
    (asked,) = baci.requests(nomenclature="HS92")
    assert asked.url == "https://www.cepii.fr/DATA_DOWNLOAD/baci/data/BACI_HS92_V202501.zip" and asked.expect == "zip"
    with pytest.raises(SourceError, match="expected one file, got 2"):
        baci.read([Path("a"), Path("b")])
