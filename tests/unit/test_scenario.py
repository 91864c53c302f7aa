from __future__ import annotations

import re
from pathlib import Path

import pytest
from worlds import random_world

from karvan import ConflictError, LabelError, Range, Scenario, ScenarioError, friction, set_tariff, solve

GOOD = """\
schema: 1
name: test
title: A test
why: "What if"
source: "this file"
world: none
shocks:
  - friction: {between: [C00, C03], ad_valorem: {mode: 0.05, low: 0.02, high: 0.10}, source: "a guess"}
  - set_tariff:
      importer: CU
      exporter: C04
      rate: 0.25
deficits: share
"""


def read(tmp_path: Path, text: str) -> Scenario:
    path = tmp_path / "s.yaml"
    path.write_text(text, encoding="utf-8")
    return Scenario.read(path)


def faults(tmp_path: Path, text: str) -> list[str]:
    with pytest.raises(ScenarioError) as caught:
        read(tmp_path, text)
    return str(caught.value).replace(str(tmp_path / "s.yaml"), "s.yaml").split("\n")


def test_a_good_file(tmp_path: Path) -> None:
    scenario = read(tmp_path, GOOD)
    assert (scenario.name, scenario.why, scenario.deficits) == ("test", "What if", "share")
    assert [s.kind for s in scenario.shocks] == ["friction", "set_tariff"]
    assert list(scenario.ranges()) == ["friction1.ad_valorem"]
    world = random_world(2, 5, 3, zeros=0.0)
    change = scenario.change(world)
    assert change.d_hat is not None
    assert change.tau_new is not None
    assert change.d_hat[0, 3, 0] == change.d_hat[3, 0, 0] == 1.05
    assert change.tau_new[1, 4, 0] == 0.25
    out = solve(world, scenario)
    assert out.deficits == "share"
    assert out.record["scenario"]["source"] == "this file"
    drawn = scenario.at({"friction1.ad_valorem": 0.08}).change(world).d_hat
    assert drawn is not None
    assert drawn[0, 3, 0] == 1.08
    assert scenario.change(world).d_hat[0, 3, 0] == 1.05


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("title: A", "titel: A", r"s.yaml:3:1: unknown key 'titel'\. Did you mean 'title'\?"),
        ("why: ", "# why: ", r"s.yaml:1:1: why: Field required"),
        ('source: "this', '# source: "this', r"s.yaml:1:1: source: Field required"),
        ('why: "What if"', 'why: ""', r"s.yaml:4:1: why: String should have at least 1 character"),
        ("schema: 1", "schema: 2", r"s.yaml:1:1: schema 2 is not known; write schema: 1"),
        ("schema: 1", "schema: one", r"s.yaml:1:1: schema: Input should be a valid integer"),
        ("deficits: share", "deficits: shared", r"s.yaml:13:1: unknown closure 'shared'\. Did you mean 'share'\?"),
        ("- friction:", "- frction:", r"s.yaml:8:5: unknown shock 'frction'\. Did you mean 'friction'\?"),
        (
            "exporter: C04",
            "exprter: C04",
            r"s.yaml:9:5: set_tariff: unknown argument 'exprter'\. Did you mean 'exporter'\?",
        ),
        ("      rate: 0.25\n", "", r"s.yaml:9:5: set_tariff: missing rate"),
        ("low: 0.02", "lo: 0.02", r"s.yaml:8:5: friction.ad_valorem: a range needs mode, low and high"),
        ("high: 0.10}", "high: ten}", r"s.yaml:8:5: friction.ad_valorem: could not convert"),
        ("high: 0.10}", "high: 0.01}", r"s.yaml:8:5: friction.ad_valorem: range: low <= mode <= high is broken"),
        ("- set_tariff:", "- set_tariff: 5\n    rate: 1\n  - x:", r"s.yaml:9:5: a shock is one key with its arguments"),
    ],
)
def test_every_fault_has_its_place(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert old in GOOD
    found = faults(tmp_path, GOOD.replace(old, new, 1))
    assert any(re.match(message, line) for line in found), found


def test_several_faults_at_once(tmp_path: Path) -> None:
    text = GOOD.replace("schema: 1", "schema: 3").replace("- friction", "- frictoin").replace("rate: 0.25", "rat: 0.25")
    found = faults(tmp_path, text.replace("deficits: share", "deficits: none"))
    assert [line.split(": ")[0] for line in found] == ["s.yaml:1:1", "s.yaml:13:1", "s.yaml:8:5", "s.yaml:9:5"]
    missing = faults(tmp_path, GOOD.replace("why:", "whi:").replace("title:", "tittle:"))
    assert len(missing) == 4


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: [1, 2\nb: 3\n", r"s.yaml:2:\d+: not valid YAML"),
        ("a: 1\na: 2\n", r"s.yaml:2:1: not valid YAML: found duplicate key"),
        ("", r"s.yaml:1:1: a scenario is a mapping with the keys schema, name, title"),
        ("- 1\n- 2\n", r"s.yaml:1:1: a scenario is a mapping"),
        ("a: \x00\n", r"s.yaml:1:1: not valid YAML"),
        (GOOD.partition("shocks:")[0] + "shocks: []\n", r"s.yaml:\d+:1: shocks: at least one is needed"),
    ],
)
def test_what_is_no_scenario(tmp_path: Path, text: str, message: str) -> None:
    found = faults(tmp_path, text)
    assert any(re.match(message, line) for line in found), found


