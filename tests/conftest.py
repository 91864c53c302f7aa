"""Shared by all tests: this folder is importable (`from worlds import random_world`), and Hypothesis is repeatable."""

from hypothesis import HealthCheck, settings

settings.register_profile(
    "karvan", deadline=None, derandomize=True, max_examples=40, suppress_health_check=list(HealthCheck), database=None
)
settings.load_profile("karvan")
