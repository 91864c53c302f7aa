"""Commands that estimate from a table of data: gravity."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from karvan.cli.show import Json, busy, print_json


def gravity(
    file: Annotated[Path, typer.Argument(help="Table of flows, .csv or .parquet, one row per flow.")],
    on: Annotated[list[str], typer.Option(help="A regressor: a column, or log(column). Repeat for several.")],
    flow: Annotated[str, typer.Option(help="Column with trade.")] = "trade",
    exporter: Annotated[str, typer.Option(help="Column with the exporter.")] = "exporter",
    importer: Annotated[str, typer.Option(help="Column with the importer.")] = "importer",
    year: Annotated[str, typer.Option(help="Column with the year.")] = "year",
    effects: Annotated[str, typer.Option(help="Fixed effects; dyad is a pair the same both ways.")] = (
        "exporter-year importer-year pair"
    ),
    domestic: Annotated[str, typer.Option(help="keep or drop rows with exporter = importer.")] = "",
    years: Annotated[str, typer.Option(help="Years to estimate on, such as 2000,2004,2008; default all.")] = "",
    border_year: Annotated[bool, typer.Option("--border-year", help="A border dummy per year.")] = False,
    lead: Annotated[list[str] | None, typer.Option(help="column:years, such as rta:4. Repeat for several.")] = None,
    lag: Annotated[list[str] | None, typer.Option(help="column:years, such as rta:4. Repeat for several.")] = None,
    outside: Annotated[str, typer.Option(help="Leads and lags beyond the table's years: drop or hold.")] = "drop",
    cluster: Annotated[str, typer.Option(help="Group of the clustered errors.")] = "pair",
    estimator: Annotated[str, typer.Option(help="ppml or ols.")] = "ppml",
    bias_correction: Annotated[
        bool, typer.Option("--bias-correction", help="Weidner and Zylkin (2021), three-way PPML.")
    ] = False,
    missing: Annotated[str, typer.Option(help="Rows without a value: refuse or drop.")] = "refuse",
    json: Json = False,
) -> None:
    """Estimate what agreements and distance do to trade. Example: karvan gravity flows.csv --on rta --domestic keep."""
    from karvan.estimate.gravity import gravity as estimate

    with busy("estimating"):
        found = estimate(
            file,
            flow,
            on=on,
            exporter=exporter,
            importer=importer,
            year=year,
            effects=effects,
            domestic=_domestic(domestic),
            years=_years(years),
            border_year=border_year,
            leads=_shifts("--lead", lead),
            lags=_shifts("--lag", lag),
            outside=outside,
            cluster=cluster,
            estimator=estimator,
            bias_correction=bias_correction,
            missing=missing,
        )
    if json:
        print_json(
            {
                "coefficients": found.table().to_dicts(),
                "covariance": found.covariance.tolist(),
                "observations": found.observations,
                "left_out": dict(found.left_out),
                "fit": found.fit,
                "record": dict(found.record),
            }
        )
    else:
        typer.echo(str(found.table()))


def _domestic(text: str) -> bool | None:
    if text not in ("", "keep", "drop"):
        raise typer.BadParameter(f"--domestic {text!r}: write keep or drop")
    return {"": None, "keep": True, "drop": False}[text]


def _years(text: str) -> list[int] | None:
    try:
        return [int(y) for y in text.replace(",", " ").split()] or None
    except ValueError:
        raise typer.BadParameter(f"--years {text!r}: write years as 2000,2004,2008") from None


def _shifts(option: str, given: list[str] | None) -> dict[str, list[int]]:
    """Read ["rta:4", "rta:8"] as {"rta": [4, 8]}."""
    found: dict[str, list[int]] = {}
    for text in given or []:
        column, _, years = text.rpartition(":")
        if not column or not years.isdigit():
            raise typer.BadParameter(f"{option} {text!r}: write column:years, such as rta:4")
        found.setdefault(column, []).append(int(years))
    return found
