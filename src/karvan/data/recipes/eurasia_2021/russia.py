"""Russia's own customs of 2021: goods by partner and by product chapter, million USD."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from karvan.data.recipes.eurasia_2021.common import YEAR, assumptions, countries, here, need, rows, sectors

CUSTOMS = ("customs", "russian_data")
UNION = {"Армения": "ARM", "Киргизия": "KGZ"}
PARTNERS = {
    "Китай": "CHN", "Нидерланды": "NLD", "Германия": "DEU", "Турция": "TUR", "США": "USA", "Беларусь": "BLR",
    "Великобритания": "GBR", "Республика Корея": "KOR", "Италия": "ITA", "Франция": "FRA", "Казахстан": "KAZ",
    "Япония": "JPN", "Польша": "POL", "Вьетнам": "VNM", "Финляндия": "FIN", "Индия": "IND", "Бельгия": "BEL",
    "Украина": "UKR", "Бразилия": "BRA", "Чешская республика": "CZE", "Испания": "ESP", "Узбекистан": "UZB",
    "Швейцария": "CHE", "Австрия": "AUT", "Словакия": "SVK", "Индонезия": "IDN", "Швеция": "SWE", "Тайвань": "TWN",
    "Азербайджан": "AZE",
}  # fmt: skip


def by_partner(source: Path, flow: str, total: float, pattern: dict[str, float]) -> np.ndarray:
    """(n,) Russia's exports or imports of goods by partner.

    29 partners and the union are the customs' own figures; Tajikistan too, with the rest of RCA and Georgia as stated
    in the assumptions (BACI 2023 has no trade of theirs with Russia). What is left of the total is spread over the
    partners not listed by `pattern`, the flows of the inter-country table by its own country codes.
    """
    listed = _listed(source, flow)
    found = np.zeros(len(countries()))
    for code, value in listed.items():
        found[_place(code)] += value
    for code, pair in assumptions()["russia_with"].items():
        found[countries().index(code)] += pair[0 if flow == "exports" else 1]
    missing = {c: v for c, v in pattern.items() if c not in listed and c != "RUS"}
    left = max(total - found.sum(), 0.0) / sum(missing.values())
    for code, value in missing.items():
        found[_place(code)] += value * left
    return found


def by_product(source: Path, flow: str, total: float) -> np.ndarray:
    """(j,) Russia's exports or imports of goods by sector, from the 97 chapters of the Harmonised System."""
    import pandas as pd

    table = pd.read_excel(need(source.joinpath(*CUSTOMS) / "ПубликацияТСТВ_2022.xlsx"), header=None)
    column = 2 if flow == "exports" else 3
    lines = [(str(a), b) for a, b in zip(table[0], table[column], strict=True) if str(a)[:2].isdigit()]
    found, seen = np.zeros(len(sectors())), 0.0
    for name, value in lines:
        chapter = "01-24" if name.startswith("01-24") else name[:2]
        found += float(value) * chapter_shares(chapter, flow)
        seen += float(value)
    found += max(total - seen, 0.0) * chapter_shares("rest", flow)
    return found * total / found.sum()


def chapter_shares(chapter: str, flow: str) -> np.ndarray:
    """(j,) shares of a chapter of the Harmonised System by sector; an exact line goes before a range of chapters."""
    table = [r for r in rows(here("hs_chapters.csv")) if r["flow"] in ("", flow)]
    lines = [r for r in table if r["chapter"] == chapter] or [r for r in table if _within(chapter, r["chapter"])]
    found = np.zeros(len(sectors()))
    for r in lines:
        found[sectors().index(r["sector"])] += float(r["share"])
    return found


def _listed(source: Path, flow: str) -> dict[str, float]:
    """Partner code to MUSD: the monthly table of 29 partners summed over the year, and the table of the CIS."""
    import pandas as pd

    folder = source.joinpath(*CUSTOMS)
    sheet = "Экспорт" if flow == "exports" else "Импорт"
    table = pd.read_excel(need(folder / "96stran.xlsx"), sheet_name=sheet, header=None)
    start = int(np.flatnonzero(table[0].astype(str).str.startswith(str(YEAR)))[0])
    months = table.iloc[start + 1 : start + 13, 1:].astype(float).sum()
    found = {PARTNERS[_name(n)]: float(v) for n, v in zip(table.iloc[4, 1:], months, strict=True)}
    cis = pd.read_excel(need(folder / "94itog.xlsx"), sheet_name=str(YEAR), header=None)
    at = int(np.flatnonzero(cis[0].astype(str).str.strip() == sheet)[0])
    for name, value in zip(cis[0][at + 1 : at + 9], cis[1][at + 1 : at + 9], strict=True):
        if str(name).strip() in UNION:
            found[UNION[str(name).strip()]] = float(value)
    return found


def _name(text: object) -> str:
    """Partner name without the Latin letters that the file mixes into Cyrillic words, line breaks and double blanks."""
    return " ".join(str(text).translate(str.maketrans("aeopcx", "аеорсх")).split())


def _within(chapter: str, span: str) -> bool:
    first, _, last = span.partition("-")
    return chapter.isdigit() and first.isdigit() and last.isdigit() and int(first) <= int(chapter) <= int(last)


def _place(code: str) -> int:
    a = assumptions()
    name = "REU" if code in a["rest_of_eu"] else code
    return countries().index(name) if name in countries() else len(countries()) - 1
