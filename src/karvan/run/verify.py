"""Repeating a run from its record and comparing what comes out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from math import inf, isfinite
from pathlib import Path
from typing import Any

from pydantic import BaseModel, FiniteFloat, ValidationError

from karvan._version import __version__
from karvan.core.archive import text_hash
from karvan.core.errors import SourceError
from karvan.core.estimates import recorded, shipped
from karvan.core.record import HEADLINE
from karvan.core.scenario import Scenario, vocabulary
from karvan.core.table import Table
from karvan.core.world import World
from karvan.data.worlds import load
from karvan.models.trade.face import solve
from karvan.run.freight import solve_with_freight

TOLERANCE = 1e-7


def verify(path: str | Path, world: World | None = None) -> Table:
    """Repeat the run of a record file and return one row per thing compared, with a verdict.

    `world` is the world of the run when it is not an embedded one. Compared are the code version, the hash of the
    world, the hash of the scenario, the estimates that it draws from, and every headline number (largest relative
    difference, allowed up to 1e-7). The run is repeated with the estimates of the record, whatever ships now.

    Raises
    ------
    SourceError
        Not a record, or a record of raw arrays, which holds only their hash and cannot be repeated.
    """
    record = _read(Path(path))
    world, scenario, options = world or _world(record), _scenario(record), record["options"]
    rows = [
        _row("code version", record["karvan"], __version__, needed=False),
        _row("world", record["world"]["sha256"], world.sha256),
        _row("scenario", record["scenario"]["sha256"], text_hash(_papers(record))),
        *_estimates(record),
    ]
    if options.get("freight") is None:
        out = solve(world, scenario, deficits=options["deficits"], io=options["io"], tol=options["tol"])
    else:
        out = solve_with_freight(world, scenario, deficits=options["deficits"], tol=options["freight"]).outcome
    for name in HEADLINE:
        rows.append(_compare(name, record["results"][name], out.record["results"][name]))
    return Table(("what", "recorded", "now", "verdict"), tuple(rows), f"Verifying {path}")


class Papers(BaseModel):
    """What the record keeps of a scenario."""

    name: str
    title: str
    why: str
    source: str
    deficits: str
    shocks: list[dict[str, Any]]
    specific: dict[str, float] = {}
    money: dict[str, Any] = {}
    sha256: str


class Origin(BaseModel):
    """What the record keeps of a world."""

    name: str
    sha256: str


class Options(BaseModel):
    """How the run was solved."""

    deficits: str
    io: bool | None
    tol: float
    freight: float | None = None


class Record(BaseModel):
    """A record file of `karvan run --out`, as far as a run can be repeated from it."""

    karvan: str
    world: Origin
    scenario: Papers
    options: Options
    results: dict[str, dict[str, FiniteFloat]]


def _read(path: Path) -> dict[str, Any]:
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        record = Record.model_validate(data)
    except FileNotFoundError:
        raise SourceError(f"{path}: no such file") from None
    except ValidationError as fault:
        first = fault.errors()[0]
        where = ".".join(map(str, first["loc"])) or "the file"
        raise SourceError(
            f"{path}: not a record of a run: {where}: {first['msg']}; `karvan run --out DIR` writes one"
        ) from None
    except (OSError, UnicodeDecodeError, json.JSONDecodeError, RecursionError) as fault:
        raise SourceError(f"{path}: not a record ({fault})") from None
    missing = [name for name in HEADLINE if name not in record.results]
    if missing:
        raise SourceError(f"{path}: not a record of a run: results lack {', '.join(missing)}")
    return {**data, "results": record.results}


def _world(record: Mapping[str, Any]) -> World:
    name = record["world"].get("name") or ""
    try:
        return load(name)
    except SourceError as fault:
        raise SourceError(f"the record was made on the world {name!r}: {fault} Pass it with --world FILE.") from None


def _papers(record: Mapping[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in record["scenario"].items() if k != "sha256"}


def _scenario(record: Mapping[str, Any]) -> Scenario:
    papers = record["scenario"]
    shocks = []
    for entry in papers["shocks"]:
        if len(entry) != 1 or not isinstance(next(iter(entry.values())), dict):
            raise SourceError("the record's shocks are not one key with its arguments each")
        ((kind, arguments),) = entry.items()
        if kind == "change":
            raise SourceError(
                "the record is of a change given as raw arrays; only their hash is kept, it cannot be repeated"
            )
        if kind not in vocabulary():
            raise SourceError(f"the record uses a shock {kind!r} that is not installed here")
        known = {k: recorded(v) or v for k, v in arguments.items()}
        shocks.append(vocabulary()[kind](**known))
    plain = {k: papers[k] for k in ("name", "title", "why", "source", "deficits")}
    return Scenario(shocks=tuple(shocks), specific=papers.get("specific", {}), money=papers.get("money", {}), **plain)


def _estimates(record: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """One row per estimate that came with karvan: is it the same now? The run is repeated with the recorded one."""
    found = {}
    for entry in record["scenario"]["shocks"]:
        for value in (v for arguments in entry.values() if isinstance(arguments, dict) for v in arguments.values()):
            if isinstance(value, dict) and "sha256" in value and recorded(value) is not None:
                now = shipped().get(value["name"])
                row = _row(f"estimate {value['name']}", str(value["sha256"]), "gone" if now is None else now.sha256)
                if now is not None and row[3] != "same":
                    was = f"b {value['b']:.4g} (se {value['se']:.4g})"
                    row = (*row[:3], f"DIFFERENT: {was} is now {now.b:.4g} ({now.se:.4g})")
                found[value["name"]] = row
    return list(found.values())


def _row(what: str, recorded: str, now: str, *, needed: bool = True) -> tuple[Any, ...]:
    verdict = "same" if recorded == now else ("DIFFERENT" if needed else "another version")
    return (what, recorded[:16], now[:16], verdict)


def _compare(name: str, recorded: Mapping[str, float], now: Mapping[str, float]) -> tuple[Any, ...]:
    if set(recorded) != set(now):
        return (name, f"{len(recorded)} countries", f"{len(now)} countries", "DIFFERENT")
    gaps = {c: abs(now[c] - v) / max(1.0, abs(v)) for c, v in recorded.items()}
    where = max(gaps, key=lambda c: gaps[c] if isfinite(gaps[c]) else inf)
    gap = gaps[where]
    verdict = "same" if gap <= TOLERANCE else f"DIFFERENT by {gap:.2g} ({where})"
    return (name, f"{recorded[where]:.10g}", f"{now[where]:.10g}", verdict)
