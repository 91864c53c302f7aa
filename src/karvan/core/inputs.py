"""Reading the inputs of a World strictly: every fault names the symbol, the cells and what to do."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from karvan.core.baseline import Baseline
from karvan.core.bloc import Bloc
from karvan.core.errors import IdentityError, KarvanWarning, LabelError, SymbolError, first_five
from karvan.core.labels import as_labels, cells, require_finite, to_array
from karvan.core.params import Params
from karvan.core.symbols import symbol

SHARE_TOLERANCE = 1e-6
HUGE_TARIFF = 5.0
LEAST_THETA = 1e-4
DUST = 1e-6  # MUSD: one dollar a year
BROADCAST = ("tau", "theta", "specific", "psi")  # a single number stands for every cell


def axes_of(name: str, axes: Mapping[str, tuple[str, ...]]) -> list[tuple[str, ...]]:
    """Return the labels of a symbol's axes, in order."""
    return [axes[d] for d in symbol(name).dims]


def warn_huge_tariff(tau: np.ndarray, labels: Sequence[Sequence[str]]) -> None:
    """Warn when a tariff is so high that percent were probably written for a fraction."""
    huge = np.isfinite(tau) & (tau >= HUGE_TARIFF)
    if huge.any():
        warnings.warn(
            f"tau: {int(huge.sum())} tariff(s) of {HUGE_TARIFF:.0%} or more, up to {tau[huge].max():g}, at "
            f"{cells(huge, labels)}; tariffs are fractions: write 0.25 for 25 %",
            KarvanWarning,
            stacklevel=3,
        )


