"""The command on Kazakhstan's oil export routes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from karvan.cli.show import Json, busy, print_json

if TYPE_CHECKING:
    from karvan.network.oil import OilRoutes

TAKES = {
    "flows": ("year", "price"),
    "close": ("days", "share", "year", "price", "draws"),
    "leverage": ("price", "draws"),
    "widen": ("days", "year", "price"),
    "least-cost": ("year", "price"),
    "fit": (),
    "episodes": ("draws",),
    "sources": (),
}


def oil(
    action: Annotated[
        str, typer.Argument(help="flows, close ROUTE, leverage, widen, least-cost, fit, episodes or sources.")
    ] = "flows",
    route: Annotated[str | None, typer.Argument(help="Route to close, as CPC, or Russia for all through it.")] = None,
    days: Annotated[int | None, typer.Option(help="Length of the stop; default 30, for widen 90.")] = None,
    share: Annotated[
        float | None, typer.Option(help="Part of the route's flow that cannot pass, 0..1; default 1.")
    ] = None,
    price: Annotated[
        float | None, typer.Option(help="Brent, USD/bbl; default drawn from ten yearly means (a stop) or the year's.")
    ] = None,
    year: Annotated[int | None, typer.Option(help="Default: the last with figures.")] = None,
    draws: Annotated[int | None, typer.Option(help="Runs behind the ranges; default 200.")] = None,
    data: Annotated[Path | None, typer.Option(help="Folder of your own tables; default those of karvan.")] = None,
    json: Json = False,
) -> None:
    """Oil exports of Kazakhstan by route, what a stop of one costs, and what wider routes are worth.

    Example: karvan oil close CPC --days 30 --share 1 --price 80
    """
    from karvan.network.oil import oil_routes

    given = {"days": days, "share": share, "year": year, "price": price, "draws": draws}
    asked = _asked(action, route, {name: value for name, value in given.items() if value is not None})
    with busy("solving"):
        parts = _parts(oil_routes(data), action, route, asked)
    if json:
        print_json({name: part.to_dicts() if hasattr(part, "to_dicts") else part for name, part in parts.items()})
    else:
        typer.echo("\n\n".join(str(part) for part in parts.values() if hasattr(part, "to_dicts")))


def _asked(action: str, route: str | None, given: dict[str, Any]) -> dict[str, Any]:
    """Refuse an unknown action, a missing route, and options that the action would ignore."""
    from karvan.core.errors import LabelError, ScenarioError
    from karvan.core.labels import suggest

    if action not in TAKES:
        raise LabelError(f"unknown action {action!r}.{suggest(action, TAKES)}")
    if (action == "close") != (route is not None):
        raise ScenarioError("name a route with close and only there, as `karvan oil close CPC --days 30`")
    idle = [f"--{name}" for name in given if name not in TAKES[action]]
    if idle:
        uses = ", ".join(f"--{name}" for name in TAKES[action]) or "no option"
        raise ScenarioError(f"karvan oil {action} does not use {', '.join(idle)}; it takes {uses}")
    return given


def _parts(system: OilRoutes, action: str, route: str | None, asked: dict[str, Any]) -> dict[str, Any]:
    if action == "close" and route is not None:
        found = system.close(route, **asked)
        rest = {"route": found.route, "year": found.year, "effect": found.effect()}
        return {**rest, "totals": found.table(), "routes": found.routes(), "fields": found.by_field()}
    if action == "flows":
        flows = system.flows(**asked)
        return {"routes": flows.table(), "fields": flows.by_field()}
    if action == "fit":
        return {"matches": system.matches(), "misplaced": system.misplaced()}
    if action == "episodes":
        return {"episodes": system.episodes(**asked), "disruptions": system.disruptions()}
    return {action: getattr(system, action.replace("-", "_"))(**asked)}
