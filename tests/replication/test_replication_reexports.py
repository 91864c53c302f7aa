"""The stored result is what the recipe gives today, agrees with published numbers, and finds nothing before 2022."""

from __future__ import annotations

import pytest
from paths import shared

from karvan.data import evidence


@pytest.fixture(scope="module")
def anew() -> evidence.Evidence:
    return evidence.build("reexports-2022", shared("eu_sanctioned", "cars_hs8703", "customs"))


def row(found: evidence.Evidence, table: str, **keys: object) -> dict:
    rows = [r for r in found.table(table).to_dicts() if all(r[k] == v for k, v in keys.items())]
    assert len(rows) == 1, (table, keys, len(rows))
    return rows[0]


def test_the_recipe_gives_the_stored_tables(anew):
    stored = evidence.read("reexports-2022")
    assert stored.record["inputs"] == anew.record["inputs"]
    assert list(stored.tables) == list(anew.tables)
    for name, table in stored.tables.items():
        other = anew.table(name)
        assert (table.title, table.columns, len(table.rows)) == (other.title, other.columns, len(other.rows))
        for kept, made in zip(table.rows, other.rows, strict=True):
            numbers = [(a, b) for a, b in zip(kept, made, strict=True) if isinstance(a, float)]
            assert [a for a, _ in numbers] == pytest.approx([b for _, b in numbers], rel=1e-3, abs=2e-3)
            assert [a for a in kept if not isinstance(a, float)] == [b for b in made if not isinstance(b, float)]


def test_offset_is_as_small_in_total_as_published_and_large_for_many_products(anew):
    """Chupilkin, Javorcik and Plekhanov (2025): below 10 % in total, above 50 % for numerous products."""
    found = row(anew, "offset", what="ARM+KAZ+KGZ, against other goods")
    assert 0 < found["low"] < found["value"] < found["high"] < 10
    assert row(anew, "offset", what="headings of these, offset above 50 %")["value"] >= 10


def test_half_of_what_was_added_never_arrived(anew):
    """The same paper: around half of the additional exports, EU and UK, 2022-2023; ours is the EU alone."""
    found = row(anew, "vanished", hub="ARM+KAZ+KGZ", year="2022-2023")
    assert found["low %"] < found["missing % of that"] < found["high %"] < 60
    assert found["missing % of that"] > 30


def test_cars_are_as_published(anew):
    for hub, partner, values in (("GEO", "KAZ", (23.5, 104.5, 543.8)), ("ARM", "RUS", (3.5, 236.8, 354.0))):
        for year, value in zip((2021, 2022, 2023), values, strict=True):
            assert row(anew, "cars", hub=hub, flow="exports", partner=partner, year=year)["MUSD"] == value
    matched = row(anew, "cars_matched", hub="ARM", product="8703")
    assert matched["matched MUSD"] == min(matched["excess in MUSD"], matched["excess out MUSD"])
    suppliers = [r for r in anew.table("cars_partners").to_dicts() if r["hub"] == "ARM" and r["flow"] == "imports"]
    assert [r["partner"] for r in suppliers[:4]] == ["all", "USA", "JPN", "DEU"]


def test_products_that_russia_lost_are_those_that_hubs_gained(anew):
    rows = anew.table("by_bite").to_dicts()
    assert rows[0]["low %"] < 0 < rows[0]["high %"]
    assert rows[-1]["low %"] > 0 and rows[-1]["excess %"] > rows[-2]["excess %"] > rows[0]["excess %"]


def test_nothing_is_found_before_2022(anew):
    found = {r["what"]: r for r in anew.table("placebo").to_dicts()}
    assert found["called excess against placebo scores"]["found"] < 7
    assert found["discoveries at q < 10 % among half of them"]["found"] < 1
    assert all(
        abs(found[f"excess of {hub} at the placebo date"]["found"]) < 15 for hub in ("ARM", "GEO", "KAZ", "KGZ", "UZB")
    )


def test_published_statements_stand_beside_ours(anew):
    ours = {r["what"]: r["ours"] for r in anew.table("published").to_dicts()}
    assert ours["fall of exports to Russia offset"] < 10
    assert ours["exports to Kazakhstan in 2022 over 2021"] == pytest.approx(80, abs=10)


def test_what_the_file_cannot_identify_has_no_number(anew):
    found = row(anew, "effects", regression="listed, with product-month effects")
    assert found["effect %"] is None and found["compares"].startswith("not identified")
