"""Flows: the table reconciled with customs, the small economies carved out, services set and split."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np

from karvan.data.recipes.eurasia_2021 import mirror, partners, russia
from karvan.data.recipes.eurasia_2021.common import assumptions, countries, facts, goods, mix, need, ras, rows, sectors
from karvan.data.recipes.eurasia_2021.icio import Icio
from karvan.data.recipes.eurasia_2021.inputs import analogues

TRADE_IN_SERVICES = 0.45  # share of trade and transport in services that cross a border; assumed
ROUNDS = 4  # export and import fits in turn; what is fitted last holds exactly, the rest nearly
LITTLE_CRUDE = 0.002  # crude and gas go by pipeline and tanker to refiners, hardly to these neighbours; assumed
FLOWS = ("exports", "imports")
NO_REFINERS = ("KAZ", "ARM", "KGZ", "UZB", "AZE", "GEO", "RCA")


class Partners(NamedTuple):
    """Goods exports and imports of one economy by partner, MUSD."""

    exports: np.ndarray
    imports: np.ndarray


def build(source: Path, icio: Icio, pairs: list[mirror.Pair]) -> np.ndarray:
    """(n, i, j) flows of 2021, MUSD: goods to customs, services to the balance of payments, dust dropped."""
    known = read_partners(source, icio, pairs)
    M = icio.M.copy()
    carve(M, source, known)
    first = [c for c in [*assumptions()["members"], *assumptions()["small"]] if c != "KAZ"]
    for _ in range(ROUNDS):
        for code in dict.fromkeys(first):
            fit_exports(M, source, code, known[code].exports, icio.M)
        for code in assumptions()["members"]:
            fit_imports(M, source, code, known[code].imports, icio.M)
        fit_exports(M, source, "KAZ", known["KAZ"].exports, icio.M)
    set_services(M, source)
    split_services(M, source)
    M[M < 1e-6] = 0.0
    return M


def read_partners(source: Path, icio: Icio, pairs: list[mirror.Pair]) -> dict[str, Partners]:
    """Partner totals of every economy that is fitted: own reports, and reconciled `pairs` where both sides report."""
    a = assumptions()
    found = {
        "KAZ": Partners(*partners.kazakhstan(source)),
        "ARM": Partners(*partners.armenia(source)),
        "KGZ": Partners(*partners.kyrgyzstan(source)),
        "UZB": Partners(*partners.uzbekistan(source)),
        "GEO": Partners(*partners.baci_scaled(source, ["GEO"], partners.official(source, "GEO"))),
        "AZE": Partners(*partners.baci_scaled(source, ["AZE"], tuple(a["goods_totals"]["AZE"]))),
        "RCA": Partners(*partners.baci_scaled(source, a["rca"], tuple(a["goods_totals"]["RCA"]))),
    }
    found["BLR"] = _from_table(icio, "BLR", partners.official(source, "BLR"), found)
    flows = zip(FLOWS, partners.official(source, "RUS"), strict=True)
    found["RUS"] = Partners(*(russia.by_partner(source, f, total, icio.russia[f]) for f, total in flows))
    for code in ("KAZ", "ARM", "KGZ", "UZB", "RUS"):
        exports, imports = (mirror.settle(v, pairs, code, f) for v, f in zip(found[code], FLOWS, strict=True))
        found[code] = Partners(exports, imports)
    _agree_with_russia(found)
    for (exporter, importer), value in partners.inside_union(source).items():
        if not mirror.between(pairs, exporter, importer):  # Belarus: its partners' reports alone
            _set(found[exporter].exports, importer, value)
            _set(found[importer].imports, exporter, value)
    return found


def _agree_with_russia(found: dict[str, Partners]) -> None:
    """Give the small economies that report nothing Russia's figures for their trade with it, at their own totals."""
    names = countries()
    for code in ("AZE", "GEO", "RCA"):
        n = names.index(code)
        _set(found[code].exports, "RUS", found["RUS"].imports[n], n)
        _set(found[code].imports, "RUS", found["RUS"].exports[n], n)


