"""The route card as a picture, and the commands that draw."""

import json
import re
import xml.etree.ElementTree as ET

import pytest

from karvan.core.errors import LabelError, SourceError
from karvan.core.table import Table
from karvan.network.card import card
from karvan.network.routes import corridors
from karvan.tell.language import THIN, Words
from karvan.tell.route_card import both_cards, corridor_names, route_card

LANGUAGES = ("en", "ru", "kk", "az", "hy")


@pytest.fixture(scope="module")
def found():
    return card(corridors(), "XIAN", "DUI", draws=3)


def draw(found, **more):
    options = {"start": "Xi'an", "end": "Duisburg", "cargo": "container", "year": 2025, **more}
    return route_card(found.routes, found.cargoes, **options)


def texts(svg):
    return [node.text for node in ET.fromstring(svg).iter() if node.tag.endswith("text")]


def test_a_card_shows_the_figures_of_the_tables(found):
    shown = texts(draw(found))
    first = found.routes.to_dicts()[0]
    days = next(t for t in shown if t.startswith(f"{first['days']:.1f}"))
    assert days == f"{first['days']:.1f}{THIN} ({first['low']:.1f}–{first['high']:.1f})"
    assert any(f"borders: {first['borders']}" in t for t in shown)
    assert {"Containers", "Perishables", "Grain", "Metals", "Machinery"} <= set(shown)
    assert any("per tonne" in t for t in shown)


def test_what_is_left_out_is_told(found):
    rows = found.routes.to_dicts()
    shown = " ".join(texts(draw(found, most=2)))
    assert f"Not shown: {len(rows) - 2} more, together {sum(r['share %'] for r in rows[2:]):.1f} %" in shown
    none = sum(row["share %"] == 0 for row in rows)
    assert none > 0
    assert f"Not shown: {none} more, together 0.0 %" in " ".join(texts(draw(found, most=50)))
    few = found._replace(routes=found.routes._replace(rows=found.routes.rows[:3]))
    assert "Not shown" not in " ".join(texts(draw(few)))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("width", [680.0, 340.0])
def test_cards_in_every_language_stay_inside(found, language, width):
    svg = draw(found, language=language, width=width)
    assert not re.search(r"\{\w+\}|\bnan\b", svg)
    assert Words(language, "map")("card_cargoes").split()[0] in " ".join(texts(svg))
    bars = [float(x) for x in re.findall(r"H([\d.]+)", svg)]
    assert max(bars) <= width


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_corridor_and_cargo_has_a_name(language):
    routes = corridors()
    words = Words(language, "map")
    names = {row["corridor"] for row in routes.network.tables["corridors"]} | {"direct"}
    assert names == set(words.table["corridor"])
    assert set(routes.classes) == set(words.table["cargo"])
    assert {kind.unit for kind in routes.classes.values()} == set(words.table["unit"])


def test_a_corridor_inside_another_is_not_told_twice():
    words = Words("en", "map")
    assert corridor_names("middle + middle-kars + kars", words) == "Middle Corridor by Baku-Tbilisi-Kars"
    assert corridor_names("suez + lars", words) == "Suez canal + Upper Lars road"


def test_numbers_have_the_comma_of_their_readers(found):
    assert any(re.match(r"\d+,\d", t) for t in texts(draw(found, language="ru")))
    assert not any(re.search(r"\d,\d", t) for t in texts(draw(found)))


def test_two_widths_for_a_page(found):
    options = {"start": "Xi'an", "end": "Duisburg", "cargo": "container", "year": 2025}
    page = both_cards(found.routes, found.cargoes, **options)
    assert page.count("<svg") == 2 and 'class="narrow"' in page


def test_other_tables_are_refused(found):
    with pytest.raises(LabelError, match="table of routes: no column share %"):
        draw(found._replace(routes=found.cargoes))
    with pytest.raises(LabelError, match="table of cargoes: no rows"):
        draw(found._replace(cargoes=Table(found.cargoes.columns, ())))
    with pytest.raises(SourceError, match="available"):
        draw(found, language="de")


def test_commands_draw(karvan, tmp_path):
    out = tmp_path / "map.svg"
    words = ("--between", "KAZ", "DEU", "--close", "BRE-TER", "--language", "ru", "--out", str(out), "--json")
    code, told, _ = karvan("corridors", "map", *words)
    data = json.loads(told)
    assert code == 0 and data["file"] == str(out)
    assert {one["state"] for one in data["after"]} >= {"open", "closed"}
    assert all(one["state"] != "closed" for one in data["before"])
    assert "После: закрыто Брест – Тересполь" in out.read_text(encoding="utf-8")
    out = tmp_path / "map.html"
    karvan("corridors", "map", "--cargo", "crude", "--view", "caspian", "--dark", "--out", str(out))
    page = out.read_text(encoding="utf-8")
    assert "Pipeline" in page and ">Road<" not in page
    out = tmp_path / "card.png"
    karvan("corridors", "card", "XIAN", "Istanbul", "--draws", "2", "--out", str(out))
    assert out.read_bytes()[:4] == b"\x89PNG"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("map", "--view", "moon"), "unknown view 'moon'"),
        (("map", "--language", "de"), "no map in language 'de'"),
        (("map", "--out", "map.pdf"), "choose one of these endings"),
        (("map", "--between", "KAZ", "Atlantis"), "unknown place 'Atlantis'"),
        (("map", "--cargo", "bread"), "unknown cargo 'bread'"),
        (("map", "--close", "AKT-MOON"), "unknown link"),
        (("card", "KAZ", "KAZ"), "same place"),
        (("card", "KAZ", "DEU", "--language", "de"), "no map in language"),
    ],
)
def test_wrong_words_are_refused(karvan, tmp_path, monkeypatch, words, said):
    monkeypatch.chdir(tmp_path)
    code, _, told = karvan("corridors", *words)
    assert code == 1 and said in told
    assert not list(tmp_path.iterdir())
