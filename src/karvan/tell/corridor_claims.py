"""Claims on borders and corridors: what a crossing costs, what a closing, a new route and more room are worth."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from karvan.core.case import CaseResults
from karvan.tell.claims import Claim, ranged

ONE = "one solve at the most likely values"
DRAWN = "5 to 95 % of {draws} draws of the network and of the elasticities"
PARTS = ("waiting", "uncertainty", "fees", "spoilage")


def corridor_claims(results: CaseResults) -> list[Claim]:
    """Compute the claims on borders and corridors; none where the case has no such evidence."""
    if "corridors.scenarios" not in results.tables:
        return []
    return [*_crossings(results), *_scenarios(results), *_closings(results), *_routes(results), *_oil(results)]


def rows_of(results: CaseResults, table: str) -> list[dict[str, Any]]:
    """Return the rows of a table of corridors."""
    return results.tables[f"corridors.{table}"].to_dicts()


def own_borders(results: CaseResults) -> list[str]:
    """Return the borders of the case's own country, in the order of the case."""
    home = results.case["country"]
    return ["-".join(pair) for pair in results.case["corridors"]["borders"] if home in pair]


def beyond(results: CaseResults, border: str) -> str:
    """Return the country on the other side of a border of the case's country."""
    return next(code for code in border.split("-") if code != results.case["country"])


def leader(results: CaseResults, table: str, days: int) -> list[dict[str, Any]]:
    """Return the closings of a length, the largest loss first."""
    rows = [row for row in rows_of(results, table) if row["days"] == days]
    return sorted(rows, key=lambda row: -row["loss MUSD"])


def _crossings(results: CaseResults) -> list[Claim]:
    """Cost of a crossing by border, mode and cargo, percent of the value of the goods, with its parts; hours."""
    origin = f"{results.tables['corridors.borders'].title}; 5 to 95 % of draws of hours, of a day's cost and of values"
    found = []
    for row in rows_of(results, "borders"):
        key, unit = f"{row['border']}.{row['mode']}.{row['cargo']}", "percent of value"
        hours = (row["hours"], row["hours_low"], row["hours_high"])
        found.append(ranged(f"crossing.{key}", (row["total"], row["low"], row["high"]), unit, origin))
        found.append(ranged(f"crossing_hours.{key}", hours, "hours", origin))
        sums = "a part of a sum that has a range"
        found += [Claim(f"crossing_{part}.{key}", row[part], None, None, unit, origin, sums) for part in PARTS]
    return found


def _scenarios(results: CaseResults) -> list[Claim]:
    """Real income after each scenario, percent and MUSD, and in how many of 50 futures the country loses."""
    found = []
    for row in rows_of(results, "scenarios"):
        origin = f"{results.tables['corridors.scenarios'].title}; {DRAWN.format(draws=row['draws'])}"
        name, dollars = row["scenario"], (row["dollars"], row["dollars_low"], row["dollars_high"])
        found.append(ranged(f"corridor.{name}", _ends(row, "percent"), "percent", origin))
        found.append(ranged(f"corridor_dollars.{name}", dollars, "MUSD", origin))
        count = round(50 * row["losing"] / row["draws"])
        found.append(Claim(f"corridor_losing.{name}", count, None, None, "of 50 futures", origin, "a count over draws"))
    return found


def _closings(results: CaseResults) -> list[Claim]:
    """Loss when a link or a transit country closes, MUSD; toll and gain of more room on full links."""
    found = []
    for table in ("transit", "links"):
        title = results.tables[f"corridors.{table}"].title
        for row in rows_of(results, table):
            key = f"{'through' if table == 'transit' else 'link'}.{_plain(row['closed'])}.{row['days']}"
            found.append(Claim(key, row["loss MUSD"], None, None, "MUSD", title, ONE))
    wider = results.tables["corridors.widen"]
    for link, unit, _, toll, gain in wider.rows:
        found.append(Claim(f"room_toll.{link}", toll, None, None, f"USD per unit, {unit}", wider.title, ONE))
        found.append(Claim(f"room_gain.{link}", gain, None, None, "MUSD", wider.title, ONE))
    return found


def _plain(name: str) -> str:
    return name.removeprefix("transit through ")


def _routes(results: CaseResults) -> list[Claim]:
    """What new routes save in an open year and in a closed one, MUSD; days by today's best route and by the new one."""
    found = []
    title = results.tables["corridors.insures"].title
    for row in rows_of(results, "insures"):
        worth = row["closed_with_musd"] - row["closed_without_musd"]
        for name, value in (("open", row["open_musd"]), ("closed", worth)):
            found.append(Claim(f"new_route.{name}.{row['scenario']}", value, None, None, "MUSD", title, ONE))
    for row in rows_of(results, "saves"):
        key, origin = ".".join(row[k] for k in ("scenario", "from", "to", "cargo")), results.tables["corridors.saves"]
        for what, unit in (("days", "days"), ("usd", f"USD per {row['unit']}")):
            for when in ("best", "before", "after"):
                value = row[f"{when}_{what}"]
                if value is not None:
                    found.append(Claim(f"route_{when}_{what}.{key}", value, None, None, unit, origin.title, ONE))
    return found


def _oil(results: CaseResults) -> list[Claim]:
    """Revenue lost when oil stops, MUSD, by route or country and length; past stops, modelled beside reported."""
    title = results.tables["corridors.oil"].title
    origin = f"{title}; 5 to 95 % of draws of tanks, room, costs and the price of oil"
    found = [
        ranged(f"oil_stop.{row['closed']}.{row['days']}", _ends(row, "loss_musd"), "MUSD", origin)
        for row in rows_of(results, "oil")
    ]
    past = results.tables["corridors.stops"].title
    for row in rows_of(results, "stops"):
        key = f"{row['measure']}.{row['episode']}"
        found.append(ranged(f"past_stop.modelled.{key}", _ends(row, "modelled"), row["unit"], past))
        ends = (row["reported"], row["rep_low"], row["rep_high"])
        found.append(ranged(f"past_stop.reported.{key}", ends, row["unit"], "press and ministry, episodes.csv"))
    return found


def _ends(row: dict[str, Any], name: str) -> Sequence[float]:
    return row[name], row["low"], row["high"]
