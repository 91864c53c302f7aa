"""The recipe of the embedded world eurasia-2021: 25 economies, 14 sectors, one year of real data."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from karvan.core.bloc import Bloc
from karvan.core.params import Params, Range
from karvan.core.source import Block
from karvan.core.world import World
from karvan.data.blocs import blocs
from karvan.data.recipes.eurasia_2021 import compare, flows, icio, inputs, mirror, tariffs, thetas
from karvan.data.recipes.eurasia_2021.common import assumptions, countries, rows, sectors

__all__ = ["make"]


def make(source: Path) -> tuple[World, list[dict[str, Any]]]:
    """Build the world from the folder of source files; return it and its comparison with official totals.

    Flows are reconciled between both sides' reports, with customs totals and with the balance of payments; tariffs are
    put on the union's footing, input coefficients borrowed and fitted, and everything else is derived. See
    docs/explanation/eurasia-2021.md.
    """
    table = icio.read(source)
    pairs = mirror.read(source)
    M = flows.build(source, table, pairs)
    tau, schedules = tariffs.build(table, M)
    gdp = flows.gdp(source)
    gamma, _ = inputs.fit(source, M, tau, gdp)
    theta = thetas.build(table.elasticities)
    world = World.from_arrays(
        countries=countries(),
        sectors=sectors(),
        M=M,
        tau=tau,
        gamma=gamma,
        theta=theta.mode,
        year=2021,
        blocs=_blocs(M, tau, source),
        services=assumptions()["services"],
        schedules=schedules,
        params=Params(theta=Range(theta.mode, theta.low, theta.high, source=THETA_SOURCE, together=0.5)),
        theta_sets=theta.sets,
        sources=_origins(pairs),
        name="eurasia-2021",
    )
    return world, compare.rows(world, source, gdp, pairs)


THETA_SOURCE = (
    "second lowest to second highest of eight published sets; crude oil 15 to 30 and services 2.5 to 6 assumed"
)


def _blocs(M: Any, tau: Any, source: Path) -> list[Bloc]:
    """Blocs of 2021; the collection rate brings the statutory duties of the members to what their budgets received."""
    found = blocs(2021, countries())
    union = next(b for b in found if b.name == "EAEU")
    at = [countries().index(c) for c in union.members]
    outside = [i for i in range(len(countries())) if i not in at]
    statutory = sum(float((M[n, outside] * tau[n, outside]).sum()) for n in at)
    rate = min(DISTRIBUTED_2021 / statutory, 1.0)
    return [b if b.name != "EAEU" else _with_rate(b, rate) for b in found]


# Import duties credited to the members' budgets in 2021, MUSD: RUS 12,643, KAZ 1,019, ARM 168 (World Bank WDI), BLR
# 2,013 million rubles at 2.54 = 792; KGZ by its treaty share of 1.9 %. The total distributed in 2021 was not found.
DISTRIBUTED_2021 = (12643.5 + 1019.3 + 168.3 + 792.4) / (1 - 0.019)


def _with_rate(bloc: Bloc, rate: float) -> Bloc:
    from dataclasses import replace

    return replace(bloc, collection=round(rate, 4))


def _origins(pairs: list[mirror.Pair]) -> list[Block]:
    """Return where every block of numbers came from, as kept in sources.csv beside this file.

    Notes there may name flows of the world, {CHN to KAZ}: what the reports of both sides say is put in their place.
    """
    from importlib.resources import as_file, files

    with as_file(files("karvan.data.recipes.eurasia_2021").joinpath("sources.csv")) as path:
        return [Block(**{**row, "note": _filled(row["note"], pairs)}) for row in rows(path)]


def _filled(note: str, pairs: list[mirror.Pair]) -> str:
    return re.sub(
        r"{(\w+) to (\w+)}", lambda m: f"{m[1]} to {m[2]}: {mirror.told(mirror.between(pairs, *m.groups()))}", note
    )
