"""US tariffs of April 2025, conventional specification: every printed digit of the public translation."""

from __future__ import annotations

from paths import shared

from karvan import replicate
from karvan.replication import liberation_day


def test_printed_digits() -> None:
    table = replicate("liberation-day", shared("baci2023") / "baci2023")
    assert len(table.rows) == 20
    assert all(row["verdict"] == "agrees" for row in table.to_dicts()), str(table)


def test_overhead_meets_the_paper() -> None:
    """The paper: 0.27 for the United States, 0.11 elsewhere."""
    world, listed = liberation_day.read(shared("baci2023") / "baci2023")
    assert (len(world.countries), listed.shape) == (194, (194,))
    folder = shared("baci2023") / "baci2023"
    sold = liberation_day.np.nan_to_num(liberation_day.numbers(folder / "trade_cepii.csv", ",", 1))
    gdp = liberation_day.numbers(folder / "gdp.csv", header=1) / 1000
    nu = liberation_day.overhead(sold, gdp, world.position("USA"))
    assert (round(nu[world.position("USA")], 2), round(nu[0], 2)) == (0.27, 0.11)
