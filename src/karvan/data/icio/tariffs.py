"""From a table of tariffs, by product or by sector, to the tariffs of a World of inter-country tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from karvan.core.countries import group, to_iso3
from karvan.core.errors import SourceError, first_five
from karvan.core.faults import Faults
from karvan.core.labels import suggest
from karvan.core.source import Block
from karvan.data.blocs import blocs, members
from karvan.data.icio.layout import EDITIONS, ROW, industries, services, table
from karvan.panels.frames import frame

if TYPE_CHECKING:
    import pandas as pd

UNIONS = {"EU27": "EU", "EU28": "EU", "EAEU": "EAEU"}  # group rows that stand for every member
HIGHEST = 1.0  # fraction; one rate of several hundred percent outweighs all others in the mean of a sector
LONGEST = 10  # digits of a national tariff line
ALL = "all"
LATEST = 2021  # trade blocs of a table without a year


class Tariffs(NamedTuple):
    """Tariffs of a World and how far they were known."""

    tau: np.ndarray  # (n, i, j) fraction
    mfn: np.ndarray | None  # (n, j) rate on partners without their own; NaN where not given
    account: dict[str, tuple[float, str]]
    block: Block


def sector_of(products: Sequence[str], sectors: Sequence[str]) -> list[str | None]:
    """Return the sector that makes each HS product: the longest prefix of `hs.csv` decides; None where none fits.

    HS chapters are given to the industry (ISIC revision 4) that makes most of them, with the headings that belong
    elsewhere apart; a concordance of six digits would be finer. Codes of an odd length get back the leading zero that
    spreadsheets take away.
    """
    prefixes = {row["hs"]: row["sector"] for row in table("hs")}
    fold = _folded(sectors)
    found: list[str | None] = []
    for code in products:
        digits = code.strip().replace(".", "")
        digits = digits.zfill(len(digits) + len(digits) % 2)
        hit = next((prefixes[digits[:n]] for n in (6, 4, 2) if digits[:n] in prefixes), None)
        found.append(fold.get(hit) if hit else None)
    return found


def none(shape: tuple[int, int, int]) -> Tariffs:
    """Tariffs of zero, which says so."""
    note = "no tariffs were given: every rate is zero, and duties stay inside value added"
    return Tariffs(np.zeros(shape), None, {}, Block("tau", "all cells", flag="assumed", note=note))


def build(
    data: Any,
    countries: Sequence[str],
    sectors: Sequence[str],
    flows: np.ndarray,
    year: int | None = None,
    source: str = "",
) -> Tariffs:
    """Return tariffs by importer, exporter and sector from rows of a table.

    Parameters
    ----------
    data : path or frame with columns `importer`, `exporter`, `product` (HS, two to ten digits) or `sector` (code of the
        table), `rate` (fraction) or `rate_percent`, and, where known, `trade` (weights, any one unit). Countries in any
        scheme of `karvan.core.countries`; an exporter "World" (or empty) is the rate on partners without their own
        (MFN); EU27 and EAEU stand for their members. Countries inside ROW are left out, and counted
    flows : (n, i, j) MUSD, to say how much trade the rates cover

    Rates of the same cell are averaged, weighted by `trade` where it is given. Between members of a bloc of the year
    only rates of the pair itself hold, else zero. Services and own sales carry none.

    Raises
    ------
    SourceError
        Every fault at once: columns, unknown countries, products or sectors, rates that are no numbers, negative or
        look like percent.
    """
    rows, name = _rows(data)
    faults = Faults(name)
    rows["importer"] = _codes(rows["importer"].fillna(""), faults)
    rows["exporter"] = _codes(rows["exporter"].fillna(""), faults, world=True)
    _place_sectors(rows, sectors, faults)
    _require_rates(rows, faults)
    _require_once(rows, faults)
    faults.stop()
    rows = _members(_members(rows, "importer", year), "exporter", year)
    inside = rows["importer"].isin(countries) & rows["exporter"].isin([*countries, ALL])
    kept = rows[inside & rows["sector"].notna() & ~rows["sector"].isin(services(sectors))]
    own, mfn = _tables(kept, countries, sectors)
    free = _free(countries, year)[:, :, None] & np.isnan(own)
    tau = np.where(free, 0.0, np.where(np.isnan(own), mfn[:, None, :], own))
    unknown = np.isnan(tau)
    n = np.arange(len(countries))
    tau[unknown] = tau[n, n] = 0.0
    account = _account(own, mfn, free, flows, sectors)
    account["tariff rows of countries that the table does not show"] = (float((~inside).sum()), "rows")
    account["tariff rows of products without an industry"] = (float(rows["sector"].isna().sum()), "rows")
    goods = ~np.isin(sectors, services(sectors))
    given = np.where(goods, mfn, 0.0)
    block = Block("tau", "goods", source or str(name), "", "observed", "; ".join(_sayings(account)))
    return Tariffs(tau, None if np.isnan(mfn[:, goods]).all() else given, account, block)


def _folded(sectors: Sequence[str]) -> dict[str, str]:
    """Return industry of the extended edition -> sector of the table."""
    column = next(c for e, c in EDITIONS.items() if set(sectors) <= set(industries(e)))
    return {row["extended"]: row[column] for row in table("sectors") if row[column] in sectors}


def _rows(data: Any) -> tuple[pd.DataFrame, str]:
    """Read the table; one of product and sector, one of rate and rate_percent."""
    found = frame(data, name="tariffs")
    name = str(data) if not hasattr(data, "columns") else "tariffs"
    what = [c for c in ("product", "sector") if c in found.columns]
    rate = [c for c in ("rate", "rate_percent") if c in found.columns]
    missing = [c for c in ("importer", "exporter") if c not in found.columns]
    if missing or len(what) != 1 or len(rate) != 1:
        raise SourceError(
            f"{name}: columns {', '.join(map(str, found.columns))}; expected importer, exporter, one of product and "
            "sector, one of rate (fraction) and rate_percent, and, where known, trade"
        )
    rows = found[["importer", "exporter", what[0], rate[0], *(c for c in ("trade",) if c in found.columns)]].copy()
    rows["rate"] = _number(rows[rate[0]]) / (100 if rate[0] == "rate_percent" else 1)
    rows["trade"] = _number(rows["trade"]) if "trade" in rows else np.nan
    return rows.reset_index(drop=True), name


def _number(values: Any) -> Any:
    import pandas as pd

    return pd.to_numeric(values, errors="coerce")


def _codes(values: Any, faults: Faults, world: bool = False) -> Any:
    """Return ISO3 codes, ROW, "all" for the world, or a union's own code; note what is none of them."""
    where = {}
    for value in values.unique():
        code = to_iso3([value])[0] or group(value)
        if world and (value == "" or code == "WLD"):
            code = ALL
        if code is None or (code not in (ROW, ALL, *UNIONS) and to_iso3([code], "iso3")[0] is None):
            line = int(values.index[values == value][0]) + 2
            what = "is a group of countries" if code else "unknown country"
            faults.add(f"{values.name}: {what}: {value!r}", row=line, remedy="expected a country, World, EU27 or EAEU")
        where[value] = code
    return values.map(where)


