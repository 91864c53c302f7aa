"""What an edit adds to links: hours, fees and other capacities."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Added(NamedTuple):
    """Per link, both ways alike: hours and their standard deviation, fees, and capacities (NaN: as before).

    hours count like those at a border: an express train waits less of them, a loose wagon more. port_hours are per
    place, at its terminal.
    """

    hours: np.ndarray
    sd_hours: np.ndarray
    usd_teu: np.ndarray
    usd_t: np.ndarray
    capacity: np.ndarray
    port_hours: np.ndarray

    @classmethod
    def nothing(cls, links: int, places: int) -> Added:
        """Nothing is added."""
        zero = np.zeros(links)
        return cls(zero, zero, zero, zero, np.full(links, np.nan), np.zeros(places))

    def plus(self, links: frozenset[int], **more: float) -> Added:
        """Return it with more on some links."""
        found = {name: getattr(self, name).copy() for name in more}
        for name, value in more.items():
            found[name][sorted(links)] += value
        return self._replace(**found)

    def at_port(self, place: int, hours: float) -> Added:
        """Return it with more hours at the terminal of a place."""
        new = self.port_hours.copy()
        new[place] += hours
        return self._replace(port_hours=new)

    def with_capacity(self, links: frozenset[int], capacity: np.ndarray) -> Added:
        """Return it with other capacities on some links: (link,) in the unit of each."""
        new = self.capacity.copy()
        new[sorted(links)] = capacity[sorted(links)]
        return self._replace(capacity=new)