def test_a_missing_file_and_a_folder(tmp_path: Path) -> None:
    for path in (tmp_path / "none.yaml", tmp_path):
        with pytest.raises(ScenarioError, match="no such scenario file"):
            Scenario.read(path)


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    (tmp_path / "s.yaml").write_bytes(b"\xff\xfe\x00title")
    with pytest.raises(ScenarioError, match="cannot be read"):
        Scenario.read(tmp_path / "s.yaml")


def test_an_unknown_country_is_named_with_its_place(tmp_path: Path) -> None:
    scenario = read(tmp_path, GOOD.replace("exporter: C04", "exporter: C4"))
    with pytest.raises(LabelError, match=r"s.yaml:9:5: set_tariff: unknown country or bloc 'C4'\. Did you mean"):
        solve(random_world(2, 5, 3), scenario)


def test_a_shock_that_touches_nothing_is_named_with_its_place(tmp_path: Path) -> None:
    scenario = read(tmp_path, GOOD.replace("rate: 0.25", "rate: current"))
    with pytest.raises(ScenarioError, match=r"s.yaml:9:5: set_tariff touches nothing"):
        solve(random_world(2, 5, 3), scenario)


def test_a_conflict_is_named_with_both_places(tmp_path: Path) -> None:
    again = "  - set_tariff: {importer: C00, exporter: all, rate: 0.3}\ndeficits"
    scenario = read(tmp_path, GOOD.replace("deficits", again))
    with pytest.raises(ConflictError, match=r"s.yaml:9:5: set_tariff and .*s.yaml:13:5: set_tariff both set tau_new"):
        solve(random_world(2, 5, 3), scenario)


def test_composition_keeps_papers_and_order(tmp_path: Path) -> None:
    scenario = read(tmp_path, GOOD)
    more = friction(between=["C01", "C04"], ad_valorem=0.1) | scenario
    assert more.title == "A test"
    assert [s.kind for s in more.shocks] == ["friction", "friction", "set_tariff"]
    other = read(tmp_path, GOOD.replace("deficits: share", "deficits: fixed"))
    with pytest.raises(ScenarioError, match=r"close deficits differently \(share, fixed\)"):
        scenario | other


def test_shock_constructors_check_their_arguments() -> None:
    with pytest.raises(ScenarioError, match=r"set_tariff: unknown argument 'importr'\. Did you mean 'importer'"):
        set_tariff(importr="C00", exporter="C01", rate=0.1)
    with pytest.raises(ScenarioError, match="friction: missing between"):
        friction()
    assert isinstance(
        friction(between=["a", "b"], ad_valorem={"mode": 1, "low": 0, "high": 2}).arguments["ad_valorem"], Range
    )
