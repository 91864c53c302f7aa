"""The OECD inter-country input-output table of 2021, aggregated to the world's countries and sectors."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np

from karvan.data.recipes.eurasia_2021.common import YEAR, assumptions, countries, need, sectors


class Icio(NamedTuple):
    """Aggregated table: flows, duty-weighted tariffs, and the published elasticity sets."""

    M: np.ndarray  # (n, i, j) MUSD, small countries empty (they are inside ROW)
    tau: np.ndarray  # (n, i, j) trade-weighted applied tariffs, NaN without trade
    elasticities: dict[str, np.ndarray]  # set -> (j,)
    capped: tuple[int, float]  # cells with a rate above the cap, and their trade, MUSD
    mfn: dict[str, np.ndarray]  # KAZ, RUS -> (j,) rate on a partner without preference
    own_rate: np.ndarray  # (n, j) mean rate of each importer
    russia: dict[str, dict[str, float]]  # "exports", "imports" -> code of the table -> goods, MUSD


def read(source: Path) -> Icio:
    """Read and aggregate; services and group-diagonal tariffs are set to zero, absurd rates capped."""
    with np.load(need(source / "icio" / "icio_2011_2022_81x81x28.npz"), allow_pickle=False) as z:
        year = int(np.flatnonzero(z["years"] == YEAR)[0])
        X, t = z["X"][year].astype(float), z["t"][year].astype(float)
        codes, industries = ([str(c) for c in z["countries"]], [str(s) for s in z["sectors"]])
        sets = {k.removeprefix("eps_"): np.array(z[k]) for k in z.files if k.startswith("eps_")}
    cap = assumptions()["tariffs"]["cap"]
    high = t[:, :, :27] > cap
    capped = (int(high.sum()), float(X[:, :, :27][high].sum()))
    t = np.minimum(t, cap)
    t[:, :, industries.index("Services (aggregate)")] = 0.0
    known = np.array([c != "ROW" for c in codes], dtype=float)
    weight = X * known[:, None, None] * known[None, :, None]  # the source has no tariffs of its rest of the world
    place, group = _groups(codes), _sectors(industries)
    M = _sum(X, place, group)
    duty, base = _sum(weight * t, place, group), _sum(weight, place, group)
    tau = np.where(base > 0, duty / np.where(base > 0, base, 1.0), np.nan)
    n = np.arange(len(countries()))
    tau[n, n] = 0.0
    trade = X.sum(axis=(0, 1))
    elasticities = {k: _weighted(v, trade, group) for k, v in sets.items()}
    mfn = {c: _mfn(t, X, codes, c, group) for c in ("KAZ", "RUS")}
    r, is_good = (codes.index("RUS"), np.array([s != "Services (aggregate)" for s in industries]))
    russia = {
        "exports": dict(zip(codes, X[r][:, is_good].sum(axis=1).tolist(), strict=True)),
        "imports": dict(zip(codes, X[:, r][:, is_good].sum(axis=1).tolist(), strict=True)),
    }
    return Icio(M, tau, elasticities, capped, mfn, _own_rate(duty, base), russia)


def _groups(codes: list[str]) -> np.ndarray:
    a, names = assumptions(), countries()
    return np.array([names.index("REU" if c in a["rest_of_eu"] else c if c in names else "ROW") for c in codes])


def _sectors(industries: list[str]) -> np.ndarray:
    home = {i: s for s, items in assumptions()["sectors"].items() for i in items}
    return np.array([sectors().index(home[i]) for i in industries])


def _sum(X: np.ndarray, place: np.ndarray, group: np.ndarray) -> np.ndarray:
    """(exporter, importer, industry) to (importer, exporter, sector)."""
    N, J = len(countries()), len(sectors())
    out = np.zeros((N, N, J))
    np.add.at(out, (place[None, :, None], place[:, None, None], group[None, None, :]), X)
    return out


def _weighted(values: np.ndarray, trade: np.ndarray, group: np.ndarray) -> np.ndarray:
    J = len(sectors())
    total = np.bincount(group, trade, J)
    return np.bincount(group, values * trade, J) / np.where(total > 0, total, 1.0)


def _mfn(t: np.ndarray, X: np.ndarray, codes: list[str], importer: str, group: np.ndarray) -> np.ndarray:
    """(j,) rate on partners that have no preference (USA, Japan, Germany, Korea), weighted by all imports.

    The source's rates of Russia on China and India are near zero, those of Kazakhstan and Belarus on them are not:
    preferences for developing countries ended for China in 2021; the rate on partners without any preference is used.
    """
    m = codes.index(importer)
    rate = np.mean([t[codes.index(p), m] for p in ("USA", "JPN", "DEU", "GBR")], axis=0)
    imports = X[:, m].sum(axis=0) - X[m, m]
    return _weighted(rate, imports, group)


def _own_rate(duty: np.ndarray, base: np.ndarray) -> np.ndarray:
    off = 1 - np.eye(len(countries()))[:, :, None]
    total = (base * off).sum(axis=1)
    return (duty * off).sum(axis=1) / np.where(total > 0, total, 1.0)
