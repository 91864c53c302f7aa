"""Tariffs: the table's applied rates, the union imposed, preferences by treaty, schedules for an exit."""

from __future__ import annotations

import numpy as np

from karvan.data.recipes.eurasia_2021.common import assumptions, countries, goods, sectors
from karvan.data.recipes.eurasia_2021.icio import Icio


def build(icio: Icio, M: np.ndarray) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Return the baseline tariff (n, i, j) and the schedules (n, j) "mfn", "cet", "wto-bound"."""
    a, names, is_goods = assumptions(), countries(), goods()
    cet, own = _union_rates(icio)
    tau = _food_capped(_filled(icio))
    for code in a["members"]:
        tau[names.index(code)] = (own if code == "KAZ" else cet)[None, :]
    for code, mean in a["tariffs"]["outsider_mean"].items():
        tau[names.index(code)] = _scaled(cet, M, names.index(code), mean)[None, :]
    mfn = _mfn(icio, tau)
    _preferences(tau)
    tau[..., ~is_goods] = 0.0
    n = np.arange(len(names))
    tau[n, n] = 0.0
    return tau, {"mfn": mfn, "cet": _rows(cet), "wto-bound": _bound(cet, M)}


def _union_rates(icio: Icio) -> tuple[np.ndarray, np.ndarray]:
    """Common tariff = Russia's rate without preference; Kazakhstan's own lower rates (its exemption list).

    Agriculture and food: the table's specific duties come out at 28 and 13 %; the WTO bound averages replace them.
    """
    rate = assumptions()["tariffs"]["agriculture_food"]
    cet, own = icio.mfn["RUS"].copy(), icio.mfn["KAZ"].copy()
    j = sectors().index("food")
    cet[j], own[j] = rate["RUS"], rate["KAZ"]
    return cet, np.minimum(own, cet)


def _filled(icio: Icio) -> np.ndarray:
    """Rates without trade, and all of the rest of the world's, are the importer's mean by sector.

    The rest of the world has none in the source: it takes the mean of all other importers (assumed).
    """
    own = icio.own_rate.copy()
    own[-1] = own[:-1][own[:-1].sum(axis=1) > 0].mean(axis=0)
    tau = np.where(np.isnan(icio.tau), own[:, None, :], icio.tau)
    tau[-1] = own[-1][None, :]
    small = [countries().index(c) for c in assumptions()["small"]]
    like = countries().index("KAZ")
    tau[:, small] = tau[:, [like]]  # what others charge the small economies: as they charge Kazakhstan (assumed)
    return tau


def _food_capped(tau: np.ndarray) -> np.ndarray:
    """Hold the food rates of every importer to the larger of a level and a multiple of its agriculture rate."""
    level, times = assumptions()["tariffs"]["food_cap"]
    food, farm = sectors().index("food"), sectors().index("agriculture")
    cap = np.maximum(level, times * np.percentile(tau[:, :, farm], 75, axis=1))
    tau[:, :, food] = np.minimum(tau[:, :, food], cap[:, None])
    return tau


def _scaled(cet: np.ndarray, M: np.ndarray, n: int, mean: float) -> np.ndarray:
    """The common tariff's pattern with a given import-weighted mean."""
    imports = (M[n].sum(axis=0) - M[n, n]) * goods()
    return cet * mean * imports.sum() / (cet * imports).sum()


def _preferences(tau: np.ndarray) -> None:
    """Zero duties inside the union, with CIS treaty parties and Georgia; Russia and Ukraine pay each other MFN."""
    a, names = assumptions(), countries()
    members = [names.index(c) for c in a["members"]]
    partners = [names.index(c) for c in a["tariffs"]["free_with_union"]]
    russia, ukraine = names.index("RUS"), names.index("UKR")
    kept = tau[russia, ukraine].copy(), tau[ukraine, russia].copy()
    tau[np.ix_(members, members)] = 0.0
    tau[np.ix_(members, partners)] = 0.0
    tau[np.ix_(partners, members)] = 0.0
    tau[np.ix_(partners, partners)] = 0.0
    tau[russia, ukraine], tau[ukraine, russia] = kept
    georgia = names.index("GEO")
    for code in a["tariffs"]["free_with_georgia"]:
        tau[georgia, names.index(code)] = tau[names.index(code), georgia] = 0.0
    rca = names.index("RCA")
    tau[[*members, *partners], rca] *= a["tariffs"]["rca_dutiable"]
    tau[rca, [*members, *partners]] *= a["tariffs"]["rca_dutiable"]


def _mfn(icio: Icio, tau: np.ndarray) -> np.ndarray:
    """(n, j) rate on partners without preference: members their own, others the third quartile of their rates."""
    a, names = assumptions(), countries()
    mfn = np.percentile(tau, 75, axis=1)
    for code in [*a["members"], *a["tariffs"]["outsider_mean"]]:
        mfn[names.index(code)] = tau[names.index(code)].max(axis=0)
    return mfn * goods()


def _rows(cet: np.ndarray) -> np.ndarray:
    members = np.isin(countries(), assumptions()["members"])
    return np.where(members[:, None], (cet * goods())[None, :], np.nan)


def _bound(cet: np.ndarray, M: np.ndarray) -> np.ndarray:
    """(n, j) WTO-bound rates: the common tariff's pattern at the bound average; KAZ food 10.6 % (assumed)."""
    out = np.full((len(countries()), len(sectors())), np.nan)
    is_goods = goods()
    for code, mean in assumptions()["tariffs"]["wto_bound"].items():
        out[countries().index(code)] = np.where(is_goods, cet * mean / cet[is_goods].mean(), 0.0)
    n, food = countries().index("KAZ"), sectors().index("food")
    out[n, food] = assumptions()["tariffs"]["agriculture_food"]["KAZ"]
    return out
