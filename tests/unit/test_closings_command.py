"""karvan corridors close, leverage, widen, border, loads: what they print, and odd and hostile input."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from freight import MARKETS, crossing, crossroads, economy, link, network, place, small_world

from karvan.data import worlds
from karvan.run import freight as run
from karvan.run import leverage as levers
from karvan.shocks import corridor
from karvan.shocks.corridor import freight

WORLD = small_world()


SCENARIO = """schema: 1
name: shut
title: Shut
why: To see.
source: Made up.
world: eurasia-2021
shocks:
  - close_link: {link: N-Z}
deficits: fixed
"""


def strict(text: str) -> Any:
    """JSON without NaN or infinity."""

    def refuse(name: str) -> None:
        raise AssertionError(f"{name} in JSON")

    return json.loads(text, parse_constant=refuse)


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A small world and network in place of karvan's own, A-M nearly full; the folder of the network."""
    free = crossroads(tmp_path)
    load = freight(WORLD, free).year(WORLD.M).mean_load[free.network.links.index("A-M rail")]
    routes = crossroads(tmp_path, {"A-M": 1.05 * load / 1e6})
    monkeypatch.setattr(worlds, "load", lambda name="": WORLD)
    for module in (corridor, run, levers):
        monkeypatch.setattr(module, "network", lambda: routes)
    corridor.after_edits.cache_clear()
    yield tmp_path
    corridor.after_edits.cache_clear()


def test_a_link_is_closed(karvan, small: Path) -> None:
    code, out, err = karvan("corridors", "close", "N-Z", "--days", "365", "--country", "UZB")
    assert code == 0, err
    assert "N-Z closed for 365 days of the year" in out and "Trade and freight, round by round" in out
    assert "Full links" in out and "A-M rail" in out and "Where freight moves" in out
    assert out.splitlines()[3].startswith("UZB") and " inf" not in out and "nan" not in out
    code, out, _ = karvan("corridors", "close", "N-Z", "--days", "365", "--country", "UZB", "--json")
    found = strict(out)
    assert code == 0 and found["income"][0]["country"] == "UZB" and found["income"][0]["MUSD"] < 0
    assert len(found["income"]) == 4 and len(found["freight"]) == 3 and found["freight"][0][0]["round"] == 1


@pytest.mark.parametrize(
    "words", [("UZB", "--of", "KAZ"), ("KGZ",), ("KAZ-KGZ",), ("M",), ("C", "--embargo", "--days", "365")]
)
def test_what_can_be_closed(karvan, small: Path, words: tuple[str, ...]) -> None:
    code, out, err = karvan("corridors", "close", *words, "--json")
    assert code == 0, err
    assert {row["country"] for row in strict(out)["income"]} == set(WORLD.countries)


WRONG = {
    ("close", "A-MM"): "Did you mean 'A-M'",
    ("close", "KAZ-KGX"): "Did you mean 'KGZ'",
    ("close", ""): "unknown link, place or corridor ''",
    ("close", "A-M", "--days", "0"): "0 days; expected 1 to 365",
    ("close", "A-M", "--days", "366"): "366 days; expected 1 to 365",
    ("close", "A-M", "--days", "many"): "valid integer",
    ("close", "A-M", "--of", "KAZ"): "--of goes with a country whose transit is closed; 'A-M' is none",
    ("close", "KGZ", "--of", "KAX"): "Did you mean 'KAZ'",
    ("close", "A-M", "--country", "KAX"): "Did you mean 'KAZ'",
    ("close", "C", "--days", "365"): "left without any route",
    ("leverage", "KAX"): "Did you mean 'KAZ'",
    ("leverage", "KAZ", "--days", "0"): "days [0]: expected 1 to 365",
    ("leverage", "KAZ", "--link", "A-MM"): "Did you mean 'A-M'",
    ("leverage", "KAZ", "--top", "0"): "greater than or equal to 1",
    ("leverage", "KAZ", "--network", "/no/such/folder"): "no such folder",
    ("widen", "kz-exit-soft"): "no shock of the freight network in it",
    ("widen", "kz-transit-366"): "kz-transit-366",
    ("border", "KAZ", "RUS"): "no link joins KAZ and RUS",
    ("border", "KAZ", "KAZ"): "KAZ has no border with itself",
    ("border", "KAZ", "KGX"): "Did you mean 'KGZ'",
    ("border", "KAZ", "KGZ", "--draws", "0"): "greater than or equal to 1",
    ("loads", "--network", "/no/such/folder"): "no such folder",
    ("loads", "--top", "-1"): "greater than or equal to 1",
}


@pytest.mark.parametrize("words", WRONG, ids=" ".join)
def test_wrong_input_is_told_without_a_traceback(karvan, small: Path, words: tuple[str, ...]) -> None:
    more = ("--network", str(small)) if words[0] == "border" else ()
    code, out, err = karvan("corridors", *words, *more)
    assert code in (1, 2) and out == "" and WRONG[words] in " ".join(err.split()).replace("│ ", "")
    assert "Traceback" not in err and len(err) < 2000


