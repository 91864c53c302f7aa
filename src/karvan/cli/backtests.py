"""The command of the back-tests."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from karvan.cli.show import Json, busy, print_json, show


def backtest(
    name: Annotated[str, typer.Argument(help="A back-test; without it, the list.")] = "list",
    data: Annotated[
        Path | None, typer.Option(help="Folder with the source files: run it again. Default: the stored result.")
    ] = None,
    draws: Annotated[int, typer.Option(help="Draws of the elasticities.")] = 200,
    seed: Annotated[int, typer.Option(help="Which draws.")] = 0,
    json: Json = False,
) -> None:
    """Print a past change predicted from data before it, beside what happened. Example: karvan backtest tariff-2012."""
    from karvan.backtests import backtest as again
    from karvan.backtests import list_tests

    if name == "list":
        show(list_tests(), json)
        return
    with busy("predicting the past"):
        result = again(name, data, draws=draws, seed=seed)
    if json:
        print_json(result.to_dict())
    else:
        typer.echo(str(result))
