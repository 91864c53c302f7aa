"""Commands on the money of a country: the oil fund and the oil."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from karvan.cli.show import Json, busy, print_json

if TYPE_CHECKING:
    from karvan.core.table import Table

SHARED = {"country", "data"}
DRAWN = SHARED | {"definition", "draws", "seed", "oil"}
RUN = DRAWN | {"start", "price", "outage", "figure", "method"}
TAKES = {
    "": RUN | {"rule", "withdrawals", "years", "indexation"},
    "rules": RUN,
    "claim": DRAWN | {"withdrawals", "price"},
    "sensitivity": SHARED | {"definition", "seed", "oil", "years"},
    "backtest": DRAWN | {"method", "fitted_to", "until"},
    "horizon": SHARED | {"start"},
}


def fund(
    country: Annotated[str, typer.Option(help="ISO3 code, or with --data a name.")] = "KAZ",
    rule: Annotated[
        str | None,
        typer.Option(
            help="guaranteed+targeted, capped, cut-off, bird-in-hand, permanent-income, floor, none, observed, "
            "fixed:MUSD, share:fund:X or share:gdp:X."
        ),
    ] = None,
    definition: Annotated[str | None, typer.Option(help="Which balance, as fx or total; default the first.")] = None,
    price: Annotated[str | None, typer.Option(help="Brent held at, USD/bbl, or one per year, as 80,75,70.")] = None,
    outage: Annotated[
        str | None, typer.Option(help="Share of exports lost in the first year, or one per year, as 0.4,0.1.")
    ] = None,
    withdrawals: Annotated[str | None, typer.Option(help="MUSD a year, or one per year, instead of a rule.")] = None,
    figure: Annotated[list[str] | None, typer.Option(help="A figure of a rule, as cutoff_price=45.")] = None,
    indexation: Annotated[float | None, typer.Option(help="Yearly growth of fixed amounts, as 0.02.")] = None,
    start: Annotated[int | None, typer.Option(help="First year; default after the last balance.")] = None,
    years: Annotated[int | None, typer.Option(help="How many; default 40, for --sensitivity 10.")] = None,
    draws: Annotated[int | None, typer.Option(help="How many paths; default 5000.")] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of the draws; default 0.")] = None,
    oil: Annotated[str | None, typer.Option(help="Process of the price: bootstrap or ou; default bootstrap.")] = None,
    method: Annotated[str | None, typer.Option(help="Joint draws: covariance or block; default covariance.")] = None,
    fitted_to: Annotated[int | None, typer.Option(help="Last year known to the back-test; default 2013.")] = None,
    until: Annotated[int | None, typer.Option(help="Last year of the back-test; default 2023.")] = None,
    data: Annotated[Path | None, typer.Option(help="Folder of history.csv of another country.")] = None,
    claim: Annotated[bool, typer.Option("--claim", help="'Empty in five to six years', taken apart.")] = False,
    rules: Annotated[bool, typer.Option("--rules", help="Rules beside each other.")] = False,
    sensitivity: Annotated[bool, typer.Option("--sensitivity", help="What each assumption is worth.")] = False,
    backtest: Annotated[bool, typer.Option("--backtest", help="Would it have told the truth?")] = False,
    horizon: Annotated[bool, typer.Option("--horizon", help="How long the oil itself lasts.")] = False,
    json: Json = False,
) -> None:
    """When is the oil fund empty, with what probability, under which rule, at which price; and when the oil.

    Example: karvan fund --rule capped --price 60
    """
    given = {
        "country": country, "rule": rule, "definition": definition, "price": price, "outage": outage,
        "withdrawals": withdrawals, "figure": figure or None, "indexation": indexation, "start": start, "years": years,
        "draws": draws, "seed": seed, "oil": oil, "method": method, "fitted_to": fitted_to, "until": until,
        "data": data,
    }  # fmt: skip
    asked = {"claim": claim, "rules": rules, "sensitivity": sensitivity, "backtest": backtest, "horizon": horizon}
    mode, options = _asked(asked, {name: value for name, value in given.items() if value is not None})
    with busy("drawing"):
        parts = _parts(mode, options)
    if json:
        print_json({name: part if isinstance(part, str) else part.to_dicts() for name, part in parts.items()})
    else:
        typer.echo("\n\n".join(str(_short(part)) for part in parts.values()))


def _asked(flags: dict[str, bool], given: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Return the one question asked and its options; refuse two questions and options that would be ignored."""
    from karvan.core.errors import ScenarioError

    chosen = [name for name, on in flags.items() if on]
    if len(chosen) > 1:
        raise ScenarioError(f"one question at a time, not --{' and --'.join(chosen)}")
    mode = chosen[0] if chosen else ""
    idle = [f"--{name.replace('_', '-')}" for name in given if name not in TAKES[mode]]
    if idle:
        uses = ", ".join(sorted(f"--{name.replace('_', '-')}" for name in TAKES[mode]))
        raise ScenarioError(
            f"karvan fund{' --' + mode if mode else ''} does not use {', '.join(idle)}; it takes {uses}"
        )
    for name in ("price", "outage", "withdrawals"):
        if name in given:
            given[name] = _numbers(name, given[name])
    if "figure" in given:
        given["figures"] = dict(_figure(text) for text in given.pop("figure"))
    return mode, given


