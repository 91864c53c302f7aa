"""The command line: the same words as in Python, `--json` everywhere, errors in one line.

A command is one function with an example in its docstring, in the file of its subject; the tables below give its name.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

import typer

from karvan.cli import (
    backtests,
    closings,
    corridors,
    currency,
    data,
    debt,
    estimates,
    evidence,
    maps,
    mirror,
    money,
    oil,
    scenarios,
    telling,
    trade,
)

app = typer.Typer(
    help="What happens to a country if it leaves a trade bloc, faces a border, or joins one: exact trade equilibria on "
    "real data, with ranges, told as a brief.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,  # plain help starts in half the time
    pretty_exceptions_enable=False,
)
data_app = typer.Typer(
    help="Worlds, their recipes, and the sources that are fetched from their owners.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
app.add_typer(data_app, name="data")
corridors_app = typer.Typer(
    help="Freight routes: days, dollars, borders and bottlenecks.", no_args_is_help=True, rich_markup_mode=None
)
app.add_typer(corridors_app, name="corridors")

COMMANDS: dict[str, Callable[..., None]] = {
    "run": scenarios.run,
    "backtest": backtests.backtest,
    "brief": telling.brief,
    "check": scenarios.check,
    "debt": debt.debt,
    "check-figure": mirror.check_figure,
    "currency": currency.currency,
    "explain": scenarios.explain,
    "friends": trade.friends,
    "fund": money.fund,
    "gravity": estimates.gravity,
    "reexports": evidence.reexports,
    "mirror": mirror.mirror,
    "oil": oil.oil,
    "symbols": trade.symbols,
    "replicate": trade.replicate,
    "tariffs": trade.tariffs,
    "verify": scenarios.verify,
}
DATA_COMMANDS: dict[str, Callable[..., None]] = {
    "list": data.data_list,
    "get": data.data_get,
    "path": data.data_path,
    "licence": data.data_licence,
    "build": data.data_build,
}
CORRIDORS_COMMANDS: dict[str, Callable[..., None]] = {
    "routes": corridors.corridors_routes,
    "check": corridors.corridors_check,
    "links": corridors.corridors_links,
    "places": corridors.corridors_places,
    "map": maps.corridors_map,
    "card": maps.corridors_card,
    "oil": closings.corridors_oil,
    "close": closings.corridors_close,
    "leverage": closings.corridors_leverage,
    "widen": closings.corridors_widen,
    "border": closings.corridors_border,
    "loads": closings.corridors_loads,
}
EXTRAS = {
    "brief": ("altair", "jinja2", "vl_convert"),
    "data": ("duckdb", "httpx", "openpyxl", "platformdirs", "pyarrow", "sdmx", "stamina", "xlrd"),
    "estimate": ("arch", "pandas", "pyfixest", "statsmodels"),
}
# a negative value is an argument, to be refused in words, and no option
SETTINGS = {"check-figure": {"ignore_unknown_options": True}}
for _name, _function in COMMANDS.items():
    app.command(_name, context_settings=SETTINGS.get(_name))(_function)
for _name, _function in DATA_COMMANDS.items():
    data_app.command(_name)(_function)
for _name, _function in CORRIDORS_COMMANDS.items():
    corridors_app.command(_name)(_function)


def main() -> None:
    """Run the command line; karvan's own errors end with their message and exit code 1."""
    import warnings

    from karvan.core.errors import KarvanError, KarvanWarning

    warnings.showwarning = lambda message, category, *_: typer.echo(
        f"{'warning' if issubclass(category, KarvanWarning) else category.__name__}: {message}", err=True
    )
    try:
        app()
    except KarvanError as fault:
        typer.echo(f"{type(fault).__name__}: {fault}", err=True)
        sys.exit(1)
    except ImportError as fault:
        missing = [(name, extra) for extra, names in EXTRAS.items() for name in names if name in str(fault)]
        if not missing:
            raise
        name, extra = missing[0]
        typer.echo(f"this command needs {name}, which is not installed: pip install 'karvan[{extra}]'", err=True)
        sys.exit(1)
