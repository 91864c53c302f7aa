"""The OECD years 2011-2022 at the level of the back-test: partners of the union apart, others added up, 13 sectors."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np

from karvan.core.errors import SourceError
from karvan.data.recipes.eurasia_2021.common import assumptions, sectors

FILE = "icio_2011_2022_81x81x28.npz"
MEMBERS = ("KAZ", "RUS", "BLR")
# Suppliers of at least one percent of a member's goods imports in 2012, and the union's neighbours; the rest of the EU
# is REU, every other country of the table OTH, and ROW is the table's own rest of the world.
PARTNERS = (
    *("KAZ", "RUS", "BLR", "UKR", "CHN", "IND", "TUR", "ARE", "DEU", "FRA", "ITA", "NLD", "POL", "GBR", "USA", "JPN"),
    *("KOR", "AUT", "BEL", "CZE", "ESP", "FIN", "HUN", "LTU", "LVA", "EST", "ROU", "SVK", "SWE", "CHE", "NOR", "BRA"),
    *("VNM", "THA", "TWN", "IDN", "MYS", "REU", "OTH", "ROW"),
)
REST_OF_EU = ("BGR", "CYP", "DNK", "GRC", "HRV", "IRL", "LUX", "MLT", "PRT", "SVN")
WITHOUT_PREFERENCE = ("USA", "JPN", "DEU", "GBR")
FREE_WITH_UNION = ("UKR",)  # the CIS treaty; UZB, AZE, GEO and others are inside ROW
GRADED_AS_FREE = 0.25  # a rate of Russia below this part of its MFN rate is the source's reading of "preferential"
SERVICES = "Services (aggregate)"
# Services go in two by one share, so that the borrowed input coefficients keep their labels.
TRADE_IN_SERVICES = 0.45


class Year(NamedTuple):
    """Flows (importer, exporter, sector) in MUSD and tariffs, as fractions, of one year."""

    M: np.ndarray
    tau: np.ndarray


class Years(NamedTuple):
    """The years asked for, the published elasticity sets by sector, and the file they came from."""

    years: dict[int, Year]
    elasticities: dict[str, np.ndarray]
    path: Path


def read(source: Path, years: tuple[int, ...], base: int, *, corrected: bool = True) -> Years:
    """Read and add up; tariffs of every year are weighted by the flows of the base year, so that only rates move.

    Corrections, each of a defect of the source: no duty on services, rates capped, none inside the union and on the
    diagonal, and (when `corrected`) Russia's rates on countries that it grades as developing, which the source sets to
    about 7 % of the MFN rate, put at the MFN rate as those of Kazakhstan and Belarus are.
    """
    path = source / "icio" / FILE
    with np.load(path, allow_pickle=False) as z:
        at = {int(y): k for k, y in enumerate(z["years"])}
        lost = [y for y in (base, *years) if y not in at]
        if lost:
            raise SourceError(f"{path}: has no year {lost[0]}; years are {min(at)} to {max(at)}")
        codes, industries = [str(c) for c in z["countries"]], [str(s) for s in z["sectors"]]
        sets = {k.removeprefix("eps_"): np.array(z[k]) for k in z.files if k.startswith("eps_")}
        X, t = z["X"], z["t"]
        wanted = dict.fromkeys((base, *years))
        flows = {y: X[at[y]].astype(float) for y in wanted}
        rates = {y: t[at[y]].astype(float) for y in wanted}
    place, group = _places(codes, industries)
    weight = flows[base] * _known(codes)
    found = {}
    for y in wanted:
        rate = _cleaned(rates[y], flows[base], codes, industries, corrected)
        duty, total = _sum(weight * rate, place, group), _sum(weight, place, group)
        tau = duty / np.where(total > 0, total, 1.0)
        own = np.arange(len(PARTNERS))
        tau[own, own] = 0.0
        found[y] = Year(_split_services(_sum(flows[y], place, group)), tau)
    trade = flows[base].sum(axis=(0, 1))
    return Years(found, {k: _weighted(v, trade, group) for k, v in sets.items()}, path)


def _known(codes: list[str]) -> np.ndarray:
    """(exporter, importer, 1) one where the source has tariffs: not with its rest of the world."""
    known = np.array([c != "ROW" for c in codes], dtype=float)
    return known[:, None, None] * known[None, :, None]


def _places(codes: list[str], industries: list[str]) -> tuple[np.ndarray, np.ndarray]:
    home = {c: c if c in PARTNERS else "REU" if c in REST_OF_EU else "OTH" for c in codes}
    sector = {i: s for s, items in assumptions()["sectors"].items() for i in items}
    return (
        np.array([PARTNERS.index(home[c]) for c in codes]),
        np.array([sectors().index(sector[i]) for i in industries]),
    )


def _sum(X: np.ndarray, place: np.ndarray, group: np.ndarray) -> np.ndarray:
    """(exporter, importer, industry) to (importer, exporter, sector)."""
    out = np.zeros((len(PARTNERS), len(PARTNERS), len(sectors())))
    np.add.at(out, (place[None, :, None], place[:, None, None], group[None, None, :]), X)
    return out


def _split_services(M: np.ndarray) -> np.ndarray:
    one, two = sectors().index("trade_transport"), sectors().index("other_services")
    M[:, :, one] = TRADE_IN_SERVICES * M[:, :, two]
    M[:, :, two] *= 1 - TRADE_IN_SERVICES
    return M


def _cleaned(t: np.ndarray, flows: np.ndarray, codes: list[str], industries: list[str], corrected: bool) -> np.ndarray:
    """(exporter, importer, industry) rates without the known defects of the source."""
    t = np.minimum(t, assumptions()["tariffs"]["cap"])
    t[:, :, industries.index(SERVICES)] = 0.0
    if corrected:
        r = codes.index("RUS")
        mfn = np.mean([t[codes.index(p), r] for p in WITHOUT_PREFERENCE], axis=0)
        imports = flows[:, r].sum(axis=0) - flows[r, r]
        level = (t[:, r] * imports).sum(axis=1) / (mfn * imports).sum()
        graded = (level > 0) & (level < GRADED_AS_FREE)
        graded &= ~np.isin(codes, [*MEMBERS, *FREE_WITH_UNION, "ROW"])
        t[graded, r] = mfn
    inside = [codes.index(c) for c in MEMBERS]
    free = [*inside, *(codes.index(c) for c in FREE_WITH_UNION)]
    t[np.ix_(inside, inside)] = 0.0
    t[np.ix_(free, inside)] = 0.0
    return t


def _weighted(values: np.ndarray, trade: np.ndarray, group: np.ndarray) -> np.ndarray:
    J = len(sectors())
    total = np.bincount(group, trade, J)
    return np.bincount(group, values * trade, J) / np.where(total > 0, total, 1.0)
