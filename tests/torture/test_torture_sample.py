"""A sample of the torture set; `make torture` runs all of it."""

from __future__ import annotations

import numpy as np
import pytest
from cases import COUNT, THEMES, pair
from verdict import judge

SAMPLE = range(0, COUNT, 23)  # no factor in common with the number of themes: every theme is in


def test_the_sample_has_every_theme() -> None:
    assert {number % len(THEMES) for number in SAMPLE} == set(range(len(THEMES)))


@pytest.mark.parametrize("number", SAMPLE)
def test_a_pair_is_solved_or_refused_by_name(number: int) -> None:
    verdict = judge(number)
    assert verdict.kind in ("solved", "refused"), f"{verdict.name}: {verdict.detail}"


def test_a_pair_is_drawn_from_its_number_alone() -> None:
    one, again = pair(417), pair(417)
    assert one.world.sha256 == again.world.sha256
    assert one.name == again.name
    given = dict(again.change.items())
    assert all(np.array_equal(value, given[name]) for name, value in one.change.items())
