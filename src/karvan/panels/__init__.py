"""Tidy tables: frames of any kind, and DuckDB over Parquet for those that are large."""

from karvan.panels.ask import aggregate, lay_out, mirror_join
from karvan.panels.frames import frame
from karvan.panels.panel import Panel, panel

__all__ = ["Panel", "aggregate", "frame", "lay_out", "mirror_join", "panel"]
