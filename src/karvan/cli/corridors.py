"""Commands on freight corridors: corridors routes, check, links, places."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from karvan.cli.show import Json, busy, print_json

From = Annotated[str, typer.Argument(metavar="FROM", help="A place (XIAN, Istanbul) or a country (KAZ).")]
To = Annotated[str, typer.Argument(metavar="TO", help="A place or a country.")]
Folder = Annotated[Path | None, typer.Option("--network", help="Folder with files of a network of your own.")]
Year = Annotated[int, typer.Option(help="Planned links are open from their year on.")]
Close = Annotated[list[str] | None, typer.Option(help="Close a link (AKT-ALY), a place or a corridor (kars).")]
CargoClass = Annotated[
    str, typer.Option("--cargo", help="container, general (can wait), perishable, grain, metals, machinery or crude.")
]
Open = Annotated[
    list[str] | None, typer.Option("--open", help="Open a planned, blocked or restricted link or corridor.")
]


def corridors_routes(
    start: From,
    end: To,
    cargo: CargoClass = "container",
    year: Year = 2025,
    close: Close = None,
    open_: Open = None,
    draws: Annotated[int, typer.Option(help="Draws behind the ranges.", min=1)] = 60,
    seed: Annotated[int, typer.Option(help="Which draws.")] = 1,
    folder: Folder = None,
    json: Json = False,
) -> None:
    """Print days, dollars and borders of every way. Example: karvan corridors routes XIAN Istanbul --cargo grain."""
    from karvan.network.card import card
    from karvan.network.routes import corridors

    routes = corridors(folder, year=year)
    for name in open_ or []:
        routes = routes.open(name)
    for name in close or []:
        routes = routes.close(name)
    with busy("finding routes"):
        found = card(routes, start, end, cargo, draws=draws, seed=seed)
    if json:
        print_json({name: table.to_dicts() for name, table in found._asdict().items()})
    else:
        typer.echo(str(found))


def corridors_check(folder: Folder = None, json: Json = False) -> None:
    """Print observed days and dollars beside the model, those set aside too. Example: karvan corridors check."""
    from karvan.network.calibrate import listing, summary
    from karvan.network.routes import corridors

    with busy("comparing"):
        compared = corridors(folder).check()
    if json:
        print_json({"summary": summary(compared).to_dicts(), "observations": listing(compared).to_dicts()})
    else:
        typer.echo(f"{listing(compared)}\n\n{summary(compared)}")


def corridors_links(folder: Folder = None, year: Year = 2025, json: Json = False) -> None:
    """Print every link with its figures and the rule behind each. Example: karvan corridors links."""
    from karvan.network.network import Network
    from karvan.network.reliability import closure_table

    network = Network.read(folder, year=year)
    if json:
        print_json({"links": network.link_table().to_dicts(), "closures": closure_table(network).to_dicts()})
    else:
        typer.echo(f"{network.link_table()}\n\n{closure_table(network)}")


def corridors_places(folder: Folder = None, json: Json = False) -> None:
    """Print the places and the corridors by name. Example: karvan corridors places."""
    from karvan.network.network import Network

    tables = Network.read(folder)
    if json:
        print_json({"places": tables.place_table().to_dicts(), "corridors": tables.corridor_table().to_dicts()})
    else:
        typer.echo(f"{tables.place_table()}\n\n{tables.corridor_table()}")
