"""Running models many times."""

from karvan.run.sweep import sweep

__all__ = ["sweep"]