def carve(M: np.ndarray, source: Path, known: dict[str, Partners]) -> None:
    """Take the small economies out of the rest of the world: by their own customs and product mix, not by its mix."""
    names, is_goods, rest = countries(), goods(), len(countries()) - 1
    a = assumptions()
    world_imports = mix(dict(zip(sectors(), M.sum(axis=1)[rest] * is_goods, strict=True)))
    for code in a["small"]:
        n = names.index(code)
        sold = ras(
            np.outer(known[code].exports, mix(a["export_mix"][code])), known[code].exports, mix(a["export_mix"][code])
        )
        for partner in range(len(names)):
            if partner != n and not (names[partner] in a["small"] and partner < n):
                M[partner, n] = sold[partner]
        bought = _purchases(M, n, known[code].imports, world_imports)
        for partner in range(len(names)):
            if partner != n and names[partner] not in a["small"]:
                M[n, partner] = bought[partner]
        _own_sales(M, source, code)
    _subtract(M, rest)


def fit_exports(M: np.ndarray, source: Path, code: str, totals: np.ndarray, table: np.ndarray) -> None:
    """Fit a member's goods exports to partner totals and product totals."""
    n, is_goods = countries().index(code), goods()
    own = M[n, n].copy()
    seed = M[:, n] * is_goods
    seed[n] = 0.0
    columns = product_totals(source, code, "exports", _mix_of(table[:, n], n), totals.sum())
    demand = M.sum(axis=1) * is_goods
    prior = columns[None, :] * (0.05 + demand / demand.sum(axis=1, keepdims=True))
    prior *= (totals / prior.sum(axis=1))[:, None]
    blend = _little_crude(seed * (totals / np.maximum(seed.sum(axis=1), 1e-9))[:, None] * 0.7 + prior * 0.3, code)
    M[:, n] = np.where(is_goods[None, :], ras(blend, totals, columns), M[:, n])
    M[n, n] = own


def fit_imports(M: np.ndarray, source: Path, code: str, totals: np.ndarray, table: np.ndarray) -> None:
    """Fit a member's goods imports to partner totals and product totals.

    Kazakhstan's from every supplier; the others' from outside the union (inside, the seller's products count).
    """
    is_goods = goods()
    n = countries().index(code)
    free = np.array([code == "KAZ" or c not in assumptions()["members"] for c in countries()])
    free[n] = False
    kept = np.where(~free, (M[n] * is_goods).T, 0.0).T
    kept[n] = 0.0
    seed = np.where(free[:, None], M[n] * is_goods, 0.0)
    products = _mix_of(table[n], n) if table[n].any() else (seed + kept).sum(axis=0)
    want = product_totals(source, code, "imports", products, totals[free].sum() + kept.sum())
    columns = np.where(is_goods, np.maximum(want - kept.sum(axis=0), 0.05 * want), 0.0)
    wanted = np.where(free, totals, 0.0)
    scaled = seed * (wanted / np.maximum(seed.sum(axis=1), 1e-9))[:, None]
    fitted = ras(scaled, wanted, columns)
    M[n] = np.where(free[:, None] & is_goods[None, :], fitted, M[n])


def product_totals(source: Path, code: str, flow: str, table: np.ndarray, total: float) -> np.ndarray:
    """(j,) goods totals of a member by sector: national products where known, the rest by the table's mix."""
    a = assumptions()
    if code in a["small"] and flow == "exports":
        return mix(a["export_mix"][code]) * total
    if code in a["small"]:
        return _little(table) * total / _little(table).sum()
    if code == "KAZ" and flow == "exports":
        value = {
            r["item"]: float(r["usd_mn"]) for r in facts(source, "kaz_exports_by_commodity") if r["year"] == "2021"
        }
        known = np.array([sum(value[i] for i in a["kaz_exports"].get(s, [])) for s in sectors()])
        return known + mix(a["kaz_unseen"]) * (total - known.sum())
    if code == "KAZ":
        month = {
            r["hs_chapter"]: float(r["value_musd"])
            for r in facts(source, "kaz_imports_by_hs_2021_sample")
            if r["period"] == "2021-05" or (r["period"] == "2021-04" and r["hs_chapter"] in ("90", "94", "95"))
        }
        shares = np.array([sum(month.get(h, 0.0) * w for h, w in a["hs"].get(s, {}).items()) for s in sectors()])
        return shares / shares.sum() * total
    if code == "RUS":
        return russia.by_product(source, flow, total)
    return table * total / table.sum()


