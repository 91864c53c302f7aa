"""Gravity: what agreements, borders and distance do to trade, by Poisson pseudo maximum likelihood."""

from karvan.estimate.gravity.face import gravity
from karvan.estimate.gravity.result import GravityFit

__all__ = ["GravityFit", "gravity"]