def _place_sectors(rows: pd.DataFrame, sectors: Sequence[str], faults: Faults) -> None:
    """Give every row its sector; products of no industry (chapters 77, 98, 99) get none."""
    if "product" in rows:
        once = rows["product"].unique()
        codes = [str(int(p)) if isinstance(p, float) and p.is_integer() else str(p) for p in once]
        bad = [p for p, c in zip(once, codes, strict=True) if not c.strip().replace(".", "").isdecimal()]
        for p in bad[:5]:
            faults.add(f"product {p!r} is no HS code", row=int(rows.index[rows["product"].map(str) == str(p)][0]) + 2)
        rows["sector"] = rows["product"].map(dict(zip(once, sector_of(codes, sectors), strict=True)))
        return
    known = set(sectors) | {s for e in EDITIONS for s in industries(e)}
    for s in rows["sector"].unique():
        if s not in known:
            line = int(rows.index[rows["sector"].map(str) == str(s)][0]) + 2
            faults.add(f"unknown sector {s!r}", row=line, remedy=suggest(s, sectors).strip())
    fold = {**_folded(sectors), **{s: s for s in sectors}}
    rows["sector"] = rows["sector"].map(fold)


def _require_rates(rows: pd.DataFrame, faults: Faults) -> None:
    for what, bad, remedy in (
        ("rate is no number", rows["rate"].isna(), "leave the row out where the rate is unknown"),
        ("rate is negative", rows["rate"] < 0, "a subsidy is no tariff"),
        (
            f"rate is above {HIGHEST:.0%}",
            rows["rate"] > HIGHEST,
            "rates are fractions (percent: name the column rate_percent); cap equivalents of specific duties yourself",
        ),
        ("trade is negative", rows["trade"] < 0, "correct the weights"),
    ):
        if bad.any():
            faults.add(f"{what} in {int(bad.sum())} rows", row=int(bad.to_numpy().argmax()) + 2, remedy=remedy)


