"""One country sector by sector and partner by partner: the columns add up to what the outcome says."""

from __future__ import annotations

import numpy as np
import pytest
from worlds import random_change, random_world

from karvan import LabelError, Outcome, embargo, partner_results, sector_results, solve


@pytest.fixture(scope="module")
def outcome() -> Outcome:
    world = random_world(6, 6, 4)
    return solve(world, random_change(6, world))


@pytest.mark.parametrize("country", ["C00", "C05"])
def test_sectors_add_up(outcome: Outcome, country: str) -> None:
    world, v = outcome.world, outcome.values
    n = world.position(country)
    rows = sector_results(outcome, country).to_dicts()
    assert [row["sector"] for row in rows] == list(world.sectors)
    assert sum(row["value_added"] for row in rows) == pytest.approx(world.V[n])
    assert sum(row["value_added_new"] for row in rows) == pytest.approx(v["w_hat"][n] * world.V[n])
    assert sum(row["employment_share"] for row in rows) == pytest.approx(100)
    moved = sum(row["employment_share"] * (row["labour_percent"] or 0.0) for row in rows)
    assert moved == pytest.approx(0, abs=1e-6)  # labour only moves between sectors
    trade = np.delete(v["M_new"][n], n, axis=0).sum()
    assert sum(row["imports_new"] for row in rows) == pytest.approx(trade)
    for row, cost, price in zip(rows, v["c_hat"][n], v["P_hat"][n], strict=True):
        if row["output"] > 0:
            assert row["output_percent"] == pytest.approx(100 * (row["output_new"] / row["output"] - 1))
            assert row["cost_percent"] == pytest.approx(100 * (cost - 1))
        else:
            assert row["output_percent"] is row["cost_percent"] is row["labour_percent"] is None
        assert row["price_percent"] == pytest.approx(100 * (price - 1))


def test_partners_add_up(outcome: Outcome) -> None:
    world, v = outcome.world, outcome.values
    partners, sectors = partner_results(outcome, "C01").to_dicts(), sector_results(outcome, "C01").to_dicts()
    assert [row["partner"] for row in partners] == ["C00", "C02", "C03", "C04", "C05"]
    for name in ("exports", "exports_new", "imports", "imports_new"):
        assert sum(row[name] for row in partners) == pytest.approx(sum(row[name] for row in sectors))
    assert partners[0]["imports_new"] == pytest.approx(v["M_new"][1, 0].sum())
    assert partners[0]["exports"] == pytest.approx(world.M[0, 1].sum())
    assert partners[0]["exports_percent"] == pytest.approx(100 * (v["M_new"][0, 1].sum() / world.M[0, 1].sum() - 1))


def test_a_closed_partner_falls_to_nothing() -> None:
    world = random_world(1, 4, 3, zeros=0.0)
    out = solve(world, embargo(between=["C00", "C01"], sectors="all"))
    row = partner_results(out, "C00").to_dicts()[0]
    assert (row["exports_new"], row["exports_percent"], row["imports_percent"]) == (0, -100, -100)


def test_labour_with_an_immobile_factor_counts_labour_alone() -> None:
    world = random_world(6, 4, 3)
    world = world.rebuilt(specific=np.full(world.beta.shape, 0.4) * np.array([0, 1, 0.5]))
    out = solve(world, random_change(6, world))
    rows = sector_results(out, "C00").to_dicts()
    labour = (1 - world.specific[0]) * world.beta[0] * world.Y[0]
    assert [row["employment_share"] for row in rows] == pytest.approx(list(100 * labour / labour.sum()))
    assert sum(row["employment_share"] * (row["labour_percent"] or 0.0) for row in rows) == pytest.approx(0, abs=1e-6)


def test_an_unsolved_outcome_says_so() -> None:
    world = random_world(6, 4, 3)
    out = solve(world, random_change(6, world), max_steps=2, allow_unconverged=True)
    assert "NOT CONVERGED" in sector_results(out, "C00").title
    assert "NOT CONVERGED" in partner_results(out, "C00").title


def test_an_unknown_country_is_refused(outcome: Outcome) -> None:
    for table in (sector_results, partner_results):
        with pytest.raises(LabelError, match="C99"):
            table(outcome, "C99")
