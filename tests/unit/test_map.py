"""The map of corridors: rows of a network, what a drawing must show, themes, languages and bad input."""

import json
import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from paths import shared

from karvan.core.errors import LabelError, SourceError
from karvan.core.freight_map import MODES, STATES, MapLink, MapPlace
from karvan.data.recipes.maps import FILES, WRITTEN, make
from karvan.network.map_rows import map_rows, shares_by_link, short
from karvan.network.network import Network
from karvan.network.routes import corridors
from karvan.tell.blocks import picture
from karvan.tell.language import Words, catalogue
from karvan.tell.map import EURASIA, both_maps, corridor_map
from karvan.tell.map.labels import Hides, covers, place_labels
from karvan.tell.map.land import country_name, natural_earth, place_name
from karvan.tell.map.lines import mark, marks, merged, nice, placed, scale_of
from karvan.tell.map.projection import Projection, fitted, great_circle
from karvan.tell.picture import breadth, painted, palette, save_picture

LANGUAGES = ("en", "ru", "kk", "az", "hy")
ALMATY, AKTAU, BAKU = (76.9, 43.3), (51.2, 43.7), (49.9, 40.4)
PLACES = (
    MapPlace("Almaty", *ALMATY, "KAZ", 9.0),
    MapPlace("Aktau", *AKTAU, "KAZ", 5.0),
    MapPlace("Baku", *BAKU, "AZE", 7.0),
)
RAIL = MapLink("ALM-AKT rail", ALMATY, AKTAU)
FERRY = MapLink("AKT-BAK ferry", AKTAU, BAKU, "ferry")


@pytest.fixture(scope="module")
def network():
    return Network.read()


@pytest.fixture(scope="module")
def rows(network):
    return map_rows(network)


def texts(svg):
    return [node.text for node in ET.fromstring(svg).iter() if node.tag.endswith("text")]


def luminance(colour):
    colour = colour.lstrip("#")
    colour = "".join(c * 2 for c in colour) if len(colour) == 3 else colour
    parts = np.array([int(colour[i : i + 2], 16) / 255 for i in (0, 2, 4)])
    return float(np.where(parts <= 0.03928, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4) @ [0.2126, 0.7152, 0.0722])


def test_a_closed_link_has_a_mark_and_a_word():
    closed = corridor_map(PLACES, [RAIL, FERRY._replace(state="closed")])
    assert "Closed" in texts(closed)
    assert "Closed" not in texts(corridor_map(PLACES, [RAIL, FERRY]))
    rings = re.findall(r'<circle r="7.5"', closed)
    assert len(rings) == 2  # on the map and in the legend
    assert "var(--loss)" in closed


@pytest.mark.parametrize("state", STATES[1:])
def test_every_state_is_told_without_colour(state):
    svg = corridor_map(PLACES, [RAIL, FERRY._replace(state=state)])
    assert Words("en", "map")(f"state_{state}") in texts(svg)


def test_every_mark_has_another_shape():
    shapes = {state: re.findall(r' (?:d|r)="([^"]*)"', mark(0, 0, state)) for state in STATES[1:]}
    assert all(shapes.values())
    assert len({str(shape) for shape in shapes.values()}) == len(shapes)


def test_modes_have_other_strokes():
    shown = [MapLink(mode, ALMATY, AKTAU, mode) for mode in MODES]
    svg = corridor_map(PLACES, shown)
    assert {Words("en", "map")(f"mode_{mode}") for mode in MODES} <= set(texts(svg))
    dashes = re.findall(r'stroke-dasharray="([\d. ]+)"', svg)
    assert len(set(dashes)) == 3  # road, sea and ferry; the pipeline is a double line, the railway a full one


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_map_says_whose_the_boundaries_are(language):
    found = " ".join(texts(corridor_map(PLACES, [RAIL], language=language)))
    land = natural_earth()
    assert f"{land.publisher} {land.scale}" in found
    assert len(found.split(land.publisher)[1]) > 60  # and that they are no statement on status


@pytest.mark.parametrize("language", LANGUAGES)
def test_languages_have_the_same_messages_and_placeholders(language):
    def shape(name):
        table = catalogue(name, "map")
        fields = {k: sorted(re.findall(r"\{(\w+)\}", v)) for k, v in table["text"].items()}
        return fields, {part: sorted(table[part]) for part in table if part != "text"}

    assert shape(language) == shape("en")
    assert all(text.strip() for part in catalogue(language, "map").values() for text in part.values())


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_message_is_used(language, rows, network):
    used = "".join((WRITTEN[0].parents[2] / folder).read_text(encoding="utf-8") for folder in (
        "tell/map/__init__.py", "tell/map/legend.py", "tell/route_card.py", "cli/maps.py",
    ))  # fmt: skip
    made = (
        {f"mode_{m}" for m in MODES} | {f"state_{s}" for s in STATES} | {"unit_t", "unit_TEU", "unit_share", "unit_Mt"}
    )
    unused = [k for k in catalogue(language, "map")["text"] if not re.search(rf"[\"']{k}[\"']", used) and k not in made]
    assert not unused
    svg = corridor_map(rows.places, rows.links, view=EURASIA, language=language)
    assert country_name("RUS", language) in texts(svg)
    assert place_name("Almaty", language) in texts(svg)


