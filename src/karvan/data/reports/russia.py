"""Russia's exports and imports with its main partners and the union, to 2021 (Federal Customs Service)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from karvan.core.faults import Faults
from karvan.data.reports.common import one_file, tidy

if TYPE_CHECKING:
    import pandas as pd

FOLDER = "customs/russian_data"
MONTHLY, YEARLY = "96stran.xlsx", "94itog.xlsx"
SOURCE = "Federal Customs Service of Russia"
SHEETS = (("exports", "Экспорт"), ("imports", "Импорт"))
LATIN = str.maketrans("aceopxyKMHBTAECOPX", "асеорхуКМНВТАЕСОРХ")  # the file mixes alphabets
GROUPS = ("со странами дальнего зарубежья", "со странами СНГ")


def read(folder: Path, first: int = 2011) -> pd.DataFrame:
    """Read the reports from year `first`; million USD. The lists are of main partners: a missing one is not zero."""
    import pandas as pd

    listed = pd.concat([_listed(folder, flow, sheet, first) for flow, sheet in SHEETS])
    union = _union(folder, first)
    key = ["reporter", "partner", "flow", "year"]
    return pd.concat([listed, union]).drop_duplicates(key, keep="first", ignore_index=True)


def _listed(folder: Path, flow: str, sheet: str, first: int) -> pd.DataFrame:
    """Yearly sums of the monthly table; only years with twelve months."""
    import pandas as pd

    file = one_file(folder / FOLDER, MONTHLY)
    faults = Faults(file)
    table = pd.read_excel(file, sheet_name=sheet, header=None)
    names = [str(n).translate(LATIN).replace("\n", " ") for n in table.iloc[4, 1:]]
    body = table.iloc[5:].reset_index(drop=True)
    label = body[0].astype(str).str.strip().str.removesuffix(".0")
    year = label.where(label.str.fullmatch(r"\d{4}")).ffill()
    months = body[~label.str.fullmatch(r"\d{4}") & label.ne("nan") & body[1].notna()]
    parts = []
    for one in sorted(set(year[months.index].dropna())):
        rows = months[year[months.index] == one]
        if len(rows) == 12 and int(one) >= first:
            columns = [column for _, column in rows.iloc[:, 1:].items()]
            sums = [_sum(c, f"{one}, {flow}, {n}", faults) for n, c in zip(names, columns, strict=True)]
            parts.append(
                tidy(
                    names, sums, reporter="RUS", flow=flow, year=int(one), unit=1.0,
                    source=f"{SOURCE}, main partners by month, {one}", faults=faults, complete=False,
                )
            )  # fmt: skip
    faults.stop()
    return pd.concat(parts, ignore_index=True)


def _sum(months: pd.Series, where: str, faults: Faults) -> float:
    """Twelve months added up; a month that is no value of trade is a fault, not a zero."""
    import pandas as pd

    values = pd.to_numeric(months, errors="coerce")
    bad = months[~values.ge(0)]
    if len(bad):
        faults.add(f"{where}: {len(bad)} month(s) are no value of trade: {bad.iloc[0]!r}", remedy="expected 0 or more")
    return float(values.sum())


def _union(folder: Path, first: int) -> pd.DataFrame:
    """The yearly table of neighbours, one sheet per year: exports above, imports below."""
    import pandas as pd

    file = one_file(folder / FOLDER, YEARLY)
    faults = Faults(file)
    parts = []
    for sheet, table in pd.read_excel(file, sheet_name=None, header=None).items():
        if not str(sheet).isdecimal() or int(sheet) < first:
            continue
        label = table[0].astype(str).str.strip()
        start, below = (int(label[label == word].index[0]) for word in ("Экспорт", "Импорт"))
        for flow, rows in (("exports", slice(start + 1, below)), ("imports", slice(below + 1, None))):
            named = label[rows][label[rows].ne("nan") & pd.to_numeric(table[1][rows], errors="coerce").notna()]
            parts.append(
                tidy(
                    list(named), table[1][named.index], reporter="RUS", flow=flow, year=int(sheet), unit=1.0,
                    source=f"{SOURCE}, neighbours by year, {sheet}", faults=faults, complete=False, skip=GROUPS,
                )
            )  # fmt: skip
    faults.stop()
    return pd.concat(parts, ignore_index=True)
