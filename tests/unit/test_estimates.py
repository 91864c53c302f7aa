"""Estimates as files: read whole, every fault at once, one coefficient drawn once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from karvan import Estimate, ScenarioError, SourceError
from karvan.core.estimates import read_estimates, shipped

BLOCK = """\
[{name}]
b = {b}
se = {se}
measures = "Members against others."
duties = "Not in it."
estimator = "PPML"
sample = "made for the test"
observations = 100
source = "made for the test"
command = "none"
date = 2026-01-31
"""


def file(folder: Path, *texts: str, before: str = "") -> Path:
    path = folder / "made.toml"
    path.write_text("\n".join([before, *texts]), encoding="utf-8")
    return path


def block(name: str, b: float = 0.2, se: float = 0.1, more: str = "") -> str:
    return BLOCK.format(name=name, b=b, se=se) + more


def test_what_ships_can_be_read() -> None:
    assert "gravity/eaeu" in shipped()
    for name, estimate in shipped().items():
        assert Estimate.named(name) is estimate
        assert estimate.low < estimate.b < estimate.high
        assert estimate.source and estimate.command and estimate.date and estimate.comes_with_karvan
        assert str(estimate).startswith("PROVISIONAL") == estimate.provisional


def test_a_block_is_an_estimate(tmp_path: Path) -> None:
    one, two = read_estimates(file(tmp_path, block("a"), block("b", -0.3, 0.2, "provisional = true\n")))
    assert (one.name, one.b, one.se, one.date, one.observations) == ("made/a", 0.2, 0.1, "2026-01-31", 100)
    assert one.low == pytest.approx(0.2 - 1.645 * 0.1, abs=1e-4)
    assert two.provisional and "not to be quoted" in str(two)
    assert one.sha256 != two.sha256
    assert one.to_dict()["sha256"] == one.sha256


def test_a_hash_follows_every_number_and_paper(tmp_path: Path) -> None:
    text = block("a")
    first = read_estimates(file(tmp_path, text))[0].sha256
    assert read_estimates(file(tmp_path, text, ""))[0].sha256 == first
    for old, new in (("b = 0.2", "b = 0.21"), ("se = 0.1", "se = 0.11"), ("PPML", "OLS"), ("= 100", "= 101")):
        assert read_estimates(file(tmp_path, text.replace(old, new)))[0].sha256 != first


def test_a_coefficient_has_one_draw_whatever_stands_after_it(tmp_path: Path) -> None:
    alone = read_estimates(file(tmp_path, block("a")))[0]
    more = block("a", more="covariance = {b = 0.012}\n"), block("b", 0.4, 0.2)
    first, second = read_estimates(file(tmp_path, *more))
    for k in range(5):
        assert first.draw("friction1.from", 3, k) == first.draw("another", 3, k) == alone.draw("", 3, k)
    assert first.draw("", 3, 1) != first.draw("", 3, 2) != first.draw("", 4, 2)
    drawn = np.array([[e.draw("", 1, k) for e in (first, second)] for k in range(3000)])
    np.testing.assert_allclose(drawn.mean(axis=0), [0.2, 0.4], atol=0.015)
    np.testing.assert_allclose(np.cov(drawn.T), [[0.01, 0.012], [0.012, 0.04]], rtol=0.1)


def test_all_faults_of_a_file_are_told_at_once(tmp_path: Path) -> None:
    text = block("a", 20, -0.1).replace("observations = 100\n", "").replace("source", "sorce")
    other = block("b", more="covariance = {aa = 0.1, b = 0.1}\n").replace("b = 0.2", "b = nan")
    with pytest.raises(SourceError) as caught:
        read_estimates(file(tmp_path, text, other, before="c = 3\n"))
    told = str(caught.value)
    for part in (
        "[a]: unknown key 'sorce'. Did you mean 'source'?",
        "[a]: source is missing",
        "[a]: observations is missing",
        "[a]: b is 20; it is in log points of trade",
        "[a]: se is -0.1; a standard error is above 0",
        "[b]: b is nan, not a number",
        "[b]: covariance with 'aa': no other block of that name",
        "[b]: covariance with itself: the variance is se squared",
        "made.toml: [c]: an estimate is a block",
    ):
        assert part in told, told


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        ((block("a", more="covariance = {b = 0.02}\n"), block("b")), "not positive definite"),
        (
            (block("a", more="covariance = {b = 0.001}\n"), block("b", more="covariance = {a = 0.002}\n")),
            "covariance with 'b' is 0.001, and there it is 0.002",
        ),
        (("b = 0.2\n",), r"\[b\]: an estimate is a block with the keys"),
        (("[a\n",), "not a file of estimates"),
        ((block("a", more="provisional = 1\n"),), "provisional is true or false"),
        ((block("a").replace("= 100", "= 1.5"),), "observations is 1.5"),
        ((block("a", more="covariance = 3\n"),), "covariance: write one number for each other block"),
        ((block("a", more="covariance = {b = true}\n"), block("b")), "is True, not a number"),
    ],
)
def test_bad_files(tmp_path: Path, texts: tuple[str, ...], message: str) -> None:
    with pytest.raises(SourceError, match=message):
        read_estimates(file(tmp_path, *texts))


def test_no_file() -> None:
    with pytest.raises(SourceError, match="no such file"):
        read_estimates("nowhere.toml")


def test_an_unknown_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(ScenarioError, match=r"unknown estimate 'gravity/eeau'\. Did you mean 'gravity/eaeu'\?"):
        Estimate.named("gravity/eeau")


OWN = {"name": "mine", "b": 0.3, "se": 0.1, "source": "me"}


def test_an_estimate_of_your_own() -> None:
    mine = Estimate.of(OWN)
    assert (mine.mode, mine.comes_with_karvan, "sha256" in mine.to_dict()) == (0.3, False, False)
    assert mine.draw("x", 1, 2) == Estimate.of(OWN).draw("y", 1, 2)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({**OWN, "se": 0}, "se is 0; a standard error is above 0"),
        ({**OWN, "se": -0.1}, r"se is -0\.1"),
        ({**OWN, "se": 50}, r"se is 50; it is in log points"),
        ({**OWN, "se": "0.1"}, "se is '0.1', not a number"),
        ({**OWN, "b": float("nan")}, "b is nan, not a number"),
        ({**OWN, "b": True}, "b is True, not a number"),
        ({**OWN, "b": 30}, "log points"),
        ({**OWN, "sauce": "x"}, "unknown key 'sauce'. Did you mean 'source'"),
        ({"b": 0.1, "se": 0.1}, "name is missing; source is missing"),
    ],
)
def test_bad_estimates_of_your_own(given: dict[str, Any], message: str) -> None:
    with pytest.raises(ScenarioError, match=message):
        Estimate.of(given)
