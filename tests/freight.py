"""Small freight networks for tests: files in the layout of karvan's own."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from pathlib import Path

from worlds import random_world

from karvan import World
from karvan.network.routes import Corridors, corridors
from karvan.network.tables import COLUMNS, read_tables

EMPTY = ("crossings", "closures", "corridors", "economies", "markets", "observed", "split", "volumes", "prices")


def write(folder: Path, name: str, rows: Iterable[Mapping[str, object]]) -> None:
    """Write one file of a network; columns that a row lacks are blank."""
    with (folder / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, COLUMNS[name].split(), restval="", lineterminator="\n")
        table.writeheader()
        table.writerows(rows)


def place(name: str, zone: str = "KAZ", kind: str = "city", lat: float = 50.0, lon: float = 70.0) -> dict[str, object]:
    """A place; its country is its zone."""
    return {
        "id": name, "name": f"Town {name}", "iso3": zone, "zone": zone, "kind": kind, "lat": lat, "lon": lon,
        "source": "test", "quality": "made up",
    }  # fmt: skip


def link(a: str, b: str, km: float, mode: str = "rail", **more: object) -> dict[str, object]:
    """A link of known length."""
    base: dict[str, object] = {"from": a, "to": b, "mode": mode, "km": km, "km_quality": "observed", "status": "open"}
    return {**base, "source": "test", "quality": "made up", **more}


def crossing(a: str, b: str, hours: float = 10.0, fee: float = 50.0, mode: str = "rail") -> dict[str, object]:
    """A border inside a link."""
    return {
        "from": a, "to": b, "mode": mode, "hours": hours, "sd_hours": 5, "fee_usd": fee, "gauge_change": 0,
        "source": "test", "quality": "made up",
    }  # fmt: skip


def economy(country: str, place: str) -> dict[str, object]:
    """Where a country without a coast trades."""
    return {"country": country, "place": place, "reach": "inland", "source": "test"}


def network(folder: Path, places: list, links: list, crossings: list = (), **tables: list) -> Path:  # type: ignore[assignment]
    """Write places, links and crossings; the rules are karvan's, every other file is empty."""
    for name in EMPTY:
        write(folder, name, [])
    write(folder, "places", places)
    write(folder, "links", links)
    write(folder, "crossings", crossings)
    for name, rows in tables.items():
        write(folder, name, rows)
    return folder


def diamond(folder: Path, **top: object) -> Corridors:
    """A (KAZ) to Z (RUS) by M (KGZ, short), by N (UZB, longer) or by O (TKM, longest), all rail."""
    places = [place("A"), place("M", "KGZ"), place("N", "UZB"), place("O", "TKM"), place("Z", "RUS")]
    km = {"M": 400, "N": 500, "O": 700}
    links = [link("A", m, d, **(top if m == "M" else {})) for m, d in km.items()]
    links += [link(m, "Z", d) for m, d in km.items()]
    crossings = [crossing("A", m) for m in km] + [crossing(m, "Z") for m in km]
    return corridors(network(folder, places, links, crossings))


def shipped() -> dict[str, list]:
    """The rows of karvan's own files."""
    return read_tables()


MARKETS = (("KAZ", "A"), ("RUS", "Z"), ("CHN", "C"), ("UZB", "N"))
SECTORS = ("metals", "textiles", "vehicles", "other_services")


def crossroads(folder: Path, capacity: Mapping[str, float] | None = None, **more: list) -> Corridors:
    """Four countries that trade and one (KGZ) between them, all rail.

    A (KAZ) to Z (RUS) by M (KGZ, short) or by N (UZB, longer); C (CHN) joins A and M. capacity: Mt a year by link.
    """
    zones = {"A": "KAZ", "M": "KGZ", "N": "UZB", "Z": "RUS", "C": "CHN"}
    km = {"A-M": 400, "M-Z": 400, "A-N": 500, "N-Z": 500, "C-A": 600, "C-M": 1200}
    links, crossings = [], []
    for name, length in km.items():
        a, b = name.split("-")
        room = (capacity or {}).get(name)
        known = {} if room is None else {"capacity": room, "capacity_unit": "Mt/y"}
        links.append(link(a, b, length, **known))
        crossings.append(crossing(a, b))
    economies = more.pop("economies", [economy(*one) for one in MARKETS])
    places = [place(name, zone) for name, zone in zones.items()]
    return corridors(network(folder, places, links, crossings, economies=economies, **more))


def small_world(
    seed: int = 3, countries: tuple[str, ...] = ("KAZ", "RUS", "CHN", "UZB"), sectors: tuple[str, ...] = SECTORS
) -> World:
    """A made-up world of countries and sectors that the freight tables know; the third sector is not traded."""
    made = random_world(seed, len(countries), len(sectors), tariffs=False, unions=False, zeros=0.0)
    return World.from_arrays(
        countries=countries, sectors=sectors, M=made.M, tau=made.tau, gamma=made.gamma, theta=made.theta, year=2021,
        services=[sectors[-1]], sources={"M": "drawn at random"}, name="made up",
    )  # fmt: skip
