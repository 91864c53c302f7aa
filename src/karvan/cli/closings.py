"""Commands on who can stop freight: corridors close, leverage, widen, border, loads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from karvan.cli.corridors import Folder
from karvan.cli.show import Json, WorldName, busy, print_json, show

if TYPE_CHECKING:
    from karvan.core.scenario import Scenario

Country = Annotated[str, typer.Argument(help="Country code, such as KAZ.")]


def corridors_close(
    what: Annotated[
        str, typer.Argument(help="A link (AKT-ALY), place, corridor (middle), border (RUS-KAZ), or country (RUS).")
    ],
    days: Annotated[int, typer.Option(help="Days of the year.")] = 30,
    of: Annotated[str, typer.Option(help="For a country: stop only goods from or to this one.")] = "",
    embargo: Annotated[bool, typer.Option("--embargo", help="Trade of pairs left without a route stops.")] = False,
    country: Annotated[str, typer.Option(help="Whose loss is shown first.")] = "",
    world: WorldName = "eurasia-2021",
    json: Json = False,
) -> None:
    """Close a link, or a country to transit; solve all. Example: karvan corridors close RUS --of KAZ --days 90."""
    from karvan.core.errors import ScenarioError
    from karvan.core.scenario import Scenario
    from karvan.core.table import Table
    from karvan.data.worlds import load
    from karvan.run.freight import solve_with_freight
    from karvan.shocks import close_link, close_transit
    from karvan.shocks.corridor import network

    base = load(world)
    if country:
        base.position(country)
    if of and what not in network().network.countries:
        raise ScenarioError(f"--of goes with a country whose transit is closed; {what!r} is none")
    if what in network().network.countries:
        shock = close_transit(country=what, of=of or None, days=days, embargo=embargo)
    else:
        shock = close_link(link=what, days=days, embargo=embargo)
    with busy("trade and freight"):
        found = solve_with_freight(base, Scenario.of(shock))
    hat, money = found.outcome.values["welfare_hat"], found.outcome.values["welfare_money"]
    order = sorted(range(len(hat)), key=lambda n: (base.countries[n] != country, money[n]))
    rows = tuple(
        (base.countries[n], round(100 * (hat[n] - 1), 4) + 0.0, round(float(money[n]), 1) + 0.0) for n in order
    )
    title = f"{_closed(what, of, shock.kind)} for {days} days of the year; MUSD of {base.year} a year"
    income = Table(
        ("country", "real income %", "MUSD"),
        rows,
        title,
    )
    if json:
        print_json({"income": income.to_dicts(), "freight": [part.to_dicts() for part in found.tables()]})
    else:
        typer.echo("\n\n".join(str(part) for part in (income, *found.tables())))


def _closed(what: str, of: str, kind: str) -> str:
    """What is closed, in words."""
    if kind == "close_link":
        return f"{what} closed"
    whose = f"goods from and to {of}" if of else "all goods that pass through"
    return f"Transit through {what} closed to {whose}"


def corridors_leverage(
    country: Country,
    days: Annotated[list[int] | None, typer.Option(help="How long; give several. Default 30, 90, 365.")] = None,
    link: Annotated[list[str] | None, typer.Option(help="Only these links, places, corridors or borders.")] = None,
    top: Annotated[int, typer.Option(help="Closings shown, of each kind.", min=1)] = 20,
    world: WorldName = "eurasia-2021",
    folder: Folder = None,
    json: Json = False,
) -> None:
    """Rank links and transit countries by what closing them costs. Example: karvan corridors leverage KAZ."""
    from karvan.core.table import Table
    from karvan.data.worlds import load
    from karvan.network.routes import corridors
    from karvan.run.leverage import DAYS, leverage

    with busy("closing links and countries one by one"):
        found = leverage(
            load(world), country, days=tuple(days or DAYS), links=link, transit=link is None,
            routes=corridors(folder) if folder else None,
        )  # fmt: skip
    tables = [t for t in (found.table("transit"), found.table("link")) if t.rows]
    if json:
        print_json([row for table in tables for row in table.to_dicts()])
    else:
        typer.echo("\n\n".join(str(Table(t.columns, t.rows[:top], t.title)) for t in tables))
        typer.echo("Oil in pipes is not freight of this network: karvan oil leverage.")


def corridors_oil(json: Json = False) -> None:
    """Rank oil routes and transit countries by what a stop costs; more by karvan oil. Example: karvan corridors oil."""
    from karvan.network.oil.routes import oil_routes

    with busy("stopping routes"):
        show(oil_routes().leverage(), json)


def corridors_widen(
    scenario: Annotated[str, typer.Argument(help="A scenario of corridors: a file, or a name such as kz-transit-365.")],
    country: Annotated[str, typer.Option(help="Whose gain.")] = "KAZ",
    times: Annotated[float, typer.Option(help="Capacity, in times of today's.")] = 1.25,
    world: WorldName = "",
    json: Json = False,
) -> None:
    """Price more room on every link a scenario fills. Example: karvan corridors widen kz-transit-365 --country KAZ."""
    from karvan.data.worlds import load
    from karvan.run.freight import widen

    chosen = _read(scenario)
    with busy("widening one link at a time"):
        show(widen(load(world or chosen.world or "eurasia-2021"), chosen, country, times), json)


def corridors_border(
    one: Country,
    other: Country,
    draws: Annotated[int, typer.Option(help="Draws behind the ranges.", min=1)] = 200,
    seed: Annotated[int, typer.Option(help="Which draws.")] = 0,
    folder: Folder = None,
    json: Json = False,
) -> None:
    """Print what a border costs by cargo: waiting, fees, spoilage. Example: karvan corridors border KAZ RUS."""
    from karvan.network.border_cost import border_cost
    from karvan.network.routes import corridors

    with busy("drawing"):
        show(border_cost(corridors(folder), one, other, draws=draws, seed=seed), json)


def corridors_loads(
    top: Annotated[int, typer.Option(help="Links shown.", min=1)] = 30,
    world: WorldName = "eurasia-2021",
    folder: Folder = None,
    json: Json = False,
) -> None:
    """Print what a world's trade puts on the links, beside what was observed. Example: karvan corridors loads."""
    from karvan.data.worlds import load
    from karvan.network.routes import corridors
    from karvan.network.volumes import compare_volumes, load_table
    from karvan.shocks.corridor import freight, network

    base = load(world)
    with busy("loading links"):
        found = freight(base, corridors(folder) if folder else network())
        year = found.year(base.M)
    observed, busiest = compare_volumes(found, year), load_table(found, year, top)
    if json:
        print_json({"observed": observed.to_dicts(), "links": busiest.to_dicts()})
    else:
        typer.echo(f"{observed}\n\n{busiest}")


def _read(name: str) -> Scenario:
    """A scenario, which has to change the freight network."""
    from karvan.core.errors import ScenarioError
    from karvan.core.scenario import Scenario
    from karvan.run.freight import has_corridors

    chosen = Scenario.read(name)
    if not has_corridors(chosen):
        raise ScenarioError(f"{name}: no shock of the freight network in it (close_link, border_delay, ...)")
    return chosen
