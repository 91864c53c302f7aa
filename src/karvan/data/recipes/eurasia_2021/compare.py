"""The built world beside official totals, with the gaps."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from karvan.core.world import World
from karvan.data.recipes.eurasia_2021 import mirror, partners
from karvan.data.recipes.eurasia_2021.common import assumptions, facts, sectors

REMAINDER = "takes what reconciled pairs add to or leave of the official total"


def rows(world: World, source: Path, gdp: np.ndarray, pairs: list[mirror.Pair]) -> list[dict[str, Any]]:
    """Return one row per official figure: what, built, official, unit, gap, source, comment.

    Where both sides report a flow the comment has both reports, their weights and the range of the reconciled value.
    """
    return [
        *_totals(world, source),
        *_kazakh_partners(world, source, pairs),
        *_kazakh_products(world, source),
        *_inside(world, source, pairs),
        *_outside(world, pairs),
        *_gdp(world, gdp),
        *_duties(world, source),
    ]


def _row(what: str, built: float, official: float, source: str, comment: str = "") -> dict[str, Any]:
    gap = 100 * (built / official - 1) if official else None
    return {
        "what": what,
        "built": round(float(built), 1),
        "official": round(float(official), 1),
        "unit": "MUSD",
        "gap_percent": None if gap is None else round(float(gap), 1),
        "source": source,
        "comment": comment,
    }


def _traded(world: World) -> np.ndarray:
    n = np.arange(len(world.countries))
    M = world.M.copy()
    M[n, n] = 0.0
    return M


def _totals(world: World, source: Path) -> list[dict[str, Any]]:
    M, found = _traded(world), []
    for code in [*assumptions()["members"], "UZB", "GEO"]:
        n, (exports, imports) = world.position(code), partners.official(source, code)
        origin = next(r for r in facts(source, "goods_totals_official") if r["iso3"] == code and r["year"] == "2021")[
            "source"
        ]
        found.append(_row(f"{code} goods exports", M[:, n][:, world.goods].sum(), exports, origin))
        found.append(_row(f"{code} goods imports", M[n][:, world.goods].sum(), imports, origin))
    for r in facts(source, "bop_services_goods"):
        if r["flow"] == "services" and r["year"] == "2021":
            n = world.position(r["iso3"])
            sold, bought = M[:, n][:, ~world.goods].sum(), M[n][:, ~world.goods].sum()
            found.append(
                _row(f"{r['iso3']} services exports", sold, float(r["exports_usd_mn"]), "balance of payments, WDI")
            )
            found.append(
                _row(f"{r['iso3']} services imports", bought, float(r["imports_usd_mn"]), "balance of payments, WDI")
            )
    return found


def _kazakh_partners(world: World, source: Path, pairs: list[mirror.Pair]) -> list[dict[str, Any]]:
    M, n, found = _traded(world), world.position("KAZ"), []
    for flow, official, built in zip(
        ("exports to", "imports from"),
        partners.kazakhstan(source),
        (M[:, n][:, world.goods].sum(axis=1), M[n][:, world.goods].sum(axis=1)),
        strict=True,
    ):
        for i, code in enumerate(world.countries):
            if code != "KAZ":
                both = mirror.between(pairs, *(("KAZ", code) if flow == "exports to" else (code, "KAZ")))
                comment = mirror.told(both) if both else REMAINDER if code == "ROW" else ""
                found.append(_row(f"KAZ {flow} {code}", built[i], official[i], "national statistics, customs", comment))
    return found


def _kazakh_products(world: World, source: Path) -> list[dict[str, Any]]:
    M, n = _traded(world), world.position("KAZ")
    value = {r["item"]: float(r["usd_mn"]) for r in facts(source, "kaz_exports_by_commodity") if r["year"] == "2021"}
    found = []
    for sector in sectors():
        items = assumptions()["kaz_exports"].get(sector, [])
        if items:
            official = sum(value[i] for i in items)
            comment = "published groups only: " + ", ".join(i.lower().replace("_", " ") for i in items)
            built = M[:, n, world.sectors.index(sector)].sum()
            found.append(_row(f"KAZ exports of {sector}", built, official, "national statistics, 23 groups", comment))
    return found


def _inside(world: World, source: Path, pairs: list[mirror.Pair]) -> list[dict[str, Any]]:
    found = []
    for ends, official in partners.inside_union(source).items():
        both = mirror.between(pairs, *ends)
        origin = f"national statistics, {'mean of both reports' if both else 'one report'}"
        found.append(_row(" to ".join(ends), _flow(world, *ends), official, origin, mirror.told(both) if both else ""))
    return found


def _outside(world: World, pairs: list[mirror.Pair]) -> list[dict[str, Any]]:
    """Other flows with both sides' reports, neither inside the union nor Kazakhstan's, beside the importer's report.

    That report is no official total to be met, so that no gap is counted.
    """
    inside, found = assumptions()["members"], []
    for importer in world.countries:
        for exporter in world.countries:
            both = mirror.between(pairs, exporter, importer)
            if both and "KAZ" not in (exporter, importer) and not {exporter, importer} <= {*inside}:
                # The members of a group that report nothing are in the flow too, so that it has no official figure.
                if exporter == "REU" and len(both) < len(assumptions()["rest_of_eu"]):
                    continue
                official = sum(p.bought for p in both)
                built = _flow(world, exporter, importer)
                told = mirror.told(both)
                row = _row(f"{exporter} to {importer}", built, official, "importer's national statistics", told)
                found.append({**row, "gap_percent": None})
    return found


def _flow(world: World, exporter: str, importer: str) -> float:
    return float(world.M[world.position(importer), world.position(exporter)][world.goods].sum())


def _gdp(world: World, gdp: np.ndarray) -> list[dict[str, Any]]:
    comment = "value added at basic prices against GDP at market prices"
    return [
        _row(f"{code} value added", world.V[n], gdp[n], "World Bank, GDP", comment)
        for n, code in enumerate(world.countries)
        if code != "ROW"
    ]


def _duties(world: World, source: Path) -> list[dict[str, Any]]:
    table = {r["iso3"]: r for r in facts(source, "eaeu_import_duties_budget_by_member") if r["year"] == "2021"}
    found = []
    for code in assumptions()["members"]:
        text = table.get(code, {}).get("usd_mn_at_avg_rate")
        if text:
            received = world.pooled[world.position(code)] + world.net_pool[world.position(code)]
            comment = "received from the pool after distribution, against the budget's import duties"
            found.append(_row(f"{code} import duties received", received, float(text), "WDI/IMF GFS", comment))
    return found