def set_services(M: np.ndarray, source: Path) -> None:
    """Scale services trade to the balance of payments (KAZ, KGZ) or the stated assumption; others as in the table."""
    j, names = sectors().index("other_services"), countries()
    totals = {k: tuple(v) for k, v in assumptions()["services_trade"].items()}
    for r in facts(source, "bop_services_goods"):
        if r["flow"] == "services" and r["year"] == "2021":
            totals[r["iso3"]] = (float(r["exports_usd_mn"]), float(r["imports_usd_mn"]))
    rest = len(names) - 1
    for code in totals:
        n = names.index(code)
        if M[:, n, j].sum() - M[n, n, j] < 1:  # carved: the partners of the rest of the world
            M[:, n, j] += np.where(np.arange(len(names)) == n, 0.0, M[:, rest, j])
            M[n, :, j] += np.where(np.arange(len(names)) == n, 0.0, M[rest, :, j])
    for _ in range(50):
        for code, (exports, imports) in totals.items():
            n = names.index(code)
            own = M[n, n, j]
            M[n, n, j] = 0.0
            M[:, n, j] *= exports / M[:, n, j].sum()
            M[n, :, j] *= imports / M[n, :, j].sum()
            M[n, n, j] = own
    carved = [names.index(c) for c in assumptions()["small"]]
    others = [i for i in range(rest) if i not in carved]
    sold, bought = M[others, rest, j], M[rest, others, j]
    M[others, rest, j] = np.maximum(sold - M[np.ix_(others, carved)][:, :, j].sum(axis=1), 0.2 * sold)
    M[rest, others, j] = np.maximum(bought - M[np.ix_(carved, others)][:, :, j].sum(axis=0), 0.2 * bought)


def split_services(M: np.ndarray, source: Path) -> None:
    """Split services into trade and transport, and the rest: domestic by EORA output, across borders by one share."""
    names, a = countries(), assumptions()
    one, two = sectors().index("trade_transport"), sectors().index("other_services")
    with np.load(need(source / "eora_cp2017" / "data_2017.npz"), allow_pickle=True) as z:
        codes, X = [str(c) for c in z["country_list"]], z["X"]
    share = np.full((len(names), len(names)), TRADE_IN_SERVICES)
    for n, code in enumerate(names):
        like = analogues(code, codes)
        trade = X[like][:, a["eora"]["trade_transport"]].sum()
        other = X[like][:, a["eora"]["other_services"]].sum()
        share[n, n] = trade / (trade + other)
    M[:, :, one] = M[:, :, two] * share
    M[:, :, two] *= 1 - share


def _from_table(icio: Icio, code: str, totals: tuple[float, float], known: dict[str, Partners]) -> Partners:
    """Partners of Russia and Belarus: the table's pattern at official totals, small neighbours as they report."""
    n, is_goods = countries().index(code), goods()
    exports = (icio.M[:, n] * is_goods).sum(axis=1)
    imports = (icio.M[n] * is_goods).sum(axis=1)
    exports[n] = imports[n] = 0.0
    fixed_x = {c: p.imports[n] for c, p in known.items() if c in assumptions()["small"]}
    fixed_m = {c: p.exports[n] for c, p in known.items() if c in assumptions()["small"]}
    for vector, fixed, total in ((exports, fixed_x, totals[0]), (imports, fixed_m, totals[1])):
        vector *= total / vector.sum()
        for other, value in fixed.items():
            _set(vector, other, value)
    return Partners(exports, imports)


def _set(vector: np.ndarray, code: str, value: float, own: int = -2) -> None:
    """Set one partner and keep the total by scaling the partners outside the union."""
    n = countries().index(code)
    outside = np.array([c not in assumptions()["members"] and i != own for i, c in enumerate(countries())])
    free = vector[outside & (np.arange(vector.size) != n)].sum()
    gap = value - vector[n]
    vector[n] = value
    scale = outside & (np.arange(vector.size) != n)
    vector[scale] *= max(free - gap, 0.05 * free) / free