def _numbers(name: str, text: str) -> float | list[float]:
    from karvan.core.errors import ScenarioError

    try:
        values = [float(part) for part in text.split(",")]
    except ValueError:
        raise ScenarioError(f"--{name} is {text!r}; give a number, or one per year as 80,75,70") from None
    return values[0] if len(values) == 1 else values


def _figure(text: str) -> tuple[str, float]:
    from karvan.core.errors import ScenarioError

    name, _, value = text.partition("=")
    try:
        return name.strip(), float(value)
    except ValueError:
        raise ScenarioError(f"--figure is {text!r}; write it as cutoff_price=45") from None


def _parts(mode: str, options: dict[str, Any]) -> dict[str, Any]:
    if mode == "horizon":
        from karvan.macro.horizon import oil_horizon

        found = oil_horizon(**options)
        return {"answer": found.answer(), "left": found.table(), "ahead": found.ahead()}
    if mode == "claim":
        from karvan.macro.claim import fund_claim

        return {"claim": fund_claim(**options)}
    if mode == "rules":
        from karvan.macro.compare import fund_rules

        return {"rules": fund_rules(**options)}
    if mode == "sensitivity":
        from karvan.macro.sensitivity import fund_sensitivity

        return {"sensitivity": fund_sensitivity(**options)}
    if mode == "backtest":
        return _backtest(options)
    return _fund(options)


def _fund(options: dict[str, Any]) -> dict[str, Any]:
    from karvan.macro.compare import fund_definitions
    from karvan.macro.fund import fund as run

    options = {"draws": 5000, **options}
    found = run(**options)
    parts = {
        "summary": found.summary(), "balance": found.table(), "flows": found.flows(), "empty": found.emptiness(),
        "sustainable": found.sustainable(), "fit": found.law.table(),
    }  # fmt: skip
    plain = {"country", "rule", "oil", "method", "data", "seed", "draws"}
    if set(options) <= plain:
        parts["definitions"] = fund_definitions(**options)
    return {**parts, "method": found.method, "source": f"sources: {found.source}"}


def _backtest(options: dict[str, Any]) -> dict[str, Any]:
    from karvan.macro.fund_backtest import fund_backtest, price_scores
    from karvan.macro.history import read_history
    from karvan.macro.receipts import fit_receipts

    history = read_history(options["country"], options.get("data"))
    found = fund_backtest(**options)
    parts: dict[str, Any] = {
        "balance": found.table(),
        "fit": found.drawn.law.table(),
        "held_out": found.drawn.law.misses(),
    }
    if {"receipts", "production"} <= set(history.series):
        parts["receipts"] = fit_receipts(history).misses()
    return {**parts, "prices": price_scores(data=history)}


def _short(part: Any) -> str | Table:
    """A text as it is; of a long table of years the first five and every fifth."""
    if isinstance(part, str) or len(part.rows) <= 20 or part.columns[0] != "year":
        return part
    rows = tuple(row for i, row in enumerate(part.rows) if i < 5 or i % 5 == 4)
    return part._replace(rows=rows, title=f"{part.title} (every fifth year; all by --json)")
