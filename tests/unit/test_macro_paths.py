"""Joint draws: their moments, their seeds, what is known of the price, and what is refused."""

from __future__ import annotations

import math

import numpy as np
import pytest

import karvan as kv
from karvan.macro.history import read_history
from karvan.macro.joint import joint
from karvan.macro.oil_price import Bootstrap, Drawer, MeanReversion, fit_ou, fit_price

NAMES = {"oil_price", "growth", "inflation", "depreciation", "rate_domestic", "rate_foreign", "primary_balance"}


@pytest.mark.parametrize("method", ["covariance", "block"])
@pytest.mark.parametrize("oil", ["bootstrap", "ou"])
def test_draws_have_the_history_s_means_and_correlations(method: str, oil: str) -> None:
    paths = kv.macro_paths(draws=20_000, years=20, method=method, oil=oil, means={"growth": 0.03})
    assert set(paths.values) == NAMES | {"fund_return"}
    law = joint(read_history())
    z = np.diff(np.log(paths.values["oil_price"]), axis=1).ravel()
    drift = z.mean()
    for k, name in enumerate(law.names):
        x = paths.values[name][:, 1:].ravel()
        mean = 0.03 if name == "growth" else law.mean[k]
        assert x.mean() == pytest.approx(mean + law.slope[k] * drift, abs=0.1 * law.sd[k] + 1e-12)
        if name not in law.held:
            slope = float(np.cov(z, x)[0, 1] / z.var())
            assert slope == pytest.approx(law.slope[k], abs=0.15 * abs(law.slope[k]) + 0.05 * law.sd[k])
    growth, inflation = (paths.values[n][:, 1:].ravel() for n in ("growth", "inflation"))
    assert np.corrcoef(growth, inflation)[0, 1] > 0.3


def test_values_stay_within_three_standard_deviations() -> None:
    paths, law = kv.macro_paths(draws=20_000), joint(read_history())
    for k, name in enumerate(law.names):
        x = paths.values[name]
        assert np.abs(x - law.mean[k]).max() <= 3 * law.sd[k] + 1e-12
    assert np.abs(paths.values["growth"] - law.mean[0]).max() == pytest.approx(3 * law.sd[0])


def test_a_draw_is_the_same_however_many_are_asked_for_and_whatever_the_seed_of_others() -> None:
    few, many = kv.macro_paths(draws=7, seed=3), kv.macro_paths(draws=2_500, seed=3)
    other = kv.macro_paths(draws=7, seed=4)
    for name in few.values:
        assert np.array_equal(few.values[name], many.values[name][:7])
    assert not np.array_equal(few.values["growth"], other.values["growth"])


def test_known_months_are_not_drawn_again() -> None:
    history = read_history()
    brent = history.brent
    paths = kv.macro_paths(draws=50, years=3, start=brent.last_year)
    oil = paths.values["oil_price"]
    assert oil[:, 0] == pytest.approx(brent.year_mean(brent.last_year))
    known = brent.months_of(brent.last_year + 1)
    assert 0 < len(known) < 12
    assert (oil[:, 1] > known.sum() / 12).all()
    assert oil[:, 1].std() > 0


def test_a_given_price_is_held_and_the_others_are_drawn_given_it() -> None:
    level = kv.macro_paths(draws=2_000, years=4, price=60.0)
    assert (level.values["oil_price"] == pytest.approx(60.0)) and level.values["growth"].std() > 0
    path = kv.macro_paths(draws=2_000, years=3, price=[60, 120, 120])
    assert path.values["oil_price"][0] == pytest.approx([60, 120, 120])
    rise = path.values["depreciation"].mean(0)
    assert rise[1] < rise[2] - 0.1, "the currency gains when oil doubles"


def test_a_series_of_one_year_is_held_and_said_so() -> None:
    paths = kv.macro_paths(draws=10)
    assert np.ptp(paths.values["rate_foreign"]) == 0
    assert "rate_foreign held at 0.044: 1 year(s) known" in paths.method
    assert "EIA" in paths.source and "World Economic Outlook" in paths.source


@pytest.mark.parametrize("country", ["NOR", "RUS"])
def test_other_countries_run_through_the_same_code(country: str) -> None:
    paths = kv.macro_paths(country, draws=100, years=5)
    assert paths.country == country and paths.values["growth"].shape == (100, 5)
    assert np.isfinite(np.stack(list(paths.values.values()))).all()


