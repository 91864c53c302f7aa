"""Worlds made of real data: the embedded one, and the recipe that builds it."""

from karvan.data.worlds import build, load

__all__ = ["build", "load"]
