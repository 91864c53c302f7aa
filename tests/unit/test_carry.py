"""One scenario through trade, oil, currency, fund and debt: what is handed over, and that nothing else is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import karvan as kv
from karvan.core.errors import ScenarioError
from karvan.core.record import describe
from karvan.run.money import carry
from karvan.shocks.oil import outage_of

DRAWS = 400
HEAD = "schema: 1\nname: mine\ntitle: t\nwhy: w\nsource: s\n"


@pytest.fixture(scope="module")
def world() -> kv.World:
    return kv.load("eurasia-2021")


def written(folder: Path, rest: str) -> kv.Scenario:
    path = folder / "mine.yaml"
    path.write_text(HEAD + rest, encoding="utf-8")
    return kv.Scenario.read(path)


def test_a_block_in_which_nothing_happens_is_refused(world: kv.World, tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="mine: nothing happens; give shocks, or oil_price or neighbour_falls"):
        carry(world, written(tmp_path, "money: {country: KAZ, rule: capped}\n"), draws=DRAWS)


def test_another_country_runs_through_the_same_code(world: kv.World, tmp_path: Path) -> None:
    """From the year after its own last balance."""
    found = carry(world, written(tmp_path, "money: {country: NOR, oil_price: 60, years: 3}\n"), draws=DRAWS)
    assert found.outcome is None and found.country == "NOR"
    assert found.fund.years[0] == max(found.fund.past) + 1 == found.debt.years[0]
    assert found.fund.balance.shape == found.fund_without.balance.shape == (DRAWS, 3)


def test_a_stop_of_oil_lowers_the_first_years_receipts_by_its_part(world: kv.World, tmp_path: Path) -> None:
    rest = "shocks:\n  - stop_oil: {country: KAZ, route: CPC, days: 30}\nspecific: {oil_gas: 0.9}\n"
    found = carry(world, written(tmp_path, rest + "money: {country: KAZ, years: 3, lasts: year}\n"), draws=DRAWS)
    lost = outage_of("CPC", 30)
    assert found.handed.outage == pytest.approx(lost) and 0.04 < lost < 0.08
    noise = found.fund_without.receipts[:, 0] > 1
    ratio = found.fund.receipts[noise, 0] / found.fund_without.receipts[noise, 0]
    assert np.median(ratio) == pytest.approx(1 - lost, abs=0.01)
    assert found.fund.receipts[:, 1] == pytest.approx(found.fund_without.receipts[:, 1])


def test_what_lasts_a_year_comes_back_and_what_lasts_does_not(world: kv.World, tmp_path: Path) -> None:
    rest = "shocks:\n  - close_transit: {country: RUS, of: KAZ}\n"
    gdp = {}
    for lasts in ("year", "always"):
        found = carry(
            world, written(tmp_path, f"{rest}money: {{country: KAZ, years: 3, lasts: {lasts}}}\n"), draws=DRAWS
        )
        n = world.position("KAZ")
        assert found.outcome is not None
        loss = float(found.outcome.values["welfare_hat"][n]) - 1
        assert found.handed.growth == pytest.approx(loss) and loss < -0.001
        level = np.cumprod(1 + found.fund.paths.values["growth"], axis=1)
        base = np.cumprod(1 + found.fund_without.paths.values["growth"], axis=1)
        gdp[lasts] = (level / base)[0]
    assert gdp["year"] == pytest.approx([1 + loss, 1, 1], rel=1e-12)
    assert gdp["always"] == pytest.approx([1 + loss] * 3, rel=1e-12)


def test_a_price_that_is_held_empties_the_fund_sooner_than_a_dearer_one(world: kv.World, tmp_path: Path) -> None:
    low, high = (
        carry(world, written(tmp_path, f"money: {{country: KAZ, oil_price: {p}}}\n"), draws=DRAWS) for p in (30, 90)
    )
    assert low.fund.balance[:, -1].mean() < 5000 < 50000 < high.fund.balance[:, -1].mean()


def test_a_fall_of_the_neighbour_reaches_debt_and_the_fund_in_local_money(world: kv.World, tmp_path: Path) -> None:
    pytest.importorskip("statsmodels")
    rest = "money: {country: KAZ, years: 2, own: KZT, neighbour: RUB, neighbour_falls: 0.3}\n"
    found = carry(world, written(tmp_path, rest), draws=DRAWS)
    step = found.handed.depreciation
    assert step.shape == (DRAWS,) and 0 < np.median(step) < 0.3
    ratio = (1 + found.debt.inputs.depreciation) / (1 + found.debt_without.inputs.depreciation)
    assert ratio[:, 0] == pytest.approx(1 + step)
    change = found.debt.values()[:, 0] - found.debt_without.values()[:, 0]
    assert np.corrcoef(change, step)[0, 1] > 0.5
    rows = {row["what"]: row for row in found.table().to_dicts() if row["year"] == found.fund.years[0]}
    index = rows["fund in local money (without = 100)"]
    assert index["with"] == pytest.approx(100 * (1 + np.median(step)), abs=1.5)


@pytest.mark.parametrize(
    ("rest", "message"),
    [
        ("deficits: fixed\n", r"mine.yaml:1:1: shocks: at least one is needed, or a block `money`"),
        ("money: {country: KAZ, price: 50}\n", r"mine.yaml:6:\d+: unknown key 'price'"),
        ("money: {country: KAZ, oil_price: -5}\n", r"mine.yaml:6:\d+: money.oil_price: .*greater than 0"),
        ("money: {country: KAZ, neighbour_falls: 0.3}\n", r"mine.yaml:6:\d+: money: .*two currency codes"),
        ("money: {country: KAZ, lasts: month}\n", r"mine.yaml:6:\d+: money.lasts: .*'year' or 'always'"),
    ],
)
def test_faults_of_the_block_are_told_with_their_place(tmp_path: Path, rest: str, message: str) -> None:
    with pytest.raises(ScenarioError, match=message):
        written(tmp_path, rest)


def test_a_scenario_without_the_block_is_refused(world: kv.World) -> None:
    with pytest.raises(ScenarioError, match="kz-exit-soft has no block `money`"):
        carry(world, kv.Scenario.read("kz-exit-soft"))


def test_the_block_is_part_of_the_record_and_two_that_differ_conflict(tmp_path: Path) -> None:
    one = written(tmp_path, "money: {country: KAZ, oil_price: 50}\n")
    other = written(tmp_path, "money: {country: KAZ, oil_price: 60}\n")
    assert describe(one)["money"]["oil_price"] == 50
    with pytest.raises(ScenarioError, match="different things on money"):
        one | other
