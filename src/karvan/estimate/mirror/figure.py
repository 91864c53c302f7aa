"""Check one figure of trade against every report of the flow."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from karvan.core.money import ratio, words
from karvan.core.table import Table

if TYPE_CHECKING:
    import pandas as pd

    from karvan.estimate.mirror.reconcile import Reconciliation

FLOWS = ("exports", "imports")
ROUNDING = 0.02
APART = 2.0


class Figure(NamedTuple):
    """What is known of a figure.

    `table`: who says what, MUSD, with valuation and source; `verdict`: "within the reports", "outside" or "cannot be
    told"; `sentence`: the reason in words; `rules`: the flags of the flow.
    """

    table: Table
    verdict: str
    sentence: str
    rules: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.table}\n\n{self.verdict}: {self.sentence}"


class Line(NamedTuple):
    """One line of the table: who says what."""

    who: str
    value: float
    lo: float | None
    hi: float | None
    valuation: str
    source: str


class Said(NamedTuple):
    """Reports of the two sides, a compiler's figure, and what is made of them."""

    sides: tuple[Line, ...]
    compiler: Line | None
    whole: Line | None

    @property
    def lines(self) -> tuple[Line, ...]:
        """Everything that is there, in the order of the table."""
        return (*self.sides, *(line for line in (self.compiler, self.whole) if line is not None))


def judge(found: Reconciliation, reporter: str, partner: str, year: int, flow: str, value_musd: float) -> Figure:
    """Judge a figure that is said to be the reporter's exports to, or imports from, the partner.

    Every report is put on the figure's own footing (exports fob, imports cif). A figure is within the reports when it
    lies between the lowest and the highest of them or in the range of the reconciled flow, 2 % allowed for rounding. It
    cannot be told when nobody reports the flow, or when the reports differ by more than a factor of two and the figure
    is none of them. A partner that is not on a complete list is a report of zero. A compiler is no side: its figure
    counts only where neither side reports, and where the flow is flagged not even then.

    Parameters
    ----------
    found : the reconciled flows
    reporter, partner : ISO3
    flow : "exports" or "imports" of the reporter
    value_musd : million USD
    """
    pair = (reporter, partner) if flow == "exports" else (partner, reporter)
    flows = found.flows[(found.flows["exporter"] == pair[0]) & (found.flows["importer"] == pair[1])]
    here = flows[flows["year"] == year]
    rules = tuple(r for r in str(here["rules"].iloc[0]).split(", ") if r) if len(here) else ()
    said = _said(here.iloc[0] if len(here) else None, _silent(found, pair, year), pair, reporter, flow)
    title = f"{flow} of {reporter} {'to' if flow == 'exports' else 'from'} {partner}, {year}, MUSD"
    asked = Line("the figure", value_musd, None, None, "fob" if flow == "exports" else "cif", "to be checked")
    table = Table(Line._fields, (tuple(asked), *(tuple(line) for line in said.lines)), title)
    if said.sides:
        verdict, sentence = _verdict(value_musd, said, found.least_musd)
    elif said.compiler is not None:
        verdict, sentence = _compiled(value_musd, said.compiler, said, bool(rules))
    else:
        verdict, sentence = "cannot be told", _nobody(flows, title.removesuffix(", MUSD"))
    flagged = f" The flow is flagged: {', '.join(rules)}." if rules else ""
    return Figure(table, verdict, sentence + flagged, rules)


def _nobody(flows: pd.DataFrame, what: str) -> str:
    years = sorted(set(flows.loc[flows["value_musd"].gt(0), "year"]))
    there = f"; there are reports of {', '.join(str(y) for y in years)}" if years else ""
    return f"no report of {what} is in the data{there}."


def _silent(found: Reconciliation, pair: tuple[str, str], year: int) -> tuple[str, ...]:
    """The sides whose list of partners of the year is complete, so that what is not on it is zero."""
    lists = set(found.complete[["reporter", "flow", "year"]].itertuples(index=False, name=None))
    ends = (("exporter", pair[0], "exports"), ("importer", pair[1], "imports"))
    return tuple(side for side, country, flow in ends if (country, flow, year) in lists)


