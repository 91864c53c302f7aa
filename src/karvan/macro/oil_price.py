"""Two processes of the oil price, fitted to monthly Brent and drawn as yearly means.

Moving-block bootstrap: blocks of consecutive monthly log changes, centred, drawn with replacement, so that calm and
stormy months stay together; the level has no anchor and its band widens for ever. Mean reversion (Ornstein-Uhlenbeck in
logs): `dx = kappa (mu - x) dt + sigma dW`, fitted by exact discretisation; the level is pulled back, its band stops
widening. Nobody can tell them apart on forty years of data; they disagree on the far future, and both are offered.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from karvan.core.errors import InfeasibleError, LabelError, SourceError
from karvan.core.labels import suggest

PROCESSES = ("bootstrap", "ou")
LEAST = 60


class Bootstrap(NamedTuple):
    """Monthly log changes to draw from, centred on `drift`, in blocks of `block_years` years."""

    changes: np.ndarray
    block_years: int
    drift: float


class MeanReversion(NamedTuple):
    """`x_{t+dt} = mu + phi (x_t - mu) + e`, `phi = exp(-kappa dt)`; kappa and sigma per year, mu in logs.

    `sigma` is the least-squares one (n - 2 degrees of freedom), `sigma_ml` divides by n; `se` are standard errors of
    phi and of mu by the delta method; `n` the number of steps.
    """

    kappa: float
    mu: float
    sigma: float
    sigma_ml: float
    dt: float
    n: int
    se: tuple[float, float]

    @property
    def phi(self) -> float:
        """What is left of a distance from the mean after one step."""
        return math.exp(-self.kappa * self.dt)

    @property
    def step(self) -> float:
        """Standard deviation of the shock of one step."""
        return self.sigma * math.sqrt((1 - self.phi**2) / (2 * self.kappa))

    @property
    def half_life(self) -> float:
        """Years until half of a distance from the mean is left."""
        return math.log(2) / self.kappa


def fit_ou(x: np.ndarray, dt: float) -> MeanReversion:
    """Fit mean reversion to equally spaced values by least squares on the exact discretisation.

    `phi = exp(-kappa dt)`, `sigma^2 = s^2 2 kappa / (1 - phi^2)`.

    Raises
    ------
    InfeasibleError
        The values do not revert (phi is not between 0 and 1).
    SourceError
        Fewer than 10 values.
    """
    x = np.asarray(x, float)
    n = len(x) - 1
    if n < 9:
        raise SourceError(f"{len(x)} values are too few for a mean-reverting process; it needs at least 10")
    before, after = x[:-1], x[1:]
    spread = float(((before - before.mean()) ** 2).sum())
    phi = float(((before - before.mean()) * (after - after.mean())).sum()) / spread if spread > 0 else 0.0
    if not 0 < phi < 1:
        raise InfeasibleError(
            f"the values do not revert to a mean (phi = {phi:.4f}, it must lie between 0 and 1); "
            "take the bootstrap, or a longer history"
        )
    intercept = float(after.mean() - phi * before.mean())
    square = float(((after - intercept - phi * before) ** 2).sum())
    kappa, mu = -math.log(phi) / dt, intercept / (1 - phi)
    scale = 2 * kappa / (1 - phi**2)
    s2 = square / (n - 2)
    se_phi = math.sqrt(s2 / spread)
    se_mu = math.sqrt(s2 * (1 / n + (mu - before.mean()) ** 2 / spread)) / (1 - phi)
    return MeanReversion(kappa, mu, math.sqrt(s2 * scale), math.sqrt(square / n * scale), dt, n, (se_phi, se_mu))


def fit_price(price: np.ndarray, oil: str, *, drift: float = 0.0, block_years: int = 2) -> Bootstrap | MeanReversion:
    """Fit a process to monthly prices (USD/bbl); `drift` (log points a year) holds for the bootstrap alone.

    Raises
    ------
    SourceError
        Too few months; prices that are not positive.
    LabelError
        Unknown process.
    """
    if oil not in PROCESSES:
        raise LabelError(f"unknown process of the oil price {oil!r}.{suggest(oil, PROCESSES)}")
    if len(price) < max(LEAST, 24 * block_years):
        need = max(LEAST, 24 * block_years)
        raise SourceError(f"{len(price)} months of prices are too few for the process {oil}; it needs at least {need}")
    if not (price > 0).all():
        raise SourceError(f"{int((~(price > 0)).sum())} price(s) are not positive; logs need positive prices")
    x = np.log(price)
    if oil == "ou":
        return fit_ou(x, 1 / 12)
    changes = np.diff(x)
    return Bootstrap(changes - changes.mean() + drift / 12, block_years, drift)


class Drawer(NamedTuple):
    """Draws the log of yearly means: `draw(rng, size)` gives (year, draw), relative to nothing: log USD/bbl."""

    process: Bootstrap | MeanReversion
    start: float
    months: tuple[int, ...]

    def draw(self, rng: np.random.Generator, size: int) -> np.ndarray:
        """Return (year, draw) log of the mean over the drawn months of each year."""
        if isinstance(self.process, Bootstrap):
            return _draw_bootstrap(self.process, self.start, self.months, rng, size)
        return _draw_ou(self.process, self.start, self.months, rng, size)


def _window(changes: np.ndarray, months: int) -> tuple[np.ndarray, np.ndarray]:
    """For every first month: the sum of `months` changes, and the log of the mean level relative to the start."""
    view = np.lib.stride_tricks.sliding_window_view(changes, months)
    levels = np.cumsum(view, axis=1)
    return levels[:, -1].copy(), np.log(np.exp(levels).mean(1))


def _draw_bootstrap(
    process: Bootstrap, start: float, months: Sequence[int], rng: np.random.Generator, size: int
) -> np.ndarray:
    span = 12 * process.block_years
    last = len(process.changes) - span
    x = np.full(size, start)
    out = np.empty((len(months), size))
    tables = {m: _window(process.changes, m) for m in set(months)}
    for t, m in enumerate(months):
        inside = t % process.block_years
        if inside == 0:
            at = rng.integers(0, last + 1, size)
        change, mean = tables[m]
        np.add(x, mean[at], out=out[t])
        x += change[at]
        at = at + m
    return out


def _draw_ou(
    process: MeanReversion, start: float, months: Sequence[int], rng: np.random.Generator, size: int
) -> np.ndarray:
    """Exact joint draw of the end of a year and the mean of its logs; the mean of levels adds half their variance."""
    x = np.full(size, start - process.mu)
    out = np.empty((len(months), size))
    weights = {m: _year_weights(process, m) for m in set(months)}
    for t, m in enumerate(months):
        pull, ends, means, inner = weights[m]
        noise = rng.standard_normal((2, size))
        part = float(means @ ends / (ends @ ends))
        rest = math.sqrt(max(float(means @ means) - part**2 * float(ends @ ends), 0.0))
        end = math.sqrt(float(ends @ ends)) * noise[0]
        out[t] = process.mu + pull * x + part * end + rest * noise[1] + inner / 2
        x *= process.phi**m
        x += end
    return out


def _year_weights(process: MeanReversion, months: int) -> tuple[float, np.ndarray, np.ndarray, float]:
    """Weights of a year's shocks in its last month and in its mean, the pull of the start, the variance inside."""
    phi, s = process.phi, process.step
    j = np.arange(1, months + 1)
    reach = np.tril(phi ** (j[:, None] - j[None, :]).clip(0)) * s
    mean = reach.mean(0)
    inner = float((reach**2).sum(1).mean() - mean @ mean)
    return float((phi**j).mean()), reach[-1], mean, inner
