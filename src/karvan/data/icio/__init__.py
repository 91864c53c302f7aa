"""Worlds from the full inter-country input-output tables of the OECD (77 countries x 45 industries, or 81 x 50)."""

from karvan.data.icio.reading import InterCountry, read
from karvan.data.icio.world import build, load, report

__all__ = ["InterCountry", "build", "load", "read", "report"]
