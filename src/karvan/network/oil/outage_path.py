"""Day by day: what a closed route leaves behind, where it goes, and what stays in the ground."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Path(NamedTuple):
    """Tonnes of each day, (draw, day) unless said otherwise.

    blocked = rerouted + into tanks + stranded;  stored is what lies in the tanks at the end of the day.
    """

    blocked: np.ndarray
    rerouted: np.ndarray  # (draw, day, route)
    stored: np.ndarray
    released: np.ndarray
    stranded: np.ndarray


def outage_path(
    flow: np.ndarray, room: np.ndarray, closed: np.ndarray, tau: np.ndarray, tank: np.ndarray, spare: np.ndarray
) -> Path:
    """Follow a stop from its first day.

    blocked[t]  = closed[t] flow
    rerouted[t] = min(blocked[t], ramp[t] sum room),   ramp[t] = 1 - exp(-(t + 1/2) / tau),   by room
    into tanks  = min(blocked - rerouted, tank - stored);   what is left stays in the ground (stranded)
    On days without a stop the tanks empty at the spare capacity of the route.

    Parameters
    ----------
    flow : (d,) tonnes a day on the route before the stop
    room : (d, r) tonnes a day that each other route could take at last; 0 for the closed one
    closed : (d, t) share of the flow that cannot pass, 0..1
    tau : (d,) days
    tank : (d,) tonnes
    spare : (d,) tonnes a day above `flow` once the route is open

    Returns
    -------
    Path, in the unit of tonnes that was given
    """
    days = closed.shape[1]
    whole = room.sum(axis=1)
    by_route = np.divide(room, whole[:, None], out=np.zeros_like(room), where=whole[:, None] > 0)
    stored = np.zeros_like(flow)
    parts: list[tuple[np.ndarray, ...]] = []
    for t in range(days):
        blocked = closed[:, t] * flow
        moved = np.minimum(blocked, (1 - np.exp(-(t + 0.5) / tau)) * whole)
        put = np.minimum(blocked - moved, tank - stored)
        out = np.where(closed[:, t] > 0, 0.0, np.minimum(stored, spare))
        stored = stored + put - out
        parts.append((blocked, moved, stored, out, blocked - moved - put))
    found = [np.stack(column, axis=1) for column in zip(*parts, strict=True)]
    return Path(found[0], found[1][:, :, None] * by_route[:, None, :], found[2], found[3], found[4])
