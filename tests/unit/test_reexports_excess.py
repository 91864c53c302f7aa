"""Excess on simulated hubs: the closed form is the regression, ranges cover the truth, placebos show nothing."""

import numpy as np
import pytest
from hub_panels import AFTER, MONTHS, simulate

from karvan.core.errors import InfeasibleError, LabelError, SourceError
from karvan.estimate.reexports import ppml
from karvan.estimate.reexports.excess import counterfactual, last_year, long_run_variance
from karvan.estimate.reexports.panel import Panel, panel, tidy
from karvan.estimate.reexports.placebo import benjamini_hochberg, conformal_p, placebo_panel, score, sizes
from karvan.estimate.reexports.products import by_product, by_product_and_partner
from karvan.estimate.reexports.totals import by_hub, placebo_misses


def total(p: Panel) -> float:
    return float((p.listed - counterfactual(p))[..., p.after :].sum())


def test_counterfactual_by_hand():
    y = np.array([[[1.0, 1.0, 5.0]], [[3.0, 3.0, 3.0]]])
    other = np.array([[6.0, 6.0, 9.0]])
    found = counterfactual(Panel(("a", "b"), ("H",), ("2022-01", "2022-02", "2022-03"), y, other, 2))
    assert found[:, 0] == pytest.approx(np.array([[1, 1, 1.5], [3, 3, 4.5]]))


def test_closed_form_is_the_poisson_regression():
    """For one partner, one effect for all listed products: its size is the log of actual over counterfactual."""
    one = simulate(1, products=20, share=0.5).panel.of("H1")
    found = ppml.effect(tidy(one), "listed", MONTHS[AFTER], ppml.WITHOUT_CONTROL_PARTNER)
    ratio = one.listed[..., AFTER:].sum() / counterfactual(one)[..., AFTER:].sum()
    assert found.coefficient == pytest.approx(np.log(ratio), abs=1e-6)
    assert found.clusters == 21


def test_totals_cover_the_truth():
    """The 5-95 % range of all hubs holds the true excess in about 90 % of 120 simulations, never far fewer."""
    inside, gaps = 0, []
    for seed in range(120):
        world = simulate(seed, share=0.3)
        found = by_hub(world.panel, draws=300, seed=seed)
        low, high = np.percentile(found.excess_draws.sum(axis=1), [5, 95])
        inside += low <= world.excess.sum() <= high
        gaps.append(found.excess.sum() / world.excess.sum() - 1)
    assert inside >= 103  # 90 % less two standard errors, rounded down
    assert abs(np.median(gaps)) < 0.05


def test_product_ranges_cover_the_truth():
    inside, asked = 0, 0
    for seed in range(40):
        world = simulate(seed, share=0.3)
        found = by_product(world.panel)
        truth, known = world.excess.sum(axis=1), np.isfinite(found.low)
        inside += ((found.low <= truth) & (truth <= found.high))[known].sum()
        asked += known.sum()
    assert asked > 3000
    assert 0.86 <= inside / asked <= 0.95


def test_false_discoveries_are_as_rare_as_promised_and_hubs_are_found():
    false, found, planted = [], 0, 0
    for seed in range(40):
        world = simulate(seed, products=120, share=0.3, size=2.0)
        called = by_product(world.panel).q < 0.1
        false.append((called & ~world.planted).sum() / max(called.sum(), 1))
        found += (called & world.planted).sum()
        planted += world.planted.sum()
    assert np.mean(false) < 0.1
    assert found / planted > 0.9


def test_nothing_is_found_where_nothing_was_planted():
    worlds = [simulate(seed).panel for seed in range(40)]
    p = np.concatenate([by_product(w).p for w in worlds])
    assert 0.02 < (p <= 0.05).mean() < 0.07
    assert np.mean([(by_product(w).q < 0.1).any() for w in worlds]) < 0.2
    assert abs(np.mean([total(w) / counterfactual(w)[..., AFTER:].sum() for w in worlds])) < 0.03


def test_placebo_date_in_a_world_with_a_hub_shows_nothing():
    size = sizes(simulate(3, products=200, share=0.3).panel, rounds=50)
    assert size["tested"] == 200 and size["conformal"] < 0.08 and size["discoveries"] < 2
    assert np.abs(placebo_misses(simulate(3, products=200, share=0.3).panel)).max() < 0.15


