"""kv.reexports and `karvan reexports`: out of the box from the stored result, strict about what is asked."""

import json

import pytest

import karvan as kv
from karvan.data import evidence


def test_stored_result_matches_its_record():
    found = evidence.read("reexports-2022")
    assert found.record["options"] == {"draws": 2000, "seed": 0}
    assert len(found.record["inputs"]) == 8
    assert all(table.title.strip() and table.columns and table.rows for table in found.tables.values())


def test_every_money_column_has_its_unit_and_every_title_a_source():
    for name, table in evidence.read("reexports-2022").tables.items():
        money = [
            c for c in table.columns if c.split()[0] in ("actual", "counterfactual", "excess", "matched", "missing")
        ]
        assert all(c.split()[-1] in ("MEUR", "MUSD", "%") or "% of" in c for c in money), (name, money)
        assert name == "left_out" or any(s in table.title for s in ("Eurostat", "Comtrade")), name


def test_excess_is_actual_less_counterfactual_and_inside_its_range():
    rows = kv.reexports().table("hubs").to_dicts()
    assert [r["hub"] for r in rows] == ["ARM", "GEO", "KAZ", "KGZ", "UZB", "ARM+KAZ+KGZ", "all hubs"]
    for row in rows:
        assert row["excess MEUR"] == pytest.approx(row["actual MEUR"] - row["counterfactual MEUR"], abs=0.2)
        assert row["low MEUR"] < row["excess MEUR"] < row["high MEUR"]
    assert rows[-1]["actual MEUR"] == pytest.approx(sum(r["actual MEUR"] for r in rows[:5]), abs=0.5)


def test_months_add_up_to_the_hub():
    found = kv.reexports("KGZ")
    months = [r for r in found.table("monthly").to_dicts() if r["month"] >= "2022-03"]
    total = found.table("hubs").to_dicts()[0]
    assert len(months) == 9
    assert sum(r["actual MEUR"] for r in months) == pytest.approx(total["actual MEUR"], abs=0.1)
    assert all(r["low MEUR"] < r["counterfactual MEUR"] < r["high MEUR"] for r in months)


def test_products_are_ranked_and_cut():
    rows = kv.reexports(top=7).table("products").to_dicts()
    assert len(rows) == 7
    assert [r["excess MEUR"] for r in rows] == sorted((r["excess MEUR"] for r in rows), reverse=True)
    assert all(r["low MEUR"] <= r["excess MEUR"] <= r["high MEUR"] for r in rows if r["low MEUR"] is not None)
    assert {r["hub"] for r in kv.reexports("Казахстан").table("products").to_dicts()} == {"KAZ"}


def test_a_heading_may_be_a_number():
    assert kv.reexports(product=8703).tables == kv.reexports(product="8703").tables


def test_levels_show_what_hangs_on_the_rule_for_codes():
    table = kv.reexports().table("levels").to_dicts()
    hubs = {r["hub"]: r["excess MEUR"] for r in kv.reexports().table("hubs").to_dicts()}
    used = [r for r in table if r["a heading is its"].endswith("(used)") and r["hub"] in hubs]
    assert len(used) == 6 and all(r["excess MEUR"] == hubs[r["hub"]] for r in used)
    assert [r["excess MEUR"] for r in table if r["hub"] == "KAZ"] == [277.5, 614.8]
    assert {r["hub"] for r in kv.reexports("KAZ").table("levels").to_dicts()} == {"KAZ"}


def test_one_product_of_one_hub():
    found = kv.reexports("georgia", product="8703", to="KAZ")
    assert set(found.tables) == {"cars", "cars_partners", "cars_matched"}
    exports = [r for r in found.table("cars").to_dicts() if r["flow"] == "exports" and r["partner"] == "KAZ"]
    assert [(r["year"], r["MUSD"]) for r in exports] == [(2021, 23.5), (2022, 104.5), (2023, 543.8)]


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"hub": "FRA"}, kv.LabelError, "no hub 'FRA' in these data; there are ARM, GEO"),
        ({"to": "USA"}, kv.LabelError, "no destination 'USA'"),
        ({"to": "KAZ", "product": "8471"}, kv.LabelError, "only cars"),
        ({"hub": "KAZ", "to": "KGZ"}, kv.LabelError, "KAZ to KGZ: not followed; cars to KGZ are, through ARM and GEO"),
        ({"hub": "ARM", "to": "ARM"}, kv.LabelError, "through GEO"),
        ({"product": "9999"}, kv.LabelError, "write four digits"),
        ({"product": "8517"}, kv.SourceError, "left out: its codes changed"),
        ({"top": 0}, kv.LabelError, "at least one product"),
        ({"top": "x"}, kv.LabelError, "top is 'x'"),
        ({"top": True}, kv.LabelError, "top is True"),
        ({"product": 87.03}, kv.LabelError, "write four digits"),
        ({"data": "no-such-folder"}, kv.SourceError, "no such folder"),
    ],
)
def test_wrong_questions_are_refused_by_name(arguments, error, message):
    with pytest.raises(error, match=message):
        kv.reexports(**arguments)


def test_command_prints_tables_and_json(karvan):
    code, out, _ = karvan("reexports", "KGZ", "--top", "3")
    assert code == 0 and "excess MEUR" in out and "cars" in out and "ARM  8703" not in out
    code, out, _ = karvan("reexports", "ARM", "--top", "5", "--json")
    data = json.loads(out)
    assert code == 0 and len(data["tables"]["products"]["rows"]) == 5
    assert data["record"]["results_sha256"] == evidence.read("reexports-2022").record["results_sha256"]
    assert {"monthly", "leads", "offset", "placebo"} <= set(data["tables"])


def test_command_says_what_is_wrong_in_one_line(karvan):
    code, out, err = karvan("reexports", "Atlantis")
    assert code == 1 and out == "" and err.startswith("LabelError: no hub 'Atlantis'")
    code, _, err = karvan("data", "build", "reexports-2022", "--from", "no-such-folder")
    assert code == 1 and err.startswith("SourceError: no-such-folder: no such folder")


def test_a_stored_result_that_was_changed_is_refused(monkeypatch, tmp_path):
    text = (evidence.files("karvan.data.evidence") / "reexports-2022.json").read_text(encoding="utf-8")
    (tmp_path / "reexports-2022.json").write_text(text.replace('"cars"', '"boats"', 1), encoding="utf-8")
    monkeypatch.setattr(evidence, "files", lambda _: tmp_path)
    with pytest.raises(kv.SourceError, match="do not match their record"):
        evidence.read("reexports-2022")


def test_unknown_results_are_refused():
    with pytest.raises(kv.SourceError, match="Did you mean 'reexports-2022'"):
        evidence.read("reexports-2023")
    with pytest.raises(kv.SourceError, match="no recipe for 'x'"):
        evidence.build("x", ".")
    with pytest.raises(kv.SourceError, match="Did you mean 'products'"):
        kv.reexports().table("product")
