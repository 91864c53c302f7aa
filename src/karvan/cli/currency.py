"""The command on a neighbour's currency."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from karvan.cli.show import Json, busy, print_json

if TYPE_CHECKING:
    from karvan.macro.currency import Currency


def currency(
    own: Annotated[str, typer.Argument(help="Our currency, ISO 4217 code.")] = "KZT",
    neighbour: Annotated[str, typer.Argument(help="The neighbour's currency.")] = "RUB",
    stress: Annotated[float, typer.Option(help="The neighbour's currency loses this share of its value.")] = 0.30,
    method: Annotated[
        str,
        typer.Option(
            help="answer, projections, rolling, correlation, tail, breaks, stress, episodes, held-out, coverage, "
            "verdict or all."
        ),
    ] = "answer",
    every: Annotated[str, typer.Option(help="Steps: day, week or month; days need your own file.")] = "week",
    start: Annotated[str | None, typer.Option("--from", help="First date, as 2015-08-24.")] = None,
    end: Annotated[str | None, typer.Option("--to", help="Last date.")] = None,
    cut: Annotated[
        list[str] | None, typer.Option("--break", help="Date that parts the periods. Repeat for several.")
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option(help="Table with columns date, currency, per_usd (local currency per USD)."),
    ] = None,
    controls: Annotated[bool, typer.Option(help="Hold oil and the dollar index.")] = True,
    missing: Annotated[str, typer.Option(help="Gaps in the file: refuse or drop.")] = "refuse",
    draws: Annotated[int, typer.Option(help="Draws of the stress.")] = 2000,
    seed: Annotated[int, typer.Option(help="Seed of every draw.")] = 0,
    json: Json = False,
) -> None:
    """How much of a neighbour's currency move reaches ours, how fast, in the tail, and in a stress.

    Example: karvan currency KZT RUB --stress 0.30 --method stress
    """
    from karvan.macro.currency import currency as ask

    methods = _methods(method)
    with busy("estimating"):
        found = ask(
            own.upper() if data is None else own,
            neighbour.upper() if data is None else neighbour,
            str(data) if data is not None else None,
            every=every,
            start=start,
            end=end,
            stress=stress,
            breaks=cut or None,
            controls=controls,
            missing=missing,
            methods=methods,
            draws=draws,
            seed=seed,
        )
    parts = _parts(found, method, whole=json)
    if json:
        print_json({**_said(found), **{name: [t.to_dicts() for t in tables] for name, tables in parts.items()}})
        return
    typer.echo(found.sentence + "\n")
    typer.echo("\n\n".join(str(table) for tables in parts.values() for table in tables))
    if method in ("answer", "verdict", "all"):
        typer.echo("")
        typer.echo("\n".join(textwrap.fill(note, 118, subsequent_indent="  ") for note in found.notes))


def _methods(method: str) -> tuple[str, ...] | None:
    """Return the methods to run for what is asked; the answer needs tail and stress."""
    from karvan.core.errors import LabelError
    from karvan.core.labels import suggest
    from karvan.macro.currency.face import METHODS

    if method == "answer":
        return ("tail", "stress")
    if method == "verdict":
        return ()
    if method == "all":
        return None
    if method not in METHODS:
        raise LabelError(f"unknown method {method!r}.{suggest(method, ('answer', *METHODS, 'verdict', 'all'))}")
    return (method,)


def _parts(found: Currency, method: str, whole: bool) -> dict[str, Any]:
    from karvan.macro.currency.face import DEFAULT

    if method == "verdict":
        return {"verdict": (found.verdict.table(),)}
    if method == "all":
        refused = dict(found.refused)
        names = [name for name in ("answer", *DEFAULT) if name not in refused]
        return {name: found.tables(name, whole) for name in names}
    return {method: found.tables(method, whole)}


def _said(found: Currency) -> dict[str, Any]:
    rates = found.rates
    return {
        "own": rates.own,
        "neighbour": rates.neighbour,
        "every": rates.every,
        "from": str(rates.dates[0]),
        "to": str(rates.dates[-1]),
        "verdict": found.verdict.whole,
        "sentence": found.sentence,
        "notes": list(found.notes),
    }
