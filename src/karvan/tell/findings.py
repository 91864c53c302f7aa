"""Claims from what was found on the engine beyond the scenarios: break-evens, parts, exports, partners."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from karvan.core.case import CaseResults
from karvan.tell.claims import Claim, ranged, source
from karvan.tell.reasons import DATA, ONE_SOLVE

ENDS = "range: every elasticity at its low and at its high end"
NO_END = "no crossing at one end of the elasticities"
BAND = "range: the 5 and 95 % ends of real income"
STAYING = "beside staying at that net, one exact solve; a count over draws"
MEASURES = {"gross": "gross", "value_added": "origin"}


def findings(results: CaseResults) -> list[Claim]:
    """Compute the claims that rest on the tables of a case."""
    return [
        *_parts(results),
        *_turning(results),
        *_pool(results),
        *_exported(results),
        *_partners(results),
        *_best(results),
    ]


def _parts(results: CaseResults) -> list[Claim]:
    """Parts of the change in real income, headline scenario, each also by partner and by sector, MUSD.

    Export and import prices are told together as terms of trade: each alone depends on the numeraire.
    """
    sums: dict[str, float] = {}
    for part, partner, sector, money in results.tables["parts"].rows:
        name = "terms_of_trade" if part in ("export_prices", "import_prices") else part
        keys = [f"part.{name}", *([f"of.{name}.partner.{partner}"] if partner else [])]
        for key in [*keys, *([f"of.{name}.sector.{sector}"] if sector else [])]:
            sums[key] = sums.get(key, 0.0) + money
    return [Claim(key, value, None, None, "MUSD", source(results), ONE_SOLVE) for key, value in sums.items() if value]


def _turning(results: CaseResults) -> list[Claim]:
    """Break-evens of every exit: border costs in percent of value, the fee and the pool's net in MUSD."""
    today = float(results.world.net_pool[results.world.position(results.case["country"])])
    found = []
    for row in results.tables["turning"].to_dicts():
        value, low, high = row["value"], row["low"], row["high"]
        if value is None:
            continue
        key = f"turn.{row['what']}.{row['scenario']}"
        if row["what"] == "fee":
            origin = f"{source(results)}; {BAND}"
            net = [None if v is None else today - v for v in (value, high, low)]
            found.append(_either(key, [value, low, high], "MUSD", origin, NO_END))
            found.append(_either(f"pool.break_even.{row['scenario']}", net, "MUSD", origin, NO_END))
        else:
            points = [None if v is None else 100 * v for v in (value, low, high)]
            found.append(_either(key, points, "percent of value", f"{source(results)}; {ENDS}", NO_END))
    return found


def _either(key: str, values: list[Any], unit: str, origin: str, reason: str) -> Claim:
    """A claim with its range, or with the reason for none."""
    value, low, high = values
    return Claim(key, value, low, high, unit, origin, "" if low is not None else reason)


def _pool(results: CaseResults) -> list[Claim]:
    """Earlier nets from the pool; in how many of 50 futures leaving is worse than staying at each other net."""
    n = results.world.position(results.case["country"])
    sample = results.sweep.sample("welfare_hat", results.case["headline"])[:, n]
    known = results.case.get("pool_earlier", {"source": ""})
    found = []
    for name, net, staying in results.tables["pool"].rows:
        if name.startswith("earlier."):
            found.append(Claim(f"pool.{name}", net, None, None, "MUSD", known["source"], DATA))
        losing = round(50 * float((sample < staying).mean()))
        found.append(Claim(f"losing.with_pool.{name}", losing, None, None, "of 50 futures", source(results), STAYING))
    return found


def _best(results: CaseResults) -> list[Claim]:
    """The tariff that would be best after an exit if nobody answered, and what it would gain, percent."""
    origin = f"{source(results)}; {ENDS}"
    return [
        ranged(f"best_tariff.{what}.{scenario}", [100 * float(v) for v in values], "percent", origin)
        for scenario, what, *values in results.tables["best_tariff"].rows
    ]


def shares(results: CaseResults, measure: str, when: str, to: str | None = None) -> dict[str, float]:
    """Return the share of each group of sectors in goods exports, percent; `to` members, others, or both (None)."""
    table = results.tables["exported"].to_dicts()
    rows = [r for r in table if r["when"] == when and to in (None, r["to"])]
    total = sum(r[MEASURES[measure]] for r in rows)
    return {
        group: 100 * sum(r[MEASURES[measure]] for r in rows if r["sector"] in sectors) / total
        for group, sectors in results.case["groups"].items()
    }


