"""A World from an inter-country table, and the account of what was done to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from karvan.core.bloc import Bloc
from karvan.core.errors import SourceError, first_five
from karvan.core.params import Params
from karvan.core.source import Block
from karvan.core.table import Table
from karvan.core.world import World
from karvan.data import blocs
from karvan.data.icio import tariffs as tariff_tables
from karvan.data.icio import thetas
from karvan.data.icio.layout import CATEGORIES, services
from karvan.data.icio.reading import ROUNDING, InterCountry, gaps, read
from karvan.data.icio.settle import Settled, settle

LICENCE = "OECD terms: free use with citation"


def load(
    year: int | None = None,
    path: str | Path | None = None,
    edition: str = "",
    tariffs: Any = None,
    theta: Any = thetas.DEFAULT,
    inventories: str = "final",
) -> World:
    """Return the World of one year: `karvan.load("icio", year=2019, path="2019_SML.csv")`.

    Parameters
    ----------
    year : base year; needed for a zip of several and without `path`
    path : a `YYYY_SML.csv` of the OECD or the zip that holds it; without it the store of fetched files is asked
    edition : "2023" or "extended"; which file to fetch, or which edition the file must be
    tariffs : table of rates, see `karvan.data.icio.tariffs.build`; without it every tariff is zero, and the World's
        sources say so
    theta : "median" (of six published sets), a set ("CP"), a number, {sector: number}, or one per sector
    inventories : "final", "absorb" or "remove", see `karvan.data.icio.settle.settle`

    Raises
    ------
    SourceError
        No file, or every fault of it.
    """
    return build(_find(year, path, edition), year, edition, tariffs, theta, inventories)[0]


def build(
    path: str | Path,
    year: int | None = None,
    edition: str = "",
    tariffs: Any = None,
    theta: Any = thetas.DEFAULT,
    inventories: str = "final",
) -> tuple[World, Table]:
    """Return the World and the table of checks: sums, negatives, inventories, what was changed and by how much."""
    if year is not None and not isinstance(year, int):
        raise SourceError(f"icio: year={year!r}; expected a whole number such as 2019")
    table = read(path, year)
    if edition and edition != table.edition:
        raise SourceError(f"{path}: industries of the {table.edition} edition, not of {edition!r}")
    world, settled, rates = _world(table, tariffs, theta, inventories)
    return world, report(table, settled, rates, inventories)


def _find(year: int | None, path: str | Path | None, edition: str) -> Path:
    if path is not None:
        return Path(path)
    if year is None:
        raise SourceError('icio: pass year=, or path= of a file; karvan.load("icio", year=2019, path="2019_SML.csv")')
    from karvan.data.store import get

    return get("icio", year=year, edition=edition)[0]


def _world(
    table: InterCountry, tariffs: Any, theta: Any, inventories: str
) -> tuple[World, Settled, tariff_tables.Tariffs]:
    flows = np.ascontiguousarray((table.Z.sum(axis=3) + table.F.sum(axis=3)).transpose(2, 0, 1))
    rates = (
        tariff_tables.none(flows.shape)
        if tariffs is None
        else tariff_tables.build(tariffs, table.countries, table.sectors, flows, table.year)
    )
    settled = settle(table, rates.tau, inventories)
    chosen = thetas.build(table.sectors, theta)
    unions, cut = _blocs(table.year, table.countries, rates.mfn is not None)
    world = World.from_arrays(
        countries=table.countries,
        sectors=table.sectors,
        M=settled.M,
        tau=rates.tau,
        gamma=settled.gamma,
        theta=chosen.theta,
        year=table.year,
        blocs=unions,
        services=services(table.sectors),
        schedules=None if rates.mfn is None else {"mfn": rates.mfn},
        params=Params(theta=chosen.range),
        theta_sets=chosen.sets,
        sources=[*_origins(table, settled, inventories), rates.block, *chosen.blocks, *cut],
        dust=0.0,
        name=f"icio-{table.year}" if table.year else "icio",
    )
    return world, settled, rates


def _blocs(year: int | None, countries: Sequence[str], rates: bool) -> tuple[list[Bloc], list[Block]]:
    """Blocs with two members or more in the table; the pool shares of members inside ROW go to the others."""
    found, notes = [], []
    for bloc in blocs.blocs(year or tariff_tables.LATEST, countries, spread=True):
        if len(bloc.members) < 2:
            continue
        found.append(replace(bloc, common_tariff="mfn" if bloc.common_tariff and rates else ""))
        absent = [c for c in blocs.members(bloc.name, year or tariff_tables.LATEST) if c not in bloc.members]
        if absent and bloc.shares:
            note = f"shares of {first_five(absent)}, which are inside the rest of the world, spread over the others"
            notes.append(Block("pool", bloc.name, bloc.source, "", "reconciled", note))
    return found, notes


def _origins(table: InterCountry, settled: Settled, inventories: str) -> list[Block]:
    name = f"OECD inter-country input-output tables, {table.edition} edition, {table.file}"
    if table.year:
        name += f", year {table.year}"
    done = [f"{what} {value:.3g} {unit}" for what, (value, unit) in settled.account.items() if value]
    rule = f"basic prices; inventories: {inventories}; " + "; ".join(done)
    taxes = "value added includes taxes less subsidies on products bought by industries, less the duties in tau"
    return [
        Block("M", "all cells", name, LICENCE, "reconciled" if _edited(settled) else "observed", rule),
        Block("gamma", "all cells", name, LICENCE, "observed", taxes),
    ]


def _edited(settled: Settled) -> bool:
    return settled.account["output changed by the rules"][0] > 100 * ROUNDING


def report(
    table: InterCountry,
    settled: Settled | None = None,
    rates: tariff_tables.Tariffs | None = None,
    inventories: str = "final",
) -> Table:
    """Return the checks of a table as rows of what, value, unit: sums first, then contents, then what was changed."""
    rows, columns = (np.abs(g) for g in gaps(table))
    world, final = float(table.OUT.sum()), float(table.F.sum())
    names = np.array([f"{c}_{s}" for c in table.countries for s in table.sectors])
    poor = (table.VA <= 0) & (table.OUT > 0)
    stock = table.F[..., CATEGORIES.index("INVNT")]
    lines: list[tuple[str, Any, str]] = [
        ("countries", len(table.countries), ""),
        ("industries", len(table.sectors), f"{table.edition} edition"),
        ("parts of a country added up", len(table.merged), ", ".join(f"{a} to {b}" for a, b in table.merged)),
        ("world output", world, "MUSD"),
        ("world value added", float(table.VA.sum()), "MUSD"),
        ("taxes less subsidies on inputs", 100 * float(table.TLS.sum()) / world, "% of output"),
        ("taxes less subsidies on final use, left outside", 100 * float(table.final_taxes.sum()) / final, "% of it"),
        ("uses less output of a row, largest", float(rows.max()), f"MUSD, {names[rows.argmax()]}"),
        ("uses less output, all rows", 100 * float(rows.sum()) / world, "% of output"),
        ("inputs, taxes, value added less output, largest", float(columns.max()), f"MUSD, {names[columns.argmax()]}"),
        ("inputs, taxes, value added less output, all", 100 * float(columns.sum()) / world, "% of output"),
        ("industries without output", int((table.OUT == 0).sum()), first_five(names[(table.OUT == 0).ravel()])),
        ("industries with value added of zero or less", int(poor.sum()), first_five(names[poor.ravel()])),
        ("negative cells of intermediate use", int((table.Z < 0).sum()), "cells"),
        ("negative cells of final use", int((table.F < 0).sum()), "cells"),
        ("of these, changes in inventories", int((stock < 0).sum()), "cells"),
    ]
    for account in (settled.account if settled else {}, rates.account if rates else {}):
        lines += [(what, value, unit) for what, (value, unit) in account.items()]
    title = f"Checks of {table.file}" + (f", inventories: {inventories}" if settled else "")
    return Table(("what", "value", "unit"), tuple(lines), title)