def _require_once(rows: pd.DataFrame, faults: Faults) -> None:
    """One rate for a product of a pair: not twice, and not for a heading and a line below it."""
    what = "product" if "product" in rows else "sector"
    pair = rows["importer"].astype(str) + " " + rows["exporter"].astype(str) + " "
    code = rows[what].map(_plain)
    key = pair + code
    twice = key.duplicated(keep=False)
    if twice.any():
        shown = first_five(dict.fromkeys(key[twice]))
        faults.add(
            f"{int(twice.sum())} rows repeat importer, exporter and {what}: {shown}",
            row=int(twice.to_numpy().argmax()) + 2,
            remedy="keep one rate of each",
        )
    if what == "sector":
        return
    if (long := code.str.len() > LONGEST).any():
        row = int(long.to_numpy().argmax()) + 2
        faults.add(f"{int(long.sum())} products of more than {LONGEST} digits", row=row, remedy="HS codes have 2 to 10")
    have = set(key)
    below = [k for k, digits in ((k, len(c)) for k, c in zip(key, code, strict=True)) if _above(k, digits, have)]
    if below:
        faults.add(
            f"{len(below)} products stand below another product of the same pair: {first_five(below)}",
            remedy="give one level of the classification for each product",
        )


def _above(key: str, digits: int, have: set[str]) -> bool:
    """Whether a code of the same pair with fewer digits holds this one."""
    return any(key[: len(key) - digits + n] in have for n in range(2, digits))


def _plain(code: Any) -> str:
    text = str(int(code)) if isinstance(code, float) and code.is_integer() else str(code)
    return text.strip().replace(".", "")


def _members(rows: pd.DataFrame, side: str, year: int | None) -> pd.DataFrame:
    """Replace union rows by a row for every member of the year."""
    import pandas as pd

    parts = [rows[~rows[side].isin(list(UNIONS))]]
    for code, bloc in UNIONS.items():
        part = rows[rows[side] == code]
        parts += [part.assign(**{side: country}) for country in (members(bloc, year) if len(part) else ())]
    return pd.concat(parts, ignore_index=True)


def _tables(rows: pd.DataFrame, countries: Sequence[str], sectors: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """(n, i, j) rates of pairs and (n, j) rates on all; NaN where not given. Means weighted by trade."""
    N, J = len(countries), len(sectors)
    n = rows["importer"].map({c: k for k, c in enumerate(countries)}).to_numpy(dtype=int)
    i = rows["exporter"].map({**{c: k for k, c in enumerate(countries)}, ALL: N}).to_numpy(dtype=int)
    j = rows["sector"].map({s: k for k, s in enumerate(sectors)}).to_numpy(dtype=int)
    cell = np.ravel_multi_index((n, i, j), (N, N + 1, J)) if len(rows) else np.zeros(0, dtype=int)
    rate, size = rows["rate"].to_numpy(), N * (N + 1) * J
    weight = np.nan_to_num(rows["trade"].to_numpy(dtype=float))
    count, total = np.bincount(cell, minlength=size), np.bincount(cell, weight, size)
    plain = np.bincount(cell, rate, size) / np.where(count > 0, count, np.nan)
    weighted = np.bincount(cell, rate * weight, size) / np.where(total > 0, total, np.nan)
    found = np.where(total > 0, weighted, plain).reshape(N, N + 1, J)
    return found[:, :N], found[:, N]


def _free(countries: Sequence[str], year: int | None) -> np.ndarray:
    """(n, i) true between members of one bloc of the year: a general rate does not hold there."""
    free = np.zeros((len(countries), len(countries)), dtype=bool)
    for bloc in blocs(year or LATEST, countries, spread=True):
        inside = np.isin(countries, bloc.members)
        pairs = inside[:, None] & inside[None, :]
        for one, other in bloc.exceptions:
            if one in countries and other in countries:
                n, i = list(countries).index(one), list(countries).index(other)
                pairs[n, i] = pairs[i, n] = False
        free |= pairs
    return free


def _account(
    own: np.ndarray, mfn: np.ndarray, free: np.ndarray, flows: np.ndarray, sectors: Sequence[str]
) -> dict[str, tuple[float, str]]:
    """Say how much of the trade in goods has a rate."""
    goods = ~np.isin(sectors, services(sectors))
    abroad = flows * (1 - np.eye(len(flows)))[:, :, None] * goods
    total = max(float(abroad.sum()), 1e-300)
    paired = ~np.isnan(own)
    general = ~paired & ~free & ~np.isnan(mfn)[:, None, :]
    parts = {
        "with a rate of its own": paired,
        "inside a bloc, free": free,
        "with the importer's general rate": general,
        "without a rate, zero assumed": ~(paired | free | general),
    }
    return {f"trade in goods {what}": (100 * float(abroad[cells].sum()) / total, "%") for what, cells in parts.items()}


def _sayings(account: dict[str, tuple[float, str]]) -> list[str]:
    return [f"{what}: {value:.3g} {unit}" for what, (value, unit) in account.items() if value]
