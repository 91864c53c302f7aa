"""Claims on the oil fund, the debt and the neighbour's currency, from stored results, and their verdicts by rule."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from karvan.core.case import CaseResults
from karvan.tell.claims import Claim, ranged

DRAWN = "a share of draws"
WORDS = {"supported": "supported", "partly": "partly", "not supported": "not"}
MOST, LEAST = 0.5, 0.05  # shares of draws: above in all, the claim is supported; below in all, it is not
RULES_AFTER = (10, 20, 40)


def rows(results: CaseResults, name: str, /, **where: Any) -> list[dict[str, Any]]:
    """Return the rows of a stored table on money that have these values."""
    found = results.tables[f"money.{name}"].to_dicts()
    return [r for r in found if all(r[k] == v for k, v in where.items())]


def row(results: CaseResults, name: str, /, **where: Any) -> dict[str, Any]:
    """Return the one row of a stored table on money that has these values."""
    (found,) = rows(results, name, **where)
    return found


def money(results: CaseResults) -> list[Claim]:
    """Compute the claims on money; none where the case has no such evidence."""
    if "money_evidence" not in results.case:
        return []
    return [*_fund(results), *_oil(results), *_debt(results), *_owed(results), *_currency(results)]


def _origin(results: CaseResults, name: str) -> str:
    return f"{results.tables[f'money.{name}'].title} ({results.case['money_evidence']['evidence']})"


def _fund(results: CaseResults) -> list[Claim]:
    given = results.case["money_evidence"]
    main, name = given["processes"][0], given["definitions"][0]
    found = []
    for r in rows(results, "fund_facts"):
        reason = "" if r["low"] is not None else "a figure from its source"
        found.append(Claim(f"fund.{r['name']}", r["value"], r["low"], r["high"], r["unit"], r["source"], reason))
    first = row(results, "fund_chances", process=main, definition=name)
    found.append(Claim("fund.balance", first["balance"], None, None, "MUSD", _origin(results, "fund_past"), "reported"))
    spread = "range: ways of drawing the oil price"
    for definition in given["definitions"]:
        of_it = rows(results, "fund_chances", definition=definition)
        for k in ("claim", *RULES_AFTER):
            column = "empty_claim" if k == "claim" else f"empty_{k}y"
            shares = {r["process"]: 100 * r[column] for r in of_it}
            origin = f"{_origin(results, 'fund_chances')}; {spread}"
            found.append(_spread(f"fund.empty.{definition}.{k}", shares, main, "percent of draws", origin))
    for rule in dict.fromkeys(r["rule"] for r in rows(results, "fund_rules")):
        for k in RULES_AFTER:
            shares = {r["process"]: 100 * r[f"empty_{k}y"] for r in rows(results, "fund_rules", rule=rule)}
            origin = f"{_origin(results, 'fund_rules')}; {spread}"
            found.append(_spread(f"fund.rule.{rule}.{k}", shares, main, "percent of draws", origin))
    for what in dict.fromkeys(r["assumption"] for r in rows(results, "fund_worth")):
        shares = {r["process"]: 100 * r["total"] for r in rows(results, "fund_worth", assumption=what)}
        key = f"fund.worth.{what}"
        found.append(_spread(key, shares, main, "percent of variance", f"{_origin(results, 'fund_worth')}; {spread}"))
    sure = {r["process"]: r["sure_90"] for r in rows(results, "fund_lasting")}
    found.append(_spread("fund.sure", sure, main, "MUSD", f"{_origin(results, 'fund_lasting')}; {spread}"))
    return [*found, *_steps(results)]


def _spread(key: str, values: Mapping[str, float], main: str, unit: str, origin: str) -> Claim:
    return ranged(key, (values[main], min(values.values()), max(values.values())), unit, origin)


def _steps(results: CaseResults) -> list[Claim]:
    origin, reason, found = _origin(results, "fund_steps"), "an assumption followed to its end", []
    for r in rows(results, "fund_steps"):
        for what, unit in (("years", "years"), ("price", "USD/bbl")):
            if r[what] is not None:
                found.append(Claim(f"fund.{what}.{r['step']}", r[what], None, None, unit, origin, reason))
    return found


def _oil(results: CaseResults) -> list[Claim]:
    table = {r["case"]: r for r in rows(results, "oil")}
    origin = f"{_origin(results, 'oil')}; range: stated reserves"
    found = []
    for what in ("years_left", "plateau_years"):
        values = [table[case][what] for case in ("mode", "low", "high")]
        found.append(ranged(f"oil.{what}", (values[0], min(values), max(values)), "years", origin))
    declines = [100 * table[case]["decline"] for case in ("mode", "low", "high")]
    found.append(ranged("oil.decline", (declines[0], min(declines), max(declines)), "percent a year", origin))
    return found


def _debt(results: CaseResults) -> list[Claim]:
    past, ahead = rows(results, "debt_past")[-1], rows(results, "debt_fan")[-1]
    origin, paid = _origin(results, "debt_fan"), rows(results, "debt_paid")[-1]
    due = {r["unit"]: r for r in rows(results, "debt_interest", year=ahead["year"])}
    above = 100 * row(results, "debt_above", year=ahead["year"])["above"]
    found = [
        Claim("debt.now", past["debt"], None, None, "percent of GDP", _origin(results, "debt_past"), "reported"),
        ranged("debt.ahead", (ahead["p50"], ahead["p5"], ahead["p95"]), "percent of GDP", origin),
        Claim("debt.above", above, None, None, "percent of draws", origin, DRAWN),
        Claim("debt.paid", paid["interest"], None, None, "MUSD", _origin(results, "debt_paid"), "reported"),
        Claim("debt.paid_rate", paid["rate"], None, None, "percent", _origin(results, "debt_paid"), "reported"),
    ]
    for unit, name in (("million USD", "due"), ("% of revenue", "due_revenue")):
        if unit in due:
            values = [due[unit][k] for k in ("median", "p5", "p95")]
            found.append(ranged(f"debt.{name}", values, unit, _origin(results, "debt_interest")))
    for r in rows(results, "debt_stress"):
        for column, value in r.items():
            if column.startswith("more by "):
                key, reason = f"debt.more.{r['stress']}.{column[-4:]}", "difference of medians on the same draws"
                found.append(Claim(key, value, None, None, "points of GDP", _origin(results, "debt_stress"), reason))
    for r in (rows(results, "debt_net")[0], rows(results, "debt_net")[-1]):
        ends = (r["p50"], r["p5"], r["p95"])
        found.append(ranged(f"net.{r['year']}", ends, "MUSD", _origin(results, "debt_net")))
        owing = ("percent of draws", _origin(results, "debt_net"), DRAWN)
        found.append(Claim(f"net.owing.{r['year']}", 100 * r["below zero"], None, None, *owing))
    return found


def _owed(results: CaseResults) -> list[Claim]:
    found = []
    for r in rows(results, "debt_owes"):
        key, origin = f"owes.{r['date']}.{r['who']}", _origin(results, "debt_owes")
        found.append(Claim(key, r["musd"], None, None, "MUSD", origin, "reported"))
        found.append(Claim(f"{key}.share", 100 * r["share"], None, None, "percent", origin, "reported"))
    for r in rows(results, "debt_claims"):
        if r["ours"] is not None:
            scale, unit = (100, "percent") if r["unit"] == "fraction" else (1, "MUSD")
            ends = sorted(scale * r[k] for k in ("ours", "low", "high"))
            values = (scale * r["ours"], ends[0], ends[-1])
            origin = f"{_origin(results, 'debt_claims')}; range: statistics of two years"
            found.append(ranged(f"said.{r['measure']}", values, unit, origin))
    return found


def _currency(results: CaseResults) -> list[Claim]:
    found = []
    for r in rows(results, "currency_judged"):
        for what in ("step", "month", "tail"):
            if r[what] is not None:
                ends = [100 * r[k] for k in (what, f"{what}_low", f"{what}_high")]
                key, unit = f"currency.{what}.{r['period']}", "percent of the move" if what != "tail" else "percent"
                found.append(ranged(key, ends, unit, _origin(results, "currency_judged")))
    for r in rows(results, "currency_stress"):
        if r["effect"] is not None:
            values, key = (r["effect"], r["low"], r["high"]), f"currency.stress.{r['period']}.{r['months']}"
            found.append(ranged(key, values, "percent", _origin(results, "currency_stress")))
    return found


def verdict_fund(results: CaseResults) -> str:
    """Judge "empty in so many years" by the share of draws that are empty by then, in every process and definition.

    "supported" if it is at least half in all; "not" if below 5 % in all; "partly" if in between in all; otherwise it
    "cannot" be told.
    """
    shares = [r["empty_claim"] for r in rows(results, "fund_chances")]
    if min(shares) >= MOST:
        return "supported"
    if max(shares) < LEAST:
        return "not"
    return "partly" if min(shares) >= LEAST and max(shares) < MOST else "cannot"


def verdict_oil(results: CaseResults) -> str:
    """Judge "gone in so many years": "not" if the oil lasts longer by all stated reserves, "supported" if by none.

    Years are those at today's output.
    """
    said = row(results, "fund_facts", name="claim_oil")["value"]
    longer = [r["years_left"] > said for r in rows(results, "oil")]
    return "not" if all(longer) else "partly" if any(longer) else "supported"


def verdict_said(results: CaseResults, claim: int) -> str:
    """Judge a claim on the debt, counted from 0: the verdict that its figures share, "partly" if one has something.

    A figure is judged by `karvan.macro.debt.claims`: within 10 % of a statistic.
    """
    names = list(dict.fromkeys(r["claim"] for r in rows(results, "debt_claims")))
    found = {WORDS.get(r["verdict"], "cannot") for r in rows(results, "debt_claims", claim=names[claim])}
    if len(found) == 1:
        return found.pop()
    return "partly" if found & {"supported", "partly"} else "cannot"


def verdict_debt(results: CaseResults) -> str:
    """Judge the first claim on the debt."""
    return verdict_said(results, 0)


def verdict_external(results: CaseResults) -> str:
    """Judge the second claim on the debt."""
    return verdict_said(results, 1)


def verdict_currency(results: CaseResults) -> str:
    """Return the verdict on the whole of `karvan.macro.currency.verdict`, by the last period and its part."""
    return WORDS.get(row(results, "currency_judged", kind="whole")["verdict"], "cannot")