def test_names_stand_in_the_readers_language_or_in_english():
    assert [place_name("Aktau", lang) for lang in LANGUAGES] == ["Aktau", "Актау", "Ақтау", "Aktau", "Ակտաու"]
    assert place_name("Nowhere", "kk") == "Nowhere"
    assert country_name("CHN", "kk") == "Қытай"
    assert country_name("CHL", "kk") == "Chile"


def test_every_translated_name_is_a_place_of_the_network(network):
    text = (WRITTEN[0].parent / "names.csv").read_text(encoding="utf-8").splitlines()
    names = {line.split(",")[1] for line in text[1:] if line.startswith("place,")}
    assert names <= {short(row["name"]) for row in network.tables["places"]}


@pytest.mark.parametrize("theme", ["light", "dark", "print"])
def test_text_and_lines_can_be_told_from_the_ground(theme):
    colours = {name: luminance(value) for name, value in palette(theme).items()}
    for ground in ("paper", "land", "sea"):
        for name, least in {
            "ink": 7.0,
            "muted": 4.5,
            "loss": 4.5,
            "gain": 4.5,
            "blue": 4.5,
            "violet": 4.5,
            "road": 3.0,
        }.items():
            high, low = sorted((colours[name], colours[ground]), reverse=True)
            assert (high + 0.05) / (low + 0.05) >= least, (name, ground)


def test_widths_are_in_proportion_to_loads():
    links = [RAIL._replace(load=8e6), FERRY._replace(load=4e6)]
    scale = scale_of([links], 960)
    drawn = placed(links, fitted([ALMATY, AKTAU, BAKU], 960, 48)[0], scale, (960, 500))
    widths = {d.link.name: d.width for d in drawn}
    assert widths[RAIL.name] == pytest.approx(2 * widths[FERRY.name])
    assert "5" in texts(corridor_map(PLACES, links, unit="t"))  # million tonnes
    little = placed([links[0], FERRY._replace(load=1.0)], fitted([ALMATY, BAKU], 960, 48)[0], scale, (960, 500))
    assert [d.faint for d in little] == [True, False]


def test_changes_of_cost_have_a_scale_and_signs():
    links = [RAIL._replace(cost=40.0), FERRY._replace(cost=-12.0)]
    scale = scale_of([links], 960)
    assert scale.steps == (5.0, 20.0)
    assert [scale.bin(v) for v in (-21, -5, 4.9, 0, 20)] == [-2, -1, 0, 0, 2]
    assert {"+20 or more", "−20 to −5"} <= set(texts(corridor_map(PLACES, links)))


def test_a_load_without_a_change_of_cost_is_shown_in_ink():
    links = [RAIL._replace(load=2.0, cost=9.0), FERRY._replace(load=2.0)]
    drawn = placed(links, fitted([ALMATY, AKTAU, BAKU], 960, 48)[0], scale_of([links], 960), (960, 500))
    assert {d.link.name: (d.colour, d.faint) for d in drawn} == {RAIL.name: ("loss", False), FERRY.name: ("ink", False)}
    bare = [one._replace(load=None) for one in links]
    drawn = placed(bare, fitted([ALMATY, AKTAU, BAKU], 960, 48)[0], scale_of([bare], 960), (960, 500))
    assert {d.link.name: d.faint for d in drawn} == {RAIL.name: False, FERRY.name: True}


@pytest.mark.parametrize(("value", "round_"), [(0.0, 0), (7.3, 5), (100 - 1e-9, 100), (0.034, 0.02), (2, 2)])
def test_nice_numbers(value, round_):
    assert nice(value) == pytest.approx(round_)


def test_before_and_after_share_view_and_scale():
    before, after = [RAIL._replace(load=50.0)], [RAIL._replace(load=100.0), FERRY._replace(state="closed", load=0.0)]
    svg = corridor_map(PLACES, {"Before": before, "After": after}, unit="share")
    assert {"Before", "After"} <= set(texts(svg))
    heights = re.findall(r'<rect width="960" height="([\d.]+)"', svg)
    assert len(set(heights)) == 1
    ways = re.findall(r'<path d="(M[^Z"]*)" fill="none" stroke="var\(--ink\)" stroke-width="([\d.]+)"', svg)
    assert len({way for way, _ in ways}) == 1
    assert [float(w) for _, w in ways] == [6.0, 12.0]


