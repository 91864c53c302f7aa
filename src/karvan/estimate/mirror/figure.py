"""Check one figure of trade against every report of the flow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from karvan.core.table import Table

if TYPE_CHECKING:
    import pandas as pd

FLOWS = ("exports", "imports")
ROUNDING = 0.02
APART = 2.0
EVIDENCE = (
    "exporter_musd", "importer_musd", "compiled_musd", "cif_factor", "value_musd", "lo", "hi", "basis", "flags",
    "source_exporter", "source_importer", "source_compiled",
)  # fmt: skip


class Figure(NamedTuple):
    """What is known of a figure.

    `table`: who says what, MUSD, with valuation and source; `verdict`: "within the reports", "outside" or "cannot be
    told"; `sentence`: the reason in words.
    """

    table: Table
    verdict: str
    sentence: str

    def __str__(self) -> str:
        return f"{self.table}\n\n{self.verdict}: {self.sentence}"


def judge(flows: pd.DataFrame, reporter: str, partner: str, year: int, flow: str, value_musd: float) -> Figure:
    """Judge a figure that is said to be the reporter's exports to, or imports from, the partner.

    Every report is put on the figure's own footing (exports fob, imports cif). A figure is within the reports when it
    lies between the lowest and the highest of them or in the range of the reconciled flow, 2 % allowed for rounding. It
    cannot be told when nobody reports the flow, or when the reports differ by more than a factor of two and the figure
    is none of them.

    Parameters
    ----------
    flows : `Reconciliation.flows`
    reporter, partner : ISO3
    flow : "exports" or "imports" of the reporter
    value_musd : million USD
    """
    exporter, importer = (reporter, partner) if flow == "exports" else (partner, reporter)
    title = f"{flow} of {reporter} {'to' if flow == 'exports' else 'from'} {partner}, {year}, MUSD"
    found = flows[(flows["exporter"] == exporter) & (flows["importer"] == importer) & (flows["year"] == year)]
    rows = _rows(found.iloc[0], reporter, flow) if len(found) else []
    told = [r for r in rows if r[0] != "reconciled"]
    valuation = "fob" if flow == "exports" else "cif"
    table = Table(COLUMNS, (("the figure", value_musd, None, None, valuation, "to be checked"), *rows), title)
    if not told:
        pair = flows[(flows["exporter"] == exporter) & (flows["importer"] == importer) & flows["value_musd"].gt(0)]
        years = sorted(set(pair["year"]))
        there = f"; there are reports of {', '.join(str(y) for y in years)}" if years else ""
        return Figure(
            table,
            "cannot be told",
            f"no report of {title.removesuffix(', MUSD')} is in the data{there}.{_flagged(found)}",
        )
    verdict, sentence = _verdict(value_musd, told, next(r for r in rows if r[0] == "reconciled"))
    return Figure(table, verdict, sentence + _flagged(found))


def _flagged(found: pd.DataFrame) -> str:
    rules = found["flags"].iloc[0] if len(found) else ""
    return f" The flow is flagged: {rules}." if rules else ""


COLUMNS = ("who", "value", "lo", "hi", "valuation", "source")
Row = tuple[str, float, float | None, float | None, str, str]


def _rows(found: Any, reporter: str, flow: str) -> list[Row]:
    """Reports and the reconciled flow on the footing of the asked flow."""
    cif = float(found["cif_factor"])
    up, valuation = (1.0, "fob") if flow == "exports" else (cif, "cif")
    rows: list[Row] = []
    for side, column, factor in (
        (str(found["exporter"]), "exporter", up),
        (str(found["importer"]), "importer", up / cif),
        ("compiler", "compiled", up),
    ):
        value = float(found[f"{column}_musd"])
        if value > 0:
            who = f"{side} reports" if side != "compiler" else "compiler"
            made = "" if abs(factor - 1) < 1e-9 else f" made {valuation} by {factor:.3f}"
            rows.append((who, value * factor, None, None, valuation + made, str(found[f"source_{column}"])))
    if rows:
        rows.sort(key=lambda row: not row[0].startswith(reporter))
        value, low, high = (float(found[c]) * up for c in ("value_musd", "lo", "hi"))
        rows.append(("reconciled", value, low, high, valuation, f"karvan, from: {found['basis']}"))
    return rows


def _verdict(value: float, told: list[Row], whole: Row) -> tuple[str, str]:
    low, high = min(r[1] for r in told), max(r[1] for r in told)
    best = f"Reconciled: {bn(whole[1])} ({bn(whole[2] or 0)} to {bn(whole[3] or 0)})."
    said = ", ".join(f"{r[0]} {bn(r[1])}" for r in told)
    same = [r[0] for r in told if abs(value / r[1] - 1) <= ROUNDING]
    if same:
        whose = " and ".join(_whose(name) for name in same)
        return "within the reports", f"{bn(value)} is what {whose} ({said}). {best}"
    if low <= value <= high and high > APART * low:
        return (
            "cannot be told",
            f"the reports differ {high / low:.1f} times ({said}) and {bn(value)} is none of them. {best}",
        )
    if low * (1 - ROUNDING) <= value <= high * (1 + ROUNDING):
        return "within the reports", f"{bn(value)} lies between the reports ({said}). {best}"
    if (whole[2] or 0) <= value <= (whole[3] or 0):
        return "within the reports", f"{bn(value)} is no report ({said}) but within their error. {best}"
    way = f"{value / high:.1f} times the highest" if value > high else f"{100 * value / low:.0f} % of the lowest"
    return "outside", f"{bn(value)} is {way} report ({said}). {best}"


def _whose(name: str) -> str:
    return "the compiler has" if name == "compiler" else name


def bn(value: float) -> str:
    """Money in words, two or three digits: 8.23 bn USD, 703 m USD, 0.05 m USD."""
    if value >= 1000:
        return f"{value / 1000:.3g} bn USD" if value < 1e6 else f"{value / 1000:.0f} bn USD"
    return f"{value:.3g} m USD"
