"""The concordance of countries: every code once, every spelling of the customs files resolved, groups apart."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from paths import shared

from karvan.core.countries import countries, from_iso3, group, is_group, require_iso3, to_iso3
from karvan.core.errors import LabelError, SourceError
from karvan.core.faults import Faults

TITLES = ("показатели", "год")


def test_every_code_and_spelling_means_one_row() -> None:
    rows = countries()
    assert len({row.code for row in rows}) == len(rows)
    assert sum(row.kind == "country" and not row.until for row in rows) == 249 + 1  # ISO 3166-1 and Kosovo
    for row in rows:
        for spelling in filter(None, (row.code, row.en, row.ru, row.iso2, row.m49, *row.baci, *row.icio, *row.aliases)):
            if row.kind == "country":
                assert to_iso3([spelling]) == [row.code], spelling
            elif row.icio:
                continue
            else:
                assert group(spelling) == row.code, spelling
        if row.kind == "country" and row.m49:
            assert to_iso3([row.m49], "m49") == [row.code]


@pytest.mark.parametrize(
    ("scheme", "value", "code"),
    [
        ("baci", 842, "USA"), ("baci", "251", "FRA"), ("baci", 699, "IND"), ("baci", 757, "CHE"), ("baci", 579, "NOR"),
        ("baci", 490, "TWN"), ("baci", 398, "KAZ"), ("baci", 280, "DEU"), ("baci", 250, None), ("m49", 250, "FRA"),
        ("m49", "031", "AZE"), ("m49", 842, None), ("auto", 842, "USA"), ("auto", 840, "USA"), ("auto", 251.0, "FRA"),
        ("icio", "CN2", "CHN"), ("icio", "MX1", "MEX"), ("icio", "ROW", None), ("icio", "KAZ", "KAZ"),
        ("iso2", "NA", "NAM"), ("iso3", "kaz", "KAZ"), ("name", "Кыргызстан", "KGZ"), ("name", "Киргизия", "KGZ"),
        ("name", "The Republic of Korea", "KOR"), ("name", "COTE D'IVOIRE", "CIV"), ("name", "KAZ", None),
        ("name", "France (incl. Saint Barthélemy 'BL' -> 2012; incl. French Guiana 'GF')", "FRA"),
        ("auto", "EL", "GRC"), ("auto", "World", None), ("auto", "Utopia", None), ("auto", None, None),
        ("auto", "", None),
    ],
)  # fmt: skip
def test_schemes(scheme: str, value: object, code: str | None) -> None:
    assert to_iso3([value], scheme) == [code]


@pytest.mark.parametrize(
    "name", ["World", "Всего", "Африка", "Азия", "EU27", "СНГ", "Страны ЕАЭС", "Areas, nes", "899"]
)
def test_groups(name: str) -> None:
    assert is_group(name)
    assert to_iso3([name]) == [None]


def test_codes_of_another_scheme() -> None:
    assert from_iso3(["USA", "KAZ"], "baci") == ["842", "398"]
    assert from_iso3(["USA"], "m49") == ["840"]
    assert from_iso3(["KGZ"], "ru") == ["Кыргызстан"]
    with pytest.raises(LabelError, match=r"2 unknown ISO3 code\(s\): KAX, KZT"):
        from_iso3(["KAX", "KZT"], "m49")
    with pytest.raises(LabelError, match="unknown scheme"):
        from_iso3(["KAZ"], "iso")


def test_faults_name_each_spelling_once() -> None:
    faults = Faults("trade.csv")
    found = require_iso3(["Kazakhstan", "Kazahstan", "Africa", "Kazahstan"], faults)
    assert found == ["KAZ", None, None, None]
    with pytest.raises(SourceError) as raised:
        faults.stop()
    text = str(raised.value)
    assert "trade.csv:3: unknown country 'Kazahstan' (2 rows); Did you mean 'Kazakhstan'?" in text
    assert "trade.csv:4: 'Africa' is a group of countries; leave group rows out" in text
    quiet = Faults("trade.csv")
    require_iso3(["KAZ", "Africa"], quiet, groups="skip")
    quiet.stop()


@pytest.mark.parametrize("call", [lambda: to_iso3("KAZ"), lambda: to_iso3(["KAZ"], "iso")])
def test_misuse_is_refused(call: object) -> None:
    with pytest.raises(LabelError):
        call()  # type: ignore[operator]


def partners(folder: Path) -> set[str]:
    """Every name of a partner or reporter in the customs files; the titles that one file mixes in are left out."""
    with (folder / "customs" / "kz_official_trade_by_partner_2018_2023.csv").open(encoding="utf-8") as file:
        found = {r["partner_ru"] for r in csv.DictReader(file) if not _title(r)}
    for path in [*sorted((folder / "customs" / "national_data_converted").glob("*.csv"))]:
        found |= _column(path, "PARTNER") | _column(path, "REPORTER")
    found |= _column(folder / "customs" / "eurostat_member_exports_monthly_2019_2024.csv", "REPORTER")
    found |= _column(folder / "customs" / "armenia_data" / "armenia_data.csv", "country")
    for name in ("1105", "1176"):
        path = folder / "customs" / "uzbekistan_data" / f"sdmx_data_{name}.csv"
        found |= _column(path, "Klassifikator_ru") | _column(path, "Klassifikator_en")
    return found


def _column(path: Path, name: str) -> set[str]:
    with path.open(encoding="utf-8-sig") as file:
        return {r[name] for r in csv.DictReader(file)}


def _title(row: dict[str, str]) -> bool:
    return not row["turnover_kusd"] and any(word in row["partner_ru"] for word in TITLES)


def test_names_of_the_customs_files() -> None:
    names = partners(shared("customs")) - {""}
    unknown = sorted(n for n in names if to_iso3([n]) == [None] and not is_group(n))
    assert len(names) > 500
    assert not unknown


def test_names_of_the_sanctioned_goods() -> None:
    pandas = pytest.importorskip("pandas")
    path = shared("eu_sanctioned") / "eu_sanctioned" / "eu_exports_sanctioned_cn_monthly.parquet"
    table = pandas.read_parquet(path, columns=["reporter", "partner"]).drop_duplicates()
    codes = to_iso3([*table["reporter"], *table["partner"]], "name")
    assert None not in codes
    assert {"BEL", "DEU", "FRA", "RUS", "BLR"} <= set(codes)


def test_codes_of_baci() -> None:
    path = shared("baci2023") / "baci2023" / "country_codes_V202501.csv"
    with path.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    wrong = []
    for r in rows:
        code = to_iso3([r["country_code"]], "baci")[0]
        wanted = {"S19": "TWN"}.get(r["country_iso3"], r["country_iso3"])
        if code != wanted and not is_group(r["country_code"]):
            wrong.append((r["country_code"], r["country_name"], code))
    assert not wrong
