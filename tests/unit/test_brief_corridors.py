"""What the brief tells of borders and corridors: numbers of the stored results, in five languages, folded tables."""

import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest

import karvan as kv
from karvan import cases
from karvan.cases.corridor_routes import NAME
from karvan.cases.corridors import tables_hash
from karvan.cases.evidence import found_elsewhere
from karvan.core.table import Table
from karvan.data import evidence
from karvan.data.worlds import load
from karvan.network.routes import corridors as routes
from karvan.run.leverage import rerouted
from karvan.tell import render, tell
from karvan.tell.border import _milder, border_cost
from karvan.tell.claims import Claim, claims
from karvan.tell.content import Teller, page
from karvan.tell.corridors import corridors
from karvan.tell.drawn_rows import Dot, Parts, dot_rows, part_rows
from karvan.tell.language import MINUS, Words, catalogue
from karvan.tell.map.land import place_name
from karvan.tell.picture import figures

LANGUAGES = ("en", "ru", "kk", "az", "hy")
PART = "corridors"


@pytest.fixture(scope="module")
def results():
    return cases.find("kz-eaeu", draws=12, executor="serial")


@pytest.fixture(scope="module")
def found(results):
    return {c.key: c for c in claims(results)}


@pytest.fixture(scope="module")
def stored():
    return evidence.read("corridors-kaz")


def teller(results, language="en"):
    """A teller of these two parts in a language that the rest of the brief need not have."""
    t = Teller(results, claims(results), Words("en"))
    t.language = language
    return t


def told(results, part, language="en"):
    blocks = part(teller(results, language))["blocks"]
    return " ".join(str(b.get("text", "")) + str(b.get("rows", "")) + str(b.get("caption", "")) for b in blocks)


def with_table(results, name, rows):
    table = results.tables[f"corridors.{name}"]
    changed = Table(table.columns, tuple(rows), table.title)
    return results._replace(tables={**results.tables, f"corridors.{name}": changed})


def with_row(results, name, key, **values):
    """A table in which the first row with a key in its first column is changed."""
    table = results.tables[f"corridors.{name}"]
    at = [table.columns.index(column) for column in values]
    rows = [list(row) for row in table.rows]
    row = next(row for row in rows if row[0] == key)
    for place, value in zip(at, values.values(), strict=True):
        row[place] = value
    return with_table(results, name, map(tuple, rows))


def test_claims_are_those_of_the_stored_results(found, stored):
    for row in stored.table("scenarios").to_dicts():
        claim, money = found[f"corridor.{row['scenario']}"], found[f"corridor_dollars.{row['scenario']}"]
        assert (claim.value, claim.low, claim.high) == (row["percent"], row["low"], row["high"])
        assert (money.value, money.low, money.high) == (row["dollars"], row["dollars_low"], row["dollars_high"])
        losing = found[f"corridor_losing.{row['scenario']}"].value
        assert losing == pytest.approx(50 * row["losing"] / row["draws"], abs=0.5)
    for row in stored.table("borders").to_dicts():
        key = f"{row['border']}.{row['mode']}.{row['cargo']}"
        assert found[f"crossing.{key}"].value == row["total"]
        parts = [found[f"crossing_{p}.{key}"].value for p in ("waiting", "uncertainty", "fees", "spoilage")]
        assert sum(parts) == pytest.approx(row["total"], abs=0.003)
    for row in stored.table("oil").to_dicts():
        assert found[f"oil_stop.{row['closed']}.{row['days']}"].value == row["loss_musd"]


def test_numbers_of_the_page_follow_the_tables(results):
    text = told(results, corridors)
    changed = with_row(results, "scenarios", "kz-transit-365", percent=-7.77, low=-8.88, high=-6.66, losing=0)
    other = told(changed, corridors)
    assert "−7.77" in other and "−8.88 to −6.66" in other and "a loss in 0 of 50 futures" in other
    assert "−7.77" not in text
    changed = with_row(results, "borders", "KAZ-RUS", total=4.44)
    assert "Russia, inside the union, 4.4" in told(changed, border_cost)