def test_what_runs_together_at_sea_is_one_line_with_the_sum_of_the_loads():
    a, b, c = (30.0, 41.0), (32.0, 43.0), (35.0, 43.0)
    links = [
        MapLink("one", (29.0, 40.0), (37.0, 44.0), "sea", load=2.0, via=(a, b, c)),
        MapLink("two", (38.0, 42.0), (29.0, 40.0), "sea", load=3.0, via=(c, b, a)),
        MapLink("gone", (38.0, 42.0), (29.0, 40.0), "sea", "closed", load=0.0, via=(c, b, a)),
    ]
    found = merged(links)
    shared_piece = [one for one in found if one.state == "open" and one.via and {one.start, one.end} == {a, c}]
    assert [one.load for one in shared_piece] == [5.0]
    assert sum(one.load for one in found if one.start == (29.0, 40.0) or one.end == (29.0, 40.0)) == 5.0
    costs = [one._replace(cost=1.0) for one in links]
    assert merged(costs) == costs


def test_names_cover_neither_each_other_nor_marks(rows):
    projection, height = fitted(EURASIA, 960, 48)
    box = (960.0, height)
    drawn = placed(rows.links, projection, scale_of([rows.links], 960), box)
    stands = marks(drawn, box, quiet=True)
    taken = [(x - 9.0, x + 9.0, y - 9.0, y + 9.0) for x, y, _ in stands]
    spots = projection([(p.lon, p.lat) for p in rows.places])
    names = [(p.name, float(x), float(y), 0.0) for p, (x, y) in zip(rows.places, spots, strict=True)]
    first = len(taken)
    labels = place_labels(sorted(names), drawn, taken, box)
    assert len(labels) > 30
    boxes = taken[first::2]
    assert len(boxes) == len(labels)
    for i, one in enumerate(boxes):
        assert 0 < one[0] < one[1] < box[0]
        assert not any(covers(one, other) for other in [*boxes[:i], *taken[:first]])
    assert Hides(drawn)((0, *box[:1], 0, height)) > 0


def test_letters_of_other_scripts_are_taken_as_wider():
    assert breadth("Երևան") > breadth("Ереван"[:5]) > breadth("yerev")


def test_the_ends_of_a_route_are_named_even_on_a_phone(network):
    routes = corridors().routes("XIAN", "DUI", "container")
    found = map_rows(network, shares_by_link(network, routes), named=("XIAN", "DUI"))
    assert {"Xi'an", "Duisburg"} <= set(texts(corridor_map(found.places, found.links, unit="share", width=340)))


def test_shares_of_a_pair_leave_one_end_and_reach_the_other(network):
    routes = corridors().routes("ALM", "DUI", "container")
    shares = shares_by_link(network, routes)
    assert sum(v for k, v in shares.items() if "ALM" in k.split()[0].split("-")) == pytest.approx(100)
    assert sum(v for k, v in shares.items() if "DUI" in k.split()[0].split("-")) == pytest.approx(100)


def test_rows_carry_states_by_hand(network):
    changed = network.with_links(
        closed=network.find_links("AKT-ALY"), opened=network.find_links("zangezur") | network.find_links("BRE-TER")
    )
    states = {one.name: one.state for one in map_rows(changed).links}
    assert states["AKT-ALY ferry"] == "closed"
    assert states["AGB-MEG rail"] == "opened"
    assert states["BRE-TER rail"] == "open"  # it was open before
    assert states["GYU-KRS rail"] == "blocked"
    assert states["KSG-AND rail"] == "planned"
    assert {one.name: one.state for one in map_rows(network.in_year(2031)).links}["KSG-AND rail"] == "open"


def test_ways_over_water_are_about_as_long_as_the_network_says(network):
    links = {one.name: one for one in map_rows(network).links}
    seen = 0
    for m, name in enumerate(network.links):
        one, km = links[name], network.tables["links"][m]["km"]
        if one.via and km:
            lon, lat = np.radians([one.start, *one.via, one.end]).T
            half = np.sin(np.diff(lat) / 2) ** 2 + np.cos(lat[1:]) * np.cos(lat[:-1]) * np.sin(np.diff(lon) / 2) ** 2
            long = 2 * 6371 * np.arcsin(np.sqrt(half)).sum()
            assert long == pytest.approx(km, rel=0.12, abs=15), name
            seen += 1
    assert seen > 60


def test_the_projection_keeps_areas():
    cone = Projection(60.0, (30.0, 50.0), 1.0)
    for lon, lat in ((20.0, 60.0), (60.0, 40.0), (130.0, 20.0), (60.0, 0.0)):
        step = 1e-4
        (x0, y0), (x1, y1), (x2, y2) = cone([(lon, lat), (lon + step, lat), (lon, lat + step)])
        area = abs((x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0))
        assert area == pytest.approx(np.radians(step) ** 2 * np.cos(np.radians(lat)), rel=1e-4)


