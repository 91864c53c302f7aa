"""What an edit adds to links: hours, fees and other capacities."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Added(NamedTuple):
    """Per link, both ways alike: hours and their standard deviation, fees, and capacities (NaN: as before).

    hours count like those at a border: an express train waits less of them, a loose wagon more.
    """

    hours: np.ndarray
    sd_hours: np.ndarray
    usd_teu: np.ndarray
    usd_t: np.ndarray
    capacity: np.ndarray

    @classmethod
    def nothing(cls, links: int) -> Added:
        """Nothing is added."""
        zero = np.zeros(links)
        return cls(zero, zero, zero, zero, np.full(links, np.nan))

    def plus(self, links: frozenset[int], **more: float) -> Added:
        """Return it with more on some links."""
        found = {name: getattr(self, name).copy() for name in more}
        for name, value in more.items():
            found[name][sorted(links)] += value
        return self._replace(**found)

    def with_capacity(self, links: frozenset[int], capacity: np.ndarray) -> Added:
        """Return it with other capacities on some links: (link,) in the unit of each."""
        new = self.capacity.copy()
        new[sorted(links)] = capacity[sorted(links)]
        return self._replace(capacity=new)
