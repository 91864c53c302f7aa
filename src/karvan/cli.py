"""The command line: the same words as in Python, `--json` everywhere, errors in one line."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from karvan.core.table import Table

app = typer.Typer(
    help="What happens to a country if it leaves a trade bloc, faces a border, or joins one: exact trade equilibria on "
    "real data, with ranges, told as a brief.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,  # plain help starts in half the time
    pretty_exceptions_enable=False,
)
data_app = typer.Typer(
    help="The worlds that come with karvan, and their recipes.", no_args_is_help=True, rich_markup_mode=None
)
app.add_typer(data_app, name="data")

Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")]
Closure = Annotated[str | None, typer.Option(help="fixed, share or purge; default the scenario's own.")]
WorldName = Annotated[str, typer.Option("--world", help="An embedded world or a file of World.save.")]


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


@app.command()
def run(
    scenario: Annotated[str, typer.Argument(help="A scenario file, or the name of one that comes with karvan.")],
    world: WorldName = "",
    deficits: Closure = None,
    draws: Annotated[
        int, typer.Option(help="Draws of the uncertain parameters; 0 for the most likely values only.")
    ] = 0,
    seed: Annotated[int, typer.Option(help="Which draws.")] = 0,
    no_io: Annotated[bool, typer.Option("--no-io", help="Leave input-output links out.")] = False,
    out: Annotated[Path | None, typer.Option(help="Folder for the results, the record and a table.")] = None,
    json: Json = False,
) -> None:
    """Solve one scenario. Example: karvan run scenarios/kz-exit-hard.yaml --draws 200."""
    from karvan.core.errors import ScenarioError
    from karvan.core.scenario import Scenario
    from karvan.data.worlds import load
    from karvan.models.trade.face import solve

    if draws < 0 or seed < 0:
        raise ScenarioError("--draws and --seed must not be negative")
    if draws and no_io:
        raise ScenarioError("--draws and --no-io cannot be combined yet; run them apart")
    chosen = Scenario.read(scenario)
    base = load(world or chosen.world or "eurasia-2021")
    found = solve(base, chosen, deficits=deficits, io=False if no_io else None)
    bands = _bands(base, chosen, deficits, draws, seed) if draws else None
    table = _run_table(found, bands)
    record = {**found.record, "bands": None if bands is None else dict(bands.record)}
    if out is not None:
        _write(found, table, record, chosen.name, out)
    if json:
        _json(
            {
                "record": record,
                "residuals": dict(found.residuals),
                "steps": found.steps,
                "rows": table.to_dicts(),
            }
        )
        return
    typer.echo(f"{chosen.title}\n{table}")
    typer.echo(
        f"solved in {found.steps} sweeps, largest residual {found.residuals.max():.1e}; deficits {found.deficits}"
    )


@app.command()
def brief(
    case: Annotated[str, typer.Argument(help="A case that comes with karvan.")] = "kz-eaeu",
    out: Annotated[Path, typer.Option(help="Where to write; .html or .json.")] = Path("brief.html"),
    language: Annotated[str, typer.Option(help="Language of the text.")] = "en",
    draws: Annotated[
        int | None, typer.Option(help="Draws of the uncertain parameters; default the case's own.")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Which draws.")] = None,
    json: Json = False,
) -> None:
    """Run a case and write its brief. Example: karvan brief kz-eaeu --out brief.html."""
    from karvan import cases
    from karvan.tell import check_target

    check_target(out, language)
    total = draws or cases.read(case)["draws"]
    with _progress("drawing parameters and solving", total) as advance:
        told = cases.brief(case, draws=draws, seed=seed, executor="processes", progress=advance)
    told.save(out, language=language)
    if json:
        _json({"file": str(out), "claims": [c.to_dict() for c in told.claims]})
    else:
        typer.echo(f"written: {out}")


@app.command()
def check(
    what: Annotated[str, typer.Argument(help="A world, or a scenario file.")] = "eurasia-2021",
    world: WorldName = "",
    json: Json = False,
) -> None:
    """Check a world (identities, origin of its numbers, official totals) or a scenario file. Example: karvan check."""
    from karvan.core.errors import ScenarioError, SourceError
    from karvan.core.scenario_file import shipped
    from karvan.core.table import Table
    from karvan.data.worlds import comparison, load

    if what.endswith((".yaml", ".yml")) or what in shipped():
        _check_scenario(what, world, json)
        return
    if world:
        raise ScenarioError("--world goes with a scenario to check")
    base = load(what)
    tables = {"identities": base.check()}
    rows = tuple((b.symbol, b.where, b.flag, b.source, b.licence, b.note) for b in base.sources)
    tables["sources"] = Table(
        ("symbol", "where", "flag", "source", "licence", "note"), rows, "Where the numbers came from"
    )
    try:
        tables["comparison"] = comparison(base.name)
    except SourceError as fault:
        typer.echo(str(fault), err=True)
    if json:
        _json({name: table.to_dicts() for name, table in tables.items()})
    else:
        typer.echo("\n\n".join(str(t) for t in tables.values()))


@app.command()
def explain(
    scenario: Annotated[str, typer.Argument(help="A scenario file, or the name of one that comes with karvan.")],
    country: Annotated[str, typer.Argument(help="Country code, such as KAZ.")],
    world: WorldName = "",
    deficits: Closure = None,
    json: Json = False,
) -> None:
    """Say why: exact parts, causes, sectors, partners, value added. Example: karvan explain kz-exit-hard KAZ."""
    from karvan.core.scenario import Scenario
    from karvan.data.worlds import load
    from karvan.run.explain import explain as tables

    chosen = Scenario.read(scenario)
    found = tables(load(world or chosen.world or "eurasia-2021"), chosen, country, deficits)
    if json:
        _json({name: table.to_dicts() for name, table in found.items()})
    else:
        typer.echo("\n\n".join(str(table) for table in found.values()))


@app.command()
def friends(
    country: Annotated[str, typer.Argument(help="Country code, such as KAZ.")],
    world: WorldName = "eurasia-2021",
    json: Json = False,
) -> None:
    """Print whose growth helps a country, and what it loses if a partner closes. Example: karvan friends KAZ."""
    from karvan.cases.detail import elasticity_ends, partners
    from karvan.data.worlds import load

    base = load(world)
    with _busy(f"closing {len(base.countries) - 1} partners one by one"):
        table = partners(base, country, elasticity_ends(base))
    _show(table, json)


@app.command()
def symbols(json: Json = False) -> None:
    """Print the dictionary of symbols. Example: karvan symbols --json."""
    from karvan.core.symbols import symbols as entries
    from karvan.core.table import Table

    rows = tuple((s.name, s.letter, " ".join(s.dims), s.unit, s.sign, s.kind, s.label) for s in entries().values())
    _show(Table(("symbol", "letter", "dims", "unit", "sign", "kind", "label"), rows), json)


@app.command()
def replicate(
    paper: Annotated[str, typer.Argument(help="One of the list; without it, the list.")] = "list",
    data: Annotated[
        Path | None, typer.Option(help="Folder with the authors' files, where the list names some.")
    ] = None,
    deficits: Annotated[
        str | None, typer.Option(help="For papers that take it; the list shows the values, default first.")
    ] = None,
    json: Json = False,
) -> None:
    """Solve a published case again. Example: karvan replicate cp2015 --data PATH --deficits fixed."""
    from karvan.replication import replicate as again

    options = {} if deficits is None else {"deficits": deficits}
    _show(again(paper, data, **options), json)


@app.command()
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
    _show(found.table(), json)


@app.command()
def verify(
    record: Annotated[Path, typer.Argument(help="A record.json of `karvan run --out`.")],
    world: WorldName = "",
    json: Json = False,
) -> None:
    """Repeat a recorded run and compare. Example: karvan verify results/kz-exit-hard.record.json."""
    from karvan.data.worlds import load
    from karvan.run.verify import verify as again

    table = again(record, load(world) if world else None)
    _show(table, json)
    if any(str(row[3]).startswith("DIFFERENT") for row in table.rows):
        raise typer.Exit(1)


@data_app.command("list")
def data_list(json: Json = False) -> None:
    """Print the embedded worlds. Example: karvan data list."""
    from karvan.core.table import Table
    from karvan.data.worlds import load, names

    worlds = [load(name) for name in names()]
    rows = tuple((w.name, w.year, len(w.countries), len(w.sectors), w.sha256[:16]) for w in worlds)
    _show(Table(("world", "year", "countries", "sectors", "sha256"), rows), json)


@data_app.command("build")
def data_build(
    name: Annotated[str, typer.Argument(help="The recipe.")] = "eurasia-2021",
    source: Annotated[Path, typer.Option("--from", help="Folder with the source files.")] = Path("data"),
    out: Annotated[Path | None, typer.Option(help="Folder to write the world to; default: only show it.")] = None,
    json: Json = False,
) -> None:
    """Build a world by its recipe. Example: karvan data build eurasia-2021 --from PATH --out PATH."""
    from karvan.data.worlds import build

    with _busy(f"building {name}"):
        world, table = build(name, source, out)
    if json:
        _json({"world": world.name, "sha256": world.sha256, "comparison": table.to_dicts()})
    else:
        typer.echo(f"{world!r}\n{table}")


def _show(table: Table, json: bool) -> None:
    if json:
        _json(table.to_dicts())
    else:
        typer.echo(str(table))


def _json(data: Any) -> None:
    import json

    typer.echo(json.dumps(data, ensure_ascii=False, indent=1, allow_nan=False))


def _progress(text: str, total: int) -> Any:
    """A progress bar on standard error; `with _progress(...) as advance: advance(n)`."""
    from contextlib import contextmanager

    from rich.console import Console
    from rich.progress import Progress

    @contextmanager
    def bar() -> Any:
        with Progress(console=Console(stderr=True), transient=True) as progress:
            task = progress.add_task(text, total=total)
            yield lambda n: progress.advance(task, n)

    return bar()


def _busy(text: str) -> Any:
    """A spinner on standard error for work of a few seconds that cannot be counted."""
    from rich.console import Console

    return Console(stderr=True).status(text)


def _bands(base: Any, scenario: Any, deficits: str | None, draws: int, seed: int) -> Any:
    from karvan.run.sweep import sweep

    with _progress("drawing parameters and solving", draws) as advance:
        executor = "processes" if draws >= 200 else "serial"
        return sweep(base, scenario, draws=draws, seed=seed, deficits=deficits, executor=executor, progress=advance)


def _run_table(found: Any, bands: Any) -> Table:
    from karvan.core.table import Table

    band = None if bands is None else bands.band("welfare_hat", bands.scenarios[0])
    head: tuple[str, ...] = ("country", "real income %", "MUSD", "real wage %")
    head += ("net pool before MUSD", "net pool after MUSD")
    rows = []
    for n, country in enumerate(found.world.countries):
        row = [
            country,
            100 * (float(found.values["welfare_hat"][n]) - 1),
            float(found.values["welfare_money"][n]),
            100 * (float(found.values["real_wage_hat"][n]) - 1),
            float(found.world.net_pool[n]),
            float(found.values["net_pool_new"][n]),
        ]
        if band is not None:
            row[2:2] = [100 * (float(band.low[n]) - 1), 100 * (float(band.high[n]) - 1)]
        rows.append(tuple(row))
    if band is not None:
        head = (head[0], head[1], "5 %", "95 %", *head[2:])
    return Table(head, tuple(rows), "Exact change in real income" + (f"; band of {bands.draws} draws" if bands else ""))


def _write(found: Any, table: Table, record: Any, name: str, folder: Path) -> None:
    import json

    from karvan.core.archive import write_whole
    from karvan.core.errors import SourceError

    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as fault:
        raise SourceError(f"{folder}: cannot make this folder ({fault.strerror})") from None
    found.save(folder / f"{name}.outcome.npz")
    write_whole(folder / f"{name}.csv", table.to_csv())
    write_whole(folder / f"{name}.record.json", json.dumps(record, ensure_ascii=False, indent=1) + "\n")
    typer.echo(f"written: {folder}/{name}.outcome.npz, .csv, .record.json", err=True)


def _check_scenario(path: str, name: str, json: bool) -> None:
    from karvan.core.scenario import Scenario
    from karvan.data.worlds import load

    scenario = Scenario.read(path)
    world = load(name or scenario.world or "eurasia-2021")
    given = scenario.change(world).given
    if json:
        _json({"scenario": scenario.name, "world": world.name, "changes": given, "uncertain": list(scenario.ranges())})
    else:
        ranges = ", ".join(scenario.ranges()) or "nothing"
        typer.echo(f"{scenario.name}: fine on {world.name}; changes {', '.join(given)}; uncertain: {ranges}")


if __name__ == "__main__":
    main()
