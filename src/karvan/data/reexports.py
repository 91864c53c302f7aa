"""Which products go through a hub to a sanctioned destination, how much more than they would otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from karvan.core.countries import to_iso3
from karvan.core.errors import LabelError, SourceError, first_five
from karvan.core.table import Table
from karvan.data.evidence import Evidence, build, read

NAME = "reexports-2022"
DESTINATION = "RUS"
CARS = "8703"
ABOUT_CARS = ("cars", "cars_partners", "cars_matched")
BY_PRODUCT = ("products", "hub_products")
SHORT = ("hubs", "levels", *BY_PRODUCT, "offset", "by_bite", "placebo", "published", "vanished", *ABOUT_CARS)


@dataclass(frozen=True)
class Reexports:
    """Re-exports as tables by name, and the record of what they were made from.

    `hubs`, `monthly`, `products`, `hub_products`: actual, counterfactual and excess with 5-95 % ranges; `levels`: the
    same by what stands for a heading that comes at two levels of codes; `offset`: share
    of the fall of direct exports made up; `by_bite`, `placebo`, `effects`, `leads`, `left_out`: what speaks for and
    against the numbers; `published`: others beside us; `all_goods`, `all_goods_monthly`, `vanished`: EU exports beside
    the hub's own records; `cars`, `cars_partners`, `cars_matched`: cars through Armenia and Georgia. Every title names
    its source; every money column its unit.
    """

    tables: Mapping[str, Table]
    record: Mapping[str, Any]

    def table(self, name: str) -> Table:
        """Return one table by its name."""
        return Evidence(NAME, self.tables, self.record).table(name)

    def __str__(self) -> str:
        """The tables for a reader; those by hub and heading only when few rows are asked."""
        shown = [name for name in SHORT if name in self.tables]
        if len(shown) > len(BY_PRODUCT) + len(ABOUT_CARS):
            shown = [name for name in shown if name != "hub_products"]
        return "\n\n".join(str(self.tables[name]) for name in shown)


def reexports(
    hub: str | None = None,
    to: str = DESTINATION,
    product: str | int | None = None,
    data: str | Path | None = None,
    top: int = 20,
) -> Reexports:
    """Return what went through hubs beyond the usual after March 2022: the stored estimate, or a new one from `data`.

    Excess is what the EU sent to a hub of a listed product less the counterfactual in which listed products grew with
    all other goods to the same hub; ranges come from a placebo date. For cars, excess is over the mean month before.
    See docs/explanation/re-exports.md for equations, what is weak, and published numbers.

    Parameters
    ----------
    hub : ARM, GEO, KAZ, KGZ or UZB (any code or name); default all of them
    to : the destination; RUS, or for cars another member of the union (ARM, BLR, KAZ, KGZ)
    product : heading of the Harmonized System, as 8703; default the `top` largest
    data : folder with the source files; estimates anew (half a minute) instead of reading what is stored
    top : number of products shown

    Raises
    ------
    LabelError
        A hub, destination or product that is not in the data, or `top` is no whole number above 0.
    SourceError
        `data` lacks a file.
    """
    if isinstance(top, bool) or not isinstance(top, int) or top < 1:
        raise LabelError(f"top is {top!r}; at least one product must be shown, a whole number")
    if isinstance(product, bool) or not isinstance(product, str | int | None):
        raise LabelError(f"product {product!r} is no heading; write four digits, as {CARS}")
    product = None if product is None else str(product).strip().zfill(4)
    found = read(NAME) if data is None else build(NAME, data)
    hub = None if hub is None else _code(hub, "hub", [str(r[0]) for r in found.table("hubs").rows[:-2]])
    to = _code(to, "destination", [DESTINATION, "ARM", "BLR", "KAZ", "KGZ"])
    tables = dict(found.tables)
    if to != DESTINATION:
        _cars_only(found, hub, to)
        tables = {name: tables[name] for name in ABOUT_CARS}
        product = product or CARS
        if product != CARS:
            raise LabelError(f"to {to}: only cars ({CARS}) are followed there; listed products are to {DESTINATION}")
    tables = {name: _rows(table, hub, to) for name, table in tables.items()}
    if product is not None:
        _known(found, product)
        kept = (*BY_PRODUCT, *(ABOUT_CARS if product == CARS else ()))
        tables = {name: _of(table, name, product) for name, table in tables.items() if name in kept}
        if hub is not None and to == DESTINATION and not tables["hub_products"].rows:
            raise LabelError(f"{product} to {hub}: within 0.5 MEUR of its counterfactual, so it is not kept by hub")
    else:
        tables = {name: _top(table, name, top) for name, table in tables.items()}
    if hub is not None and "hub_products" in tables:
        tables["products"] = tables.pop("hub_products")
    return Reexports({name: table for name, table in tables.items() if table.rows}, found.record)


def _code(word: str, what: str, known: list[str]) -> str:
    code = to_iso3([word])[0]
    if code not in known:
        raise LabelError(f"no {what} {word!r} in these data; there are {', '.join(known)}")
    return code


def _cars_only(found: Evidence, hub: str | None, to: str) -> None:
    followed = sorted({str(r[0]) for r in found.table("cars").rows} - {to})
    if hub is not None and hub not in followed:
        raise LabelError(f"{hub} to {to}: not followed; cars to {to} are, through {' and '.join(followed)}")


def _rows(table: Table, hub: str | None, to: str) -> Table:
    """Keep the rows of one hub, and exports to one destination where a table has several."""
    columns = {name: i for i, name in enumerate(table.columns)}
    rows = table.rows
    if hub is not None and "hub" in columns:
        rows = tuple(r for r in rows if r[columns["hub"]] == hub)
    if hub is not None and table.columns[0] == "partner":
        rows = tuple(r for r in rows if r[0] in (hub, DESTINATION))
    if "flow" in columns and to != DESTINATION:
        rows = tuple(r for r in rows if r[columns["flow"]] == "imports" or r[columns["partner"]] in (to, "all"))
    return table._replace(rows=rows)


def _known(found: Evidence, product: str) -> None:
    known = {str(r[0]) for r in found.table("products").rows}
    out = {str(r[0]): r for r in found.table("left_out").rows}
    if product in out:
        raise SourceError(
            f"{product} ({out[product][1]}) is left out: its codes changed in January 2022, so its figures before and "
            "after are not of the same goods"
        )
    if product not in known:
        near = sorted(k for k in known if k[:2] == product[:2])
        hint = f"in its chapter: {first_five(near)}" if near else f"{len(known)} headings are; none in its chapter"
        raise LabelError(f"{product!r} is not a heading in these data; write four digits, as {CARS}; {hint}")


def _of(table: Table, name: str, product: str) -> Table:
    if name not in ("products", "hub_products"):
        return table
    at = table.columns.index("product")
    return table._replace(rows=tuple(r for r in table.rows if r[at] == product))


def _top(table: Table, name: str, top: int) -> Table:
    if name == "products":
        return table._replace(rows=table.rows[:top])
    if name == "hub_products":
        count: dict[Any, int] = {}
        rows = []
        for row in table.rows:
            count[row[0]] = count.get(row[0], 0) + 1
            if count[row[0]] <= top:
                rows.append(row)
        return table._replace(rows=tuple(rows))
    return table
