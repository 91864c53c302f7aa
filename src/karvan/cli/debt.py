"""The command on public and external debt."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from karvan.cli.show import Json, busy, print_json

if TYPE_CHECKING:
    from karvan.core.table import Table

OF_PATHS = ("years", "draws", "seed", "method", "oil", "start")
SHIFTS = ("growth", "inflation", "depreciation", "rates", "primary_balance")
DRAWN = (*OF_PATHS, *SHIFTS, "foreign_share", "adjustment", "rate")
TAKES = {
    "paths": DRAWN,
    "interest": DRAWN,
    "stress": DRAWN,
    "balance": (*DRAWN, "target"),
    "history": (),
    "owes": ("on",),
    "claims": (),
    "backtest": ("origin", "years", "draws", "seed", "method"),
}


def debt(
    action: Annotated[
        str, typer.Argument(help="paths, interest, stress, balance, history, owes, claims or backtest.")
    ] = "paths",
    country: Annotated[str, typer.Option(help="ISO3 code, or a name for the folder of --data.")] = "KAZ",
    years: Annotated[int | None, typer.Option(help="How many years; default 10.")] = None,
    draws: Annotated[int | None, typer.Option(help="Paths behind the bands; default 10000.")] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of the draws; default 0.")] = None,
    method: Annotated[str | None, typer.Option(help="covariance (default) or block: past years again.")] = None,
    oil: Annotated[str | None, typer.Option(help="Process of the oil price: bootstrap (default) or ou.")] = None,
    start: Annotated[int | None, typer.Option(help="First year; default the one after the last known debt.")] = None,
    growth: Annotated[float | None, typer.Option(help="Growth higher by this every year, 0.01 is a point.")] = None,
    inflation: Annotated[float | None, typer.Option(help="Inflation higher by this every year.")] = None,
    depreciation: Annotated[float | None, typer.Option(help="Dollar dearer from year one on, 0.3 is 30 %.")] = None,
    rates: Annotated[float | None, typer.Option(help="Interest higher by this on all debt.")] = None,
    primary_balance: Annotated[float | None, typer.Option(help="Balance higher by this share of GDP a year.")] = None,
    foreign_share: Annotated[float | None, typer.Option(help="Part in foreign currency, 0..1.")] = None,
    adjustment: Annotated[
        float | None,
        typer.Option(help="Stock-flow adjustment, share of GDP; default as in the past; 0 textbook."),
    ] = None,
    rate: Annotated[str | None, typer.Option(help="Mean interest: last (default) known or as drawn.")] = None,
    target: Annotated[float | None, typer.Option(help="balance: debt to reach after --years, 0.2 is 20 %.")] = None,
    on: Annotated[str | None, typer.Option(help="owes: a date, as 2023-01-01; default the last.")] = None,
    origin: Annotated[int | None, typer.Option(help="backtest: last year known; default 2013 and all.")] = None,
    data: Annotated[Path | None, typer.Option(help="Folder with debt.csv and history.csv.")] = None,
    json: Json = False,
) -> None:
    """Public and external debt: where it goes, what it costs, whose it is, and what was said of it.

    Example: karvan debt stress --country KAZ --years 10
    """
    given = {name: value for name, value in locals().items() if name not in ("action", "country", "data", "json")}
    asked = _asked(action, {name: value for name, value in given.items() if value is not None})
    with busy("drawing"):
        tables, notes = _tables(action, country, asked, data)
    if json:
        print_json({name: table.to_dicts() for name, table in tables.items()} | ({"notes": notes} if notes else {}))
    else:
        typer.echo("\n\n".join([*(str(table) for table in tables.values()), *notes]))


def _asked(action: str, given: dict[str, Any]) -> dict[str, Any]:
    """Refuse an unknown action, and options that the action would ignore."""
    from karvan.core.errors import LabelError, ScenarioError
    from karvan.core.labels import suggest

    if action not in TAKES:
        raise LabelError(f"unknown action {action!r}; there are {', '.join(TAKES)}.{suggest(action, TAKES)}")
    idle = [_option(name) for name in given if name not in TAKES[action]]
    if idle:
        uses = ", ".join(_option(name) for name in TAKES[action]) or "no option but --country and --data"
        raise ScenarioError(f"karvan debt {action} does not use {', '.join(idle)}; it takes {uses}")
    return given


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _tables(action: str, country: str, asked: dict[str, Any], data: Path | None) -> tuple[dict[str, Table], list[str]]:
    """The tables of an action by name, and what is said below them."""
    from karvan.macro.debt import check_claims, claims_table, read_debt, who_owes
    from karvan.macro.debt.face import debt as draw_debt
    from karvan.macro.debt.history import observed
    from karvan.macro.history import read_history

    if action == "owes":
        return {"owes": who_owes(read_debt(country, data), asked.get("on")).table()}, []
    if action == "claims":
        found = check_claims(read_debt(country, data), read_history(country, data))
        return {"claims": claims_table(found, country.upper())}, []
    if action == "history":
        return {"history": observed(read_history(country, data), read_debt(country, data)).table()}, []
    if action == "backtest":
        return _backtest(country, asked, data), []
    target = asked.pop("target", None)
    found_debt = draw_debt(country, data=data, **asked)
    notes = [f"draws: {found_debt.method}"]
    if action == "stress":
        return {"stress": found_debt.stress(), "sizes": found_debt.sizes()}, notes
    if action == "balance":
        return {"balance": found_debt.balance(target)}, notes
    if action == "interest":
        return {"interest": found_debt.interest()}, notes
    return {"debt": found_debt.table(), "rising": found_debt.rising()}, notes


def _backtest(country: str, asked: dict[str, Any], data: Path | None) -> dict[str, Table]:
    from karvan.macro.debt.backtest import backtest_debt, backtest_origins

    if "origin" in asked:
        return {"backtest": backtest_debt(country, data=data, **asked).table()}
    return {
        "backtest": backtest_debt(country, data=data, **asked).table(),
        "origins": backtest_origins(country, data=data),
    }
