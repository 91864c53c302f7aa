"""The freight network: what is shipped, how blanks are filled, and every fault of files at once."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from freight import crossing, link, network, place, shipped

from karvan.core.errors import LabelError, SourceError
from karvan.network.holdout import held_out
from karvan.network.network import Network
from karvan.network.rules import great_circle


@pytest.fixture(scope="module")
def own() -> Network:
    return Network.read()


def faults(folder: Path) -> str:
    with pytest.raises(SourceError) as found:
        Network.read(folder)
    return str(found.value)


def test_the_shipped_network_holds_the_known_corridors(own: Network) -> None:
    assert len(own.places) > 150 and len(own.links) > 350
    for pair in ("KHG-KHO", "AKT-ALY", "SUE-PSD", "BRE-TER", "KRO-CPC", "AGB-MEG", "CAP-GIB", "AKY-GOR"):
        assert own.find_links(pair)


def test_every_figure_has_a_source_and_a_quality(own: Network) -> None:
    for name in ("places", "crossings", "rules", "services", "terminals"):
        for row in own.tables[name]:
            assert row["source"] and row["quality"], (name, row)
    for m, row in enumerate(own.tables["links"]):
        assert row["source"] or own.filled.rule_km[m].startswith("R"), own.links[m]


def test_a_blank_length_is_the_great_circle_times_the_rule(own: Network) -> None:
    m = own.links.index("KRG-AST rail")
    a, b = (own.tables["places"][own.where[p]] for p in ("KRG", "AST"))
    ends = [np.array([v]) for v in (a["lat"], a["lon"], b["lat"], b["lon"])]
    assert own.tables["links"][m]["km"] is None
    assert own.filled.km[m] == pytest.approx(1.2 * float(great_circle(*ends)[0]))
    assert own.filled.rule_km[m] == "R1 rail_km"


def test_great_circle_of_known_cities() -> None:
    astana, almaty = (51.18, 71.446), (43.252, 76.912)
    km = great_circle(*(np.array([v]) for v in (*astana, *almaty)))
    assert km[0] == pytest.approx(970, rel=0.01)


def test_prices_are_directed(own: Network) -> None:
    sea = own.links.index("SHA-SIN sea")
    back = own.values["sea_backhaul"]
    assert own.filled.usd_teu[1, sea] == pytest.approx(back * own.filled.usd_teu[0, sea])
    rail = own.links.index("AST-PET rail")
    east = own.values["rail_eastbound"]
    assert own.filled.usd_teu[:, rail].min() == pytest.approx(east * own.filled.usd_teu[:, rail].max())


def test_draws_move_all_links_of_a_rule_and_country_together(own: Network) -> None:
    drawn = own.drawn(3, 0)
    ratio = drawn.filled.hours[0] / own.filled.hours[0]
    kazakh = [own.links.index(f"{pair} rail") for pair in ("DOS-AKG", "BKT-AYG", "KHO-ZHT")]  # of known length
    assert np.ptp(ratio[kazakh]) < 1e-12 and abs(ratio[kazakh[0]] - 1) > 1e-6
    assert drawn.filled.hours == pytest.approx(own.drawn(3, 0).filled.hours)


def test_planned_links_open_in_their_year(own: Network) -> None:
    zangezur = sorted(own.find_links("AGB-MEG"))
    assert not own.usable[zangezur].any()
    assert own.in_year(2028).usable[zangezur].all()
    assert own.with_links(opened=frozenset(zangezur)).usable[zangezur].all()
    blocked = sorted(own.find_links("POT-ROV"))
    assert not own.in_year(2050).usable[blocked].any()


def test_names_find_places_and_suggest(own: Network) -> None:
    assert own.places[own.place("istanbul")] == "IST"
    assert own.places[own.place("KAZ")] == "ALM"
    assert own.places[own.place("Aktau")] == "AKT" and own.places[own.place("Khorgos")] == "KHG"
    with pytest.raises(LabelError, match=r"unknown place 'Almatty'.*Almaty"):
        own.place("Almatty")
    with pytest.raises(LabelError, match=r"unknown link, place or corridor 'AKT-ALX'.*AKT-ALY"):
        own.find_links("AKT-ALX")


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    links = [
        link("A", "B", 100, capacity=5, capacity_unit="Mt/y", flow=7, flow_unit="Mt/y"),
        link("B", "A", 100),
        link("A", "C", 100, capacity=5, capacity_unit="Mt/y", flow=7, flow_unit="TEU/y"),
        link("A", "Bb", 100),
        link("A", "C", -3, mode="road"),
        link("C", "C", 3),
        link("A", "B", 3, mode="train"),
    ]
    text = faults(network(tmp_path, [place("A"), place("B"), place("C")], links))
    for part in (
        "capacity 5 below the observed flow 7 Mt/y",
        "B-A rail is there twice (also line 2)",
        "units mixed, capacity in Mt/y and flow in TEU/y",
        "unknown place 'Bb'. Did you mean 'B'?",
        "km is -3",
        "C-C rail is a loop",
        "unknown mode 'train'",
    ):
        assert part in text, text
    assert "links.csv:3" in text


def test_a_disconnected_place_and_a_missing_crossing(tmp_path: Path) -> None:
    places = [place("A"), place("B", "RUS"), place("C"), place("D")]
    text = faults(network(tmp_path, places, [link("A", "B", 10)]))
    assert "C (Town C) is disconnected" in text and "D (Town D) is disconnected" in text
    assert "A-B rail crosses a border that crossings.csv does not have" in text


def test_negative_hours_at_a_crossing(tmp_path: Path) -> None:
    places = [place("A"), place("B", "RUS")]
    text = faults(network(tmp_path, places, [link("A", "B", 10)], [crossing("A", "B", hours=-1)]))
    assert "crossings.csv:2: hours is -1: negative time or cost" in text


def test_a_loop_of_zero_cost(tmp_path: Path) -> None:
    text = faults(network(tmp_path, [place("A"), place("B")], [link("A", "B", 0)]))
    assert "A-B rail is a loop of zero cost" in text


def test_wrong_columns_and_numbers(tmp_path: Path) -> None:
    network(tmp_path, [place("A"), place("B")], [link("A", "B", "12,5")])  # type: ignore[arg-type]
    (tmp_path / "terminals.csv").write_text("terminal,hours\nAKT,3\n", encoding="utf-8")
    text = faults(tmp_path)
    assert "km is not a number: '12,5'" in text
    assert "missing column(s) ['sd_hours', 'fee_usd', 'source', 'quality']" in text
    with pytest.raises(SourceError, match="no such folder"):
        Network.read(tmp_path / "nowhere")


def test_the_shipped_split_is_the_seeded_rule() -> None:
    tables = shipped()
    rows = tables["observed"]
    aside = held_out([r["group"] for r in rows], [r["seen"] for r in rows], [r["metric"] for r in rows])
    assert {row["group"] for row in tables["split"] if row["set"] == "held out"} == set(aside)
    assert {row["group"] for row in tables["split"]} == {r["group"] for r in rows}
    assert not {r["group"] for r in rows if r["seen"]} & set(aside)