def test_the_count_of_the_border_stands_beside_the_estimate_from_trade(results, found):
    text, cost = told(results, border_cost), found["border.kz-exit-soft"]
    assert figures(cost.value, 1, "en") in text
    assert ("cannot be told from zero" in text) == (cost.low < 0 < cost.high)
    income = found["income.kz-exit-soft.frictions.KAZ"]
    assert figures(income.value, 2, "en", sign=True) in text


def test_a_case_without_an_estimate_says_nothing_on_it(results):
    t = teller(results)
    t.claims = {k: c for k, c in t.claims.items() if not k.startswith("border.")}
    assert "gravity estimate" not in str(border_cost(t))


@pytest.mark.parametrize(
    ("value", "low", "high", "expected"),
    [(-0.07, -0.09, -0.08, True), (-0.085, -0.09, -0.08, False), (-0.1, -0.09, -0.08, False), (0.0, -0.1, 0.1, False)],
)
def test_a_value_milder_than_its_range_is_explained(value, low, high, expected):
    assert _milder(Claim("x", value, low, high, "percent", "made up")) is expected


def test_oil_is_called_the_lever_only_where_it_is(results, found):
    times = found["corridor_dollars.kz-cpc-30"].value / found["corridor_dollars.kz-transit-30"].value
    assert f"{times:.0f} times as much" in told(results, corridors)
    small = with_row(results, "scenarios", "kz-cpc-30", dollars=-1.0)
    assert "the lever is the oil pipe" not in told(small, corridors)


def test_new_routes_are_worth_little_only_where_they_are(results, found):
    assert "next to nothing" in told(results, corridors)
    large = with_row(results, "scenarios", "kz-middle-corridor", percent=0.5)
    assert "next to nothing" not in told(large, corridors)


def test_what_a_new_route_insures_is_the_difference_of_two_closed_years(results, found):
    rows = evidence.read(NAME).table("insures").to_dicts()
    for row in rows:
        saved = row["closed_with_musd"] - row["closed_without_musd"]
        assert found[f"new_route.closed.{row['scenario']}"].value == pytest.approx(saved)
        assert saved > row["open_musd"] >= 0


def test_without_full_links_more_room_is_worth_nothing(results):
    assert "no link whose capacity is known fills up" in told(with_table(results, "widen", ()), corridors)
    assert "these are full" in told(results, corridors)


def test_a_new_route_that_is_faster_or_cheaper_is_not_called_slower_and_dearer(results):
    assert "still slower and dearer" in told(results, corridors)
    rows = [(*r[:10], 1.0, 1.0, *r[12:]) for r in results.tables["corridors.saves"].rows]
    assert "still slower and dearer" not in told(with_table(results, "saves", rows), corridors)


@pytest.mark.parametrize("language", LANGUAGES)
def test_both_parts_are_whole_in_every_language(results, language):
    unnamed = [row[1] for row in results.tables["corridors.named"].rows if place_name(row[1], language) == row[1]]
    for part in (border_cost, corridors):
        text = re.sub(
            r"karvan [a-z -]*[A-Z ]*|https?://\S+|docs/\S+|USD|TEU|CPC|XBK", "", told(results, part, language)
        )
        text = re.sub("|".join(map(re.escape, sorted(unnamed, key=len, reverse=True))), "", text)
        assert not re.findall(r"\{[a-z_]+\}|\bnan\b|\bNone\b", text)
        assert not re.findall(r"\b[A-Z]{3}\b", text)
        if language in ("ru", "kk", "hy"):
            assert not re.findall(r"[A-Za-z]{4,}", text)