def test_the_table_holds_quantiles_and_says_the_unit() -> None:
    paths = kv.macro_paths(draws=200, years=3)
    table = paths.table("oil_price")
    assert table.columns == ("year", "p5", "p25", "p50", "p75", "p95") and "USD/bbl" in table.title
    assert all(list(row[1:]) == sorted(row[1:]) for row in table.rows)
    with pytest.raises(kv.LabelError, match="Did you mean 'growth'"):
        paths.table("grwth")


@pytest.mark.parametrize(
    ("options", "error", "says"),
    [
        ({"country": "KZA"}, kv.LabelError, "Did you mean 'KAZ'"),
        ({"method": "normal"}, kv.LabelError, "covariance, block"),
        ({"oil": "uo"}, kv.LabelError, "unknown process of the oil price 'uo'"),
        ({"draws": 0}, kv.SourceError, "draws is 0"),
        ({"years": 2.5}, kv.SourceError, "years is 2.5"),
        ({"seed": -1}, kv.SourceError, "seed is -1"),
        ({"start": 2030}, kv.SourceError, "needs all prices of 2029"),
        ({"price": -3.0}, kv.SourceError, "not positive"),
        ({"price": [50.0, 60.0]}, kv.SourceError, "one price per year"),
        ({"means": {"grwth": 0.02}}, kv.LabelError, "Did you mean 'growth'"),
    ],
)
def test_bad_input_is_refused_in_words(options: dict, error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        kv.macro_paths(**options)


def test_the_bootstrap_gives_back_its_own_changes() -> None:
    changes = np.linspace(-0.1, 0.1, 48)
    drawer = Drawer(Bootstrap(changes, 2, 0.0), math.log(50), (12, 12))
    drawn = drawer.draw(np.random.default_rng(0), 500)
    levels = np.cumsum(np.lib.stride_tricks.sliding_window_view(changes, 24), axis=1)
    allowed = np.log(50 * np.exp(levels).reshape(-1, 2, 12).mean(2))
    gap = np.abs(drawn.T[:, None, :] - allowed[None]).sum(2).min(1)
    assert gap.max() < 1e-12


def test_yearly_means_of_mean_reversion_are_those_of_monthly_steps() -> None:
    process = MeanReversion(0.4, math.log(60), 0.35, 0.35, 1 / 12, 400, (0.01, 0.3))
    rng = np.random.default_rng(5)
    drawn = np.exp(Drawer(process, math.log(90), (7, 12, 12)).draw(rng, 40_000))
    x, monthly = np.full(40_000, math.log(90) - process.mu), []
    for _ in range(31):
        x = process.phi * x + process.step * rng.standard_normal(40_000)
        monthly.append(np.exp(x + process.mu))
    steps = [np.mean(monthly[a:b], axis=0) for a, b in ((0, 7), (7, 19), (19, 31))]
    for year, ours in zip(steps, drawn, strict=True):
        assert ours.mean() == pytest.approx(year.mean(), rel=0.01)
        assert np.percentile(ours, [5, 50, 95]) == pytest.approx(np.percentile(year, [5, 50, 95]), rel=0.02)
    assert np.corrcoef(drawn[1:])[0, 1] == pytest.approx(np.corrcoef(steps[1:])[0, 1], abs=0.02)


def test_mean_reversion_finds_known_parameters() -> None:
    true = MeanReversion(1.5, 4.0, 0.4, 0.4, 1 / 12, 0, (0, 0))
    rng, x = np.random.default_rng(1), [4.0]
    for _ in range(60_000):
        x.append(true.mu + true.phi * (x[-1] - true.mu) + true.step * rng.standard_normal())
    found = fit_ou(np.array(x), 1 / 12)
    assert found.kappa == pytest.approx(1.5, rel=0.05)
    assert found.mu == pytest.approx(4.0, abs=0.02)
    assert found.sigma == pytest.approx(0.4, rel=0.01)


def test_what_does_not_revert_is_refused() -> None:
    with pytest.raises(kv.InfeasibleError, match="do not revert"):
        fit_ou(np.arange(30.0) ** 2, 1.0)
    with pytest.raises(kv.SourceError, match="at least 10"):
        fit_ou(np.arange(5.0), 1.0)
    with pytest.raises(kv.SourceError, match="needs at least 60"):
        fit_price(np.full(30, 50.0), "bootstrap")
    with pytest.raises(kv.SourceError, match="not positive"):
        fit_price(np.r_[np.full(70, 50.0), -1.0], "ou")
