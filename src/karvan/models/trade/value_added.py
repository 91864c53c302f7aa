"""Whose value added is in a country's exports: the Leontief inverse of the inter-country system, without forming it.

A unit of output of sector j in country n is paid to three: value added, inputs at customs value, and duties on inputs,

    1 = beta_nj + sum_k gamma_nkj (sum_i b_nik + t_nk),     b_nik = M_nik / X_nk,     t_nk = sum_i tau_nik M_nik / X_nk

An assumption is in b: whoever buys goods of sector k in country n, for whatever use, buys them from the same mix of
suppliers (proportionality; input-output tables that say otherwise are rare). gamma are shares in purchaser value, so
that duties are part of the buyer's cost: they are nobody's value added, and nobody's input. Followed through all rounds
of suppliers, every dollar of exports ends as domestic value added, foreign value added, or duties.
Koopman, Wang and Wei (2014); the domestic part is the OECD's EXGR_DVA.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from karvan.core.errors import ConvergenceError
from karvan.core.labels import positions
from karvan.core.outcome import Outcome
from karvan.core.table import Table

ENOUGH = 1e-13
ROUNDS = 10_000


class ValueAdded(NamedTuple):
    """What exports are made of, MUSD. domestic + foreign + duties = exports, cell by cell."""

    exports: np.ndarray  # (n, j) gross exports at customs value
    domestic: np.ndarray  # (n, j) value added of n, by exporting sector
    foreign: np.ndarray  # (n, j) value added of others, by exporting sector
    duties: np.ndarray  # (n, j) duties on inputs, wherever they were collected, by exporting sector
    origin: np.ndarray  # (n, c, s) value added of sector s of country c in all exports of n


class Sourcing(NamedTuple):
    """Where an input comes from and what it costs, per unit of purchaser value."""

    b: np.ndarray  # [k, n, i] customs value bought from i
    t: np.ndarray  # (n, k) duties


def sourcing(M: np.ndarray, X: np.ndarray) -> Sourcing:
    """b[n, i, k] = M[n, i, k] / X[n, k] and t[n, k] = 1 - sum_i b[n, i, k]; zero where nothing is bought.

    Parameters
    ----------
    M : (n, i, j) imports at customs value, own sales on the diagonal; X : (n, j) the same with tariff
    """
    bought = X > 0
    b = M * np.where(bought, 1 / np.where(bought, X, 1.0), 0.0)[:, None, :]
    return Sourcing(np.ascontiguousarray(np.moveaxis(b, 2, 0)), np.where(bought, 1 - b.sum(axis=1), 0.0))


def gross_exports(M: np.ndarray) -> np.ndarray:
    """(n, j) sales to all other countries."""
    return M.sum(axis=0) - np.einsum("nnj->nj", M)


def suppliers(x: np.ndarray, s: Sourcing, gamma: np.ndarray) -> np.ndarray:
    """Output that output x needs one round up: [n, o, j] to [i, o, k], sum_nj b[n, i, k] gamma[n, k, j] x[n, o, j]."""
    spent = np.matmul(x, np.swapaxes(gamma, 1, 2))  # [n, o, k]
    bought = np.matmul(np.transpose(spent, (2, 1, 0)), s.b)  # [k, o, i]
    return np.transpose(bought, (2, 1, 0))


def buyers(m: np.ndarray, s: Sourcing, gamma: np.ndarray) -> np.ndarray:
    """Content that inputs bring: [i, o, k] to [n, o, j], sum_ik gamma[n, k, j] b[n, i, k] m[i, o, k]."""
    priced = np.matmul(np.transpose(m, (2, 1, 0)), np.swapaxes(s.b, 1, 2))  # [k, o, n]
    return np.matmul(np.transpose(priced, (2, 1, 0)), gamma)


def rounds(first: np.ndarray, step: Callable[[np.ndarray], np.ndarray], left: Callable[..., float]) -> np.ndarray:
    """Add up first + step(first) + step(step(first)) + ... until what is left is below `ENOUGH`."""
    total, last = first.copy(), first
    for _ in range(ROUNDS):
        if left(total, last) < ENOUGH:
            return total
        last = step(last)
        total += last
    raise ConvergenceError(
        f"value added in exports: after {ROUNDS} rounds of suppliers {left(total, last):.2g} of some country's exports "
        "is not yet traced to anybody's value added; look for sectors that buy inputs from each other and add no value"
    )


def output_for(exports: np.ndarray, s: Sourcing, gamma: np.ndarray) -> np.ndarray:
    """[n, o, j] output of sector j in n that the exports (o, k) of o take, over all rounds of suppliers."""
    N, J = exports.shape
    size = exports.sum(axis=1)
    first = np.zeros((N, N, J))
    first[np.arange(N), np.arange(N)] = exports

    def left(_: np.ndarray, last: np.ndarray) -> float:
        return float(np.max(last.sum(axis=(0, 2)) / np.where(size > 0, size, 1.0)))

    return rounds(first, lambda x: suppliers(x, s, gamma), left)


def content(exports: np.ndarray, s: Sourcing, gamma: np.ndarray, beta: np.ndarray) -> np.ndarray:
    """[n, o, j] value added of country o in a unit of output of sector j in n; at o = N the duties in it.

    `exports` (n, j) only weigh what is not yet traced.
    """
    N, J = exports.shape
    size = exports.sum(axis=1, keepdims=True)
    weight = exports / np.where(size > 0, size, 1.0)
    first = np.zeros((N, N + 1, J))
    first[np.arange(N), np.arange(N)] = beta
    first[:, N] = np.einsum("nkj,nk->nj", gamma, s.t)

    def left(total: np.ndarray, _: np.ndarray) -> float:
        return float(np.max((np.abs(1 - total.sum(axis=1)) * weight).sum(axis=1)))

    return rounds(first, lambda m: buyers(m, s, gamma), left)


def value_added(M: np.ndarray, X: np.ndarray, gamma: np.ndarray, beta: np.ndarray) -> ValueAdded:
    """Trace every country's exports to value added and duties.

    Two sums over rounds of suppliers for all exporters at once, N (N J^2 + N^2 J) operations a round; nothing of size
    (N J)^2 is formed.

    Parameters
    ----------
    M : (n, i, j) MUSD; X : (n, j) MUSD; gamma : (n, k, j) share; beta : (n, j) share
    """
    N = M.shape[0]
    own, s, exports = np.arange(N), sourcing(M, X), gross_exports(M)
    unit = content(exports, s, gamma, beta)
    origin = np.swapaxes(output_for(exports, s, gamma) * beta[:, None, :], 0, 1)
    return ValueAdded(
        exports=exports,
        domestic=unit[own, own] * exports,
        foreign=(unit[:, :N].sum(axis=1) - unit[own, own]) * exports,
        duties=unit[:, N] * exports,
        origin=origin,
    )


@dataclass(frozen=True, eq=False)
class ValueAddedExports:
    """What every country's exports are made of, before and after a change; `.before` and `.after` hold the arrays."""

    countries: tuple[str, ...]
    sectors: tuple[str, ...]
    before: ValueAdded
    after: ValueAdded
    note: str = ""

    def table(self, country: str | None = None) -> Table:
        """Return one row per country, or, for one country, one row per sector. MUSD and percent.

        For one country, `domestic` is by exporting sector and `by_origin` the same domestic value added by the sector
        where it was made.
        """
        if country is None:
            head = _both("country", "exports", "domestic", "foreign", "duties", "domestic_percent")
            rows = tuple((c, *self._row(n)) for n, c in enumerate(self.countries))
            return Table(head, rows, self._title("all"))
        n = int(positions([country], self.countries, "country")[0])
        head = _both("sector", "exports", "domestic", "by_origin", "foreign", "duties")
        sides = [
            (v.exports[n], v.domestic[n], v.origin[n, n], v.foreign[n], v.duties[n]) for v in (self.before, self.after)
        ]
        cells = [[float(side[q][j]) for q in range(5) for side in sides] for j in range(len(self.sectors))]
        rows = tuple((sector, *row) for sector, row in zip(self.sectors, cells, strict=True))
        return Table(head, rows, self._title(country))

    def origins(self, country: str) -> Table:
        """Return whose value added is in a country's exports: one row per country of origin, MUSD."""
        n = int(positions([country], self.countries, "country")[0])
        sides = [v.origin[n].sum(axis=1) for v in (self.before, self.after)]
        rows = tuple((c, *(float(side[i]) for side in sides)) for i, c in enumerate(self.countries))
        return Table(_both("origin", "value_added"), rows, self._title(country))

    def raw(self, sectors: Sequence[str]) -> Table:
        """Return the share of raw sectors in gross exports and in the domestic value added exported, percent.

        The first counts what crosses the border, by exporting sector; the second where its value was added, so that ore
        inside exported metal is raw and the transport inside exported ore is not.

        Parameters
        ----------
        sectors : which sectors count as raw, such as ["agriculture", "oil_gas", "mining"]
        """
        at = positions(sectors, self.sectors, "sector")
        sides = []
        for v in (self.before, self.after):
            made = np.einsum("nns->ns", v.origin)
            sides.append((_share(v.exports, at), _share(made, at)))
        rows = tuple(
            (c, *(None if np.isnan(side[q][n]) else float(side[q][n]) for q in (0, 1) for side in sides))
            for n, c in enumerate(self.countries)
        )
        title = f"Share of raw sectors ({', '.join(sectors)}) in exports, percent{self.note}"
        return Table(_both("country", "of_gross_exports", "of_value_added"), rows, title)

    def _row(self, n: int) -> list[float | None]:
        sides = []
        for v in (self.before, self.after):
            sums = [float(part[n].sum()) for part in (v.exports, v.domestic, v.foreign, v.duties)]
            sides.append([*sums, 100 * sums[1] / sums[0] if sums[0] > 0 else None])
        return [side[q] for q in range(5) for side in sides]

    def _title(self, who: str) -> str:
        return f"Value added in exports ({who}), MUSD{self.note}"


def value_added_exports(outcome: Outcome) -> ValueAddedExports:
    """Trace gross exports to domestic value added, foreign value added and duties, before and after a change.

    Parameters
    ----------
    outcome : a solved equilibrium; its world is the baseline

    Returns
    -------
    ValueAddedExports
        `.table()`, `.table(country)`, `.origins(country)`, `.raw(sectors)`; arrays in `.before` and `.after`.

    Raises
    ------
    ConvergenceError
        Sectors that buy from each other and add no value: their inputs have no origin.
    """
    world, v = outcome.world, outcome.values
    return ValueAddedExports(
        world.countries,
        world.sectors,
        before=value_added(world.M, world.X, world.gamma, world.beta),
        after=value_added(v["M_new"], v["X_new"], world.gamma, world.beta),
        note="" if outcome.converged else "  [NOT CONVERGED]",
    )


def _both(first: str, *names: str) -> tuple[str, ...]:
    return (first, *(f"{name}{suffix}" for name in names for suffix in ("", "_new")))


def _share(values: np.ndarray, at: np.ndarray) -> np.ndarray:
    total = values.sum(axis=1)
    some = total > 0
    return np.where(some, 100 * values[:, at].sum(axis=1) / np.where(some, total, 1.0), np.nan)