@pytest.mark.parametrize("language", LANGUAGES[1:])
def test_every_language_has_every_message_and_its_placeholders(language):
    english, other = catalogue("en", PART), catalogue(language, PART)
    assert set(other) == set(english)
    for name in ("text", "mode", "scenario", "group", "unit", "measure"):
        assert set(other[name]) == set(english[name])
    for key, text in english["text"].items():
        mine, theirs = (set(re.findall(r"\{[a-z_]+\}", t)) for t in (text, other["text"][key]))
        assert theirs <= mine and not mine - theirs - {"{closer}"}, key
    assert [k for k in english["oil"] if not other["oil"].get(k)] == []


def test_every_message_is_used(results):
    t = teller(results)
    border_cost(t), corridors(t)
    either = {"border_outside_range", "border_trade_zero", "border_trade_sure", "new_some", "new_little", "new_slower"}
    either |= {"room", "room_part", "room_none", "corridors_times", "cut_off"}
    assert set(catalogue("en", PART)["text"]) - t.part(PART).used <= either


def test_names_of_the_case_are_in_the_catalogue(results, stored):
    names = catalogue("en", PART)
    told_of = {row[0] for row in stored.table("scenarios").rows}
    assert told_of <= set(names["scenario"])
    assert {row["mode"] for row in stored.table("borders").to_dicts()} <= set(names["mode"])
    russian = catalogue("ru", PART)
    assert {row["closed"] for row in stored.table("oil").to_dicts()} <= set(russian["oil"])
    assert {row[1] for row in stored.table("widen").rows} <= set(names["unit"])


def test_the_map_shows_what_closes_and_where_goods_go_then(results):
    rows = results.tables["corridors.map_links"].to_dicts()
    closed = [r for r in rows if r["closed"]]
    assert closed and all(r["after"] == 0 < r["before"] for r in closed)
    assert max(r["before"] for r in rows) <= 100 and max(r["after"] for r in rows) <= 100
    picture = next(b["svg"] for b in corridors(teller(results))["blocks"] if "Where goods of" in b.get("caption", ""))
    assert picture.count(">Closed</text>") == 2 and "On a day when Russia is closed to transit" in picture


def test_goods_go_elsewhere_when_a_neighbour_lets_none_pass(results):
    loads = evidence.read(NAME).table("loads").to_dicts()
    more = [r["link"] for r in loads if r["after"] > r["before"] + 1]
    assert any("ALY" in name for name in more)  # over the Caspian Sea
    fresh = rerouted(load("eurasia-2021"), "KAZ", "RUS").to_dicts()
    assert {r["link"]: r["after"] for r in fresh} == pytest.approx({r["link"]: r["after"] for r in loads}, abs=0.01)


def test_stored_routes_are_of_the_network_and_the_world_that_come_with_karvan():
    record = evidence.read(NAME).record
    assert record["inputs"]["network"] == tables_hash(routes().network.tables), "build it again"
    assert record["inputs"]["world"] == load("eurasia-2021").sha256, "build it again"


def test_the_miss_that_the_page_admits_is_that_of_the_documentation(results):
    from pathlib import Path

    held = results.case["corridors"]["held_out"]
    text = (Path(__file__).parents[2] / held["page"]).read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if "**held out**" in line]
    for row, name in zip(rows, ("days", "usd"), strict=True):
        assert f"**{held[name]} %**" in row


def test_long_tables_are_folded_and_print_unfolded(results):
    html = tell(results).html()
    assert html.count("<details>") == html.count("</details>") > 5
    assert html.count("<summary>") == html.count("<details>")
    style = html.split("@media print")[1].split("</style>")[0]
    assert "details::details-content{content-visibility:visible" in style