def axes_from(countries: tuple[str, ...], sectors: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """Return labels by full dimension name."""
    named = {"country": countries, "importer": countries, "exporter": countries, "sector": sectors, "input": sectors}
    return named


def read(name: str, values: Any, axes: Mapping[str, tuple[str, ...]]) -> np.ndarray:
    """Read an input symbol strictly: shape, labels, NaN and sign."""
    entry = symbol(name)
    array = to_array(values, name, entry.dims, dict(axes), broadcast=name in BROADCAST)
    labels = axes_of(name, axes)
    require_finite(array, name, labels)
    bad = {">= 0": array < 0, "> 0": array <= 0, "0..1": (array < 0) | (array > 1)}.get(entry.sign)
    if bad is not None and bad.any():
        raise SymbolError(
            f"{name}: {int(bad.sum())} value(s) outside {entry.sign} ({entry.label}), first {array[bad][0]:g}, "
            f"at {cells(bad, labels)}; correct them at the source"
        )
    if name == "theta" and (array < LEAST_THETA).any():
        raise SymbolError(
            f"theta: {int((array < LEAST_THETA).sum())} value(s) below {LEAST_THETA:g} at "
            f"{cells(array < LEAST_THETA, labels)}: prices, phi ** (-1 / theta), would be rounding errors"
        )
    return array


def read_inputs(
    given: Mapping[str, Any], gamma: Any, beta: Any, axes: dict[str, tuple[str, ...]], dust: float
) -> dict[str, np.ndarray]:
    """Read every array of a World by symbol; what is None is zero, and flows below `dust` are dropped."""
    found = {name: read(name, 0.0 if values is None else values, axes) for name, values in given.items()}
    drop_dust(found["M"], dust, axes_of("M", axes))
    free = found["tau"] <= -1
    if free.any():
        raise SymbolError(f"tau: a tariff of -100 % or less makes goods free, at {cells(free, axes_of('tau', axes))}")
    warn_huge_tariff(found["tau"], axes_of("tau", axes))
    found["gamma"], found["beta"] = cost_shares(gamma, beta, axes)
    return found


def drop_dust(M: np.ndarray, dust: float, labels: Sequence[Sequence[str]]) -> None:
    """Set flows below `dust` (MUSD) to zero in place, and say how many there were and how much together."""
    if not dust >= 0:
        raise SymbolError(f"dust: {dust:g}; flows below it are dropped, it must be 0 MUSD or more")
    thin = (M > 0) & (dust > M)
    if thin.any():
        warnings.warn(
            f"M: {int(thin.sum())} flow(s) below {dust:g} MUSD, {M[thin].sum():.3g} MUSD together, are dropped, at "
            f"{cells(thin, labels)}; pass dust=0 to keep them, and check that M is in million dollars",
            KarvanWarning,
            stacklevel=3,
        )
        M[thin] = 0.0


def read_schedules(schedules: Mapping[str, Any] | None, axes: dict[str, tuple[str, ...]]) -> dict[str, np.ndarray]:
    """Read tariff schedules by name, each (country, sector); NaN stands for unknown, infinity is refused."""
    dims = ("country", "sector")
    tables = {name: to_array(values, f"schedule {name}", dims, axes) for name, values in (schedules or {}).items()}
    for name, table in tables.items():
        bad = np.isinf(table) | (table <= -1)
        if bad.any():
            raise SymbolError(
                f"schedule {name}: {int(bad.sum())} tariff(s) infinite or -100 % or less, at "
                f"{cells(bad, [axes[d] for d in dims])}; use NaN where a tariff is unknown"
            )
    return tables


def cost_shares(gamma: Any, beta: Any, axes: dict[str, tuple[str, ...]]) -> tuple[np.ndarray, np.ndarray]:
    """Read gamma and beta together; beta is one minus the inputs, exactly."""
    shape = (len(axes["country"]), len(axes["sector"]), len(axes["sector"]))
    if gamma is None:
        if beta is not None and np.abs(read("beta", beta, axes) - 1).max() > SHARE_TOLERANCE:
            raise IdentityError("beta is below 1 but gamma is not given: say what the inputs are, or leave beta out")
        return np.zeros(shape), np.ones(shape[:2])
    inputs = read("gamma", gamma, axes)
    rest = 1 - inputs.sum(axis=1)
    labels = axes_of("beta", axes)
    if (rest < -SHARE_TOLERANCE).any():
        bad = rest < -SHARE_TOLERANCE
        raise IdentityError(f"gamma: input shares above 1 in {int(bad.sum())} sector(s), at {cells(bad, labels)}")
    if beta is not None:
        gap = np.abs(read("beta", beta, axes) - rest)
        if gap.max() > SHARE_TOLERANCE:
            bad = gap > SHARE_TOLERANCE
            raise IdentityError(
                f"beta + sum of gamma is not 1 in {int(bad.sum())} sector(s) (largest gap {gap.max():.3g}), at "
                f"{cells(bad, labels)}; give gamma with inputs on the second axis (country, input, sector)"
            )
    return inputs, np.maximum(rest, 0.0)


def require_stable(
    theta: np.ndarray, psi: np.ndarray, beta: np.ndarray, specific: np.ndarray, Y: np.ndarray, axes: Any
) -> None:
    """Refuse scale economies so strong that production would run away: theta (psi - beta specific) < 1 is needed.

    The condition of uniqueness and stability of Kucheryavyy, Lyn and Rodriguez-Clare (2023), less what an immobile
    factor takes back.
    """
    strength = np.where(Y > 0, theta * (psi - beta * specific), 0.0)
    if (strength >= 1 - 1e-9).any():
        bad = strength >= 1 - 1e-9
        raise IdentityError(
            f"psi: scale economies are too strong in {int(bad.sum())} sector(s), at {cells(bad, axes_of('beta', axes))}"
            f": theta x (psi - beta x specific) is {strength.max():.3g} and must be below 1, else production runs "
            "away; lower psi or theta"
        )


def require_mobile(L: np.ndarray, V: np.ndarray, countries: tuple[str, ...]) -> None:
    """Refuse a country in which no factor can move: it would have no wage."""
    stuck = ~(L > 1e-9 * V)
    if stuck.any():
        raise IdentityError(
            f"specific: no mobile factor is left in {first_five(np.array(countries)[stuck])}, hence no wage; keep "
            "specific below 1 in at least one producing sector"
        )


def pool_of(blocs: Mapping[str, Bloc], countries: tuple[str, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Return (union, country) treaty shares and (union,) collection rates."""
    unions = [b for b in blocs.values() if b.shares]
    pool = np.zeros((len(unions), len(countries)))
    for u, bloc in enumerate(unions):
        absent = [c for c in bloc.shares if c not in countries]
        if absent:
            raise LabelError(f"bloc {bloc.name}: pool shares for countries not in the world: {first_five(absent)}")
        for c, share in bloc.shares.items():
            pool[u, countries.index(c)] = share
    twice = (pool > 0).sum(axis=0) > 1
    if twice.any():
        raise LabelError(f"in two unions that pool duties: {first_five(np.array(countries)[twice])}")
    collection = np.array([b.collection for b in unions], dtype=float)
    pool.setflags(write=False)
    collection.setflags(write=False)
    return pool, collection


def final_demand(baseline: Baseline, rule: str, axes: dict[str, tuple[str, ...]]) -> tuple[Baseline, bool]:
    """Apply the rule for negative final demand; true when something was clipped."""
    if rule not in ("raise", "clip"):
        raise SymbolError(f'negative_demand: {rule!r}; use "raise" or "clip"')
    alpha = baseline.alpha
    rounding = 1e-12 * np.maximum(baseline.X / baseline.I[:, None], 1.0)
    dust = (alpha < 0) & (alpha > -rounding)
    negative = (alpha < 0) & ~dust
    if negative.any() and rule == "raise":
        raise IdentityError(
            f"final demand is negative in {int(negative.sum())} market(s), down to {alpha.min():.3g} of income, at "
            f"{cells(negative, axes_of('alpha', axes))}: inputs exceed spending; correct gamma or M, "
            'or pass negative_demand="clip"'
        )
    if not (alpha < 0).any():
        return baseline, False
    kept = np.maximum(alpha, 0.0)
    return baseline._replace(alpha=kept / kept.sum(axis=1, keepdims=True)), bool(negative.any())


def require_economy(baseline: Baseline, countries: tuple[str, ...]) -> None:
    """Refuse countries without value added or income."""
    for value, what in ((baseline.V, "value added"), (baseline.I, "income")):
        poor = ~(value > 0)
        if poor.any():
            names = first_five(np.array(countries)[poor])
            raise IdentityError(f"{what} is not positive in {names}; every country must produce and earn something")


def check_params(params: Params | None, sectors: tuple[str, ...]) -> Params:
    """Check that ranges fit the sectors."""
    params = params or Params()
    theta = params.entries.get("theta")
    if theta is not None and np.shape(theta.mode) not in ((), (len(sectors),)):
        raise SymbolError(f"params theta: shape {np.shape(theta.mode)}, expected one value per sector ({len(sectors)})")
    return params


def read_blocs(blocs: Any, countries: Sequence[str]) -> dict[str, Bloc]:
    """Read blocs by name; a bloc may not share its name with another bloc, a country, or the word "all"."""
    listed = [blocs] if isinstance(blocs, Bloc) else list(blocs or ())
    wrong = [b for b in listed if not isinstance(b, Bloc)]
    if wrong:
        raise LabelError(f"blocs: expected Bloc(name, members), got {type(wrong[0]).__name__}")
    names = as_labels([b.name for b in listed], "blocs") if listed else ()
    clash = [n for n in names if n in countries or n == "all"]
    if clash:
        raise LabelError(
            f"blocs: {first_five(clash)} is the name of a country or a reserved word; call the bloc otherwise"
        )
    return dict(zip(names, listed, strict=True))
