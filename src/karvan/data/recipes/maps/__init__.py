"""The recipe of the maps: outlines of countries, and the ways of the network's links over water.

Run `python -m karvan.data.recipes.maps FOLDER`, where FOLDER holds the two files named in `FILES`. It writes
`land.json` of the maps and `waters.json` of the network anew.
"""

from __future__ import annotations

from pathlib import Path

from karvan.data.recipes.maps.land import land
from karvan.data.recipes.maps.waters import waters

__all__ = ["FILES", "make"]

FILES = ("110m_cultural_ne_110m_admin_0_countries.json", "marnet_searoute.geojson")
PACKAGE = Path(__file__).parents[3]
WRITTEN = (PACKAGE / "tell" / "data" / "land.json", PACKAGE / "network" / "data" / "waters.json")


def make(folder: Path) -> dict[Path, str]:
    """Return the text of both files by the path where they lie in the package."""
    return dict(zip(WRITTEN, (land(folder / FILES[0]), waters(folder / FILES[1])), strict=True))