def test_a_case_without_corridors_has_none_of_it(results):
    case = {k: v for k, v in results.case.items() if k != PART}
    tables = {k: v for k, v in results.tables.items() if not k.startswith(f"{PART}.")}
    other = results._replace(case=case, tables=tables)
    assert not [k for k in found_elsewhere(case) if k.startswith(PART)]
    brief = tell(other)
    prefixes = ("crossing", "corridor", "oil_stop", "through.", "link.", "room_", "new_route", "route_", "past_stop")
    assert not [c.key for c in brief.claims if c.key.startswith(prefixes)]
    assert brief.html().count("<h2>") == tell(results).html().count("<h2>") - 2


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"transit": ["kz-transit-31"]}, "no scenario 'kz-transit-31'. Did you mean 'kz-transit-30'"),
        ({"shown_cargoes": ["contaner"]}, "no cargo 'contaner'. Did you mean 'container'"),
        ({"shown_mode": "rails"}, "no mode 'rails'. Did you mean 'rail'"),
        ({"evidence": "corridors-kax"}, "no stored result 'corridors-kax'. Did you mean 'corridors-kaz'"),
        ({"pipes": []}, "pipes is empty"),
        ({"closr": "RUS"}, "unknown key 'closr'. Did you mean 'closer'"),
    ],
)
def test_a_wrong_name_in_the_case_is_refused(results, wrong, message):
    with pytest.raises(kv.SourceError, match=re.escape(message)):
        found_elsewhere({**results.case, PART: {**results.case[PART], **wrong}})


def test_a_country_without_a_crossing_to_show_is_refused(results):
    with pytest.raises(kv.SourceError, match="no crossing of FRA by rail for container"):
        found_elsewhere({"name": "other", "country": "FRA", PART: results.case[PART]})


def bars_of(svg):
    rows = [r for r in ET.fromstring(svg).iter() if r.tag.endswith("rect") and "var" in r.get("fill", "")]
    return [float(r.get("width")) for r in rows]


def test_bars_are_as_long_as_their_parts_and_differ_by_texture():
    rows = [Parts("one", (1.0, 2.0, 0.0, 1.0), 3.0, 5.0), Parts("two", (2.0, 0.0, 0.0, 0.0), 1.0, 3.0)]
    svg = part_rows([("Goods", rows)], ("a", "b", "c", "d"), "Title", "en")(680)
    drawn = bars_of(svg)[4:]  # the legend comes first
    assert np.allclose(np.array(drawn) / drawn[0], [1, 2, 1, 2], atol=0.01)
    assert svg.count('stroke="var(--paper)" stroke-width="1.4"') == 3 + 2  # all but the first part, if not empty
    assert ">4.00<" in svg and "(3.00 … 5.00)" in svg


def test_dots_stand_where_their_values_are_and_each_panel_has_its_scale():
    rows = [Dot("one", -1.0, -2.0, -0.5), Dot("two", -2.0, -2.0, -2.0)]
    svg = dot_rows(
        [("Small", rows, 1), ("Large", [r._replace(value=-20.0, low=-20.0, high=-20.0) for r in rows], 0)], "T", "ru"
    )
    at = [float(c.get("cx")) for c in ET.fromstring(svg(680)).iter() if c.tag.endswith("circle")]
    assert at[1] < at[0] and at[1] == pytest.approx(at[2])
    texts = [node.text for node in ET.fromstring(svg(680)).iter() if node.tag.endswith("text")]
    assert f"{MINUS}1,0" in texts and f"({MINUS}2,0 … {MINUS}0,5)" in texts and f"{MINUS}20" in texts


def test_drawings_carry_no_colour_of_one_theme(results):
    for part in (border_cost, corridors):
        for block in part(teller(results))["blocks"]:
            if "svg" in block:
                assert not re.search(r'(fill|stroke)="#', block["svg"])


def test_the_page_has_both_parts_in_their_places(results):
    t = Teller(results, claims(results), Words("en"))
    content = page(t)
    heads = [s["heading"] for s in content["sections"]]
    border, last = Words("en", PART)("border_heading"), Words("en", PART)("corridors_heading")
    assert heads.index(border) < heads.index(last) < heads.index("How we know, and what is weak")
    assert "<details>" in render.html(content, "en")
