"""Run one pair of the torture set and judge what comes out."""

from __future__ import annotations

import re
import time
import warnings
from typing import Any, NamedTuple

import numpy as np
from cases import Pair, pair

from karvan import ConvergenceError, InfeasibleError, KarvanError, KarvanWarning, Outcome, SymbolError, solve

TOLERANCE = 1e-10
GAP = 1e-8
ROUNDING = 1e-6  # deficits that do not sum to zero in a part of the world by less than this are spread
REFUSALS = (InfeasibleError, SymbolError)
NAMES_A_COUNTRY = re.compile(r"\bC\d+\b")


class Verdict(NamedTuple):
    """What became of a pair: solved, refused by name, or a failure with its reason."""

    number: int
    name: str
    kind: str  # "solved", "refused" or "failed"
    detail: str
    steps: int
    residual: float
    seconds: float


def judge(number: int) -> Verdict:
    """Draw pair `number`, solve it and check the answer."""
    begun = time.perf_counter()
    given, name = None, f"{number:04d}"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            warnings.simplefilter("ignore", KarvanWarning)  # huge tariffs and empty cells are meant here
            given = pair(number)
            name = given.name
            out = solve(given.world, given.change, deficits=given.deficits, io=given.io)
        kind, detail = _judged(given, out)
        steps, residual = out.steps, out.residuals.max()
    except Exception as fault:
        kind, detail = _refused(fault) if given else ("failed", f"no world: {type(fault).__name__}: {fault}")
        steps, residual = 0, float("nan")
    return Verdict(number, name, kind, detail, steps, residual, time.perf_counter() - begun)


def _judged(given: Pair, out: Outcome) -> tuple[str, str]:
    if not out.residuals.max() < TOLERANCE:
        return "failed", f"largest residual {out.residuals.max():.2g}"
    found = gaps(out, dict(given.change.items()), given.deficits)
    bad = {name: f"{gap:.2g}" for name, gap in found.items() if not gap < GAP}
    return ("failed", f"published flows do not add up: {bad}") if bad else ("solved", out.method)


def _refused(fault: Exception) -> tuple[str, str]:
    text = f"{type(fault).__name__}: {fault}"
    if isinstance(fault, ConvergenceError) or not isinstance(fault, KarvanError):
        return "failed", text
    if not isinstance(fault, REFUSALS) or not NAMES_A_COUNTRY.search(str(fault)):
        return "failed", f"refused without a country's name: {text}"
    return "refused", text


def gaps(out: Outcome, change: dict[str, Any], kind: str) -> dict[str, float]:
    """Return the largest relative gap of every account, from the published flows alone."""
    world, v = out.world, out.values
    N = len(world.countries)
    tau = np.asarray(change.get("tau_new", world.tau))
    d_hat = np.asarray(change.get("d_hat", 1.0))
    M, X, D, NP = v["M_new"], v["X_new"], v["deficit_new"], v["net_pool_new"]
    abroad = np.where(np.eye(N, dtype=bool)[:, :, None], 0.0, M)
    exports, imports, Y = abroad.sum(axis=(0, 2)), abroad.sum(axis=(1, 2)), M.sum(axis=0)
    trade = 0.5 * (exports + imports) + np.abs(D) + np.abs(NP)
    s = getattr(world, "specific", None)
    s = np.zeros_like(world.beta) if s is None else s
    rents = (s * world.beta * Y).sum(axis=1)
    wages = v["w_hat"] * ((1 - s) * world.beta * world.Y).sum(axis=1)
    duties = (M * tau).sum(axis=(1, 2))
    income = wages + rents + duties + NP + D
    spent = np.einsum("nkj,nj->nk", world.gamma, Y) + world.alpha * income[:, None]
    moving = np.abs(M * tau).sum(axis=(1, 2)) + wages
    live = X > 0
    checks = {
        "finite": 0.0 if all(np.isfinite(x).all() for x in v.values()) else np.inf,
        "payments": _largest(exports - imports + D + NP, trade),
        "labour": _largest(((1 - s) * world.beta * Y).sum(axis=1) - wages, wages),
        "output": _largest(Y - v["Y_new"], Y.max(axis=1, keepdims=True)),
        "market": _largest((M * (1 + tau)).sum(axis=1) - X, X),
        "spending": _largest(np.where(live, spent - X, 0.0), X),
        "no spending": _largest(np.where(live, 0.0, spent), X.sum(axis=1, keepdims=True)),
        "shares": _largest(np.where(live, v["pi_new"].sum(axis=1) - 1, 0.0), np.ones_like(X)),
        "income": _largest(income - v["I_new"], moving),
        "duties": _largest(duties - v["duties_new"], moving),
        "deficits": abs(float(D.sum())) / float(world.I.sum()),
        "pool": abs(float(NP.sum())) / float(world.I.sum()),
        "zero flows": float(M[(world.M == 0) | np.isinf(np.broadcast_to(d_hat, M.shape))].max(initial=0.0)),
        "positive": 0.0 if (v["welfare_hat"] > 0).all() and (M >= 0).all() else np.inf,
    }
    if kind == "fixed":
        wish = np.asarray(change.get("D_new", world.D))
        checks["closure"] = _largest(D - wish, world.I) * GAP / ROUNDING
    return checks


def _largest(gap: np.ndarray, scale: np.ndarray) -> float:
    size = np.where(scale > 0, scale, 1.0)
    return float(np.max(np.abs(gap) / size))
