"""Closings for a part of the year: what is shut when, and the mean over a year in which goods go or wait."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

YEARLY = 365


class Closing(NamedTuple):
    """Links, or the transit through a country, closed for some days of the year under the name they were closed by.

    of: the countries whose goods it stops (those that go there or come from there); None for all.
    """

    name: str
    links: frozenset[int]
    days: int
    country: str = ""
    of: frozenset[str] | None = None


class Spell(NamedTuple):
    """A part of the year in which the same closings hold, from one day to another."""

    start: float
    end: float
    shut: tuple[Closing, ...]

    @property
    def share(self) -> float:
        """Share of the year."""
        return (self.end - self.start) / YEARLY

    def wait_until(self, later: Spell) -> float:
        """Days that goods which come evenly over this spell wait for a later one to begin, on average."""
        return later.start - (self.start + self.end) / 2


def spells(closings: Sequence[Closing]) -> tuple[Spell, ...]:
    """Cut the year into spells. All closings begin on the same day (an assumption), so they end one after the other."""
    ends = sorted({min(one.days, YEARLY) for one in closings} | {YEARLY})
    starts = [0, *ends[:-1]]
    return tuple(
        Spell(start, end, tuple(one for one in closings if one.days >= end))
        for start, end in zip(starts, ends, strict=True)
    )


def best_of_waiting(year: Sequence[Spell], costs: Sequence[np.ndarray], per_day: np.ndarray) -> list[np.ndarray]:
    """Return, for each spell, the least cost of waiting for a later one and going then; inf in the last.

    wait_s = min over later t of cost_t + per_day (mean days until t begins)
    """
    return [
        np.min([costs[t] + per_day * one.wait_until(year[t]) for t in range(s + 1, len(year))], axis=0)
        if s + 1 < len(year)
        else np.full_like(costs[s], np.inf)
        for s, one in enumerate(year)
    ]


def over_the_year(year: Sequence[Spell], costs: Sequence[np.ndarray], per_day: np.ndarray) -> np.ndarray:
    """Return the mean cost over the year: in every spell goods go or wait, whichever is cheaper.

    cost = sum over spells of share_s min(cost_s, wait_s)

    Parameters
    ----------
    costs : (..., cargo) cost of going in each spell, inf where there is no route
    per_day : (cargo,) cost of a day of waiting as a share of value
    """
    waits = best_of_waiting(year, costs, per_day)
    return np.sum([s.share * np.minimum(c, w) for s, c, w in zip(year, costs, waits, strict=True)], axis=0)
