"""Solved pairs of the torture set, two of every theme, checked by the independent program with plain loops."""

from __future__ import annotations

import pytest
from cases import THEMES, pair
from checker import residuals

from karvan import solve

# fmt: off
SOLVED = [
    0, 1, 4, 5, 14, 15, 17, 18, 20, 21, 23, 25, 26, 28, 30, 31, 32, 36, 37, 41, 42, 46, 51, 53, 56, 58, 61, 64, 67, 68,
    69, 70, 74, 76, 79, 82, 84, 88, 93, 95, 99, 102, 105, 106, 107, 111, 115, 119, 121, 122, 124, 127, 130, 132, 134,
    135, 137, 143, 146, 147, 155, 162, 173, 186, 192, 193, 204, 260, 296, 307, 1305, 1917,
]
# fmt: on


def test_every_theme_is_checked() -> None:
    assert {number % len(THEMES) for number in SOLVED} == set(range(len(THEMES)))


@pytest.mark.filterwarnings("ignore::karvan.KarvanWarning")
@pytest.mark.parametrize("number", SOLVED)
def test_every_equation_holds(number: int) -> None:
    given = pair(number)
    out = solve(given.world, given.change, deficits=given.deficits, io=given.io, tol=1e-11)
    gaps = residuals(out.world, out, dict(given.change.items()))
    assert max(gaps.values()) < 1e-9, (given.name, gaps)
