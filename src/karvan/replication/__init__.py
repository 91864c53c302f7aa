"""Published results, solved again: paper, our number beside theirs, tolerance and verdict."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from karvan.core.errors import SourceError
from karvan.core.labels import suggest
from karvan.core.table import Table


class Paper(NamedTuple):
    """A replication: its title, the files it needs ("" = none) and, for each option, the allowed values, default first.

    The module has the paper's name (with _ for -) and one entry, `run(data, **options) -> Table`.
    """

    title: str
    files: str = ""
    options: Mapping[str, tuple[str, ...]] = MappingProxyType({})


PAPERS = {
    "acr": Paper("Arkolakis, Costinot and Rodriguez-Clare (2012), Costinot and Rodriguez-Clare (2014): closed forms"),
    "agtpa-borders": Paper(
        "Yotov, Piermartini, Monteiro and Larch (2016), removing all borders, 69 countries",
        "chapter2_application1.parquet, published_border_removal_full.csv",
        {"deficits": ("share", "fixed")},
    ),
    "agtpa-gravity": Paper(
        "Yotov, Piermartini, Monteiro and Larch (2016), chapter 1: distance and trade agreements, 69 countries",
        "agtpa_applications.parquet",
        {"table": ("all", "traditional", "distance", "agreements")},
    ),
    "complex-europe": Paper(
        "Felbermayr, Groeschl and Heiland (2022), undoing the EU step by step, 44 countries x 3 sectors",
        "Din2014.txt, X0.txt, B.txt, G.txt, tariffs2014.txt, ...",
    ),
    "cp2015": Paper(
        "Caliendo and Parro (2015), welfare effects of NAFTA, 31 countries x 40 sectors",
        "GO.txt, B.txt, IO.txt, T.txt, xbilat1993.txt, ...",
        {"deficits": ("purge", "fixed")},
    ),
    "eu-enlargement": Paper(
        "Baier, Yotov and Zylkin (2019), EU enlargement by ge_gravity, 44 countries",
        "TradeData0014.csv",
        {"deficits": ("fixed", "share")},
    ),
    "klr": Paper("Kleinman, Liu and Redding (2020), friends and enemies: closed form of the exposure to growth abroad"),
    "liberation-day": Paper(
        "Ignatenko, Lashkaripour, Macedoni and Simonovska (2025), US tariffs of April 2025, 194 countries",
        "trade_cepii.csv, gdp.csv, tariffs.csv, country_labels.csv",
    ),
    "ossa2014": Paper(
        "Ossa (2014), optimal tariffs and a trade war, 7 regions x 33 sectors",
        "trade_ijs.csv, tariff_ijs.csv, sigma_s.csv",
    ),
}


def replicate(paper: str = "list", data: str | Path | None = None, **options: Any) -> Table:
    """Solve a published case again and return the published numbers beside ours.

    Parameters
    ----------
    paper : a name of `PAPERS`; "list" lists them
    data : folder with the authors' files, for the cases that need them (their licences keep them out of karvan)
    options : as `replicate("list")` shows them, such as `deficits="fixed"`
    """
    if paper == "list":
        return papers()
    if paper not in PAPERS:
        raise SourceError(f"no replication {paper!r}.{suggest(paper, PAPERS)}")
    entry = PAPERS[paper]
    _check_options(paper, entry, options)
    if entry.files and data is None:
        raise SourceError(
            f"{paper} needs files that karvan may not ship; point --data at the folder with {entry.files}"
        )
    if data is not None and not entry.files:
        raise SourceError(f"{paper} needs no files; leave --data out")
    module = import_module(f"karvan.replication.{paper.replace('-', '_')}")
    table: Table = module.run(None if data is None else Path(data), **options)
    return table


def papers() -> Table:
    """Return the list of replications with what each needs."""
    rows = tuple(
        (name, p.title, p.files or "none", "; ".join(f"{k}: {' | '.join(v)}" for k, v in p.options.items()))
        for name, p in PAPERS.items()
    )
    return Table(("paper", "title", "data", "options"), rows, "karvan replicate PAPER [--data FOLDER]")


def _check_options(paper: str, entry: Paper, options: Mapping[str, Any]) -> None:
    for name, value in options.items():
        if name not in entry.options:
            hint = suggest(name, entry.options) if entry.options else " It takes no options; leave it out."
            raise SourceError(f"{paper} takes no option {name!r}.{hint}")
        if value not in entry.options[name]:
            raise SourceError(
                f"{paper}: no published table for {name}={value!r}.{suggest(str(value), entry.options[name])}"
            )
