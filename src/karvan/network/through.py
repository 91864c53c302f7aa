"""The best route that passes given places or links in order, and what a route is made of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from karvan.network.graph import Graph
from karvan.network.network import Network

LEAST = 1e-15


def passing_place(graph: Graph, network: Network, place: int) -> np.ndarray:
    """(arc,) which arcs arrive at a place."""
    rows = network.tables["links"]
    heads = np.array([[network.where[row["to"]], network.where[row["from"]]] for row in rows])
    return heads[graph.link, graph.side] == place


def passing_links(graph: Graph, links: frozenset[int]) -> np.ndarray:
    """(arc,) which arcs follow one of some links."""
    return np.isin(graph.link, sorted(links))


def into_countries(graph: Graph, network: Network, countries: set[str]) -> np.ndarray:
    """(arc,) which arcs arrive in some countries."""
    inside = np.array([c in countries for c in network.countries])
    rows = network.tables["links"]
    heads = np.array([[network.where[row["to"]], network.where[row["from"]]] for row in rows])
    return inside[heads[graph.link, graph.side]]


def best_through(
    graph: Graph, origin: int, to: int, stages: Sequence[np.ndarray], shut: np.ndarray | None = None
) -> tuple[int, tuple[int, ...]] | None:
    """Return (starting state, arcs) of the best route that takes an arc of each stage in turn; None where none does.

    shut : (arc,) arcs that may not be taken.
    """
    n, layers = graph.states + graph.places, len(stages) + 1
    g = graph.g if shut is None else np.where(shut, np.inf, graph.g)
    tail = [graph.tail + layer * n for layer in range(layers)]
    head = [
        graph.head + np.where(stages[layer], layer + 1, layer) * n if layer < layers - 1 else graph.head + layer * n
        for layer in range(layers)
    ]
    size = layers * n
    flat = csr_array(
        (np.maximum(np.tile(g, layers), LEAST), (np.concatenate(tail), np.concatenate(head))), shape=(size, size)
    )
    starts = np.flatnonzero(graph.place == origin)
    if starts.size == 0:
        return None
    h, before = dijkstra(flat, indices=starts, return_predecessors=True)
    end = (layers - 1) * n + graph.states + to
    total = graph.start_g[starts] + h[:, end]
    best = int(total.argmin())
    if not np.isfinite(total[best]):
        return None
    arc = {(int(a), int(b)): i for i, (a, b) in enumerate(zip(graph.tail, graph.head, strict=True))}
    found, here = [], end
    while here != starts[best]:
        previous = int(before[best, here])
        found.append(arc[previous % n, here % n])
        here = previous
    return int(starts[best]), tuple(found[::-1])


class Totals(NamedTuple):
    """Money per unit, days and their standard deviation (delays together, and apart) of a route."""

    usd: float
    days: float
    sd_days: float
    sd_apart: float


def totals(graph: Graph, start: int, arcs: Sequence[int]) -> Totals:
    """Add up a route: loading, links, borders, terminals, unloading."""
    index = np.array(arcs, dtype=int)
    sds = np.append(graph.sd_days[index], graph.start_sd[start])
    return Totals(
        float(graph.usd[index].sum() + graph.start_usd[start]),
        float(graph.days[index].sum() + graph.start_days[start]),
        float(sds.sum()),
        float(np.sqrt((sds**2).sum())),
    )
