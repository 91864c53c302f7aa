"""Trade by partner from national statistics: who trades how much with whom in 2021, million USD."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from karvan.data.recipes.eurasia_2021.common import countries, facts, need, place, rows

RUSSIAN = {
    "Россия": "RUS", "Беларусь": "BLR", "Армения": "ARM", "Кыргызстан": "KGZ", "Узбекистан": "UZB",
    "Азербайджан": "AZE", "Грузия": "GEO", "Таджикистан": "RCA", "Туркменистан": "RCA", "Монголия": "RCA",
    "Афганистан": "RCA", "Китай": "CHN", "Индия": "IND", "Турция": "TUR", "Объединенные Арабские Эмираты": "ARE",
    "Германия": "DEU", "Франция": "FRA", "Италия": "ITA", "Нидерланды": "NLD", "Польша": "POL",
    "Соединенное Королевство": "GBR", "Соединенные Штаты Америки": "USA", "Япония": "JPN", "Республика Корея": "KOR",
    "Украина": "UKR",
}  # fmt: skip
ENGLISH = {
    "Kazakhstan": "KAZ", "Russia": "RUS", "Russian Federation": "RUS", "Belarus": "BLR", "Armenia": "ARM",
    "Kyrgyzstan": "KGZ", "Uzbekistan": "UZB", "Azerbaijan": "AZE", "Georgia": "GEO", "Tajikistan": "RCA",
    "Turkmenistan": "RCA", "Mongolia": "RCA", "Afghanistan": "RCA", "China": "CHN", "India": "IND", "Turkey": "TUR",
    "Türkiye": "TUR", "UAE": "ARE", "United Arab Emirates": "ARE", "Germany": "DEU", "France": "FRA", "Italy": "ITA",
    "Netherlands": "NLD", "The Netherlands": "NLD", "Poland": "POL", "Great Britain": "GBR", "United Kingdom": "GBR",
    "USA": "USA", "United States": "USA", "United States of America": "USA", "Japan": "JPN",
    "Republic of Korea": "KOR", "The Republic of Korea": "KOR", "Korea, Republic of": "KOR", "Korea": "KOR",
    "Ukraine": "UKR", "South Korea": "KOR",
}  # fmt: skip
EU_ENGLISH = [
    "Austria", "Belgium", "Bulgaria", "Cyprus", "Czechia", "Denmark", "Spain", "Estonia", "Finland", "Greece",
    "Croatia", "Hungary", "Ireland", "Lithuania", "Luxembourg", "Latvia", "Malta", "Portugal", "Romania", "Slovakia",
    "Slovenia", "Sweden", "Czech Republic", "The Czech Republic",
]  # fmt: skip
EU_RUSSIAN = [
    "Австрия", "Бельгия", "Болгария", "Кипр", "Чешская Республика", "Дания", "Испания", "Эстония", "Финляндия",
    "Греция", "Хорватия", "Венгрия", "Ирландия", "Литва", "Люксембург", "Республика Латвия", "Мальта", "Португалия",
    "Румыния", "Словакия", "Словения", "Швеция",
]  # fmt: skip
NAMES = {**ENGLISH, **RUSSIAN, **dict.fromkeys([*EU_ENGLISH, *EU_RUSSIAN], "REU")}


def vector(pairs: Iterable[tuple[str, float]], total: float) -> np.ndarray:
    """(n,) partner totals; what is not one of the world's countries goes to the rest of the world."""
    found = np.zeros(len(countries()))
    for name, value in pairs:
        if name.strip() in NAMES:
            found[countries().index(NAMES[name.strip()])] += value
    found[-1] = max(total - found.sum(), 0.0)
    return found


def kazakhstan(source: Path) -> tuple[np.ndarray, np.ndarray]:
    """Kazakhstan's exports and imports of goods by partner (national statistics, file of 2021)."""
    table = [
        r
        for r in rows(need(source / "customs" / "kz_official_trade_by_partner_2018_2023.csv"))
        if r["year"] == "2021" and r["file"].endswith("_2021.xls")
    ]
    total = next(r for r in table if r["partner_ru"].startswith("Всего"))
    once = {r["partner_ru"]: r for r in table}.values()
    return tuple(  # type: ignore[return-value]
        vector(((r["partner_ru"], float(r[flow] or 0) / 1e3) for r in once), float(total[flow]) / 1e3)
        for flow in ("export_kusd", "import_kusd")
    )


