"""The claim taken apart, what each assumption is worth, the horizon of the oil, and the command."""

from __future__ import annotations

import numpy as np
import pytest

import karvan as kv
from karvan.macro.history import read_history
from karvan.macro.horizon import draw_field

CLAIM = {row["case"].strip(): row for row in kv.fund_claim(draws=1_000).to_dicts()}


def test_five_to_six_years_is_gross_withdrawals_over_the_balance() -> None:
    gross = CLAIM["a. gross withdrawals, no inflow, no return"]
    assert gross["years"] == pytest.approx(63_894 / 11_000)
    assert gross["arithmetic"] == "63.9 / 11.0 bn USD"


def test_what_flows_in_makes_the_years_many() -> None:
    net = CLAIM["b. withdrawals less receipts, no return"]
    receipts = read_history().series["receipts"]
    drain = 11_000 - np.mean([receipts[y] for y in range(2020, 2025)])
    assert net["years"] == pytest.approx(63_894 / drain)
    assert CLAIM["c. price held at today's, with inflow and return"]["years"] > 25
    assert CLAIM["price held at 26 USD/bbl"]["years"] < 7, "at p0 nothing flows in"
    years = [CLAIM[f"price held at {p} USD/bbl"]["years"] for p in (26, 40, 60)]
    assert years == sorted(years)


def test_drawn_prices_do_not_empty_it_in_six_years() -> None:
    drawn = CLAIM["d. prices, returns and receipts drawn"]
    assert "empty within 6 years: 0.0%" in drawn["arithmetic"]
    assert CLAIM["the fastest 5 % of draws"]["years"] >= 8


def test_the_title_says_where_the_claim_holds() -> None:
    title = kv.fund_claim(draws=200).title
    assert "holds under 4 of 12: a. gross withdrawals" in title
    assert "price held at 26" in title and "c. price" not in title


def test_the_price_that_empties_it_empties_it() -> None:
    found = kv.fund_claim(draws=100).to_dicts()
    price = float(next(r for r in found if r["years"] == 10)["arithmetic"].split(": ")[1].split()[0])
    near = [kv.fund_claim(price=p, draws=100).to_dicts() for p in (price - 1, price + 1)]
    below, above = (next(r["years"] for r in rows if r["case"].startswith("c.")) for rows in near)
    assert below < 10 < above


def test_the_claim_needs_its_figures() -> None:
    with pytest.raises(kv.ScenarioError, match="needs receipts, production"):
        kv.fund_claim("NOR")
    history = read_history()
    facts = {k: v for k, v in history.facts.items() if k != "claim_withdrawals"}
    with pytest.raises(kv.SourceError, match="the claim needs the figure claim_withdrawals"):
        kv.fund_claim(data=history._replace(facts=facts))
    given = kv.fund_claim(data=history._replace(facts=facts), withdrawals=9_000, draws=50)
    assert given.rows[0][1] == pytest.approx(63_894 / 9_000)


def test_the_oil_price_is_worth_most() -> None:
    table = kv.fund_sensitivity(size=512).to_dicts()
    assert table[0]["assumption"] == "oil price" and table[0]["total"] > 0.7
    assert {row["assumption"] for row in table} >= {"return", "withdrawals", "reserves", "decline"}
    for row in table:
        assert row["total_low"] <= row["total"] <= row["total_high"] + 1e-9
        assert row["first_order"] <= row["total"] + 0.05
    with pytest.raises(kv.ScenarioError, match="powers of two"):
        kv.fund_sensitivity(size=1000)


def test_the_oil_lasts_longer_than_twenty_years_but_the_plateau_may_not() -> None:
    found = kv.oil_horizon(start=2026)
    rows = {row["case"]: row for row in found.table().to_dicts()}
    q = read_history().series["production"][2024]
    assert rows["low"]["years_left"] == pytest.approx((2_900 - 2 * q) / q)
    assert rows["low"]["plateau_years"] == pytest.approx(rows["low"]["years_left"] - 1 / 0.08)
    assert rows["low"]["plateau_years"] < 20 < rows["low"]["years_left"]
    assert "not supported" in found.answer() and "plateau" in found.answer()
    ahead = found.ahead().to_dicts()
    assert ahead[0]["exports_mode"] < ahead[0]["output_mode"]
    assert ahead[-1]["output_low"] < ahead[-1]["output_high"]
    drawn = draw_field(read_history(), 2026, np.random.default_rng(0), 5_000)
    assert np.mean(drawn.reserves) == pytest.approx((2_900 + 4_050 + 4_400) / 3 - 2 * q, rel=0.01)


def test_the_horizon_refuses_what_it_cannot_tell() -> None:
    with pytest.raises(kv.SourceError, match="needs the series production"):
        kv.oil_horizon("NOR")
    with pytest.raises(kv.SourceError, match="before the end of the production"):
        kv.oil_horizon(start=2010)
    with pytest.raises(kv.SourceError, match="used up before"):
        kv.oil_horizon(start=2100)