def _exported(results: CaseResults) -> list[Claim]:
    """What is exported by group of sectors, gross and in value added, before and after the headline scenario."""
    if "groups" not in results.case:
        return []
    found = []
    for when in ("before", "after"):
        origin, reason = ("baseline of the world", DATA) if when == "before" else (source(results), ONE_SOLVE)
        for measure in MEASURES:
            for group, share in shares(results, measure, when).items():
                found.append(Claim(f"exported.{measure}.{group}.{when}", share, None, None, "percent", origin, reason))
            found.append(_raw(results, measure, when, None, origin))
        for to in ("members", "others"):
            found.append(_raw(results, "gross", when, to, origin))
            if when == "after":
                found.append(_moved(results, to))
        rows = [r for r in results.tables["exported"].to_dicts() if r["when"] == when]
        found += [_content(name, rows, when, origin, reason, who) for name, who in _groups(results).items()]
    return found


def _groups(results: CaseResults) -> dict[str, Callable[[str], bool]]:
    goods = {s for s, good in zip(results.world.sectors, results.world.goods, strict=True) if good}
    chosen = {"all": goods, **{g: set(members) & goods for g, members in results.case["groups"].items()}}
    return {name: members.__contains__ for name, members in chosen.items() if members}


def _raw(results: CaseResults, measure: str, when: str, to: str | None, origin: str) -> Claim:
    """The raw share; its range is the question whether first processing (metal, fuel) is raw."""
    share = shares(results, measure, when, to)
    value, wide = share["raw"], share["raw"] + share.get("first_processing", 0.0)
    where = f"{measure}.{to}" if to else measure
    return ranged(f"raw.{where}.{when}", [value, value, wide], "percent", f"{origin}; range: first processing as raw")


def _moved(results: CaseResults, to: str) -> Claim:
    """Change in exports of everything that is not raw, by destination, percent."""
    rows = [r for r in results.tables["exported"].to_dicts() if r["to"] == to]
    rows = [r for r in rows if r["sector"] not in results.case["groups"]["raw"]]
    sold = {when: sum(r["gross"] for r in rows if r["when"] == when) for when in ("before", "after")}
    change = 100 * (sold["after"] / sold["before"] - 1)
    return Claim(
        f"processed.{to}.{results.case['headline']}", change, None, None, "percent", source(results), ONE_SOLVE
    )


def _content(
    name: str, rows: list[dict[str, Any]], when: str, origin: str, reason: str, who: Callable[[str], bool]
) -> Claim:
    """Domestic value added in a dollar of exports, percent; the rest is imported."""
    chosen = [r for r in rows if who(r["sector"])]
    value = 100 * sum(r["content"] for r in chosen) / sum(r["gross"] for r in chosen)
    return Claim(f"domestic.{name}.{when}", value, None, None, "percent", origin, reason)


def verdict_exports(results: CaseResults) -> str:
    """Judge "only raw materials are exported" by a stated rule, on goods exports, gross and in value added.

    "supported" if at least 90 % are raw without first processing; "not" if less than half is raw even with it;
    "partly" if more than half is raw without it, in both measures; otherwise it "cannot" be told.
    """
    claims = [_raw(results, measure, "before", None, "") for measure in MEASURES]
    narrow, wide = min(c.value for c in claims), max(c.high or c.value for c in claims)
    if narrow >= 90:
        return "supported"
    if wide < 50:
        return "not"
    return "partly" if narrow > 50 else "cannot"


def _partners(results: CaseResults) -> list[Claim]:
    """Each partner's growth and each partner's closing, percent of real income."""
    origin = f"{source(results)}; {ENDS}, and without trade deficits"
    found = []
    for row in results.tables["partners"].to_dicts():
        for name in ("growth", "closing"):
            values = [row[name], row[f"{name}_low"], row[f"{name}_high"]]
            if values[0] is not None:
                key = f"{name}.{row['partner']}"
                found.append(_either(key, values, "percent", origin, "no range of elasticities in this world"))
    return found


def three(results: CaseResults, name: str, sign: int) -> list[str]:
    """Return the three partners with the largest (sign 1) or smallest effect; those whose sign turns are left out."""
    rows = [r for r in results.tables["partners"].to_dicts() if r[name] is not None and np.sign(r[name]) == sign]
    ends = (f"{name}_low", f"{name}_high")
    sure = [r for r in rows if all(r[e] is None or np.sign(r[e]) in (0, sign) for e in ends)]
    return [r["partner"] for r in sorted(sure, key=lambda r: -sign * r[name])[:3]]