def _purchases(M: np.ndarray, n: int, totals: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """(i, j) imports of a small economy: each supplier's export mix, the importer's mix of the rest of the world."""
    is_goods = goods()
    sold = (M.sum(axis=0) - M[np.arange(M.shape[0]), np.arange(M.shape[0])]) * is_goods
    offer = sold / np.maximum(sold.sum(axis=1, keepdims=True), 1e-9)
    columns = 0.5 * wanted + 0.5 * (totals @ offer) / max(totals.sum(), 1e-9)
    columns = columns * np.where(np.array(sectors()) == "oil_gas", 0.05, 1.0)
    return ras(totals[:, None] * offer, totals, columns / columns.sum())


def _own_sales(M: np.ndarray, source: Path, code: str) -> None:
    """Domestic sales of a small economy: those of its analogue per dollar of GDP; assumed."""
    names, a = countries(), assumptions()
    n, like = names.index(code), names.index(a["analogue"]["sales"][code])
    size = gdp(source)[n] / gdp(source)[like]
    M[n, n] = M[like, like] * size
    j = sectors().index("oil_gas")
    if M[:, n, j].sum() - M[n, n, j] < 1:
        M[n, n, j] *= 0.05


def _subtract(M: np.ndarray, rest: int) -> None:
    """Take what was carved off the rest of the world, never below a tenth of what it had."""
    carved = [countries().index(c) for c in assumptions()["small"]]
    others = [i for i in range(len(countries())) if i not in carved and i != rest]
    is_goods = goods()
    for i in others:
        M[i, rest] = np.where(is_goods, np.maximum(M[i, rest] - M[i, carved].sum(axis=0), 0.1 * M[i, rest]), M[i, rest])
        M[rest, i] = np.where(is_goods, np.maximum(M[rest, i] - M[carved, i].sum(axis=0), 0.1 * M[rest, i]), M[rest, i])
    inner = M[np.ix_(carved, carved)].sum(axis=(0, 1)) + M[rest, carved].sum(axis=0) + M[carved, rest].sum(axis=0)
    M[rest, rest] = np.maximum(M[rest, rest] - inner, 0.1 * M[rest, rest])


def _little_crude(blend: np.ndarray, exporter: str) -> np.ndarray:
    """Keep crude and gas away from neighbours without refineries for them; Kazakhstan's go where they are known to."""
    oil = sectors().index("oil_gas")
    if exporter == "KAZ":
        return _kazakh_destinations(blend, oil)
    blend[[countries().index(c) for c in NO_REFINERS], oil] *= LITTLE_CRUDE
    return blend


def _kazakh_destinations(blend: np.ndarray, oil: int) -> np.ndarray:
    """Seed of Kazakh exports (n, j): the stated part of crude and gas by partner, manufactures to neighbours."""
    a = assumptions()["kaz_crude"]
    far = ~np.isin(countries(), a["near"])
    blend[np.ix_(far, np.isin(sectors(), a["near_sectors"]))] *= 0.1
    share = np.array([a["share"].get(c, LITTLE_CRUDE) for c in countries()])
    total, rest = blend.sum(axis=1), blend.sum(axis=1) - blend[:, oil]
    blend *= (total * (1 - share) / np.where(rest > 0, rest, 1.0))[:, None]
    blend[:, oil] = share * total
    return blend


def _mix_of(flows: np.ndarray, n: int) -> np.ndarray:
    """(j,) goods traded with others in a (partner, sector) slice."""
    return (flows.sum(axis=0) - flows[n]) * goods()


def _little(table: np.ndarray) -> np.ndarray:
    """A small importer's mix with oil and gas at no more than 3 % of it."""
    j = sectors().index("oil_gas")
    return np.where(np.arange(table.size) == j, np.minimum(table, 0.03 * table.sum()), table)


def gdp(source: Path) -> np.ndarray:
    """(n,) GDP of 2021 at current prices, MUSD (World Bank); the rest of the world is what is left of the world."""
    table = {
        r["Country Code"]: float(r["Value"]) / 1e6
        for r in rows(need(source / "gdp" / "gdp.csv"))
        if r["Year"] == "2021"
    }
    a = assumptions()
    groups = {"REU": a["rest_of_eu"], "RCA": a["rca"]}
    values = np.array([sum(table[c] for c in groups.get(code, [code])) for code in countries()[:-1]])
    return np.append(values, table["WLD"] - values.sum())
