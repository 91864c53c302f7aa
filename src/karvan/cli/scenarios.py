"""Commands that solve one scenario: run, explain, verify, and check."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from karvan.cli.show import Closure, Json, WorldName, busy, print_json, progress_bar, show

if TYPE_CHECKING:
    from karvan.core.scenario import Scenario
    from karvan.core.table import Table
    from karvan.core.world import World
    from karvan.run.freight import Settled
    from karvan.run.money import Carried


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
    from karvan.core.border import border
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
    freight = _freight(base, chosen, deficits, no_io)
    found = freight.outcome if freight else solve(base, chosen, deficits=deficits, io=False if no_io else None)
    money = _money(base, chosen, draws, seed)
    bands = _bands(base, chosen, deficits, draws, seed) if draws else None
    table = _run_table(found, bands)
    record = {**found.record, "bands": None if bands is None else dict(bands.record)}
    if out is not None:
        _write(found, table, record, chosen.name, out)
    if json:
        print_json(
            {
                "record": record,
                "residuals": dict(found.residuals),
                "steps": found.steps,
                "rows": table.to_dicts(),
                **({"money": [part.to_dicts() for part in money.tables()]} if money else {}),
                **({"freight": [part.to_dicts() for part in freight.tables()]} if freight else {}),
            }
        )
        return
    typer.echo(f"{chosen.title}\n{table}" if chosen.shocks else chosen.title)
    if freight:
        typer.echo("\n\n".join(str(part) for part in freight.tables()))
    if money:
        typer.echo("\n\n".join(str(part) for part in money.tables()))
    cost = border(chosen)
    if cost is not None and cost.from_trade:
        average, *ends = (100 * v for v in (float(cost.mean(base, cost.given.mode)), *cost.ends(base, 500, seed)))
        origin = f"; {cost.estimate}" if cost.estimate else ""
        typer.echo(f"border cost {average:.3g} % of value on average ({ends[0]:.3g} to {ends[1]:.3g}){origin}")
    typer.echo(
        f"solved in {found.steps} sweeps, largest residual {found.residuals.max():.1e}; deficits {found.deficits}"
    )


def _freight(world: World, scenario: Scenario, deficits: str | None, no_io: bool) -> Settled | None:
    """Trade and freight that agree, where the scenario changes the freight network."""
    from karvan.core.errors import ScenarioError
    from karvan.run.freight import has_corridors, solve_with_freight

    if not has_corridors(scenario):
        return None
    if no_io:
        raise ScenarioError("--no-io and shocks of the freight network cannot be combined")
    with busy("trade and freight"):
        return solve_with_freight(world, scenario, deficits=deficits)


def _money(world: World, scenario: Scenario, draws: int, seed: int) -> Carried | None:
    """Fund, debt and currency, where the scenario has a block `money`."""
    if not scenario.money:
        return None
    from karvan.run.money import DRAWS, carry

    with busy("fund, debt and currency"):
        return carry(world, scenario, draws=max(draws, DRAWS), seed=seed)


def check(
    what: Annotated[str, typer.Argument(help="A world, a scenario file, or an OECD file.")] = "eurasia-2021",
    world: WorldName = "",
    year: Annotated[int, typer.Option(help="Which year of an OECD zip of several.")] = 0,
    json: Json = False,
) -> None:
    """Check a world (identities, origin of its numbers, official totals), a scenario file, or an inter-country table.

    Example: karvan check. Example: karvan check 2019_SML.csv.
    """
    from karvan.core.errors import ScenarioError, SourceError
    from karvan.core.scenario_file import shipped
    from karvan.core.table import Table
    from karvan.data.worlds import comparison, load

    if what.endswith((".yaml", ".yml")) or what in shipped():
        _check_scenario(what, world, json)
        return
    if world:
        raise ScenarioError("--world goes with a scenario to check")
    tables: dict[str, Table] = {}
    inter_country = what.lower().endswith(("_sml.csv", ".zip"))
    if year and not inter_country:
        raise ScenarioError("--year goes with a YYYY_SML.csv or a zip of the OECD")
    if inter_country:
        base, tables["table"] = _inter_country(what, year)
    else:
        base = load(what)
    tables["identities"] = base.check()
    rows = tuple((b.symbol, b.where, b.flag, b.source, b.licence, b.note) for b in base.sources)
    tables["sources"] = Table(
        ("symbol", "where", "flag", "source", "licence", "note"), rows, "Where the numbers came from"
    )
    try:
        tables["comparison"] = comparison(base.name)
    except SourceError as fault:
        if not inter_country:
            typer.echo(str(fault), err=True)
    if json:
        print_json({name: table.to_dicts() for name, table in tables.items()})
    else:
        typer.echo("\n\n".join(str(t) for t in tables.values()))


def _inter_country(path: str, year: int) -> tuple[World, Table]:
    """Read a table of the OECD and say what is in it and what making a world of it changes."""
    from karvan.data.icio import build

    with busy(f"reading {path}"):
        return build(path, year or None)


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
        print_json({name: table.to_dicts() for name, table in found.items()})
    else:
        typer.echo("\n\n".join(str(table) for table in found.values()))


def verify(
    record: Annotated[Path, typer.Argument(help="A record.json of `karvan run --out`.")],
    world: WorldName = "",
    json: Json = False,
) -> None:
    """Repeat a recorded run and compare. Example: karvan verify results/kz-exit-hard.record.json."""
    from karvan.data.worlds import load
    from karvan.run.verify import verify as again

    table = again(record, load(world) if world else None)
    show(table, json)
    if any(str(row[3]).startswith("DIFFERENT") for row in table.rows):
        raise typer.Exit(1)


def _bands(base: Any, scenario: Any, deficits: str | None, draws: int, seed: int) -> Any:
    from karvan.run.sweep import sweep

    with progress_bar("drawing parameters and solving", draws) as advance:
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
    from karvan.core.border import border, tariff_equivalent
    from karvan.core.scenario import Scenario
    from karvan.data.worlds import load

    scenario = Scenario.read(path)
    world = load(name or scenario.world or "eurasia-2021")
    given, ranges = scenario.change(world).given, scenario.ranges()
    cost = border(scenario)
    costs = None if cost is None else tariff_equivalent(world, scenario)
    if json:
        found: dict[str, Any] = {
            "scenario": scenario.name,
            "world": world.name,
            "changes": given,
            "uncertain": list(ranges),
        }
        found["ranges"] = {k: {n: float(getattr(r, n)) for n in ("mode", "low", "high")} for k, r in ranges.items()}
        found["estimate"] = None if cost is None or cost.estimate is None else cost.estimate.to_dict()
        print_json({**found, "border_cost_percent": [] if costs is None else costs.to_dicts()})
        return
    names = ", ".join(ranges) or "nothing"
    typer.echo(f"{scenario.name}: fine on {world.name}; changes {', '.join(given)}; uncertain: {names}")
    for name, law in ranges.items():
        typer.echo(f"{name}: {law.mode:.4g} ({law.low:.4g} to {law.high:.4g})")
    if cost is not None and cost.from_trade:
        papers = cost.estimate
        if papers is not None and papers.measures:
            typer.echo(f"{papers.name} measures: {papers.measures} Duties: {papers.duties}")
        typer.echo(f"\n{costs}")
