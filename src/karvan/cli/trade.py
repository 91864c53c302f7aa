"""Commands on the trade equilibrium beyond a scenario: friends, tariffs, symbols, replicate."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from karvan.cli.show import Closure, Json, WorldName, busy, show


def friends(
    country: Annotated[str, typer.Argument(help="Country code, such as KAZ.")],
    world: WorldName = "eurasia-2021",
    json: Json = False,
) -> None:
    """Print whose growth helps a country, and what it loses if a partner closes. Example: karvan friends KAZ."""
    from karvan.cases.detail import elasticity_ends, partners
    from karvan.data.worlds import load

    base = load(world)
    with busy(f"closing {len(base.countries) - 1} partners one by one"):
        table = partners(base, country, elasticity_ends(base))
    show(table, json)


def tariffs(
    players: Annotated[list[str], typer.Argument(help="Countries or customs unions; several fight a trade war.")],
    scenario: Annotated[str, typer.Option(help="What else is different: a scenario file or name.")] = "",
    world: WorldName = "",
    mfn: Annotated[bool, typer.Option("--mfn", help="One rate per sector for all partners.")] = False,
    partners: Annotated[list[str] | None, typer.Option(help="On whom; default all outside the player's blocs.")] = None,
    deficits: Closure = None,
    json: Json = False,
) -> None:
    """Find the tariffs that are best for a country, or those of a trade war. Example: karvan tariffs CHN USA --mfn."""
    from karvan.core.scenario import Scenario
    from karvan.data.worlds import load
    from karvan.models.trade.tariffs import nash_tariffs

    change = Scenario.read(scenario) if scenario else None
    base = load(world or (change.world if change else "") or "eurasia-2021")
    found = nash_tariffs(base, players, change=change, partners=partners, mfn=mfn, deficits=deficits)
    show(found.table(), json)


def symbols(json: Json = False) -> None:
    """Print the dictionary of symbols. Example: karvan symbols --json."""
    from karvan.core.symbols import symbols as entries
    from karvan.core.table import Table

    rows = tuple((s.name, s.letter, " ".join(s.dims), s.unit, s.sign, s.kind, s.label) for s in entries().values())
    show(Table(("symbol", "letter", "dims", "unit", "sign", "kind", "label"), rows), json)


def replicate(
    paper: Annotated[str, typer.Argument(help="One of the list; without it, the list.")] = "list",
    data: Annotated[
        Path | None, typer.Option(help="Folder with the authors' files, where the list names some.")
    ] = None,
    deficits: Annotated[
        str | None, typer.Option(help="For papers that take it; the list shows the values, default first.")
    ] = None,
    table: Annotated[str | None, typer.Option(help="For papers with several tables; the list shows them.")] = None,
    json: Json = False,
) -> None:
    """Solve a published case again. Example: karvan replicate cp2015 --data PATH --deficits fixed."""
    from karvan.replication import replicate as again

    given = {"deficits": deficits, "table": table}
    options = {name: value for name, value in given.items() if value is not None}
    show(again(paper, data, **options), json)
