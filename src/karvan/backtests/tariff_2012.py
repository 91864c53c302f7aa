"""The fall of the common tariff after 2012, predicted from the OECD year 2012 and laid beside 2019.

Russia joined the World Trade Organization in August 2012 and Kazakhstan in November 2015; rates fell in steps until
2020. The tariffs after are those of 2018, the last year before the source (and the World Bank's series) jumps by a
change of method: food of Russia goes from 13 to 28 % between 2018 and 2019. The shock, the elasticities and
the yardstick were chosen before the outcome was looked at; nothing is fitted to it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from karvan.backtests import changes, engine, tables
from karvan.backtests.icio_years import MEMBERS, PARTNERS, WITHOUT_PREFERENCE, Years, read
from karvan.backtests.result import Backtest
from karvan.backtests.stored import assembled
from karvan.core.change import Change
from karvan.core.params import Params, Range
from karvan.core.scenario import Scenario
from karvan.core.world import World
from karvan.data.blocs import blocs
from karvan.data.recipes.eurasia_2021 import inputs, thetas
from karvan.data.recipes.eurasia_2021.common import assumptions, rows, sectors

NAME = "tariff-2012"
TITLE = "The common tariff after 2012: Kazakhstan, Russia, Belarus; predicted from 2012, happened by 2019"
BASE, AFTER, RATES = 2012, 2019, 2018
FLOOR = 1.0
GROUPS = ("OTH", "ROW")  # rests of the world
EMBARGOED = ("agriculture", "food")
EORA = Path("eora_cp2017") / "data_2017.npz"
NOTES = (
    "The shock is the change of the members' tariffs between 2012 and 2018 and nothing else; the ruble's fall of 2014, "
    "the sanctions, Russia's food embargo of August 2014 and the war in the east of Ukraine also happened.",
    "Band: 5 to 95 % of draws of trade elasticities; it covers no other uncertainty.",
    "Input coefficients are borrowed (EORA 2017); tariffs of and on the table's rest of the world are unknown (zero).",
    "Armenia and Kyrgyzstan are inside the rest of the world. In the table Korea sells Kazakhstan 2.8 bn USD in 2019, "
    "against 0.65 in 2018 and 0.63 in 2020.",
)


def run(data: Path, draws: int, seed: int, variants: bool = True) -> Backtest:
    """Run the back-test; without `variants` only the main case, which is most of what is worth knowing."""
    years = read(data, (2018, 2019, 2021), BASE)
    world = world_of(data, years)
    main = case_of(world, years)
    prediction = engine.predict(main, draws, seed)
    found = {y: engine.cells(main, prediction, y) for y in changes.YARDSTICKS}
    rows_ = [tables.fit_row("main", y, engine.fit(found[y])) for y in found]
    total = engine.fit(engine.all_goods(main, prediction))
    rows_ += [tables.fit_row("all goods by supplier", changes.YARDSTICKS[0], total)]
    rows_ += _parts(main, found[changes.YARDSTICKS[0]])
    if variants:
        rows_ += _variants(data, world, years, main, draws, seed)
    paths = [years.path, data / EORA, data / "gdp" / "gdp.csv"]
    options = {"draws": draws, "seed": seed, "variants": variants}
    return assembled(NAME, TITLE, main, prediction, found, rows_, NOTES, paths, options, GROUPS)


def world_of(data: Path, years: Years, *, linked: bool = True) -> World:
    """Return the world of 2012 at the level of the back-test; without `linked` no sector buys from another."""
    base, names = years.years[BASE], list(PARTNERS)
    gamma = None
    if linked:
        gamma, _ = inputs.fit(data, base.M, base.tau, _gdp(data, BASE), names)
    theta = thetas.build(years.elasticities)
    spread = Range(
        theta.mode, theta.low, theta.high, source="second lowest to second highest of eight sets", together=0.5
    )
    return World.from_arrays(
        countries=names,
        sectors=sectors(),
        M=base.M,
        tau=base.tau,
        gamma=gamma,
        theta=theta.mode,
        year=BASE,
        blocs=[b for b in blocs(BASE, names) if b.name == "EAEU"],
        services=assumptions()["services"],
        params=Params(theta=spread),
        name="icio-2012",
    )


def case_of(
    world: World, years: Years, *, after: int = AFTER, rates: int = RATES, everyone: bool = False, ukraine: bool = False
) -> engine.Case:
    """Return the case: tariffs of `rates`, flows of `after`; `everyone`: the tariffs of all countries change.

    `ukraine` adds Russia's MFN duty on Ukraine from January 2016.
    """
    members = [PARTNERS.index(c) for c in MEMBERS]
    tau, new = world.tau.copy(), years.years[rates].tau
    tau[members] = new[members]
    if everyone:
        tau = new.copy()
    if ukraine:
        russia = PARTNERS.index("RUS")
        tau[russia, PARTNERS.index("UKR")] = np.mean(
            [new[russia, PARTNERS.index(p)] for p in WITHOUT_PREFERENCE], axis=0
        )
    change = Scenario.of(Change(tau_new=tau))
    return engine.Case(world, change, years.years[after].M, MEMBERS, MEMBERS, FLOOR)


def _parts(main: engine.Case, found: engine.Cells) -> list[tuple[Any, ...]]:
    """The main case by importer and by sector, and without the goods of the embargo."""
    world = main.world
    others = ~np.isin(np.array(world.sectors)[found.sector], EMBARGOED)
    keep = {"without agriculture and food": others}
    for c in MEMBERS:
        keep[f"importer {c}"] = found.importer == world.position(c)
        keep[f"importer {c}, without agriculture and food"] = keep[f"importer {c}"] & others
    keep |= {f"sector {world.sectors[j]}": found.sector == j for j in np.unique(found.sector)}
    return [tables.fit_row(k, changes.YARDSTICKS[0], engine.fit(found.only(v))) for k, v in keep.items()]


def _variants(
    data: Path, world: World, years: Years, main: engine.Case, draws: int, seed: int
) -> list[tuple[Any, ...]]:
    source = read(data, (RATES,), BASE, corrected=False)
    cases = {
        "outcome 2018": main._replace(after=years.years[2018].M),
        "outcome 2021": main._replace(after=years.years[2021].M),
        "tariffs of 2019 (method changed)": case_of(world, years, rates=2019),
        "tariffs of all countries": case_of(world, years, everyone=True),
        "Russia's duty on Ukraine from 2016": case_of(world, years, ukraine=True),
        "no input links": case_of(world_of(data, years, linked=False), years),
        "Russia's rates as in the source": case_of(
            world_of(data, source), Years({**years.years, **source.years}, source.elasticities, source.path)
        ),
    }
    runs = [(name, case, "fixed") for name, case in cases.items()] + [
        ("deficits a share of value added", main, "share")
    ]
    rows_ = []
    for name, case, deficits in runs:
        prediction = engine.predict(case, draws, seed, deficits)
        found = engine.cells(case, prediction)
        rows_.append(tables.fit_row(name, changes.YARDSTICKS[0], engine.fit(found)))
    return rows_


def _gdp(data: Path, year: int) -> np.ndarray:
    """(n,) GDP, MUSD; NaN for groups and for whom the World Bank has none."""
    table = {
        r["Country Code"]: float(r["Value"]) / 1e6 for r in rows(data / "gdp" / "gdp.csv") if r["Year"] == str(year)
    }
    return np.array([table.get(c, np.nan) for c in PARTNERS])
