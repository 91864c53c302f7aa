"""The readers know their files' quirks: codes of two lengths, renewed nomenclature, two levels, groups of countries."""

import pandas as pd
import pytest

from karvan.core.errors import LabelError, SourceError
from karvan.data.sources.cars_comtrade import read_cars
from karvan.data.sources.eu_listed import LISTED, TOTALS, read_listed, read_totals
from karvan.data.sources.hub_imports import FILES, read_hub_imports

MONTHS = ("2021-11", "2021-12", "2022-01", "2022-02")


@pytest.fixture
def listed(tmp_path):
    def write(rows: list[tuple[str, str, str, float]], **changes: str):
        table = pd.DataFrame(rows, columns=["cn_code", "partner", "month", "value"])
        table = table.assign(flow="EXPORT", indicator="VALUE_IN_EUROS", reporter="Malta").assign(**changes)
        path = tmp_path / LISTED
        path.parent.mkdir(exist_ok=True)
        table.to_parquet(path)
        return tmp_path

    return write


def rows(code: str, months=MONTHS, value: float = 1e6, partner: str = "Kazakhstan"):
    return [(code, partner, m, value) for m in months]


def test_a_heading_is_its_own_row_or_the_sum_of_its_parts(listed):
    folder = listed([*rows("8703", value=9e6), *rows("87031000"), *rows("84710010"), *rows("84710020", value=2e6)])
    found = read_listed(folder).flows.set_index(["product", "month"])["meur"]
    assert found["8703"].tolist() == [9.0] * 4
    assert found["8471"].tolist() == [3.0] * 4


def test_headings_whose_codes_changed_are_left_out(listed):
    renewed = [*rows("85170001", MONTHS[:2]), *rows("85170002", MONTHS[2:])]
    began = [*rows("87010001", value=1e5), *rows("87010002", MONTHS[2:])]
    parts = [*rows("8803", MONTHS[:2]), *rows("8807", MONTHS[2:])]
    found = read_listed(listed([*renewed, *began, *parts]))
    assert found.left_out["product"].tolist() == ["8701"]
    assert sorted(found.flows["product"].unique()) == ["8517", "8807"]


def test_names_of_partners_may_carry_notes(listed):
    folder = listed(rows("8471", partner="Russian Federation (Russia)"))
    assert read_listed(folder).flows["partner"].unique().tolist() == ["RUS"]
    with pytest.raises(SourceError, match=r"unknown partner\(s\): Atlantis"):
        read_listed(listed(rows("8471", partner="Atlantis")))


@pytest.mark.parametrize(
    ("more", "changes", "message"),
    [
        (rows("847100"), {}, "neither 4 nor 8 digits"),
        (rows("8472", value=-1.0), {}, "negative"),
        (rows("8471"), {}, "occur twice"),
        ([], {"flow": "IMPORT"}, "flow is not EXPORT"),
        ([], {"month": "2021M11"}, "month is not written"),
    ],
)
def test_wrong_files_are_refused(listed, more, changes, message):
    with pytest.raises(SourceError, match=message):
        read_listed(listed([*rows("8471"), *more], **changes))


def test_absent_and_other_files_are_refused(tmp_path, listed):
    with pytest.raises(SourceError, match="no such file"):
        read_listed(tmp_path)
    path = listed(rows("8471")) / LISTED
    pd.DataFrame({"a": [1]}).to_parquet(path)
    with pytest.raises(SourceError, match="not the table that was expected"):
        read_listed(tmp_path)


def test_totals_leave_the_united_kingdom_out(tmp_path):
    path = tmp_path / TOTALS
    path.parent.mkdir()
    path.write_text(
        "REPORTER,PARTNER,month,VALUE_IN_EUR\nMalta,Kazakhstan,2019-10,2e6\nFrance (incl. x),Kazakhstan,2019-10,1e6\n"
        "United Kingdom,Kazakhstan,2019-10,5e6\n"
    )
    assert read_totals(tmp_path).to_dict("records") == [{"partner": "KAZ", "month": "2019-10", "meur": 3.0}]


def test_hub_imports_count_members_once_and_no_groups(tmp_path):
    for name in FILES.values():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(
            "PARTNER,PERIOD,VALUE_IN_EUR\nGermany,Y2021,2e6\nEurope,Y2021,9e6\nChina,Y2021,9e6\nMalta,Y2021,1e6\n"
            "Malta,Y2023,1e6\n"
        )
    found = read_hub_imports(tmp_path).set_index(["hub", "year"])
    assert found.loc[("KAZ", 2021), "meur"] == 3.0 and found.loc[("KAZ", 2021), "members"] == 2
    assert ("ARM", 2023) not in found.index and ("KGZ", 2023) in found.index


def test_cars_take_one_level(tmp_path):
    path = tmp_path / "cars_hs8703" / "vehicle_trade_armenia.parquet"
    path.parent.mkdir()
    table = pd.DataFrame(
        {
            "period_desc": [202201] * 3,
            "trade_code": ["X"] * 3,
            "reporter": ["Armenia"] * 3,
            "partner_iso": ["RUS"] * 3,
            "commodity_code": [8703, 870323, 870324],
            "mot_code": [3200] * 3,
            "trade_value_us": [3e6, 1e6, 2e6],
        }
    )
    table.to_parquet(path)
    assert read_cars(tmp_path, "ARM")["musd"].tolist() == [3.0]
    assert read_cars(tmp_path, "ARM", 6)["musd"].tolist() == [1.0, 2.0]
    with pytest.raises(SourceError, match="no file of cars for 'KAZ'"):
        read_cars(tmp_path, "KAZ")
    with pytest.raises(SourceError, match="no rows with 8-digit codes"):
        read_cars(tmp_path, "ARM", 8)
    table.assign(trade_value_us=-1.0).to_parquet(path)
    with pytest.raises(SourceError, match="negative or missing"):
        read_cars(tmp_path, "ARM")


def test_the_level_of_codes_can_be_chosen(listed):
    folder = listed([*rows("8703", value=9e6), *rows("87031000"), *rows("8471")])
    parts = read_listed(folder, "parts").flows.set_index(["product", "month"])["meur"]
    assert parts["8703"].tolist() == [1.0] * 4
    assert parts["8471"].tolist() == [1.0] * 4
    with pytest.raises(LabelError, match="Did you mean 'parts'"):
        read_listed(folder, "part")


@pytest.mark.parametrize(
    ("months", "message"),
    [
        (("2021-11", "2022-01", "2022-02"), "no row of 2021-12"),
        (("2021-11", "2021-12", "2021-13"), "month is not written"),
        ((), "no row"),
    ],
)
def test_months_of_listed_goods_are_whole(listed, months, message):
    with pytest.raises(SourceError, match=message):
        read_listed(listed(rows("8471", months)))
