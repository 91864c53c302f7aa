"""Back-tests: a past change predicted from data before it, laid beside what happened."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from karvan.core.errors import ScenarioError, SourceError
from karvan.core.labels import suggest
from karvan.core.table import Table

if TYPE_CHECKING:
    from karvan.backtests.result import Backtest

DRAWS, SEED = 200, 0


class Entry(NamedTuple):
    """A back-test: its title, the module with `run(data, draws, seed, variants)`, and the files it needs."""

    title: str
    module: str
    files: str


TESTS = {
    "tariff-2012": Entry(
        "the fall of the common tariff after 2012: KAZ, RUS, BLR, 39 partners, 12 goods sectors, 2012 to 2019",
        "tariff_2012",
        "icio/icio_2011_2022_81x81x28.npz, eora_cp2017/data_2017.npz, gdp/gdp.csv",
    ),
    "union-2010": Entry(
        "the creation of the customs union: imports of KAZ, one sector, 2008 to 2012",
        "union_2010",
        "gravity/trade_1964_2016.parquet, gdp/gdp.csv",
    ),
}


def backtest(
    name: str = "", data: str | Path | None = None, *, draws: int = DRAWS, seed: int = SEED, variants: bool = True
) -> Backtest:
    """Predict a past change from data before it and lay the prediction beside what happened.

    Parameters
    ----------
    name : "tariff-2012" or "union-2010"; `list_tests()` says what they are
    data : folder with the source files (their licences keep them out of karvan); None gives the stored result
    draws, seed : draws of the elasticities for the band, at least 20
    variants : other outcome years, tariffs, closures and settings too

    Returns
    -------
    Backtest
        Tables of fit, power, rivals, partners and sectors; `headline`; `record` with the hashes of what went in.

    Raises
    ------
    SourceError
        No such back-test; a file is missing or not as expected.
    """
    if not name or name == "list":
        raise SourceError(f"name a back-test: {', '.join(TESTS)}; `karvan backtest` says what they are")
    if name not in TESTS:
        raise SourceError(f"no back-test {name!r}.{suggest(name, TESTS)}")
    if data is None:
        from karvan.backtests.stored import stored

        if (draws, seed, variants) != (DRAWS, SEED, True):
            raise ScenarioError(
                f"the stored result has {DRAWS} draws of seed {SEED}, with variants; name the folder of the data "
                "(data, --data) to choose others"
            )
        return stored(name)
    if draws < 20:
        raise ScenarioError(f"draws: {draws}; a band from 5 to 95 % needs at least 20")
    folder, files = Path(data), TESTS[name].files.split(", ")
    if not folder.is_dir():
        raise SourceError(f"{folder}: no such folder; it must hold {', '.join(files)}")
    missing = [file for file in files if not (folder / file).is_file()]
    if missing:
        raise SourceError(
            f"{folder}: {len(missing)} of {len(files)} files are not there: {', '.join(missing)}; they come from their "
            "owners (docs/explanation/back-test.md)"
        )
    result: Backtest = import_module(f"karvan.backtests.{TESTS[name].module}").run(folder, draws, seed, variants)
    return result


def list_tests() -> Table:
    """Return the back-tests with what each needs to be run again."""
    rows = tuple((name, test.title, test.files) for name, test in TESTS.items())
    return Table(("name", "what", "data"), rows, "karvan backtest NAME [--data FOLDER]")
