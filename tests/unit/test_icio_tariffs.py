"""Tariffs by concordance: products to industries, general rates, unions, weights, and every fault of the table."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from icio_file import raw
from test_icio import COUNTRIES, SECTORS, known

import karvan as kv
from karvan.core.errors import SourceError
from karvan.data.icio.layout import industries, services, table
from karvan.data.icio.tariffs import build, sector_of
from karvan.data.sources import icio as source

ANY = np.ones((5, 5, 5))


def rates(*rows: tuple[object, ...], columns: str = "importer exporter product rate") -> pd.DataFrame:
    return pd.DataFrame(rows, columns=columns.split())


@pytest.mark.parametrize(
    ("product", "extended", "edition2023"),
    [
        ("270900", "B06", "B05_06"), ("2701", "B05", "B05_06"), ("271019", "C19", "C19"), ("27", "C19", "C19"),
        ("10121", "A01", "A01_02"), ("870323", "C29", "C29"), ("8711", "C302T309", "C30"), ("8901", "C301", "C30"),
        ("85.17.13", "C26", "C26"), ("100630", "C10T12", "C10T12"), ("100610", "A01", "A01_02"),
        ("261690", "B07", "B07_08"),
        ("7601", "C24B", "C24"), ("7208", "C24A", "C24"), ("3004", "C21", "C21"),
        ("9999", None, None), ("77", None, None),
    ],
)  # fmt: skip
def test_products_have_their_industry(product: str, extended: str | None, edition2023: str | None) -> None:
    assert sector_of([product], industries("extended")) == [extended]
    assert sector_of([product], industries("2023")) == [edition2023]


def test_every_chapter_and_every_good_is_in_the_concordance() -> None:
    chapters = [f"{n:02d}" for n in range(1, 98) if n != 77]
    assert None not in sector_of(chapters, industries("extended"))
    goods = set(industries("extended")) - set(services(industries("extended")))
    reached = {row["sector"] for row in table("hs")}
    assert goods - reached == {"B09"}, "mining support is a service that no customs office sees"
    assert reached - goods == {"D"}


def test_pairs_general_rates_and_weights() -> None:
    found = build(
        rates(
            ("KAZ", "CHN", "0101", 0.10, 1.0), ("KAZ", "CHN", "0102", 0.30, 3.0),
            ("Казахстан", "World", "01", 0.07, np.nan), ("398", "", "8902", 0.05, np.nan),
            ("RUS", "ROW", "0101", 0.02, np.nan), ("USA", "CHN", "0101", 0.5, 1.0), ("KAZ", "CHN", "9999", 0.5, 1.0),
            columns="importer exporter product rate trade",
        ),
        COUNTRIES, SECTORS["2023"], ANY, 2019,
    )  # fmt: skip
    kaz, chn, mex, rus, row = (COUNTRIES.index(c) for c in COUNTRIES)
    assert found.tau[kaz, chn, 0] == pytest.approx(0.25)
    assert found.tau[kaz, mex, 0] == pytest.approx(0.07)
    assert found.tau[kaz, rus, 0] == 0, "a general rate does not hold inside a union"
    assert found.tau[kaz, kaz, 0] == 0
    assert found.tau[kaz, mex, 2] == pytest.approx(0.05)
    assert found.tau[rus, row, 0] == pytest.approx(0.02)
    assert found.tau[:, :, 3:].max() == 0
    assert found.mfn is not None
    assert found.mfn[kaz, 0] == pytest.approx(0.07)
    assert np.isnan(found.mfn[rus, 0])
    assert found.account["tariff rows of countries that the table does not show"] == (1.0, "rows")
    assert found.account["tariff rows of products without an industry"] == (1.0, "rows")
    covered = [value for what, (value, _) in found.account.items() if what.startswith("trade in goods")]
    assert sum(covered) == pytest.approx(100)
    assert covered[0] == pytest.approx(100 * 2 / 60)


def test_parties_of_treaties_are_free_and_exceptions_are_not() -> None:
    countries = ("RUS", "UKR", "BLR", "DEU", "ITA")
    data = rates(*((c, "World", "01", 0.1) for c in countries), ("DEU", "ITA", "01", 0.02))
    tau = build(data, countries, SECTORS["2023"], ANY, 2019).tau[..., 0]
    assert tau[0].tolist() == [0.0, 0.1, 0.0, 0.1, 0.1]  # the CIS treaty, which Russia suspended towards Ukraine
    assert tau[1].tolist() == [0.1, 0.0, 0.0, 0.1, 0.1]
    assert tau[3].tolist() == [0.1, 0.1, 0.1, 0.0, 0.02]
    assert tau[4, 3] == 0.0


def test_unions_stand_for_their_members() -> None:
    countries = ("DEU", "GBR", "KAZ", "RUS", "ROW")
    table = rates(
        ("EU27", "RUS", "01", 3.0), ("ЕАЭС", "European Union", "01", 5.0),
        columns="importer exporter product rate_percent",
    )  # fmt: skip
    late, early = (build(table, countries, SECTORS["2023"], ANY, year).tau[..., 0] for year in (2021, 2009))
    assert (late[0, 3], late[1, 3], late[2, 0], late[3, 0], late[2, 1]) == (0.03, 0.0, 0.05, 0.05, 0.0)
    assert (early[1, 3], early[2, 0]) == (0.03, 0.0)


def test_a_small_spreadsheet_gets_its_zeros_back(tmp_path: Path) -> None:
    path = tmp_path / "rates.csv"
    path.write_text("importer,exporter,product,rate\nKAZ,World,101,0.1\n", encoding="utf-8")
    assert build(path, COUNTRIES, SECTORS["2023"], ANY).tau[0, 1, 0] == 0.1


FAULTS = {
    "importer: unknown country: 'KZH'": rates(("KZH", "CHN", "01", 0.1)),
    "importer: unknown country: ''": rates((None, "CHN", "01", 0.1)),
    "is a group of countries: 'Africa'": rates(("KAZ", "Africa", "01", 0.1)),
    "product 'wheat' is no HS code": rates(("KAZ", "CHN", "wheat", 0.1)),
    "rate is no number in 1 rows": rates(("KAZ", "CHN", "01", "10 %")),
    "rate is negative": rates(("KAZ", "CHN", "01", -0.1)),
    "rates are fractions (percent: name the column rate_percent)": rates(("KAZ", "CHN", "01", 5)),
    "rate is above 100% in 1 rows": rates(("KAZ", "CHN", "01", 0.05), ("KAZ", "MEX", "01", 1.7)),
    "2 rows repeat importer, exporter and product: KAZ CHN 2709": rates(
        ("KAZ", "CHN", "2709", 0.05), ("KAZ", "CHN", "2709", 0.1)
    ),
    "1 products stand below another product of the same pair: KAZ all 27090010": rates(
        ("KAZ", "World", "2709", 0.05), ("KAZ", "World", "27090010", 0.1), ("KAZ", "CHN", "27090010", 0.1)
    ),
    "1 products of more than 10 digits": rates(("KAZ", "CHN", "27090010001", 0.1)),
    "unknown sector 'A0102'": rates(("KAZ", "CHN", "A0102", 0.1), columns="importer exporter sector rate"),
    "expected importer, exporter, one of product": rates(("KAZ", 1, "1", 0), columns="importer partner product rate"),
    "columns importer, exporter, rate": rates(("KAZ", "CHN", 0.1), columns="importer exporter rate"),
}  # fmt: skip


@pytest.mark.parametrize("message", FAULTS)
def test_faults_of_a_table(message: str) -> None:
    with pytest.raises(SourceError) as raised:
        build(FAULTS[message], COUNTRIES, SECTORS["2023"], ANY)
    assert message in str(raised.value)


def test_faults_come_together() -> None:
    with pytest.raises(SourceError) as raised:
        build(rates(("KAZ", "CHN", "01", -0.1), ("KZH", "CHN", "x1", 0.1)), COUNTRIES, SECTORS["2023"], ANY)
    assert len(str(raised.value).splitlines()) == 3


@pytest.fixture
def with_rates(tmp_path: Path) -> Iterator[kv.World]:
    file = raw(known(11), 11).write(tmp_path / "2019_SML.csv")
    tariffs = rates(
        ("KAZ", "World", "A01_02", 0.1), ("KAZ", "CHN", "A01_02", 0.05), columns="importer exporter sector rate"
    )
    yield kv.load("icio", path=file, tariffs=tariffs)


def test_a_world_with_duties_keeps_its_flows(with_rates: kv.World) -> None:
    plain = known(11)
    with_rates.check()
    np.testing.assert_allclose(with_rates.M, plain.M, rtol=1e-10, atol=1e-9)
    assert with_rates.R[0] > 0
    bought = with_rates.gamma.sum(axis=1)[0] * plain.Y[0]
    assert (bought >= plain.gamma.sum(axis=1)[0] * plain.Y[0] - 1e-9).all(), "inputs cost their duty on top"
    assert with_rates.schedules["mfn"][0, 0] == 0.1
    assert next(b for b in with_rates.sources if b.symbol == "tau").flag == "observed"
    out = kv.solve(with_rates, kv.set_tariff(importer="KAZ", exporter="CHN", rate=0.2))
    assert out.residuals.max() < 1e-10


def test_what_is_asked_of_the_owner() -> None:
    (request,) = source.requests(year=2019)
    assert request.params == (("IDFile", "d1ab2315-298c-4e93-9a81-c6f2273139fe"),)
    assert request.file == "2023-2016-2020.zip"
    assert source.requests(year=2021)[0].file == "extended-2016-2022.zip"
    assert source.requests(year=2012, edition="extended")[0].expect == "zip"
    for options, message in (
        ({"year": 1990}, "1995 to 2020, not 1990"),
        ({"year": 2010, "edition": "extended"}, "2011 to 2022, not 2010"),
        ({"year": 2010, "edition": "2021"}, "no edition '2021'"),
    ):
        with pytest.raises(SourceError, match=message):
            source.requests(**options)


def test_the_tidy_frame_holds_every_use(tmp_path: Path) -> None:
    world = known(1)
    frame = source.read([raw(world, 1).write(tmp_path / "2019_SML.csv")], year=2019)
    assert list(frame.columns) == ["exporter", "sector", "importer", "use", "value_musd"]
    assert (frame["value_musd"] != 0).all()
    sold = frame[frame["exporter"].notna()].groupby(["exporter", "sector"], observed=False)["value_musd"].sum()
    assert sold["KAZ", "B05_06"] == pytest.approx(world.Y[0, 1])
    into = frame[(frame["importer"] == "RUS") & (frame["use"] == "C30")]
    assert into["value_musd"].sum() == pytest.approx(world.Y[3, 2])


def test_the_small_file_in_the_documented_layout() -> None:
    path = Path(__file__).parents[1] / "recorded" / "icio" / "2019_SML.csv"
    world = kv.load("icio", year=2019, path=path)
    assert world.gamma[0, 0, 1] == pytest.approx(22 / 40)
    assert world.Y.ravel().tolist() == pytest.approx([70, 40, 517, 963])
    assert source.read([path], year=2019)["value_musd"].sum() == pytest.approx(1590 + 33 + 63 + 763)
