"""Commands on worlds and sources: data list, get, path, licence, build."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from karvan.cli.show import Json, busy, downloads, print_json, show

Name = Annotated[str, typer.Argument(help="A source of `karvan data list`.")]
Options = Annotated[list[str] | None, typer.Argument(help="What the source takes, as year=2021 countries=KAZ,RUS.")]


def data_list(json: Json = False) -> None:
    """Print the embedded worlds and the sources. Example: karvan data list."""
    from karvan.core.table import Table
    from karvan.data.store.tables import source_table
    from karvan.data.worlds import load, names

    worlds = [load(name) for name in names()]
    rows = tuple((w.name, w.year, len(w.countries), len(w.sectors), w.sha256[:16]) for w in worlds)
    table = Table(("world", "year", "countries", "sectors", "sha256"), rows)
    sources = source_table(short=not json)
    if json:
        print_json({"worlds": table.to_dicts(), "sources": sources.to_dicts()})
    else:
        typer.echo(f"{table}\n\n{sources}")


def data_get(
    name: Name,
    options: Options = None,
    given: Annotated[Path | None, typer.Option("--from", help="A file, or folder of files, that you have.")] = None,
    refresh: Annotated[bool, typer.Option("--refresh", help="Fetch again what is in the cache.")] = False,
    offline: Annotated[bool, typer.Option("--offline", help="Only what is in the cache.")] = False,
    json: Json = False,
) -> None:
    """Fetch a source once from its owner. Example: karvan data get worldbank countries=KAZ,RUS years=2015-2023."""
    from karvan.data.store import obtain
    from karvan.data.store.tables import as_options, entry_table

    with downloads() as progress:
        found = obtain(
            name, as_options(options or []), given=given, refresh=refresh, offline=offline or None, progress=progress
        )
    table = entry_table(found)
    show(table, json)
    if not json:
        typer.echo(f"Licence: {found[0].licence}\nCite: {found[0].cite}")


def data_path(name: Name, options: Options = None, json: Json = False) -> None:
    """Print where the files of a source lie in the cache. Example: karvan data path worldbank countries=KAZ."""
    from karvan.data.store import kept
    from karvan.data.store.tables import as_options

    paths = [str(path) for path in kept(name, **as_options(options or []))]
    if json:
        print_json(paths)
    else:
        typer.echo("\n".join(paths))


def data_licence(name: Name, json: Json = False) -> None:
    """Print owner, licence, citation, key and options of a source. Example: karvan data licence worldbank."""
    from karvan.data.store.tables import licence

    told = licence(name)
    if json:
        print_json(told)
    else:
        width = max(map(len, told))
        typer.echo("\n".join(f"{key:<{width}}  {value}" for key, value in told.items()))


def data_build(
    name: Annotated[str, typer.Argument(help="The recipe.")] = "eurasia-2021",
    source: Annotated[Path, typer.Option("--from", help="Folder with the source files; for icio, the file.")] = Path(
        "data"
    ),
    out: Annotated[Path | None, typer.Option(help="Folder to write the world to; default: only show it.")] = None,
    year: Annotated[int, typer.Option(help="icio: which year of a zip of several.")] = 0,
    tariffs: Annotated[Path | None, typer.Option(help="icio: table of tariffs; default none, all zero.")] = None,
    json: Json = False,
) -> None:
    """Build a world or a stored result. Example: karvan data build icio --from 2019_SML.csv --out PATH."""
    from karvan.data import evidence, evidence_mirror
    from karvan.data.worlds import build

    if name == evidence_mirror.NAME:
        with busy(f"building {name}"):
            rows = evidence_mirror.build(source, out)
        show(rows, json)
        return
    if name in evidence.RECIPES:
        with busy(f"building {name}"):
            found = evidence.build(name, source, out)
        if json:
            print_json({"result": name, "record": found.record})
        else:
            sizes = "\n".join(f"{key}: {len(table.rows)} rows" for key, table in found.tables.items())
            typer.echo(f"{name}, karvan {found.record['karvan']}, {found.record['results_sha256'][:16]}\n{sizes}")
        return
    with busy(f"building {name}"):
        world, table = build(name, source, out, **{k: v for k, v in (("year", year), ("tariffs", tariffs)) if v})
    if json:
        print_json({"world": world.name, "sha256": world.sha256, "comparison": table.to_dicts()})
    else:
        typer.echo(f"{world!r}\n{table}")
