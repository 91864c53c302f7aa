"""Commands that draw freight: corridors map, card."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from karvan.cli.corridors import CargoClass, Close, Folder, From, Open, To, Year
from karvan.cli.show import Json, busy, print_json

if TYPE_CHECKING:
    from karvan.core.freight_map import MapRows
    from karvan.network.routes import Corridors
    from karvan.tell.language import Words

Out = Annotated[Path, typer.Option(help="Where to write; .svg, .png or .html.")]
Language = Annotated[str, typer.Option(help="Language of the text: en, ru, kk, az or hy.")]
Dark = Annotated[bool, typer.Option("--dark", help="Light lines on a dark ground; HTML follows the reader without it.")]
CargoName = Annotated[
    str | None, typer.Option(help="What travels: links by its modes only; containers with --between.")
]
Between = Annotated[
    tuple[str, str] | None, typer.Option(help="Two places or countries: the routes between them, wide by share.")
]


def corridors_map(
    close: Close = None,
    open_: Open = None,
    year: Year = 2025,
    cargo: CargoName = None,
    between: Between = None,
    view: Annotated[str, typer.Option(help="eurasia, caspian or all; with --between the routes, unless given.")] = "",
    dark: Dark = False,
    language: Language = "en",
    out: Out = Path("corridors.svg"),
    folder: Folder = None,
    json: Json = False,
) -> None:
    """Draw the links, or the routes of a pair. Example: karvan corridors map --between KAZ DEU --close BRE-TER."""
    from karvan.network.routes import corridors
    from karvan.tell.language import Words
    from karvan.tell.map import VIEWS, both_maps, check_view, corridor_map
    from karvan.tell.picture import check_picture, save_picture

    check_picture(out)
    check_view(view)
    words = Words(language, "map")
    before = corridors(folder, year=year)
    after = before
    for name in open_ or []:
        after = after.open(name)
    for name in close or []:
        after = after.close(name)
    with busy("finding routes" if between else "drawing"):
        if between:
            panels, title = _pair(before, after, between, cargo or "container", words, _what(after, words))
        else:
            panels, title = {"": _links(after, cargo)}, words("title_links", year=year)
    rows = next(iter(panels.values()))
    options = {
        "title": title,
        "unit": "share" if between else "",
        "view": VIEWS[view or ("all" if between else "eurasia")],
        "language": language,
    }
    links = {name: part.links for name, part in panels.items()}
    if out.suffix == ".html":
        svg = both_maps(rows.places, links, wide=960.0, **options)
    else:
        svg = corridor_map(rows.places, links, **options)  # type: ignore[arg-type]
    save_picture(svg, out, title=title, theme="dark" if dark else "light", language=language)
    names = ("links",) if len(links) == 1 else ("before", "after")
    _say(out, {name: [one._asdict() for one in part] for name, part in zip(names, links.values(), strict=True)}, json)


def corridors_card(
    start: From,
    end: To,
    cargo: CargoClass = "container",
    year: Year = 2025,
    close: Close = None,
    open_: Open = None,
    draws: Annotated[int, typer.Option(help="Draws behind the ranges.", min=1)] = 60,
    seed: Annotated[int, typer.Option(help="Which draws.")] = 1,
    dark: Dark = False,
    language: Language = "en",
    out: Out = Path("card.svg"),
    folder: Folder = None,
    json: Json = False,
) -> None:
    """Draw days, dollars and borders of every way. Example: karvan corridors card XIAN Istanbul --out card.png."""
    from karvan.network.card import card
    from karvan.network.map_rows import short
    from karvan.network.routes import corridors
    from karvan.tell.language import Words
    from karvan.tell.picture import check_picture, save_picture
    from karvan.tell.route_card import both_cards, route_card

    check_picture(out)
    Words(language, "map")
    routes = corridors(folder, year=year)
    for name in open_ or []:
        routes = routes.open(name)
    for name in close or []:
        routes = routes.close(name)
    network = routes.network
    a, b = (short(network.tables["places"][network.place(p)]["name"]) for p in (start, end))
    with busy("finding routes"):
        found = card(routes, start, end, cargo, draws=draws, seed=seed)
    draw = both_cards if out.suffix == ".html" else route_card
    svg = draw(found.routes, found.cargoes, start=a, end=b, cargo=cargo, year=year, language=language)
    save_picture(svg, out, title=f"{a} – {b}", theme="dark" if dark else "light", language=language)
    _say(out, {name: table.to_dicts() for name, table in found._asdict().items()}, json)


def _pair(
    before: Corridors, after: Corridors, between: tuple[str, str], cargo: str, words: Words, what: str
) -> tuple[dict[str, MapRows], str]:
    """Rows of the routes of a pair, before and after where they differ, and the title."""
    from karvan.network.map_rows import map_rows, shares_by_link, short
    from karvan.tell.map.land import place_name

    def rows(routes: Corridors) -> MapRows:
        shares = shares_by_link(routes.network, routes.by_corridor(*between, cargo))
        return map_rows(routes.network, shares, modes=routes.classes[cargo].modes, named=between)

    network = before.network
    a, b = (short(network.tables["places"][network.place(p)]["name"]) for p in between)
    ends = {"start": place_name(a, words.language), "end": place_name(b, words.language)}
    title = words("title_pair", cargo=words.named("cargo", cargo), **ends)
    if not what:
        return {"": rows(before)}, title
    return {words("before"): rows(before), words("after", what=what): rows(after)}, title


def _links(routes: Corridors, cargo: str | None) -> MapRows:
    from karvan.network.cargo import named_cargo
    from karvan.network.map_rows import map_rows

    return map_rows(routes.network, modes=None if cargo is None else named_cargo(routes.classes, cargo).modes)


def _what(routes: Corridors, words: Words) -> str:
    """What was closed and opened, by the names of the places, the first five of each."""
    from karvan.core.errors import first_five
    from karvan.network.map_rows import short
    from karvan.tell.map.land import place_name

    network = routes.network
    names = {row["id"]: place_name(short(row["name"]), words.language) for row in network.tables["places"]}

    def pairs(links: frozenset[int]) -> str:
        rows = [network.tables["links"][m] for m in sorted(links)]
        return first_five(dict.fromkeys(f"{names[row['from']]} – {names[row['to']]}" for row in rows))

    closed, opened = network.closed, network.opened
    parts = [words("closing", names=pairs(closed))] if closed else []
    return "; ".join([*parts, *([words("opening", names=pairs(opened))] if opened else [])])


def _say(out: Path, data: dict[str, object], json: bool) -> None:
    if json:
        print_json({"file": str(out), **data})
    else:
        typer.echo(f"written: {out}")
