"""EU enlargement by ge_gravity: seven printed digits of another program."""

from __future__ import annotations

import pytest
from paths import shared

from karvan import replicate


@pytest.mark.parametrize(("deficits", "known"), [("fixed", 44), ("share", 3)])
def test_seven_digits(deficits: str, known: int) -> None:
    table = replicate("eu-enlargement", shared("wiod44") / "wiod44", deficits=deficits)
    rows = [row for row in table.to_dicts() if row["paper"] is not None]
    assert len(rows) == known
    assert max(abs(row["difference"]) for row in rows) < 2e-7  # half a printed digit and the 1e-8 of their loop
