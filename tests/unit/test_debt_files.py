"""The debt files of a country: what is read, and every fault with its line."""

from __future__ import annotations

import shutil
from importlib.resources import files
from pathlib import Path

import pytest

import karvan as kv
from karvan.macro.debt import read_debt
from karvan.macro.debt.files import UNITS, with_debt


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the files of Kazakhstan."""
    with_files = files("karvan.macro").joinpath("data", "kaz")
    shutil.copytree(str(with_files), tmp_path / "kaz")
    return tmp_path / "kaz"


@pytest.mark.parametrize("country", with_debt())
def test_every_shipped_row_has_unit_source_and_quality(country: str) -> None:
    found = read_debt(country)
    assert set(found.series) <= set(UNITS)
    assert all(s.source and s.quality and s.unit for s in found.stocks)
    assert found.currency in ("KZT", "NOK")
    assert all("(" in origin for origin in found.origins.values())


def test_a_folder_of_ones_own_gives_the_same(folder: Path) -> None:
    ours, own = kv.debt(draws=100), kv.debt("KAZ", draws=100, data=folder)
    assert (ours.paths.debt == own.paths.debt).all()


@pytest.mark.parametrize(
    ("file", "old", "new", "says"),
    [
        (
            "debt.csv",
            "2010,gross_debt,0.10683",
            "2010,gross_debt,-0.10683",
            "is -0.10683; debt cannot be negative",
        ),
        ("debt.csv", "2010,gross_debt,0.10683", "2010,gross_debt,10.683", "write 0.23 for 23 %"),
        ("debt.csv", "2010,gross_debt,", "2009,gross_debt,", "gross_debt of 2009 is there twice"),
        ("debt.csv", "2010,gross_debt,", "2009,gross_debt,", "gross_debt lacks 2010"),
        (
            "debt.csv",
            "2010,gross_debt,0.10683,share of GDP",
            "2010,gross_debt,0.10683,% of GDP",
            "not in 'share of GDP'",
        ),
        ("debt.csv", "2010,gross_debt,0.10683", '2010,gross_debt,"0,10683"', "value is not a number: '0,10683'"),
        ("debt.csv", "2010,gross_debt", "2010,gros_debt", "Did you mean 'gross_debt'"),
        ("debt.csv", "2010,gross_debt", "10,gross_debt", "year is '10'"),
        ("debt.csv", "2020,foreign_share,0.3141", "2020,foreign_share,31.41", "the part of all debt, 0 to 1"),
        ("debt.csv", "2020,foreign_share,0.3141", "2020,foreign_share,-0.1", "foreign_share of 2020 is -0.1"),
        ("debt.csv", "2010,exchange_rate_end,147.34", "2010,exchange_rate_end,0", "a price of a dollar is positive"),
        ("debt.csv", "147.34,KZT per USD", "147.34,RUB per USD", "mixed currencies ['KZT', 'RUB']"),
        (
            "debt.csv",
            "share of GDP,IMF World Economic Outlook October 2023,estimate",
            "share of GDP,,estimate",
            "no source",
        ),
        ("debt.csv", "year,series", "jahr,series", "missing column(s) ['year']"),
        ("debt.csv", ",share of debt,", ",share of debt,more,", "too few or too many cells"),
        ("debt_stocks.csv", "157114.5,million USD", "157114.5,million RUB", "mixed currencies ['KZT', 'RUB']"),
        ("debt_stocks.csv", "157114.5,million USD", "157114.5,bn USD", "amounts are in million USD"),
        ("debt_stocks.csv", ",external_banks,10119.5", ",external_banks,-10119.5", "a debt is not negative"),
        ("debt_stocks.csv", ",external_banks,10119.5", ",external_bank,10119.5", "Did you mean 'external_banks'"),
        ("debt_stocks.csv", "2015-01-01,external_banks", "1.1.2015,external_banks", "write it as 2023-01-31"),
        ("debt_stocks.csv", "2017-01-01,external_banks", "2016-01-01,external_banks", "is there twice"),
        ("debt_claims.csv", ",160000,million USD", ",160,bn USD", "the claim is in 'bn USD', not in 'million USD'"),
    ],
)
def test_faults_are_named(folder: Path, file: str, old: str, new: str, says: str) -> None:
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(kv.SourceError) as fault:
        read_debt("KAZ", folder)
    assert says in str(fault.value)
    assert file in str(fault.value) or "kaz" in str(fault.value)


def test_all_faults_of_all_files_are_told_at_once(folder: Path) -> None:
    for file, old, new in (
        ("debt.csv", "2010,gross_debt,0.10683", "2010,gross_debt,-1"),
        ("debt.csv", "2020,foreign_share,0.3141", "2020,foreign_share,3"),
        ("debt_stocks.csv", ",external_banks,10119.5", ",external_banks,x"),
    ):
        path = folder / file
        path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    with pytest.raises(kv.SourceError) as fault:
        read_debt("KAZ", folder)
    assert len(str(fault.value).splitlines()) == 3


def test_a_series_that_is_needed(folder: Path) -> None:
    path = folder / "debt.csv"
    kept = [line for line in path.read_text(encoding="utf-8").splitlines() if ",foreign_share," not in line]
    path.write_text("\n".join(kept) + "\n", encoding="utf-8")
    with pytest.raises(kv.SourceError, match="no series foreign_share; needed are gross_debt, foreign_share"):
        read_debt("KAZ", folder)


def test_no_files() -> None:
    with pytest.raises(kv.LabelError, match="no debt data for 'FRA'; there are KAZ, NOR"):
        read_debt("FRA")
    with pytest.raises(kv.SourceError, match=r"no debt\.csv there"):
        read_debt("FRA", Path(__file__).parent)


def test_too_few_years_for_the_identity_and_its_fit(folder: Path) -> None:
    path = folder / "debt.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    late = [line for line in lines if not line[:4].isdigit() or int(line[:4]) >= 2018]
    path.write_text("\n".join(late) + "\n", encoding="utf-8")
    with pytest.raises(kv.SourceError, match=r"5 year\(s\) with the debt identity; 8 are needed .* or adjustment=0"):
        kv.debt("KAZ", draws=100, data=folder)
    assert kv.debt("KAZ", draws=100, data=folder, adjustment=0.0).draws == 100