@pytest.mark.parametrize(
    "points", [EURASIA, [ALMATY, ALMATY], [(18.5, -34.0), (4.5, 52.0), (104.0, 1.0)], [ALMATY, BAKU]]
)
def test_a_view_holds_its_points(points):
    projection, height = fitted(points, 600, 30)
    pixels = projection(points)
    assert (pixels > 29).all() and (pixels[:, 0] < 571).all() and (pixels[:, 1] < height - 29).all()


def test_great_circles_pass_north_of_the_straight_line():
    way = great_circle((10.0, 50.0), (110.0, 50.0))
    assert way[len(way) // 2][1] > 55
    assert np.allclose(way[[0, -1]], [(10, 50), (110, 50)])


@pytest.mark.parametrize(
    ("link", "said"),
    [
        (RAIL._replace(start=(43.3, 176.9)), r"coordinates out of range: ALM-AKT rail \(43.3, 176.9\).*longitude"),
        (RAIL._replace(via=((float("nan"), 40.0),)), "coordinates out of range"),
        (RAIL._replace(state="shut"), r"link ALM-AKT rail: unknown state 'shut'.*closed"),
        (RAIL._replace(mode="train"), r"unknown mode 'train'"),
        (RAIL._replace(load=-1.0), r"no amount: ALM-AKT rail \(-1.0\)"),
        (RAIL._replace(load=float("inf")), "no amount"),
        (RAIL._replace(cost=float("inf")), r"mark a lost link as closed"),
    ],
)
def test_bad_rows_are_refused(link, said):
    with pytest.raises(LabelError, match=said):
        corridor_map(PLACES, [FERRY, link])


def test_bad_asking_is_refused(network, tmp_path):
    with pytest.raises(LabelError, match="without links"):
        corridor_map(PLACES, [])
    with pytest.raises(LabelError, match="without links"):
        corridor_map(PLACES, {})
    with pytest.raises(LabelError, match="unknown unit of loads 'kg'"):
        corridor_map(PLACES, [RAIL], unit="kg")
    with pytest.raises(SourceError, match="available: az, en, hy, kk, ru"):
        corridor_map(PLACES, [RAIL], language="de")
    with pytest.raises(LabelError, match="out of range: Almaty"):
        corridor_map([PLACES[0]._replace(lat=143.0)], [RAIL])
    with pytest.raises(LabelError, match=r"no such link: AKT-ALX ferry.*AKT-ALY"):
        map_rows(network, {"AKT-ALX ferry": 1.0})
    with pytest.raises(LabelError, match="no link by balloon"):
        map_rows(network, modes=("balloon",))
    with pytest.raises(SourceError, match="choose one of these endings"):
        save_picture(corridor_map(PLACES, [RAIL]), tmp_path / "map.gif", title="")
    with pytest.raises(SourceError, match="does not exist"):
        save_picture(corridor_map(PLACES, [RAIL]), tmp_path / "no" / "map.svg", title="")


def test_files_are_whole(tmp_path):
    svg = corridor_map(PLACES, [RAIL, FERRY], title="A <map> & more")
    for name, theme in (("a.svg", "light"), ("b.png", "dark"), ("c.html", "light"), ("d.html", "dark")):
        save_picture(svg, tmp_path / name, title="A <map>", theme=theme)
    text = (tmp_path / "a.svg").read_text(encoding="utf-8")
    assert "var(" not in text
    assert ET.fromstring(text).get("role") == "img"
    assert (tmp_path / "b.png").read_bytes()[:4] == b"\x89PNG"
    page = (tmp_path / "c.html").read_text(encoding="utf-8")
    assert "prefers-color-scheme" in page and "A &lt;map&gt;" in page and "<script" not in page
    assert palette("dark")["paper"] in (tmp_path / "d.html").read_text(encoding="utf-8").split("@media print")[1]
    assert both_maps(PLACES, [RAIL]).count("<svg") == 2
    assert picture("<svg/>", "A map") == {"kind": "chart", "svg": "<svg/>", "caption": "A map", "fold": ""}
    assert painted("var(--ink)", "dark") == palette("dark")["ink"]


def test_drawings_on_one_page_have_names_of_their_own():
    names = re.findall(r'clipPath id="(\w+)"', both_maps(PLACES, {"a": [RAIL], "b": [RAIL, FERRY]}))
    assert len(set(names)) == len(names) == 4


def test_the_files_of_the_maps_are_what_the_recipe_makes():
    folder = shared("maps") / "maps"
    assert all((folder / name).is_file() for name in FILES)
    for path, text in make(folder).items():
        assert path.read_text(encoding="utf-8") == text, "run `python -m karvan.data.recipes.maps FOLDER`"
        assert len(text) < 150_000
        assert json.loads(text)["source"]["licence"]
