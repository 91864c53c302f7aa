"""Laws that every model of the registry obeys, on 200 random worlds."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from worlds import case, permuted, random_change

from karvan import Change, ConvergenceError, Outcome, SymbolError, World
from karvan.core.baseline import pooled_part
from karvan.models.registry import MODELS

SEEDS = range(200)
TIGHT = 1e-12
CLOSURES = ("fixed", "share", "purge")


@pytest.fixture(params=sorted(MODELS))
def model(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@cache
def world_of(seed: int) -> World:
    return case(seed)


def change_of(model: str, seed: int, *, deficits: bool = True) -> Change:
    accepts = MODELS[model].accepts - (set() if deficits else {"D_new"})
    return random_change(1000 + seed, world_of(seed), accepts)


@cache
def shocked(model: str, seed: int) -> Outcome:
    return MODELS[model].solve(world_of(seed), change_of(model, seed), tol=TIGHT)


@pytest.mark.parametrize("seed", SEEDS)
def test_no_change_leaves_every_ratio_at_one(model: str, seed: int) -> None:
    out = MODELS[model].solve(world_of(seed))
    for name, values in out.values.items():
        if name.endswith("_hat"):
            np.testing.assert_allclose(values, 1.0, atol=1e-9, err_msg=name)
    for name in ("M", "X", "Y", "pi", "I", "R", "duties", "pooled", "net_pool"):
        base = getattr(world_of(seed), name)
        np.testing.assert_allclose(
            out.values[f"{name}_new"], base, atol=1e-9 * max(np.abs(base).max(), 1), err_msg=name
        )
    for name in ("welfare_money", "first_order", "terms_of_trade", "volume_of_trade"):
        np.testing.assert_allclose(out.values[name] / (out.world.I if "money" in name else 1), 0.0, atol=1e-9)


@pytest.mark.parametrize("seed", SEEDS)
def test_unit_of_money_does_not_matter(model: str, seed: int) -> None:
    world, change, unit = world_of(seed), change_of(model, seed), 1000.0
    given = {name: value * unit if name == "D_new" else value for name, value in change.items()}
    other = MODELS[model].solve(world.rebuilt(M=world.M * unit), Change(**given), tol=TIGHT)
    for name, values in shocked(model, seed).values.items():
        scale = unit if (name.endswith("_new") and name != "pi_new") or name == "welfare_money" else 1.0
        size = max(np.abs(values).max(), 1.0)
        np.testing.assert_allclose(other.values[name] / scale, values, atol=1e-10 * size, rtol=1e-10, err_msg=name)


@pytest.mark.parametrize("seed", SEEDS)
def test_order_of_countries_does_not_matter(model: str, seed: int) -> None:
    world = world_of(seed)
    order = np.random.default_rng(seed).permutation(len(world.countries))
    moved = world.permuted([world.countries[n] for n in order])
    other = MODELS[model].solve(moved, permuted(change_of(model, seed), world, order), tol=TIGHT)
    for name in ("welfare_hat", "real_wage_hat", "w_hat", "P_hat", "I_hat"):
        np.testing.assert_allclose(
            other.values[name], shocked(model, seed).values[name][order], atol=1e-10, err_msg=name
        )
    expected = shocked(model, seed).values["M_new"][np.ix_(order, order)]
    np.testing.assert_allclose(other.values["M_new"], expected, atol=1e-10 * expected.max())


@pytest.mark.parametrize("seed", SEEDS)
def test_markets_clear_and_budgets_hold(model: str, seed: int) -> None:
    """Recomputed from the published flows alone, for every country, the one the solver may leave out included."""
    world, out = world_of(seed), shocked(model, seed)
    v, change = out.values, dict(change_of(model, seed).items())
    tau, M, size = change.get("tau_new", world.tau), v["M_new"], world.I
    exports = M.sum(axis=(0, 2)) - np.einsum("nnj->n", M)
    imports = M.sum(axis=(1, 2)) - np.einsum("nnj->n", M)
    np.testing.assert_allclose((exports - imports + v["deficit_new"] + v["net_pool_new"]) / size, 0, atol=1e-9)
    Y = M.sum(axis=0)
    np.testing.assert_allclose(v["Y_new"], Y, atol=1e-9 * Y.max())
    np.testing.assert_allclose((world.beta * Y).sum(axis=1), v["w_hat"] * world.V, rtol=1e-9)
    np.testing.assert_allclose((M * (1 + tau)).sum(axis=1), v["X_new"], atol=1e-9 * Y.max())
    np.testing.assert_allclose((M * tau).sum(axis=(1, 2)), v["duties_new"], atol=1e-9 * size.max())
    income = v["w_hat"] * world.V + v["duties_new"] + v["net_pool_new"] + v["deficit_new"]
    np.testing.assert_allclose(v["I_new"], income, rtol=1e-9)
    spent = np.einsum("nkj,nj->nk", world.gamma, Y) + world.alpha * income[:, None]
    np.testing.assert_allclose(v["X_new"], spent, atol=1e-9 * Y.max())
    assert out.residuals.max() < TIGHT
    assert out.converged


@pytest.mark.parametrize("seed", SEEDS)
def test_shares_sum_to_one_and_zero_flows_stay_zero(model: str, seed: int) -> None:
    world, v = world_of(seed), shocked(model, seed).values
    np.testing.assert_allclose(v["pi_new"].sum(axis=1), np.where(world.X > 0, 1.0, 0.0), atol=1e-12)
    assert not v["M_new"][world.M == 0].any()
    assert not v["X_new"][world.X == 0].any()
    assert all(np.isfinite(values).all() for values in v.values())


@pytest.mark.parametrize("seed", SEEDS)
def test_the_duty_pool_only_moves_money(model: str, seed: int) -> None:
    world, v = world_of(seed), shocked(model, seed).values
    change = dict(change_of(model, seed).items())
    pool, tau = change.get("pool_new", world.pool), change.get("tau_new", world.tau)
    paid = ((v["M_new"] * tau).sum(axis=2) * pooled_part(pool, world.collection)).sum(axis=1)
    received = sum((row * paid[row > 0].sum() for row in pool), start=np.zeros(len(paid)))
    np.testing.assert_allclose(v["pooled_new"], paid, atol=1e-9 * world.I.max())
    np.testing.assert_allclose(v["net_pool_new"], received - paid, atol=1e-9 * world.I.max())
    assert abs(v["net_pool_new"].sum()) < 1e-9 * world.I.sum()


@pytest.mark.parametrize("seed", SEEDS[::4])
def test_inputs_are_not_touched(model: str, seed: int) -> None:
    world, change = case(seed), random_change(seed, case(seed), MODELS[model].accepts)
    before = {name: np.array(getattr(world, name)) for name in ("M", "tau", "gamma", "beta", "theta", "pool")}
    given = {name: np.array(value) for name, value in change.items()}
    sha = world.sha256
    MODELS[model].solve(world, change)
    assert all(np.array_equal(before[name], getattr(world, name)) for name in before)
    assert all(np.array_equal(given[name], value) for name, value in change.items())
    assert case(seed).sha256 == sha
    with pytest.raises(ValueError, match="read-only"):
        world.M[0, 0, 0] = 1.0


@pytest.mark.parametrize("kind", CLOSURES)
@pytest.mark.parametrize("seed", SEEDS[::2])
def test_closures_do_what_they_say(model: str, seed: int, kind: str) -> None:
    world = world_of(seed)
    out = MODELS[model].solve(world, change_of(model, seed, deficits=False), deficits=kind, tol=1e-11)
    D, V = out.values["deficit_new"], out.values["w_hat"] * out.world.V
    assert out.deficits == kind
    assert abs(D.sum()) < 1e-9 * world.I.sum()
    if kind == "fixed":
        np.testing.assert_allclose(D, world.D, atol=1e-9 * world.I.max())
    if kind == "purge":
        np.testing.assert_allclose(D / world.I, 0, atol=1e-9)
        np.testing.assert_allclose(out.world.D / world.I, 0, atol=1e-8)
        np.testing.assert_allclose(out.world.alpha, world.alpha, atol=1e-9)
        np.testing.assert_allclose(out.world.gamma, world.gamma, atol=1e-12)
    if kind == "share":
        ratio = world.D / world.V
        np.testing.assert_allclose(D, ratio * V - V * (ratio * V).sum() / V.sum(), atol=1e-9 * world.I.max())


@pytest.mark.parametrize("kind", CLOSURES)
def test_the_numeraire_is_the_wage_bill_of_the_world(model: str, kind: str) -> None:
    for seed in SEEDS[::20]:
        out = MODELS[model].solve(world_of(seed), change_of(model, seed, deficits=False), deficits=kind)
        assert (out.values["w_hat"] * out.world.V).sum() == pytest.approx(out.world.V.sum(), rel=1e-12)


def test_an_unknown_symbol_is_refused(model: str) -> None:
    with pytest.raises(SymbolError, match=r"no 'tau_neu'.*Did you mean 'tau_new'"):
        MODELS[model].solve(world_of(5), Change(tau_neu=world_of(5).tau))
    with pytest.raises(SymbolError, match="derived, not changed"):
        Change(welfare_hat=1.0)


@pytest.mark.parametrize("kind", CLOSURES)
def test_too_few_steps_raise_or_say_so(model: str, kind: str) -> None:
    world, change = world_of(5), change_of(model, 5, deficits=False)
    with pytest.raises(ConvergenceError, match=r"not solved after 2 sweeps.*max_steps"):
        MODELS[model].solve(world, change, deficits=kind, max_steps=2)
    if kind == "purge":  # an unsolved baseline is no baseline
        with pytest.raises(ConvergenceError, match="baseline"):
            MODELS[model].solve(world, change, deficits=kind, max_steps=2, allow_unconverged=True)
        return
    out = MODELS[model].solve(world, change, deficits=kind, max_steps=2, allow_unconverged=True)
    assert not out.converged
    assert out.notes == ("not converged",)
    assert "NOT CONVERGED" in str(out.table("welfare_hat"))
    assert out.residuals.max() > 1e-10
