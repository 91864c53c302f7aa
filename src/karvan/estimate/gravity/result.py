"""What a gravity estimation returns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from numbers import Real
from typing import Any

import numpy as np

from karvan.core.errors import LabelError, SymbolError
from karvan.core.labels import suggest
from karvan.core.table import Table


@dataclass(frozen=True, eq=False, repr=False)
class GravityFit:
    """A converged gravity regression.

    Attributes
    ----------
    names : (k,) regressors
    b : (k,) coefficients: a change of the log of trade per unit (bias corrected when asked for)
    se, covariance : (k,) and (k, k), clustered
    observations : rows that were estimated on
    left_out : reason -> rows of the table that were not: separation, singletons, zero flows, ...
    effects, cluster, clusters, estimator : how
    fit : share of the deviance explained (PPML) or R2 of the logs (OLS)
    rows, fitted : (observations,) position in the table, and fitted flow in the flow's unit (OLS: fitted log flow)
    bias : (k,) estimated bias that was taken off, zero when not asked for; the uncorrected estimate is b + bias
    se_uncorrected : (k,) clustered standard errors before the correction
    record : options, versions and hashes, as plain data
    """

    names: tuple[str, ...]
    b: np.ndarray
    covariance: np.ndarray
    observations: int
    left_out: Mapping[str, int]
    effects: tuple[str, ...]
    cluster: tuple[str, ...]
    clusters: tuple[int, ...]
    estimator: str
    fit: float
    rows: np.ndarray
    fitted: np.ndarray
    bias: np.ndarray
    se_uncorrected: np.ndarray
    record: Mapping[str, Any] = field(default_factory=dict)
    converged: bool = True

    @property
    def se(self) -> np.ndarray:
        """Standard errors, (k,)."""
        found: np.ndarray = np.sqrt(np.diag(self.covariance))
        return found

    def __getitem__(self, name: str) -> float:
        """The coefficient of a regressor."""
        return float(self.b[self._position(name)])

    def se_of(self, name: str) -> float:
        """The standard error of a regressor's coefficient."""
        return float(self.se[self._position(name)])

    def total(self, *names: str) -> tuple[float, float]:
        """Sum of coefficients and its standard error, as of an effect that is phased in."""
        at = [self._position(n) for n in names]
        return float(self.b[at].sum()), float(np.sqrt(self.covariance[np.ix_(at, at)].sum()))

    def cost_change(self, name: str, theta: float, level: float = 0.95) -> tuple[float, float, float]:
        """Trade cost that does the same as one unit of a regressor: d_hat = exp(-b / theta), with its range.

        A coefficient of 0.5 and a trade elasticity of 5 are a cost of 0.905 of what it was. The range is that of b
        alone; theta has its own.

        Raises
        ------
        SymbolError
            theta is not a number above zero, or level is not between 0 and 1.
        """
        from scipy.stats import norm

        if not (isinstance(theta, Real) and 0 < theta < np.inf):
            raise SymbolError(f"theta is {theta!r}; an elasticity of trade is a number above zero, such as 5")
        if not (isinstance(level, Real) and 0 < level < 1):
            raise SymbolError(f"level is {level!r}; write a share such as 0.95")
        b, z = self[name], float(norm.ppf(0.5 + level / 2)) * self.se_of(name)
        low, high = sorted(float(np.exp(-(b + s) / theta)) for s in (-z, z))
        return float(np.exp(-b / theta)), low, high

    def table(self, level: float = 0.95) -> Table:
        """Coefficients with ranges (normal), and the effect on trade in percent: 100 (exp(b) - 1)."""
        from scipy.stats import norm

        z = float(norm.ppf(0.5 + level / 2))
        rows = tuple(
            (n, b, s, b - z * s, b + z * s, 2 * float(norm.sf(abs(b / s))), 100 * float(np.expm1(b)))
            for n, b, s in zip(self.names, self.b.tolist(), self.se.tolist(), strict=True)
        )
        columns = ("regressor", "b", "se", f"low {level:.0%}", f"high {level:.0%}", "p", "trade %")
        return Table(columns, rows, self.title())

    def title(self) -> str:
        """One line: estimator, observations, effects, clusters, what was left out."""
        left = ", ".join(f"{n:,} {why}" for why, n in self.left_out.items() if n)
        groups = " and ".join(f"{n:,} {c}" for c, n in zip(self.cluster, self.clusters, strict=True))
        corrected = ", bias corrected" if self.bias.any() else ""
        share = "deviance explained" if self.estimator == "ppml" else "R2"
        return (
            f"{self.estimator.upper()}{corrected}, {self.observations:,} flows; effects {' '.join(self.effects)}; "
            f"errors {'clustered by ' + groups if groups else 'robust'}; {share} {self.fit:.4f}"
            + (f"; left out: {left}" if left else "")
        )

    def params(self) -> dict[str, dict[str, Any]]:
        """Each coefficient as {mean, se, covariance, source}, plain data that a sweep can draw from."""
        source = str(self.record.get("source") or self.title())
        return {
            name: {
                "mean": float(self.b[k]),
                "se": float(self.se[k]),
                "covariance": dict(zip(self.names, self.covariance[k].tolist(), strict=True)),
                "source": source,
            }
            for k, name in enumerate(self.names)
        }

    def __repr__(self) -> str:
        return str(self.table())

    def _position(self, name: str) -> int:
        if name not in self.names:
            raise LabelError(f"no regressor {name!r} in this estimate.{suggest(name, self.names)}")
        return self.names.index(name)