def test_leverage_is_ranked(karvan, small: Path) -> None:
    code, out, err = karvan("corridors", "leverage", "KAZ", "--days", "30", "--days", "365", "--json")
    assert code == 0, err
    rows = strict(out)
    for kind in (False, True):
        losses = [row["loss MUSD"] for row in rows if row["closed"].startswith("transit") is kind]
        assert losses and losses == sorted(losses, reverse=True)
    code, out, _ = karvan("corridors", "leverage", "KAZ", "--link", "A-M", "--top", "1", "--network", str(small))
    assert code == 0 and "What KAZ loses when it is closed" in out and out.count("KAZ-KGZ") == 1
    assert "Oil in pipes is not freight" in out


def test_borders_and_loads(karvan, small: Path) -> None:
    code, out, _ = karvan("corridors", "border", "KAZ", "KGZ", "--draws", "3", "--network", str(small), "--json")
    assert code == 0 and {row["mode"] for row in strict(out)} == {"rail"}
    code, out, _ = karvan("corridors", "loads", "--network", str(small), "--top", "2", "--json")
    found = strict(out)
    assert code == 0 and found["observed"] == [] and len(found["links"]) == 2
    assert karvan("corridors", "loads", "--network", str(small))[0] == 0


def test_widening_and_running_a_scenario(karvan, small: Path) -> None:
    path = small / "shut.yaml"
    path.write_text(SCENARIO, encoding="utf-8")
    code, out, err = karvan("corridors", "widen", str(path), "--times", "1.1", "--json")
    assert code == 0, err
    assert strict(out)[0]["link"] == "A-M rail"
    for times in ("0", "-1", "nan"):
        code, out, err = karvan("corridors", "widen", str(path), "--times", times)
        assert code == 1 and out == "" and "more room is above 1" in err
    code, out, _ = karvan("run", str(path), "--json")
    assert code == 0 and strict(out)["freight"][0][0]["round"] == 1
    code, out, _ = karvan("run", str(path))
    assert code == 0 and "Trade and freight, round by round" in out
    code, _, err = karvan("run", str(path), "--no-io")
    assert code == 1 and "cannot be combined" in err


def bad(folder: Path, what: str) -> Path:
    """The network with one fault."""
    places = [place("A"), place("M", "KGZ"), place("N", "UZB"), place("Z", "RUS"), place("C", "CHN")]
    links = [link("A", "M", 400), link("M", "Z", 400), link("A", "N", 500), link("N", "Z", 500), link("C", "A", 600)]
    crossings = [crossing(*pair) for pair in ("AM", "MZ", "AN", "NZ", "CA")]
    economies = [economy(*one) for one in MARKETS]
    if what == "disconnected":
        places.append(place("Q", "TKM"))
    elif what == "negative time":
        crossings[0]["hours"] = -5
    elif what == "negative cost":
        crossings[0]["fee_usd"] = -5
    elif what == "capacity below flow":
        links[0] |= {"capacity": 1, "capacity_unit": "Mt/y", "flow": 2, "flow_unit": "Mt/y", "flow_year": 2024}
    elif what == "units mixed":
        links[0] |= {"capacity": 1, "capacity_unit": "Mt/y", "flow": 2, "flow_unit": "TEU/y", "flow_year": 2024}
    elif what == "free loop":
        links.append(link("A", "A", 0))
    elif what == "unknown place":
        links.append(link("A", "ZZ", 10))
    return network(folder, places, links, crossings, economies=economies)


BAD = {
    "disconnected": "Q (Town Q) is disconnected: no link joins it to the rest",
    "negative time": "hours is -5: negative time or cost",
    "negative cost": "fee_usd is -5: negative time or cost",
    "capacity below flow": "A-M rail: capacity 1 below the observed flow 2 Mt/y",
    "units mixed": "A-M rail: units mixed, capacity in Mt/y and flow in TEU/y",
    "free loop": "A-A rail is a loop: from a place to itself",
    "unknown place": "unknown place 'ZZ'. Did you mean 'Z'",
}


@pytest.mark.parametrize("what", BAD)
@pytest.mark.parametrize("words", [("loads",), ("leverage", "KAZ"), ("border", "KAZ", "KGZ")], ids=" ".join)
def test_bad_networks_are_told_by_every_command(karvan, small: Path, what: str, words: tuple[str, ...]) -> None:
    folder = bad(small, what)
    code, out, err = karvan("corridors", *words, "--network", str(folder))
    assert code == 1 and out == "" and BAD[what] in " ".join(err.split())


def test_a_closing_that_stops_nothing_is_refused(karvan: Any) -> None:
    code, out, err = karvan("corridors", "close", "RUS", "--of", "RUS")
    assert code == 1 and not out
    assert "close_transit: no cost changes anywhere" in err