def armenia(source: Path) -> tuple[np.ndarray, np.ndarray]:
    """Armenia's exports and imports (by consignment) of goods by partner, thousand USD rows of the year."""
    exports, imports = [], []
    for line in rows(need(source / "customs" / "armenia_data" / "armenia_data.csv")):
        if line["timeperiod"] == "Year" and line["year"] == "2021":
            exports.append((line["country"], _number(line["export"]) / 1e3))
            imports.append((line["country"], _number(line["import_consigment"]) / 1e3))
    ex, im = official(source, "ARM")
    return vector(exports, ex), vector(imports, im)


def kyrgyzstan(source: Path) -> tuple[np.ndarray, np.ndarray]:
    """Kyrgyz exports and imports of goods by partner, thousand USD."""
    folder = source / "customs" / "kyrgyzstan_data"
    ex, im = official(source, "KGZ")
    return vector(_sheet(folder, "4.03.00.18"), ex), vector(_sheet(folder, "4.03.00.20"), im)


def uzbekistan(source: Path) -> tuple[np.ndarray, np.ndarray]:
    """Uzbek exports and imports by partner, thousand USD; undisclosed partners (gold) go to the rest of the world."""
    found = []
    for name, total in zip(("1105", "1176"), official(source, "UZB"), strict=True):
        table = rows(need(source / "customs" / "uzbekistan_data" / f"sdmx_data_{name}.csv"))
        found.append(vector(((r["Klassifikator_en"], _number(r["2021"]) / 1e3) for r in table), total))
    return found[0], found[1]


def baci_scaled(source: Path, codes: list[str], totals: tuple[float, float]) -> tuple[np.ndarray, np.ndarray]:
    """Exports and imports by partner with the pattern of BACI 2023 (aggregate of 194 countries), at given totals."""
    folder = source / "baci2023"
    labels = [r["iso3"] for r in rows(need(folder / "country_labels.csv"))]
    trade = np.genfromtxt(need(folder / "trade_cepii.csv"), delimiter=",", skip_header=1, filling_values=0.0)
    own = [labels.index(c) for c in codes]
    world = np.array([place(code) for code in labels])
    ex, im = np.zeros(len(countries())), np.zeros(len(countries()))
    np.add.at(ex, world, np.nan_to_num(trade[own]).sum(axis=0))
    np.add.at(im, world, np.nan_to_num(trade[:, own]).sum(axis=1))
    mine = world[own[0]]
    ex[mine] = im[mine] = 0.0
    return ex * totals[0] / ex.sum(), im * totals[1] / im.sum()


def official(source: Path, code: str) -> tuple[float, float]:
    """Official goods exports and imports of 2021, million USD."""
    found = next(r for r in facts(source, "goods_totals_official") if r["iso3"] == code and r["year"] == "2021")
    return float(found["goods_exports_usd_mn"]), float(found["goods_imports_usd_mn"])


def inside_union(source: Path) -> dict[tuple[str, str], float]:
    """Trade between members, (exporter, importer): the mean of both reports where both exist."""
    found = {}
    for r in facts(source, "intra_eaeu_2021_official"):
        reports = [float(v) for v in (r["exporter_reports_usd_mn"], r["importer_reports_usd_mn"]) if v]
        found[r["exporter"], r["importer"]] = sum(reports) / len(reports)
    return found


def _number(text: object) -> float:
    try:
        return float(str(text).replace(" ", "").replace(",", "."))
    except ValueError:
        return 0.0


def _sheet(folder: Path, code: str) -> list[tuple[str, float]]:
    import pandas as pd

    path = next(iter(sorted(folder.glob(f"{code}*"))), folder / f"{code}.xlsx")
    table = pd.read_excel(need(path), header=None)
    head = table.head(8).map(lambda v: str(v).split(".")[0].strip() == "2021").any()
    column = head[head].index[0]
    return [(str(n), _number(v) / 1e3) for n, v in zip(table[2], table[column], strict=True)]