def _said(row: Any, silent: tuple[str, ...], pair: tuple[str, str], reporter: str, flow: str) -> Said:
    """Reports and the reconciled flow on the footing of the asked flow."""
    known = row is not None
    cif = float(row["cif_factor"]) if known else 1.0
    up, valuation = (1.0, "fob") if flow == "exports" else (cif, "cif")
    lines: dict[str, Line] = {}
    for side, column, factor in (
        ("exporter", "exporter", up),
        ("importer", "importer", up / cif),
        ("c", "compiled", up),
    ):
        value = float(row[f"{column}_musd"]) if known else 0.0
        who = "compiler" if side == "c" else f"{pair[side == 'importer']} reports"
        if value > 0:
            made = "" if abs(factor - 1) < 1e-9 else f", from {'cif' if valuation == 'fob' else 'fob'} x {factor:.3f}"
            lines[side] = Line(who, value * factor, None, None, valuation + made, str(row[f"source_{column}"]))
        elif side in silent:
            lines[side] = Line(who, 0.0, None, None, valuation, "not on its complete list of partners")
    sides = sorted((lines[s] for s in ("exporter", "importer") if s in lines), key=lambda x: x.who[:3] != reporter)
    whole = None
    if known and float(row["value_musd"]) > 0:
        value, low, high = (float(row[c]) * up for c in ("value_musd", "lo", "hi"))
        whole = Line("reconciled", value, low, high, valuation, f"karvan, from: {row['basis']}")
    return Said(tuple(sides), lines.get("c"), whole)


def _verdict(value: float, said: Said, least: float) -> tuple[str, str]:
    """Judge by the reports of the two sides."""
    low, high = min(line.value for line in said.sides), max(line.value for line in said.sides)
    told, end, figure = _listed(said.lines), _best(said.whole), words(value)
    same = [line.who for line in said.sides if _same(value, line.value)]
    if same:
        return "within the reports", f"{figure} is what {' and '.join(same)} ({told}).{end}"
    if high == 0:
        if value <= least:
            return "cannot be told", f"{figure} is below what these data keep ({words(least)}).{end}"
        return (
            "outside",
            f"{figure} where a complete list of partners has nothing ({told}).{_compiler(value, said)}{end}",
        )
    if low <= value <= high and high > APART * low:
        apart = f"differ {high / low:.1f} times" if low > 0 else "are something and nothing"
        return "cannot be told", f"the reports {apart} ({told}) and {figure} is none of them.{end}"
    if low * (1 - ROUNDING) <= value <= high * (1 + ROUNDING):
        return "within the reports", f"{figure} lies between the reports ({told}).{end}"
    if _inside(value, said.whole):
        return "within the reports", f"{figure} is no report ({told}) but within their error.{end}"
    way = f"{ratio(value, high)} the highest" if value > high else f"{ratio(value, low)} the lowest"
    return "outside", f"{figure} is {way} report ({told}).{_compiler(value, said)}{end}"


def _compiled(value: float, line: Line, said: Said, flagged: bool) -> tuple[str, str]:
    """Judge by a compiler alone: neither side reports."""
    told, end = _listed(said.lines), _best(said.whole)
    if flagged:
        return "cannot be told", f"neither side reports, and the compiler's figure is doubtful ({told}).{end}"
    if _same(value, line.value):
        return "within the reports", f"{words(value)} is what the compiler has; neither side reports ({told}).{end}"
    if _inside(value, said.whole):
        return "within the reports", f"{words(value)} is no report ({told}) but within their error.{end}"
    return "outside", f"{words(value)} is {ratio(value, line.value)} the compiler's figure ({told}).{end}"


def _same(value: float, other: float) -> bool:
    return other > 0 and abs(value / other - 1) <= ROUNDING


def _inside(value: float, whole: Line | None) -> bool:
    return whole is not None and (whole.lo or 0.0) <= value <= (whole.hi or 0.0)


def _listed(lines: Sequence[Line]) -> str:
    return ", ".join(f"{x.who} {words(x.value) if x.value else 'nothing'}" for x in lines if x.who != "reconciled")


def _best(whole: Line | None) -> str:
    return (
        ""
        if whole is None
        else f" Reconciled: {words(whole.value)} ({words(whole.lo or 0)} to {words(whole.hi or 0)})."
    )


def _compiler(value: float, said: Said) -> str:
    if said.compiler is None or not _same(value, said.compiler.value):
        return ""
    return " It is the compiler's figure, and a compiler is no side."
