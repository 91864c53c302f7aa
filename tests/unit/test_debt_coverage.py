"""Bands on simulated countries whose law is known: do 5-95 % hold nine years of ten?"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pytest

from karvan.macro.debt.draw import doubt, inputs, known_start
from karvan.macro.debt.equation import Floats, Inputs, carry, debt_paths, next_debt
from karvan.macro.debt.files import DebtFiles
from karvan.macro.debt.history import fit_adjustment, observed
from karvan.macro.history import Brent, History
from karvan.macro.paths import macro_paths

WORLDS, DRAWS, FIRST, LAST, AHEAD = 150, 1000, 2000, 2023, 5
MEAN = np.array([0.035, 0.08, 0.05, -0.01])
SPREAD = np.array([0.02, 0.04, 0.08, 0.025])
CORRELATION = np.array([[1, 0.3, -0.4, 0.3], [0.3, 1, 0.2, 0.4], [-0.4, 0.2, 1, -0.3], [0.3, 0.4, -0.3, 1]])
SHARE, RATE, FOREIGN, CONSTANT, SLOPE, NOISE = 0.3, 0.07, 0.05, 0.012, 0.6, 0.012


class World(NamedTuple):
    """A made-up country: what was known at the end of LAST, and the debt that came."""

    history: History
    files: DebtFiles
    came: Floats


def world(seed: int) -> World:
    rng = np.random.default_rng([2023, seed])
    years = np.arange(FIRST, LAST + AHEAD + 1)
    cov = CORRELATION * np.outer(SPREAD, SPREAD)
    x = rng.multivariate_normal(MEAN, cov, len(years))
    debt = [0.25]
    for g, p, e, pb in x:
        sfa = CONSTANT + SLOPE * pb + NOISE * rng.standard_normal()
        home = (RATE - SHARE * FOREIGN) / (1 - SHARE)
        debt.append(float(next_debt(debt[-1], carry(SHARE, Inputs(g, p, e, home, FOREIGN, pb)), pb, sfa)))
    known = [int(y) for y in years if y <= LAST]
    names = ("growth", "inflation", "depreciation", "primary_balance")
    series = {n: {y: float(x[t, k]) for t, y in enumerate(known)} for k, n in enumerate(names)}
    series |= {n: dict.fromkeys(known, v) for n, v in (("rate_domestic", RATE), ("rate_foreign", FOREIGN))}
    series |= {n: dict.fromkeys(known, v) for n, v in (("gdp", 1e5), ("fx", 1.0))}
    brent = Brent(12 * (FIRST - 2), 70 * np.exp(np.cumsum(rng.normal(0, 0.08, 12 * (LAST - FIRST + 3)))), "made up")
    ratio = {y: debt[t] for t, y in enumerate(range(FIRST - 1, LAST + 1))}
    files = DebtFiles("SIM", "USD", {"gross_debt": ratio, "foreign_share": dict.fromkeys(ratio, SHARE)}, {}, (), ())
    return World(History("SIM", series, {}, {}, brent, "sim"), files, np.array(debt[-AHEAD:]))


def inside(made: World, seed: int, doubted: bool) -> Floats:
    history, files, came = made
    law = fit_adjustment(observed(history, files))
    paths = macro_paths("SIM", draws=DRAWS, years=AHEAD, seed=seed, data=history, start=LAST + 1)
    x = inputs(paths, history, files, SHARE, law, "last", seed)
    shifts = [doubt(history, x, DRAWS, seed)] if doubted else []
    debt = debt_paths(known_start(history, files).debt, SHARE, x, DRAWS, AHEAD, shifts).debt
    low, high = np.quantile(debt, [0.05, 0.95], axis=0)
    return np.asarray((low <= came) & (came <= high))


@pytest.fixture(scope="module")
def worlds() -> list[World]:
    return [world(k) for k in range(WORLDS)]


def test_the_law_that_made_the_data_is_found(worlds: list[World]) -> None:
    laws = [fit_adjustment(observed(w.history, w.files)) for w in worlds]
    assert np.mean([law.slope for law in laws]) == pytest.approx(SLOPE, abs=0.03)
    assert np.mean([law.constant for law in laws]) == pytest.approx(CONSTANT, abs=0.001)
    z = np.array([(law.slope - SLOPE) / law.slope_se for law in laws])
    assert np.std(z) == pytest.approx(1.0, abs=0.2)


def test_bands_hold_what_they_say(worlds: list[World]) -> None:
    """150 countries, so the share itself is known to 2.5 points; years of one country are not independent."""
    hit = np.array([inside(w, k, doubted=True) for k, w in enumerate(worlds)]).mean(axis=0)
    assert (np.abs(hit - 0.90) < 0.075).all(), hit


def test_without_doubt_of_the_means_they_hold_less(worlds: list[World]) -> None:
    some = list(enumerate(worlds))[:75]
    sure = np.array([inside(w, k, doubted=False) for k, w in some]).mean(axis=0)[-1]
    doubted = np.array([inside(w, k, doubted=True) for k, w in some]).mean(axis=0)[-1]
    assert sure < doubted
