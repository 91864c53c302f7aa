"""Tolls keep loads within capacities: by hand, at the edges, and with wrong input."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array

from karvan.core.errors import ConvergenceError, LabelError
from karvan.network import tolls
from karvan.network.tolls import LEFT_BEHIND, Choice, choose, tolled

SCALE = 50.0


def two_routes(cheap: float = 0.10, dear: float = 0.14, takes: float = 1000.0) -> Choice:
    """One pair, two routes; the cheap one takes `takes` t per MUSD of link 0, the dear one of link 1."""
    return Choice(np.array([0, 0]), np.array([cheap, dear]), csr_array(np.diag([takes, takes])))


def test_the_toll_of_two_routes_by_hand() -> None:
    """Half goes each way when the toll on the cheap one is the difference in cost."""
    found = tolled(two_routes(), np.array([100.0]), np.array([50_000.0, np.inf]), SCALE)
    assert found.toll == pytest.approx([0.04 * 1e6 / 1000, 0], rel=1e-6)
    assert found.share == pytest.approx([0.5, 0.5])
    assert found.load == pytest.approx([50_000, 50_000])
    assert found.cost == pytest.approx([0.14 - np.log(2) / SCALE])


def test_no_toll_where_room_is_left() -> None:
    free = tolled(two_routes(), np.array([100.0]), np.full(2, np.inf), SCALE)
    odds = np.exp(-SCALE * np.array([0.10, 0.14]))
    assert (free.toll == 0).all() and free.share == pytest.approx(odds / odds.sum())
    wide = tolled(two_routes(), np.array([100.0]), free.load * 1.001, SCALE)
    assert (wide.toll == 0).all() and (wide.share == free.share).all()
    narrow = tolled(two_routes(), np.array([100.0]), free.load * [0.999, 10], SCALE)
    assert narrow.toll[0] > 0 and narrow.toll[1] == 0


def test_what_fits_nowhere_is_left_behind_at_three_times_its_value() -> None:
    found = tolled(two_routes(), np.array([100.0]), np.array([20_000.0, 10_000.0]), SCALE)
    assert found.left == pytest.approx([0.7]) and found.load == pytest.approx([20_000, 10_000])
    own = np.array([0.10, 0.14]) + found.toll * 1000 / 1e6
    assert own == pytest.approx(LEFT_BEHIND - np.log(np.array([0.2, 0.1]) / 0.7) / SCALE)


def test_pairs_without_goods_and_links_that_nobody_uses_change_nothing() -> None:
    one = two_routes()
    more = Choice(np.array([0, 0, 1]), np.array([0.10, 0.14, 0.3]), csr_array(np.vstack([np.diag([1e3, 1e3]), [0, 0]])))
    room = np.array([50_000.0, np.inf])
    a, b = tolled(one, np.array([100.0]), room, SCALE), tolled(more, np.array([100.0, 0.0]), room, SCALE)
    assert b.toll == pytest.approx(a.toll, rel=1e-6) and b.share[:2] == pytest.approx(a.share)
    assert b.cost[1] == pytest.approx(0.3) and b.share[2] == pytest.approx(1)
    nothing = tolled(one, np.array([0.0]), np.array([1.0, 1.0]), SCALE)
    assert (nothing.toll == 0).all() and (nothing.load == 0).all()


def test_two_full_links_in_a_row_share_one_toll() -> None:
    """Both have the same load and room, so that only their sum is determined: it and the shares do not vary."""
    row = Choice(np.array([0, 0]), np.array([0.10, 0.14]), csr_array(np.array([[1e3, 1e3, 0], [0, 0, 1e3]])))
    room = np.array([50_000.0, 50_000.0, np.inf])
    starts = (None, np.array([100.0, 0, 0]), np.array([3.0, 30.0, 7.0]))
    for found in (tolled(row, np.array([100.0]), room, SCALE, start) for start in starts):
        assert found.toll[:2].sum() == pytest.approx(40, rel=1e-6) and found.share == pytest.approx([0.5, 0.5])


@pytest.mark.parametrize(
    ("demand", "capacity", "g"),
    [
        ([np.nan], [1.0, 1.0], 0.1),
        ([-1.0], [1.0, 1.0], 0.1),
        ([np.inf], [1.0, 1.0], 0.1),
        ([1.0], [np.nan, 1.0], 0.1),
        ([1.0], [0.0, 1.0], 0.1),
        ([1.0], [-5.0, 1.0], 0.1),
        ([1.0], [1.0, 1.0], np.nan),
    ],
)
def test_what_is_no_number_is_refused(demand: list[float], capacity: list[float], g: float) -> None:
    with pytest.raises(LabelError, match=r"finite and not negative, capacities above 0, and costs of routes numbers"):
        tolled(two_routes(cheap=g), np.array(demand), np.array(capacity), SCALE)


def test_tolls_that_do_not_clear_are_not_returned(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tolls, "STEPS", 0)
    with pytest.raises(ConvergenceError, match="tolls of 1 links miss their capacity by up to"):
        tolled(two_routes(), np.array([100.0]), np.array([50_000.0, np.inf]), SCALE)


def test_shares_by_hand() -> None:
    share, cost, left = choose(two_routes(), np.array([40.0, 0.0]), SCALE, 1)
    assert share == pytest.approx([0.5, 0.5]) and left[0] == pytest.approx(0)
    assert cost == pytest.approx([0.14 - np.log(2) / SCALE])
    share, cost, left = choose(two_routes(1e3, 1e3), np.zeros(2), SCALE, 1)
    assert (share == 0).all() and left == pytest.approx([1]) and cost == pytest.approx([LEFT_BEHIND])
