"""Costs of pairs when links are shut or a country lets no transit pass: only routes it touches are searched again.

The k best routes of a pair that use nothing of what is shut stay its k best, so the answer is the one of a network
built anew, at a small part of the time. Costs are those of a day: closings for a part of the year play no part.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

import numpy as np

from karvan.core.errors import LabelError
from karvan.core.labels import suggest
from karvan.network.through import into_countries, passing_links

if TYPE_CHECKING:
    from karvan.network.routes import Corridors


def costs_without(
    corridors: Corridors,
    shut: Collection[int],
    cargo: Sequence[str] | None = None,
    countries: Sequence[str] | None = None,
) -> np.ndarray:
    """(importer, exporter, cargo) freight costs as a share of value without some links; inf where there is no route.

    As `close(...).cost_matrix()` of the same links. The first call for some corridors finds their routes; do all calls
    on one object.

    Parameters
    ----------
    shut : positions of links (`Network.find_links`)
    cargo : names of cargo classes; all where not given
    countries : importers and exporters; all that have a centre of trade where not given
    """
    links = frozenset(shut)
    _, places = corridors.centres(countries)
    found = [corridors.found(name) for name in _names(corridors, cargo)]
    return np.stack(
        [
            one.costs_without(places, corridors.scale, passing_links(one.ways.graph, links), links)
            for one in found
        ],
        axis=-1,
    )  # fmt: skip


def costs_without_transit(
    corridors: Corridors,
    country: str,
    of: Collection[str] | None = None,
    cargo: Sequence[str] | None = None,
    countries: Sequence[str] | None = None,
) -> np.ndarray:
    """(importer, exporter, cargo) freight costs as a share of value when a country lets no transit pass.

    Pairs with neither end in the country may not enter a place of it; the others keep their routes.

    Parameters
    ----------
    country : ISO3 code of a country with a place on the network
    of : only goods from or to these countries are stopped; all where not given
    cargo, countries : as in `costs_without`

    Raises
    ------
    LabelError
        No place of the network is in the country.
    """
    network = corridors.network
    if country not in network.countries:
        raise LabelError(f"no place in {country!r}.{suggest(country, sorted(set(network.countries)))}")
    chosen, places = corridors.centres(countries)
    ends = [{name, network.countries[p]} for name, p in zip(chosen, places, strict=True)]
    inside = np.array([country in end for end in ends])
    meant = np.ones(len(ends), dtype=bool) if of is None else np.array([bool(end & set(of)) for end in ends])
    may = ~(inside[:, None] | inside) & (meant[:, None] | meant)
    links = [
        m
        for m, row in enumerate(network.tables["links"])
        if country in (network.countries[network.where[row["from"]]], network.countries[network.where[row["to"]]])
    ]
    found = [corridors.found(name) for name in _names(corridors, cargo)]
    return np.stack(
        [
            one.costs_without(places, corridors.scale, into_countries(one.ways.graph, network, {country}), links, may)
            for one in found
        ],
        axis=-1,
    )


def _names(corridors: Corridors, cargo: Sequence[str] | None) -> tuple[str, ...]:
    return tuple(corridors.classes) if cargo is None else tuple(cargo)