def test_placebo_panel_ends_before_the_treatment():
    false = placebo_panel(simulate(0).panel)
    assert false.months[-1] == "2022-02" and false.months[false.after] == "2021-06"
    with pytest.raises(InfeasibleError, match="too few for a placebo window"):
        placebo_panel(false)


def test_score_does_not_test_what_was_hardly_sent():
    one = simulate(2).panel
    thin = one.listed.copy()
    thin[0, :, :AFTER] *= np.arange(AFTER) % 2
    thin[1] *= 1e-4
    t = score(one._replace(listed=thin)).t
    assert np.isnan(t[:2]).all() and np.isfinite(t[2:]).all()


def test_conformal_p_counts():
    reference = np.arange(1.0, 21.0)
    assert conformal_p(np.array([20.5, 20.0, 0.0, np.nan]), reference) == pytest.approx(
        [1 / 21, 2 / 21, 1.0, np.nan], nan_ok=True
    )
    with pytest.raises(InfeasibleError, match="at least 20"):
        conformal_p(np.array([1.0]), reference[:10])


def test_benjamini_hochberg_by_hand():
    assert benjamini_hochberg(np.array([0.01, np.nan, 0.04, 0.03])) == pytest.approx(
        [0.03, np.nan, 0.04, 0.04], nan_ok=True
    )


def test_by_partner_adds_up_to_all_partners():
    world = simulate(5, share=0.2).panel
    parts = by_product_and_partner(world)
    assert sum(part.excess for part in parts) == pytest.approx(by_product(world).excess)
    assert all((part.q >= part.p)[np.isfinite(part.p)].all() for part in parts)


def test_ranges_do_not_depend_on_anything_but_the_seed():
    world = simulate(6, share=0.2).panel
    assert (by_hub(world, 50, 4).draws == by_hub(world, 50, 4).draws).all()
    assert (by_hub(world, 50, 4).draws != by_hub(world, 50, 5).draws).any()
    low, high = by_hub(world, 500).band()
    assert (low < high).all() and low.shape == (3, len(MONTHS) - AFTER)


def test_last_year_and_its_limits():
    world = simulate(0).panel
    assert (last_year(world) == world.listed[..., 14:23]).all()
    with pytest.raises(InfeasibleError, match="at least 12"):
        last_year(world._replace(after=10))


def test_long_run_variance_of_plain_noise_and_of_a_slow_series():
    rng = np.random.default_rng(1)
    x = rng.standard_normal((200, 60))
    assert long_run_variance(x).mean() == pytest.approx(1.0, abs=0.1)
    slow = np.cumsum(x, axis=1)
    assert (long_run_variance(slow) > 2 * slow.var(axis=1, ddof=1)).all()


def test_a_hub_without_trade_before_is_refused():
    world = simulate(0).panel
    listed, other = world.listed.copy(), world.other.copy()
    listed[:, 1, :AFTER], other[1, :AFTER] = 0, 0
    with pytest.raises(InfeasibleError, match="no exports to H1 before 2022-03"):
        counterfactual(world._replace(listed=listed, other=other))


def test_panel_selects_strictly():
    world = simulate(0).panel
    assert world.of("H2", "H0").partners == ("H2", "H0")
    with pytest.raises(LabelError, match="H9"):
        world.of("H9")
    with pytest.raises(LabelError, match="no month '2019-01'"):
        world.between("2020-01", "2021-12", "2019-01")
    with pytest.raises(LabelError, match="no product is left"):
        world.only(np.zeros(80, bool))


def test_tidy_and_panel_are_inverse():
    world = simulate(0, products=4).panel
    rows = tidy(world)
    totals = rows.groupby(["partner", "month"])["y"].sum().reset_index()
    again = panel(rows[rows["listed"] == 1], totals, "2022-03", value="y")
    assert again.products == world.products and again.after == AFTER
    assert again.listed == pytest.approx(world.listed) and again.other == pytest.approx(world.other)
    with pytest.raises(SourceError, match="no total for 35 cell"):
        panel(rows[rows["listed"] == 1], totals[totals["partner"] != "H1"], "2022-03", value="y")
    with pytest.raises(SourceError, match="not above its listed part"):
        panel(rows[rows["listed"] == 1], totals.assign(y=0.0), "2022-03", value="y")
    with pytest.raises(LabelError, match="no month '2030-01'"):
        panel(rows[rows["listed"] == 1], totals, "2030-01", value="y")
