"""Running a case: its scenarios and draws, what stands beside them, and the brief that tells them."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from karvan._version import __version__
from karvan.cases.beside import beside
from karvan.cases.detail import detail
from karvan.cases.evidence import found_elsewhere
from karvan.core.case import CaseResults
from karvan.core.errors import SourceError
from karvan.core.labels import suggest
from karvan.core.scenario import Scenario
from karvan.data.worlds import comparison, load
from karvan.run.sweep import sweep

if TYPE_CHECKING:
    from karvan.tell import Brief

PARTS = ("all", "tariffs", "frictions")
KEEP = ("welfare_hat", "real_wage_hat", "net_pool_new", "duties_new", "R_new", "Y_new", "w_hat")


def names() -> tuple[str, ...]:
    """Return the names of the cases that come with karvan."""
    return tuple(sorted(path.stem for path in _folder().glob("*.toml")))


def read(name: str) -> dict[str, Any]:
    """Return a case file as plain data."""
    path = _folder() / f"{name}.toml"
    if not path.is_file():
        raise SourceError(f"no case {name!r}.{suggest(name, names())}")
    return tomllib.loads(path.read_text(encoding="utf-8"))


def brief(
    name: str = "kz-eaeu",
    *,
    draws: int | None = None,
    seed: int | None = None,
    executor: str = "serial",
    progress: Callable[[int], None] | None = None,
) -> Brief:
    """Run a case and return its brief; `.save("brief.html")` writes it.

    Parameters
    ----------
    name : a case that comes with karvan, such as "kz-eaeu"
    draws, seed : how many draws of the uncertain parameters, and which; default the case's own
    executor : "serial" or "processes" (faster; a script then needs `if __name__ == "__main__":`); same numbers
    progress : called with the number of draws just finished
    """
    from karvan.tell import tell

    return tell(find(name, draws=draws, seed=seed, executor=executor, progress=progress))


def find(
    name: str,
    *,
    draws: int | None = None,
    seed: int | None = None,
    executor: str = "serial",
    progress: Callable[[int], None] | None = None,
) -> CaseResults:
    """Solve everything a case asks for; see `CaseResults`."""
    case = read(name)
    elsewhere = found_elsewhere(case)
    world = load(case["world"])
    scenarios = tuple(Scenario.read(s) for s in case["scenarios"])
    found = sweep(
        world,
        scenarios,
        draws=draws or case["draws"],
        seed=case["seed"] if seed is None else seed,
        parts=PARTS,
        keep=KEEP,
        executor=executor,
        progress=progress,
    )
    record = {"karvan": __version__, "case": name, **found.record, "world": world.name}
    tables = {**detail(case, world, scenarios, found), **elsewhere}
    other = beside(world, case, scenarios)
    return CaseResults(case, world, scenarios, found, other, tables, comparison(case["world"]), record)


def _folder() -> Path:
    return Path(str(files("karvan").joinpath("cases")))
