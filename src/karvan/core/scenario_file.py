"""Reading a scenario file: every fault with file, line and column, all at once."""

from __future__ import annotations

from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictFloat, StrictInt, ValidationError, model_validator

from karvan.core.errors import KarvanError, ScenarioError
from karvan.core.labels import suggest
from karvan.core.scenario import CLOSURES, Scenario, Shock, vocabulary

SCHEMA = 1
LARGEST = 100_000  # characters of a file; and parts after aliases are written out


class Money(BaseModel):
    """What happens to a country's money beside the shocks; see `karvan.carry`."""

    model_config = ConfigDict(extra="forbid", strict=True)

    country: str = Field(min_length=2)
    lasts: Literal["year", "always"] = "always"
    years: int = Field(default=10, ge=1, le=60)
    oil_price: float | None = Field(default=None, gt=0, le=1000)
    own: str = ""
    neighbour: str = ""
    neighbour_falls: float | None = Field(default=None, gt=0, lt=1)
    rule: str | None = None
    definition: str | None = None

    @model_validator(mode="after")
    def _currencies(self) -> Money:
        if self.neighbour_falls is not None and not (self.own and self.neighbour):
            raise ValueError("neighbour_falls needs own and neighbour, two currency codes such as KZT and RUB")
        return self


class Document(BaseModel):
    """The keys of a scenario file."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    schema_: int = Field(alias="schema")
    name: str = Field(min_length=1, max_length=100, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")
    title: str = Field(min_length=1)
    why: str = Field(min_length=1)
    source: str = Field(min_length=1)
    world: str = ""
    shocks: list[dict[str, Any]] = Field(default_factory=list)
    deficits: str = "fixed"
    specific: dict[str, StrictFloat | StrictInt] = Field(default_factory=dict)
    money: Money | None = None


def shipped() -> dict[str, Path]:
    """Return the scenario files that come with karvan, by name."""
    folder = Path(str(files("karvan").joinpath("scenarios")))
    return {path.stem: path for path in sorted(folder.glob("*.yaml"))}


def read(path: str | Path) -> Scenario:
    """Read a scenario from a file, or a shipped one by name; see `Scenario.read`."""
    file = Path(path)
    if not file.exists():
        file = shipped().get(str(path), file)
    if not file.is_file():
        raise ScenarioError(f"{path}: no such scenario file.{suggest(Path(path).stem, shipped())}")
    node = _parse(file)
    if _size(node) > LARGEST:
        raise ScenarioError(f"{file}:1:1: too large once its aliases are written out; write the lists themselves")
    document, faults = _validate(node, file)
    if document is None:
        raise ScenarioError("\n".join(faults))
    shocks = _shocks(document, node, file, faults)
    if faults:
        raise ScenarioError("\n".join(faults))
    return Scenario(
        name=document.name,
        shocks=shocks,
        title=document.title,
        why=document.why,
        source=document.source,
        world=document.world,
        deficits=document.deficits,
        specific=document.specific,
        money=document.money.model_dump() if document.money else {},
        document=document.model_dump(by_alias=True),
    )


def _parse(file: Path) -> Any:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    try:
        text = file.read_text(encoding="utf-8")
        if len(text) > LARGEST:
            raise ScenarioError(f"{file}: {len(text)} characters; a scenario has at most {LARGEST}")
        node = YAML(typ="rt").load(text)
    except MarkedYAMLError as fault:
        mark = fault.problem_mark
        place = f"{mark.line + 1}:{mark.column + 1}" if mark else "1:1"
        raise ScenarioError(f"{file}:{place}: not valid YAML: {fault.problem or fault.context}") from None
    except YAMLError as fault:
        raise ScenarioError(f"{file}:1:1: not valid YAML: {fault}") from None
    except RecursionError:
        raise ScenarioError(f"{file}:1:1: nested too deeply for a scenario") from None
    except (OSError, UnicodeDecodeError) as fault:
        raise ScenarioError(f"{file}: cannot be read ({fault})") from None
    if not isinstance(node, dict):
        raise ScenarioError(f"{file}:1:1: a scenario is a mapping with the keys {', '.join(_keys())}")
    return node


def _size(node: Any, depth: int = 0) -> int:
    """Count the parts of a document with aliases written out, stopping soon above the limit."""
    if depth > 50:
        return LARGEST + 1
    total = 1
    for child in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        total += _size(child, depth + 1)
        if total > LARGEST:
            break
    return total


def _keys() -> list[str]:
    return [f.alias or name for name, f in Document.model_fields.items()]


def _validate(node: Any, file: Path) -> tuple[Document | None, list[str]]:
    faults = []
    try:
        document = Document.model_validate(node)
    except ValidationError as fault:
        for item in fault.errors():
            where = _place(node, item["loc"], file)
            if item["type"] == "extra_forbidden":
                faults.append(f"{where}: unknown key {item['loc'][-1]!r}.{suggest(item['loc'][-1], _keys())}")
            else:
                faults.append(f"{where}: {'.'.join(map(str, item['loc']))}: {item['msg']}")
        return None, faults
    if document.schema_ != SCHEMA:
        faults.append(
            f"{_place(node, ('schema',), file)}: schema {document.schema_} is not known; write schema: {SCHEMA}"
        )
    if not document.shocks and document.money is None:
        faults.append(f"{_place(node, ('shocks',), file)}: shocks: at least one is needed, or a block `money`")
    if document.deficits not in CLOSURES:
        hint = suggest(document.deficits, CLOSURES)
        faults.append(f"{_place(node, ('deficits',), file)}: unknown closure {document.deficits!r}.{hint}")
    return document, faults


def _shocks(document: Document, node: Any, file: Path, faults: list[str]) -> tuple[Shock, ...]:
    built = []
    for order, entry in enumerate(document.shocks):
        where = _place(node, ("shocks", order), file)
        if len(entry) != 1:
            faults.append(f"{where}: a shock is one key with its arguments; got {', '.join(entry) or 'nothing'}")
            continue
        ((kind, arguments),) = entry.items()
        where = _place(node, ("shocks", order, kind), file)
        if kind not in vocabulary():
            faults.append(f"{where}: unknown shock {kind!r}.{suggest(kind, vocabulary())}")
            continue
        if not isinstance(arguments, dict):
            faults.append(f"{where}: {kind} needs its arguments as a mapping, for example {{country: KAZ}}")
            continue
        try:
            built.append(replace(vocabulary()[kind](**_plain(arguments)), place=where))
        except KarvanError as fault:
            faults.append(f"{where}: {fault}")
    return tuple(built)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(k): _plain(v) for k, v in value.items()}
    return [_plain(v) for v in value] if isinstance(value, list) else value


def _place(node: Any, loc: tuple[Any, ...], file: Path) -> str:
    line, column = 0, 0
    positions: Any
    for key in loc:
        try:
            positions = node.lc
            line, column = positions.item(key) if isinstance(node, list) else positions.key(key)
            node = node[key]
        except (AttributeError, KeyError, IndexError, TypeError):
            break
    return f"{file}:{line + 1}:{column + 1}"
